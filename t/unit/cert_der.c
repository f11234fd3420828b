/* SPDX-License-Identifier: Apache-2.0 */
/* Tests which octets are accepted as DER, which elements a path leads to, and what they are. */
#include <string.h>

#include <apr_strings.h>

#include "cert/cert.h"
#include "suite.h"

static apr_pool_t *pool;

static void setup(void)
{
    apr_pool_create(&pool, NULL);
}

static void teardown(void)
{
    apr_pool_destroy(pool);
}

/* A value from hex; spaces separate elements for the reader. */
static cc_value_t der(const char *hex)
{
    char *text = apr_pstrdup(pool, hex), *to = text;

    for (; *hex; hex++)
        if (*hex != ' ')
            *to++ = *hex;
    *to = '\0';
    return (cc_value_t){.text = text, .len = strlen(text), .key = text, .key_len = strlen(text)};
}

/* The values, separated by spaces; "!" and the reason for one that is unusable. */
static const char *listed(const apr_array_header_t *values)
{
    const char *list = "";

    for (int i = 0; i < values->nelts; i++) {
        const cc_value_t *value = &APR_ARRAY_IDX(values, i, cc_value_t);
        list = apr_pstrcat(pool, list, i ? " " : "", value->unusable ? "!" : value->text,
                           value->unusable, NULL);
    }
    return list;
}

static const char *at(const char *hex, const char *text)
{
    apr_array_header_t *out = apr_array_make(pool, 1, sizeof(cc_value_t));
    cc_value_t value = der(hex);
    const cc_der_path_t *path = NULL;

    ck_assert_int_eq(cc_der_path_read(&path, text, pool, NULL), APR_SUCCESS);
    cc_der_path_follow(out, &value, path, pool);
    return listed(out);
}

/* What one of the functions makes of a value, or "!" and the reason. */
typedef cc_value_t as_fn(const cc_value_t *der, apr_pool_t *p);

static const char *as(as_fn *make, const char *hex)
{
    cc_value_t value = der(hex), made = make(&value, pool);

    return made.unusable ? apr_pstrcat(pool, "!", made.unusable, NULL) : made.text;
}

/* ---- what is DER ------------------------------------------------------------------------- */

#define BAD "!it is not valid DER"

static const char *const valid[] = {"0500", "0101ff", "010100", "020100", "02017f", "02020080",
                                    "0201ff", "0202ff7f", "0a0105", "030100", "03020780",
                                    "030200ff", "0400", "0403ffffff", "06012a", "06032a8100",
                                    "3000", "3100", "3002 0500", "8000", "a000", "a0020500",
                                    "bf1f00", "9f860000", "5f8f7f00", "c003000000", "0c03616263",
                                    /* a SET that is not sorted */
                                    "3106 020102 020101"};

TEST_LOOP(der_is_read, 0, COUNT(valid))
{
    const char *text = as(cc_der_content, valid[_i]);

    ck_assert_msg(*text != '!', "%s: %s", valid[_i], text);
}

static const char *const invalid[] = {
    "", "05", "0501", "050100", "05000500", "0500 00", "ff", "1f", "1f00", "1f1e00", "bf8000",
    "bf801f00", "1fffffffff7f00",
    /* lengths: missing, indefinite, not the shortest, too long */
    "04", "0480", "3080 0000", "048100", "04810100", "0482000100", "0405 00", "0484ffffffff",
    "04ff", "0488000000000000000100", "04830000",
    /* form: a primitive sequence, a constructed string or integer, the reserved tag */
    "1000", "1100", "2400", "2403 0401aa", "2203 020101", "0000", "3002 0000",
    /* contents */
    "0100", "010101", "0102ffff", "0200", "02020001", "0202ffff", "0a00", "0a020001", "0300",
    "030101", "030208 00", "030201 01", "050100", "0600", "0601 80", "0602 2a80", "0603 2a8001",
    /* inside */
    "3003 020200", "3002 0200", "3001 05", "a002 0500 00", "a003 020200", "bf1f03 010101",
    "30053003020200", "zz", "300", "-01"};

TEST_LOOP(anything_else_is_unusable, 0, COUNT(invalid))
{
    ck_assert_msg(strncmp(as(cc_der_content, invalid[_i]), "!it is not", 10) == 0, "%s",
                  invalid[_i]);
    ck_assert_msg(strncmp(at(invalid[_i], "*"), "!it is not", 10) == 0, "%s", invalid[_i]);
}

/* Elements, each inside the one before it. */
static const char *nested(int levels, const char *core)
{
    for (int i = 0; i < levels; i++)
        core = apr_psprintf(pool, "30%02x%s", (unsigned)strlen(core) / 2, core);
    return core;
}

TEST(elements_are_nested_at_most_16_deep)
{
    ck_assert_str_eq(as(cc_der_as_text, nested(15, "0c0161")), "a");
    ck_assert_str_eq(as(cc_der_as_text, nested(16, "0c0161")),
                     "!its elements are nested more than 16 deep");
}

/* A sequence of `count` elements. */
static const char *sequence(int count, const char *element)
{
    apr_array_header_t *parts = apr_array_make(pool, count, sizeof(char *));
    const char *inside;
    unsigned len;

    for (int i = 0; i < count; i++)
        APR_ARRAY_PUSH(parts, const char *) = element;
    inside = apr_array_pstrcat(pool, parts, 0);
    len = (unsigned)strlen(inside) / 2;
    return apr_psprintf(pool, len > 65535 ? "3083%06x%s" : "3082%04x%s", len, inside);
}

TEST(elements_and_octets_are_limited)
{
    ck_assert_str_eq(at(sequence(999, "0500"), "999"), "0500");
    ck_assert_str_eq(at(sequence(1000, "0500"), "1"), "!it has more than 1,000 elements");
    ck_assert_str_eq(at(sequence(17000, "04023030"), "1"), "!it is larger than 65,536 octets");
}

/* 300 strings of octets, each with a sequence of three: 1 + 300 + 300 * 4 elements. */
TEST(elements_inside_strings_count_too)
{
    const char *many = sequence(300, "04083006050005000500");

    ck_assert_str_eq(at(many, "300"), "04083006050005000500");
    ck_assert_str_eq(at(many, "*/*"), "!it has more than 1,000 elements");
}

/* ---- paths ------------------------------------------------------------------------------- */

/* SEQUENCE { OID 1.2.3, [0] { "a" }, [1] implicit, SET { 7, 8 }, OCTET STRING { SEQUENCE { "b" } },
 * SEQUENCE { OID 1.2.4, "c", TRUE }, NULL, BIT STRING { INTEGER }, [31] { NULL } }. */
#define TREE                                                                                       \
    "3034 06022a03 a0030c0161 810162 3106020107020108 0405 30030c0162"                             \
    " 300a 06022a04 0c0163 0101ff 0500 0304 00020109 bf1f020500"

typedef struct path_case_t {
    const char *path, *found;
} path_case_t;

static const path_case_t paths[] = {
    {"1", "06022a03"},
    {"2", "a0030c0161"},
    {"9", "bf1f020500"},
    {"10", ""},
    {"*", "06022a03 a0030c0161 810162 3106020107020108 040530030c0162 "
          "300a06022a040c01630101ff 0500 030400020109 bf1f020500"},
    {"[0]", "a0030c0161"},
    {"[1]", "810162"},
    {"[31]", "bf1f020500"},
    {"[2]", ""},
    {"1.2.4", "300a06022a040c01630101ff"},
    {"1.2.3", ""},
    {"sequence", "300a06022a040c01630101ff"},
    {"set", "3106020107020108"},
    {"oid", "06022a03"},
    {"null", "0500"},
    {"octets", "040530030c0162"},
    {"bits", "030400020109"},
    {"string", ""},
    {"*/string", "0c0161 0c0163"},
    {"*/integer", "020107 020108 020109"},
    {"*/boolean", "0101ff"},
    {"4/2", "020108"},
    {"4/*", "020107 020108"},
    /* into a tag, and into strings of octets and bits */
    {"[0]/1", "0c0161"},
    {"5/1", "30030c0162"},
    {"5/1/1", "0c0162"},
    {"8/integer", "020109"},
    {"[1]/1", ""},
    {"1.2.4/string", "0c0163"},
    {"1.2.4/1", "06022a04"},
    {"1/1", ""},
    {"7/*", ""},
};

TEST_LOOP(a_path_leads_to_elements, 0, COUNT(paths))
{
    ck_assert_str_eq(at(TREE, paths[_i].path), paths[_i].found);
}

TEST(a_string_of_octets_is_entered_only_if_it_is_one_element)
{
    ck_assert_str_eq(at("3004 04020500", "1/*"), "0500");
    ck_assert_str_eq(at("3006 0404 05000500", "1/*"), "");
    ck_assert_str_eq(at("3005 0403 616263", "1/*"), "");
    ck_assert_str_eq(at("3002 0400", "1/*"), "");
    ck_assert_str_eq(at("3005 0303 010500", "1/*"), "");
    ck_assert_str_eq(at("3003 030100", "1/*"), "");
}

/* All types of character strings are strings, also those that are not decoded. */
TEST(every_character_string_is_a_string)
{
    ck_assert_str_eq(at("3016 0c00 1200 1300 1400 1500 1600 1900 1a00 1b00 1c00 1e00", "string"),
                     "0c00 1200 1300 1400 1500 1600 1900 1a00 1b00 1c00 1e00");
    ck_assert_str_eq(at("3006 1700 1800 0400", "string"), "");
    ck_assert_str_eq(at("3006 1700 1800 0400", "time"), "1700 1800");
}

static const char *const no_paths[] = {"",     "/",    "1/",       "/1",    "1//2",
                                       "0",    "01",   "1001",     "-1",    "+1",
                                       "1 ",   "a",    "Sequence", "1.x",   "1.2.",
                                       ".1",   "1..2", "9.9",      "[",     "[]",
                                       "[a]",  "[1",   "1]",       "[01]",  "[1001]",
                                       "[-1]", "**",   "1*",       "{1.2}", "99999999999999999999"};

TEST_LOOP(what_is_no_path_is_an_error, 0, COUNT(no_paths))
{
    const cc_der_path_t *path = NULL;
    cc_error_t err = {0};

    ck_assert_int_eq(cc_der_path_read(&path, no_paths[_i], pool, &err), APR_EINVAL);
    ck_assert_str_eq(err.tag, "CC0247");
    ck_assert_ptr_nonnull(strstr(err.message, "octets, bits, null"));
    ck_assert_ptr_nonnull(err.word);
}

TEST(a_path_has_at_most_16_steps)
{
    const cc_der_path_t *path = NULL;
    cc_error_t err = {0};

    ck_assert_int_eq(cc_der_path_read(&path, "1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16", pool, &err),
                     APR_SUCCESS);
    ck_assert_int_eq(
        cc_der_path_read(&path, "1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17", pool, &err),
        APR_EINVAL);
    ck_assert_str_eq(err.tag, "CC0248");
}

/* ---- values ------------------------------------------------------------------------------ */

typedef struct value_case_t {
    as_fn *make;
    const char *hex, *text;
} value_case_t;

#define NO_TEXT "!it is not a character string"

static const value_case_t values[] = {
    {cc_der_as_text, "0c036a c3bc", "j\xC3\xBC"},
    {cc_der_as_text, "130161", "a"},
    {cc_der_as_text, "160161", "a"},
    {cc_der_as_text, "1e04006100fc", "a\xC3\xBC"},
    {cc_der_as_text, "0c00", ""},
    /* wrapped */
    {cc_der_as_text, "3003 0c0161", "a"},
    {cc_der_as_text, "3103 0c0161", "a"},
    {cc_der_as_text, "a003 0c0161", "a"},
    {cc_der_as_text, "0403 0c0161", "a"},
    {cc_der_as_text, "0407 a005 3003 0c0161", "a"},
    {cc_der_as_text, "3006 0c0161 0c0162", NO_TEXT},
    {cc_der_as_text, "3000", NO_TEXT},
    {cc_der_as_text, "0403 616263", NO_TEXT},
    {cc_der_as_text, "8003 616263", NO_TEXT},
    {cc_der_as_text, "0500", NO_TEXT},
    {cc_der_as_text, "020161", NO_TEXT},
    {cc_der_as_text, "1b0161", NO_TEXT},
    {cc_der_as_text, "0c0161 0c0162", BAD},
    {cc_der_as_text, "616263", BAD},
    /* text that no field has either */
    {cc_der_as_text, "0c03610062", "!it contains a NUL"},
    {cc_der_as_text, "0c02610a", "!it contains a control character"},
    {cc_der_as_text, "0c02c328", "!it is not valid UTF-8"},
    {cc_der_as_text, "1301fc", "!it contains an octet that its string type does not define"},
    {cc_der_as_oid, "06062a864886f70d", "1.2.840.113549"},
    {cc_der_as_oid, "3004 06022a03", "1.2.3"},
    {cc_der_as_oid, "0c0161", "!it is not an object identifier"},
    {cc_der_as_integer, "020100", "0"},
    {cc_der_as_integer, "0201ff", "-1"},
    {cc_der_as_integer, "0202ff00", "-256"},
    {cc_der_as_integer, "020200ff", "255"},
    {cc_der_as_integer, "0a0105", "5"},
    {cc_der_as_integer, "02087fffffffffffffff", "9223372036854775807"},
    {cc_der_as_integer, "02088000000000000000", "-9223372036854775808"},
    {cc_der_as_integer, "0209008000000000000000", "!it is an integer of more than 64 bits"},
    {cc_der_as_integer, "0c0161", "!it is not an integer"},
    {cc_der_as_boolean, "0101ff", "true"},
    {cc_der_as_boolean, "3003 010100", "false"},
    {cc_der_as_boolean, "020100", "!it is not a boolean"},
    {cc_der_as_time, "170d3236303130313030303030305a", "2026-01-01T00:00:00Z"},
    {cc_der_as_time, "180f31393731313031343132303030305a", "1971-10-14T12:00:00Z"},
    {cc_der_as_time, "180d3139373131303134313230305a", "!it is a date that cannot be decoded"},
    {cc_der_as_time, "0c0161", "!it is not a time"},
    {cc_der_content, "0403 616263", "616263"},
    {cc_der_content, "3003 0c0161", "0c0161"},
    {cc_der_content, "030200ff", "00ff"},
    {cc_der_content, "8000", ""},
    {cc_octets_utf8, "616263", "abc"},
    {cc_octets_utf8, "", ""},
    {cc_octets_utf8, "0c0161", "!it contains a control character"},
    {cc_octets_utf8, "fc", "!it is not valid UTF-8"},
    {cc_octets_utf8, "-05", "!it is a number, not a text"},
};

TEST_LOOP(an_element_is_what_its_tag_says, 0, COUNT(values))
{
    const char *text = as(values[_i].make, values[_i].hex);

    ck_assert_msg(strcmp(text, values[_i].text) == 0, "%s: %s, not %s", values[_i].hex, text,
                  values[_i].text);
}

TEST(a_number_is_compared_as_one)
{
    cc_value_t value = der("0202ff00"), number = cc_der_as_integer(&value, pool);

    ck_assert_int_eq(number.number, -256);
    ck_assert_str_eq(number.key, "-256");
}

SUITE("inside DER", .setup = setup, .teardown = teardown);
