/* SPDX-License-Identifier: Apache-2.0 */
/* Tests that a serial number is found on a CRL however it is encoded, and has only one form. */
#include <string.h>

#include <openssl/x509v3.h>

#include "crlset.h"
#include "suite.h"

static crlset_t set;
static pki_t ca, alice, bob;

static void setup(void)
{
    crlset_begin(&set);
    ca = pki_ca("CA", NULL);
    alice = pki_client("alice", &ca);
    bob = pki_client("bob", &ca);
    crlset_trust(&set, &ca);
}

static void teardown(void)
{
    crlset_end(&set);
    pki_free(&ca);
    pki_free(&alice);
    pki_free(&bob);
}

/* Bob's certificate with this serial number, as octets; free it with OPENSSL_free. */
static unsigned char *bob_write(const ASN1_INTEGER *serial, long *len)
{
    unsigned char *der = NULL;

    ck_assert(X509_set_serialNumber(bob.cert, (ASN1_INTEGER *)serial));
    ck_assert_int_gt(X509_sign(bob.cert, ca.key, EVP_sha256()), 0);
    *len = i2d_X509(bob.cert, &der);
    return der;
}

/* Revokes bob with this serial number: the certificate must be found on the CRL. */
static void expect_found(const ASN1_INTEGER *serial)
{
    long len = 0;
    unsigned char *der = bob_write(serial, &len);
    const unsigned char *at = der;
    pki_t shown = {d2i_X509(NULL, &at, len), NULL};

    ck_assert_ptr_nonnull(shown.cert);
    crlset_put(&set, "a.crl", &(crl_recipe_t){.ca = &ca, .entries = {{.cert = bob.cert}}});
    crlset_open(&set, "a.crl");
    ck_assert_str_eq(crlset_ask(&set, &shown, &ca), "revoked unspecified");
    ck_assert_str_eq(crlset_ask(&set, &alice, &ca), "good");
    X509_free(shown.cert);
    OPENSSL_free(der);
}

TEST(a_number_around_each_power_of_256_is_found)
{
    static const char *const serials[] = {
        "0",    "1",    "127",  "128",  "255",   "256",    "32767",  "32768",  "65535",   "65536",
        "-1",   "-127", "-128", "-129", "-255",  "-256",   "-257",   "-32767", "-32768",  "-32769",
        "8388608",      "-8388608",     "-8388609",        "-65536", "-2147483648"};

    for (size_t i = 0; i < sizeof(serials) / sizeof(serials[0]); i++) {
        ASN1_INTEGER *serial = s2i_ASN1_INTEGER(NULL, serials[i]);

        ck_assert_ptr_nonnull(serial);
        expect_found(serial);
        ASN1_INTEGER_free(serial);
    }
}

/* RFC 5280 4.1.2.2 permits at most 20 positive octets, but CAs have used others. */
TEST(a_number_of_any_length_and_sign_is_found)
{
    unsigned char octets[119];

    memset(octets, 0xA5, sizeof(octets));
    for (int len = 1; len <= (int)sizeof(octets); len += 7) {
        for (int negative = 0; negative < 2; negative++) {
            BIGNUM *number = BN_bin2bn(octets, len, NULL);
            ASN1_INTEGER *serial = NULL;

            BN_set_negative(number, negative);
            serial = BN_to_ASN1_INTEGER(number, NULL);
            expect_found(serial);
            ASN1_INTEGER_free(serial);
            BN_free(number);
        }
    }
}

/* Otherwise the same number in another form would not be found on the CRL. */
TEST(a_certificate_with_a_padded_number_is_not_read)
{
    static const unsigned char wanted[] = {2, 3, 0x11, 0x22, 0x33};
    static const unsigned char padded[][5] = {{2, 3, 0x00, 0x22, 0x33}, {2, 3, 0xFF, 0x92, 0x33}};
    ASN1_INTEGER *serial = s2i_ASN1_INTEGER(NULL, "0x112233");

    for (int i = 0; i < 2; i++) {
        long len = 0;
        unsigned char *der = bob_write(serial, &len);
        const unsigned char *from = der;
        unsigned char *at = memmem(der, (size_t)len, wanted, sizeof(wanted));

        ck_assert_ptr_nonnull(at);
        memcpy(at, padded[i], sizeof(padded[i]));
        ck_assert_ptr_null(d2i_X509(NULL, &from, len));
        OPENSSL_free(der);
    }
    ASN1_INTEGER_free(serial);
}

SUITE("serial numbers", .setup = setup, .teardown = teardown, .timeout = 300);
