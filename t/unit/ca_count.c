/* SPDX-License-Identifier: Apache-2.0 */
/* Tests that processes which follow the same files count and report each change once. */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <apr_file_io.h>
#include <apr_strings.h>

#include "caset.h"
#include "suite.h"

enum { CHILDREN = 3 };

static caset_t set;
static pki_t a, b, c, client;
static cc_ca_counters_t counters;
static cc_cas_t *children[CHILDREN];

static void setup(void)
{
    caset_begin(&set);
    a = pki_ca("A", NULL);
    b = pki_ca("B", NULL);
    c = pki_ca("C", NULL);
    client = pki_client("bob", &a);
}

static void teardown(void)
{
    pki_free(&a);
    pki_free(&b);
    pki_free(&c);
    pki_free(&client);
    caset_end(&set);
}

/* Opens the same directives for each child, as a fork would do. */
static void start(const char *lines)
{
    memset(&counters, 0, sizeof(counters));
    for (int i = 0; i < CHILDREN; i++) {
        caset_open(&set, lines);
        children[i] = set.cas;
    }
    cc_cas_counters_start(&counters, children[0]);
    for (int i = 0; i < CHILDREN; i++) {
        cc_cas_count_in(children[i], &counters);
    }
}

static int reported, first;

static void report(const cc_cas_t *cas, const cc_cas_news_t *news, void *baton)
{
    (void)cas, (void)baton;
    reported++;
    first += news->first;
}

/* Polls a child, twice if something is missing: true if it is the first with all that it found. */
static int poll(int child)
{
    reported = first = 0;
    for (int i = 0; i < 2; i++) {
        set.later += apr_time_from_sec(60);
        cc_cas_poll(children[child], apr_time_now() + set.later, report, NULL, set.pool);
    }
    ck_assert(first == 0 || first == reported);
    return reported == 0 ? -1 : first > 0;
}

enum { NOTHING = -1, LATER, FIRST };

/* All children poll: the first one is the first to find a change. */
static void expect_once(void)
{
    ck_assert_int_eq(poll(0), FIRST);
    for (int i = 1; i < CHILDREN; i++) {
        ck_assert_int_eq(poll(i), LATER);
    }
}

static apr_uint64_t loads(void)
{
    return atomic_load(&counters.loads);
}

static apr_uint64_t failures(void)
{
    return atomic_load(&counters.load_failures);
}

/* ---- changes --------------------------------------------------------------------------- */

TEST(each_change_is_counted_once)
{
    CASET_PUT(&set, "a.pem", &a);
    start("a.pem");
    ck_assert_int_eq(poll(0), NOTHING); /* it reads the file again, which is young */
    ck_assert_uint_eq(loads(), 1);
    for (int i = 0; i < 20; i++) {
        CASET_PUT(&set, "a.pem", i % 2 ? &a : &b);
        expect_once();
        ck_assert_uint_eq(loads(), (apr_uint64_t)i + 2);
    }
    ck_assert_int_eq(poll(1), NOTHING);
    ck_assert_uint_eq(failures(), 0);
    ck_assert(atomic_load(&counters.changed_at) > 0);
}

TEST(the_first_set_is_as_old_as_its_newest_file)
{
    apr_time_t now = apr_time_now();

    CASET_PUT(&set, "a.pem", &a);
    CASET_PUT(&set, "b.pem", &b);
    apr_file_mtime_set(caset_path(&set, "a.pem"), now - apr_time_from_sec(9000), set.pool);
    apr_file_mtime_set(caset_path(&set, "b.pem"), now - apr_time_from_sec(5000), set.pool);
    start("a.pem b.pem");
    ck_assert_uint_eq(atomic_load(&counters.changed_at), (apr_uint64_t)apr_time_sec(now) - 5000);
    apr_file_mtime_set(caset_path(&set, "b.pem"), now + apr_time_from_sec(5000), set.pool);
    start("a.pem b.pem");
    ck_assert_uint_ge(atomic_load(&counters.changed_at), (apr_uint64_t)apr_time_sec(now));
    ck_assert_uint_le(atomic_load(&counters.changed_at),
                      (apr_uint64_t)apr_time_sec(apr_time_now()));
}

TEST(each_refusal_is_counted_once)
{
    CASET_PUT(&set, "a.pem", &a);
    start("a.pem");
    CASET_PUT(&set, "a.pem", &client);
    expect_once();
    ck_assert_uint_eq(failures(), 1);
    ck_assert_uint_eq(atomic_load(&counters.refused), 1);
    ck_assert_int_eq(unlink(caset_path(&set, "a.pem")), 0);
    expect_once();
    ck_assert_uint_eq(failures(), 2);
    CASET_PUT(&set, "a.pem", &b);
    expect_once();
    ck_assert_uint_eq(loads(), 2);
    ck_assert_uint_eq(atomic_load(&counters.refused), 0);
    ck_assert_int_eq(unlink(caset_path(&set, "a.pem")), 0);
    expect_once();
    ck_assert_uint_eq(failures(), 3);
}

TEST(files_of_a_folder_come_and_leave_once)
{
    ck_assert_int_eq(mkdir(caset_path(&set, "cas"), 0755), 0);
    CASET_PUT(&set, "cas/a.pem", &a);
    start("cas");
    for (int i = 0; i < 3; i++) {
        CASET_PUT(&set, "cas/b.pem", &b);
        expect_once();
        ck_assert_int_eq(unlink(caset_path(&set, "cas/b.pem")), 0);
        expect_once();
    }
}

TEST(a_file_that_comes_back_as_it_was_comes_once)
{
    ck_assert_int_eq(mkdir(caset_path(&set, "cas"), 0755), 0);
    CASET_PUT(&set, "cas/a.pem", &a);
    CASET_PUT(&set, "b.pem", &b);
    start("cas");
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(symlink("../b.pem", caset_path(&set, "cas/b.pem")), 0);
        expect_once();
        ck_assert_int_eq(unlink(caset_path(&set, "cas/b.pem")), 0);
        expect_once();
    }
}

/* ---- a link that leads to one file, to another, and back ------------------------------- */

static void link_to(const char *target)
{
    unlink(caset_path(&set, "new"));
    ck_assert_int_eq(symlink(target, caset_path(&set, "new")), 0);
    ck_assert_int_eq(rename(caset_path(&set, "new"), caset_path(&set, "ca.pem")), 0);
}

static void start_linked(void)
{
    CASET_PUT(&set, "a.pem", &a);
    CASET_PUT(&set, "b.pem", &b);
    CASET_PUT(&set, "c.pem", &c);
    link_to("a.pem");
    start("ca.pem");
    for (int i = 0; i < CHILDREN; i++) {
        poll(i);
    }
}

TEST(the_same_change_again_is_counted_again)
{
    start_linked();
    for (int i = 0; i < 20; i++) {
        link_to(i % 2 ? "a.pem" : "b.pem");
        expect_once();
    }
}

TEST(a_child_that_finds_a_change_late_does_not_count_it)
{
    start_linked();
    link_to("b.pem");
    ck_assert_int_eq(poll(0), FIRST);
    ck_assert_int_eq(poll(1), LATER);
    link_to("a.pem");
    ck_assert_int_eq(poll(1), FIRST);
    ck_assert_int_eq(poll(0), LATER);
    ck_assert_int_eq(poll(2), NOTHING); /* it missed both */
    link_to("b.pem");
    ck_assert_int_eq(poll(2), LATER); /* it takes it for the one that it missed */
    ck_assert_int_eq(poll(1), FIRST);
    ck_assert_int_eq(poll(0), LATER);
    link_to("c.pem");
    ck_assert_int_eq(poll(2), FIRST);
    ck_assert_int_eq(poll(0), LATER);
    ck_assert_int_eq(poll(1), LATER);
}

/* ---- children that are born later ------------------------------------------------------ */

TEST(a_child_knows_the_changes_before_its_birth)
{
    start_linked();
    link_to("b.pem");
    expect_once();
    link_to("a.pem");
    expect_once();
    caset_open(&set, "ca.pem"); /* as the parent has it now */
    children[2] = set.cas;
    cc_cas_count_in(children[2], &counters);
    link_to("b.pem");
    ck_assert_int_eq(poll(2), FIRST);
    ck_assert_int_eq(poll(0), LATER);
    ck_assert_int_eq(poll(1), LATER);
}

TEST(a_child_that_is_born_with_an_earlier_change_finds_the_later_one)
{
    start_linked();
    link_to("b.pem");
    expect_once();
    caset_open(&set, "ca.pem");
    children[2] = set.cas;
    link_to("a.pem");
    ck_assert_int_eq(poll(0), FIRST);
    cc_cas_count_in(children[2], &counters);
    ck_assert_int_eq(poll(2), LATER);
    ck_assert_int_eq(poll(1), LATER);
}

TEST(a_child_whose_birth_was_the_first_look_leaves_the_change_to_others)
{
    start_linked();
    link_to("b.pem");
    caset_open(&set, "ca.pem");
    children[2] = set.cas;
    cc_cas_count_in(children[2], &counters);
    ck_assert_int_eq(poll(2), NOTHING);
    ck_assert_int_eq(poll(0), FIRST);
    link_to("c.pem");
    ck_assert_int_eq(poll(2), FIRST);
    ck_assert_int_eq(poll(0), LATER);
}

SUITE("counting", .setup = setup, .teardown = teardown);
