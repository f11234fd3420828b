/* SPDX-License-Identifier: Apache-2.0 */
/* Tests keys of octets: hex, base64, base64url, and digests with their name. */
#include <string.h>

#include <apr_strings.h>

#include "suite.h"
#include "tableset.h"

static tableset_t set;

static void setup(void)
{
    tableset_begin(&set);
}

static void teardown(void)
{
    tableset_end(&set);
}

/* SHA-256 and SHA-1 of nothing, and the octets fb ff fe. */
#define HEX "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define BASE64 "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU"
#define BASE64URL "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU"
#define SHA1_HEX "da39a3ee5e6b4b0d3255bfef95601890afd80709"
#define SHA1_BASE64 "2jmj7l5rSw0yVb/vlWAYkK/YBwk="

/* The answer of a table with this one key to the octets that are written in hex. */
static const char *row_of(const char *option, const char *key, const char *hex)
{
    cc_query_t query = {.key = hex, .len = strlen(hex), .form = CC_KEY_HEX};

    tableset_write(&set, "f", apr_pstrcat(set.pool, "\"", key, "\" row\n", NULL));
    tableset_open(&set, apr_pstrcat(set.pool, "file:f ", option, NULL), 0);
    switch (cc_table_lookup(set.table, &query, 0, set.pool)) {
    case CC_TABLE_FOUND:
        return query.row.columns[0].values[0];
    case CC_TABLE_MISSING:
        return "MISSING";
    default:
        return query.info.failure;
    }
}

static const struct {
    const char *option, *key, *hex;
} same[] = {
    {"octets", HEX, HEX},
    {"octets=hex", HEX, HEX},
    {"octets=base64", BASE64, HEX},
    {"octets=base64", BASE64 "=", HEX},
    {"octets=base64", BASE64URL, HEX},
    {"octets=base64url", BASE64URL, HEX},
    {"octets=base64url", BASE64, HEX},
    {"octets=base64", SHA1_BASE64, SHA1_HEX},
    {"octets=base64", "+//+", "fbfffe"},
    {"octets=base64url", "-__-", "fbfffe"},
    {"octets=base64", "AA==", "00"},
    {"octets=base64url", "AA", "00"},
    /* the name of a digest, with whichever form has its length */
    {"octets", "SHA256:" BASE64, HEX},
    {"octets", "sha256//" BASE64 "=", HEX},
    {"octets", "sha256-" BASE64 "=", HEX},
    {"octets", "SHA256:" HEX, HEX},
    {"octets=base64", "SHA256:" BASE64, HEX},
    {"octets=base64url", "sha256//" BASE64 "=", HEX},
    {"octets=base64", "sha256:" HEX, HEX},
    {"octets=base64", "SHA1:da:39:a3:ee:5e:6b:4b:0d:32:55:bf:ef:95:60:18:90:af:d8:07:09", SHA1_HEX},
    {"octets", "sha1//" SHA1_BASE64, SHA1_HEX},
};

TEST_LOOP(a_key_is_found_in_each_form_that_the_table_takes, 0, COUNT(same))
{
    ck_assert_str_eq(row_of(same[_i].option, same[_i].key, same[_i].hex), "row");
    ck_assert_str_eq(row_of(same[_i].option, same[_i].key, "00ff"), "MISSING");
}

TEST(hex_digits_are_base64_in_a_table_of_base64)
{
    ck_assert_str_eq(row_of("octets=base64", "abcd", "69b71d"), "row");
}

TEST(a_text_is_read_as_a_key_of_the_table_is)
{
    tableset_write(&set, "f", BASE64 "= row\n");
    tableset_open(&set, "file:f octets=base64", 0);
    ck_assert_str_eq(tableset_ask(&set, BASE64URL), "row");
    ck_assert_str_eq(tableset_ask(&set, "SHA256:" BASE64), "row");
    ck_assert_str_eq(tableset_ask(&set, HEX), "MISSING");
}

static const struct {
    const char *option, *key, *says;
} wrong[] = {
    {"octets", BASE64, "the key is not hex; it is base64, for which the option is octets=base64"},
    {"octets", BASE64 "=", "for which the option is octets=base64"},
    {"octets", "xyz", "the key is not hex; write an even number of hex digits"},
    {"octets", "SHA256:" BASE64 "A", "the key is not hex"},
    {"octets", "SHA256:" SHA1_HEX, "the key is not hex"},
    {"octets", "SHA1:" BASE64, "the key is not hex"},
    {"octets", "MD5:d41d8cd98f00b204e9800998ecf8427e", "the key is not hex"},
    {"octets=base64", HEX, "the key is not base64; it is hex, for which the option is octets"},
    {"octets=base64url", SHA1_HEX, "it is hex, for which the option is octets"},
    {"octets=base64", HEX "A", "the key is not base64; write all digits"},
    {"octets=base64", "A", "the key is not base64; write all digits"},
    {"octets=base64", "AAAAA", "the key is not base64"},
    {"octets=base64", "AAA=A", "the key is not base64"},
    {"octets=base64", "AP8=", NULL},
    {"octets=base64", "AP9=", "the key is not base64"}, /* bits that belong to no octet */
    {"octets=base64", "AP8==", "the key is not base64"},
    {"octets=base64", "AB==", "the key is not base64"},
    {"octets=base64", "AA=", "the key is not base64"},
    {"octets=base64", "====", "the key is not base64"},
    {"octets=base64", "a:b", "the key is not base64"},
    {"octets=base64", "\xC3\xBC", "the key is not base64"},
};

TEST_LOOP(another_text_is_a_bad_line, 0, COUNT(wrong))
{
    apr_status_t status = APR_SUCCESS;

    tableset_write(&set, "f", apr_pstrcat(set.pool, wrong[_i].key, " row\n", NULL));
    status = tableset_try(&set, apr_pstrcat(set.pool, "file:f ", wrong[_i].option, NULL), 0);
    ck_assert_int_eq(status == APR_SUCCESS, wrong[_i].says == NULL);
    if (wrong[_i].says) {
        ck_assert_msg(strstr(tableset_error(&set), wrong[_i].says) != NULL, "%s",
                      tableset_error(&set));
    }
}

TEST(the_same_octets_in_two_forms_are_one_key)
{
    tableset_write(&set, "f", HEX " a\nSHA256:" BASE64 " b\n");
    ck_assert_int_ne(tableset_try(&set, "file:f octets", 0), APR_SUCCESS);
    ck_assert_ptr_nonnull(strstr(tableset_error(&set), "f:2: the same key as in line 1"));
}

/* ---- sources that have the keys as text ------------------------------------------------------ */

static const char *given; /* the key that the source was asked for */

static apr_status_t given_open(void **state, const cc_table_spec_t *spec, apr_pool_t *p,
                               cc_error_t *err)
{
    (void)state, (void)spec, (void)p, (void)err;
    return APR_SUCCESS;
}

static cc_table_result_t given_lookup(cc_row_t *row, void *state, const char *key, apr_size_t len,
                                      cc_answer_info_t *info, apr_pool_t *p)
{
    (void)row, (void)state, (void)info, (void)p;
    given = apr_pstrmemdup(set.pool, key, len);
    return CC_TABLE_MISSING;
}

static const cc_backend_t giver = {.type = "given", .open = given_open, .lookup = given_lookup};
static const cc_backend_t *const givers[] = {&giver, NULL};

static const char *asked_for(const char *option, const char *key, cc_key_form_t form)
{
    cc_query_t query = {.key = key, .len = strlen(key), .form = form};

    ck_assert_int_eq(
        tableset_try_with(&set, givers, apr_pstrcat(set.pool, "given:x ", option, NULL), 0),
        APR_SUCCESS);
    given = "nothing";
    cc_table_lookup(set.table, &query, 0, set.pool);
    return given;
}

TEST(another_source_gets_the_key_in_the_form_of_the_table)
{
    ck_assert_str_eq(asked_for("octets", "AB:CD", CC_KEY_HEX), "abcd");
    ck_assert_str_eq(asked_for("octets=base64", HEX, CC_KEY_HEX), BASE64 "=");
    ck_assert_str_eq(asked_for("octets=base64url", HEX, CC_KEY_HEX), BASE64URL);
    ck_assert_str_eq(asked_for("octets=base64", SHA1_HEX, CC_KEY_HEX), SHA1_BASE64);
    ck_assert_str_eq(asked_for("octets=base64", "fb", CC_KEY_HEX), "+w==");
    ck_assert_str_eq(asked_for("octets=base64url", "+w==", CC_KEY_WRITTEN), "-w");
    ck_assert_str_eq(asked_for("octets=base64url", "fbff", CC_KEY_HEX), "-_8");
    ck_assert_str_eq(asked_for("octets=base64", "zz", CC_KEY_HEX), "nothing");
    ck_assert_str_eq(asked_for("", HEX, CC_KEY_HEX), HEX);
}

SUITE("octets", .setup = setup, .teardown = teardown);
