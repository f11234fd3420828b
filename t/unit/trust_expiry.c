/* SPDX-License-Identifier: Apache-2.0 */
/* Tests which CAs expire soon, how soon, and when the next one does. */
#include <string.h>

#include <apr_strings.h>

#include <openssl/err.h>

#include "base/moment.h"
#include "crlset.h"
#include "suite.h"
#include "trust/expiry.h"

enum { HOUR = 60 * 60, DAY = 24 * HOUR };

static crlset_t set;
static apr_time_t next;

static void setup(void)
{
    crlset_begin(&set);
}

static void teardown(void)
{
    crlset_end(&set);
}

static const char *words_of(const cc_ca_expiry_t *expiry)
{
    static const char *const stages[] = {[CC_CA_EXPIRES_LATER] = "later",
                                         [CC_CA_EXPIRES_MONTH] = "month",
                                         [CC_CA_EXPIRES_WEEK] = "week",
                                         [CC_CA_EXPIRES_DAY] = "day",
                                         [CC_CA_EXPIRED] = "expired"};

    return apr_psprintf(set.pool, "%s %s%s", expiry->subject, stages[expiry->stage],
                        expiry->renewed_until ? " renewed" : "");
}

/* The CAs of the store that expire soon after so many seconds: "CN=a week, CN=b month". */
static const char *expiring(long later)
{
    const apr_array_header_t *found;
    const char *text = "";

    if (!set.trust) {
        ck_assert_int_eq(cc_trust_create(&set.trust, set.ctx, set.pool, NULL), APR_SUCCESS);
    }
    next = APR_INT64_MAX;
    found =
        cc_trust_expiring(set.trust, apr_time_now() + apr_time_from_sec(later), &next, set.pool);
    ck_assert_uint_eq(ERR_peek_error(), 0);
    for (int i = 0; i < found->nelts; i++) {
        text = apr_pstrcat(set.pool, text, i > 0 ? ", " : "",
                           words_of(&APR_ARRAY_IDX(found, i, cc_ca_expiry_t)), NULL);
    }
    return text;
}

/* Trusts a CA that ends in so many seconds, and has lived for so many. */
static void ends(const char *cn, long lived, long left)
{
    pki_t ca = pki_make(cn, NULL, pki_is_ca, -lived, left);

    crlset_trust(&set, &ca);
    pki_free(&ca);
}

/* Within ten seconds, which the test may take. */
static void expect_next(long seconds)
{
    apr_time_t from_now = next - apr_time_now();

    ck_assert_msg(from_now <= apr_time_from_sec(seconds + 1) &&
                      from_now > apr_time_from_sec(seconds - 10),
                  "%ld", (long)apr_time_sec(from_now));
}

static const struct {
    long left;
    const char *found;
    long next; /* 0: never */
} stages[] = {
    {31 * DAY, "", DAY},
    {30 * DAY - HOUR, "CN=a month", 23 * DAY - HOUR},
    {7 * DAY + HOUR, "CN=a month", HOUR},
    {7 * DAY - HOUR, "CN=a week", 6 * DAY - HOUR},
    {DAY + HOUR, "CN=a week", HOUR},
    {DAY - HOUR, "CN=a day", DAY - HOUR},
    {HOUR, "CN=a day", HOUR},
    {-10, "CN=a expired", 0},
    {-3000 * DAY, "CN=a expired", 0},
};

TEST_LOOP(a_ca_expires_within_a_month_a_week_and_a_day, 0, COUNT(stages))
{
    ends("a", 4000 * DAY, stages[_i].left);
    ck_assert_str_eq(expiring(0), stages[_i].found);
    if (stages[_i].next) {
        expect_next(stages[_i].next);
    } else {
        ck_assert(next == APR_INT64_MAX);
    }
}
END_TEST

/* The CAs of a SPIFFE bundle may live for days. Each is to be replaced long before its end. */
TEST(a_short_life_has_no_long_warning)
{
    ends("a", 2 * DAY, 4 * DAY); /* its last third begins in two days */
    ck_assert_str_eq(expiring(0), "");
    expect_next(3 * DAY);
    ck_assert_str_eq(expiring(3 * DAY + HOUR), "CN=a day");
    ck_assert_str_eq(expiring(4 * DAY + HOUR), "CN=a expired");
}
END_TEST

TEST(a_ca_for_hours_is_reported_when_it_has_expired)
{
    ends("a", 0, DAY);
    ck_assert_str_eq(expiring(DAY - HOUR), "");
    ck_assert_str_eq(expiring(DAY + HOUR), "CN=a expired");
}
END_TEST

TEST(the_first_to_expire_is_first)
{
    ends("c", 1000 * DAY, 20 * DAY);
    ends("a", 1000 * DAY, 2 * DAY);
    ends("b", 1000 * DAY, 3 * DAY);
    ends("z", 1000 * DAY, 300 * DAY);
    ck_assert_str_eq(expiring(0), "CN=a week, CN=b week, CN=c month");
    expect_next(DAY);
}
END_TEST

TEST(the_digest_and_the_date_are_those_of_the_certificate)
{
    pki_t ca = pki_make("a", NULL, pki_is_ca, -900 * DAY, 5 * DAY);
    unsigned char sha256[32];
    const cc_ca_expiry_t *expiry;
    apr_time_t left;

    crlset_trust(&set, &ca);
    ck_assert_str_eq(expiring(0), "CN=a week");
    expiry = &APR_ARRAY_IDX(cc_trust_expiring(set.trust, apr_time_now(), &next, set.pool), 0,
                            const cc_ca_expiry_t);
    ck_assert(X509_digest(ca.cert, EVP_sha256(), sha256, NULL));
    ck_assert_int_eq(memcmp(expiry->sha256, sha256, sizeof(sha256)), 0);
    left = expiry->not_after - apr_time_now();
    ck_assert(left <= apr_time_from_sec(5 * DAY) && left > apr_time_from_sec(5 * DAY - 10));
    ck_assert_ptr_null(expiry->path);
    pki_free(&ca);
}
END_TEST

TEST(what_is_not_a_ca_is_not_reported)
{
    pki_t client = pki_make("client", NULL, pki_is_client, -900 * DAY, DAY - HOUR);

    crlset_trust(&set, &client);
    ck_assert_str_eq(expiring(0), "");
    pki_free(&client);
}
END_TEST

/* Trusts a CA for 90 days, and another certificate with its key for a day. */
static void renew(const char *cn, const char *old_cn)
{
    pki_t ca = pki_make(cn, NULL, pki_is_ca, -60, 90 * DAY), old;

    EVP_PKEY_up_ref(ca.key);
    old = pki_make_with(old_cn, NULL, pki_is_ca, NULL, ca.key);
    crlset_trust(&set, &ca);
    crlset_trust(&set, &old);
    pki_free(&old);
    pki_free(&ca);
}

TEST(a_ca_that_was_renewed_is_reported_with_its_new_end)
{
    const cc_ca_expiry_t *expiry;

    renew("a", "a");
    ck_assert_str_eq(expiring(DAY + HOUR), "CN=a expired renewed");
    expiry = &APR_ARRAY_IDX(
        cc_trust_expiring(set.trust, apr_time_now() + apr_time_from_sec(2 * DAY), &next, set.pool),
        0, const cc_ca_expiry_t);
    ck_assert(expiry->renewed_until > apr_time_now() + apr_time_from_sec(89 * DAY));
}
END_TEST

TEST(another_name_with_the_key_is_no_renewal)
{
    renew("a", "b");
    ck_assert_str_eq(expiring(DAY + HOUR), "CN=b expired");
}
END_TEST

TEST(another_key_with_the_name_is_no_renewal)
{
    ends("a", 60, DAY);
    ends("a", 60, 90 * DAY);
    ck_assert_str_eq(expiring(DAY + HOUR), "CN=a expired");
}
END_TEST

TEST(a_trust_without_cas_has_none)
{
    ck_assert_str_eq(expiring(0), "");
    ck_assert(next == APR_INT64_MAX);
}
END_TEST

SUITE("trust_expiry", .setup = setup, .teardown = teardown);
