/* SPDX-License-Identifier: Apache-2.0 */
/* Tests requests with certificates that are no longer valid, or not valid for every host. */
#include <apr_strings.h>

#include "faketls.h"
#include "httpd/background/revocation.h"
#include "httpd/request/identity.h"
#include "httpd/request/state.h"
#include "httpd/request/tunnel.h"
#include "suite.h"

/* ---- certificates that are no longer valid ----------------------------------------------- */

static void put(X509 *revoked, const char *number)
{
    crl_recipe_t recipe = {.ca = &faketls_set.ca, .number = number};

    recipe.entries[0].cert = revoked;
    crlset_put(&faketls_set.files, "crl.pem", &recipe);
}

static void poll_crls(void)
{
    cc_revocation_poll_parent(fake.main, apr_time_now() + apr_time_from_sec(60));
}

TEST(who_is_revoked_does_not_get_past_the_handshake)
{
    put(faketls_set.alice.cert, "1");
    ck_assert(
        !faketls_connect_with(&faketls_set.alice, "ClientCertMap user=a\nClientCertCRL crl.pem\n"));
    faketls_expect_line("warn CC0106: result=refused ", "subject=\"CN=alice\"", "client=192.0.2.1",
                        "reason=\"", "revoked", "depth=0", NULL);
}

TEST(who_is_revoked_later_is_refused_and_the_connection_ends)
{
    request_rec *r;

    put(NULL, "1");
    faketls_connected(&faketls_set.alice, "ClientCertMap user=a\nClientCertCRL crl.pem\n");
    ck_assert_int_eq(faketls_run(faketls_request("/"), 0), OK);
    fake_logged();
    put(faketls_set.alice.cert, "2");
    poll_crls();
    r = faketls_request("/");
    ck_assert_int_eq(faketls_run(r, 0), HTTP_FORBIDDEN);
    ck_assert_int_eq(faketls_set.client.c->keepalive, AP_CONN_CLOSE);
    ck_assert_pstr_eq(r->user, NULL);
    ck_assert_ptr_nonnull(strstr(fake_logged(), "warn CC0104: result=rejected "));
}

TEST(a_certificate_that_is_too_old_is_refused_and_says_why)
{
    request_rec *r;

    faketls_connected(&faketls_set.alice, "ClientCertMap user=a\nClientCertMaxAge 1\n");
    ck_assert_int_eq(faketls_run(faketls_request("/"), 0), OK);
    fake_logged();
    apr_sleep(apr_time_from_msec(2100)); /* a seal counts in seconds */
    r = faketls_request("/");
    ck_assert_int_eq(faketls_run(r, 0), HTTP_FORBIDDEN);
    ck_assert_ptr_nonnull(strstr(fake_logged(), "ClientCertMaxAge"));
    ck_assert(cc_identity_lost(r, cc_request_seen(r)->client));
}

TEST(the_page_of_a_refusal_is_not_refused)
{
    request_rec *r, *page;

    faketls_connected(&faketls_set.alice, "ClientCertMap user=a\nClientCertMaxAge 1\n");
    apr_sleep(apr_time_from_msec(2100));
    r = faketls_request("/");
    ck_assert_int_eq(faketls_serve(r, 0), HTTP_FORBIDDEN);
    page = fake_redirect(r, "/refused");
    ck_assert_int_eq(faketls_serve(page, 0), OK);
    ck_assert_pstr_eq(page->user, NULL);
}

/* ---- other hosts ------------------------------------------------------------------------- */

TEST(a_host_that_trusts_others_judges_for_itself)
{
    request_rec *r;

    fake_configured("<VirtualHost *:443>\nServerName a\nSSLEngine on\nSSLVerifyClient optional\n"
                    "ClientCertMap user=in-a\n</VirtualHost>\n"
                    "<VirtualHost *:443>\nServerName b\nSSLEngine on\nSSLVerifyClient optional\n"
                    "ClientCertMap user=in-b\n</VirtualHost>\n"
                    "<VirtualHost *:443>\nServerName c\nSSLEngine on\nClientCertMap user=in-c\n"
                    "</VirtualHost>\n");
    faketls_start();
    faketls_set.host = faketls_host(fake_host("a"), &faketls_set.ca);
    faketls_host(fake_host("b"), &faketls_set.other_ca);
    ck_assert(faketls_connect(&faketls_set.client, faketls_set.host, fake_host("a"),
                              &faketls_set.alice, NULL));
    ck_assert_int_eq(faketls_run(faketls_request("/"), 0), OK);
    fake_logged();
    r = fake_request_on(faketls_set.client.c, fake_host("b"), "/");
    ck_assert_int_eq(faketls_run(r, 0), OK);
    ck_assert_pstr_eq(r->user, NULL);
    faketls_expect_line("warn CC0104: result=rejected ", "vhost=b:443", "reason=\"", NULL);
    r = fake_request_on(faketls_set.client.c, fake_host("c"), "/");
    ck_assert_int_eq(faketls_run(r, 0), OK);
    ck_assert_pstr_eq(r->user, NULL);
    faketls_expect_line(
        "warn CC0104: ", "reason=\"its virtual host has no TLS of its own to verify it\"", NULL);
}

/* ---- sessions ---------------------------------------------------------------------------- */

static bool resumed(void)
{
    SSL_SESSION *session = tls_session(&faketls_set.client.tls);
    bool is;

    faketls_close(&faketls_set.client);
    faketls_connect(&faketls_set.client, faketls_set.host, fake_host("a"), &faketls_set.alice,
                    session);
    SSL_SESSION_free(session);
    is = SSL_session_reused(faketls_set.client.tls.server);
    return is;
}

TEST(a_session_is_resumed_with_its_verdict)
{
    request_rec *r;

    faketls_connected(&faketls_set.alice, "ClientCertMap user=%{subject.CN}\n");
    ck_assert(resumed());
    r = faketls_request("/");
    ck_assert_int_eq(faketls_run(r, 0), OK);
    ck_assert_str_eq(r->user, "alice");
}

TEST(a_session_that_would_not_hold_is_not_resumed)
{
    faketls_connected(&faketls_set.alice, "ClientCertMap user=a\nClientCertMaxAge 1\n");
    apr_sleep(apr_time_from_msec(2100));
    ck_assert(!resumed());
    ck_assert_int_eq(faketls_run(faketls_request("/"), 0), OK);
}

TEST(a_session_of_who_was_revoked_is_not_resumed)
{
    put(NULL, "1");
    faketls_connected(&faketls_set.alice, "ClientCertMap user=a\nClientCertCRL crl.pem\n");
    put(faketls_set.alice.cert, "2");
    poll_crls();
    ck_assert(!resumed());
    fake_expect_begins(fake_logged(), "warn CC0106: ");
}

/* ---- connections that are taken over ----------------------------------------------------- */

TEST(a_tunnel_ends_with_the_identity)
{
    ap_filter_t *in, *out;
    request_rec *r;

    put(NULL, "1");
    faketls_connected(&faketls_set.alice, "ClientCertMap user=a\nClientCertCRL crl.pem\n");
    r = faketls_request("/ws");
    apr_table_set(r->headers_in, "Upgrade", "websocket");
    ck_assert_int_eq(faketls_serve(r, 0), OK);
    in = faketls_set.client.c->input_filters;
    out = faketls_set.client.c->output_filters;
    ck_assert_str_eq(fake_filters(in, r->pool), "CLIENTCERT_TUNNEL_IN");
    ck_assert_str_eq(fake_filters(out, r->pool), "CLIENTCERT_TUNNEL_OUT");
    r->proto_output_filters = out; /* mod_proxy has taken the connection over */
    ck_assert_int_eq(cc_tunnel_read(in, NULL, AP_MODE_READBYTES, APR_BLOCK_READ, 1), APR_EOF);
    put(faketls_set.alice.cert, "2");
    poll_crls();
    ck_assert_int_eq(cc_tunnel_read(in, NULL, AP_MODE_READBYTES, APR_BLOCK_READ, 1),
                     APR_ECONNABORTED);
    apr_pool_destroy(r->pool);
    ck_assert_int_eq(cc_tunnel_read(in, NULL, AP_MODE_READBYTES, APR_BLOCK_READ, 1), APR_EOF);
}

SUITE("refused", .setup = faketls_begin, .teardown = faketls_end, .timeout = 60);
