/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the newest and the highest CRL of each stream, and the complete CRL of a delta. */
#include <string.h>

#include <apr_strings.h>

#include <openssl/evp.h>

#include "crl/internal.h"

/*
 * A stream consists of the CRLs that an issuer signs with one sequence of CRL numbers: those with
 * the same key, issuer name and issuing distribution point. Deltas and complete CRLs are separate
 * streams. The key of a stream is the digest of these three, and an octet that is 1 for deltas. So
 * the key of a stream of deltas differs from that of the CRLs that they update only in the last
 * octet.
 *
 * The newest CRL of each stream in any file is used. The highest that was ever used is remembered,
 * beyond the files and, with cc_crls_highest_save and _restore, beyond a restart. A lower one is
 * not a successor: it would go back to a time when some certificates were not yet revoked.
 */
#define DELTA (CC_STREAM_KEY - 1) /* the octet of a key that is 1 for deltas */

bool cc_crl_stream_key_make(cc_crl_t *crl)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    unsigned char *name = NULL, *idp = NULL;
    int name_len = i2d_X509_NAME(crl->issuer, &name);
    int idp_len = crl->idp.extension ? i2d_ISSUING_DIST_POINT(crl->idp.extension, &idp) : 0;
    bool done = ctx && name_len > 0 && idp_len >= 0 && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) &&
                EVP_DigestUpdate(ctx, crl->signer_spki_sha256, 32) &&
                EVP_DigestUpdate(ctx, name, (size_t)name_len) &&
                EVP_DigestUpdate(ctx, idp, (size_t)idp_len) &&
                EVP_DigestFinal_ex(ctx, crl->stream_key, NULL);

    crl->stream_key[DELTA] = crl->delta;
    EVP_MD_CTX_free(ctx);
    OPENSSL_free(name);
    OPENSSL_free(idp);
    return done;
}

/* ---- the newest ------------------------------------------------------------------------------ */

/* With equal number and thisUpdate (a CA without numbers), the CRL that lists more is newer. */
bool cc_crl_older(const cc_crl_t *a, const cc_crl_t *b)
{
    int order = cc_crl_number_compare(&a->number, &b->number);

    if (order != 0 || a->this_update != b->this_update) {
        return order < 0 || (order == 0 && a->this_update < b->this_update);
    }
    return cc_serials_count(a->serials) < cc_serials_count(b->serials);
}

static void newest_take(apr_hash_t *newest, const cc_crl_content_t *content)
{
    for (int i = 0; content && i < content->crls->nelts; i++) {
        cc_crl_t *crl = APR_ARRAY_IDX(content->crls, i, cc_crl_t *);
        const cc_crl_t *other = apr_hash_get(newest, crl->stream_key, CC_STREAM_KEY);

        if (!other || cc_crl_older(other, crl)) {
            apr_hash_set(newest, crl->stream_key, CC_STREAM_KEY, crl);
        }
    }
}

apr_hash_t *cc_crls_newest_with(const cc_crls_t *crls, const cc_crl_file_t *file,
                                const cc_crl_content_t *content, apr_pool_t *p)
{
    apr_hash_t *newest = apr_hash_make(p);

    for (int i = 0; i < crls->files->nelts; i++) {
        const cc_crl_file_t *each = APR_ARRAY_IDX(crls->files, i, cc_crl_file_t *);

        newest_take(newest, each == file ? content : each->content);
    }
    return newest;
}

apr_hash_t *cc_crls_newest(const cc_crls_t *crls, apr_pool_t *p)
{
    return cc_crls_newest_with(crls, NULL, NULL, p);
}

/* ---- deltas ---------------------------------------------------------------------------------- */

/* The newest CRL of the other stream: of deltas for a complete CRL, and vice versa. */
static cc_crl_t *counterpart(apr_hash_t *newest, const cc_crl_t *crl)
{
    unsigned char key[CC_STREAM_KEY];

    memcpy(key, crl->stream_key, sizeof(key));
    key[DELTA] = !crl->delta;
    return apr_hash_get(newest, key, sizeof(key));
}

cc_crl_t *cc_crl_base_of(apr_hash_t *newest, const cc_crl_t *delta)
{
    return counterpart(newest, delta);
}

cc_crl_t *cc_crl_delta_of(apr_hash_t *newest, const cc_crl_t *complete)
{
    return counterpart(newest, complete);
}

bool cc_crl_fits(const cc_crl_t *delta, const cc_crl_t *base)
{
    return base && cc_crl_number_compare(&base->number, &delta->base) >= 0;
}

/* ---- the highest ----------------------------------------------------------------------------- */

cc_crl_stream_t *cc_crls_highest(const cc_crls_t *crls, const cc_crl_t *crl)
{
    return apr_hash_get(crls->streams, crl->stream_key, CC_STREAM_KEY);
}

void cc_crls_highest_set(cc_crls_t *crls, const cc_crl_t *crl)
{
    cc_crl_stream_t *stream = cc_crls_highest(crls, crl);

    if (!stream) {
        stream = apr_pcalloc(crls->pool, sizeof(*stream));
        memcpy(stream->key, crl->stream_key, sizeof(stream->key));
        apr_hash_set(crls->streams, stream->key, CC_STREAM_KEY, stream);
    }
    stream->number = crl->number;
    stream->this_update = crl->this_update;
    stream->reported = false;
}

bool cc_crl_rolled_back(const cc_crls_t *crls, const cc_crl_t *crl)
{
    const cc_crl_stream_t *stream = cc_crls_highest(crls, crl);

    return stream && (cc_crl_number_compare(&crl->number, &stream->number) < 0 ||
                      crl->this_update < stream->this_update);
}

void cc_crls_highest_save(const cc_crls_t *crls, apr_hash_t *highest)
{
    for (apr_hash_index_t *i = apr_hash_first(NULL, crls->streams); i; i = apr_hash_next(i)) {
        const cc_crl_stream_t *held = apr_hash_this_val(i);
        cc_crl_stream_t *saved = apr_hash_get(highest, held->key, CC_STREAM_KEY);

        if (!saved) {
            saved = apr_pmemdup(apr_hash_pool_get(highest), held, sizeof(*held));
            apr_hash_set(highest, saved->key, CC_STREAM_KEY, saved);
        } else if (cc_crl_number_compare(&saved->number, &held->number) <= 0 &&
                   saved->this_update <= held->this_update) {
            *saved = *held;
        }
        saved->reported = false;
    }
}

void cc_crls_highest_restore(cc_crls_t *crls, apr_hash_t *highest)
{
    for (apr_hash_index_t *i = apr_hash_first(crls->pool, highest); i; i = apr_hash_next(i)) {
        cc_crl_stream_t *stream =
            apr_pmemdup(crls->pool, apr_hash_this_val(i), sizeof(cc_crl_stream_t));

        apr_hash_set(crls->streams, stream->key, CC_STREAM_KEY, stream);
    }
}
