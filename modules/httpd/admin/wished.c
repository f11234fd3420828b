/* SPDX-License-Identifier: Apache-2.0 */
/* Applies ClientCertAccount to the client of a query. */
#include <apr_strings.h>

#include "httpd/admin/wished.h"
#include "httpd/conf/dir.h"
#include "httpd/request/account.h"

/* The expression in effect for the path of the query; NULL: none. */
static const cc_account_expr_t *asked_by(const cc_effect_t *effect)
{
    const cc_account_expr_t *asked = effect->request ? effect->dir->account : NULL;

    return asked && asked->expr ? asked : NULL;
}

const cc_verdict_t *cc_wished_verdict(const char **refusal, const cc_effect_t *effect,
                                      cc_client_t *client, const cc_verdict_t *verdict)
{
    const cc_account_expr_t *asked = asked_by(effect);
    cc_answer_t answer = {.client = client, .verdict = verdict};

    if (asked && effect->status == OK) {
        cc_account_choose_traced(effect->request, asked, &answer);
    }
    *refusal = answer.wish ? answer.problem : NULL;
    return answer.wish ? verdict : answer.verdict;
}

const char *cc_wished_note(const cc_admin_query_t *q, const cc_effect_t *effect, apr_pool_t *p)
{
    const cc_account_expr_t *asked = asked_by(effect);

    if (q->account) {
        return asked ? NULL
                     : "no ClientCertAccount is in effect here, so --account changes nothing: "
                       "requests cannot choose an account";
    }
    return asked ? apr_psprintf(p,
                                "ClientCertAccount (%s) is in effect: a request that asks for one "
                                "of the accounts has that user, and one that asks for another "
                                "name gets 403; try one with --account",
                                asked->where)
                 : NULL;
}
