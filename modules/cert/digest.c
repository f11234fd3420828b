/* SPDX-License-Identifier: Apache-2.0 */
/* Makes digests of the octets of values. */
#include <openssl/err.h>
#include <openssl/evp.h>

#include "cert/internal.h"

static const EVP_MD *digest_of(int bits)
{
    return bits == 256 ? EVP_sha256() : bits == 384 ? EVP_sha384() : EVP_sha512();
}

/* OpenSSL's error queue is not changed: mod_ssl reads its own errors from it. */
cc_value_t cc_value_digest(const unsigned char *octets, apr_size_t len, int bits, apr_pool_t *p)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned digest_len = 0;
    bool done;

    ERR_set_mark();
    done = EVP_Digest(octets, len, digest, &digest_len, digest_of(bits), NULL) == 1;
    ERR_pop_to_mark();
    return done ? cc_value_octets(digest, digest_len, p)
                : cc_value_unusable("OpenSSL cannot compute its digest", NULL, 0, p);
}
