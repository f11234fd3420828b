/* SPDX-License-Identifier: Apache-2.0 */
/* Serves each phase of a request by the answer to who its client is: user, variables, failures. */
#include <apr_lib.h>
#include <apr_strings.h>

#include "httpd/conf/dir.h"
#include "httpd/conf/module.h"
#include "httpd/conf/use.h"
#include "httpd/request/authn.h"
#include "httpd/request/denial.h"
#include "httpd/request/environment.h"
#include "httpd/request/failure.h"
#include "httpd/request/identity.h"
#include "httpd/request/refuse.h"
#include "httpd/request/state.h"
#include "httpd/request/tunnel.h"
#include "httpd/request/variables.h"

/* What is kept of a request that is served by an answer, to be written; else NULL. */
static inline cc_request_t *served(const request_rec *r)
{
    cc_request_t *kept = ap_get_module_config(r->request_config, &clientcert_module);

    return kept && kept->served ? kept : NULL;
}

static inline void put(request_rec *r)
{
    const cc_request_t *kept = served(r);

    cc_variables_put(r, kept ? kept->answer.exports : NULL);
}

void cc_environment_put(request_rec *r, const apr_table_t *exports)
{
    if (r->prev) {
        put(r->prev);
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

/* Whether all requests that this one is for have the same user, or none. */
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

/* mod_include may have put the user of the page there, who came of other rules. */
static void forget_user(const request_rec *r)
{
    const char *type = has_user_of_page(r) ? NULL : apr_table_get(r->subprocess_env, "AUTH_TYPE");

    if (type && !strcmp(type, cc_auth_type)) {
        apr_table_unset(r->subprocess_env, "AUTH_TYPE");
        apr_table_unset(r->subprocess_env, "REMOTE_USER");
    }
}

/*
 * Whether a request that has got another configuration since it was served is asked the same there.
 * So it mostly is where mod_dir gives it that of a directory's index.
 */
static bool asks_the_same(const request_rec *r, const cc_request_t *kept)
{
    const cc_dir_t *dir = cc_dir_of(r);
    const cc_dir_t *then = ap_get_module_config(kept->served, &clientcert_module);

    return dir == then ||
           (dir->rules == then->rules && dir->export == then->export && dir->auth == then->auth);
}

static __attribute__((noinline)) int ask_again(request_rec *r)
{
    cc_request_t *kept = served(r);
    int status;

    if (kept && asks_the_same(r, kept)) {
        kept->served = r->per_dir_config;
        return DECLINED;
    }
    if (!kept && cc_authn_inherit(r)) {
        return DECLINED;
    }
    status = cc_authn_access(r);
    cc_denial_passed(r);
    return status;
}

/*
 * Asks again who it is where the access phase did not: for a request that has the configuration of
 * the one that led to it, or that got another one since (a directory's index, a variant).
 */
static inline int follow(request_rec *r)
{
    const cc_request_t *kept = cc_request_seen(r);

    if (cc_request_served(r, kept) || !((kept && kept->served) || cc_authn_asks(cc_dir_of(r)))) {
        return DECLINED;
    }
    return ask_again(r);
}

/* Whether a request was served in its access phase, and needs nothing more: as most of clients do.
 */
static inline bool is_served_already(const request_rec *r, const cc_request_t *kept)
{
    return cc_request_served(r, kept) && !kept->refused && !kept->upgrades && !r->main &&
           !r->prev && r->method_number != M_CONNECT;
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
    status = follow(r);
    if (r->main) {
        forget_user(r);
    }
    if ((r->main || r->prev) && !served(r)) {
        put(r);
    }
    cc_tunnel_watch(r);
    cc_denial_passed(r);
    return status;
}

int cc_environment_begin(request_rec *r)
{
    cc_request_t *kept = served(r);

    if (!is_served_already(r, kept)) {
        return begin_fully(r);
    }
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
    kept = served(r);
    if (kept && r->main) {
        cc_variables_copied_end(r, kept->answer.exports);
    } else {
        put(r);
    }
    if (kept) {
        kept->variables = apr_table_elts(r->subprocess_env)->nelts;
    }
    return end_status(r, status);
}

int cc_environment_end(request_rec *r)
{
    cc_request_t *kept = served(r);

    if (!cc_request_served(r, kept) || r->main) {
        return end_fully(r, kept);
    }
    kept->variables = cc_variables_last(r, kept->answer.exports);
    return kept->failing ? end_status(r, DECLINED) : DECLINED;
}

/* Since the fixups nobody has added one. To change ours, they would have to be there. */
static bool is_unchanged(const request_rec *r, const cc_request_t *kept)
{
    return kept && !kept->answer.exports &&
           kept->variables == apr_table_elts(r->subprocess_env)->nelts;
}

static __attribute__((noinline)) int log_all(request_rec *r)
{
    request_rec *first = r;
    bool denied = false;

    for (; r; r = r->next) {
        cc_request_t *kept = served(r);

        denied = denied || r->status == HTTP_FORBIDDEN;
        if (!is_unchanged(r, kept)) {
            put(r);
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
    cc_request_t *kept = served(r);

    if (!kept && cc_use_ignores(r)) {
        return DECLINED;
    }
    if (!kept || r->next || r->status == HTTP_FORBIDDEN) {
        return log_all(r);
    }
    if (!is_unchanged(r, kept)) {
        put(r);
    }
    kept->logged = true;
    return DECLINED;
}
