/* SPDX-License-Identifier: Apache-2.0 */
/* Implements the back end "dbm": a database file of any type that APR-util supports. */
#include <stdatomic.h>
#include <string.h>

#include <apr_dbm.h>
#include <apr_strings.h>
#include <apr_thread_mutex.h>

#include "base/text.h"
#include "tables/internal.h"

/*
 * The value of each key is a line of columns. The file is opened for each lookup, as in
 * mod_authn_dbm and mod_rewrite. A permanent handle would hold the library's lock against writers
 * of the file, would continue to read a file that was replaced, would map a file that may be
 * truncated, and must not be used across a fork.
 */
typedef struct {
    const cc_table_spec_t *spec;
    const char *type;
    const char *path;
    const char *files[2];     /* the files that the library reads; the second may be NULL */
    apr_thread_mutex_t *lock; /* POSIX: closing a file releases the locks of all its readers */
    atomic_uint_least64_t generation;
    cc_file_stamp_t seen[2]; /* for the thread that polls */
    bool unsure;             /* the files may have changed since without a trace */
} dbm_t;

static const char *const types[] = {"sdbm", "gdbm", "ndbm", "db", "lmdb"};

#define TYPES (sizeof(types) / sizeof(types[0]))

/* ---- opening --------------------------------------------------------------------------------- */

static bool type_offered(const char *type, apr_pool_t *p)
{
    const char *unused = NULL;

    return apr_dbm_get_usednames_ex(p, type, "x", &unused, &unused) == APR_SUCCESS;
}

static const char *types_text(apr_pool_t *p)
{
    const char *text = "";

    for (size_t i = 0; i < TYPES; i++) {
        if (type_offered(types[i], p)) {
            text = apr_pstrcat(p, text, *text ? ", " : "", "dbm:", types[i], ":PATH", NULL);
        }
    }
    return text;
}

static apr_status_t source_read(dbm_t *dbm, const cc_table_spec_t *spec, apr_pool_t *p,
                                cc_error_t *err)
{
    const char *colon = strchr(spec->source, ':');
    size_t i = 0;

    dbm->type = apr_pstrmemdup(p, spec->source, colon ? (size_t)(colon - spec->source) : 0);
    while (i < TYPES && strcmp(types[i], dbm->type) != 0) {
        i++;
    }
    if (i == TYPES || !colon[1] || !type_offered(dbm->type, p)) {
        return cc_error_set(err, p, "CC0620", apr_pstrcat(p, "dbm:", spec->source, NULL),
                            "the database types of APR-util on this machine are %s", types_text(p));
    }
    dbm->path = cc_source_path(spec, colon + 1, p);
    apr_dbm_get_usednames_ex(p, dbm->type, dbm->path, &dbm->files[0], &dbm->files[1]);
    return APR_SUCCESS;
}

/* The reason of a failure. The libraries have their own error numbers, which apr_strerror does not
 * know. */
static const char *failure_text(const dbm_t *dbm, apr_status_t status, apr_pool_t *p)
{
    char reason[120];
    apr_finfo_t info;

    for (int i = 0; i < 2 && dbm->files[i] && status >= APR_OS_START_USERERR; i++) {
        apr_status_t found = apr_stat(&info, dbm->files[i], APR_FINFO_TYPE, p);
        status = found == APR_SUCCESS ? status : found;
    }
    if (status >= APR_OS_START_USERERR) {
        return apr_psprintf(p, "it is not a %s file, is damaged, or is being written", dbm->type);
    }
    return apr_pstrdup(p, apr_strerror(status, reason, sizeof(reason)));
}

/* Opens the database, in `p`, and reads the value of a key; without a key, only tests reading. */
static apr_status_t value_read(apr_datum_t *value, const dbm_t *dbm, const cc_key_t *key,
                               apr_pool_t *p)
{
    apr_dbm_t *handle = NULL;
    apr_datum_t datum = {NULL, 0};
    apr_status_t status =
        apr_dbm_open_ex(&handle, dbm->type, dbm->path, APR_DBM_READONLY, APR_FPROT_OS_DEFAULT, p);

    if (status != APR_SUCCESS) {
        return status;
    }
    datum.dptr = apr_pstrmemdup(p, key->at, key->len);
    datum.dsize = key->len;
    status = apr_dbm_fetch(handle, datum, value);
    if (status == APR_SUCCESS && value->dptr) {
        value->dptr = apr_pstrmemdup(p, value->dptr, value->dsize);
    } else if (status == APR_SUCCESS && apr_dbm_exists(handle, datum)) {
        value->dptr = apr_pstrdup(p, ""); /* Berkeley DB: an empty value */
    }
    apr_dbm_close(handle);
    return status;
}

static apr_status_t value_find(apr_datum_t *value, const dbm_t *dbm, const cc_key_t *key,
                               apr_pool_t *p)
{
    apr_status_t status = APR_SUCCESS;

    value->dptr = NULL;
    value->dsize = 0;
    apr_thread_mutex_lock(dbm->lock);
    status = value_read(value, dbm, key, p);
    apr_thread_mutex_unlock(dbm->lock);
    return status;
}

/* ---- the back end ---------------------------------------------------------------------------- */

/* Tests that the database is readable, with any key. */
static apr_status_t dbm_check(const dbm_t *dbm, apr_pool_t *p, cc_error_t *err)
{
    cc_key_t key = {"x", 1};
    apr_datum_t value;
    apr_status_t status = value_find(&value, dbm, &key, p);

    if (status != APR_SUCCESS) {
        return cc_error_set(err, p, "CC0621", dbm->path, "the database cannot be read: %s",
                            failure_text(dbm, status, p));
    }
    return APR_SUCCESS;
}

static void stamps_take(cc_file_stamp_t stamps[2], const dbm_t *dbm, apr_pool_t *p)
{
    for (int i = 0; i < 2; i++) {
        stamps[i] = cc_file_stamp_take(dbm->files[i] ? dbm->files[i] : dbm->files[0], p);
    }
}

static apr_status_t dbm_open(void **state, const cc_table_spec_t *spec, apr_pool_t *p,
                             cc_error_t *err)
{
    dbm_t *dbm = apr_pcalloc(p, sizeof(*dbm));
    apr_time_t now = apr_time_now();
    apr_status_t status = source_read(dbm, spec, p, err);

    dbm->spec = spec;
    if (status != APR_SUCCESS) {
        return status;
    }
    status = apr_thread_mutex_create(&dbm->lock, APR_THREAD_MUTEX_DEFAULT, p);
    if (status != APR_SUCCESS) {
        return cc_error_set(err, p, "CC0621", dbm->path,
                            "a lock for the database cannot be created");
    }
    atomic_init(&dbm->generation, 1);
    stamps_take(dbm->seen, dbm, p);
    dbm->unsure =
        cc_file_stamp_fresh(&dbm->seen[0], now) || cc_file_stamp_fresh(&dbm->seen[1], now);
    *state = dbm;
    return dbm_check(dbm, p, err);
}

static cc_table_result_t dbm_lookup(cc_row_t *row, void *state, const char *key, apr_size_t len,
                                    cc_answer_info_t *info, apr_pool_t *p)
{
    const dbm_t *dbm = state;
    cc_key_t wanted = {key, len};
    apr_datum_t value;
    apr_status_t status = value_find(&value, dbm, &wanted, p);

    if (status != APR_SUCCESS) {
        info->failure = apr_psprintf(p, "%s: the database cannot be read: %s",
                                     cc_text_escape(dbm->path, strlen(dbm->path), p),
                                     failure_text(dbm, status, p));
        return CC_TABLE_FAILED;
    }
    if (!value.dptr) {
        return CC_TABLE_MISSING;
    }
    return cc_line_row(row, &(cc_key_t){value.dptr, value.dsize}, dbm->spec, info, p);
}

static apr_status_t dbm_poll(void *state, apr_time_t now, cc_error_t *err, apr_pool_t *p)
{
    dbm_t *dbm = state;
    cc_file_stamp_t stamps[2];

    stamps_take(stamps, dbm, p);
    if (!dbm->unsure && cc_file_stamp_same(&stamps[0], &dbm->seen[0]) &&
        cc_file_stamp_same(&stamps[1], &dbm->seen[1])) {
        return APR_EAGAIN;
    }
    if (cc_file_stamp_fresh(&stamps[0], now) || cc_file_stamp_fresh(&stamps[1], now)) {
        return APR_EBUSY;
    }
    memcpy(dbm->seen, stamps, sizeof(stamps));
    dbm->unsure = false;
    atomic_fetch_add(&dbm->generation, 1);
    return dbm_check(dbm, p, err);
}

static apr_uint64_t dbm_generation(void *state)
{
    return atomic_load(&((dbm_t *)state)->generation);
}

static apr_uint64_t dbm_seen(void *state)
{
    const dbm_t *dbm = state;

    return cc_file_stamp_digest(&dbm->seen[0]) * 31 + cc_file_stamp_digest(&dbm->seen[1]);
}

const cc_backend_t cc_backend_dbm = {
    .type = "dbm",
    .open = dbm_open,
    .lookup = dbm_lookup,
    .poll = dbm_poll,
    .generation = dbm_generation,
    .seen = dbm_seen,
};
