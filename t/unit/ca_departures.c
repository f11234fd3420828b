/* SPDX-License-Identifier: Apache-2.0 */
/* Tests that a CA which one process saw leave does not count in one that looks later. */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <apr_strings.h>

#include "caset.h"
#include "suite.h"

static caset_t set;
static pki_t a, b, c;
static cc_ca_counters_t counters;
static cc_cas_t *child, *late; /* the second one is the parent, or was forked from it */

static void setup(void)
{
    caset_begin(&set);
    a = pki_ca("A", NULL);
    b = pki_ca("B", NULL);
    c = pki_ca("C", NULL);
}

static void teardown(void)
{
    pki_free(&a);
    pki_free(&b);
    pki_free(&c);
    caset_end(&set);
}

/* Opens the directives for both processes, the second of which owns the store. */
static void start(const char *lines)
{
    memset(&counters, 0, sizeof(counters));
    caset_open(&set, lines);
    child = set.cas;
    set.kept = cc_cas_kept_create(set.pool);
    caset_open(&set, lines);
    late = set.cas;
    cc_cas_counters_start(&counters, late);
    cc_cas_count_in(child, &counters);
}

static void start_with_a_and_b(void)
{
    CASET_PUT(&set, "a.pem", &a, &b);
    start("a.pem");
}

static void expect_poll(cc_cas_t *cas, const char *names)
{
    set.cas = cas;
    caset_poll_gone(&set);
    ck_assert_str_eq(caset_names(&set, 0), names);
}

static apr_time_t since(cc_cas_t *cas, const pki_t *ca)
{
    set.cas = cas;
    return caset_since(&set, 0, ca);
}

/* ---- a file that is bad afterwards ----------------------------------------------------- */

TEST(a_ca_that_left_a_file_does_not_count_when_the_file_is_bad)
{
    apr_time_t before;

    start_with_a_and_b();
    before = since(late, &a);
    CASET_PUT(&set, "a.pem", &a);
    expect_poll(child, "A");
    caset_write(&set, "a.pem", "bad");
    expect_poll(child, "A");
    expect_poll(late, "A");
    ck_assert(since(late, &a) == before);
    CASET_PUT(&set, "a.pem", &a, &b);
    expect_poll(late, "A B");
    ck_assert(since(late, &a) == before && since(late, &b) > before);
}

TEST(no_ca_counts_when_all_have_left)
{
    start_with_a_and_b();
    CASET_PUT(&set, "a.pem", &c);
    expect_poll(child, "C");
    caset_write(&set, "a.pem", "bad");
    expect_poll(late, "");
    CASET_PUT(&set, "a.pem", &b);
    expect_poll(late, "B");
}

TEST(a_file_that_left_a_directory_does_not_count_when_the_directory_is_bad)
{
    ck_assert_int_eq(mkdir(caset_path(&set, "cas"), 0755), 0);
    CASET_PUT(&set, "cas/a.pem", &a);
    CASET_PUT(&set, "cas/b.pem", &b);
    start("cas");
    ck_assert_int_eq(unlink(caset_path(&set, "cas/b.pem")), 0);
    expect_poll(child, "A");
    ck_assert_int_eq(rename(caset_path(&set, "cas"), caset_path(&set, "gone")), 0);
    expect_poll(late, "A");
}

/* Without a departure, the CAs of a bad file stay. */
TEST(a_ca_that_did_not_leave_stays)
{
    CASET_PUT(&set, "b.pem", &b, &c);
    CASET_PUT(&set, "a.pem", &a, &b);
    start("a.pem b.pem");
    CASET_PUT(&set, "b.pem", &c);
    expect_poll(child, "A B C");
    caset_write(&set, "a.pem", "bad");
    caset_write(&set, "b.pem", "bad");
    expect_poll(late, "A B C"); /* b left b.pem, and is in a.pem */
}

/* What left before the last poll is settled, however often CAs leave. */
TEST(a_bad_file_keeps_its_cas_while_others_change)
{
    CASET_PUT(&set, "a.pem", &a);
    CASET_PUT(&set, "b.pem", &b);
    start("a.pem b.pem");
    caset_write(&set, "a.pem", "bad");
    for (int i = 0; i < CC_CA_DEPARTURES + 8; i++) {
        CASET_PUT(&set, "b.pem", i % 2 ? &b : &c);
        expect_poll(child, i % 2 ? "A B" : "A C");
        if (i % 100 == 0) {
            expect_poll(late, i % 2 ? "A B" : "A C");
        }
    }
    expect_poll(late, "A B");
}

TEST(after_too_many_departures_a_bad_file_gives_none)
{
    CASET_PUT(&set, "a.pem", &a);
    CASET_PUT(&set, "b.pem", &b);
    start("a.pem b.pem");
    for (int i = 0; i < CC_CA_DEPARTURES + 8; i++) {
        CASET_PUT(&set, "b.pem", i % 2 ? &b : &c);
        expect_poll(child, i % 2 ? "A B" : "A C");
    }
    caset_write(&set, "a.pem", "bad");
    expect_poll(child, "A B");
    expect_poll(late, "B");
}

/* When very many CAs leave at a time, those of other files stay. */
TEST(a_bad_file_keeps_its_cas_while_many_others_leave)
{
    enum { MANY = CC_CA_DEPARTURES + 8 };
    static pki_t many[MANY];
    static const pki_t *list[MANY + 1];

    for (int i = 0; i < MANY; i++) {
        many[i] = pki_ca(apr_psprintf(set.pool, "M%d", i), NULL);
        list[i] = &many[i];
    }
    CASET_PUT(&set, "a.pem", &a);
    caset_put(&set, "b.pem", list);
    start("a.pem b.pem");
    CASET_PUT(&set, "b.pem", &b);
    expect_poll(child, "A B");
    caset_write(&set, "a.pem", "bad");
    caset_write(&set, "b.pem", "bad");
    expect_poll(late, "A");
    CASET_PUT(&set, "b.pem", &b);
    expect_poll(late, "A B");
    for (int i = 0; i < MANY; i++) {
        pki_free(&many[i]);
    }
}

/* ---- ages ------------------------------------------------------------------------------ */

TEST(a_ca_that_left_and_returned_unseen_is_new)
{
    apr_time_t before;

    start_with_a_and_b();
    before = since(late, &b);
    CASET_PUT(&set, "a.pem", &a);
    expect_poll(child, "A");
    CASET_PUT(&set, "a.pem", &a, &b);
    expect_poll(late, "A B");
    ck_assert(since(late, &b) > before);
}

TEST(a_ca_keeps_its_age_when_another_leaves_or_comes)
{
    apr_time_t before;

    start_with_a_and_b();
    before = since(late, &a);
    CASET_PUT(&set, "a.pem", &a);
    expect_poll(child, "A");
    expect_poll(late, "A");
    ck_assert(since(late, &a) == before);
    CASET_PUT(&set, "a.pem", &a, &c);
    expect_poll(child, "A C");
    expect_poll(late, "A C");
    ck_assert(since(late, &a) == before);
}

/* ---- restarts -------------------------------------------------------------------------- */

TEST(a_ca_that_left_before_a_restart_with_a_bad_file_does_not_count)
{
    start_with_a_and_b();
    CASET_PUT(&set, "a.pem", &a);
    expect_poll(child, "A");
    caset_write(&set, "a.pem", "bad");
    ck_assert(strstr(caset_reopen(&set, "a.pem"), "CC0466"));
    ck_assert_str_eq(caset_names(&set, 0), "A");
}

TEST(a_ca_that_left_and_returned_before_a_restart_is_new)
{
    apr_time_t before, other;

    start_with_a_and_b();
    before = since(late, &b);
    other = since(late, &a);
    CASET_PUT(&set, "a.pem", &a);
    expect_poll(child, "A");
    CASET_PUT(&set, "a.pem", &a, &b);
    ck_assert_str_eq(caset_reopen(&set, "a.pem"), "");
    ck_assert(since(set.cas, &b) > before);
    ck_assert(since(set.cas, &a) == other);
}

SUITE("CAs that have left", .setup = setup, .teardown = teardown, .timeout = 120);
