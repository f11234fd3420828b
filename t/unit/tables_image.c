/* SPDX-License-Identifier: Apache-2.0 */
/* Tests that one process reads a file for others, and whose word they take. */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#ifdef __linux__
#include <sys/inotify.h>
#endif

#include <apr_general.h>
#include <apr_strings.h>
#include <apr_time.h>

#include "suite.h"
#include "tables/internal.h"
#include "tableset.h"

#define TICK apr_time_from_msec(600) /* after this a file is no longer thought to be written */

static tableset_t set;
static cc_sharing_t sharing;
static atomic_bool stop;
static int woken;

static void wake(void *baton)
{
    (void)baton;
    woken++;
}

static void setup(void)
{
    tableset_begin(&set);
    sharing = (cc_sharing_t){.prefix = apr_pstrcat(set.pool, set.folder, "/image-", NULL),
                             .owner = geteuid(),
                             .group = getegid(),
                             .wake = wake};
    atomic_store(&stop, false);
    woken = 0;
}

static void teardown(void)
{
    tableset_end(&set);
}

/* ---- images -------------------------------------------------------------------------------- */

static const cc_stamp_t stamp = {1, 2, 3, 4, 5};

/* The rows of a text. */
static cc_held_t held_of(const char *text)
{
    cc_table_spec_t spec = {.source = tableset_path(&set, "f"), .columns = 1};
    cc_held_t held = {NULL, stamp, 1, false};
    cc_stamp_t read;

    tableset_write(&set, "f", text);
    ck_assert_int_eq(cc_map_load(&held.map, &read, &spec, set.pool, &set.err), APR_SUCCESS);
    return held;
}

static const char *image_write(const cc_held_t *held)
{
    const char *path = tableset_path(&set, "image");

    ck_assert_int_eq(cc_image_write(path, held, &sharing, &stop, set.pool), APR_SUCCESS);
    return path;
}

static apr_status_t image_take(cc_held_t *held, const char *path)
{
    *held = (cc_held_t){NULL, stamp, 1, false};
    return cc_image_take(held, path, &sharing);
}

static const char *found(const cc_map_t *map, const char *key)
{
    cc_key_t wanted = {key, strlen(key)};
    cc_packed_t packed;

    return cc_map_find(map, &wanted, &packed) ? packed.text : "none";
}

START_TEST(an_image_has_all_rows_and_no_others)
{
    const char *text = "";
    cc_held_t held, taken;

    for (int i = 0; i < 2000; i++) {
        text = apr_psprintf(set.pool, "%skey%d value%d\n", text, i, i);
    }
    held = held_of(text);
    ck_assert_int_eq(image_take(&taken, image_write(&held)), APR_SUCCESS);
    ck_assert_uint_eq(cc_map_rows(taken.map), 2000);
    for (int i = 0; i < 2000; i++) {
        ck_assert_str_eq(found(taken.map, apr_psprintf(set.pool, "key%d", i)),
                         apr_psprintf(set.pool, "value%d", i));
    }
    ck_assert_str_eq(found(taken.map, "key2000"), "none");
    cc_map_free(held.map);
    ck_assert_str_eq(found(taken.map, "key7"), "value7");
    cc_map_free(taken.map);
}
END_TEST

START_TEST(what_is_mapped_stays_when_the_image_is_replaced_or_removed)
{
    cc_held_t first = held_of("k a\n"), second = held_of("k b\n"), taken, later;
    const char *path = image_write(&first);

    ck_assert_int_eq(image_take(&taken, path), APR_SUCCESS);
    image_write(&second);
    ck_assert_int_eq(image_take(&later, path), APR_SUCCESS);
    unlink(path);
    ck_assert_str_eq(found(taken.map, "k"), "a");
    ck_assert_str_eq(found(later.map, "k"), "b");
    cc_map_free(taken.map);
    cc_map_free(later.map);
    cc_map_free(first.map);
    cc_map_free(second.map);
}
END_TEST

START_TEST(a_file_without_rows_has_an_image)
{
    cc_held_t held = held_of("# none\n"), taken;

    ck_assert_int_eq(image_take(&taken, image_write(&held)), APR_SUCCESS);
    ck_assert_str_eq(found(taken.map, "k"), "none");
    cc_map_free(taken.map);
    cc_map_free(held.map);
}
END_TEST

START_TEST(an_image_of_another_state_is_none)
{
    cc_held_t held = held_of("k a\n"), taken;
    const char *path = image_write(&held);

    taken = (cc_held_t){NULL, {1, 2, 3, 4, 6}, 1, false};
    ck_assert_int_eq(cc_image_take(&taken, path, &sharing), APR_ENOENT);
    taken = (cc_held_t){NULL, stamp, 2, false};
    ck_assert_int_eq(cc_image_take(&taken, path, &sharing), APR_ENOENT);
    ck_assert_int_eq(image_take(&taken, tableset_path(&set, "nothing")), APR_ENOENT);
    cc_map_free(held.map);
}
END_TEST

START_TEST(a_bad_state_is_told_as_such)
{
    cc_held_t bad = {NULL, stamp, 1, false}, taken;

    ck_assert_int_eq(image_take(&taken, image_write(&bad)), APR_EGENERAL);
}
END_TEST

START_TEST(what_anybody_else_could_have_written_is_not_taken)
{
    cc_held_t held = held_of("k a\n"), taken;
    const char *path = image_write(&held);
    struct stat info;

    ck_assert_int_eq(stat(path, &info), 0);
    ck_assert_int_eq(info.st_mode & 07777, 0440);
    chmod(path, 0460);
    ck_assert_int_eq(image_take(&taken, path), APR_EACCES);
    chmod(path, 0442);
    ck_assert_int_eq(image_take(&taken, path), APR_EACCES);
    chmod(path, 0440);
    sharing.owner = geteuid() + 1;
    ck_assert_int_eq(image_take(&taken, path), APR_EACCES);
    sharing.owner = geteuid();
    ck_assert_int_eq(symlink(path, tableset_path(&set, "link")), 0);
    ck_assert_int_ne(image_take(&taken, tableset_path(&set, "link")), APR_SUCCESS);
    ck_assert_int_eq(mkfifo(tableset_path(&set, "fifo"), 0400), 0);
    ck_assert_int_eq(image_take(&taken, tableset_path(&set, "fifo")), APR_EACCES);
    cc_map_free(held.map);
}
END_TEST

START_TEST(an_image_that_was_cut_short_is_not_taken)
{
    cc_held_t held = held_of("k a\nl b\n"), taken;
    const char *path = image_write(&held);
    struct stat info;

    ck_assert_int_eq(stat(path, &info), 0);
    chmod(path, 0600);
    for (off_t len = info.st_size - 1; len >= 0; len -= 37) {
        ck_assert_int_eq(truncate(path, len), 0);
        ck_assert_int_ne(image_take(&taken, path), APR_SUCCESS);
    }
    cc_map_free(held.map);
}
END_TEST

START_TEST(who_is_stopped_leaves_no_image)
{
    cc_held_t held = held_of("k a\n"), taken;
    const char *path = tableset_path(&set, "image");

    atomic_store(&stop, true);
    ck_assert_int_eq(cc_image_write(path, &held, &sharing, &stop, set.pool), APR_EINTR);
    ck_assert_int_eq(image_take(&taken, path), APR_ENOENT);
    ck_assert_int_ne(access(apr_pstrcat(set.pool, path, ".new", NULL), F_OK), 0);
    cc_map_free(held.map);
}
END_TEST

/* ---- sharing ------------------------------------------------------------------------------- */

/* Tables as another process has them. */
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
    apr_sleep(TICK);
    cc_tables_share(tables, &stop);
}

static void start(void)
{
    tableset_write(&set, "f", "k a\n");
    apr_sleep(TICK);
}

START_TEST(who_shares_is_asked_and_then_waited_for)
{
    cc_tables_t *parent;

    start();
    parent = tables_open("file:f");
    tables_open("file:f");
    tableset_replace(&set, "f", "k b\n");
    ck_assert_str_eq(tableset_poll(&set), "");
    ck_assert_int_eq(woken, 1);
    ck_assert_str_eq(tableset_ask(&set, "k"), "a");
    share(parent);
    ck_assert_str_eq(tableset_poll(&set), "changed");
    ck_assert_str_eq(tableset_ask(&set, "k"), "b");
    ck_assert_int_eq(woken, 1);
}
END_TEST

START_TEST(he_is_not_waited_for_for_ever)
{
    start();
    tables_open("file:f");
    tableset_replace(&set, "f", "k b\n");
    ck_assert_str_eq(tableset_poll(&set), "");
    ck_assert_str_eq(tableset_poll(&set), "changed"); /* a minute later */
    ck_assert_str_eq(tableset_ask(&set, "k"), "b");
}
END_TEST

START_TEST(a_bad_file_is_read_at_once_by_everyone_and_told)
{
    cc_tables_t *parent;

    start();
    parent = tables_open("file:f");
    tables_open("file:f");
    tableset_replace(&set, "f", "k\n");
    share(parent);
    ck_assert_ptr_nonnull(strstr(tableset_poll(&set), "CC0611"));
    ck_assert_str_eq(tableset_ask(&set, "k"), "a");
    ck_assert_int_eq(woken, 0);
}
END_TEST

#ifdef __linux__
/* How often the file was opened since. */
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

START_TEST(a_file_that_has_changed_is_opened_once_for_all)
{
    cc_tables_t *all[4];
    int watch = inotify_init1(IN_NONBLOCK);

    start();
    for (int i = 0; i < 4; i++) {
        all[i] = tables_open("file:f");
    }
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
END_TEST
#endif

START_TEST(tables_with_other_options_have_images_of_their_own)
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
    set.tables = plain;
    set.table = cc_tables_find(plain, NULL, "t");
    ck_assert_str_eq(tableset_poll(&set), "changed");
    ck_assert_str_eq(tableset_ask(&set, "k"), "MISSING");
    ck_assert_str_eq(tableset_ask(&set, "K"), "b");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("tables_image");
    TCase *tc = tcase_create("image");

    apr_initialize();
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, an_image_has_all_rows_and_no_others);
    tcase_add_test(tc, what_is_mapped_stays_when_the_image_is_replaced_or_removed);
    tcase_add_test(tc, a_file_without_rows_has_an_image);
    tcase_add_test(tc, an_image_of_another_state_is_none);
    tcase_add_test(tc, a_bad_state_is_told_as_such);
    tcase_add_test(tc, what_anybody_else_could_have_written_is_not_taken);
    tcase_add_test(tc, an_image_that_was_cut_short_is_not_taken);
    tcase_add_test(tc, who_is_stopped_leaves_no_image);
    tcase_add_test(tc, who_shares_is_asked_and_then_waited_for);
    tcase_add_test(tc, he_is_not_waited_for_for_ever);
    tcase_add_test(tc, a_bad_file_is_read_at_once_by_everyone_and_told);
#ifdef __linux__
    tcase_add_test(tc, a_file_that_has_changed_is_opened_once_for_all);
#endif
    tcase_add_test(tc, tables_with_other_options_have_images_of_their_own);
    suite_add_tcase(suite, tc);
    return suite_run(suite);
}
