/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests the results of templates for a certificate: captures, fields, several values,
 * ambiguity.
 */
#include <string.h>

#include <apr_strings.h>

#include "ruleset.h"
#include "suite.h"

typedef struct template_case_t {
    const char *rules;
    const char *user; /* NULL: none */
    const char *groups;
    const char *notes; /* the tags, each followed by a space */
} template_case_t;

#define ALL_EMAIL "san.email =~ (.+)@(.+) "

static const template_case_t of_alice[] = {
    {"user=alice group=staff", "alice", "staff", ""},
    {"user=\"a b\" group='c d'", "a b", "c d", ""},
    {"user=\"a\\\\b\"", "a\\b", "", ""},
    {"user=a$$b%%c", "a$b%c", "", ""},
    {"user=$$1%%{x}", "$1%{x}", "", ""},
    {"user=%{subject.CN}", "Alice", "", ""},
    {"user=x-%{subject.CN|lower}-y", "x-alice-y", "", ""},
    {"user=%{SUBJECT.cn}", "Alice", "", ""},
    /* captures */
    {"san.email =~ (.+)@example\\.com user=$1", "alice", "", ""},
    {"san.email =~ ((.)(.)(.)(.)(.)@(.).*) user=$7$6$5$4$3$2$1", "eecilaalice@example.com", "", ""},
    {"san.email =~ (.+)@example\\.com user=%{$1}0", "alice0", "", ""},
    {"san.email =~ (.+)@example\\.com user=$1$$|0", "alice$|0", "", ""},
    /* modifiers of captures: on each text, or on all of them in order */
    {"san.email =~ (.+)@Example\\.ORG user=$1|lower", "alice.a", "", ""},
    {"san.email =~ (?<n>.+)@Example\\.ORG user=$<n>|lower", "alice.a", "", ""},
    {"san.email =~ (.+)@Example\\.ORG user=x-%{$1|lower}y", "x-alice.ay", "", ""},
    {"san.email =~ (?<n>.+)@Example\\.ORG user=%{$<n>|upper|lower}x", "alice.ax", "", ""},
    {"san.email =~ (.+)@Example\\.ORG user=$1|lower-$1", "alice.a-Alice.A", "", ""},
    {"san.email =~ (.+)@example\\.com user=$1|replace(\\)|a,x)", "xlice", "", ""},
    {ALL_EMAIL "user=$1|first", "alice", "", ""},
    {ALL_EMAIL "user=$1|last|lower", "alice.a", "", ""},
    {ALL_EMAIL "user=$1|lower|nth(2)", "alice.a", "", ""},
    {ALL_EMAIL "user=$1|nth(3)", NULL, "", ""},
    {ALL_EMAIL "user=n$1|count", "n2", "", ""},
    {ALL_EMAIL "user=$1|present", "true", "", ""},
    {ALL_EMAIL "group=$2|lower:$1", NULL, "example.com:alice example.org:Alice.A", ""},
    {ALL_EMAIL "group=$1|first:$2", NULL, "alice:example.com alice:Example.ORG", ""},
    {ALL_EMAIL "group=$1|count|first/$1|first|upper/$1", NULL, "2/ALICE/alice 2/ALICE/Alice.A", ""},
    {"san.email =~ (.+) group=$1|local.$1|domain|lower", NULL,
     "alice.example.com Alice.A.example.org", ""},
    /* a text for which a modifier gives none drops the combination */
    {"san.dns =~ (.+) user=$1|local", NULL, "", ""},
    {"subject.OU =~ (Staff)|(A.*) group=$2|lower group=n$2|count", NULL, "admins n1", ""},
    {"subject.OU =~ (Staff)|(x)|Admins group=$2|lower group=n$2|count", NULL, "n0", ""},
    /* a bar is text before anything but a letter, and after a dollar sign */
    {"subject.CN =~ (.*) user=$1|", "Alice|", "", ""},
    {"subject.CN =~ (.*) user=$1||lower", "Alice||lower", "", ""},
    {"subject.CN =~ (.*) user=$1|-lower", "Alice|-lower", "", ""},
    {"subject.CN =~ (.*) user=$1$|lower", "Alice|lower", "", ""},
    {"subject.CN =~ (.*) user=|lower$1", "|lowerAlice", "", ""},
    {"subject.CN =~ (.*) user=%{$1}|lower", "Alice|lower", "", ""},
    {"subject.CN =~ (.*) user=a$|b", "a|b", "", ""},
    {"san.uri =~ \"spiffe://example\\.com/ns/(?<ns>[^/]+)/sa/(?<sa>[^/]+)\" user=$<sa>.$<ns>",
     "db.prod", "", ""},
    {"san.uri =~ .*/(?<sa>[^/]+) subject.CN =~ (?<cn>.*) user=$<cn>:$<sa>", "Alice:db", "", ""},
    {"san.uri =~ .*/(?<sa>[^/]+) subject.CN =~ (.*) user=$<sa>", "db", "", ""},
    {"san.uri =~ .*/(?<sa>[^/]+) user=$1-$<sa>", "db-db", "", ""},
    {"subject.OU !~ (x) san.uri =~ .*/([^/]+) user=$1", "db", "", ""},
    {"subject.CN =~ (?:A|B)(lice) user=$1", "lice", "", ""},
    /* one binding for each value that matches, with both groups from the same value */
    {ALL_EMAIL "group=$2:$1", NULL, "example.com:alice Example.ORG:Alice.A", ""},
    {ALL_EMAIL "group=%{subject.OU}/$1", NULL,
     "Staff/alice Staff/Alice.A Admins/alice Admins/Alice.A", ""},
    /* a group that did not match gives nothing for that value; an empty match gives "" */
    {"subject.OU =~ (Staff)|Admins group=x$1", NULL, "xStaff", ""},
    {"subject.OU =~ (?:Staff)|(Admins)(y)? group=x$1 group=z$2", NULL, "xAdmins", ""},
    {"subject.OU =~ Staff()|Admins group=x$1", NULL, "x", ""},
    {"subject.OU =~ (Staff)|(x)|Admins group=$2 group=a", NULL, "a", ""},
    /* fields */
    {"group=%{subject.OU}", NULL, "Staff Admins", ""},
    {"group=%{subject.OU|lower}", NULL, "staff admins", ""},
    {"group=%{subject.OU|last}", NULL, "Admins", ""},
    {"group=%{subject.OU}-%{subject.OU}", NULL, "Staff-Staff Admins-Admins", ""},
    {"group=%{subject.OU|nth(2)}", NULL, "Admins", ""},
    {"user=%{subject.OU|count}", "2", "", ""},
    {"user=%{san.upn|count}%{san.upn|present}", "0false", "", ""},
    {"user=%{san.upn|nth(1)}x", NULL, "", ""},
    /* variables that are made of the same values step together */
    {"group=%{subject.OU}-%{subject.OU|lower}", NULL, "Staff-staff Admins-admins", ""},
    {"group=%{subject.OU|lower}-%{subject.OU|upper}", NULL, "staff-STAFF admins-ADMINS", ""},
    {"group=%{san.email|local}@%{san.email|domain|lower}", NULL,
     "alice@example.com Alice.A@example.org", ""},
    {"group=%{san.email|domain|lower}/%{san.email|domain|lower}", NULL,
     "example.com/example.com example.org/example.org", ""},
    {"group=%{subject.OU|first}-%{subject.OU}", NULL, "Staff-Staff Staff-Admins", ""},
    {"group=%{subject.OU|lower|first}-%{subject.OU|lower}", NULL, "staff-staff staff-admins", ""},
    {"group=%{subject.OU|first|lower}-%{subject.OU|first}", NULL, "staff-Staff", ""},
    {"group=%{subject.OU|nth(1)}-%{subject.OU|nth(2)}", NULL, "Staff-Admins", ""},
    {"group=%{san.dns|local}%{san.dns}x group=y", NULL, "y", ""},
    {"group=%{subject|oneline}%{subject}", NULL,
     "/C=DE/O=Example/OU=Staff/OU=Admins/CN=AliceCN=Alice,OU=Admins,OU=Staff,O=Example,C=DE", ""},
    {"group=%{subject.OU}-%{san.email|local}", NULL,
     "Staff-alice Staff-Alice.A Admins-alice Admins-Alice.A", ""},
    {"group=%{subject.UID}x group=y", NULL, "y", ""},
    {"user=%{subject.UID}", NULL, "", ""},
    {"user=%{subject}", "CN=Alice,OU=Admins,OU=Staff,O=Example,C=DE", "", ""},
    {"user=%{subject|oneline}", "/C=DE/O=Example/OU=Staff/OU=Admins/CN=Alice", "", ""},
    {"user=%{days_left} group=%{serial|lower}", "213", "1a2b", ""},
    /* each group once */
    {"group=a group=a\ngroup=a group=b", NULL, "a b", ""},
    /* a user is one result; the same twice is one */
    {"user=%{san.email}", NULL, "", "CC0152 "},
    {"user=%{san.email|first}", "alice@example.com", "", ""},
    {"user=%{san.email|last}", "Alice.A@Example.ORG", "", ""},
    {"san.email =~ (?i)(alice).* user=$1", NULL, "", "CC0152 "},
    {"san.email =~ .*@(?i)(.)xample.* user=x$1", NULL, "", "CC0152 "},
    {"subject.OU =~ .*(a).* user=$1", "a", "", ""},
    {"subject.OU =~ .*[am].*(f|s) user=$1", NULL, "", "CC0152 "},
    /* ambiguous: the rule's groups stay, and a later rule may give the user */
    {"user=%{san.email} group=g\nuser=later group=h", "later", "g h", "CC0152 "},
    {"user=first\nuser=%{san.email} group=g", "first", "g", ""},
    {"user=%{subject.UID}\nuser=later", "later", "", ""},
    /* output is data */
    {"subject.CN =~ (.*) user=$$1%%{x}$1", "$1%{x}Alice", "", ""},
};

static const template_case_t of_bad[] = {
    {"user=%{san.email}", "bob@example.com", "", "CC0150 "},
    {"group=%{san.email|local}", NULL, "bob", "CC0150 "},
    {"user=%{san.email|first}", NULL, "", "CC0150 "},
    {"san.email =~ (?s)(.+)@.* user=$1", "bob", "", "CC0150 "},
    {"user=%{subject.CN}", NULL, "", "CC0150 "},
    {"user=x%{subject.CN}", NULL, "", "CC0150 "},
    {"group=a%{subject|oneline}", NULL, "", "CC0150 "},
    {"group=%{san.email|local}@%{san.email|domain|upper}", NULL, "bob@EXAMPLE.COM", "CC0150 "},
    {"group=%{san.email|count}", NULL, "", "CC0150 "},
    {"user=%{san.email|present}", "true", "", ""},
    {"user=%{san.email|nth(2)}", NULL, "", "CC0150 "},
    {"user=%{subject.CN|present}", NULL, "", "CC0150 "},
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

static void check(const template_case_t *c, ruleset_certificate_t pairs)
{
    const cc_verdict_t *verdict = ruleset_ask(c->rules, pairs, pool);
    const char *text = ruleset_text(verdict, pool);
    const char *tags = "";

    for (int i = 0; i < verdict->note_count; i++)
        tags = apr_pstrcat(pool, tags, verdict->notes[i].tag, " ", NULL);
    ck_assert_msg((verdict->user == NULL) == (c->user == NULL), "%s: %s", c->rules, text);
    if (c->user)
        ck_assert_str_eq(verdict->user, c->user);
    ck_assert_str_eq(ruleset_groups(verdict, pool), c->groups);
    ck_assert_msg(strcmp(tags, c->notes) == 0, "%s: %s", c->rules, text);
}

TEST_LOOP(a_template_gives_what_it_says, 0, COUNT(of_alice))
{
    check(&of_alice[_i], ruleset_alice);
}

TEST_LOOP(no_name_is_made_of_an_unusable_value, 0, COUNT(of_bad))
{
    check(&of_bad[_i], ruleset_bad);
}

TEST(an_ambiguous_user_is_told_with_both_names)
{
    const cc_verdict_t *verdict = ruleset_ask("user=%{san.email}", ruleset_alice, pool);

    ck_assert_int_eq(verdict->note_count, 1);
    ck_assert_str_eq(verdict->notes[0].where, "r1");
    ck_assert_str_eq(verdict->notes[0].text,
                     "user=%{san.email} is ambiguous, so this rule gives no user: "
                     "\"alice@example.com\" or \"Alice.A@Example.ORG\"");
}

TEST(an_empty_name_is_refused_and_told)
{
    static ruleset_certificate_t pairs = {"email", "@example.com", "email", "bob@example.com",
                                          "email", "@example.org", NULL};
    const cc_verdict_t *verdict =
        ruleset_ask("group=%{san.email|local}\nuser=%{san.email|local}", pairs, pool);

    ck_assert_str_eq(ruleset_groups(verdict, pool), "bob");
    ck_assert_str_eq(verdict->user, "bob");
    ck_assert_int_eq(verdict->note_count, 2);
    ck_assert_str_eq(verdict->notes[0].tag, "CC0154");
    ck_assert_str_eq(verdict->notes[0].text,
                     "group=%{san.email|local}: 2 of its results cannot be used as a name; the "
                     "last one: it is empty");
}

TEST(a_thousand_combinations_are_made_and_one_more_is_a_failure)
{
    static const char *const digits[] = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"};
    static const char *const places[] = {"OU", "O", "UID"};
    const char *pairs[2 * 3 * 10 + 5] = {NULL};
    const char **pair = pairs;
    const char *rule = "group=%{subject.OU}%{subject.O}%{subject.UID}%{san.email}\ngroup=after";
    const cc_verdict_t *verdict;

    for (size_t i = 0; i < COUNT(places) * COUNT(digits); i++) {
        *pair++ = places[i / COUNT(digits)];
        *pair++ = digits[i % COUNT(digits)];
    }
    *pair++ = "email";
    *pair++ = "0";
    verdict = ruleset_ask(rule, pairs, pool);

    ck_assert_int_eq(verdict->group_count, 1001);
    ck_assert_str_eq(verdict->groups[0].name, "0000");
    ck_assert_str_eq(verdict->groups[1].name, "0010");
    ck_assert_str_eq(verdict->groups[999].name, "9990");
    ck_assert_int_eq(verdict->note_count, 0);

    *pair++ = "email";
    *pair++ = "1";
    verdict = ruleset_ask(rule, pairs, pool);
    ck_assert(!cc_verdict_has_identity(verdict));
    ck_assert_int_eq(verdict->matched_count, 0);
    ck_assert_ptr_nonnull(strstr(verdict->failure, "r1: group=%{subject.OU}%{subject.O}"));
    ck_assert_ptr_nonnull(strstr(verdict->failure, "more than 1000 results"));
    ck_assert_int_eq(verdict->note_count, 1);
    ck_assert_str_eq(verdict->notes[0].tag, "CC0153");
    ck_assert_str_eq(verdict->notes[0].where, "r1");
    ck_assert_ptr_nonnull(strstr(verdict->notes[0].text, "more than 1000 results"));
}

TEST(where_a_variable_has_no_value_there_are_not_too_many_results)
{
    static ruleset_certificate_t pairs = {"OU", "0",  "OU", "1",  "OU", "2",  "OU",
                                          "3",  "OU", "4",  "OU", "5",  "OU", "6",
                                          "OU", "7",  "OU", "8",  "OU", "9",  NULL};
    const cc_verdict_t *verdict = ruleset_ask("group=%{subject.OU}%{subject.OU|nth(1)}"
                                              "%{subject.OU|last}%{subject.OU|first}%{san.email}\n"
                                              "group=after",
                                              pairs, pool);

    ck_assert_ptr_null(verdict->failure);
    ck_assert_str_eq(ruleset_groups(verdict, pool), "after");
}

SUITE("templates", .setup = setup, .teardown = teardown);
