/* SPDX-License-Identifier: Apache-2.0 */
/* Loads a file of lines into a map, and reports all bad lines as one error. */
#include <string.h>

#include <apr_file_info.h>
#include <apr_strings.h>
#include <apr_tables.h>

#include "base/text.h"
#include "tables/internal.h"

#define CHUNK (64 * 1024)
#define ROWS_OF_KEY 16                                /* with valid= */
#define REPORTED 20                                   /* bad lines that the error names */
#define FILE_SIZE_MAX ((apr_off_t)1300 * 1024 * 1024) /* offsets in a map have 32 bits */

/* A file that is being read. */
typedef struct {
    const cc_table_spec_t *spec;
    const char *path;
    cc_map_t *map;
    apr_pool_t *pool;    /* of the error */
    apr_pool_t *scratch; /* of the buffers */
    char *buffer;        /* at its start, octets that were read and not yet processed */
    apr_size_t size;
    apr_size_t filled;
    char *key;                   /* a buffer for a key, as large as `buffer` */
    char *packed;                /* a buffer for columns, see cc_line_columns */
    apr_size_t line;             /* the number of the current line */
    apr_size_t row_line;         /* that of the last row */
    apr_array_header_t *reports; /* const char *: of bad lines */
    int bad;                     /* bad lines, reported or not */
    int remarked;                /* lines with a remark, reported or not */
    apr_pool_t *each;            /* cleared for each line */
    cc_issuer_names_t issuers;   /* of recent lines */
    apr_uint32_t beside_row;     /* with valid=: a row whose key earlier rows have, */
    int beside;                  /* and how many */
    bool full;                   /* the map has no room for all rows */
} table_reader_t;

/* ---- errors ---------------------------------------------------------------------------------- */

static void unreadable(cc_error_t *err, const table_reader_t *r, apr_status_t status)
{
    char reason[120];

    cc_error_set(err, r->pool, "CC0610", r->path, "the file cannot be read: %s",
                 status == APR_EBUSY ? "it is being written"
                                     : apr_strerror(status, reason, sizeof(reason)));
}

/* Counts a bad line; true if the error names it. */
static bool is_reported(table_reader_t *r)
{
    return r->bad++ < REPORTED;
}

static void line_report(table_reader_t *r, apr_uint64_t line, const char *error)
{
    APR_ARRAY_PUSH(r->reports, const char *) =
        apr_psprintf(r->pool, "%s:%" APR_UINT64_T_FMT ": %s",
                     cc_text_escape(r->path, strlen(r->path), r->pool), line, error);
}

/* Adds a remark on a line, if the caller wants them. They do not make the file bad. */
static void line_remark(table_reader_t *r, apr_uint64_t line, const char *remark)
{
    apr_array_header_t *remarks = r->spec->remarks;

    if (remarks && r->remarked++ < REPORTED) {
        APR_ARRAY_PUSH(remarks, const char *) =
            apr_psprintf(remarks->pool, "%s:%" APR_UINT64_T_FMT ": %s",
                         cc_text_escape(r->path, strlen(r->path), r->pool), line, remark);
    }
}

/* In a grid-mapfile, the first line of a subject counts, and others may repeat it. */
static void subject_twice(table_reader_t *r, apr_uint32_t row, apr_uint32_t first)
{
    if (!cc_map_row_same(r->map, row, first)) {
        line_remark(r, cc_map_line(r->map, row),
                    apr_psprintf(r->pool,
                                 "the same name as in line %" APR_UINT64_T_FMT
                                 ", whose account counts",
                                 cc_map_line(r->map, first)));
    }
}

/* With valid=, a key may have several rows, of which one counts at a time. */
static bool is_beside(table_reader_t *r, apr_uint32_t row, apr_uint32_t first)
{
    cc_packed_t one = cc_map_row(r->map, first);
    cc_packed_t other = cc_map_row(r->map, row);

    r->beside = r->beside_row == row ? r->beside + 1 : 1;
    r->beside_row = row;
    return r->beside < ROWS_OF_KEY && cc_period_beside(&one, &other, r->spec->valid);
}

/* The reason why a row is not one of several of its key. */
static const char *twice_text(const table_reader_t *r, apr_uint32_t first)
{
    if (r->beside == ROWS_OF_KEY) {
        return apr_psprintf(r->pool, "more than %d rows with this key", ROWS_OF_KEY);
    }
    return apr_psprintf(r->pool, "the same key as in line %" APR_UINT64_T_FMT "%s",
                        cc_map_line(r->map, first),
                        r->spec->valid ? ", and both rows count at the same time" : "");
}

static bool key_twice(apr_uint32_t row, apr_uint32_t first, void *baton)
{
    table_reader_t *r = baton;

    if (r->spec->gridmap) {
        subject_twice(r, row, first);
    } else if (r->spec->valid && is_beside(r, row, first)) {
        return true;
    } else if (is_reported(r)) {
        line_report(r, cc_map_line(r->map, row), twice_text(r, first));
    }
    return false;
}

static apr_status_t bad_lines(const table_reader_t *r, cc_error_t *err)
{
    apr_pool_t *p = r->pool;
    const char *more = r->bad > REPORTED ? apr_psprintf(p, "; and %d more", r->bad - REPORTED) : "";
    const char *all = r->reports->nelts > 0 ? APR_ARRAY_IDX(r->reports, 0, const char *) : "";

    for (int i = 1; i < r->reports->nelts; i++) {
        all = apr_pstrcat(p, all, "; ", APR_ARRAY_IDX(r->reports, i, const char *), NULL);
    }
    return cc_error_set(err, p, "CC0611", r->path, "the file has %d bad line%s: %s%s", r->bad,
                        r->bad == 1 ? "" : "s", all, more);
}

/* ---- lines ----------------------------------------------------------------------------------- */

static apr_size_t key_read(const table_reader_t *r, cc_table_line_t *line)
{
    apr_size_t len = 0;

    if (r->spec->octets) {
        return cc_line_octets(line, r->key, r->spec->octets);
    }
    len = cc_line_key(line, r->key);
    if (r->spec->nocase) {
        cc_key_lower(r->key, r->key, len);
    }
    return len;
}

static void key_bind(table_reader_t *r, cc_table_line_t *line, cc_key_t *key,
                     const cc_packed_t *packed)
{
    const char *name = cc_packed_value(packed, r->spec->issuer);
    const cc_key_t *issuer = NULL;

    if (!name) {
        line->error = "the column of the issuer is missing or empty";
        line->word = line->at;
        line->word_len = 0;
        return;
    }
    issuer = cc_issuer_recall(&r->issuers, name, &line->error, r->each);
    if (issuer) {
        *key = cc_issuer_bind(key, issuer, r->each);
    } else {
        line->word = name;
        line->word_len = strlen(name);
    }
}

/* Reads a row; false: the line has no row and no error. */
static bool row_read(table_reader_t *r, cc_table_line_t *line, cc_key_t *key, cc_packed_t *packed)
{
    if (r->spec->gridmap || r->spec->issuer || r->spec->valid) {
        apr_pool_clear(r->each);
    }
    if (r->spec->gridmap) {
        return cc_gridmap_line(key, packed, line, r->packed, r->each) || line->error;
    }
    key->at = r->key;
    key->len = key_read(r, line);
    *packed = cc_line_columns(line, r->packed, r->spec->issuer);
    if (r->spec->issuer && !line->error) {
        key_bind(r, line, key, packed);
    }
    return true;
}

/* NULL, or what is wrong with the dates of a row, for a table with valid=. */
static const char *dates_problem(const table_reader_t *r, const cc_packed_t *packed)
{
    cc_period_t unused;
    cc_row_t row;

    if (!r->spec->valid) {
        return NULL;
    }
    row = cc_row_unpack(packed, r->each);
    return cc_period_of(&unused, &row, r->spec->valid, r->each);
}

/* Reports a bad row: its text is wrong, `problem` says what is wrong, or it has too few columns. */
static void row_refuse(table_reader_t *r, const cc_table_line_t *line, const char *problem,
                       const cc_packed_t *packed)
{
    if (!is_reported(r)) {
        return;
    }
    if (line->error) {
        problem = cc_line_error(line, r->pool);
    } else if (!problem) {
        problem = apr_psprintf(r->pool, "columns after the key: %d; rules use $%d",
                               (int)packed->columns, r->spec->columns);
    }
    line_report(r, r->line, problem);
}

static void line_take(table_reader_t *r, const char *text, const char *end)
{
    const char *problem = NULL;
    bool good = false;
    cc_table_line_t line = {.at = text, .end = end};
    cc_key_t key;
    cc_packed_t packed;
    bool is_row = false;

    r->line++;
    cc_table_line_trim(&line);
    if (!cc_line_more(&line)) {
        return;
    }
    is_row = row_read(r, &line, &key, &packed);
    if (line.remark && !line.error) {
        line_remark(r, r->line, line.remark);
    }
    if (!is_row) {
        return;
    }
    good = !line.error && packed.columns >= (apr_size_t)r->spec->columns;
    problem = good ? dates_problem(r, &packed) : NULL;
    if (good && !problem) {
        r->full = !cc_map_add(r->map, r->line - r->row_line, &key, &packed) || r->full;
        r->row_line = r->line;
    } else {
        row_refuse(r, &line, problem, &packed);
    }
}

/* ---- chunks ---------------------------------------------------------------------------------- */

/* Doubles the buffer (CHUNK at first), and keeps its contents. */
static void buffer_grow(table_reader_t *r)
{
    char *old = r->buffer;

    r->size = r->size > 0 ? 2 * r->size : CHUNK;
    r->buffer = apr_palloc(r->scratch, r->size);
    r->key = apr_palloc(r->scratch, r->size);
    r->packed = apr_palloc(r->scratch, 2 * r->size + 1);
    if (r->filled > 0) {
        memcpy(r->buffer, old, r->filled);
    }
}

/* Processes all complete lines of the buffer, and moves the rest to its start. */
static void lines_take(table_reader_t *r)
{
    char *at = r->buffer;
    char *end = r->buffer + r->filled;
    char *newline = NULL;

    while ((newline = memchr(at, '\n', (apr_size_t)(end - at)))) {
        line_take(r, at, newline + 1);
        at = newline + 1;
    }
    r->filled = (apr_size_t)(end - at);
    memmove(r->buffer, at, r->filled);
}

static void mark_skip(table_reader_t *r)
{
    static const char mark[] = "\xEF\xBB\xBF"; /* some editors begin UTF-8 with U+FEFF */

    if (r->filled >= 3 && memcmp(r->buffer, mark, 3) == 0) {
        r->filled -= 3;
        memmove(r->buffer, r->buffer + 3, r->filled);
    }
}

/* Reads `size` octets, and no more if the file has grown since it was measured. */
static apr_status_t file_take(table_reader_t *r, apr_file_t *file, apr_off_t size)
{
    apr_status_t status = APR_SUCCESS;

    for (apr_off_t left = size; left > 0 && status == APR_SUCCESS;) {
        apr_size_t len = 0;

        if (r->spec->stop && atomic_load(r->spec->stop)) {
            return APR_EINTR;
        }
        if (r->filled == r->size) {
            buffer_grow(r);
        }
        len = r->size - r->filled;
        len = (apr_off_t)len > left ? (apr_size_t)left : len;
        status = apr_file_read_full(file, r->buffer + r->filled, len, &len);
        r->filled += len;
        if (left == size) {
            mark_skip(r);
        }
        left -= (apr_off_t)len;
        lines_take(r);
    }
    if (r->filled > 0) {
        line_take(r, r->buffer, r->buffer + r->filled);
    }
    return APR_STATUS_IS_EOF(status) ? APR_SUCCESS : status;
}

/* ---- files ----------------------------------------------------------------------------------- */

/* Reads the whole file; *stamp is that of the state that was read. APR_EBUSY if it has changed at
 * the end. */
static apr_status_t map_fill(table_reader_t *r, apr_file_t *file, cc_file_stamp_t *stamp)
{
    apr_finfo_t info;
    cc_file_stamp_t after;
    apr_status_t status = apr_file_info_get(&info, CC_FILE_STAMP_WANTED, file);

    if (status != APR_SUCCESS) {
        return status;
    }
    *stamp = cc_file_stamp_of(&info);
    if (info.size > FILE_SIZE_MAX) {
        return EFBIG;
    }
    r->map = cc_map_create((apr_size_t)info.size);
    status = r->map ? file_take(r, file, info.size) : APR_ENOMEM;
    status = status == APR_SUCCESS && r->full ? APR_ENOMEM : status;
    if (status == APR_SUCCESS) {
        status = apr_file_info_get(&info, CC_FILE_STAMP_WANTED, file);
        after = cc_file_stamp_of(&info);
    }
    if (status == APR_SUCCESS) {
        status = cc_file_stamp_same(stamp, &after) ? APR_SUCCESS : APR_EBUSY;
    }
    return status == APR_SUCCESS ? cc_map_finish(r->map, r->spec->stop, key_twice, r) : status;
}

/* Opening a FIFO would wait for a writer. */
static apr_status_t file_open(apr_file_t **file, const table_reader_t *r)
{
    apr_finfo_t info;
    apr_status_t status = apr_stat(&info, r->path, APR_FINFO_TYPE, r->scratch);

    if (status != APR_SUCCESS) {
        return status;
    }
    if (info.filetype != APR_REG) {
        return info.filetype == APR_DIR ? EISDIR : EINVAL;
    }
    return apr_file_open(file, r->path, APR_FOPEN_READ | APR_FOPEN_BINARY, APR_FPROT_OS_DEFAULT,
                         r->scratch);
}

apr_status_t cc_map_load(cc_map_t **map, cc_file_stamp_t *stamp, const cc_table_spec_t *spec,
                         apr_pool_t *p, cc_error_t *err)
{
    table_reader_t r = {.spec = spec, .pool = p, .path = cc_source_path(spec, spec->source, p)};
    apr_file_t *file = NULL;
    apr_status_t status = APR_SUCCESS;

    apr_pool_create(&r.scratch, p);
    apr_pool_create(&r.each, r.scratch);
    apr_pool_create(&r.issuers.pool, r.scratch);
    r.reports = apr_array_make(r.scratch, REPORTED, sizeof(const char *));
    status = file_open(&file, &r);
    if (status == APR_SUCCESS) {
        status = map_fill(&r, file, stamp);
    }
    if (status != APR_SUCCESS) {
        unreadable(err, &r, status);
    } else if (r.bad > 0) {
        status = bad_lines(&r, err);
    }
    apr_pool_destroy(r.scratch);
    if (status == APR_SUCCESS) {
        *map = r.map;
    } else {
        cc_map_free(r.map);
    }
    return status;
}
