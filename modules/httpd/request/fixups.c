/* SPDX-License-Identifier: Apache-2.0 */
/* Sets the user and the variables of a request for its final configuration, in the fixups phase. */
#include <apr_tables.h>

#include "httpd/conf/dir.h"
#include "httpd/conf/module.h"
#include "httpd/conf/use.h"
#include "httpd/request/authn.h"
#include "httpd/request/denial.h"
#include "httpd/request/environment.h"
#include "httpd/request/failure.h"
#include "httpd/request/fixups.h"
#include "httpd/request/identity.h"
#include "httpd/request/refuse.h"
#include "httpd/request/state.h"
#include "httpd/request/tunnel.h"
#include "httpd/request/variables.h"

/* True if every page that includes this request, directly or not, has the same user or none. */
static bool has_user_of_page(const request_rec *r)
{
    for (const request_rec *page = r->main; page; page = page->main) {
        if (page->ap_auth_type &&
            (page->user != r->user || page->ap_auth_type != r->ap_auth_type)) {
            return false;
        }
    }
    return true;
}

/*
 * Removes REMOTE_USER and AUTH_TYPE if mod_include copied them from a page with another user, which
 * other rules gave.
 */
static void forget_user(const request_rec *r)
{
    const char *type = has_user_of_page(r) ? NULL : apr_table_get(r->subprocess_env, "AUTH_TYPE");

    if (type && !strcmp(type, cc_auth_type)) {
        apr_table_unset(r->subprocess_env, "AUTH_TYPE");
        apr_table_unset(r->subprocess_env, "REMOTE_USER");
    }
}

/*
 * True if the new configuration of a request gives the same answer as the previous one. That is
 * usual if mod_dir has set the configuration of a directory index.
 */
static bool asks_the_same(const request_rec *r, const cc_request_t *kept)
{
    const cc_dir_t *dir = cc_dir_of(r);
    const cc_dir_t *then = ap_get_module_config(kept->served, &clientcert_module);

    return dir == then ||
           (dir->rules == then->rules && dir->export == then->export && dir->auth == then->auth &&
            dir->forward_cert == then->forward_cert &&
            dir->forward_identity == then->forward_identity && dir->account == then->account);
}

/*
 * True if the user is that of a login, which access control has admitted: of the request itself, or
 * of the one from which httpd has copied it. That of an error page may be a name whose password is
 * wrong.
 */
static bool is_logged_in(const request_rec *r)
{
    const request_rec *from = r;
    const cc_request_t *kept = cc_request_seen(r);

    if (!r->user || !r->ap_auth_type || !strcasecmp(r->ap_auth_type, cc_auth_type)) {
        return false;
    }
    while (from && !(kept && kept->login)) {
        from = from->main ? from->main : from->prev;
        kept = from ? cc_request_seen(from) : NULL;
    }
    return from && kept->admitted;
}

/* The mapped user of the new configuration does not replace that of a login. */
static int identify_again(request_rec *r)
{
    bool logged_in = is_logged_in(r);
    char *user = r->user, *type = r->ap_auth_type;
    int status = cc_authn_access(r);

    if (logged_in) {
        r->user = user;
        r->ap_auth_type = type;
    }
    return status;
}

static __attribute__((noinline)) int ask_again(request_rec *r)
{
    cc_request_t *kept = cc_request_answered(r);
    int status;

    if (kept && asks_the_same(r, kept)) {
        kept->served = r->per_dir_config;
        return DECLINED;
    }
    if (!kept && cc_authn_inherit(r)) {
        return DECLINED;
    }
    status = identify_again(r);
    cc_denial_passed(r);
    return status;
}

/*
 * Determines the identity if the access phase did not: for a request that skipped that phase, or
 * whose configuration has changed since (a directory index, a variant).
 */
static inline int follow(request_rec *r)
{
    const cc_request_t *kept = cc_request_seen(r);

    if (cc_request_served(r, kept) || !((kept && kept->served) || cc_authn_asks(cc_dir_of(r)))) {
        return DECLINED;
    }
    return ask_again(r);
}

/* True if a request was served in its access phase and needs nothing more, like most requests. */
static inline bool is_served_already(const request_rec *r, const cc_request_t *kept)
{
    return cc_request_served(r, kept) && !kept->refused && !kept->upgrades && !r->main &&
           !r->prev && r->method_number != M_CONNECT;
}

/* Only a login needs it. Few requests have one, so others do not pay for the call. */
static inline void admit(request_rec *r)
{
    const cc_request_t *kept = cc_request_seen(r);

    if (kept && kept->login) {
        cc_request_admit(r);
    }
}

static __attribute__((noinline)) int begin_fully(request_rec *r)
{
    int status;

    if (cc_use_ignores(r)) {
        return DECLINED;
    }
    status = cc_refuse_again(r);
    if (status != DECLINED) {
        return status;
    }
    admit(r);
    status = follow(r);
    if (r->main) {
        forget_user(r);
    }
    if ((r->main || r->prev) && !cc_request_answered(r)) {
        cc_environment_renew(r);
    }
    cc_tunnel_watch(r);
    cc_denial_passed(r);
    return status;
}

int cc_fixups_begin(request_rec *r)
{
    cc_request_t *kept = cc_request_answered(r);

    if (!is_served_already(r, kept)) {
        return begin_fully(r);
    }
    kept->admitted = true;
    kept->watched = false; /* as cc_denial_passed */
    kept->missing = NULL;
    return DECLINED;
}

static int end_status(const request_rec *r, int status)
{
    return cc_failure_noted(r) && !(r->handler && cc_handler_is(r, "clientcert-status"))
               ? HTTP_INTERNAL_SERVER_ERROR
               : status;
}

static __attribute__((noinline)) int end_fully(request_rec *r, cc_request_t *kept)
{
    int status;

    if (!kept && cc_use_ignores(r)) {
        return DECLINED;
    }
    status = follow(r);
    kept = cc_request_answered(r);
    if (kept && r->main) {
        cc_variables_copied_end(r, kept->answer.exports);
    } else {
        cc_environment_renew(r);
    }
    if (kept) {
        kept->variables = apr_table_elts(r->subprocess_env)->nelts;
    }
    return end_status(r, status);
}

int cc_fixups_end(request_rec *r)
{
    cc_request_t *kept = cc_request_answered(r);

    if (!cc_request_served(r, kept) || r->main) {
        return end_fully(r, kept);
    }
    kept->variables = cc_variables_last(r, kept->answer.exports);
    return kept->failing ? end_status(r, DECLINED) : DECLINED;
}
