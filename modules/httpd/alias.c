/* SPDX-License-Identifier: Apache-2.0 */
/* Knows that a Require of ours is not negated by another name, where it could not know of that. */
#include "httpd/glue.h"
#include "httpd/internal.h"

#include <apr_hash.h>

/* What the names of <AuthzProviderAlias> that stand for a Require of ours are looked for in. */
typedef struct cc_aliases_t {
    apr_pool_t *pool;
    apr_hash_t *names; /* to "clientcert-group" */
} cc_aliases_t;

static void aliases_find(cc_aliases_t *aliases, const ap_directive_t *directive)
{
    for (; directive; directive = directive->next) {
        const char *args = directive->args;

        if (!strcasecmp(directive->directive, "<AuthzProviderAlias")) {
            const char *provider = ap_getword_conf(aliases->pool, &args);
            const char *name = ap_getword_conf(aliases->pool, &args);

            if (!strncmp(provider, "clientcert", 10)) {
                apr_hash_set(aliases->names, name, APR_HASH_KEY_STRING, provider);
            }
        }
        aliases_find(aliases, directive->first_child);
    }
}

static bool is_negated(const cc_aliases_t *aliases, const ap_directive_t *directive,
                       const server_rec *s)
{
    const char *args = directive->args, *name, *provider;

    if (strcasecmp(directive->directive, "Require") != 0 ||
        !cc_authz_negated(directive, aliases->pool)) {
        return false;
    }
    name = ap_getword_conf(aliases->pool, &args);
    if (!strcasecmp(name, "not")) {
        name = ap_getword_conf(aliases->pool, &args);
    }
    provider = apr_hash_get(aliases->names, name, APR_HASH_KEY_STRING);
    if (provider) {
        ap_log_error(APLOG_MARK, APLOG_EMERG, 0, s,
                     "CC0158: %s:%d: \"%s\" is a name for %s, which would not know that it is "
                     "negated here, and would let in whom it cannot judge: write Require %s itself",
                     directive->filename, directive->line_num, cc_log_escaped(name, aliases->pool),
                     provider, provider);
    }
    return provider != NULL;
}

static int negations_count(const cc_aliases_t *aliases, const ap_directive_t *directive,
                           const server_rec *s)
{
    int count = 0;

    for (; directive; directive = directive->next) {
        count += is_negated(aliases, directive, s);
        count += negations_count(aliases, directive->first_child, s);
    }
    return count;
}

/*
 * httpd parses such a Require once, where the name is defined: there it stands below no Require
 * not, and at a request nothing tells.
 */
int cc_authz_check(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s)
{
    cc_aliases_t aliases = {ptemp, apr_hash_make(ptemp)};

    (void)pconf;
    (void)plog;
    aliases_find(&aliases, ap_conftree);
    if (apr_hash_count(aliases.names) == 0) {
        return OK;
    }
    return negations_count(&aliases, ap_conftree, s) ? !OK : OK;
}
