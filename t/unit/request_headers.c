/* SPDX-License-Identifier: Apache-2.0 */
/* Tests that no client can forge, in a header or trailer, what only the module may send. */
#include <apr_strings.h>

#include "fakehttpd.h"
#include "httpd/conf/reserved.h"
#include "httpd/conf/use.h"
#include "httpd/request/inbound.h"
#include "httpd/request/proxied.h"
#include "httpd/request/state.h"
#include "suite.h"

static void setup(void)
{
    fake_begin();
    fake_configured("<VirtualHost *:443>\nServerName a\nClientCertAuth On\n</VirtualHost>\n"
                    "<VirtualHost *:443>\nServerName b\nSSLEngine on\n</VirtualHost>");
    cc_use_find(fake.pconf, NULL, NULL, fake.main);
}

/* Adds headers, "NAME: VALUE" in lines. */
static void headers_add(apr_table_t *table, const char *lines)
{
    char *text = apr_pstrdup(fake.pool, lines), *state;

    for (char *line = apr_strtok(text, "\n", &state); line; line = apr_strtok(NULL, "\n", &state)) {
        char *colon = strchr(line, ':');

        *colon = '\0';
        apr_table_addn(table, line, colon + 2);
    }
}

static const char *headers_text(const apr_table_t *table)
{
    const apr_array_header_t *all = apr_table_elts(table);
    const char *text = "";

    for (int i = 0; i < all->nelts; i++) {
        const apr_table_entry_t *one = &APR_ARRAY_IDX(all, i, apr_table_entry_t);

        text = apr_pstrcat(fake.pool, text, i > 0 ? "\n" : "", one->key, ": ", one->val, NULL);
    }
    return text;
}

static request_rec *request_with(const char *host, const char *headers)
{
    request_rec *r = fake_request(fake_host(host), "/");

    headers_add(r->headers_in, headers);
    ck_assert_int_eq(cc_inbound_clean(r), DECLINED);
    return r;
}

/* ---- headers that resemble the module's -------------------------------------------------- */

static const char *const ours[] = {
    "ClientCert",           "clientcert-user",   "CLIENTCERT_USER",  "Client-Cert",
    "client-cert-chain",    "Client_Cert.User",  "-Client-Cert",     "C.l.i.e.n.t.C.e.r.t",
    "\xC3\xA9 client cert", "ClientCertificate", "Client-Certainty",
};

TEST_LOOP(a_header_that_a_program_takes_for_ours_is_removed, 0, COUNT(ours))
{
    request_rec *r = request_with(
        "a", apr_pstrcat(fake.pool, "Host: a\n", ours[_i], ": alice\nAccept: x", NULL));

    ck_assert_str_eq(headers_text(r->headers_in), "Host: a\nAccept: x");
    fake_expect_begins(fake_logged(), "info CC0111: removed the request header ");
}

static const char *const others[] = {
    "Client: x",      "X-ClientCert: x",   "Clientcer: t",      "-: x",
    "1ClientCert: x", "Connection: close", "Content-Length: 5",
};

TEST_LOOP(other_headers_stay, 0, COUNT(others))
{
    ck_assert_str_eq(headers_text(request_with("a", others[_i])->headers_in), others[_i]);
    fake_expect_log("");
}

TEST(each_of_many_is_removed_with_a_line_of_its_own)
{
    request_rec *r = request_with("a", "ClientCert-A: 1\nClientCert-B: 2\nclientcert-a: 3\nX: y");

    ck_assert_str_eq(headers_text(r->headers_in), "X: y");
    fake_expect_log("info CC0111: removed the request header ClientCert-A, whose name is reserved "
                    "for this module\n"
                    "info CC0111: removed the request header ClientCert-B, whose name is reserved "
                    "for this module");
}

TEST(a_host_that_does_not_use_the_module_may_share_a_back_end_with_one_that_does)
{
    ck_assert_str_eq(headers_text(request_with("b", "ClientCert-User: x")->headers_in), "");
    fake_configured("<VirtualHost *:443>\nServerName a\nSSLEngine on\n</VirtualHost>");
    cc_use_find(fake.pconf, NULL, NULL, fake.main);
    ck_assert_str_eq(headers_text(request_with("a", "ClientCert-User: x")->headers_in),
                     "ClientCert-User: x");
}

/* ---- headers of certificates ------------------------------------------------------------- */

static request_rec *request_where_certificates_are_sent(const char *headers)
{
    fake_configured("<VirtualHost *:443>\nServerName a\nClientCertForward rfc9440 header=X-Cert\n"
                    "ClientCertForwardIdentity user=X-User groups=off\n</VirtualHost>\n"
                    "<VirtualHost *:443>\nServerName b\nSSLEngine on\n</VirtualHost>");
    cc_use_find(fake.pconf, NULL, NULL, fake.main);
    cc_reserved_start(fake.pconf, NULL, fake.pool, fake.main);
    cc_proxied_start(fake.pconf, NULL, fake.pool, fake.main);
    return request_with("b", headers);
}

TEST(where_certificates_are_sent_all_names_of_certificates_are_removed)
{
    request_rec *r = request_where_certificates_are_sent(
        "X_USER: root\nHost: b\nx.cert: x\nssl-client-verify: SUCCESS\nX-Users: y\n"
        "X-Forwarded-Client-Cert: x\nx.cert: again");

    ck_assert_int_eq(cc_inbound_clean(r), DECLINED);
    ck_assert_str_eq(headers_text(r->headers_in), "Host: b\nX-Users: y");
    fake_expect_begins(fake_logged(), "info CC0111: removed the request header X_USER, whose name "
                                      "is reserved for this module\ninfo CC0111: removed the "
                                      "request header x.cert");
    ck_assert_str_eq(cc_proxied_header(r), "ssl-client-verify"); /* shows a proxy */
}

TEST(an_internal_redirect_loses_them_without_a_line)
{
    request_rec *r = request_where_certificates_are_sent("Host: b"),
                *next = fake_redirect(r, "/next");

    fake_logged();
    headers_add(next->headers_in, "X-Cert: ours\nClientCert-User: ours");
    cc_inbound_clean(next);
    ck_assert_ptr_null(apr_table_get(next->headers_in, "X-Cert"));
    ck_assert_ptr_null(apr_table_get(next->headers_in, "ClientCert-User"));
    fake_expect_log("");
}

TEST(trailers_with_these_names_are_removed)
{
    request_rec *r = request_where_certificates_are_sent("Host: b\nTransfer-Encoding: chunked");

    headers_add(r->headers_in, "X-User: set"); /* as RequestHeader does, later */
    headers_add(r->trailers_in, "x_user: root\nDigest: y\nX-ARR-ClientCert: x");
    for (int i = 0; i < 3; i++) { /* as MergeTrailers does */
        const apr_table_entry_t *one =
            &APR_ARRAY_IDX(apr_table_elts(r->trailers_in), i, apr_table_entry_t);
        apr_table_addn(r->headers_in, one->key, one->val);
    }
    cc_inbound_read_trailers(r->proto_input_filters, NULL, AP_MODE_READBYTES, APR_BLOCK_READ, 0);
    ck_assert_str_eq(headers_text(r->trailers_in), "Digest: y");
    ck_assert_str_eq(headers_text(r->headers_in),
                     "Host: b\nTransfer-Encoding: chunked\nX-User: set\nDigest: y");
}

/* ---- Connection -------------------------------------------------------------------------- */

static const struct {
    const char *headers, *after;
    bool logged;
} connections[] = {
    {"Connection: close", "Connection: close", false},
    {"Connection: Keep-Alive, Upgrade", "Connection: Keep-Alive, Upgrade", false},
    {"Connection: Upgrade, HTTP2-Settings", "Connection: Upgrade, HTTP2-Settings", false},
    {"Connection: te; trailer , close", "Connection: te; trailer , close", false},
    {"Connection: ", "Connection: ", false},
    {"Connection: close, X-User", "Connection: close", true},
    {"Connection: X-User", "", true},
    {"Connection: X-User, upgrade, close", "Connection: close, upgrade", true},
    {"Connection: closed", "", true},
    {"Connection: clos", "", true},
    {"connection: close\nConnection: X-User", "Connection: close", true},
    {"Connection: X-User\nA: b\nConnection: TE", "Connection: te\nA: b", true},
};

TEST_LOOP(connection_names_no_headers_but_those_of_http, 0, COUNT(connections))
{
    request_rec *r = request_with("a", connections[_i].headers);

    ck_assert_int_eq(strcasecmp(headers_text(r->headers_in), connections[_i].after), 0);
    ck_assert_int_eq(!!strstr(fake_logged(), "CC0117"), connections[_i].logged);
}

/* ---- other effects ----------------------------------------------------------------------- */

TEST(a_request_for_another_protocol_is_remembered_where_the_host_uses_the_module)
{
    request_rec *r = request_with("a", "Upgrade: websocket\nConnection: upgrade");

    ck_assert(cc_request_seen(r) && cc_request_seen(r)->upgrades);
    ck_assert_ptr_null(cc_request_seen(request_with("b", "Upgrade: websocket")));
    ck_assert_ptr_null(cc_request_seen(request_with("a", "Upgrades: x")));
}

static const struct {
    const char *headers;
    int proto;
    bool watched;
} bodies[] = {
    {"Transfer-Encoding: chunked", HTTP_VERSION(1, 1), true},
    {"transfer-encoding: gzip", HTTP_VERSION(1, 1), true},
    {"Content-Length: 3", HTTP_VERSION(1, 1), false},
    {"Content-Length: 3", HTTP_VERSION(2, 0), true},
    {"Content-Type: x", HTTP_VERSION(2, 0), false},
};

TEST_LOOP(a_body_that_may_have_trailers_is_watched, 0, COUNT(bodies))
{
    request_rec *r = fake_request(fake_host("a"), "/");

    r->proto_num = bodies[_i].proto;
    headers_add(r->headers_in, bodies[_i].headers);
    cc_inbound_clean(r);
    ck_assert_str_eq(fake_filters(r->input_filters, r->pool),
                     bodies[_i].watched ? "CLIENTCERT_TRAILERS" : "");
}

/* mod_ssl reads a body without content filters, and mod_proxy does not stream with them. */
TEST(the_filter_is_the_first_of_the_protocols)
{
    request_rec *r = fake_request(fake_host("a"), "/");
    ap_filter_t *content, *http;

    ap_add_input_filter("CORE_IN", NULL, NULL, r->connection);
    r->proto_input_filters = r->input_filters = r->connection->input_filters;
    http = ap_add_input_filter("CLIENTCERT_AS_HTTP_IN", NULL, r, r->connection);
    r->input_filters = http;
    content = ap_add_input_filter("CONTENT", NULL, r, r->connection);
    content->next = http;
    http->next = r->connection->input_filters;
    r->input_filters = content;
    headers_add(r->headers_in, "Transfer-Encoding: chunked");
    cc_inbound_clean(r);
    ck_assert_str_eq(fake_filters(r->input_filters, r->pool),
                     "CONTENT CLIENTCERT_TRAILERS CLIENTCERT_AS_HTTP_IN CORE_IN");
    ck_assert_ptr_eq(r->proto_input_filters, content->next);
}

/* A redirect of a request with these filters of the protocol: of httpd, and of this module. */
static request_rec *redirect_of(request_rec *r, bool is_read)
{
    request_rec *next;

    ap_add_input_filter("CORE_IN", NULL, NULL, r->connection);
    r->proto_input_filters = r->input_filters = r->connection->input_filters;
    ap_add_input_filter("CLIENTCERT_AS_HTTP_IN", NULL, r, r->connection);
    headers_add(r->headers_in, "Transfer-Encoding: chunked");
    if (is_read) {
        cc_inbound_clean(r);
    }
    next = fake_redirect(r, "/next");
    next->headers_in = r->headers_in;
    next->input_filters = r->input_filters;
    next->proto_input_filters = r->proto_input_filters;
    return next;
}

TEST_LOOP(a_redirect_has_one_filter_also_if_its_request_failed_before_it_was_read, 0, 2)
{
    request_rec *r = fake_request(fake_host("a"), "/"), *next = redirect_of(r, _i == 1);

    cc_inbound_clean(next);
    ck_assert_str_eq(fake_filters(next->input_filters, r->pool),
                     "CLIENTCERT_TRAILERS CLIENTCERT_AS_HTTP_IN CORE_IN");
}

/* httpd has removed the filters, so that nothing more is read. */
TEST(the_page_of_a_malformed_request_has_no_filter)
{
    request_rec *r = fake_request(fake_host("a"), "/"), *next = redirect_of(r, false);

    next->input_filters = r->connection->input_filters;
    cc_inbound_clean(next);
    ck_assert_str_eq(fake_filters(next->input_filters, r->pool), "CORE_IN");
}

/* ---- trailers ---------------------------------------------------------------------------- */

static request_rec *request_read(ap_input_mode_t mode)
{
    request_rec *r = fake_request(fake_host("a"), "/");
    ap_filter_t *f;

    headers_add(r->headers_in, "Host: a\nTransfer-Encoding: chunked");
    cc_inbound_clean(r);
    f = r->proto_input_filters;
    headers_add(r->trailers_in, "Client-Cert: x\nDigest: y\nConnection: X-User");
    apr_table_addn(r->headers_in, "ClientCert-User", "set by RequestHeader");
    for (int i = 0; i < 3; i++) { /* as MergeTrailers does */
        const apr_table_entry_t *one =
            &APR_ARRAY_IDX(apr_table_elts(r->trailers_in), i, apr_table_entry_t);
        apr_table_addn(r->headers_in, one->key, one->val);
    }
    ck_assert_int_eq(cc_inbound_read_trailers(f, NULL, mode, APR_BLOCK_READ, 0), APR_EOF);
    return r;
}

TEST(trailers_that_could_pass_for_ours_are_removed_and_what_the_server_has_set_stays)
{
    request_rec *r = request_read(AP_MODE_READBYTES);

    ck_assert_str_eq(headers_text(r->trailers_in), "Digest: y");
    ck_assert_str_eq(headers_text(r->headers_in),
                     "Host: a\nTransfer-Encoding: chunked\nClientCert-User: set by RequestHeader\n"
                     "Digest: y");
    fake_expect_log("info CC0118: removed the request trailer Client-Cert, which clients may not "
                    "send\n"
                    "info CC0118: removed the request trailer Connection, which clients may not "
                    "send");
}

TEST(nothing_is_removed_while_the_lines_of_trailers_are_read)
{
    request_rec *r = request_read(AP_MODE_GETLINE);

    ck_assert_int_eq(apr_table_elts(r->trailers_in)->nelts, 3);
    ck_assert_int_eq(apr_table_elts(r->headers_in)->nelts, 6);
}

SUITE("headers", .setup = setup, .teardown = fake_end);
