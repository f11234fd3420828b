/* SPDX-License-Identifier: Apache-2.0 */
/* Opens the CAs of a host, polls their files, and reports what has changed: for one thread. */
#include <stdlib.h>
#include <string.h>

#include <apr_file_info.h>
#include <apr_strings.h>

#include "ca/followed.h"

#define SOON apr_time_from_msec(50)

/* ---- making ---------------------------------------------------------------------------------- */

static apr_status_t cas_close(void *data)
{
    cc_cas_t *cas = data;

    for (int i = 0; i < cas->files->nelts; i++) {
        cc_ca_file_t *file = APR_ARRAY_IDX(cas->files, i, cc_ca_file_t *);

        cc_ca_content_release(file->content);
        cc_ca_content_release(file->in_set);
    }
    cc_ca_set_free(cc_snapshot_reclaim(&cas->sets));
    cc_ca_set_free(cc_snapshot_current(&cas->sets));
    apr_pool_destroy(cas->pool);
    return APR_SUCCESS;
}

static apr_status_t cas_keep(void *cas)
{
    cc_cas_departures_keep(cas);
    return APR_SUCCESS;
}

static bool domain_same(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : !a && !b;
}

/* The number of the group of a directive, which is made if there is none. */
static int group_of(cc_cas_t *cas, const cc_ca_spec_t *spec)
{
    cc_ca_group_t *group = NULL;
    int number = 0;

    for (; number < cas->groups->nelts; number++) {
        group = &APR_ARRAY_IDX(cas->groups, number, cc_ca_group_t);
        if (domain_same(group->domain, spec->domain)) {
            group->depth = group->depth < 0 ? spec->depth : group->depth;
            return number;
        }
    }
    APR_ARRAY_PUSH(cas->groups, cc_ca_group_t) =
        (cc_ca_group_t){.domain = spec->domain, .depth = spec->depth};
    return number;
}

static void sources_add(cc_cas_t *cas, cc_ca_line_t *line, apr_pool_t *p)
{
    for (int i = 0; i < line->spec->paths->nelts; i++) {
        const char *path = APR_ARRAY_IDX(line->spec->paths, i, const char *);
        cc_ca_source_t *source = apr_array_push(cas->sources);
        char *merged = NULL;

        *source = (cc_ca_source_t){.line = line, .path = path};
        if (apr_filepath_merge(&merged, cas->plan.root, path, 0, p) == APR_SUCCESS) {
            source->path = merged;
        }
    }
}

static void lines_add(cc_cas_t *cas, apr_pool_t *p)
{
    const apr_array_header_t *specs = cas->plan.specs;
    int paths = 0;

    for (int i = 0; i < specs->nelts; i++) {
        const cc_ca_spec_t *spec = APR_ARRAY_IDX(specs, i, const cc_ca_spec_t *);

        APR_ARRAY_PUSH(cas->lines, cc_ca_line_t) =
            (cc_ca_line_t){.spec = spec, .group = group_of(cas, spec)};
        paths += spec->paths->nelts;
    }
    cas->sources = apr_array_make(p, paths, sizeof(cc_ca_source_t));
    for (int i = 0; i < cas->lines->nelts; i++) {
        sources_add(cas, &APR_ARRAY_IDX(cas->lines, i, cc_ca_line_t), p);
    }
}

cc_cas_t *cc_cas_create(const cc_cas_plan_t *plan, apr_pool_t *p)
{
    cc_cas_t *cas = apr_pcalloc(p, sizeof(*cas));

    cas->plan = *plan;
    cas->counters = &cas->own;
    /* With its own allocator, since only the polling thread uses it, independently of `p`. */
    apr_pool_create_unmanaged_ex(&cas->pool, NULL, NULL);
    cas->groups = apr_array_make(p, plan->specs->nelts, sizeof(cc_ca_group_t));
    cas->lines = apr_array_make(p, plan->specs->nelts, sizeof(cc_ca_line_t));
    cas->files = apr_array_make(cas->pool, 8, sizeof(cc_ca_file_t *));
    cc_snapshot_init(&cas->sets, NULL);
    apr_pool_cleanup_register(p, cas, cas_close, apr_pool_cleanup_null);
    apr_pool_pre_cleanup_register(p, cas, cas_keep); /* the counters are still there */
    lines_add(cas, p);
    return cas;
}

/* ---- sets ------------------------------------------------------------------------------------ */

static int files_compare(const void *a, const void *b)
{
    const cc_ca_file_t *one = *(cc_ca_file_t *const *)a, *other = *(cc_ca_file_t *const *)b;

    if (one->source != other->source) {
        return one->source < other->source ? -1 : 1;
    }
    return strcmp(one->path, other->path);
}

/* The order of CAs is always that of the paths in the directives, and in a folder of the names. */
cc_ca_set_t *cc_cas_set_of(cc_cas_t *cas, const cc_ca_set_t *before)
{
    apr_array_header_t *parts =
        apr_array_make(cas->scratch, cas->files->nelts, sizeof(cc_ca_part_t));

    if (cas->files->nelts > 0) {
        qsort(cas->files->elts, (size_t)cas->files->nelts, sizeof(cc_ca_file_t *), files_compare);
    }
    for (int i = 0; i < cas->files->nelts; i++) {
        const cc_ca_file_t *file = APR_ARRAY_IDX(cas->files, i, const cc_ca_file_t *);

        if (file->content) {
            APR_ARRAY_PUSH(parts, cc_ca_part_t) =
                (cc_ca_part_t){file->content, file->source->line->group, file->gap};
        }
    }
    return cc_ca_set_make(cas->groups, parts, before, cc_cas_time(cas));
}

/* Notes that a set was made from the present contents, and forgets files that are gone. */
static void files_settle(cc_cas_t *cas)
{
    cc_ca_file_t **files = (cc_ca_file_t **)cas->files->elts;
    int kept = 0;

    for (int i = 0; i < cas->files->nelts; i++) {
        cc_ca_file_t *file = files[i];

        cc_ca_content_release(file->in_set);
        file->in_set = file->content ? cc_ca_content_hold(file->content) : NULL;
        file->first = false;
        file->gap = false;
        if (file->gone) {
            apr_pool_destroy(file->pool);
        } else {
            files[kept++] = file;
        }
    }
    cas->files->nelts = kept;
}

static void set_changed(cc_cas_t *cas, const cc_ca_set_t *set, apr_time_t when)
{
    cas->changed = false;
    cas->gaps = false;
    cc_ca_kept_ages_put(cas, set);
    atomic_store(&cas->counters->changed_at, (apr_uint64_t)apr_time_sec(when));
}

void cc_cas_complete(cc_cas_t *cas)
{
    cc_ca_set_t *set = cc_cas_set_of(cas, NULL);

    cc_ca_kept_ages_restore(cas, set);
    cc_snapshot_init(&cas->sets, set);
    for (int i = 0; i < cas->files->nelts; i++) {
        cc_ca_file_t *file = APR_ARRAY_IDX(cas->files, i, cc_ca_file_t *);

        if (file->content || file->refusal.tag) {
            cc_ca_file_count(cas, file, !file->refusal.tag);
        }
    }
    files_settle(cas);
    set_changed(cas, set, cc_ca_files_written(cas));
    cc_cas_count_poll(cas, apr_time_now());
}

/* ---- opening --------------------------------------------------------------------------------- */

/* Sets *err to the problem of a source. */
static apr_status_t source_open(cc_cas_t *cas, cc_ca_source_t *source, cc_error_t *err)
{
    apr_status_t status = APR_SUCCESS;

    cc_ca_source_scan(cas, source);
    for (int i = 0; !source->problem.tag && i < cas->files->nelts; i++) {
        cc_ca_file_t *file = APR_ARRAY_IDX(cas->files, i, cc_ca_file_t *);

        if (file->source == source) {
            status = cc_ca_file_first(cas, file, true);
            *err = file->refusal.error;
        }
        if (status != APR_SUCCESS) {
            return status;
        }
    }
    if (!source->problem.tag && !cc_ca_source_gives(cas, source)) {
        cc_ca_source_without(source, cas->scratch);
    }
    *err = source->problem;
    return err->tag ? APR_EINVAL : APR_SUCCESS;
}

static apr_status_t sources_open(cc_cas_t *cas, apr_pool_t *p, cc_error_t *err)
{
    for (int i = 0; i < cas->sources->nelts; i++) {
        cc_ca_source_t *source = &APR_ARRAY_IDX(cas->sources, i, cc_ca_source_t);
        cc_error_t found = {NULL, NULL, NULL, NULL};

        if (source_open(cas, source, &found) != APR_SUCCESS) {
            cc_error_set(err, p, found.tag, found.word, "%s", found.message);
            if (err) {
                err->where = source->line->spec->where;
            }
            return APR_EINVAL;
        }
    }
    return APR_SUCCESS;
}

apr_status_t cc_cas_open(cc_cas_t **cas, const cc_cas_plan_t *plan, apr_pool_t *p, cc_error_t *err)
{
    cc_cas_t *made = cc_cas_create(plan, p);
    apr_status_t status = APR_SUCCESS;

    apr_pool_create_unmanaged_ex(&made->scratch, NULL, NULL);
    status = sources_open(made, p, err);
    if (status == APR_SUCCESS) {
        cc_cas_complete(made);
        *cas = made;
    }
    apr_pool_destroy(made->scratch);
    return status;
}

/* ---- polling --------------------------------------------------------------------------------- */

/* A poll, and the function that it reports to. */
typedef struct {
    cc_cas_t *cas;
    apr_time_t now;
    cc_cas_report_fn *report;
    void *baton;
} ca_poll_t;

static void refusal_report(const ca_poll_t *poll, cc_ca_refusal_t *refusal,
                           const cc_ca_line_t *line)
{
    cc_cas_news_t news = {.refusal = &refusal->error, .first = refusal->first};

    if (refusal->error.tag) {
        refusal->error.where = line->spec->where;
        poll->report(poll->cas, &news, poll->baton);
        refusal->error.tag = NULL;
    }
}

static void refusals_report(const ca_poll_t *poll)
{
    for (int i = 0; i < poll->cas->sources->nelts; i++) {
        cc_ca_source_t *source = &APR_ARRAY_IDX(poll->cas->sources, i, cc_ca_source_t);

        refusal_report(poll, &source->refusal, source->line);
    }
    for (int i = 0; i < poll->cas->files->nelts; i++) {
        cc_ca_file_t *file = APR_ARRAY_IDX(poll->cas->files, i, cc_ca_file_t *);

        refusal_report(poll, &file->refusal, file->source->line);
    }
}

/* The CAs of a content that a group does not have. */
static apr_array_header_t *missing_from(const cc_ca_group_t *group, const cc_ca_content_t *content,
                                        apr_pool_t *p)
{
    apr_array_header_t *missing = apr_array_make(p, 1, sizeof(const char *));

    for (int i = 0; content && i < content->count; i++) {
        if (!cc_ca_of_mark(group, content->entries[i].mark)) {
            APR_ARRAY_PUSH(missing, const char *) = cc_ca_entry_text(&content->entries[i], p);
        }
    }
    return missing;
}

/* Reports the CAs that came and left with a file. Those that merely moved between files did not. */
static void change_report(const ca_poll_t *poll, const cc_ca_file_t *file,
                          const cc_ca_set_t *before, const cc_ca_set_t *now)
{
    apr_pool_t *p = poll->cas->scratch;
    int group = file->source->line->group;
    apr_array_header_t *came = missing_from(&before->groups[group], file->content, p);
    apr_array_header_t *left = missing_from(&now->groups[group], file->in_set, p);
    cc_cas_news_t news = {.path = file->path, .came = came, .left = left, .first = file->first};

    if (came->nelts > 0 || left->nelts > 0) {
        poll->report(poll->cas, &news, poll->baton);
    }
}

static void changes_report(const ca_poll_t *poll, const cc_ca_set_t *before, const cc_ca_set_t *now)
{
    for (int i = 0; i < poll->cas->files->nelts; i++) {
        const cc_ca_file_t *file = APR_ARRAY_IDX(poll->cas->files, i, const cc_ca_file_t *);

        if (file->content != file->in_set) {
            change_report(poll, file, before, now);
        }
    }
}

/* Makes a new set, if it is a different one. */
static void set_renew(const ca_poll_t *poll)
{
    cc_cas_t *cas = poll->cas;
    cc_ca_set_t *before = cc_snapshot_current(&cas->sets);
    cc_ca_set_t *next = cc_cas_set_of(cas, before);

    if (!cas->gaps && cc_ca_set_same(before, next)) {
        cc_ca_set_free(next);
        cas->changed = false;
    } else {
        cc_snapshot_replace(&cas->sets, next);
        set_changed(cas, next, apr_time_now());
        changes_report(poll, before, next);
        cc_ca_set_free(cc_snapshot_reclaim(&cas->sets));
    }
    files_settle(cas);
}

static void lines_poll(const ca_poll_t *poll)
{
    for (int i = 0; i < poll->cas->lines->nelts; i++) {
        cc_ca_line_t *line = &APR_ARRAY_IDX(poll->cas->lines, i, cc_ca_line_t);
        apr_interval_time_t reload = line->spec->reload;

        if (reload > 0 && cc_due_now(&line->due, reload, poll->now)) {
            cc_due_polled(&line->due, reload, cc_ca_line_poll(poll->cas, line, poll->now),
                          poll->now);
        }
    }
    cc_cas_count_poll(poll->cas, poll->now);
    refusals_report(poll);
}

static apr_interval_time_t wait_of(const cc_cas_t *cas, apr_time_t now)
{
    apr_interval_time_t wait = 0;

    for (int i = 0; i < cas->lines->nelts; i++) {
        const cc_ca_line_t *line = &APR_ARRAY_IDX(cas->lines, i, const cc_ca_line_t);
        apr_interval_time_t next = line->due.next - now;

        if (line->spec->reload > 0 && (wait == 0 || next < wait)) {
            wait = next;
        }
    }
    return cas->changed && wait > SOON ? SOON : wait;
}

apr_interval_time_t cc_cas_poll(cc_cas_t *cas, apr_time_t now, cc_cas_report_fn *report,
                                void *baton, apr_pool_t *scratch)
{
    ca_poll_t poll = {cas, now, report, baton};

    cas->scratch = scratch;
    cc_cas_time(cas);
    lines_poll(&poll);
    cc_ca_set_free(cc_snapshot_reclaim(&cas->sets));
    if (cas->changed && cc_snapshot_settled(&cas->sets)) { /* no earlier set is still being read */
        set_renew(&poll);
    }
    return wait_of(cas, now);
}
