/* SPDX-License-Identifier: Apache-2.0 */
/* Makes CRLs for unit tests, opens them and looks certificates up in them. */
#include "crlset.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <apr_strings.h>

#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include "cert/cert.h"
#include "folder.h"

enum { DAY = 24 * 60 * 60 };

static void must(int done)
{
    if (!done) {
        abort();
    }
}

/* ---- CRLs ------------------------------------------------------------------------------ */

static ASN1_INTEGER *integer(const char *decimal)
{
    return s2i_ASN1_INTEGER(NULL, decimal);
}

static void add_number(X509_CRL *crl, int nid, const char *decimal, int critical)
{
    ASN1_INTEGER *number = integer(decimal);

    must(number && X509_CRL_add1_ext_i2d(crl, nid, number, critical, 0));
    ASN1_INTEGER_free(number);
}

static void add_extension(X509_CRL *crl, CONF *conf, X509V3_CTX *ctx, const char *const pair[2])
{
    X509_EXTENSION *extension = X509V3_EXT_nconf(conf, ctx, pair[0], pair[1]);

    must(extension && X509_CRL_add_ext(crl, extension, -1));
    X509_EXTENSION_free(extension);
}

static void add_extensions(X509_CRL *crl, const crl_recipe_t *recipe)
{
    static const char *const key[] = {"authorityKeyIdentifier", "keyid:always"};
    CONF *conf = pki_conf(recipe->sections ? recipe->sections : "");
    X509V3_CTX ctx;

    X509V3_set_ctx(&ctx, recipe->ca->cert, NULL, NULL, crl, 0);
    X509V3_set_nconf(&ctx, conf);
    if (!recipe->no_akid && !recipe->v1) {
        add_extension(crl, conf, &ctx, key);
    }
    if (recipe->number) {
        add_number(crl, NID_crl_number, recipe->number, 0);
    }
    if (recipe->base) {
        add_number(crl, NID_delta_crl, recipe->base, 1);
    }
    for (int i = 0; recipe->extensions[i]; i += 2) {
        add_extension(crl, conf, &ctx, recipe->extensions + i);
    }
    NCONF_free(conf);
}

static void add_reason(X509_REVOKED *entry, int reason)
{
    ASN1_ENUMERATED *value = ASN1_ENUMERATED_new();

    must(value && ASN1_ENUMERATED_set(value, reason) &&
         X509_REVOKED_add1_ext_i2d(entry, NID_crl_reason, value, 0, 0));
    ASN1_ENUMERATED_free(value);
}

static void add_issuer(X509_REVOKED *entry, const pki_t *issuer)
{
    GENERAL_NAMES *names = GENERAL_NAMES_new();
    GENERAL_NAME *name = GENERAL_NAME_new();

    must(names && name);
    GENERAL_NAME_set0_value(name, GEN_DIRNAME, X509_NAME_dup(X509_get_subject_name(issuer->cert)));
    must(sk_GENERAL_NAME_push(names, name) &&
         X509_REVOKED_add1_ext_i2d(entry, NID_certificate_issuer, names, 1, 0));
    GENERAL_NAMES_free(names);
}

static void add_entry(X509_CRL *crl, const crl_entry_t *entry, ASN1_TIME *at)
{
    X509_REVOKED *made = X509_REVOKED_new();

    must(made && X509_REVOKED_set_serialNumber(made, X509_get_serialNumber((X509 *)entry->cert)) &&
         X509_REVOKED_set_revocationDate(made, at));
    if (entry->reason) {
        add_reason(made, entry->reason);
    }
    if (entry->issuer) {
        add_issuer(made, entry->issuer);
    }
    if (entry->name) {
        X509_EXTENSION *extension = X509V3_EXT_conf(NULL, NULL, entry->name, entry->value);

        must(extension && X509_REVOKED_add_ext(made, extension, -1));
        X509_EXTENSION_free(extension);
    }
    must(X509_CRL_add0_revoked(crl, made));
}

static void add_times(X509_CRL *crl, const crl_recipe_t *recipe)
{
    bool usual = recipe->begin == 0 && recipe->end == 0;
    ASN1_TIME *begin = X509_gmtime_adj(NULL, usual ? -60 : recipe->begin);
    ASN1_TIME *end = X509_gmtime_adj(NULL, usual ? DAY : recipe->end);

    must(begin && end && X509_CRL_set1_lastUpdate(crl, begin));
    must(recipe->no_end || X509_CRL_set1_nextUpdate(crl, end));
    ASN1_TIME_free(begin);
    ASN1_TIME_free(end);
}

static void sign(X509_CRL *crl, const crl_recipe_t *recipe)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    EVP_PKEY_CTX *of_key = NULL;
    const EVP_MD *digest = recipe->signing == CRL_MD5          ? EVP_md5()
                           : recipe->signing == CRL_OWN_DIGEST ? NULL
                                                               : EVP_sha256();

    must(ctx && EVP_DigestSignInit(ctx, &of_key, digest, NULL, recipe->ca->key));
    if (recipe->signing == CRL_PSS) {
        must(EVP_PKEY_CTX_set_rsa_padding(of_key, RSA_PKCS1_PSS_PADDING) > 0 &&
             EVP_PKEY_CTX_set_rsa_mgf1_md(of_key, EVP_sha384()) > 0 &&
             EVP_PKEY_CTX_set_rsa_pss_saltlen(of_key, 24) > 0);
    }
    must(X509_CRL_sign_ctx(crl, ctx));
    EVP_MD_CTX_free(ctx);
}

static void set_issuer(X509_CRL *crl, const crl_recipe_t *recipe)
{
    X509_NAME *name = X509_NAME_dup(X509_get_subject_name(recipe->ca->cert));

    if (recipe->issuer) {
        X509_NAME_free(name);
        name = X509_NAME_new();
        must(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                                        (const unsigned char *)recipe->issuer, -1, -1, 0));
    }
    must(X509_CRL_set_issuer_name(crl, name));
    X509_NAME_free(name);
}

X509_CRL *crl_make(const crl_recipe_t *recipe)
{
    X509_CRL *crl = X509_CRL_new();
    ASN1_TIME *at = ASN1_TIME_set(NULL, 1767225600); /* 2026-01-01 */

    must(crl && at && (recipe->v1 || X509_CRL_set_version(crl, X509_CRL_VERSION_2)));
    set_issuer(crl, recipe);
    add_times(crl, recipe);
    for (int i = 0; i < 4 && recipe->entries[i].cert; i++) {
        add_entry(crl, &recipe->entries[i], at);
    }
    add_extensions(crl, recipe);
    sign(crl, recipe);
    ASN1_TIME_free(at);
    return crl;
}

/* ---- files ----------------------------------------------------------------------------- */

void crlset_begin(crlset_t *set)
{
    memset(set, 0, sizeof(*set));
    must(apr_pool_create(&set->pool, NULL) == APR_SUCCESS);
    set->folder = folder_make("crls", set->pool);
    set->ctx = SSL_CTX_new(TLS_server_method());
    must(set->ctx != NULL);
}

void crlset_end(crlset_t *set)
{
    folder_remove(set->folder);
    apr_pool_destroy(set->pool);
    SSL_CTX_free(set->ctx);
}

void crlset_trust(crlset_t *set, const pki_t *ca)
{
    must(X509_STORE_add_cert(SSL_CTX_get_cert_store(set->ctx), ca->cert));
}

const char *crlset_path(crlset_t *set, const char *name)
{
    return apr_pstrcat(set->pool, set->folder, "/", name, NULL);
}

static FILE *file_open(crlset_t *set, const char *name, const char *mode)
{
    FILE *file = fopen(crlset_path(set, name), mode);

    must(file != NULL);
    return file;
}

void crlset_write(crlset_t *set, const char *name, const void *octets, apr_size_t len)
{
    FILE *file = file_open(set, name, "wb");

    must(fwrite(octets, 1, len, file) == len && fclose(file) == 0);
}

static void put(crlset_t *set, const char *name, const crl_recipe_t *recipe, bool der)
{
    FILE *file = file_open(set, ".new", "wb");
    X509_CRL *crl = crl_make(recipe);

    must(der ? i2d_X509_CRL_fp(file, crl) : PEM_write_X509_CRL(file, crl));
    X509_CRL_free(crl);
    must(fclose(file) == 0 && rename(crlset_path(set, ".new"), crlset_path(set, name)) == 0);
}

void crlset_put(crlset_t *set, const char *name, const crl_recipe_t *recipe)
{
    put(set, name, recipe, false);
}

void crlset_put_der(crlset_t *set, const char *name, const crl_recipe_t *recipe)
{
    put(set, name, recipe, true);
}

void crlset_add(crlset_t *set, const char *name, const crl_recipe_t *recipe)
{
    FILE *file = file_open(set, name, "ab");
    X509_CRL *crl = crl_make(recipe);

    must(PEM_write_X509_CRL(file, crl) && fclose(file) == 0);
    X509_CRL_free(crl);
}

void crlset_add_cert(crlset_t *set, const char *name, const pki_t *pki)
{
    FILE *file = file_open(set, name, "ab");

    must(PEM_write_X509(file, pki->cert) && fclose(file) == 0);
}

void *crlset_read(crlset_t *set, const char *name, apr_size_t *len)
{
    FILE *file = file_open(set, name, "rb");
    char *octets = apr_palloc(set->pool, 65536);

    *len = fread(octets, 1, 65536, file);
    fclose(file);
    return octets;
}

/* ---- opening and lookups --------------------------------------------------------------- */

const char *crlset_try(crlset_t *set, const char *arguments)
{
    cc_crl_spec_t *spec = NULL;
    apr_status_t status = cc_crls_parse(&spec, arguments, set->pool, &set->err);

    set->crls = NULL;
    if (status == APR_SUCCESS) {
        spec->root = set->folder;
        spec->where = "site.conf:1";
        spec->pass_foreign = set->pass_foreign;
        must((set->cas ? cc_trust_follow(&set->trust, set->ctx, set->cas, set->pool, NULL)
                       : cc_trust_create(&set->trust, set->ctx, set->pool, NULL)) == APR_SUCCESS);
        status = cc_crls_open(&set->crls, spec, set->trust, set->pool, &set->err);
    }
    return status == APR_SUCCESS ? "" : cc_error_text(&set->err, set->pool);
}

void crlset_open(crlset_t *set, const char *arguments)
{
    const char *error = crlset_try(set, arguments);

    if (*error) {
        fprintf(stderr, "%s: %s\n", arguments, error);
        abort();
    }
}

static const char *answer_text(crlset_t *set)
{
    switch (set->answer.state) {
    case CC_CRL_GOOD:
        return "good";
    case CC_CRL_REVOKED:
        return apr_pstrcat(set->pool, "revoked ", cc_reason_text(set->answer.reason), NULL);
    default:
        return apr_pstrcat(set->pool, "unknown: ", set->answer.cause, NULL);
    }
}

static void digests(crlset_t *set, const pki_t *issuer, cc_seal_t *seal)
{
    cc_cert_digests(cc_cert_wrap(issuer->cert, set->pool), seal->ca_sha256, seal->ca_spki_sha256);
    seal->ca_known = true;
}

const char *crlset_ask(crlset_t *set, const pki_t *who, const pki_t *issuer)
{
    cc_seal_t seal;

    digests(set, issuer, &seal);
    cc_crls_check(&set->answer, set->crls, who->cert, seal.ca_spki_sha256,
                  apr_time_now() + set->later);
    return answer_text(set);
}

const char *crlset_ask_chain(crlset_t *set, const pki_t *who, const pki_t *issuer)
{
    cc_seal_t seal = {.state = CC_TRUST_OK};

    digests(set, issuer, &seal);
    cc_crls_check_chain(&set->answer, set->crls, who->cert, &seal, apr_time_now() + set->later);
    return apr_psprintf(set->pool, "%d %s", set->answer.depth, answer_text(set));
}

/* ---- polling --------------------------------------------------------------------------- */

typedef struct {
    const char *text;
    apr_pool_t *pool;
} told_t;

static void told(const cc_crls_t *crls, const cc_error_t *err, void *baton)
{
    told_t *to = baton;

    (void)crls;
    to->text = apr_pstrcat(to->pool, to->text, *to->text ? " | " : "",
                           err ? cc_error_text(err, to->pool) : "changed", NULL);
}

const char *crlset_poll_again(crlset_t *set)
{
    told_t to = {"", set->pool};

    cc_crls_poll(set->crls, apr_time_now() + set->later, told, &to, set->pool);
    return to.text;
}

const char *crlset_poll(crlset_t *set)
{
    set->later += apr_time_from_sec(60);
    return crlset_poll_again(set);
}

const char *crlset_poll_gone(crlset_t *set)
{
    const char *first = crlset_poll(set);
    const char *second = crlset_poll(set);

    return apr_pstrcat(set->pool, first, *first && *second ? " | " : "", second, NULL);
}
