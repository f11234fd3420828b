/* SPDX-License-Identifier: Apache-2.0 */
/* Extracts the serial number, and parses it as an operand, in each of its forms. */
#include <string.h>
#include <strings.h>

#include <apr_strings.h>

#include <openssl/bn.h>

#include "cert/internal.h"

/*
 * A serial number is an INTEGER (RFC 5280 4.1.2.2), and may be negative in certificates that break
 * this rule. Programs print it in three forms, which are not to be confused: the magnitude in hex
 * after a "-" (OpenSSL), the octets of the encoding, in two's complement (Windows), and decimal
 * (Java). The value of the field has the first form.
 */
#define DECIMAL "dec:"
#define ENCODED "der:"
#define DIGITS_MAX 80 /* of a decimal: more than 32 octets */

/* Whole octets of the magnitude without leading zero octets, at least one, as openssl prints it. */
static const char *serial_text(const char *hex, bool negative, apr_pool_t *p)
{
    hex += strspn(hex, "0");
    return apr_pstrcat(p, negative && *hex ? "-" : "",
                       *hex == '\0'      ? "00"
                       : strlen(hex) % 2 ? "0"
                                         : "",
                       hex, NULL);
}

cc_values_t cc_serial_extract(const cc_extraction_t *s)
{
    const ASN1_INTEGER *serial = X509_get0_serialNumber(s->x509);
    const char *hex = cc_octets_hex(ASN1_STRING_get0_data(serial),
                                    (apr_size_t)ASN1_STRING_length(serial), s->pool);
    bool negative = ASN1_STRING_type(serial) == V_ASN1_NEG_INTEGER;

    return cc_values_one(cc_value_words(serial_text(hex, negative, s->pool), s->pool), s->pool);
}

static apr_status_t not_a_serial(const char *text, const char *more, apr_pool_t *p, cc_error_t *err)
{
    return cc_error_set(err, p, "CC0238", text,
                        "not a serial number; write its hex digits (colons and spaces are "
                        "ignored), or dec: and its decimal digits%s",
                        more);
}

/* The hex digits of a decimal number without a sign; NULL: it is something else, or too long. */
static const char *decimal_hex(const char *digits, apr_pool_t *p)
{
    BIGNUM *number = NULL;
    const char *hex = NULL;
    size_t len = strspn(digits, "0123456789");
    char *made;

    if (len == 0 || len > DIGITS_MAX || digits[len] != '\0' || !BN_dec2bn(&number, digits)) {
        return NULL;
    }
    made = BN_bn2hex(number);
    hex = made ? cc_hex_read(made, p) : NULL;
    OPENSSL_free(made);
    BN_free(number);
    return hex;
}

/* The magnitude of octets in two's complement; *negative is set if the first bit is. */
static const char *encoded_hex(const char *digits, bool *negative, apr_pool_t *p)
{
    static const char complement[] = "fedcba9876543210";
    char *hex = cc_hex_read(digits, p);
    size_t len = hex ? strlen(hex) : 0;

    if (len == 0 || len % 2) {
        return NULL;
    }
    *negative = strchr("89abcdef", *hex) != NULL;
    if (!*negative) {
        return hex;
    }
    for (size_t i = 0; i < len; i++) {
        hex[i] = complement[hex[i] >= 'a' ? hex[i] - 'a' + 10 : hex[i] - '0'];
    }
    while (hex[--len] == 'f') { /* adds 1; the first digit is 7 or less */
        hex[len] = '0';
    }
    hex[len] = hex[len] == '9' ? 'a' : (char)(hex[len] + 1);
    return hex;
}

apr_status_t cc_operand_serial(cc_value_t *value, const char *text, int variant, apr_pool_t *p,
                               cc_error_t *err)
{
    bool decimal = strncasecmp(text, DECIMAL, strlen(DECIMAL)) == 0;
    bool encoded = strncasecmp(text, ENCODED, strlen(ENCODED)) == 0;
    const char *digits = text + (decimal ? strlen(DECIMAL) : encoded ? strlen(ENCODED) : 0);
    bool negative = !encoded && *digits == '-';
    const char *hex;

    (void)variant;
    digits += negative;
    hex = decimal   ? decimal_hex(digits, p)
          : encoded ? encoded_hex(digits, &negative, p)
                    : cc_hex_read(digits, p);
    if (!hex || !*hex) {
        return not_a_serial(
            text, strncasecmp(text, "0x", 2) == 0 ? "; hex is written without 0x" : "", p, err);
    }
    *value = cc_value_words(serial_text(hex, negative, p), p);
    return APR_SUCCESS;
}
