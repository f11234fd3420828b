/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests the list of certificates that expire soon: each once, complete, and with concurrent
 * writers.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "httpd/metrics/expiring.h"
#include "suite.h"

#define NOW apr_time_from_sec(1000000)
#define DAY apr_time_from_sec(86400)

static cc_expiring_t *list;
static cc_expiry_t expiries[CC_EXPIRING_MOST];

/* Shared with the child processes of a test. */
static void setup(void)
{
    list = mmap(NULL, sizeof(*list), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ck_assert_ptr_ne(list, MAP_FAILED);
}

static void teardown(void)
{
    munmap(list, sizeof(*list));
}

/* Certificate `number`; those with the same remainder of 256 begin at one place. */
static cc_expiry_t expiry_of(unsigned number, apr_time_t not_after)
{
    cc_expiry_t expiry;

    memset(&expiry, 0, sizeof(expiry));
    expiry.mark.half[0] = number;
    expiry.mark.half[1] = ~(apr_uint64_t)number;
    expiry.not_after = not_after;
    expiry.seen = NOW;
    snprintf(expiry.subject, sizeof(expiry.subject), "CN=%u", number);
    return expiry;
}

static bool add(unsigned number, apr_time_t not_after)
{
    cc_expiry_t expiry = expiry_of(number, not_after);
    bool wanted = cc_expiring_wants(list, &expiry.mark, not_after, NOW);

    cc_expiring_add(list, &expiry);
    return wanted;
}

static int read_at(apr_time_t now)
{
    return cc_expiring_read(list, expiries, now);
}

/* ---- the entries ----------------------------------------------------------------------- */

TEST(soon_is_within_30_days_and_not_past)
{
    ck_assert(!cc_expiring_soon(NOW, NOW));
    ck_assert(!cc_expiring_soon(NOW - DAY, NOW));
    ck_assert(cc_expiring_soon(NOW + 1, NOW));
    ck_assert(cc_expiring_soon(NOW + 30 * DAY - 1, NOW));
    ck_assert(!cc_expiring_soon(NOW + 30 * DAY, NOW));
    ck_assert(!cc_expiring_soon(APR_INT64_MAX, NOW));
    ck_assert(!cc_expiring_soon(APR_INT64_MIN, NOW));
}

TEST(what_is_listed_is_read_as_it_is_and_the_first_to_end_comes_first)
{
    ck_assert_int_eq(read_at(NOW), 0);
    ck_assert(add(1, NOW + 3 * DAY));
    ck_assert(add(2, NOW + 1 * DAY));
    ck_assert(add(3, NOW + 2 * DAY));
    ck_assert_int_eq(read_at(NOW), 3);
    ck_assert_str_eq(expiries[0].subject, "CN=2");
    ck_assert_str_eq(expiries[1].subject, "CN=3");
    ck_assert_str_eq(expiries[2].subject, "CN=1");
    ck_assert(expiries[0].not_after == NOW + DAY && expiries[0].seen == NOW);
}

TEST(a_certificate_is_listed_once_however_often_it_is_seen)
{
    cc_expiry_t again = expiry_of(1, NOW + DAY);

    add(1, NOW + DAY);
    ck_assert(!add(1, NOW + DAY));
    ck_assert(!cc_expiring_wants(list, &again.mark, NOW + DAY, NOW + 5));
    ck_assert_int_eq(read_at(NOW), 1);
    ck_assert(expiries[0].seen == NOW + 5);
}

TEST(certificates_that_begin_at_one_place_do_not_hide_each_other)
{
    add(7, NOW + DAY);
    ck_assert(add(7 + 256, NOW + DAY));
    ck_assert(add(7 + 512, NOW + DAY));
    ck_assert(add(8, NOW + DAY));
    ck_assert(!add(7 + 512, NOW + DAY) && !add(8, NOW + DAY));
    ck_assert_int_eq(read_at(NOW), 4);
}

TEST(one_that_has_ended_is_not_read_and_gives_up_its_place)
{
    add(1, NOW + 1);
    add(1 + 256, NOW + DAY);
    ck_assert_int_eq(read_at(NOW + 1), 1);
    ck_assert_str_eq(expiries[0].subject, "CN=257");
    for (unsigned i = 0; i < 254; i++)
        add(1000 + i, NOW + DAY);
    ck_assert_int_eq(read_at(NOW + 1), CC_EXPIRING_MOST - 1);
    {
        cc_expiry_t late = expiry_of(5, NOW + 9 * DAY);
        late.seen = NOW + 1;
        ck_assert(cc_expiring_wants(list, &late.mark, late.not_after, NOW + 1));
        cc_expiring_add(list, &late);
    }
    ck_assert_int_eq(read_at(NOW + 1), CC_EXPIRING_MOST);
    ck_assert(!add(1 + 256, NOW + DAY));
}

TEST(where_there_is_no_place_left_those_that_end_first_stay)
{
    for (unsigned i = 0; i < CC_EXPIRING_MOST; i++)
        ck_assert(add(i, NOW + DAY + i));
    ck_assert(!add(1000, NOW + DAY + 255));
    ck_assert(add(1001, NOW + DAY + 254));
    ck_assert(!add(1001, NOW + DAY + 254));
    ck_assert(add(255, NOW + DAY - 1)); /* it was dropped, and replaces another now */
    ck_assert_int_eq(read_at(NOW), CC_EXPIRING_MOST);
    ck_assert_str_eq(expiries[0].subject, "CN=255");
    ck_assert(expiries[CC_EXPIRING_MOST - 1].not_after == NOW + DAY + 254);
}

TEST(the_first_user_of_a_listed_certificate_is_noted)
{
    cc_expiry_t one = expiry_of(1, NOW + DAY), other = expiry_of(2, NOW + DAY);
    char longest[1000];

    add(1, NOW + DAY);
    add(3, NOW + 2 * DAY);
    ck_assert(cc_expiring_lacks_user(list, &one.mark));
    ck_assert(!cc_expiring_lacks_user(list, &other.mark));
    cc_expiring_set_user(list, &one.mark, "alice");
    ck_assert(!cc_expiring_lacks_user(list, &one.mark));
    cc_expiring_set_user(list, &one.mark, "bob");
    cc_expiring_set_user(list, &other.mark, "nobody");
    memset(longest, 'x', sizeof(longest) - 1);
    longest[sizeof(longest) - 1] = '\0';
    other = expiry_of(3, NOW + 2 * DAY);
    cc_expiring_set_user(list, &other.mark, longest);
    ck_assert_int_eq(read_at(NOW), 2);
    ck_assert_str_eq(expiries[0].user, "alice");
    ck_assert_str_eq(expiries[0].subject, "CN=1");
    ck_assert_uint_eq(strlen(expiries[1].user), CC_EXPIRING_TEXT - 1);
}

/* ---- many at once ---------------------------------------------------------------------- */

/*
 * Every octet of an entry identifies its writer, so that a mixed entry is detected. All begin at
 * one place, and each expires as the next one arrives: they replace each other all the time.
 */
static void fill(cc_expiry_t *expiry, unsigned number)
{
    *expiry = expiry_of(number * CC_EXPIRING_MOST, NOW + number);
    expiry->seen = NOW + number;
    memset(expiry->sha256, (int)(number & 0xFF), sizeof(expiry->sha256));
    memset(expiry->subject, 'a' + (int)(number % 26), sizeof(expiry->subject) - 1);
}

static bool is_whole(const cc_expiry_t *expiry)
{
    cc_expiry_t expected;

    fill(&expected, (unsigned)(expiry->mark.half[0] / CC_EXPIRING_MOST));
    memcpy(expected.user, expiry->user, sizeof(expected.user));
    expected.seen = expiry->seen;
    return !memcmp(&expected, expiry, sizeof(expected)) &&
           (!expiry->user[0] || expiry->user[0] == expiry->subject[0]);
}

static atomic_uint last;
static atomic_bool done;

static void *write_much(void *unused)
{
    for (unsigned i = 0; i < 100000; i++) {
        cc_expiry_t expiry;
        char user[2] = "a";

        fill(&expiry, 1 + atomic_fetch_add(&last, 1));
        user[0] = expiry.subject[0];
        cc_expiring_add(list, &expiry);
        cc_expiring_set_user(list, &expiry.mark, user);
    }
    return unused;
}

static void *read_much(void *torn)
{
    cc_expiry_t *mine = malloc(sizeof(expiries));

    while (!atomic_load(&done)) {
        int count = cc_expiring_read(list, mine, NOW);
        for (int i = 0; i < count; i++)
            *(int *)torn += !is_whole(&mine[i]);
    }
    free(mine);
    return NULL;
}

TEST(nobody_reads_half_of_an_entry)
{
    pthread_t writers[3], reader;
    int torn = 0;

    atomic_store(&last, 0);
    atomic_store(&done, false);
    pthread_create(&reader, NULL, read_much, &torn);
    for (int i = 0; i < 3; i++)
        pthread_create(&writers[i], NULL, write_much, NULL);
    for (int i = 0; i < 3; i++)
        pthread_join(writers[i], NULL);
    atomic_store(&done, true);
    pthread_join(reader, NULL);
    ck_assert_int_eq(torn, 0);
    ck_assert_int_gt(read_at(NOW), 0);
    ck_assert(is_whole(&expiries[0]));
}

TEST(processes_list_a_certificate_once)
{
    pid_t children[4];

    for (int i = 0; i < 4; i++) {
        children[i] = fork();
        if (children[i] == 0) {
            for (unsigned j = 0; j < 200; j++)
                add(j, NOW + DAY + j);
            _exit(0);
        }
    }
    for (int i = 0; i < 4; i++)
        waitpid(children[i], NULL, 0);
    ck_assert_int_eq(read_at(NOW), 200);
}

TEST(a_place_that_was_never_written_to_its_end_is_left_alone)
{
    for (unsigned i = 0; i < CC_EXPIRING_MOST; i++)
        add(i, NOW + DAY);
    atomic_fetch_add(&list->slots[3].version, 1); /* its process was killed */
    ck_assert_int_eq(read_at(NOW), CC_EXPIRING_MOST - 1);
    ck_assert(add(1000, NOW + 1));
    cc_expiring_set_user(list, &(cc_mark_t){{3, ~(apr_uint64_t)3}}, "alice");
    ck_assert_int_eq(read_at(NOW), CC_EXPIRING_MOST - 1);
    ck_assert_str_eq(expiries[0].subject, "CN=1000");
}

TEST(what_two_have_added_at_once_is_read_once)
{
    add(1, NOW + DAY);
    add(2, NOW + DAY);
    memcpy(&list->slots[2], &list->slots[1], sizeof(list->slots[1]));
    ck_assert_int_eq(read_at(NOW), 1);
}

SUITE("list", .setup = setup, .teardown = teardown, .timeout = 300);
