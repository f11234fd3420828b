/* SPDX-License-Identifier: Apache-2.0 */
/* Tests that common typing errors are recognized, and that the text offered instead is legal. */
#include <string.h>

#include <apr_strings.h>

#include "ruleset.h"
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

typedef struct mistake_t {
    const char *text;
    const char *tag;
    const char *word;
    const char *remedy; /* how the message ends */
} mistake_t;

static const mistake_t mistakes[] = {
    /* a name without quotes */
    {"issuer == CN=Staff CA,O=Example user=x", "CC0241", "CA,O=Example",
     "issuer == \"CN=Staff CA,O=Example\""},
    {"issuer == CN=Staff CA, O=Example user=x", "CC0241", "CA,",
     "issuer == \"CN=Staff CA, O=Example\""},
    {"issuer == CN = Staff CA, O = Example deny", "CC0241", "CN",
     "issuer == \"CN = Staff CA, O = Example\""},
    {"issuer == CN=a, O=Ex subject.CN == y deny", "CC0241", "CN=a,", "issuer == \"CN=a, O=Ex\""},
    {"subject under OU=The Staff,O=Example serial == 01 deny", "CC0241", "Staff,O=Example",
     "subject under \"OU=The Staff,O=Example\""},
    {"subject.CN == Staff Member user=x", "CC0241", "Member", "subject.CN == \"Staff Member\""},
    /* spaces */
    {"san.email=~(.+)@x user=$1", "CC0242", "san.email=~(.+)@x", ": san.email =~ \"(.+)@x\""},
    {"subject.CN==\"x\" user=y", "CC0242", "subject.CN==x", ": subject.CN == \"x\""},
    {"subject.CN= x user=y", "CC0242", "subject.CN=", ": subject.CN == \"x\""},
    {"subject.CN:=x user=y", "CC0242", "subject.CN:=x", ": subject.CN == \"x\""},
    {"subject.CN|lower=x user=y", "CC0242", "subject.CN|lower=x", ": subject.CN|lower == \"x\""},
    {"key.bits>=2048 deny", "CC0242", "key.bits>=2048", ": key.bits >= \"2048\""},
    {"subject.CN ==x user=y", "CC0242", "==x", ": subject.CN == \"x\""},
    {"subject.CN =x user=y", "CC0242", "=x", ": subject.CN == \"x\""},
    {"CN=alice user=x", "CC0201", "CN", "its name here is subject.CN"},
    {"san.emial=~(.+)@x user=$1", "CC0201", "san.emial", "the nearest is san.email"},
    /* operators of other languages */
    {"subject.CN = x user=y", "CC0214", "=",
     "it is written == here; after subject.CN write one of ==, !=, =~, !~, in, !in"},
    {"key.bits -ge 2048 deny", "CC0214", "-ge",
     "it is written >= here; after key.bits write one of ==, !=, in, !in, <, <=, >, >="},
    {"subject.CN not in list deny", "CC0214", "not",
     "it is written !in here; after subject.CN write one of ==, !=, =~, !~, in, !in"},
    {"subject.CN is not alice deny", "CC0214", "is",
     "it is written != here; after subject.CN write one of ==, !=, =~, !~, in, !in"},
    {"subject.CN ~* al deny", "CC0214", "~*", /* it ignores case, and =~ does not */
     "no such operator; after subject.CN write one of ==, !=, =~, !~, in, !in"},
    /* and, or, not */
    {"key.type == RSA && key.bits < 2048 deny", "CC0243", "&&",
     "remove it: all conditions of a rule must hold"},
    {"key.type == RSA AND key.bits < 2048 deny", "CC0243", "AND",
     "remove it: all conditions of a rule must hold"},
    {"serial == 01 or serial == 02 deny", "CC0243", "or",
     "another rule, since all conditions of a rule must hold"},
    {"serial == 01 -> user=x", "CC0243", "->", "remove it: all conditions of a rule must hold"},
    {"if serial == 01 deny", "CC0243", "if", "remove it: all conditions of a rule must hold"},
    {"not serial == 01 deny", "CC0243", "not", "!=, !~ and !in in the condition itself"},
    {"!san.email == x deny", "CC0243", "!san.email", "!=, !~ and !in in the condition itself"},
    {"( serial == 01 ) deny", "CC0243", "(", "and another rule is an alternative"},
    {"serial == 01 user=x and group=y", "CC0243", "and",
     "remove it: all conditions of a rule must hold"},
    /* outputs */
    {"serial == 01 user = alice", "CC0244", "user", ": user=alice"},
    {"serial == 01 user =alice", "CC0244", "user", ": user=alice"},
    {"serial == 01 user: alice", "CC0244", "user:", ": user=alice"},
    {"serial == 01 user := alice", "CC0244", "user", ": user=alice"},
    {"san.email =~ (.+)@x usr=$1", "CC0244", "usr=$1", ": user=$1"},
    {"serial == 01 username=%{subject.CN}", "CC0244", "username=%{subject.CN}",
     ": user=%{subject.CN}"},
    {"serial == 01 groups=\"web masters\"", "CC0244", "groups=web masters",
     ": \"group=web masters\""},
    {"serial == 01 user=x grp=y", "CC0244", "grp=y", ": group=y"},
    {"serial == 01 role=admin", "CC0244", "role=admin", ": group=admin"},
    {"serial == 01 Group=admin", "CC0244", "Group=admin", ": group=admin"},
    {"serial == 01 Deny", "CC0246", "Deny", "write deny"},
    {"serial == 01 reject", "CC0246", "reject", "write deny"},
    {"serial == 01 user=x STOP", "CC0246", "STOP", "write stop"},
    {"serial == 01 allow", "CC0246", "allow", "clientcert-group allows access"},
    /* quotes */
    {"issuer == \u201cCN=Staff CA,O=Example\u201d user=x", "CC0245", "\u201cCN=Staff",
     "write \" or '"},
    {"subject.CN == \u201cAlice A\u201d user=x", "CC0245", "A\u201d", "write \" or '"},
    /* nothing that is certain */
    {"issuer == CN=Staff CA,O=Example and subject.OU == x deny", "CC0241", "CA,O=Example",
     "belongs to the name before it, put the name in quotes"},
    {"issuer == CN=Staff CA,O=Example usr=alice", "CC0241", "CA,O=Example",
     "belongs to the name before it, put the name in quotes"},
    {"issuer == CN=Staff CA,O=Example user = alice", "CC0241", "CA,O=Example",
     "belongs to the name before it, put the name in quotes"},
    {"issuer == CN=Staff CA,O=Example Deny", "CC0241", "CA,O=Example",
     "belongs to the name before it, put the name in quotes"},
    {"issuer == CN=Staff CA,O=Example subject.OU=x deny", "CC0241", "CA,O=Example",
     "belongs to the name before it, put the name in quotes"},
    {"subject.CN===x deny", "CC0202", "CN===x", "dotted object identifier"},
    {"subject == \"OU=a,O=x\" x deny", "CC0241", "x",
     "belongs to the value before it, put both in quotes: subject == \"OU=a,O=x x\""},
    {"subject == CN=x key_usage is 1 deny", "CC0201", "key_usage", "its name here is ku"},
    {"subject under CN=O\u2019Brien,, deny", "CC0273", "CN=O\u2019Brien,,", "OU=Staff,O=Example"},
    {"serial == 01 users", "CC0201", "users", "prints the names of all"},
    {"user", "CC0201", "user", "prints the names of all"},
    {"subject.CN == x subjct.OU == y deny", "CC0201", "subjct.OU", "the nearest is subject.OU"},
    {"san.email == a\u2019b Example.com deny", "CC0201", "Example.com", "prints the names of all"},
    {"issuer == CN=x Example deny", "CC0241", "Example", "issuer == \"CN=x Example\""},
    {"issuer =~ CN=x,O=y deny", "CC0216", "=~", "==, !=, under, in, !in"},
};

static bool ends_with(const char *text, const char *end)
{
    return strlen(text) >= strlen(end) && strcmp(text + strlen(text) - strlen(end), end) == 0;
}

TEST_LOOP(a_typing_error_is_told_with_the_text_to_write, 0, COUNT(mistakes))
{
    const mistake_t *mistake = &mistakes[_i];
    cc_rules_t *rules = cc_rules_create(NULL, NULL, pool);
    cc_error_t err = {0};

    ck_assert_int_eq(cc_rules_add(rules, mistake->text, "here", &err), APR_EINVAL);
    ck_assert_msg(strcmp(err.tag, mistake->tag) == 0 && strcmp(err.word, mistake->word) == 0 &&
                      ends_with(err.message, mistake->remedy),
                  "%s gives %s", mistake->text, cc_error_text(&err, pool));
    ck_assert_int_eq(cc_rules_count(rules), 0);
}

/* The text after the last ": " of a message that offers one. */
TEST_LOOP(the_text_offered_is_legal, 0, COUNT(mistakes))
{
    cc_rules_t *rules = cc_rules_create(NULL, NULL, pool);
    cc_error_t err = {0};
    const char *offered;

    cc_rules_add(rules, mistakes[_i].text, "here", &err);
    offered = strrchr(err.message, ':');
    if (offered && (strcmp(err.tag, "CC0241") == 0 || strcmp(err.tag, "CC0242") == 0)) {
        ck_assert_int_eq(cc_rules_add_conditions(rules, offered + 2, "here", &err), APR_SUCCESS);
    } else if (strcmp(err.tag, "CC0244") == 0) {
        const char *rule = apr_pstrcat(pool, "san.email =~ (.+) ", offered + 2, NULL);

        ck_assert_int_eq(cc_rules_add(rules, rule, "here", &err), APR_SUCCESS);
    }
}

TEST_LOOP(an_output_is_not_offered_where_only_conditions_are_legal, 0, 2)
{
    static const char *const texts[] = {"usr=alice", "serial == 01 Deny"};
    cc_error_t err = {0};

    ck_assert_int_eq(
        cc_rules_add_conditions(cc_rules_create(NULL, NULL, pool), texts[_i], "here", &err),
        APR_EINVAL);
    ck_assert_ptr_null(strstr(err.message, "output"));
    ck_assert_ptr_null(strstr(err.message, "write deny"));
}

SUITE("mistakes", .setup = setup, .teardown = teardown);
