/* SPDX-License-Identifier: Apache-2.0 */
/* Explains why a value is not equal to an operand: other forms of the value, other fields. */

#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "base/fold.h"
#include "rules/hint.h"
#include "rules/modifier.h"

/* ---- names ------------------------------------------------------------------------------- */

/* openssl prints a name from the root down, a rule has it from the holder up. */
static const char *name_hint(const cc_miss_t *miss)
{
    const cc_condition_t *c = miss->condition;
    cc_value_t reversed = cc_value_reversed(&c->value, miss->pool);
    const char *hint = NULL;

    if (!reversed.unusable) {
        hint = cc_hint_write(miss,
                             "the certificate has this name in the other order, the most specific "
                             "part first",
                             NULL, NULL, reversed.text);
    }
    if (!hint && c->op->kind == CC_OPERATOR_EQUAL) {
        hint = cc_hint_write(miss, "the certificate has a name below this one", NULL, "under",
                             c->value.text);
    }
    return hint;
}

#define OTHER_FORM "the operand is this name in another form"

/* The operand of FIELD|oneline, or of another text of a DN, read as a name. */
static const char *name_text_hint(const cc_miss_t *miss)
{
    const cc_condition_t *c = miss->condition;
    const cc_modifier_t *maker = c->selector->maker;
    const cc_fieldref_t *ref = &c->selector->ref;
    apr_pool_t *p = miss->pool;
    cc_value_t value, reversed;
    const char *hint;

    if (!maker || maker->takes != CC_TAKES_DN) {
        return NULL;
    }
    hint = cc_hint_write(miss, "the slash form begins with a slash", NULL, NULL,
                         apr_pstrcat(p, "/", c->operand, NULL));
    if (hint || cc_field_operand(&value, ref, c->operand, p, NULL) != APR_SUCCESS) {
        return hint;
    }
    reversed = cc_value_reversed(&value, p);
    hint = cc_hint_write(miss, OTHER_FORM, cc_field_name(ref, p), NULL, value.text);
    return hint || reversed.unusable
               ? hint
               : cc_hint_write(miss, OTHER_FORM, cc_field_name(ref, p), NULL, reversed.text);
}

/* ---- octets ------------------------------------------------------------------------------ */

static const char *decimal_hint(const cc_miss_t *miss)
{
    const char *hex = cc_decimal_to_hex(miss->condition->operand, miss->pool);

    return hex ? cc_hint_write(miss,
                               "this is the number of the certificate in decimal, and a rule has "
                               "it in hex",
                               NULL, NULL, hex)
               : NULL;
}

/* ---- text -------------------------------------------------------------------------------- */

static const char *lower_of(const char *text, apr_pool_t *p)
{
    apr_size_t len = 0;

    return cc_fold_lower(text, strlen(text), &len, p);
}

static const char *case_hint(const cc_miss_t *miss, const cc_value_t *value)
{
    const char *lower = lower_of(miss->condition->operand, miss->pool);

    return strcmp(lower_of(value->text, miss->pool), lower) == 0
               ? cc_hint_write(miss, "the certificate has this value in a different letter case",
                               cc_hint_field_with(miss, "lower"), NULL, lower)
               : NULL;
}

static const char *trimmed(const char *text, apr_pool_t *p)
{
    apr_size_t len;

    text += strspn(text, " ");
    len = strlen(text);
    while (len > 0 && text[len - 1] == ' ') {
        len--;
    }
    return apr_pstrmemdup(p, text, len);
}

static const char *space_hint(const cc_miss_t *miss, const cc_value_t *value)
{
    const char *operand = miss->condition->operand;

    return strcmp(trimmed(value->text, miss->pool), trimmed(operand, miss->pool)) == 0
               ? cc_hint_write(miss,
                               "the value and the operand differ in leading or trailing spaces",
                               NULL, NULL, value->text)
               : NULL;
}

/* The operand is a pattern, or a text with "*" for any characters. */
static const char *pattern_meant(const cc_miss_t *miss)
{
    const char *operand = miss->condition->operand;
    char *pattern = apr_palloc(miss->pool, 2 * strlen(operand) + 1);
    char *to = pattern;

    if (strpbrk(operand, "[(|\\") || strstr(operand, ".*") || strstr(operand, ".+")) {
        return cc_hint_write(miss, "== compares the text itself, not a pattern", NULL, "=~",
                             operand);
    }
    if (!strchr(operand, '*')) {
        return NULL;
    }
    for (const char *c = operand; *c; c++) {
        if (strchr("*.+?()[]{}|\\^$", *c)) {
            *to++ = *c == '*' ? '.' : '\\';
        }
        *to++ = *c;
    }
    *to = '\0';
    return cc_hint_write(miss, "in a text, * has no special meaning", NULL, "=~", pattern);
}

static const char *text_hint(const cc_miss_t *miss)
{
    const char *hint = cc_hint_each(miss, case_hint);

    hint = hint ? hint : cc_hint_each(miss, space_hint);
    hint = hint ? hint : name_text_hint(miss);
    return hint ? hint : pattern_meant(miss);
}

/* ---- other fields ------------------------------------------------------------------------ */

typedef struct cc_elsewhere_t {
    const cc_miss_t *miss;
    const char *modifiers; /* of the condition: "|lower", or "" */
    const char *hint;
} cc_elsewhere_t;

/* A field that has the same value for another reason, such as is_ca, is not a place of it. */
static bool is_place(const cc_elsewhere_t *elsewhere, const cc_fieldref_t *ref)
{
    const cc_fieldref_t *own = &elsewhere->miss->condition->selector->ref;
    const char *name = ref->field->name;

    return ref->field->type == own->field->type && !cc_field_same(ref, own) &&
           (ref->field->type != CC_TYPE_TEXT || strncmp(name, "san.", 4) == 0 ||
            strncmp(name, "subject.", 8) == 0 || strncmp(name, "issuer.", 7) == 0);
}

static void place_try(const char *name, const cc_fieldref_t *ref, cc_values_t values, void *baton)
{
    cc_elsewhere_t *elsewhere = baton;
    const cc_miss_t *miss = elsewhere->miss;
    const cc_condition_t *c = miss->condition;

    (void)values;
    if (!elsewhere->hint && is_place(elsewhere, ref)) {
        elsewhere->hint = cc_hint_write(
            miss, apr_pstrcat(miss->pool, "the field ", name, " has this value", NULL),
            apr_pstrcat(miss->pool, name, elsewhere->modifiers, NULL), NULL,
            c->selector->ref.field->type == CC_TYPE_TEXT ? c->operand : c->value.text);
    }
}

static const char *elsewhere_hint(const cc_miss_t *miss)
{
    const cc_condition_t *c = miss->condition;
    const char *bar = strchr(c->field, '|');
    cc_elsewhere_t elsewhere = {miss, bar ? bar : "", NULL};

    if (c->selector->maker ||
        (c->selector->plain && c->selector->ref.field->type != CC_TYPE_TEXT)) {
        return NULL;
    }
    cc_field_each(miss->cert, miss->facts, place_try, &elsewhere, miss->pool);
    return elsewhere.hint;
}

/* Text such as base64 is as it is: an operand in other letters is another value. */
static bool has_own_form(const cc_selector_t *selector)
{
    return selector->maker && selector->maker->form && !selector->maker->hinted;
}

/* ---- all of them ------------------------------------------------------------------------- */

const char *cc_hint_equal(const cc_miss_t *miss)
{
    const cc_condition_t *c = miss->condition;
    const char *hint = NULL;

    if (c->selector->type == CC_TYPE_DN) {
        hint = name_hint(miss);
    } else if (c->selector->type == CC_TYPE_TEXT && !has_own_form(c->selector)) {
        hint = text_hint(miss);
    } else if (!c->selector->maker &&
               (c->selector->type == CC_TYPE_OCTETS || c->selector->type == CC_TYPE_DER)) {
        hint = decimal_hint(miss);
    } else {
        return NULL;
    }
    return hint ? hint : elsewhere_hint(miss);
}
