/* SPDX-License-Identifier: Apache-2.0 */
/* Knows how CLIENTCERT_* comes into the environment of a request, and that nobody else sets it. */
#include "httpd/glue.h"
#include "httpd/served.h"
#include "httpd/use.h"

#include <apr_lib.h>
#include <apr_strings.h>

/* ---- names ------------------------------------------------------------------------------- */

/*
 * Gives what follows a prefix of capital letters, or NULL. A program sees any character that is
 * neither letter nor digit as "_", and apr_table_get() takes names whatever their case.
 */
static const char *after(const char *name, const char *prefix)
{
    for (; *prefix; name++, prefix++) {
        if (*prefix == '_' ? !*name || apr_isalnum(*name) : apr_toupper(*name) != *prefix) {
            return NULL;
        }
    }
    return name;
}

static bool is_ours(const char *name)
{
    return after(name, "CLIENTCERT_") != NULL;
}

/* What httpd makes of a variable of the request that led to this one: REDIRECT_CLIENTCERT_USER. */
static bool is_of_before(const char *name)
{
    const char *rest = after(name, "REDIRECT_");

    return rest && (is_ours(rest) || is_of_before(rest));
}

/* mod_proxy_fcgi does what this says to what it sends, which nobody sees after that. */
const char *cc_environment_fcgi_directive(cmd_parms *cmd, void *record, const char *args)
{
    const char *unknown = cc_config_unknown(cmd, "mod_proxy_fcgi.c");
    const char *name;

    (void)record;
    ap_getword_conf(cmd->temp_pool, &args); /* its condition */
    name = ap_getword_conf(cmd->temp_pool, &args);
    name += *name == '!';
    if (unknown || !(is_ours(name) || is_of_before(name))) {
        return unknown;
    }
    return apr_psprintf(cmd->pool,
                        "CC0119: %s may not change %s: what begins with CLIENTCERT_ says who the "
                        "client is; use another name",
                        cmd->cmd->name, cc_log_escaped(name, cmd->pool));
}

/* ---- the table --------------------------------------------------------------------------- */

/* Whether httpd has taken it over from the environment of another request, which is right. */
static bool is_inherited(const request_rec *r, const apr_table_entry_t *var)
{
    const char *value = NULL;

    if (r->prev) {
        value = apr_table_get(r->prev->subprocess_env, after(var->key, "REDIRECT_"));
    } else if (r->main) {
        value = apr_table_get(r->main->subprocess_env, var->key);
    }
    return value && value == var->val;
}

/* A look at the first letter, that of CLIENTCERT_ or REDIRECT_, rules most names out. */
static inline bool may_be_foreign(const apr_table_entry_t *var)
{
    char letter = (char)(*var->key | 0x20);

    return letter == 'c' || letter == 'r';
}

/* Apart, because most requests have no such variable. */
static __attribute__((noinline)) bool has_our_name(const request_rec *r,
                                                   const apr_table_entry_t *var)
{
    return is_ours(var->key) || (is_of_before(var->key) && !is_inherited(r, var));
}

/* Whether a variable, which is none of the request's own, has a name of ours. */
static inline bool is_foreign(const request_rec *r, const apr_table_entry_t *var)
{
    return may_be_foreign(var) && has_our_name(r, var);
}

/* What there is of ours in an environment. */
typedef struct found_t {
    const char *foreign; /* the first variable that has a name of ours and is none; NULL: none */
    int count;           /* of names and values of ours, in their order */
} found_t;

/* Ours are known by their addresses, which costs less than to compare texts. */
static inline found_t look(const request_rec *r, const cc_answer_t *answer)
{
    const apr_array_header_t *all = apr_table_elts(r->subprocess_env);
    const apr_table_entry_t *var = (const apr_table_entry_t *)all->elts;
    const apr_table_entry_t *end = var + all->nelts;
    const char *const *ours = answer->exports;
    const char *const *last = ours + answer->export_count;

    for (; var < end; var++) {
        if (ours != last && var->key == ours[0] && var->val == ours[1]) {
            ours += 2;
        } else if (is_foreign(r, var)) {
            return (found_t){.foreign = var->key};
        }
    }
    return (found_t){.count = (int)(ours - answer->exports)};
}

static const cc_answer_t nobody;

/* Apart, because most requests have nothing to be removed. */
static __attribute__((noinline)) void remove_all(const request_rec *r)
{
    const char *name;

    while ((name = look(r, &nobody).foreign)) {
        apr_table_unset(r->subprocess_env, name);
    }
}

/* What is kept of a request that is served by an answer, to be written; else NULL. */
static inline cc_request_t *served(const request_rec *r)
{
    cc_request_t *kept = ap_get_module_config(r->request_config, &clientcert_module);

    return kept && kept->served ? kept : NULL;
}

/* All that most requests pay for. */
static inline bool has_suspects(const request_rec *r)
{
    const apr_array_header_t *all = apr_table_elts(r->subprocess_env);
    const apr_table_entry_t *var = (const apr_table_entry_t *)all->elts;
    const apr_table_entry_t *end = var + all->nelts;

    while (var < end && !may_be_foreign(var)) {
        var++;
    }
    return var < end;
}

/*
 * apr_table_addn, because apr_table_setn compares a new key with all that share its first four
 * letters; none of the names is there.
 */
static __attribute__((noinline)) void put_answer(request_rec *r, const cc_answer_t *answer)
{
    found_t found = look(r, answer);

    if (!found.foreign && found.count == answer->export_count) {
        return;
    }
    if (found.foreign || found.count > 0) {
        remove_all(r);
    }
    for (int i = 0; i < answer->export_count; i += 2) {
        apr_table_addn(r->subprocess_env, answer->exports[i], answer->exports[i + 1]);
    }
}

static inline void put(request_rec *r)
{
    const cc_request_t *kept = served(r);
    const cc_answer_t *answer = kept ? &kept->answer : &nobody;

    if (answer->export_count > 0 || has_suspects(r)) {
        put_answer(r, answer);
    }
}

/* ---- in the order of a request ----------------------------------------------------------- */

/* A page that includes the request is as personal. */
static void serve(request_rec *r, const cc_answer_t *answer)
{
    cc_request_t *kept = cc_request_of(r);

    kept->served = r->per_dir_config;
    kept->answer = *answer;
    if (r->ap_auth_type == cc_auth_type || answer->export_count > 0) {
        kept->personal = true;
        if (r->main) {
            cc_cache_mark(r->main);
        }
    }
}

void cc_environment_set(request_rec *r, const cc_answer_t *answer)
{
    const cc_request_t *kept = cc_request_seen(r);

    if (answer) {
        serve(r, answer);
    } else if (kept && kept->served) {
        cc_request_of(r)->served = NULL;
    }
    if (r->prev) {
        put(r->prev); /* it may have ended before its last fixup */
    }
    put(r);
}

/* mod_include may have put the user of the page there, who came of other rules. */
static void forget_user(apr_table_t *env)
{
    const char *type = apr_table_get(env, "AUTH_TYPE");

    if (type && !strcmp(type, cc_auth_type)) {
        apr_table_unset(env, "AUTH_TYPE");
        apr_table_unset(env, "REMOTE_USER");
    }
}

/*
 * Asks again who it is where the access phase did not: for a request that has the configuration of
 * the one that led to it, or that got another one since (a directory's index, a variant).
 */
static inline int follow(request_rec *r)
{
    const cc_request_t *kept = cc_request_seen(r);
    int status;

    if (cc_request_served(r, kept) || !((kept && kept->served) || cc_authn_asks(cc_dir_of(r)))) {
        return DECLINED;
    }
    status = cc_authn_access(r);
    cc_denial_passed(r);
    return status;
}

int cc_environment_begin(request_rec *r)
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
        forget_user(r->subprocess_env);
    }
    if (r->main || r->prev) {
        put(r);
    }
    cc_tunnel_watch(r);
    cc_denial_passed(r);
    return status;
}

int cc_environment_end(request_rec *r)
{
    int status;
    cc_request_t *kept;
    bool is_page;

    if (cc_use_ignores(r)) {
        return DECLINED;
    }
    status = follow(r);
    kept = served(r);
    put(r);
    if (kept) {
        kept->variables = apr_table_elts(r->subprocess_env)->nelts;
    }
    is_page = r->handler && cc_handler_is(r, "clientcert-status");
    return cc_failure_ends(r, is_page) ? HTTP_INTERNAL_SERVER_ERROR : status;
}

/* Since the fixups nobody has added one. To change ours, they would have to be there. */
static bool is_unchanged(const request_rec *r, const cc_request_t *kept)
{
    return kept && kept->answer.export_count == 0 &&
           kept->variables == apr_table_elts(r->subprocess_env)->nelts;
}

int cc_environment_log(request_rec *r)
{
    if (cc_use_ignores(r)) {
        return DECLINED;
    }
    for (; r; r = r->next) {
        cc_request_t *kept = served(r);

        if (!is_unchanged(r, kept)) {
            put(r);
        }
        if (kept) {
            kept->logged = true;
        } else {
            cc_request_end(r);
        }
    }
    return DECLINED;
}
