/* SPDX-License-Identifier: Apache-2.0 */
/* Lets processes learn from each other which CAs have left a file. */
/*
 * The parent polls less often than its children, and a new child has the data of the parent. So it
 * may hold a CA that other processes saw leave. If the file is bad by then, this CA would be
 * accepted again. If the CA has come back, it would still have its age, and older sessions with it.
 *
 * So each process lists in shared memory which CA left which file. A process that holds such a CA
 * reads the file again. If it is good, a CA that is in it counts as new. Otherwise the CA does not
 * count until a good file has it. What left before the previous poll of a line is settled: that
 * poll looked at the files afterwards. A departure that is listed late, by a process that read the
 * file before it changed, costs at worst a full handshake, or holds until the next good file.
 */
#include <string.h>

#include <apr_hash.h>

#include "ca/followed.h"

/* If more CAs leave a file at a time, it is listed as if all did, since the list is short. */
#define MANY 64

/* ---- the list -------------------------------------------------------------------------------- */

/* FNV-1a of the path, with the digest of the CA; NULL: all CAs of the file. */
static apr_uint64_t entry_of(const char *path, const cc_ca_entry_t *ca)
{
    apr_uint64_t print = 14695981039346656037u, mark = 0;

    for (; *path; path++) {
        print = (print ^ (unsigned char)*path) * 1099511628211u;
    }
    if (ca) {
        memcpy(&mark, ca->mark, sizeof(mark));
    }
    print ^= mark;
    return (print ^ print >> 32) & 0xFFFFFFFFu;
}

/* The CAs of a content (of cc_ca_entry_t *) that another one, or none, does not have. */
static apr_array_header_t *missing_from(const cc_ca_content_t *now, const cc_ca_content_t *before,
                                        apr_pool_t *p)
{
    apr_array_header_t *missing = apr_array_make(p, 1, sizeof(const cc_ca_entry_t *));
    apr_hash_t *marks = apr_hash_make(p);

    for (int i = 0; now && i < now->count; i++) {
        apr_hash_set(marks, now->entries[i].mark, CC_CA_MARK_LEN, now);
    }
    for (int i = 0; before && i < before->count; i++) {
        if (!apr_hash_get(marks, before->entries[i].mark, CC_CA_MARK_LEN)) {
            APR_ARRAY_PUSH(missing, const cc_ca_entry_t *) = &before->entries[i];
        }
    }
    return missing;
}

static void entry_add(const cc_cas_t *cas, const cc_ca_file_t *file, const cc_ca_entry_t *ca)
{
    apr_uint64_t after = file->source->line->departures;

    cc_ca_journal_add(&cas->departures, &after, entry_of(file->path, ca));
}

void cc_ca_departures_add(const cc_cas_t *cas, const cc_ca_file_t *file,
                          const cc_ca_content_t *before, const cc_ca_content_t *now)
{
    const apr_array_header_t *missing = NULL;

    if (!cas->departures.slots) {
        return;
    }
    missing = missing_from(now, before, cas->scratch);
    if (missing->nelts > MANY) {
        entry_add(cas, file, NULL);
    }
    for (int i = 0; i < missing->nelts && missing->nelts <= MANY; i++) {
        entry_add(cas, file, APR_ARRAY_IDX(missing, i, const cc_ca_entry_t *));
    }
}

/* ---- what it means for a file ---------------------------------------------------------------- */

static bool is_listed(const cc_cas_t *cas, const cc_ca_file_t *file, const cc_ca_entry_t *ca)
{
    const cc_ca_line_t *line = file->source->line;

    return cc_ca_journal_has(&cas->departures, entry_of(file->path, ca), line->departures,
                             line->latest);
}

static bool has_departed(const cc_cas_t *cas, const cc_ca_file_t *file, int number)
{
    const cc_ca_line_t *line = file->source->line;

    return line->latest > line->departures &&
           (is_listed(cas, file, &file->content->entries[number]) || is_listed(cas, file, NULL));
}

/* True if a CA of the present content has departed. */
static bool any_has_departed(const cc_cas_t *cas, const cc_ca_file_t *file)
{
    for (int i = 0; file->content && i < file->content->count; i++) {
        if (has_departed(cas, file, i)) {
            return true;
        }
    }
    return false;
}

/* Replaces the content by one without the CAs that have departed. */
static void content_reduce(cc_cas_t *cas, cc_ca_file_t *file)
{
    apr_array_header_t *ders = apr_array_make(cas->scratch, 4, sizeof(cc_ca_der_t));
    cc_ca_content_t *reduced = NULL;

    for (int i = 0; i < file->content->count; i++) {
        if (!has_departed(cas, file, i)) {
            APR_ARRAY_PUSH(ders, cc_ca_der_t) = file->content->entries[i].der;
        }
    }
    if (cc_ca_content_make(&reduced, ders, file->path, cas->scratch, NULL) != APR_SUCCESS) {
        ders->nelts = 0;
        cc_ca_content_make(&reduced, ders, file->path, cas->scratch, NULL);
    }
    cc_ca_content_release(file->content);
    file->content = reduced;
    file->unsure = true; /* as soon as it is good, it is read again */
    cas->changed = true;
    cc_ca_kept_put(cas, reduced);
}

/* ---- a poll ---------------------------------------------------------------------------------- */

void cc_ca_departures_find(cc_cas_t *cas, cc_ca_line_t *line)
{
    if (!cas->departures.slots) {
        return;
    }
    line->latest = cc_ca_journal_last(&cas->departures, line->departures);
    for (int i = 0; i < cas->files->nelts; i++) {
        cc_ca_file_t *file = APR_ARRAY_IDX(cas->files, i, cc_ca_file_t *);

        if (file->source->line == line && any_has_departed(cas, file)) {
            file->departed = true;
            file->unsure = true;
        }
    }
}

void cc_ca_departures_return(cc_cas_t *cas, cc_ca_file_t *file)
{
    if (file->departed && any_has_departed(cas, file)) {
        file->gap = true;
        cas->gaps = true;
        cas->changed = true;
    }
    file->departed = false;
}

void cc_ca_departures_apply(cc_cas_t *cas, cc_ca_line_t *line)
{
    for (int i = 0; i < cas->files->nelts; i++) {
        cc_ca_file_t *file = APR_ARRAY_IDX(cas->files, i, cc_ca_file_t *);

        if (file->source->line == line && file->departed) {
            file->departed = false;
            if (file->content) {
                content_reduce(cas, file);
            }
        }
    }
    line->departures = line->latest;
}

/* ---- a restart ------------------------------------------------------------------------------- */

void cc_cas_departures_keep(cc_cas_t *cas)
{
    cc_ca_set_t *set = NULL;

    if (!cas->departures.slots || !cc_ca_kept_owned(cas)) {
        return;
    }
    apr_pool_create_unmanaged_ex(&cas->scratch, NULL, NULL);
    for (int i = 0; i < cas->lines->nelts; i++) {
        cc_ca_line_t *line = &APR_ARRAY_IDX(cas->lines, i, cc_ca_line_t);

        cc_ca_departures_find(cas, line);
        cc_ca_departures_apply(cas, line);
    }
    if (cas->changed) {
        set = cc_cas_set_of(cas, cc_snapshot_current(&cas->sets));
        cc_ca_kept_ages_put(cas, set);
        cc_ca_set_free(set);
    }
    apr_pool_destroy(cas->scratch);
}
