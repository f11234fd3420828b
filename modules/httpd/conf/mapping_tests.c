/* SPDX-License-Identifier: Apache-2.0 */
/* Runs ClientCertTest: maps a certificate, and compares the result with the expected one. */
#include <string.h>

#include <apr_strings.h>

#include "base/error.h"
#include "base/text.h"
#include "base/words.h"
#include "cert/cert.h"
#include "httpd/conf/configuration.h"
#include "httpd/conf/dir.h"
#include "httpd/conf/directive.h"
#include "httpd/conf/mapping_tests.h"
#include "httpd/conf/module.h"
#include "httpd/conf/rulesets.h"
#include "httpd/conf/vhost_conf.h"
#include "rules/rules.h"

/* A ClientCertTest. */
typedef struct cc_test_t {
    const char *where;
    const char *file;
    cc_via_t via;                 /* how the certificate arrives; CC_VIA_UNKNOWN: not given */
    const char *proxy;            /* NULL: not given */
    const char *user;             /* NULL: none */
    cc_strength_t strength;       /* of the user; CC_STRENGTH_NONE: not given */
    apr_array_header_t *groups;   /* const char * */
    apr_array_header_t *accounts; /* the same */
    const server_rec *server;
    const cc_dir_t *record;       /* of its section, or of its server */
    const ap_directive_t *inside; /* its section; NULL: none */
} cc_test_t;

static apr_array_header_t *tests_of(const server_rec *s)
{
    cc_configuration_t *configuration = cc_configuration_of(s);

    if (!configuration->mapping_tests) {
        configuration->mapping_tests = apr_array_make(s->process->pconf, 4, sizeof(cc_test_t));
    }
    return configuration->mapping_tests;
}

/* ---- the directive ------------------------------------------------------------------------- */

#define LEGAL                                                                                      \
    "write FILE [via=WAY [proxy=ADDRESS]] expect user=NAME [strength=WORD] "                       \
    "group=NAME account=NAME ..., or expect none"

static apr_status_t word_error(cc_error_t *err, const char *word, const char *reason, apr_pool_t *p)
{
    return cc_error_set(err, p, "CC0754", word, "%s; " LEGAL, reason);
}

static bool is_listed(const apr_array_header_t *names, const char *name)
{
    for (int i = 0; i < names->nelts; i++) {
        if (!strcmp(APR_ARRAY_IDX(names, i, const char *), name)) {
            return true;
        }
    }
    return false;
}

/* The word after strength=; NULL, or what is wrong with it. */
static const char *strength_read(cc_test_t *test, const char *word)
{
    if (!test->user || test->strength != CC_STRENGTH_NONE) {
        return "strength= must follow user=, once";
    }
    for (int i = CC_STRENGTH_WEAK; i < CC_STRENGTH_COUNT; i++) {
        if (!strcmp(cc_strength_words[i], word)) {
            test->strength = (cc_strength_t)i;
        }
    }
    return test->strength != CC_STRENGTH_NONE ? NULL : "strength= takes strong, named or weak";
}

/* One word after "expect"; NULL, or what is wrong with it. */
static const char *expectation_add(cc_test_t *test, const char *word)
{
    const char *name = strchr(word, '=');
    bool user = !strncmp(word, "user=", 5), account = !strncmp(word, "account=", 8);
    apr_array_header_t *names = account ? test->accounts : test->groups;

    if (!strncmp(word, "strength=", 9)) {
        return strength_read(test, word + 9);
    }
    if (!user && !account && strncmp(word, "group=", 6) != 0) {
        return !strcmp(word, "none") ? "none must be the only expectation"
                                     : "this is not a valid expectation";
    }
    if (!*++name || cc_text_unusable(name, strlen(name))) {
        return "no rule can give such a name";
    }
    if (user ? test->user != NULL : is_listed(names, name)) {
        return user ? "only one user can be expected" : "this name is listed already";
    }
    if (user) {
        test->user = name;
    } else {
        APR_ARRAY_PUSH(names, const char *) = name;
    }
    return NULL;
}

static apr_status_t expectations_read(cc_test_t *test, const apr_array_header_t *words, int first,
                                      apr_pool_t *p, cc_error_t *err)
{
    const char *const *word = (const char *const *)words->elts;

    if (words->nelts == first + 1 && !strcmp(word[first], "none")) {
        return APR_SUCCESS;
    }
    for (int i = first; i < words->nelts; i++) {
        const char *error = expectation_add(test, word[i]);

        if (error) {
            return word_error(err, word[i], error, p);
        }
    }
    return APR_SUCCESS;
}

/* A value of a field, in its usual form; NULL: the field never has this value. */
static const char *value_read(const char *field, const char *text, apr_pool_t *p)
{
    cc_fieldref_t ref;
    cc_value_t value;
    bool legal = cc_field_find(&ref, field, p, NULL) == APR_SUCCESS &&
                 cc_field_operand(&value, &ref, text, p, NULL) == APR_SUCCESS;

    return legal ? value.text : NULL;
}

/* One word before "expect"; NULL, or what is wrong with it. */
static const char *arrival_read(cc_test_t *test, const char *word, apr_pool_t *p)
{
    if (!strncmp(word, "via=", 4) && test->via == CC_VIA_UNKNOWN) {
        test->via = cc_via_find(word + 4);
        return test->via == CC_VIA_UNKNOWN ? "via= takes tls, header or proxy-protocol" : NULL;
    }
    if (strncmp(word, "proxy=", 6) != 0 || test->proxy) {
        return "expect must follow the name of the file";
    }
    if (test->via == CC_VIA_UNKNOWN || test->via == CC_VIA_TLS) {
        return "proxy= must follow via=header or via=proxy-protocol";
    }
    test->proxy = value_read("via.proxy", word + 6, p);
    return test->proxy ? NULL : "proxy= takes an IP address such as 192.0.2.1, or unix";
}

static apr_status_t test_read(cc_test_t *test, const char *args, apr_pool_t *p, cc_error_t *err)
{
    apr_array_header_t *words = NULL;
    apr_status_t status = cc_words_split(&words, args, p, err);
    const char *const *word, *error;
    int i = 1;

    if (status != APR_SUCCESS) {
        return status;
    }
    word = (const char *const *)words->elts;
    for (; i < words->nelts && strcmp(word[i], "expect") != 0; i++) {
        error = arrival_read(test, word[i], p);
        if (error) {
            return word_error(err, word[i], error, p);
        }
    }
    if (i >= words->nelts) {
        return word_error(err, NULL, "expect must follow the name of the file", p);
    }
    if (i == words->nelts - 1) {
        return word_error(err, word[i], "an expectation must follow", p);
    }
    test->file = word[0];
    return expectations_read(test, words, i + 1, p, err);
}

const char *cc_mapping_tests_directive(cmd_parms *cmd, void *record, const char *args)
{
    cc_test_t test = {.groups = apr_array_make(cmd->pool, 2, sizeof(const char *)),
                      .accounts = apr_array_make(cmd->pool, 2, sizeof(const char *)),
                      .server = cmd->server,
                      .record = record,
                      .inside = cmd->directive->parent};
    cc_error_t err = {0};

    if (test_read(&test, args, cmd->pool, &err) != APR_SUCCESS) {
        return cc_error_text(&err, cmd->pool);
    }
    test.where = cc_directive_where(cmd->directive, cmd->pool);
    APR_ARRAY_PUSH(tests_of(cmd->server), cc_test_t) = test;
    return NULL;
}

/* ---- the rules of a test ------------------------------------------------------------------- */

static const cc_rules_t *rules_inside(const cc_test_t *test, const ap_directive_t *section)
{
    const apr_array_header_t *rulesets = cc_rulesets_of(test->server);

    for (int i = 0; i < rulesets->nelts; i++) {
        const cc_ruleset_t *ruleset = &APR_ARRAY_IDX(rulesets, i, cc_ruleset_t);

        if (ruleset->inside == section && ruleset->server == test->server) {
            return ruleset->rules;
        }
    }
    return NULL;
}

/*
 * The rules in effect for a test: those of the innermost section around it that has rules, or of
 * its server if no section has any.
 */
static const cc_rules_t *rules_of(const cc_test_t *test)
{
    const cc_dir_t *dir = ap_get_module_config(test->server->lookup_defaults, &clientcert_module);
    const cc_rules_t *rules = test->record->rules;

    for (const ap_directive_t *section = test->inside; section && !rules;
         section = section->parent) {
        rules = rules_inside(test, section);
    }
    return rules ? rules : dir->rules;
}

/* ---- the expected and the actual result ---------------------------------------------------- */

static const char *quoted(const char *name, apr_pool_t *p)
{
    return apr_pstrcat(p, "\"", cc_text_escape(name, strlen(name), p), "\"", NULL);
}

static const char *expected_text(const cc_test_t *test, apr_pool_t *p)
{
    const char *text = test->user ? apr_pstrcat(p, "user ", quoted(test->user, p), NULL) : NULL;

    if (test->strength != CC_STRENGTH_NONE) {
        text = apr_pstrcat(p, text, ", strength ", cc_strength_words[test->strength], NULL);
    }
    for (int i = 0; i < test->groups->nelts; i++) {
        const char *group = quoted(APR_ARRAY_IDX(test->groups, i, const char *), p);

        text = apr_pstrcat(p, text ? text : "no user", ", group ", group, NULL);
    }
    for (int i = 0; i < test->accounts->nelts; i++) {
        const char *account = quoted(APR_ARRAY_IDX(test->accounts, i, const char *), p);

        text = apr_pstrcat(p, text ? text : "no user", ", account ", account, NULL);
    }
    return text ? text : "no identity";
}

/* The strength is of interest only to a test that expects one. */
static const char *got_text(const cc_test_t *test, const cc_verdict_t *verdict, apr_pool_t *p)
{
    const char *text =
        verdict->user ? apr_pstrcat(p, "user ", quoted(verdict->user, p), NULL) : "no user";

    if (verdict->outside_where) {
        return apr_pstrcat(p, "no identity: outside the name space of ", verdict->outside_where,
                           NULL);
    }
    if (!cc_verdict_has_identity(verdict) && verdict->account_count == 0) {
        return verdict->denied_where
                   ? apr_pstrcat(p, "no identity: denied by ", verdict->denied_where, NULL)
                   : "no identity";
    }
    if (test->strength != CC_STRENGTH_NONE && verdict->user) {
        text = apr_pstrcat(p, text, ", strength ", cc_verdict_strength(verdict), NULL);
    }
    for (int i = 0; i < verdict->group_count; i++) {
        text = apr_pstrcat(p, text, ", group ", quoted(verdict->groups[i].name, p), NULL);
    }
    for (int i = 0; i < verdict->account_count; i++) {
        text = apr_pstrcat(p, text, ", account ", quoted(verdict->accounts[i].name, p), NULL);
    }
    return text;
}

/*
 * Each list has every name only once. So the lists are equal if they have the same length and one
 * contains the other.
 */
static bool is_expected(const cc_test_t *test, const cc_verdict_t *verdict)
{
    if (verdict->failure || verdict->group_count != test->groups->nelts ||
        verdict->account_count != test->accounts->nelts ||
        (test->strength != CC_STRENGTH_NONE && test->strength != verdict->strength)) {
        return false;
    }
    for (int i = 0; i < verdict->account_count; i++) {
        if (!is_listed(test->accounts, verdict->accounts[i].name)) {
            return false;
        }
    }
    for (int i = 0; i < verdict->group_count; i++) {
        if (!is_listed(test->groups, verdict->groups[i].name)) {
            return false;
        }
    }
    return test->user && verdict->user ? !strcmp(test->user, verdict->user)
                                       : test->user == verdict->user;
}

/* ---- running ------------------------------------------------------------------------------- */

/* Without its issuer in the file, nothing is known of the CAs above, unless it is its own issuer.
 */
static void facts_take_path(cc_facts_t *facts, const cc_cert_t *cert, const cc_path_t *above)
{
    static const cc_path_t unknown = {0, false, NULL};
    bool is_alone = X509_self_signed(cc_cert_x509(cert), 0) == 1;

    cc_facts_take_path(facts, above || is_alone ? above : &unknown);
}

/* Evaluates the mapping alone: neither verification nor expiry is tested. */
static void certificate_map(cc_tested_t *tested, const cc_test_t *test, const cc_cert_t *cert,
                            const cc_path_t *above, apr_pool_t *p)
{
    cc_facts_t facts = {
        .now = apr_time_now(), .via = test->via, .via_proxy = test->proxy, .host = test->server};
    const cc_verdict_t *verdict;

    facts_take_path(&facts, cert, above);
    verdict = cc_rules_evaluate(tested->rules, cert, &facts, tested->trace, p, p);
    tested->got = verdict->failure ? verdict->failure : got_text(test, verdict, p);
    tested->passed = is_expected(test, verdict);
    if (!tested->passed) {
        cc_trace_hint(tested->trace, tested->rules, cert, &facts, true);
    }
}

static cc_tested_t test_run(const cc_test_t *test, apr_pool_t *p)
{
    cc_tested_t tested = {.where = test->where, .file = test->file, .rules = rules_of(test)};
    const char *path = ap_server_root_relative(p, test->file);
    const cc_path_t *above;
    cc_cert_t *cert;
    cc_error_t err = {0};

    tested.expected = expected_text(test, p);
    tested.trace = apr_array_make(p, 8, sizeof(cc_step_t));
    if (!tested.rules) {
        tested.got = "no ClientCertMap is in effect in the scope of this test";
    } else if (cc_cert_read(&cert, &above, path ? path : test->file, NULL, NULL, p, &err) !=
               APR_SUCCESS) {
        tested.got = cc_error_text(&err, p);
    } else {
        certificate_map(&tested, test, cert, above, p);
    }
    return tested;
}

apr_array_header_t *cc_mapping_tests_run(const server_rec *s, apr_pool_t *p)
{
    const apr_array_header_t *tests = tests_of(s);
    apr_array_header_t *all = apr_array_make(p, tests->nelts, sizeof(cc_tested_t));

    for (int i = 0; i < tests->nelts; i++) {
        APR_ARRAY_PUSH(all, cc_tested_t) = test_run(&APR_ARRAY_IDX(tests, i, cc_test_t), p);
    }
    return all;
}
