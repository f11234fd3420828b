/* SPDX-License-Identifier: Apache-2.0 */
/* Tests which CRLs are rejected, and that the message gives the reason. */
#include <string.h>
#include <unistd.h>

#include <apr_strings.h>

#include <openssl/x509v3.h>

#include "crlset.h"
#include "suite.h"

static crlset_t set;
static pki_t ca, bob;

static void setup(void)
{
    crlset_begin(&set);
    ca = pki_ca("CA", NULL);
    bob = pki_client("bob", &ca);
    crlset_trust(&set, &ca);
}

static void teardown(void)
{
    crlset_end(&set);
    pki_free(&ca);
    pki_free(&bob);
}

/* Expects that a.crl is rejected with these words. */
static void expect(const char *tag, const char *words)
{
    const char *error = crlset_try(&set, "a.crl");
    const char *start = apr_pstrcat(set.pool, tag, ": site.conf:1: \"", set.folder, NULL);

    ck_assert_msg(strncmp(error, start, strlen(start)) == 0 && strstr(error, words), "%s", error);
}

static void expect_recipe(const crl_recipe_t *recipe, const char *tag, const char *words)
{
    crlset_put(&set, "a.crl", recipe);
    expect(tag, words);
}

/* ---- files ----------------------------------------------------------------------------- */

TEST(what_cannot_be_read_is_named)
{
    expect("CC0406", "No such file");
    ck_assert_int_eq(symlink("/dev/null", crlset_path(&set, "a.crl")), 0);
    expect("CC0406", "neither a file nor a directory");
}

TEST(a_file_without_a_crl_is_named)
{
    crlset_write(&set, "a.crl", "", 0);
    expect("CC0408", "it contains no CRL");
    crlset_write(&set, "a.crl", "words", 5);
    expect("CC0408", "it contains no CRL");
    crlset_write(&set, "a.crl", "", 0);
    crlset_add_cert(&set, "a.crl", &ca);
    expect("CC0408", "it contains no CRL");
}

static const char head[] = "-----BEGIN X509 CRL-----\n";
static const char foot[] = "-----END X509 CRL-----\n";

static void write_block(const char *inside)
{
    const char *text = apr_pstrcat(set.pool, head, inside, foot, NULL);

    crlset_write(&set, "a.crl", text, strlen(text));
}

TEST(pem_that_is_none_is_refused)
{
    write_block("MA==\nMA!!\n");
    expect("CC0408", "not valid base64");
    write_block("MAA=\n");
    expect("CC0409", "not a CRL in DER");
    write_block("");
    expect("CC0409", "not a CRL in DER");
}

TEST(a_block_of_another_kind_beside_a_crl_is_refused)
{
    static const char key[] = "-----BEGIN SECRET-----\nMAA=\n-----END SECRET-----\n";
    apr_size_t len = 0;
    char *both = NULL;

    crlset_put(&set, "a.crl", &(crl_recipe_t){.ca = &ca});
    both = crlset_read(&set, "a.crl", &len);
    memcpy(both + len, key, sizeof(key));
    crlset_write(&set, "a.crl", both, len + sizeof(key) - 1);
    expect("CC0408", "it has a block \"SECRET\"");
}

TEST(a_file_that_is_cut_off_is_refused)
{
    apr_size_t len = 0;
    char *whole = NULL;

    crlset_put(&set, "a.crl", &(crl_recipe_t){.ca = &ca});
    whole = crlset_read(&set, "a.crl", &len);
    crlset_write(&set, "a.crl", whole, len - 2);
    expect("CC0408", "its last block has no -----END X509 CRL----- line");
    crlset_put_der(&set, "a.crl", &(crl_recipe_t){.ca = &ca});
    whole = crlset_read(&set, "a.crl", &len);
    crlset_write(&set, "a.crl", whole, len - 1);
    expect("CC0408", "its end is missing");
}

/* ---- octets ---------------------------------------------------------------------------- */

TEST(no_octet_of_a_crl_can_be_changed)
{
    apr_size_t len = 0;
    unsigned char *octets = NULL;

    crlset_put_der(&set, "a.crl", &(crl_recipe_t){.ca = &ca, .entries = {{.cert = bob.cert}}});
    octets = crlset_read(&set, "a.crl", &len);
    for (apr_size_t i = 8; i < len; i++) {
        octets[i] ^= 1;
        crlset_write(&set, "a.crl", octets, len);
        ck_assert_msg(*crlset_try(&set, "a.crl"), "octet %d", (int)i);
        octets[i] ^= 1;
    }
}

TEST(both_signature_algorithms_are_the_same)
{
    static const unsigned char sha256[] = {0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03, 0x02};
    apr_size_t len = 0, last = 0;
    unsigned char *octets = NULL;

    crlset_put_der(&set, "a.crl", &(crl_recipe_t){.ca = &ca});
    octets = crlset_read(&set, "a.crl", &len);
    for (apr_size_t i = 0; i + sizeof(sha256) < len; i++) {
        last = memcmp(octets + i, sha256, sizeof(sha256)) == 0 ? i : last;
    }
    octets[last + sizeof(sha256) - 1] = 0x03; /* SHA-384, outside of the signed part */
    crlset_write(&set, "a.crl", octets, len);
    expect("CC0409", "its two signature algorithms differ");
}

/* The header of the signature is not signed itself. */
TEST(a_length_in_more_octets_than_it_takes_is_refused)
{
    apr_size_t len = 0, at = 0;
    unsigned char *octets = NULL;

    crlset_put_der(&set, "a.crl", &(crl_recipe_t){.ca = &ca});
    octets = crlset_read(&set, "a.crl", &len);
    ck_assert_uint_eq(octets[1], 0x81);
    for (at = len - 100; octets[at] != 0x03 || octets[at + 1] != len - at - 2;) {
        ck_assert_uint_lt(++at, len - 2);
    }
    memmove(octets + at + 2, octets + at + 1, len - at - 1);
    octets[at + 1] = 0x81;
    octets[2]++;
    crlset_write(&set, "a.crl", octets, len + 1);
    expect("CC0409", "not a CRL in DER");
}

/* ---- the content of a CRL -------------------------------------------------------------- */

TEST(critical_extensions_that_are_not_known_are_named)
{
    expect_recipe(&(crl_recipe_t){.ca = &ca, .extensions = {"1.2.3.4", "critical,DER:0500"}},
                  "CC0409", "it has the unknown critical extension 1.2.3.4");
    expect_recipe(&(crl_recipe_t){.ca = &ca, .extensions = {"2.5.29.200", "critical,DER:0500"}},
                  "CC0409", "it has the unknown critical extension 2.5.29.200");
    expect_recipe(&(crl_recipe_t){.ca = &ca, .extensions = {"issuerAltName", "critical,DNS:a"}},
                  "CC0409", "2.5.29.18 (X509v3 Issuer Alternative Name)");
    expect_recipe(
        &(crl_recipe_t){
            .ca = &ca,
            .entries = {{.cert = bob.cert, .name = "1.2.3.4", .value = "critical,DER:0500"}}},
        "CC0409", "an entry has the unknown critical extension 1.2.3.4");
}

TEST(extensions_that_are_not_critical_and_not_known_change_nothing)
{
    crlset_put(
        &set, "a.crl",
        &(crl_recipe_t){
            .ca = &ca,
            .extensions = {"1.2.3.4", "DER:0500", "freshestCRL", "URI:http://crl.example/delta"},
            .entries = {{.cert = bob.cert, .reason = 1, .name = "1.2.3.4", .value = "DER:0500"}}});
    crlset_open(&set, "a.crl");
    ck_assert_str_eq(crlset_ask(&set, &bob, &ca), "revoked keyCompromise");
}

TEST(extensions_must_be_what_they_are_called)
{
    static const struct {
        const char *name, *value, *words;
    } cases[] = {
        {"crlNumber", "DER:0201FF", "its CRL number is not valid"},
        {"crlNumber", "DER:0500", "its CRL number is not valid"},
        {"crlNumber", "DER:0215010000000000000000000000000000000000000000", "more than 20 octets"},
        {"deltaCRL", "critical,DER:0500", "its CRL number is not valid"},
        {"issuingDistributionPoint", "critical,DER:0500",
         "its issuingDistributionPoint is not valid"},
        {"issuingDistributionPoint", "critical,DER:30068101FF8201FF", "two kinds"},
        {"authorityKeyIdentifier", "DER:0500", "its authorityKeyIdentifier is not valid"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        expect_recipe(&(crl_recipe_t){.ca = &ca,
                                      .no_akid = true,
                                      .extensions = {cases[i].name, cases[i].value}},
                      "CC0409", cases[i].words);
    }
    expect_recipe(
        &(crl_recipe_t){.ca = &ca, .number = "1", .extensions = {"crlNumber", "DER:020101"}},
        "CC0409", ") twice");
}

TEST(entries_must_be_what_they_are_called)
{
    static const struct {
        const char *name, *value, *words;
    } cases[] = {
        {"CRLReason", "DER:0A0107", "that RFC 5280 does not define"},
        {"CRLReason", "DER:0A010B", "that RFC 5280 does not define"},
        {"CRLReason", "DER:020101", "that RFC 5280 does not define"},
        {"CRLReason", "DER:0A0108", "the CRL is not a delta CRL"},
        {"certificateIssuer", "critical,DER:3000", "the CRL is not indirect"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        expect_recipe(
            &(crl_recipe_t){
                .ca = &ca,
                .entries = {{.cert = bob.cert, .name = cases[i].name, .value = cases[i].value}}},
            "CC0409", cases[i].words);
    }
    expect_recipe(&(crl_recipe_t){.ca = &ca,
                                  .entries = {{.cert = bob.cert,
                                               .reason = 1,
                                               .name = "CRLReason",
                                               .value = "DER:0A0101"}}},
                  "CC0409", "the same extension twice");
    expect_recipe(
        &(crl_recipe_t){.ca = &ca,
                        .extensions = {"issuingDistributionPoint", "critical,indirectCRL:TRUE"},
                        .entries = {{.cert = bob.cert,
                                     .name = "certificateIssuer",
                                     .value = "critical,DER:3003820161"}}},
        "CC0409", "has no directoryName");
}

TEST(a_crl_has_a_next_update_and_the_version_of_its_extensions)
{
    expect_recipe(&(crl_recipe_t){.ca = &ca, .no_end = true}, "CC0409", "it has no nextUpdate");
    expect_recipe(&(crl_recipe_t){.ca = &ca, .begin = 600, .end = 0}, "CC0409",
                  "its nextUpdate is before its thisUpdate");
    expect_recipe(&(crl_recipe_t){.ca = &ca, .v1 = true, .number = "1"}, "CC0409",
                  "it has extensions, but its version is 1");
    crlset_put(&set, "a.crl", &(crl_recipe_t){.ca = &ca, .v1 = true});
    crlset_open(&set, "a.crl");
    ck_assert_str_eq(crlset_ask(&set, &bob, &ca), "good");
}

/* ---- the signer ------------------------------------------------------------------------ */

TEST(another_name_or_key_than_the_signers_is_refused)
{
    pki_t twin = pki_ca("CA", NULL);

    expect_recipe(&(crl_recipe_t){.ca = &ca, .issuer = "other"}, "CC0410", "\"CN=other\"");
    expect_recipe(&(crl_recipe_t){.ca = &twin}, "CC0410",
                  "no certificate with its issuer's name and key");
    expect_recipe(&(crl_recipe_t){.ca = &twin, .no_akid = true}, "CC0411",
                  "its signature was not made with its issuer's key");
    pki_free(&twin);
}

TEST(a_certificate_that_may_not_sign_crls_signs_none)
{
    static pki_extensions_t other_usage = {"basicConstraints", "critical,CA:TRUE", "keyUsage",
                                           "critical,keyCertSign", NULL};
    pki_t no_crls = pki_make("no CRLs", NULL, other_usage, -60, 3600);
    pki_t client = pki_client("client", &ca);

    crlset_trust(&set, &no_crls);
    expect_recipe(&(crl_recipe_t){.ca = &no_crls, .no_akid = true}, "CC0410", "may sign CRLs");
    crlset_put(&set, "a.crl", &(crl_recipe_t){.ca = &client, .no_akid = true});
    crlset_add_cert(&set, "a.crl", &client);
    expect("CC0410", "may sign CRLs");
    pki_free(&client);
    pki_free(&no_crls);
}

TEST(names_in_messages_are_escaped)
{
    pki_t odd = pki_ca("a\n\"b\"\xE2\x80\xAE", NULL);
    const char *error;

    crlset_put(&set, "a.crl", &(crl_recipe_t){.ca = &odd});
    error = crlset_try(&set, "a.crl");
    ck_assert_msg(strstr(error, "CC0410") && !strchr(error, '\n') && !strstr(error, "\xE2\x80\xAE"),
                  "%s", error);
    pki_free(&odd);
}

SUITE("refused", .setup = setup, .teardown = teardown, .timeout = 300);
