/* SPDX-License-Identifier: Apache-2.0 */
/* Loads files of CRLs, at start and whenever they change. */
/*
 * A poll goes through all files. A file that has not changed since it was last read is skipped,
 * unless its state requires another read (cc_crl_file_state_t): it may have changed without a
 * trace, or it waits for another file or for a time. All other files are loaded, checked together
 * with the contents of the other files, and then accepted or refused. If a file is refused, its
 * previous CRLs stay in use. Since a complete CRL may arrive after the delta that needs it, a poll
 * in which something has changed goes through the files twice.
 */
#include <string.h>

#include "crl/internal.h"
#include "crl/kept.h"

#define TRIES 20 /* to read a file at start that is being written, every SOON */
#define SOON apr_time_from_msec(50)
#define PAUSE apr_time_from_sec(1)     /* between two checks for a missing file */
#define PATIENCE apr_time_from_sec(10) /* with a file whose end is missing */

/* ---- loading --------------------------------------------------------------------------------- */

cc_crl_loader_t cc_crl_loader_of(const cc_crls_t *crls)
{
    return (cc_crl_loader_t){.trust = crls->trust,
                             .cas = crls->cas,
                             .held = cc_crls_newest(crls, crls->scratch),
                             .pass_foreign = crls->spec->pass_foreign,
                             .kept = crls->spec->kept,
                             .pool = crls->scratch};
}

/* Loads a file. APR_EBUSY also if the file has changed since the scan, or no longer exists. */
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

/* True if another read may find the missing part. */
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
    file->state = cc_file_stamp_fresh(&file->seen, apr_time_now()) ? CC_CRL_FILE_NEW
                  : status == APR_SUCCESS                          ? CC_CRL_FILE_TAKEN
                                                                   : CC_CRL_FILE_REFUSED;
    return status;
}

/* At start, waits for a file that is being written. */
static apr_status_t first_load(cc_crls_t *crls, cc_crl_file_t *file)
{
    apr_status_t status = cc_crl_file_first(crls, file, true);

    if (status == APR_ENOTIMPL && file->source->folder) {
        status = APR_SUCCESS;
    }
    if (status == APR_SUCCESS) {
        file->refusal.tag = NULL; /* of an earlier try */
    }
    return status;
}

/* Deltas find their bases only when all files are loaded. */
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
    if (*wait == 0 || shorter < *wait) {
        *wait = shorter;
    }
}

static bool same_crls(const cc_crl_content_t *a, const cc_crl_content_t *b)
{
    if (!a || a->crls->nelts != b->crls->nelts || a->authorities->list->nelts ||
        b->authorities->list->nelts) {
        return false;
    }
    for (int i = 0; i < a->crls->nelts; i++) {
        if (!cc_crl_content_has(a, APR_ARRAY_IDX(b->crls, i, const cc_crl_t *))) {
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
    file->unread = file->behind = false;
    cc_crl_kept_put(crls, file->path, content);
    cc_crl_file_settle(file, CC_CRL_FILE_TAKEN, 0);
    cc_crls_count_file(crls, file, true);
}

void cc_crl_file_settle(cc_crl_file_t *file, cc_crl_file_state_t state, apr_time_t again_at)
{
    bool refused =
        state == CC_CRL_FILE_REFUSED || state == CC_CRL_FILE_WAITING || state == CC_CRL_FILE_EARLY;

    file->state = state;
    file->again_at = again_at;
    if (!refused) {
        file->refusal.tag = NULL;
        file->reported = NULL;
    }
}

/* Reports an error of a file once, and again when it is a different one; `pending`: not yet. */
static void refusal_settle(cc_crl_file_t *file, bool pending)
{
    if (!pending && file->reported && strcmp(file->reported, file->refusal.tag) == 0) {
        file->refusal.tag = NULL;
    } else {
        file->reported = file->refusal.tag;
    }
}

static bool is_due(const cc_crls_t *crls, const cc_crl_file_t *file, apr_time_t now)
{
    if (!cc_file_stamp_same(&file->stamp, &file->seen) || file->again) {
        return true;
    }
    switch (file->state) {
    case CC_CRL_FILE_NEW:
        return true;
    case CC_CRL_FILE_WAITING:
        return crls->changed;
    case CC_CRL_FILE_EARLY:
    case CC_CRL_FILE_UNFINISHED:
        return now >= file->again_at;
    default:
        return false;
    }
}

/* Sets the state of a file that cannot be accepted. */
static void refused_settle(cc_crls_t *crls, cc_crl_file_t *file, apr_status_t status, bool pending,
                           apr_time_t now)
{
    bool no_end = status == APR_EINCOMPLETE || status == APR_ENOTIMPL;

    if (no_end && is_young(&file->stamp, now)) {
        cc_crl_file_settle(file, CC_CRL_FILE_UNFINISHED, now + PAUSE);
    } else if (status == APR_ENOTIMPL && file->source->folder && !file->content) {
        cc_crl_file_settle(file, CC_CRL_FILE_OTHER, 0);
        crls->changed = crls->changed || file->unread; /* not a file of CRLs: nothing is missing */
        file->unread = false;
    } else {
        refusal_settle(file, pending);
    }
}

/* Whether the loaded content may be used; otherwise the file's state is what it waits for. */
static apr_status_t content_judge(cc_crls_t *crls, cc_crl_file_t *file,
                                  const cc_crl_content_t *content, apr_time_t now)
{
    return cc_crl_turned_foreign(crls, file, file->content, content)
               ? APR_EINVAL
               : cc_crl_content_judge(crls, file, content, now);
}

/* Accepts or refuses the present content of a file; false: it is being written. */
static bool file_read(cc_crls_t *crls, cc_crl_file_t *file, apr_time_t now)
{
    bool pending = file->refusal.tag != NULL;
    cc_crl_content_t *content = NULL;
    apr_status_t status = file_load(&content, crls, file);

    if (status == APR_EBUSY) {
        cc_crl_file_settle(file, CC_CRL_FILE_NEW, 0);
        return false;
    }
    if (!cc_file_stamp_same(&file->stamp, &file->seen)) {
        file->reported = NULL;
    }
    file->seen = file->stamp;
    cc_crl_file_settle(file, CC_CRL_FILE_REFUSED, 0);
    if (status == APR_SUCCESS) {
        status = content_judge(crls, file, content, now);
    }
    if (status == APR_SUCCESS) {
        content_take(crls, file, content);
    } else {
        cc_crl_content_release(content);
        refused_settle(crls, file, status, pending, now);
    }
    file->again = false;
    return true;
}

/*
 * A file that is being replaced may be missing for a moment. If it stays missing, its CRLs are
 * dropped, and this is false.
 */
static bool missing_poll(cc_crls_t *crls, cc_crl_file_t *file, apr_time_t now,
                         apr_interval_time_t *wait)
{
    if (file->missing_at == 0) {
        file->missing_at = now;
    }
    if (file->content && now - file->missing_at < PAUSE && now >= file->missing_at) {
        wait_shorten(wait, PAUSE);
        return true;
    }
    crls->changed = crls->changed || file->content || file->unread;
    cc_crl_kept_forget(crls, file->path);
    cc_crl_content_release(file->content);
    apr_pool_destroy(file->pool);
    return false;
}

/* False if the file is gone. */
static bool file_poll(cc_crls_t *crls, cc_crl_file_t *file, apr_time_t now,
                      apr_interval_time_t *wait)
{
    if (!file->present) {
        return missing_poll(crls, file, now, wait);
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

static void files_poll(cc_crls_t *crls, apr_time_t now, apr_interval_time_t *wait)
{
    cc_crl_file_t **files = (cc_crl_file_t **)crls->files->elts;
    int kept = 0;

    for (int i = 0; i < crls->files->nelts; i++) {
        if (file_poll(crls, files[i], now, wait)) {
            files[kept++] = files[i];
        }
    }
    crls->files->nelts = kept;
}

apr_interval_time_t cc_crls_poll_files(cc_crls_t *crls, apr_time_t now)
{
    apr_interval_time_t wait = 0;

    files_poll(crls, now, &wait);
    if (crls->changed) {
        files_poll(crls, now, &wait); /* the base of a refused delta may have arrived */
    }
    return wait;
}
