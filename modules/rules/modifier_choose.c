/* SPDX-License-Identifier: Apache-2.0 */
/* Implements the modifiers that look at all values of a field together. */
#include <stdlib.h>

#include <apr_cstr.h>

#include "rules/modifier.h"

static cc_values_t choose_first(cc_values_t in, const cc_modifying_t *m)
{
    (void)m;
    return (cc_values_t){in.count > 0, in.at};
}

static cc_values_t choose_last(cc_values_t in, const cc_modifying_t *m)
{
    (void)m;
    return in.count > 0 ? (cc_values_t){1, in.at + in.count - 1} : in;
}

/* ---- nth --------------------------------------------------------------------------------- */

#define NTH_DIGITS 4

static apr_status_t read_nth(const void **argument, const char *text, cc_rules_t *rules,
                             cc_error_t *err)
{
    apr_size_t len = strlen(text);
    int *nth = apr_palloc(rules->pool, sizeof(*nth));

    if (!cc_has_only(text, len, "0123456789") || *text == '0' || len > NTH_DIGITS) {
        return cc_error_set(err, rules->pool, "CC0204", text,
                            "not the place of a value; write a number from 1, the first, to 9999");
    }
    *nth = atoi(text);
    *argument = nth;
    return APR_SUCCESS;
}

/* Behind a value that is unknown, the places of the others are too. */
static cc_values_t choose_nth(cc_values_t in, const cc_modifying_t *m)
{
    const int *nth = m->argument;

    for (int i = 0; i < in.count && i < *nth; i++) {
        if (i + 1 == *nth || in.at[i].unknown) {
            return (cc_values_t){1, in.at + i};
        }
    }
    return (cc_values_t){0, NULL};
}

/* ---- sums -------------------------------------------------------------------------------- */

static cc_values_t one_value(cc_value_t value, apr_pool_t *p)
{
    return (cc_values_t){1, apr_pmemdup(p, &value, sizeof(value))};
}

static cc_values_t choose_count(cc_values_t in, const cc_modifying_t *m)
{
    for (int i = 0; i < in.count; i++) {
        if (in.at[i].unusable) {
            return one_value(in.at[i], m->pool);
        }
    }
    return one_value(cc_value_number(in.count, m->pool), m->pool);
}

static const char *form_count(const char *text, apr_size_t len)
{
    return cc_has_only(text, len, "0123456789") ? NULL
                                                : "a number of values has only decimal digits";
}

/* True if it is not known whether there is a value. */
static bool is_open(cc_values_t in)
{
    int i = 0;

    while (i < in.count && in.at[i].unknown) {
        i++;
    }
    return i > 0 && i == in.count;
}

static cc_values_t choose_present(cc_values_t in, const cc_modifying_t *m)
{
    const char *text = in.count > 0 ? "true" : "false";

    return one_value(is_open(in) ? in.at[0] : cc_modified_text(text, strlen(text)), m->pool);
}

static const char *form_present(const char *text, apr_size_t len)
{
    (void)len;
    return apr_cstr_casecmp(text, "true") != 0 && apr_cstr_casecmp(text, "false") != 0
               ? "it is true or false"
               : NULL;
}

static const cc_modifier_t modifiers[] = {
    {.word = {"first", "The first value only, whether usable or not. For every type.",
              "san.email|first == \"alice@example.com\""},
     .takes = CC_TYPES_ALL,
     .gives = CC_GIVES_SAME,
     .keeps = CC_KEEPS_ALL,
     .choose = choose_first},
    {.word = {"last", "The last value only, whether usable or not. For every type.",
              "subject.OU|last == \"Staff\""},
     .takes = CC_TYPES_ALL,
     .gives = CC_GIVES_SAME,
     .keeps = CC_KEEPS_ALL,
     .choose = choose_last},
    {.word = {"nth",
              "The value at the place `N` only, whether usable or not; `nth(1)` is the first. No "
              "value if there are fewer; unusable if a CA before it is not known. For every type.",
              "subject.OU|nth(2) == \"Staff\""},
     .takes = CC_TYPES_ALL,
     .gives = CC_GIVES_SAME,
     .argument = "N",
     .read = read_nth,
     .keeps = CC_KEEPS_ALL,
     .choose = choose_nth},
    {.word = {"count",
              "How many values there are, as a number: 0 if there are none; unusable if a value "
              "is. For every type.",
              "san.email|count == 1"},
     .takes = CC_TYPES_ALL,
     .gives = CC_TYPE_NUMBER,
     .always = true,
     .form = form_count,
     .choose = choose_count},
    {.word =
         {"present",
          "`true` if there is a value, even an unusable one, otherwise `false`; unusable if the "
          "CA is not known. For every type.",
          "san.upn|present == false"},
     .takes = CC_TYPES_ALL,
     .always = true,
     .letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
     .form = form_present,
     .choose = choose_present},
};

const cc_modifiers_t cc_modifiers_choose = {modifiers,
                                            (int)(sizeof(modifiers) / sizeof(modifiers[0]))};
