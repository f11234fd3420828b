/* SPDX-License-Identifier: Apache-2.0 */
/* Tests which requests wait for a slow OCSP responder, and which do not. */
#include <apr_strings.h>

#include "base/waiting.h"
#include "ocsp/internal.h"
#include "suite.h"

#define S(seconds) apr_time_from_sec(seconds)
#define MS(milliseconds) apr_time_from_msec(milliseconds)
#define NOW S(1800000000)
#define TIMEOUT S(5)

static const cc_url_t one = {.place = "a.example:80"};
static const cc_url_t other = {.place = "a.example:81"};
static apr_pool_t *pool;
static cc_ocsp_limiter_t *limiter;

static void setup(void)
{
    apr_pool_create(&pool, NULL);
    ck_assert_int_eq(cc_ocsp_limiter_create(&limiter, pool), APR_SUCCESS);
}

static void teardown(void)
{
    apr_pool_destroy(pool);
}

static apr_interval_time_t begin_at(const cc_url_t *url, apr_time_t now)
{
    return cc_limiter_wait_begin(limiter, url, TIMEOUT, now);
}

static void begin_few(void)
{
    for (int i = 0; i < CC_WAITING_MAX; i++) {
        ck_assert_int_eq(begin_at(&one, NOW), TIMEOUT);
    }
}

TEST(few_wait_to_the_end_and_the_others_for_a_quarter_of_a_second)
{
    begin_few();
    ck_assert_int_eq(begin_at(&one, NOW), MS(250));
    ck_assert_int_eq(begin_at(&one, NOW + MS(100)), MS(150));
}

TEST(nobody_else_waits_for_what_has_been_silent_for_that_long)
{
    begin_few();
    ck_assert_int_le(begin_at(&one, NOW + MS(250)), 0);
    ck_assert_int_eq(begin_at(&other, NOW + MS(250)), TIMEOUT); /* another responder */
}

TEST(an_answer_begins_the_quarter_anew)
{
    begin_few();
    cc_limiter_wait_end(limiter, &one, true, NOW + MS(200));
    ck_assert_int_eq(begin_at(&one, NOW + MS(210)), TIMEOUT); /* it replaces the answered one */
    ck_assert_int_eq(begin_at(&one, NOW + MS(300)), MS(150));
}

TEST(who_gave_up_leaves_a_place_and_says_nothing_for_the_responder)
{
    begin_few();
    cc_limiter_wait_end(limiter, &one, false, NOW + MS(300));
    ck_assert_int_eq(begin_at(&one, NOW + MS(300)), TIMEOUT);
    ck_assert_int_le(begin_at(&one, NOW + MS(300)), 0);
}

TEST(who_did_not_wait_takes_no_place)
{
    begin_few();
    for (int i = 0; i < 10; i++) {
        ck_assert_int_le(begin_at(&one, NOW + S(1)), 0);
    }
    for (int i = 0; i < CC_WAITING_MAX; i++) {
        cc_limiter_wait_end(limiter, &one, false, NOW + S(5));
    }
    begin_few();
}

TEST(a_process_of_few_threads_has_fewer_who_wait)
{
    cc_ocsp_limiter_set_max(limiter, 1);
    ck_assert_int_eq(begin_at(&one, NOW), TIMEOUT);
    ck_assert_int_eq(begin_at(&one, NOW), MS(250));
}

/* ---- which threads ask --------------------------------------------------------------------- */

TEST(few_ask_a_responder_at_a_time_and_the_others_stand_in_line)
{
    cc_limiter_turn_t turns[CC_OCSP_ASKING_MAX + 2];
    cc_limiter_turn_t another;

    for (int i = 0; i < CC_OCSP_ASKING_MAX; i++) {
        ck_assert(cc_limiter_ask_begin(limiter, &one, &turns[i]));
    }
    ck_assert(!cc_limiter_ask_begin(limiter, &one, &turns[CC_OCSP_ASKING_MAX]));
    ck_assert(!cc_limiter_ask_begin(limiter, &one, &turns[CC_OCSP_ASKING_MAX + 1]));
    ck_assert(cc_limiter_ask_begin(limiter, &other, &another)); /* another responder */
    ck_assert_ptr_eq(cc_limiter_ask_end(limiter, &one), &turns[CC_OCSP_ASKING_MAX]);
    ck_assert_ptr_eq(cc_limiter_ask_end(limiter, &one), &turns[CC_OCSP_ASKING_MAX + 1]);
    for (int i = 0; i < CC_OCSP_ASKING_MAX; i++) {
        ck_assert_ptr_null(cc_limiter_ask_end(limiter, &one));
    }
    ck_assert(cc_limiter_ask_begin(limiter, &one, &turns[0]));
}

TEST(who_stands_in_line_is_not_forgotten)
{
    cc_limiter_turn_t turns[CC_OCSP_ASKING_MAX + 1];

    for (int i = 0; i <= CC_OCSP_ASKING_MAX; i++) {
        cc_limiter_ask_begin(limiter, &one, &turns[i]);
    }
    for (int i = 0; i < 3000; i++) {
        cc_url_t url = one;

        url.place = apr_psprintf(pool, "h%d.example:80", i);
        begin_at(&url, NOW);
        cc_limiter_wait_end(limiter, &url, true, NOW);
    }
    ck_assert_ptr_eq(cc_limiter_ask_end(limiter, &one), &turns[CC_OCSP_ASKING_MAX]);
}

TEST(responders_without_number_are_forgotten)
{
    begin_few();
    for (int i = 0; i < 3000; i++) {
        cc_url_t url = one;

        url.place = apr_psprintf(pool, "h%d.example:80", i);
        ck_assert_int_eq(begin_at(&url, NOW), TIMEOUT);
        cc_limiter_wait_end(limiter, &url, true, NOW);
    }
    ck_assert_int_le(begin_at(&one, NOW + S(1)), 0); /* but not the one that is waited for */
}

SUITE("patience", .setup = setup, .teardown = teardown);
