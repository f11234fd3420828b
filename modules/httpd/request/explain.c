/* SPDX-License-Identifier: Apache-2.0 */
/* Evaluates the rules for a client again, to get a trace of their steps. */
#include "cert/cert.h"
#include "httpd/conf/dir.h"
#include "httpd/conf/module.h"
#include "httpd/peer/client.h"
#include "httpd/request/account.h"
#include "httpd/request/identity.h"
#include "httpd/request/state.h"
#include "rules/rules.h"

cc_answer_t cc_identity_explain(request_rec *r, const apr_array_header_t **trace)
{
    const cc_rules_t *rules = cc_dir_of(r)->rules;
    cc_answer_t answer = cc_identity_presented(r);
    apr_array_header_t *steps;
    cc_facts_t facts;

    *trace = NULL;
    if (!answer.problem && rules) {
        facts = cc_client_facts(answer.client, cc_identity_moment(r, answer.client));
        *trace = steps = apr_array_make(r->pool, cc_rules_count(rules), sizeof(cc_step_t));
        answer.verdict =
            cc_rules_evaluate(rules, answer.client->cert, &facts, steps, r->pool, r->pool);
        if (cc_dir_of(r)->account) {
            cc_account_choose_traced(r, cc_dir_of(r)->account, &answer);
        }
        cc_account_inherit(r, &answer);
        if (cc_dir_of(r)->status_rules == 1) {
            cc_trace_hint(steps, rules, answer.client->cert, &facts, false);
        }
    }
    return answer;
}
