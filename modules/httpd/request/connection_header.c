/* SPDX-License-Identifier: Apache-2.0 */
/* Removes from the request header Connection what could remove headers that this server sets. */
#include <string.h>

#include <apr_strings.h>

#include "httpd/conf/log_text.h"
#include "httpd/conf/module.h"
#include "httpd/metrics/quota.h"
#include "httpd/request/connection_header.h"

/*
 * The values of Connection that HTTP itself uses: connection options, and connection-specific
 * fields.
 */
static const char *const options[] = {
    "close",   "keep-alive",        "upgrade",          "te",
    "trailer", "transfer-encoding", "proxy-connection", "http2-settings"};

#define CC_OPTIONS ((int)(sizeof(options) / sizeof(options[0])))

/* The bit of an option; 0 for anything else. */
static unsigned option_of(const char *word, size_t len)
{
    for (int i = 0; i < CC_OPTIONS; i++) {
        if (!strncasecmp(word, options[i], len) && !options[i][len]) {
            return 1U << i;
        }
    }
    return 0;
}

/*
 * Adds the options in a value of Connection to *found; false if it names anything else. Splits the
 * value at the same separators as mod_proxy.
 */
static bool options_read(const char *value, unsigned *found)
{
    static const char separators[] = ",; \t";
    bool known = true;

    for (value += strspn(value, separators); *value; value += strspn(value, separators)) {
        size_t len = strcspn(value, separators);
        unsigned option = option_of(value, len);

        *found |= option;
        known = known && option;
        value += len;
    }
    return known;
}

static const char *options_text(unsigned found, apr_pool_t *p)
{
    const char *text = NULL;

    for (int i = 0; i < CC_OPTIONS; i++) {
        if (found & 1U << i) {
            text = text ? apr_pstrcat(p, text, ", ", options[i], NULL) : options[i];
        }
    }
    return text;
}

/*
 * mod_proxy removes the headers that Connection names. It does so after RequestHeader has set
 * headers for a back end, so a client could remove such a header by naming it.
 */
void cc_connection_clean(request_rec *r)
{
    const apr_array_header_t *all = apr_table_elts(r->headers_in);
    const char *odd = NULL;
    unsigned found = 0;

    for (int i = 0; i < all->nelts; i++) {
        const apr_table_entry_t *header = &APR_ARRAY_IDX(all, i, apr_table_entry_t);

        if (!strcasecmp(header->key, "Connection") && !options_read(header->val, &found)) {
            odd = header->val;
        }
    }
    if (!odd) {
        return;
    }
    if (APLOGrinfo(r) && cc_quota_lets(r->server, CC_QUOTA_CONNECTION)) {
        ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r,
                      "CC0117: the request header Connection may not name other headers: \"%s\"",
                      cc_log_escaped(odd, r->pool));
    }
    if (found) {
        apr_table_setn(r->headers_in, "Connection", options_text(found, r->pool));
    } else {
        apr_table_unset(r->headers_in, "Connection");
    }
}
