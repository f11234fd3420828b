/* SPDX-License-Identifier: Apache-2.0 */
/* Converts serial numbers between decimal and hex. */

#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "rules/internal.h"

#define DIGITS_MAX 64 /* of a number; a serial number has at most 40 in hex (RFC 5280 4.1.2.2) */

/* The digits of a number in base `from`, without leading zeros, in base `to`; NULL: too many. */
static const char *converted(const char *number, unsigned from, unsigned to, apr_pool_t *p)
{
    char digits[2 * DIGITS_MAX]; /* enough for hex in decimal */
    const char *first;

    if (strlen(number) > DIGITS_MAX) {
        return NULL;
    }
    memset(digits, 0, sizeof(digits));
    for (; *number; number++) {
        unsigned carry =
            (unsigned)(apr_isdigit(*number) ? *number - '0' : apr_tolower(*number) - 'a' + 10);

        for (apr_size_t i = sizeof(digits); i-- > 0;) {
            carry += (unsigned)digits[i] * from;
            digits[i] = (char)(carry % to);
            carry /= to;
        }
    }
    for (apr_size_t i = 0; i < sizeof(digits); i++) {
        digits[i] = "0123456789abcdef"[(unsigned char)digits[i]];
    }
    for (first = digits; first < digits + sizeof(digits) && *first == '0'; first++) {
    }
    return apr_pstrmemdup(p, first, (apr_size_t)(digits + sizeof(digits) - first));
}

const char *cc_decimal_to_hex(const char *decimal, apr_pool_t *p)
{
    bool legal = *decimal && decimal[strspn(decimal, "0123456789")] == '\0';

    return legal ? converted(decimal, 10, 16, p) : NULL;
}

const char *cc_decimal_of_hex(const char *hex, apr_pool_t *p)
{
    bool legal = *hex && hex[strspn(hex, "0123456789abcdefABCDEF")] == '\0';

    return legal ? converted(hex, 16, 10, p) : NULL;
}
