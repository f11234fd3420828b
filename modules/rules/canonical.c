/* SPDX-License-Identifier: Apache-2.0 */
/* Writes the canonical form of a rule, which is the same for all ways to write the rule. */

#include <string.h>

#include <apr_strings.h>

#include "rules/modifier.h"
#include "rules/template.h"

/* The form is a list of pieces, which are joined at the end. */
static void put(apr_array_header_t *pieces, const char *piece)
{
    APR_ARRAY_PUSH(pieces, const char *) = piece;
}

/* Puts a space before each word except the first. */
static void put_word(apr_array_header_t *pieces, const char *word)
{
    if (pieces->nelts > 0) {
        put(pieces, " ");
    }
    put(pieces, word);
}

static const char *selector_text(const cc_selector_t *selector, apr_pool_t *p)
{
    const char *argument = selector->argument_text;

    if (selector->parts && !selector->base) {
        return selector->name;
    }
    if (!selector->base) {
        return cc_field_name(&selector->ref, p);
    }
    return apr_pstrcat(p, selector_text(selector->base, p), "|", selector->modifier->word.name,
                       argument ? "(" : "", argument ? argument : "", argument ? ")" : "", NULL);
}

static const char *operand_text(const cc_condition_t *c, apr_pool_t *p)
{
    return c->other ? apr_pstrcat(p, "%{", selector_text(c->other, p), "}", NULL) : c->operand;
}

/* Whether a template, or a field with its modifiers, needs quotes to be read back unchanged. */
static bool needs_quotes(const char *word)
{
    return word[strcspn(word, " \t\n\v\f\r\"'\\")] != '\0' || strstr(word, "${");
}

/* A pattern or the name of a table stays as written; a value is written in its normal form. */
static void put_condition(apr_array_header_t *pieces, const cc_condition_t *c)
{
    apr_pool_t *p = pieces->pool;
    bool is_value = !c->pattern && !c->table && !c->other;
    const char *field = selector_text(c->selector, p);

    put_word(pieces, needs_quotes(field) ? cc_word_quote(field, p) : field);
    put_word(pieces, c->op->word.name);
    put_word(pieces, cc_word_quote(is_value ? c->value.text : operand_text(c, p), p));
}

static void put_template(apr_array_header_t *pieces, const char *output,
                         const cc_template_t *template)
{
    const char *text = strchr(template->text, '=') + 1;

    put_word(pieces, output);
    put(pieces, needs_quotes(text) ? cc_word_quote(text, pieces->pool) : text);
}

static void put_allowed(apr_array_header_t *pieces, const char *output,
                        const apr_array_header_t *patterns)
{
    for (int i = 0; i < patterns->nelts; i++) {
        put_word(pieces, output);
        put(pieces, cc_word_quote(APR_ARRAY_IDX(patterns, i, cc_allowed_t).text, pieces->pool));
    }
}

const char *cc_rules_text(const cc_rules_t *rules, int number, apr_pool_t *p)
{
    const cc_rule_t *rule = APR_ARRAY_IDX(rules->rules, number, const cc_rule_t *);
    apr_array_header_t *pieces = apr_array_make(p, 16, sizeof(const char *));

    for (int i = 0; i < rule->conditions->nelts; i++) {
        put_condition(pieces, &APR_ARRAY_IDX(rule->conditions, i, cc_condition_t));
    }
    if (rule->user) {
        put_template(pieces, "user=", rule->user);
    }
    for (int i = 0; i < rule->groups->nelts; i++) {
        put_template(pieces, "group=", APR_ARRAY_IDX(rule->groups, i, const cc_template_t *));
    }
    for (int i = 0; i < rule->accounts->nelts; i++) {
        put_template(pieces, "account=", APR_ARRAY_IDX(rule->accounts, i, const cc_template_t *));
    }
    if (rule->space) {
        put_allowed(pieces, "user=", rule->space->users);
        put_allowed(pieces, "group=", rule->space->groups);
    }
    if (rule->deny) {
        put_word(pieces, "deny");
    }
    if (rule->stop) {
        put_word(pieces, "stop");
    }
    return apr_array_pstrcat(p, pieces, '\0');
}

const char *cc_rules_where(const cc_rules_t *rules, int number)
{
    return APR_ARRAY_IDX(rules->rules, number, const cc_rule_t *)->where;
}
