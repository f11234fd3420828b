/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests that an attacker gains nothing by writing into the OCSP cache, and that answers are shared.
 */
#include <string.h>

#include <apr_strings.h>

#include "ocspset.h"
#include "suite.h"

#define S(seconds) apr_time_from_sec(seconds)
#define THREADS 8

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

/* ---- the cache ------------------------------------------------------------------------------- */

/* Replaces all cached records by other octets. */
static void forge(const void *octets, apr_size_t len)
{
    for (apr_hash_index_t *i = apr_hash_first(set.pool, set.records); i; i = apr_hash_next(i)) {
        cc_ocsp_record_t *record = apr_hash_this_val(i);

        record->octets = octets;
        record->len = (unsigned int)len;
    }
}

/* The same with a response in a record as the engine writes it. */
static void forge_reply(const reply_t *reply)
{
    cc_record_t record = {.asked_at = set.now, .error = ""};
    apr_size_t size = 0;
    const unsigned char *octets = NULL;
    int len = 0;
    unsigned char *der = ocsp_reply(reply, NULL, &len);

    record.response.der = der;
    record.response.len = (apr_size_t)len;
    octets = cc_record_pack(&size, &record, set.pool);
    forge(octets, size);
    OPENSSL_free(der);
}

TEST(who_writes_into_the_cache_gives_nobody_an_identity)
{
    pki_t liar = pki_ca("CA", NULL), other = pki_client("other", &set.ca);
    reply_t good = set.responder->reply;
    int asked = 0;

    set.responder->reply.status = V_OCSP_CERTSTATUS_REVOKED;
    ck_assert_int_eq(status(), CC_OCSP_REVOKED);
    good.signer = &liar;
    forge_reply(&good);
    ck_assert_int_eq(status(), CC_OCSP_REVOKED);
    good.signer = &set.ca;
    good.about = other.cert;
    forge_reply(&good);
    ck_assert_int_eq(status(), CC_OCSP_REVOKED);
    good.about = set.leaf.cert;
    good.this_update = -7200;
    good.next_update = -3700;
    forge_reply(&good);
    ck_assert_int_eq(status(), CC_OCSP_REVOKED);
    asked = set.responder->asked;
    ck_assert_int_eq(asked, 4);
    forge("good", 4);
    ck_assert_int_eq(status(), CC_OCSP_REVOKED);
    forge("", 0);
    ck_assert_int_eq(status(), CC_OCSP_REVOKED);
    ck_assert_int_eq(set.responder->asked, 6);
    pki_free(&liar);
    pki_free(&other);
}

TEST(other_settings_have_answers_of_their_own)
{
    status();
    engine_make("nonce=on");
    status();
    engine_make("timeout=2 stale=5 failure=allow");
    status();
    ck_assert_int_eq(set.responder->asked, 2);
}

/* ---- at once --------------------------------------------------------------------------------- */

static atomic_int goods;

static void *APR_THREAD_FUNC ask_in_thread(apr_thread_t *thread, void *data)
{
    cc_ocsp_subject_t subject = {set.leaf.cert, set.ca.cert};
    cc_ocsp_answer_t own;
    apr_pool_t *mine = NULL;

    (void)data;
    apr_pool_create_unmanaged_ex(&mine, NULL, NULL);
    cc_ocsp_status(&own, set.ocsp, &subject, set.now, mine);
    if (own.status == CC_OCSP_GOOD && own.this_update > 0) {
        atomic_fetch_add(&goods, 1);
    }
    apr_pool_destroy(mine);
    apr_thread_exit(thread, APR_SUCCESS);
    return NULL;
}

static void ask_at_once(void)
{
    apr_thread_t *threads[THREADS];

    goods = 0;
    for (int i = 0; i < THREADS; i++) {
        apr_thread_create(&threads[i], NULL, ask_in_thread, NULL, set.pool);
    }
    for (int i = 0; i < THREADS; i++) {
        apr_status_t ended = APR_SUCCESS;

        apr_thread_join(&ended, threads[i]);
    }
    ck_assert_int_eq(goods, THREADS);
}

TEST(many_who_want_to_know_the_same_ask_once)
{
    set.responder->behaviour = ANSWERS_SLOWLY;
    ask_at_once();
    ck_assert_int_eq(set.responder->asked, 1);
    set.io.start = NULL;
    ocspset_forget(&set);
    ask_at_once();
    ck_assert_int_eq(set.responder->asked, 2);
}

TEST(many_refresh_once)
{
    status();
    set.responder->behaviour = ANSWERS_SLOWLY;
    later(3000);
    ask_at_once();
    later(0);
    ck_assert_int_eq(set.responder->asked, 2);
}

/* ---- signers that are revoked ---------------------------------------------------------------- */

static void must_be_revoked(const pki_t *signer, const pki_t *listed)
{
    pki_t list = {0};

    set.lists = (cc_ocsp_lists_t){ocsp_lists_one, &list, "a list"};
    set.responder->reply.signer = signer;
    engine_make("");
    ck_assert_int_eq(status(), CC_OCSP_GOOD);
    list = *listed; /* from here on cached answers do not count either */
    ck_assert_int_eq(status(), CC_OCSP_FAILED);
    ck_assert_msg(strstr(set.answer.error, "its signer is revoked by a CRL") != NULL, "%s",
                  set.answer.error);
    list = (pki_t){0};
    later(10);
    ck_assert_int_eq(status(), CC_OCSP_GOOD);
}

TEST(what_a_signer_says_who_is_revoked_does_not_count_nor_what_he_said)
{
    pki_t delegate = pki_make("OCSP", &set.ca, ocsp_is_delegate, -60, 60);

    must_be_revoked(&delegate, &delegate);
    ocspset_later(&set, 0);
    pki_free(&delegate);
}

TEST(a_signer_who_need_not_be_checked_and_is_revoked_all_the_same_does_not_count)
{
    pki_extensions_t nocheck = {"extendedKeyUsage", "OCSPSigning", "noCheck", "ignored", NULL};
    pki_t delegate = pki_make("OCSP", &set.ca, nocheck, -60, 60);

    must_be_revoked(&delegate, &delegate);
    ocspset_later(&set, 0);
    pki_free(&delegate);
}

TEST(whether_the_issuer_is_revoked_is_no_matter_of_his_answers)
{
    pki_t list = set.ca;

    set.lists = (cc_ocsp_lists_t){ocsp_lists_one, &list, "a list"};
    engine_make("");
    ck_assert_int_eq(status(), CC_OCSP_GOOD);
}

TEST(who_has_other_lists_is_not_held_up_by_what_these_refuse)
{
    pki_t delegate = pki_make("OCSP", &set.ca, ocsp_is_delegate, -60, 60);

    set.responder->reply.signer = &delegate;
    set.lists = (cc_ocsp_lists_t){ocsp_lists_one, &delegate, "a list"};
    engine_make("");
    ck_assert_int_eq(status(), CC_OCSP_FAILED);
    set.lists = (cc_ocsp_lists_t){.name = NULL};
    engine_make("");
    ck_assert_int_eq(status(), CC_OCSP_GOOD);
    ocspset_later(&set, 0);
    pki_free(&delegate);
}

/* ---- one responder does not take all threads ----------------------------------------------- */

#define QUESTIONS (CC_OCSP_ASKING_MAX + 2)

static struct {
    void (*work)(void *data);
    void *data[QUESTIONS];
    int count;
} given;

static bool note_work(void *state, void (*work)(void *data), void *data)
{
    (void)state;
    ck_assert_int_lt(given.count, QUESTIONS);
    given.work = work;
    given.data[given.count++] = data;
    return true;
}

static cc_inflight_t *ask_number(int number)
{
    static const cc_kept_t nothing = {.age = CC_AGE_EXPIRED};
    cc_ocsp_check_t question = {
        .of = {set.leaf.cert, set.ca.cert}, .line = set.ocsp->of_issuers.other, .now = set.now};
    bool first = false;
    cc_inflight_t *inflight = NULL;

    question.key[0] = (unsigned char)number;
    inflight = cc_ocsp_fetch(set.ocsp, &question, &nothing, &first);
    ck_assert(inflight && first);
    return inflight;
}

TEST(questions_to_one_responder_are_asked_by_some_of_the_threads_one_after_the_other)
{
    cc_inflight_t *inflights[QUESTIONS];

    given.count = 0;
    set.io.start = note_work;
    ck_assert_int_eq(cc_ocsp_limiter_create(&set.io.limiter, set.pool), APR_SUCCESS);
    engine_make("");
    for (int i = 0; i < QUESTIONS; i++) {
        inflights[i] = ask_number(i);
    }
    ck_assert_int_eq(given.count, CC_OCSP_ASKING_MAX);
    given.work(given.data[0]); /* and then the waiting ones */
    ck_assert(cc_inflight_wait(inflights[0], 1));
    ck_assert(!cc_inflight_wait(inflights[1], 1));
    for (int i = CC_OCSP_ASKING_MAX; i < QUESTIONS; i++) {
        ck_assert(cc_inflight_wait(inflights[i], 1));
    }
    for (int i = 1; i < CC_OCSP_ASKING_MAX; i++) {
        given.work(given.data[i]);
    }
    for (int i = 0; i < QUESTIONS; i++) {
        ck_assert_int_eq(inflights[i]->answer.status, CC_OCSP_GOOD);
        cc_inflight_leave(inflights[i]);
    }
    cc_inflight_leave(ask_number(QUESTIONS));
    ck_assert_int_eq(given.count, CC_OCSP_ASKING_MAX + 1);
    given.work(given.data[CC_OCSP_ASKING_MAX]);
}

SUITE("cache", .setup = setup, .teardown = teardown, .timeout = 60);
