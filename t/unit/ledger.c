/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests the ledger of certificates without a rule: each once, complete, bounded, and with
 * concurrent writers.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "httpd/metrics/ledger.h"
#include "suite.h"

#define NOW apr_time_from_sec(1000000)
#define DAY apr_time_from_sec(86400)
#define OLDEST (NOW - 30 * DAY)
#define OLDEST_OF(now) ((now) - 30 * DAY)

static apr_pool_t *pool;
static cc_ledger_t plain, named; /* shared with the child processes of a test */

static cc_slot_word_t *memory_make(bool names)
{
    void *memory = mmap(NULL, cc_ledger_size(names), PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    ck_assert_ptr_ne(memory, MAP_FAILED);
    return memory;
}

static void setup(void)
{
    apr_pool_create(&pool, NULL);
    plain = (cc_ledger_t){memory_make(false), false};
    named = (cc_ledger_t){memory_make(true), true};
}

static void teardown(void)
{
    munmap(plain.memory, cc_ledger_size(false));
    munmap(named.memory, cc_ledger_size(true));
    apr_pool_destroy(pool);
}

/* Certificate `number`; those with the same remainder of 256 begin at one place. */
static cc_ledger_entry_t entry_of(unsigned number, apr_time_t now)
{
    cc_ledger_entry_t entry;

    memset(&entry, 0, sizeof(entry));
    memcpy(entry.sha256, &(apr_uint64_t){number}, sizeof(apr_uint64_t));
    entry.sha256[31] = (unsigned char)(number + 1);
    entry.first = entry.last = now;
    entry.count = 1;
    snprintf(entry.issuer, sizeof(entry.issuer), "CN=CA %u", number);
    snprintf(entry.serial, sizeof(entry.serial), "%u", number);
    return entry;
}

static void see(const cc_ledger_t *ledger, unsigned number, apr_time_t now)
{
    cc_ledger_entry_t entry = entry_of(number, now);

    if (!cc_ledger_count(ledger, entry.sha256, now, OLDEST_OF(now)))
        cc_ledger_add(ledger, &entry, NULL, OLDEST_OF(now));
}

static const cc_ledger_read_t *at(const apr_array_header_t *entries, int i)
{
    return &APR_ARRAY_IDX(entries, i, const cc_ledger_read_t);
}

static bool has_text(const cc_slot_word_t *memory, size_t size, const char *text)
{
    return memmem((const void *)memory, size, text, strlen(text)) != NULL;
}

/* The i-th slot, which begins with its version. */
static cc_slot_word_t *slot_of(const cc_ledger_t *ledger, size_t i)
{
    size_t words = cc_ledger_size(ledger->names) / sizeof(cc_slot_word_t);

    return ledger->memory + words % CC_LEDGER_MOST + i * (words / CC_LEDGER_MOST);
}

/* ---- the entries ----------------------------------------------------------------------- */

TEST(a_certificate_has_one_entry_with_its_first_and_last_time_and_a_count)
{
    const apr_array_header_t *entries;

    ck_assert_int_eq(cc_ledger_read(&plain, OLDEST, pool)->nelts, 0);
    see(&plain, 1, NOW);
    see(&plain, 2, NOW + 1);
    see(&plain, 1, NOW + 5);
    see(&plain, 1, NOW + 3); /* threads may come in another order */
    entries = cc_ledger_read(&plain, OLDEST, pool);
    ck_assert_int_eq(entries->nelts, 2);
    ck_assert_str_eq(at(entries, 0)->entry.serial, "1");
    ck_assert_str_eq(at(entries, 0)->entry.issuer, "CN=CA 1");
    ck_assert(at(entries, 0)->entry.first == NOW && at(entries, 0)->entry.last == NOW + 5);
    ck_assert_uint_eq(at(entries, 0)->entry.count, 3);
    ck_assert_str_eq(at(entries, 1)->entry.serial, "2");
    ck_assert_ptr_null(at(entries, 0)->names);
}

TEST(certificates_that_begin_at_one_place_do_not_hide_each_other)
{
    for (unsigned i = 0; i < 6; i++) {
        see(&plain, 7 + 256 * i, NOW);
        see(&plain, 8, NOW);
    }
    ck_assert_int_eq(cc_ledger_read(&plain, OLDEST, pool)->nelts, 7);
    ck_assert_int_eq(cc_ledger_entries(&plain, OLDEST), 7);
}

TEST(a_flood_replaces_the_entries_that_were_seen_longest_ago_and_no_more)
{
    const apr_array_header_t *entries;

    for (unsigned i = 0; i < CC_LEDGER_MOST; i++)
        see(&plain, i, NOW + i);
    ck_assert_uint_eq(cc_ledger_replaced(&plain), 0);
    see(&plain, 0, NOW + 1000); /* it stays, and 1 goes first */
    for (unsigned i = 1000; i < 1010; i++)
        see(&plain, i, NOW + 1001);
    entries = cc_ledger_read(&plain, OLDEST, pool);
    ck_assert_int_eq(entries->nelts, CC_LEDGER_MOST);
    ck_assert_uint_eq(cc_ledger_replaced(&plain), 10);
    ck_assert_str_eq(at(entries, 10)->entry.serial, "0");
    ck_assert_str_eq(at(entries, CC_LEDGER_MOST - 1)->entry.serial, "11");
    for (unsigned i = 0; i < 10000; i++)
        see(&plain, 5000 + i, NOW + 2000 + i);
    ck_assert_int_eq(cc_ledger_read(&plain, OLDEST, pool)->nelts, CC_LEDGER_MOST);
}

TEST(an_entry_that_was_not_seen_for_its_days_is_gone_and_begins_anew)
{
    apr_time_t later = NOW + 30 * DAY + 1;
    const apr_array_header_t *entries;

    see(&plain, 1, NOW);
    see(&plain, 1, NOW);
    see(&plain, 2, NOW + DAY);
    ck_assert_int_eq(cc_ledger_read(&plain, OLDEST_OF(later - 1), pool)->nelts, 2);
    ck_assert_int_eq(cc_ledger_read(&plain, OLDEST_OF(later), pool)->nelts, 1);
    ck_assert_int_eq(cc_ledger_entries(&plain, OLDEST_OF(later)), 1);
    see(&plain, 1, later);
    entries = cc_ledger_read(&plain, OLDEST_OF(later), pool);
    ck_assert_int_eq(entries->nelts, 2);
    ck_assert_str_eq(at(entries, 0)->entry.serial, "1");
    ck_assert(at(entries, 0)->entry.first == later);
    ck_assert_uint_eq(at(entries, 0)->entry.count, 1);
    ck_assert_uint_eq(cc_ledger_replaced(&plain), 0);
}

TEST(entries_that_have_run_out_are_replaced_first_and_do_not_count_as_replaced)
{
    for (unsigned i = 0; i < CC_LEDGER_MOST; i++)
        see(&plain, i, i < 100 ? NOW : NOW + 40 * DAY);
    for (unsigned i = 0; i < 100; i++)
        see(&plain, 1000 + i, NOW + 41 * DAY);
    ck_assert_uint_eq(cc_ledger_replaced(&plain), 0);
    ck_assert_int_eq(cc_ledger_entries(&plain, OLDEST_OF(NOW + 41 * DAY)), CC_LEDGER_MOST);
}

TEST(entries_that_have_run_out_are_erased_and_others_stay)
{
    apr_time_t later = NOW + 31 * DAY;

    for (unsigned i = 0; i < CC_LEDGER_MOST; i++)
        see(&plain, i, i < 100 ? NOW : later);
    cc_ledger_erase(&plain, OLDEST_OF(later));
    ck_assert(!has_text(plain.memory, cc_ledger_size(false), "CN=CA 99"));
    ck_assert(has_text(plain.memory, cc_ledger_size(false), "CN=CA 100"));
    ck_assert_int_eq(cc_ledger_read(&plain, 1, pool)->nelts, CC_LEDGER_MOST - 100);
    see(&plain, 200, later); /* it is found behind erased slots */
    for (unsigned i = 0; i < 100; i++)
        see(&plain, 1000 + i, later);
    ck_assert_int_eq(cc_ledger_read(&plain, OLDEST, pool)->nelts, CC_LEDGER_MOST);
    ck_assert_uint_eq(cc_ledger_replaced(&plain), 0);
}

TEST(a_certificate_whose_entry_was_erased_begins_anew)
{
    const apr_array_header_t *entries;

    see(&plain, 1, NOW);
    see(&plain, 1, NOW);
    cc_ledger_erase(&plain, NOW);
    ck_assert_int_eq(cc_ledger_entries(&plain, OLDEST), 1); /* last seen at this moment */
    cc_ledger_erase(&plain, NOW + 1);
    ck_assert_int_eq(cc_ledger_entries(&plain, 1), 0);
    see(&plain, 1, NOW + 2);
    entries = cc_ledger_read(&plain, OLDEST, pool);
    ck_assert_int_eq(entries->nelts, 1);
    ck_assert_uint_eq(at(entries, 0)->entry.count, 1);
    ck_assert(at(entries, 0)->entry.first == NOW + 2);
}

TEST(what_is_being_written_is_not_erased)
{
    see(&plain, 3, NOW);
    atomic_fetch_add(slot_of(&plain, 3), 1);
    cc_ledger_erase(&plain, NOW + 1);
    atomic_fetch_add(slot_of(&plain, 3), 1);
    ck_assert_int_eq(cc_ledger_entries(&plain, OLDEST), 1);
}

/* ---- names ------------------------------------------------------------------------------- */

static cc_ledger_names_t *names_of(unsigned number)
{
    cc_ledger_names_t *names = calloc(1, sizeof(*names));

    snprintf(names->subject, sizeof(names->subject), "CN=%u", number);
    memset(names->der, 'A' + (int)(number % 26), sizeof(names->der) - 1);
    return names;
}

TEST(a_ledger_without_names_has_no_place_for_them)
{
    cc_ledger_entry_t entry = entry_of(1, NOW);
    cc_ledger_names_t *names = names_of(4711);

    cc_ledger_add(&plain, &entry, names, OLDEST);
    cc_ledger_add(&named, &entry, names, OLDEST);
    ck_assert(!has_text(plain.memory, cc_ledger_size(false), "CN=4711"));
    ck_assert(has_text(named.memory, cc_ledger_size(true), "CN=4711"));
    ck_assert_ptr_null(at(cc_ledger_read(&plain, OLDEST, pool), 0)->names);
    free(names);
}

TEST(a_ledger_with_names_keeps_them_with_the_certificate)
{
    cc_ledger_names_t *names = names_of(9);
    const apr_array_header_t *entries;

    for (unsigned i = 8; i < 10; i++) {
        cc_ledger_entry_t entry = entry_of(i, NOW + i);

        cc_ledger_add(&named, &entry, i == 9 ? names : NULL, OLDEST);
    }
    entries = cc_ledger_read(&named, OLDEST, pool);
    ck_assert_int_eq(entries->nelts, 2);
    ck_assert_int_eq(memcmp(at(entries, 0)->names, names, sizeof(*names)), 0);
    ck_assert_str_eq(at(entries, 1)->names->subject, "");
    ck_assert_str_eq(at(entries, 1)->names->der, "");
    free(names);
}

TEST(names_do_not_stay_in_an_entry_of_another_certificate)
{
    cc_ledger_names_t *names = names_of(1);

    for (unsigned i = 0; i < CC_LEDGER_MOST; i++) {
        cc_ledger_entry_t entry = entry_of(i, NOW);

        cc_ledger_add(&named, &entry, names, OLDEST);
    }
    for (unsigned i = 0; i < CC_LEDGER_MOST; i++)
        see(&named, 1000 + i, NOW + 1);
    ck_assert(!has_text(named.memory, cc_ledger_size(true), "CN=1"));
    free(names);
}

/* ---- many at once ---------------------------------------------------------------------- */

/* Every octet of an entry identifies its writer, so that a mixed entry is detected. */
static void fill(cc_ledger_entry_t *entry, cc_ledger_names_t *names, unsigned number)
{
    *entry = entry_of(number * 256, NOW + number);
    memset(entry->issuer, 'a' + (int)(number % 26), sizeof(entry->issuer) - 1);
    memset(names, 0, sizeof(*names));
    memset(names->subject, 'a' + (int)(number % 26), sizeof(names->subject) - 1);
    memset(names->der, 'A' + (int)(number % 26), sizeof(names->der) - 1);
}

static bool is_whole(const cc_ledger_read_t *read)
{
    cc_ledger_entry_t entry;
    cc_ledger_names_t names;
    apr_uint64_t number;

    memcpy(&number, read->entry.sha256, sizeof(number));
    fill(&entry, &names, (unsigned)(number / 256));
    entry.count = read->entry.count;
    entry.last = read->entry.last;
    return !memcmp(&entry, &read->entry, sizeof(entry)) &&
           !memcmp(&names, read->names, sizeof(names));
}

static atomic_uint last;
static atomic_bool done;

static void *write_much(void *unused)
{
    for (unsigned i = 0; i < 20000; i++) {
        cc_ledger_entry_t entry;
        cc_ledger_names_t names;

        fill(&entry, &names, 1 + atomic_fetch_add(&last, 1));
        cc_ledger_add(&named, &entry, &names, OLDEST);
        cc_ledger_count(&named, entry.sha256, entry.last, OLDEST);
    }
    return unused;
}

static void *read_much(void *torn)
{
    while (!atomic_load(&done)) {
        const apr_array_header_t *entries;
        apr_pool_t *p;

        apr_pool_create(&p, NULL);
        entries = cc_ledger_read(&named, OLDEST, p);
        for (int i = 0; i < entries->nelts; i++)
            *(int *)torn += !is_whole(at(entries, i));
        apr_pool_destroy(p);
    }
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
    ck_assert_int_eq(cc_ledger_read(&named, OLDEST, pool)->nelts, CC_LEDGER_MOST);
}

TEST(processes_count_a_certificate_together)
{
    const apr_array_header_t *entries;
    pid_t children[4];
    apr_uint64_t sum = 0;

    for (int i = 0; i < 4; i++) {
        children[i] = fork();
        if (children[i] == 0) {
            for (unsigned j = 0; j < 1000; j++)
                see(&plain, j % 100, NOW);
            _exit(0);
        }
    }
    for (int i = 0; i < 4; i++)
        waitpid(children[i], NULL, 0);
    entries = cc_ledger_read(&plain, OLDEST, pool);
    ck_assert_int_eq(entries->nelts, 100);
    for (int i = 0; i < entries->nelts; i++)
        sum += at(entries, i)->entry.count;
    /* One that finds a slot locked for long is not counted. */
    ck_assert(sum <= 4000 && sum > 3600);
}

TEST(an_entry_that_was_never_written_to_its_end_is_left_alone)
{
    cc_slot_word_t *version;

    for (unsigned i = 0; i < CC_LEDGER_MOST; i++)
        see(&plain, i, NOW);
    version = slot_of(&plain, 3);
    atomic_fetch_add(version, 1); /* its process was killed */
    ck_assert_int_eq(cc_ledger_read(&plain, OLDEST, pool)->nelts, CC_LEDGER_MOST - 1);
    see(&plain, 3, NOW + 1); /* takes another slot */
    see(&plain, 3, NOW + 2);
    see(&plain, 1000, NOW + 3);
    ck_assert_int_eq(cc_ledger_read(&plain, OLDEST, pool)->nelts, CC_LEDGER_MOST - 1);
    ck_assert_str_eq(at(cc_ledger_read(&plain, OLDEST, pool), 0)->entry.serial, "1000");
    ck_assert_uint_eq(at(cc_ledger_read(&plain, OLDEST, pool), 1)->entry.count, 2);
}

TEST(what_two_have_added_at_once_is_added_up)
{
    const apr_array_header_t *entries;

    see(&plain, 1, NOW);
    see(&plain, 1, NOW + 1);
    see(&plain, 2, NOW);
    memcpy((void *)slot_of(&plain, 2), (void *)slot_of(&plain, 1),
           (size_t)((char *)slot_of(&plain, 2) - (char *)slot_of(&plain, 1)));
    entries = cc_ledger_read(&plain, OLDEST, pool);
    ck_assert_int_eq(entries->nelts, 1);
    ck_assert_uint_eq(at(entries, 0)->entry.count, 4);
}

SUITE("ledger", .setup = setup, .teardown = teardown, .timeout = 300);
