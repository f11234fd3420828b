/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests which patterns are reported because a dot in them matches any character, and which are
 * not.
 */
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

/* Tags and places, separated by spaces. */
static const char *told(const char *line)
{
    const apr_array_header_t *notes =
        cc_rules_lint(ruleset_compile(line, pool), CC_ISSUERS_ONE, pool);
    const char *text = "";

    for (int i = 0; i < notes->nelts; i++)
        text =
            apr_pstrcat(pool, text, i > 0 ? " " : "", APR_ARRAY_IDX(notes, i, cc_note_t).tag, NULL);
    return text;
}

static const char *const misread[] = {
    "san.email =~ (.+)@example.com",
    "san.email =~ .+@mail.example",
    "san.email =~ .+@(example.com|example.org)",
    "san.email =~ .+@(?:a\\.test|b.test)",
    "san.email =~ (?i).+@Example\\.co.uk",
    "san.email !~ .+@example.com",
    "san.email|domain =~ mail.example",
    "san.email|domain|lower =~ mail.example",
    "san.dns =~ [a-z]+\\.intra.example",
    "san.uri =~ spiffe://trust.example/ns/.+",
    "san.uri =~ spiffe:\\/\\/trust.example\\/ns\\/.+",
    "san.upn =~ (.+)@CORP.EXAMPLE",
    "subject.CN =~ (.+).example.com",
    "subject.CN =~ www.example.org",
    "san.email =~ [@.]+@example.com",
    "san.email =~ (a@)example.test",
    "san.email =~ (a@)(b|example.test)",
    "san.dns =~ \"\\Qa.b\\E|a.test\"",
    "san.email =~ (?#a.b@c.test)@a.test",
};

static const char *const well_read[] = {
    "san.email =~ (.+)@example\\.com",
    "san.email =~ (.+)@.+",
    "san.email =~ .*@.*",
    "san.email =~ .+@example[.]com",
    "san.email =~ .+@a.?test",
    "san.email =~ .+@a.{1,3}test",
    "san.email =~ .+@a.+test",
    "san.email =~ .+@a.*test",
    "san.email =~ .+@\\Qa.test\\E",
    "san.email =~ .+@[a.test]",
    "san.email =~ .+@[]a.test]",
    "san.email =~ .+@[^]a.test]",
    "san.email =~ .+@[[:alpha:]a.test]",
    "san.email =~ .+@[\\]a.test]",
    "san.email =~ .+@a.t",
    "san.email =~ .+@10.0.0.12",
    "san.email =~ .+@a..test",
    "san.email =~ .+@a.tes?",
    "san.email =~ .+@a.te{2}",
    "san.email =~ john.doe@example\\.test",
    "san.email =~ .+@example\\.test|John.Smith",
    "san.email =~ (?:.+@example\\.test|John.Smith)",
    "san.email =~ (?#example.com).+@a\\.test",
    "san.email =~ (?x)a#example.com",
    "san.uri =~ spiffe://example\\.com/ns/prod.eu/sa/a",
    "subject.CN =~ John.Smith",
    "subject.CN =~ a.b\\.c",
    "subject.CN == example.com",
    "san.dns =~ .example\\.com",
    "san.dns =~ a.\\dtest",
};

TEST(a_domain_with_a_dot_that_fits_anything_is_told)
{
    for (size_t i = 0; i < sizeof(misread) / sizeof(misread[0]); i++) {
        const char *found = told(apr_pstrcat(pool, misread[i], " user=x", NULL));
        ck_assert_msg(strcmp(found, "CC0705") == 0, "%s: told \"%s\"", misread[i], found);
    }
}

TEST(a_dot_that_may_be_meant_is_not_told)
{
    for (size_t i = 0; i < sizeof(well_read) / sizeof(well_read[0]); i++) {
        const char *found = told(apr_pstrcat(pool, well_read[i], " user=x", NULL));
        ck_assert_msg(!*found, "%s: told \"%s\"", well_read[i], found);
    }
}

SUITE("domains", .setup = setup, .teardown = teardown);
