/* SPDX-License-Identifier: Apache-2.0 */
/* Tests when an OCSP responder is asked, and the result if it does not answer. */
#include <string.h>

#include <apr_strings.h>

#include "ocspset.h"
#include "suite.h"

#define S(seconds) apr_time_from_sec(seconds)

static ocspset_t set;

static void setup(void)
{
    ocspset_setup(&set);
}

static void teardown(void)
{
    ocspset_teardown(&set);
}

static void engine_make(const char *options)
{
    ocspset_engine(&set, options);
}

static cc_ocsp_status_t status(void)
{
    return ocspset_status(&set);
}

static void later(long seconds)
{
    ocspset_later(&set, seconds);
}

/* ---- answers --------------------------------------------------------------------------------- */

TEST(an_answer_is_asked_for_once_and_then_kept_for_all_processes)
{
    ck_assert_int_eq(status(), CC_OCSP_GOOD);
    ck_assert_int_eq(set.answer.asked_at, set.now);
    ck_assert_int_eq(set.answer.ask_at, set.now + S(2700));
    later(2000);
    ck_assert_int_eq(status(), CC_OCSP_GOOD);
    ck_assert_int_eq(set.answer.ask_at, set.now + S(700));
    engine_make("");
    ck_assert_int_eq(status(), CC_OCSP_GOOD);
    ck_assert_int_eq(set.responder->asked, 1);
}

TEST(without_a_cache_each_wish_is_a_question)
{
    set.io = (cc_ocsp_io_t){0};
    ck_assert_int_eq(status(), CC_OCSP_GOOD);
    ck_assert_int_eq(status(), CC_OCSP_GOOD);
    ck_assert_int_eq(set.responder->asked, 2);
}

TEST(only_a_good_certificate_may_have_an_identity)
{
    ck_assert(status() == CC_OCSP_GOOD);
    ocspset_forget(&set);
    set.responder->reply.status = V_OCSP_CERTSTATUS_REVOKED;
    set.responder->reply.reason = OCSP_REVOKED_STATUS_KEYCOMPROMISE;
    ck_assert(status() == CC_OCSP_REVOKED && !set.answer.waived);
    ck_assert_str_eq(set.answer.reason, "keyCompromise");
    ocspset_forget(&set);
    set.responder->reply.status = V_OCSP_CERTSTATUS_UNKNOWN;
    ck_assert(status() == CC_OCSP_UNKNOWN && !set.answer.waived);
    engine_make("failure=allow");
    ck_assert(status() == CC_OCSP_UNKNOWN && !set.answer.waived);
}

TEST(where_nothing_is_known_the_configuration_decides)
{
    set.responder->behaviour = FAILS;
    ck_assert(status() == CC_OCSP_FAILED && !set.answer.waived);
    ck_assert_msg(strstr(set.answer.error, set.responder->url) == set.answer.error, "%s",
                  set.answer.error);
    engine_make("failure=allow");
    ck_assert(status() == CC_OCSP_FAILED && set.answer.waived);
}

TEST(a_response_that_has_run_out_does_not_count)
{
    set.responder->reply.this_update = -7200;
    set.responder->reply.next_update = -3700;
    ck_assert_int_eq(status(), CC_OCSP_FAILED);
    ck_assert_msg(strstr(set.answer.error, "its nextUpdate has passed") != NULL, "%s",
                  set.answer.error);
    later(10);
    set.responder->reply.next_update = 0;
    ck_assert_int_eq(status(), CC_OCSP_FAILED);
    ck_assert_msg(strstr(set.answer.error, "thisUpdate is older than ttl=") != NULL, "%s",
                  set.answer.error);
}

TEST(a_nonce_is_looked_for_in_a_new_answer_and_not_in_a_kept_one)
{
    engine_make("nonce=on");
    ck_assert_int_eq(status(), CC_OCSP_GOOD);
    ck_assert_int_eq(status(), CC_OCSP_GOOD);
    ck_assert_int_eq(set.responder->asked, 1);
    set.responder->reply.no_nonce = true;
    later(3601);
    ck_assert_int_eq(status(), CC_OCSP_FAILED);
    ck_assert_msg(strstr(set.answer.error, "nonce of the request") != NULL, "%s", set.answer.error);
}

TEST(the_certificate_leads_to_its_responder)
{
    const char *access =
        apr_psprintf(set.pool, "OCSP;URI:http://localhost:%d/ocsp?a=b", set.responder->port);
    pki_extensions_t extensions = {"authorityInfoAccess", access, NULL};
    pki_t named = pki_make("named", &set.ca, extensions, -60, 60);
    apr_array_header_t *hosts = NULL;
    cc_ocsp_config_t config = {.specs = ocspset_specs("AIA", set.pool)};

    ck_assert_int_eq(cc_ocsp_hosts_parse(&hosts, "localhost", set.pool, NULL), APR_SUCCESS);
    config.hosts = hosts;
    ck_assert_int_eq(cc_ocsp_create(&set.ocsp, &config, &set.io, set.pool, NULL), APR_SUCCESS);
    set.responder->reply.about = named.cert;
    ck_assert_int_eq(ocspset_status_of(&set, &named), CC_OCSP_GOOD);
    ck_assert_int_eq(ocspset_status_of(&set, &set.leaf), CC_OCSP_NO_RESPONDER);
    ck_assert_str_eq(set.answer.error, "the certificate names no responder");
    ck_assert_int_eq(set.responder->asked, 1);
    pki_free(&named);
}

/* ---- ages ------------------------------------------------------------------------------------ */

TEST(before_an_answer_runs_out_another_thread_asks_for_the_next)
{
    status();
    set.responder->behaviour = ANSWERS_SLOWLY;
    later(2701);
    ck_assert_int_eq(status(), CC_OCSP_GOOD);
    ck_assert_int_lt(set.answer.asked_at, set.now);
    ck_assert_int_le(set.answer.ask_at, set.now + S(5));
    later(1);
    ck_assert_int_eq(set.responder->asked, 2);
    ck_assert_int_eq(status(), CC_OCSP_GOOD);
    ck_assert_int_eq(set.answer.asked_at, set.now - S(1));
    later(2000);
    ck_assert_int_eq(status(), CC_OCSP_GOOD);
    ck_assert_int_eq(set.responder->asked, 2);
}

TEST(without_threads_an_answer_serves_to_its_end)
{
    set.io.start = NULL;
    status();
    later(3599);
    ck_assert_int_eq(status(), CC_OCSP_GOOD);
    ck_assert_int_eq(set.responder->asked, 1);
    later(1);
    ck_assert_int_eq(status(), CC_OCSP_GOOD);
    ck_assert_int_eq(set.answer.asked_at, set.now);
    ck_assert_int_eq(set.responder->asked, 2);
}

TEST(a_new_answer_may_revoke)
{
    status();
    set.responder->reply.status = V_OCSP_CERTSTATUS_REVOKED;
    later(3601);
    ck_assert_int_eq(status(), CC_OCSP_REVOKED);
}

/* An attacker on the path to the responder can replay earlier answers. */
TEST(an_answer_from_before_a_revocation_does_not_undo_it_and_one_from_after_it_does)
{
    set.responder->reply.status = V_OCSP_CERTSTATUS_REVOKED;
    ck_assert_int_eq(status(), CC_OCSP_REVOKED);
    set.responder->reply.status = V_OCSP_CERTSTATUS_GOOD;
    set.responder->reply.this_update = -7200;
    later(3601);
    ck_assert_int_eq(status(), CC_OCSP_REVOKED);
    ck_assert_msg(strstr(set.answer.error, "it is older than a revocation") != NULL, "%s",
                  set.answer.error);
    set.responder->reply.this_update = -1;
    later(10);
    ck_assert_int_eq(status(), CC_OCSP_GOOD);
}

/* ---- no answer ------------------------------------------------------------------------------- */

TEST(a_failure_is_kept_for_a_moment_for_all_processes)
{
    set.responder->behaviour = FAILS;
    ck_assert_int_eq(status(), CC_OCSP_FAILED);
    later(4);
    engine_make("");
    ck_assert_int_eq(status(), CC_OCSP_FAILED);
    ck_assert_msg(strstr(set.answer.error, "HTTP status 500") != NULL, "%s", set.answer.error);
    ck_assert_int_eq(set.responder->asked, 1);
    set.responder->behaviour = ANSWERS;
    later(2);
    ck_assert_int_eq(status(), CC_OCSP_GOOD);
    ck_assert_int_eq(set.responder->asked, 2);
}

TEST(an_answer_that_ran_out_serves_as_long_as_stale_says)
{
    engine_make("stale=600");
    status();
    set.responder->behaviour = FAILS;
    later(3601);
    ck_assert_int_eq(status(), CC_OCSP_GOOD);
    ck_assert(set.answer.stale && strstr(set.answer.error, "HTTP status 500") != NULL);
    ck_assert_int_eq(status(), CC_OCSP_GOOD);
    ck_assert(set.answer.stale);
    ck_assert_int_eq(set.responder->asked, 2);
    later(598);
    ck_assert_int_eq(status(), CC_OCSP_GOOD);
    later(2);
    ck_assert_int_eq(status(), CC_OCSP_FAILED);
    ck_assert(!set.answer.stale);
}

TEST(without_stale_no_answer_that_ran_out_serves)
{
    status();
    set.responder->behaviour = FAILS;
    later(3601);
    ck_assert_int_eq(status(), CC_OCSP_FAILED);
}

TEST(a_refresh_that_fails_leaves_the_answer_to_its_end)
{
    status();
    set.responder->behaviour = FAILS;
    later(2701);
    ck_assert_int_eq(status(), CC_OCSP_GOOD);
    later(1);
    ck_assert_int_eq(status(), CC_OCSP_GOOD);
    ck_assert(!set.answer.stale && !set.answer.error);
    ck_assert_int_eq(set.responder->asked, 2);
    later(10);
    ck_assert_int_eq(status(), CC_OCSP_GOOD);
    later(0);
    ck_assert_int_eq(set.responder->asked, 3);
}

TEST(who_was_revoked_stays_revoked_when_nobody_answers_any_more)
{
    engine_make("failure=allow");
    set.responder->reply.status = V_OCSP_CERTSTATUS_REVOKED;
    ck_assert_int_eq(status(), CC_OCSP_REVOKED);
    set.responder->behaviour = FAILS;
    later(12 * 3600);
    ck_assert_int_eq(status(), CC_OCSP_REVOKED);
    ck_assert(set.answer.stale && !set.answer.waived);
}

TEST(a_responder_that_hangs_is_waited_for_no_longer_than_the_timeout)
{
    for (int threads = 1; threads >= 0; threads--) {
        apr_time_t begin = apr_time_now();

        if (!threads) {
            set.io.start = NULL;
        }
        engine_make("timeout=0.3");
        set.responder->behaviour = HANGS;
        ck_assert_int_eq(status(), CC_OCSP_FAILED);
        ck_assert_msg(strstr(set.answer.error, "no answer in time") != NULL, "%s",
                      set.answer.error);
        ck_assert_int_lt(apr_time_now() - begin, S(5));
        later(10);
    }
}

TEST(where_no_thread_can_be_had_nobody_waits)
{
    set.no_threads = true;
    ck_assert_int_eq(status(), CC_OCSP_FAILED);
    ck_assert_str_eq(set.answer.error, "there is no thread to ask it");
    set.no_threads = false;
    ck_assert_int_eq(status(), CC_OCSP_GOOD);
}

TEST(a_responder_that_fails_again_and_again_is_left_alone)
{
    set.responder->behaviour = FAILS;
    for (int i = 0; i < 4; i++) {
        pki_t each = pki_client("each", &set.ca);

        ck_assert_int_eq(ocspset_status_of(&set, &each), CC_OCSP_FAILED);
        ck_assert((strstr(set.answer.error, "not asked for a while") != NULL) == (i == 3));
        pki_free(&each);
    }
    ck_assert_int_eq(set.responder->asked, 3);
    set.responder->behaviour = ANSWERS;
    later(2);
    ck_assert_int_eq(status(), CC_OCSP_GOOD);
}

TEST(a_responder_that_says_try_later_is_left_alone_and_one_that_lies_is_not)
{
    pki_t liar = pki_ca("CA", NULL);

    set.responder->reply.signer = &liar;
    for (int i = 0; i < 6; i++, later(6)) {
        set.responder->reply.error = i < 3 ? 0 : OCSP_RESPONSE_STATUS_TRYLATER;
        ck_assert_int_eq(status(), CC_OCSP_FAILED);
        ck_assert_ptr_null(strstr(set.answer.error, "not asked"));
    }
    later(-6);
    ocspset_forget(&set);
    ck_assert_int_eq(status(), CC_OCSP_FAILED);
    ck_assert_msg(strstr(set.answer.error, "not asked") != NULL, "%s", set.answer.error);
    pki_free(&liar);
}

SUITE("status", .setup = setup, .teardown = teardown, .timeout = 60);
