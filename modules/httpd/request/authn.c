/* SPDX-License-Identifier: Apache-2.0 */
/* Sets the user of a request from its mapped certificate, and implements AuthType ClientCert. */
#include <http_core.h>
#include <http_request.h>

#include "httpd/conf/dir.h"
#include "httpd/conf/module.h"
#include "httpd/conf/use.h"
#include "httpd/conf/vhost_conf.h"
#include "httpd/request/authn.h"
#include "httpd/request/denial.h"
#include "httpd/request/environment.h"
#include "httpd/request/failure.h"
#include "httpd/request/identity.h"
#include "httpd/request/refuse.h"
#include "httpd/request/state.h"
#include "rules/rules.h"

/*
 * Removes the user of a request in two cases: a user that this module set before the configuration
 * of the request changed (fixups.c), and, where rules decide, a user from SSLUserName, which
 * accepts every certificate. mod_ssl uses the same text as ap_auth_type (older versions use none),
 * so that of this module is recognized by its address.
 */
static void forget_user(request_rec *r, bool rules_decide)
{
    const char *type = r->ap_auth_type;

    if (type == cc_auth_type || (rules_decide && (!type || !strcmp(type, cc_auth_type)))) {
        r->user = NULL;
        r->ap_auth_type = NULL;
    }
}

static inline void take(request_rec *r, const cc_dir_t *dir, cc_request_t *kept)
{
    const cc_verdict_t *verdict = kept->answer.verdict;

    if (verdict && verdict->failure) {
        cc_failure_note(r);
    }
    if (dir->auth != 0 && verdict && verdict->user) {
        r->user = (char *)verdict->user;
        r->ap_auth_type = (char *)cc_auth_type;
    }
    cc_environment_set(r, kept);
}

/*
 * True if the log may need the client. It has to be determined now, since the connection may be
 * gone by then.
 */
static bool may_be_logged(const request_rec *r)
{
    return cc_configuration_of(r->server)->expressions;
}

/*
 * Handles a request whose configuration needs no identity: removes variables from an earlier
 * configuration. True if the request has to be refused.
 */
static __attribute__((noinline)) bool unasked_refused(request_rec *r, const cc_dir_t *dir)
{
    cc_answer_t answer = {0};

    cc_request_settle(r, dir->rules);
    cc_environment_unset(r);
    if (dir->rules || may_be_logged(r)) {
        answer = cc_identity_presented(r);
    }
    if (dir->shadow && !dir->rules) {
        (void)cc_identity_of(r); /* to compare; the answer has no identity */
    }
    return cc_answer_refused(&answer);
}

/* Serves the request with its identity; true if it has to be refused. */
static inline bool asked_refused(request_rec *r, const cc_dir_t *dir)
{
    cc_request_t *kept = cc_request_of(r);

    kept->settled = true;
    kept->watched = kept->watched || dir->rules;
    cc_identity_settle(r, kept);
    take(r, dir, kept);
    return cc_answer_refused(&kept->answer);
}

/*
 * User and variables are set before authorization, so Require user, Require env and the like need
 * no AuthType. A failed lookup ends the request here; later, the missing user would look like an
 * anonymous request.
 */
int cc_authn_access(request_rec *r)
{
    const cc_dir_t *dir = cc_dir_of(r);
    bool refused;

    if (cc_use_ignores(r)) {
        return DECLINED;
    }
    forget_user(r, dir->rules && dir->auth != 0);
    if (dir->rules && r->main) {
        cc_denial_watch(r);
    }
    refused = cc_authn_asks(dir) ? asked_refused(r, dir) : unasked_refused(r, dir);
    if (refused && (dir->rules || dir->account)) {
        return cc_refuse(r);
    }
    if (cc_failure_ends(r, dir->handler == CC_HANDLER_STATUS)) {
        return HTTP_INTERNAL_SERVER_ERROR;
    }
    return dir->rules ? DECLINED : cc_refuse_early(r);
}

bool cc_authn_inherit(request_rec *r)
{
    const request_rec *page = r->main;
    const cc_request_t *asked = page ? cc_request_seen(page) : NULL;
    cc_request_t *kept;

    if (!cc_request_served(r, asked) || page->per_dir_config != r->per_dir_config ||
        asked->answer.problem || cc_answer_failure(&asked->answer)) {
        return false;
    }
    kept = cc_request_of(r);
    kept->settled = true;
    kept->client = asked->client;
    kept->answer = asked->answer;
    cc_environment_inherit(r, kept);
    return true;
}

/*
 * Called if authorization requires a user. If a table is unreachable, the client must not be asked
 * for a password: a client without one would be refused, and one with a password could get another
 * user. The login is recorded even without rules, since the index of a directory may have some.
 */
int cc_authn_failure(request_rec *r)
{
    const cc_dir_t *dir = cc_dir_of(r);
    cc_answer_t answer;

    if (cc_use_ignores(r)) {
        return DECLINED;
    }
    cc_request_login(r);
    if (!dir->rules || dir->auth == CC_AUTH_OFF) {
        return DECLINED;
    }
    answer = cc_identity_of(r);
    return cc_answer_failure(&answer) ? HTTP_INTERNAL_SERVER_ERROR : DECLINED;
}

bool cc_authn_by_others(const request_rec *r)
{
    const char *type = ap_auth_type((request_rec *)r);

    return type && strcasecmp(type, cc_auth_type) != 0 && strcasecmp(type, "None") != 0;
}

const char *cc_authn_login(const request_rec *r)
{
    const cc_request_t *kept = cc_request_seen(r);
    const char *type = r->ap_auth_type;

    return kept && kept->login && r->user && *r->user && type && strcasecmp(type, cc_auth_type) != 0
               ? r->user
               : NULL;
}

static const char *wanted(const request_rec *r, const cc_dir_t *dir)
{
    const cc_request_t *kept = cc_request_seen(r);

    if (r->user || (kept && kept->fell_back)) {
        return "another user";
    }
    if (!dir->rules) {
        return "a user, but no ClientCertMap is in effect here";
    }
    if (dir->auth == 0) {
        return "a user, but ClientCertAuth is Off here";
    }
    return "a user";
}

/*
 * Called if authorization requires a user, or a different user (Require expr with REMOTE_USER).
 * Without an AuthType, httpd would answer 500 or 401. But where rules are in effect, only a
 * certificate gives a user, so the answer is 403.
 */
int cc_authn_check(request_rec *r)
{
    const cc_dir_t *dir = cc_dir_of(r);
    const char *type = ap_auth_type(r);
    cc_missing_t missing = {.text = wanted(r, dir)};

    if (type ? strcasecmp(type, cc_auth_type) != 0 : !dir->rules) {
        return DECLINED;
    }
    cc_denial_watch(r);
    cc_denial_missing(r, &missing, true);
    return HTTP_FORBIDDEN;
}
