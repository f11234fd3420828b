/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the rules that can be in effect in a server, and the names that they give. */

/*
 * There may be thousands of servers, of sections and of lines, so a loop over one of these is never
 * nested in a loop over another. Rules are indexed by their server. A line of the main server is in
 * effect in all servers, and is judged once for each kind of server: two servers are of one kind if
 * all properties by which a line is judged are the same. The names that rules give are collected
 * once for each server, and once for all servers.
 */

#include <apr_strings.h>

#include "httpd/admin/lint_checks.h"
#include "httpd/admin/lint_line.h"
#include "httpd/admin/lint_rulesets.h"
#include "httpd/conf/module.h"
#include "httpd/conf/rulesets.h"
#include "httpd/conf/vhost_conf.h"
#include "httpd/conf/view.h"
#include "rules/reachable.h"
#include "rules/rules.h"

/* ---- indexes ------------------------------------------------------------------------------- */

static cc_ruled_t *ruled_of(const cc_lint_t *lint, const server_rec *s)
{
    return apr_hash_get(lint->ruled, &s, sizeof(s));
}

static cc_strongest_t strongest_of(const cc_ruleset_t *ruleset)
{
    cc_strongest_t own = {CC_STRENGTH_NONE, NULL};

    if (ruleset) {
        own.strength = cc_rules_strength(ruleset->rules, &own.where);
    }
    return own;
}

static cc_strongest_t stronger(cc_strongest_t a, cc_strongest_t b)
{
    return b.strength > a.strength ? b : a;
}

static void ruleset_file(cc_lint_t *lint, const cc_ruleset_t *ruleset)
{
    cc_ruled_t *ruled = ruled_of(lint, ruleset->server);

    if (!ruled) {
        ruled = apr_pcalloc(lint->pool, sizeof(*ruled));
        ruled->sections = apr_array_make(lint->pool, 1, sizeof(const cc_ruleset_t *));
        apr_hash_set(lint->ruled, &ruleset->server, sizeof(ruleset->server), ruled);
    }
    lint->strongest = stronger(lint->strongest, strongest_of(ruleset));
    if (ruleset->section) {
        ruled->sections_strongest = stronger(ruled->sections_strongest, strongest_of(ruleset));
        APR_ARRAY_PUSH(ruled->sections, const cc_ruleset_t *) = ruleset;
    } else if (!ruled->whole) {
        ruled->whole = ruleset;
    }
}

/* All properties by which a line of the main server is judged, except the names in rules. */
static const char *kind_of(const cc_lint_t *lint, const cc_conf_view_t *view)
{
    bool own_cas =
        cc_vhost_conf_of(view->server)->ca_specs != cc_vhost_conf_of(view->main->server)->ca_specs;

    return apr_psprintf(lint->pool, "%d %d %d %d %d %d %d %d %d %d %d %d", own_cas, view->tls,
                        view->takes_forwarded, view->verify_client, view->verifies_later,
                        view->tls13, view->http2, view->user_off, view->asks_passwords,
                        view->may_log_in, cc_lint_ruleset(lint, view) != NULL,
                        cc_lint_has_rules(lint, view));
}

static void kinds_find(cc_lint_t *lint)
{
    apr_hash_t *known = apr_hash_make(lint->pool);

    lint->kinds = apr_array_make(lint->pool, 4, sizeof(const cc_conf_view_t *));
    for (int i = 0; i < lint->views->nelts; i++) {
        const cc_conf_view_t *view = APR_ARRAY_IDX(lint->views, i, const cc_conf_view_t *);
        const char *kind = kind_of(lint, view);

        if (!apr_hash_get(known, kind, APR_HASH_KEY_STRING)) {
            apr_hash_set(known, kind, APR_HASH_KEY_STRING, view);
            APR_ARRAY_PUSH(lint->kinds, const cc_conf_view_t *) = view;
        }
    }
}

void cc_lint_rulesets_read(cc_lint_t *lint)
{
    lint->ruled = apr_hash_make(lint->pool);
    lint->holding = apr_hash_make(lint->pool);
    for (int i = 0; i < lint->rulesets->nelts; i++) {
        ruleset_file(lint, &APR_ARRAY_IDX(lint->rulesets, i, cc_ruleset_t));
    }
    kinds_find(lint);
}

/* ---- rules in effect ----------------------------------------------------------------------- */

const cc_ruleset_t *cc_lint_ruleset(const cc_lint_t *lint, const cc_conf_view_t *view)
{
    const cc_ruled_t *own = ruled_of(lint, view->server);

    return own ? own->whole : NULL;
}

/*
 * Rules in sections of the main server apply to all servers; its other rules apply to servers
 * without rules of their own.
 */
bool cc_lint_has_rules(const cc_lint_t *lint, const cc_conf_view_t *view)
{
    const cc_ruled_t *main = ruled_of(lint, lint->server);

    return ruled_of(lint, view->server) || main;
}

static bool holds_rules(const ap_directive_t *section)
{
    const ap_directive_t *directive = section->first_child;

    while (directive && strcasecmp(directive->directive, "ClientCertMap") != 0) {
        directive = directive->next;
    }
    return directive != NULL;
}

/* Cached, since a section may contain many lines. */
static bool is_holding(cc_lint_t *lint, const ap_directive_t *section)
{
    static const char yes[] = "yes", no[] = "no";
    const char *holds = apr_hash_get(lint->holding, &section, sizeof(section));

    if (!holds) {
        holds = holds_rules(section) ? yes : no;
        apr_hash_set(lint->holding, apr_pmemdup(lint->pool, &section, sizeof(section)),
                     sizeof(section), holds);
    }
    return holds == yes;
}

bool cc_lint_ruled(cc_lint_t *lint, const cc_conf_view_t *view, const cc_place_t *place)
{
    const ap_directive_t *section = place->section;

    while (section && !is_holding(lint, section)) {
        section = section->parent;
    }
    return section || cc_lint_ruleset(lint, view) || cc_lint_ruleset(lint, view->main);
}

/* ---- the names that rules give ------------------------------------------------------------- */

static const cc_reachable_t *whole_of(const cc_lint_t *lint, cc_ruled_t *ruled)
{
    if (!ruled->whole_gives) {
        ruled->whole_gives = cc_reachable_create(lint->pool);
        if (ruled->whole) {
            cc_reachable_add(ruled->whole_gives, ruled->whole->rules);
        }
    }
    return ruled->whole_gives;
}

static const cc_reachable_t *sections_of(const cc_lint_t *lint, cc_ruled_t *ruled)
{
    if (!ruled->sections_give) {
        ruled->sections_give = cc_reachable_create(lint->pool);
        for (int i = 0; i < ruled->sections->nelts; i++) {
            cc_reachable_add(ruled->sections_give,
                             APR_ARRAY_IDX(ruled->sections, i, const cc_ruleset_t *)->rules);
        }
    }
    return ruled->sections_give;
}

/* Each rule set is in effect at least in its own server. */
static const cc_reachable_t *all_of(cc_lint_t *lint)
{
    if (!lint->reachable) {
        lint->reachable = cc_reachable_create(lint->pool);
        for (int i = 0; i < lint->rulesets->nelts; i++) {
            cc_reachable_add(lint->reachable, APR_ARRAY_IDX(lint->rulesets, i, cc_ruleset_t).rules);
        }
    }
    return lint->reachable;
}

bool cc_lint_may_give(cc_lint_t *lint, const cc_conf_view_t *view, cc_gives_fn *gives,
                      const char *name)
{
    cc_ruled_t *own, *main = ruled_of(lint, lint->server);

    if (!view) {
        return gives(all_of(lint), name);
    }
    own = ruled_of(lint, view->server);
    if (own && (gives(whole_of(lint, own), name) || gives(sections_of(lint, own), name))) {
        return true;
    }
    return main && (gives(sections_of(lint, main), name) ||
                    (!cc_lint_ruleset(lint, view) && gives(whole_of(lint, main), name)));
}

/* ---- strength ------------------------------------------------------------------------------ */

cc_strongest_t cc_lint_strongest(const cc_lint_t *lint, const cc_conf_view_t *view)
{
    const cc_ruled_t *own, *main = ruled_of(lint, lint->server);
    cc_strongest_t most = {CC_STRENGTH_NONE, NULL};

    if (!view) {
        return lint->strongest;
    }
    own = ruled_of(lint, view->server);
    if (own) {
        most = stronger(strongest_of(own->whole), own->sections_strongest);
    }
    if (main) {
        most = stronger(most, main->sections_strongest);
    }
    return main && !cc_lint_ruleset(lint, view) ? stronger(most, strongest_of(main->whole)) : most;
}

/* ---- CAs ----------------------------------------------------------------------------------- */

static cc_issuers_t view_issuers(cc_lint_t *lint, const cc_conf_view_t *view)
{
    return view && cc_conf_view_has_clients(view) ? cc_lint_issuers_of(lint, view) : CC_ISSUERS_ONE;
}

/* Of all servers, or of the main server and those without rules of their own. */
static cc_issuers_t any_issuers(cc_lint_t *lint, bool all)
{
    cc_issuers_t issuers = CC_ISSUERS_ONE;

    for (int i = 0; i < lint->views->nelts && issuers != CC_ISSUERS_SEVERAL; i++) {
        const cc_conf_view_t *view = APR_ARRAY_IDX(lint->views, i, const cc_conf_view_t *);

        if (all || view->server == lint->server || !cc_lint_ruleset(lint, view)) {
            cc_issuers_t more = view_issuers(lint, view);

            issuers = more == CC_ISSUERS_ONE ? issuers : more;
        }
    }
    return issuers;
}

/* Cached, since the main server may have many sections with rules. */
cc_issuers_t cc_lint_ruleset_issuers(cc_lint_t *lint, const cc_ruleset_t *ruleset)
{
    static const char key[] = "all servers";
    cc_issuers_t *issuers;

    if (ruleset->server != lint->server) {
        return view_issuers(lint, cc_conf_view_of(lint->server, ruleset->server));
    }
    if (!ruleset->section) {
        return any_issuers(lint, false);
    }
    issuers = apr_hash_get(lint->issuers, key, APR_HASH_KEY_STRING);
    if (!issuers) {
        issuers = apr_palloc(lint->pool, sizeof(*issuers));
        *issuers = any_issuers(lint, true);
        apr_hash_set(lint->issuers, key, APR_HASH_KEY_STRING, issuers);
    }
    return *issuers;
}
