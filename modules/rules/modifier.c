/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the modifiers after a field's "|", and applies them to values. */
#include "rules/modifier.h"

static const cc_modifiers_t *const lists[] = {&cc_modifiers_text, &cc_modifiers_choose,
                                              &cc_modifiers_octets, &cc_modifiers_der,
                                              &cc_modifiers_replace};

#define LIST_COUNT ((int)(sizeof(lists) / sizeof(lists[0])))

/* The i-th of all lists, or NULL past the end. */
static const cc_modifier_t *modifier_at(int i)
{
    for (int list = 0; i >= 0 && list < LIST_COUNT; list++) {
        if (i < lists[list]->count) {
            return &lists[list]->at[i];
        }
        i -= lists[list]->count;
    }
    return NULL;
}

/* Unusable values stay in the list unchanged, since they affect the result of a condition. */
static cc_values_t each_modify(const cc_modifier_t *modifier, cc_values_t in,
                               const cc_modifying_t *m)
{
    apr_array_header_t *out = apr_array_make(m->pool, in.count, sizeof(cc_value_t));

    for (int i = 0; i < in.count; i++) {
        cc_value_t value = in.at[i];

        if (!value.unusable && modifier->spread) {
            modifier->spread(out, &in.at[i], m);
        } else if (value.unusable || modifier->map(&value, &in.at[i], m)) {
            APR_ARRAY_PUSH(out, cc_value_t) = value;
        }
    }
    return (cc_values_t){out->nelts, (const cc_value_t *)out->elts};
}

cc_values_t cc_modifier_apply(const cc_selector_t *selector, cc_values_t in,
                              const cc_modifying_t *m)
{
    const cc_modifier_t *modifier = selector->modifier;
    cc_modifying_t own = *m;

    own.argument = selector->argument;
    return modifier->choose ? modifier->choose(in, &own) : each_modify(modifier, in, &own);
}

cc_values_t cc_modifier_make(const cc_selector_t *selector, const cc_selector_t *origin,
                             const cc_value_t *value, const cc_modifying_t *m)
{
    if (selector == origin) {
        return (cc_values_t){1, value};
    }
    return cc_modifier_apply(selector, cc_modifier_make(selector->base, origin, value, m), m);
}

cc_values_t cc_modifier_make_all(const cc_selector_t *selector, cc_values_t in,
                                 const cc_modifying_t *m)
{
    return selector->base
               ? cc_modifier_apply(selector, cc_modifier_make_all(selector->base, in, m), m)
               : in;
}

cc_matcher_t *cc_modifying_matcher(const cc_modifying_t *m, const cc_pattern_t *pattern)
{
    if (!*m->matcher) {
        *m->matcher = cc_matcher_create_for(pattern, m->pool);
    }
    cc_matcher_side(*m->matcher, m->aside);
    return *m->matcher;
}

const cc_modifier_t *cc_modifier_changing(const cc_selector_t *selector)
{
    for (; selector->base; selector = selector->base) {
        cc_keeps_t keeps = selector->modifier->keeps;

        if (keeps != CC_KEEPS_ALL && keeps != CC_KEEPS_WORDS) {
            return selector->modifier;
        }
    }
    return NULL;
}

bool cc_modifier_kept(const cc_selector_t *selector, cc_keeps_t part)
{
    for (; selector->base && selector->modifier->keeps != CC_KEEPS_NOTHING;
         selector = selector->base) {
        if (selector->modifier->keeps == part) {
            return true;
        }
    }
    return false;
}

const cc_modifier_t *cc_modifier_find(const char *name)
{
    const cc_modifier_t *modifier;

    for (int i = 0; (modifier = modifier_at(i)); i++) {
        if (strcmp(modifier->word.name, name) == 0) {
            return modifier;
        }
    }
    return NULL;
}

const char *cc_modifier_names(apr_pool_t *p)
{
    const char *names = modifier_at(0)->word.name;
    const cc_modifier_t *modifier;

    for (int i = 1; (modifier = modifier_at(i)); i++) {
        names = apr_pstrcat(p, names, ", ", modifier->word.name, NULL);
    }
    return names;
}

const cc_word_t *cc_modifier_at(int i)
{
    const cc_modifier_t *modifier = modifier_at(i);

    return modifier ? &modifier->word : NULL;
}

const char *cc_modifier_argument_at(int i)
{
    const cc_modifier_t *modifier = modifier_at(i);

    return modifier ? modifier->argument : NULL;
}
