/* SPDX-License-Identifier: Apache-2.0 */
/* Parses rules: conditions of three words each, then outputs. */

#include <string.h>

#include <apr_strings.h>

#include "rules/modifier.h"
#include "rules/template.h"

/* ---- conditions -------------------------------------------------------------------------- */

static apr_status_t operator_missing(const cc_condition_t *c, cc_rule_reader_t *reader,
                                     const char *word, const char *next)
{
    apr_pool_t *p = reader->rules->pool;
    const char *meant = cc_mistake_operator(c, word, next);

    return cc_error_set(reader->err, p, "CC0214", word,
                        "no such operator; %s%s%safter %s write one of %s",
                        meant ? "it is written " : "", meant ? meant : "", meant ? " here; " : "",
                        c->selector->name, cc_operator_names(c->selector, p));
}

/* `next` is the word after it, or "". */
static apr_status_t operator_parse(cc_condition_t *c, cc_rule_reader_t *reader, const char *word,
                                   const char *next)
{
    apr_pool_t *p = reader->rules->pool;

    c->op = cc_operator_find(word);
    if (!c->op) {
        return operator_missing(c, reader, word, next);
    }
    if (c->op->kind == CC_OPERATOR_PATTERN && c->selector->ref.field->type == CC_TYPE_DN) {
        return cc_error_set(reader->err, p, "CC0216", word,
                            "%s is a DN, and a pattern over a whole DN can mistake one name for "
                            "another; use a field of one attribute such as subject.CN or "
                            "issuer.O, or %s",
                            c->selector->name, cc_operator_names(c->selector, p));
    }
    if (!cc_operator_takes(c->op, c->selector)) {
        return cc_error_set(reader->err, p, "CC0215", word,
                            "this operator does not work on %s; write one of %s", c->selector->name,
                            cc_operator_names(c->selector, p));
    }
    c->op = cc_operator_for(c->op, c->selector);
    return APR_SUCCESS;
}

/* A text in lower or upper case. */
static const char *in_case_of(const cc_modifier_t *casing, const char *text, apr_pool_t *p)
{
    cc_modifying_t m = {.pool = p};
    cc_value_t given = cc_modified_text(text, strlen(text));
    cc_value_t changed = given;

    casing->map(&changed, &given, &m);
    return changed.text;
}

/*
 * The text that a modifier makes has no form of its own, but an operand that it can never equal is
 * a mistake.
 */
static apr_status_t plain_operand(cc_condition_t *c, cc_rule_reader_t *reader)
{
    apr_pool_t *p = reader->rules->pool;
    const cc_modifier_t *casing = c->selector->casing;
    const char *unusable = cc_text_unusable(c->operand, strlen(c->operand));

    if (unusable) {
        return cc_error_set(reader->err, p, "CC0217", c->operand, "no value can equal this: %s",
                            unusable);
    }
    if (casing && casing->keeps == CC_KEEPS_WORDS) {
        const char *changed = in_case_of(casing, c->operand, p);

        if (strcmp(changed, c->operand) != 0) {
            return cc_error_set(reader->err, p, "CC0217", c->operand,
                                "no value of %s can equal this; with |%s it would be \"%s\"",
                                c->selector->name, casing->word.name, changed);
        }
    } else if (casing && c->operand[strcspn(c->operand, casing->letters)] != '\0') {
        return cc_error_set(reader->err, p, "CC0217", c->operand,
                            "no value of %s can equal this: with |%s it contains none of the "
                            "letters %s",
                            c->selector->name, casing->word.name, casing->letters);
    }
    c->value.text = c->value.key = c->operand;
    c->value.len = c->value.key_len = strlen(c->operand);
    return APR_SUCCESS;
}

/* The operand of a selector whose values modifiers made: what their type says. */
static apr_status_t made_operand(cc_condition_t *c, cc_rule_reader_t *reader)
{
    const cc_modifier_t *changing = cc_modifier_changing(c->selector);
    apr_pool_t *p = reader->rules->pool;
    const char *reason = NULL;

    if ((c->selector->type == CC_TYPE_TEXT
             ? plain_operand(c, reader)
             : cc_type_operand(&c->value, c->selector->type, c->operand, p, reader->err)) !=
        APR_SUCCESS) {
        return APR_EINVAL;
    }
    if (c->op->kind == CC_OPERATOR_EQUAL && changing && changing->form && !changing->hinted) {
        reason = changing->form(c->value.text, c->value.len);
    }
    return reason ? cc_error_set(reader->err, p, "CC0217", c->operand,
                                 "no value of %s can equal this: %s", c->selector->name, reason)
                  : APR_SUCCESS;
}

/* A pattern or the name of a table with %{FIELD}, which would be plain text there. */
static apr_status_t variable_refuse(const cc_condition_t *c, cc_rule_reader_t *reader)
{
    apr_pool_t *p = reader->rules->pool;
    const char *variable = cc_selector_variable_in(c->operand, p);

    if (!variable) {
        return APR_SUCCESS;
    }
    return cc_error_set(reader->err, p, "CC0208", variable,
                        c->op->kind == CC_OPERATOR_PATTERN
                            ? "a pattern has no variables; %s == %s compares two fields, and in a "
                              "pattern, %%\\{ is text"
                            : "a table is named by its name; to compare two fields, write %s == %s",
                        cc_condition_field(c->field, p), variable);
}

/* A network where an IP address must be. */
static apr_status_t network_refuse(const cc_condition_t *c, cc_rule_reader_t *reader)
{
    apr_pool_t *p = reader->rules->pool;
    cc_value_t network;

    if (!cc_selector_is_address(c->selector) || !strchr(c->operand, '/') ||
        cc_network_read(&network, c->operand, p, NULL) != APR_SUCCESS) {
        return APR_SUCCESS;
    }
    return cc_error_set(reader->err, p, "CC0239", c->operand,
                        "a network, not an IP address; write %s under %s", c->selector->name,
                        c->operand);
}

static apr_status_t operand_parse(cc_condition_t *c, cc_rule_reader_t *reader)
{
    if ((c->op->kind == CC_OPERATOR_PATTERN || c->op->kind == CC_OPERATOR_TABLE) &&
        variable_refuse(c, reader) != APR_SUCCESS) {
        return APR_EINVAL;
    }
    if (c->op->kind == CC_OPERATOR_PATTERN) {
        return cc_pattern_compile(&c->pattern, reader->rules, c->operand, reader->err);
    }
    if (c->op->kind == CC_OPERATOR_TABLE) {
        return cc_lookup_table_find(c, reader);
    }
    if (cc_operand_is_field(c)) {
        return cc_operand_field(c, reader);
    }
    if (c->op->kind == CC_OPERATOR_WITHIN) {
        return cc_network_read(&c->value, c->operand, reader->rules->pool, reader->err);
    }
    if (c->selector->plain) {
        return made_operand(c, reader);
    }
    if (network_refuse(c, reader) != APR_SUCCESS) {
        return APR_EINVAL;
    }
    return cc_field_operand(&c->value, &c->selector->ref, c->operand, reader->rules->pool,
                            reader->err);
}

/* The condition that begins at a word. */
static apr_status_t condition_parse(cc_rule_reader_t *reader, const apr_array_header_t *list,
                                    int at)
{
    apr_pool_t *p = reader->rules->pool;
    cc_condition_t *c = &APR_ARRAY_PUSH(reader->rule->conditions, cc_condition_t);
    const char *const *words = (const char *const *)list->elts + at;
    int count = list->nelts - at;

    memset(c, 0, sizeof(*c));
    c->capture = -1;
    c->field = words[0];
    if (cc_selector_find(&c->selector, reader, words[0]) != APR_SUCCESS) {
        cc_mistake_in_field(reader, list, at);
        return APR_EINVAL;
    }
    if (count < 2) {
        return cc_error_set(reader->err, p, "CC0213", words[0],
                            "an operator must follow; a condition is FIELD OPERATOR OPERAND, with "
                            "one of %s",
                            cc_operator_names(c->selector, p));
    }
    if (operator_parse(c, reader, words[1], count > 2 ? words[2] : "") != APR_SUCCESS) {
        cc_mistake_in_operator(reader, list, at + 1);
        return APR_EINVAL;
    }
    if (count < 3) {
        return cc_error_set(reader->err, p, "CC0213", words[1],
                            "an operand must follow; a condition is FIELD OPERATOR OPERAND");
    }
    c->operand = words[2];
    if (operand_parse(c, reader) != APR_SUCCESS) {
        cc_mistake_in_operand(reader, list, at + 2);
        return APR_EINVAL;
    }
    return APR_SUCCESS;
}

static apr_status_t shared_names_refuse(cc_rule_reader_t *reader)
{
    const cc_condition_t *all = (const cc_condition_t *)reader->rule->conditions->elts;

    for (int i = 0; i < reader->rule->conditions->nelts; i++) {
        for (int j = 0; j < i; j++) {
            const char *name = all[i].pattern && all[j].pattern
                                   ? cc_pattern_shared_name(all[j].pattern, all[i].pattern)
                                   : NULL;
            if (name) {
                return cc_error_set(reader->err, reader->rules->pool, "CC0219", all[i].operand,
                                    "another condition of this rule already has a group "
                                    "(?<%s>...); give each group of a rule its own name",
                                    name);
            }
        }
    }
    return APR_SUCCESS;
}

/* ---- outputs ----------------------------------------------------------------------------- */

bool cc_rule_is_output(const char *word)
{
    return strcmp(word, "deny") == 0 || strcmp(word, "stop") == 0 ||
           strncmp(word, "user=", 5) == 0 || strncmp(word, "group=", 6) == 0 ||
           strncmp(word, "account=", 8) == 0;
}

static apr_status_t output_once(cc_rule_reader_t *reader, bool already, const char *word)
{
    return already ? cc_error_set(reader->err, reader->rules->pool, "CC0223", word,
                                  "a rule can have only one output of this kind; only group= and "
                                  "account= may be repeated")
                   : APR_SUCCESS;
}

static apr_status_t output_parse(cc_rule_reader_t *reader, const apr_array_header_t *words, int at)
{
    const char *word = APR_ARRAY_IDX(words, at, const char *);
    cc_rule_t *rule = reader->rule;
    const cc_template_t **template;
    apr_status_t rv = APR_SUCCESS;

    if (strcmp(word, "deny") == 0) {
        rv = output_once(reader, rule->deny, word);
        rule->deny = true;
        return rv;
    }
    if (strcmp(word, "stop") == 0) {
        rv = output_once(reader, rule->stop, word);
        rule->stop = true;
        return rv;
    }
    if (strncmp(word, "user=", 5) == 0) {
        rv = output_once(reader, rule->user != NULL, word);
        template = &rule->user;
    } else if (strncmp(word, "group=", 6) == 0) {
        template = &APR_ARRAY_PUSH(rule->groups, const cc_template_t *);
    } else if (strncmp(word, "account=", 8) == 0) {
        template = &APR_ARRAY_PUSH(rule->accounts, const cc_template_t *);
    } else {
        cc_error_set(reader->err, reader->rules->pool, "CC0221", word,
                     "not an output; conditions come before outputs, and an output is "
                     "user=TEMPLATE, group=TEMPLATE, account=TEMPLATE, deny or stop");
        cc_mistake_in_output(reader, words, at);
        return APR_EINVAL;
    }
    return rv == APR_SUCCESS ? cc_template_parse(template, reader, word) : rv;
}

/* `last` is the last word of the rule, or "". */
static apr_status_t outputs_check(cc_rule_reader_t *reader, const char *last)
{
    const cc_rule_t *rule = reader->rule;
    bool names = rule->user || rule->groups->nelts > 0 || rule->accounts->nelts > 0;

    if (!names && !rule->deny && !rule->stop) {
        return cc_error_set(reader->err, reader->rules->pool, "CC0220", last,
                            "the rule has no output; it must end with user=TEMPLATE, "
                            "group=TEMPLATE, account=TEMPLATE, deny or stop");
    }
    if (rule->deny && (names || rule->stop)) {
        return cc_error_set(reader->err, reader->rules->pool, "CC0222", "deny",
                            "deny must be the only output, since it leaves no identity and ends "
                            "the evaluation; remove the other outputs, or write two rules");
    }
    return APR_SUCCESS;
}

/* ---- rules ------------------------------------------------------------------------------- */

apr_status_t cc_rule_read_conditions(cc_rule_reader_t *reader, const apr_array_header_t *words,
                                     int *next)
{
    const char *const *word = (const char *const *)words->elts;
    apr_status_t rv = APR_SUCCESS;
    int i;

    reader->rule->conditions =
        apr_array_make(reader->rules->pool, words->nelts / 3 + 1, sizeof(cc_condition_t));
    for (i = 0; i < words->nelts && !cc_rule_is_output(word[i]) && rv == APR_SUCCESS; i += 3) {
        rv = condition_parse(reader, words, i);
    }
    *next = i;
    return rv == APR_SUCCESS ? shared_names_refuse(reader) : rv;
}

apr_status_t cc_rule_parse(cc_rule_reader_t *reader, const char *text)
{
    apr_array_header_t *words;
    apr_status_t rv = cc_words_split(&words, text, reader->rules->pool, reader->err);
    int i = 0;

    if (rv == APR_SUCCESS) {
        rv = cc_rule_read_conditions(reader, words, &i);
    }
    for (; rv == APR_SUCCESS && i < words->nelts; i++) {
        rv = output_parse(reader, words, i);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    i = words->nelts - 1;
    return outputs_check(reader, i < 0 ? "" : APR_ARRAY_IDX(words, i, const char *));
}

apr_status_t cc_rule_parse_conditions(cc_rule_reader_t *reader, const char *text)
{
    apr_array_header_t *words;
    apr_status_t rv = cc_words_split(&words, text, reader->rules->pool, reader->err);
    int i = 0;

    reader->conditions_only = true;
    if (rv == APR_SUCCESS) {
        rv = cc_rule_read_conditions(reader, words, &i);
    }
    if (rv == APR_SUCCESS && i < words->nelts) {
        rv = cc_error_set(reader->err, reader->rules->pool, "CC0224",
                          APR_ARRAY_IDX(words, i, const char *),
                          "only conditions are allowed here, FIELD OPERATOR OPERAND; outputs "
                          "belong in ClientCertMap");
    }
    return rv;
}
