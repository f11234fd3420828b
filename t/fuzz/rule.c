/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzes rules: every accepted rule has one verdict and one canonical form, and lint's findings
 * about it are right.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <apr_general.h>
#include <apr_strings.h>
#include <openssl/x509.h>

#include "faketable.h"
#include "rules/reachable.h"
#include "ruleset.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const faketable_row_t rows[] = {
    {"alice@example.com", "alice staff,b\x01\xff,admins x,y - z"},
    {"bob@example.com", "bob - \xff"},
    {"staff", "-"},
    {NULL, NULL},
};

static apr_pool_t *certificates;
static cc_cert_t *alice, *bad;

/* The same two, for a leak detector: it does not look into pools. */
static X509 *volatile held[2];

/* The path: a CA with unusable names, and one of which only the digests are known. */
static cc_path_ca_t cas[2];
static const cc_path_t path = {2, true, cas};
static cc_facts_t facts;

static void must(int done)
{
    if (!done)
        abort();
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    must(apr_initialize() == APR_SUCCESS && apr_pool_create(&certificates, NULL) == APR_SUCCESS);
    alice = ruleset_certificate(ruleset_alice, certificates);
    bad = ruleset_certificate(ruleset_bad, certificates);
    held[0] = cc_cert_x509(alice);
    held[1] = cc_cert_x509(bad);
    cas[0].cert = bad;
    facts = ruleset_facts;
    cc_facts_take_path(&facts, &path);
    must(atexit(apr_terminate) == 0);
    return 0;
}

static void must_be_usable(const char *text)
{
    must(*text && !cc_text_unusable(text, strlen(text)));
}

static void verdict_check(const cc_verdict_t *verdict)
{
    if (verdict->user)
        must_be_usable(verdict->user);
    must(!verdict->user == (verdict->strength == CC_STRENGTH_NONE));
    for (int i = 0; i < verdict->group_count; i++)
        must_be_usable(verdict->groups[i].name);
    for (int i = 0; i < verdict->account_count; i++) {
        must_be_usable(verdict->accounts[i].name);
        must(verdict->accounts[i].strength != CC_STRENGTH_NONE);
        must(!verdict->user || strcmp(verdict->user, verdict->accounts[i].name) != 0);
    }
    for (int i = 0; i < verdict->note_count; i++)
        must_be_usable(verdict->notes[i].text);
    must(!verdict->account_count || (!verdict->denied_where && !verdict->failure));
    must(!verdict->denied_where || !cc_verdict_has_identity(verdict));
    must(!verdict->failure || (!cc_verdict_has_identity(verdict) && !verdict->matched_count));
}

static void trace_check(const apr_array_header_t *trace)
{
    for (int i = 0; i < trace->nelts; i++) {
        const cc_step_t *step = &APR_ARRAY_IDX(trace, i, cc_step_t);
        must(!step->condition == !step->seen);
        if (step->condition) {
            must_be_usable(step->condition);
            must(!*step->seen || !cc_text_unusable(step->seen, strlen(step->seen)));
            must(!step->hint || !cc_text_unusable(step->hint, strlen(step->hint)));
        }
    }
}

/* A finding of lint about a rule holds for every certificate. */
static void note_check(const cc_note_t *note, const cc_verdict_t *verdict)
{
    must_be_usable(note->text);
    if (strcmp(note->tag, "CC0700") == 0 || strcmp(note->tag, "CC0701") == 0) {
        for (int i = 0; i < verdict->matched_count; i++)
            must(strcmp(verdict->matched[i].where, note->where) != 0);
    }
    if (strcmp(note->tag, "CC0702") == 0 || strcmp(note->tag, "CC0703") == 0)
        must(!verdict->user || strcmp(verdict->user_where, note->where) != 0);
}

static void lint_check(const cc_rules_t *rules, const cc_verdict_t *verdict, apr_pool_t *p)
{
    const apr_array_header_t *notes = cc_rules_lint(rules, CC_ISSUERS_SEVERAL, p);
    cc_reachable_t *given = cc_reachable_create(p);

    cc_reachable_add(given, rules);
    for (int i = 0; i < notes->nelts; i++)
        note_check(&APR_ARRAY_IDX(notes, i, cc_note_t), verdict);
    must(!verdict->user || cc_reachable_user(given, verdict->user));
    for (int i = 0; i < verdict->account_count; i++)
        must(cc_reachable_user(given, verdict->accounts[i].name));
    for (int i = 0; i < verdict->group_count; i++)
        must(cc_reachable_group(given, verdict->groups[i].name));
}

static void evaluate(const cc_rules_t *rules, const cc_rules_t *again, const cc_cert_t *cert,
                     apr_pool_t *p)
{
    apr_array_header_t *trace = apr_array_make(p, 4, sizeof(cc_step_t));
    const cc_verdict_t *first, *second, *traced, *rewritten;

    first = cc_rules_evaluate(rules, cert, &facts, NULL, p, p);
    second = cc_rules_evaluate(rules, cert, &facts, NULL, p, p);
    traced = cc_rules_evaluate(rules, cert, &facts, trace, p, p);
    rewritten = cc_rules_evaluate(again, cert, &facts, NULL, p, p);
    verdict_check(first);
    cc_trace_hint(trace, rules, cert, &facts, true);
    trace_check(trace);
    lint_check(rules, first, p);
    must(strcmp(ruleset_text(first, p), ruleset_text(second, p)) == 0);
    must(strcmp(ruleset_text(first, p), ruleset_text(traced, p)) == 0);
    must(strcmp(ruleset_gist(first, p), ruleset_gist(rewritten, p)) == 0);
}

/* A rule in its canonical form is as strong as it was, and the strongest one is one of them. */
static void strength_check(const cc_rules_t *rules, const cc_rules_t *again)
{
    cc_strength_t most = cc_rules_strength(rules, NULL);

    must(cc_rules_strength(again, NULL) == most);
    for (int i = 0; i < cc_rules_count(rules); i++) {
        must(cc_rules_strength_at(rules, i) <= most);
        must(cc_rules_strength_at(again, i) == cc_rules_strength_at(rules, i));
    }
}

/* An error has a tag and fits on one line; a rule with an error has no effect. */
static void line_add(cc_rules_t *rules, const char *line, apr_pool_t *p)
{
    int before = cc_rules_count(rules);
    cc_error_t err = {0};

    if (cc_rules_add(rules, line, apr_psprintf(p, "r%d", before), &err) == APR_SUCCESS) {
        must(cc_rules_count(rules) == before + 1);
        return;
    }
    must(cc_rules_count(rules) == before && err.message && strncmp(err.tag, "CC02", 4) == 0);
    must_be_usable(cc_error_text(&err, p));
}

/* Each line of the input is a rule. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    apr_pool_t *p;
    cc_rules_t *rules, *again;
    cc_tables_t *tables;
    char *state, *text;

    must(apr_pool_create(&p, NULL) == APR_SUCCESS);
    tables = faketable_make("t fake:x\nu fake:y", p);
    rules = cc_rules_create(tables, NULL, p);
    faketable.rows = rows;
    faketable.fails = "alice.example.com";
    text = apr_pstrmemdup(p, (const char *)data, size);
    for (char *line = apr_strtok(text, "\n", &state); line; line = apr_strtok(NULL, "\n", &state))
        line_add(rules, line, p);
    again = ruleset_rewritten(rules, tables, p);
    strength_check(rules, again);
    evaluate(rules, again, alice, p);
    evaluate(rules, again, bad, p);
    apr_pool_destroy(p);
    return 0;
}
