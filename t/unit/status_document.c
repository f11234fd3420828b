/* SPDX-License-Identifier: Apache-2.0 */
/* Tests what clientcert-status shows a client about itself, and what it does not show. */
#include <apr_strings.h>

#include <jansson.h>

#include "fakehttpd.h"
#include "fakejson.h"
#include "httpd/conf/dir.h"
#include "httpd/conf/proxies.h"
#include "httpd/conf/vhost_conf.h"
#include "httpd/peer/forwarded.h"
#include "httpd/request/denial.h"
#include "httpd/status/document.h"
#include "httpd/status/verdict_json.h"
#include "ruleset.h"
#include "statusset.h"
#include "suite.h"

/* ---- the identity ------------------------------------------------------------------------ */

static const struct {
    const char *rules, *result, *summary, *advice; /* beginning of its first sentence; NULL: none */
} results[] = {
    {"user=alice", "mapped", "You are alice", NULL},
    {"group=staff", "mapped", "You have groups here, but no user name", NULL},
    {"subject.CN == bob user=b", "unmapped",
     "Your certificate is verified, but no rule here maps it to a user or group",
     "If you expected to be recognized"},
    {"user=alice\ndeny", "denied", "Your certificate is verified, but a rule here denies it",
     "Ask the administrator of this server for the reason"},
    {NULL, "no-rules",
     "Your certificate is verified, but no rules are in effect here that map it to a user",
     "Ask the administrator of this server which pages"},
};

TEST_LOOP(a_client_is_told_who_it_is_and_what_it_can_do, 0, COUNT(results))
{
    statusset_asked("", results[_i].rules);
    ck_assert_str_eq(statusset_at("result"), results[_i].result);
    ck_assert_str_eq(statusset_at("summary"), results[_i].summary);
    fake_expect_begins(statusset_at("advice") + 1, results[_i].advice ? "\"" : "]");
    if (results[_i].advice) {
        fake_expect_begins(statusset_at("advice") + 2, results[_i].advice);
    }
    ck_assert_str_eq(statusset_at("verification"),
                     "{\"verified\":true,\"problem\":null,\"cause\":null}");
}

TEST(who_presented_none_is_told_how_to)
{
    cc_request_t *kept = statusset_asked("", NULL);

    kept->answer = (cc_answer_t){.problem = "no client certificate was presented"};
    ck_assert_str_eq(statusset_at("result"), "no-certificate");
    ck_assert_str_eq(statusset_at("summary"), "No client certificate was presented");
    ck_assert_uint_eq(
        json_array_size(json_object_get(cc_status_document(statusset_request, false), "advice")),
        6);
    ck_assert_str_eq(statusset_at("certificate"), "null");
    ck_assert_str_eq(statusset_at("verification"), "null");
    fake.tls = false;
    ck_assert_str_eq(statusset_at("result"), "no-tls");
    ck_assert_str_eq(statusset_at("connection"), "null");
    fake_expect_begins(statusset_at("advice"),
                       "[\"To present a certificate, open this page with https://");
}

TEST(a_failure_is_not_told_in_full)
{
    cc_verdict_t failed = {.failure = "table t (redis 10.0.0.1) is away"};

    statusset_asked("", NULL)->answer.verdict = &failed;
    ck_assert_str_eq(statusset_at("result"), "failed");
    ck_assert_str_eq(statusset_at("summary"),
                     "Your identity could not be determined: a lookup failed");
    ck_assert_ptr_null(strstr(statusset_at("identity"), "10.0.0.1"));
    ck_assert_ptr_nonnull(
        strstr(statusset_at("identity"), "\"failure\":\"the identity could not be determined\""));
    statusset_asked("ClientCertStatusRules On", NULL)->answer.verdict = &failed;
    ck_assert_ptr_nonnull(strstr(statusset_at("identity"), "10.0.0.1"));
}

/* ---- rules ------------------------------------------------------------------------------- */

TEST(rules_are_named_only_where_they_may_be_shown)
{
    const char *lines = "@/etc/httpd/sites/a.conf 3\nClientCertMap subject.CN == Bob user=b\n"
                        "ClientCertMap user=alice group=g\n%s";
    cc_request_t *kept;
    const json_t *document;

    for (int shown = 0; shown < 2; shown++) {
        kept = statusset_asked(
            apr_psprintf(fake.pool, lines, shown ? "ClientCertStatusRules On" : ""), NULL);
        kept->answer.verdict = cc_rules_evaluate(
            cc_dir_of(statusset_request)->rules, statusset_client.cert, &statusset_client.facts,
            NULL, statusset_request->pool, statusset_request->pool);
        document = cc_status_document(statusset_request, true);
        ck_assert_str_eq(fake_json(json_object_get(document, "trace")),
                         shown ? "[{\"rule\":\"/etc/httpd/sites/"
                                 "a.conf:3\",\"holds\":false,\"field\":\"subject.CN\","
                                 "\"condition\":\"subject.CN == \\\"Bob\\\"\",\"seen\":\"Alice\","
                                 "\"text\":\"subject.CN == \\\"Bob\\\" user=b\"},"
                                 "{\"rule\":\"/etc/httpd/sites/a.conf:4\",\"holds\":true,"
                                 "\"text\":\"user=alice group=g\"}]"
                               : "[{\"rule\":null,\"holds\":false,\"field\":\"subject.CN\","
                                 "\"seen\":\"Alice\"},{\"rule\":null,\"holds\":true}]");
        ck_assert_str_eq(
            statusset_at("identity"),
            shown ? "{\"result\":\"mapped\",\"user\":\"alice\",\"user_rule\":\"/etc/httpd/sites/"
                    "a.conf:4\",\"strength\":\"weak\",\"groups\":[{\"name\":\"g\",\"rule\":\""
                    "/etc/httpd/sites/"
                    "a.conf:4\"}],\"accounts\":[],"
                    "\"rules\":[\"/etc/httpd/sites/a.conf:4\"],\"denied_by\":null,"
                    "\"outside\":null,\"failure\":null,\"notes\":[]}"
                  : "{\"result\":\"mapped\",\"user\":\"alice\",\"user_rule\":null,"
                    "\"strength\":\"weak\",\"groups\":["
                    "{\"name\":\"g\",\"rule\":null}],\"accounts\":[],"
                    "\"rules\":null,\"denied_by\":null,"
                    "\"outside\":null,\"failure\":null,\"notes\":[]}");
    }
}

TEST(notes_say_what_they_mean_or_what_they_say)
{
    static const cc_note_t note = {
        .tag = "CC0150", .where = "/etc/a.conf:7", .text = "in full", .meaning = "in short"};
    cc_verdict_t verdict = {.user = "u",
                            .user_where = "/etc/a.conf:7",
                            .notes = &note,
                            .note_count = 1,
                            .denied_where = "/etc/a.conf:9",
                            .outside_where = "/etc/a.conf:11"};

    statusset_asked("", NULL)->answer.verdict = &verdict;
    ck_assert_ptr_nonnull(strstr(statusset_at("identity"),
                                 "\"notes\":[{\"tag\":\"CC0150\",\"rule\":null,"
                                 "\"text\":\"in short\"}]"));
    ck_assert_ptr_nonnull(strstr(statusset_at("identity"), "\"denied_by\":null"));
    ck_assert_ptr_nonnull(strstr(statusset_at("identity"), "\"outside\":null"));
    statusset_asked("ClientCertStatusRules On", NULL)->answer.verdict = &verdict;
    ck_assert_ptr_nonnull(
        strstr(statusset_at("identity"), "\"rule\":\"/etc/a.conf:7\",\"text\":\"in full\""));
    ck_assert_ptr_nonnull(strstr(statusset_at("identity"), "\"denied_by\":\"/etc/a.conf:9\""));
    ck_assert_ptr_nonnull(strstr(statusset_at("identity"), "\"outside\":\"/etc/a.conf:11\""));
}

/* ---- the request that failed ------------------------------------------------------------- */

TEST(an_error_document_is_about_the_request_that_failed)
{
    cc_missing_t missing = {.text = "clientcert-group admins", .where = "a.conf:3"};
    request_rec *page;

    statusset_asked("<Location /secret>\nClientCertStatusRules On\n</Location>", "user=alice");

    ck_assert_str_eq(statusset_at("request"), "null");
    for (int shown = 0; shown < 2; shown++) {
        cc_request_t *kept = statusset_asked(shown ? "ClientCertStatusRules On" : "", "user=alice");
        kept->missing = &missing;
        statusset_request->status = HTTP_FORBIDDEN;
        statusset_request->uri = "/rewritten";
        page = fake_redirect(statusset_request, "/error");
        page->status = HTTP_FORBIDDEN;
        statusset_request = page;
        ck_assert_str_eq(statusset_at("request"),
                         shown ? "{\"status\":403,\"uri\":\"/rewritten\",\"needs\":"
                                 "\"clientcert-group admins (a.conf:3)\"}"
                               : "{\"status\":403,\"uri\":\"/who\",\"needs\":null}");
        ck_assert_str_eq(statusset_at("summary"),
                         "You are alice, but you are not allowed to see this page");
        fake_expect_begins(statusset_at("advice"), "[\"If you need access, ask the administrator");
    }
    statusset_request->prev->status = statusset_request->status =
        HTTP_NOT_FOUND; /* for which no right is missing */
    ck_assert_str_eq(statusset_at("summary"),
                     "You are alice, but this request failed: 404 Not Found");
    ck_assert_str_eq(statusset_at("advice"), "[]");
}

TEST(where_mod_ssl_refused_the_page_does_not_speak_of_rules)
{
    cc_request_t *kept = statusset_asked("", "user=alice");
    request_rec *page;
    const json_t *document;

    kept->settled = kept->watched = false;
    kept->ssl_refused = CC_SSL_REFUSED_TWICE;
    statusset_request->status = HTTP_FORBIDDEN;
    page = fake_redirect(statusset_request, "/error");
    page->status = HTTP_FORBIDDEN;
    statusset_request = page;
    document = cc_status_document(statusset_request, true);
    ck_assert_str_eq(statusset_at("result"), "refused");
    ck_assert_str_eq(statusset_at("summary"),
                     "This server could not request your certificate for this page");
    fake_expect_begins(statusset_at("reason"), "It was requested on this connection before");
    ck_assert_str_eq(statusset_at("identity"), "null");
    ck_assert_ptr_null(json_object_get(document, "trace"));
}

/* A headline must not contradict the notes. */
static const cc_note_t two_users = {.kind = CC_NOTE_AMBIGUOUS_USER, .where = "a:1", .meaning = "m"};
static const cc_group_t staff = {.name = "staff", .where = "a:1"};
static const cc_match_t matched = {.where = "a:1"};
static const struct {
    cc_verdict_t verdict;
    const char *summary;
} headlines[] = {
    {{.notes = &two_users, .note_count = 1, .matched = &matched, .matched_count = 1},
     "Your certificate is verified, but names more than one user, so none is chosen"},
    {{.notes = &two_users, .note_count = 1, .groups = &staff, .group_count = 1},
     "Your certificate is verified, but names more than one user, so none is chosen"},
    {{.user = "a", .notes = &two_users, .note_count = 1}, "You are a"},
    {{.matched = &matched, .matched_count = 1},
     "Your certificate is verified, and a rule here matches it, but gives no user or group"},
    {{.groups = &staff, .group_count = 1}, "You have groups here, but no user name"},
};

TEST_LOOP(a_headline_agrees_with_the_notes, 0, COUNT(headlines))
{
    statusset_asked("", NULL)->answer.verdict = &headlines[_i].verdict;
    ck_assert_str_eq(statusset_at("summary"), headlines[_i].summary);
}

TEST(somebody_with_groups_alone_may_be_refused_too)
{
    cc_verdict_t verdict = {.groups = &staff, .group_count = 1};
    request_rec *page;

    statusset_asked("", NULL)->answer.verdict = &verdict;
    statusset_request->status = HTTP_FORBIDDEN;
    page = fake_redirect(statusset_request, "/error");
    page->status = HTTP_FORBIDDEN;
    statusset_request = page;
    ck_assert_str_eq(statusset_at("summary"),
                     "You have groups here, but no user name; you are not allowed "
                     "to see this page");
}

/* ---- the connection, and the bounds ------------------------------------------------------ */

TEST(the_connection_stands_by_itself)
{
    apr_table_set(fake.tls_variables, "SSL_PROTOCOL", "TLSv1.3");
    apr_table_set(fake.tls_variables, "SSL_CIPHER", "TLS_AES_128_GCM_SHA256");
    apr_table_set(fake.tls_variables, "SSL_TLS_SNI", "");
    apr_table_set(fake.tls_variables, "SSL_SESSION_RESUMED", "Initial");
    statusset_asked("", "user=alice");
    ck_assert_str_eq(statusset_at("connection"),
                     "{\"version\":\"TLSv1.3\",\"cipher\":\"TLS_AES_128_GCM_SHA256\",\"sni\":null,"
                     "\"session\":\"full handshake\",\"via\":null,\"proxy\":null}");
    apr_table_set(fake.tls_variables, "SSL_TLS_SNI", "www.example");
    apr_table_set(fake.tls_variables, "SSL_SESSION_RESUMED", "Resumed");
    ck_assert_ptr_nonnull(strstr(statusset_at("connection"), "\"sni\":\"www.example\",\"session\":"
                                                             "\"resumed session\""));
    ck_assert_ptr_null(strstr(statusset_at("certificate"), "tls."));
    ck_assert_ptr_nonnull(strstr(statusset_at("certificate"), "\"serial\":[\"1a2b\"]"));
    ck_assert_ptr_null(strstr(statusset_at("certificate"), "\"pem\""));
}

static const cc_header_spec_t client_cert = {.name = "Client-Cert"};
static const cc_proxies_t proxies = {.header = &client_cert};
static const cc_forwarded_t from_proxy = {.via = CC_VIA_HEADER, .proxy = "192.0.2.8"};

static cc_request_t *from_proxy_asked(const char *lines, const char *rules)
{
    cc_request_t *kept = statusset_asked(lines, rules);

    cc_vhost_conf_of(fake.main)->proxies = &proxies;
    kept->forwarded = &from_proxy;
    return kept;
}

/* The connection has TLS, which is that of the proxy. */
TEST(the_connection_of_a_proxy_is_not_that_of_the_client)
{
    apr_table_set(fake.tls_variables, "SSL_PROTOCOL", "TLSv1.3");
    statusset_client.facts.via = CC_VIA_HEADER;
    statusset_client.facts.via_proxy = "192.0.2.8";
    from_proxy_asked("", "user=alice");
    ck_assert_str_eq(statusset_at("result"), "mapped");
    ck_assert_str_eq(statusset_at("connection"),
                     "{\"version\":null,\"cipher\":null,\"sni\":null,\"session\":null,"
                     "\"via\":\"header\",\"proxy\":null}");
    ck_assert_ptr_null(strstr(statusset_at("certificate"), "via"));
    from_proxy_asked("ClientCertStatusRules On", "user=alice");
    ck_assert_ptr_nonnull(strstr(statusset_at("connection"), "\"proxy\":\"192.0.2.8\""));
}

TEST(a_request_of_a_proxy_without_tls_is_not_sent_to_https)
{
    cc_request_t *kept = from_proxy_asked("", NULL);

    fake.tls = false;
    kept->answer = (cc_answer_t){.problem = "no client certificate was presented"};
    ck_assert_str_eq(statusset_at("result"), "no-certificate");
    ck_assert_str_eq(statusset_at("summary"), "No client certificate was presented");
    ck_assert_ptr_null(strstr(statusset_at("advice"), "https://"));
    ck_assert_str_eq(statusset_at("issuers"), "null");
}

TEST(what_is_no_certificate_is_the_fault_of_the_proxy)
{
    cc_request_t *kept = from_proxy_asked("", NULL);

    kept->answer =
        (cc_answer_t){.presented = true,
                      .passed_on = true,
                      .problem = "the proxy passed on a certificate that cannot be read"};
    ck_assert_str_eq(statusset_at("result"), "rejected");
    ck_assert_str_eq(statusset_at("summary"), "No usable certificate arrived here through the "
                                              "proxy in front of this server");
    ck_assert_str_eq(statusset_at("reason"),
                     "The proxy passed on a certificate that cannot be read.");
    ck_assert_str_eq(statusset_at("advice"),
                     "[\"Tell the administrator of this server the reason above.\"]");
    ck_assert_ptr_nonnull(strstr(statusset_at("verification"), "\"cause\":\"bad-header\""));
}

TEST(where_certificates_come_from_proxies_alone_https_is_no_advice)
{
    cc_request_t *kept = statusset_asked("", NULL);

    fake.tls = false;
    cc_vhost_conf_of(fake.main)->proxies = &proxies;
    kept->answer = (cc_answer_t){.problem = "no client certificate was presented"};
    ck_assert_str_eq(statusset_at("result"), "no-tls");
    ck_assert_str_eq(statusset_at("summary"),
                     "Certificates arrive here through a proxy, and this request did not");
    ck_assert_ptr_null(strstr(statusset_at("advice"), "https://"));
}

TEST(no_text_and_no_list_is_longer_than_a_page_can_hold)
{
    cc_group_t *groups = apr_pcalloc(fake.pool, sizeof(*groups) * 1001);
    char *name = apr_palloc(fake.pool, 1102);
    cc_verdict_t verdict = {
        .user = name, .user_where = "a:1", .groups = groups, .group_count = 1001};
    const json_t *identity, *list;

    memset(name, 'x', 1102);
    memcpy(name + 1023, "\xC3\xA9", 2); /* not cut within a character */
    name[1101] = '\0';
    for (int i = 0; i < 1001; i++) {
        groups[i] = (cc_group_t){.name = i == 1000 ? "last" : "g", .where = "a:1"};
    }
    statusset_asked("", NULL)->answer.verdict = &verdict;
    identity = json_object_get(cc_status_document(statusset_request, false), "identity");
    fake_expect_begins(json_string_value(json_object_get(identity, "user")) + 1023,
                       "... (truncated; 1101 bytes in total)");
    list = json_object_get(identity, "groups");
    ck_assert_uint_eq(json_array_size(list), 1001);
    ck_assert_str_eq(json_string_value(json_array_get(list, 1000)), "... (truncated; 1 more)");
}

/* ---- texts in JSON ----------------------------------------------------------------------- */

TEST(octets_that_are_no_text_are_escaped)
{
    json_t *good = cc_json_text("d\xC3\xA9j\xC3\xA0", 6, fake.pool),
           *bad = cc_json_text("a\x01\xFF", 3, fake.pool);

    ck_assert_str_eq(json_string_value(good), "d\xC3\xA9j\xC3\xA0");
    ck_assert_str_eq(json_string_value(bad), "a\\x01\\xFF");
    json_decref(good);
    json_decref(bad);
}

TEST(a_value_that_cannot_be_used_says_so)
{
    cc_cert_t *cert = ruleset_certificate(ruleset_bad, fake.pool);
    json_t *fields = cc_json_fields(cert, &ruleset_facts, fake.pool);
    const json_t *name = json_array_get(json_object_get(fields, "subject.CN"), 0);

    ck_assert_str_eq(json_string_value(json_object_get(name, "octets")), "ad\\x01min");
    ck_assert_ptr_nonnull(json_string_value(json_object_get(name, "unusable")));
    ck_assert_str_eq(json_string_value(json_array_get(json_object_get(fields, "san.email"), 1)),
                     "bob@example.com");
    json_decref(fields);
}

SUITE("document", .setup = statusset_setup, .teardown = fake_end);
