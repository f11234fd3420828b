/* SPDX-License-Identifier: Apache-2.0 */
/* Implements the modifiers that look inside DER, such as the value of an extension. */
#include <apr_cstr.h>

#include "rules/modifier.h"

static apr_status_t at_read(const void **argument, const char *text, cc_rules_t *rules,
                            cc_error_t *err)
{
    const cc_der_path_t *path = NULL;
    apr_status_t rv = cc_der_path_read(&path, text, rules->pool, err);

    *argument = path;
    return rv;
}

static void spread_at(apr_array_header_t *out, const cc_value_t *in, const cc_modifying_t *m)
{
    cc_der_path_follow(out, in, m->argument, m->pool);
}

static bool at_single(const void *argument)
{
    return cc_der_path_single(argument);
}

static bool map_text(cc_value_t *out, const cc_value_t *in, const cc_modifying_t *m)
{
    *out = cc_der_as_text(in, m->pool);
    return true;
}

static bool map_oid(cc_value_t *out, const cc_value_t *in, const cc_modifying_t *m)
{
    *out = cc_der_as_oid(in, m->pool);
    return true;
}

static bool map_integer(cc_value_t *out, const cc_value_t *in, const cc_modifying_t *m)
{
    *out = cc_der_as_integer(in, m->pool);
    return true;
}

static bool map_boolean(cc_value_t *out, const cc_value_t *in, const cc_modifying_t *m)
{
    *out = cc_der_as_boolean(in, m->pool);
    return true;
}

static bool map_time(cc_value_t *out, const cc_value_t *in, const cc_modifying_t *m)
{
    *out = cc_der_as_time(in, m->pool);
    return true;
}

static bool map_contents(cc_value_t *out, const cc_value_t *in, const cc_modifying_t *m)
{
    *out = cc_der_content(in, m->pool);
    return true;
}

static bool map_utf8(cc_value_t *out, const cc_value_t *in, const cc_modifying_t *m)
{
    *out = cc_octets_utf8(in, m->pool);
    return true;
}

/* The text of octets is their hex. */
static bool map_hex(cc_value_t *out, const cc_value_t *in, const cc_modifying_t *m)
{
    (void)m;
    *out = cc_modified_text(in->text, in->len);
    return true;
}

/* ---- forms of their texts ---------------------------------------------------------------- */

static const char *form_oid(const char *text, apr_size_t len)
{
    return cc_has_only(text, len, "0123456789.") ? NULL : "it is in dotted form, such as 1.2.840";
}

static const char *form_boolean(const char *text, apr_size_t len)
{
    (void)len;
    return apr_cstr_casecmp(text, "true") == 0 || apr_cstr_casecmp(text, "false") == 0
               ? NULL
               : "it is true or false";
}

/* A serial number may be negative. */
static const char *form_hex(const char *text, apr_size_t len)
{
    apr_size_t sign = *text == '-';

    return (len - sign) % 2 || !cc_has_only(text + sign, len - sign, "0123456789abcdefABCDEF")
               ? "it has hex digits, two for each octet"
               : NULL;
}

/* ---- rows -------------------------------------------------------------------------------- */

static const cc_modifier_t modifiers[] = {
    {.word = {"text",
              "The character string that the value is, or that is the only element in it. "
              "Unusable if it is something else. For DER.",
              "ext.1.3.6.1.4.1.34380.1.1.13|text == \"web\""},
     .takes = CC_TAKES_DER,
     .gives = CC_TYPE_TEXT,
     .map = map_text},
    {.word = {"at",
              "The elements to which a path leads, such as `2/string`: any number of values. For "
              "DER.",
              "ext.1.3.6.1.4.1.34601.2.1.1|at(*/1)|text == \"backup\""},
     .takes = CC_TAKES_DER,
     .gives = CC_TYPE_DER,
     .argument = "PATH",
     .read = at_read,
     .spread = spread_at,
     .single = at_single},
    {.word = {"oid",
              "The object identifier that the value is, or that is the only element in it, as "
              "dotted text. Unusable if it is something else. For DER.",
              "ext.1.3.6.1.4.1.311.21.7|at(1)|oid == 1.3.6.1.4.1.311.21.8.1"},
     .takes = CC_TAKES_DER,
     .gives = CC_TYPE_TEXT,
     .form = form_oid,
     .map = map_oid},
    {.word = {"integer",
              "The integer, of at most 64 bits, that the value is, or that is the only element in "
              "it, as a number. Unusable if it is something else. For DER.",
              "ext.1.3.6.1.4.1.311.21.7|at(2)|integer >= 100"},
     .takes = CC_TAKES_DER,
     .gives = CC_TYPE_NUMBER,
     .map = map_integer},
    {.word = {"boolean",
              "The boolean that the value is, or that is the only element in it: true or false. "
              "Unusable if it is something else. For DER.",
              "ext.2.5.29.19|at(boolean)|boolean == true"},
     .takes = CC_TAKES_DER,
     .gives = CC_TYPE_TEXT,
     .letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
     .form = form_boolean,
     .map = map_boolean},
    {.word = {"time",
              "The time that the value is, or that is the only element in it. Unusable if it is "
              "something else, or if RFC 5280 4.1.2.5 does not allow its form. For DER.",
              "ext.2.5.29.9|at(1.3.6.1.5.5.7.9.1/set/time)|time < 2008-01-01"},
     .takes = CC_TAKES_DER,
     .gives = CC_TYPE_TIME,
     .map = map_time},
    {.word = {"contents", "The content octets of the element, without its tag and length. For DER.",
              "ext.2.5.29.14|contents == 0a0b0c"},
     .takes = CC_TAKES_DER,
     .gives = CC_TYPE_OCTETS,
     .map = map_contents},
    {.word = {"utf8",
              "The octets, read as UTF-8 text. For octets, and for DER of extensions whose value "
              "is no DER but plain text.",
              "ext.1.3.6.1.4.1.57264.1.1|utf8 == \"https://accounts.example.com\""},
     .takes = CC_TAKES_OCTETS | CC_TAKES_DER,
     .gives = CC_TYPE_TEXT,
     .one_to_one = true,
     .map = map_utf8},
    {.word = {"hex", "The hex digits of the octets, as a text. For octets and DER.",
              "ext.1.3.6.1.4.1.32473.2|hex =~ \"0c.*\""},
     .takes = CC_TAKES_OCTETS | CC_TAKES_DER,
     .gives = CC_TYPE_TEXT,
     .letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
     .form = form_hex,
     .one_to_one = true,
     .map = map_hex},
};

const cc_modifiers_t cc_modifiers_der = {modifiers,
                                         (int)(sizeof(modifiers) / sizeof(modifiers[0]))};
