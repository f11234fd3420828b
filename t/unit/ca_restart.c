/* SPDX-License-Identifier: Apache-2.0 */
/* Tests what becomes of CAs at a restart: those of a bad file stay, and so do their ages. */
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <apr_strings.h>

#include "caset.h"
#include "suite.h"

static caset_t set;
static pki_t a, b, client;
static apr_interval_time_t set_back; /* of the system's clock */

/* In place of APR's, so that the clock can be set back. */
apr_time_t apr_time_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return apr_time_from_sec(now.tv_sec) + now.tv_nsec / 1000 - set_back;
}

static void setup(void)
{
    caset_begin(&set);
    set.kept = cc_cas_kept_create(set.pool);
    a = pki_ca("A", NULL);
    b = pki_ca("B", NULL);
    client = pki_client("bob", &a);
}

static void teardown(void)
{
    pki_free(&a);
    pki_free(&b);
    pki_free(&client);
    caset_end(&set);
}

static void expect_told(const char *told, const char *text, const char *other)
{
    if (!strstr(told, text) || !strstr(told, other)) {
        ck_abort_msg("\"%s\" has no \"%s\" or no \"%s\"", told, text, other);
    }
}

static void expect(const char *names)
{
    ck_assert_str_eq(caset_names(&set, 0), names);
}

static void start(const char *lines)
{
    caset_open(&set, lines);
    cc_cas_kept_sweep(set.kept);
}

static const char *restart(const char *lines)
{
    const char *told = caset_reopen(&set, lines);

    cc_cas_kept_sweep(set.kept);
    return told;
}

/* ---- files ----------------------------------------------------------------------------- */

TEST(the_cas_of_a_bad_file_stay_at_each_restart)
{
    CASET_PUT(&set, "a.pem", &a);
    CASET_PUT(&set, "b.pem", &b);
    start("a.pem b.pem");
    CASET_PUT(&set, "a.pem", &client);
    for (int i = 0; i < 3; i++) {
        expect_told(restart("a.pem b.pem"), "kept: CC0465: site.conf:1: ", "a.pem");
        expect("A B");
        ck_assert_str_eq(caset_poll(&set), "");
    }
    CASET_PUT(&set, "a.pem", &b);
    ck_assert_str_eq(caset_poll(&set), "a.pem -CN=A");
}

TEST(a_new_bad_file_gives_none)
{
    CASET_PUT(&set, "a.pem", &a);
    CASET_PUT(&set, "b.pem", &client);
    start("a.pem");
    expect_told(restart("b.pem"), "none: CC0465", "b.pem");
    expect("");
    ck_assert_str_eq(caset_poll(&set), "");
    CASET_PUT(&set, "b.pem", &b);
    ck_assert_str_eq(caset_poll(&set), "b.pem +CN=B");
}

TEST(what_a_poll_has_accepted_is_kept)
{
    CASET_PUT(&set, "a.pem", &a);
    start("a.pem");
    CASET_PUT(&set, "a.pem", &b);
    caset_poll(&set);
    caset_write(&set, "a.pem", "");
    expect_told(restart("a.pem"), "kept: CC0466", "a.pem");
    expect("B");
}

TEST(a_child_does_not_write_to_the_store)
{
    pid_t child;
    int status = 0;

    CASET_PUT(&set, "a.pem", &a);
    start("a.pem");
    child = fork();
    if (child == 0) {
        CASET_PUT(&set, "a.pem", &b);
        caset_poll(&set);
        caset_write(&set, "a.pem", "");
        caset_reopen(&set, "a.pem");
        _exit(strcmp(caset_names(&set, 0), "A") == 0 ? 0 : 1);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
}

TEST(a_missing_file_and_a_missing_folder_keep_their_cas)
{
    ck_assert_int_eq(mkdir(caset_path(&set, "cas"), 0755), 0);
    CASET_PUT(&set, "a.pem", &a);
    CASET_PUT(&set, "cas/b.pem", &b);
    start("a.pem cas");
    ck_assert_int_eq(unlink(caset_path(&set, "a.pem")), 0);
    ck_assert_int_eq(rename(caset_path(&set, "cas"), caset_path(&set, "gone")), 0);
    expect_told(restart("a.pem cas"), "kept: CC0463: site.conf:1: ", "| kept: CC0463");
    expect("A B");
    ck_assert_str_eq(caset_poll_gone(&set), "");
    ck_assert_int_eq(rename(caset_path(&set, "gone"), caset_path(&set, "cas")), 0);
    CASET_PUT(&set, "a.pem", &b);
    ck_assert_str_eq(caset_poll(&set), "a.pem -CN=A");
}

TEST(an_empty_folder_keeps_its_cas)
{
    ck_assert_int_eq(mkdir(caset_path(&set, "cas"), 0755), 0);
    CASET_PUT(&set, "cas/a.pem", &a);
    start("cas");
    ck_assert_int_eq(unlink(caset_path(&set, "cas/a.pem")), 0);
    expect_told(restart("cas"), "kept: CC0466", "cas\": the directory");
    expect("A");
    CASET_PUT(&set, "cas/b.pem", &b);
    ck_assert_str_eq(caset_poll(&set), "a.pem -CN=A | b.pem +CN=B");
}

TEST(a_file_of_a_folder_that_is_something_else_now_is_refused)
{
    ck_assert_int_eq(mkdir(caset_path(&set, "cas"), 0755), 0);
    CASET_PUT(&set, "cas/a.pem", &a);
    CASET_PUT(&set, "cas/b.pem", &b);
    caset_write(&set, "cas/README", "Our CAs.\n");
    start("cas");
    caset_write(&set, "cas/a.pem", "no longer\n");
    expect_told(restart("cas"), "kept: CC0466", "a.pem");
    expect("A B");
}

TEST(a_path_that_no_configuration_uses_is_forgotten)
{
    CASET_PUT(&set, "a.pem", &a);
    CASET_PUT(&set, "b.pem", &b);
    start("a.pem");
    ck_assert_str_eq(restart("b.pem"), "");
    CASET_PUT(&set, "a.pem", &client);
    expect_told(restart("a.pem"), "none: CC0465", "a.pem");
}

/* ---- ages ------------------------------------------------------------------------------ */

/* An age in the first group. */
static apr_time_t since(const pki_t *ca)
{
    return caset_since(&set, 0, ca);
}

TEST(a_ca_keeps_its_age_while_it_is_there)
{
    apr_time_t first, other;

    CASET_PUT(&set, "a.pem", &a);
    CASET_PUT(&set, "b.pem", &b);
    start("a.pem b.pem");
    first = since(&a);
    ck_assert(first > 0 && first <= apr_time_now());
    CASET_PUT(&set, "b.pem", &a);
    caset_poll(&set);
    ck_assert(since(&a) == first);
    ck_assert(since(&b) == -1);
    CASET_PUT(&set, "b.pem", &b);
    caset_poll(&set);
    other = since(&b);
    ck_assert(since(&a) == first && other > first);
    ck_assert_str_eq(restart("a.pem b.pem reload=7"), "");
    ck_assert(since(&a) == first && since(&b) == other);
}

TEST(a_ca_that_left_and_came_back_is_new)
{
    apr_time_t first;

    CASET_PUT(&set, "a.pem", &a, &b);
    start("a.pem");
    first = since(&a);
    CASET_PUT(&set, "a.pem", &b);
    caset_poll(&set);
    ck_assert(since(&a) == -1);
    CASET_PUT(&set, "a.pem", &a, &b);
    caset_poll(&set);
    ck_assert(since(&a) > first && since(&b) == first);
}

TEST(a_ca_that_left_before_a_restart_is_new)
{
    apr_time_t first;

    CASET_PUT(&set, "a.pem", &a, &b);
    start("a.pem");
    first = since(&a);
    CASET_PUT(&set, "a.pem", &b);
    ck_assert_str_eq(restart("a.pem"), "");
    CASET_PUT(&set, "a.pem", &a, &b);
    ck_assert_str_eq(restart("a.pem"), "");
    ck_assert(since(&a) > first && since(&b) == first);
}

/* A CA that another directive or another group has does not count. */
TEST(the_ages_are_those_of_the_same_directives)
{
    apr_time_t first;

    CASET_PUT(&set, "a.pem", &a);
    CASET_PUT(&set, "b.pem", &b);
    start("a.pem domain=example.org\nb.pem");
    first = since(&a);
    ck_assert_str_eq(restart("b.pem"), "");
    ck_assert(since(&b) > first);
    ck_assert_str_eq(restart("a.pem domain=example.org\nb.pem"), "");
    ck_assert(since(&a) > first);
    first = since(&a);
    ck_assert_str_eq(restart("a.pem domain=example.net\nb.pem"), "");
    ck_assert(since(&a) > first);
    first = since(&a);
    CASET_PUT(&set, "c.pem", &a);
    ck_assert_str_eq(restart("c.pem domain=example.net\nb.pem"), "");
    ck_assert(since(&a) > first);
}

TEST(a_clock_that_is_set_back_makes_nothing_older)
{
    apr_time_t before;

    CASET_PUT(&set, "a.pem", &a);
    start("a.pem");
    caset_poll(&set);
    before = apr_time_now();
    usleep(2000);
    set_back = apr_time_from_sec(3600);
    CASET_PUT(&set, "a.pem", &b);
    ck_assert_str_ne(caset_poll(&set), "");
    ck_assert(since(&b) > before + 1000);
    before = since(&b);
    CASET_PUT(&set, "a.pem", &a);
    ck_assert_str_eq(restart("a.pem"), "");
    ck_assert(since(&a) > before);
}

SUITE("CAs at a restart", .setup = setup, .teardown = teardown);
