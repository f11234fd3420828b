/* SPDX-License-Identifier: Apache-2.0 */
/* Tests how moments are written for people. */
#include "httpd/status/dates.h"
#include "suite.h"

#define HOUR 3600
#define DAY (24 * HOUR)
#define NOW 1795928280 /* 29 November 2026, 04:58 UTC */

static apr_pool_t *pool;

static void setup(void)
{
    apr_pool_create(&pool, NULL);
}

static void teardown(void)
{
    apr_pool_destroy(pool);
}

static const struct {
    apr_int64_t seconds;
    const char *text;
} dates[] = {
    {NOW, "29 November 2026, 04:58 UTC"},
    {0, "1 January 1970, 00:00 UTC"},
    {-1, "31 December 1969, 23:59 UTC"},
    {253402300799, "31 December 9999, 23:59 UTC"},
};

TEST_LOOP(a_date_is_written_as_people_write_it, 0, COUNT(dates))
{
    ck_assert_str_eq(cc_date_text(apr_time_from_sec(dates[_i].seconds), pool), dates[_i].text);
}

static const struct {
    apr_int64_t seconds; /* from now */
    const char *text;
} distances[] = {
    {0, "in less than 2 minutes"},    {119, "in less than 2 minutes"}, {120, "in 2 minutes"},
    {2 * HOUR - 1, "in 119 minutes"}, {2 * HOUR, "in 2 hours"},        {2 * DAY - 1, "in 47 hours"},
    {2 * DAY, "in 2 days"},           {5 * DAY - 1, "in 4 days"},      {5000 * DAY, "in 5000 days"},
    {-1, "less than 2 minutes ago"},  {-HOUR, "60 minutes ago"},       {-3 * DAY - 1, "3 days ago"},
};

TEST_LOOP(a_distance_is_in_whole_units, 0, COUNT(distances))
{
    ck_assert_str_eq(cc_date_distance(apr_time_from_sec(NOW + distances[_i].seconds),
                                      apr_time_from_sec(NOW), pool),
                     distances[_i].text);
}

TEST(only_the_form_of_the_fields_is_read)
{
    static const char *const others[] = {"",
                                         "2026-11-29",
                                         "2026-11-29T04:58:00",
                                         "2026-11-29 04:58:00Z",
                                         "2026-13-29T04:58:00Z",
                                         "2026-02-29T04:58:00Z",
                                         "2026-11-29T04:58:0xZ",
                                         "2026-11-29T04:58:00+",
                                         "2026-11-29T04:58:00ZZ"};
    apr_time_t moment = 7;

    for (size_t i = 0; i < COUNT(others); i++) {
        ck_assert(!cc_date_read(&moment, others[i]));
    }
    ck_assert_int_eq(moment, 7);
    ck_assert(cc_date_read(&moment, "2026-11-29T04:58:00Z"));
    ck_assert_int_eq(moment, apr_time_from_sec(NOW));
}

SUITE("dates", .setup = setup, .teardown = teardown);
