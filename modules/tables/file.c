/* SPDX-License-Identifier: Apache-2.0 */
/* Implements the back ends "file" and "gridmap": a file of lines, in memory, reloaded on change. */
#include <unistd.h>

#include <apr_time.h>

#include "tables/internal.h"
#include "tables/kept.h"

/*
 * Lookups read a map (map.c) that is never written; a new one replaces it (base/snapshot.h). The
 * file may be written while it is read, and half of a file looks like a complete one. So it is read
 * once it has settled (base/file_stamp.h), or after RESTLESS, and once more if it may have changed
 * without changing its stamp.
 *
 * Each child of httpd polls the file. One process, the owner of the sharing, reads it for all in a
 * separate thread, and makes an image of its rows (image.c). The others wait for the image of the
 * state that they found; if it does not arrive in time, they read the file themselves.
 */

#define TRIES 20 /* to read a file at start that is being written, every WAIT */
#define WAIT apr_time_from_msec(50)
#define CALM apr_time_from_msec(50)   /* how much longer the owner of the sharing waits to read */
#define PATIENCE apr_time_from_sec(2) /* how long the others wait for its image, */
#define SLOWEST 4                     /* and octets for each microsecond more */
#define RESTLESS apr_time_from_sec(5) /* how long a file that is always being written waits */
#define NO_MAP "the file has been bad since httpd was restarted"

typedef struct {
    const cc_table_spec_t *spec;
    const char *path;
    cc_snapshot_t maps;
    apr_uint64_t key;                  /* of the image that processes share */
    bool kept;                         /* at start it has rows of an earlier configuration */
    const apr_array_header_t *remarks; /* const char *: on the lines that were there at start */
    cc_file_stamp_t remarked;          /* the state of the file with these lines */

    /* For the thread that polls: */
    cc_file_stamp_t held;   /* the state of the file that the rows are from */
    int columns;            /* of each of these rows, at least */
    cc_file_stamp_t seen;   /* the file as it was last polled */
    bool unsure;            /* it may have changed since without a trace */
    apr_time_t put_off;     /* since when reading is put off: it may be half written; 0: not */
    cc_file_stamp_t waited; /* the state of the file whose image is expected, */
    apr_time_t patience;    /* and until when */

    /* For the thread that shares: */
    cc_file_stamp_t shared; /* the state that was shared last */
    int image;              /* its image, an open file; -1: none */
} file_t;

static apr_status_t file_close(void *state)
{
    file_t *file = state;
    cc_held_t held = {cc_snapshot_current(&file->maps), file->held, file->columns, file->unsure};

    if (file->image >= 0) {
        close(file->image);
    }
    cc_map_free(cc_snapshot_reclaim(&file->maps));
    cc_kept_put(file->spec->kept, file->spec, file->path, &held,
                cc_file_stamp_same(&file->held, &file->remarked) ? file->remarks : NULL);
    return APR_SUCCESS;
}

/* The map of the present file. If it is being written, waits for it, unless `once`. */
static apr_status_t first_load(cc_map_t **map, file_t *file, bool once, apr_pool_t *p,
                               cc_error_t *err)
{
    cc_table_spec_t spec = *file->spec;
    apr_status_t status = APR_SUCCESS;

    spec.remarks = apr_array_make(p, 0, sizeof(const char *));
    status = cc_map_load(map, &file->seen, &spec, p, err);
    for (int i = 0; i < TRIES && status == APR_EBUSY && !once; i++) {
        apr_sleep(WAIT);
        apr_array_clear(spec.remarks);
        status = cc_map_load(map, &file->seen, &spec, p, err);
    }
    if (status == APR_SUCCESS) {
        file->remarks = spec.remarks;
        file->remarked = file->seen;
    }
    return status;
}

/* True if the file has not changed since these rows were read. */
static bool held_is_good(const cc_held_t *held, const file_t *file, apr_pool_t *p)
{
    cc_file_stamp_t now = cc_file_stamp_take(file->path, p);

    return held->map && !held->unsure && cc_file_stamp_same(&held->stamp, &now);
}

/* If the file cannot be read, rows of the earlier configuration are better than none. */
static apr_status_t file_read(file_t *file, cc_held_t *held, apr_pool_t *p, cc_error_t *err)
{
    cc_map_t *map = NULL;
    apr_status_t status = first_load(&map, file, held->map != NULL, p, err);

    if (status == APR_SUCCESS) {
        cc_map_free(held->map);
        *held = (cc_held_t){map, file->seen, file->spec->columns, false};
    } else if (status == APR_EBUSY && held->map) {
        file->seen = held->stamp; /* so that the next poll finds it changed */
        status = APR_SUCCESS;
    }
    file->kept = held->map != map;
    return status;
}

/* Rows of the earlier configuration, if they have the columns that are needed now. */
static void file_recall(cc_held_t *held, file_t *file, apr_pool_t *p)
{
    const apr_array_header_t *remarks = NULL;

    if (cc_kept_take(held, &remarks, file->spec->kept, file->spec, file->path) &&
        held->columns >= file->spec->columns) {
        file->remarks = cc_remarks_copy(remarks, p);
        file->remarked = held->stamp;
    } else {
        cc_map_free(held->map);
        held->map = NULL;
    }
}

static apr_status_t file_open(void **state, const cc_table_spec_t *spec, apr_pool_t *p,
                              cc_error_t *err)
{
    file_t *file = apr_pcalloc(p, sizeof(*file));
    cc_held_t held = {.map = NULL};
    apr_time_t began = apr_time_now();
    apr_status_t status = APR_SUCCESS;

    file->spec = spec;
    file->image = -1;
    file->path = cc_source_path(spec, spec->source, p);
    file_recall(&held, file, p);
    if (held_is_good(&held, file, p)) {
        file->seen = held.stamp;
        file->kept = true;
    } else {
        status = file_read(file, &held, p, err);
    }
    file->held = held.stamp;
    file->columns = held.columns;
    cc_snapshot_init(&file->maps, held.map);
    file->unsure = cc_file_stamp_settling(&file->seen, began);
    if (spec->sharing) {
        file->key = cc_image_key(spec, file->path, p);
        file->shared = file->unsure ? (cc_file_stamp_t){.size = 0} : file->seen;
    }
    apr_pool_cleanup_register(p, file, file_close, apr_pool_cleanup_null);
    *state = file;
    return status;
}

static cc_table_result_t file_lookup(cc_row_t *row, void *state, const char *key, apr_size_t len,
                                     cc_answer_info_t *info, apr_pool_t *p)
{
    file_t *file = state;
    cc_key_t wanted = {key, len};
    cc_packed_t packed;
    unsigned side = 0;
    const cc_map_t *map = cc_snapshot_enter(&file->maps, &side);
    bool found = map && cc_map_find(map, &wanted, &packed);

    if (found) {
        *row = cc_row_unpack(&packed, p);
    }
    cc_snapshot_leave(&file->maps, side);
    if (!map) {
        info->failure = NO_MAP;
        return CC_TABLE_FAILED;
    }
    return found ? CC_TABLE_FOUND : CC_TABLE_MISSING;
}

static cc_table_result_t file_lookup_all(apr_array_header_t *rows, void *state, const char *key,
                                         apr_size_t len, cc_answer_info_t *info, apr_pool_t *p)
{
    file_t *file = state;
    cc_key_t wanted = {key, len};
    unsigned side = 0;
    const cc_map_t *map = cc_snapshot_enter(&file->maps, &side);

    (void)p;
    if (map) {
        cc_map_find_all(rows, map, &wanted);
    }
    cc_snapshot_leave(&file->maps, side);
    if (!map) {
        info->failure = NO_MAP;
        return CC_TABLE_FAILED;
    }
    return rows->nelts > 0 ? CC_TABLE_FOUND : CC_TABLE_MISSING;
}

/* ---- following ------------------------------------------------------------------------------- */

/* True while the image of this state of the file may still arrive. */
static bool image_is_waited_for(file_t *file, const cc_file_stamp_t *stamp, apr_time_t now)
{
    if (!cc_file_stamp_same(&file->waited, stamp)) {
        file->waited = *stamp;
        file->patience = now + PATIENCE + stamp->size / SLOWEST;
    }
    return now < file->patience;
}

static apr_status_t image_fetch(cc_held_t *next, const file_t *file)
{
    const cc_sharing_t *sharing = file->spec->sharing;
    int image = -1;
    apr_status_t status = sharing->fetch(&image, file->key, sharing->baton);

    if (status == APR_SUCCESS) {
        status = cc_image_take(next, file->key, image, sharing->owner);
        close(image);
    }
    return status;
}

/* True while the file may be half written, and may still settle. */
static bool is_put_off(file_t *file, const cc_file_stamp_t *stamp, apr_time_t now)
{
    if (!cc_file_stamp_settling(stamp, now)) {
        return false;
    }
    if (file->put_off == 0 || now < file->put_off) {
        file->put_off = now;
    }
    return cc_file_stamp_fresh(stamp, now) || now - file->put_off < RESTLESS;
}

/* The rows of the file in this state: from the shared image if there is one, or from the file. */
static apr_status_t next_take(cc_held_t *next, file_t *file, apr_time_t now, apr_pool_t *p,
                              cc_error_t *err)
{
    cc_file_stamp_t read = next->stamp;
    apr_status_t status = APR_SUCCESS;

    if (file->spec->sharing && !cc_file_stamp_settling(&read, now)) {
        status = image_fetch(next, file);
        if (status == APR_SUCCESS) {
            return status;
        }
        if (APR_STATUS_IS_ENOENT(status) && image_is_waited_for(file, &read, now)) {
            return APR_EBUSY;
        }
    }
    status = cc_map_load(&next->map, &read, file->spec, p, err);
    if (!cc_file_stamp_same(&next->stamp, &read)) {
        cc_map_free(next->map);
        status = APR_EBUSY;
    }
    return status;
}

/* True if these rows are in use already: the file was read again to be sure. */
static bool is_held(file_t *file, const cc_held_t *next)
{
    const cc_map_t *held = cc_snapshot_current(&file->maps);

    return held && cc_file_stamp_same(&file->held, &next->stamp) && cc_map_same(held, next->map);
}

static void held_replace(file_t *file, const cc_held_t *next)
{
    file->held = next->stamp;
    file->columns = next->columns;
    cc_snapshot_replace(&file->maps, next->map);
    cc_map_free(cc_snapshot_reclaim(&file->maps));
}

static apr_status_t file_poll(void *state, apr_time_t now, cc_error_t *err, apr_pool_t *p)
{
    file_t *file = state;
    cc_file_stamp_t stamp = cc_file_stamp_take(file->path, p);
    cc_held_t next = {NULL, stamp, file->spec->columns, false};
    apr_status_t status = APR_SUCCESS;

    cc_map_free(cc_snapshot_reclaim(&file->maps));
    if (!file->unsure && cc_file_stamp_same(&stamp, &file->seen)) {
        return APR_EAGAIN;
    }
    if (is_put_off(file, &stamp, now) || !cc_snapshot_settled(&file->maps)) {
        return APR_EBUSY;
    }
    status = next_take(&next, file, now, p, err);
    if (status == APR_EBUSY) {
        return APR_EBUSY;
    }
    file->seen = stamp;
    file->unsure = cc_file_stamp_settling(&stamp, now);
    file->put_off = 0;
    if (status == APR_SUCCESS && is_held(file, &next)) {
        cc_map_free(next.map);
        status = APR_EAGAIN;
    } else if (status == APR_SUCCESS) {
        held_replace(file, &next);
    }
    return status;
}

static apr_status_t image_replace(file_t *file, const cc_held_t *held, const atomic_bool *stop,
                                  apr_pool_t *p)
{
    if (file->image >= 0) {
        close(file->image);
        file->image = -1;
    }
    return cc_image_make(&file->image, file->key, held, stop, p);
}

static int file_image(const void *state, apr_uint64_t key)
{
    const file_t *file = state;

    return file->key == key ? file->image : -1;
}

/* Runs in parallel to lookups and polls: it changes nothing that they use. */
static apr_status_t file_share(void *state, const atomic_bool *stop, apr_pool_t *p)
{
    file_t *file = state;
    cc_table_spec_t spec = *file->spec;
    cc_held_t held = {NULL, cc_file_stamp_take(file->path, p), spec.columns, false};
    cc_file_stamp_t read = held.stamp;
    cc_error_t unused = {NULL, NULL, NULL, NULL};
    apr_status_t status = APR_SUCCESS;

    if (cc_file_stamp_same(&held.stamp, &file->shared)) {
        return APR_EAGAIN;
    }
    /* The clock is read after the stamp. */
    if (cc_file_stamp_settling(&held.stamp, apr_time_now() - CALM)) {
        return APR_EBUSY;
    }
    spec.stop = stop;
    status = cc_map_load(&held.map, &read, &spec, p, &unused);
    if (status == APR_EBUSY || !cc_file_stamp_same(&held.stamp, &read)) {
        status = APR_EBUSY;
    } else if (!atomic_load(stop)) {
        file->shared = held.stamp;
        status = image_replace(file, &held, stop, p);
    }
    cc_map_free(held.map);
    return status;
}

static apr_uint64_t file_generation(void *state)
{
    return cc_snapshot_number(&((file_t *)state)->maps);
}

static apr_uint64_t file_seen(void *state)
{
    return cc_file_stamp_digest(&((file_t *)state)->seen);
}

static apr_uint64_t file_rows(void *state)
{
    const cc_map_t *map = cc_snapshot_current(&((file_t *)state)->maps);

    return map ? cc_map_rows(map) : 0;
}

static void file_each(void *state, cc_table_row_fn *fn, void *baton)
{
    file_t *file = state;
    unsigned side = 0;
    const cc_map_t *map = cc_snapshot_enter(&file->maps, &side);

    if (map) {
        cc_map_each(map, fn, baton);
    }
    cc_snapshot_leave(&file->maps, side);
}

static bool file_kept(void *state)
{
    return ((file_t *)state)->kept;
}

static const apr_array_header_t *file_remarks(const void *state)
{
    return ((const file_t *)state)->remarks;
}

#define OF_FILES                                                                                   \
    .bytes = true, .holds = true, .open = file_open, .lookup = file_lookup,                        \
    .lookup_all = file_lookup_all, .poll = file_poll, .share = file_share, .image = file_image,    \
    .generation = file_generation, .seen = file_seen, .rows = file_rows, .each = file_each,        \
    .kept = file_kept, .remarks = file_remarks

const cc_backend_t cc_backend_file = {.type = "file", OF_FILES};
const cc_backend_t cc_backend_gridmap = {
    .type = "gridmap", .gridmap = true, .names = true, OF_FILES};
