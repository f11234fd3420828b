/* SPDX-License-Identifier: Apache-2.0 */
/* Converts the maps of nginx on the names and numbers of client certificates to rules. */
#include <string.h>
#include <strings.h>

#include <apr_cstr.h>
#include <apr_lib.h>
#include <apr_strings.h>

#include "base/words.h"
#include "convert/nginx.h"

static const cc_nginx_source_t sources[] = {
    {"$ssl_client_s_dn", "subject", false},
    {"$ssl_client_i_dn", "issuer", false},
    {"$ssl_client_s_dn_legacy", "subject|legacy", true},
    {"$ssl_client_i_dn_legacy", "issuer|legacy", true},
    {"$ssl_client_fingerprint", "sha1", false},
    {"$ssl_client_serial", "serial", false},
};

static const cc_nginx_source_t *source_find(const char *name)
{
    for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++) {
        if (strcmp(sources[i].name, name) == 0) {
            return &sources[i];
        }
    }
    return NULL;
}

/* ---- one entry ----------------------------------------------------------------------------- */

static bool is_ascii(const char *text)
{
    while (*text && !(*text & 0x80)) {
        text++;
    }
    return *text == '\0';
}

/* The form in which the engine writes this value: nginx can only have compared this one. */
static const char *form_of(const cc_nginx_source_t *source, const char *text, const char **reason,
                           apr_pool_t *p)
{
    const char *form = NULL;
    cc_fieldref_t ref;
    cc_value_t value;
    cc_error_t err = {0};

    if (source->slash_form) {
        *reason = cc_slash_form_read(&form, text, cc_value_legacy, p);
        return *reason ? NULL : form;
    }
    if (cc_field_find(&ref, source->field, p, &err) != APR_SUCCESS ||
        cc_field_operand(&value, &ref, text, p, &err) != APR_SUCCESS) {
        *reason = cc_error_text(&err, p);
        return NULL;
    }
    return value.text;
}

const char *cc_nginx_equals(const cc_nginx_source_t *source, const char *text, const char **reason,
                            apr_pool_t *p)
{
    const char *form = form_of(source, text, reason, p);

    if (form && (!is_ascii(text) || apr_cstr_casecmp(form, text) != 0)) {
        *reason = apr_pstrcat(p, "nginx does not write a value in this way; perhaps as \"",
                              cc_text_escape(form, strlen(form), p), "\"", NULL);
        form = NULL;
    }
    if (!form) {
        return NULL;
    }
    return apr_pstrcat(
        p, source->field, source->slash_form ? "|lower" : "",
        " == ", cc_word_quote(source->slash_form ? cc_convert_lower(form, p) : form, p), NULL);
}

/* A match without a user ends the evaluation, so that no later rule gives one. */
const char *cc_nginx_output(const char *value, apr_pool_t *p)
{
    return *value ? cc_convert_user(value, p) : "stop";
}

static const char *literal_put(cc_convert_t *convert, const cc_nginx_source_t *source,
                               const cc_nginx_entry_t *entry)
{
    apr_pool_t *p = convert->pool;
    const char *key = entry->key + (*entry->key == '\\');
    const char *reason = NULL;
    const char *condition = cc_nginx_equals(source, key, &reason, p);

    if (strchr(entry->value, '$')) {
        return "the value is a variable";
    }
    return condition ? cc_convert_put_rule(
                           convert, entry->line,
                           apr_pstrcat(p, condition, " ", cc_nginx_output(entry->value, p), NULL))
                     : reason;
}

/* Before the rule comes *stop, that of an earlier pattern, which becomes that of this one. */
static const char *pattern_put(cc_convert_t *convert, const cc_nginx_source_t *source,
                               const cc_nginx_entry_t *entry, const char **stop)
{
    const char *reason = NULL;
    const char *earlier = *stop;
    const char *rule = NULL;

    *stop = NULL;
    rule = cc_nginx_pattern_rule(source, entry, stop, &reason, convert->pool);
    if (rule && earlier && !(reason = cc_convert_put_rule(convert, entry->line, earlier))) {
        convert->converted--; /* it is no entry of its own */
    }
    return rule && !reason ? cc_convert_put_rule(convert, entry->line, rule) : reason;
}

/* ---- a map --------------------------------------------------------------------------------- */

static bool is_pattern(const cc_nginx_entry_t *entry)
{
    return *entry->key == '~';
}

static const char *entry_fault(const cc_nginx_entry_t *entry)
{
    const char *unusable = cc_text_unusable(entry->key, strlen(entry->key));

    return unusable ? unusable : cc_convert_value_fault(entry->value);
}

/*
 * nginx tries texts first, then patterns in their order. Patterns after an entry that is left out
 * might give a user to clients that the entry would have decided, so they are left out too.
 */
static void entries_put(cc_convert_t *convert, const cc_nginx_source_t *source,
                        const apr_array_header_t *entries, bool patterns, int *lost)
{
    const char *stop = NULL;

    for (int i = 0; i < entries->nelts; i++) {
        const cc_nginx_entry_t *entry = &APR_ARRAY_IDX(entries, i, cc_nginx_entry_t);
        const char *reason = entry_fault(entry);

        if (is_pattern(entry) != patterns) {
            continue;
        }
        if (!reason && patterns && *lost) {
            reason = apr_psprintf(convert->pool, "line %d, which is not converted, may match first",
                                  *lost);
        } else if (!reason) {
            reason = patterns ? pattern_put(convert, source, entry, &stop)
                              : literal_put(convert, source, entry);
        }
        if (reason) {
            cc_convert_leave(convert, entry->line, entry->key, reason);
            *lost = *lost ? *lost : entry->line;
        }
    }
}

/* A statement of one or two words; others are parameters of the map, and are left out. */
static void statement_take(cc_convert_t *convert, apr_array_header_t *entries, const char *first,
                           const char *second, int line, int *lost)
{
    if (!second && strcmp(first, "volatile") == 0) {
        return;
    }
    if (!second || strcmp(first, "include") == 0) {
        cc_convert_leave(convert, line, first, "this parameter of a map is not converted");
        *lost = *lost ? *lost : line;
    } else if (strcmp(first, "default") != 0) {
        APR_ARRAY_PUSH(entries, cc_nginx_entry_t) = (cc_nginx_entry_t){first, second, line};
    } else if (*second) {
        cc_convert_leave(convert, line, first,
                         "there is no default identity: a certificate that no rule matches has "
                         "none");
    }
}

/* Reads the statements up to the closing brace; false: there is none. */
static bool map_read(cc_convert_t *convert, cc_nginx_reader_t *reader, apr_array_header_t *entries,
                     int *lost)
{
    const char *words[2] = {NULL, NULL};
    int count = 0;
    int line = 0;

    for (cc_nginx_t sign = cc_nginx_next(reader); sign != CC_NGINX_CLOSE;
         sign = cc_nginx_next(reader)) {
        if (sign == CC_NGINX_WORD && count < 2) {
            line = count == 0 ? reader->line : line;
            words[count++] = reader->word;
        } else if (sign == CC_NGINX_END && count > 0) {
            statement_take(convert, entries, words[0], words[1], line, lost);
            words[0] = words[1] = NULL;
            count = 0;
        } else {
            return false;
        }
    }
    return count == 0;
}

static apr_status_t bad_map(cc_convert_t *convert, int line)
{
    return cc_error_set(&convert->err, convert->pool, "CC0556", NULL,
                        "line %d: this is not a map of nginx; a statement has two words and a ;, "
                        "and a map ends with }",
                        line);
}

static apr_status_t map_convert(cc_convert_t *convert, cc_nginx_reader_t *reader,
                                const cc_nginx_source_t *source, const char *variable)
{
    apr_array_header_t *entries = apr_array_make(convert->pool, 16, sizeof(cc_nginx_entry_t));
    int lost = 0;

    cc_convert_put(convert, "# line %d: the map from %s to %s", reader->line, source->name,
                   cc_convert_shown(variable, convert->pool));
    if (!map_read(convert, reader, entries, &lost)) {
        return bad_map(convert, reader->line);
    }
    entries_put(convert, source, entries, false, &lost);
    entries_put(convert, source, entries, true, &lost);
    return APR_SUCCESS;
}

/* map SOURCE VARIABLE {; the last two words before the brace. */
apr_status_t cc_convert_nginx(cc_convert_t *convert, const char *text)
{
    cc_nginx_reader_t reader = {.at = text, .line = 1, .pool = convert->pool};
    const char *words[3] = {"", "", ""};
    int maps = 0;
    apr_status_t status = APR_SUCCESS;

    cc_convert_put(convert, "# Names are compared by RFC 5280: letter case and surplus spaces do "
                            "not matter.");
    cc_convert_put(convert,
                   "# Where nginx looks for an attribute in the text of a name, these rules "
                   "look at each attribute");
    cc_convert_put(convert, "# alone; values that nginx writes with a backslash, as letters other "
                            "than A to Z, give no user.");
    for (cc_nginx_t sign = cc_nginx_next(&reader); sign != CC_NGINX_EOF && status == APR_SUCCESS;
         sign = cc_nginx_next(&reader)) {
        const cc_nginx_source_t *source = source_find(words[1]);

        if (sign == CC_NGINX_OPEN && strcmp(words[0], "map") == 0 && source && maps++ == 0) {
            status = map_convert(convert, &reader, source, words[2]);
        } else if (sign == CC_NGINX_OPEN && strcmp(words[0], "map") == 0 && source) {
            cc_convert_leave(convert, reader.line, words[2],
                             "only one map is converted at a time; put this one into a file");
        }
        words[0] = sign == CC_NGINX_WORD ? words[1] : "";
        words[1] = sign == CC_NGINX_WORD ? words[2] : "";
        words[2] = sign == CC_NGINX_WORD ? reader.word : "";
    }
    return maps > 0 || status != APR_SUCCESS
               ? status
               : cc_convert_nothing(convert, "map of nginx on $ssl_client_s_dn, "
                                             "$ssl_client_s_dn_legacy, $ssl_client_i_dn, "
                                             "$ssl_client_fingerprint or $ssl_client_serial");
}
