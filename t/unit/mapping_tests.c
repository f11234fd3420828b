/* SPDX-License-Identifier: Apache-2.0 */
/* Tests ClientCertTest: its syntax, the rules that it checks, and its messages. */
#include <stdlib.h>

#include <apr_strings.h>

#include "fakehttpd.h"
#include "httpd/conf/mapping_tests.h"
#include "pki.h"
#include "suite.h"

static pki_t ca, alice, bob;

static void setup(void)
{
    fake_begin();
    ca = pki_ca("CA", NULL);
    alice = pki_client("alice", &ca);
    bob = pki_client("bob", &ca);
    fake_write_certs("alice.pem", alice.cert, ca.cert, NULL);
    fake_write_certs("bob.pem", bob.cert, NULL);
}

static void teardown(void)
{
    pki_free(&alice);
    pki_free(&bob);
    pki_free(&ca);
    fake_end();
}

/* ---- the syntax -------------------------------------------------------------------------- */

static const struct {
    const char *args, *error; /* NULL: none */
} written[] = {
    {"a.pem expect none", NULL},
    {"a.pem expect user=alice", NULL},
    {"\"a b.pem\" expect group=x user=alice group=y", NULL},
    {"a.pem expect user=none", NULL},
    {"", "CC0754: expect must follow the name of the file; write FILE [via=WAY "
         "[proxy=ADDRESS]] expect user=NAME [strength=WORD] group=NAME "
         "account=NAME ..., or expect none"},
    {"a.pem user=alice", "CC0754: \"user=alice\": expect must follow the name of the file; "},
    {"a.pem expect", "CC0754: \"expect\": an expectation must follow; "},
    {"a.pem expect none user=a", "CC0754: \"none\": none must be the only expectation; "},
    {"a.pem expect user=a none", "CC0754: \"none\": none must be the only expectation; "},
    {"a.pem expect name=a", "CC0754: \"name=a\": this is not a valid expectation; "},
    {"a.pem expect alice", "CC0754: \"alice\": this is not a valid expectation; "},
    {"a.pem expect user=", "CC0754: \"user=\": no rule can give such a name; "},
    {"a.pem expect group=", "CC0754: \"group=\": no rule can give such a name; "},
    {"a.pem expect user=a\x01", "CC0754: \"user=a\\x01\": no rule can give such a name; "},
    {"a.pem expect user=a user=b", "CC0754: \"user=b\": only one user can be expected; "},
    {"a.pem expect group=a group=a", "CC0754: \"group=a\": this name is listed already; "},
    {"a.pem expect user=a strength=named group=b", NULL},
    {"a.pem expect user=a strength=firm",
     "CC0754: \"strength=firm\": strength= takes strong, named or weak; "},
    {"a.pem expect user=a strength=none",
     "CC0754: \"strength=none\": strength= takes strong, named or weak; "},
    {"a.pem expect strength=weak",
     "CC0754: \"strength=weak\": strength= must follow user=, once; "},
    {"a.pem expect user=a strength=weak strength=weak",
     "CC0754: \"strength=weak\": strength= must follow user=, once; "},
    {"a.pem expect \"user=a", "CC0210: "},
};

TEST_LOOP(a_test_is_a_file_and_what_is_expected, 0, COUNT(written))
{
    const char *error =
        fake_configure(apr_pstrcat(fake.pool, "ClientCertTest ", written[_i].args, NULL));

    if (written[_i].error) {
        fake_expect_begins(error, written[_i].error);
    } else {
        ck_assert_pstr_eq(error, NULL);
    }
}

/* ---- the messages ------------------------------------------------------------------------ */

static const struct {
    const char *rules, *test;
    bool passed;
    const char *expected, *got;
} said[] = {
    {"ClientCertMap user=%{subject.CN}", "alice.pem expect user=alice", true, "user \"alice\"",
     "user \"alice\""},
    {"ClientCertMap user=%{subject.CN}", "bob.pem expect user=alice", false, "user \"alice\"",
     "user \"bob\""},
    {"ClientCertMap user=%{subject.CN}", "alice.pem expect none", false, "no identity",
     "user \"alice\""},
    {"ClientCertMap group=a group=b", "alice.pem expect group=b group=a", true,
     "no user, group \"b\", group \"a\"", "no user, group \"a\", group \"b\""},
    {"ClientCertMap group=a group=b", "alice.pem expect group=a", false, "no user, group \"a\"",
     "no user, group \"a\", group \"b\""},
    {"ClientCertMap group=a", "alice.pem expect group=b", false, "no user, group \"b\"",
     "no user, group \"a\""},
    {"ClientCertMap user=u group=a", "alice.pem expect group=a", false, "no user, group \"a\"",
     "user \"u\", group \"a\""},
    {"ClientCertMap subject.CN == alice deny", "alice.pem expect none", true, "no identity",
     "no identity: denied by site.conf:1"},
    {"ClientCertMap subject.CN == alice user=a", "bob.pem expect none", true, "no identity",
     "no identity"},
    {"ClientCertMap issuer.CN == CA user=u", "alice.pem expect user=u", true, "user \"u\"",
     "user \"u\""},
    {"ClientCertMap user=u group=a", "alice.pem expect user=u strength=weak group=a", true,
     "user \"u\", strength weak, group \"a\"", "user \"u\", strength weak, group \"a\""},
    {"ClientCertMap user=u", "alice.pem expect user=u strength=strong", false,
     "user \"u\", strength strong", "user \"u\", strength weak"},
    {"ClientCertMap group=a", "alice.pem expect user=u strength=weak", false,
     "user \"u\", strength weak", "no user, group \"a\""},
    {"ClientCertMap user=u", "nosuch.pem expect user=u", false, "user \"u\"", "CC0"},
    {"", "alice.pem expect user=u", false, "user \"u\"",
     "no ClientCertMap is in effect in the scope of this test"},
};

TEST_LOOP(who_it_should_be_and_who_it_is, 0, COUNT(said))
{
    const cc_tested_t *tested;
    const apr_array_header_t *all;

    fake_configured(
        apr_pstrcat(fake.pool, said[_i].rules, "\nClientCertTest ", said[_i].test, NULL));
    all = cc_mapping_tests_run(fake.main, fake.pool);
    ck_assert_int_eq(all->nelts, 1);
    tested = &APR_ARRAY_IDX(all, 0, cc_tested_t);
    ck_assert_str_eq(tested->where, "site.conf:2");
    ck_assert_str_eq(tested->expected, said[_i].expected);
    fake_expect_begins(tested->got, said[_i].got);
    ck_assert_int_eq(tested->passed, said[_i].passed);
}

/* ---- the rules that it checks ------------------------------------------------------------ */

TEST(a_test_asks_the_rules_of_the_place_where_it_stands)
{
    const apr_array_header_t *all;
    const char *got = "";

    fake_configured("ClientCertMap user=main\n"
                    "ClientCertTest bob.pem expect none\n"
                    "<Location /x>\nClientCertMap user=x\n"
                    "ClientCertTest bob.pem expect none\n"
                    "<If true>\nClientCertTest bob.pem expect none\n</If>\n</Location>\n"
                    "<Location /y>\nClientCertTest bob.pem expect none\n</Location>\n"
                    "<VirtualHost *:1>\nServerName a\nClientCertTest bob.pem expect none\n"
                    "</VirtualHost>\n"
                    "<VirtualHost *:1>\nServerName b\n"
                    "<Location /z>\nClientCertTest bob.pem expect none\n</Location>\n"
                    "ClientCertMap user=b\n</VirtualHost>\n");
    all = cc_mapping_tests_run(fake.main, fake.pool);
    for (int i = 0; i < all->nelts; i++) {
        got = apr_pstrcat(fake.pool, got, APR_ARRAY_IDX(all, i, cc_tested_t).got, " ", NULL);
    }
    ck_assert_str_eq(got, "user \"main\" user \"x\" user \"x\" user \"main\" user \"main\" "
                          "user \"b\" ");
}

/* ---- httpd -t ---------------------------------------------------------------------------- */

TEST(what_fails_is_logged_by_a_configuration_test_alone)
{
    fake_configured("ClientCertMap subject.CN == alice user=a\n"
                    "ClientCertMap group=g\n"
                    "ClientCertTest alice.pem expect user=a group=g\n"
                    "ClientCertTest bob.pem expect user=b");
    ck_assert_int_eq(cc_mapping_tests_check(fake.pconf, NULL, fake.pconf, fake.main), OK);
    fake_expect_log("");
    fake.run_mode = AP_SQ_RM_CONFIG_TEST;
    ck_assert_int_ne(cc_mapping_tests_check(fake.pconf, NULL, fake.pconf, fake.main), OK);
    fake_expect_log(
        "emerg CC0755: site.conf:4: ClientCertTest bob.pem: expected user \"b\"; got no "
        "user, group \"g\"\n"
        "emerg CC0756: site.conf:4: rule site.conf:1 does not match: subject.CN == \"alice\"; "
        "seen bob\n"
        "emerg CC0756: site.conf:4: rule site.conf:2 matches");
    setenv("CLIENTCERT_QUESTION", fake.folder, 1); /* the tool asks for tests itself */
    ck_assert_int_eq(cc_mapping_tests_check(fake.pconf, NULL, fake.pconf, fake.main), OK);
    fake_expect_log("");
}

SUITE("tests", .setup = setup, .teardown = teardown);
