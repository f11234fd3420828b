/* SPDX-License-Identifier: Apache-2.0 */
/* Tests the reading of SPIFFE bundle documents. */
#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>

#include <openssl/err.h>
#include <openssl/evp.h>

#include "ca/internal.h"
#include "pki.h"
#include "suite.h"

static apr_pool_t *pool;
static apr_array_header_t *ders;
static pki_t old, new; /* CAs */

static void setup(void)
{
    apr_pool_create(&pool, NULL);
    old = pki_ca("old", NULL);
    new = pki_ca("new", NULL);
}

static void teardown(void)
{
    pki_free(&old);
    pki_free(&new);
    apr_pool_destroy(pool);
}

/* The DER encoding of a certificate, with `extra` zeros after it. */
static cc_ca_der_t der_of(const pki_t *pki, int extra)
{
    unsigned char *der = NULL;
    int len = i2d_X509(pki->cert, &der);
    unsigned char *copy = apr_pcalloc(pool, (apr_size_t)(len + extra));

    memcpy(copy, der, (size_t)len);
    OPENSSL_free(der);
    return (cc_ca_der_t){copy, (apr_size_t)(len + extra)};
}

static const char *base64(cc_ca_der_t der)
{
    char *text = apr_palloc(pool, (der.len + 2) / 3 * 4 + 1);

    EVP_EncodeBlock((unsigned char *)text, der.at, (int)der.len);
    return text;
}

static const char *pem64(const pki_t *pki)
{
    return base64(der_of(pki, 0));
}

/* A key with this "x5c" (JSON), as spire-server writes it. */
static const char *key(const char *x5c)
{
    return apr_psprintf(pool,
                        "{\"use\": \"x509-svid\", \"kty\": \"EC\", \"crv\": \"P-256\", "
                        "\"x\": \"fK\", \"y\": \"qL\", \"x5c\": %s}",
                        x5c);
}

static const char *key_of(const pki_t *pki)
{
    return key(apr_psprintf(pool, "[\"%s\"]", pem64(pki)));
}

static const char *bundle(const char *keys)
{
    return apr_psprintf(pool,
                        "{\"keys\": [%s], \"spiffe_sequence\": 18446744073709551616123, "
                        "\"spiffe_refresh_hint\": 300}",
                        keys);
}

static const char *read_octets(const char *text, apr_size_t len)
{
    cc_error_t err = {0};
    apr_status_t status;

    ders = apr_array_make(pool, 2, sizeof(cc_ca_der_t));
    status = cc_ca_bundle_read(ders, text, len, "b.json", pool, &err);
    ck_assert_uint_eq(ERR_peek_error(), 0);
    return status == APR_SUCCESS ? "" : cc_error_text(&err, pool);
}

/* "" or the error. */
static const char *read_text(const char *text)
{
    ck_assert(cc_ca_bundle_is(text, strlen(text)));
    return read_octets(text, strlen(text));
}

static void expect_cas(const char *keys, const pki_t *first, const pki_t *second)
{
    const pki_t *cas[] = {first, second};
    int count = (first != NULL) + (second != NULL);

    ck_assert_str_eq(read_text(bundle(keys)), "");
    ck_assert_int_eq(ders->nelts, count);
    for (int i = 0; i < count; i++) {
        cc_ca_der_t der = APR_ARRAY_IDX(ders, i, cc_ca_der_t);
        cc_ca_der_t wanted = der_of(cas[i], 0);

        ck_assert_mem_eq(der.at, wanted.at, wanted.len);
        ck_assert_uint_eq(der.len, wanted.len);
    }
}

static const char *keys2(const char *first, const char *second)
{
    return apr_pstrcat(pool, first, ", ", second, NULL);
}

TEST(a_file_may_be_a_spiffe_bundle)
{
    const char *text = bundle(key_of(&old));
    cc_error_t err = {0};

    ders = apr_array_make(pool, 1, sizeof(cc_ca_der_t));
    ck_assert_int_eq(cc_ca_ders_find(ders, text, strlen(text), "b.json", pool, &err), APR_SUCCESS);
    ck_assert_int_eq(ders->nelts, 1);
}

TEST(the_cas_of_a_bundle_are_read)
{
    expect_cas(key_of(&old), &old, NULL);
    expect_cas(keys2(key_of(&old), key_of(&new)), &old, &new);
}

TEST(other_keys_are_ignored)
{
    static const char *const others[] = {
        "{\"use\": \"jwt-svid\", \"kty\": \"EC\", \"crv\": \"P-256\", \"x\": \"fK\", \"y\": \"q\"}",
        "{\"use\": \"wit-svid\", \"kty\": \"EC\", \"x5c\": 3}",
        "{\"use\": \"X509-SVID\", \"kty\": \"EC\", \"x5c\": [\"x\"]}",
        "{\"kty\": \"RSA\", \"n\": \"x\", \"e\": \"AQAB\"}",
        "{\"use\": \"x509-svid\", \"kty\": \"oct\", \"x5c\": [\"x\"]}",
        "{\"use\": \"x509-svid\", \"kty\": \"EC\"}",
        "{\"use\": \"x509-svid\", \"kty\": \"EC\", \"x5c\": []}",
        "{}",
    };

    for (int i = 0; i < COUNT(others); i++) {
        expect_cas(keys2(others[i], key_of(&new)), &new, NULL);
        ck_assert_msg(strncmp(read_text(bundle(others[i])),
                              "CC0472: \"b.json\": a SPIFFE bundle "
                              "without a CA certificate",
                              57) == 0,
                      "%s", others[i]);
    }
}

TEST(the_first_certificate_of_a_key_counts)
{
    expect_cas(key(apr_psprintf(pool, "[\"%s\", \"%s\"]", pem64(&old), pem64(&new))), &old, NULL);
}

TEST(a_bundle_without_keys_is_refused)
{
    ck_assert_str_eq(read_text(bundle("")),
                     "CC0472: \"b.json\": a SPIFFE bundle without a CA certificate: none of its "
                     "\"keys\" has the \"use\" x509-svid, a known \"kty\", and an \"x5c\"");
}

static void expect(const char *text, const char *error)
{
    const char *got = read_text(text);

    ck_assert_msg(strncmp(got, error, strlen(error)) == 0, "%s: %s", text, got);
}

TEST(a_document_that_is_no_bundle_is_refused)
{
    expect("{}", "CC0470: \"b.json\": not a SPIFFE bundle: it has no array \"keys\"");
    expect("{\"keys\": {}}", "CC0470: \"b.json\": not a SPIFFE bundle: it has no array \"keys\"");
    expect("{\"trust_domains\": {\"example.com\": {\"keys\": []}}}",
           "CC0470: \"b.json\": a SPIFFE bundle map");
    expect("{\"keys\": [", "CC0470: \"b.json\": not JSON: line 1, column 10: ");
    expect("{\n\"keys\": [],\n}", "CC0470: \"b.json\": not JSON: line 3, column 1: ");
    expect("{\"keys\": []} {}", "CC0470: \"b.json\": not JSON: line 1, column 14: ");
    expect("{\"keys\": [\"\\u0000\"]}", "CC0470: \"b.json\": not JSON: ");
    expect("{\"a\": \"\x1b[31m\"}", "CC0470: \"b.json\": not JSON: line 1, ");
    expect("{\"a\": \x1b[31m}", "CC0470: \"b.json\": not JSON: line 1, ");
    ck_assert_ptr_null(strchr(read_text("{\"a\": \x1b[31m}"), '\x1b'));
}

TEST(a_name_that_is_there_twice_is_refused)
{
    const char *twice =
        apr_psprintf(pool, "{\"keys\": [%s], \"keys\": [%s]}", key_of(&old), key_of(&new));

    expect(twice, "CC0470: \"b.json\": not JSON: line 1, ");
    ck_assert_ptr_nonnull(strstr(read_text(twice), "duplicate"));
    expect(bundle("{\"use\": \"jwt-svid\", \"use\": \"x509-svid\"}"),
           "CC0470: \"b.json\": not JSON: ");
}

TEST(a_key_that_is_wrong_is_refused)
{
#define WRONG(n, why)                                                                              \
    "CC0471: \"b.json\": key " n " of \"keys\" in this SPIFFE bundle is wrong: " why
    expect(bundle(keys2(key_of(&old), "3")), WRONG("2", "it is not an object"));
    expect(bundle("{\"use\": 1}"), WRONG("1", "its members \"kty\" and \"use\" must be strings"));
    expect(bundle("{\"kty\": []}"), WRONG("1", "its members \"kty\" and \"use\" must be strings"));
    expect(bundle("{\"use\": \"x509-svid\"}"), WRONG("1", "its \"kty\" is missing"));
    expect(bundle(key("\"AAAA\"")), WRONG("1", "its \"x5c\" is not an array"));
}

/* A bundle whose only certificate is this text in an "x5c" is refused for this reason. */
static void wrong_x5c(const char *text, const char *why)
{
    const char *error = read_text(bundle(key(apr_psprintf(pool, "[\"%s\"]", text))));

    ck_assert_msg(strstr(error, why) != NULL, "%s: %s", text, error);
}

TEST(base64_has_one_form)
{
    static const char why[] = WRONG("1", "the certificate in its \"x5c\" is not base64");
    const char *good = pem64(&old);
    char *url = apr_pstrdup(pool, good);

    url[8] = '-';
    wrong_x5c(url, why);
    url[8] = '_';
    wrong_x5c(url, why);
    wrong_x5c("", why);
    wrong_x5c("=", why);
    wrong_x5c("A===", why);
    wrong_x5c("AA=A", why);
    wrong_x5c("AAA", why);
    wrong_x5c("\\u00e4\\u00e4", why);
    wrong_x5c(apr_pstrcat(pool, " ", good, "   ", NULL), why);
    wrong_x5c(apr_pstrcat(pool, good, "\\n\\n\\n\\n", NULL), why);
    wrong_x5c(apr_pstrcat(pool, good, "====", NULL), why);
    expect(bundle(key("[3]")), why);
    expect(bundle(key("[null]")), why);
}

TEST(an_entry_is_one_certificate)
{
    static const char why[] =
        WRONG("1", "the certificate in its \"x5c\" is not the DER encoding of one certificate");
    cc_ca_der_t cut = der_of(&old, 0);
    cc_ca_der_t a = der_of(&old, 0), b = der_of(&new, 0);
    unsigned char *both = apr_palloc(pool, a.len + b.len);

    memcpy(both, a.at, a.len);
    memcpy(both + a.len, b.at, b.len);
    wrong_x5c(base64((cc_ca_der_t){both, a.len + b.len}), why);
    wrong_x5c(base64(der_of(&old, 1)), why);
    cut.len--;
    wrong_x5c(base64(cut), why);
    wrong_x5c("MIIB", why);     /* the start of one */
    wrong_x5c("MIAAAA==", why); /* of indefinite length */
    wrong_x5c("BAIFAA==", why); /* an OCTET STRING */
    wrong_x5c("MQA=", why);     /* a SET */
}

/* ---- bounds ---------------------------------------------------------------------------------- */

/* `text`, `count` times. */
static const char *times(const char *text, size_t count)
{
    size_t len = strlen(text);
    char *made = apr_palloc(pool, len * count + 1);

    for (size_t i = 0; i < count; i++) {
        memcpy(made + i * len, text, len);
    }
    made[len * count] = '\0';
    return made;
}

static const char *with_member(const char *value)
{
    return apr_psprintf(pool, "{\"keys\": [%s], \"a\": %s}", key_of(&old), value);
}

TEST(levels_and_values_and_length_are_bounded)
{
    static const char shape[] =
        "CC0470: \"b.json\": not a SPIFFE bundle: it has too many values or levels";

    ck_assert_str_eq(
        read_text(with_member(apr_pstrcat(pool, times("[", 15), times("]", 15), NULL))), "");
    expect(with_member(apr_pstrcat(pool, times("[", 16), times("]", 16), NULL)), shape);
    expect(with_member(times("[", 1000000)), shape);
    ck_assert_str_eq(read_text(with_member(apr_pstrcat(pool, "[", times("0,", 65000), "0]", NULL))),
                     "");
    expect(with_member(apr_pstrcat(pool, "[", times("0,", 65536), "0]", NULL)), shape);
    expect(with_member(apr_pstrcat(pool, "[", times("[],", 40000), "0]", NULL)), shape);
    expect(with_member(apr_pstrcat(pool, "\"", times("a", 4 * 1024 * 1024), "\"", NULL)),
           "CC0470: \"b.json\": not a SPIFFE bundle: it is longer than 4 MiB");
}

TEST(what_is_in_a_string_has_no_shape)
{
    ck_assert_str_eq(
        read_text(with_member(apr_pstrcat(pool, "\"", times("[,", 99999), "\"", NULL))), "");
    ck_assert_str_eq(
        read_text(with_member(apr_pstrcat(pool, "\"\\\"", times("{", 99), "\\\\\"", NULL))), "");
}

/* ---- what kind of file it is ----------------------------------------------------------------- */

static bool is_bundle(const char *text)
{
    return cc_ca_bundle_is(text, strlen(text));
}

TEST(a_bundle_is_known_by_its_first_character)
{
    ck_assert(is_bundle("{"));
    ck_assert(is_bundle(" \r\n\t{}"));
    ck_assert(!is_bundle(""));
    ck_assert(!is_bundle("  \n"));
    ck_assert(!is_bundle("-----BEG"));
    ck_assert(!is_bundle("[root CA]\n-----BEG\n{"));
    ck_assert(!cc_ca_bundle_is(" {", 1));
}

TEST(a_text_need_not_end_with_a_nul)
{
    const char *text = bundle(key_of(&old));
    apr_size_t len = strlen(text);
    char *exact = malloc(len); /* a tool that checks memory sees what is read after it */

    memcpy(exact, text, len);
    ck_assert_str_eq(read_octets(exact, len), "");
    ck_assert_str_ne(read_octets(exact, len - 1), "");
    ck_assert_str_ne(read_octets("{\"keys\":[]}\0", 12), "");
    free(exact);
}

SUITE("bundle", .setup = setup, .teardown = teardown);
