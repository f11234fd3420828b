/* SPDX-License-Identifier: Apache-2.0 */
/* Limits the work that a PKCS#12 file demands before it can be read. */

/*
 * The file itself sets the number of hash rounds for each of its keys: for its MAC, for each
 * encrypted part, and for each private key, which may be inside an encrypted part. A file of a few
 * octets may demand 2^31 rounds, or have many parts with fewer rounds each. So all rounds outside
 * of encrypted parts are added up first. Once a password opens those parts, their rounds are added
 * before any of their keys is derived. For scrypt, whose time grows with N * r * p, that product
 * counts, since one unit of it takes about as long as one round of PBKDF2. A count that is negative
 * or does not fit in 64 bits exceeds any limit.
 */
#include <string.h>

#include <apr_strings.h>

#include <openssl/objects.h>
#include <openssl/pkcs12.h>

#include "cert/internal.h"

/* Firefox uses 600,000 for each of three keys, the highest count known in practice. */
#define ROUNDS_MAX 5000000

/* Octets of the shortest hash: each pass over all rounds gives at least this much of a key. */
#define HASH_MIN 20

/* ---- saturating arithmetic ------------------------------------------------------------------- */

static apr_uint64_t number_of(const ASN1_INTEGER *integer)
{
    apr_uint64_t number = 1;

    if (!integer) {
        return 1;
    }
    return ASN1_INTEGER_get_uint64(&number, integer) ? number : APR_UINT64_MAX;
}

static apr_uint64_t sum_of(apr_uint64_t a, apr_uint64_t b)
{
    return a > APR_UINT64_MAX - b ? APR_UINT64_MAX : a + b;
}

static apr_uint64_t product_of(apr_uint64_t a, apr_uint64_t b)
{
    return b && a > APR_UINT64_MAX / b ? APR_UINT64_MAX : a * b;
}

/* ---- the cost of one algorithm --------------------------------------------------------------- */

/* The parameters, decoded as that type and owned by the caller; NULL: they are of another type. */
static void *parameters_of(const X509_ALGOR *algorithm, const ASN1_ITEM *type)
{
    const void *value = NULL;
    int kind = V_ASN1_UNDEF;

    X509_ALGOR_get0(NULL, &kind, &value, algorithm);
    return kind == V_ASN1_SEQUENCE ? ASN1_item_unpack(value, type) : NULL;
}

static int nid_of(const X509_ALGOR *algorithm)
{
    const ASN1_OBJECT *object = NULL;

    X509_ALGOR_get0(&object, NULL, NULL, algorithm);
    return OBJ_obj2nid(object);
}

static apr_uint64_t pbkdf2_rounds(const X509_ALGOR *algorithm)
{
    PBKDF2PARAM *kdf = parameters_of(algorithm, ASN1_ITEM_rptr(PBKDF2PARAM));
    apr_uint64_t octets = kdf ? number_of(kdf->keylength) : 0;
    apr_uint64_t rounds = kdf ? number_of(kdf->iter) : 0;

    PBKDF2PARAM_free(kdf);
    return product_of(rounds, octets / HASH_MIN + 1);
}

static apr_uint64_t scrypt_rounds(const X509_ALGOR *algorithm)
{
    SCRYPT_PARAMS *kdf = parameters_of(algorithm, ASN1_ITEM_rptr(SCRYPT_PARAMS));
    apr_uint64_t rounds = 0;

    if (kdf) {
        rounds = product_of(number_of(kdf->costParameter), number_of(kdf->blockSize));
        rounds = product_of(rounds, number_of(kdf->parallelizationParameter));
    }
    SCRYPT_PARAMS_free(kdf);
    return rounds;
}

/*
 * PBES2 and PBMAC1 both name a key derivation function, and the algorithm that uses the key (RFC
 * 8018 A.4, A.5).
 */
static apr_uint64_t named_rounds(const X509_ALGOR *algorithm)
{
    PBE2PARAM *named = parameters_of(algorithm, ASN1_ITEM_rptr(PBE2PARAM));
    apr_uint64_t rounds = 0;

    if (named && nid_of(named->keyfunc) == NID_id_pbkdf2) {
        rounds = pbkdf2_rounds(named->keyfunc);
    } else if (named && nid_of(named->keyfunc) == NID_id_scrypt) {
        rounds = scrypt_rounds(named->keyfunc);
    }
    PBE2PARAM_free(named);
    return rounds;
}

/* OpenSSL cannot derive keys for any other algorithm. */
static apr_uint64_t rounds_of(const X509_ALGOR *algorithm)
{
    PBEPARAM *pbe;
    apr_uint64_t rounds;

    if (nid_of(algorithm) == NID_pbes2 || nid_of(algorithm) == NID_pbmac1) {
        return named_rounds(algorithm);
    }
    pbe = parameters_of(algorithm, ASN1_ITEM_rptr(PBEPARAM));
    rounds = pbe ? number_of(pbe->iter) : 0;
    PBEPARAM_free(pbe);
    return rounds;
}

/* ---- the cost of a file ---------------------------------------------------------------------- */

static apr_uint64_t mac_rounds(const PKCS12 *p12)
{
    const X509_ALGOR *algorithm = NULL;
    const ASN1_INTEGER *rounds = NULL;

    PKCS12_get0_mac(NULL, &algorithm, NULL, &rounds, p12);
    if (!algorithm) {
        return 0;
    }
    return sum_of(number_of(rounds), rounds_of(algorithm));
}

/* Bags nest as deep as OpenSSL's decoder allows, which is a few levels. */
static apr_uint64_t bags_rounds(const STACK_OF(PKCS12_SAFEBAG) * bags)
{
    apr_uint64_t rounds = 0;

    for (int i = 0; i < sk_PKCS12_SAFEBAG_num(bags); i++) {
        const PKCS12_SAFEBAG *bag = sk_PKCS12_SAFEBAG_value(bags, i);
        const X509_ALGOR *algorithm = NULL;

        if (PKCS12_SAFEBAG_get_nid(bag) == NID_pkcs8ShroudedKeyBag) {
            X509_SIG_get0(PKCS12_SAFEBAG_get0_pkcs8(bag), &algorithm, NULL);
            rounds = sum_of(rounds, rounds_of(algorithm));
        } else if (PKCS12_SAFEBAG_get_nid(bag) == NID_safeContentsBag) {
            rounds = sum_of(rounds, bags_rounds(PKCS12_SAFEBAG_get0_safes(bag)));
        }
    }
    return rounds;
}

/*
 * The rounds of one part. `inside`: of the contents of an encrypted part, which the password opens;
 * otherwise of all that is visible without a password.
 */
static apr_uint64_t part_rounds(PKCS7 *part, const char *password, bool inside)
{
    bool encrypted = PKCS7_type_is_encrypted(part);
    STACK_OF(PKCS12_SAFEBAG) *bags = NULL;
    apr_uint64_t rounds = 0;

    if (!part->d.ptr) { /* of either type, and empty */
        return 0;
    }
    if (encrypted && !inside) {
        return rounds_of(part->d.encrypted->enc_data->algorithm);
    }
    if (encrypted) {
        bags = PKCS12_unpack_p7encdata(part, password, password ? (int)strlen(password) : 0);
    } else if (PKCS7_type_is_data(part) && !inside) {
        bags = PKCS12_unpack_p7data(part);
    }
    rounds = bags_rounds(bags);
    sk_PKCS12_SAFEBAG_pop_free(bags, PKCS12_SAFEBAG_free);
    return rounds;
}

static apr_uint64_t parts_rounds(const PKCS12 *p12, const char *password, bool inside)
{
    STACK_OF(PKCS7) *parts = PKCS12_unpack_authsafes(p12);
    apr_uint64_t rounds = 0;

    for (int i = 0; i < sk_PKCS7_num(parts); i++) {
        rounds = sum_of(rounds, part_rounds(sk_PKCS7_value(parts, i), password, inside));
    }
    sk_PKCS7_pop_free(parts, PKCS7_free);
    return rounds;
}

static const char *excess_text(apr_uint64_t rounds, apr_pool_t *p)
{
    if (rounds <= ROUNDS_MAX) {
        return NULL;
    }
    return apr_psprintf(p,
                        "the keys of this PKCS#12 file take %s%" APR_UINT64_T_FMT
                        " iterations, and the limit is %d; export it again with fewer",
                        rounds == APR_UINT64_MAX ? "at least " : "", rounds, ROUNDS_MAX);
}

const char *cc_pkcs12_excess(const PKCS12 *p12, apr_pool_t *p)
{
    return excess_text(sum_of(mac_rounds(p12), parts_rounds(p12, NULL, false)), p);
}

const char *cc_pkcs12_excess_inside(const PKCS12 *p12, const char *password, apr_pool_t *p)
{
    apr_uint64_t open = sum_of(mac_rounds(p12), parts_rounds(p12, NULL, false));

    return excess_text(sum_of(open, parts_rounds(p12, password, true)), p);
}
