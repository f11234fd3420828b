/* SPDX-License-Identifier: Apache-2.0 */
/* Implements the modifiers that look at all values of a field together. */
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

static const cc_modifier_t modifiers[] = {
    {.word = {"first", "The first value only, whether usable or not. For every type.",
              "san.email|first == \"alice@example.com\""},
     .takes = CC_TYPES_ALL,
     .gives = CC_GIVES_SAME,
     .choose = choose_first},
    {.word = {"last", "The last value only, whether usable or not. For every type.",
              "subject.OU|last == \"Staff\""},
     .takes = CC_TYPES_ALL,
     .gives = CC_GIVES_SAME,
     .choose = choose_last},
};

const cc_modifiers_t cc_modifiers_choose = {modifiers,
                                            (int)(sizeof(modifiers) / sizeof(modifiers[0]))};
