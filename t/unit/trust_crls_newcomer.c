/* SPDX-License-Identifier: Apache-2.0 */
/* Tests that clients of a new CA are not accepted before its CRLs are loaded. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "followset.h"
#include "suite.h"

static followset_t set;

static void setup(void)
{
    followset_begin(&set);
}

static void teardown(void)
{
    followset_end(&set);
}

/* ---- with missing=allow ---------------------------------------------------------------------- */

TEST(until_the_crls_are_polled_a_new_ca_is_not_accepted)
{
    followset_put_both(&set, "a.crl");
    FOLLOWSET_TRUST(&set, &set.staff, &set.plain);
    followset_open(&set, "a.crl missing=allow");
    ck_assert_str_eq(followset_ask(&set, &set.dave), "unknown");
    FOLLOWSET_TRUST(&set, &set.staff, &set.plain, &set.other);
    for (int leaf = 0; leaf < 2; leaf++) {
        ck_assert_str_eq((leaf ? followset_ask : followset_ask_chain)(&set, &set.carol),
                         "unknown!");
        ck_assert_str_eq((leaf ? followset_ask : followset_ask_chain)(&set, &set.dave), "unknown");
        ck_assert_str_eq((leaf ? followset_ask : followset_ask_chain)(&set, &set.bob), "good");
    }
    crlset_poll_again(&set.crls);
    ck_assert_str_eq(followset_ask(&set, &set.carol), "revoked");
}

TEST(until_its_file_can_be_read_a_new_ca_is_not_accepted)
{
    followset_put_both(&set, "a.crl");
    FOLLOWSET_TRUST(&set, &set.staff, &set.plain);
    followset_open(&set, "a.crl missing=allow");
    crlset_write(&set.crls, "a.crl", "damaged", 7);
    ck_assert_int_eq(strncmp(crlset_poll(&set.crls), "CC0408: ", 8), 0);
    FOLLOWSET_TRUST(&set, &set.staff, &set.plain, &set.other);
    ck_assert_str_eq(crlset_poll_again(&set.crls), "");
    for (int leaf = 0; leaf < 2; leaf++) {
        ck_assert_str_eq((leaf ? followset_ask : followset_ask_chain)(&set, &set.carol),
                         "unknown!");
        ck_assert_str_eq((leaf ? followset_ask : followset_ask_chain)(&set, &set.dave), "unknown");
        ck_assert_str_eq((leaf ? followset_ask : followset_ask_chain)(&set, &set.alice), "revoked");
    }
    ck_assert_str_eq(crlset_poll(&set.crls), "");
    followset_put_both(&set, "a.crl");
    ck_assert_str_eq(crlset_poll(&set.crls), "changed");
    ck_assert_str_eq(followset_ask(&set, &set.carol), "revoked");
}

TEST(until_its_folder_can_be_read_a_new_ca_is_not_accepted)
{
    FOLLOWSET_TRUST(&set, &set.staff, &set.plain);
    ck_assert_int_eq(mkdir(crlset_path(&set.crls, "crls"), 0700), 0);
    followset_put_staff(&set, "crls/a.crl");
    followset_open(&set, "crls missing=allow");
    ck_assert_int_eq(rename(crlset_path(&set.crls, "crls"), crlset_path(&set.crls, "away")), 0);
    ck_assert_int_eq(strncmp(crlset_poll(&set.crls), "CC0406: ", 8), 0);
    followset_put_other(&set, "away/b.crl");
    FOLLOWSET_TRUST(&set, &set.staff, &set.plain, &set.other);
    ck_assert_str_eq(crlset_poll_again(&set.crls), "");
    ck_assert_str_eq(followset_ask(&set, &set.carol), "unknown!");
    ck_assert_str_eq(followset_ask(&set, &set.dave), "unknown");
    ck_assert_str_eq(followset_ask(&set, &set.alice), "revoked");
    ck_assert_int_eq(rename(crlset_path(&set.crls, "away"), crlset_path(&set.crls, "crls")), 0);
    ck_assert_str_eq(crlset_poll(&set.crls), "changed");
    ck_assert_str_eq(followset_ask(&set, &set.carol), "revoked");
}

TEST(until_a_new_file_is_complete_a_new_ca_is_not_accepted)
{
    apr_size_t len = 0;
    void *whole;

    followset_put_staff(&set, "a.crl");
    FOLLOWSET_TRUST(&set, &set.staff, &set.plain);
    followset_open(&set, ". reload=0.2 missing=allow");
    set.crls.later = 0;
    followset_put_other(&set, ".b");
    whole = crlset_read(&set.crls, ".b", &len);
    crlset_write(&set.crls, "b.crl", whole, len / 2);
    FOLLOWSET_TRUST(&set, &set.staff, &set.plain, &set.other);
    usleep(100000); /* the file is no longer fresh */
    ck_assert_str_eq(crlset_poll_again(&set.crls), "");
    ck_assert_str_eq(followset_ask(&set, &set.carol), "unknown!");
    ck_assert_str_eq(followset_ask(&set, &set.dave), "unknown");
    crlset_write(&set.crls, "b.crl", whole, len);
    ck_assert_str_eq(crlset_poll(&set.crls), "changed");
    ck_assert_str_eq(followset_ask(&set, &set.carol), "revoked");
}

/* ---- many changes -------------------------------------------------------------------------- */

#define CHANGES 50

static cc_seal_t sealed; /* the verdict on alice, from before the changes */
static atomic_bool over;

/* Reads the texts of a CRL, which must not have been freed. */
static void each_read(const cc_crl_info_t *info, void *baton)
{
    *(size_t *)baton += strlen(info->path) + strlen(info->issuer) + strlen(info->number);
}

/* Asks about a revoked certificate until the end: whether it was ever accepted. */
static void *asks(void *accepted)
{
    cc_crl_answer_t answer;
    size_t read = 0;

    for (int i = 0; !atomic_load(&over); i++) {
        (i % 2 ? cc_crls_check_leaf : cc_crls_check_chain)(&answer, set.crls.crls, set.alice.cert,
                                                           &sealed, apr_time_now());
        if (answer.state == CC_CRL_GOOD ||
            (answer.state == CC_CRL_UNKNOWN && !answer.incomplete && !answer.no_issuer)) {
            *(bool *)accepted = true;
        }
        cc_crls_each(set.crls.crls, each_read, &read);
    }
    return NULL;
}

/* One CA goes, and comes back with its CRL. */
static void change(void)
{
    FOLLOWSET_TRUST(&set, &set.plain, &set.other);
    crlset_poll_again(&set.crls);
    FOLLOWSET_TRUST(&set, &set.staff, &set.plain);
    crlset_poll_again(&set.crls);
}

TEST(no_check_accepts_a_revoked_certificate_while_its_ca_comes_and_goes)
{
    pthread_t threads[2];
    bool accepted[2] = {false, false};

    followset_put_both(&set, "a.crl");
    FOLLOWSET_TRUST(&set, &set.staff, &set.plain);
    followset_open(&set, "a.crl missing=allow");
    cc_trust_reverify(&sealed, set.crls.trust, set.alice.cert, NULL, apr_time_now());
    atomic_store(&over, false);
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(pthread_create(&threads[i], NULL, asks, &accepted[i]), 0);
    }
    for (int i = 0; i < CHANGES; i++) {
        change();
    }
    atomic_store(&over, true);
    for (int i = 0; i < 2; i++) {
        pthread_join(threads[i], NULL);
        ck_assert(!accepted[i]);
    }
}

SUITE("newcomer", .setup = setup, .teardown = teardown, .timeout = 120);
