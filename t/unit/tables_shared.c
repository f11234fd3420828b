/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests which version of a file each reader sees while it is replaced, and the memory that this
 * takes.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <apr_strings.h>

#include "suite.h"
#include "tableset.h"

#define READERS 4
#define RELOADS 1000
#define LINES 1500

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED
#endif
#elif defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED
#endif

/* The permitted growth in KB: valgrind keeps 20 MB of freed memory, a leak would be 60 MB. */
#ifdef SANITIZED /* which keeps much more, and also writes when memory is read */
#define GROWTH (1024 * 1024)
#else
#define GROWTH (24 * 1024)
#endif

static tableset_t set;

static void setup(void)
{
    tableset_begin(&set);
}

static void teardown(void)
{
    tableset_end(&set);
}

/* ---- readers --------------------------------------------------------------------------- */

static int stop; /* atomic */

/* Every version has its number twice; a row with two different numbers is a mixture. */
static void *read_on(void *baton)
{
    apr_pool_t *p;
    long reads = 0;

    apr_pool_create_unmanaged_ex(&p, NULL, NULL);
    while (!__atomic_load_n(&stop, __ATOMIC_ACQUIRE)) {
        apr_uint64_t before = cc_table_generation(set.table);
        cc_answer_info_t info;
        const char *first = tableset_ask_in(set.table, "first", 5, &info, p);
        const char *last = tableset_ask_in(set.table, "last", 4, &info, p);

        if (strncmp(first, "v", 1) != 0 || strncmp(last, "v", 1) != 0)
            abort();
        if (cc_table_generation(set.table) == before && strcmp(first, last) != 0)
            abort();
        apr_pool_clear(p);
        reads++;
    }
    apr_pool_destroy(p);
    *(long *)baton = reads;
    return NULL;
}

static const char *version_text(int number)
{
    char *text = apr_palloc(set.pool, LINES * 40 + 40), *to = text;

    to += sprintf(to, "first v%d\n", number);
    for (int i = 0; i < LINES; i++)
        to += sprintf(to, "filler%d some value to fill it\n", i);
    sprintf(to, "last v%d\n", number);
    return text;
}

static long resident(void)
{
    long size = 0, pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");

    if (file) {
        ck_assert_int_eq(fscanf(file, "%ld %ld", &size, &pages), 2);
        fclose(file);
    }
    return pages * sysconf(_SC_PAGESIZE) / 1024;
}

/* While a reader uses the version before the last change, the next change waits. */
static void follow_change(void)
{
    const char *told = "";

    for (int i = 0; i < 500 && !*told; i++)
        told = tableset_poll(&set);
    ck_assert_str_eq(told, "changed");
}

TEST(readers_go_on_while_the_file_is_reloaded_and_memory_does_not_grow)
{
    pthread_t threads[READERS];
    long reads[READERS] = {0}, settled = 0;
    const char *texts[2] = {version_text(1), version_text(2)};

    tableset_open_text(&set, texts[0]);
    stop = 0;
    for (int i = 0; i < READERS; i++)
        pthread_create(&threads[i], NULL, read_on, &reads[i]);
    for (int i = 0; i < RELOADS; i++) {
        tableset_replace(&set, "f", texts[i % 2]);
        follow_change();
        if (i == RELOADS / 4)
            settled = resident();
    }
    __atomic_store_n(&stop, 1, __ATOMIC_RELEASE);
    for (int i = 0; i < READERS; i++) {
        pthread_join(threads[i], NULL);
        ck_assert_int_gt(reads[i], 0);
    }
    ck_assert_msg(resident() < settled + GROWTH, "%ld KB, then %ld KB", settled, resident());
}

static void *cut(void *unused)
{
    apr_sleep(apr_time_from_msec(3));
    ck_assert_int_eq(truncate(tableset_path(&set, "f"), 1000), 0);
    return unused;
}

TEST(a_file_that_is_cut_while_it_is_read_gives_no_half_table)
{
    char *text = apr_palloc(set.pool, 400000 * 16), *to = text;
    pthread_t thread;
    const char *told;

    for (int i = 0; i < 400000; i++)
        to += sprintf(to, "key%010d v\n", i); /* 16 octets: a read ends with a line */
    sprintf(to, "last v\n");
    tableset_write(&set, "f", "last old\n");
    tableset_open(&set, "file:f", 1);
    tableset_write(&set, "f", text);
    apr_sleep(apr_time_from_msec(600)); /* so that it does not count as being written */
    pthread_create(&thread, NULL, cut, NULL);
    told = tableset_poll_now(&set);
    pthread_join(thread, NULL);
    ck_assert_str_eq(tableset_ask(&set, "last"), strcmp(told, "changed") ? "old" : "v");
}

/* ---- children -------------------------------------------------------------------------- */

static const char *big_text(void)
{
    char *text = apr_palloc(set.pool, 200000 * 48), *to = text;

    for (int i = 0; i < 200000; i++)
        to += sprintf(to, "key%06d some-user-%06d some,groups\n", i, i);
    return text;
}

/* Private memory in KB, not shared with the parent; -1 if the system does not report it. */
static long own_memory(void)
{
    FILE *file = fopen("/proc/self/smaps_rollup", "r");
    char line[200];
    long dirty = -1;

    while (file && fgets(line, sizeof(line), file))
        sscanf(line, "Private_Dirty: %ld", &dirty);
    if (file)
        fclose(file);
    return dirty;
}

TEST(children_share_what_the_parent_loaded)
{
    int status = 0;
    pid_t child;

    tableset_open_text(&set, big_text());
    child = fork();
    if (child == 0) {
        long before = own_memory();
        cc_answer_info_t info;
        apr_pool_t *p;

        apr_pool_create(&p, set.pool);
        for (int i = 0; i < 200000; i++) {
            const char *key = apr_psprintf(p, "key%06d", i);
            if (strcmp(tableset_ask_in(set.table, key, 9, &info, p),
                       apr_psprintf(p, "some-user-%06d|some,groups", i)) != 0)
                _exit(1);
            apr_pool_clear(p);
        }
        _exit(own_memory() > before + GROWTH / 6 ? 2 : 0); /* the table has 12 MB */
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
}

TEST(a_child_follows_the_file_by_itself)
{
    int status = 0;
    pid_t child;

    tableset_open_text(&set, "k a\n");
    child = fork();
    if (child == 0) {
        tableset_replace(&set, "f", "k b\n");
        _exit(strcmp(tableset_poll(&set), "changed") || strcmp(tableset_ask(&set, "k"), "b"));
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
    ck_assert_str_eq(tableset_ask(&set, "k"), "a");
    ck_assert_str_eq(tableset_poll(&set), "changed");
    ck_assert_str_eq(tableset_ask(&set, "k"), "b");
}

SUITE("shared", .setup = setup, .teardown = teardown, .timeout = 300);
