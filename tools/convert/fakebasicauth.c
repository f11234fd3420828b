/* SPDX-License-Identifier: Apache-2.0 */
/* Converts the password file of SSLOptions +FakeBasicAuth to a table of subjects. */
#include <string.h>

#include <apr_md5.h>
#include <apr_strings.h>

#include "convert/internal.h"

/* FakeBasicAuth logs in with the password "password", so only entries with that one count. */
typedef struct {
    const char *right; /* the last hash of that password; NULL: none yet */
} hashes_t;

/* Hashes that are checked in a moment, whatever the file contains. */
static bool is_quick(const char *hash)
{
    static const char des[] = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    return strncmp(hash, "$apr1$", 6) == 0 || strncmp(hash, "$1$", 3) == 0 ||
           strncmp(hash, "{SHA}", 5) == 0 || (strlen(hash) == 13 && strspn(hash, des) == 13);
}

static const char *hash_reason(hashes_t *hashes, const char *hash)
{
    if (!hash) {
        return "it has no password";
    }
    if (hashes->right && strcmp(hashes->right, hash) == 0) {
        return NULL;
    }
    if (!is_quick(hash)) {
        return "this kind of hash is not checked; if it is of the word \"password\", write "
               "xxj31ZMTZzkVA instead";
    }
    if (apr_password_validate("password", hash) != APR_SUCCESS) {
        return "its password is not the word \"password\", so FakeBasicAuth admits no client by it";
    }
    hashes->right = hash;
    return NULL;
}

static const char *name_reason(const char *name, apr_pool_t *p)
{
    const char *form = NULL;
    const char *reason = cc_slash_form_read(&form, name, cc_value_legacy, p);

    if (!reason && strcmp(form, name) != 0) {
        reason = apr_pstrcat(p, "OpenSSL 3 writes this subject as \"",
                             cc_text_escape(form, strlen(form), p), "\"", NULL);
    }
    return reason;
}

/* httpd takes the first line with a name, whatever its password is. */
static void line_convert(cc_convert_t *convert, int line, char *text, void *baton)
{
    apr_pool_t *p = convert->pool;
    char *colon = strchr(text, ':');
    const char *name = colon ? apr_pstrmemdup(p, text, (apr_size_t)(colon - text)) : text;
    const char *hash = colon ? apr_pstrmemdup(p, colon + 1, strcspn(colon + 1, ":")) : NULL;
    int earlier = cc_convert_earlier(convert, name, line);
    const char *reason = NULL;

    if (earlier) {
        reason = apr_psprintf(p, "line %d has the same name, and httpd uses the first", earlier);
    } else {
        reason = name_reason(name, p);
        reason = reason ? reason : hash_reason(baton, hash);
    }
    if (reason) {
        cc_convert_leave(convert, line, name, reason);
    } else {
        cc_convert_put_row(convert, name, NULL);
    }
}

apr_status_t cc_convert_fakebasicauth(cc_convert_t *convert, const char *text)
{
    hashes_t hashes = {NULL};

    cc_convert_put(convert, "# The subjects of a password file for FakeBasicAuth, as a table.");
    cc_convert_put(convert, "# Save it as conf/people.map, and use it with these two lines:");
    cc_convert_put(convert, "#   ClientCertTable people file:conf/people.map");
    cc_convert_put(convert,
                   "#   ClientCertMap %s%ssubject|legacy in people user=%%{subject|legacy}",
                   convert->issuer ? convert->issuer : "", convert->issuer ? " " : "");
    cc_convert_lines(convert, text, line_convert, &hashes);
    return convert->converted + convert->left->nelts > 0
               ? APR_SUCCESS
               : cc_convert_nothing(convert, "line with a subject and a password");
}
