/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests the quota of a kind of log line: how many lines it permits, when it reports, and
 * clocks.
 */
#include <string.h>

#include "httpd/metrics/quota.h"
#include "suite.h"

#define NOW apr_time_from_sec(1000000)
#define MSEC(n) apr_time_from_msec(n)

static cc_quota_t quota;

static void setup(void)
{
    memset(&quota, 0, sizeof(quota));
}

/* How many of this many lines are permitted at this moment. */
static int lets(int lines, apr_time_t now)
{
    int let = 0;

    for (int i = 0; i < lines; i++) {
        let += cc_quota_take(&quota, now);
    }
    return let;
}

TEST(a_hundred_at_once_and_ten_a_second)
{
    ck_assert_int_eq(lets(150, NOW), 100);
    ck_assert_uint_eq(atomic_load(&quota.left_out), 50);
    ck_assert_int_eq(lets(5, NOW + MSEC(99)), 0);
    ck_assert_int_eq(lets(5, NOW + MSEC(100)), 1);
    ck_assert_int_eq(lets(50, NOW + MSEC(1100)), 10);
    ck_assert_int_eq(lets(500, NOW + MSEC(60000)), 100);
}

TEST(lines_that_come_slowly_are_all_let)
{
    for (int i = 0; i < 1000; i++) {
        ck_assert_int_eq(lets(1, NOW + i * MSEC(100)), 1);
    }
    ck_assert_uint_eq(atomic_load(&quota.left_out), 0);
}

TEST(a_clock_that_is_set_back_does_not_stop_lines)
{
    ck_assert_int_eq(lets(100, NOW), 100);
    ck_assert_int_eq(lets(150, NOW - apr_time_from_sec(3600)), 100);
}

TEST(what_was_left_out_is_reported_once_a_second_old)
{
    apr_time_t since;

    ck_assert(!cc_quota_report_due(&quota, NOW));
    lets(103, NOW);
    ck_assert(!cc_quota_report_due(&quota, NOW + MSEC(999)));
    ck_assert(cc_quota_report_due(&quota, NOW + MSEC(1000)));
    ck_assert_uint_eq(cc_quota_report(&quota, &since), 3);
    ck_assert(since == NOW);
    ck_assert(!cc_quota_report_due(&quota, NOW + MSEC(5000)));
    ck_assert_uint_eq(cc_quota_report(&quota, &since), 0);
    ck_assert_uint_eq(atomic_load(&quota.left_out), 3);
}

TEST(every_kind_has_a_tag_of_its_own)
{
    for (int i = 0; i < CC_QUOTA_COUNT; i++) {
        ck_assert_uint_eq(strlen(cc_quota_tags[i]), 6);
        for (int j = 0; j < i; j++) {
            ck_assert_str_ne(cc_quota_tags[j], cc_quota_tags[i]);
        }
    }
    ck_assert_ptr_null(cc_quota_tags[CC_QUOTA_COUNT]);
    ck_assert_str_eq(cc_quota_tags[CC_QUOTA_NOTE_LAST], "CC0134");
}

SUITE("quota", .setup = setup);
