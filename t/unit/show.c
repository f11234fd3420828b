/* SPDX-License-Identifier: Apache-2.0 */
/* Tests what "clientcert show" promises: its conditions hold, and its rule maps the certificate. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include <apr_strings.h>

#include "rules/rules.h"
#include "suite.h"

static apr_pool_t *pool;

static void setup(void)
{
    apr_pool_create(&pool, NULL);
}

static void teardown(void)
{
    apr_pool_destroy(pool);
}

static const char *setting(const char *name)
{
    const char *value = getenv(name);

    ck_assert_msg(value != NULL, "%s is not set", name);
    return value;
}

/* Each line of its output is read with its line break; its error messages are not checked. */
static FILE *show_open(const char *arguments)
{
    const char *command =
        apr_psprintf(pool, "%s/clientcert show %s 2>&1", setting("CC_BUILD"), arguments);
    FILE *out = popen(command, "r");

    ck_assert_ptr_nonnull(out);
    return out;
}

/* The next line without its break, which must exist; NULL at the end. */
static char *line_next(FILE *out)
{
    char *line = NULL;
    size_t size = 0;
    ssize_t len = getline(&line, &size, out);
    char *copy = len > 0 ? apr_pstrmemdup(pool, line, (apr_size_t)len - 1) : NULL;

    ck_assert(len <= 0 || line[len - 1] == '\n');
    ck_assert_msg(len <= 0 || strlen(copy) == (size_t)len - 1, "a NUL in: %s", copy);
    free(line);
    return copy;
}

/* ---- lines that hold ------------------------------------------------------------------------- */

typedef struct shown_t {
    cc_cert_t *cert;
    cc_facts_t facts;
} shown_t;

/* False if the file has no certificate that OpenSSL reads. */
static bool shown_read(shown_t *shown, const char *path)
{
    const cc_path_t *above = NULL;

    memset(shown, 0, sizeof(*shown));
    if (cc_cert_read(&shown->cert, &above, path, NULL, NULL, pool, NULL) != APR_SUCCESS) {
        return false;
    }
    shown->facts.now = apr_time_now();
    cc_facts_take_path(&shown->facts, above);
    return true;
}

static void check_condition(const shown_t *shown, const char *line, const char *path)
{
    cc_rules_t *rules = cc_rules_create(NULL, NULL, pool);
    cc_error_t err = {0};
    apr_status_t status = cc_rules_add_conditions(rules, line, "show:1", &err);
    const cc_verdict_t *verdict;

    ck_assert_msg(status == APR_SUCCESS, "%s: %s", path,
                  status == APR_SUCCESS ? "" : cc_error_text(&err, pool));
    verdict = cc_rules_evaluate(rules, shown->cert, &shown->facts, NULL, pool, pool);
    ck_assert_msg(verdict->matched_count == 1, "%s: does not hold: %s", path, line);
}

/* httpd would expand ${, and print control characters, which may harm a terminal. */
static void check_line(const char *line, const char *path)
{
    const char *why = cc_text_unusable(line, strlen(line));

    ck_assert_msg(why == NULL, "%s: %s: %s", path, why, line);
    ck_assert_msg(*line == '#' || strstr(line, "${") == NULL, "%s: ${ in %s", path, line);
}

#define DIRECTIVE "ClientCertMap "

/* Reads what show prints with this option; returns how many lines are conditions, which hold. */
static int check_output(const shown_t *shown, const char *option, const char *path, bool legal)
{
    FILE *out = show_open(apr_psprintf(pool, "%s '%s'", option, path));
    int conditions = 0;

    for (char *line; (line = line_next(out));) {
        check_line(line, path);
        if (legal && *line && *line != '#' && strncmp(line, DIRECTIVE, strlen(DIRECTIVE)) != 0) {
            check_condition(shown, line, path);
            conditions++;
        }
    }
    ck_assert_int_eq(WEXITSTATUS(pclose(out)), legal ? 0 : 2);
    return conditions;
}

static int check_file(const char *path)
{
    shown_t shown;
    bool legal = shown_read(&shown, path);
    int usual = check_output(&shown, "", path, legal);
    int all = check_output(&shown, "--all", path, legal);

    ck_assert_msg(!legal || (usual > 5 && usual < 25), "%s: %d usual conditions", path, usual);
    ck_assert_msg(!legal || all > usual + 10, "%s: %d conditions", path, all);
    return legal;
}

static bool is_certificate(const char *name)
{
    const char *dot = strrchr(name, '.');

    return name[0] != '.' && dot && (strcmp(dot, ".pem") == 0 || strcmp(dot, ".der") == 0);
}

/* The certificates of the tests: paths. */
static apr_array_header_t *certificates(void)
{
    const char *ca = setting("CC_CA");
    apr_array_header_t *paths = apr_array_make(pool, 64, sizeof(const char *));
    DIR *dir = opendir(ca);

    ck_assert_msg(dir != NULL, "no directory %s", ca);
    for (struct dirent *entry; (entry = readdir(dir));) {
        if (is_certificate(entry->d_name)) {
            APR_ARRAY_PUSH(paths, const char *) = apr_pstrcat(pool, ca, "/", entry->d_name, NULL);
        }
    }
    closedir(dir);
    return paths;
}

TEST(every_line_of_every_test_certificate_is_a_condition_that_holds)
{
    const apr_array_header_t *paths = certificates();
    int legal = 0;

    for (int i = 0; i < paths->nelts; i++) {
        legal += check_file(APR_ARRAY_IDX(paths, i, const char *));
    }
    ck_assert_int_gt(legal, 20);
}

/* ---- the suggested rule ---------------------------------------------------------------------- */

/* The rule that show suggests, after ClientCertMap; NULL: it suggests none. */
static const char *suggestion(const char *path)
{
    FILE *out = show_open(apr_psprintf(pool, "'%s'", path));
    const char *rule = NULL;

    for (char *line; (line = line_next(out));) {
        if (!strncmp(line, DIRECTIVE, strlen(DIRECTIVE))) {
            ck_assert_ptr_null(rule);
            rule = line + strlen(DIRECTIVE);
        }
    }
    pclose(out);
    return rule;
}

static const char *text_of(const cc_cert_t *cert, const char *field)
{
    const cc_value_t *value = cc_cert_value(cert, field, pool);

    return value ? apr_pstrmemdup(pool, value->text, value->len) : "";
}

/* The user that the rule gives a certificate. */
static const char *user_of(const cc_rules_t *rules, const shown_t *shown)
{
    return cc_rules_evaluate(rules, shown->cert, &shown->facts, NULL, pool, pool)->user;
}

/* It gives a user to its own certificate, and to no certificate of another issuer. */
static void check_suggestion(const char *rule, const char *path, const apr_array_header_t *paths)
{
    cc_rules_t *rules = cc_rules_create(NULL, NULL, pool);
    cc_error_t err = {0};
    shown_t own;

    ck_assert_msg(cc_rules_add(rules, rule, "show:1", &err) == APR_SUCCESS, "%s: %s", path, rule);
    ck_assert_int_eq(cc_rules_lint(rules, CC_ISSUERS_SEVERAL, pool)->nelts, 0);
    ck_assert(shown_read(&own, path));
    ck_assert_msg(user_of(rules, &own) != NULL, "%s: gives no user: %s", path, rule);
    ck_assert_ptr_null(cc_cert_not_client(own.cert));
    for (int i = 0; i < paths->nelts; i++) {
        const char *other = APR_ARRAY_IDX(paths, i, const char *);
        shown_t shown;

        if (shown_read(&shown, other) &&
            strcmp(text_of(shown.cert, "issuer"), text_of(own.cert, "issuer")) != 0) {
            ck_assert_msg(!user_of(rules, &shown), "%s: maps %s: %s", path, other, rule);
        }
    }
}

TEST(a_suggested_rule_maps_its_certificate_and_no_other_issuer_s)
{
    const apr_array_header_t *paths = certificates();
    int suggested = 0;

    for (int i = 0; i < paths->nelts; i++) {
        const char *path = APR_ARRAY_IDX(paths, i, const char *);
        const char *rule = suggestion(path);

        if (rule) {
            check_suggestion(rule, path, paths);
            suggested++;
        }
    }
    ck_assert_int_gt(suggested, 20);
}

static void check_rule(const char *name, const char *wanted)
{
    const char *rule = suggestion(apr_psprintf(pool, "%s/%s.pem", setting("CC_CA"), name));

    if (!wanted) {
        ck_assert_msg(!rule, "%s: %s", name, rule);
        return;
    }
    ck_assert_msg(rule != NULL, "%s: no rule", name);
    ck_assert_str_eq(rule, wanted);
}

TEST(the_user_is_what_the_certificate_names_once)
{
    check_rule("alice", "issuer == \"CN=Staff CA,O=Example\" user=%{san.email}");
    check_rule("two-mail", "issuer == \"CN=Staff CA,O=Example\" user=%{subject.CN}");
    check_rule("service", "issuer == \"CN=Services CA,O=Example\" user=%{san.uri}");
    check_rule("two-cn", NULL);
}

TEST(no_rule_is_suggested_for_what_is_not_a_client_of_a_CA)
{
    check_rule("localhost", NULL);
    check_rule("staff", NULL);
    check_rule("selfsigned", NULL);
    check_rule("newline-cn", NULL);
}

/* ---- the output ------------------------------------------------------------------------------ */

static bool has_line(const char *arguments, const char *wanted)
{
    FILE *out = show_open(arguments);
    bool found = false;

    for (char *line; (line = line_next(out));) {
        found = found || strcmp(line, wanted) == 0;
    }
    pclose(out);
    return found;
}

static const char *alice(const char *format)
{
    return apr_psprintf(pool, format, setting("CC_CA"));
}

TEST(values_are_quoted_and_numbers_are_not)
{
    ck_assert(has_line(alice("%s/alice.pem"), "san.email == \"alice@example.com\""));
    ck_assert(has_line(alice("--all %s/alice.pem"), "version == 3"));
    ck_assert(has_line(alice("%s/alice.pem"), "issuer == \"CN=Staff CA,O=Example\""));
}

TEST(a_value_that_no_rule_may_use_is_a_comment)
{
    ck_assert(has_line(alice("%s/nul-mail.pem"), "# san.email: unusable: it contains a NUL: "
                                                 "\"admin@example.com\\x00.example.org\""));
}

static void check_error(const char *arguments, const char *tag, const char *word)
{
    FILE *out = show_open(arguments);
    const char *line = line_next(out);

    ck_assert_ptr_nonnull(line);
    ck_assert_msg(strstr(line, tag) != NULL, "no %s: %s", tag, line);
    ck_assert_msg(strstr(line, word) != NULL, "no %s: %s", word, line);
    ck_assert_ptr_null(line_next(out));
    ck_assert_int_eq(WEXITSTATUS(pclose(out)), 2);
}

#define WANTED "san.email == \"alice@example.com\""

TEST(options_may_be_anywhere_until_two_dashes)
{
    ck_assert(has_line(alice("%s/alice.p12 -passin pass:secret"), WANTED));
    ck_assert(has_line(alice("--color never -passin=pass:secret %s/alice.p12"), WANTED));
    ck_assert(has_line(alice("--color=never --passin pass:secret -- %s/alice.p12"), WANTED));
    check_error("-- --color", "CC0302", "\"--color\"");
}

TEST(a_dash_is_standard_input)
{
    ck_assert(has_line(alice("- <%s/alice.pem"), WANTED));
    ck_assert(has_line(alice("-passin pass:secret - <%s/alice.p12"), WANTED));
    check_error("- <&-", "CC0302", "cannot be read");
}

TEST(the_password_of_a_p12_file_comes_from_where_passin_says)
{
    const char *wanted = WANTED;

    ck_assert(has_line(alice("-passin pass:secret %s/alice.p12"), wanted));
    ck_assert(has_line(alice("-passin stdin %s/alice.p12 <<END\nsecret\nEND\n"), wanted));
    ck_assert(has_line(alice("-passin fd:3 %s/alice.p12 3<<END\nsecret\nEND\n"), wanted));
    ck_assert(!has_line(alice("-passin pass:wrong %s/alice.p12"), wanted));
    setenv("CC_TEST_PASSWORD", "secret", 1);
    ck_assert(has_line(alice("-passin env:CC_TEST_PASSWORD %s/alice.p12"), wanted));
}

/* ---- errors ------------------------------------------------------------------------------- */

TEST(an_error_is_one_line_and_status_2)
{
    check_error("", "CC0510", "no certificate");
    check_error("one two", "CC0506", "two");
    check_error("-what FILE", "CC0507", "-what");
    check_error("--what=secret FILE", "CC0507", "\"--what\"");
    check_error("--help=x FILE", "CC0526", "--help");
    check_error("-passin", "CC0508", "-passin");
    check_error("-passin stdin -", "CC0527", "only once");
    check_error("--color blue FILE", "CC0528", "blue");
    check_error("-passin fd:x FILE", "CC0503", "fd:x");
    check_error("-passin env:CC_TEST_NOT_THERE FILE", "CC0504", "CC_TEST_NOT_THERE");
    check_error("-passin file:/not/there FILE", "CC0504", "/not/there");
    check_error("/not/there.pem", "CC03", "/not/there.pem");
}

TEST(a_word_that_may_be_a_password_is_not_shown)
{
    FILE *out = show_open("-passin secret FILE");
    const char *line = line_next(out);

    ck_assert_ptr_nonnull(strstr(line, "CC0503"));
    ck_assert_ptr_null(strstr(line, "secret"));
    pclose(out);
}

SUITE("show", .setup = setup, .teardown = teardown, .timeout = 600);
