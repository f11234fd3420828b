/* SPDX-License-Identifier: Apache-2.0 */
/* Replaces the providers of Require, so that a query answers each line. */
#include <apr_strings.h>

#include <ap_provider.h>
#include <http_request.h>
#include <mod_auth.h>

#include "httpd/admin/access_lines.h"
#include "httpd/admin/certain.h"
#include "httpd/admin/dry_run.h"
#include "httpd/admin/require_answers.h"
#include "httpd/conf/module.h"
#include "httpd/peer/client.h"
#include "httpd/request/authz.h"
#include "trust/cause.h"

/* A provider in place of another. */
typedef struct substitute_t {
    authz_provider provider; /* the first member: httpd knows its address */
    const authz_provider *own;
} substitute_t;

/* A line that was parsed. */
typedef struct require_t {
    const substitute_t *substitute;
    const ap_directive_t *directive;
    const char *provider; /* its name, or that of the provider of its alias */
    const char *args;     /* likewise */
    const void *parsed;   /* by its own provider */
    bool negated_itself;  /* Require not */
    bool negated;         /* it denies if it matches */
    bool in_alias;        /* it is the definition of an alias */
} require_t;

/* ---- parsing ------------------------------------------------------------------------------- */

/* The name of the provider at the start of the arguments of Require; *args: what follows it. */
static const char *provider_of(const char **args, bool *negated, apr_pool_t *p)
{
    const char *word = ap_getword_conf(p, args);

    *negated = !strcasecmp(word, "not");
    return *negated ? ap_getword_conf(p, args) : word;
}

/* The definition of an alias, which httpd does not allow inside another section; NULL: none. */
static const char *alias_args(const char *name, const char **provider, apr_pool_t *p)
{
    for (const ap_directive_t *at = ap_conftree; at; at = at->next) {
        const char *args = apr_pstrndup(p, at->args, strcspn(at->args, ">"));

        if (!strcasecmp(at->directive, "<AuthzProviderAlias")) {
            const char *own = ap_getword_conf(p, &args);

            if (!strcmp(ap_getword_conf(p, &args), name)) {
                *provider = own;
                return ap_getword_conf(p, &args);
            }
        }
    }
    return NULL;
}

/* httpd looks the provider up by the same name just before. */
static const char *parse(cmd_parms *cmd, const char *args, const void **parsed)
{
    require_t *require = apr_pcalloc(cmd->pool, sizeof(*require));
    const char *words = cmd->directive->args, *alias;

    require->directive = cmd->directive;
    require->provider = provider_of(&words, &require->negated_itself, cmd->pool);
    require->args = args;
    require->substitute =
        ap_lookup_provider(AUTHZ_PROVIDER_GROUP, require->provider, AUTHZ_PROVIDER_VERSION);
    require->in_alias = strcasecmp(cmd->directive->directive, "Require") != 0;
    require->negated = !require->in_alias && cc_authz_negated(cmd->directive, cmd->pool);
    alias = require->in_alias ? NULL : alias_args(require->provider, &require->provider, cmd->pool);
    require->args = alias ? alias : args;
    *parsed = require;
    if (!require->substitute->own->parse_require_line) {
        return NULL;
    }
    return require->substitute->own->parse_require_line(cmd, args, &require->parsed);
}

/* ---- answering ----------------------------------------------------------------------------- */

/* mod_ssl may report the certificate of a CA as verified, but not over HTTP/1.1. */
static bool is_ambiguous(const cc_client_t *client)
{
    switch (client->fault.cause) {
    case CC_CAUSE_CA_CERTIFICATE:
    case CC_CAUSE_PURPOSE:
    case CC_CAUSE_SERVER_ONLY:
        return true;
    default:
        return false;
    }
}

/* mod_ssl has no TLS connection to look at. NULL: another provider, or not certain. */
static const authz_status *tls_answer(const require_t *require, const cc_dry_request_t *asked)
{
    static const authz_status granted = AUTHZ_GRANTED, denied = AUTHZ_DENIED;
    const cc_client_t *client = asked->client;

    if (!strcasecmp(require->provider, "ssl")) {
        return asked->tls ? &granted : &denied;
    }
    if (strcasecmp(require->provider, "ssl-verify-client") != 0 ||
        (client && is_ambiguous(client))) {
        return NULL;
    }
    return client && !client->problem ? &granted : &denied;
}

static const char *unknown(const require_t *require, const cc_dry_request_t *asked,
                           const request_rec *r)
{
    return asked && tls_answer(require, asked)
               ? NULL
               : cc_certain_not(r, require->provider, require->args);
}

static authz_status own_answer(const require_t *require, const cc_dry_request_t *asked,
                               request_rec *r, const char *args)
{
    const authz_status *known = asked ? tls_answer(require, asked) : NULL;

    return known ? *known : require->substitute->own->check_authorization(r, args, require->parsed);
}

/* As mod_authz_core does with a line that has "not". */
static authz_status negated(authz_status status)
{
    switch (status) {
    case AUTHZ_GRANTED:
        return AUTHZ_DENIED;
    case AUTHZ_DENIED:
    case AUTHZ_DENIED_NO_USER:
        return AUTHZ_NEUTRAL;
    default:
        return status;
    }
}

/* mod_authz_core goes on to the next line after each neutral one. */
static authz_status collect(cc_access_run_t *run, const require_t *require, const char *reason,
                            authz_status status)
{
    cc_require_answer_t *answer = &APR_ARRAY_PUSH(run->requires, cc_require_answer_t);

    answer->directive = require->directive;
    answer->unknown = reason;
    answer->status = require->negated_itself ? negated(status) : status;
    return AUTHZ_NEUTRAL;
}

static authz_status pretended(const cc_access_run_t *run, const require_t *require,
                              const request_rec *r)
{
    if (run->mode == CC_RUN_NO_USER && !r->user) {
        return AUTHZ_DENIED_NO_USER;
    }
    return (run->mode == CC_RUN_HELP) == require->negated ? AUTHZ_DENIED : AUTHZ_GRANTED;
}

static authz_status check(request_rec *r, const char *args, const void *parsed)
{
    const require_t *require = parsed;
    const cc_dry_request_t *asked = cc_dry_request_of(r);
    cc_access_run_t *run = asked && asked->run && asked->run->request == r ? asked->run : NULL;
    const char *reason = require->in_alias ? NULL : unknown(require, asked, r);
    authz_status status = reason ? AUTHZ_DENIED : own_answer(require, asked, r, args);

    if (run && run->mode == CC_RUN_COLLECT && !require->in_alias) {
        return collect(run, require, reason, status);
    }
    return run && reason ? pretended(run, require, r) : status;
}

/* ---- replacing ----------------------------------------------------------------------------- */

void cc_require_replace(const cmd_parms *cmd, const char *args)
{
    apr_pool_t *pconf = cmd->server->process->pconf;
    bool negated_itself;
    const char *name = provider_of(&args, &negated_itself, cmd->pool);
    const authz_provider *own =
        ap_lookup_provider(AUTHZ_PROVIDER_GROUP, name, AUTHZ_PROVIDER_VERSION);
    substitute_t *made;

    if (own && own->check_authorization != check) {
        made = apr_palloc(pconf, sizeof(*made));
        *made = (substitute_t){{check, parse}, own};
        ap_register_auth_provider(pconf, AUTHZ_PROVIDER_GROUP, apr_pstrdup(pconf, name),
                                  AUTHZ_PROVIDER_VERSION, made, AP_AUTH_INTERNAL_PER_CONF);
    }
}
