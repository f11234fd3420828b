/* SPDX-License-Identifier: Apache-2.0 */
/* Lint of rules: reports likely mistakes that can be seen in the rules alone. */

#include <stdarg.h>
#include <string.h>

#include <apr_strings.h>

#include "rules/logic.h"

/* The current rule, and the state left by earlier rules. */
typedef struct cc_rule_lint_t {
    const cc_rules_t *rules;
    const cc_rule_t *rule;
    cc_logic_t *logic;
    cc_earlier_t *earlier;
    bool cut_noted;
    apr_hash_t *tables;        /* selectors and tables that were compared */
    cc_issuers_t issuers;      /* ONE also if an earlier rule separates them */
    apr_array_header_t *notes; /* cc_note_t */
    apr_hash_t *written;       /* canonical form -> where that rule is */
    apr_pool_t *pool;          /* for the hash */
    apr_pool_t *scratch;       /* for the current rule */
} cc_rule_lint_t;

static void note_add(cc_rule_lint_t *lint, const char *tag, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static void note_add(cc_rule_lint_t *lint, const char *tag, const char *fmt, ...)
{
    cc_note_t *note = &APR_ARRAY_PUSH(lint->notes, cc_note_t);
    va_list args;

    va_start(args, fmt);
    note->kind = CC_NOTE_LINT;
    note->tag = tag;
    note->where = lint->rule->where;
    note->meaning = NULL;
    note->text = apr_pvsprintf(lint->notes->pool, fmt, args);
    va_end(args);
}

/* ---- rules without an effect: each function adds a note and returns true for a finding ------- */

static bool is_never_true(cc_rule_lint_t *lint)
{
    const cc_condition_t *a, *b;

    if (!cc_logic_never(lint->logic, &a, &b)) {
        return false;
    }
    note_add(lint, "CC0700",
             "the rule can never match, because %s and %s exclude each other; write a rule for "
             "each, or remove one of them",
             cc_condition_text(a, lint->scratch), cc_condition_text(b, lint->scratch));
    return true;
}

static bool is_repeated(cc_rule_lint_t *lint)
{
    const char *text = cc_rules_text(lint->rules, lint->rule->number, lint->pool);
    const char *where = apr_hash_get(lint->written, text, APR_HASH_KEY_STRING);

    if (where) {
        note_add(lint, "CC0702", "the same rule is at %s, so this one has no effect; remove it",
                 where);
    } else {
        apr_hash_set(lint->written, text, APR_HASH_KEY_STRING, lint->rule->where);
    }
    return where != NULL;
}

static bool is_unreached(cc_rule_lint_t *lint)
{
    const cc_rule_t *earlier = cc_earlier_ending(lint->earlier);

    if (earlier) {
        note_add(lint, "CC0701",
                 "the rule is never reached: whenever it would match, the rule at %s matches too, "
                 "and its %s ends the evaluation; move this rule before that one, or remove it",
                 earlier->where, earlier->deny ? "deny" : "stop");
    }
    return earlier != NULL;
}

/* ---- outputs ----------------------------------------------------------------------------- */

static bool gives_user_alone(const cc_rule_t *rule)
{
    return rule->groups->nelts == 0 && rule->accounts->nelts == 0 && !cc_rule_ends(rule);
}

static const char *output_text(const cc_template_t *template, apr_pool_t *p)
{
    return cc_text_escape(template->text, strlen(template->text), p);
}

/* Giving the same user again beside other outputs does no harm. */
static bool is_useless(cc_rule_lint_t *lint)
{
    const cc_rule_t *rule = lint->rule;
    const cc_rule_t *earlier = rule->user ? cc_earlier_user(lint->earlier) : NULL;

    if (!earlier ||
        (strcmp(earlier->user->text, rule->user->text) == 0 && !gives_user_alone(rule))) {
        return false;
    }
    note_add(lint, "CC0703",
             "%s has no effect%s: whenever this rule matches, the rule at %s matches too, and the "
             "first user counts, %s; move this rule before that one, or remove %s",
             output_text(rule->user, lint->scratch),
             gives_user_alone(rule) ? ", nor does the rule" : "", earlier->where,
             output_text(earlier->user, lint->scratch), gives_user_alone(rule) ? "it" : "user=");
    return true;
}

static void issuer_binding_check(cc_rule_lint_t *lint)
{
    const cc_selector_t *from = NULL;

    if (lint->issuers != CC_ISSUERS_ONE) {
        from = cc_issuer_binding_missing(lint->rule, lint->issuers);
    }
    if (from) {
        note_add(lint, "CC0704",
                 "%s takes the user from %s, and no condition says which CA issued the "
                 "certificate: every trusted CA can issue one with the same %s to another holder; "
                 "add a condition such as issuer == \"CN=...,O=...\"",
                 output_text(lint->rule->user, lint->scratch), from->name, from->name);
    }
}

/* ---- patterns ---------------------------------------------------------------------------- */

static void regex_host_check(cc_rule_lint_t *lint, const cc_condition_t *c)
{
    const char *host, *escaped;

    if (cc_regex_host_misread(c, &host, &escaped, lint->scratch)) {
        note_add(lint, "CC0705",
                 "%s: an unescaped dot matches any character, so the pattern matches more than "
                 "the domain %s; write %s",
                 cc_condition_text(c, lint->scratch), host, escaped);
    }
}

/* ---- digests ----------------------------------------------------------------------------- */

/*
 * A signature of ECDSA has two forms, (r, s) and (r, n - s). The holder of a certificate with one
 * can compute the other without any key, and so change the digest of the certificate. So a digest
 * can identify a certificate, but cannot exclude it.
 */
static void digest_check(cc_rule_lint_t *lint, const cc_condition_t *c)
{
    static const char *const digests[] = {"sha256", "sha384", "sha512",   "sha1",
                                          "pem",    "der",    "ca.sha256"};

    if (!lint->rule->deny || c->op->negative) {
        return;
    }
    for (size_t i = 0; i < sizeof(digests) / sizeof(digests[0]); i++) {
        if (strcmp(c->selector->name, digests[i]) == 0) {
            note_add(lint, "CC0706",
                     "%s: the holder of this certificate can re-encode its signature, and is not "
                     "denied then; write issuer == ... serial == ... or spki.sha256 == ...",
                     cc_condition_text(c, lint->scratch));
        }
    }
}

/* ---- texts ------------------------------------------------------------------------------- */

static void text_note(cc_rule_lint_t *lint, const char *tag, const char *text)
{
    if (text) {
        note_add(lint, tag, "%s", text);
    }
}

/* Once for a field and a table, however many rules look it up there. */
static void table_check(cc_rule_lint_t *lint, const cc_condition_t *c)
{
    const void *pair[] = {c->selector, c->table};

    if (c->table && !apr_hash_get(lint->tables, pair, sizeof(pair))) {
        apr_hash_set(lint->tables, apr_pmemdup(lint->pool, pair, sizeof(pair)), sizeof(pair), c);
        text_note(lint, "CC0776", cc_lint_table_keys(c, lint->scratch));
    }
}

static void condition_check(cc_rule_lint_t *lint, const cc_condition_t *c)
{
    regex_host_check(lint, c);
    digest_check(lint, c);
    text_note(lint, "CC0773", cc_lint_text_never(c, lint->scratch));
    text_note(lint, "CC0774", cc_lint_text_decimal(c, lint->scratch));
    table_check(lint, c);
}

static void texts_check(cc_rule_lint_t *lint)
{
    const cc_rule_t *rule = lint->rule;

    for (int i = 0; i < rule->conditions->nelts; i++) {
        condition_check(lint, &APR_ARRAY_IDX(rule->conditions, i, cc_condition_t));
    }
}

/* ---- too many rules ---------------------------------------------------------------------- */

static void effort_check(cc_rule_lint_t *lint)
{
    if (!lint->cut_noted && cc_earlier_cut(lint->earlier)) {
        lint->cut_noted = true;
        note_add(lint, "CC0760",
                 "from this rule on, not all conditions are compared with those of earlier rules, "
                 "which would take too long, so CC0701 and CC0703 may be missing; list single "
                 "values in a ClientCertTable, with one rule for all of them");
    }
}

/* ---- all rules --------------------------------------------------------------------------- */

static void rule_lint(cc_rule_lint_t *lint)
{
    const cc_rule_t *rule = lint->rule;

    lint->logic = cc_logic_create(lint->rules, rule, lint->scratch);
    cc_earlier_look(lint->earlier, rule);
    texts_check(lint);
    if (!is_never_true(lint) && !is_repeated(lint) && !is_unreached(lint) && !is_useless(lint)) {
        issuer_binding_check(lint);
    }
    effort_check(lint);
    cc_earlier_add(lint->earlier, rule);
    if (cc_issuer_binding_decides(rule)) {
        lint->issuers = CC_ISSUERS_ONE;
    }
}

apr_array_header_t *cc_lint_rules(const cc_rules_t *rules, cc_issuers_t issuers,
                                  apr_uint64_t *steps, apr_pool_t *p)
{
    cc_rule_lint_t lint = {.rules = rules, .issuers = issuers};

    lint.notes = apr_array_make(p, 4, sizeof(cc_note_t));
    apr_pool_create(&lint.pool, p);
    apr_pool_create(&lint.scratch, lint.pool);
    lint.written = apr_hash_make(lint.pool);
    lint.tables = apr_hash_make(lint.pool);
    lint.earlier = cc_earlier_create(rules, lint.pool, lint.scratch);
    for (int i = 0; i < rules->rules->nelts; i++) {
        lint.rule = APR_ARRAY_IDX(rules->rules, i, const cc_rule_t *);
        rule_lint(&lint);
        apr_pool_clear(lint.scratch);
    }
    if (steps) {
        *steps = cc_earlier_steps(lint.earlier);
    }
    apr_pool_destroy(lint.pool);
    return lint.notes;
}

/* ---- conditions alone -------------------------------------------------------------------- */

apr_array_header_t *cc_rules_lint_texts(const cc_rules_t *rules, apr_pool_t *p)
{
    cc_rule_lint_t lint = {.rules = rules, .notes = apr_array_make(p, 1, sizeof(cc_note_t))};

    apr_pool_create(&lint.pool, p);
    lint.scratch = lint.pool;
    lint.tables = apr_hash_make(lint.pool);
    for (int i = 0; i < rules->rules->nelts; i++) {
        lint.rule = APR_ARRAY_IDX(rules->rules, i, const cc_rule_t *);
        texts_check(&lint);
    }
    apr_pool_destroy(lint.pool);
    return lint.notes;
}

/* ---- names of CAs ------------------------------------------------------------------------ */

static bool is_named(apr_hash_t *names, const cc_value_t *name)
{
    return apr_hash_get(names, name->key, (apr_ssize_t)name->key_len) != NULL;
}

/* True if the field is the name of a CA. */
static bool is_ca_name(const cc_fieldref_t *ref)
{
    return cc_field_is(ref, "issuer") ||
           (ref->of != CC_FIELD_OF_CLIENT && ref->field->type == CC_TYPE_DN);
}

static void issuer_check(cc_rule_lint_t *lint, const cc_condition_t *c, apr_hash_t *names)
{
    cc_value_t reversed;

    if (c->op->kind != CC_OPERATOR_EQUAL || c->selector->type != CC_TYPE_DN ||
        !is_ca_name(&c->selector->ref) || is_named(names, &c->value)) {
        return;
    }
    reversed = cc_value_reversed(&c->value, lint->scratch);
    if (!reversed.unusable && is_named(names, &reversed)) {
        const char *text = cc_word_quote(reversed.text, lint->scratch);

        note_add(lint, "CC0775",
                 "%s: a CA has this name in the other order, and a name is written with the most "
                 "specific part first; write %s %s %s",
                 cc_condition_text(c, lint->scratch), cc_condition_field(c->field, lint->scratch),
                 c->op->word.name, text);
    }
}

apr_array_header_t *cc_rules_lint_issuers(const cc_rules_t *rules, apr_hash_t *names, apr_pool_t *p)
{
    cc_rule_lint_t lint = {.rules = rules, .notes = apr_array_make(p, 1, sizeof(cc_note_t))};

    apr_pool_create(&lint.scratch, p);
    for (int i = 0; i < rules->rules->nelts; i++) {
        lint.rule = APR_ARRAY_IDX(rules->rules, i, const cc_rule_t *);
        for (int j = 0; j < lint.rule->conditions->nelts; j++) {
            issuer_check(&lint, &APR_ARRAY_IDX(lint.rule->conditions, j, cc_condition_t), names);
        }
        apr_pool_clear(lint.scratch);
    }
    apr_pool_destroy(lint.scratch);
    return lint.notes;
}

/* ---- fields of the connection ------------------------------------------------------------ */

apr_array_header_t *cc_rules_lint_connection(const cc_rules_t *rules, apr_pool_t *p)
{
    cc_rule_lint_t lint = {.rules = rules, .notes = apr_array_make(p, 1, sizeof(cc_note_t))};

    for (int i = 0; i < rules->rules->nelts; i++) {
        lint.rule = APR_ARRAY_IDX(rules->rules, i, const cc_rule_t *);
        for (int j = 0; j < lint.rule->conditions->nelts; j++) {
            const cc_condition_t *c = &APR_ARRAY_IDX(lint.rule->conditions, j, cc_condition_t);

            if (!c->op->negative && !c->selector->always && cc_field_of_tls(&c->selector->ref)) {
                note_add(&lint, "CC0781",
                         "%s: a certificate that a proxy passes on has no value of this field, so "
                         "the rule never matches; remove the condition",
                         cc_condition_text(c, p));
            }
        }
    }
    return lint.notes;
}

/* ---- all findings ------------------------------------------------------------------------ */

apr_array_header_t *cc_rules_lint(const cc_rules_t *rules, cc_issuers_t issuers, apr_pool_t *p)
{
    return cc_lint_rules(rules, issuers, NULL, p);
}
