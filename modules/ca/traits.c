/* SPDX-License-Identifier: Apache-2.0 */
/* Finds what the certificate of a CA is: root or not, and whether its key or signature is weak. */
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/x509v3.h>

#include "ca/ca.h"

#define SOON apr_time_from_sec(30 * 86400)
#define ENOUGH_RSA_BITS 2048
#define ENOUGH_BITS 112 /* of security: NIST SP 800-57, and level 2 of OpenSSL */

static bool has_weak_key(X509 *cert)
{
    EVP_PKEY *key = X509_get0_pubkey(cert);

    if (!key) {
        return false;
    }
    if (EVP_PKEY_is_a(key, "RSA") || EVP_PKEY_is_a(key, "RSA-PSS")) {
        return EVP_PKEY_get_bits(key) < ENOUGH_RSA_BITS;
    }
    return EVP_PKEY_get_security_bits(key) < ENOUGH_BITS;
}

/* A signature without a digest of its own, such as that of Ed25519, is not weak. */
static bool has_weak_digest(X509 *cert)
{
    int digest = NID_undef;

    if (!X509_get_signature_info(cert, &digest, NULL, NULL, NULL)) {
        return false;
    }
    return digest == NID_sha1 || digest == NID_md5 || digest == NID_md4 || digest == NID_md2 ||
           digest == NID_md5_sha1;
}

void cc_ca_traits(cc_ca_traits_t *traits, X509 *cert)
{
    ERR_set_mark();
    traits->root = (X509_get_extension_flags(cert) & EXFLAG_SS) != 0;
    traits->anchor = X509_check_trust(cert, X509_TRUST_SSL_CLIENT, 0) == X509_TRUST_TRUSTED;
    traits->weak_key = has_weak_key(cert);
    traits->weak_signature = !traits->root && has_weak_digest(cert);
    ERR_pop_to_mark();
}

/* A CA of SPIFFE may live for a day only, and be replaced in time. */
bool cc_ca_ends_soon(apr_time_t not_before, apr_time_t not_after, apr_time_t now)
{
    apr_time_t left = not_after - now;

    return now >= not_before && left >= 0 && left < SOON && left < (not_after - not_before) / 3;
}
