/* SPDX-License-Identifier: Apache-2.0 */
/* Tests the answer of a configuration test to the question which CAs virtual hosts trust. */
#include <apr_strings.h>

#include "fakehttpd.h"
#include "fakequestion.h"
#include "pki.h"
#include "suite.h"

#define DAY (24 * 3600L)

static pki_t root, staff, other, old, ending, later;

static void setup(void)
{
    fake_begin();
    root = pki_ca("Root", NULL);
    staff = pki_ca("Staff", &root);
    other = pki_ca("Other", NULL);
    old = pki_make("Old", NULL, pki_is_ca, -9 * DAY, -DAY);
    ending = pki_make("Ending", NULL, pki_is_ca, -90 * DAY, 20 * DAY);
    later = pki_make("Later", NULL, pki_is_ca, 5 * DAY, 50 * DAY);
    fake_write_certs("two.pem", root.cert, staff.cert, NULL);
    fake_write_certs("other.pem", other.cert, NULL);
    fake_write_certs("old.pem", old.cert, NULL);
    fake_write_certs("ending.pem", ending.cert, NULL);
    fake_write_certs("later.pem", later.cert, NULL);
    fakequestion_begin();
}

static void teardown(void)
{
    pki_t *const all[] = {&root, &staff, &other, &old, &ending, &later};

    for (size_t i = 0; i < COUNT(all); i++) {
        pki_free(all[i]);
    }
    fakequestion_end();
    fake_end();
}

#define HOST(name, lines)                                                                          \
    "<VirtualHost *:443>\nServerName " name "\nSSLEngine on\n" lines "</VirtualHost>\n"
#define ASKS "SSLVerifyClient optional\nClientCertAuth On\n"

static const json_t *asked(const char *conf)
{
    fake_configured(conf);
    return fakequestion_ask("{\"ask\": \"trust\"}");
}

static const char *at(const json_t *json, const char *path)
{
    return fakequestion_at(json, path);
}

TEST(each_ca_has_its_file_and_its_role)
{
    const json_t *answer =
        asked(HOST("a", ASKS "ClientCertCA two.pem\nClientCertCA other.pem domain=x.example\n"));
    const json_t *cas = json_object_get(json_array_get(json_object_get(answer, "sets"), 0), "cas");
    const char *seen = "";
    json_t *ca;
    size_t i;

    json_array_foreach(cas, i, ca)
    {
        seen = apr_pstrcat(fake.pool, seen, at(ca, "subject"), " ", at(ca, "role"), " ",
                           at(ca, "anchor"), " ", at(ca, "domain"), " ", at(ca, "where"), " ",
                           strrchr(at(ca, "file"), '/'), "\n", NULL);
    }
    ck_assert_uint_eq(i, 3);
    ck_assert_ptr_nonnull(strstr(seen, "CN=Root root true null site.conf:6 /two.pem\n"));
    ck_assert_ptr_nonnull(strstr(seen, "CN=Staff intermediate false null site.conf:6 /two.pem\n"));
    ck_assert_ptr_nonnull(strstr(seen, "CN=Other root true x.example site.conf:7 /other.pem\n"));
    ck_assert_str_eq(at(answer, "sets/0/hosts"), "[\"a:443\"]");
    ck_assert_str_eq(at(answer, "sets/0/directive"), "ClientCertCA");
    ck_assert_str_eq(at(answer, "sets/0/where"), "[\"site.conf:6\",\"site.conf:7\"]");
}

TEST(an_intermediate_ca_of_a_trust_domain_needs_no_root)
{
    const json_t *answer;

    fake_write_certs("staff.pem", staff.cert, NULL);
    answer = asked(HOST("a", ASKS "ClientCertCA staff.pem domain=x.example\n"));
    ck_assert_str_eq(at(answer, "sets/0/cas/0/role"), "intermediate");
    ck_assert_str_eq(at(answer, "sets/0/cas/0/anchor"), "true");
}

TEST(without_clientcertca_the_cas_are_those_of_mod_ssl)
{
    const json_t *answer = asked(HOST("a", ASKS "SSLCACertificateFile other.pem\n"));

    ck_assert_str_eq(at(answer, "result"), "valid");
    ck_assert_str_eq(at(answer, "sets/0/directive"), "SSLCACertificateFile");
    ck_assert_str_eq(at(answer, "sets/0/cas/0/subject"), "CN=Other");
    ck_assert_str_eq(at(answer, "sets/0/cas/0/where"), "site.conf:6");
    ck_assert_str_eq(at(answer, "sets/0/cas/0/file"), fake_path("other.pem"));
    ck_assert_str_eq(at(answer, "sets/0/cas/0/weak"), "[]");
}

TEST(clientcertca_counts_in_place_of_mod_ssls_directives)
{
    const json_t *answer =
        asked(HOST("a", ASKS "SSLCACertificateFile two.pem\nClientCertCA other.pem\n"));

    ck_assert_uint_eq(
        json_array_size(json_object_get(json_array_get(json_object_get(answer, "sets"), 0), "cas")),
        1);
    ck_assert_str_eq(at(answer, "sets/0/cas/0/subject"), "CN=Other");
}

static const struct {
    const char *lines, *result, *first; /* the state of the CA that comes first */
} states[] = {
    {"ClientCertCA other.pem\n", "valid", "valid"},
    {"ClientCertCA other.pem later.pem\n", "valid", "valid"},
    {"ClientCertCA later.pem\n", "valid", "not_yet"},
    {"ClientCertCA other.pem old.pem\n", "expired", "expired"},
    {"ClientCertCA old.pem ending.pem\n", "expired", "expired"},
    {"ClientCertCA ending.pem later.pem\n", "ending", "ending"},
    {"SSLCACertificateFile old.pem\n", "expired", "expired"},
    {"", "empty", NULL},
};

TEST_LOOP(the_worst_ca_decides_and_comes_first, 0, COUNT(states))
{
    const json_t *answer = asked(apr_pstrcat(fake.pool, HOST("b", ASKS "ClientCertCA other.pem\n"),
                                             "<VirtualHost *:443>\nServerName a\nSSLEngine on\n",
                                             ASKS, states[_i].lines, "</VirtualHost>\n", NULL));

    ck_assert_str_eq(at(answer, "result"), states[_i].result);
    ck_assert_pstr_eq(at(answer, "sets/1/cas/0/state"), states[_i].first);
}

TEST(hosts_with_the_same_directives_are_listed_together)
{
    const json_t *answer = asked("ClientCertCA other.pem\n" HOST("a", ASKS) HOST("b", ASKS)
                                     HOST("c", ASKS "ClientCertCA two.pem\n"));

    ck_assert_str_eq(at(answer, "sets/0/hosts"), "[\"a:443\",\"b:443\"]");
    ck_assert_str_eq(at(answer, "sets/1/hosts"), "[\"c:443\"]");
}

TEST(only_hosts_that_can_have_clients_are_listed_unless_one_is_named)
{
    static const char conf[] = HOST("a", "ClientCertAuth On\nClientCertCA other.pem\n");
    const json_t *answer = asked(conf);

    ck_assert_str_eq(at(answer, "result"), "empty");
    ck_assert_str_eq(at(answer, "sets"), "[]");
    answer = fakequestion_ask("{\"ask\": \"trust\", \"vhost\": \"a\"}");
    ck_assert_str_eq(at(answer, "result"), "valid");
    ck_assert_str_eq(at(answer, "sets/0/requests"), "false");
    ck_assert_str_eq(at(answer, "sets/0/cas/0/subject"), "CN=Other");
}

TEST(a_file_that_cannot_be_loaded_is_an_error_of_its_line)
{
    const json_t *answer;

    fake_write("bad.pem", "nothing\n");
    answer = asked(HOST("a", ASKS "ClientCertCA other.pem\nClientCertCA bad.pem\n"));
    ck_assert_str_eq(at(answer, "error/where"), "site.conf:7");
    ck_assert_str_eq(at(answer, "error/word"), fake_path("bad.pem"));
    answer = asked(HOST("a", ASKS "SSLCACertificateFile bad.pem\n"));
    ck_assert_str_eq(at(answer, "error/tag"), "CC0402");
    answer = fakequestion_ask("{\"ask\": \"trust\", \"vhost\": \"nowhere\"}");
    ck_assert_str_eq(at(answer, "error/tag"), "CC0751");
}

SUITE("trust", .setup = setup, .teardown = teardown);
