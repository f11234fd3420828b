/* SPDX-License-Identifier: Apache-2.0 */
/* Tests how OCSP answers age, and the form of a record in a cache. */
#include <string.h>

#include <apr_strings.h>
#include <apr_thread_proc.h>

#include "ocspkit.h"
#include "suite.h"

#define S(seconds) apr_time_from_sec(seconds)
#define NOW S(1800000000)

static apr_pool_t *pool;
static cc_ocsp_spec_t spec;
static cc_ocsp_answer_t answer; /* good, asked and answered now, for an hour */

static void setup(void)
{
    apr_pool_create(&pool, NULL);
    spec = (cc_ocsp_spec_t){.ttl = S(1000), .stale = S(200), .timeout = S(1)};
    answer = (cc_ocsp_answer_t){
        .status = CC_OCSP_GOOD, .asked_at = NOW, .this_update = NOW, .next_update = NOW + S(3600)};
}

static void teardown(void)
{
    apr_pool_destroy(pool);
}

/* ---- ages ------------------------------------------------------------------------------------ */

/* The age of the answer this many seconds later. */
static cc_age_t age_after(long seconds)
{
    cc_life_t life = cc_answer_life(&answer, &spec);

    return cc_life_age(&life, NOW + S(seconds));
}

static void lives(long due, long stale, long over)
{
    ck_assert_int_eq(age_after(due - 1), CC_AGE_FRESH);
    ck_assert_int_eq(age_after(due), CC_AGE_DUE);
    ck_assert_int_eq(age_after(stale - 1), CC_AGE_DUE);
    ck_assert_int_eq(age_after(stale), over == stale ? CC_AGE_EXPIRED : CC_AGE_STALE);
    ck_assert_int_eq(age_after(over - 1), over == stale ? CC_AGE_DUE : CC_AGE_STALE);
    ck_assert_int_eq(age_after(over), CC_AGE_EXPIRED);
}

TEST(an_answer_is_asked_for_again_in_the_last_quarter_of_its_ttl)
{
    lives(750, 1000, 1200);
    spec.stale = 0;
    lives(750, 1000, 1000);
}

TEST(no_answer_outlives_its_next_update_and_a_skew_of_clocks)
{
    answer.next_update = NOW + S(100);
    lives(300, 400, 600);
}

TEST(without_a_next_update_what_was_said_counts_and_not_what_was_asked)
{
    answer.next_update = 0;
    lives(750, 1000, 1200);
    answer.this_update = NOW - S(900);
    lives(300, 400, 600);
    answer.this_update = NOW - S(1301);
    ck_assert_int_eq(age_after(0), CC_AGE_STALE);
    answer.this_update = NOW - S(1501);
    ck_assert_int_eq(age_after(0), CC_AGE_EXPIRED);
}

TEST(an_unknown_certificate_is_asked_for_again_after_a_minute)
{
    answer.status = CC_OCSP_UNKNOWN;
    lives(45, 60, 60);
}

TEST(a_revocation_outlives_the_responder)
{
    answer.status = CC_OCSP_REVOKED;
    lives(750, 1000, 1000 + 30 * 24 * 3600);
}

/* ---- records --------------------------------------------------------------------------------- */

static cc_record_t record_of(const char *why)
{
    cc_record_t record = {.asked_at = NOW - S(5),
                          .failed_at = NOW - S(1),
                          .response = {(const unsigned char *)"0123", 4, false},
                          .error = why};

    return record;
}

TEST(a_record_comes_back_as_it_was)
{
    cc_record_t record = record_of("no answer in time"), back;
    apr_size_t len = 0;
    const unsigned char *octets = cc_record_pack(&len, &record, pool);

    ck_assert(cc_record_unpack(&back, octets, len, NOW, pool));
    ck_assert_int_eq(back.asked_at, record.asked_at);
    ck_assert_int_eq(back.failed_at, record.failed_at);
    ck_assert_uint_eq(back.response.len, 4);
    ck_assert_mem_eq(back.response.der, "0123", 4);
    ck_assert_str_eq(back.error, "no answer in time");
}

TEST(a_long_reason_is_cut_between_characters)
{
    char *long_why = apr_palloc(pool, 400);
    cc_record_t record = record_of(long_why), back;
    apr_size_t len = 0;
    const unsigned char *octets = NULL;

    memset(long_why, 'a', 399);
    long_why[399] = '\0';
    memcpy(long_why + 254, "\xc3\xa4", 2);
    octets = cc_record_pack(&len, &record, pool);
    ck_assert(cc_record_unpack(&back, octets, len, NOW, pool));
    ck_assert_uint_eq(strlen(back.error), 254);
    ck_assert_mem_eq(back.response.der, "0123", 4);
}

TEST(what_is_no_record_is_none)
{
    cc_record_t record = record_of("why"), back;
    apr_size_t len = 0;
    unsigned char *octets = apr_palloc(pool, 100);

    memcpy(octets, cc_record_pack(&len, &record, pool), len);
    for (apr_size_t cut = 0; cut < len - 4; cut++) {
        ck_assert(!cc_record_unpack(&back, octets, cut, NOW, pool));
    }
    octets[0] ^= 1;
    ck_assert(!cc_record_unpack(&back, octets, len, NOW, pool));
    octets[0] ^= 1;
    octets[22] = '\n'; /* in `why` */
    ck_assert(!cc_record_unpack(&back, octets, len, NOW, pool));
}

TEST(a_record_from_the_future_or_from_before_time_is_none)
{
    static const apr_time_t times[] = {NOW + S(400), APR_INT64_MAX, -1, APR_INT64_MIN};
    cc_record_t record = record_of(""), back;

    for (size_t i = 0; i < 2 * sizeof(times) / sizeof(times[0]); i++) {
        apr_size_t len = 0;
        const unsigned char *octets = NULL;

        record.asked_at = i % 2 ? NOW : times[i / 2];
        record.failed_at = i % 2 ? times[i / 2] : NOW;
        octets = cc_record_pack(&len, &record, pool);
        ck_assert(!cc_record_unpack(&back, octets, len, NOW, pool));
    }
}

SUITE("ages", .setup = setup, .teardown = teardown, .timeout = 60);
