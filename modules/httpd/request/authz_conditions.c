/* SPDX-License-Identifier: Apache-2.0 */
/* Implements Require clientcert [CONDITION ...]. */
#include <apr_strings.h>

#include "base/error.h"
#include "httpd/background/tables.h"
#include "httpd/conf/module.h"
#include "httpd/conf/path_need.h"
#include "httpd/request/authz.h"
#include "httpd/request/cache.h"
#include "httpd/request/identity.h"
#include "httpd/request/require.h"
#include "rules/rules.h"

typedef struct conditions_t {
    cc_require_t need;
    cc_rules_t *rules; /* the conditions */
} conditions_t;

static const char *conditions_parse(cmd_parms *cmd, const char *args, const void **parsed)
{
    conditions_t *asked = apr_palloc(cmd->pool, sizeof(*asked));
    cc_error_t err = {0};

    cc_require_read(&asked->need, cmd, args, CC_MISSING_CONDITIONS);
    asked->rules = cc_tables_rules(cmd);
    if (cc_rules_add_conditions(asked->rules, args, asked->need.where, &err) != APR_SUCCESS) {
        return cc_error_text(&err, cmd->pool);
    }
    cc_path_need_note(cmd->server, cmd->pool, cc_rules_path_need(asked->rules));
    *parsed = asked;
    return NULL;
}

static authz_status conditions_check(request_rec *r, const char *args, const void *parsed)
{
    const conditions_t *asked = parsed;
    cc_answer_t answer = cc_identity_by(r, asked->rules, asked->need.keep);

    (void)args;
    cc_cache_personal(r);
    if (cc_answer_failure(&answer)) {
        return AUTHZ_GENERAL_ERROR;
    }
    return cc_require_answer(r, &asked->need, &answer,
                             answer.verdict && answer.verdict->matched_count);
}

const authz_provider cc_authz_conditions = {conditions_check, conditions_parse};
