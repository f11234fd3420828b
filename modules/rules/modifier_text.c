/* SPDX-License-Identifier: Apache-2.0 */
/* Implements the modifiers that make a text of each value. */
#include "rules/modifier.h"

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
    *out = cc_modified_text(text, in->len);
    return true;
}

static bool map_lower(cc_value_t *out, const cc_value_t *in, const cc_modifying_t *m)
{
    return each_letter(out, in, ascii_lower, m->pool);
}

static bool map_upper(cc_value_t *out, const cc_value_t *in, const cc_modifying_t *m)
{
    return each_letter(out, in, ascii_upper, m->pool);
}

static bool map_local(cc_value_t *out, const cc_value_t *in, const cc_modifying_t *m)
{
    const char *at = strrchr(in->text, '@');

    if (at) {
        apr_size_t len = (apr_size_t)(at - in->text);
        *out = cc_modified_text(apr_pstrmemdup(m->pool, in->text, len), len);
    }
    return at != NULL;
}

static bool map_domain(cc_value_t *out, const cc_value_t *in, const cc_modifying_t *m)
{
    const char *at = strrchr(in->text, '@');

    (void)m;
    if (at) {
        *out = cc_modified_text(at + 1, strlen(at + 1));
    }
    return at != NULL;
}

static bool map_oneline(cc_value_t *out, const cc_value_t *in, const cc_modifying_t *m)
{
    *out = cc_value_oneline(in, m->pool);
    return true;
}

static const char *form_domain(const char *text, apr_size_t len)
{
    return memchr(text, '@', len) ? "|domain gives the part after the @" : NULL;
}

static const char *form_oneline(const char *text, apr_size_t len)
{
    return len > 0 && *text != '/' ? "the slash form of a name begins with a slash" : NULL;
}

static const cc_modifier_t modifiers[] = {
    {.word = {"lower",
              "Converts the letters A to Z to lower case; other characters are unchanged. For "
              "text and octets.",
              "san.email|lower == \"alice@example.com\""},
     .takes = CC_TAKES_TEXT | CC_TAKES_OCTETS,
     .letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
     .keeps = CC_KEEPS_WORDS,
     .map = map_lower},
    {.word = {"upper",
              "Converts the letters a to z to upper case; other characters are unchanged. For "
              "text and octets.",
              "subject.C|upper == \"DE\""},
     .takes = CC_TAKES_TEXT | CC_TAKES_OCTETS,
     .letters = "abcdefghijklmnopqrstuvwxyz",
     .keeps = CC_KEEPS_WORDS,
     .map = map_upper},
    {.word = {"local", "The part before the last `@`; a text without `@` gives no value. For text.",
              "san.email|local == \"alice\""},
     .takes = CC_TAKES_TEXT,
     .keeps = CC_KEEPS_LOCAL,
     .map = map_local},
    {.word = {"domain", "The part after the last `@`; a text without `@` gives no value. For text.",
              "san.email|domain|lower == \"example.com\""},
     .takes = CC_TAKES_TEXT,
     .keeps = CC_KEEPS_DOMAIN,
     .form = form_domain,
     .hinted = true,
     .map = map_domain},
    {.word = {"oneline",
              "The slash form of a DN, as in grid-mapfiles and FakeBasicAuth lists. For DNs; "
              "unusable if another name could have the same text.",
              "subject|oneline == \"/C=DE/O=Example/CN=Alice\""},
     .takes = CC_TAKES_DN,
     .form = form_oneline,
     .hinted = true,
     .map = map_oneline},
};

const cc_modifiers_t cc_modifiers_text = {modifiers,
                                          (int)(sizeof(modifiers) / sizeof(modifiers[0]))};
