/* SPDX-License-Identifier: Apache-2.0 */
/* Finds a host name in a pattern whose dots are not escaped, so that they match any character. */

/*
 * The pattern is read from left to right. A run of letters, digits, "-" and dots is a host name if
 * it has a bare dot and ends with a label of letters. In most fields John.Smith would be one too.
 * So a name counts only after an "@" or "//", or with a common top-level domain, or in a field of
 * host names. Escapes, classes, quoted parts and comments are skipped.
 */

#include <string.h>

#include <apr_cstr.h>
#include <apr_lib.h>
#include <apr_strings.h>

#include "rules/logic.h"
#include "rules/modifier.h"

/* How far a pattern has been read, and whether a host name is expected there. */
typedef struct cc_reading_t {
    const char *at;
    int depth;      /* of groups */
    int host_depth; /* of the "@" or "//" before it; -1: there is none */
} cc_reading_t;

/* ---- items that are not letters ---------------------------------------------------------- */

/* The place after `end`, or the end of the pattern. */
static const char *behind(const char *at, const char *end)
{
    const char *found = strstr(at, end);

    return found ? found + strlen(end) : at + strlen(at);
}

static const char *class_skip(const char *at)
{
    at++;
    at += *at == '^';
    at += *at == ']';
    while (*at && *at != ']') {
        if (at[0] == '[' && at[1] == ':') {
            at = behind(at, ":]");
        } else {
            at += at[0] == '\\' && at[1] ? 2 : 1;
        }
    }
    return at + (*at != '\0');
}

/* Whether an option x is set, which allows comments anywhere. */
static bool has_comments(const char *pattern)
{
    for (const char *at = strstr(pattern, "(?"); at; at = strstr(at + 2, "(?")) {
        apr_size_t len = strspn(at + 2, "^-imnsxJU");
        if (memchr(at + 2, 'x', len)) {
            return true;
        }
    }
    return false;
}

static void host_expect(cc_reading_t *reading)
{
    reading->host_depth = reading->depth;
}

static void host_forget(cc_reading_t *reading)
{
    reading->host_depth = -1;
}

/* "|" begins an alternative to the part with the "@"; ")" may close the group around it. */
static void group_read(cc_reading_t *reading, char c)
{
    if (c == '|' && reading->host_depth >= reading->depth) {
        host_forget(reading);
    }
    reading->depth += (c == '(') - (c == ')');
    if (reading->host_depth > reading->depth) {
        reading->host_depth = reading->depth;
    }
}

static void other_read(cc_reading_t *reading)
{
    const char *at = reading->at;

    if (at[0] == '\\' && at[1] == 'Q') {
        reading->at = behind(at, "\\E");
    } else if (at[0] == '\\' && at[1] && at[1] != '/') {
        reading->at += 2;
    } else if (at[0] == '[') {
        reading->at = class_skip(at);
    } else if (strncmp(at, "(?#", 3) == 0) {
        reading->at = behind(at, ")");
    } else if (strncmp(at, "//", 2) == 0 || strncmp(at, "\\/\\/", 4) == 0 || *at == '@') {
        host_expect(reading);
        reading->at += *at == '@' ? 1 : *at == '/' ? 2 : 4;
    } else {
        if (*at == '/') {
            host_forget(reading);
        }
        group_read(reading, *at);
        reading->at++;
    }
}

/* ---- host names -------------------------------------------------------------------------- */

/* Labels of letters and digits with dots between them, escaped or bare. */
typedef struct cc_regex_host_t {
    const char *text;
    apr_size_t len;
    const char *last; /* label */
    bool bare;        /* a dot is */
} cc_regex_host_t;

/* Reads a host name; a repetition of its last letter would make it something else. */
static bool host_read(cc_reading_t *reading, cc_regex_host_t *host)
{
    const char *at = reading->at;

    *host = (cc_regex_host_t){at, 0, at, false};
    while (apr_isalnum(*at) || *at == '-' || *at == '.' || *at == '\\') {
        bool escaped = at[0] == '\\';
        const char *next = at + 1 + escaped;

        if (!apr_isalnum(*at) && *at != '-') {
            if (at[escaped] != '.' || !apr_isalnum(*next)) {
                break;
            }
            host->bare = host->bare || !escaped;
            host->last = next;
        }
        at = next;
    }
    host->len = (apr_size_t)(at - host->text);
    reading->at = at;
    return !*at || !strchr("*+?{", *at);
}

static bool is_common(const char *label, apr_size_t len)
{
    return len == 3 &&
           (apr_cstr_casecmpn(label, "com", 3) == 0 || apr_cstr_casecmpn(label, "net", 3) == 0 ||
            apr_cstr_casecmpn(label, "org", 3) == 0);
}

/* John.Smith counts as a host name only if one is expected. */
static bool is_host(const cc_regex_host_t *host, bool expected)
{
    apr_size_t len = (apr_size_t)(host->text + host->len - host->last);

    for (apr_size_t i = 0; i < len; i++) {
        if (!apr_isalpha(host->last[i])) {
            return false;
        }
    }
    return host->bare && len >= 2 && (expected || is_common(host->last, len));
}

/* The name with a backslash before each dot. */
static const char *host_escape(const char *host, apr_pool_t *p)
{
    char *escaped = apr_palloc(p, 2 * strlen(host) + 1);
    char *to = escaped;

    for (const char *c = host; *c; c++) {
        if (*c == '.' && (c == host || c[-1] != '\\')) {
            *to++ = '\\';
        }
        *to++ = *c;
    }
    *to = '\0';
    return escaped;
}

static bool holds_hosts(const cc_selector_t *selector)
{
    const char *field = selector->ref.field->name;

    return strcmp(field, "san.dns") == 0 || strcmp(field, "tls.sni") == 0 ||
           cc_modifier_kept(selector, CC_KEEPS_DOMAIN);
}

bool cc_regex_host_misread(const cc_condition_t *c, const char **host, const char **escaped,
                           apr_pool_t *p)
{
    cc_reading_t reading = {c->operand, 0, -1};
    bool always = holds_hosts(c->selector);
    cc_regex_host_t found;

    if (!c->pattern || c->selector->maker || has_comments(c->operand)) {
        return false;
    }
    while (*reading.at) {
        if (!apr_isalnum(*reading.at)) {
            other_read(&reading);
        } else if (host_read(&reading, &found) &&
                   is_host(&found, always || reading.host_depth >= 0)) {
            *host = apr_pstrmemdup(p, found.text, found.len);
            *escaped = host_escape(*host, p);
            return true;
        }
    }
    return false;
}
