/* SPDX-License-Identifier: Apache-2.0 */
/* Lint: finds likely mistakes in the configuration, and logs them. */
#include <stdlib.h>

#include <apr_strings.h>

#include <http_core.h>

#include "httpd/admin/lint.h"
#include "httpd/admin/lint_checks.h"
#include "httpd/admin/lint_line.h"
#include "httpd/admin/lint_rulesets.h"
#include "httpd/conf/ca_files.h"
#include "httpd/conf/directive.h"
#include "httpd/conf/log_text.h"
#include "httpd/conf/module.h"
#include "httpd/conf/rulesets.h"
#include "httpd/conf/use.h"
#include "httpd/conf/vhost_conf.h"
#include "httpd/conf/view.h"
#include "rules/rules.h"

/* The directives that are checked. */
static const struct {
    const char *directive;
    cc_lint_fn *check;
} checks[] = {
    {"<ElseIf", cc_lint_if},
    {"<If", cc_lint_if},
    {"Allow", cc_lint_allow},
    {"AuthzSVNAnonymous", cc_lint_svn_anonymous},
    {"ClientCertAuth", cc_lint_auth},
    {"ClientCertCA", cc_lint_ca},
    {"ClientCertMap", cc_lint_map},
    {"ClientCertMapShadow", cc_lint_map},
    {"Deny", cc_lint_allow},
    {"ErrorDocument", cc_lint_error_document},
    {"Header", cc_lint_header},
    {"RequestHeader", cc_lint_request_header},
    {"Require", cc_lint_require},
    {"RewriteCond", cc_lint_rewrite},
    {"RewriteRule", cc_lint_rewrite},
    {"SetEnvIf", cc_lint_set_env_if},
    {"SetEnvIfExpr", cc_lint_early_expression},
    {"SetEnvIfNoCase", cc_lint_set_env_if},
    {"SSLOptions", cc_lint_options},
    {"SSLRequire", cc_lint_ssl_require},
    {"SSLUserName", cc_lint_user_name},
    {"SSLVerifyClient", cc_lint_verify_client},
};

/* ---- lines --------------------------------------------------------------------------------- */

static cc_lint_fn *check_of(const ap_directive_t *directive)
{
    for (size_t i = 0; i < sizeof(checks) / sizeof(*checks); i++) {
        if (!strcasecmp(checks[i].directive, directive->directive)) {
            return checks[i].check;
        }
    }
    return NULL;
}

/* A line may occur with different arguments, if it contains a variable that was redefined. */
static void add_place(cc_lint_t *lint, apr_array_header_t *lines, const cc_place_t *place)
{
    const char *where = cc_directive_where(place->directive, lint->pool);
    const char *key = apr_pstrcat(lint->pool, where, " ", place->directive->args, NULL);
    cc_line_t *line = apr_hash_get(lint->lines, key, APR_HASH_KEY_STRING);

    if (!line) {
        line = apr_palloc(lint->pool, sizeof(*line));
        line->where = where;
        line->places = apr_array_make(lint->pool, 1, sizeof(const cc_place_t *));
        apr_hash_set(lint->lines, key, APR_HASH_KEY_STRING, line);
        APR_ARRAY_PUSH(lines, const cc_line_t *) = line;
    }
    APR_ARRAY_PUSH(line->places, const cc_place_t *) = place;
}

static apr_array_header_t *lines_of(cc_lint_t *lint)
{
    apr_array_header_t *lines = apr_array_make(lint->pool, 32, sizeof(const cc_line_t *));

    for (int i = 0; i < lint->views->nelts; i++) {
        const cc_conf_view_t *view = APR_ARRAY_IDX(lint->views, i, const cc_conf_view_t *);

        for (int j = 0; j < view->places->nelts; j++) {
            const cc_place_t *place = &APR_ARRAY_IDX(view->places, j, cc_place_t);

            if (check_of(place->directive)) {
                add_place(lint, lines, place);
            }
        }
    }
    return lines;
}

/* ---- findings ------------------------------------------------------------------------------ */

/* With ClientCertNamespace, a name that several CAs can issue is given to those of one of them. */
static cc_issuers_t issuers_of(cc_lint_t *lint, const cc_ruleset_t *ruleset)
{
    return cc_vhost_conf_of(ruleset->server)->namespaces ? CC_ISSUERS_ONE
                                                         : cc_lint_ruleset_issuers(lint, ruleset);
}

static void lint_rules(cc_lint_t *lint)
{
    for (int i = 0; i < lint->judged->nelts; i++) {
        const cc_ruleset_t *ruleset = &APR_ARRAY_IDX(lint->judged, i, cc_ruleset_t);

        apr_array_cat(lint->findings,
                      cc_rules_lint(ruleset->rules, issuers_of(lint, ruleset), lint->pool));
    }
}

static void lint_lines(cc_lint_t *lint)
{
    apr_array_header_t *lines = lines_of(lint);

    for (int i = 0; i < lines->nelts; i++) {
        const cc_line_t *line = APR_ARRAY_IDX(lines, i, const cc_line_t *);

        check_of(cc_line_directive(line))(lint, line);
        cc_lint_forwarded(lint, line);
    }
}

/* ---- sorting by the order of the configuration, without duplicates ------------------------- */

/* A finding, and the rank of its line among all directives. */
typedef struct cc_ranked_t {
    cc_note_t note;
    int rank;
    int number; /* of the finding: keeps the order of findings of one line */
} cc_ranked_t;

static int compare_ranked(const void *left, const void *right)
{
    const cc_ranked_t *a = left, *b = right;

    return a->rank != b->rank ? a->rank - b->rank : a->number - b->number;
}

static void rank_directives(apr_hash_t *ranks, const ap_directive_t *directive, apr_pool_t *p)
{
    for (; directive; directive = directive->next) {
        const char *where = cc_directive_where(directive, p);
        int *rank = apr_hash_get(ranks, where, APR_HASH_KEY_STRING);

        if (!rank) {
            rank = apr_palloc(p, sizeof(*rank));
            *rank = (int)apr_hash_count(ranks);
            apr_hash_set(ranks, where, APR_HASH_KEY_STRING, rank);
        }
        rank_directives(ranks, directive->first_child, p);
    }
}

static cc_ranked_t *rank_findings(const apr_array_header_t *findings, apr_pool_t *p)
{
    cc_ranked_t *ranked = apr_palloc(p, (apr_size_t)findings->nelts * sizeof(*ranked));
    apr_hash_t *ranks = apr_hash_make(p);

    rank_directives(ranks, ap_conftree, p);
    for (int i = 0; i < findings->nelts; i++) {
        const int *rank;

        ranked[i].note = APR_ARRAY_IDX(findings, i, cc_note_t);
        rank = apr_hash_get(ranks, ranked[i].note.where, APR_HASH_KEY_STRING);
        ranked[i].rank = rank ? *rank : 0;
        ranked[i].number = i;
    }
    qsort(ranked, (size_t)findings->nelts, sizeof(*ranked), compare_ranked);
    return ranked;
}

static void add_once(apr_array_header_t *notes, apr_hash_t *known, const cc_note_t *note)
{
    const char *key =
        apr_pstrcat(notes->pool, note->where, "\n", note->tag, "\n", note->text, NULL);

    if (!apr_hash_get(known, key, APR_HASH_KEY_STRING)) {
        apr_hash_set(known, key, APR_HASH_KEY_STRING, key);
        APR_ARRAY_PUSH(notes, cc_note_t) = *note;
    }
}

static apr_array_header_t *in_order(const apr_array_header_t *findings, apr_pool_t *p)
{
    apr_array_header_t *ordered = apr_array_make(p, findings->nelts, sizeof(cc_note_t));
    apr_hash_t *known = apr_hash_make(p);
    const cc_ranked_t *ranked;

    if (findings->nelts == 0) {
        return ordered;
    }
    ranked = rank_findings(findings, p);
    for (int i = 0; i < findings->nelts; i++) {
        add_once(ordered, known, &ranked[i].note);
    }
    return ordered;
}

apr_array_header_t *cc_lint_findings(server_rec *s, apr_pool_t *p)
{
    cc_lint_t lint = {.server = s, .pool = p};

    lint.views = cc_conf_views_of(s);
    lint.rulesets = cc_rulesets_of(s);
    lint.judged = apr_array_append(p, lint.rulesets, cc_rulesets_shadow_of(s));
    lint.findings = apr_array_make(p, 8, sizeof(cc_note_t));
    lint.lines = apr_hash_make(p);
    lint.unasked = apr_hash_make(p);
    lint.issuers = apr_hash_make(p);
    lint.ca_files = cc_ca_files_make(p);
    lint.cas = apr_hash_make(p);
    lint.locations = apr_hash_make(p);
    cc_lint_rulesets_read(&lint);
    lint_rules(&lint);
    lint_lines(&lint);
    cc_lint_cas(&lint);
    cc_lint_issuers(&lint);
    cc_lint_namespaces(&lint);
    cc_lint_replaced(&lint);
    cc_lint_ocsp(&lint);
    cc_lint_pinned(&lint);
    cc_lint_forwarded_rules(&lint);
    cc_lint_accounts(&lint);
    cc_lint_tables(&lint);
    cc_lint_shadows(&lint);
    return in_order(lint.findings, p);
}

/* ---- logging them -------------------------------------------------------------------------- */

/* APLOG_IS_LEVEL does not help: while httpd starts, it is true for every warning. */
static bool is_wanted(const server_rec *s)
{
    return ap_get_server_module_loglevel(s, APLOG_MODULE_INDEX) >= APLOG_WARNING;
}

static void log_findings(server_rec *s, apr_pool_t *p)
{
    apr_array_header_t *findings;

    if (cc_use_anywhere(s) < CC_USE_HERE || !is_wanted(s)) {
        return;
    }
    findings = cc_lint_findings(s, p);
    for (int i = 0; i < findings->nelts; i++) {
        const cc_note_t *note = &APR_ARRAY_IDX(findings, i, cc_note_t);

        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, s, "%s: %s: %s", note->tag,
                     cc_log_text(note->where, p), cc_log_text(note->text, p));
    }
}

/* httpd reads its configuration twice when it starts; findings are logged once. */
int cc_lint_start(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s)
{
    (void)pconf;
    (void)plog;
    if (ap_state_query(AP_SQ_MAIN_STATE) != AP_SQ_MS_CREATE_PRE_CONFIG) {
        log_findings(s, ptemp);
    }
    return OK;
}

void cc_lint_test(apr_pool_t *pconf, server_rec *s)
{
    if (ap_state_query(AP_SQ_RUN_MODE) == AP_SQ_RM_CONFIG_TEST) {
        log_findings(s, pconf);
    }
}
