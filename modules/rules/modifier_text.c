/* SPDX-License-Identifier: Apache-2.0 */
/* Implements the modifiers that make a text of each value. */
#include "base/fold.h"
#include "rules/modifier.h"

static bool map_lower(cc_value_t *out, const cc_value_t *in, const cc_modifying_t *m)
{
    apr_size_t len = 0;
    const char *text = cc_fold_lower(in->text, in->len, &len, m->pool);

    *out = cc_modified_text(text, len);
    return true;
}

static bool map_upper(cc_value_t *out, const cc_value_t *in, const cc_modifying_t *m)
{
    apr_size_t len = 0;
    const char *text = cc_fold_upper(in->text, in->len, &len, m->pool);

    *out = cc_modified_text(text, len);
    return true;
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

static bool map_rfc2253(cc_value_t *out, const cc_value_t *in, const cc_modifying_t *m)
{
    *out = cc_value_rfc2253(in, m->pool);
    return true;
}

static bool map_legacy(cc_value_t *out, const cc_value_t *in, const cc_modifying_t *m)
{
    *out = cc_value_legacy(in, m->pool);
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

static const char *form_rfc2253(const char *text, apr_size_t len)
{
    return len > 0 && *text == '/' ? "|rfc2253 begins with the most specific attribute, and has no "
                                     "slash before it"
                                   : NULL;
}

static const cc_modifier_t modifiers[] = {
    {.word = {"lower",
              "Converts letters to lower case, each character by itself; no character beyond "
              "ASCII becomes one of `a` to `z`. For text and octets.",
              "san.email|lower == \"alice@example.com\""},
     .takes = CC_TAKES_TEXT | CC_TAKES_OCTETS,
     .letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
     .keeps = CC_KEEPS_WORDS,
     .map = map_lower},
    {.word = {"upper",
              "Converts letters to upper case, each character by itself; no character beyond "
              "ASCII becomes one of `A` to `Z`. For text and octets.",
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
    {.word =
         {"oneline",
          "The slash form of a DN, as in grid-mapfiles. For DNs; unusable if another name could "
          "have the same text.",
          "subject|oneline == \"/C=DE/O=Example/CN=Alice\""},
     .takes = CC_TAKES_DN,
     .form = form_oneline,
     .hinted = true,
     .one_to_one = true,
     .map = map_oneline},
    {.word = {"rfc2253",
              "The text of a DN in mod_ssl's `SSL_CLIENT_S_DN`: RFC 2253 as OpenSSL writes it. For "
              "DNs; unusable if another name has the same text.",
              "subject|rfc2253 == \"CN=J\\C3\\B6rg,O=Example,C=DE\""},
     .takes = CC_TAKES_DN,
     .form = form_rfc2253,
     .hinted = true,
     .one_to_one = true,
     .map = map_rfc2253},
    {.word =
         {"legacy",
          "The text of a DN in `SSL_CLIENT_S_DN` with `SSLOptions +LegacyDNStringFormat`, and in "
          "FakeBasicAuth lists. For DNs; unusable if another name has the same text.",
          "subject|legacy == \"/C=DE/O=Example/CN=J\\xC3\\xB6rg\""},
     .takes = CC_TAKES_DN,
     .form = form_oneline,
     .hinted = true,
     .one_to_one = true,
     .map = map_legacy},
};

const cc_modifiers_t cc_modifiers_text = {modifiers,
                                          (int)(sizeof(modifiers) / sizeof(modifiers[0]))};
