/* SPDX-License-Identifier: Apache-2.0 */
/* Folds keys, so that keys that count as equal have equal octets. */
#include <string.h>

#include "cert/cert.h"
#include "tables/internal.h"

/* A digit is its value plus IS_DIGIT; characters allowed between digits are SKIP; others are 0. */
#define IS_DIGIT 0x100
#define SKIP 0x400

#define DIGIT(high, c, value) [c] = IS_DIGIT | (value) << (high)
#define DIGITS(high)                                                                               \
    DIGIT(high, '0', 0), DIGIT(high, '1', 1), DIGIT(high, '2', 2), DIGIT(high, '3', 3),            \
        DIGIT(high, '4', 4), DIGIT(high, '5', 5), DIGIT(high, '6', 6), DIGIT(high, '7', 7),        \
        DIGIT(high, '8', 8), DIGIT(high, '9', 9), DIGIT(high, 'a', 10), DIGIT(high, 'b', 11),      \
        DIGIT(high, 'c', 12), DIGIT(high, 'd', 13), DIGIT(high, 'e', 14), DIGIT(high, 'f', 15),    \
        DIGIT(high, 'A', 10), DIGIT(high, 'B', 11), DIGIT(high, 'C', 12), DIGIT(high, 'D', 13),    \
        DIGIT(high, 'E', 14), DIGIT(high, 'F', 15)

static const apr_uint16_t high_digit[256] = {DIGITS(4)};
static const apr_uint16_t low_digit[256] = {DIGITS(0), [':'] = SKIP, [' '] = SKIP};

/* The sum of two digits is their octet plus this bit, which other characters do not set. */
#define TWO_DIGITS (2 * IS_DIGIT)

static inline unsigned octet_of(const unsigned char *hex)
{
    return (unsigned)high_digit[hex[0]] + low_digit[hex[1]];
}

apr_size_t cc_key_start(unsigned char *to, const char *hex, apr_size_t len)
{
    const unsigned char *in = (const unsigned char *)hex;
    const unsigned char *end = in + len / 4 * 4;
    unsigned char *start = to;

    for (; in < end; in += 4) {
        unsigned first = octet_of(in);
        unsigned second = octet_of(in + 2);
        if (!(first & second & TWO_DIGITS)) {
            break;
        }
        *to++ = (unsigned char)first;
        *to++ = (unsigned char)second;
    }
    return (apr_size_t)(to - start);
}

apr_ssize_t cc_key_octets(unsigned char *to, const char *hex, apr_size_t len)
{
    apr_size_t digits = 2 * cc_key_start(to, hex, len); /* most keys are nothing but digits */

    for (apr_size_t i = digits; i < len; i++) {
        unsigned class = low_digit[(unsigned char)hex[i]];

        if (class & IS_DIGIT) {
            unsigned char half = (unsigned char)(class & 15);
            to[digits / 2] =
                digits % 2 ? (unsigned char)(to[digits / 2] | half) : (unsigned char)(half << 4);
            digits++;
        } else if (!(class & SKIP)) {
            return -1;
        }
    }
    return digits % 2 ? -1 : (apr_ssize_t)(digits / 2);
}

void cc_key_lower(char *to, const char *text, apr_size_t len)
{
    for (apr_size_t i = 0; i < len; i++) {
        to[i] = text[i] >= 'A' && text[i] <= 'Z' ? (char)(text[i] | 0x20) : text[i];
    }
}

/* The octets of a key, for the back end in the form that it takes. */
static bool octets_fold(cc_key_t *key, const cc_query_t *query, const cc_table_t *table,
                        char *small, apr_pool_t *p)
{
    bool is_hex = query->form == CC_KEY_HEX;
    apr_size_t room = is_hex ? query->len / 2 : query->len;
    unsigned char *octets = room <= CC_KEY_SMALL ? (unsigned char *)small : apr_palloc(p, room);
    apr_ssize_t len = is_hex ? cc_key_octets(octets, query->key, query->len)
                             : cc_key_decode(octets, query->key, query->len, table->spec.octets);

    if (len <= 0) {
        return false;
    }
    *key = (cc_key_t){(const char *)octets, (apr_size_t)len};
    if (!table->source.backend->bytes) {
        *key = cc_key_encode(key, table->spec.octets, p);
    }
    return true;
}

/* The same for most keys, nothing but hex digits of a digest; false: it is another key. */
static inline bool digits_fold(cc_key_t *key, const cc_query_t *query, const cc_table_t *table,
                               char *small)
{
    if (query->form != CC_KEY_HEX || query->len > 2 * CC_KEY_SMALL ||
        !table->source.backend->bytes) {
        return false;
    }
    key->at = small;
    key->len = cc_key_start((unsigned char *)small, query->key, query->len);
    return 2 * key->len == query->len;
}

/* A name that is written as in a grid-mapfile. */
static bool name_fold(cc_key_t *key, const cc_query_t *query, apr_pool_t *p)
{
    cc_value_t name;

    if (query->form == CC_KEY_NAME) {
        return true;
    }
    if (cc_name_slashes_read(&name, query->key, query->len, p) != NULL) {
        return false;
    }
    *key = (cc_key_t){name.key, name.key_len};
    return true;
}

bool cc_key_fold(cc_key_t *key, const cc_query_t *query, const cc_table_t *table, char *small,
                 apr_pool_t *p)
{
    const cc_table_spec_t *spec = &table->spec;
    char *folded = NULL;

    if (query->len == 0) {
        return false;
    }
    if (spec->octets) {
        return digits_fold(key, query, table, small) || octets_fold(key, query, table, small, p);
    }
    *key = (cc_key_t){query->key, query->len};
    if (spec->gridmap) {
        return name_fold(key, query, p);
    }
    if (memchr(key->at, '\0', key->len)) {
        return false;
    }
    if (!spec->nocase) {
        return true;
    }
    folded = key->len <= CC_KEY_SMALL ? small : apr_palloc(p, key->len);
    cc_key_lower(folded, key->at, key->len);
    key->at = folded;
    return true;
}
