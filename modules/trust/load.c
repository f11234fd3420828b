/* SPDX-License-Identifier: Apache-2.0 */
/* Makes a trust from files alone, and verifies a certificate file against it. */
#include <apr_file_info.h>
#include <apr_lib.h>
#include <apr_strings.h>

#include <openssl/err.h>
#include <openssl/pem.h>

#include "cert/cert.h"
#include "trust/internal.h"

/* `word` is the file or the setting at fault; NULL: none. */
static apr_status_t load_failed(const char *word, apr_pool_t *p, cc_error_t *err)
{
    const char *reason = ERR_reason_error_string(ERR_peek_last_error());

    return cc_error_set(err, p, "CC0402", word, "it cannot be loaded: %s",
                        reason ? reason : "no reason given");
}

/* ---- folders ------------------------------------------------------------------------------- */

/* The next entry of a folder that is a regular file, or a link to one; APR_ENOENT: no more. */
static apr_status_t file_next(const char **file, apr_dir_t *folder, const char *path, apr_pool_t *p)
{
    apr_finfo_t info;

    do {
        apr_status_t status = apr_dir_read(&info, APR_FINFO_NAME, folder);

        if (status != APR_SUCCESS && status != APR_INCOMPLETE) {
            return status;
        }
        *file = apr_pstrcat(p, path, "/", info.name, NULL);
    } while (apr_stat(&info, *file, APR_FINFO_TYPE, p) != APR_SUCCESS || info.filetype != APR_REG);
    return APR_SUCCESS;
}

/* ---- CAs as mod_ssl loads them --------------------------------------------------------------- */

/* As in mod_ssl: file by file, and unreadable files are skipped. */
static void folder_names_add(STACK_OF(X509_NAME) * names, const char *path, apr_pool_t *p)
{
    apr_dir_t *folder;
    const char *file;

    if (apr_dir_open(&folder, path, p) != APR_SUCCESS) {
        return;
    }
    ERR_set_mark();
    while (file_next(&file, folder, path, p) == APR_SUCCESS) {
        SSL_add_file_cert_subjects_to_stack(names, file);
    }
    ERR_pop_to_mark();
    apr_dir_close(folder);
}

/*
 * NULL, or the file that cannot be loaded. The CA names are those that a server sends to its
 * clients. They alone determine which certificates of a folder are found (cc_trust_create).
 */
static const char *authorities_load(SSL_CTX *ctx, const cc_trust_files_t *files, apr_pool_t *p)
{
    STACK_OF(X509_NAME) *names = SSL_CTX_get_client_CA_list(ctx);

    if (files->ca_file) {
        if (!SSL_CTX_load_verify_file(ctx, files->ca_file)) {
            return files->ca_file;
        }
        SSL_add_file_cert_subjects_to_stack(names, files->ca_file);
    }
    if (files->ca_path) {
        if (!SSL_CTX_load_verify_dir(ctx, files->ca_path)) {
            return files->ca_path;
        }
        folder_names_add(names, files->ca_path, p);
    }
    return NULL;
}

/* ---- CRLs as mod_ssl loads them -------------------------------------------------------------- */

static const char *revocations_load(X509_STORE *store, const cc_trust_files_t *files)
{
    if (files->crl_file && !X509_STORE_load_file(store, files->crl_file)) {
        return files->crl_file;
    }
    if (files->crl_path && !X509_STORE_load_path(store, files->crl_path)) {
        return files->crl_path;
    }
    if (files->crl_leaf || files->crl_chain) {
        X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK |
                                        (files->crl_chain ? X509_V_FLAG_CRL_CHECK_ALL : 0));
    }
    return NULL;
}

/* ---- all of it ------------------------------------------------------------------------------- */

static apr_status_t context_fill(SSL_CTX *ctx, const cc_trust_files_t *files, apr_pool_t *p,
                                 cc_error_t *err)
{
    const char *failed;

    SSL_CTX_set_client_CA_list(ctx, sk_X509_NAME_new_null());
    failed = files->followed ? NULL : authorities_load(ctx, files, p);
    if (!failed) {
        failed = revocations_load(SSL_CTX_get_cert_store(ctx), files);
    }
    if (!failed && files->ciphers && !SSL_CTX_set_cipher_list(ctx, files->ciphers)) {
        failed = files->ciphers;
    }
    /* Only for the trust id: the verification follows mod_ssl's way to count (verify.c). */
    SSL_CTX_set_verify_depth(ctx, files->depth > 0 ? files->depth - 1 : 0);
    return failed ? load_failed(failed, p, err) : APR_SUCCESS;
}

apr_status_t cc_trust_load(cc_trust_t **trust, const cc_trust_files_t *files, apr_pool_t *p,
                           cc_error_t *err)
{
    SSL_CTX *ctx;
    apr_status_t status;

    ERR_set_mark();
    ctx = SSL_CTX_new(TLS_server_method());
    status = ctx ? context_fill(ctx, files, p, err) : load_failed(NULL, p, err);
    if (status == APR_SUCCESS) {
        status = files->followed ? cc_trust_follow(trust, ctx, files->followed, p, err)
                                 : cc_trust_create(trust, ctx, p, err);
    }
    if (status == APR_SUCCESS) {
        (*trust)->depth = files->depth > 0 ? files->depth : 0;
        (*trust)->crl_may_miss = files->crl_may_miss;
        (*trust)->no_ca = files->no_ca;
    }
    SSL_CTX_free(ctx);
    ERR_pop_to_mark();
    return status;
}

/* ---- a certificate -------------------------------------------------------------------------- */

static STACK_OF(X509) * pem_read(const char *path)
{
    BIO *bio = BIO_new_file(path, "r");
    STACK_OF(X509) *certs = sk_X509_new_null();
    X509 *cert = NULL;

    while (bio && certs && (cert = PEM_read_bio_X509(bio, NULL, NULL, NULL))) {
        if (!sk_X509_push(certs, cert)) {
            X509_free(cert);
            break;
        }
    }
    BIO_free(bio);
    return certs;
}

static apr_status_t free_certs(void *certs)
{
    sk_X509_pop_free(certs, X509_free);
    return APR_SUCCESS;
}

STACK_OF(X509) * cc_trust_certs(const char *path, apr_pool_t *p)
{
    STACK_OF(X509) * certs;

    ERR_set_mark();
    certs = pem_read(path);
    apr_pool_cleanup_register(p, certs, free_certs, apr_pool_cleanup_null);
    ERR_pop_to_mark();
    return certs;
}

const char *cc_trust_check(cc_seal_t *seal, bool *admitted, const cc_trust_t *trust,
                           const char *path, apr_time_t now, apr_pool_t *p)
{
    STACK_OF(X509) *certs = cc_trust_certs(path, p);
    cc_candidate_t candidate = {
        .cert = sk_X509_value(certs, 0), .untrusted = certs, .depth = -1, .may_be_pinned = true};
    const char *reason = NULL;

    *admitted = false;
    if (sk_X509_num(certs) == 0) {
        *seal = (cc_seal_t){.state = CC_TRUST_FAILED, .verified_at = now};
        return "there is no certificate to verify";
    }
    *admitted = cc_verify_again(seal, &reason, trust, &candidate, now, p);
    return reason;
}
