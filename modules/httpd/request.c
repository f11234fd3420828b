/* SPDX-License-Identifier: Apache-2.0 */
/* Knows where that is kept which lasts as long as a request. */
#include "httpd/internal.h"

#include <apr_strings.h>

const cc_request_t cc_request_settled = {.settled = true};
const cc_request_t cc_request_watched = {.settled = true, .watched = true};

cc_request_t *cc_request_of(request_rec *r)
{
    const cc_request_t *seen = cc_request_seen(r);
    cc_request_t *kept = (cc_request_t *)seen;

    if (!seen) {
        kept = apr_pcalloc(r->pool, sizeof(*kept));
        ap_set_module_config(r->request_config, &clientcert_module, kept);
    } else if (seen == &cc_request_settled || seen == &cc_request_watched) {
        kept = apr_pmemdup(r->pool, seen, sizeof(*seen));
        ap_set_module_config(r->request_config, &clientcert_module, kept);
    }
    return kept;
}

void cc_request_settle(request_rec *r)
{
    const cc_request_t *kept = cc_request_seen(r);

    if (!kept) {
        ap_set_module_config(r->request_config, &clientcert_module, (void *)&cc_request_settled);
    } else if (!kept->settled) {
        cc_request_of(r)->settled = true;
    }
}

request_rec *cc_request_client(request_rec *r)
{
    return r->main ? cc_request_client(r->main) : r;
}
