/* SPDX-License-Identifier: Apache-2.0 */
/* Tests how a file is reloaded while it changes, and when it is checked. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <apr_strings.h>

#include "suite.h"
#include "tableset.h"

static tableset_t set;

static void setup(void)
{
    tableset_begin(&set);
}

static void teardown(void)
{
    tableset_end(&set);
}

/* ---- changes --------------------------------------------------------------------------- */

TEST(a_file_that_does_not_change_is_not_read_again)
{
    apr_uint64_t before;

    tableset_open_text(&set, "k a\n");
    before = cc_table_generation(set.table);
    ck_assert_str_eq(tableset_poll(&set), "");
    ck_assert_uint_eq(cc_table_generation(set.table), before);
}

TEST(a_replaced_file_is_noticed)
{
    apr_uint64_t before;

    tableset_open_text(&set, "k a\n");
    before = cc_table_generation(set.table);
    tableset_replace(&set, "f", "k b\n");
    ck_assert_str_eq(tableset_poll(&set), "changed");
    ck_assert_str_eq(tableset_ask(&set, "k"), "b");
    ck_assert_uint_gt(cc_table_generation(set.table), before);
    ck_assert_str_eq(tableset_poll(&set), "");
}

TEST(a_file_rewritten_in_place_is_noticed_even_with_its_old_size_and_date)
{
    struct stat info;
    struct timespec times[2];

    tableset_open_text(&set, "k a\n");
    ck_assert_int_eq(stat(tableset_path(&set, "f"), &info), 0);
    tableset_write(&set, "f", "k b\n");
    times[0] = info.st_atim;
    times[1] = info.st_mtim;
    ck_assert_int_eq(utimensat(AT_FDCWD, tableset_path(&set, "f"), times, 0), 0);
    ck_assert_str_eq(tableset_poll(&set), "changed");
    ck_assert_str_eq(tableset_ask(&set, "k"), "b");
}

TEST(a_truncated_file_is_noticed)
{
    tableset_open_text(&set, "k a\nl b\n");
    ck_assert_int_eq(truncate(tableset_path(&set, "f"), 4), 0);
    ck_assert_str_eq(tableset_poll(&set), "changed");
    ck_assert_str_eq(tableset_ask(&set, "k"), "a");
    ck_assert_str_eq(tableset_ask(&set, "l"), "MISSING");
}

TEST(a_deleted_file_is_told_once_and_its_table_stays)
{
    const char *told;

    tableset_open_text(&set, "k a\n");
    ck_assert_int_eq(unlink(tableset_path(&set, "f")), 0);
    told = tableset_poll(&set);
    ck_assert_msg(strstr(told, "CC0610: site.conf:1: ") == told && strstr(told, "No such file"),
                  "%s", told);
    ck_assert_str_eq(tableset_poll(&set), "");
    ck_assert_str_eq(tableset_ask(&set, "k"), "a");
    tableset_write(&set, "f", "k a\n");
    ck_assert_str_eq(tableset_poll(&set), "changed");
    ck_assert_str_eq(tableset_ask(&set, "k"), "a");
}

TEST(a_bad_file_is_told_once_a_change_and_the_last_good_table_stays)
{
    apr_uint64_t before;

    tableset_open_text(&set, "k a\n");
    before = cc_table_generation(set.table);
    tableset_write(&set, "f", "k b\nl\n");
    ck_assert_ptr_nonnull(strstr(tableset_poll(&set), "f:2: columns after the key: 0"));
    ck_assert_str_eq(tableset_poll(&set), "");
    ck_assert_str_eq(tableset_ask(&set, "k"), "a");
    ck_assert_uint_eq(cc_table_generation(set.table), before);
    tableset_replace(&set, "f", "k b\nk c\n");
    ck_assert_ptr_nonnull(strstr(tableset_poll(&set), "f:2: the same key as in line 1"));
    ck_assert_str_eq(tableset_poll(&set), "");
    tableset_replace(&set, "f", "k b\n");
    ck_assert_str_eq(tableset_poll(&set), "changed");
    ck_assert_str_eq(tableset_ask(&set, "k"), "b");
}

TEST(the_target_of_a_link_is_followed)
{
    tableset_write(&set, "one", "k a\n");
    tableset_write(&set, "two", "k b\n");
    ck_assert_int_eq(symlink("one", tableset_path(&set, "f")), 0);
    tableset_open(&set, "file:f", 1);
    tableset_poll(&set);
    ck_assert_int_eq(symlink("two", tableset_path(&set, "g")), 0);
    ck_assert_int_eq(rename(tableset_path(&set, "g"), tableset_path(&set, "f")), 0);
    ck_assert_str_eq(tableset_poll(&set), "changed");
    ck_assert_str_eq(tableset_ask(&set, "k"), "b");
}

/* ---- when the file is checked ---------------------------------------------------------- */

static int told_count;

static void count(const cc_table_t *table, const cc_error_t *err, void *baton)
{
    (void)table, (void)err, (void)baton;
    told_count++;
}

TEST(a_file_is_left_alone_until_nobody_writes_it_and_then_read)
{
    apr_time_t now;

    tableset_open_text(&set, "k a\n");
    told_count = 0;
    tableset_write(&set, "f", "");
    now = apr_time_now(); /* the file was just truncated: its lines may follow */
    ck_assert_int_eq(cc_tables_poll(set.tables, now, count, NULL), apr_time_from_msec(50));
    tableset_write(&set, "f", "k b\n");
    ck_assert_int_eq(told_count, 0);
    ck_assert_str_eq(tableset_ask(&set, "k"), "a");
    ck_assert_int_eq(cc_tables_poll(set.tables, now + apr_time_from_sec(3), count, NULL),
                     apr_time_from_sec(5 - 3)); /* when other files are due */
    ck_assert_int_eq(told_count, 1);
    ck_assert_str_eq(tableset_ask(&set, "k"), "b");
}

TEST(a_second_write_in_the_tick_of_the_load_at_start_is_noticed)
{
    apr_time_t now = apr_time_now();

    tableset_write(&set, "f", "k a\n");
    tableset_open(&set, "file:f", 1);
    /* The stamp may equal the one that was read at start; the content differs. */
    tableset_write(&set, "f", "k b\n");
    told_count = 0;
    cc_tables_poll(set.tables, now + apr_time_from_sec(60), count, NULL);
    ck_assert_int_eq(told_count, 1);
    ck_assert_str_eq(tableset_ask(&set, "k"), "b");
}

/* A file with the same stamp although it is still being written, as in a delayed write. */
static char *write_begin(const char *text)
{
    size_t len = strlen(text);
    char *at = NULL;
    int fd;

    tableset_write(&set, "f", text);
    fd = open(tableset_path(&set, "f"), O_RDWR);
    ck_assert_int_ge(fd, 0);
    at = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    ck_assert(at != MAP_FAILED);
    close(fd);
    at[len - 1] = '\n'; /* from here on the system notices changes of the page */
    return at;
}

static void poll_after(int milliseconds)
{
    cc_tables_poll(set.tables, apr_time_now() + apr_time_from_msec(milliseconds), count, NULL);
}

TEST(a_young_file_at_start_is_read_again_though_it_looks_the_same)
{
    char *at = write_begin("k a\n");

    tableset_open(&set, "file:f", 1);
    at[2] = 'b';
    ck_assert_str_eq(tableset_poll(&set), "changed");
    ck_assert_str_eq(tableset_ask(&set, "k"), "b");
    ck_assert_str_eq(tableset_poll(&set), "");
    munmap(at, 4);
}

TEST(a_young_file_at_start_that_has_the_same_rows_later_is_no_change)
{
    apr_uint64_t before;

    tableset_write(&set, "f", "k a\n");
    tableset_open(&set, "file:f", 1);
    before = cc_table_generation(set.table);
    ck_assert_str_eq(tableset_poll(&set), "");
    ck_assert_uint_eq(cc_table_generation(set.table), before);
}

TEST(a_write_that_is_held_up_is_waited_for)
{
    char *at;

    tableset_write(&set, "f", "k a\n");
    tableset_open(&set, "file:f reload=0.001", 1);
    at = write_begin("k b\n");
    told_count = 0;
    poll_after(200);
    ck_assert_int_eq(told_count, 0);
    ck_assert_str_eq(tableset_ask(&set, "k"), "a");
    at[2] = 'c';
    poll_after(600);
    ck_assert_int_eq(told_count, 1);
    ck_assert_str_eq(tableset_ask(&set, "k"), "c");
    munmap(at, 4);
}

TEST(what_was_written_before_and_renamed_now_is_read_at_once)
{
    struct timespec times[2] = {{.tv_sec = 1000000000}, {.tv_sec = 1000000000}};

    tableset_write(&set, "f", "k a\n");
    tableset_open(&set, "file:f reload=0.001", 1);
    tableset_write(&set, "g", "k b\n");
    ck_assert_int_eq(utimensat(AT_FDCWD, tableset_path(&set, "g"), times, 0), 0);
    ck_assert_int_eq(rename(tableset_path(&set, "g"), tableset_path(&set, "f")), 0);
    told_count = 0;
    poll_after(100);
    ck_assert_int_eq(told_count, 1);
    ck_assert_str_eq(tableset_ask(&set, "k"), "b");
}

TEST(a_file_that_never_rests_is_read_all_the_same)
{
    tableset_write(&set, "f", "k a\n");
    tableset_open(&set, "file:f reload=0.001", 1);
    told_count = 0;
    for (int i = 0; i < 200 && told_count == 0; i++) {
        tableset_write(&set, "f", i % 2 ? "k b\n" : "k c\n");
        poll_after(100);
        apr_sleep(apr_time_from_msec(50));
    }
    ck_assert_int_eq(told_count, 1);
    ck_assert_str_ne(tableset_ask(&set, "k"), "a");
    poll_after(600); /* a file that was read too early is read again */
    ck_assert_str_ne(tableset_ask(&set, "k"), "a");
}

TEST(a_file_is_looked_at_every_reload_seconds)
{
    apr_time_t now = apr_time_now() + apr_time_from_sec(60);

    tableset_write(&set, "f", "k a\n");
    tableset_open(&set, "file:f reload=7", 1);
    cc_tables_poll(set.tables, now, count, NULL);
    tableset_replace(&set, "f", "k b\n");
    ck_assert_int_eq(cc_tables_poll(set.tables, now + apr_time_from_sec(3), count, NULL),
                     apr_time_from_sec(4));
    ck_assert_str_eq(tableset_ask(&set, "k"), "a");
    cc_tables_poll(set.tables, now + apr_time_from_sec(7), count, NULL);
    ck_assert_str_eq(tableset_ask(&set, "k"), "b");
    tableset_replace(&set, "f", "k c\n");
    cc_tables_poll(set.tables, now - apr_time_from_sec(3600), count, NULL); /* a clock set back */
    ck_assert_str_eq(tableset_ask(&set, "k"), "c");
}

TEST(with_reload_0_a_file_is_never_looked_at)
{
    tableset_write(&set, "f", "k a\n");
    tableset_open(&set, "file:f reload=0", 1);
    tableset_replace(&set, "f", "k b\n");
    ck_assert_str_eq(tableset_poll(&set), "");
    ck_assert_str_eq(tableset_ask(&set, "k"), "a");
    ck_assert_int_eq(cc_tables_poll(set.tables, apr_time_now(), count, NULL), 0);
}

SUITE("reload", .setup = setup, .teardown = teardown, .timeout = 300);
