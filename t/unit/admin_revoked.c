/* SPDX-License-Identifier: Apache-2.0 */
/* Tests the answers of a configuration test about certificates that are, or may be, revoked. */
#include <apr_strings.h>

#include "crlset.h"
#include "fakehttpd.h"
#include "fakequestion.h"
#include "pki.h"
#include "suite.h"

static pki_t ca, other_ca, alice, mallory;
static crlset_t files;

static void setup(void)
{
    fake_begin();
    ca = pki_ca("CA", NULL);
    other_ca = pki_ca("Other", NULL);
    alice = pki_client("alice", &ca);
    mallory = pki_client("mallory", &other_ca);
    files = (crlset_t){.pool = fake.pool, .folder = (char *)fake.folder};
    fake_write_certs("ca.pem", ca.cert, NULL);
    fake_write_certs("1.pem", alice.cert, NULL);
    fake_write_certs("2.pem", mallory.cert, NULL);
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

/* The answer for a host with these lines. */
static const json_t *asked(const char *lines)
{
    fake_configured(apr_pstrcat(fake.pool,
                                "<VirtualHost *:443>\nServerName a\nSSLEngine on\nSSLVerifyClient "
                                "require\nSSLCACertificateFile ca.pem\n",
                                lines, "</VirtualHost>\n", NULL));
    return fakequestion_ask("{\"ask\": \"revoked\", \"certificates\": 2}");
}

static const char *at(const json_t *json, const char *path)
{
    return fakequestion_at(json, path);
}

static void put(const crl_recipe_t *recipe)
{
    crlset_put(&files, "crl.pem", recipe);
}

TEST(a_certificate_that_is_on_no_list_is_good)
{
    const json_t *answer;

    put(&(crl_recipe_t){.ca = &ca, .number = "7"});
    answer = asked("ClientCertCRL crl.pem grace=60\n");
    ck_assert_uint_eq(fakequestion_count(), 2);
    ck_assert_str_eq(at(answer, "result"), "good");
    ck_assert_str_eq(at(answer, "identity"), "true");
    ck_assert_str_eq(at(answer, "reason"), "null");
    ck_assert_str_eq(at(answer, "verification"), "{\"verified\":true,\"reason\":null}");
    ck_assert_str_eq(at(answer, "ocsp"), "null");
    ck_assert_str_eq(at(answer, "crls/state"), "good");
    ck_assert_str_eq(at(answer, "crls/date"), "null");
    ck_assert_str_eq(at(answer, "crls/where"), "site.conf:6");
    ck_assert_str_eq(at(answer, "crls/check"), "chain");
    ck_assert_str_eq(at(answer, "crls/missing"), "deny");
    ck_assert_str_eq(at(answer, "crls/grace"), "60");
    ck_assert_str_eq(at(answer, "certificate/subject"), "[\"CN=alice\"]");
}

TEST(the_lists_that_were_asked_are_told)
{
    const json_t *answer, *list;
    long age;

    put(&(crl_recipe_t){.ca = &ca, .number = "7", .begin = -100, .end = 500});
    answer = asked("ClientCertCRL crl.pem missing=allow\nClientCertCRLCheck leaf\n");
    list = json_array_get(json_object_get(json_object_get(answer, "crls"), "lists"), 0);
    ck_assert_str_eq(at(list, "file"), fake_path("crl.pem"));
    ck_assert_str_eq(at(list, "issuer"), "CN=CA");
    ck_assert_str_eq(at(list, "number"), "7");
    ck_assert_str_eq(at(list, "entries"), "0");
    ck_assert_str_eq(at(list, "use"), "used");
    ck_assert_str_eq(at(list, "delta"), "false");
    age = (long)json_integer_value(json_object_get(list, "age"));
    ck_assert(age >= 99 && age < 160);
    ck_assert_int_le(json_integer_value(json_object_get(list, "left")), 500);
    ck_assert_str_eq(at(answer, "crls/check"), "leaf");
    ck_assert_str_eq(at(answer, "crls/missing"), "allow");
}

TEST(a_certificate_on_a_list_is_revoked_since_when_and_why)
{
    const json_t *answer;

    put(&(crl_recipe_t){.ca = &ca, .number = "7", .entries = {{.cert = alice.cert, .reason = 1}}});
    answer = asked("ClientCertCRL crl.pem\n");
    ck_assert_str_eq(at(answer, "result"), "revoked");
    ck_assert_str_eq(at(answer, "identity"), "false");
    ck_assert_str_eq(at(answer, "crls/state"), "revoked");
    ck_assert_str_eq(at(answer, "crls/reason"), "keyCompromise");
    fake_expect_begins(at(answer, "crls/date"), "2026-01-01");
    ck_assert_str_eq(at(answer, "crls/depth"), "0");
    ck_assert_str_eq(at(answer, "crls/lists/0/entries"), "1");
}

TEST(a_certificate_that_does_not_verify_is_asked_about_nobody)
{
    const json_t *second;

    put(&(crl_recipe_t){.ca = &ca, .number = "7"});
    asked("ClientCertCRL crl.pem\n");
    second = fakequestion_answer(1);
    ck_assert_str_eq(at(second, "result"), "unknown");
    ck_assert_str_eq(at(second, "reason"),
                     "the certificate would not be verified, so no source was asked");
    ck_assert_str_eq(at(second, "verification/verified"), "false");
    ck_assert_str_eq(at(second, "crls/state"), "unknown");
}

TEST(a_list_that_has_ended_says_nothing)
{
    const json_t *answer;

    put(&(crl_recipe_t){.ca = &ca, .number = "7", .begin = -100, .end = -50});
    answer = asked("ClientCertCRL crl.pem\n");
    ck_assert_str_eq(at(answer, "result"), "unknown");
    ck_assert_str_eq(at(answer, "crls/state"), "unknown");
    ck_assert_str_ne(at(answer, "crls/why"), "null");
    ck_assert_int_lt(
        json_integer_value(json_object_get(
            json_array_get(json_object_get(json_object_get(answer, "crls"), "lists"), 0), "left")),
        0);
}

TEST(a_list_of_a_ca_that_is_not_trusted_is_passed_over)
{
    const json_t *answer;

    put(&(crl_recipe_t){.ca = &ca, .number = "7"});
    crlset_add(&files, "crl.pem", &(crl_recipe_t){.ca = &other_ca, .number = "3"});
    answer = asked("ClientCertCRL crl.pem\n");
    for (int i = 0; i < 2; i++) {
        const json_t *list =
            json_array_get(json_object_get(json_object_get(answer, "crls"), "lists"), (size_t)i);
        bool foreign = !strcmp(at(list, "number"), "3");

        ck_assert_str_eq(at(list, "use"), foreign ? "foreign" : "used");
        ck_assert_str_eq(at(list, "entries"), foreign ? "null" : "0");
    }
}

/* No server listens at port 1. */
TEST(a_responder_that_is_away_is_told)
{
    const json_t *answer = asked("ClientCertOCSP On responder=http://127.0.0.1:1/ timeout=1\n");

    ck_assert_str_eq(at(answer, "result"), "unknown");
    ck_assert_str_eq(at(answer, "crls"), "null");
    ck_assert_str_ne(at(answer, "ocsp/state"), "good");
    ck_assert_str_ne(at(answer, "ocsp/why"), "null");
    ck_assert_str_eq(at(answer, "ocsp/date"), "null");
}

TEST(where_nobody_is_asked_that_is_the_answer)
{
    const json_t *answer = asked("");

    ck_assert_str_eq(at(answer, "error/tag"), "CC0757");
    ck_assert_str_eq(at(answer, "error/word"), "a:443");
    answer = asked("ClientCertCRL nosuch.pem\n");
    ck_assert_str_eq(at(answer, "error/tag"), "CC0406");
}

SUITE("revoked", .setup = setup, .teardown = teardown, .timeout = 60);
