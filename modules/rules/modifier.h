/* SPDX-License-Identifier: Apache-2.0 */
/* Defines what a modifier is: its types and functions, and the lists of modifiers by subject. */
#ifndef CC_RULES_MODIFIER_H
#define CC_RULES_MODIFIER_H

#include <string.h>

#include <apr_strings.h>

#include "rules/selector.h"

/* Makes one value of a usable value, of the type `gives`; false: the value gives none. */
typedef bool cc_modifier_map_fn(cc_value_t *out, const cc_value_t *in, const cc_modifying_t *m);

/* Makes any number of values of a usable value, and pushes them (cc_value_t). */
typedef void cc_modifier_spread_fn(apr_array_header_t *out, const cc_value_t *in,
                                   const cc_modifying_t *m);

/* Makes values of all values together, also of unusable ones. */
typedef cc_values_t cc_modifier_choose_fn(cc_values_t in, const cc_modifying_t *m);

/*
 * Reads the text in the parentheses, which is never empty, into *argument. An error names a legal
 * one. `rules` has the engine of patterns.
 */
typedef apr_status_t cc_modifier_read_fn(const void **argument, const char *text, cc_rules_t *rules,
                                         cc_error_t *err);

/* Whether, with this argument, it makes at most one value of a value. */
typedef bool cc_modifier_single_fn(const void *argument);

/* NULL, or why no value can have this text, whatever the case of its letters. */
typedef const char *cc_modifier_form_fn(const char *text, apr_size_t len);

/* NULL, or why it does not work on a selector whose type it takes, and what to write. */
typedef const char *cc_modifier_refuse_fn(const cc_selector_t *base, const cc_modifier_t *modifier,
                                          apr_pool_t *p);

/* What a value keeps of the one that it was made of. */
typedef enum {
    CC_KEEPS_NOTHING, /* it is something else */
    CC_KEEPS_ALL,     /* it is that value */
    CC_KEEPS_WORDS,   /* its text, but for the case of letters */
    CC_KEEPS_LOCAL,   /* the part of an address before the @ */
    CC_KEEPS_DOMAIN   /* the part after it */
} cc_keeps_t;

struct cc_modifier_t {
    cc_word_t word;            /* name: without the argument */
    unsigned takes;            /* CC_TYPE_BIT of the types it works on */
    cc_type_t gives;           /* the type of its values; CC_GIVES_SAME: that of those it takes */
    const char *argument;      /* NULL: it has none; otherwise, for the reference: "N" */
    cc_modifier_read_fn *read; /* NULL without an argument */
    cc_modifier_refuse_fn *refuse; /* NULL: it works on all selectors of the types it takes */
    cc_keeps_t keeps;
    bool one_to_one;           /* different values always have different results */
    bool digits;               /* its text is a number, so leading zeros are lost */
    bool always;               /* it has a value even if the field has none */
    const char *letters;       /* ASCII letters that its text never has, or NULL */
    cc_modifier_form_fn *form; /* NULL: its values may have any text of their type */
    bool hinted;               /* an operand of another form is legal: lint and hints explain it */
    bool matches;              /* it uses patterns, which take effort */
    cc_modifier_map_fn *map;   /* one of these three */
    cc_modifier_spread_fn *spread;
    cc_modifier_single_fn *single; /* of a spread; NULL: it may make several */
    cc_modifier_choose_fn *choose;
};

#define CC_GIVES_SAME ((cc_type_t)-1)

/* A list of modifiers. Constant. */
typedef struct cc_modifiers_t {
    const cc_modifier_t *at;
    int count;
} cc_modifiers_t;

/* ---- rows -------------------------------------------------------------------------------- */

#define CC_TAKES_TEXT CC_TYPE_BIT(CC_TYPE_TEXT)
#define CC_TAKES_DN CC_TYPE_BIT(CC_TYPE_DN)
#define CC_TAKES_NUMBER CC_TYPE_BIT(CC_TYPE_NUMBER)
#define CC_TAKES_TIME CC_TYPE_BIT(CC_TYPE_TIME)
#define CC_TAKES_OCTETS CC_TYPE_BIT(CC_TYPE_OCTETS)
#define CC_TAKES_DER CC_TYPE_BIT(CC_TYPE_DER)

extern const cc_modifiers_t cc_modifiers_text;    /* modifier_text.c */
extern const cc_modifiers_t cc_modifiers_der;     /* modifier_der.c */
extern const cc_modifiers_t cc_modifiers_choose;  /* modifier_choose.c */
extern const cc_modifiers_t cc_modifiers_octets;  /* modifier_octets.c */
extern const cc_modifiers_t cc_modifiers_replace; /* modifier_replace.c */

/* modifier.c: the last modifier of a selector that changes more than letter case; NULL: none. */
const cc_modifier_t *cc_modifier_changing(const cc_selector_t *selector);

/* modifier.c: whether the selector's text is, but for letter case, a part of an address. */
bool cc_modifier_kept(const cc_selector_t *selector, cc_keeps_t part);

/* Whether all of these octets are in the string `octets`. */
bool cc_has_only(const char *text, apr_size_t len, const char *octets); /* modifier_octets.c */

/* A text value; `text` must be NUL-terminated at `len`, and is kept by reference. */
static inline cc_value_t cc_modified_text(const char *text, apr_size_t len)
{
    return (cc_value_t){.text = text, .len = len, .key = text, .key_len = len};
}

#endif
