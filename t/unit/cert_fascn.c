/* SPDX-License-Identifier: Apache-2.0 */
/* Tests that the identifier of a FASC-N is read, and that no damaged one has an identifier. */
#include <string.h>

#include "sanset.h"
#include "suite.h"

static apr_pool_t *pool;

static void setup(void)
{
    apr_pool_create(&pool, NULL);
}

static void teardown(void)
{
    apr_pool_destroy(pool);
}

static certs_octets_t joined(certs_octets_t a, certs_octets_t b)
{
    return sanset_join(a, b, pool);
}

static certs_octets_t element(int tag, certs_octets_t content)
{
    return sanset_element(tag, content, pool);
}

static certs_octets_t other(certs_octets_t oid, certs_octets_t value)
{
    return sanset_other(oid, value, pool);
}

static cc_cert_t *with(certs_octets_t names)
{
    return sanset_cert(NULL, names, pool);
}

#define OID(literal) element(0x06, OCTETS(literal))

static certs_octets_t text(const char *of)
{
    return element(UTF8, (certs_octets_t){of, (int)strlen(of)});
}

#define FASCN_OID OID("\x60\x86\x48\x01\x65\x03\x06\x06")

/* The example of the PACS Technical Implementation Guidance, and the FASC-N of PIV-I cards. */
static const char example[] = "\xd0\x43\x94\x58\x21\x0c\x2c\x19\xa0\x84\x6d\x83\x68\x5a\x10\x82\x10"
                              "\x8c\xe7\x39\x84\x10\x8c\xa3\xfc";
static const char piv_i[] = "\xd4\xe7\x39\xda\x73\x9c\xed\x39\xce\x73\x9d\x83\x68\x58\x21\x08\x42"
                            "\x10\x84\x21\xc8\x42\x10\xc3\xeb";

static certs_octets_t fascn(int tag, const char *octets, int len)
{
    return other(FASCN_OID, element(tag, (certs_octets_t){octets, len}));
}

TEST(a_fascn_has_its_octets_and_its_identifier)
{
    cc_cert_t *cert =
        with(joined(fascn(OCTET_STRING, example, 25), fascn(OCTET_STRING, piv_i, 25)));

    certs_has(cert, "san.fascn",
              "d0439458210c2c19a0846d83685a1082108ce73984108ca3fc | "
              "d4e739da739ced39ce739d836858210842108421c84210c3eb");
    certs_has(cert, "san.fascn.identifier", "0032-0001-092446 | 9999-9999-999999");
}

static cc_cert_t *of_octets(const char octets[25])
{
    return with(fascn(OCTET_STRING, octets, 25));
}

static void invert(char *octets, int bit)
{
    octets[bit / 8] = (char)(octets[bit / 8] ^ (0x80 >> bit % 8));
}

TEST_LOOP(a_fascn_with_a_wrong_bit_has_octets_but_no_identifier, 0, 200)
{
    char octets[25];
    cc_cert_t *cert;

    memcpy(octets, example, sizeof(octets));
    invert(octets, _i);
    cert = of_octets(octets);
    certs_unusable(cert, "san.fascn.identifier", "check character");
    ck_assert_ptr_null(certs_values(cert, "san.fascn", pool).at[0].unusable);
}

/* The parity of each character is right. */
TEST_LOOP(a_fascn_with_two_wrong_bits_in_a_character_has_no_identifier, 0, 200)
{
    char octets[25];

    memcpy(octets, example, sizeof(octets));
    invert(octets, _i);
    invert(octets, _i / 5 * 5 + (_i + 1) % 5);
    certs_unusable(of_octets(octets), "san.fascn.identifier", "check character");
}

/* Parity and check character are right. */
TEST_LOOP(a_fascn_with_another_sentinel_or_separator_has_no_identifier, 0, 7)
{
    static const int places[7] = {0, 5, 10, 17, 19, 21, 38};
    char octets[25];

    memcpy(octets, example, sizeof(octets));
    for (int bit = 0; bit < 2; bit++) {
        invert(octets, 5 * places[_i] + bit);
        invert(octets, 5 * 39 + bit);
    }
    certs_unusable(of_octets(octets), "san.fascn.identifier", "check character");
}

TEST(a_fascn_with_digits_above_nine_has_no_identifier)
{
    char octets[25];

    memcpy(octets, example, sizeof(octets));
    for (int character = 1; character <= 2; character++) { /* 0 becomes 10 */
        invert(octets, 5 * character + 1);
        invert(octets, 5 * character + 3);
    }
    certs_unusable(of_octets(octets), "san.fascn.identifier", "check character");
}

static const char zeros[26];

TEST(a_fascn_of_another_type_or_length_is_unusable)
{
    certs_octets_t wrong[] = {
        fascn(UTF8, example, 25),
        fascn(OCTET_STRING, example, 24),
        fascn(OCTET_STRING, zeros, 26),
        fascn(OCTET_STRING, "", 0),
        other(FASCN_OID, text("example")),
        other(FASCN_OID, element(0x05, NONE)),
        other(FASCN_OID, element(SEQUENCE, element(OCTET_STRING, OCTETS("x")))),
    };

    for (size_t i = 0; i < COUNT(wrong); i++) {
        certs_unusable(with(wrong[i]), "san.fascn", "25 octets");
        certs_unusable(with(wrong[i]), "san.fascn.identifier", "25 octets");
    }
    certs_unusable(with(fascn(OCTET_STRING, zeros, 25)), "san.fascn.identifier", "parity");
}

SUITE("fascn", .setup = setup, .teardown = teardown, .timeout = 60);
