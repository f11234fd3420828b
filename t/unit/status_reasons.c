/* SPDX-License-Identifier: Apache-2.0 */
/* Tests which reason and which warnings clientcert-status gives to the holder of a certificate. */
#include <apr_strings.h>

#include <jansson.h>

#include "fakehttpd.h"
#include "httpd/status/document.h"
#include "ruleset.h"
#include "statusset.h"
#include "suite.h"

/* ---- problems of a certificate ----------------------------------------------------------- */

static const struct {
    const char *problem, *told, *of_answer; /* NULL: none */
    cc_cause_t cause;
    const char *text;   /* of the problem where rules are not shown */
    const char *reason; /* likewise; NULL: none */
    const char *summary, *word;
} problems[] = {
    {"the responder 10.0.0.1 is away", "it is not known whether it was revoked", NULL,
     CC_CAUSE_OCSP, "this server could not find out whether it was revoked", NULL,
     "This server could not find out whether your certificate was revoked", "revocation-unknown"},
    {"there is no CRL of its issuer: CN=x", "there is no CRL of its issuer: CN=x", NULL,
     CC_CAUSE_NO_CRL, "this server could not find out whether it was revoked", NULL,
     "This server could not find out whether your certificate was revoked", "revocation-unknown"},
    {"CRL /etc/x.pem has no number", NULL, NULL, CC_CAUSE_OTHER, "this server does not accept it",
     NULL, "Your certificate is not accepted here", "not-verified"},
    {"it is self-signed", "it is self-signed", NULL, CC_CAUSE_SELF_SIGNED, "it is self-signed",
     "It is self-signed.", "Your certificate is self-signed, and not accepted here", "self-signed"},
    {NULL, NULL, "a CA above it has expired", CC_CAUSE_NONE, "a CA above it has expired",
     "A CA above it has expired.", "Your certificate is not accepted here", "not-verified"},
};

TEST_LOOP(what_stands_behind_the_server_is_not_told, 0, COUNT(problems))
{
    const char *problem = problems[_i].problem ? problems[_i].problem : problems[_i].of_answer;
    cc_request_t *kept;

    statusset_client.problem = problems[_i].problem;
    statusset_client.public_problem = problems[_i].told;
    statusset_client.fault.cause = problems[_i].cause;
    for (int rules = 0; rules < 2; rules++) {
        kept = statusset_asked(rules ? "ClientCertStatusRules On" : "", NULL);
        kept->answer.problem = problem;
        ck_assert_str_eq(statusset_at("result"), "rejected");
        ck_assert_str_eq(statusset_at("summary"), problems[_i].summary);
        ck_assert_str_eq(statusset_at("verification"),
                         apr_psprintf(fake.pool,
                                      "{\"verified\":false,\"problem\":\"%s\",\"cause\":\"%s\"}",
                                      rules ? problem : problems[_i].text, problems[_i].word));
        if (rules) {
            ck_assert_int_eq(strncmp(statusset_at("reason") + 1, problem + 1, strlen(problem) - 1),
                             0);
        } else {
            ck_assert_str_eq(statusset_at("reason"),
                             problems[_i].reason ? problems[_i].reason : "null");
        }
    }
}

/* The dates of the person's own certificate are written as people write them. */
#define DAYS(number) ((number) * (apr_time_t)86400 * APR_USEC_PER_SEC)

TEST(a_reason_with_a_date_says_how_far_away_it_is)
{
    cc_request_t *kept;

    statusset_client.not_after = ruleset_facts.now - DAYS(3);
    statusset_client.until = statusset_client.not_after;
    statusset_client.lapse.cause = CC_CAUSE_EXPIRED;
    kept = statusset_asked("", NULL);
    kept->answer.problem = "it has expired";
    ck_assert_str_eq(statusset_at("summary"), "Your certificate has expired");
    fake_expect_begins(statusset_at("reason"), "It expired 3 days ago, on ");
    ck_assert_ptr_nonnull(strstr(statusset_at("verification"), "\"cause\":\"expired\""));
    statusset_client.lapse.depth = 1;
    ck_assert_str_eq(statusset_at("summary"), "A CA above your certificate has expired");
    ck_assert_str_eq(statusset_at("reason"), "It has expired.");
    statusset_client.not_before = ruleset_facts.now + DAYS(4);
    kept->answer.problem = "it is not yet valid";
    ck_assert_str_eq(statusset_at("summary"), "Your certificate is not yet valid");
    fake_expect_begins(statusset_at("reason"), "Its validity begins in 4 days, on ");
    ck_assert_ptr_nonnull(strstr(statusset_at("reason"), " The clock of this server shows "));
    statusset_client.problem = statusset_client.public_problem = kept->answer.problem =
        "it was revoked on ISO";
    statusset_client.fault.cause = CC_CAUSE_REVOKED;
    ck_assert_str_eq(statusset_at("summary"), "Your certificate was revoked");
    ck_assert_str_eq(statusset_at("reason"), "null");
    statusset_client.facts.revoked_at = ruleset_facts.now - DAYS(10);
    statusset_client.facts.revocation_reason = "keyCompromise";
    fake_expect_begins(statusset_at("reason"), "It was revoked 10 days ago, on ");
    ck_assert_ptr_nonnull(strstr(statusset_at("reason"), " UTC (keyCompromise)."));
}

TEST(a_certificate_without_proof_of_its_key_is_not_a_missing_one)
{
    cc_request_t *kept = statusset_asked("", NULL);

    kept->answer =
        (cc_answer_t){.problem = "its TLS handshake has not finished", .presented = true};
    ck_assert_str_eq(statusset_at("result"), "rejected");
    ck_assert_str_eq(statusset_at("reason"), "Its TLS handshake has not finished.");
    ck_assert_str_eq(statusset_at("certificate"), "null");
}

/* ---- renewal ----------------------------------------------------------------------------- */

static const struct {
    int life, left; /* in days */
    const char *told;
} renewals[] = {
    {365, 31, NULL}, {365, 29, "in 29 days"},          {60, 21, NULL}, {60, 19, "in 19 days"},
    {3, 2, NULL},    {1, 0, "in less than 2 minutes"},
};

TEST_LOOP(a_certificate_that_ends_soon_is_a_warning, 0, COUNT(renewals))
{
    cc_request_t *kept;

    statusset_client.not_after =
        ruleset_facts.now + apr_time_from_sec(renewals[_i].left * 86400 + 5);
    statusset_client.not_before =
        statusset_client.not_after - apr_time_from_sec(renewals[_i].life * 86400);
    statusset_asked("", "user=alice");
    fake_expect_begins(
        statusset_at("warnings"),
        renewals[_i].told
            ? apr_psprintf(fake.pool, "[\"Your certificate expires %s, on ", renewals[_i].told)
            : "[]");
    ck_assert_str_eq(statusset_at("summary"), "You are alice");
    kept = statusset_asked("", NULL);
    kept->answer.problem = "it was revoked";
    ck_assert_str_eq(statusset_at("warnings"), "[]");
}

SUITE("reasons", .setup = statusset_setup, .teardown = fake_end);
