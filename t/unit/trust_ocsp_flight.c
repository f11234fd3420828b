/* SPDX-License-Identifier: Apache-2.0 */
/* Tests which OCSP responders are skipped for a while, and how checks share a request. */
#include <string.h>

#include <apr_strings.h>
#include <apr_thread_proc.h>

#include "ocspkit.h"
#include "suite.h"

#define S(seconds) apr_time_from_sec(seconds)
#define NOW S(1800000000)

static apr_pool_t *pool;

static void setup(void)
{
    apr_pool_create(&pool, NULL);
}

static void teardown(void)
{
    apr_pool_destroy(pool);
}

/* ---- breakers -------------------------------------------------------------------------------- */

static const cc_url_t one = {.place = "a.example:80"};
static const cc_url_t other = {.place = "a.example:81"};

static cc_breakers_t *breakers_make(void)
{
    cc_breakers_t *breakers = NULL;

    ck_assert_int_eq(cc_breakers_create(&breakers, pool), APR_SUCCESS);
    return breakers;
}

static void fail_times(cc_breakers_t *breakers, int times)
{
    for (int i = 0; i < times; i++) {
        ck_assert(cc_breaker_lets(breakers, &one, NOW));
        cc_breaker_tell(breakers, &one, false, NOW);
    }
}

TEST(after_three_failures_in_a_row_a_responder_is_left_alone_for_a_second)
{
    cc_breakers_t *breakers = breakers_make();

    fail_times(breakers, 3);
    ck_assert(!cc_breaker_lets(breakers, &one, NOW));
    ck_assert(!cc_breaker_lets(breakers, &one, NOW + S(1) - 1));
    ck_assert(cc_breaker_lets(breakers, &other, NOW));
    ck_assert(cc_breaker_lets(breakers, &one, NOW + S(1)));
}

TEST(an_answer_between_failures_counts_from_the_start)
{
    cc_breakers_t *breakers = breakers_make();

    fail_times(breakers, 2);
    cc_breaker_tell(breakers, &one, true, NOW);
    fail_times(breakers, 2);
    ck_assert(cc_breaker_lets(breakers, &one, NOW));
}

TEST(one_asker_tries_again_for_all)
{
    cc_breakers_t *breakers = breakers_make();

    fail_times(breakers, 3);
    ck_assert(cc_breaker_lets(breakers, &one, NOW + S(2)));
    ck_assert(!cc_breaker_lets(breakers, &one, NOW + S(2)));
    cc_breaker_tell(breakers, &one, true, NOW + S(3));
    ck_assert(cc_breaker_lets(breakers, &one, NOW + S(3)));
    ck_assert(cc_breaker_lets(breakers, &one, NOW + S(3)));
}

TEST(who_tries_again_and_never_tells_is_forgotten)
{
    cc_breakers_t *breakers = breakers_make();

    fail_times(breakers, 3);
    ck_assert(cc_breaker_lets(breakers, &one, NOW + S(2)));
    ck_assert(!cc_breaker_lets(breakers, &one, NOW + S(100)));
    ck_assert(cc_breaker_lets(breakers, &one, NOW + S(130)));
}

TEST(each_failed_try_doubles_the_wait_up_to_a_minute)
{
    static const int waits[] = {1, 2, 4, 8, 16, 32, 60, 60, 60};
    cc_breakers_t *breakers = breakers_make();
    apr_time_t now = NOW;

    fail_times(breakers, 3);
    for (size_t i = 0; i < sizeof(waits) / sizeof(waits[0]); i++) {
        ck_assert(!cc_breaker_lets(breakers, &one, now + S(waits[i]) - 1));
        now += S(waits[i]);
        ck_assert(cc_breaker_lets(breakers, &one, now));
        cc_breaker_tell(breakers, &one, false, now);
    }
    cc_breaker_tell(breakers, &one, true, now);
    fail_times(breakers, 3);
    ck_assert(cc_breaker_lets(breakers, &one, NOW + S(1)));
}

TEST(failures_of_questions_asked_before_do_not_lengthen_the_wait)
{
    cc_breakers_t *breakers = breakers_make();

    fail_times(breakers, 3);
    for (int i = 0; i < 20; i++) {
        cc_breaker_tell(breakers, &one, false, NOW);
    }
    ck_assert(cc_breaker_lets(breakers, &one, NOW + S(1)));
}

TEST(responders_without_number_take_no_memory_without_end)
{
    cc_breakers_t *breakers = breakers_make();

    for (int i = 0; i < 10000; i++) {
        cc_url_t url = one;

        url.place = apr_psprintf(pool, "a.example:%d", i + 1);
        for (int times = 0; times < 3; times++) {
            cc_breaker_tell(breakers, &url, false, NOW);
        }
        ck_assert(!cc_breaker_lets(breakers, &url, NOW));
    }
    fail_times(breakers, 3);
    ck_assert(!cc_breaker_lets(breakers, &one, NOW));
}

/* ---- inflights ------------------------------------------------------------------------------- */

static const unsigned char key[CC_OCSP_KEY] = "a", other_key[CC_OCSP_KEY] = "b";

static cc_inflights_t *flights_make(void)
{
    cc_inflights_t *inflights = NULL;

    ck_assert_int_eq(cc_inflights_create(&inflights, pool), APR_SUCCESS);
    return inflights;
}

TEST(who_wants_to_know_the_same_flies_along)
{
    cc_inflights_t *inflights = flights_make();
    bool first = false, second = true, third = false;
    cc_inflight_t *a = cc_inflight_join(inflights, key, S(1), &first);
    cc_inflight_t *b = cc_inflight_join(inflights, key, S(1), &second);
    cc_inflight_t *c = cc_inflight_join(inflights, other_key, S(1), &third);

    ck_assert(first && !second && third);
    ck_assert(a == b && a != c);
    cc_inflight_finish(a);
    cc_inflight_leave(a);
    ck_assert(cc_inflight_wait(b, S(60)));
    cc_inflight_leave(b);
    cc_inflight_finish(c);
    cc_inflight_leave(c);
}

TEST(after_the_landing_a_question_is_a_new_one)
{
    cc_inflights_t *inflights = flights_make();
    bool first = false;
    cc_inflight_t *a = cc_inflight_join(inflights, key, S(1), &first), *b = NULL;

    cc_inflight_finish(a);
    b = cc_inflight_join(inflights, key, S(1), &first);
    ck_assert(first && a != b);
    cc_inflight_leave(a);
    cc_inflight_finish(b);
    cc_inflight_leave(b);
}

TEST(a_flight_is_waited_for_once_by_all_together)
{
    cc_inflights_t *inflights = flights_make();
    apr_time_t begin = apr_time_now();
    bool first = false;
    cc_inflight_t *inflight = cc_inflight_join(inflights, key, S(1) / 5, &first);

    ck_assert(!cc_inflight_wait(inflight, S(60)));
    ck_assert_int_ge(apr_time_now() - begin, S(1) / 5);
    begin = apr_time_now();
    ck_assert_ptr_eq(cc_inflight_join(inflights, key, S(1), &first), inflight);
    ck_assert(!first && !cc_inflight_wait(inflight, S(60)));
    ck_assert_int_lt(apr_time_now() - begin, S(1) / 10);
    cc_inflight_leave(inflight);
    cc_inflight_finish(inflight);
    cc_inflight_leave(inflight);
}

typedef struct {
    cc_inflights_t *inflights;
    atomic_int *flown;
} passenger_t;

static void *APR_THREAD_FUNC fly(apr_thread_t *thread, void *data)
{
    passenger_t *passenger = data;

    for (int i = 0; i < 500; i++) {
        bool first = false;
        cc_inflight_t *inflight = cc_inflight_join(passenger->inflights, key, S(20), &first);

        if (first) {
            inflight->answer.error = apr_pstrdup(inflight->pool, "flown");
            atomic_fetch_add(passenger->flown, 1);
            cc_inflight_finish(inflight);
        }
        if (!cc_inflight_wait(inflight, S(60)) || strcmp(inflight->answer.error, "flown") != 0) {
            abort();
        }
        cc_inflight_leave(inflight);
    }
    apr_thread_exit(thread, APR_SUCCESS);
    return NULL;
}

TEST(many_threads_share_flights)
{
    atomic_int flown = 0;
    passenger_t passenger = {flights_make(), &flown};
    apr_thread_t *threads[8];
    apr_status_t status = APR_SUCCESS;

    for (int i = 0; i < 8; i++) {
        apr_thread_create(&threads[i], NULL, fly, &passenger, pool);
    }
    for (int i = 0; i < 8; i++) {
        apr_thread_join(&status, threads[i]);
    }
    ck_assert_int_ge(flown, 1);
    ck_assert_int_le(flown, 8 * 500);
}

SUITE("flights", .setup = setup, .teardown = teardown, .timeout = 60);
