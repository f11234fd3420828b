/* SPDX-License-Identifier: Apache-2.0 */
/* Knows how files of CRLs are followed: what is taken, what is refused, what is waited for. */
#include <string.h>

#include "crl/internal.h"
#include "crl/kept.h"

#define TRIES 20 /* to read a file at start that somebody is writing, every SOON */
#define SOON apr_time_from_msec(50)
#define PAUSE apr_time_from_sec(1)     /* between two looks at what is missing */
#define PATIENCE apr_time_from_sec(10) /* with a file whose end is missing */

/* ---- what may be taken ----------------------------------------------------------------------- */

static apr_status_t rollback(const cc_crls_t *crls, const cc_crl_t *crl, const char *path,
                             cc_error_t *err)
{
    const cc_crl_stream_t *held = cc_crls_highest(crls, crl);
    apr_pool_t *p = crls->scratch;

    return cc_error_set(err, p, "CC0412", path,
                        "%s of %s, is refused: it is older than what was held, number %s of %s",
                        cc_crl_text(crl, p), cc_moment_text(crl->this_update, p),
                        cc_crl_number_text(&held->number, p), cc_moment_text(held->this_update, p));
}

static apr_status_t without_base(const cc_crls_t *crls, const cc_crl_t *delta, const cc_crl_t *base,
                                 const char *path, cc_error_t *err)
{
    apr_pool_t *p = crls->scratch;

    return cc_error_set(err, p, "CC0413", path,
                        "%s is refused: it is to be combined with number %s or later of the same "
                        "issuer, key and scope, and what is held is %s",
                        cc_crl_text(delta, p), cc_crl_number_text(&delta->base, p),
                        base ? base->number_text : "none");
}

static bool content_has(const cc_crl_content_t *content, const cc_crl_t *crl)
{
    for (int i = 0; i < content->crls->nelts; i++) {
        if (APR_ARRAY_IDX(content->crls, i, const cc_crl_t *) == crl) {
            return true;
        }
    }
    return false;
}

/* True if this content has a delta of the same stream that says what has changed for longer. */
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
 * Where missing=allow lets in whom nobody knows, a delta alone still revokes whom it lists. It must
 * not take the place of one that may list others: that one stays until the base is there.
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

/* Judges one of the CRLs that a file would hold with this content. `now` is 0 at start. */
static apr_status_t crl_judge(cc_crls_t *crls, cc_crl_file_t *file, const cc_crl_t *crl,
                              apr_hash_t *newest, apr_time_t now)
{
    const cc_crl_t *base = crl->delta ? cc_crl_base_of(newest, crl) : NULL;
    cc_error_t *err = &file->refusal;

    if (now > 0 && cc_crl_rolled_back(crls, crl)) { /* at start it is not used, and told */
        return rollback(crls, crl, file->path, err);
    }
    if (now > 0 && crl->this_update > now) {
        file->again_at = crl->this_update;
        return cc_error_set(
            err, crls->scratch, "CC0414", file->path, "%s is not taken before its thisUpdate, %s",
            cc_crl_text(crl, crls->scratch), cc_moment_text(crl->this_update, crls->scratch));
    }
    if (crl->delta && !cc_crl_fits(crl, base) && !counts_alone(crls, crl, base)) {
        file->waits = true;
        return without_base(crls, crl, base, file->path, err);
    }
    return APR_SUCCESS;
}

/* Judges all but those of which the same file has a newer one. */
apr_status_t cc_crl_content_judge(cc_crls_t *crls, cc_crl_file_t *file,
                                  const cc_crl_content_t *content, apr_time_t now)
{
    apr_hash_t *newest = cc_crls_newest_with(crls, file, content, crls->scratch);
    apr_status_t status = APR_SUCCESS;

    for (int i = 0; status == APR_SUCCESS && i < content->crls->nelts; i++) {
        const cc_crl_t *crl = APR_ARRAY_IDX(content->crls, i, const cc_crl_t *);
        const cc_crl_t *top = apr_hash_get(newest, crl->stream_key, CC_STREAM_KEY);

        if (top == crl || !content_has(content, top)) {
            status = crl_judge(crls, file, crl, newest, now);
        }
    }
    return status;
}

bool cc_crl_turned_foreign(const cc_crls_t *crls, cc_crl_file_t *file,
                           const cc_crl_content_t *before, const cc_crl_content_t *content)
{
    cc_crl_info_t first;

    if (!before || before->crls->nelts == 0 || content->crls->nelts > 0 ||
        content->foreign->nelts == 0) {
        return false;
    }
    first = APR_ARRAY_IDX(content->foreign, 0, cc_crl_info_t);
    first.path = file->path;
    cc_crl_refuse_foreign(&first, NULL, crls->scratch, &file->refusal);
    return true;
}

/* ---- loading --------------------------------------------------------------------------------- */

cc_crl_loader_t cc_crl_loader_of(const cc_crls_t *crls)
{
    return (cc_crl_loader_t){.trust = crls->trust,
                             .authorities = crls->authorities,
                             .held = cc_crls_newest(crls, crls->scratch),
                             .pass_foreign = crls->spec->pass_foreign,
                             .kept = crls->spec->kept,
                             .pool = crls->scratch};
}

/* APR_EBUSY too where it is not what the scan has seen, or not there any more. */
static apr_status_t file_load(cc_crl_content_t **content, cc_crls_t *crls, cc_crl_file_t *file)
{
    cc_crl_loader_t loader = cc_crl_loader_of(crls);
    cc_file_stamp_t read = file->stamp;
    apr_status_t status = cc_crl_content_load(content, &read, &loader, file->path, &file->refusal);

    if (!cc_file_stamp_same(&read, &file->stamp)) {
        cc_crl_content_release(*content);
        *content = NULL;
        return APR_EBUSY;
    }
    return APR_STATUS_IS_ENOENT(status) ? APR_EBUSY : status;
}

static bool is_young(const cc_file_stamp_t *stamp, apr_time_t now)
{
    return now - stamp->changed < PATIENCE && stamp->changed - now < PATIENCE;
}

/* True where another look may find what is missing. */
static bool is_unfinished(const cc_crl_file_t *file, apr_status_t status)
{
    return status == APR_EBUSY ||
           (status == APR_EINCOMPLETE && is_young(&file->stamp, apr_time_now()));
}

apr_status_t cc_crl_file_first(cc_crls_t *crls, cc_crl_file_t *file, bool wait)
{
    apr_status_t status = file_load(&file->content, crls, file);

    for (int i = 0; i < TRIES && wait && is_unfinished(file, status); i++) {
        apr_sleep(SOON);
        file->stamp = cc_file_stamp_take(file->path, crls->scratch);
        status = file_load(&file->content, crls, file);
    }
    file->seen = file->stamp;
    file->unsure = cc_file_stamp_fresh(&file->seen, apr_time_now());
    return status;
}

/* At start, a file that is being written is waited for. */
static apr_status_t first_load(cc_crls_t *crls, cc_crl_file_t *file)
{
    apr_status_t status = cc_crl_file_first(crls, file, true);

    if (status == APR_ENOTIMPL && file->source->folder) {
        status = APR_SUCCESS;
    }
    if (status == APR_SUCCESS) {
        file->refusal.tag = NULL; /* of a try before */
    }
    return status;
}

/* Deltas find their bases only when all is there. */
static apr_status_t first_judge(cc_crls_t *crls, cc_crl_file_t *file)
{
    return file->content ? cc_crl_content_judge(crls, file, file->content, 0) : APR_SUCCESS;
}

static apr_status_t files_do(cc_crls_t *crls, cc_error_t *err,
                             apr_status_t (*act)(cc_crls_t *, cc_crl_file_t *))
{
    for (int i = 0; i < crls->files->nelts; i++) {
        cc_crl_file_t *file = APR_ARRAY_IDX(crls->files, i, cc_crl_file_t *);
        apr_status_t status = act(crls, file);

        if (status != APR_SUCCESS) {
            *err = file->refusal;
            return status;
        }
    }
    return APR_SUCCESS;
}

apr_status_t cc_crls_load(cc_crls_t *crls, cc_error_t *err)
{
    apr_status_t status = files_do(crls, err, first_load);

    return status == APR_SUCCESS ? files_do(crls, err, first_judge) : status;
}

/* ---- following ------------------------------------------------------------------------------- */

static void wait_shorten(apr_interval_time_t *wait, apr_interval_time_t shorter)
{
    if (shorter < *wait) {
        *wait = shorter;
    }
}

static bool same_crls(const cc_crl_content_t *a, const cc_crl_content_t *b)
{
    if (!a || a->crls->nelts != b->crls->nelts || a->authorities->nelts || b->authorities->nelts) {
        return false;
    }
    for (int i = 0; i < a->crls->nelts; i++) {
        if (!content_has(a, APR_ARRAY_IDX(b->crls, i, const cc_crl_t *))) {
            return false;
        }
    }
    return true;
}

static void content_take(cc_crls_t *crls, cc_crl_file_t *file, cc_crl_content_t *content)
{
    crls->changed = crls->changed || !same_crls(file->content, content);
    cc_crl_content_release(file->content);
    file->content = content;
    file->owed = false;
    cc_crl_kept_put(crls, file->path, content);
    file->told = NULL;
    file->refusal.tag = NULL;
    cc_crls_count_file(crls, file, true);
}

/* What is wrong with a file is told once, and again when it is another; `pending`: not told yet. */
static void refusal_settle(cc_crl_file_t *file, bool pending)
{
    if (!pending && file->told && strcmp(file->told, file->refusal.tag) == 0) {
        file->refusal.tag = NULL;
    } else {
        file->told = file->refusal.tag;
    }
}

static bool is_due(const cc_crls_t *crls, const cc_crl_file_t *file, apr_time_t now)
{
    return file->unsure || !cc_file_stamp_same(&file->stamp, &file->seen) ||
           (file->again_at && now >= file->again_at) || (file->waits && crls->changed);
}

/* Not now, but soon. */
static void put_off(cc_crl_file_t *file)
{
    file->refusal.tag = NULL;
    file->told = NULL;
}

/* Settles what a file gave that cannot be taken. */
static void refused_settle(cc_crl_file_t *file, apr_status_t status, bool pending, apr_time_t now)
{
    bool no_end = status == APR_EINCOMPLETE || status == APR_ENOTIMPL;

    if (no_end && is_young(&file->stamp, now)) {
        file->again_at = now + PAUSE;
        put_off(file);
    } else if (status == APR_ENOTIMPL && file->source->folder && !file->content) {
        put_off(file); /* something else */
    } else {
        refusal_settle(file, pending);
    }
}

/* Takes what a file holds now, or refuses it; false: somebody is writing it. */
static bool file_read(cc_crls_t *crls, cc_crl_file_t *file, apr_time_t now)
{
    bool pending = file->refusal.tag != NULL;
    cc_crl_content_t *content = NULL;
    apr_status_t status = file_load(&content, crls, file);

    if (status == APR_EBUSY) {
        put_off(file);
        return false;
    }
    if (!cc_file_stamp_same(&file->stamp, &file->seen)) {
        file->told = NULL;
    }
    file->seen = file->stamp;
    file->unsure = file->waits = false;
    file->again_at = 0;
    if (status == APR_SUCCESS) {
        status = cc_crl_turned_foreign(crls, file, file->content, content)
                     ? APR_EINVAL
                     : cc_crl_content_judge(crls, file, content, now);
    }
    if (status == APR_SUCCESS) {
        content_take(crls, file, content);
    } else {
        cc_crl_content_release(content);
        refused_settle(file, status, pending, now);
        if (!file->told && !file->again_at) { /* it is no file of CRLs: nothing of it is owed */
            crls->changed = crls->changed || file->owed;
            file->owed = false;
        }
    }
    return true;
}

/*
 * A file that is being replaced may be away for a moment; one that stays away takes all along, and
 * then this is false.
 */
static bool missing_follow(cc_crls_t *crls, cc_crl_file_t *file, apr_time_t now,
                           apr_interval_time_t *wait)
{
    if (file->missing_at == 0) {
        file->missing_at = now;
    }
    if (file->content && now - file->missing_at < PAUSE && now >= file->missing_at) {
        wait_shorten(wait, PAUSE);
        return true;
    }
    crls->changed = crls->changed || file->content || file->owed;
    cc_crl_kept_forget(crls, file->path);
    cc_crl_content_release(file->content);
    apr_pool_destroy(file->pool);
    return false;
}

/* False where the file is gone. */
static bool file_follow(cc_crls_t *crls, cc_crl_file_t *file, apr_time_t now,
                        apr_interval_time_t *wait)
{
    if (!file->present) {
        return missing_follow(crls, file, now, wait);
    }
    file->missing_at = 0;
    if (is_due(crls, file, now) &&
        (cc_file_stamp_fresh(&file->stamp, now) || !file_read(crls, file, now))) {
        wait_shorten(wait, SOON);
    }
    if (file->again_at > now) {
        wait_shorten(wait, file->again_at - now);
    }
    return true;
}

static void files_follow(cc_crls_t *crls, apr_time_t now, apr_interval_time_t *wait)
{
    cc_crl_file_t **files = (cc_crl_file_t **)crls->files->elts;
    int kept = 0;

    for (int i = 0; i < crls->files->nelts; i++) {
        if (file_follow(crls, files[i], now, wait)) {
            files[kept++] = files[i];
        }
    }
    crls->files->nelts = kept;
}

apr_interval_time_t cc_crls_follow(cc_crls_t *crls, apr_time_t now)
{
    apr_interval_time_t wait = crls->spec->reload;

    files_follow(crls, now, &wait);
    if (crls->changed) {
        files_follow(crls, now, &wait); /* a base may have come for a delta that was refused */
    }
    return wait;
}
