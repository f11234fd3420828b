/* SPDX-License-Identifier: Apache-2.0 */
/* Tests the answers of a configuration test to the command-line tool. */
#include <sys/stat.h>
#include <unistd.h>

#include <apr_strings.h>

#include "fakehttpd.h"
#include "fakequestion.h"
#include "httpd/admin/answer.h"
#include "pki.h"
#include "suite.h"

static pki_t ca, other_ca, alice, mallory;

static void setup(void)
{
    fake_begin();
    ca = pki_ca("CA", NULL);
    other_ca = pki_ca("Other", NULL);
    alice = pki_client("alice", &ca);
    mallory = pki_client("mallory", &other_ca);
    fake_write_certs("ca.pem", ca.cert, NULL);
    fake_write_certs("1.pem", alice.cert, NULL);
    fake_write_certs("2.pem", mallory.cert, NULL);
    fake_write("3.pem", "nothing");
    fakequestion_begin();
}

static void teardown(void)
{
    pki_free(&alice);
    pki_free(&mallory);
    pki_free(&ca);
    pki_free(&other_ca);
    fakequestion_end();
    fake_end();
}

#define HOST(name, lines)                                                                          \
    "<VirtualHost *:443>\nServerName " name "\nSSLEngine on\nSSLVerifyClient require\n"            \
    "SSLCACertificateFile ca.pem\n" lines "</VirtualHost>\n"

/* ---- the host ---------------------------------------------------------------------------- */

static const struct {
    const char *vhost, *name, *why; /* of the host, or of an error: tag and message */
} named[] = {
    {"a.example", "a.example:443", "named by --vhost"},
    {"A.EXAMPLE:443", "a.example:443", "named by --vhost"},
    {"alias.example", "a.example:443", "named by --vhost"},
    {"x.wild.example", "b.example:443", "named by --vhost"},
    {"plain.example", "plain.example:80", "named by --vhost"},
    {"main.example", "main.example:8080 (main server)", "named by --vhost"},
    {"both.example", "both.example:443", "named by --vhost"},
    {"both.example:80", "both.example:80", "named by --vhost"},
    {"a.example:80", "CC0751",
     "no virtual host has this name and port; use one of main.example:8080 (main "
     "server), a.example:443, b.example:443, plain.example:80, "
     "both.example:80, both.example:443"},
    {"nosuch", "CC0751", "no virtual host has this name and port; use one of"},
    {NULL, "CC0752",
     "several virtual hosts accept client certificates; choose one with --vhost: "
     "a.example:443, b.example:443, both.example:443"},
};

TEST_LOOP(a_host_is_found_by_its_names_and_port, 0, COUNT(named))
{
    const char *vhost = named[_i].vhost;
    const json_t *answer;

    fake_configured(
        "ServerName main.example:8080\nClientCertMap user=u\n" HOST("a.example",
                                                                    "ServerAlias alias.example\n")
            HOST("b.example", "ServerAlias *.wild.example\n") "<VirtualHost *:80>\nServerName "
                                                              "plain.example\n</VirtualHost>\n"
                                                              "<VirtualHost *:80>\nServerName "
                                                              "both.example\n</VirtualHost>\n" HOST(
                                                                  "both.example", ""));
    answer = fakequestion_ask(apr_pstrcat(fake.pool, "{\"ask\": \"explain\", \"certificates\": 1",
                                          vhost ? ", \"vhost\": \"" : "", vhost ? vhost : "",
                                          vhost ? "\"" : "", "}", NULL));
    if (!strncmp(named[_i].name, "CC", 2)) {
        ck_assert_str_eq(fakequestion_at(answer, "error/tag"), named[_i].name);
        fake_expect_begins(fakequestion_at(answer, "error/message"), named[_i].why);
        ck_assert_pstr_eq(fakequestion_at(answer, "error/word"), vhost ? vhost : "null");
    } else {
        ck_assert_str_eq(fakequestion_at(answer, "host/name"), named[_i].name);
        ck_assert_str_eq(fakequestion_at(answer, "host/taken_as"), named[_i].why);
    }
}

static const struct {
    const char *text, *name, *why;
} only[] = {
    {"ClientCertMap user=u\n", "(no name) (main server)",
     "no virtual host has TLS or ClientCertHeader"},
    {HOST("a", "") HOST("b", "ClientCertMap user=u\n"), "b:443", "the only one with TLS and rules"},
    {HOST("a", "") "<VirtualHost *:80>\nServerName b\nClientCertMap user=u\n</VirtualHost>",
     "a:443", "the only one with TLS"},
    {"SSLEngine on\nClientCertMap user=u\n<VirtualHost *:443>\nServerName c\n</VirtualHost>\n",
     "c:443", "the only one with TLS and rules"},
    {HOST("a", "") HOST("b", "<Location />\nClientCertMap user=u\n</Location>\n"), "b:443",
     "the only one with TLS and rules"},
};

TEST_LOOP(the_only_host_need_not_be_named, 0, COUNT(only))
{
    const json_t *answer;

    fake_configured(only[_i].text);
    answer = fakequestion_ask("{\"ask\": \"explain\", \"certificates\": 1}");
    ck_assert_pstr_eq(fakequestion_at(answer, "host/name"), only[_i].name);
    ck_assert_str_eq(fakequestion_at(answer, "host/taken_as"), only[_i].why);
}

/* ---- rules and checks -------------------------------------------------------------------- */

TEST(all_rule_sets_are_told_with_the_hosts_that_they_are_for)
{
    const json_t *answer;

    fake_configured("ServerName main\nClientCertMap user=u group=g\n"
                    "<Location \"/x\">\nClientCertMap subject.CN == a deny\n</Location>\n" HOST(
                        "a", "") HOST("b", "ClientCertMap group=b\n"));
    answer = fakequestion_ask("{\"ask\": \"rules\"}");
    ck_assert_str_eq(fakequestion_at(answer, "scopes/0/hosts"),
                     "[\"main (main server)\",\"a:443\"]");
    ck_assert_str_eq(fakequestion_at(answer, "scopes/0/section"), "null");
    ck_assert_str_eq(fakequestion_at(answer, "scopes/0/rules"),
                     "[{\"rule\":\"site.conf:2\",\"text\":\"user=u group=g\","
                     "\"strength\":\"weak\"}]");
    ck_assert_str_eq(fakequestion_at(answer, "scopes/1/section"), "<Location \"/x\">");
    ck_assert_str_eq(fakequestion_at(answer, "scopes/1/hosts"),
                     "[\"main (main server)\",\"a:443\",\"b:443\"]");
    ck_assert_str_eq(fakequestion_at(answer, "scopes/2/server"), "b:443");
    ck_assert_pstr_eq(fakequestion_at(answer, "scopes/3"), NULL);
    answer = fakequestion_ask("{\"ask\": \"rules\", \"vhost\": \"b\"}");
    ck_assert_str_eq(fakequestion_at(answer, "scopes/0/section"), "<Location \"/x\">");
    ck_assert_str_eq(fakequestion_at(answer, "scopes/1/server"), "b:443");
    ck_assert_pstr_eq(fakequestion_at(answer, "scopes/2"), NULL);
    answer = fakequestion_ask("{\"ask\": \"rules\", \"vhost\": \"c\"}");
    ck_assert_str_eq(fakequestion_at(answer, "error/tag"), "CC0751");
}

TEST(a_check_tells_findings_and_tests)
{
    const json_t *answer;

    fake_configured(HOST("a", "ClientCertMap user=u\nRequire clientcert-user v\n"
                              "ClientCertTest 1.pem expect user=v\n"
                              "ClientCertTest 1.pem expect user=u\nClientCertCRL nosuch.pem\n"));
    answer = fakequestion_ask("{\"ask\": \"check\"}");
    ck_assert_str_eq(fakequestion_at(answer, "findings/0/tag"), "CC0723");
    ck_assert_str_eq(fakequestion_at(answer, "findings/0/where"), "site.conf:7");
    ck_assert_str_eq(fakequestion_at(answer, "findings/1/tag"), "CC0406");
    ck_assert_pstr_eq(fakequestion_at(answer, "findings/2"), NULL);
    ck_assert_str_eq(fakequestion_at(answer, "tests/0/passed"), "false");
    ck_assert_str_eq(fakequestion_at(answer, "tests/0/got"), "user \"u\"");
    ck_assert_str_eq(fakequestion_at(answer, "tests/0/trace/0/text"), "user=u");
    ck_assert_str_eq(fakequestion_at(answer, "tests/1/passed"), "true");
    ck_assert_str_eq(fakequestion_at(answer, "tests/1/file"), "1.pem");
}

/* ---- certificates ------------------------------------------------------------------------ */

TEST(each_certificate_is_explained_by_itself)
{
    const json_t *answer, *second, *third;

    fake_configured(HOST("a", "ClientCertMap subject.CN == alice user=a\n"
                              "ClientCertMap subject.CN == bob user=b\nClientCertAuth Off\n"));
    answer = fakequestion_ask("{\"ask\": \"explain\", \"certificates\": 3}");
    second = fakequestion_answer(1);
    third = fakequestion_answer(2);
    ck_assert_uint_eq(fakequestion_count(), 3);
    ck_assert_str_eq(fakequestion_at(answer, "result"), "mapped");
    ck_assert_str_eq(fakequestion_at(answer, "verification"),
                     "{\"verified\":true,\"reason\":null,\"ca\":null}");
    ck_assert_str_eq(fakequestion_at(answer, "verdict/user"), "a");
    ck_assert_str_eq(fakequestion_at(answer, "certificate/subject"), "[\"CN=alice\"]");
    ck_assert_str_eq(fakequestion_at(answer, "scope"), "{\"server\":\"a:443\",\"section\":null}");
    ck_assert_str_eq(fakequestion_at(answer, "host/where"), "site.conf:1");
    ck_assert_str_eq(fakequestion_at(answer, "notes/0"),
                     "ClientCertAuth is Off here: the mapped user does not become REMOTE_USER");
    ck_assert_str_eq(fakequestion_at(answer, "path"), "null");
    ck_assert_str_eq(fakequestion_at(second, "result"), "rejected");
    ck_assert_str_eq(fakequestion_at(second, "verification/verified"), "false");
    ck_assert_str_eq(fakequestion_at(second, "verdict/result"), "unmapped");
    ck_assert_str_eq(fakequestion_at(second, "trace/0/text"), "subject.CN == \"alice\" user=a");
    ck_assert_str_eq(fakequestion_at(third, "result"), "error");
    ck_assert_pstr_eq(fakequestion_at(third, "verdict"), NULL);
}

static const struct {
    const char *lines, *note;
} notes[] = {
    {"SSLVerifyClient none\n", NULL},
    {"SSLVerifyClient none\n<Location />\nSSLVerifyClient require\n</Location>\n",
     "the handshake requests no certificate; a section with SSLVerifyClient requests one later"},
    {"SSLOCSPEnable on\n", "no OCSP responder was asked (SSLOCSPEnable)"},
    {"SSLOpenSSLConfCmd A b\n", "SSLOpenSSLConfCmd A was not taken into account"},
    {"SSLEngine optional\n", "whether this host has TLS is decided when the server starts; "
                             "SSLEngine on is assumed"},
    {"", "no ClientCertMap is in effect here"},
    {"<Location /x>\nClientCertMap user=x\n</Location>\n",
     "these sections have their own rules; use --path to apply them: <Location /x>"},
    {"ClientCertMap tls.version == TLSv1.3 user=x\n",
     "the fields of a connection (tls.version, tls.cipher, tls.sni, tls.resumed) have no value "
     "here"},
};

TEST_LOOP(notes_say_what_was_not_judged, 0, COUNT(notes))
{
    const json_t *answer, *told;
    bool found = notes[_i].note == NULL;

    fake_configured(apr_pstrcat(fake.pool, HOST("a", ""), NULL));
    fake_configured(apr_pstrcat(fake.pool,
                                "<VirtualHost *:443>\nServerName a\nSSLEngine on\nSSLVerifyClient "
                                "require\nSSLCACertificateFile ca.pem\n",
                                notes[_i].lines, "</VirtualHost>\n", NULL));
    answer = fakequestion_ask("{\"ask\": \"explain\", \"certificates\": 1}");
    told = json_object_get(answer, "notes");
    for (size_t i = 0; i < json_array_size(told); i++) {
        found |=
            notes[_i].note && !strcmp(json_string_value(json_array_get(told, i)), notes[_i].note);
    }
    ck_assert_msg(found, "%s", fakequestion_at(answer, "notes"));
}

static const struct {
    const char *lines, *reason;
} never[] = {
    {"SSLEngine off\nSSLVerifyClient require\n",
     "it has no TLS (SSLEngine), and takes no certificates from proxies (ClientCertHeader)"},
    {"SSLEngine on\n", "it never requests a client certificate: SSLVerifyClient none"},
    {"SSLEngine on\nSSLVerifyClient require\n",
     "it trusts no CA: neither ClientCertCA, SSLCACertificateFile nor SSLCACertificatePath is set"},
    {"SSLEngine on\nSSLVerifyClient require\nSSLCACertificateFile ca.pem\nSSLVerifyDepth 0\n",
     "the chain is longer than SSLVerifyDepth allows: it needs SSLVerifyDepth 1"},
};

TEST_LOOP(no_certificate_ever_counts_there, 0, COUNT(never))
{
    const json_t *answer;

    fake_configured(apr_pstrcat(fake.pool, "<VirtualHost *:443>\nServerName a\n", never[_i].lines,
                                "ClientCertMap user=u\n</VirtualHost>\n", NULL));
    answer = fakequestion_ask("{\"ask\": \"explain\", \"certificates\": 1, \"vhost\": \"a\"}");
    ck_assert_str_eq(fakequestion_at(answer, "verification/reason"), never[_i].reason);
    ck_assert_str_eq(fakequestion_at(answer, "result"), "rejected");
}

/* ---- paths ------------------------------------------------------------------------------- */

static const struct {
    const char *path, *filename, *section, *note;
} paths[] = {
    {"/", "/www/", "null", NULL},
    {"/admin/x", "/www/admin/x", "<Location /admin>", NULL},
    {"/ad%6Din/", "/www/admin/", "<Location /admin>", NULL},
    {"//admin/", "/www/admin/", "<Location /admin>", NULL},
    {"/dir/a", "/www/dir/a", "<Directory /www/dir>", NULL},
    {"/proxied", "proxy:http://b/proxied", "null", NULL},
    {"/untranslated", "/www/untranslated", "null", NULL},
    {"/forbidden", "/www/forbidden", "null",
     "httpd answers this path with 403 before the client is identified"},
    {"/nobodys", "/www/nobodys", "null",
     "httpd answers this path with 500 before the client is identified"},
    {"/a/../b", "null", "null", "httpd answers this path with 400 before the client is identified"},
    {"/a%2Fb", "null", "null", "httpd answers this path with 404 before the client is identified"},
    {"/a%zzb", "null", "null", "httpd answers this path with 400 before the client is identified"},
};

TEST_LOOP(a_path_leads_to_what_is_in_effect_there, 0, COUNT(paths))
{
    const json_t *answer;

    fake.modules = "mod_ssl.c mod_proxy.c";
    fake_configured(HOST("a", "ClientCertMap user=u\n"
                              "<Location /admin>\nClientCertMap user=root\n</Location>\n"
                              "<Directory /www/dir>\nClientCertMap user=dir\n</Directory>\n"));
    answer = fakequestion_ask(
        apr_pstrcat(fake.pool, "{\"ask\": \"explain\", \"certificates\": 1, \"path\": \"",
                    paths[_i].path, "\"}", NULL));
    ck_assert_str_eq(fakequestion_at(answer, "filename"), paths[_i].filename);
    ck_assert_str_eq(fakequestion_at(answer, "scope/section"), paths[_i].section);
    if (paths[_i].note) {
        fake_expect_begins(fakequestion_at(answer, "notes/0"), paths[_i].note);
        ck_assert_str_eq(fakequestion_at(answer, "result"), "rejected");
    } else {
        ck_assert_str_eq(fakequestion_at(answer, "notes"), "[]");
        ck_assert_str_eq(fakequestion_at(answer, "result"), "mapped");
    }
}

TEST(sections_of_conditions_are_named_where_a_path_is_asked_for)
{
    fake_configured(HOST("a", "<Location /x>\nClientCertMap user=x\n</Location>\n"
                              "<If true>\nClientCertMap user=y\n</If>\n"));
    ck_assert_str_eq(
        fakequestion_at(
            fakequestion_ask("{\"ask\": \"explain\", \"certificates\": 1, \"path\": \"/\"}"),
            "notes/0"),
        "this is the result for a GET without further headers; other requests may also "
        "meet the rules of: <If true>");
}

/* ---- questions --------------------------------------------------------------------------- */

TEST(a_question_that_is_not_known_is_answered_so)
{
    fake_configured(HOST("a", ""));
    ck_assert_str_eq(fakequestion_at(fakequestion_ask("{\"ask\": \"nosuch\"}"), "error/tag"),
                     "CC0750");
    ck_assert_str_eq(fakequestion_at(fakequestion_ask("{}"), "error/word"), "");
    ck_assert_str_eq(
        fakequestion_at(fakequestion_ask("{\"ask\": \"revoked\", \"certificates\": 1}"),
                        "error/tag"),
        "CC0757");
}

TEST(an_answer_is_for_nobody_else_and_is_not_written_twice)
{
    struct stat info;

    fake_configured(HOST("a", ""));
    fakequestion_ask("{\"ask\": \"rules\"}");
    ck_assert_int_eq(stat(fake_path("answer.json"), &info), 0);
    ck_assert_int_eq(info.st_mode & 0777, 0600);
    fake_expect_log("");
    cc_admin_answer(fake.pconf, fake.main);
    fake_expect_begins(fake_logged(), "error CC0753: the query in /tmp/");
    fake_write("question.json", "no JSON");
    cc_admin_answer(fake.pconf, fake.main);
    fake_expect_begins(fake_logged(), "error CC0753: the query in /tmp/");
}

TEST(a_server_that_starts_answers_nothing)
{
    fake.run_mode = AP_SQ_RM_NORMAL;
    fake_write("question.json", "{\"ask\": \"rules\"}");
    cc_admin_answer(fake.pconf, fake.main);
    ck_assert_int_ne(access(fake_path("answer.json"), F_OK), 0);
    fake_expect_log("");
}

SUITE("answers", .setup = setup, .teardown = teardown);
