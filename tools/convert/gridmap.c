/* SPDX-License-Identifier: Apache-2.0 */
/* Converts a grid-mapfile to a table of subjects and accounts. */
#include <string.h>

#include <apr_strings.h>

#include "convert/internal.h"

/* Reads the subject, perhaps in quotes, and moves *at behind it; NULL: a quote is not closed. */
static char *subject_read(char **at, apr_pool_t *p)
{
    char *subject = apr_palloc(p, strlen(*at) + 1);
    char *to = subject;
    char *s = *at;
    bool quoted = *s == '"';

    for (s += quoted; *s && (quoted ? *s != '"' : !strchr(" \t", *s)); s++) {
        if (*s == '\\' && (s[1] == '"' || s[1] == '\\')) {
            s++;
        }
        *to++ = *s;
    }
    *to = '\0';
    if (quoted && *s != '"') {
        return NULL;
    }
    *at = s + quoted;
    return subject;
}

static const char *account_reason(const char *account)
{
    if (*account == '\0') {
        return "it has no account";
    }
    if (*account == '.') {
        return "its account is a pool, from which an account is chosen when the client connects";
    }
    if (strpbrk(account, " \t\"")) {
        return "it has more than a subject and accounts";
    }
    return *account == ',' ? "its first account is empty" : NULL;
}

/* Of several accounts, grid software uses the first, unless the client requests another. */
static void row_put(cc_convert_t *convert, int line, const char *subject, const char *oneline,
                    const char *accounts)
{
    apr_pool_t *p = convert->pool;
    size_t len = strcspn(accounts, ",");

    if (strcmp(subject, oneline) != 0) {
        cc_convert_put(convert, "# line %d: the subject is written as rules compare it", line);
    }
    cc_convert_put_row(convert, oneline, apr_pstrmemdup(p, accounts, len));
    if (accounts[len]) {
        cc_convert_leave(convert, line, accounts + len + 1,
                         "a client has one user; only the first account is used");
    }
}

static void line_convert(cc_convert_t *convert, int line, char *text, void *baton)
{
    apr_pool_t *p = convert->pool;
    char *at = text;
    const char *subject = subject_read(&at, p);
    const char *oneline = NULL;
    const char *reason = "a quote is not closed";
    int earlier = 0;

    (void)baton;
    at += strspn(at, " \t");
    if (subject && strchr(subject, '*')) {
        reason = "a subject with a wildcard is not a key of a table; write a rule";
    } else if (subject) {
        reason = cc_slash_form_read(&oneline, subject, cc_value_oneline, p);
        reason = reason ? reason : account_reason(at);
        earlier = oneline ? cc_convert_earlier(convert, oneline, line) : 0;
    }
    if (earlier) {
        reason = apr_psprintf(p, "line %d has the same subject, and the first counts", earlier);
    }
    if (reason) {
        cc_convert_leave(convert, line, text, reason);
    } else {
        row_put(convert, line, subject, oneline, at);
    }
}

apr_status_t cc_convert_gridmap(cc_convert_t *convert, const char *text)
{
    cc_convert_put(convert, "# A grid-mapfile, as a table.");
    cc_convert_put(convert, "# Save it as conf/gridmap.map, and use it with these two lines:");
    cc_convert_put(convert, "#   ClientCertTable gridmap file:conf/gridmap.map");
    cc_convert_put(convert, "#   ClientCertMap %s%ssubject|oneline in gridmap user=$1",
                   convert->issuer ? convert->issuer : "", convert->issuer ? " " : "");
    cc_convert_lines(convert, text, line_convert, NULL);
    return convert->converted + convert->left->nelts > 0
               ? APR_SUCCESS
               : cc_convert_nothing(convert, "line with a subject and an account");
}
