/* SPDX-License-Identifier: Apache-2.0 */
/* Sets the variables of a request from its answer, and again before it is logged. */
#include "httpd/conf/module.h"
#include "httpd/conf/use.h"
#include "httpd/request/denial.h"
#include "httpd/request/environment.h"
#include "httpd/request/ssl_refusal.h"
#include "httpd/request/state.h"
#include "httpd/request/variables.h"

void cc_environment_put(request_rec *r, const apr_table_t *exports)
{
    if (r->prev) {
        cc_environment_renew(r->prev);
    }
    cc_variables_put(r, exports);
}

void cc_environment_unset(request_rec *r)
{
    const cc_request_t *kept = cc_request_seen(r);

    if (kept && kept->served) {
        cc_request_of(r)->served = NULL;
    }
    cc_environment_put(r, NULL);
}

void cc_environment_inherit(request_rec *r, cc_request_t *kept)
{
    cc_environment_serve(r, kept);
    cc_variables_copied(r, kept->answer.exports);
}

/*
 * True if no variable was added since the fixups, and the request has no variables of this module.
 */
static bool is_unchanged(const request_rec *r, const cc_request_t *kept)
{
    return kept && !kept->answer.exports &&
           kept->variables == apr_table_elts(r->subprocess_env)->nelts;
}

static bool has_denial(const request_rec *r)
{
    while (r && !cc_denial_is_status(r->status)) {
        r = r->next;
    }
    return r != NULL;
}

static __attribute__((noinline)) int log_all(request_rec *r)
{
    request_rec *first = r;
    bool denied = has_denial(r);

    if (denied) {
        cc_ssl_refused_log(r); /* a request that did not reach our hooks has no state yet */
    }
    for (; r; r = r->next) {
        cc_request_t *kept = cc_request_answered(r);

        if (!is_unchanged(r, kept)) {
            cc_environment_renew(r);
        }
        if (kept) {
            kept->logged = true;
        } else {
            cc_request_end(r);
        }
    }
    if (denied) {
        cc_denial_log(first);
    }
    return DECLINED;
}

int cc_environment_log(request_rec *r)
{
    cc_request_t *kept = cc_request_answered(r);

    if (!kept && cc_use_ignores(r)) {
        return DECLINED;
    }
    if (!kept || r->next || cc_denial_is_status(r->status)) {
        return log_all(r);
    }
    if (!is_unchanged(r, kept)) {
        cc_environment_renew(r);
    }
    kept->logged = true;
    return DECLINED;
}
