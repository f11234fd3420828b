/* SPDX-License-Identifier: Apache-2.0 */
/* Tests the combined result of CRLs and OCSP, for every pair of their results. */
#include <string.h>

#include <apr_strings.h>

#include "crlset.h"
#include "revocation/revocation.h"
#include "suite.h"

static crlset_t set;
static pki_t ca;
static cc_revocation_t revocation;
static bool waived; /* failure=allow and missing=allow */

static void setup(void)
{
    crlset_begin(&set);
    ca = pki_ca("CA", NULL);
    crlset_trust(&set, &ca);
    crlset_put(&set, "ca.crl", &(crl_recipe_t){.ca = &ca, .number = "1"});
    revocation = (cc_revocation_t){.crls = NULL};
}

static void teardown(void)
{
    crlset_end(&set);
    pki_free(&ca);
}

/* Sources with these settings; NULL: none. */
static void sources_make(const char *missing, const char *failure)
{
    revocation = (cc_revocation_t){.crls = NULL};
    if (missing) {
        crlset_open(&set, apr_pstrcat(set.pool, "ca.crl missing=", missing, NULL));
        revocation.crls = set.crls;
    }
    waived = failure && !strcmp(failure, "allow");
}

/* ---- one source ------------------------------------------------------------------------ */

/* An answer of CRLs, by its word; "none": no CRLs. */
static cc_crl_answer_t crl_answer(const char *word)
{
    cc_crl_answer_t answer = {.state = CC_CRL_UNKNOWN, .stale_at = 50, .generation = 3};

    answer.cause = "its list is away";
    if (!strcmp(word, "good")) {
        answer.state = CC_CRL_GOOD;
    } else if (!strcmp(word, "revoked")) {
        answer.state = CC_CRL_REVOKED;
        answer.reason = 1;
        answer.revoked_at = apr_time_from_sec(86400);
    }
    answer.no_issuer = !strcmp(word, "no issuer");
    answer.incomplete = !strcmp(word, "shut");
    return answer;
}

static cc_ocsp_answer_t ocsp_answer(const char *word)
{
    cc_ocsp_answer_t answer = {.status = CC_OCSP_FAILED, .error = "it is down", .ask_at = 40};

    if (!strcmp(word, "good")) {
        answer.status = CC_OCSP_GOOD;
    } else if (!strcmp(word, "revoked")) {
        answer.status = CC_OCSP_REVOKED;
        answer.reason = "superseded";
        answer.revoked_at = apr_time_from_sec(2 * 86400);
    } else if (!strcmp(word, "unknown")) {
        answer.status = CC_OCSP_UNKNOWN;
    } else if (!strcmp(word, "off")) {
        answer.status = CC_OCSP_UNCHECKED;
    } else {
        answer.status = !strcmp(word, "missing") ? CC_OCSP_NO_RESPONDER : CC_OCSP_FAILED;
        answer.waived = waived;
    }
    return answer;
}

/* The combined result; "none" is a source that is not configured. */
static cc_revocation_status_t combine(const char *crl, const char *ocsp)
{
    cc_revocation_status_t status = cc_revocation_unchecked();
    cc_crl_answer_t listed = crl_answer(crl);
    cc_ocsp_answer_t told = ocsp_answer(ocsp);

    if (strcmp(crl, "none")) {
        cc_revocation_add_crls(&status, &revocation, &listed, set.pool);
    }
    if (strcmp(ocsp, "none")) {
        cc_revocation_add_ocsp(&status, &told, set.pool);
    }
    return status;
}

/* ---- all pairs ------------------------------------------------------------------------- */

static const char *const crl_words[] = {"none", "good", "revoked", "unknown", "no issuer", "shut"};
static const char *const ocsp_words[] = {"none",   "good",    "revoked", "unknown",
                                         "failed", "missing", "off"};

/*
 * For each pair: - unchecked, g good, w waived. Refused: R revoked on the list, r revoked by the
 * responder, L unknown to the list, u unknown to the responder, f the responder failed or is
 * missing. A host whose directive is Off for the issuer is like one without a directive.
 */
static const struct {
    const char *missing, *failure;
    const char *rows[6]; /* one for each of crl_words, with a letter for each of ocsp_words */
} pairs[] = {
    {"deny", "deny", {"-gruff-", "ggruffg", "RRrRRRR", "LLrLLLL", "LLrLLLL", "LLrLLLL"}},
    {"deny", "allow", {"-gruww-", "ggruggg", "RRrRRRR", "LLrLLLL", "LLrLLLL", "LLrLLLL"}},
    {"allow", "deny", {"-gruff-", "ggruffg", "RRrRRRR", "wgruffw", "LLrLLLL", "LLrLLLL"}},
    {"allow", "allow", {"-gruww-", "ggruggg", "RRrRRRR", "wgruwww", "LLrLLLL", "LLrLLLL"}},
};

static const struct {
    char letter;
    cc_revocation_verdict_t verdict;
    const char *word, *problem, *reason;
} meanings[] = {
    {'-', CC_REVOCATION_UNCHECKED, "unchecked", NULL, NULL},
    {'g', CC_REVOCATION_GOOD, "good", NULL, NULL},
    {'w', CC_REVOCATION_WAIVED, "unknown", NULL, NULL},
    {'R', CC_REVOCATION_REVOKED, "revoked",
     "it was revoked on 1970-01-02T00:00:00Z (keyCompromise)", "keyCompromise"},
    {'r', CC_REVOCATION_REVOKED, "revoked", "it was revoked on 1970-01-03T00:00:00Z (superseded)",
     "superseded"},
    {'L', CC_REVOCATION_UNKNOWN, "unknown", "no current CRL covers it: its list is away", NULL},
    {'u', CC_REVOCATION_UNKNOWN, "unknown", "the OCSP responder does not know it", NULL},
    {'f', CC_REVOCATION_UNKNOWN, "unknown", "there is no valid OCSP answer for it: it is down",
     NULL},
};

static void means(const cc_revocation_status_t *status, char letter)
{
    int i = 0;

    while (meanings[i].letter != letter) {
        i++;
    }
    ck_assert_int_eq(status->verdict, meanings[i].verdict);
    ck_assert_pstr_eq(cc_revocation_word(status->verdict), meanings[i].word);
    ck_assert_pstr_eq(status->problem, meanings[i].problem);
    ck_assert_pstr_eq(status->reason, meanings[i].reason);
    ck_assert_int_eq(status->revoked_at != 0, status->verdict == CC_REVOCATION_REVOKED);
    ck_assert_pstr_eq(status->public_problem,
                      status->verdict == CC_REVOCATION_UNKNOWN
                          ? "this server could not find out whether it was revoked"
                          : meanings[i].problem);
}

TEST_LOOP(each_pair_of_answers_comes_to_one_status, 0, COUNT(pairs))
{
    sources_make(pairs[_i].missing, pairs[_i].failure);
    for (int crl = 0; crl < 6; crl++) {
        for (int ocsp = 0; ocsp < 7; ocsp++) {
            cc_revocation_status_t status = combine(crl_words[crl], ocsp_words[ocsp]);

            means(&status, pairs[_i].rows[crl][ocsp]);
        }
    }
}

TEST(a_status_holds_until_the_first_of_its_sources_changes)
{
    cc_revocation_status_t status;

    sources_make("deny", "deny");
    status = combine("none", "none");
    ck_assert_int_eq(status.stale_at, APR_INT64_MAX);
    status = combine("good", "none");
    ck_assert_int_eq(status.stale_at, 50);
    ck_assert_uint_eq(status.generation, 3);
    status = combine("good", "good");
    ck_assert_int_eq(status.stale_at, 40);
    ck_assert_uint_eq(status.generation, 3);
}

TEST(a_ca_that_is_revoked_is_told_with_its_place_in_the_chain)
{
    cc_revocation_status_t status = cc_revocation_unchecked();
    cc_crl_answer_t answer = crl_answer("revoked");

    sources_make("deny", NULL);
    answer.depth = 2;
    cc_revocation_add_crls(&status, &revocation, &answer, set.pool);
    ck_assert_str_eq(
        status.problem,
        "the CA 2 levels above it was revoked on 1970-01-02T00:00:00Z (keyCompromise)");
}

TEST(a_responder_may_give_no_reason_and_no_cause_of_its_failure)
{
    cc_revocation_status_t status = cc_revocation_unchecked();
    cc_ocsp_answer_t answer = ocsp_answer("revoked");

    sources_make(NULL, "deny");
    answer.reason = NULL;
    cc_revocation_add_ocsp(&status, &answer, set.pool);
    ck_assert_str_eq(status.problem, "it was revoked on 1970-01-03T00:00:00Z (no reason given)");
    status = cc_revocation_unchecked();
    answer = (cc_ocsp_answer_t){.status = CC_OCSP_FAILED};
    cc_revocation_add_ocsp(&status, &answer, set.pool);
    ck_assert_str_eq(status.problem, "there is no valid OCSP answer for it: no answer");
}

/* ---- a status -------------------------------------------------------------------------- */

TEST(what_is_kept_outlives_what_it_was_asked_with)
{
    cc_revocation_status_t status;
    const char *problem;

    sources_make("deny", "deny");
    status = combine("revoked", "none");
    problem = status.problem;
    cc_revocation_status_keep(&status, set.pool);
    ck_assert_ptr_ne(status.problem, problem);
    ck_assert_str_eq(status.problem, problem);
    ck_assert_ptr_eq(status.public_problem, status.problem);
    status = combine("unknown", "none");
    problem = status.public_problem;
    cc_revocation_status_keep(&status, set.pool);
    ck_assert_str_eq(status.problem, "no current CRL covers it: its list is away");
    ck_assert_ptr_eq(status.public_problem, problem);
    status = combine("good", "none");
    cc_revocation_status_keep(&status, set.pool);
    ck_assert_ptr_null(status.problem);
    ck_assert_ptr_null(status.public_problem);
}

TEST(two_are_the_same_that_say_the_same_for_a_different_time)
{
    cc_revocation_status_t a, b;

    sources_make("allow", "deny");
    a = combine("revoked", "none");
    b = combine("revoked", "none");
    b.stale_at++;
    b.generation++;
    ck_assert(cc_revocation_status_same(&a, &b));
    b.revoked_at++;
    ck_assert(!cc_revocation_status_same(&a, &b));
    b = combine("none", "revoked");
    ck_assert(!cc_revocation_status_same(&a, &b));
    a = combine("shut", "none");
    b = combine("none", "failed");
    ck_assert(!cc_revocation_status_same(&a, &b)); /* for another reason */
    b = combine("unknown", "none");
    ck_assert(!cc_revocation_status_same(&a, &b)); /* waived */
    a = combine("good", "none");
    ck_assert(!cc_revocation_status_same(&a, &b));
}

SUITE("revocation", .setup = setup, .teardown = teardown);
