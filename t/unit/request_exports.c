/* SPDX-License-Identifier: Apache-2.0 */
/* Tests the names by which applications read a client's identity, and the values that they get. */
#include <apr_strings.h>

#include <ap_expr.h>

#include "base/error.h"
#include "certs.h"
#include "fakehttpd.h"
#include "httpd/conf/vhost_conf.h"
#include "httpd/peer/client.h"
#include "httpd/request/export.h"
#include "httpd/request/expr.h"
#include "httpd/request/lookup.h"
#include "httpd/request/state.h"
#include "ruleset.h"
#include "suite.h"

static cc_client_t client;
static const cc_verdict_t *verdict;

static void setup(void)
{
    fake_begin();
    memset(&client, 0, sizeof(client));
    client.cert = ruleset_certificate(ruleset_alice, fake.pool);
    client.facts = ruleset_facts;
    verdict = ruleset_ask("subject.CN == Alice user=alice group=a group=\"b,c\"\nuser=other\n",
                          ruleset_alice, fake.pool);
}

/* ---- names ------------------------------------------------------------------------------- */

static const struct {
    const char *name, *text; /* of alice; NULL: none */
    const char *list;        /* its members, each in brackets */
} lookups[] = {
    {"user", "alice", "[alice]"},
    {"USER", "alice", "[alice]"},
    {"group", "a,b\\,c", "[a][b,c]"},
    {"rule", "r1,r2", "[r1][r2]"},
    {"subject.CN", "Alice", "[Alice]"},
    {"subject.OU", "Staff,Admins", "[Staff][Admins]"},
    {"subject.CN|lower", "alice", "[alice]"},
    {"san.email", "alice@example.com,Alice.A@Example.ORG",
     "[alice@example.com][Alice.A@Example.ORG]"},
    {"san.ip", NULL, ""},
    {"serial", "1a2b", "[1a2b]"},
    {"tls.version", "TLSv1.3", "[TLSv1.3]"},
};

TEST_LOOP(a_name_is_a_text_and_a_list, 0, COUNT(lookups))
{
    const cc_lookup_t *lookup;
    cc_error_t err = {0};
    const apr_array_header_t *list;
    const char *text = "";

    ck_assert_int_eq(cc_lookup_parse(&lookup, lookups[_i].name, fake.pool, &err), APR_SUCCESS);
    ck_assert_pstr_eq(cc_lookup_text(lookup, &client, &ruleset_facts, verdict, fake.pool),
                      lookups[_i].text);
    list = cc_lookup_list(lookup, &client, &ruleset_facts, verdict, fake.pool);
    for (int i = 0; i < list->nelts; i++) {
        text = apr_pstrcat(fake.pool, text, "[", APR_ARRAY_IDX(list, i, const char *), "]", NULL);
    }
    ck_assert_str_eq(text, lookups[_i].list);
}

TEST(without_rules_there_is_no_user_group_or_rule_but_fields)
{
    const cc_lookup_t *rule, *field;

    cc_lookup_parse(&rule, "rule", fake.pool, NULL);
    cc_lookup_parse(&field, "subject.CN", fake.pool, NULL);
    ck_assert_pstr_eq(cc_lookup_text(&cc_lookup_user, &client, &ruleset_facts, NULL, fake.pool),
                      NULL);
    ck_assert_pstr_eq(cc_lookup_text(&cc_lookup_group, &client, &ruleset_facts, NULL, fake.pool),
                      NULL);
    ck_assert_pstr_eq(cc_lookup_text(rule, &client, &ruleset_facts, NULL, fake.pool), NULL);
    ck_assert_pstr_eq(cc_lookup_text(field, &client, &ruleset_facts, NULL, fake.pool), "Alice");
}

TEST(values_that_cannot_be_used_are_left_out)
{
    const cc_lookup_t *lookup;

    client.cert = ruleset_certificate(ruleset_bad, fake.pool);
    cc_lookup_parse(&lookup, "san.email", fake.pool, NULL);
    ck_assert_pstr_eq(cc_lookup_text(lookup, &client, &ruleset_facts, verdict, fake.pool),
                      "bob@example.com");
    cc_lookup_parse(&lookup, "subject.CN", fake.pool, NULL);
    ck_assert_pstr_eq(cc_lookup_text(lookup, &client, &ruleset_facts, verdict, fake.pool), NULL);
}

TEST(what_depends_on_the_time_says_until_when_it_is_right)
{
    const cc_lookup_t *days, *serial;
    apr_time_t until;

    cc_lookup_parse(&days, "days_left", fake.pool, NULL);
    cc_lookup_parse(&serial, "serial", fake.pool, NULL);
    until = cc_lookup_stale_at(days, &client, &ruleset_facts);
    ck_assert(until > ruleset_facts.now);
    ck_assert(until <= ruleset_facts.now + apr_time_from_sec(86400));
    ck_assert(cc_lookup_stale_at(serial, &client, &ruleset_facts) == APR_INT64_MAX);
    ck_assert(cc_lookup_stale_at(&cc_lookup_user, &client, &ruleset_facts) == APR_INT64_MAX);
}

/* ---- ClientCertExport -------------------------------------------------------------------- */

static const struct {
    const char *words, *variables; /* "NAME=VALUE ..."; or the beginning of an error */
} exports[] = {
    {"USER GROUPS", "CLIENTCERT_USER=alice CLIENTCERT_GROUPS=a,b\\,c"},
    {"", ""},
    {"SERIAL SUBJECT_CN", "CLIENTCERT_SERIAL=1a2b CLIENTCERT_SUBJECT_CN=Alice"},
    {"SAN_EMAIL SAN_IP", "CLIENTCERT_SAN_EMAIL=alice@example.com,Alice.A@Example.ORG"},
    {"MAIL1=san.email|lower", "CLIENTCERT_MAIL1=alice@example.com,alice.a@example.org"},
    {"A_B=rule USER", "CLIENTCERT_A_B=r1,r2 CLIENTCERT_USER=alice"},
    {"\"X=subject.CN\"", "CLIENTCERT_X=Alice"},
    {"SAN_IP", ""},
    {"user", "CC0125: \"user\": not a variable name; use capital letters, digits and _"},
    {"1A=user", "CC0125: \"1A\": not a variable name"},
    {"A-B=user", "CC0125: \"A-B\": not a variable name"},
    {"=user", "CC0125: \"\": not a variable name"},
    {"USER USER", "CC0126: \"USER\": this variable is named twice; name it once"},
    {"A=user A=group", "CC0126: \"A\": this variable is named twice"},
    {"NOSUCH", "CC0124: \"NOSUCH\": no field has this name; write NOSUCH=FIELD, where FIELD is"},
    {"NO_SUCH", "CC0124: \"NO_SUCH\": no field has this name"},
    {"A=nosuch", "CC0201: \"nosuch\": no such field"},
};

TEST_LOOP(an_export_names_variables_and_what_they_are, 0, COUNT(exports))
{
    const cc_export_t *export;
    const apr_table_t *made;
    const char *text = "";
    cc_error_t err = {0};
    apr_time_t stale_at = APR_INT64_MAX;

    if (cc_export_parse(&export, exports[_i].words, fake.pool, &err) != APR_SUCCESS) {
        fake_expect_begins(cc_error_text(&err, fake.pool), exports[_i].variables);
        return;
    }
    made = cc_export_make(export, &client, &ruleset_facts, verdict, &stale_at, fake.pool);
    for (int i = 0; made && i < apr_table_elts(made)->nelts; i++) {
        const apr_table_entry_t *one = &APR_ARRAY_IDX(apr_table_elts(made), i, apr_table_entry_t);

        text = apr_pstrcat(fake.pool, text, i > 0 ? " " : "", one->key, "=", one->val, NULL);
    }
    ck_assert_str_eq(text, exports[_i].variables);
    ck_assert_int_eq(made == NULL, !*text);
    ck_assert(stale_at == APR_INT64_MAX);
}

TEST(exports_are_as_old_as_the_first_value_that_is_wrong)
{
    const cc_export_t *export;
    apr_time_t stale_at = APR_INT64_MAX, early = 5;

    cc_export_parse(&export, "SERIAL DAYS_LEFT=days_left", fake.pool, NULL);
    cc_export_make(export, &client, &ruleset_facts, verdict, &stale_at, fake.pool);
    ck_assert(stale_at < ruleset_facts.now + apr_time_from_sec(2 * 86400));
    cc_export_make(export, &client, &ruleset_facts, verdict, &early, fake.pool);
    ck_assert(early == 5);
}

TEST(user_and_groups_are_exported_where_nobody_said_otherwise)
{
    ck_assert_int_eq(cc_export_default.count, 2);
    ck_assert_str_eq(cc_export_default.vars[0].name, "CLIENTCERT_USER");
    ck_assert_ptr_eq(cc_export_default.vars[0].lookup, &cc_lookup_user);
    ck_assert_str_eq(cc_export_default.vars[1].name, "CLIENTCERT_GROUPS");
    ck_assert_ptr_eq(cc_export_default.vars[1].lookup, &cc_lookup_group);
}

/* ---- clientcert() in an expression ------------------------------------------------------- */

static int look_up(int type, const char *name, const char *arg, const void **func,
                   const void **data, const char **err)
{
    ap_expr_lookup_parms parms = {.type = type,
                                  .pool = fake.pconf,
                                  .ptemp = fake.pool,
                                  .name = name,
                                  .arg = arg,
                                  .func = func,
                                  .data = data,
                                  .err = err};
    return cc_expr_lookup(&parms);
}

TEST(only_the_function_of_that_name_is_ours)
{
    const void *func = NULL, *data = NULL;
    const char *err = NULL;

    ck_assert_int_eq(look_up(AP_EXPR_FUNC_STRING, "tolower", "x", &func, &data, &err), DECLINED);
    ck_assert_int_eq(look_up(AP_EXPR_FUNC_OP_UNARY, "clientcert", "user", &func, &data, &err),
                     DECLINED);
    ck_assert(!cc_configuration_of(fake.main)->expressions);
    ck_assert_int_ne(look_up(AP_EXPR_FUNC_STRING, "clientcert", NULL, &func, &data, &err), OK);
    fake_expect_begins(err, "CC0127: clientcert() takes one name in quotes");
    ck_assert_int_ne(look_up(AP_EXPR_FUNC_STRING, "clientcert", "nosuch", &func, &data, &err), OK);
    fake_expect_begins(err, "CC0201: \"nosuch\": no such field");
    ck_assert_int_eq(look_up(AP_EXPR_FUNC_STRING, "ClientCert", "user", &func, &data, &err), OK);
    ck_assert(cc_configuration_of(fake.main)->expressions);
}

TEST(a_function_says_what_the_answer_of_its_request_says)
{
    const void *string = NULL, *list = NULL, *data = NULL;
    const char *err = NULL;
    request_rec *r = fake_request(fake.main, "/");
    cc_request_t *kept = cc_request_of(r);
    ap_expr_eval_ctx_t ctx = {.r = r, .p = fake.pool, .err = &err};

    kept->served = r->per_dir_config;
    kept->answer = (cc_answer_t){.client = &client, .verdict = verdict, .presented = true};
    look_up(AP_EXPR_FUNC_STRING, "clientcert", "group", &string, &data, &err);
    look_up(AP_EXPR_FUNC_LIST, "clientcert", "group", &list, &data, &err);
    ck_assert_str_eq(((ap_expr_string_func_t *)string)(&ctx, data, NULL), "a,b\\,c");
    ck_assert_int_eq(((ap_expr_list_func_t *)list)(&ctx, data, NULL)->nelts, 2);
    ck_assert(kept->personal);
    kept->answer.problem = "it has expired";
    ck_assert_str_eq(((ap_expr_string_func_t *)string)(&ctx, data, NULL), "");
    ck_assert_int_eq(((ap_expr_list_func_t *)list)(&ctx, data, NULL)->nelts, 0);
    ck_assert_pstr_eq(err, NULL);
    ctx.r = NULL;
    ck_assert_str_eq(((ap_expr_string_func_t *)string)(&ctx, data, NULL), "");
}

TEST(where_a_lookup_failed_the_expression_fails_and_the_request_with_it)
{
    const void *string = NULL, *data = NULL;
    const char *err = NULL;
    request_rec *r = fake_request(fake.main, "/");
    cc_request_t *kept = cc_request_of(r);
    ap_expr_eval_ctx_t ctx = {.r = r, .p = fake.pool, .err = &err};
    cc_verdict_t failed = {.failure = "table t is away"};

    kept->served = r->per_dir_config;
    kept->answer = (cc_answer_t){.client = &client, .verdict = &failed, .presented = true};
    look_up(AP_EXPR_FUNC_STRING, "clientcert", "user", &string, &data, &err);
    ck_assert_str_eq(((ap_expr_string_func_t *)string)(&ctx, data, NULL), "");
    ck_assert_str_eq(err, "CC0112: a lookup failed, so the identity of the client is unknown");
    ck_assert(kept->failing);
    ck_assert_str_eq(fake_filters(r->output_filters, r->pool), "CLIENTCERT_FAILURE");
}

SUITE("exports", .setup = setup, .teardown = fake_end);
