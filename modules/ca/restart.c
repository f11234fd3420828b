/* SPDX-License-Identifier: Apache-2.0 */
/* Opens CAs at a restart, with the previous CAs of each file that cannot be loaded now. */
#include "ca/followed.h"

/* A set that is being opened, and the function that it reports to. */
typedef struct {
    cc_cas_t *cas;
    cc_cas_reopened_fn *report;
    void *baton;
} ca_reopening_t;

static void refuse(const ca_reopening_t *o, cc_ca_refusal_t *refusal, cc_error_t *err,
                   const cc_ca_source_t *source, apr_time_t since)
{
    refusal->tag = err->tag; /* the poll need not report it again */
    err->where = source->line->spec->where;
    o->report(err, since, o->baton);
    err->tag = NULL;
}

/* Replaces the content of a file by the kept one; the result is the time of that, or 0. */
static apr_time_t restore(const ca_reopening_t *o, cc_ca_file_t *file)
{
    apr_time_t since = 0;

    file->content = cc_ca_kept_load(&since, o->cas, file->path);
    return since;
}

/* A file of a folder that has become something else is refused, if it gave CAs before. */
static void file_reopen(const ca_reopening_t *o, cc_ca_file_t *file)
{
    bool wait = file->source->line->spec->reload == 0; /* otherwise the poll reads it again */
    apr_time_t since = restore(o, file);
    cc_ca_content_t *kept = file->content;
    apr_status_t status = cc_ca_file_first(o->cas, file, wait || !kept);

    if (status == APR_SUCCESS) {
        if (file->content != kept) {
            cc_ca_content_release(kept);
        }
        return;
    }
    refuse(o, &file->refusal, &file->refusal.error, file->source, since);
}

/* Takes the kept files of a source that cannot be read, or gives no CAs. */
static void source_refuse(const ca_reopening_t *o, cc_ca_source_t *source)
{
    apr_array_header_t *paths = apr_array_make(o->cas->scratch, 4, sizeof(const char *));
    apr_time_t since = 0;

    cc_ca_kept_below(paths, o->cas, source->path);
    if (paths->nelts == 0) {
        APR_ARRAY_PUSH(paths, const char *) = source->path;
    }
    for (int i = 0; i < paths->nelts; i++) {
        cc_ca_file_t *file = cc_ca_file_of(o->cas, source, APR_ARRAY_IDX(paths, i, const char *));
        apr_time_t accepted = restore(o, file);

        since = accepted > since ? accepted : since;
    }
    refuse(o, &source->refusal, &source->problem, source, since);
}

static void source_reopen(const ca_reopening_t *o, cc_ca_source_t *source)
{
    int before = o->cas->files->nelts;

    cc_ca_source_scan(o->cas, source);
    for (int i = before; i < o->cas->files->nelts && !source->problem.tag; i++) {
        file_reopen(o, APR_ARRAY_IDX(o->cas->files, i, cc_ca_file_t *));
    }
    if (!source->problem.tag && source->folder && !cc_ca_source_gives(o->cas, source)) {
        cc_ca_source_without(source, o->cas->scratch);
    }
    if (source->problem.tag) {
        source_refuse(o, source);
    }
}

void cc_cas_reopen(cc_cas_t **cas, const cc_cas_plan_t *plan, apr_pool_t *p,
                   cc_cas_reopened_fn *report, void *baton)
{
    cc_cas_t *made = cc_cas_create(plan, p);
    ca_reopening_t o = {made, report, baton};

    apr_pool_create_unmanaged_ex(&made->scratch, NULL, NULL);
    for (int i = 0; i < made->sources->nelts; i++) {
        source_reopen(&o, &APR_ARRAY_IDX(made->sources, i, cc_ca_source_t));
    }
    cc_cas_complete(made);
    apr_pool_destroy(made->scratch);
    *cas = made;
}
