/* SPDX-License-Identifier: Apache-2.0 */
/* Knows that no client can say in a header what only we may say. */
#include "httpd/glue.h"
#include "httpd/internal.h"

/* A letter in lower case or a digit; NUL for anything else. In ASCII, and so cheaper than ctype. */
static char folded(char c)
{
    if (c >= 'A' && c <= 'Z') {
        return (char)(c | 0x20);
    }
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ? c : '\0';
}

/*
 * A CGI program sees "Client-Cert.User" and "CLIENTCERT_USER" alike, and a back end may fold more:
 * letters and digits alone decide. RFC 9440's Client-Cert and Client-Cert-Chain are among them.
 */
static bool is_ours(const char *name)
{
    const char *ours = "clientcert";

    for (; *name && *ours; name++) {
        char letter = folded(*name);

        if (letter && letter != *ours) {
            return false;
        }
        ours += letter != '\0';
    }
    return !*ours;
}

/* Notes on its way what else is to be known of the headers. */
static const char *first_of_ours(request_rec *r)
{
    const apr_array_header_t *all = apr_table_elts(r->headers_in);

    for (int i = 0; i < all->nelts; i++) {
        const char *name = APR_ARRAY_IDX(all, i, apr_table_entry_t).key;
        if (is_ours(name)) {
            return name;
        }
        if ((*name | 0x20) == 'u' && !strcasecmp(name, "Upgrade")) {
            cc_request_of(r)->upgrades = true;
        }
    }
    return NULL;
}

int cc_inbound_clean(request_rec *r)
{
    const char *name;

    while ((name = first_of_ours(r))) {
        ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r,
                      "CC0111: removed the request header %s, which could pass for ours",
                      cc_text_escape(name, strlen(name), r->pool));
        apr_table_unset(r->headers_in, name);
    }
    return DECLINED;
}
