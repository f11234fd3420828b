/* SPDX-License-Identifier: Apache-2.0 */
/* Tests the life of CRLs: at a start, over a graceful restart, before a start, in a child. */
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <apr_strings.h>

#include "base/error.h"
#include "crlset.h"
#include "fakehttpd.h"
#include "httpd/background/crl_held.h"
#include "httpd/background/crl_precheck.h"
#include "httpd/background/revocation.h"
#include "httpd/background/revocation_start.h"
#include "httpd/conf/vhost_conf.h"
#include "suite.h"
#include "trust/trust.h"

#define LATER (apr_time_now() + apr_time_from_sec(60))
#define CONF "ClientCertCRL crl.pem reload=5\n"
#define HOST(name) "<VirtualHost *:443>\nServerName " name "\nSSLEngine on\n</VirtualHost>\n"
#define PRE(name)                                                                                  \
    "<VirtualHost *:443>\nServerName " name "\nSSLEngine on\nSSLVerifyClient require\n"            \
    "SSLCACertificateFile ca.pem\n</VirtualHost>\n"

static pki_t ca, other, alice;
static crlset_t files; /* in ServerRoot */
static cc_error_t err;

static void setup(void)
{
    fake_begin();
    ca = pki_ca("CA", NULL);
    other = pki_ca("Other", NULL);
    alice = pki_client("alice", &ca);
    fake_write_certs("ca.pem", ca.cert, NULL);
    fake_write_certs("other.pem", other.cert, NULL);
    files = (crlset_t){.pool = fake.pool, .folder = (char *)fake.folder};
}

static void teardown(void)
{
    pki_free(&alice);
    pki_free(&other);
    pki_free(&ca);
    fake_end();
}

/* Writes crl.pem, of this CA and number. */
static void put(const pki_t *by, const char *number)
{
    crlset_put(&files, "crl.pem", &(crl_recipe_t){.ca = by, .number = number});
}

/* Makes the host of this name trust this file of CAs. */
static const cc_trust_t *trust(const char *file)
{
    cc_trust_files_t from = {.ca_file = fake_path(file), .depth = 1};
    cc_trust_t *made = NULL;
    cc_error_t wrong = {0};

    ck_assert_int_eq(cc_trust_load(&made, &from, fake.pconf, &wrong), APR_SUCCESS);
    return made;
}

/* Sets the host up as mod_ssl does: "" or the error. */
static const char *host(const char *name, const char *cas, cc_revocation_t **revocation)
{
    cc_revocation_t *made = NULL;

    memset(&err, 0, sizeof(err));
    if (cc_revocation_create(&made, fake_host(name), trust(cas), fake.pconf, &err) != APR_SUCCESS) {
        return cc_error_text(&err, fake.pool);
    }
    if (revocation) {
        *revocation = made;
    }
    return "";
}

static int start(void)
{
    return cc_revocation_start(fake.pconf, fake.pconf, fake.pconf, fake.main);
}

/* The numbers of the CRLs that this process uses. */
static const char *held(void)
{
    const apr_array_header_t *all = cc_crl_held_list(fake.main, fake.pool);
    const char *numbers = "";

    for (int i = 0; i < all->nelts; i++) {
        numbers = apr_pstrcat(fake.pool, numbers, i > 0 ? " " : "",
                              APR_ARRAY_IDX(all, i, cc_held_crl_t).info.number, NULL);
    }
    return numbers;
}

/* ---- a start ----------------------------------------------------------------------------- */

TEST(a_host_asks_the_crls_that_it_is_told_of)
{
    cc_revocation_t *revocation;

    put(&ca, "7");
    fake_configured(CONF HOST("a"));
    ck_assert_str_eq(host("a", "ca.pem", &revocation), "");
    ck_assert(revocation && revocation->crls && !revocation->ocsp && !revocation->leaf_alone);
    ck_assert_int_eq(start(), OK);
    ck_assert_str_eq(held(), "7");
    fake_expect_log("");
    fake_configured("ClientCertCRLCheck leaf\n" HOST("a"));
    ck_assert_str_eq(host("a", "ca.pem", &revocation), "");
    ck_assert_ptr_null(revocation);
}

TEST(a_start_ends_where_crls_cannot_be_loaded)
{
    fake_configured(CONF HOST("a"));
    fake_expect_begins(host("a", "ca.pem", NULL), "CC0406: ");
    ck_assert_str_eq(held(), "");
}

TEST(hosts_that_trust_the_same_share_what_they_hold)
{
    cc_revocation_t *a, *b, *c;

    put(&ca, "7");
    fake_configured(CONF HOST("a") HOST("b") HOST("c"));
    host("a", "ca.pem", &a);
    host("b", "ca.pem", &b);
    fake_write_certs("both.pem", ca.cert, other.cert, NULL);
    host("c", "both.pem", &c);
    ck_assert_ptr_eq(a->crls, b->crls);
    ck_assert_ptr_ne(a->crls, c->crls);
    ck_assert_int_eq(cc_revocation_opened(fake.main)->crls->nelts, 2);
}

/* ---- a graceful restart ------------------------------------------------------------------ */

static void started(const char *number)
{
    put(&ca, number);
    fake_configured(CONF HOST("a"));
    ck_assert_str_eq(host("a", "ca.pem", NULL), "");
    ck_assert_int_eq(start(), OK);
    fake_expect_log("");
}

static void restarted(const char *text)
{
    fake_restart(text);
    ck_assert_str_eq(host("a", "ca.pem", NULL), "");
    ck_assert_int_eq(start(), OK);
}

TEST(what_was_taken_before_stays_where_the_file_is_gone)
{
    started("7");
    unlink(fake_path("crl.pem"));
    restarted(CONF HOST("a"));
    fake_expect_begins(fake_logged(), "error CC0181: after the restart, the CRLs loaded on 20");
    ck_assert_str_eq(held(), "7");
    restarted(CONF HOST("a"));
    fake_expect_begins(fake_logged(), "error CC0181: ");
    ck_assert_str_eq(held(), "7");
}

TEST(an_older_crl_than_the_process_has_held_is_not_taken)
{
    started("7");
    put(&ca, "6");
    restarted(CONF HOST("a"));
    ck_assert_str_eq(held(), "7");
    fake_expect_begins(fake_logged(), "error CC0181: ");
    put(&ca, "8");
    restarted(CONF HOST("a"));
    ck_assert_str_eq(held(), "8");
    fake_expect_log("");
}

TEST(what_the_parent_has_taken_meanwhile_is_not_forgotten)
{
    started("7");
    put(&ca, "9");
    cc_revocation_poll_parent(fake.main, LATER);
    fake_expect_log("");
    ck_assert_str_eq(held(), "9");
    put(&ca, "8");
    restarted(CONF HOST("a"));
    ck_assert_str_eq(held(), "9");
    fake_expect_begins(fake_logged(), "error CC0181: ");
}

TEST(a_new_directive_whose_files_are_bad_does_not_end_a_restart)
{
    fake_configured(HOST("a"));
    ck_assert_int_eq(start(), OK);
    restarted(CONF HOST("a"));
    fake_expect_begins(fake_logged(),
                       "error CC0182: after the restart, none of these CRLs is loaded, "
                       "and clients that no other CRL covers are refused until one is: "
                       "CC0406: ");
    ck_assert_str_eq(held(), "");
}

TEST(a_trouble_of_many_hosts_is_told_once)
{
    started("7");
    unlink(fake_path("crl.pem"));
    fake_restart(CONF HOST("a") HOST("b"));
    fake_write_certs("both.pem", ca.cert, other.cert, NULL);
    host("a", "ca.pem", NULL);
    host("b", "both.pem", NULL);
    ck_assert_ptr_null(strchr(fake_logged(), '\n'));
}

/* httpd reads its configuration twice at a start: the first time only as a check. */
TEST(a_configuration_that_is_only_tried_is_no_start_and_leaves_nothing)
{
    fake.main_state = AP_SQ_MS_CREATE_PRE_CONFIG;
    fake.generation = 2;
    put(&ca, "7");
    fake_configured(CONF HOST("a"));
    ck_assert_str_eq(host("a", "ca.pem", NULL), "");
    ck_assert_int_eq(start(), OK);
    ck_assert_ptr_null(cc_vhost_conf_of(fake_host("a"))->crls->kept);
    unlink(fake_path("crl.pem"));
    fake_configured(CONF HOST("a"));
    fake_expect_begins(host("a", "ca.pem", NULL), "CC0406: ");
}

TEST(another_directive_does_not_know_what_this_one_has_held)
{
    started("7");
    crlset_put(&files, "b.pem", &(crl_recipe_t){.ca = &ca, .number = "3"});
    restarted("ClientCertCRL b.pem\n" HOST("a"));
    ck_assert_str_eq(held(), "3");
    fake_expect_log("");
}

/* ---- CRLs of CAs that no host trusts ----------------------------------------------------- */

TEST(a_file_that_is_named_and_no_use_to_any_host_ends_a_start)
{
    put(&other, "1");
    fake_configured(CONF HOST("a") HOST("b"));
    ck_assert_str_eq(host("a", "ca.pem", NULL), "");
    fake.main->log.level = APLOG_DEBUG;
    ck_assert_int_ne(start(), OK);
    fake_expect_begins(fake_logged(), "emerg CC04");
    ck_assert_str_eq(host("b", "other.pem", NULL), "");
    ck_assert_int_eq(start(), OK);
}

TEST(a_restart_bears_it)
{
    started("7");
    put(&other, "1");
    fake_restart(CONF HOST("a"));
    ck_assert_str_eq(host("a", "ca.pem", NULL), "");
    ck_assert_int_eq(start(), OK);
    ck_assert_ptr_nonnull(strstr(fake_logged(), "error CC018"));
    ck_assert_str_eq(held(), "7");
}

TEST(in_a_folder_it_is_a_warning)
{
    ck_assert_int_eq(mkdir(fake_path("crls"), 0700), 0);
    crlset_put(&files, "crls/crl.pem", &(crl_recipe_t){.ca = &other, .number = "1"});
    fake_configured("ClientCertCRL crls\n" HOST("a"));
    ck_assert_str_eq(host("a", "ca.pem", NULL), "");
    ck_assert_int_eq(start(), OK);
    fake_expect_begins(fake_logged(), "warn CC0183: ");
    ck_assert_str_eq(held(), "");
    unlink(fake_path("crls/crl.pem"));
    rmdir(fake_path("crls"));
}

TEST(a_host_tells_what_it_passes_over_where_somebody_looks_closely)
{
    put(&other, "1");
    fake_configured(CONF HOST("a"));
    fake_host("a")->log.level = APLOG_DEBUG;
    host("a", "ca.pem", NULL);
    fake_expect_log("debug CC0440: the CRL of \"CN=Other\", number 1, is ignored: this virtual "
                    "host does not trust its issuer");
}

/* ---- before a start ---------------------------------------------------------------------- */

static int checked(const char *text)
{
    fake_configured(text);
    return cc_crl_precheck(fake.pconf, fake.pconf, fake.pconf, fake.main);
}

TEST(a_test_tells_what_would_end_a_start)
{
    fake.main_state = AP_SQ_MS_CREATE_PRE_CONFIG;
    fake.run_mode = AP_SQ_RM_CONFIG_TEST;
    ck_assert_int_ne(checked(CONF PRE("a")), OK);
    fake_expect_begins(fake_logged(), "emerg CC0406: site.conf:1: ");
    put(&ca, "7");
    ck_assert_int_eq(checked(CONF PRE("a")), OK);
    fake_expect_log("");
    put(&other, "7");
    ck_assert_int_ne(checked(CONF PRE("a")), OK);
    fake_expect_begins(fake_logged(), "emerg CC04");
    setenv("CLIENTCERT_QUESTION", fake.folder, 1); /* the tool asks for checks itself */
    ck_assert_int_eq(checked(CONF PRE("a")), OK);
    fake_expect_log("");
}

TEST(a_start_goes_on_to_where_its_log_is_open)
{
    fake.main_state = AP_SQ_MS_CREATE_PRE_CONFIG;
    ck_assert_int_eq(checked(CONF PRE("a")), OK);
    fake_expect_begins(fake_logged(), "emerg CC0406: site.conf:1: ");
    ck_assert_int_eq(checked(CONF "SSLEngine off\n"), OK); /* it is not opened at the start */
    fake_expect_begins(fake_logged(), "emerg CC0406: site.conf:1: ");
    ck_assert(!cc_crl_precheck_passed(fake.main));
    ck_assert_int_ne(start(), OK);
    fake.main_state = AP_SQ_MS_CREATE_CONFIG;
    ck_assert_int_eq(checked(CONF PRE("a")), OK);
    ck_assert(cc_crl_precheck_passed(fake.main));
}

TEST(a_folder_without_a_crl_is_a_warning_of_a_test)
{
    ck_assert_int_eq(mkdir(fake_path("crls"), 0700), 0);
    fake.main_state = AP_SQ_MS_CREATE_PRE_CONFIG;
    fake.run_mode = AP_SQ_RM_CONFIG_TEST;
    ck_assert_int_eq(checked("ClientCertCRL crls\n" PRE("a")), OK);
    fake_expect_log("warn CC0184: site.conf:1: these directories have no CRL, so the revocation "
                    "status of certificates is unknown");
    rmdir(fake_path("crls"));
}

/* ---- a child ----------------------------------------------------------------------------- */

TEST(a_child_tells_what_has_changed_and_what_it_refuses)
{
    started("7");
    ck_assert_int_gt(cc_revocation_poll_child(fake.main, apr_time_now()), 0);
    fake_logged();
    put(&ca, "8");
    cc_revocation_poll_child(fake.main, LATER);
    fake_expect_log("info CC0173: CRLs have changed (site.conf:1)");
    ck_assert_str_eq(held(), "8");
    put(&ca, "5");
    cc_revocation_poll_child(fake.main, LATER + apr_time_from_sec(60));
    fake_expect_begins(fake_logged(), "error CC0174: the CRLs already loaded stay in use: CC04");
    ck_assert_str_eq(held(), "8");
    fake_configured("");
    ck_assert(cc_revocation_poll_child(fake.main, LATER) == 0);
    cc_revocation_poll_parent(fake.main, LATER);
}

SUITE("crls", .own_process = true, .setup = setup, .teardown = teardown, .timeout = 60);
