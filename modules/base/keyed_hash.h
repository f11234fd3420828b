/* SPDX-License-Identifier: Apache-2.0 */
/* Computes a hash with a secret key, so that clients cannot choose octets that collide. */
#ifndef CC_KEYED_HASH_H
#define CC_KEYED_HASH_H

#include <string.h>

#include <apr_general.h>

/*
 * Multilinear hashing (Lemire and Kaser, "Strongly universal string hashing is fast"): the sum of
 * the words of a text, each times a random factor. For any two texts, the odds that they collide
 * are those of two random numbers, no matter who chose the texts, as long as the factors are not
 * known. The upper half of the hash is the better one.
 */

#define CC_HASH_FACTORS 66

/** The factors. Constant once made: any thread may use them. */
typedef struct cc_hash_key_t {
    apr_uint64_t factors[CC_HASH_FACTORS];
} cc_hash_key_t;

/** Random factors, or an error of the system. */
static inline apr_status_t cc_hash_key_make(cc_hash_key_t *key)
{
    return apr_generate_random_bytes((unsigned char *)key->factors, sizeof(key->factors));
}

/** The hash of `len` octets and of their number. */
static inline apr_uint64_t cc_keyed_hash(const cc_hash_key_t *key, const void *octets,
                                         apr_size_t len)
{
    const char *at = octets;
    const char *end = at + len;
    apr_uint64_t hash = len;

    do { /* as many words as there are factors; the hash so far is the first two */
        const apr_uint64_t *factor = key->factors + 2;
        apr_uint32_t word = 0;

        hash = key->factors[0] * (hash >> 32) + key->factors[1] * (apr_uint32_t)hash;
        for (; end - at >= 4 && factor < key->factors + CC_HASH_FACTORS - 1; at += 4) {
            memcpy(&word, at, 4);
            hash += *factor++ * word;
        }
        if (end - at < 4) {
            for (word = 0; at < end; at++) {
                word = word << 8 | (unsigned char)*at;
            }
            hash += *factor * word;
        }
    } while (at < end);
    return hash;
}

#endif
