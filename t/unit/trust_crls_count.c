/* SPDX-License-Identifier: Apache-2.0 */
/* Tests the metrics of CRL files, in one process and in several that share the counters. */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <apr_strings.h>

#include "crlset.h"
#include "suite.h"

/* Two processes that follow the same files. */
static crlset_t set, other;
static pki_t ca;
static cc_crl_counters_t counters;

static void setup(void)
{
    memset(&counters, 0, sizeof(counters));
    crlset_begin(&set);
    crlset_begin(&other);
    rmdir(other.folder);
    other.folder = set.folder;
    ca = pki_ca("CA", NULL);
    crlset_trust(&set, &ca);
    crlset_trust(&other, &ca);
}

static void teardown(void)
{
    other.folder = apr_pstrcat(other.pool, set.folder, "/none", NULL);
    mkdir(other.folder, 0700);
    crlset_end(&other);
    crlset_end(&set);
    pki_free(&ca);
}

static void put(const char *name, const char *number)
{
    crl_recipe_t recipe = {.ca = &ca, .number = number};

    crlset_put(&set, name, &recipe);
}

/* Both have read the files after they had settled. */
static void open_both(const char *arguments)
{
    crlset_open(&set, arguments);
    crlset_open(&other, arguments);
    crlset_poll(&set);
    crlset_poll(&other);
    cc_crls_counters_start(&counters, set.crls);
    cc_crls_count_in(set.crls, &counters);
    cc_crls_count_in(other.crls, &counters);
}

static void poll_both(void)
{
    crlset_poll(&set);
    crlset_poll(&other);
}

/* "2 loads, 1 failures, 0 refused" */
static void expect(const char *text)
{
    const char *is = apr_psprintf(set.pool,
                                  "%" APR_UINT64_T_FMT " loads, %" APR_UINT64_T_FMT
                                  " failures, %" APR_UINT64_T_FMT " refused",
                                  counters.loads, counters.load_failures, counters.refused);
    ck_assert_str_eq(is, text);
}

/* ---- one process ----------------------------------------------------------------------- */

TEST(each_file_at_the_start_is_a_load)
{
    apr_uint64_t before = (apr_uint64_t)apr_time_sec(apr_time_now());

    put("a.crl", "1");
    put("b.crl", "1");
    crlset_write(&set, "README", "no CRL", 6);
    crlset_open(&set, ".");
    cc_crls_counters_start(&counters, set.crls);
    cc_crls_count_in(set.crls, &counters);
    expect("2 loads, 0 failures, 0 refused");
    ck_assert_uint_ge(counters.looked_at, before);
    crlset_poll(&set); /* reads files younger than a tick again */
    expect("2 loads, 0 failures, 0 refused");
    ck_assert_uint_ge(counters.looked_at, before + 60);
}

/* A delta before its base is rejected at first, within one check. */
TEST(what_is_only_put_off_is_no_failure)
{
    crl_recipe_t delta = {.ca = &ca, .number = "3", .base = "2"};

    put("b.crl", "1");
    open_both(".");
    crlset_put(&set, "a.crl", &delta);
    put("b.crl", "2");
    poll_both();
    expect("3 loads, 0 failures, 0 refused");
}

/* ---- two processes --------------------------------------------------------------------- */

TEST(a_change_is_one_however_many_processes_see_it)
{
    put("a.crl", "10");
    open_both("a.crl");
    expect("1 loads, 0 failures, 0 refused");
    put("a.crl", "11");
    poll_both();
    expect("2 loads, 0 failures, 0 refused");
    put("a.crl", "9");
    poll_both();
    poll_both();
    expect("2 loads, 1 failures, 1 refused");
    put("a.crl", "12");
    poll_both();
    expect("3 loads, 1 failures, 0 refused");
}

TEST(a_process_that_sees_two_changes_as_one_counts_none_twice)
{
    put("a.crl", "1");
    put("b.crl", "1");
    open_both(".");
    put("a.crl", "2");
    crlset_poll(&set);
    put("b.crl", "2");
    crlset_poll(&other);
    crlset_poll(&set);
    expect("4 loads, 0 failures, 0 refused");
}

TEST(what_cannot_be_read_is_one_failure_each_time)
{
    put("a.crl", "1");
    open_both("a.crl");
    for (int i = 1; i <= 2; i++) {
        unlink(crlset_path(&set, "a.crl"));
        poll_both();
        poll_both();
        expect(apr_psprintf(set.pool, "%d loads, %d failures, 1 refused", i, i));
        put("a.crl", apr_itoa(set.pool, i + 1));
        poll_both();
        expect(apr_psprintf(set.pool, "%d loads, %d failures, 0 refused", i + 1, i));
    }
}

/* More files than places: each process still counts each file once. */
TEST(there_is_an_end_to_the_places)
{
    for (int i = 0; i < CC_CRL_PLACES; i++) {
        counters.places[i].path = 2;
    }
    put("a.crl", "1");
    crlset_open(&set, "a.crl");
    crlset_poll(&set);
    cc_crls_count_in(set.crls, &counters);
    put("a.crl", "2");
    crlset_poll(&set);
    expect("1 loads, 0 failures, 0 refused");
}

SUITE("count", .setup = setup, .teardown = teardown, .timeout = 60);
