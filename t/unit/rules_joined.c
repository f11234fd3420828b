/* SPDX-License-Identifier: Apache-2.0 */
/* Tests that a user that joins several variables is weak unless their texts cannot shift. */
#include <string.h>

#include <apr_strings.h>

#include "faketable.h"
#include "ruleset.h"
#include "suite.h"

static apr_pool_t *pool;
static cc_tables_t *tables;

static void setup(void)
{
    apr_pool_create(&pool, NULL);
    tables = faketable_make("t fake:x", pool);
}

static void teardown(void)
{
    apr_pool_destroy(pool);
}

#define D32 "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define SHA "sha256 == " D32 " "
#define KEY "spki.sha256 == " D32 " "
#define CA "ca.spki.sha256 == " D32 " "
#define ISSUER "issuer == \"CN=Staff CA,O=Example\" "

static cc_strength_t strength_of(const char *rule)
{
    return cc_rules_strength(ruleset_compile_with(tables, rule, pool), NULL);
}

/* ---- rules ------------------------------------------------------------------------------- */

/* "ab" and "c" are the same text as "a" and "bc". */
static const struct {
    const char *rule;
    cc_strength_t strength;
} joined[] = {
    {CA "user=%{subject.O}%{subject.CN}", CC_STRENGTH_WEAK},
    {CA "user=%{subject.O}-%{subject.CN}", CC_STRENGTH_WEAK},
    {CA "user=%{subject.O}/%{subject.CN}", CC_STRENGTH_WEAK},
    {CA "user=x-%{subject.O}", CC_STRENGTH_NAMED},
    {CA "account=%{subject.O}-%{subject.CN}", CC_STRENGTH_WEAK},
    /* a character that a group does not have */
    {CA "san.uri =~ (.+)/(.+) user=$1$2", CC_STRENGTH_WEAK},
    {CA "san.uri =~ (.+)/(.+) user=$1/$2", CC_STRENGTH_WEAK},
    {CA "san.uri =~ ([^/]+)/(.+) user=$1/$2", CC_STRENGTH_NAMED},
    {CA "san.uri =~ ([^/]+)/(.+) user=$2/$1", CC_STRENGTH_NAMED},
    {CA "san.uri =~ ([^/]+)/(.+) user=$1-$2", CC_STRENGTH_WEAK},
    {CA "san.uri =~ ([^/]+)/(.+) user=a-/b$1-/b$2", CC_STRENGTH_NAMED},
    {CA "san.uri =~ ([^/]+)/(.+) user=$1$2", CC_STRENGTH_WEAK},
    {CA "san.uri =~ ([^/]+)/(.+) user=%{$1|lower}/$2", CC_STRENGTH_NAMED},
    {CA "san.uri =~ ([^/]+)/(.+) user=%{$1|replace(a,/)}/$1/$2", CC_STRENGTH_WEAK},
    {CA "san.uri =~ ([^x]+)x(.+) user=$1x$2", CC_STRENGTH_WEAK}, /* the letter of |lower */
    {CA "san.uri =~ ([^/]+)/(.+)/([^/]+) user=$1/$2/$3", CC_STRENGTH_NAMED},
    {CA "san.uri =~ ([^/]+)/(.+)/(.+) user=$1/$2/$3", CC_STRENGTH_WEAK},
    {CA "san.uri =~ ([^/]+)/(.+) user=$1/$2/%{subject.CN}", CC_STRENGTH_WEAK},
    {CA "san.uri =~ ([a-z0-9]+):(.+) user=$1:$2", CC_STRENGTH_NAMED},
    /* hex, and digests */
    {CA "user=%{serial}:%{subject.CN}", CC_STRENGTH_NAMED},
    {CA "user=%{serial}%{subject.CN}", CC_STRENGTH_WEAK},
    {CA "user=%{serial}-%{subject.CN}", CC_STRENGTH_WEAK}, /* it may be negative */
    {CA "user=%{serial}a%{subject.CN}", CC_STRENGTH_WEAK},
    {CA "user=%{serial|base64}:%{subject.CN}", CC_STRENGTH_WEAK},
    {CA "user=%{serial}:%{subject.CN}:%{ski}", CC_STRENGTH_NAMED},
    {"user=%{sha256}%{spki.sha1}", CC_STRENGTH_STRONG},
    {ISSUER "user=%{serial}%{sha1|colons}", CC_STRENGTH_STRONG},
    {CA "user=%{spki.sha256|base64}%{subject.CN}", CC_STRENGTH_NAMED},
    {CA "user=%{subject.CN}%{spki.sha256|lower}", CC_STRENGTH_NAMED},
    {CA "user=%{spki.sha256|decimal}%{subject.CN}", CC_STRENGTH_WEAK},
    {CA "user=%{subject.O}%{sha256}%{subject.CN}", CC_STRENGTH_WEAK},
    /* columns of one row */
    {"spki.sha256 in t user=$1$2", CC_STRENGTH_STRONG},
    {"spki.sha256 in t user=$2-$1|lower", CC_STRENGTH_STRONG},
    {"spki.sha256 in t user=%{$1|first}%{$2|first}", CC_STRENGTH_WEAK},
    {CA "san.email in t user=$1%{subject.CN}", CC_STRENGTH_WEAK},
    {CA "san.email in t user=$1%{sha256}", CC_STRENGTH_NAMED},
    /* one part several times */
    {CA "user=%{subject.CN}%{subject.CN}", CC_STRENGTH_NAMED},
    {CA "san.uri =~ a(.+) user=$1.$1", CC_STRENGTH_NAMED},
    {CA "user=%{subject.CN}%{subject.CN|lower}", CC_STRENGTH_WEAK},
    {CA "san.uri =~ (a.+)(b.+) user=$1$2$1$2", CC_STRENGTH_WEAK},
    {CA "san.uri =~ ([^/]+)/(.+) user=%{$1|first}/$2", CC_STRENGTH_WEAK},
    {CA "user=%{spki.sha256|hex|replace(a,)}%{subject.CN}", CC_STRENGTH_WEAK},
    /* one certificate */
    {SHA "user=%{subject.O}%{subject.CN}", CC_STRENGTH_STRONG},
    {"sha256 in t user=%{subject.O}%{subject.CN}", CC_STRENGTH_STRONG},
    {KEY "user=%{subject.O}%{subject.CN}", CC_STRENGTH_WEAK},
};

TEST_LOOP(joined_parts_count_only_if_none_can_go_on_in_the_next, 0, COUNT(joined))
{
    ck_assert_msg(strength_of(joined[_i].rule) == joined[_i].strength, "%s: %s", joined[_i].rule,
                  cc_strength_words[strength_of(joined[_i].rule)]);
}

/* ---- random users from a fixed seed ------------------------------------------------------ */

static const char *const uri_patterns[] = {
    "(.+)/(.+)", "([^/]+)/(.+)", "(.+)/([^/]+)", "([^/-]+)(?<x>-+)(.+)", "(\\w+)(.*)",
    "((a|B)+)(.*)", "-(.*)/(.*)", "(([^/]+)/?)(.*)", "([a-z]+)([/-]+)"};
static const char *const user_parts[] = {
    "$1", "$2", "$1", "$2", "$3", "%{$1|lower}", "%{$2|upper}", "%{$1|first}", "%{san.uri}",
    "%{san.uri|lower}", "%{$1|replace(a,B)}", "-", "/", "a", "/-"};

static unsigned seed;

static const char *chosen(const char *const *texts, int count)
{
    seed = seed * 1103515245u + 12345u;
    return texts[(seed >> 16) % (unsigned)count];
}

/* A URI for each number: those of one letter, then those of two ... */
static const char *uri_at(int n)
{
    const char *text = "";

    for (n++; n > 0; n = (n - 1) / 4)
        text = apr_psprintf(pool, "%c%s", "aB/-"[(n - 1) % 4], text);
    return text;
}

#define URIS 340 /* of at most four letters */

/* Letter case does not count. */
static void users_check(const char *rule, cc_cert_t *const *certs, apr_pool_t *p)
{
    const cc_rules_t *rules = ruleset_compile(rule, p);
    apr_hash_t *seen = apr_hash_make(p);

    for (int i = 0; i < URIS; i++) {
        const cc_verdict_t *verdict =
            cc_rules_evaluate(rules, certs[i], &ruleset_facts, NULL, p, p);
        char *uri = apr_pstrdup(p, uri_at(i));
        const char *other;

        if (!verdict->user)
            continue;
        for (char *letter = uri; *letter; letter++)
            *letter = *letter == 'B' ? 'b' : *letter;
        other = apr_hash_get(seen, verdict->user, APR_HASH_KEY_STRING);
        ck_assert_msg(!other || strcmp(other, uri) == 0, "%s: %s and %s are %s", rule, other, uri,
                      verdict->user);
        apr_hash_set(seen, verdict->user, APR_HASH_KEY_STRING, uri);
    }
}

TEST(no_two_names_have_one_user_by_a_rule_that_is_not_weak)
{
    cc_cert_t *certs[URIS];
    int named = 0;

    for (int i = 0; i < URIS; i++)
        certs[i] = ruleset_certificate((const char *const[]){"uri", uri_at(i), NULL}, pool);
    seed = 1;
    for (int i = 0; i < 2000; i++) {
        apr_pool_t *p;
        cc_rules_t *rules;
        cc_error_t err;
        const char *rule;

        apr_pool_create(&p, pool);
        rule = apr_psprintf(p, "san.uri =~ \"%s\" user=",
                            chosen(uri_patterns, COUNT(uri_patterns)));
        for (unsigned parts = 2 + (seed >> 20) % 4; parts > 0; parts--)
            rule = apr_pstrcat(p, rule, chosen(user_parts, COUNT(user_parts)), NULL);
        rules = cc_rules_create(NULL, NULL, p);
        if (cc_rules_add(rules, apr_pstrcat(p, CA, rule, NULL), "r1", &err) == APR_SUCCESS &&
            cc_rules_strength(rules, NULL) != CC_STRENGTH_WEAK) {
            users_check(rule, certs, p);
            named++;
        }
        apr_pool_destroy(p);
    }
    ck_assert_int_ge(named, 50);
}

SUITE("joined", .setup = setup, .teardown = teardown);
