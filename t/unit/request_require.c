/* SPDX-License-Identifier: Apache-2.0 */
/* Tests each kind of Require of this module, negated or by another name. */
#include <apr_strings.h>

#include "fakehttpd.h"
#include "httpd/conf/use.h"
#include "httpd/peer/client.h"
#include "httpd/request/authz.h"
#include "httpd/request/denial.h"
#include "httpd/request/state.h"
#include "ruleset.h"
#include "suite.h"

static cc_client_t client;
static request_rec *r;

static void setup(void)
{
    fake_begin();
    memset(&client, 0, sizeof(client));
    client.cert = ruleset_certificate(ruleset_alice, fake.pool);
    client.facts = ruleset_facts;
    client.until = APR_INT64_MAX;
    client.source = &fake_source;
}

/* A request of alice to a server with these lines and rules; NULL: no rules are evaluated. */
static cc_request_t *asked(const char *lines, const char *rules)
{
    cc_request_t *kept;

    fake_configured(lines);
    cc_use_find(fake.pconf, NULL, NULL, fake.main);
    r = fake_request(fake.main, "/");
    kept = cc_request_of(r);
    kept->served = r->per_dir_config;
    kept->settled = true;
    kept->client = &client;
    kept->answer = (cc_answer_t){.client = &client, .presented = true};
    if (rules) {
        kept->answer.verdict = ruleset_ask(rules, ruleset_alice, fake.pool);
    }
    return kept;
}

static const char *word(int status)
{
    return status == AUTHZ_GRANTED          ? "granted"
           : status == AUTHZ_DENIED         ? "denied"
           : status == AUTHZ_DENIED_NO_USER ? "no user"
           : status == AUTHZ_GENERAL_ERROR  ? "error"
                                            : "?";
}

/* The texts of the requirements that were not met. */
static const char *needs(const cc_request_t *kept)
{
    const char *text = NULL;

    for (const cc_missing_t *one = kept->missing; one; one = one->next) {
        text = text ? apr_pstrcat(fake.pool, text, ", ", one->text, NULL) : one->text;
    }
    return text;
}

/* The result of a Require for alice with these rules, and what it would have needed. */
static const char *said(const char *line, const char *rules)
{
    cc_request_t *kept = asked(line, rules);
    const char *status = word(fake_require(r, 1));

    ck_assert(kept->personal);
    return apr_pstrcat(fake.pool, status, kept->missing ? "; needs " : "", needs(kept), NULL);
}

/* ---- names ------------------------------------------------------------------------------- */

#define RULES "user=alice group=staff group=admins"
#define MANY "a b c d e f g h i j k l m n o p q "

static const struct {
    const char *line, *rules, *said;
} names[] = {
    {"Require clientcert-user alice", RULES, "granted"},
    {"Require clientcert-user bob alice", RULES, "granted"},
    {"Require clientcert-user \"bob\" 'alice'", RULES, "granted"},
    {"Require clientcert-user bob", RULES, "denied; needs clientcert-user bob"},
    {"Require clientcert-user Alice", RULES, "denied; needs clientcert-user Alice"},
    {"Require clientcert-user alice", "group=staff", "denied; needs clientcert-user alice"},
    {"Require clientcert-user alice", NULL, "denied; needs clientcert-user alice"},
    {"Require clientcert-group staff", RULES, "granted"},
    {"Require clientcert-group guests admins", RULES, "granted"},
    {"Require clientcert-group guests", RULES, "denied; needs clientcert-group guests"},
    {"Require clientcert-group staf", RULES, "denied; needs clientcert-group staf"},
    {"Require clientcert-group " MANY "admins", RULES, "granted"},
    {"Require clientcert-group " MANY, RULES, "denied; needs clientcert-group " MANY},
    {"Require clientcert-user " MANY "alice", RULES, "granted"},
    {"Require not clientcert-group guests", RULES, "denied"},
    {"Require not clientcert-group staff", RULES, "granted; needs not clientcert-group staff"},
    {"Require NOT clientcert-user alice", RULES, "granted; needs not clientcert-user alice"},
    /* a client without an identity may be the one to keep out */
    {"Require not clientcert-group guests", "subject.CN == Alice deny",
     "granted; needs not clientcert-group guests"},
    {"Require not clientcert-group guests", "subject.CN == bob user=bob",
     "granted; needs not clientcert-group guests"},
    {"Require not clientcert-user bob", NULL, "granted; needs not clientcert-user bob"},
};

TEST_LOOP(names_are_those_that_the_rules_give, 0, COUNT(names))
{
    ck_assert_str_eq(said(names[_i].line, names[_i].rules), names[_i].said);
}

TEST(who_presented_no_certificate_is_surely_not_the_one_who_is_kept_out)
{
    cc_request_t *kept = asked("Require not clientcert-group guests", NULL);

    kept->answer = (cc_answer_t){.problem = "no client certificate was presented"};
    ck_assert_str_eq(word(fake_require(r, 1)), "denied");
    ck_assert_pstr_eq(needs(kept), NULL);
    kept->answer.presented = true; /* a certificate was presented, but not verified */
    ck_assert_str_eq(word(fake_require(r, 1)), "granted");
    ck_assert_str_eq(needs(kept), "not clientcert-group guests");
}

TEST(what_is_in_doubt_is_not_certain_either)
{
    cc_request_t *kept = asked("Require not clientcert-group guests", RULES);
    cc_verdict_t doubtful = *kept->answer.verdict;

    doubtful.doubt_where = "site.conf:9";
    kept->answer.verdict = &doubtful;
    ck_assert_str_eq(word(fake_require(r, 1)), "granted");
    ck_assert_str_eq(needs(kept), "not clientcert-group guests");
    ck_assert_str_eq(kept->missing->undecided, "site.conf:9");
}

TEST(where_a_lookup_failed_the_request_fails)
{
    static const cc_verdict_t failed = {.failure = "table t is away"};
    cc_request_t *kept =
        asked("Require clientcert-user alice\nRequire not clientcert-group a", NULL);

    kept->answer.verdict = &failed;
    ck_assert_str_eq(word(fake_require(r, 1)), "error");
    ck_assert_str_eq(word(fake_require(r, 2)), "error");
}

/* ---- strength ---------------------------------------------------------------------------- */

#define STRONG "user=%{sha256}"
#define WEAK "user=alice"

static const struct {
    const char *line, *rules, *said;
} strengths[] = {
    {"Require clientcert-strength strong", STRONG, "granted"},
    {"Require clientcert-strength named", STRONG, "granted"},
    {"Require clientcert-strength strong", WEAK, "denied; needs clientcert-strength strong"},
    {"Require clientcert-strength named", WEAK, "denied; needs clientcert-strength named"},
    {"Require clientcert-strength named", WEAK "\n" STRONG,
     "denied; needs clientcert-strength named"},
    {"Require clientcert-strength named", "group=%{sha256}",
     "denied; needs clientcert-strength named"},
    {"Require clientcert-strength named", NULL, "denied; needs clientcert-strength named"},
    {"Require not clientcert-strength strong", WEAK, "denied"},
    {"Require not clientcert-strength strong", STRONG,
     "granted; needs not clientcert-strength strong"},
    {"Require not clientcert-strength named", STRONG,
     "granted; needs not clientcert-strength named"},
    /* without a user, the client is not known */
    {"Require not clientcert-strength strong", "group=a",
     "granted; needs not clientcert-strength strong"},
    {"Require not clientcert-strength strong", "subject.CN == bob user=bob",
     "granted; needs not clientcert-strength strong"},
    {"Require not clientcert-strength strong", "subject.CN == Alice deny",
     "granted; needs not clientcert-strength strong"},
    {"Require not clientcert-strength strong", NULL,
     "granted; needs not clientcert-strength strong"},
};

TEST_LOOP(a_strength_is_that_of_the_user, 0, COUNT(strengths))
{
    ck_assert_str_eq(said(strengths[_i].line, strengths[_i].rules), strengths[_i].said);
}

TEST(a_strength_in_doubt_or_unknown_admits_nobody)
{
    cc_request_t *kept = asked("Require not clientcert-strength strong\n"
                               "Require clientcert-strength named",
                               WEAK);
    cc_verdict_t doubtful = *kept->answer.verdict;

    doubtful.doubt_where = "site.conf:9";
    kept->answer.verdict = &doubtful;
    ck_assert_str_eq(word(fake_require(r, 1)), "granted");
    doubtful = (cc_verdict_t){.strength = CC_STRENGTH_STRONG}; /* of no user */
    ck_assert_str_eq(word(fake_require(r, 2)), "denied");
    doubtful.failure = "table t is away";
    ck_assert_str_eq(word(fake_require(r, 1)), "error");
    ck_assert_str_eq(word(fake_require(r, 2)), "error");
    kept->answer = (cc_answer_t){.problem = "no client certificate was presented"};
    ck_assert_str_eq(word(fake_require(r, 1)), "denied");
    ck_assert_str_eq(word(fake_require(r, 2)), "denied");
}

/* ---- names of an expression -------------------------------------------------------------- */

TEST(names_may_depend_on_the_request)
{
    cc_request_t *kept =
        asked("Require clientcert-group x %{team}\nRequire clientcert-user %{who}", RULES);

    apr_table_set(r->notes, "team", "guests staff");
    ck_assert_str_eq(word(fake_require(r, 1)), "granted");
    apr_table_set(r->notes, "team", "guests");
    ck_assert_str_eq(word(fake_require(r, 1)), "denied");
    apr_table_set(r->notes, "who", "alice");
    ck_assert_str_eq(word(fake_require(r, 2)), "granted");
    ck_assert_str_eq(needs(kept), "clientcert-group x %{team}");
    fake_expect_log("");
}

TEST(an_expression_that_fails_is_told)
{
    asked("Require clientcert-group %{nosuch}", RULES);
    ck_assert_str_eq(word(fake_require(r, 1)), "error");
    fake_expect_log("error CC0123: Require clientcert-group %{nosuch}: there is no such note");
}

/* ---- conditions -------------------------------------------------------------------------- */

static const struct {
    const char *line, *said;
} conditions[] = {
    {"Require clientcert", "granted"},
    {"Require clientcert subject.CN == Alice", "granted"},
    {"Require clientcert subject.CN == Bob", "denied; needs clientcert subject.CN == Bob"},
    {"Require clientcert subject.OU == Staff issuer.CN == \"Staff CA\"", "granted"},
    {"Require clientcert subject.OU == Staff issuer.CN == Other",
     "denied; needs clientcert subject.OU == Staff issuer.CN == Other"},
    {"Require not clientcert subject.CN == Bob", "denied"},
    {"Require not clientcert subject.CN == Alice",
     "granted; needs not clientcert subject.CN == Alice"},
};

TEST_LOOP(conditions_are_those_of_rules, 0, COUNT(conditions))
{
    ck_assert_str_eq(said(conditions[_i].line, NULL), conditions[_i].said);
    ck_assert_str_eq(word(fake_require(r, 1)),
                     apr_pstrndup(fake.pool, conditions[_i].said,
                                  strcspn(conditions[_i].said, ";"))); /* kept by now */
}

TEST(conditions_of_an_htaccess_are_gone_with_the_request)
{
    asked("", NULL);
    ck_assert_pstr_eq(fake_htaccess(r, "Require clientcert subject.CN == Alice"), NULL);
    ck_assert_str_eq(word(fake_require(r, 1)), "granted");
    ck_assert_ptr_null(atomic_load(&client.memos));
}

TEST(a_certificate_with_a_problem_meets_no_condition)
{
    cc_request_t *kept;

    client.problem = "it was revoked";
    kept = asked("Require clientcert\nRequire not clientcert subject.CN == Bob", NULL);
    ck_assert_str_eq(word(fake_require(r, 1)), "denied");
    ck_assert_str_eq(word(fake_require(r, 2)), "granted");
    ck_assert_str_eq(needs(kept), "clientcert, not clientcert subject.CN == Bob");
}

/* ---- logins ------------------------------------------------------------------------------ */

static const struct {
    const char *line, *rules;
    bool login;              /* check_authn has begun */
    const char *user, *type; /* of the request */
    const char *said;
} logins[] = {
    {"", RULES, true, "alice", "Basic", "granted"},
    {"", RULES, true, "bob", "Basic", "denied"},
    {"", RULES, true, "Alice", "Basic", "denied"},
    {" nocase", RULES, true, "aLICE", "Basic", "granted"},
    {" nocase", RULES, true, "alic", "Basic", "denied"},
    {" nocase",
     "user=stra\xC3\x9F"
     "e",
     true, "strasse", "Basic", "denied"},
    {"", RULES, false, "alice", "Basic", "no user"}, /* a name whose password may be wrong */
    {"", RULES, true, "alice", NULL, "no user"},
    {"", RULES, true, "alice", "ClientCert", "no user"},
    {"", RULES, true, "", "Basic", "no user"},
    {"", RULES, true, NULL, "Basic", "no user"},
    {"", "group=staff", true, "alice", "Basic", "denied"},
    {"", "subject.CN == Alice deny", true, "alice", "Basic", "denied"},
    {"", NULL, true, "alice", "Basic", "denied"},
};

TEST_LOOP(a_login_has_to_be_that_of_the_mapped_user, 0, COUNT(logins))
{
    cc_request_t *kept =
        asked(apr_pstrcat(fake.pool, "Require clientcert-same-user", logins[_i].line, NULL),
              logins[_i].rules);

    apr_table_set(r->notes, "AuthType", "Basic");
    kept->login = logins[_i].login;
    r->user = (char *)logins[_i].user;
    r->ap_auth_type = (char *)logins[_i].type;
    ck_assert_str_eq(word(fake_require(r, 1)), logins[_i].said);
    ck_assert(kept->personal);
}

TEST(no_login_suffices_where_no_auth_type_asks_for_one)
{
    static const char *const types[] = {NULL, "None", "clientcert"};

    for (size_t i = 0; i < COUNT(types); i++) {
        cc_request_t *kept = asked("Require clientcert-same-user", RULES);

        if (types[i]) {
            apr_table_set(r->notes, "AuthType", types[i]);
        }
        kept->login = true;
        r->user = "alice";
        r->ap_auth_type = "Basic";
        ck_assert_str_eq(word(fake_require(r, 1)), "denied");
    }
}

/* ---- what was missing ----------------------------------------------------------------------- */

TEST(what_was_missing_has_its_kind_and_its_place)
{
    static const cc_missing_kind_t kinds[] = {CC_MISSING_USER, CC_MISSING_GROUP,
                                              CC_MISSING_CONDITIONS, CC_MISSING_GROUP};
    const cc_request_t *kept =
        asked("Require clientcert-user bob\nRequire clientcert-group guests\n"
              "Require clientcert subject.CN == Bob\nRequire not clientcert-group staff",
              RULES);
    const cc_missing_t *one;

    for (int i = 1; i <= 4; i++) {
        fake_require(r, i);
        fake_require(r, i); /* httpd asks again once it has a user */
    }
    one = kept->missing;
    for (int i = 0; i < 4; i++, one = one->next) {
        ck_assert_int_eq(one->kind, kinds[i]);
        ck_assert_int_eq(one->negated, i == 3);
        ck_assert_str_eq(one->where, apr_psprintf(fake.pool, "site.conf:%d", 1 + i));
    }
    ck_assert_ptr_null(one);
    ck_assert_str_eq(cc_denial_needs(r, fake.pool),
                     "clientcert-user bob (site.conf:1), clientcert-group guests (site.conf:2), "
                     "clientcert subject.CN == Bob (site.conf:3), "
                     "not clientcert-group staff (site.conf:4)");
}

SUITE("require", .setup = setup, .teardown = fake_end);
