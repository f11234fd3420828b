/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the files of CAs, at start and whenever they change. */
/*
 * Each file is followed separately: its last good content stays in use until another one is
 * accepted. A file is read once it has settled (base/file_stamp.h), since the first half of a
 * bundle looks like a complete one. A file that never settles is read after RESTLESS.
 *
 * A missing file is not removed at once, since files and folders may be replaced in two steps. A
 * file of a folder is removed when it has been missing for PAUSE, if the folder still gives CAs
 * without it. Otherwise the folder is refused, and all its CAs stay in use.
 */
#include <string.h>

#include "ca/followed.h"

#define TRIES 20 /* to read a file at start that is being written, every SOON */
#define SOON apr_time_from_msec(50)
#define PAUSE apr_time_from_sec(1)    /* how long something is missing before it counts */
#define RESTLESS apr_time_from_sec(5) /* how long a file that is always being written waits */

/* ---- reading --------------------------------------------------------------------------------- */

/* The error is that of the last reading. APR_EBUSY: the file has changed since the scan. */
static apr_status_t file_load(cc_ca_content_t **content, cc_cas_t *cas, cc_ca_file_t *file,
                              cc_error_t *err)
{
    cc_file_stamp_t read = file->stamp;
    cc_ca_content_t *made = NULL;
    apr_status_t status = cc_ca_content_load(&made, &read, file->path, cas->scratch, err);

    if (!cc_file_stamp_same(&read, &file->stamp)) {
        cc_ca_content_release(made);
        return APR_EBUSY;
    }
    if (status == APR_SUCCESS) {
        *content = made;
    }
    return status;
}

/* A file of a folder may contain something else, unless it gave CAs before. */
static bool is_other(const cc_ca_file_t *file, apr_status_t status)
{
    return status == APR_ENOTIMPL && file->source->folder && !file->content;
}

/* Takes the content, which belongs to the file now. */
static void content_take(cc_cas_t *cas, cc_ca_file_t *file, cc_ca_content_t *content)
{
    if (file->content && cc_ca_content_same(file->content, content)) {
        cc_ca_content_release(content); /* the certificates were merely written again */
    } else {
        cc_ca_departures_add(cas, file, file->content, content);
        cc_ca_content_release(file->content);
        file->content = content;
        cas->changed = true;
    }
    cc_ca_kept_put(cas, file->content);
}

apr_status_t cc_ca_file_first(cc_cas_t *cas, cc_ca_file_t *file, bool wait)
{
    cc_error_t *err = &file->refusal.error;
    apr_time_t began = apr_time_now();
    apr_status_t status = file_load(&file->content, cas, file, err);

    for (int i = 0; i < TRIES && wait && status != APR_SUCCESS && !is_other(file, status) &&
                    cc_file_stamp_settling(&file->stamp, began);
         i++) {
        apr_sleep(SOON);
        began = apr_time_now();
        file->stamp = cc_file_stamp_take(file->path, cas->scratch);
        status = file_load(&file->content, cas, file, err);
    }
    file->seen = file->stamp;
    file->unsure = cc_file_stamp_settling(&file->seen, began) || status == APR_EBUSY;
    if (status == APR_SUCCESS || is_other(file, status)) {
        err->tag = NULL; /* of an earlier try */
    }
    if (status == APR_SUCCESS) {
        cas->changed = true;
        cc_ca_kept_put(cas, file->content);
    }
    return is_other(file, status) ? APR_SUCCESS : status;
}

/* ---- following: files ------------------------------------------------------------------------ */

static void wait_shorten(apr_interval_time_t *wait, apr_interval_time_t shorter)
{
    if (shorter < *wait) {
        *wait = shorter;
    }
}

static void file_refuse(cc_cas_t *cas, cc_ca_file_t *file, const cc_error_t *err, bool again)
{
    if (again && file->refusal.tag && strcmp(file->refusal.tag, err->tag) == 0) {
        return; /* the same state was read again */
    }
    file->refusal.tag = err->tag;
    file->refusal.error = *err;
    file->refusal.first = cc_ca_file_count(cas, file, false);
}

static void file_accept(cc_cas_t *cas, cc_ca_file_t *file, cc_ca_content_t *content)
{
    file->refusal = (cc_ca_refusal_t){.tag = NULL};
    content_take(cas, file, content);
    cc_ca_departures_return(cas, file);
    if (cc_ca_file_count(cas, file, true)) {
        file->first = true;
    }
}

/* Accepts or refuses the present content of a file; false: it is being written. */
static bool file_read(cc_cas_t *cas, cc_ca_file_t *file, apr_time_t now)
{
    bool again = cc_file_stamp_same(&file->stamp, &file->seen);
    cc_ca_content_t *content = NULL;
    cc_error_t err = {NULL, NULL, NULL, NULL};
    apr_status_t status = file_load(&content, cas, file, &err);

    if (status == APR_EBUSY) {
        return false;
    }
    file->seen = file->stamp;
    file->unsure = cc_file_stamp_settling(&file->seen, now);
    if (status == APR_SUCCESS) {
        file_accept(cas, file, content);
    } else if (is_other(file, status)) {
        file->refusal = (cc_ca_refusal_t){.tag = NULL};
    } else {
        file_refuse(cas, file, &err, again);
    }
    return true;
}

/* True while the file may be half written, and may still settle. */
static bool is_put_off(cc_ca_file_t *file, apr_time_t now)
{
    if (!cc_file_stamp_settling(&file->stamp, now)) {
        file->put_off = 0;
        return false;
    }
    if (file->put_off == 0 || now < file->put_off) {
        file->put_off = now;
    }
    return cc_file_stamp_fresh(&file->stamp, now) || now - file->put_off < RESTLESS;
}

static void present_poll(cc_cas_t *cas, cc_ca_file_t *file, apr_time_t now,
                         apr_interval_time_t *wait)
{
    bool due = file->unsure || !cc_file_stamp_same(&file->stamp, &file->seen);

    file->missing_at = 0;
    if (due && (is_put_off(file, now) || !file_read(cas, file, now))) {
        wait_shorten(wait, SOON);
    }
}

/* True once something has been missing for PAUSE, since *missing_at, or `since` if that is 0. */
static bool is_gone(apr_time_t *missing_at, apr_time_t since, apr_time_t now,
                    apr_interval_time_t *wait)
{
    if (*missing_at == 0 || now < *missing_at) {
        *missing_at = since;
    }
    if (now - *missing_at < PAUSE) {
        wait_shorten(wait, *missing_at + PAUSE - now);
        return false;
    }
    return true;
}

/*
 * An entry of a folder left when the folder last changed, or before. A link whose target is missing
 * says nothing about the time.
 */
static apr_time_t missing_since(const cc_ca_file_t *file, apr_time_t now)
{
    apr_time_t changed_at = file->source->changed_at;

    return !file->listed && changed_at && changed_at < now ? changed_at : now;
}

static void missing_poll(cc_cas_t *cas, cc_ca_file_t *file, apr_time_t now,
                         apr_interval_time_t *wait)
{
    if (file->gone ||
        (file->content && !is_gone(&file->missing_at, missing_since(file, now), now, wait))) {
        return;
    }
    file->gone = true;
    file->refusal = (cc_ca_refusal_t){.tag = NULL};
    file->seen = (cc_file_stamp_t){.size = 0};
    if (file->content) {
        cas->changed = true;
        cc_ca_departures_add(cas, file, file->content, NULL);
        cc_ca_content_release(file->content);
        file->content = NULL;
        file->first = cc_ca_file_count(cas, file, true) || file->first;
    }
    cc_ca_kept_forget(cas, file->path);
}

/* ---- following: sources ---------------------------------------------------------------------- */

bool cc_ca_source_gives(const cc_cas_t *cas, const cc_ca_source_t *source)
{
    for (int i = 0; i < cas->files->nelts; i++) {
        const cc_ca_file_t *file = APR_ARRAY_IDX(cas->files, i, const cc_ca_file_t *);

        if (file->source == source && file->present && file->content) {
            return true;
        }
    }
    return false;
}

void cc_ca_source_without(cc_ca_source_t *source, apr_pool_t *p)
{
    cc_ca_without(source->path, "the directory contains no file with a certificate", p,
                  &source->problem);
}

/* Refuses a source that has had a problem for PAUSE, once. */
static void source_settle(cc_cas_t *cas, cc_ca_source_t *source, apr_time_t now,
                          apr_interval_time_t *wait)
{
    cc_ca_refusal_t *refusal = &source->refusal;
    const char *tag = source->problem.tag;

    if (!tag) {
        source->missing_at = 0;
        if (refusal->tag) {
            cc_ca_source_count(cas, source, NULL);
        }
        *refusal = (cc_ca_refusal_t){.tag = NULL};
    } else if (!(refusal->tag && strcmp(refusal->tag, tag) == 0) &&
               is_gone(&source->missing_at, now, now, wait)) {
        refusal->tag = tag;
        refusal->error = source->problem;
        refusal->first = cc_ca_source_count(cas, source, tag);
    }
}

static void files_poll(cc_cas_t *cas, const cc_ca_source_t *source, bool present, apr_time_t now,
                       apr_interval_time_t *wait)
{
    for (int i = 0; i < cas->files->nelts; i++) {
        cc_ca_file_t *file = APR_ARRAY_IDX(cas->files, i, cc_ca_file_t *);

        if (file->source == source && file->present == present) {
            (present ? present_poll : missing_poll)(cas, file, now, wait);
        }
    }
}

static void source_poll(cc_cas_t *cas, cc_ca_source_t *source, apr_time_t now,
                        apr_interval_time_t *wait)
{
    cc_ca_source_scan(cas, source);
    files_poll(cas, source, true, now, wait);
    if (!source->problem.tag && source->folder && !cc_ca_source_gives(cas, source)) {
        cc_ca_source_without(source, cas->scratch);
    }
    if (!source->problem.tag && cc_ca_source_gives(cas, source)) {
        files_poll(cas, source, false, now, wait);
    }
    source_settle(cas, source, now, wait);
}

apr_interval_time_t cc_ca_line_poll(cc_cas_t *cas, cc_ca_line_t *line, apr_time_t now)
{
    apr_interval_time_t wait = line->spec->reload;

    cc_ca_departures_find(cas, line);
    for (int i = 0; i < cas->sources->nelts; i++) {
        cc_ca_source_t *source = &APR_ARRAY_IDX(cas->sources, i, cc_ca_source_t);

        if (source->line == line) {
            source_poll(cas, source, now, &wait);
        }
    }
    cc_ca_departures_apply(cas, line);
    return wait;
}
