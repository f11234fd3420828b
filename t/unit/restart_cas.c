/* SPDX-License-Identifier: Apache-2.0 */
/* Tests the life of CA sets: at a start, over a graceful restart, in a child. */
#include <stdatomic.h>
#include <unistd.h>

#include <apr_strings.h>

#include "base/error.h"
#include "ca/ca.h"
#include "fakehttpd.h"
#include "httpd/background/ca_sets.h"
#include "httpd/conf/vhost_conf.h"
#include "pki.h"
#include "suite.h"

#define LATER(seconds) (apr_time_now() + apr_time_from_sec(seconds))
#define CONF "ClientCertCA cas.pem reload=5\n"
#define HOST(name, lines) "<VirtualHost *:443>\nServerName " name "\n" lines "</VirtualHost>\n"

static pki_t one, two, leaf;
static cc_error_t err;

static void setup(void)
{
    fake_begin();
    one = pki_ca("One", NULL);
    two = pki_ca("Two", NULL);
    leaf = pki_client("leaf", &one);
    fake_write_certs("cas.pem", one.cert, NULL);
}

static void teardown(void)
{
    pki_free(&leaf);
    pki_free(&two);
    pki_free(&one);
    fake_end();
}

/* Sets the host up as mod_ssl does: "" or the error. */
static const char *host(const char *name, cc_cas_t **cas)
{
    cc_cas_t *made = NULL;

    memset(&err, 0, sizeof(err));
    if (cc_ca_sets_open(&made, fake_host(name), fake.pconf, &err) != APR_SUCCESS) {
        return cc_error_text(&err, fake.pool);
    }
    if (cas) {
        *cas = made;
    }
    return "";
}

static int start(void)
{
    return cc_ca_sets_start(fake.pconf, fake.pconf, fake.pconf, fake.main);
}

/* How many CAs the first set has; -1: there is none. */
static int held(void)
{
    const apr_array_header_t *all = cc_ca_sets_opened(fake.main);
    unsigned side;
    cc_cas_t *cas;
    int count;

    if (all->nelts == 0) {
        return -1;
    }
    cas = APR_ARRAY_IDX(all, 0, cc_opened_cas_t).cas;
    count = cc_ca_count(cc_ca_group_at(cc_cas_enter(cas, &side), 0));
    cc_cas_leave(cas, side);
    return count;
}

static apr_uint64_t number(const char *name)
{
    return atomic_load(&cc_vhost_conf_of(fake_host(name))->number);
}

/* ---- a start ----------------------------------------------------------------------------- */

TEST(a_host_has_the_cas_of_its_directives)
{
    cc_cas_t *a, *b;

    fake_configured(HOST("a", CONF) HOST("b", ""));
    ck_assert_str_eq(host("a", &a), "");
    ck_assert_str_eq(host("b", &b), "");
    ck_assert_int_eq(start(), OK);
    ck_assert_ptr_nonnull(a);
    ck_assert_ptr_null(b);
    ck_assert_int_eq(held(), 1);
    fake_expect_log("");
}

TEST(a_start_ends_where_cas_cannot_be_loaded)
{
    fake_configured(HOST("a", "ClientCertCA none.pem\n"));
    fake_expect_begins(host("a", NULL), "CC046");
    ck_assert_int_eq(held(), -1);
}

TEST(hosts_with_the_same_directives_share_a_set)
{
    cc_cas_t *a, *b, *c, *d;

    fake_configured(CONF HOST("a", "") HOST("b", "") HOST("c", CONF)
                        HOST("d", CONF "ClientCertCA cas.pem domain=example.org\n"));
    host("d", &d);
    host("c", &c);
    host("b", &b);
    host("a", &a);
    ck_assert_ptr_eq(a, b);
    ck_assert_ptr_eq(a, c);
    ck_assert_ptr_ne(a, d);
    ck_assert_int_eq(cc_ca_sets_opened(fake.main)->nelts, 2);
    ck_assert_int_eq(APR_ARRAY_IDX(cc_ca_sets_opened(fake.main), 1, cc_opened_cas_t).users->nelts,
                     3);
}

/* ---- a graceful restart ------------------------------------------------------------------ */

static void started(void)
{
    fake_configured(HOST("a", CONF));
    ck_assert_str_eq(host("a", NULL), "");
    ck_assert_int_eq(start(), OK);
    fake_expect_log("");
}

static void restarted(const char *text)
{
    fake_restart(text);
    ck_assert_str_eq(host("a", NULL), "");
    ck_assert_int_eq(start(), OK);
}

TEST(the_cas_loaded_before_stay_where_the_file_is_bad)
{
    started();
    fake_write("cas.pem", "garbage\n");
    restarted(HOST("a", CONF));
    fake_expect_begins(fake_logged(), "error CC0197: after the restart, the CAs loaded on 20");
    ck_assert_int_eq(held(), 1);
    restarted(HOST("a", CONF));
    fake_expect_begins(fake_logged(), "error CC0197: ");
    ck_assert_int_eq(held(), 1);
}

TEST(a_new_directive_whose_files_are_bad_does_not_end_a_restart)
{
    started();
    restarted(HOST("a", "ClientCertCA none.pem\n"));
    fake_expect_begins(fake_logged(), "error CC0198: after the restart, none of these CAs is "
                                      "in use, and their clients are refused until the file can "
                                      "be loaded: CC046");
    ck_assert_int_eq(held(), 0);
}

TEST(a_file_that_was_not_used_meanwhile_is_forgotten)
{
    started();
    fake_write_certs("other.pem", two.cert, NULL);
    restarted(HOST("a", "ClientCertCA other.pem\n"));
    unlink(fake_path("cas.pem"));
    restarted(HOST("a", CONF));
    fake_expect_begins(fake_logged(), "error CC0198: ");
}

/* httpd reads its configuration twice at a start: the first time only as a check. */
TEST(a_configuration_that_is_only_tried_leaves_nothing)
{
    fake.main_state = AP_SQ_MS_CREATE_PRE_CONFIG;
    started();
    fake.main_state = 0;
    unlink(fake_path("cas.pem"));
    restarted(HOST("a", CONF));
    fake_expect_begins(fake_logged(), "error CC0198: ");
}

/* ---- a child ----------------------------------------------------------------------------- */

TEST(a_child_logs_what_has_changed_and_what_it_refuses)
{
    const char *log;

    started();
    ck_assert_int_gt(cc_ca_sets_poll_child(fake.main, apr_time_now()), 0);
    fake_write_certs("cas.pem", one.cert, two.cert, NULL);
    cc_ca_sets_poll_child(fake.main, LATER(60));
    log = fake_logged();
    fake_expect_begins(log, "notice CC0195: \"");
    ck_assert_ptr_nonnull(strstr(log, "cas.pem\": CAs have changed: added CN=Two (sha256 "));
    ck_assert_int_eq(held(), 2);
    fake_write_certs("cas.pem", two.cert, leaf.cert, NULL);
    cc_ca_sets_poll_child(fake.main, LATER(120));
    fake_expect_begins(fake_logged(), "error CC0196: the CAs already loaded stay in use: CC046");
    ck_assert_int_eq(held(), 2);
    fake_write_certs("cas.pem", two.cert, NULL);
    cc_ca_sets_poll_child(fake.main, LATER(180));
    ck_assert_ptr_nonnull(strstr(fake_logged(), "CAs have changed: removed CN=One (sha256 "));
    ck_assert_int_eq(held(), 1);
}

TEST(a_long_list_is_cut)
{
    pki_t cas[20];
    const char *log;

    started();
    for (int i = 0; i < 20; i++) {
        cas[i] = pki_ca(apr_psprintf(fake.pool, "CA %d", i), NULL);
        fake_write_certs(apr_psprintf(fake.pool, "part%d", i), cas[i].cert, NULL);
    }
    log = fake_read("cas.pem");
    for (int i = 0; i < 20; i++) {
        log = apr_pstrcat(fake.pool, log, fake_read(apr_psprintf(fake.pool, "part%d", i)), NULL);
        pki_free(&cas[i]);
    }
    fake_write("cas.pem", log);
    cc_ca_sets_poll_child(fake.main, LATER(60));
    log = fake_logged();
    ck_assert_ptr_nonnull(strstr(log, "added CN=CA "));
    ck_assert_ptr_nonnull(strstr(log, " and 4 more"));
    ck_assert_ptr_null(strchr(log, '\n'));
}

TEST(the_parent_follows_and_logs_nothing)
{
    started();
    fake_write_certs("cas.pem", one.cert, two.cert, NULL);
    cc_ca_sets_poll_parent(fake.main, LATER(60));
    fake_expect_log("");
    ck_assert_int_eq(held(), 2);
    fake_configured("");
    ck_assert(cc_ca_sets_poll_child(fake.main, LATER(60)) == 0);
    cc_ca_sets_poll_parent(fake.main, LATER(60));
}

/* ---- numbers ----------------------------------------------------------------------------- */

TEST(the_number_of_a_host_is_its_own_and_changes_with_its_cas)
{
    apr_uint64_t a, b, c;

    fake_configured(HOST("a", CONF) HOST("b", CONF) HOST("c", ""));
    ck_assert_uint_eq(number("a"), 0);
    host("a", NULL);
    host("b", NULL);
    host("c", NULL);
    a = number("a");
    b = number("b");
    c = number("c");
    ck_assert(a != 0 && b != 0 && c != 0);
    ck_assert(a != b && b != c && a != c);
    cc_ca_sets_poll_child(fake.main, LATER(60));
    ck_assert(number("a") == a && number("b") == b);
    fake_write_certs("cas.pem", two.cert, NULL);
    cc_ca_sets_poll_child(fake.main, LATER(120));
    ck_assert(number("a") != a && number("b") != b && number("a") != number("b"));
    ck_assert(number("a") != b && number("b") != a);
    ck_assert_uint_eq(number("c"), c);
}

SUITE("CA sets", .setup = setup, .teardown = teardown, .timeout = 60);
