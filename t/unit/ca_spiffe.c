/* SPDX-License-Identifier: Apache-2.0 */
/* Tests which certificates are X509-SVIDs, and of which trust domain. */
#include <string.h>

#include <apr_strings.h>

#include <openssl/err.h>

#include "ca/internal.h"
#include "certs.h"
#include "suite.h"

#define SVID_USAGE                                                                                 \
    {                                                                                              \
        .oid = "keyUsage", .conf = "critical, digitalSignature"                                    \
    }

static apr_pool_t *pool;
static char domain[CC_SPIFFE_DOMAIN_SIZE];
static const char *problem;

static void setup(void)
{
    apr_pool_create(&pool, NULL);
}

static void teardown(void)
{
    apr_pool_destroy(pool);
}

static cc_spiffe_kind_t kind_of(const certs_extension_t *extensions)
{
    X509 *cert = certs_x509(&(certs_spec_t){.extensions = extensions});
    cc_spiffe_kind_t kind;

    ERR_clear_error();
    strcpy(domain, "-");
    kind = cc_spiffe_read(domain, &problem, cert);
    ck_assert_uint_eq(ERR_peek_error(), 0);
    ck_assert((kind == CC_SPIFFE_BAD) == (problem != NULL));
    X509_free(cert);
    return kind;
}

#define KIND_OF(...) kind_of((const certs_extension_t[]){__VA_ARGS__, {.oid = NULL}})

static void expect_id(const certs_extension_t *extensions, const char *name)
{
    ck_assert_msg(kind_of(extensions) == CC_SPIFFE_ID, "%s: %s", name, problem);
    ck_assert_str_eq(domain, name);
}

#define EXPECT_ID(name, ...)                                                                       \
    expect_id((const certs_extension_t[]){__VA_ARGS__, {.oid = NULL}}, name)

static void expect_bad(const certs_extension_t *extensions, const char *why)
{
    cc_spiffe_kind_t kind = kind_of(extensions);

    ck_assert_msg(kind == CC_SPIFFE_BAD && strstr(problem, why) == problem, "%s: %d, %s", why, kind,
                  problem ? problem : "no problem");
}

#define EXPECT_BAD(why, ...)                                                                       \
    expect_bad((const certs_extension_t[]){__VA_ARGS__, {.oid = NULL}}, why)

#define NAMES(text)                                                                                \
    {                                                                                              \
        .oid = "subjectAltName", .conf = text                                                      \
    }

/* An extension subjectAltName with one URI of these octets (at most 64 KB). */
static certs_extension_t uri_of(const void *octets, size_t len)
{
    unsigned char *der = apr_palloc(pool, len + 8);
    unsigned char *at = der;
    size_t inner = len + 4;

    *at++ = 0x30;
    *at++ = 0x82;
    *at++ = (unsigned char)(inner >> 8);
    *at++ = (unsigned char)inner;
    *at++ = 0x86;
    *at++ = 0x82;
    *at++ = (unsigned char)(len >> 8);
    *at++ = (unsigned char)len;
    memcpy(at, octets, len);
    return (certs_extension_t){.oid = "subjectAltName", .der = {der, (int)len + 8}};
}

static certs_extension_t uri(const char *text)
{
    return uri_of(text, strlen(text));
}

/* ---- certificates ---------------------------------------------------------------------------- */

TEST(an_svid_has_a_trust_domain)
{
    EXPECT_ID("example.com", NAMES("URI:spiffe://example.com/ns/shop/sa/cart"), SVID_USAGE);
    EXPECT_ID("a", NAMES("DNS:a.example,URI:spiffe://a/b,email:a@b.example"), SVID_USAGE);
    EXPECT_ID("10.0.0.1_-", NAMES("URI:spiffe://10.0.0.1_-/A-Z_a.z/..."),
              {.oid = "keyUsage", .conf = "digitalSignature,keyAgreement,keyEncipherment"},
              {.oid = "basicConstraints", .conf = "critical,CA:FALSE"});
}

TEST(a_certificate_without_a_spiffe_id_is_of_no_domain)
{
    ck_assert_int_eq(KIND_OF(SVID_USAGE), CC_SPIFFE_NONE);
    ck_assert_int_eq(KIND_OF(NAMES("DNS:spiffe.example,email:spiffe@a.example"), SVID_USAGE),
                     CC_SPIFFE_NONE);
    ck_assert_int_eq(KIND_OF(NAMES("URI:https://a.example/?spiffe://a/b,URI:urn:spiffe:a")),
                     CC_SPIFFE_NONE);
    ck_assert_int_eq(KIND_OF(uri("spiffes://a/b")), CC_SPIFFE_NONE);
    ck_assert_int_eq(KIND_OF(uri("spiff")), CC_SPIFFE_NONE);
    ck_assert_int_eq(KIND_OF({.oid = "subjectAltName", .der = CERTS_OCTETS("\x30\x02\x86\x00")}),
                     CC_SPIFFE_NONE);
    ck_assert_str_eq(domain, "-");
}

TEST(an_svid_has_one_uri)
{
    const char *why = "it has more than one URI";

    EXPECT_BAD(why, NAMES("URI:spiffe://a/b,URI:spiffe://a/b"), SVID_USAGE);
    EXPECT_BAD(why, NAMES("URI:spiffe://a/b,URI:spiffe://c/d"), SVID_USAGE);
    EXPECT_BAD(why, NAMES("URI:spiffe://a/b,URI:https://c/d"), SVID_USAGE);
    EXPECT_BAD(why, NAMES("URI:https://c/d,DNS:a.example,URI:spiffe://a/b"), SVID_USAGE);
    EXPECT_BAD(why, NAMES("URI:https://c/d,URI:SPIFFE://a/b"), SVID_USAGE);
}

TEST(an_svid_is_a_leaf)
{
    EXPECT_BAD("it is a CA certificate", uri("spiffe://a/b"),
               {.oid = "keyUsage", .conf = "digitalSignature,keyCertSign"},
               {.oid = "basicConstraints", .conf = "critical,CA:TRUE"});
    EXPECT_BAD("its key usage has keyCertSign or cRLSign", uri("spiffe://a/b"),
               {.oid = "keyUsage", .conf = "digitalSignature,keyCertSign"});
    EXPECT_BAD("its key usage has keyCertSign or cRLSign", uri("spiffe://a/b"),
               {.oid = "keyUsage", .conf = "digitalSignature,cRLSign"});
    EXPECT_BAD("its key usage does not have digitalSignature", uri("spiffe://a/b"),
               {.oid = "keyUsage", .conf = "keyAgreement"});
    EXPECT_BAD("its key usage does not have digitalSignature", uri("spiffe://a/b"));
    EXPECT_BAD("one of its extensions cannot be decoded", uri("spiffe://a/b"), SVID_USAGE,
               {.oid = "basicConstraints", .der = CERTS_OCTETS("\x30\x03\x01\x01")});
}

TEST(names_that_cannot_be_decoded_are_bad)
{
    const char *why = "its subjectAltName cannot be decoded, or is present twice";

    EXPECT_BAD(why, {.oid = "subjectAltName", .der = CERTS_OCTETS("\x30\x05\x86\x09spi")},
               SVID_USAGE);
    EXPECT_BAD(why, {.oid = "subjectAltName", .der = CERTS_OCTETS("\x04\x00")}, SVID_USAGE);
    EXPECT_BAD(why, {.oid = "subjectAltName", .der = CERTS_OCTETS("\x31\x00")}, SVID_USAGE);
    EXPECT_BAD(why, {.oid = "subjectAltName", .der = CERTS_OCTETS("\x30\x00\x00")}, SVID_USAGE);
    EXPECT_BAD(why, {.oid = "subjectAltName", .der = CERTS_OCTETS("\x30\x80\x00\x00")}, SVID_USAGE);
    EXPECT_BAD(why, {.oid = "subjectAltName", .der = CERTS_OCTETS("\x30\x03\x82\x01")}, SVID_USAGE);
    EXPECT_BAD(why, {.oid = "subjectAltName", .der = CERTS_OCTETS("\x30\x03\x02\x01\x61")},
               SVID_USAGE); /* a universal tag, */
    EXPECT_BAD(why, {.oid = "subjectAltName", .der = CERTS_OCTETS("\x30\x03\xc6\x01\x61")},
               SVID_USAGE); /* a private one, */
    EXPECT_BAD(why, {.oid = "subjectAltName", .der = CERTS_OCTETS("\x30\x03\x89\x01\x61")},
               SVID_USAGE); /* and one that is not defined */
    EXPECT_BAD(why, {.oid = "subjectAltName", .der = CERTS_OCTETS("\x30\x04\x9f\x06\x01\x61")},
               SVID_USAGE);
    EXPECT_BAD(
        why, {.oid = "subjectAltName", .der = CERTS_OCTETS("\x30\x10\xa6\x0e\x16\x0cspiffe://a/b")},
        SVID_USAGE); /* a URI in pieces */
    EXPECT_BAD(why, uri("spiffe://a/b"), uri("spiffe://a/b"), SVID_USAGE);
    EXPECT_BAD(why, NAMES("DNS:a.example"), uri("spiffe://a/b"), SVID_USAGE);
}

/* OpenSSL decodes a name that is not a URI, and finds what is wrong in it. */
TEST(an_svid_has_no_other_name_that_cannot_be_decoded)
{
    EXPECT_BAD(
        "one of its extensions cannot be decoded",
        {.oid = "subjectAltName", .der = CERTS_OCTETS("\x30\x11\xa4\x01\x61\x86\x0cspiffe://a/b")},
        SVID_USAGE);
}

/* ---- the URI --------------------------------------------------------------------------------- */

static void bad_octets(const void *octets, size_t len, const char *why)
{
    EXPECT_BAD(why, uri_of(octets, len), SVID_USAGE);
}

static void bad(const char *text, const char *why)
{
    bad_octets(text, strlen(text), why);
}

TEST(the_scheme_is_in_lower_case)
{
    const char *why = "its SPIFFE ID does not begin with \"spiffe://\" in lower case";

    bad("SPIFFE://a/b", why);
    bad("spiffE://a/b", why);
    bad("spiffe:/a/b", why);
    bad("spiffe:a/b", why);
    bad("spiffe:", why);
    bad(" spiffe://a/b", why);
    bad("spi\tffe\r\n://a/b", why);
    bad_octets("\0spiffe://a/b", 13, why);
}

TEST(the_trust_domain_is_a_name_in_lower_case)
{
    const char *why = "the trust domain of its SPIFFE ID has a character";

    bad("spiffe://Example.com/b", why);
    bad("spiffe://example.com:443/b", why);
    bad("spiffe://user@example.com/b", why);
    bad("spiffe://ex%61mple.com/b", why);
    bad("spiffe://[::1]/b", why);
    bad("spiffe://b\xc3\xbc"
        "cher/b",
        why);
    bad("spiffe://a?b", why);
    bad("spiffe://a#b", why);
    bad_octets("spiffe://a\0.example/b", 21, why);
    bad_octets("spiffe://a\0/b", 13, why);
    bad("spiffe:///b", "the trust domain of its SPIFFE ID is empty");
    bad("spiffe://", "the trust domain of its SPIFFE ID is empty");
    bad(apr_psprintf(pool, "spiffe://%0256d/a", 0),
        "the trust domain of its SPIFFE ID is empty, or longer than 255 octets");
    EXPECT_ID(apr_psprintf(pool, "%0255d", 0), uri(apr_psprintf(pool, "spiffe://%0255d/a", 0)),
              SVID_USAGE);
}

TEST(the_path_has_segments)
{
    const char *character = "its SPIFFE ID has a character that a path must not have";
    const char *empty = "the path of its SPIFFE ID has an empty segment";
    const char *dots = "the path of its SPIFFE ID has a segment \".\" or \"..\"";

    bad("spiffe://a", "its SPIFFE ID has no path");
    bad("spiffe://a/", empty);
    bad("spiffe://a//b", empty);
    bad("spiffe://a/b/", empty);
    bad("spiffe://a/.", dots);
    bad("spiffe://a/b/../c", dots);
    bad("spiffe://a/./c", dots);
    bad("spiffe://a/b?c=d", character);
    bad("spiffe://a/b#c", character);
    bad("spiffe://a/?b", character);
    bad("spiffe://a/b%2fc", character);
    bad("spiffe://a/b c", character);
    bad("spiffe://a/b\xc3\xa4", character);
    bad_octets("spiffe://a/b\0", 13, character);
    bad_octets("spiffe://a/b\0c", 14, character);
    EXPECT_ID("a", uri("spiffe://a/.../..b/.c/d."), SVID_USAGE);
}

TEST(an_id_has_2048_octets_at_most)
{
    EXPECT_ID("a", uri(apr_psprintf(pool, "spiffe://a/%02037d", 0)), SVID_USAGE);
    bad(apr_psprintf(pool, "spiffe://a/%02038d", 0), "its SPIFFE ID is longer than 2048 octets");
}

/* ---- trust domains --------------------------------------------------------------------------- */

TEST(a_trust_domain_is_known)
{
    ck_assert(cc_spiffe_domain_is("example.com"));
    ck_assert(cc_spiffe_domain_is("a-b_c.1"));
    ck_assert(cc_spiffe_domain_is(apr_psprintf(pool, "%0255d", 0)));
    ck_assert(!cc_spiffe_domain_is(apr_psprintf(pool, "%0256d", 0)));
    ck_assert(!cc_spiffe_domain_is(""));
    ck_assert(!cc_spiffe_domain_is("Example.com"));
    ck_assert(!cc_spiffe_domain_is("example.com/"));
    ck_assert(!cc_spiffe_domain_is("example.com:443"));
    ck_assert(!cc_spiffe_domain_is("example com"));
}

SUITE("spiffe", .setup = setup, .teardown = teardown);
