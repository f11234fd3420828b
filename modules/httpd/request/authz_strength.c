/* SPDX-License-Identifier: Apache-2.0 */
/* Implements Require clientcert-strength strong|named. */
#include <apr_strings.h>

#include "httpd/conf/module.h"
#include "httpd/request/authz.h"
#include "httpd/request/cache.h"
#include "httpd/request/identity.h"
#include "httpd/request/require.h"
#include "rules/rules.h"

typedef struct cc_require_strength_t {
    cc_require_t need;
    cc_strength_t least;
} cc_require_strength_t;

bool cc_authz_strength_find(cc_strength_t *strength, const char *word)
{
    for (int i = CC_STRENGTH_NAMED; i < CC_STRENGTH_COUNT; i++) {
        if (!strcmp(cc_strength_words[i], word)) {
            *strength = (cc_strength_t)i;
            return true;
        }
    }
    return false;
}

static const char *strength_parse(cmd_parms *cmd, const char *args, const void **parsed)
{
    cc_require_strength_t *asked = apr_pcalloc(cmd->pool, sizeof(*asked));
    const char *word;

    cc_require_read(&asked->need, cmd, args, CC_MISSING_STRENGTH);
    word = ap_getword_conf(cmd->pool, &args);
    if (!cc_authz_strength_find(&asked->least, word) || *args) {
        return apr_psprintf(cmd->pool,
                            "CC0107: Require %s: write one word, strong or named (which admits "
                            "strong users, too)",
                            asked->need.text);
    }
    *parsed = asked;
    return NULL;
}

/*
 * Groups alone do not say who the client is, and only a user has a strength. So a negated Require
 * admits a certificate only if it has a user, and that user is weaker.
 */
static bool is_open(const cc_require_t *need, const cc_answer_t *answer)
{
    return need->negated && answer->presented && !(answer->verdict && answer->verdict->user);
}

static authz_status strength_check(request_rec *r, const char *args, const void *parsed)
{
    const cc_require_strength_t *asked = parsed;
    cc_answer_t made;
    const cc_answer_t *answer = cc_require_identity(r, &made);
    const cc_verdict_t *verdict = answer->verdict;

    (void)args;
    cc_cache_personal(r);
    if (cc_answer_failure(answer)) {
        return AUTHZ_GENERAL_ERROR;
    }
    if (is_open(&asked->need, answer)) {
        cc_denial_watch(r);
        cc_require_missing(r, &asked->need, answer, true);
        return AUTHZ_GRANTED;
    }
    return cc_require_answer(r, &asked->need, answer,
                             verdict && verdict->user && verdict->strength >= asked->least);
}

const authz_provider cc_authz_strength = {strength_check, strength_parse};
