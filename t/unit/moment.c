/* SPDX-License-Identifier: Apache-2.0 */
/* Tests moments as text, as octets, and as the times of certificates. */
#include <string.h>

#include "base/moment.h"
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

static bool reads(apr_int64_t *seconds, cc_time_form_t form, const char *text)
{
    return cc_moment_asn1(seconds, form, (const unsigned char *)text, strlen(text));
}

TEST(a_moment_is_written_as_iso_8601_has_it)
{
    ck_assert_str_eq(cc_moment_text(0, pool), "1970-01-01T00:00:00Z");
    ck_assert_str_eq(cc_moment_text(apr_time_from_sec(1795262399) + 999999, pool),
                     "2026-11-21T11:59:59Z");
}

TEST(a_date_or_a_moment_is_read_in_one_form)
{
    static const char *const wrong[] = {"",
                                        "2026-11-2",
                                        "2026-11-31",
                                        "2026/11/21",
                                        "20261121",
                                        "2026-11-21T12:00:00",
                                        "2026-11-21T12:00:00z",
                                        "2026-11-21 12:00:00Z",
                                        "2026-11-21T24:00:00Z",
                                        "2026-11-21T12:00:60Z",
                                        "2026-11-21T12:00:00+00:00",
                                        " 2026-11-21",
                                        "2026-00-21",
                                        "+026-11-21"};
    apr_time_t moment = 1;
    bool is_date = false;

    ck_assert(cc_moment_read(&moment, &is_date, "2026-11-21"));
    ck_assert(is_date);
    ck_assert_str_eq(cc_moment_text(moment, pool), "2026-11-21T00:00:00Z");
    ck_assert(cc_moment_read(&moment, &is_date, "2026-11-21T11:59:59Z"));
    ck_assert(!is_date);
    ck_assert_str_eq(cc_moment_text(moment, pool), "2026-11-21T11:59:59Z");
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
        ck_assert_msg(!cc_moment_read(&moment, &is_date, wrong[i]), "%s", wrong[i]);
    }
}

TEST(a_moment_comes_back_out_of_its_octets)
{
    const apr_time_t moments[] = {0, 1, -1, APR_INT64_MAX, apr_time_from_sec(1795262399)};
    unsigned char octets[8];

    for (int i = 0; i < 5; i++) {
        cc_moment_put(octets, moments[i]);
        ck_assert_int_eq(cc_moment_get(octets), moments[i]);
    }
    cc_moment_put(octets, 0x0102);
    ck_assert_mem_eq(octets, "\0\0\0\0\0\0\1\2", 8);
}

TEST(the_years_of_a_utc_time_are_from_1950_to_2049)
{
    apr_int64_t seconds = 0;

    ck_assert(reads(&seconds, CC_UTC_TIME, "700101000000Z"));
    ck_assert_int_eq(seconds, 0);
    ck_assert(reads(&seconds, CC_UTC_TIME, "500101000000Z"));
    ck_assert_int_eq(seconds, -631152000);
    ck_assert(reads(&seconds, CC_UTC_TIME, "491231235959Z"));
    ck_assert_int_eq(seconds, 2524607999);
}

TEST(a_generalized_time_has_every_year_of_four_digits)
{
    apr_int64_t seconds = 0;

    ck_assert(reads(&seconds, CC_GENERALIZED_TIME, "00000101000000Z"));
    ck_assert_int_eq(seconds, -62167219200);
    ck_assert(reads(&seconds, CC_GENERALIZED_TIME, "20240229120000Z"));
    ck_assert_int_eq(seconds, 1709208000);
    ck_assert(reads(&seconds, CC_GENERALIZED_TIME, "99991231235959Z"));
    ck_assert_int_eq(seconds, 253402300799);
}

static const char *const no_times[] = {
    "",
    "20260101000000",
    "202601010000Z",
    "20260101000000.5Z",
    "20260101000000+0100",
    "2026010100000xZ",
    "20261301000000Z",
    "20260001000000Z",
    "20260132000000Z",
    "20260100000000Z",
    "20260229000000Z",
    "19000229000000Z",
    "20260101240000Z",
    "20260101006000Z",
    "20260101000060Z",
    "x0260101000000Z",
};

TEST_LOOP(another_form_and_a_day_that_is_none_are_no_time, 0, COUNT(no_times))
{
    apr_int64_t seconds = 7;

    ck_assert(!reads(&seconds, CC_GENERALIZED_TIME, no_times[_i]));
    ck_assert(!reads(&seconds, CC_UTC_TIME, no_times[_i]));
    ck_assert_int_eq(seconds, 7);
}

SUITE("moment", .setup = setup, .teardown = teardown);
