/* SPDX-License-Identifier: Apache-2.0 */
/* Lists the algorithms of FIPS 203, 204 and 205, which older versions of OpenSSL lack. */
#include <string.h>

#include "cert/internal.h"

/*
 * A rule must mean the same on every system, but OpenSSL before 3.5 has no names for these
 * algorithms and cannot decode their keys. So names and sizes are taken from here even if OpenSSL
 * has them. Both are those of OpenSSL 3.5, where the size of a key is the length of the public key
 * in bits, except for ML-KEM: there it is the number in the name.
 */
#define OF "2.16.840.1.101.3.4."

static const cc_algorithm_t algorithms[] = {
    {OF "3.17", "ML-DSA-44", "id-ml-dsa-44", 1312, 10496},
    {OF "3.18", "ML-DSA-65", "id-ml-dsa-65", 1952, 15616},
    {OF "3.19", "ML-DSA-87", "id-ml-dsa-87", 2592, 20736},
    {OF "3.20", "SLH-DSA-SHA2-128s", "id-slh-dsa-sha2-128s", 32, 256},
    {OF "3.21", "SLH-DSA-SHA2-128f", "id-slh-dsa-sha2-128f", 32, 256},
    {OF "3.22", "SLH-DSA-SHA2-192s", "id-slh-dsa-sha2-192s", 48, 384},
    {OF "3.23", "SLH-DSA-SHA2-192f", "id-slh-dsa-sha2-192f", 48, 384},
    {OF "3.24", "SLH-DSA-SHA2-256s", "id-slh-dsa-sha2-256s", 64, 512},
    {OF "3.25", "SLH-DSA-SHA2-256f", "id-slh-dsa-sha2-256f", 64, 512},
    {OF "3.26", "SLH-DSA-SHAKE-128s", "id-slh-dsa-shake-128s", 32, 256},
    {OF "3.27", "SLH-DSA-SHAKE-128f", "id-slh-dsa-shake-128f", 32, 256},
    {OF "3.28", "SLH-DSA-SHAKE-192s", "id-slh-dsa-shake-192s", 48, 384},
    {OF "3.29", "SLH-DSA-SHAKE-192f", "id-slh-dsa-shake-192f", 48, 384},
    {OF "3.30", "SLH-DSA-SHAKE-256s", "id-slh-dsa-shake-256s", 64, 512},
    {OF "3.31", "SLH-DSA-SHAKE-256f", "id-slh-dsa-shake-256f", 64, 512},
    {OF "4.1", "ML-KEM-512", "id-alg-ml-kem-512", 800, 512},
    {OF "4.2", "ML-KEM-768", "id-alg-ml-kem-768", 1184, 768},
    {OF "4.3", "ML-KEM-1024", "id-alg-ml-kem-1024", 1568, 1024},
    /* For signatures only. */
    {OF "3.32", "HASH-ML-DSA-44-WITH-SHA512", "id-hash-ml-dsa-44-with-sha512", 0, 0},
    {OF "3.33", "HASH-ML-DSA-65-WITH-SHA512", "id-hash-ml-dsa-65-with-sha512", 0, 0},
    {OF "3.34", "HASH-ML-DSA-87-WITH-SHA512", "id-hash-ml-dsa-87-with-sha512", 0, 0},
    {OF "3.35", "SLH-DSA-SHA2-128s-WITH-SHA256", "id-hash-slh-dsa-sha2-128s-with-sha256", 0, 0},
    {OF "3.36", "SLH-DSA-SHA2-128f-WITH-SHA256", "id-hash-slh-dsa-sha2-128f-with-sha256", 0, 0},
    {OF "3.37", "SLH-DSA-SHA2-192s-WITH-SHA512", "id-hash-slh-dsa-sha2-192s-with-sha512", 0, 0},
    {OF "3.38", "SLH-DSA-SHA2-192f-WITH-SHA512", "id-hash-slh-dsa-sha2-192f-with-sha512", 0, 0},
    {OF "3.39", "SLH-DSA-SHA2-256s-WITH-SHA512", "id-hash-slh-dsa-sha2-256s-with-sha512", 0, 0},
    {OF "3.40", "SLH-DSA-SHA2-256f-WITH-SHA512", "id-hash-slh-dsa-sha2-256f-with-sha512", 0, 0},
    {OF "3.41", "SLH-DSA-SHAKE-128s-WITH-SHAKE128", "id-hash-slh-dsa-shake-128s-with-shake128", 0,
     0},
    {OF "3.42", "SLH-DSA-SHAKE-128f-WITH-SHAKE128", "id-hash-slh-dsa-shake-128f-with-shake128", 0,
     0},
    {OF "3.43", "SLH-DSA-SHAKE-192s-WITH-SHAKE256", "id-hash-slh-dsa-shake-192s-with-shake256", 0,
     0},
    {OF "3.44", "SLH-DSA-SHAKE-192f-WITH-SHAKE256", "id-hash-slh-dsa-shake-192f-with-shake256", 0,
     0},
    {OF "3.45", "SLH-DSA-SHAKE-256s-WITH-SHAKE256", "id-hash-slh-dsa-shake-256s-with-shake256", 0,
     0},
    {OF "3.46", "SLH-DSA-SHAKE-256f-WITH-SHAKE256", "id-hash-slh-dsa-shake-256f-with-shake256", 0,
     0},
};

const cc_algorithm_t *cc_algorithm_at(int i)
{
    return i < (int)(sizeof(algorithms) / sizeof(algorithms[0])) ? &algorithms[i] : NULL;
}

const cc_algorithm_t *cc_algorithm_find(const char *dotted)
{
    const cc_algorithm_t *each = NULL;

    if (strncmp(dotted, OF, sizeof(OF) - 1) != 0) {
        return NULL;
    }
    for (int i = 0; (each = cc_algorithm_at(i)) && strcmp(each->oid, dotted) != 0; i++) {
        continue;
    }
    return each;
}

const cc_algorithm_t *cc_algorithm_named(const char *name)
{
    const cc_algorithm_t *each = NULL;

    for (int i = 0; (each = cc_algorithm_at(i)); i++) {
        if (strcmp(each->name, name) == 0 || strcmp(each->other_name, name) == 0) {
            return each;
        }
    }
    return NULL;
}
