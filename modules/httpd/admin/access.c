/* SPDX-License-Identifier: Apache-2.0 */
/* Decides whether a request that a query made up would be admitted, by httpd's own hooks. */
/*
 * The hooks run several times. The first run visits every Require in effect. If all are certain, a
 * second run gives the outcome. Otherwise each way in which the others may answer gets a run: if
 * all runs agree, this is the outcome; if not, it depends. Only hooks that neither wait nor change
 * anything are called. The others are treated as a Require that is not known.
 */
#include <string.h>

#include <apr_strings.h>

#include <http_core.h>
#include <http_main.h>
#include <http_request.h>

#include "httpd/admin/access.h"
#include "httpd/admin/access_lines.h"
#include "httpd/admin/dry_run.h"
#include "httpd/admin/undecided.h"
#include "httpd/conf/dir.h"
#include "httpd/conf/module.h"
#include "httpd/conf/view.h"
#include "httpd/request/fallback.h"

/* All runs of one request. */
typedef struct runs_t {
    request_rec *r;
    cc_access_run_t run;
    bool hooks_help; /* hooks that are not known admit the client */
    bool unknown;    /* this run has met such a hook */
    bool open;       /* a run came to what may have any outcome */
    apr_table_t *environment;
    cc_access_t *access;
} runs_t;

static bool is(const char *hooker, const char *name)
{
    return !strcmp(hooker, name);
}

static void depends_add(runs_t *runs, const char *what, const char *reason)
{
    cc_undecided_add(runs->access->depends, what, reason);
}

static void line_depends(runs_t *runs, const cc_access_line_t *line, const char *reason)
{
    cc_undecided_line_add(runs->access->depends, line, reason);
}

static void hook_depends(runs_t *runs, const char *hooker)
{
    depends_add(runs, hooker, "its hook was not called");
}

/* ---- httpd's core -------------------------------------------------------------------------- */

void cc_access_prepare(apr_pool_t *pconf, server_rec *s)
{
    const apr_array_header_t *hooks = ap_hook_get_post_config();

    for (int i = 0; hooks && i < hooks->nelts; i++) {
        const ap_LINK_post_config_t *hook = &APR_ARRAY_IDX(hooks, i, ap_LINK_post_config_t);

        if (is(hook->szName, "core.c")) {
            hook->pFunc(pconf, pconf, pconf, s);
        }
    }
}

/* ---- check_access -------------------------------------------------------------------------- */

/* Order, Allow and Deny can be evaluated if the address of the client does not matter. */
static bool is_for_all(const ap_directive_t *directive)
{
    const char *args = directive->args;

    if (strcasecmp(directive->directive, "Allow") && strcasecmp(directive->directive, "Deny")) {
        return true;
    }
    args += strcspn(args, " \t");
    return !strcasecmp(args + strspn(args, " \t"), "all");
}

static bool addresses_matter(runs_t *runs)
{
    const apr_array_header_t *lines = cc_access_lines(runs->r);
    bool found = false;

    for (int i = 0; i < lines->nelts; i++) {
        const cc_access_line_t *line = &APR_ARRAY_IDX(lines, i, cc_access_line_t);

        if (line->kind == CC_LINE_COMPAT && !is_for_all(line->directive)) {
            line_depends(runs, line, "it depends on the address of the client");
            found = true;
        }
    }
    return found;
}

/* True if mod_ssl requests the certificate, or a better one, once it knows the section. */
static bool requests_later(const runs_t *runs, const cc_access_line_t *line)
{
    const cc_conf_view_t *view = cc_conf_view_of(ap_server_conf, runs->r->server);

    return line == cc_access_line_last(runs->r, CC_LINE_SSL_VERIFY) &&
           cc_access_line_verify(line, runs->r->pool) > view->verify_client;
}

/* What mod_ssl does in its hook of the access phase besides keeping what the handshake gave. */
static const char *tls_reason(const runs_t *runs, const cc_access_line_t *line)
{
    switch (line->kind) {
    case CC_LINE_SSL_EXPR:
        return "its expression was not evaluated";
    case CC_LINE_SSL_CIPHER:
        return "it may need a handshake with another cipher";
    case CC_LINE_SSL_VERIFY:
        return requests_later(runs, line)
                   ? "the server requests the certificate after the handshake, which HTTP/2 and "
                     "many clients with TLS 1.3 do not allow"
                   : NULL;
    default:
        return NULL;
    }
}

/* Without TLS, mod_ssl ignores its other directives. */
static int tls_missing(const runs_t *runs)
{
    return cc_access_line_last(runs->r, CC_LINE_SSL_ONLY) ? HTTP_FORBIDDEN : DECLINED;
}

static bool tls_matters(runs_t *runs)
{
    const apr_array_header_t *lines = cc_access_lines(runs->r);
    bool found = false;

    for (int i = 0; i < lines->nelts; i++) {
        const cc_access_line_t *line = &APR_ARRAY_IDX(lines, i, cc_access_line_t);
        const char *reason = tls_reason(runs, line);

        if (reason) {
            line_depends(runs, line, reason);
            found = true;
        }
    }
    return found;
}

/* The answer of a hook that was not called. */
static int pretended(runs_t *runs)
{
    runs->unknown = true;
    return runs->hooks_help ? DECLINED : HTTP_FORBIDDEN;
}

static int access_hook(runs_t *runs, const ap_LINK_access_checker_t *hook)
{
    const char *hooker = hook->szName;

    if (is(hooker, clientcert_module.name) || is(hooker, "mod_allowmethods.c")) {
        return hook->pFunc(runs->r);
    }
    if (is(hooker, "mod_access_compat.c")) {
        return addresses_matter(runs) ? pretended(runs) : hook->pFunc(runs->r);
    }
    if (is(hooker, "mod_ssl.c") && !cc_dry_request_of(runs->r)->tls) {
        return tls_missing(runs);
    }
    if (is(hooker, "mod_ssl.c")) {
        return tls_matters(runs) ? pretended(runs) : DECLINED;
    }
    if (is(hooker, "mod_lua.c") || is(hooker, "mod_log_debug.c")) {
        return DECLINED; /* mod_lua: see decide */
    }
    hook_depends(runs, hooker);
    return pretended(runs);
}

static int access_check(runs_t *runs)
{
    const apr_array_header_t *hooks = ap_hook_get_access_checker();
    int status = OK;

    for (int i = 0; hooks && i < hooks->nelts && (status == OK || status == DECLINED); i++) {
        status = access_hook(runs, &APR_ARRAY_IDX(hooks, i, ap_LINK_access_checker_t));
    }
    return status == DECLINED ? OK : status;
}

/* ---- check_access_ex, check_authn ---------------------------------------------------------- */

static int userless_hooks(runs_t *runs)
{
    const apr_array_header_t *hooks = ap_hook_get_access_checker_ex();
    int status = DECLINED;

    for (int i = 0; hooks && i < hooks->nelts && status == DECLINED; i++) {
        const ap_LINK_access_checker_ex_t *hook =
            &APR_ARRAY_IDX(hooks, i, ap_LINK_access_checker_ex_t);

        if (is(hook->szName, "mod_authz_core.c") || is(hook->szName, clientcert_module.name)) {
            status = hook->pFunc(runs->r);
        } else if (!is(hook->szName, "mod_log_debug.c")) {
            hook_depends(runs, hook->szName);
            runs->open = true;
        }
    }
    return status;
}

/* As cc_fallback_check, without the hooks that must not run. Each Require is recorded once. */
static int userless_check(runs_t *runs)
{
    bool trying = runs->run.mode != CC_RUN_COLLECT && cc_fallback_begin(runs->r);
    int status = userless_hooks(runs);

    if (trying && cc_fallback_end(runs->r, status)) {
        status = userless_hooks(runs);
    }
    return status == OK && cc_fallback_force(runs->r) == OK ? DECLINED : status;
}

static bool is_login(const char *type)
{
    return (!strcasecmp(type, "Basic") && ap_find_linked_module("mod_auth_basic.c")) ||
           (!strcasecmp(type, "Digest") && ap_find_linked_module("mod_auth_digest.c"));
}

static void login_depends(runs_t *runs, const char *type)
{
    const cc_access_line_t *fake = cc_access_line_last(runs->r, CC_LINE_SSL_FAKE);

    if (!is_login(type)) {
        depends_add(runs, apr_pstrcat(runs->r->pool, "AuthType ", type, NULL),
                    "its login was not tried");
        runs->open = true;
    } else if (fake) {
        line_depends(runs, fake, "it may set the user");
        runs->open = true;
    }
}

/* After our own hooks have declined: another module may know the user. */
static int other_login(runs_t *runs)
{
    const char *type = ap_auth_type(runs->r);

    if (!type || !strcasecmp(type, "None")) {
        return HTTP_INTERNAL_SERVER_ERROR;
    }
    login_depends(runs, type);
    return HTTP_UNAUTHORIZED;
}

static int user_check(runs_t *runs)
{
    const apr_array_header_t *hooks = ap_hook_get_check_user_id();
    int status = DECLINED;

    for (int i = 0; hooks && i < hooks->nelts && status == DECLINED; i++) {
        const ap_LINK_check_user_id_t *hook = &APR_ARRAY_IDX(hooks, i, ap_LINK_check_user_id_t);

        if (is(hook->szName, clientcert_module.name)) {
            status = hook->pFunc(runs->r);
        }
    }
    return status == DECLINED ? other_login(runs) : status;
}

/* ---- a run --------------------------------------------------------------------------------- */

/* The order of ap_process_request_internal. */
static int run(runs_t *runs)
{
    bool any = ap_satisfies(runs->r) == SATISFY_ANY;
    int status = access_check(runs);

    if ((status == OK) == any && runs->run.mode != CC_RUN_COLLECT) {
        return status;
    }
    status = userless_check(runs);
    return status == DECLINED && runs->run.mode != CC_RUN_COLLECT ? user_check(runs) : status;
}

/* Forgets what an earlier run has set. */
static int run_again(runs_t *runs, cc_run_mode_t mode, bool hooks_help)
{
    request_rec *r = runs->r;
    cc_dry_request_t *asked = cc_dry_request_of(r);
    int status;

    r->user = r->ap_auth_type = NULL;
    r->subprocess_env = apr_table_copy(r->pool, runs->environment);
    ap_set_module_config(r->request_config, &clientcert_module, NULL);
    cc_dry_run_wish(r);
    runs->run.mode = mode;
    runs->hooks_help = hooks_help;
    runs->unknown = false;
    asked->run = &runs->run;
    status = run(runs);
    asked->run = NULL;
    return status;
}

/* ---- the outcome --------------------------------------------------------------------------- */

static bool requires_unknown(runs_t *runs)
{
    const apr_array_header_t *requires = runs->access->requires;
    bool found = false;

    for (int i = 0; i < requires->nelts; i++) {
        const cc_require_answer_t *answer = &APR_ARRAY_IDX(requires, i, cc_require_answer_t);

        if (answer->unknown) {
            depends_add(runs, cc_access_line_text(answer->directive, runs->r->pool),
                        answer->unknown);
            found = true;
        }
    }
    return found;
}

static cc_access_outcome_t outcome_of(int status)
{
    switch (status) {
    case OK:
        return CC_ACCESS_GRANTED;
    case HTTP_FORBIDDEN:
        return CC_ACCESS_DENIED;
    case HTTP_UNAUTHORIZED:
        return CC_ACCESS_PASSWORD;
    default:
        return CC_ACCESS_ANSWERED;
    }
}

/* True if all runs have the same status, which is then *status. */
static bool all_agree(runs_t *runs, int *status)
{
    static const struct {
        cc_run_mode_t mode;
        bool hooks_help;
    } others[] = {{CC_RUN_HINDER, false},
                  {CC_RUN_NO_USER, false},
                  {CC_RUN_HINDER, true},
                  {CC_RUN_NO_USER, true}};
    bool unknown = requires_unknown(runs);
    bool agree = true;

    *status = run_again(runs, CC_RUN_HELP, true);
    unknown = unknown || runs->unknown;
    for (size_t i = 0; unknown && agree && i < sizeof(others) / sizeof(others[0]); i++) {
        agree = run_again(runs, others[i].mode, others[i].hooks_help) == *status;
    }
    return agree;
}

/* Calls the hooks. Returns true if the outcome may be another one; *status: that of most help. */
static bool hooks_leave_open(runs_t *runs, int *status)
{
    bool open;

    runs->access->requires = apr_array_make(runs->r->pool, 4, sizeof(cc_require_answer_t));
    runs->run = (cc_access_run_t){.request = runs->r, .requires = runs->access->requires};
    run_again(runs, CC_RUN_COLLECT, true);
    open = !all_agree(runs, status);
    open = cc_undecided_find(runs->access->depends, runs->r) || open;
    return open || runs->open;
}

void cc_access_decide(cc_access_t *access, request_rec *r, int status)
{
    apr_pool_t *p = r->pool;
    runs_t runs = {.r = r, .access = access, .environment = apr_table_copy(p, r->subprocess_env)};
    bool open;

    access->depends = apr_array_make(p, 4, sizeof(const char *));
    access->status = status;
    access->outcome = CC_ACCESS_ANSWERED;
    open = cc_undecided_rewriting(access->depends, r);
    if (status == OK) {
        open = hooks_leave_open(&runs, &access->status) || open;
        access->outcome = outcome_of(access->status);
    }
    if (open) {
        access->outcome = CC_ACCESS_DEPENDS;
        access->status = 0;
    } else {
        access->depends = NULL;
    }
}
