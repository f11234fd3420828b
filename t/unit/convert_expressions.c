/* SPDX-License-Identifier: Apache-2.0 */
/* Tests the conversion of SSLRequire and Require expr to Require clientcert. */
#include "convert/internal.h"
#include "convertset.h"
#include "suite.h"

SUITE(.name = "convert_expressions");

#define R "Require clientcert"
#define S "%{SSL_CLIENT_S_DN_"
#define OK "%{SSL_CLIENT_VERIFY} eq \"SUCCESS\""
#define BOTH                                                                                       \
    "1! it also holds for clients without a certificate; add and %{SSL_CLIENT_VERIFY} == "         \
    "\"SUCCESS\" if they are to be refused\n"
#define CLASS "1! this class of characters is not converted without regard to case\n"
#define OPERATOR                                                                                   \
    "1! this operator is not converted; ==, !=, =~, !~ and in are (in SSLRequire also eq and "     \
    "ne)\n"

TEST(comparisons_of_the_first_value_become_conditions)
{
    static const convertset_t cases[] = {
        {"SSLRequire " S "O} eq \"Ex, Inc.\"", R " subject.O|first == \"Ex, Inc.\"\n"},
        {"sslrequire " S "Email_0} == 'a@b'", R " subject.emailAddress|first == \"a@b\"\n"},
        {"SSLRequire \"%{SSL_CLIENT_I_DN_CN}\" = \"CA\"", R " issuer.CN|first == \"CA\"\n"},
        {"SSLRequire " S "OU} in {\"A.B\", 7}", R " subject.OU|first =~ \"A\\.B|7\"\n"},
        {"SSLRequire " S "CN} =~ /^a.+$/", R " subject.CN|first =~ \"a.+\"\n"},
        {"SSLRequire " S "CN} =~ m#Al|[BC]\\D#i",
         R " subject.CN|first|lower =~ \".*(?:al|[bc]\\D).*\"\n"},
        {"SSLRequire " S "CN} =~ /^(?:a|b+)$/", R " subject.CN|first =~ \"(?:a|b+)\"\n"},
        {"SSLRequire " S "CN} !~ m#/al#i and " OK, R " subject.CN|first|lower !~ \".*/al.*\"\n"},
        {"SSLRequire " S "CN} != \"\"", R " subject.CN|first =~ \".+\"\n"},
        {"SSLRequire " S "CN} == \"\" and " OK, R " subject.CN|first !~ \".+\"\n"},
        {"SSLRequire %{SSL_CLIENT_M_SERIAL} eq \"0AF1\"", R " serial == \"0AF1\"\n"},
        {"SSLRequire %{SSL_CLIENT_S_DN} eq \"CN=a,O=b\"", R " subject == \"CN=a,O=b\"\n"},
        {"SSLRequire %{SSL_CLIENT_I_DN} eq \"/O=b/CN=a\"", R " issuer|legacy == \"/O=b/CN=a\"\n"},
        {"SSLRequire " OK " and %{SSL_PROTOCOL} ne \"TLSv1.2\"", R " tls.version != \"TLSv1.2\"\n"},
        {"Require expr \"%{SSL_CLIENT_SAN_DNS_0} == 'a.example'\"",
         R " san.dns|first == \"a.example\"\n"},
        {"Require ssl-verify-client\nSSLRequire " OK, R "\n" R "\n"},
        {NULL, NULL}};

    convertset_check("sslrequire", NULL, cases);
}
END_TEST

TEST(and_or_not_keep_their_meaning)
{
    static const convertset_t cases[] = {
        {"SSLRequire " S "O} eq \"a\" and " S "OU} eq \"b\" or " S "CN} eq \"c\"",
         "<RequireAny>\n    " R " subject.O|first == \"a\" subject.OU|first == \"b\"\n    " R
         " subject.CN|first == \"c\"\n</RequireAny>\n"},
        {"SSLRequire " S "O} eq \"a\" \\\n && (" S "OU} eq \"b\" || " S "CN} eq \"c\")",
         "<RequireAll>\n    " R " subject.O|first == \"a\"\n    <RequireAny>\n        " R
         " subject.OU|first == \"b\"\n        " R
         " subject.CN|first == \"c\"\n    </RequireAny>\n</RequireAll>\n"},
        {"SSLRequire " OK " and !(" S "OU} eq \"b\" or not " S "CN} in {\"c\"})",
         R " subject.OU|first != \"b\" subject.CN|first == \"c\"\n"},
        {"SSLRequire " OK " and not (" S "OU} eq \"b\" and " S "CN} eq \"c\")",
         "<RequireAny>\n    " R " subject.OU|first != \"b\"\n    " R
         " subject.CN|first != \"c\"\n</RequireAny>\n"},
        {"SSLRequire not (%{SSL_CLIENT_S_DN} in {\"CN=a\", \"CN=b\"}) and " OK,
         R " subject != \"CN=a\" subject != \"CN=b\"\n"},
        {"SSLRequire %{SSL_CLIENT_S_DN} in {\"CN=a\", \"CN=b\"} or " S "C} eq \"c\"",
         "<RequireAny>\n    " R " subject == \"CN=a\"\n    " R " subject == \"CN=b\"\n    " R
         " subject.C|first == \"c\"\n</RequireAny>\n"},
        {NULL, NULL}};

    convertset_check("sslrequire", NULL, cases);
}
END_TEST

TEST(an_expression_that_admits_clients_without_a_certificate_is_left_out)
{
    static const convertset_t cases[] = {
        {"SSLRequire " S "O} ne \"a\"", BOTH},
        {"SSLRequire not " S "O} in {\"a\", \"b\"}", BOTH},
        {"SSLRequire " S "O} eq \"a\" or " S "O} ne \"b\"", BOTH},
        {"SSLRequire " S "O} eq \"a\" or (" S "O} ne \"b\" and " S "CN} ne \"b\")", BOTH},
        {"SSLRequire %{SSL_PROTOCOL} eq \"TLSv1.3\"", BOTH},
        {"SSLRequire " S "O} == \"\"", BOTH},
        {"SSLRequire " S "O} !~ /a/", BOTH},
        {NULL, NULL}};

    convertset_check("sslrequire", NULL, cases);
}
END_TEST

TEST(what_has_no_exact_counterpart_is_left_out)
{
    static const convertset_t cases[] = {
        {"SSLRequire %{SSL_CIPHER_USEKEYSIZE} >= 128", OPERATOR},
        {"SSLRequire %{TIME_HOUR} == \"8\"", "1! TIME_HOUR is not a value of the certificate\n"},
        {"Require expr " S "O} eq 'a'", OPERATOR}, /* compares numbers */
        {"SSLRequire " S "O_1} eq \"a\"",
         "1! of SSL_CLIENT_S_DN_O_1, rules have no exact counterpart\n"},
        {"SSLRequire " S "O_RAW} eq \"a\"",
         "1! of SSL_CLIENT_S_DN_O_RAW, rules have no exact counterpart\n"},
        {"SSLRequire " S "O} eq \"a\\\\b\"",
         "1! mod_ssl doubles the backslashes of a value, and rules do not\n"},
        {"SSLRequire " S "O} =~ /a?/", "1! the pattern may match an empty value, which clients "
                                       "without a certificate have\n"},
        {"SSLRequire " S "O} =~ /a|^$/", "1! the pattern may match an empty value, which clients "
                                         "without a certificate have\n"},
        {"SSLRequire %{SSL_CLIENT_S_DN} =~ /CN=a/",
         "1! a pattern over a whole name or serial number is not legal; compare fields such as "
         "subject.OU\n"},
        {"SSLRequire %{SSL_CLIENT_S_DN} eq \"CN=a, O=b\"",
         "1! mod_ssl does not write a name in this way; perhaps as \"CN=a,O=b\"\n"},
        {"SSLRequire %{SSL_CLIENT_S_DN} eq \"CN=J\xc3\xbcrgen\"",
         "1! mod_ssl escapes letters other than A to Z in a name\n"},
        {"SSLRequire %{SSL_CLIENT_M_SERIAL} eq \"af1\"",
         "1! mod_ssl writes a serial number as an even number of digits 0 to 9, A to F\n"},
        {"SSLRequire %{SSL_CLIENT_VERIFY} eq \"NONE\"",
         "1! of SSL_CLIENT_VERIFY, only == \"SUCCESS\" is converted: no rule concerns clients "
         "whose "
         "certificate is not verified\n"},
        {"SSLRequire " S "O} in PeerExtList(\"1.2\")", "1! a list is written {\"...\", \"...\"}\n"},
        {"SSLRequire file(\"x\") eq \"a\"",
         "1! a comparison has to begin with a variable, such as %{SSL_CLIENT_S_DN_O}\n"},
        {"SSLRequire \"a\" in PeerExtList(\"1.2\")",
         "1! rules read more kinds of strings in an extension than PeerExtList; if this does not "
         "matter, write ext.OID|text == \"...\"\n"},
        {"SSLRequire " S "O} eq \"%{HTTP_HOST}\"",
         "1! a string with a variable is not converted\n"},
        {"SSLRequire " OK " and " S "O} !~ /^a${B}/",
         "1! httpd replaces ${...} before it reads the expression; write its value instead\n"},
        {"SSLRequire " OK " and " S "O} !~ /a(?:b)(?x)(c>d)#e/",
         "1! a pattern with (? is not converted; write the rule by hand\n"},
        {"SSLRequire " OK " and " S "O} !~ /^[\xc3\xa4]a/",
         "1! httpd matches a letter other than A to Z by its bytes, and rules do not\n"},
        {"SSLRequire " OK " and " S "O} !~ /^[\\x41-\\x5a]d/i", CLASS},
        {"SSLRequire " OK " and " S "O} !~ /^[0-Z]d/i", CLASS},
        {"SSLRequire " OK " and " S "O} !~ /^[A-z]d/i", CLASS},
        {"SSLRequire " OK " and " S "O} !~ /^[-A-Z_\\d]d-D/i",
         R " subject.O|first|lower !~ \"[-a-z_\\d]d-d.*\"\n"},
        {"SSLRequire " S "O} eq \"a\" b", "1! it cannot be read from here on: b\n"},
        {"SSLRequire (" S "O} eq \"a\"", "1! a parenthesis is not closed\n"},
        {"Require not expr true", "1! Require not is not converted; negate the expression\n"},
        {"<RequireNone>\nRequire expr " S "O} == 'a'\n</RequireNone>\n"
         "Require expr " S "O} == 'a'",
         "2! a condition in <RequireNone> is not converted\n" R " subject.O|first == \"a\"\n"},
        {"RewriteCond %{SSL:SSL_CLIENT_S_DN_O} =a\nRequire all granted\n",
         "1! only SSLRequire, Require expr and Require ssl-verify-client are converted\n"},
        {"Require all granted", "CC0554: the input contains no SSLRequire, Require expr or Require "
                                "ssl-verify-client"},
        {NULL, NULL}};

    convertset_check("sslrequire", NULL, cases);
}
END_TEST

TEST(a_pattern_that_may_match_nothing_is_found)
{
    static const char *const empty[] = {
        "",       "a*",   "a?b*",   "^$",     "a{0}",     "a{0,2}",    "(a|b)?", "(a|b?)",
        "a|",     "|a",   "a|b*",   "(a|b)*", "\\x41?",   "\\b",       "\\101?", "[a-z]*",
        "(a",     "[a",   "(?<=a)", "(?<!a)", "(?<n>a)?", "x{0,}y{0}", ".*",     "(?:)",
        "(a)|b*", "\\Qa", "()",     "((a*))", "a{0",      "$|a",       "(|a)",   NULL};
    static const char *const needing[] = {"a",     "^a",    "a+",    "ab*",      ".",
                                          "[a]",   "[]]x*", "(a|b)", "a|b",      "(?:ab?|c)d*",
                                          "\\.",   "\\d+",  "^.+$",  "(?<n>a)",  "((a))",
                                          "a{0}b", "b?a",   "(a*)b", "^(a|b)+$", NULL};

    for (int i = 0; empty[i]; i++) {
        ck_assert_msg(!cc_pattern_needs_text(empty[i]), "%s", empty[i]);
    }
    for (int i = 0; needing[i]; i++) {
        ck_assert_msg(cc_pattern_needs_text(needing[i]), "%s", needing[i]);
    }
}
END_TEST

TEST(deep_nesting_is_left_out)
{
    char text[400] = "SSLRequire ";

    memset(text + 11, '(', 200);
    text[211] = '\0';
    apr_pool_t *p;

    apr_pool_create(&p, NULL);
    ck_assert_str_eq(convertset_output("sslrequire", NULL, text, p),
                     "1! the expression is nested too deeply\n");
    apr_pool_destroy(p);
}
END_TEST
