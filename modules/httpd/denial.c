/* SPDX-License-Identifier: Apache-2.0 */
/* Knows when a request was denied, and says in one line who came and what was missing. */
#include "glue.h"
#include "internal.h"

#include <apr_strings.h>

void cc_denial_watch(request_rec *r)
{
    request_rec *client = cc_request_client(r);
    const cc_request_t *kept = cc_request_seen(client);

    if (!kept) {
        ap_set_module_config(client->request_config, &clientcert_module,
                             (void *)&cc_request_watched);
    } else if (!kept->watched) {
        cc_request_of(client)->watched = true;
    }
}

void cc_denial_passed(request_rec *r)
{
    request_rec *client = cc_request_client(r);
    const cc_request_t *kept = cc_request_seen(client);

    if (kept == &cc_request_watched) {
        ap_set_module_config(client->request_config, &clientcert_module, NULL);
    } else if (kept) {
        cc_request_of(client)->watched = false;
        cc_request_of(client)->missing = NULL;
    }
}

void cc_denial_missing(request_rec *r, const char *what)
{
    request_rec *client = cc_request_client(r);
    apr_pool_t *p = client->pool; /* a subrequest's is gone when the line is written */
    cc_request_t *kept = cc_request_of(client);

    kept->watched = true;
    if (!kept->missing || !strcmp(kept->missing, what)) {
        kept->missing = apr_pstrdup(p, what); /* so is an .htaccess that only a subrequest read */
    } else {
        kept->missing = apr_pstrcat(p, kept->missing, ", ", what, NULL);
    }
}

static const char *who_text(request_rec *r, const cc_answer_t *answer)
{
    if (!answer->client) {
        return answer->problem;
    }
    if (answer->problem) {
        return apr_psprintf(r->pool, "the client certificate gives no identity: %s; %s",
                            answer->problem, cc_log_certificate(r, answer->client));
    }
    if (cc_answer_failure(answer)) {
        return apr_psprintf(r->pool, "no identity, a lookup failed: %s %s",
                            cc_log_text(cc_answer_failure(answer), r->pool),
                            cc_log_certificate(r, answer->client));
    }
    return apr_psprintf(r->pool, "%s %s",
                        answer->verdict ? cc_log_identity(answer->verdict, r->pool)
                                        : "no ClientCertMap is in effect here;",
                        cc_log_certificate(r, answer->client));
}

static bool is_denied(request_rec *r)
{
    const cc_request_t *kept;

    if (r->status != HTTP_FORBIDDEN) {
        return false;
    }
    kept = cc_request_seen(cc_request_client(r));
    return kept && kept->watched;
}

/* Called for the request that the client made; where that led to others, one of them was denied. */
int cc_denial_log(request_rec *r)
{
    cc_answer_t answer;
    const char *missing;

    while (r && !is_denied(r)) {
        r = r->next;
    }
    if (!r) {
        return DECLINED;
    }
    answer = cc_identity_of(r);
    missing = cc_request_seen(cc_request_client(r))->missing;
    ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r, "CC0110: denied %s %s: needs %s; %s", r->method,
                  cc_log_escaped(r->uri, r->pool),
                  missing ? missing : "what another Require asks for", who_text(r, &answer));
    return DECLINED;
}
