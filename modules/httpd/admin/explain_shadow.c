/* SPDX-License-Identifier: Apache-2.0 */
/* Explains what shadow rules would give a certificate. */
#include "httpd/admin/explain_shadow.h"
#include "httpd/peer/client.h"
#include "httpd/request/shadow.h"
#include "httpd/status/verdict_json.h"
#include "rules/rules.h"

json_t *cc_explain_shadow(const cc_rules_t *shadow, const cc_verdict_t *live,
                          const cc_client_t *client, apr_pool_t *p)
{
    cc_facts_t facts = cc_client_facts(client, apr_time_now());
    const cc_verdict_t *verdict;

    if (!shadow) {
        return json_null();
    }
    verdict = cc_rules_evaluate(shadow, client->cert, &facts, NULL, p, p);
    return cc_shadow_differs(live, verdict, p) ? cc_json_verdict(verdict, p) : json_null();
}
