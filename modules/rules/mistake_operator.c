/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the operator that a word of another language, or a part of a word, means. */

#include <string.h>

#include <apr_cstr.h>

#include "rules/internal.h"

/* Words for an operator in other languages. */
static const struct {
    const char *word;
    const char *op;
} meant[] = {
    {"=", "=="},   {":=", "=="},     {"===", "=="},      {"eq", "=="},      {"-eq", "=="},
    {"is", "=="},  {"equals", "=="}, {"<>", "!="},       {"!==", "!="},     {"ne", "!="},
    {"-ne", "!="}, {"~", "=~"},      {"~=", "=~"},       {"matches", "=~"}, {"-match", "=~"},
    {"lt", "<"},   {"-lt", "<"},     {"le", "<="},       {"-le", "<="},     {"=<", "<="},
    {"gt", ">"},   {"-gt", ">"},     {"ge", ">="},       {"-ge", ">="},     {"=>", ">="},
    {"IN", "in"},  {"-in", "in"},    {"UNDER", "under"},
};

const char *cc_mistake_operator(const cc_condition_t *c, const char *word, const char *next)
{
    const char *name = NULL;
    const cc_operator_t *op;

    if (apr_cstr_casecmp(word, "not") == 0 && apr_cstr_casecmp(next, "in") == 0) {
        name = "!in";
    } else if (apr_cstr_casecmp(word, "is") == 0 && apr_cstr_casecmp(next, "not") == 0) {
        name = "!=";
    }
    for (size_t i = 0; i < sizeof(meant) / sizeof(meant[0]) && !name; i++) {
        name = apr_cstr_casecmp(word, meant[i].word) == 0 ? meant[i].op : NULL;
    }
    op = name ? cc_operator_find(name) : NULL;
    return op && cc_operator_takes(op, c->selector) ? name : NULL;
}

const char *cc_mistake_operator_begin(const char *text, apr_size_t *len)
{
    static const char *const signs[] = {"==", "!=", "=~", "!~", "<=", ">=", ":=", "<", ">", "="};

    for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
        *len = strlen(signs[i]);
        if (strncmp(text, signs[i], *len) == 0) {
            return cc_operator_find(signs[i]) ? signs[i] : "==";
        }
    }
    return NULL;
}
