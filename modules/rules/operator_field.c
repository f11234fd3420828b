/* SPDX-License-Identifier: Apache-2.0 */
/* Compares a field with another field: FIELD OPERATOR %{FIELD|MODIFIER}. */

#include <string.h>

#include <apr_strings.h>

#include "rules/selector.h"

/* ---- evaluation -------------------------------------------------------------------------- */

#define FEW 16 /* up to here, a search of the list is faster than a hash */

/* Whether a usable value of the cell has this key. The time does not grow with the list. */
static bool key_in(cc_cell_t *cell, const cc_value_t *value, apr_pool_t *p)
{
    const cc_value_t *at = cell->values.at;

    if (!cell->keys) {
        cell->keys = apr_hash_make(p);
        for (int i = 0; i < cell->values.count; i++) {
            if (!at[i].unusable) {
                apr_hash_set(cell->keys, at[i].key, (apr_ssize_t)at[i].key_len, &at[i]);
            }
        }
    }
    return apr_hash_get(cell->keys, value->key, (apr_ssize_t)value->key_len) != NULL;
}

static bool any_fits(const cc_condition_t *c, const cc_value_t *value, const cc_cell_t *cell,
                     cc_evaluation_t *ev)
{
    cc_condition_t one = *c;

    for (int i = 0; i < cell->values.count; i++) {
        one.value = cell->values.at[i];
        if (!one.value.unusable && c->op->plain->fits(&one, value, ev) == CC_FIT_YES) {
            return true;
        }
    }
    return false;
}

/* An unusable value of the other field might have been the one. */
static cc_fit_t fits_field(const cc_condition_t *c, const cc_value_t *value, cc_evaluation_t *ev)
{
    cc_cell_t *cell = cc_evaluation_cell(ev, c->other);
    bool many = cell->values.count > FEW && c->op->plain->kind == CC_OPERATOR_EQUAL;
    bool fits = many ? key_in(cell, value, ev->scratch) : any_fits(c, value, cell, ev);

    if (fits) {
        return CC_FIT_YES;
    }
    return cell->unusable > 0 ? CC_FIT_UNDECIDED : CC_FIT_NO;
}

/* ---- reading ----------------------------------------------------------------------------- */

bool cc_operand_is_field(const cc_condition_t *condition)
{
    return strstr(condition->operand, "%{") != NULL;
}

/* Octets and DER are written alike. */
static cc_type_t form_of(const cc_selector_t *selector)
{
    return selector->type == CC_TYPE_DER ? CC_TYPE_OCTETS : selector->type;
}

/* Values of two types are never the same, and a network is not the value of a field. */
static apr_status_t types_compare(const cc_condition_t *c, cc_rule_reader_t *reader)
{
    if (c->op->kind == CC_OPERATOR_WITHIN) {
        return cc_error_set(reader->err, reader->rules->pool, "CC0235", c->operand,
                            "no field is a network; after under, write one such as 10.0.0.0/8");
    }
    if (form_of(c->selector) != form_of(c->other)) {
        return cc_error_set(reader->err, reader->rules->pool, "CC0236", c->operand,
                            "%s and %s have different types, so no value of one equals a value of "
                            "the other",
                            c->selector->name, c->other->name);
    }
    return APR_SUCCESS;
}

static const cc_operator_t *field_operator(const cc_operator_t *plain, apr_pool_t *p)
{
    cc_operator_t *op = apr_pmemdup(p, plain, sizeof(*plain));

    op->kind = CC_OPERATOR_FIELD;
    op->fits = fits_field;
    op->plain = plain;
    return op;
}

apr_status_t cc_operand_field(cc_condition_t *c, cc_rule_reader_t *reader)
{
    apr_pool_t *p = reader->rules->pool;
    apr_size_t len = strlen(c->operand);
    apr_status_t rv;

    if (strncmp(c->operand, "%{", 2) != 0 || c->operand[len - 1] != '}' ||
        strstr(c->operand + 2, "%{")) {
        return cc_error_set(reader->err, p, "CC0235", c->operand,
                            "a variable must be the whole operand, %%{FIELD} or "
                            "%%{FIELD|MODIFIER}; text cannot be put beside it");
    }
    rv = cc_selector_find(&c->other, reader, apr_pstrmemdup(p, c->operand + 2, len - 3));
    if (rv == APR_SUCCESS) {
        rv = types_compare(c, reader);
    }
    if (rv == APR_SUCCESS) {
        c->op = field_operator(c->op, p);
    }
    return rv;
}
