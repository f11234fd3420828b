/* SPDX-License-Identifier: Apache-2.0 */
/* Makes versions of all contents: the newest CRL of each stream, and deltas with their bases. */
#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>

#include "crl/internal.h"
#include "crl/kept.h"

/*
 * All answers at one time come from one version, which is constant (base/snapshot.h): readers enter
 * and leave it without waiting, while the polling thread makes the next one. A version contains the
 * contents of all files. Contents and CRLs that have not changed are shared by both versions. The
 * last version with a reference to them frees them.
 *
 * In a version each stream is represented by its newest CRL. Complete CRLs are paired with their
 * deltas, and the pairs are sorted by the keys of their signers, so those of an issuer are found by
 * a binary search. A version also has all certificates that may be issuers, to follow chains
 * upwards.
 */

/* ---- order ----------------------------------------------------------------------------------- */

static int pair_compare(const void *a, const void *b)
{
    const cc_crl_pair_t *one = a, *other = b;

    return memcmp(one->either->signer_spki_sha256, other->either->signer_spki_sha256, 32);
}

static int authority_compare(const void *a, const void *b)
{
    const cc_authority_t *const *one = a, *const *other = b;

    return memcmp((*one)->sha256, (*other)->sha256, 32);
}

/* Of the certificates of one key, those that verify come first, and of these the nearest to the
 * root.
 */
static int key_compare(const void *a, const void *b)
{
    const cc_authority_t *one = *(const cc_authority_t *const *)a;
    const cc_authority_t *other = *(const cc_authority_t *const *)b;
    int order = memcmp(one->spki_sha256, other->spki_sha256, 32);

    order = order ? order : other->verified - one->verified;
    order = order ? order : one->above - other->above;
    return order ? order : memcmp(one->sha256, other->sha256, 32);
}

static void array_sort(apr_array_header_t *array, int (*compare)(const void *, const void *))
{
    if (array->nelts > 0) {
        qsort(array->elts, (size_t)array->nelts, (size_t)array->elt_size, compare);
    }
}

/* ---- authorities and contents ---------------------------------------------------------------- */

static void authorities_add(cc_crl_version_t *version, const cc_crl_authorities_t *authorities)
{
    for (int i = 0; i < authorities->list->nelts; i++) {
        APR_ARRAY_PUSH(version->authorities, const cc_authority_t *) =
            APR_ARRAY_IDX(authorities->list, i, cc_authority_t *);
    }
}

static void contents_take(cc_crl_version_t *version, const cc_crls_t *crls)
{
    for (int i = 0; i < crls->files->nelts; i++) {
        cc_crl_content_t *content = APR_ARRAY_IDX(crls->files, i, cc_crl_file_t *)->content;

        if (content) {
            content->holders++;
            APR_ARRAY_PUSH(version->contents, cc_crl_content_t *) = content;
            APR_ARRAY_PUSH(version->more, cc_crl_authorities_t *) =
                cc_crl_authorities_hold(content->authorities);
            authorities_add(version, content->authorities);
        }
    }
    version->cas = cc_crl_authorities_hold(crls->cas);
    version->read_for = cc_crl_authorities_hold(crls->read_for);
    authorities_add(version, crls->cas);
    version->by_key = apr_array_copy(version->pool, version->authorities);
    array_sort(version->authorities, authority_compare);
    array_sort(version->by_key, key_compare);
}

/* ---- pairs ----------------------------------------------------------------------------------- */

static void pair_add(cc_crl_version_t *version, cc_crl_t *complete, cc_crl_t *delta)
{
    cc_crl_pair_t *pair = apr_array_push(version->pairs);

    memset(pair, 0, sizeof(*pair));
    if (complete && delta && cc_crl_number_compare(&delta->number, &complete->number) <= 0) {
        delta = NULL;
    }
    pair->complete = complete;
    pair->delta = delta;
    pair->fits = delta && cc_crl_fits(delta, complete);
    pair->either = complete ? complete : delta;
    pair->signer = cc_crl_signer_of(version->by_key, pair->either);
}

static void pairs_make(cc_crl_version_t *version, apr_hash_t *used, apr_pool_t *p)
{
    for (apr_hash_index_t *i = apr_hash_first(p, used); i; i = apr_hash_next(i)) {
        cc_crl_t *crl = apr_hash_this_val(i);

        if (!crl->delta) {
            pair_add(version, crl, cc_crl_delta_of(used, crl));
        } else if (!cc_crl_base_of(used, crl)) {
            pair_add(version, NULL, crl);
        }
    }
    array_sort(version->pairs, pair_compare);
    for (int i = 0; i < version->pairs->nelts; i++) {
        const cc_crl_pair_t *pair = &APR_ARRAY_IDX(version->pairs, i, cc_crl_pair_t);

        if (pair->either->idp.indirect) {
            APR_ARRAY_PUSH(version->indirect, const cc_crl_pair_t *) = pair;
        }
    }
}

int cc_crl_pair_first(const apr_array_header_t *pairs, const unsigned char spki_sha256[32])
{
    int from = 0, to = pairs->nelts;

    while (from < to) {
        int middle = from + (to - from) / 2;
        const cc_crl_pair_t *pair = &APR_ARRAY_IDX(pairs, middle, cc_crl_pair_t);
        bool below = memcmp(pair->either->signer_spki_sha256, spki_sha256, 32) < 0;

        from = below ? middle + 1 : from;
        to = below ? to : middle;
    }
    return from;
}

/* ---- CAs with several keys ------------------------------------------------------------------- */

/*
 * True if the signer's key is under this root too: a key may have certificates under several roots.
 */
static bool signer_is_under(const cc_crl_version_t *version, const cc_crl_t *crl,
                            const cc_authority_t *other)
{
    for (int i = 0; i < version->authorities->nelts; i++) {
        const cc_authority_t *each = APR_ARRAY_IDX(version->authorities, i, const cc_authority_t *);

        if (each->verified && memcmp(each->spki_sha256, crl->signer_spki_sha256, 32) == 0 &&
            memcmp(each->root_sha256, other->root_sha256, 32) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_rekeyed(const cc_crl_version_t *version, const cc_crl_t *crl,
                       const cc_authority_t *other)
{
    return other->verified && memcmp(other->spki_sha256, crl->signer_spki_sha256, 32) != 0 &&
           X509_NAME_cmp(X509_get_subject_name(other->cert), crl->issuer) == 0 &&
           signer_is_under(version, crl, other);
}

static void rekeyed_make(cc_crl_version_t *version)
{
    for (int i = 0; i < version->pairs->nelts; i++) {
        const cc_crl_pair_t *pair = &APR_ARRAY_IDX(version->pairs, i, cc_crl_pair_t);

        for (int j = 0; j < version->authorities->nelts; j++) {
            const cc_authority_t *other =
                APR_ARRAY_IDX(version->authorities, j, const cc_authority_t *);

            if (is_rekeyed(version, pair->either, other)) {
                cc_crl_rekeyed_t *rekeyed = apr_array_push(version->rekeyed);

                rekeyed->pair = pair;
                memcpy(rekeyed->spki_sha256, other->spki_sha256, sizeof(rekeyed->spki_sha256));
            }
        }
    }
}

/*
 * The newest CRL of each stream, except those that are older than one loaded before, and those of a
 * CA that is no longer there.
 */
static apr_hash_t *used_find(cc_crls_t *crls, const cc_crl_version_t *version)
{
    apr_hash_t *newest = cc_crls_newest(crls, crls->scratch);
    apr_hash_t *used = apr_hash_make(crls->scratch);

    for (apr_hash_index_t *i = apr_hash_first(crls->scratch, newest); i; i = apr_hash_next(i)) {
        cc_crl_t *crl = apr_hash_this_val(i);

        if (!cc_crl_rolled_back(crls, crl) && cc_crl_signer_of(version->by_key, crl)) {
            cc_crls_highest_set(crls, crl);
            apr_hash_set(used, crl->stream_key, CC_STREAM_KEY, crl);
        }
    }
    return used;
}

/* ---- the use of each CRL --------------------------------------------------------------------- */

static cc_crl_use_t use_of(const cc_crls_t *crls, apr_hash_t *used, const cc_crl_t *crl)
{
    const cc_crl_t *newest = apr_hash_get(used, crl->stream_key, CC_STREAM_KEY);
    const cc_crl_t *base = crl->delta ? cc_crl_base_of(used, crl) : NULL;

    if (newest != crl) {
        return newest || !cc_crl_rolled_back(crls, crl) ? CC_CRL_SUPERSEDED : CC_CRL_OLDER;
    }
    if (!crl->delta) {
        return CC_CRL_USED;
    }
    if (base && cc_crl_number_compare(&crl->number, &base->number) <= 0) {
        return CC_CRL_SUPERSEDED;
    }
    return cc_crl_fits(crl, base) ? CC_CRL_USED : CC_CRL_NO_BASE;
}

static void held_add(cc_crl_version_t *version, const char *path, cc_crl_t *crl, cc_crl_use_t use)
{
    cc_crl_held_t *held = apr_array_push(version->held);

    *held = (cc_crl_held_t){apr_pstrdup(version->pool, path), crl, use};
}

static void foreign_add(cc_crl_version_t *version, const char *path, const cc_crl_info_t *info)
{
    cc_crl_info_t *added = apr_array_push(version->foreign);

    *added = *info;
    added->path = apr_pstrdup(version->pool, path);
}

static void content_list(cc_crl_version_t *version, const cc_crls_t *crls,
                         const cc_crl_file_t *file, apr_hash_t *used)
{
    const cc_crl_content_t *content = file->content;

    for (int i = 0; i < content->crls->nelts; i++) {
        cc_crl_t *crl = APR_ARRAY_IDX(content->crls, i, cc_crl_t *);
        cc_crl_info_t info = cc_crl_foreign_info(crl);

        if (cc_crl_signer_of(version->by_key, crl)) {
            held_add(version, file->path, crl, use_of(crls, used, crl));
        } else {
            foreign_add(version, file->path, &info);
        }
    }
    for (int i = 0; i < content->foreign->nelts; i++) {
        foreign_add(version, file->path, &APR_ARRAY_IDX(content->foreign, i, cc_crl_info_t));
    }
}

static void contents_list(cc_crl_version_t *version, const cc_crls_t *crls, apr_hash_t *used)
{
    for (int i = 0; i < crls->files->nelts; i++) {
        const cc_crl_file_t *file = APR_ARRAY_IDX(crls->files, i, const cc_crl_file_t *);

        if (file->content) {
            content_list(version, crls, file, used);
        }
    }
}

/* The CRL of a revoked signer makes no certificate good. Its entries still count. */
static void signers_check(cc_crl_version_t *version, const cc_crls_t *crls)
{
    for (int i = 0; i < version->pairs->nelts; i++) {
        cc_crl_pair_t *pair = &APR_ARRAY_IDX(version->pairs, i, cc_crl_pair_t);
        cc_crl_check_t check = {
            .version = version, .now = apr_time_now(), .grace = crls->spec->grace};
        cc_crl_answer_t answer = {.state = CC_CRL_GOOD};

        cc_crl_check_chain(&answer, &check, pair->signer->sha256);
        pair->signer_revoked = answer.state == CC_CRL_REVOKED;
    }
}

/* ---- versions -------------------------------------------------------------------------------- */

cc_crl_version_t *cc_crl_version_make(cc_crls_t *crls)
{
    apr_pool_t *pool = NULL;
    cc_crl_version_t *version = NULL;
    apr_hash_t *used = NULL;

    apr_pool_create_unmanaged_ex(&pool, NULL, NULL);
    version = apr_pcalloc(pool, sizeof(*version));
    version->pool = pool;
    version->contents = apr_array_make(pool, 4, sizeof(cc_crl_content_t *));
    version->more = apr_array_make(pool, 4, sizeof(cc_crl_authorities_t *));
    version->pairs = apr_array_make(pool, 4, sizeof(cc_crl_pair_t));
    version->rekeyed = apr_array_make(pool, 1, sizeof(cc_crl_rekeyed_t));
    version->indirect = apr_array_make(pool, 1, sizeof(const cc_crl_pair_t *));
    version->authorities = apr_array_make(pool, 16, sizeof(const cc_authority_t *));
    version->held = apr_array_make(pool, 4, sizeof(cc_crl_held_t));
    version->foreign = apr_array_make(pool, 1, sizeof(cc_crl_info_t));
    version->incomplete = cc_crls_incomplete(crls);
    contents_take(version, crls);
    used = used_find(crls, version);
    pairs_make(version, used, crls->scratch);
    rekeyed_make(version);
    contents_list(version, crls, used);
    signers_check(version, crls);
    return version;
}

void cc_crl_version_free(cc_crl_version_t *version)
{
    if (version == NULL) {
        return;
    }
    for (int i = 0; i < version->contents->nelts; i++) {
        cc_crl_content_release(APR_ARRAY_IDX(version->contents, i, cc_crl_content_t *));
        cc_crl_authorities_release(APR_ARRAY_IDX(version->more, i, cc_crl_authorities_t *));
    }
    cc_crl_authorities_release(version->cas);
    cc_crl_authorities_release(version->read_for);
    apr_pool_destroy(version->pool);
}
