/* SPDX-License-Identifier: Apache-2.0 */
/* Tests requests from the handshake to the log: the identity of each client, and its access. */
#include <apr_strings.h>

#include "faketls.h"
#include "httpd/background/tables.h"
#include "httpd/conf/dir.h"
#include "httpd/conf/rulesets.h"
#include "httpd/request/authn.h"
#include "httpd/request/environment.h"
#include "httpd/request/fixups.h"
#include "httpd/request/denial.h"
#include "httpd/request/state.h"
#include "suite.h"

/* ---- the identity ------------------------------------------------------------------------ */

TEST(a_mapped_client_has_a_user_and_variables_and_is_told_of_once)
{
    request_rec *r, *next;

    faketls_connected(&faketls_set.alice, "ClientCertMap user=%{subject.CN} group=staff\n");
    r = faketls_request("/");
    ck_assert_int_eq(faketls_run(r, 0), OK);
    ck_assert_str_eq(r->user, "alice");
    ck_assert_str_eq(r->ap_auth_type, "ClientCert");
    ck_assert_str_eq(faketls_variable(r, "CLIENTCERT_USER"), "alice");
    ck_assert_str_eq(faketls_variable(r, "CLIENTCERT_GROUPS"), "staff");
    faketls_expect_line(
        "info CC0101: result=mapped user=\"alice\" groups=\"staff\" rule=site.conf:5 ",
        "subject=\"CN=alice\" issuer=\"CN=CA\" serial=", "client=192.0.2.1 vhost=a:443", NULL);
    next = faketls_request("/next");
    ck_assert_int_eq(faketls_run(next, 0), OK);
    fake_expect_log("");
    ck_assert_ptr_eq(next->user, r->user); /* kept with the connection */
    ck_assert_uint_eq(atomic_load(&cc_dir_of(r)->tally->results[0]), 1);
    ck_assert_uint_eq(atomic_load(&cc_dir_of(r)->tally->rules[0]), 1);
}

static const struct {
    const char *lines, *log; /* its beginning */
    const char *user, *exported;
} judged[] = {
    {"ClientCertMap subject.CN == bob user=bob\n",
     "notice CC0103: result=unmapped user=\"\" groups=\"\" rule=- ", NULL, NULL},
    {"ClientCertMap subject.CN == alice deny\n",
     "notice CC0103: result=denied user=\"\" groups=\"\" rule=site.conf:5 ", NULL, NULL},
    {"ClientCertMap user=a\nClientCertAuth Off\n", "info CC0101: result=mapped ", NULL, "a"},
    {"ClientCertMap user=a\nClientCertExport SERIAL\n", "info CC0101: ", "a", NULL},
    {"ClientCertMap user=a\nClientCertAuth Off\nClientCertExport \"\"\n", "", NULL, NULL},
    {"ClientCertAuth On\n", "", NULL, NULL},
    {"ClientCertExport USER=subject.CN\n", "", NULL, "alice"},
};

TEST_LOOP(rules_and_directives_say_what_becomes_of_it, 0, COUNT(judged))
{
    request_rec *r;

    faketls_connected(&faketls_set.alice, judged[_i].lines);
    r = faketls_request("/");
    ck_assert_int_eq(faketls_run(r, 0), OK);
    ck_assert_pstr_eq(r->user, judged[_i].user);
    ck_assert_pstr_eq(faketls_variable(r, "CLIENTCERT_USER"), judged[_i].exported);
    fake_expect_begins(fake_logged(), judged[_i].log);
}

TEST(who_presents_nothing_is_nobody)
{
    request_rec *r;

    faketls_connected(NULL, "ClientCertMap user=a\n");
    r = faketls_request("/");
    r->user = apr_pstrdup(r->pool, "CN=forged"); /* as SSLUserName may set it */
    r->ap_auth_type = NULL;
    ck_assert_int_eq(faketls_run(r, 0), OK);
    ck_assert_pstr_eq(r->user, NULL);
    ck_assert_pstr_eq(faketls_variable(r, "CLIENTCERT_USER"), NULL);
    fake_expect_log("");
}

TEST(a_login_without_rules_is_recorded_without_memory)
{
    request_rec *r;

    faketls_connected(&faketls_set.alice, "ClientCertAuth On\n");
    r = faketls_request("/");
    ck_assert_int_eq(cc_authn_access(r), DECLINED);
    ck_assert_int_eq(cc_authn_failure(r), DECLINED);
    ck_assert(cc_request_seen(r)->login && !cc_request_seen(r)->admitted);
    ck_assert_int_eq(cc_fixups_begin(r), DECLINED);
    ck_assert(cc_request_seen(r)->login && cc_request_seen(r)->admitted);
    ck_assert(!cc_request_seen(r)->own);
    cc_request_end(r);
    ck_assert(cc_request_seen(r)->logged && !cc_request_seen(r)->own);
}

TEST(mod_ssl_must_agree)
{
    request_rec *r;

    faketls_connected(&faketls_set.alice, "ClientCertMap user=a\n");
    apr_table_set(fake.tls_variables, "SSL_CLIENT_VERIFY", "GENEROUS");
    r = faketls_request("/");
    ck_assert_int_eq(faketls_run(r, 0), OK);
    ck_assert_pstr_eq(r->user, NULL);
    faketls_expect_line("warn CC0104: result=rejected ",
                        "reason=\"mod_ssl does not report it as verified\"", NULL);
}

TEST(each_step_is_told_where_somebody_looks_closely)
{
    const char *log;

    faketls_connected(&faketls_set.alice, "ClientCertMap subject.CN == bob user=bob\n"
                                          "ClientCertMap user=alice\n");
    fake_host("a")->log.level = APLOG_DEBUG;
    ck_assert_int_eq(faketls_run(faketls_request("/"), 0), OK);
    log = fake_logged();
    fake_expect_begins(log, "debug CC0105: rule site.conf:5 does not match: subject.CN == \"bob\"; "
                            "seen alice\n"
                            "debug CC0105: rule site.conf:6 matches\n"
                            "info CC0101: result=mapped user=\"alice\" ");
    ck_assert_int_eq(faketls_run(faketls_request("/"), 0), OK);
    fake_expect_log("");
}

/* ---- denials ----------------------------------------------------------------------------- */

TEST(a_denial_says_who_came_and_what_was_missing)
{
    const char *log;
    request_rec *r;

    faketls_connected(&faketls_set.alice,
                      "ClientCertMap user=alice group=staff\n"
                      "Require clientcert-group admins\nRequire clientcert-group staff\n");
    r = faketls_request("/secret?q");
    ck_assert_int_eq(faketls_run(r, 6), HTTP_FORBIDDEN);
    log = fake_logged();
    fake_expect_begins(log, "info CC0101: ");
    fake_expect_begins(strchr(log, '\n'), "\nerror CC0110: result=forbidden user=\"alice\" ");
    ck_assert_ptr_nonnull(
        strstr(log, "reason=\"it meets none of these requirements\" request=\"GET /secret\" "
                    "needs=\"clientcert-group admins (site.conf:6), another user\""));
    ck_assert_int_eq(faketls_run(faketls_request("/secret"), 7), OK);
    fake_expect_log("");
}

TEST(who_is_nobody_is_told_of_too)
{
    request_rec *r;

    faketls_connected(NULL, "ClientCertMap user=alice\nRequire clientcert-user alice\n");
    r = faketls_request("/secret?q");
    ck_assert_int_eq(faketls_run(r, 6), HTTP_FORBIDDEN);
    faketls_expect_line("error CC0110: result=forbidden user=\"\" groups=\"\" rule=- subject=\"\"",
                        "reason=\"no client certificate was presented\" request=\"GET /secret\" "
                        "needs=\"clientcert-user alice (site.conf:6), a user\"",
                        NULL);
}

TEST(a_403_of_another_is_not_told_as_ours)
{
    request_rec *r;

    faketls_connected(&faketls_set.alice, "ClientCertMap user=alice\nClientCertAuth Off\n"
                                          "Require clientcert-user alice\n");
    r = faketls_request("/");
    ck_assert_int_eq(faketls_serve(r, 7), OK);
    fake_logged();
    r->status = HTTP_FORBIDDEN; /* a file closed to all clients */
    cc_environment_log(r);
    fake_expect_log("");
}

static const struct {
    const char *lines, *type; /* AuthType */
    int status;
    const char *needs; /* NULL: nothing is kept */
} users_wanted[] = {
    {"ClientCertMap user=alice\n", NULL, HTTP_FORBIDDEN, "another user"},
    {"ClientCertMap user=alice\n", "clientcert", HTTP_FORBIDDEN, "another user"},
    {"ClientCertMap user=alice\n", "Basic", DECLINED, NULL},
    {"ClientCertMap group=staff\n", NULL, HTTP_FORBIDDEN, "a user"},
    {"ClientCertMap user=alice\nClientCertAuth Off\n", NULL, HTTP_FORBIDDEN,
     "a user, but ClientCertAuth is Off here"},
    {"ClientCertAuth On\n", "ClientCert", HTTP_FORBIDDEN,
     "a user, but no ClientCertMap is in effect here"},
    {"ClientCertAuth On\n", NULL, DECLINED, NULL},
};

TEST_LOOP(where_a_user_is_wanted_the_certificate_was_the_only_way, 0, COUNT(users_wanted))
{
    request_rec *r;

    faketls_connected(&faketls_set.alice, users_wanted[_i].lines);
    r = faketls_request("/");
    faketls_serve(r, 0);
    if (users_wanted[_i].type) {
        apr_table_set(r->notes, "AuthType", users_wanted[_i].type);
    }
    ck_assert_int_eq(cc_authn_check(r), users_wanted[_i].status);
    ck_assert_pstr_eq(cc_denial_needs(r, r->pool), users_wanted[_i].needs);
}

/* ---- subrequests and redirects ----------------------------------------------------------- */

TEST(what_a_page_includes_is_served_as_the_page_is)
{
    request_rec *page, *part;

    faketls_connected(&faketls_set.alice, "ClientCertMap user=alice\n");
    page = faketls_request("/page");
    ck_assert_int_eq(faketls_serve(page, 0), OK);
    fake_logged();
    part = fake_subrequest(page, "/part");
    part->subprocess_env = apr_table_copy(part->pool, page->subprocess_env);
    apr_table_set(part->subprocess_env, "CLIENTCERT_X", "forged");
    ck_assert_int_eq(cc_fixups_begin(part), DECLINED);
    ck_assert_str_eq(faketls_variable(part, "CLIENTCERT_USER"), "alice");
    ck_assert_pstr_eq(faketls_variable(part, "CLIENTCERT_X"), NULL);
    ck_assert_int_eq(cc_fixups_end(part), DECLINED);
    fake_expect_log("");
}

TEST(a_redirect_is_asked_by_the_rules_of_its_place)
{
    request_rec *r, *next;

    faketls_connected(&faketls_set.alice, "ClientCertMap user=out\n"
                                          "<Location /in>\nClientCertMap user=in\n</Location>\n");
    r = faketls_request("/");
    faketls_serve(r, 0);
    next = fake_redirect(r, "/in");
    ck_assert_int_eq(faketls_serve(next, 0), OK);
    ck_assert_str_eq(r->user, "out");
    ck_assert_str_eq(next->user, "in");
    ck_assert_str_eq(faketls_variable(next, "CLIENTCERT_USER"), "in");
    fake_logged();
    cc_environment_log(r);
    ck_assert_str_eq(faketls_variable(r, "CLIENTCERT_USER"), "out");
    fake_expect_log("");
}

TEST(a_request_that_got_another_configuration_is_asked_again)
{
    request_rec *r, *index;

    faketls_connected(&faketls_set.alice,
                      "ClientCertMap user=out\n"
                      "<Location /index>\nClientCertMap user=in\n</Location>\n"
                      "<Location /same>\nClientCertStatusRules On\n</Location>\n");
    r = faketls_request("/");
    faketls_serve(r, 0);
    index = faketls_request("/index");
    r->per_dir_config = index->per_dir_config; /* as mod_dir does */
    ck_assert_int_eq(cc_fixups_end(r), DECLINED);
    ck_assert_str_eq(r->user, "in");
    ck_assert_str_eq(faketls_variable(r, "CLIENTCERT_USER"), "in");
    r = faketls_request("/");
    faketls_serve(r, 0);
    r->per_dir_config = faketls_request("/same")->per_dir_config;
    ck_assert_int_eq(cc_fixups_end(r), DECLINED);
    ck_assert_str_eq(r->user, "out");
}

/* ---- tables that fail -------------------------------------------------------------------- */

TEST(a_lookup_that_fails_ends_the_request)
{
    request_rec *r;

    fake.generation = 2; /* a restart tolerates an unreadable table */
    faketls_connect_with(&faketls_set.alice,
                         "ClientCertTable t file:nosuch\nClientCertMap subject.CN in t user=$1\n");
    ck_assert_int_eq(cc_tables_start(fake.pconf, NULL, fake.pconf, fake.main), OK);
    fake_logged();
    r = faketls_request("/");
    ck_assert_int_eq(faketls_run(r, 0), HTTP_INTERNAL_SERVER_ERROR);
    faketls_expect_line("error CC0133: result=failed ", "reason=\"", "table t", NULL);
    ck_assert_int_eq(cc_authn_failure(r), HTTP_INTERNAL_SERVER_ERROR);
    ck_assert_pstr_eq(r->user, NULL);
}

TEST(our_page_tells_what_failed_and_others_end)
{
    for (int page = 0; page < 2; page++) {
        fake.generation = 2;
        faketls_connect_with(&faketls_set.alice,
                             page ? "ClientCertTable t file:nosuch\nSetHandler clientcert-status\n"
                                    "ClientCertMap subject.CN in t user=$1\n"
                                  : "ClientCertTable t file:nosuch\n"
                                    "ClientCertMap subject.CN in t user=$1\n");
        ck_assert_int_eq(cc_tables_start(fake.pconf, NULL, fake.pconf, fake.main), OK);
        ck_assert_int_eq(cc_authn_access(faketls_request("/")),
                         page ? DECLINED : HTTP_INTERNAL_SERVER_ERROR);
        faketls_close(&faketls_set.client);
        faketls_set.client.c = NULL;
    }
}

SUITE("life", .setup = faketls_begin, .teardown = faketls_end, .timeout = 60);
