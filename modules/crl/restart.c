/* SPDX-License-Identifier: Apache-2.0 */
/* Opens CRLs at a restart, with the previous CRLs of each file that cannot be loaded now. */
#include <string.h>

#include "crl/kept.h"

/* A directive that is being opened, and the function that it reports to. */
typedef struct {
    cc_crls_t *crls;
    cc_crls_reopened_fn *report;
    void *baton;
} reopening_t;

static void refusal_report(const reopening_t *o, cc_error_t *err, apr_time_t since)
{
    err->where = o->crls->spec->where;
    o->report(err, since, o->baton);
    err->tag = NULL;
}

/*
 * The kept content of a file. If there is no content that this host can use, *since is 0 and the
 * result is NULL. A file may have been in use without a CRL for this host. That does not count if
 * the host's CAs have changed.
 */
static cc_crl_content_t *kept_load(apr_time_t *since, const cc_crls_t *crls, const char *path)
{
    bool own = false;
    const cc_crl_kept_state_t *state = cc_crl_kept_find(since, &own, crls, path);
    cc_crl_loader_t loader = cc_crl_loader_of(crls);
    cc_crl_content_t *content = NULL;

    if (state && cc_crl_content_reload(&content, &loader, path, state, *since) == APR_SUCCESS &&
        (own || content->crls->nelts > 0)) {
        return content;
    }
    cc_crl_content_release(content);
    *since = 0;
    return NULL;
}

/* Replaces the present content of the file by the kept one. */
static apr_time_t restore(const cc_crls_t *crls, cc_crl_file_t *file)
{
    apr_time_t since = 0;

    cc_crl_content_release(file->content);
    file->content = NULL; /* the loader looks at the contents of all files */
    file->content = kept_load(&since, crls, file->path);
    return since;
}

/* ---- files ----------------------------------------------------------------------------------- */

/* A folder that was in use stays in use, whatever new files it contains. */
static bool is_unread(const cc_crls_t *crls, const cc_crl_file_t *file)
{
    return !file->content &&
           !(file->source->folder && cc_crl_kept_marked(crls, file->source->path));
}

static void refuse(const reopening_t *o, cc_crl_file_t *file)
{
    apr_time_t since = restore(o->crls, file);

    if (file->state == CC_CRL_FILE_TAKEN) { /* it could be loaded, but not accepted */
        cc_crl_file_settle(file, CC_CRL_FILE_REFUSED, 0);
    }
    file->reported = file->refusal.tag; /* the poll need not report it again */
    file->unread = is_unread(o->crls, file);
    refusal_report(o, &file->refusal, since);
}

static bool is_kept(const cc_crls_t *crls, const cc_crl_file_t *file)
{
    apr_time_t since;
    bool own;

    return cc_crl_kept_find(&since, &own, crls, file->path) != NULL;
}

static void file_reopen(const reopening_t *o, cc_crl_file_t *file)
{
    bool kept = is_kept(o->crls, file);
    bool wait = !kept || o->crls->spec->reload == 0; /* otherwise the poll reads it again */
    apr_status_t status = cc_crl_file_first(o->crls, file, wait);

    if (status == APR_SUCCESS || (status == APR_ENOTIMPL && file->source->folder && !kept)) {
        file->refusal.tag = NULL;
    } else {
        refuse(o, file);
    }
}

/* True if the file now has only foreign CRLs. */
static bool turned_foreign(const cc_crls_t *crls, cc_crl_file_t *file)
{
    apr_time_t since = 0;
    cc_crl_content_t *before = NULL;
    bool turned;

    if (file->content->crls->nelts > 0) {
        return false;
    }
    before = kept_load(&since, crls, file->path);
    turned = before && cc_crl_turned_foreign(crls, file, before, file->content);
    cc_crl_content_release(before);
    return turned;
}

static void file_judge(const reopening_t *o, cc_crl_file_t *file)
{
    if (!file->content || file->reported) {
        return; /* the kept content has been accepted before */
    }
    if (turned_foreign(o->crls, file) ||
        cc_crl_content_judge(o->crls, file, file->content, apr_time_now()) != APR_SUCCESS) {
        refuse(o, file);
    }
}

/* ---- files and folders that cannot be read --------------------------------------------------- */

static void source_reopen(const reopening_t *o, cc_crl_source_t *source)
{
    apr_array_header_t *paths = apr_array_make(o->crls->scratch, 4, sizeof(const char *));
    apr_time_t since = 0;

    cc_crl_kept_below(paths, o->crls, source->path);
    source->folder = paths->nelts > 0;
    if (!source->folder) {
        APR_ARRAY_PUSH(paths, const char *) = source->path;
    }
    for (int i = 0; i < paths->nelts; i++) {
        cc_crl_file_t *file = cc_crl_file_create(o->crls, APR_ARRAY_IDX(paths, i, const char *));

        file->source = source;
        file->present = true;
        file->state = CC_CRL_FILE_TAKEN; /* there is nothing to read while its source is missing */
        since = restore(o->crls, file);
    }
    source->unread = true;
    refusal_report(o, &source->refusal, since);
}

/* ---- all ------------------------------------------------------------------------------------- */

static void sources_reopen(const reopening_t *o)
{
    for (int i = 0; i < o->crls->sources->nelts; i++) {
        cc_crl_source_t *source = &APR_ARRAY_IDX(o->crls->sources, i, cc_crl_source_t);

        if (source->refusal.tag) {
            source_reopen(o, source);
        }
    }
}

static void files_do(const reopening_t *o, void (*act)(const reopening_t *, cc_crl_file_t *))
{
    for (int i = 0; i < o->crls->files->nelts; i++) {
        cc_crl_file_t *file = APR_ARRAY_IDX(o->crls->files, i, cc_crl_file_t *);

        if (!file->source->unread) {
            act(o, file);
        }
    }
}

void cc_crls_reopen(cc_crls_t **crls, const cc_crl_spec_t *spec, const cc_trust_t *trust,
                    apr_pool_t *p, cc_crls_reopened_fn *report, void *baton)
{
    cc_crls_t *made = cc_crls_create(spec, trust, p);
    reopening_t o = {made, report, baton};

    apr_pool_create_unmanaged_ex(&made->scratch, NULL, NULL);
    cc_crls_scan(made);
    sources_reopen(&o);
    files_do(&o, file_reopen);
    files_do(&o, file_judge); /* deltas find their bases only when all files are loaded */
    cc_crls_complete(made);
    cc_crls_count_poll(made, apr_time_now());
    apr_pool_destroy(made->scratch);
    *crls = made;
}

void cc_crls_mark_unread(cc_crls_t *crls, const char *path)
{
    cc_crl_version_t *version = cc_snapshot_current(&crls->versions);

    for (int i = 0; i < crls->files->nelts; i++) {
        cc_crl_file_t *file = APR_ARRAY_IDX(crls->files, i, cc_crl_file_t *);

        if (strcmp(file->path, path) == 0) {
            file->unread = true;
            version->incomplete = true;
        }
    }
}

/* ---- unread files ---------------------------------------------------------------------------- */

static bool holds_any(const cc_crls_t *crls, const cc_crl_source_t *source)
{
    for (int i = 0; i < crls->files->nelts; i++) {
        const cc_crl_file_t *file = APR_ARRAY_IDX(crls->files, i, const cc_crl_file_t *);

        if (file->source == source && file->content) {
            return true;
        }
    }
    return false;
}

static bool is_complete(const cc_crls_t *crls, const cc_crl_source_t *source)
{
    for (int i = 0; i < crls->files->nelts; i++) {
        const cc_crl_file_t *file = APR_ARRAY_IDX(crls->files, i, const cc_crl_file_t *);

        if (file->source == source && file->unread) {
            return false;
        }
    }
    return !source->unread || holds_any(crls, source);
}

bool cc_crls_incomplete(cc_crls_t *crls)
{
    bool incomplete = false;

    for (int i = 0; i < crls->sources->nelts; i++) {
        const cc_crl_source_t *source = &APR_ARRAY_IDX(crls->sources, i, cc_crl_source_t);
        bool complete = is_complete(crls, source);

        if (complete && source->folder) {
            cc_crl_kept_mark(crls, source->path);
        }
        incomplete = incomplete || !complete;
    }
    return incomplete;
}
