/* SPDX-License-Identifier: Apache-2.0 */
/* Tests that memory does not grow with the number of times that a set of CAs changes. */
#include <stdio.h>
#include <unistd.h>

#include <apr_general.h>
#include <apr_strings.h>

#include <openssl/pem.h>

#include "ca/ca.h"
#include "folder.h"
#include "pki.h"
#include "suite.h"

enum { CAS = 20, CHANGES = 200 };

static apr_pool_t *pool;
static char *folder;
static pki_t cas[CAS];
static cc_cas_t *set;
static apr_time_t now;
static int changes, refusals;

static void setup(void)
{
    apr_initialize();
    apr_pool_create(&pool, NULL);
    folder = folder_make("ca-memory", pool);
    for (int i = 0; i < CAS; i++) {
        cas[i] = pki_ca(apr_psprintf(pool, "CA %d", i), NULL);
    }
}

static void teardown(void)
{
    for (int i = 0; i < CAS; i++) {
        pki_free(&cas[i]);
    }
    folder_remove(folder);
    apr_pool_destroy(pool);
}

/* ---- files ----------------------------------------------------------------------------------- */

/* Replaces a file by the CAs from one number up to another; none makes a file that is refused. */
static void put(const char *name, int from, int to)
{
    char path[512], new[512];
    FILE *file;

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    snprintf(new, sizeof(new), "%s/.new", folder);
    file = fopen(new, "w");
    ck_assert_ptr_nonnull(file);
    for (int i = from; i < to; i++) {
        ck_assert(PEM_write_X509(file, cas[i].cert));
    }
    fputs("# end\n", file);
    fclose(file);
    ck_assert_int_eq(rename(new, path), 0);
}

static void open_set(const char *arguments)
{
    static cc_cas_plan_t plan;
    apr_array_header_t *specs = apr_array_make(pool, 1, sizeof(cc_ca_spec_t *));
    cc_error_t err = {0};
    cc_ca_spec_t *spec;

    ck_assert_int_eq(cc_ca_spec_parse(&spec, arguments, pool, &err), APR_SUCCESS);
    APR_ARRAY_PUSH(specs, cc_ca_spec_t *) = spec;
    plan = (cc_cas_plan_t){specs, folder, cc_cas_kept_create(pool)};
    cc_cas_kept_own(plan.kept);
    ck_assert_msg(cc_cas_open(&set, &plan, pool, &err) == APR_SUCCESS, "%s",
                  cc_error_text(&err, pool));
    now = apr_time_now();
}

static void count(const cc_cas_t *one, const cc_cas_news_t *news, void *baton)
{
    (void)one;
    (void)baton;
    changes += news->path && !news->refusal;
    refusals += news->refusal != NULL;
}

/* A poll a minute later, after which each CA is used. */
static void poll_set(void)
{
    apr_pool_t *scratch;
    const cc_ca_group_t *group;
    unsigned side;

    now += apr_time_from_sec(60);
    apr_pool_create(&scratch, NULL);
    cc_cas_poll(set, now, count, NULL, scratch);
    apr_pool_destroy(scratch);
    group = cc_ca_group_at(cc_cas_enter(set, &side), 0);
    for (int i = 0; i < cc_ca_count(group); i++) {
        ck_assert_ptr_nonnull(cc_ca_cert(cc_ca_at(group, i)));
    }
    cc_cas_leave(set, side);
}

/* ---- memory ---------------------------------------------------------------------------------- */

/* The octets that the process may write to: APR may map the memory of pools. 0: not Linux. */
static long data_size(void)
{
    FILE *file = fopen("/proc/self/statm", "r");
    long pages = 0;

    if (file) {
        if (fscanf(file, "%*d %*d %*d %*d %*d %ld", &pages) != 1) {
            pages = 0;
        }
        fclose(file);
    }
    return pages * sysconf(_SC_PAGESIZE);
}

static const char *prepare(void)
{
#ifdef __SANITIZE_ADDRESS__
    return "AddressSanitizer keeps what is freed for a while";
#else
    return data_size() > 0 ? NULL : "there is no /proc/self/statm";
#endif
}

/* The least that could stay after each change is a pool: 200 of them take 1.6 MB. */
#define LEFT_MOST (800 * 1024)

/* Calls a function that changes a file many times, and as many times again. */
static void expect_no_growth(void (*change)(int number))
{
    long before, grown;

    for (int i = 0; i < CHANGES; i++) {
        change(i);
    }
    before = data_size();
    for (int i = 0; i < CHANGES; i++) {
        change(i);
    }
    grown = data_size() - before;
    ck_assert_msg(grown < LEFT_MOST, "grown by %ld octets", grown);
}

static void arrive_and_leave(int number)
{
    put("a.pem", number % 2 ? 0 : CAS / 2, number % 2 ? CAS / 2 : CAS);
    poll_set();
}

TEST(sets_that_were_replaced_leave_nothing)
{
    put("a.pem", 0, CAS);
    open_set("a.pem reload=1");
    expect_no_growth(arrive_and_leave);
    ck_assert_int_ge(changes, 2 * CHANGES - 1);
    ck_assert_int_eq(refusals, 0);
}
END_TEST

static void be_refused(int number)
{
    put("a.pem", 0, number % 2 ? CAS : 0);
    poll_set();
}

TEST(files_that_were_refused_leave_nothing)
{
    put("a.pem", 0, CAS);
    open_set("a.pem reload=1");
    expect_no_growth(be_refused);
    ck_assert_int_eq(refusals, CHANGES);
}
END_TEST

/* Each file has a name of its own, as those of cert-manager may. */
static void take_turns(int number)
{
    static int made;

    put(apr_psprintf(pool, "%d.pem", ++made), 0, CAS);
    if (made > 3) {
        char path[512];

        snprintf(path, sizeof(path), "%s/%d.pem", folder, made - 3);
        remove(path);
    }
    (void)number;
    poll_set();
    poll_set(); /* a missing file counts as removed when it is missing twice */
}

TEST(files_of_a_folder_that_are_gone_leave_nothing)
{
    put("0.pem", 0, CAS);
    open_set(apr_pstrcat(pool, folder, " reload=1", NULL));
    expect_no_growth(take_turns);
}
END_TEST

SUITE("ca_memory", .setup = setup, .teardown = teardown, .timeout = 60, .prepare = prepare);
