/* SPDX-License-Identifier: Apache-2.0 */
/* Tests when files are due to be checked: often enough, and together. */
#include "base/due.h"
#include "suite.h"

#define SECOND ((apr_interval_time_t)1000000)
#define START (1000 * SECOND + 17)

static cc_due_t due;

static void setup(void)
{
    due = (cc_due_t){0, 0};
}

TEST(what_nobody_has_looked_at_is_due)
{
    ck_assert(cc_due_now(&due, 5 * SECOND, START));
}

TEST(it_is_due_again_after_its_interval_and_not_before)
{
    cc_due_polled(&due, 5 * SECOND, 0, START);
    ck_assert(!cc_due_now(&due, 5 * SECOND, START));
    ck_assert(!cc_due_now(&due, 5 * SECOND, START + 5 * SECOND - 1));
    ck_assert(cc_due_now(&due, 5 * SECOND, START + 5 * SECOND));
    ck_assert_int_eq(due.next, START + 5 * SECOND);
}

TEST(a_look_that_came_late_puts_off_no_other)
{
    cc_due_polled(&due, 5 * SECOND, 0, START);
    cc_due_polled(&due, 5 * SECOND, 0, START + 7 * SECOND);
    ck_assert_int_eq(due.next, START + 10 * SECOND);
    cc_due_polled(&due, 5 * SECOND, 0, START + 10 * SECOND);
    ck_assert_int_eq(due.next, START + 15 * SECOND);
}

TEST(what_is_being_written_is_looked_at_soon_and_then_with_the_others_again)
{
    cc_due_polled(&due, 5 * SECOND, 0, START);
    cc_due_polled(&due, 5 * SECOND, SECOND / 20, START + 5 * SECOND);
    ck_assert_int_eq(due.next, START + 5 * SECOND + SECOND / 20);
    cc_due_polled(&due, 5 * SECOND, 0, START + 5 * SECOND + SECOND / 20);
    ck_assert_int_eq(due.next, START + 10 * SECOND);
}

TEST(soon_is_never_later_than_the_interval)
{
    cc_due_polled(&due, SECOND / 10, SECOND, START);
    ck_assert_int_eq(due.next, START + SECOND / 10);
}

TEST(a_clock_that_was_set_back_puts_nothing_off)
{
    cc_due_polled(&due, 5 * SECOND, 0, START);
    ck_assert(cc_due_now(&due, 5 * SECOND, START - 900 * SECOND));
    cc_due_polled(&due, 5 * SECOND, 0, START - 900 * SECOND);
    ck_assert_int_eq(due.next, START - 895 * SECOND);
}

/* The wake-ups of a thread that follows files with these intervals for an hour. */
static int wakeups(const apr_interval_time_t *intervals, int count)
{
    cc_due_t all[1000] = {{0, 0}};
    int looks = 0;

    for (apr_time_t now = START, next; now < START + 3600 * SECOND; now = next, looks++) {
        next = now + 3600 * SECOND;
        for (int i = 0; i < count; i++) {
            if (cc_due_now(&all[i], intervals[i], now)) {
                /* Each of them is being written at some time, which causes a check of its own. */
                bool written = looks == i && looks < 100;
                cc_due_polled(&all[i], intervals[i], written ? SECOND / 20 : 0, now);
            }
            next = all[i].next < next ? all[i].next : next;
        }
    }
    return looks;
}

TEST(a_thousand_files_of_one_interval_are_due_together)
{
    apr_interval_time_t intervals[1000];

    for (int i = 0; i < 1000; i++) {
        intervals[i] = 5 * SECOND;
    }
    ck_assert_int_eq(wakeups(intervals, 1), 720 + 1);
    ck_assert_int_le(wakeups(intervals, 1000), 720 + 100);
}

TEST(multiples_of_an_interval_cost_no_wakeup)
{
    apr_interval_time_t intervals[1000];

    for (int i = 0; i < 1000; i++) {
        intervals[i] = (i % 4 + 1) * 5 * SECOND;
    }
    ck_assert_int_le(wakeups(intervals, 1000), 720 + 100);
}

SUITE("due", .setup = setup);
