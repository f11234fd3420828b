/* SPDX-License-Identifier: Apache-2.0 */
/* Converts the outcome of a request, and the answer of each Require, to JSON. */
#include "httpd/admin/access.h"
#include "httpd/admin/access_lines.h"
#include "httpd/conf/directive.h"
#include "httpd/conf/module.h"
#include "httpd/status/verdict_json.h"

static const char *answer_word(const cc_require_answer_t *answer)
{
    static const char *const words[] = {
        [AUTHZ_DENIED] = "denied",
        [AUTHZ_GRANTED] = "granted",
        [AUTHZ_NEUTRAL] = "neutral",
        [AUTHZ_GENERAL_ERROR] = "failed",
        [AUTHZ_DENIED_NO_USER] = "denied_no_user",
    };

    return answer->unknown ? "unknown" : words[answer->status];
}

static json_t *requires_json(const apr_array_header_t *requires, apr_pool_t *p)
{
    json_t *all = json_array();

    for (int i = 0; requires && i < requires->nelts; i++) {
        const cc_require_answer_t *answer = &APR_ARRAY_IDX(requires, i, cc_require_answer_t);

        json_array_append_new(
            all, json_pack("{s:o, s:o, s:s, s:o}", "where",
                           cc_json_string(cc_directive_where(answer->directive, p), p), "text",
                           cc_json_string(answer->directive->args, p), "result",
                           answer_word(answer), "reason", cc_json_string(answer->unknown, p)));
    }
    return all;
}

json_t *cc_access_json(const cc_access_t *access, apr_pool_t *p)
{
    static const char *const outcomes[] = {
        [CC_ACCESS_GRANTED] = "granted",   [CC_ACCESS_DENIED] = "denied",
        [CC_ACCESS_PASSWORD] = "password", [CC_ACCESS_DEPENDS] = "depends",
        [CC_ACCESS_REFUSED] = "refused",   [CC_ACCESS_ANSWERED] = "answered",
    };

    return json_pack("{s:s, s:o, s:o, s:o}", "outcome", outcomes[access->outcome], "status",
                     access->status ? json_integer(access->status) : json_null(), "requires",
                     requires_json(access->requires, p), "depends_on",
                     access->depends ? cc_json_strings(access->depends, p) : json_array());
}
