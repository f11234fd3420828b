/* SPDX-License-Identifier: Apache-2.0 */
/* Logs denials: who was denied, and which requirement was not met. */
#include <apr_strings.h>

#include "httpd/conf/module.h"
#include "httpd/log/log.h"
#include "httpd/metrics/counters.h"
#include "httpd/metrics/quota.h"
#include "httpd/request/denial.h"
#include "httpd/request/identity.h"
#include "httpd/request/state.h"
#include "rules/rules.h"

void cc_denial_missing(request_rec *r, const char *what)
{
    request_rec *client = cc_request_client(r);
    apr_pool_t *p = client->pool; /* that of a subrequest is freed before logging */
    cc_request_t *kept = cc_request_of(client);

    kept->watched = true;
    if (!kept->missing || !strcmp(kept->missing, what)) {
        kept->missing = apr_pstrdup(p, what); /* so is the .htaccess of a subrequest */
    } else {
        kept->missing = apr_pstrcat(p, kept->missing, ", ", what, NULL);
    }
}

/* Why the client has no identity; "" if it has one. */
static const char *nobody_text(const cc_answer_t *answer)
{
    const char *reason;

    if (answer->problem) {
        return answer->problem;
    }
    if (!answer->verdict) {
        return "no ClientCertMap is in effect here";
    }
    if (answer->verdict->failure) {
        return answer->verdict->failure;
    }
    reason = cc_log_no_identity(answer->verdict);
    return reason ? reason : "";
}

/* Clients with an identity are accountable. For all others, the number of lines is limited. */
static bool may_log(const request_rec *r, const cc_answer_t *answer)
{
    return (!answer->problem && answer->verdict && cc_verdict_has_identity(answer->verdict)) ||
           cc_quota_lets(r->server, CC_QUOTA_FORBIDDEN);
}

static void denial_log(request_rec *r, const cc_answer_t *answer)
{
    const char *missing = cc_request_seen(cc_request_client(r))->missing;
    const cc_log_denial_t denial = {answer->client ? answer->client->cert : NULL, answer->verdict,
                                    nobody_text(answer),
                                    missing ? missing : "the condition of another Require"};

    cc_log_denial(r, &denial);
}

/*
 * Many responses with 403 have nothing to do with the client certificate, even where rules are in
 * effect: they depend on an address, or the file is protected. A 403 concerns the certificate if a
 * condition of this module was not met, or if another module denied access to a mapped user.
 */
static bool is_denied(request_rec *r)
{
    const cc_request_t *kept;

    if (r->status != HTTP_FORBIDDEN) {
        return false;
    }
    kept = cc_request_seen(cc_request_client(r));
    return kept && kept->watched && (kept->missing || r->ap_auth_type == cc_auth_type);
}

void cc_denial_log(request_rec *r)
{
    while (r && !is_denied(r)) {
        r = r->next;
    }
    if (r) {
        cc_counters_denied(r);
    }
    if (r && APLOG_R_IS_LEVEL(r, APLOG_ERR)) {
        cc_answer_t answer = cc_identity_of(r);

        if (may_log(r, &answer)) {
            denial_log(r, &answer);
        }
    }
}
