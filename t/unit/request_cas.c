/* SPDX-License-Identifier: Apache-2.0 */
/* Tests requests whose CAs change: those of their host, and those of other hosts. */
#include <apr_strings.h>

#include "faketls.h"
#include "httpd/background/ca_sets.h"
#include "httpd/peer/client.h"
#include "httpd/request/identity.h"
#include "httpd/request/refuse.h"
#include "httpd/request/state.h"
#include "suite.h"

#define LINES "ClientCertMap user=%{subject.CN}\nClientCertCA cas.pem reload=5\n"
#define HOST(name, lines)                                                                          \
    "<VirtualHost *:443>\nServerName " name "\nSSLEngine on\nSSLVerifyClient optional\n"           \
    "ClientCertMap user=%{subject.CN}\n" lines "</VirtualHost>\n"

static int minutes;

/*
 * While the configuration is only tried, nothing is kept for a restart. So this process counts as a
 * child: in the parent, each change makes sessions older.
 */
static void setup(void)
{
    faketls_begin();
    fake.main_state = AP_SQ_MS_CREATE_PRE_CONFIG;
    fake_write_certs("cas.pem", faketls_set.ca.cert, NULL);
}

/* Follows the files, at a time when none of them can be half written. */
static void poll(void)
{
    cc_ca_sets_poll_parent(fake.main, apr_time_now() + apr_time_from_sec(60 * ++minutes));
}

static void cas_are(const char *file, X509 *first, X509 *second)
{
    fake_write_certs(file, first, second, NULL);
    poll();
}

static const cc_client_t *served(request_rec *r, const char *user)
{
    ck_assert_int_eq(faketls_run(r, 0), OK);
    ck_assert_pstr_eq(r->user, user);
    fake_logged();
    return cc_request_seen(r)->client;
}

static void refused(request_rec *r, int status, const char *reason)
{
    const char *log;

    ck_assert_int_eq(faketls_run(r, 0), status);
    ck_assert_pstr_eq(r->user, NULL);
    log = fake_logged();
    fake_expect_begins(log, "warn CC0104: result=rejected ");
    ck_assert_msg(strstr(log, reason) != NULL, "no %s in %s", reason, log);
}

/* ---- the CAs of the host ------------------------------------------------------------------- */

TEST(a_client_of_a_removed_ca_is_refused_and_the_connection_ends)
{
    request_rec *r;

    faketls_connected(&faketls_set.alice, LINES);
    served(faketls_request("/"), "alice");
    cas_are("cas.pem", faketls_set.other_ca.cert, NULL);
    r = faketls_request("/");
    refused(r, HTTP_FORBIDDEN, "reason=\"a CA that verified it is no longer trusted here\"");
    ck_assert_int_eq(faketls_set.client.c->keepalive, AP_CONN_CLOSE);
    ck_assert_int_eq(cc_request_seen(r)->client->fault.cause, CC_CAUSE_CA_LEFT);
    ck_assert(cc_identity_lost(r, cc_request_seen(r)->client));
    ck_assert_int_eq(cc_refuse_early(faketls_request("/")), HTTP_FORBIDDEN);
}

TEST(a_change_of_other_cas_leaves_the_client_as_it_is)
{
    const cc_client_t *before, *after;

    faketls_connected(&faketls_set.alice, LINES);
    before = served(faketls_request("/"), "alice");
    cas_are("cas.pem", faketls_set.ca.cert, faketls_set.other_ca.cert);
    after = served(faketls_request("/"), "alice");
    ck_assert_ptr_eq(before, after);
    cas_are("cas.pem", faketls_set.ca.cert, NULL);
    ck_assert_ptr_eq(served(faketls_request("/"), "alice"), before);
}

TEST(a_ca_that_was_away_has_to_verify_again)
{
    const cc_client_t *before, *after;

    faketls_connected(&faketls_set.alice, LINES);
    before = served(faketls_request("/"), "alice");
    cas_are("cas.pem", faketls_set.other_ca.cert, NULL);
    cas_are("cas.pem", faketls_set.ca.cert, NULL);
    after = served(faketls_request("/"), "alice");
    ck_assert_ptr_ne(before, after);
    ck_assert_ptr_eq(served(faketls_request("/"), "alice"), after);
    cas_are("cas.pem", faketls_set.ca.cert, faketls_set.other_ca.cert);
    ck_assert_ptr_eq(served(faketls_request("/"), "alice"), after);
    cas_are("cas.pem", faketls_set.other_ca.cert, NULL);
    refused(faketls_request("/"), HTTP_FORBIDDEN, "no longer trusted here");
    cas_are("cas.pem", faketls_set.ca.cert, NULL);
    served(faketls_request("/"), "alice");
}

TEST(the_age_counts_from_the_handshake_even_if_it_was_verified_again)
{
    const cc_client_t *before, *after;

    faketls_connected(&faketls_set.alice, LINES "ClientCertMaxAge 60\n");
    before = served(faketls_request("/"), "alice");
    cas_are("cas.pem", faketls_set.other_ca.cert, NULL);
    cas_are("cas.pem", faketls_set.ca.cert, NULL);
    after = served(faketls_request("/"), "alice");
    ck_assert_ptr_ne(before, after);
    ck_assert(before->until == after->until);
}

TEST(each_stream_of_many_sees_the_change)
{
    faketls_connected(&faketls_set.alice, LINES);
    for (int i = 0; i < 100; i++) { /* more than the pool of the connection keeps */
        cas_are("cas.pem", faketls_set.other_ca.cert, NULL);
        cas_are("cas.pem", faketls_set.ca.cert, NULL);
        served(faketls_request("/"), "alice");
    }
    cas_are("cas.pem", faketls_set.ca.cert, faketls_set.other_ca.cert);
    served(faketls_request("/"), "alice");
    cas_are("cas.pem", faketls_set.other_ca.cert, NULL);
    refused(faketls_request("/"), HTTP_FORBIDDEN, "no longer trusted here");
}

/* ---- sessions ------------------------------------------------------------------------------ */

static bool resumed(void)
{
    SSL_SESSION *session = tls_session(&faketls_set.client.tls);

    faketls_close(&faketls_set.client);
    faketls_connect(&faketls_set.client, faketls_set.host, fake_host("a"), &faketls_set.alice,
                    session);
    SSL_SESSION_free(session);
    return SSL_session_reused(faketls_set.client.tls.server);
}

TEST(a_session_is_resumed_as_long_as_its_ca_stays)
{
    faketls_connected(&faketls_set.alice, LINES);
    ck_assert(resumed());
    cas_are("cas.pem", faketls_set.ca.cert, faketls_set.other_ca.cert);
    ck_assert(resumed());
    served(faketls_request("/"), "alice");
    cas_are("cas.pem", faketls_set.other_ca.cert, NULL);
    cas_are("cas.pem", faketls_set.ca.cert, NULL);
    ck_assert(!resumed());
    served(faketls_request("/"), "alice");
    ck_assert(resumed());
}

/* ---- other hosts --------------------------------------------------------------------------- */

/* The hosts a, b and c, of which c has no ClientCertCA, and the first two have other CAs. */
static void connected_to(const char *name)
{
    host_t *a, *b, *c;

    fake_write_certs("other.pem", faketls_set.other_ca.cert, NULL);
    fake_configured(HOST("a", "ClientCertCA cas.pem\n") HOST("b", "ClientCertCA other.pem\n")
                        HOST("c", ""));
    faketls_start();
    a = faketls_host(fake_host("a"), &faketls_set.other_ca);
    b = faketls_host(fake_host("b"), &faketls_set.other_ca);
    c = faketls_host(fake_host("c"), &faketls_set.ca);
    faketls_set.host = *name == 'a' ? a : *name == 'b' ? b : c;
    ck_assert(faketls_connect(&faketls_set.client, faketls_set.host, fake_host(name),
                              &faketls_set.alice, NULL));
    served(fake_request_on(faketls_set.client.c, fake_host(name), "/"), "alice");
}

static request_rec *request_to(const char *name)
{
    return fake_request_on(faketls_set.client.c, fake_host(name), "/");
}

TEST(a_request_to_a_host_with_other_cas_is_misdirected)
{
    connected_to("a");
    refused(request_to("b"), HTTP_MISDIRECTED_REQUEST, "no such CA is trusted here");
    ck_assert_int_ne(faketls_set.client.c->keepalive, AP_CONN_CLOSE);
    ck_assert_int_eq(cc_refuse_early(request_to("b")), HTTP_MISDIRECTED_REQUEST);
    served(request_to("c"), "alice");
    served(request_to("a"), "alice");
}

TEST(such_a_host_may_accept_it_later_and_not_after_that)
{
    connected_to("c");
    refused(request_to("b"), HTTP_MISDIRECTED_REQUEST, "no such CA is trusted here");
    cas_are("other.pem", faketls_set.other_ca.cert, faketls_set.ca.cert);
    served(request_to("b"), "alice");
    cas_are("other.pem", faketls_set.other_ca.cert, NULL);
    refused(request_to("b"), HTTP_MISDIRECTED_REQUEST, "no such CA is trusted here");
    served(request_to("c"), "alice");
}

SUITE("requests whose CAs change", .setup = setup, .teardown = faketls_end, .timeout = 60);
