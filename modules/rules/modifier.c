/* SPDX-License-Identifier: Apache-2.0 */
/* Implements the modifiers after a field's "|": their types, and the values that they make. */

#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "rules/internal.h"

/* `text` must be NUL-terminated at `len`. */
static cc_value_t text_value(const char *text, apr_size_t len)
{
    return (cc_value_t){.text = text, .len = len, .key = text, .key_len = len};
}

static char ascii_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static char ascii_upper(char c)
{
    return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

static bool each_letter(cc_value_t *out, const cc_value_t *in, char (*change)(char), apr_pool_t *p)
{
    char *text = apr_pstrmemdup(p, in->text, in->len);

    for (apr_size_t i = 0; i < in->len; i++) {
        text[i] = change(text[i]);
    }
    *out = text_value(text, in->len);
    return true;
}

static bool map_lower(cc_value_t *out, const cc_value_t *in, apr_pool_t *p)
{
    return each_letter(out, in, ascii_lower, p);
}

static bool map_upper(cc_value_t *out, const cc_value_t *in, apr_pool_t *p)
{
    return each_letter(out, in, ascii_upper, p);
}

static bool map_local(cc_value_t *out, const cc_value_t *in, apr_pool_t *p)
{
    const char *at = strrchr(in->text, '@');

    if (at) {
        apr_size_t len = (apr_size_t)(at - in->text);
        *out = text_value(apr_pstrmemdup(p, in->text, len), len);
    }
    return at != NULL;
}

static bool map_domain(cc_value_t *out, const cc_value_t *in, apr_pool_t *p)
{
    const char *at = strrchr(in->text, '@');

    (void)p;
    if (at) {
        *out = text_value(at + 1, strlen(at + 1));
    }
    return at != NULL;
}

static bool map_oneline(cc_value_t *out, const cc_value_t *in, apr_pool_t *p)
{
    *out = cc_value_oneline(in, p);
    return true;
}

static cc_values_t choose_first(cc_values_t in)
{
    return (cc_values_t){in.count > 0, in.at};
}

static cc_values_t choose_last(cc_values_t in)
{
    return in.count > 0 ? (cc_values_t){1, in.at + in.count - 1} : in;
}

#define TEXT CC_TYPE_BIT(CC_TYPE_TEXT)
#define OCTETS CC_TYPE_BIT(CC_TYPE_OCTETS)
#define DN CC_TYPE_BIT(CC_TYPE_DN)

static const cc_modifier_t modifiers[] = {
    {.word = {"lower",
              "Converts the letters A to Z to lower case; other characters are unchanged. For "
              "text and octets.",
              "san.email|lower == \"alice@example.com\""},
     .takes = TEXT | OCTETS,
     .letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
     .map = map_lower},
    {.word = {"upper",
              "Converts the letters a to z to upper case; other characters are unchanged. For "
              "text and octets.",
              "subject.C|upper == \"DE\""},
     .takes = TEXT | OCTETS,
     .letters = "abcdefghijklmnopqrstuvwxyz",
     .map = map_upper},
    {.word = {"local", "The part before the last `@`; a text without `@` gives no value. For text.",
              "san.email|local == \"alice\""},
     .takes = TEXT,
     .map = map_local},
    {.word = {"domain", "The part after the last `@`; a text without `@` gives no value. For text.",
              "san.email|domain|lower == \"example.com\""},
     .takes = TEXT,
     .map = map_domain},
    {.word = {"first", "The first value only, whether usable or not. For every type.",
              "san.email|first == \"alice@example.com\""},
     .takes = CC_TYPES_ALL,
     .choose = choose_first},
    {.word = {"last", "The last value only, whether usable or not. For every type.",
              "subject.OU|last == \"Staff\""},
     .takes = CC_TYPES_ALL,
     .choose = choose_last},
    {.word = {"oneline",
              "The slash form of a DN, as in grid-mapfiles and FakeBasicAuth lists. For DNs; "
              "unusable if another name could have the same text.",
              "subject|oneline == \"/C=DE/O=Example/CN=Alice\""},
     .takes = DN,
     .map = map_oneline},
};

#define MODIFIER_COUNT ((int)(sizeof(modifiers) / sizeof(modifiers[0])))

/* Unusable values stay in the list unchanged, since they affect the result of a condition. */
cc_values_t cc_modifier_apply(const cc_modifier_t *modifier, cc_values_t in, apr_pool_t *p)
{
    cc_value_t *at;
    cc_values_t out = {0, NULL};

    if (modifier->choose) {
        return modifier->choose(in);
    }
    out.at = at = apr_palloc(p, sizeof(*at) * (apr_size_t)in.count);
    for (int i = 0; i < in.count; i++) {
        if (in.at[i].unusable) {
            at[out.count++] = in.at[i];
        } else if (modifier->map(&at[out.count], &in.at[i], p)) {
            out.count++;
        }
    }
    return out;
}

const cc_modifier_t *cc_modifier_find(const char *name)
{
    for (int i = 0; i < MODIFIER_COUNT; i++) {
        if (strcmp(modifiers[i].word.name, name) == 0) {
            return &modifiers[i];
        }
    }
    return NULL;
}

const char *cc_modifier_names(apr_pool_t *p)
{
    const char *names = modifiers[0].word.name;

    for (int i = 1; i < MODIFIER_COUNT; i++) {
        names = apr_pstrcat(p, names, ", ", modifiers[i].word.name, NULL);
    }
    return names;
}

const cc_word_t *cc_modifier_at(int i)
{
    return i >= 0 && i < MODIFIER_COUNT ? &modifiers[i].word : NULL;
}
