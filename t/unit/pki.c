/* SPDX-License-Identifier: Apache-2.0 */
/* Makes keys, certificates and CRLs in memory, for the unit tests. */
#include "pki.h"

#include <stdbool.h>
#include <stdlib.h>

#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

enum { DAY = 24 * 60 * 60 };

pki_extensions_t pki_is_ca = {"basicConstraints", "critical,CA:TRUE", "keyUsage",
                              "critical,keyCertSign,cRLSign", "subjectKeyIdentifier", "hash", NULL};
pki_extensions_t pki_is_client = {"basicConstraints", "critical,CA:FALSE", "extendedKeyUsage",
                                  "clientAuth", NULL};
pki_extensions_t pki_is_server = {"basicConstraints", "critical,CA:FALSE", "extendedKeyUsage",
                                  "serverAuth", NULL};

/* A certificate that cannot be made is a mistake in the test. */
static void must(int done)
{
    if (!done) {
        abort();
}
}

CONF *pki_conf(const char *sections)
{
    CONF *conf = NCONF_new(NULL);
    BIO *bio = BIO_new_mem_buf(sections, -1);

    must(conf != NULL && bio != NULL && NCONF_load_bio(conf, bio, NULL) > 0);
    BIO_free(bio);
    return conf;
}

static void extend(X509 *cert, X509 *issuer, pki_extensions_t extensions, const char *sections)
{
    CONF *conf = pki_conf(sections ? sections : "");
    X509V3_CTX ctx;

    X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
    X509V3_set_nconf(&ctx, conf);
    for (int i = 0; extensions[i] != NULL; i += 2) {
        X509_EXTENSION *extension =
            X509V3_EXT_nconf(conf, &ctx, extensions[i], extensions[i + 1]);

        must(extension != NULL && X509_add_ext(cert, extension, -1));
        X509_EXTENSION_free(extension);
    }
    NCONF_free(conf);
}

static void number(X509 *cert)
{
    unsigned char octets[8];
    BIGNUM *serial;

    must(RAND_bytes(octets, sizeof octets) == 1);
    serial = BN_bin2bn(octets, sizeof octets, NULL);
    must(serial != NULL && BN_to_ASN1_INTEGER(serial, X509_get_serialNumber(cert)) != NULL);
    BN_free(serial);
}

/* The whole certificate except the extensions and the signature. */
static pki_t begin_with(const char *cn, const pki_t *issuer, EVP_PKEY *key, long begin, long end)
{
    pki_t made = {X509_new(), key ? key : EVP_EC_gen("P-256")};
    const pki_t *signer = issuer ? issuer : &made;
    X509_NAME *name = X509_get_subject_name(made.cert);

    must(made.cert != NULL && made.key != NULL && X509_set_version(made.cert, X509_VERSION_3));
    number(made.cert);
    must(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)cn, -1, -1,
                                    0));
    must(X509_set_issuer_name(made.cert, X509_get_subject_name(signer->cert)));
    must(X509_gmtime_adj(X509_getm_notBefore(made.cert), begin) != NULL);
    must(X509_gmtime_adj(X509_getm_notAfter(made.cert), end) != NULL);
    must(X509_set_pubkey(made.cert, made.key));
    return made;
}

/* Ed25519 has a digest of its own. */
static void finish_with(const pki_t *made, const pki_t *issuer, pki_extensions_t extensions,
                        const char *sections)
{
    const pki_t *signer = issuer ? issuer : made;
    bool own_digest = EVP_PKEY_is_a(signer->key, "ED25519");

    extend(made->cert, signer->cert, extensions, sections);
    must(X509_sign(made->cert, signer->key, own_digest ? NULL : EVP_sha256()));
}

pki_t pki_make(const char *cn, const pki_t *issuer, pki_extensions_t extensions, long begin,
               long end)
{
    pki_t made = begin_with(cn, issuer, NULL, begin, end);

    finish_with(&made, issuer, extensions, NULL);
    return made;
}

pki_t pki_make_with(const char *cn, const pki_t *issuer, pki_extensions_t extensions,
                    const char *sections, EVP_PKEY *key)
{
    pki_t made = begin_with(cn, issuer, key, -60, DAY);

    finish_with(&made, issuer, extensions, sections);
    return made;
}

pki_t pki_ca(const char *cn, const pki_t *issuer)
{
    return pki_make(cn, issuer, pki_is_ca, -60, DAY);
}

pki_t pki_client(const char *cn, const pki_t *issuer)
{
    return pki_make(cn, issuer, pki_is_client, -60, DAY);
}

void pki_free(pki_t *pki)
{
    X509_free(pki->cert);
    EVP_PKEY_free(pki->key);
}

/* The CRL names the key that signed it, so that a CA may have several. */
static void identify(X509_CRL *crl, X509 *issuer)
{
    X509_EXTENSION *extension;
    X509V3_CTX ctx;

    X509V3_set_ctx(&ctx, issuer, NULL, NULL, crl, 0);
    extension = X509V3_EXT_conf(NULL, &ctx, "authorityKeyIdentifier", "keyid:always");
    must(extension != NULL && X509_CRL_add_ext(crl, extension, -1));
    X509_EXTENSION_free(extension);
}

static void revoke(X509_CRL *crl, X509 *cert, ASN1_TIME *now)
{
    X509_REVOKED *entry = X509_REVOKED_new();

    must(entry != NULL && X509_REVOKED_set_serialNumber(entry, X509_get_serialNumber(cert)));
    must(X509_REVOKED_set_revocationDate(entry, now) && X509_CRL_add0_revoked(crl, entry));
}

X509_CRL *pki_crl(const pki_t *ca, X509 *revoked)
{
    X509_CRL *crl = X509_CRL_new(), *parsed;
    ASN1_TIME *begin = X509_gmtime_adj(NULL, -60);
    ASN1_TIME *end = X509_gmtime_adj(NULL, DAY);

    must(crl != NULL && X509_CRL_set_version(crl, X509_CRL_VERSION_2));
    must(X509_CRL_set_issuer_name(crl, X509_get_subject_name(ca->cert)));
    must(X509_CRL_set1_lastUpdate(crl, begin) && X509_CRL_set1_nextUpdate(crl, end));
    if (revoked != NULL) {
        revoke(crl, revoked, begin);
}
    identify(crl, ca->cert);
    must(X509_CRL_sort(crl) && X509_CRL_sign(crl, ca->key, EVP_sha256()));
    ASN1_TIME_free(begin);
    ASN1_TIME_free(end);
    parsed = X509_CRL_dup(crl); /* OpenSSL reads the extensions of a CRL while it parses */
    X509_CRL_free(crl);
    must(parsed != NULL);
    return parsed;
}
