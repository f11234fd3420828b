/* SPDX-License-Identifier: Apache-2.0 */
/* Makes CAs of many kinds, ordinary and odd, for the unit tests. */
#include "oddcas.h"

#include <stdbool.h>

#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include "suite.h"

enum { DAY = 24 * 60 * 60 };

pki_t cas[CAS];

static pki_extensions_t has_key_ids = {"basicConstraints",
                                       "critical,CA:TRUE",
                                       "keyUsage",
                                       "critical,keyCertSign,cRLSign",
                                       "subjectKeyIdentifier",
                                       "hash",
                                       "authorityKeyIdentifier",
                                       "keyid",
                                       NULL};
static pki_extensions_t has_no_key_id = {"basicConstraints", "critical,CA:TRUE", NULL};
static pki_extensions_t is_constrained = {"basicConstraints",
                                          "critical,CA:TRUE",
                                          "nameConstraints",
                                          "permitted;DNS:a.test",
                                          "subjectKeyIdentifier",
                                          "hash",
                                          NULL};
static pki_extensions_t is_forbidding = {"basicConstraints",
                                         "critical,CA:TRUE",
                                         "nameConstraints",
                                         "excluded;DNS:a.test",
                                         "subjectKeyIdentifier",
                                         "hash",
                                         NULL};
static pki_extensions_t has_pathlen = {"basicConstraints", "critical,CA:TRUE,pathlen:0",
                                       "subjectKeyIdentifier", "hash", NULL};
static pki_extensions_t is_for_servers = {"basicConstraints",
                                          "critical,CA:TRUE",
                                          "extendedKeyUsage",
                                          "serverAuth",
                                          "subjectKeyIdentifier",
                                          "hash",
                                          NULL};
static pki_extensions_t has_usage_only = {"keyUsage", "keyCertSign", "subjectKeyIdentifier", "hash",
                                          NULL};
static pki_extensions_t has_none = {NULL};

static EVP_PKEY *shared(const pki_t *of)
{
    EVP_PKEY_up_ref(of->key);
    return of->key;
}

/* A CA with the key and the name of another. */
static pki_t again(const char *cn, const pki_t *of, const pki_t *issuer, long begin, long end)
{
    pki_t made = pki_make_with(cn, issuer ? issuer : of, has_key_ids, NULL, shared(of));

    X509_gmtime_adj(X509_getm_notBefore(made.cert), begin);
    X509_gmtime_adj(X509_getm_notAfter(made.cert), end);
    X509_sign(made.cert, issuer ? issuer->key : of->key, EVP_sha256());
    return made;
}

pki_t odd_signed(pki_t made, const pki_t *signer, const EVP_MD *md)
{
    X509_sign(made.cert, signer->key, md);
    return made;
}

static pki_t version1(const char *cn)
{
    pki_t made = pki_make_with(cn, NULL, has_none, NULL, NULL);

    X509_set_version(made.cert, X509_VERSION_1);
    return odd_signed(made, &made, EVP_sha256());
}

static EVP_PKEY *pss(void)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_id(EVP_PKEY_RSA_PSS, NULL);
    EVP_PKEY *key = NULL;

    ck_assert(EVP_PKEY_keygen_init(ctx) > 0 && EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, 2048) > 0);
    ck_assert(EVP_PKEY_keygen(ctx, &key) > 0);
    EVP_PKEY_CTX_free(ctx);
    return key;
}

static void odd_cas_make(void)
{
    cas[CONSTRAINED] = pki_make_with("Constrained", NULL, is_constrained, NULL, NULL);
    cas[FORBIDDING] = pki_make_with("Forbidding", NULL, is_forbidding, NULL, NULL);
    cas[PATHLEN] = pki_make_with("Pathlen", NULL, has_pathlen, NULL, NULL);
    cas[BELOW_PATHLEN] = pki_ca("Below Pathlen", &cas[PATHLEN]);
    cas[V1] = version1("V1");
    cas[SERVERS] = pki_make_with("Servers", &cas[R], is_for_servers, NULL, NULL);
    cas[WEAK] = pki_make_with("Weak", NULL, pki_is_ca, NULL, EVP_RSA_gen(1024));
    cas[PSS] = pki_make_with("PSS", NULL, pki_is_ca, NULL, pss());
    cas[ED] = pki_make_with("Ed", NULL, pki_is_ca, NULL, EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"));
    cas[SHA1_BY_R] = odd_signed(pki_ca("SHA-1", &cas[R]), &cas[R], EVP_sha1());
    cas[NO_BASIC] = pki_make_with("Usage", &cas[R], has_usage_only, NULL, NULL);
}

/* The same certificate with a trust setting: trusted or rejected for a purpose. */
static pki_t limited(ca_t of, int nid, bool rejects)
{
    pki_t made = {X509_dup(cas[of].cert), shared(&cas[of])};

    ck_assert(rejects ? X509_add1_reject_object(made.cert, OBJ_nid2obj(nid))
                      : X509_add1_trust_object(made.cert, OBJ_nid2obj(nid)));
    return made;
}

static void limited_make(void)
{
    cas[R_REJECTED] = limited(R, NID_client_auth, true);
    cas[R_FOR_MAIL] = limited(R, NID_email_protect, false);
    cas[I_TRUSTED] = limited(I, NID_client_auth, false);
    cas[R_TRUSTED] = limited(R, NID_client_auth, false);
}

void cas_make(void)
{
    cas[R] = pki_ca("R", NULL);
    cas[I] = pki_ca("I", &cas[R]);
    cas[J] = pki_ca("J", &cas[I]);
    cas[S] = pki_ca("S", NULL);
    cas[X] = pki_make_with("X", NULL, has_key_ids, NULL, NULL);
    cas[X_BY_R] = again("X", &cas[X], &cas[R], -60, DAY);
    cas[X_BY_S] = again("X", &cas[X], &cas[S], -60, 2 * DAY);
    cas[N1] = pki_make_with("N", NULL, has_key_ids, NULL, NULL);
    cas[N2] = pki_make_with("N", NULL, has_key_ids, NULL, NULL);
    cas[O1] = pki_make_with("O", NULL, has_no_key_id, NULL, NULL);
    cas[O2] = pki_make_with("O", NULL, has_no_key_id, NULL, NULL);
    cas[RENEWED] = pki_ca("E", NULL);
    cas[EXPIRED] = again("E", &cas[RENEWED], NULL, -DAY, -60);
    cas[FUTURE] = again("E", &cas[RENEWED], NULL, DAY, 2 * DAY);
    odd_cas_make();
    limited_make();
}
