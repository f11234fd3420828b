/* SPDX-License-Identifier: Apache-2.0 */
/* Rejects a negated Require whose name is an alias of one of our providers. */
#include <apr_hash.h>
#include <apr_strings.h>

#include "httpd/conf/directive.h"
#include "httpd/conf/log_text.h"
#include "httpd/conf/module.h"
#include "httpd/request/authz.h"

/* The aliases of our providers, as defined by <AuthzProviderAlias>. */
typedef struct cc_aliases_t {
    apr_pool_t *pool;
    apr_hash_t *names; /* alias to provider: "clientcert-group" */
} cc_aliases_t;

/* httpd does not allow such a section inside another. */
static void aliases_find(cc_aliases_t *aliases)
{
    for (const ap_directive_t *directive = ap_conftree; directive; directive = directive->next) {
        const char *args = directive->args;

        if (!strcasecmp(directive->directive, "<AuthzProviderAlias")) {
            const char *provider = ap_getword_conf(aliases->pool, &args);
            const char *name = ap_getword_conf(aliases->pool, &args);

            if (!strncmp(provider, "clientcert", 10)) {
                apr_hash_set(aliases->names, name, APR_HASH_KEY_STRING, provider);
            }
        }
    }
}

/* The error of a negated Require that names an alias; NULL: it names none. */
static const char *negation_error(const cc_aliases_t *aliases, const ap_directive_t *directive)
{
    const char *args = directive->args, *name, *provider;

    name = ap_getword_conf(aliases->pool, &args);
    if (!strcasecmp(name, "not")) {
        name = ap_getword_conf(aliases->pool, &args);
    }
    provider = apr_hash_get(aliases->names, name, APR_HASH_KEY_STRING);
    if (!provider) {
        return NULL;
    }
    return apr_psprintf(
        aliases->pool,
        "CC0158: %s: \"%s\" is an alias of %s, which cannot detect that it is negated "
        "here, and would admit clients that it cannot identify: use Require %s "
        "directly",
        cc_directive_where(directive, aliases->pool), cc_log_escaped(name, aliases->pool), provider,
        provider);
}

static int errors_log(const cc_aliases_t *aliases, const ap_directive_t *directive,
                      const server_rec *s)
{
    int count = 0;

    for (; directive; directive = directive->next) {
        if (!strcasecmp(directive->directive, "Require") &&
            cc_authz_negated(directive, aliases->pool)) {
            const char *error = negation_error(aliases, directive);

            if (error) {
                ap_log_error(APLOG_MARK, APLOG_EMERG, 0, s, "%s", error);
                count++;
            }
        }
        count += errors_log(aliases, directive->first_child, s);
    }
    return count;
}

/*
 * httpd parses a Require of an alias only once, in the definition of the alias, where it is not
 * negated. So the provider cannot detect the negation when it evaluates the Require.
 */
int cc_authz_check(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s)
{
    cc_aliases_t aliases = {ptemp, apr_hash_make(ptemp)};

    (void)pconf;
    (void)plog;
    aliases_find(&aliases);
    if (apr_hash_count(aliases.names) == 0) {
        return OK;
    }
    return errors_log(&aliases, ap_conftree, s) ? !OK : OK;
}

/* The same for .htaccess files, which httpd reads during a request. */
const char *cc_alias_directive(cmd_parms *cmd, void *record, const char *args)
{
    const char *unknown = cc_directive_unknown(cmd, "mod_authz_core.c");
    cc_aliases_t aliases = {cmd->pool, NULL};

    (void)record;
    (void)args;
    if (unknown || !ap_check_cmd_context(cmd, NOT_IN_HTACCESS) ||
        !cc_authz_negated(cmd->directive, cmd->pool)) {
        return unknown;
    }
    aliases.names = apr_hash_make(cmd->pool);
    aliases_find(&aliases);
    return negation_error(&aliases, cmd->directive);
}
