/* SPDX-License-Identifier: Apache-2.0 */
/* Tests that one process reads a file for others, and which images these trust. */
#include <fcntl.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <apr_strings.h>
#include <apr_time.h>

#include "suite.h"
#include "tables/internal.h"
#include "tableset.h"

#define QUIET apr_time_from_msec(600) /* then a file no longer counts as being written */
#define KEY 7

static tableset_t set;
static cc_sharing_t sharing;
static cc_tables_t *sharer; /* NULL: there is no image */
static atomic_bool stop;

static apr_status_t ask(int *image, apr_uint64_t key, void *baton)
{
    int made = sharer ? cc_tables_image(sharer, key) : -1;

    (void)baton;
    if (made < 0)
        return APR_ENOENT;
    *image = dup(made);
    return APR_SUCCESS;
}

static void setup(void)
{
    tableset_begin(&set);
    sharing = (cc_sharing_t){.owner = geteuid(), .fetch = ask};
    sharer = NULL;
    atomic_store(&stop, false);
}

static void teardown(void)
{
    tableset_end(&set);
}

/* ---- images -------------------------------------------------------------------------------- */

static const cc_file_stamp_t stamp = {1, 2, 3, 4, 5};

/* The rows of a text. */
static cc_held_t held_of(const char *text)
{
    cc_table_spec_t spec = {.source = tableset_path(&set, "f"), .columns = 1};
    cc_held_t held = {NULL, stamp, 1, false};
    cc_file_stamp_t read;

    tableset_write(&set, "f", text);
    ck_assert_int_eq(cc_map_load(&held.map, &read, &spec, set.pool, &set.err), APR_SUCCESS);
    return held;
}

static int image_make(const cc_held_t *held)
{
    int image = -1;

    ck_assert_int_eq(cc_image_make(&image, KEY, held, &stop, set.pool), APR_SUCCESS);
    return image;
}

static apr_status_t image_take(cc_held_t *held, int image)
{
    *held = (cc_held_t){NULL, stamp, 1, false};
    return cc_image_take(held, KEY, image, geteuid());
}

static const char *found(const cc_map_t *map, const char *key)
{
    cc_key_t wanted = {key, strlen(key)};
    cc_packed_t packed;

    return cc_map_find(map, &wanted, &packed) ? packed.text : "none";
}

TEST(an_image_has_all_rows_and_no_others)
{
    const char *text = "";
    cc_held_t held, taken;

    for (int i = 0; i < 2000; i++)
        text = apr_psprintf(set.pool, "%skey%d value%d\n", text, i, i);
    held = held_of(text);
    ck_assert_int_eq(image_take(&taken, image_make(&held)), APR_SUCCESS);
    ck_assert_uint_eq(cc_map_rows(taken.map), 2000);
    for (int i = 0; i < 2000; i++)
        ck_assert_str_eq(found(taken.map, apr_psprintf(set.pool, "key%d", i)),
                         apr_psprintf(set.pool, "value%d", i));
    ck_assert_str_eq(found(taken.map, "key2000"), "none");
    cc_map_free(held.map);
    ck_assert_str_eq(found(taken.map, "key7"), "value7");
    cc_map_free(taken.map);
}

TEST(what_is_mapped_stays_when_the_image_is_closed)
{
    cc_held_t first = held_of("k a\n"), taken;
    int image = image_make(&first);

    ck_assert_int_eq(image_take(&taken, image), APR_SUCCESS);
    close(image);
    ck_assert_str_eq(found(taken.map, "k"), "a");
    cc_map_free(taken.map);
    cc_map_free(first.map);
}

TEST(a_file_without_rows_has_an_image)
{
    cc_held_t held = held_of("# none\n"), taken;

    ck_assert_int_eq(image_take(&taken, image_make(&held)), APR_SUCCESS);
    ck_assert_str_eq(found(taken.map, "k"), "none");
    cc_map_free(taken.map);
    cc_map_free(held.map);
}

TEST(an_image_of_another_state_or_table_is_none)
{
    cc_held_t held = held_of("k a\n"), taken;
    int image = image_make(&held);

    taken = (cc_held_t){NULL, {1, 2, 3, 4, 6}, 1, false};
    ck_assert_int_eq(cc_image_take(&taken, KEY, image, geteuid()), APR_ENOENT);
    taken = (cc_held_t){NULL, stamp, 2, false};
    ck_assert_int_eq(cc_image_take(&taken, KEY, image, geteuid()), APR_ENOENT);
    taken = (cc_held_t){NULL, stamp, 1, false};
    ck_assert_int_eq(cc_image_take(&taken, KEY + 1, image, geteuid()), APR_ENOENT);
    cc_map_free(held.map);
}

TEST(a_bad_state_is_told_as_such)
{
    cc_held_t bad = {NULL, stamp, 1, false}, taken;

    ck_assert_int_eq(image_take(&taken, image_make(&bad)), APR_EGENERAL);
}

/* The octets of an image in a file of another kind. */
static int copy_of(int image, int to)
{
    char octets[8192];
    ssize_t len = pread(image, octets, sizeof(octets), 0);

    ck_assert_int_gt(len, 0);
    ck_assert_int_eq(pwrite(to, octets, (size_t)len, 0), len);
    return to;
}

TEST(what_anybody_else_could_have_written_is_not_taken)
{
    cc_held_t held = held_of("k a\n"), taken;
    int image = image_make(&held), ends[2];
    struct stat info;

    ck_assert_int_eq(fstat(image, &info), 0);
    ck_assert_int_eq(info.st_mode & 07777, 0400);
    taken = (cc_held_t){NULL, stamp, 1, false};
    ck_assert_int_eq(cc_image_take(&taken, KEY, image, geteuid() + 1), APR_EACCES);
    fchmod(image, 0420);
    ck_assert_int_eq(image_take(&taken, image), APR_EACCES);
    fchmod(image, 0402);
    ck_assert_int_eq(image_take(&taken, image), APR_EACCES);
    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_eq(image_take(&taken, ends[0]), APR_EACCES);
    ck_assert_int_eq(image_take(&taken, -1), APR_EACCES);
    cc_map_free(held.map);
}

TEST(what_can_still_change_is_not_taken)
{
    cc_held_t held = held_of("k a\n"), taken;
    int image = image_make(&held);
    int memory = memfd_create("copy", MFD_ALLOW_SEALING);
    int file = open(tableset_path(&set, "copy"), O_RDWR | O_CREAT, 0400);

    ck_assert_int_eq(pwrite(image, "x", 1, 0), -1);
    ck_assert_int_eq(ftruncate(image, 0), -1);
    fchmod(memory, 0400);
    ck_assert_int_eq(image_take(&taken, copy_of(image, memory)), APR_EACCES);
    ck_assert_int_eq(fcntl(memory, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW), 0);
    ck_assert_int_eq(image_take(&taken, memory), APR_EACCES);
    ck_assert_int_eq(fcntl(memory, F_ADD_SEALS, F_SEAL_SHRINK), 0);
    ck_assert_int_eq(image_take(&taken, memory), APR_SUCCESS);
    cc_map_free(taken.map);
    ck_assert_int_eq(image_take(&taken, copy_of(image, file)), APR_EACCES);
    cc_map_free(held.map);
}

TEST(an_image_that_was_cut_short_is_not_taken)
{
    cc_held_t held = held_of("k a\nl b\n"), taken;
    int image = image_make(&held);
    struct stat info;

    ck_assert_int_eq(fstat(image, &info), 0);
    for (off_t len = info.st_size - 1; len >= 0; len -= 37) {
        int memory = memfd_create("copy", MFD_ALLOW_SEALING);

        copy_of(image, memory);
        fchmod(memory, 0400);
        ck_assert_int_eq(ftruncate(memory, len), 0);
        fcntl(memory, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK);
        ck_assert_int_ne(image_take(&taken, memory), APR_SUCCESS);
        close(memory);
    }
    cc_map_free(held.map);
}

TEST(who_is_stopped_makes_no_image)
{
    cc_held_t held = held_of("k a\n");
    int image = -1;

    atomic_store(&stop, true);
    ck_assert_int_eq(cc_image_make(&image, KEY, &held, &stop, set.pool), APR_EINTR);
    ck_assert_int_eq(image, -1);
    cc_map_free(held.map);
}

/* ---- sharing ------------------------------------------------------------------------------- */

/* The tables of another process. */
static cc_tables_t *tables_open(const char *source)
{
    static const cc_backend_t *const backends[] = {&cc_backend_file, NULL};
    cc_restart_t how = {.sharing = &sharing};

    set.tables = cc_tables_create(backends, set.pool);
    ck_assert_int_eq(cc_tables_add(set.tables, NULL, apr_pstrcat(set.pool, "t ", source, NULL),
                                   "site.conf:1", &set.err),
                     APR_SUCCESS);
    set.table = cc_tables_find(set.tables, NULL, "t");
    cc_table_use(set.table, 1);
    ck_assert_int_eq(cc_tables_reopen(set.tables, set.folder, &how, set.pool, &set.err),
                     APR_SUCCESS);
    return set.tables;
}

static void share(cc_tables_t *tables)
{
    apr_sleep(QUIET);
    cc_tables_share(tables, &stop);
    sharer = tables;
}

static void start(void)
{
    tableset_write(&set, "f", "k a\n");
    tableset_settle(&set, "f");
}

TEST(who_shares_is_waited_for)
{
    cc_tables_t *parent;

    start();
    parent = tables_open("file:f");
    tables_open("file:f");
    tableset_replace(&set, "f", "k b\n");
    ck_assert_str_eq(tableset_poll(&set), "");
    ck_assert_str_eq(tableset_ask(&set, "k"), "a");
    share(parent);
    ck_assert_str_eq(tableset_poll(&set), "changed");
    ck_assert_str_eq(tableset_ask(&set, "k"), "b");
}

TEST(he_is_not_waited_for_for_ever)
{
    start();
    tables_open("file:f");
    tableset_replace(&set, "f", "k b\n");
    ck_assert_str_eq(tableset_poll(&set), "");
    ck_assert_str_eq(tableset_poll(&set), "changed"); /* a minute later */
    ck_assert_str_eq(tableset_ask(&set, "k"), "b");
}

TEST(a_bad_file_is_read_at_once_by_everyone_and_told)
{
    cc_tables_t *parent;

    start();
    parent = tables_open("file:f");
    tables_open("file:f");
    tableset_replace(&set, "f", "k\n");
    share(parent);
    ck_assert_ptr_nonnull(strstr(tableset_poll(&set), "CC0611"));
    ck_assert_str_eq(tableset_ask(&set, "k"), "a");
}

/* How often the file was opened since the watch began. */
static int times_opened(int watch)
{
    char events[65536];
    ssize_t len = read(watch, events, sizeof(events));
    int times = 0;

    for (ssize_t at = 0; at < len; times++) {
        struct inotify_event event;

        memcpy(&event, events + at, sizeof(event));
        at += (ssize_t)(sizeof(event) + event.len);
    }
    return times;
}

TEST(a_file_that_has_changed_is_opened_once_for_all)
{
    cc_tables_t *all[4];
    int watch = inotify_init1(IN_NONBLOCK);

    start();
    for (int i = 0; i < 4; i++)
        all[i] = tables_open("file:f");
    tableset_replace(&set, "f", "k b\n");
    inotify_add_watch(watch, tableset_path(&set, "f"), IN_OPEN);
    share(all[0]);
    share(all[0]);
    for (int i = 0; i < 4; i++) {
        set.tables = all[i];
        set.table = cc_tables_find(all[i], NULL, "t");
        ck_assert_str_eq(tableset_poll(&set), "changed");
        ck_assert_str_eq(tableset_ask(&set, "k"), "b");
    }
    ck_assert_int_eq(times_opened(watch), 1);
    close(watch);
}

TEST(tables_with_other_options_have_images_of_their_own)
{
    cc_tables_t *plain, *folded;

    start();
    plain = tables_open("file:f");
    folded = tables_open("file:f nocase");
    tableset_replace(&set, "f", "K b\n");
    share(plain);
    share(folded);
    ck_assert_str_eq(tableset_poll(&set), "changed");
    ck_assert_str_eq(tableset_ask(&set, "k"), "b");
    sharer = plain;
    set.tables = plain;
    set.table = cc_tables_find(plain, NULL, "t");
    ck_assert_str_eq(tableset_poll(&set), "changed");
    ck_assert_str_eq(tableset_ask(&set, "k"), "MISSING");
    ck_assert_str_eq(tableset_ask(&set, "K"), "b");
}

SUITE("image", .setup = setup, .teardown = teardown, .timeout = 60);
