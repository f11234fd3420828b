/* SPDX-License-Identifier: Apache-2.0 */
/* Knows where that is kept which lasts as long as a request. */
#include "httpd/internal.h"

const cc_request_t cc_request_watched = {.watched = true};
static const cc_request_t logged = {.logged = true};

cc_request_t *cc_request_of(request_rec *r)
{
    const cc_request_t *seen = cc_request_seen(r);
    cc_request_t *kept = (cc_request_t *)seen;

    if (!seen || seen == &cc_request_watched || seen == &logged) {
        kept = apr_pcalloc(r->pool, sizeof(*kept));
        kept->watched = seen == &cc_request_watched;
        kept->logged = seen == &logged;
        ap_set_module_config(r->request_config, &clientcert_module, kept);
    }
    return kept;
}

void cc_request_end(request_rec *r)
{
    if (cc_request_seen(r)) {
        cc_request_of(r)->logged = true;
    } else {
        ap_set_module_config(r->request_config, &clientcert_module, (void *)&logged);
    }
}

request_rec *cc_request_client(request_rec *r)
{
    return r->main ? cc_request_client(r->main) : r;
}
