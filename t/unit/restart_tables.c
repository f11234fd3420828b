/* SPDX-License-Identifier: Apache-2.0 */
/* Tests the life of the tables of a process: at a start, over a graceful restart, in a child. */
#include <unistd.h>

#include <apr_strings.h>

#include "fakehttpd.h"
#include "httpd/background/poller.h"
#include "httpd/background/sharing.h"
#include "httpd/background/tables.h"
#include "httpd/conf/dir.h"
#include "ruleset.h"
#include "suite.h"

#define IN "ClientCertTable t file:users.txt reload=5\nClientCertMap subject.CN in t user=$1\n"
#define LATER (apr_time_now() + apr_time_from_sec(60))

/* Writes the table, and returns when it no longer counts as being written. */
static void write_table(const char *text)
{
    fake_write("new.txt", text);
    ck_assert_int_eq(rename(fake_path("new.txt"), fake_path("users.txt")), 0);
    apr_sleep(apr_time_from_msec(600));
}

static int start(void)
{
    return cc_tables_start(fake.pconf, fake.pconf, fake.pconf, fake.main);
}

/* Alice's user by the rules of the main server, "-" for none, or why it is not known. */
static const char *user(void)
{
    const cc_rules_t *rules = cc_dir_of(fake_request(fake.main, "/"))->rules;
    const cc_verdict_t *verdict = ruleset_verdict(rules, ruleset_alice, fake.pool);

    return verdict->failure ? verdict->failure : verdict->user ? verdict->user : "-";
}

static void child(void)
{
    cc_tables_child_start(fake.pconf, fake.main);
}

/* ---- a start ----------------------------------------------------------------------------- */

TEST(a_table_is_there_from_the_start)
{
    write_table("Alice u1\n");
    fake_configured(IN);
    ck_assert_int_eq(start(), OK);
    child();
    ck_assert_str_eq(user(), "u1");
    fake_expect_log("");
}

TEST(a_start_ends_where_a_table_cannot_be_read)
{
    fake_configured(IN);
    ck_assert_int_ne(start(), OK);
    fake_expect_begins(fake_logged(), "emerg CC06");
}

TEST(without_tables_nothing_is_started_or_polled)
{
    fake_configured("ClientCertMap user=a");
    ck_assert_int_eq(start(), OK);
    ck_assert_ptr_nonnull(cc_tables_configured(fake.main));
    child();
    ck_assert(cc_tables_poll_child(fake.main, LATER) == 0);
    fake_configured("");
    ck_assert_ptr_null(cc_tables_configured(fake.main));
    ck_assert_int_eq(start(), OK);
    child();
    cc_tables_poll_parent(fake.main, LATER);
    ck_assert(cc_tables_poll_child(fake.main, LATER) == 0);
    fake_expect_log("");
}

TEST(a_table_of_a_host_is_not_seen_from_others)
{
    write_table("Alice u1\n");
    fake_expect_begins(fake_configure("<VirtualHost *:1>\nServerName a\n"
                                      "ClientCertTable t file:users.txt\n</VirtualHost>\n"
                                      "<VirtualHost *:1>\nServerName b\n"
                                      "ClientCertMap subject.CN in t user=x\n</VirtualHost>"),
                       "CC02");
    fake_configured("ClientCertTable t file:users.txt\n<VirtualHost *:1>\nServerName b\n"
                    "ClientCertMap subject.CN in t user=x\n</VirtualHost>");
    fake_expect_begins(fake_configure("ClientCertTable t file:a\nClientCertTable t file:b"),
                       "CC06");
}

TEST(an_htaccess_may_name_tables_and_makes_none)
{
    request_rec *r;

    fake_configured("");
    r = fake_request(fake.main, "/");
    fake_expect_begins(fake_htaccess(r, "Require clientcert subject.CN in t"), "CC02");
    ck_assert_ptr_null(cc_tables_configured(fake.main));
    fake_configured(IN);
    r = fake_request(fake.main, "/");
    ck_assert_pstr_eq(fake_htaccess(r, "Require clientcert subject.CN in t"), NULL);
}

/* ---- a graceful restart ------------------------------------------------------------------ */

static void start_with(const char *text)
{
    write_table(text);
    fake_configured(IN);
    ck_assert_int_eq(start(), OK);
    fake_expect_log("");
}

TEST(rows_that_did_not_change_are_kept)
{
    start_with("Alice u1\n");
    fake_restart(IN);
    ck_assert_int_eq(start(), OK);
    fake_expect_log("info CC0187: table t keeps its rows across the restart (site.conf:1)");
    child();
    ck_assert_str_eq(user(), "u1");
    fake_restart(IN);
    ck_assert_int_eq(start(), OK);
    fake_expect_log("info CC0187: table t keeps its rows across the restart (site.conf:1)");
}

/* What is logged while the configuration is read the first time does not reach the error log. */
TEST(remarks_on_lines_are_logged_while_the_rows_are_kept)
{
    static const char grid[] = "ClientCertTable t gridmap:users.txt reload=5\n"
                               "ClientCertMap subject in t user=$1\n";
    const char *remark = NULL;

    write_table("\"/CN=Alice\" .pool\n");
    fake_configured(grid);
    ck_assert_int_eq(start(), OK);
    remark = fake_logged();
    fake_expect_begins(remark, "warn CC0612: table t: ");
    for (int restarts = 0; restarts < 2; restarts++) {
        fake_restart(grid);
        ck_assert_int_eq(start(), OK);
        fake_expect_log(apr_pstrcat(
            fake.pool, "info CC0187: table t keeps its rows across the restart (site.conf:1)\n",
            remark, NULL));
    }
    write_table("\"/CN=Alice\" alice\n");
    fake_restart(grid);
    ck_assert_int_eq(start(), OK);
    fake_expect_log("");
}

TEST(rows_that_changed_are_read)
{
    start_with("Alice u1\n");
    write_table("Alice u2\n");
    fake_restart(IN);
    ck_assert_int_eq(start(), OK);
    fake_expect_log("");
    child();
    ck_assert_str_eq(user(), "u2");
}

TEST(a_table_that_cannot_be_read_any_more_stays_as_it_was)
{
    start_with("Alice u1\n");
    unlink(fake_path("users.txt"));
    fake_restart(IN);
    ck_assert_int_eq(start(), OK);
    fake_expect_begins(fake_logged(), "error CC0185: table t was not reloaded at the restart; its "
                                      "previous rows stay in use: CC06");
    child();
    ck_assert_str_eq(user(), "u1");
}

TEST(a_new_table_that_cannot_be_read_does_not_end_a_restart)
{
    fake_configured("");
    ck_assert_int_eq(start(), OK);
    fake_restart(IN);
    ck_assert_int_eq(start(), OK);
    fake_expect_begins(fake_logged(),
                       "crit CC0186: table t was not loaded at the restart; lookups in "
                       "it fail until it can be read: CC06");
    child();
    ck_assert_ptr_nonnull(strstr(user(), "t"));
    ck_assert_str_ne(user(), "-");
}

/* httpd reads its configuration twice before it serves. */
TEST(a_first_start_is_no_restart_though_the_configuration_is_read_twice)
{
    fake.main_state = AP_SQ_MS_CREATE_PRE_CONFIG;
    start_with("Alice u1\n");
    fake.main_state = AP_SQ_MS_DESTROY_CONFIG;
    fake_configuration_end();
    fake.main_state = AP_SQ_MS_CREATE_CONFIG;
    unlink(fake_path("users.txt"));
    fake_configured(IN);
    ck_assert_int_ne(start(), OK);
    fake_expect_begins(fake_logged(), "emerg CC06");
}

TEST(a_process_that_ends_keeps_nothing)
{
    start_with("Alice u1\n");
    fake.main_state = AP_SQ_MS_EXITING;
    fake_configuration_end();
    fake.main_state = AP_SQ_MS_CREATE_CONFIG;
    fake.generation = 2;
    fake_configured(IN);
    ck_assert_int_eq(start(), OK);
    fake_expect_log("");
}

TEST(what_the_parent_has_read_meanwhile_survives_too)
{
    start_with("Alice u1\n");
    write_table("Alice u2\n");
    cc_tables_poll_parent(fake.main, LATER); /* the sharing thread may be reading them */
    cc_tables_poll_parent(fake.main, LATER + apr_time_from_sec(60));
    fake_expect_log("");
    ck_assert_str_eq(user(), "u2");
    unlink(fake_path("users.txt"));
    fake_restart(IN);
    ck_assert_int_eq(start(), OK);
    fake_expect_begins(fake_logged(), "error CC0185: ");
    child();
    ck_assert_str_eq(user(), "u2");
}

/* ---- a child ----------------------------------------------------------------------------- */

/* At the first time, the sharing thread may be reading the file; a child waits for that once. */
static void child_polls(apr_time_t now)
{
    cc_tables_poll_child(fake.main, now);
    cc_tables_poll_child(fake.main, now + apr_time_from_sec(60));
}

TEST(a_child_tells_what_has_changed_and_what_it_refuses)
{
    start_with("Alice u1\n");
    child();
    ck_assert_int_gt(cc_tables_poll_child(fake.main, apr_time_now()), 0);
    write_table("Alice u2\n");
    child_polls(LATER);
    fake_expect_log("info CC0131: table t has changed (site.conf:1)");
    ck_assert_str_eq(user(), "u2");
    write_table("Alice \"u3\n");
    child_polls(LATER + apr_time_from_sec(300));
    fake_expect_begins(
        fake_logged(),
        "error CC0132: table t was not reloaded; its previous rows stay in use: CC06");
    ck_assert_str_eq(user(), "u2");
}

TEST(a_child_has_a_thread_that_polls_where_there_is_something_to_poll)
{
    fake_configured("");
    cc_poller_child_start(fake.pconf, fake.main);
    start_with("Alice u1\n");
    child();
    cc_poller_child_start(fake.pconf, fake.main);
    ck_assert_int_eq(cc_poller_monitor(fake.pconf, fake.main), DECLINED);
    fake_expect_log("");
}

/* ---- sharing ----------------------------------------------------------------------------- */

TEST(only_a_process_that_will_have_children_shares)
{
    const cc_sharing_t *sharing = cc_sharing_make(fake.main, fake.pconf);

    ck_assert_ptr_nonnull(sharing);
    ck_assert_uint_eq(sharing->owner, geteuid());
    fake.defines = "ONE_PROCESS";
    ck_assert_ptr_null(cc_sharing_make(fake.main, fake.pconf));
    fake.defines = "DEBUG";
    ck_assert_ptr_null(cc_sharing_make(fake.main, fake.pconf));
    fake.defines = NULL;
    fake.run_mode = AP_SQ_RM_CONFIG_TEST;
    ck_assert_ptr_null(cc_sharing_make(fake.main, fake.pconf));
    fake.run_mode = AP_SQ_RM_NORMAL;
    fake.main_state = AP_SQ_MS_CREATE_PRE_CONFIG;
    ck_assert_ptr_null(cc_sharing_make(fake.main, fake.pconf));
}

TEST(without_a_thread_that_answers_nobody_is_asked)
{
    const cc_sharing_t *sharing = cc_sharing_make(fake.main, fake.pconf);
    int image = -1;

    ck_assert_int_eq(sharing->fetch(&image, 1, sharing->baton), APR_ENOTIMPL);
    fake_configured(IN);
    write_table("Alice u1\n");
    ck_assert_int_eq(start(), OK);
}

/* Its parent may be busy, and the child would serve with older rows than the others. */
TEST(a_child_that_begins_is_patient)
{
    const cc_sharing_t *sharing;
    apr_time_t before;
    int image = -1;

    start_with("Alice u1\n");
    sharing = cc_sharing_make(fake.main, fake.pconf);
    cc_sharing_start(sharing, cc_tables_configured(fake.main), fake.main, fake.pconf);
    before = apr_time_now();
    cc_sharing_child(fake.main); /* from now on, nothing answers here */
    ck_assert_int_eq(sharing->fetch(&image, 1, sharing->baton), APR_ENOENT);
    ck_assert_int_ge(apr_time_now() - before, apr_time_from_msec(900));
    ck_assert_int_eq(sharing->fetch(&image, 1, sharing->baton), APR_ENOENT);
}

SUITE("tables", .setup = fake_begin, .teardown = fake_end, .timeout = 60);
