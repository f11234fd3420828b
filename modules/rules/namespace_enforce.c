/* SPDX-License-Identifier: Apache-2.0 */
/* Confines the names that rules have given to the name spaces of the certificate. */

#include <string.h>

#include <apr_strings.h>

#include "rules/modifier.h"
#include "rules/namespace.h"
#include "rules/selector.h"

/*
 * A list of lines is a rule set without outputs, and the index finds the lines that may hold. What
 * is forbidden is found after the rules have been evaluated, whatever they have taken names from,
 * since only then all names are known. The evaluation of the lines has its own values and its own
 * limits, so that a certificate cannot use up the effort of one with the other.
 */

/* ---- evaluating lines -------------------------------------------------------------------- */

/* The evaluation of the lines for a certificate, and the rules whose names they confine. */
typedef struct cc_enforcement_t {
    cc_evaluation_t *rules;
    cc_evaluation_t lines;
    apr_array_header_t *holding; /* const cc_rule_t *: the lines that hold */
    const char *outside;         /* NULL, or the first name that no line allows, in words */
    bool limit_noted;
} cc_enforcement_t;

/* The lines that hold. As in the evaluation of rules, a trace has every line. */
static void lines_walk(cc_enforcement_t *it, cc_trace_t *trace)
{
    cc_evaluation_t *ev = &it->lines;
    const apr_uint64_t *bits = cc_index_candidates(ev);

    for (int i = 0; !ev->failure; i++) {
        const cc_condition_t *failed;
        cc_fit_t fit;

        i = trace ? i : cc_index_next(ev->rules, bits, i);
        if (i >= ev->rules->rules->nelts) {
            break;
        }
        ev->quiet = !cc_index_has(bits, i);
        ev->rule = APR_ARRAY_IDX(ev->rules->rules, i, const cc_rule_t *);
        fit = cc_rule_fit(ev, &failed);
        if (trace) {
            cc_trace_add(trace, ev, failed, fit == CC_FIT_UNDECIDED);
        }
        if (fit == CC_FIT_YES) {
            APR_ARRAY_PUSH(it->holding, const cc_rule_t *) = ev->rule;
        }
    }
    ev->quiet = false;
}

/* ---- names ------------------------------------------------------------------------------- */

static const apr_array_header_t *allowed_of(const cc_rule_t *line, bool group)
{
    return group ? line->space->groups : line->space->users;
}

/* A match that was abandoned allows nothing. That is noted once for all names. */
static bool pattern_allows(cc_enforcement_t *it, const cc_allowed_t *allowed,
                           const cc_value_t *name)
{
    cc_evaluation_t *ev = &it->lines;
    const char *reason = NULL;
    cc_fit_t fit =
        cc_matcher_match(cc_evaluation_matcher(ev), allowed->pattern, name, NULL, &reason);

    if (fit == CC_FIT_UNDECIDED && !it->limit_noted) {
        it->limit_noted = true;
        cc_evaluation_note(ev, CC_NOTE_PATTERN_LIMIT, ev->rule->where,
                           "matching a pattern was abandoned, so its condition does not hold",
                           "%s: matching a name was abandoned (%s), so it is not allowed",
                           cc_text_escape(allowed->text, strlen(allowed->text), ev->scratch),
                           reason);
    }
    return fit == CC_FIT_YES;
}

static bool is_allowed(cc_enforcement_t *it, bool group, const char *name)
{
    cc_value_t value = cc_modified_text(name, strlen(name));

    for (int i = 0; i < it->holding->nelts; i++) {
        const cc_rule_t *line = APR_ARRAY_IDX(it->holding, i, const cc_rule_t *);
        const apr_array_header_t *patterns = allowed_of(line, group);

        it->lines.rule = line;
        for (int j = 0; j < patterns->nelts; j++) {
            if (pattern_allows(it, &APR_ARRAY_IDX(patterns, j, cc_allowed_t), &value)) {
                return true;
            }
        }
    }
    return false;
}

/* `kind` is what the name is: "user". Only the first name that is outside is kept. */
static void name_check(cc_enforcement_t *it, const char *kind, const char *name, const char *where)
{
    if (!it->outside && !is_allowed(it, strcmp(kind, "group") == 0, name)) {
        it->outside =
            apr_psprintf(it->lines.scratch, "the %s \"%s\", which the rule at %s gives", kind,
                         cc_text_excerpt(name, strlen(name), it->lines.scratch), where);
    }
}

/* Each pattern of a line that holds adds its effort once, however many names there are. */
static void effort_begin(cc_enforcement_t *it)
{
    for (int i = 0; i < it->holding->nelts; i++) {
        const cc_rule_t *line = APR_ARRAY_IDX(it->holding, i, const cc_rule_t *);

        for (int j = 0; j < line->space->users->nelts + line->space->groups->nelts; j++) {
            cc_matcher_begin(cc_evaluation_matcher(&it->lines), false);
        }
    }
}

static void names_check(cc_enforcement_t *it)
{
    const cc_verdict_t *verdict = it->rules->verdict;
    const apr_array_header_t *groups = it->rules->groups, *accounts = it->rules->accounts;

    effort_begin(it);
    if (verdict->user) {
        name_check(it, "user", verdict->user, verdict->user_where);
    }
    for (int i = 0; i < groups->nelts; i++) {
        const cc_group_t *group = &APR_ARRAY_IDX(groups, i, const cc_group_t);

        name_check(it, "group", group->name, group->where);
    }
    for (int i = 0; i < accounts->nelts; i++) {
        const cc_account_t *account = &APR_ARRAY_IDX(accounts, i, const cc_account_t);

        name_check(it, "account", account->name, account->where);
    }
}

/* ---- the verdict ------------------------------------------------------------------------- */

/* Where the line is that forbids a name: one that holds, or else the first there is. */
static const char *outside_where(const cc_enforcement_t *it)
{
    const apr_array_header_t *lines = it->holding->nelts > 0 ? it->holding : it->lines.rules->rules;

    return APR_ARRAY_IDX(lines, 0, const cc_rule_t *)->where;
}

/* Takes the whole identity away: a group alone may give access too. */
static void verdict_confine(cc_enforcement_t *it)
{
    cc_verdict_t *verdict = it->rules->verdict;
    const char *allows = it->holding->nelts == 1 ? "this line does not allow"
                         : it->holding->nelts > 1
                             ? "neither this line nor others that hold allow"
                             : "the conditions of no ClientCertNamespace line hold, so nothing "
                               "allows";

    verdict->outside_where = outside_where(it);
    cc_evaluation_note(it->rules, CC_NOTE_OUTSIDE, verdict->outside_where,
                       "a name is outside the name space of its certificate", "%s %s", allows,
                       it->outside);
    cc_evaluation_names_drop(it->rules);
}

static void trace_join(cc_trace_t *trace, const cc_trace_t *lines)
{
    apr_array_cat(trace->steps, lines->steps);
    trace->rest += lines->rest;
}

static void enforcement_begin(cc_enforcement_t *it, const cc_namespaces_t *namespaces)
{
    const cc_evaluation_t *ev = it->rules;

    it->lines = (cc_evaluation_t){.rules = namespaces->rules,
                                  .cert = ev->cert,
                                  .facts = ev->facts,
                                  .result = ev->result,
                                  .scratch = ev->scratch,
                                  .notes = ev->notes};
    cc_evaluation_begin(&it->lines);
    it->holding = apr_array_make(ev->scratch, 4, sizeof(const cc_rule_t *));
}

static void enforcement_end(cc_enforcement_t *it)
{
    apr_time_t stale_at = cc_evaluation_stale_at(&it->lines);
    cc_evaluation_t *ev = it->rules;

    ev->stale_at = stale_at < ev->stale_at ? stale_at : ev->stale_at;
    ev->failure = it->lines.failure;
    ev->lost = it->lines.lost;
    cc_matcher_destroy(it->lines.matcher);
}

static bool has_names(const cc_evaluation_t *ev)
{
    return ev->verdict->user || ev->groups->nelts > 0 || ev->accounts->nelts > 0;
}

void cc_namespaces_enforce(cc_evaluation_t *ev, cc_trace_t *trace)
{
    const cc_namespaces_t *namespaces = cc_rules_namespaces(ev->rules, ev->facts->host);
    cc_enforcement_t it = {.rules = ev};
    cc_trace_t lines = {0};

    if (!namespaces || !has_names(ev)) {
        return;
    }
    if (trace) {
        lines.steps = apr_array_make(trace->steps->pool, 4, sizeof(cc_step_t));
        lines.max = trace->max;
    }
    enforcement_begin(&it, namespaces);
    lines_walk(&it, trace ? &lines : NULL);
    if (!it.lines.failure) {
        names_check(&it);
    }
    enforcement_end(&it);
    if (it.outside) {
        verdict_confine(&it);
    }
    if (trace && (it.outside || ev->failure)) {
        trace_join(trace, &lines);
    }
}
