/* SPDX-License-Identifier: Apache-2.0 */
/* Evaluates rules for a certificate: tests their conditions, and collects their outputs. */

#include <limits.h>
#include <string.h>

#include <apr_strings.h>

#include "rules/template.h"

/* ---- conditions -------------------------------------------------------------------------- */

/* Adds one note for all values on which the pattern reached a limit. */
static void pattern_note(cc_evaluation_t *ev, const cc_condition_t *c, int values)
{
    const cc_trouble_t *trouble = &ev->trouble;
    const char *of = "";

    if (trouble->count > 1) {
        of = apr_psprintf(ev->scratch, " on %d of %d values", trouble->count, values);
    }
    cc_evaluation_note(ev, CC_NOTE_PATTERN_LIMIT, ev->rule->where,
                       "matching a pattern was abandoned, so its condition does not hold",
                       "%s: matching was abandoned%s (%s), so the condition does not hold",
                       cc_condition_text(c, ev->scratch), of, trouble->reason);
}

static void condition_begin(cc_evaluation_t *ev, const cc_condition_t *c)
{
    ev->trouble = ev->outside = (cc_trouble_t){0, NULL};
    if (c->pattern) {
        cc_matcher_begin(cc_evaluation_matcher(ev), ev->quiet);
    }
}

/*
 * A condition that captures needs all its matches; otherwise the first is enough. If a match is
 * lost, it may have given a group that a negated Require tests.
 */
static cc_fit_t condition_fit(cc_evaluation_t *ev, const cc_condition_t *c)
{
    const cc_cell_t *cell = cc_evaluation_cell(ev, c->selector);
    bool undecided = cell->unusable > 0;
    bool fits = false;

    condition_begin(ev, c);
    for (int i = 0; i < cell->values.count && (!fits || c->capture >= 0) && !ev->failure; i++) {
        const cc_value_t *value = &cell->values.at[i];
        cc_fit_t fit = value->unusable ? CC_FIT_UNDECIDED : c->op->fits(c, value, ev);
        fits = fits || fit == CC_FIT_YES;
        undecided = undecided || fit == CC_FIT_UNDECIDED;
    }
    if (ev->trouble.count > 0 && c->pattern) {
        pattern_note(ev, c, cell->values.count);
    } else if (ev->trouble.count > 0) {
        cc_lookup_note(ev, c, cell->values.count);
    }
    if (ev->outside.count > 0) {
        cc_lookup_note_outside(ev, c, cell->values.count);
    }
    if (fits && undecided && c->capture >= 0) {
        ev->partial = true;
    }
    if (!fits && undecided) {
        return CC_FIT_UNDECIDED;
    }
    return fits != c->op->negative ? CC_FIT_YES : CC_FIT_NO;
}

/*
 * Whether the current rule matches: undecided if a condition is, and all others hold or are
 * undecided too. *failed is its first condition that does not hold, or NULL. A rule that the index
 * has ruled out is evaluated without lookups, since a lookup could fail; another of its conditions
 * does not hold.
 */
cc_fit_t cc_rule_fit(cc_evaluation_t *ev, const cc_condition_t **failed)
{
    const cc_rule_t *rule = ev->rule;

    *failed = NULL;
    ev->partial = false;
    for (int i = 0; i < rule->capture_count; i++) {
        ev->captures[i] = NULL;
    }
    for (int i = 0; i < rule->conditions->nelts; i++) {
        const cc_condition_t *c = &APR_ARRAY_IDX(rule->conditions, i, cc_condition_t);
        bool skipped = ev->quiet && c->table;
        cc_fit_t fit = skipped ? CC_FIT_YES : condition_fit(ev, c);
        if ((fit != CC_FIT_YES || ev->failure) && !*failed) {
            *failed = c;
        }
        if (fit == CC_FIT_NO || ev->failure) {
            return CC_FIT_NO;
        }
    }
    return *failed ? CC_FIT_UNDECIDED : CC_FIT_YES;
}

/* ---- outputs ----------------------------------------------------------------------------- */

static void user_take(cc_evaluation_t *ev, const cc_template_t *template)
{
    const apr_array_header_t *list = cc_template_expand(ev, template);
    const char *const *names = (const char *const *)list->elts;

    for (int i = 1; i < list->nelts; i++) {
        if (strcmp(names[0], names[i]) != 0) {
            cc_evaluation_note(ev, CC_NOTE_AMBIGUOUS_USER, ev->rule->where,
                               "two users are possible, so this rule gives none",
                               "%s is ambiguous, so this rule gives no user: \"%s\" or \"%s\"",
                               cc_text_escape(template->text, strlen(template->text), ev->scratch),
                               cc_text_excerpt(names[0], strlen(names[0]), ev->scratch),
                               cc_text_excerpt(names[i], strlen(names[i]), ev->scratch));
            cc_evaluation_doubt(ev);
            return;
        }
    }
    if (list->nelts > 0) {
        ev->verdict->user = apr_pstrdup(ev->result, names[0]);
        ev->verdict->user_where = ev->rule->where;
        ev->verdict->strength = ev->rule->strength;
    }
}

/* Takes each name that a template gives, unless it was given before. */
static void groups_take(cc_evaluation_t *ev, const cc_template_t *template)
{
    const apr_array_header_t *names = cc_template_expand(ev, template);

    for (int i = 0; i < names->nelts; i++) {
        const char *name =
            cc_name_set_add(&ev->group_names, APR_ARRAY_IDX(names, i, const char *), ev);
        if (name) {
            APR_ARRAY_PUSH(ev->groups, cc_group_t) = (cc_group_t){name, ev->rule->where};
        }
    }
}

static void accounts_take(cc_evaluation_t *ev, const cc_template_t *template,
                          cc_strength_t strength)
{
    const apr_array_header_t *names = cc_template_expand(ev, template);

    for (int i = 0; i < names->nelts; i++) {
        const char *name =
            cc_name_set_add(&ev->account_names, APR_ARRAY_IDX(names, i, const char *), ev);
        if (name) {
            APR_ARRAY_PUSH(ev->accounts, cc_account_t) =
                (cc_account_t){name, ev->rule->where, strength};
        }
    }
}

void cc_evaluation_names_drop(cc_evaluation_t *ev)
{
    cc_verdict_t *verdict = ev->verdict;

    verdict->user = verdict->user_where = verdict->doubt_where = NULL;
    verdict->strength = CC_STRENGTH_NONE;
    ev->groups->nelts = ev->accounts->nelts = 0;
}

static void verdict_deny(cc_evaluation_t *ev)
{
    ev->verdict->denied_where = ev->rule->where;
    cc_evaluation_names_drop(ev);
}

/*
 * Collects the outputs of the current rule, whose conditions hold. False if it ends the evaluation.
 */
static bool outputs_take(cc_evaluation_t *ev)
{
    const cc_rule_t *rule = ev->rule;

    APR_ARRAY_PUSH(ev->matched, cc_match_t) = (cc_match_t){rule->where, rule->number};
    if (rule->deny) {
        verdict_deny(ev);
        return false;
    }
    if (ev->partial) {
        cc_evaluation_doubt(ev);
    }
    if (rule->user && !ev->verdict->user) {
        user_take(ev, rule->user);
    }
    for (int i = 0; i < rule->groups->nelts; i++) {
        groups_take(ev, APR_ARRAY_IDX(rule->groups, i, const cc_template_t *));
    }
    for (int i = 0; i < rule->accounts->nelts; i++) {
        accounts_take(ev, APR_ARRAY_IDX(rule->accounts, i, const cc_template_t *),
                      rule->account_strengths[i]);
    }
    return !rule->stop;
}

/*
 * Handles a current rule that is undecided. That never gives access: the rule gives nothing, and a
 * client that it might have kept out is kept out. False if it ends the evaluation.
 */
static bool undecided_take(cc_evaluation_t *ev, const cc_condition_t *open)
{
    if (!ev->rule->deny && !ev->rule->stop) {
        cc_evaluation_doubt(ev);
        return true;
    }
    cc_evaluation_note(ev, CC_NOTE_UNDECIDED_RULE, ev->rule->where,
                       "a rule with deny or stop cannot be decided, so it denies",
                       "%s cannot be decided, so this rule denies",
                       cc_condition_text(open, ev->scratch));
    verdict_deny(ev);
    return false;
}

/* ---- the evaluation ---------------------------------------------------------------------- */

/*
 * With a trace, every rule is evaluated. Rules that the index excludes are evaluated without notes,
 * so that the verdict has exactly the same notes.
 */
static void rules_walk(cc_evaluation_t *ev, cc_trace_t *trace)
{
    const cc_rules_t *rules = ev->rules;
    const apr_uint64_t *bits = cc_index_candidates(ev);
    bool more = true;

    for (int i = 0; more && !ev->failure; i++) {
        const cc_condition_t *failed;
        cc_fit_t fit;

        i = trace ? i : cc_index_next(rules, bits, i);
        if (i >= rules->rules->nelts) {
            break;
        }
        ev->quiet = !cc_index_has(bits, i);
        ev->rule = APR_ARRAY_IDX(rules->rules, i, const cc_rule_t *);
        fit = cc_rule_fit(ev, &failed);
        if (trace) {
            cc_trace_add(trace, ev, failed, fit == CC_FIT_UNDECIDED);
        }
        if (fit == CC_FIT_YES) {
            more = outputs_take(ev);
        } else if (fit == CC_FIT_UNDECIDED) {
            more = undecided_take(ev, failed);
        }
    }
}

apr_time_t cc_evaluation_stale_at(const cc_evaluation_t *ev)
{
    apr_time_t earliest = ev->stale_at;

    for (int i = 0; i < ev->rules->selectors->nelts; i++) {
        const cc_selector_t *selector = APR_ARRAY_IDX(ev->rules->selectors, i, cc_selector_t *);
        if (!selector->base && selector->ref.field->changes) {
            apr_time_t at = cc_field_stale_at(&selector->ref, ev->cert, ev->facts);
            earliest = at < earliest ? at : earliest;
        }
    }
    return earliest;
}

/* An account is whom the holder may be besides the user, whichever rule came first. */
static void user_drop(apr_array_header_t *accounts, const char *user)
{
    int count = 0;

    if (!user) {
        return;
    }
    for (int i = 0; i < accounts->nelts; i++) {
        const cc_account_t account = APR_ARRAY_IDX(accounts, i, cc_account_t);
        if (strcmp(account.name, user) != 0) {
            APR_ARRAY_IDX(accounts, count++, cc_account_t) = account;
        }
    }
    accounts->nelts = count;
}

static void verdict_finish(cc_evaluation_t *ev)
{
    cc_verdict_t *verdict = ev->verdict;

    verdict->group_count = ev->groups->nelts;
    verdict->groups = (const cc_group_t *)ev->groups->elts;
    user_drop(ev->accounts, verdict->user);
    verdict->account_count = ev->accounts->nelts;
    verdict->accounts = (const cc_account_t *)ev->accounts->elts;
    verdict->matched_count = ev->matched->nelts;
    verdict->matched = (const cc_match_t *)ev->matched->elts;
    verdict->note_count = ev->notes->nelts;
    verdict->notes = (const cc_note_t *)ev->notes->elts;
    verdict->stale_at = cc_evaluation_stale_at(ev);
}

/* The results so far are incomplete, so none of them counts. */
static void verdict_fail(cc_evaluation_t *ev)
{
    cc_verdict_t *verdict = ev->verdict;

    verdict->failure = ev->failure;
    verdict->failure_lasts = !ev->lost;
    cc_evaluation_names_drop(ev);
    ev->matched->nelts = 0;
    if (ev->lost) {
        ev->stale_at = ev->facts->now;
    }
}

void cc_evaluation_begin(cc_evaluation_t *ev)
{
    apr_size_t selectors = (apr_size_t)ev->rules->selectors->nelts;

    ev->cells = apr_pcalloc(ev->scratch, sizeof(*ev->cells) * selectors);
    ev->aside = NULL;
    ev->captures =
        apr_palloc(ev->scratch, sizeof(*ev->captures) * (apr_size_t)ev->rules->capture_max);
    ev->failure = NULL;
    ev->lost = false;
    ev->stale_at = APR_INT64_MAX;
}

static const cc_verdict_t *evaluate_once(cc_evaluation_t *ev, cc_trace_t *trace)
{
    cc_evaluation_begin(ev);
    ev->verdict = apr_pcalloc(ev->result, sizeof(*ev->verdict));
    ev->groups = apr_array_make(ev->result, 4, sizeof(cc_group_t));
    ev->group_names = ev->account_names = (cc_name_set_t){0, NULL, NULL};
    ev->accounts = apr_array_make(ev->result, 0, sizeof(cc_account_t));
    ev->matched = apr_array_make(ev->result, 4, sizeof(cc_match_t));
    ev->notes = apr_array_make(ev->result, 1, sizeof(cc_note_t));
    ev->verdict->generation = cc_rules_generation(ev->rules);
    rules_walk(ev, trace);
    if (ev->rules->confined && !ev->failure) {
        cc_namespaces_enforce(ev, trace);
    }
    if (ev->failure) {
        verdict_fail(ev);
    }
    verdict_finish(ev);
    return ev->verdict;
}

/*
 * A table that changed in the meantime may have answered one rule before the change and another
 * after it.
 */
static const cc_verdict_t *evaluate(cc_evaluation_t *ev, cc_trace_t *trace)
{
    int traced = trace ? trace->steps->nelts : 0;
    const cc_verdict_t *verdict = evaluate_once(ev, trace);

    while (verdict->generation != cc_rules_generation(ev->rules)) {
        if (trace) {
            trace->steps->nelts = traced;
            trace->others = trace->rest = 0;
        }
        verdict = evaluate_once(ev, trace);
    }
    cc_matcher_destroy(ev->matcher);
    return verdict;
}

const cc_verdict_t *cc_rules_evaluate(const cc_rules_t *rules, const cc_cert_t *cert,
                                      const cc_facts_t *facts, apr_array_header_t *trace,
                                      apr_pool_t *result, apr_pool_t *scratch)
{
    cc_evaluation_t ev = {
        .rules = rules, .cert = cert, .facts = facts, .result = result, .scratch = scratch};
    cc_trace_t all = {.steps = trace, .max = INT_MAX};

    return evaluate(&ev, trace ? &all : NULL);
}

const cc_verdict_t *cc_rules_explain(const cc_rules_t *rules, const cc_cert_t *cert,
                                     const cc_facts_t *facts, cc_trace_t *trace, apr_pool_t *result,
                                     apr_pool_t *scratch)
{
    cc_evaluation_t ev = {
        .rules = rules, .cert = cert, .facts = facts, .result = result, .scratch = scratch};

    return evaluate(&ev, trace);
}
