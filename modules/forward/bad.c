/* SPDX-License-Identifier: Apache-2.0 */
/* Describes what is wrong with the value of a header, and how the format looks. */
#include <string.h>

#include <apr_strings.h>

#include "forward/internal.h"

#define QUOTED 20 /* octets of a value, in a message */

apr_status_t cc_forward_bad(const cc_forward_reading_t *r, const char *tag, const char *at,
                            const char *reason)
{
    const char *word = NULL;

    if (at && *at) {
        word = apr_pstrmemdup(r->pool, at, strnlen(at, QUOTED));
        word = apr_pstrcat(r->pool, word, strnlen(at, QUOTED + 1) > QUOTED ? "..." : "", NULL);
    }
    if (!r->format) {
        return cc_error_set(r->err, r->pool, tag, word, "%s", reason);
    }
    return cc_error_set(r->err, r->pool, tag, word, "%s%s; the format %s is %s",
                        r->in_chain ? "in the header of the chain: " : "", reason, r->format->name,
                        r->format->codec->look);
}

const char *cc_forward_placeholder(const char *value)
{
    if (!*value) {
        return "the header is empty; a proxy must not send it for a client without a certificate";
    }
    if (strcmp(value, "(null)") == 0) {
        return "httpd sends this for a variable without a value";
    }
    if (strcmp(value, "-") == 0) {
        return "this means that there is no value";
    }
    return strncmp(value, "{http.", strlen("{http.")) == 0
               ? "this is a placeholder of Caddy that has no value"
               : NULL;
}

/* True if the value is one certificate in this format. */
static bool is_in(const cc_forward_format_t *format, const char *value, apr_pool_t *parent)
{
    apr_pool_t *p = NULL;
    cc_forward_reading_t r;
    bool is = false;

    if (apr_pool_create(&p, parent) != APR_SUCCESS) {
        return false;
    }
    r = cc_reading_make(format, p, NULL);
    is = format->codec->read(&r, value) == APR_SUCCESS && sk_X509_num(r.certs) == 1;
    apr_pool_destroy(p);
    return is;
}

void cc_forward_hint(const cc_forward_reading_t *r, const char *value)
{
    static const char *const names[] = {"der", "rfc9440", "pem-url", "xfcc"};

    for (int i = 0; r->err && i < (int)(sizeof(names) / sizeof(names[0])); i++) {
        const cc_forward_format_t *format = cc_forward_format_find(names[i]);

        if (is_in(format, value, r->pool)) {
            r->err->message =
                apr_psprintf(r->pool,
                             "%s. This value is in the format %s, which for example "
                             "\"ClientCertHeader %s header=%s\" reads",
                             r->err->message, format->name, format->name, r->format->header);
            return;
        }
    }
}
