/* SPDX-License-Identifier: Apache-2.0 */
/* Loads a file of CRLs: finds the signer of each CRL, verifies it, and then reads its entries. */
#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>

#include <openssl/err.h>

#include "crl/internal.h"
#include "crl/kept.h"

/* A file that is being loaded. */
typedef struct {
    const cc_crl_loader_t *loader;
    const char *path;
    cc_error_t *err;
    cc_crl_content_t *content;
    apr_time_t now; /* when it was accepted */
} loading_t;

/* ---- contents and their holders -------------------------------------------------------------- */

static void crl_release(cc_crl_t *crl)
{
    if (--crl->holders == 0) {
        apr_pool_destroy(crl->pool);
    }
}

void cc_crl_content_release(cc_crl_content_t *content)
{
    if (!content || --content->holders > 0) {
        return;
    }
    for (int i = 0; i < content->crls->nelts; i++) {
        crl_release(APR_ARRAY_IDX(content->crls, i, cc_crl_t *));
    }
    cc_crl_authorities_release(content->authorities);
    cc_crl_kept_release(content->state);
    apr_pool_destroy(content->pool);
}

bool cc_crl_content_has(const cc_crl_content_t *content, const cc_crl_t *crl)
{
    for (int i = 0; i < content->crls->nelts; i++) {
        if (APR_ARRAY_IDX(content->crls, i, const cc_crl_t *) == crl) {
            return true;
        }
    }
    return false;
}

/*
 * The pool has its own allocator: it is made and freed in one thread, while others use its parent.
 */
static cc_crl_content_t *content_create(void)
{
    apr_pool_t *pool = NULL;
    cc_crl_content_t *content = NULL;

    apr_pool_create_unmanaged_ex(&pool, NULL, NULL);
    content = apr_pcalloc(pool, sizeof(*content));
    content->pool = pool;
    content->holders = 1;
    content->crls = apr_array_make(pool, 1, sizeof(cc_crl_t *));
    content->foreign = apr_array_make(pool, 1, sizeof(cc_crl_info_t));
    return content;
}

static cc_crl_t *crl_create(void)
{
    apr_pool_t *pool = NULL;
    cc_crl_t *crl = NULL;

    apr_pool_create_unmanaged_ex(&pool, NULL, NULL);
    crl = apr_pcalloc(pool, sizeof(*crl));
    crl->pool = pool;
    crl->holders = 1;
    crl->idp.reasons = CC_REASONS_ALL;
    return crl;
}

/* ---- errors ---------------------------------------------------------------------------------- */

static apr_status_t unreadable(const loading_t *r, apr_status_t status)
{
    char reason[120];

    cc_error_set(r->err, r->loader->pool, "CC0407", r->path, "the file cannot be read: %s",
                 status == APR_EBUSY ? "it is being written"
                 : status == EFBIG   ? "it is larger than 1 GiB"
                                     : apr_strerror(status, reason, sizeof(reason)));
    return status;
}

static apr_status_t refused(const loading_t *r, const cc_crl_t *crl, const char *error)
{
    apr_pool_t *p = r->loader->pool;

    return cc_error_set(r->err, p, "CC0409", r->path, "%s is refused: %s",
                        crl->issuer_text ? cc_crl_text(crl, p) : "a CRL in it", error);
}

/* ---- the signer ------------------------------------------------------------------------------ */

cc_crl_info_t cc_crl_foreign_info(const cc_crl_t *crl)
{
    return (cc_crl_info_t){.issuer = crl->issuer_text,
                           .number = crl->number_text,
                           .delta = crl->delta,
                           .indirect = crl->idp.indirect,
                           .this_update = crl->this_update,
                           .next_update = crl->next_update,
                           .loaded_at = crl->loaded_at,
                           .use = CC_CRL_FOREIGN};
}

/* Records a CRL as CC_CRL_FOREIGN; false if it must not be ignored. */
static bool foreign_take(const loading_t *r, const cc_crl_t *crl)
{
    apr_pool_t *p = r->content->pool;
    cc_crl_info_t *info = NULL;

    if (!r->loader->pass_foreign || cc_crl_issuer_among(r->loader->cas, crl) ||
        cc_crl_issuer_among(r->content->authorities, crl)) {
        return false;
    }
    info = apr_array_push(r->content->foreign);
    *info = cc_crl_foreign_info(crl);
    info->issuer = apr_pstrdup(p, info->issuer);
    info->number = apr_pstrdup(p, info->number);
    return true;
}

static apr_status_t signer_find(const loading_t *r, cc_crl_t *crl, const cc_crl_tbs_t *tbs)
{
    const char *error = NULL;
    const cc_authority_t *signer = cc_crl_signer_among(r->loader->cas, crl, tbs, &error);

    if (!signer) {
        signer = cc_crl_signer_among(r->content->authorities, crl, tbs, &error);
    }
    if (signer) {
        memcpy(crl->signer_spki_sha256, signer->spki_sha256, sizeof(crl->signer_spki_sha256));
        return APR_SUCCESS;
    }
    if (error) {
        return cc_error_set(r->err, r->loader->pool, "CC0411", r->path, "%s is refused: %s",
                            cc_crl_text(crl, r->loader->pool), error);
    }
    if (foreign_take(r, crl)) {
        return APR_ENOTIMPL;
    }
    return cc_crl_refuse_foreign(&(cc_crl_info_t){.path = r->path,
                                                  .issuer = crl->issuer_text,
                                                  .number = crl->number_text,
                                                  .delta = crl->delta},
                                 NULL, r->loader->pool, r->err);
}

/* ---- one CRL --------------------------------------------------------------------------------- */

static apr_status_t name_free(void *name)
{
    X509_NAME_free(name);
    return APR_SUCCESS;
}

static const char *issuer_read(cc_crl_t *crl, cc_der_span_t issuer)
{
    const unsigned char *at = issuer.at;

    crl->issuer = d2i_X509_NAME(NULL, &at, (long)cc_der_span_len(issuer));
    if (!crl->issuer) {
        return "its issuer is not a valid name";
    }
    apr_pool_cleanup_register(crl->pool, crl->issuer, name_free, apr_pool_cleanup_null);
    crl->issuer_text = cc_name_text(crl->issuer, crl->pool);
    return NULL;
}

static void fields_take(cc_crl_t *crl, const cc_crl_tbs_t *tbs, apr_time_t now)
{
    apr_size_t len = cc_der_span_len(tbs->signature);

    crl->signature.at = apr_pmemdup(crl->pool, tbs->signature.at, len);
    crl->signature.end = crl->signature.at + len;
    crl->size = cc_der_span_len(tbs->octets);
    crl->this_update = tbs->this_update;
    crl->next_update = tbs->next_update;
    crl->loaded_at = now;
    crl->number_text = cc_crl_number_text(&crl->number, crl->pool);
}

/* The same CRL, if it is loaded already: same key, same signature, same CRL. */
static cc_crl_t *held_find(const loading_t *r, const cc_crl_t *crl)
{
    cc_crl_t *held = apr_hash_get(r->loader->held, crl->stream_key, CC_STREAM_KEY);
    apr_size_t len = cc_der_span_len(crl->signature);

    if (held && held->size == crl->size && cc_der_span_len(held->signature) == len &&
        memcmp(held->signature.at, crl->signature.at, len) == 0 &&
        held->this_update == crl->this_update &&
        cc_crl_number_compare(&held->number, &crl->number) == 0) {
        return held;
    }
    return NULL;
}

/*
 * Reads everything except the entries, and verifies; fills *crl as far as possible. APR_ENOTIMPL:
 * it is ignored.
 */
static apr_status_t crl_verify(const loading_t *r, cc_crl_t *crl, const cc_crl_tbs_t *tbs)
{
    const char *error = issuer_read(crl, tbs->issuer);
    apr_status_t status = APR_SUCCESS;

    if (!error) {
        error = cc_crl_extensions_read(crl, tbs);
    }
    if (error) {
        return refused(r, crl, error);
    }
    fields_take(crl, tbs, r->now);
    status = signer_find(r, crl, tbs);
    if (status != APR_SUCCESS) {
        return status;
    }
    return cc_crl_stream_key_make(crl) ? APR_SUCCESS
                                       : refused(r, crl, "OpenSSL cannot compute SHA-256");
}

static apr_status_t crl_load(const loading_t *r, cc_der_span_t der)
{
    cc_crl_t *crl = crl_create();
    cc_crl_t *held = NULL;
    cc_crl_tbs_t tbs;
    const char *error = cc_crl_tbs_read(&tbs, der);
    apr_status_t status = error ? refused(r, crl, error) : crl_verify(r, crl, &tbs);

    if (status == APR_SUCCESS) {
        held = held_find(r, crl);
        error = held ? NULL : cc_crl_entries_read(crl, tbs.revoked);
        status = error ? refused(r, crl, error) : APR_SUCCESS;
    }
    if (status == APR_SUCCESS) {
        cc_crl_t *taken = held ? held : crl;

        taken->holders++;
        APR_ARRAY_PUSH(r->content->crls, cc_crl_t *) = taken;
    }
    crl_release(crl);
    return status == APR_ENOTIMPL ? APR_SUCCESS : status;
}

/* ---- a file ---------------------------------------------------------------------------------- */

static apr_status_t certs_free(void *certs)
{
    sk_X509_pop_free(certs, X509_free);
    return APR_SUCCESS;
}

static void certs_read(const loading_t *r, const apr_array_header_t *blocks)
{
    cc_crl_content_t *content = r->content;

    content->certs = sk_X509_new_null();
    apr_pool_cleanup_register(content->pool, content->certs, certs_free, apr_pool_cleanup_null);
    for (int i = 0; content->certs && i < blocks->nelts; i++) {
        const cc_block_t *block = &APR_ARRAY_IDX(blocks, i, cc_block_t);
        const unsigned char *at = block->der.at;
        X509 *cert = block->crl ? NULL : d2i_X509(NULL, &at, (long)cc_der_span_len(block->der));

        if (cert && !sk_X509_push(content->certs, cert)) {
            X509_free(cert);
        }
    }
    content->authorities = cc_crl_authorities_verify(r->loader->trust, content->certs);
}

static apr_status_t blocks_read(const loading_t *r, const apr_array_header_t *blocks)
{
    apr_status_t status = APR_SUCCESS;

    certs_read(r, blocks);
    for (int i = 0; status == APR_SUCCESS && i < blocks->nelts; i++) {
        const cc_block_t *block = &APR_ARRAY_IDX(blocks, i, cc_block_t);

        status = block->crl ? crl_load(r, block->der) : APR_SUCCESS;
    }
    return status;
}

static apr_status_t content_read(const loading_t *r, cc_octets_t *octets)
{
    apr_array_header_t *blocks = apr_array_make(r->loader->pool, 4, sizeof(cc_block_t));
    const char *error = NULL;
    apr_status_t status = cc_blocks_find(blocks, octets, &error, r->loader->pool);

    if (status != APR_SUCCESS) {
        cc_error_set(r->err, r->loader->pool, "CC0408", r->path, "the file is refused: %s", error);
        return status;
    }
    status = blocks_read(r, blocks);
    if (status == APR_SUCCESS) {
        r->content->state = cc_crl_kept_stage(r->loader, r->path, &octets->stamp, blocks);
    }
    return status;
}

/* Returns the content that was read, or frees it after an error. */
static apr_status_t content_finish(cc_crl_content_t **content, const loading_t *r,
                                   apr_status_t status)
{
    if (status == APR_SUCCESS) {
        *content = r->content;
    } else {
        cc_crl_content_release(r->content);
    }
    return status;
}

apr_status_t cc_crl_content_load(cc_crl_content_t **content, cc_file_stamp_t *stamp,
                                 const cc_crl_loader_t *loader, const char *path, cc_error_t *err)
{
    loading_t r = {loader, path, err, content_create(), apr_time_now()};
    cc_octets_t octets;
    apr_status_t status = cc_octets_read(&octets, path, loader->pool);

    if (status == APR_SUCCESS) {
        *stamp = octets.stamp;
        ERR_set_mark();
        status = content_read(&r, &octets);
        ERR_pop_to_mark();
    } else {
        unreadable(&r, status);
    }
    free(octets.at);
    return content_finish(content, &r, status);
}

apr_status_t cc_crl_content_reload(cc_crl_content_t **content, const cc_crl_loader_t *loader,
                                   const char *path, const cc_crl_kept_state_t *state,
                                   apr_time_t since)
{
    cc_error_t unused = {NULL, NULL, NULL, NULL};
    loading_t r = {loader, path, &unused, content_create(), since};
    apr_array_header_t *blocks = apr_array_make(loader->pool, 4, sizeof(cc_block_t));
    cc_octets_t octets;
    apr_status_t status = cc_crl_kept_read(blocks, &octets, state);

    ERR_set_mark();
    status = status == APR_SUCCESS ? blocks_read(&r, blocks) : status;
    ERR_pop_to_mark();
    free(octets.at);
    return content_finish(content, &r, status);
}
