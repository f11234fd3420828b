/* SPDX-License-Identifier: Apache-2.0 */
/* Decides whether the CRLs of a file may replace its previous ones. */
#include <string.h>

#include "crl/internal.h"
#include "crl/kept.h"

static apr_status_t rollback(const cc_crls_t *crls, const cc_crl_t *crl, const char *path,
                             cc_error_t *err)
{
    const cc_crl_stream_t *held = cc_crls_highest(crls, crl);
    apr_pool_t *p = crls->scratch;

    return cc_error_set(
        err, p, "CC0412", path,
        "%s of %s, is refused: it is older than the one loaded before, number %s of %s",
        cc_crl_text(crl, p), cc_moment_text(crl->this_update, p),
        cc_crl_number_text(&held->number, p), cc_moment_text(held->this_update, p));
}

static apr_status_t without_base(const cc_crls_t *crls, const cc_crl_t *delta, const cc_crl_t *base,
                                 const char *path, cc_error_t *err)
{
    apr_pool_t *p = crls->scratch;

    return cc_error_set(err, p, "CC0413", path,
                        "%s is refused: it needs the complete CRL number %s or later of the same "
                        "issuer, key and scope; loaded: %s",
                        cc_crl_text(delta, p), cc_crl_number_text(&delta->base, p),
                        base ? base->number_text : "none");
}

/* True if this content has a delta of the same stream that covers a longer time. */
static bool content_says_more(const cc_crl_content_t *content, const cc_crl_t *delta)
{
    for (int i = 0; content && i < content->crls->nelts; i++) {
        const cc_crl_t *other = APR_ARRAY_IDX(content->crls, i, const cc_crl_t *);

        if (memcmp(other->stream_key, delta->stream_key, CC_STREAM_KEY) == 0 &&
            cc_crl_number_compare(&other->base, &delta->base) < 0) {
            return true;
        }
    }
    return false;
}

/*
 * With missing=allow, a delta without its base still revokes the certificates that it lists. It
 * must not replace a delta that may list others: that one stays in use until the base is there.
 */
static bool counts_alone(const cc_crls_t *crls, const cc_crl_t *delta, const cc_crl_t *base)
{
    bool says_more = false;

    for (int i = 0; i < crls->files->nelts; i++) {
        const cc_crl_file_t *file = APR_ARRAY_IDX(crls->files, i, const cc_crl_file_t *);

        says_more = says_more || content_says_more(file->content, delta);
    }
    return crls->spec->missing_allow && !base && !says_more;
}

/*
 * Sets the state of a file, unless the file may have changed since it was read: then it is read
 * again anyway.
 */
static void wait_for(cc_crl_file_t *file, cc_crl_file_state_t state, apr_time_t again_at)
{
    if (file->state != CC_CRL_FILE_NEW) {
        cc_crl_file_settle(file, state, again_at);
    }
}

/* A file that is read again because the CAs have changed has some of its CRLs already. */
static bool is_accepted(const cc_crl_file_t *file, const cc_crl_t *crl)
{
    return file->again && file->content && cc_crl_content_has(file->content, crl);
}

/* Decides about one CRL of the new content of a file. `now` is 0 at start. */
static apr_status_t crl_judge(cc_crls_t *crls, cc_crl_file_t *file, const cc_crl_t *crl,
                              apr_hash_t *newest, apr_time_t now)
{
    const cc_crl_t *base = crl->delta ? cc_crl_base_of(newest, crl) : NULL;
    bool is_new = now > 0 && !is_accepted(file, crl); /* at start it is not used, and reported */
    cc_error_t *err = &file->refusal;

    if (is_new && cc_crl_rolled_back(crls, crl)) {
        return rollback(crls, crl, file->path, err);
    }
    if (is_new && crl->this_update > now) {
        wait_for(file, CC_CRL_FILE_EARLY, crl->this_update);
        return cc_error_set(
            err, crls->scratch, "CC0414", file->path, "%s is not used before its thisUpdate, %s",
            cc_crl_text(crl, crls->scratch), cc_moment_text(crl->this_update, crls->scratch));
    }
    if (crl->delta && !cc_crl_fits(crl, base) && !counts_alone(crls, crl, base)) {
        wait_for(file, CC_CRL_FILE_WAITING, 0);
        return without_base(crls, crl, base, file->path, err);
    }
    return APR_SUCCESS;
}

/* Decides about all CRLs, except those for which the same file has a newer one. */
apr_status_t cc_crl_content_judge(cc_crls_t *crls, cc_crl_file_t *file,
                                  const cc_crl_content_t *content, apr_time_t now)
{
    apr_hash_t *newest = cc_crls_newest_with(crls, file, content, crls->scratch);
    apr_status_t status = APR_SUCCESS;

    for (int i = 0; status == APR_SUCCESS && i < content->crls->nelts; i++) {
        const cc_crl_t *crl = APR_ARRAY_IDX(content->crls, i, const cc_crl_t *);
        const cc_crl_t *top = apr_hash_get(newest, crl->stream_key, CC_STREAM_KEY);

        if (top == crl || !cc_crl_content_has(content, top)) {
            status = crl_judge(crls, file, crl, newest, now);
        }
    }
    return status;
}

/* True if a CRL is of a CA that is still there. */
static bool is_of_use(const cc_crls_t *crls, const cc_crl_content_t *content)
{
    for (int i = 0; i < content->crls->nelts; i++) {
        const cc_crl_t *crl = APR_ARRAY_IDX(content->crls, i, const cc_crl_t *);

        if (cc_crl_issuer_among(crls->cas, crl) || cc_crl_issuer_among(content->authorities, crl)) {
            return true;
        }
    }
    return false;
}

bool cc_crl_turned_foreign(const cc_crls_t *crls, cc_crl_file_t *file,
                           const cc_crl_content_t *before, const cc_crl_content_t *content)
{
    cc_crl_info_t first;

    if (!before || content->crls->nelts > 0 || content->foreign->nelts == 0 ||
        !is_of_use(crls, before)) {
        return false;
    }
    first = APR_ARRAY_IDX(content->foreign, 0, cc_crl_info_t);
    first.path = file->path;
    cc_crl_refuse_foreign(&first, NULL, crls->scratch, &file->refusal);
    return true;
}
