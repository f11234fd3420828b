/* SPDX-License-Identifier: Apache-2.0 */
/* Implements Require clientcert-same-user: certificate and login are those of one user. */
#include <apr_cstr.h>
#include <apr_strings.h>

#include "base/text.h"
#include "httpd/conf/module.h"
#include "httpd/request/authn.h"
#include "httpd/request/authz.h"
#include "httpd/request/cache.h"
#include "httpd/request/identity.h"
#include "httpd/request/require.h"
#include "httpd/request/tolerance.h"
#include "rules/rules.h"

/* Require clientcert-same-user [nocase] */
typedef struct same_user_t {
    cc_require_t need;
    bool nocase; /* ASCII alone: folding more could make one user of two */
} same_user_t;

/*
 * A negated line could only admit clients whose two names differ, which is never wanted, and before
 * the login it could not be certain of anything.
 */
static const char *same_user_parse(cmd_parms *cmd, const char *args, const void **parsed)
{
    same_user_t *asked = apr_pcalloc(cmd->pool, sizeof(*asked));
    const char *word;

    cc_require_read(&asked->need, cmd, args, CC_MISSING_LOGIN);
    *parsed = asked;
    if (asked->need.negated) {
        return "CC0129: Require clientcert-same-user cannot be negated, and not be in "
               "<RequireNone>: remove \"not\", or move the line into <RequireAll>";
    }
    word = ap_getword_conf(cmd->pool, &args);
    asked->nocase = !strcasecmp(word, "nocase");
    if ((*word && !asked->nocase) || *args) {
        return apr_psprintf(
            cmd->pool,
            "CC0120: Require clientcert-same-user: \"%s\": write nothing more, or "
            "nocase, which ignores the case of ASCII letters",
            cc_text_escape(*args ? args : word, strlen(*args ? args : word), cmd->pool));
    }
    return NULL;
}

static bool is_same(const same_user_t *asked, const char *name, const char *login)
{
    return name && *name && (asked->nocase ? !apr_cstr_casecmp(name, login) : !strcmp(name, login));
}

/* The password of an account that was not chosen proves nothing about this user. */
static bool is_holder(const same_user_t *asked, const cc_verdict_t *verdict, const char *login)
{
    return is_same(asked, verdict->user, login) || is_same(asked, verdict->holder, login);
}

static const char *excerpt(const char *name, apr_pool_t *p)
{
    return cc_text_excerpt(name, strlen(name), p);
}

/* Why this login is not sufficient; NULL: it is. */
static const char *objection(request_rec *r, const same_user_t *asked, const cc_verdict_t *verdict,
                             const char *login)
{
    if (cc_tolerance_fake_has(r)) {
        return "SSLOptions FakeBasicAuth made the password out of the certificate itself";
    }
    if (is_holder(asked, verdict, login)) {
        return NULL;
    }
    return apr_psprintf(r->pool, "the certificate is that of \"%s\", and the login that of \"%s\"",
                        excerpt(verdict->holder ? verdict->holder : verdict->user, r->pool),
                        excerpt(login, r->pool));
}

/*
 * Until there is a login, the answer is that a user is missing: httpd then asks for one. A
 * certificate without a user never suffices, so then it does not ask.
 */
static authz_status same_user_check(request_rec *r, const char *args, const void *parsed)
{
    const same_user_t *asked = parsed;
    cc_answer_t fresh;
    const cc_answer_t *answer = cc_require_identity(r, &fresh);
    const char *login = cc_authn_login(r), *because;

    (void)args;
    cc_cache_personal(r);
    if (cc_answer_failure(answer)) {
        return AUTHZ_GENERAL_ERROR;
    }
    if (!answer->verdict || !answer->verdict->user || !cc_authn_by_others(r)) {
        return cc_require_status(r, &asked->need, answer, false);
    }
    if (!login) {
        cc_require_missing(r, &asked->need, answer, false);
        return AUTHZ_DENIED_NO_USER;
    }
    because = objection(r, asked, answer->verdict, login);
    if (because) {
        cc_require_missing_because(r, &asked->need, because);
    }
    return because ? AUTHZ_DENIED : AUTHZ_GRANTED;
}

const authz_provider cc_authz_same_user = {same_user_check, same_user_parse};
