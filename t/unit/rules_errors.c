/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests every error of the rule language: its tag, the wrong word, and the legal choices it
 * names.
 */
#include <string.h>

#include <apr_strings.h>

#include "ruleset.h"
#include "suite.h"

typedef struct error_case_t {
    const char *text;
    const char *tag;
    const char *word;
    const char *says; /* a part of the message */
} error_case_t;

static const error_case_t of_rules[] = {
    {"san.email == \"alice user=x", "CC0210", "\"alice user=x", "not closed"},
    {"user='x", "CC0210", "user='x", "not closed"},
    {"user=\"a\\\"", "CC0210", "user=\"a\\\"", "not closed"},
    {"san.emial == x user=y", "CC0201", "san.emial", "san.email"},
    {"user=%{san.emial}", "CC0201", "san.emial", "san.email"},
    {"Deny", "CC0246", "Deny", "write deny"},
    {"san.email|lowr == x user=y", "CC0211", "lowr", "lower, upper, local, domain, "},
    {"san.email| == x user=y", "CC0211", "", "lower, upper"},
    {"san.email||lower == x user=y", "CC0211", "", "lower, upper"},
    {"user=%{san.email|lowr}", "CC0211", "lowr", "lower, upper"},
    {"san.email|oneline == x user=y", "CC0212", "oneline",
     "only on DNs, and san.email has another type"},
    {"subject|lower == x user=y", "CC0212", "lower", "only on text and octets"},
    {"subject|local == x user=y", "CC0212", "local", "only on text, and"},
    {"key.bits|upper == x user=y", "CC0212", "upper", "only on text and octets"},
    {"sha256|domain == x user=y", "CC0212", "domain", "only on text, and"},
    {"ext.1.2.3|at(a) == 00 user=y", "CC0247", "a", "* for every element, [N] for a"},
    {"ext.1.2.3|at(1/) == 00 user=y", "CC0247", "", "sequence, set, string, oid"},
    {"user=%{ext.1.2.3|at(1.x)|text}", "CC0247", "1.x", "a dotted object identifier"},
    {"ext.1.2.3|at(1/1/1/1/1/1/1/1/1/1/1/1/1/1/1/1/1) == 00 user=y", "CC0248",
     "1/1/1/1/1/1/1/1/1/1/1/1/1/1/1/1/1", "at most 16"},
    {"ext.1.2.3|at == 00 user=y", "CC0203", "at", "write at(PATH)"},
    {"user=%{ext.1.2.3}", "CC0249", "ext.1.2.3", "write %{ext.1.2.3|text} for the text"},
    {"group=a-%{ext.1.2.3|first}", "CC0249", "ext.1.2.3|first", "or %{ext.1.2.3|first|hex} for"},
    {"group=%{ext.1.2.3|at(1)}", "CC0249", "ext.1.2.3|at(1)", "write %{ext.1.2.3|at(1)|text}"},
    {"san.email|text == x user=y", "CC0212", "text", "only on DER, and"},
    {"ext.1.2.3|decimal == 1 user=y", "CC0212", "decimal", "only on octets, and"},
    {"ext.1.2.3|oid == clientAuth user=y", "CC0217", "clientAuth", "dotted"},
    {"ext.1.2.3|boolean == yes user=y", "CC0217", "yes", "true or false"},
    {"ext.1.2.3|boolean == TRUE user=y", "CC0217", "TRUE", "none of the letters"},
    {"ext.1.2.3|hex == 0C user=y", "CC0217", "0C", "with |hex it contains none of"},
    {"ext.1.2.3|hex == 0c: user=y", "CC0217", "0c:", "hex digits"},
    {"ext.1.2.3|integer == x user=y", "CC0276", "x", "not a number"},
    {"ext.1.2.3|contents == 0 user=y", "CC0278", "0", "not hex"},
    {"ext.1.2.3|time == now user=y", "CC0277", "now", "2026"},
    {"ext.1.2.3|lower == x user=y", "CC0212", "lower", "only on text and octets"},
    {"ext.1.2.3 =~ x user=y", "CC0215", "=~", "ext.1.2.3"},
    {"user=%{subject|lower}", "CC0212", "lower", "and subject has another type"},
    {"san.email|nth == x user=y", "CC0203", "nth", "write nth(N)"},
    {"san.email|nth() == x user=y", "CC0203", "nth()", "write nth(N)"},
    {"san.email|lower(1) == x user=y", "CC0203", "lower(1)", "has no argument; write lower"},
    {"\"san.email|nth(\x01)\" == x user=y", "CC0203", "nth(\x01)", "cannot be used: it contains"},
    {"san.email|nth(0) == x user=y", "CC0204", "0", "a number from 1, the first, to 9999"},
    {"san.email|nth(01) == x user=y", "CC0204", "01", "a number from 1, the first, to 9999"},
    {"san.email|nth(-1) == x user=y", "CC0204", "-1", "a number from 1, the first, to 9999"},
    {"san.email|nth(10000) == x user=y", "CC0204", "10000", "from 1, the first, to 9999"},
    {"san.email|nth(1 == x user=y", "CC0203", "nth(1", "a \")\" must end a modifier"},
    {"san.email|replace([(],x) == x user=y", "CC0203", "replace([(],x)", "a single one is quoted"},
    {"san.email|replace([(],x)|replace(a,b) == x user=y", "CC0203", "replace([(],x)|replace(a,b)",
     ""},
    {"san.email =~ (.+) user=$1|replace([(],x)", "CC0203", "replace([(],x)", ""},
    {"san.email|nth(1)x == x user=y", "CC0203", "nth(1)x", "a \")\" must end a modifier"},
    {"san.email|replace == x user=y", "CC0203", "replace", "write replace(REGEX,TEXT)"},
    {"san.email|replace(a) == x user=y", "CC0205", "a", "not REGEX,TEXT; the first comma"},
    {"san.email|replace(,a) == x user=y", "CC0205", ",a", "not REGEX,TEXT"},
    {"san.email|replace([(],x)|lower == x user=y", "CC0203", "replace([(],x)|lower",
     "a \")\" must end"},
    {"san.email|replace(a{1,2}) == x user=y", "CC0205", "a{1,2}", "not REGEX,TEXT"},
    {"san.email|replace(a\\,b) == x user=y", "CC0205", "a\\,b", "a backslash quotes one"},
    {"san.email|replace((a),$2) == x user=y", "CC0205", "$2", "not a group of the pattern"},
    {"san.email|replace((a),$12) == x user=y", "CC0205", "$12", "not a group of the pattern"},
    {"san.email|replace((a),$<b>) == x user=y", "CC0205", "$<b>", "not a group of the pattern"},
    {"san.email|replace(a,$) == x user=y", "CC0205", "$", "$$ for a dollar sign"},
    {"san.email|replace(a+*+,b) == x user=y", "CC0218", "a+*+", "not a valid pattern"},
    {"serial|replace(a,b) == x user=y", "CC0212", "replace(a,b)", "only on text"},
    {"der|sha384 == aa user=y", "CC0206", "sha384", "a certificate is the field sha384"},
    {"pem|sha512 == aa user=y", "CC0206", "sha512", "a certificate is the field sha512"},
    {"sha256|sha384 == aa user=y", "CC0206", "sha384", "sha256 is a digest already"},
    {"san.email|sha256 == aa user=y", "CC0212", "sha256", "only on octets and DER"},
    {"san.email|base64 == aa user=y", "CC0212", "base64", "only on octets and DER"},
    {"not_after|decimal == 1 user=y", "CC0212", "decimal", "only on octets, and"},
    {"key.bits|unix == 1 user=y", "CC0212", "unix", "only on times"},
    {"san.email|count == one user=y", "CC0276", "one", "not a number"},
    {"san.email|count == -1 user=y", "CC0217", "-1", "has only decimal digits"},
    {"san.email|count =~ 1 user=y", "CC0215", "=~", "write one of ==, !=, in, !in, <"},
    {"san.email|present == yes user=y", "CC0217", "yes", "it is true or false"},
    {"san.email|present == True user=y", "CC0217", "True", "none of the letters ABC"},
    {"serial|colons == 1a:2b user=y", "CC0217", "1a:2b", "none of the letters abc"},
    {"serial|colons == 1A2B user=y", "CC0217", "1A2B", "two hex digits for each octet, with :"},
    {"serial|colons == 1A: user=y", "CC0217", "1A:", "two hex digits for each octet"},
    {"serial|decimal == 1A user=y", "CC0217", "1A", "it has decimal digits"},
    {"serial|decimal == 012 user=y", "CC0217", "012", "without leading zeros"},
    {"serial|base64 == Gis user=y", "CC0217", "Gis", "in groups of four with = at the end"},
    {"serial|base64url == Gis= user=y", "CC0217", "Gis=", "without = at the end"},
    {"serial|sha384 == 1a2b user=y", "CC0217", "1a2b", "a SHA-384 digest has 96 hex digits"},
    {"serial|sha256 == x user=y", "CC0278", "x", "not hex"},
    {"not_after|unix == 2026-01-01 user=y", "CC0276", "2026-01-01", "not a number"},
    {"san.email", "CC0213", "san.email", "==, !=, =~, !~"},
    {"key.bits", "CC0213", "key.bits", "==, !=, in, !in, <, <=, >, >="},
    {"san.email ==", "CC0213", "==", "an operand must follow"},
    {"san.email = x user=y", "CC0214", "=", "after san.email write one of ==, !=, =~, !~"},
    {"san.email is partners user=y", "CC0214", "is", "==, !=, =~, !~, in, !in"},
    {"san.email in partners user=y", "CC0231", "partners", "tables so far: none"},
    {"san.email in (a,b) user=y", "CC0231", "(a,b)", "write a pattern: san.email =~ \"a|b\""},
    {"san.email !in (a,b) user=y", "CC0231", "(a,b)", "write a pattern: san.email !~ \"a|b\""},
    {"serial in 01,02 user=y", "CC0231", "01,02", "tables so far: none"},
    {"not_after in partners user=y", "CC0215", "in", "==, !=, <, <=, >, >="},
    {"is_ca in", "CC0213", "in", "an operand must follow"},
    {"san.email user=y", "CC0214", "user=y", "==, !=, =~, !~"},
    {"san.email < x user=y", "CC0215", "<", "write one of ==, !=, =~, !~"},
    {"san.email under CN=x user=y", "CC0215", "under", "==, !=, =~, !~"},
    {"subject > CN=x user=y", "CC0215", ">", "==, !=, under"},
    {"key.bits =~ 2048 user=y", "CC0215", "=~", "==, !=, in, !in, <, <=, >, >="},
    {"not_after !~ x user=y", "CC0215", "!~", "==, !=, <, <=, >, >="},
    {"sha256 =~ aa user=y", "CC0215", "=~", "write one of ==, !="},
    {"sha256 < aa user=y", "CC0215", "<", "write one of ==, !="},
    {"subject|oneline under CN=x user=y", "CC0215", "under", "write one of ==, !="},
    {"subject =~ .*CN=x user=y", "CC0216", "=~", "subject.CN"},
    {"issuer !~ .*CN=x user=y", "CC0216", "!~", "==, !=, under"},
    {"subject|oneline =~ .*CN=x user=y", "CC0216", "=~", "subject.CN"},
    {"subject|oneline|lower !~ .*cn=x user=y", "CC0216", "!~", "subject.CN"},
    {"san.email|lower == Alice@example.com user=y", "CC0217", "Alice@example.com", "|lower"},
    {"san.email|lower != ALICE user=y", "CC0217", "ALICE", "|lower"},
    {"san.email|upper == ALICe user=y", "CC0217", "ALICe", "|upper"},
    {"san.email|upper|lower|local|first == A user=y", "CC0217", "A", "|lower"},
    {"san.email|local == \"a\x01\" user=y", "CC0217", "a\x01", "control"},
    {"san.email|local == \xff user=y", "CC0217", "\xff", "UTF-8"},
    {"san.email =~ (a user=y", "CC0218", "(a", "at byte 2"},
    {"san.email =~ a\\C user=y", "CC0218", "a\\C", "\\C"},
    {"san.email =~ \xff user=y", "CC0218", "\xff", "UTF-8"},
    {"san.email =~ (?<n>a) san.dns =~ (?<n>b) user=y", "CC0219", "(?<n>b)", "(?<n>...)"},
    {"", "CC0220", "", "user=TEMPLATE, group=TEMPLATE, account=TEMPLATE, deny or stop"},
    {"san.email == user=x", "CC0220", "user=x", "no output"},
    {"user=x san.email == y", "CC0221", "san.email", "conditions come before outputs"},
    {"user=a b", "CC0221", "b", "user=TEMPLATE, group=TEMPLATE, account=TEMPLATE, deny or stop"},
    {"stop san.email == y", "CC0221", "san.email", "conditions come before"},
    {"deny stop", "CC0222", "deny", "must be the only output"},
    {"user=x deny", "CC0222", "deny", "must be the only output"},
    {"deny group=x", "CC0222", "deny", "must be the only output"},
    {"user=x user=y", "CC0223", "user=y", "group="},
    {"stop stop", "CC0223", "stop", "one output of this kind"},
    {"deny deny", "CC0223", "deny", "one output of this kind"},
    {"user=a$", "CC0225", "$", "$$"},
    {"user=$0", "CC0225", "$0", "$1 to $9"},
    {"user=${name}", "CC0225", "${name}", "variable of httpd"},
    {"san.email =~ (?<n>.*) user=$<n", "CC0225", "$<n", "the > is missing"},
    {"user=50%", "CC0226", "%", "%%"},
    {"user=%{san.email", "CC0226", "%{san.email", "%{FIELD}"},
    {"user=%{subject.CN|replace([(],x)}", "CC0226", "%{subject.CN|replace([(],x)}", "in pairs"},
    {"user=%x", "CC0226", "%x", "%{FIELD}"},
    {"user=$1", "CC0227", "$1", "no condition"},
    {"san.email =~ .* user=$1", "CC0227", "$1", "no condition"},
    {"san.email =~ (.*) user=$2", "CC0227", "$2", "no condition"},
    {"san.email !~ (.*) user=$1", "CC0227", "$1", "no condition"},
    {"san.email =~ (?<n>.*) user=$<m>", "CC0227", "$<m>", "(?<name>...)"},
    {"san.email =~ (?<n>.*) user=$<>", "CC0227", "$<>", "(?<name>...)"},
    {"san.email =~ (?J)(?<n>a)(?<n>b) user=$<n>", "CC0227", "$<n>", "one group"},
    {"san.email !~ (?<n>.*) user=$<n>", "CC0227", "$<n>", "(?<name>...)"},
    {"san.email =~ (.*) san.dns =~ (.*) user=$1", "CC0228", "$1", "$<name>"},
    {"san.email =~ (.*) user=$10", "CC0207", "$1", "write %{$1}0 for $1 and then a 0"},
    {"san.email =~ (.*) user=%{$10}", "CC0207", "$1", "name the group, (?<name>...)"},
    {"san.email =~ (.)(.)(.)(.)(.)(.)(.)(.)(.)(.) user=$10", "CC0207", "$1", "there is no $10"},
    {"san.email =~ (.*) user=$1|lowr", "CC0211", "lowr", "write %{$1|MODIFIER} instead"},
    {"san.email =~ (.*) user=$1|lowerx", "CC0211", "lowerx", "and $| for a bar"},
    {"san.email =~ (?<n>.*) user=$<n>|x-y", "CC0211", "x", "and $| for a bar"},
    {"san.email =~ (.*) user=%{$1|lowr}", "CC0211", "lowr", "lower, upper"},
    {"san.email =~ (.*) user=%{$1|}", "CC0211", "", "lower, upper"},
    {"san.email =~ (.*) user=$1|oneline", "CC0212", "oneline", "only on DNs, and $1 has another"},
    {"san.email =~ (.*) user=$1|nth(x)", "CC0204", "x", "a number from 1"},
    {"san.email =~ (.*) user=$1|nth", "CC0203", "nth", "write nth(N)"},
    {"san.email =~ (.*) user=$1|count|lower", "CC0212", "lower", "only on text and octets"},
    {"san.email =~ (.*) user=%{$1x}", "CC0225", "$1x", "in braces, write %{$1|MODIFIER}"},
    {"san.email =~ (.*) user=%{$}", "CC0225", "$", "in braces, write %{$1|MODIFIER}"},
    {"user=%{$1|lower}", "CC0227", "$1", "no condition"},
    {"subject.CN =~ %{san.upn}.* user=x", "CC0208", "%{san.upn}",
     "subject.CN == %{san.upn} compares two fields"},
    {"subject.CN =~ (.*) subject.OU !~ .*%{$1} user=x", "CC0208", "%{$1}", "has no variables"},
    {"subject.CN in %{san.upn} user=x", "CC0208", "%{san.upn}", "a table is named by its name"},
    {"user=", "CC0229", "user=", "a template must follow"},
    {"group=\"\"", "CC0229", "group=", "a template must follow"},
    {"user=a\xff", "CC0229", "user=a\xff", "UTF-8"},
    {"group=\"a\x01\"", "CC0229", "group=a\x01", "control"},
};

static const error_case_t of_conditions[] = {
    {"san.email == x user=y", "CC0224", "user=y", "only conditions"},
    {"deny", "CC0224", "deny", "only conditions"},
    {"san.email == 'x", "CC0210", "'x", "not closed"},
    {"san.email ==", "CC0213", "==", "an operand must follow"},
};

static apr_pool_t *pool;

static void setup(void)
{
    apr_pool_create(&pool, NULL);
}

static void teardown(void)
{
    apr_pool_destroy(pool);
}

static void error_check(const cc_error_t *err, const error_case_t *expected)
{
    const char *line = cc_error_text(err, pool);

    ck_assert_msg(strcmp(err->tag, expected->tag) == 0, "%s gives %s", expected->text, line);
    ck_assert_msg(strcmp(err->word, expected->word) == 0, "%s gives %s", expected->text, line);
    ck_assert_msg(strstr(err->message, expected->says) != NULL, "%s gives %s", expected->text,
                  line);
    ck_assert_ptr_null(err->where);
}

TEST_LOOP(a_bad_rule_is_refused_with_tag_word_and_remedy, 0, COUNT(of_rules))
{
    cc_rules_t *rules = cc_rules_create(NULL, NULL, pool);
    cc_error_t err = {0};

    ck_assert_int_eq(cc_rules_add(rules, of_rules[_i].text, "here", &err), APR_EINVAL);
    error_check(&err, &of_rules[_i]);
    ck_assert_int_eq(cc_rules_add(rules, of_rules[_i].text, "here", NULL), APR_EINVAL);
    ck_assert_int_eq(cc_rules_count(rules), 0);
}

TEST_LOOP(a_bad_condition_is_refused_with_tag_word_and_remedy, 0, COUNT(of_conditions))
{
    cc_rules_t *rules = cc_rules_create(NULL, NULL, pool);
    cc_error_t err = {0};

    ck_assert_int_eq(cc_rules_add_conditions(rules, of_conditions[_i].text, "here", &err),
                     APR_EINVAL);
    error_check(&err, &of_conditions[_i]);
    ck_assert_int_eq(cc_rules_count(rules), 0);
}

TEST_LOOP(no_pattern_is_offered_for_a_whole_name, 0, 4)
{
    static const char *const rules[] = {"subject < x user=y", "subject|oneline < x user=y",
                                        "issuer = x user=y", "san.dirname|oneline =~ x user=y"};
    cc_error_t err = {0};

    ck_assert_int_eq(cc_rules_add(cc_rules_create(NULL, NULL, pool), rules[_i], "r1", &err),
                     APR_EINVAL);
    ck_assert_ptr_nonnull(strstr(err.message, "==, !="));
    ck_assert_ptr_null(strstr(err.message, "=~"));
}

TEST(a_refused_rule_leaves_the_rules_as_they_were)
{
    cc_rules_t *plain = ruleset_compile("group=a", pool);
    cc_rules_t *tried = ruleset_compile("group=a", pool);

    ck_assert_int_ne(cc_rules_add(tried, "days_left > 0 subject.CN == Alice user=", "r2", NULL),
                     APR_SUCCESS);
    ck_assert_int_eq(cc_rules_count(tried), 1);
    ck_assert_str_eq(ruleset_text(ruleset_verdict(tried, ruleset_alice, pool), pool),
                     ruleset_text(ruleset_verdict(plain, ruleset_alice, pool), pool));
}

TEST_LOOP(a_rule_after_an_unconditional_end_is_refused_and_the_end_is_named, 0, 3)
{
    static const char *const ends[] = {"deny", "stop", "user=x stop"};
    cc_rules_t *rules = ruleset_compile(ends[_i], pool);
    cc_error_t err = {0};

    ck_assert_int_eq(cc_rules_add(rules, "user=late", "r2", &err), APR_EINVAL);
    ck_assert_str_eq(err.tag, "CC0230");
    ck_assert_str_eq(err.word, "user=late");
    ck_assert_ptr_nonnull(strstr(err.message, "the rule at r1"));
    ck_assert_int_eq(cc_rules_count(rules), 1);
}

TEST(a_rule_after_a_conditional_end_is_taken)
{
    cc_rules_t *rules = ruleset_compile("subject.CN == x deny\nsubject.CN == y stop\nuser=z", pool);

    ck_assert_int_eq(cc_rules_count(rules), 3);
}

SUITE("errors", .setup = setup, .teardown = teardown);
