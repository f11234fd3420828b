/* SPDX-License-Identifier: Apache-2.0 */
/* Tests conversions to rules: maps of HAProxy for map_beg and map_reg, and maps of nginx. */
#include <stdio.h>
#include <string.h>

#include <unistd.h>

#include <apr_strings.h>

#include "convertset.h"
#include "suite.h"

SUITE(.name = "convert_rules");

#define MAP "ClientCertMap "
#define CN "ClientCertMap subject.CN|first =~ "
#define FIRST ", which is not converted, may match first\n"

TEST(of_beginnings_the_longest_comes_first)
{
    static const convertset_t cases[] = {
        {"al x\nalice. y\nal x2\n", CN "\"alice\\..*\" user=\"y\"\n" CN "\"al.*\" user=\"x\"\n"
                                       "3! line 1 has the same key, and HAProxy uses the first\n"},
        {"a $1%{x}\n", CN "\"a.*\" user=\"$$1%%{x}\"\n"},
        {"alice\nal x\n", CN "\"alice.*\" stop\n" CN "\"al.*\" user=\"x\"\n"},
        {"alice\x01 y\nal x\n", "1! it contains a control character\n2! line 1" FIRST},
        {NULL, NULL}};

    convertset_check("haproxy-beg", "subject.CN", cases);
}
END_TEST

TEST(a_pattern_matches_anywhere)
{
    static const convertset_t cases[] = {
        {"^al.*e$ x\nb y\n", CN "\"al.*e\" user=\"x\"\n" CN "\".*b.*\" user=\"y\"\n"},
        {"^a|b$ x\n^c\\$ y\n", CN "\".*(?:^a|b$).*\" user=\"x\"\n" CN "\"c\\$.*\" user=\"y\"\n"},
        {"a|b)(c x\nc y\n", NULL},
        {"\\Qa x\nc y\n", "1! a pattern with \\Q is not converted; write the rule by hand\n"
                          "2! line 1" FIRST},
        {"(?:c)(?i)a x\n", "1! a pattern with (? is not converted; write the rule by hand\n"},
        {"c y\n(?i)a x\n", CN "\".*c.*\" user=\"y\"\n"
                              "2! a pattern with (? is not converted; write the rule by hand\n"},
        {NULL, NULL}};
    apr_pool_t *p;

    apr_pool_create(&p, NULL);
    for (const convertset_t *one = cases; one->input; one++) {
        const char *output = convertset_output("haproxy-reg", "subject.CN", one->input, p);

        if (one->output) {
            ck_assert_str_eq(output, one->output);
        } else { /* unbalanced, although it would not be within another pattern */
            ck_assert_ptr_nonnull(strstr(output, "1! CC0218"));
            ck_assert_ptr_nonnull(strstr(output, "2! line 1" FIRST));
        }
    }
    ck_assert_ptr_nonnull(
        strstr(convertset_output("haproxy-reg", "sha1", "a b\n", p), "CC0215: \"=~\""));
    apr_pool_destroy(p);
}
END_TEST

/* HAProxy compares the first value of a field, unless the modifiers choose another. */
TEST(a_field_that_has_several_values_gets_a_modifier_that_chooses_one)
{
    static const struct {
        const char *field;
        const char *selector;
    } cases[] = {{"san.email", "san.email|first"},
                 {"san.email|lower", "san.email|first|lower"},
                 {"san.email|last", "san.email|last"},
                 {"san.email|nth(2)|lower", "san.email|nth(2)|lower"},
                 {"serial|colons", "serial|colons"}};
    apr_pool_t *p;

    apr_pool_create(&p, NULL);
    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *output = convertset_output("haproxy-reg", cases[i].field, "a b\n", p);
        const char *condition = apr_pstrcat(p, MAP, cases[i].selector, " =~ ", NULL);

        ck_assert_msg(strstr(output, condition) == output, "%s: %s", cases[i].field, output);
    }
    apr_pool_destroy(p);
}
END_TEST

TEST(texts_of_a_map_of_nginx_become_rules)
{
    static const convertset_t cases[] = {
        {"map $ssl_client_s_dn $u { default ''; \"CN=alice,O=Ex\" alice; 'CN=b,O=Ex' \"\"; }",
         MAP "subject == \"CN=alice,O=Ex\" user=\"alice\"\n" MAP "subject == \"CN=b,O=Ex\" stop\n"},
        {"map $ssl_client_s_dn_legacy $u {\n  /O=Ex/CN=a\\/b x; }",
         MAP "subject|legacy|lower == \"/o=ex/cn=a\\/b\" user=\"x\"\n"},
        {"map $ssl_client_fingerprint $u { 8a1F7b4f5d8d1a1c2b9e7f60718293a4b5c6d7e8 x; }",
         MAP "sha1 == \"8a1f7b4f5d8d1a1c2b9e7f60718293a4b5c6d7e8\" user=\"x\"\n"},
        {"map $ssl_client_serial $u { 0AF1 x; AF1 y; }",
         MAP "serial == \"0af1\" user=\"x\"\n"
             "1! nginx does not write a value in this way; perhaps as \"0af1\"\n"},
        {"map $ssl_client_s_dn $u {\n\"CN=a, O=Ex\" a;\n~CN=b b;\n}",
         "2! nginx does not write a value in this way; perhaps as \"CN=a,O=Ex\"\n3! line 2" FIRST},
        {"map $ssl_client_s_dn $u {\ndefault guest;\n~CN=b b;\n}",
         "2! there is no default identity: a certificate that no rule matches has none\n" MAP
         "subject.CN =~ \"b.*\" user=\"b\"\n"},
        {NULL, NULL}};
    apr_pool_t *p;

    apr_pool_create(&p, NULL);
    for (const convertset_t *one = cases; one->input; one++) {
        const char *output = convertset_output("nginx", NULL, one->input, p);

        ck_assert_str_eq(apr_pstrndup(p, output, strlen(one->output)), one->output);
    }
    apr_pool_destroy(p);
}
END_TEST

#define DN(entry) "map $ssl_client_s_dn $u { " entry "; }"
#define LEGACY(entry) "map $ssl_client_s_dn_legacy $u { " entry "; }"
#define VALUE "\"([^+,\\\"\\\\\\<>;[:^ascii:]]+)\" "
#define SLASH "\"([^+/[:^ascii:]]+)\" "
#define NONE                                                                                       \
    "1! this pattern over the text of a name has no exact counterpart; write a rule with fields "  \
    "such as subject.CN\n"

TEST(patterns_of_a_map_that_look_for_an_attribute_become_rules)
{
    static const convertset_t cases[] = {
        {DN("\"~CN=(?<cn>[^,]+)\" $cn"), MAP "subject.CN|last =~ " VALUE "user=$1\n"},
        {DN("~(^|,)OU=(?<x>[^,]+) ${x}"), MAP "subject.OU|last =~ " VALUE "user=$1\n"},
        {DN("~^(.*,)?CN=(?<cn>[^,]+) $cn"), MAP "subject.CN|first =~ " VALUE "user=$1\n"},
        {LEGACY("~/CN=([^/]+) $1"), MAP "subject.CN|first =~ " SLASH "user=$1\n"},
        {LEGACY("~^.*/CN=([^/]+) $1"), MAP "subject.CN|last =~ " SLASH "user=$1\n"},
        {LEGACY("~/CN=([^,/]+) $1"), MAP "subject.CN|first =~ \"([^+,/[:^ascii:]]+)\" user=$1\n"},
        {DN("~CN=al\\.x(,|$) a"), MAP "subject.CN == \"al.x\" user=\"a\"\n"},
        {DN("~*CN=al\\.x(?:,|$) a"), MAP "subject.CN|lower == \"al.x\" user=\"a\"\n"},
        {DN("~*CN=Al.X a"), NONE},
        {DN("~*CN=Al\\.X a"), MAP "subject.CN|lower =~ \"al\\.x.*\" user=\"a\"\n"},
        {DN("~,OU=Staff,O=Ex$ s"),
         MAP "subject under \"OU=Staff,O=Ex\" subject != \"OU=Staff,O=Ex\" user=\"s\"\n"},
        {DN("~*^CN=a,O=Ex$ s"), MAP "subject == \"CN=a,O=Ex\" user=\"s\"\n"},
        {NULL, NULL}};

    convertset_check("nginx", NULL, cases);
}
END_TEST

TEST(a_pattern_that_captures_leaves_nothing_to_later_patterns)
{
    static const convertset_t cases[] = {
        {DN("~CN=(?<cn>[^,]+) $cn; ~OU=b s; ~OU=c t"),
         MAP "subject.CN|last =~ " VALUE "user=$1\n" MAP "subject.CN|last =~ \".+\" stop\n" MAP
             "subject.OU =~ \"b.*\" user=\"s\"\n" MAP "subject.OU =~ \"c.*\" user=\"t\"\n"},
        {NULL, NULL}};

    convertset_check("nginx", NULL, cases);
}
END_TEST

/* The address space of this process, in octets. */
static long address_space(void)
{
    FILE *in = fopen("/proc/self/statm", "r");
    long pages = 0;

    ck_assert_ptr_nonnull(in);
    ck_assert_int_eq(fscanf(in, "%ld", &pages), 1);
    fclose(in);
    return pages * sysconf(_SC_PAGESIZE);
}

/* If each word took as much as the text, this would take more than 2 GiB. */
TEST(a_large_map_of_nginx_takes_memory_in_proportion)
{
    enum { ENTRIES = 10000, LONGEST = 32 };
    cc_convert_t *convert = NULL;
    cc_error_t err = {0};
    apr_pool_t *p;
    char *text, *to;
    long before = address_space();

    apr_pool_create(&p, NULL);
    text = apr_palloc(p, ENTRIES * LONGEST + 100);
    to = text + sprintf(text, "map $ssl_client_s_dn $u {\n");
    for (int i = 0; i < ENTRIES; i++)
        to += sprintf(to, "\"CN=u%d,O=Ex\" u%d;\n", i, i);
    strcpy(to, "}\n");
    ck_assert_int_eq(cc_convert_create(&convert, NULL, NULL, p, &err), APR_SUCCESS);
    ck_assert_int_eq(cc_convert_text(convert, cc_convert_kind_find("nginx"), text), APR_SUCCESS);
    ck_assert_int_eq(convert->converted, ENTRIES);
    ck_assert_int_lt(address_space() - before, 1L << 29);
    apr_pool_destroy(p);
}
END_TEST

#define FLAG "1! its value is a flag, not a user; write a rule with group= or deny\n"

TEST(a_flag_is_not_a_user)
{
    static const convertset_t maps[] = {
        {DN("CN=a 0"), FLAG}, {DN("CN=a 1; ~CN=b b"), FLAG "1! line 1" FIRST}, {NULL, NULL}};
    static const convertset_t files[] = {{"alice Deny\nal x", FLAG "2! line 1" FIRST},
                                         {NULL, NULL}};

    convertset_check("nginx", NULL, maps);
    convertset_check("haproxy-beg", "subject.CN", files);
}
END_TEST

TEST(other_patterns_of_a_map_are_left_out)
{
    static const convertset_t cases[] = {
        {DN("~^CN=(?<cn>[^,]+) $cn"), NONE}, /* the place in the name */
        {DN("~CN=(?<cn>.+) $cn"), NONE},     /* what follows the attribute */
        {DN("~O=Ex o"), NONE},               /* the end of other types */
        {DN("~CN=(?<cn>[^,]+)$ $cn"), NONE},
        {DN("~CN=[a-z]+ x"), NONE},
        {DN("~. x"), NONE},
        {"map $ssl_client_i_dn $u { ~CN=a x; }", NONE},
        {DN("~CN=(?<cn>[^,]+) $cn@x"),
         "1! the value has to be a text, or the one variable that the pattern captures\n"},
        {DN("~CN=a $other"),
         "1! the value has to be a text, or the one variable that the pattern captures\n"},
        {DN("include f; ~CN=a a"), "1! this parameter of a map is not converted\n1! line 1" FIRST},
        {DN("hostnames"), "1! this parameter of a map is not converted\n"},
        {NULL, NULL}};

    convertset_check("nginx", NULL, cases);
}
END_TEST

TEST(a_text_that_is_not_such_a_map_is_an_error)
{
    static const convertset_t cases[] = {
        {"", "CC0554: the input contains no map of nginx on $ssl_client_s_dn, "
             "$ssl_client_s_dn_legacy, $ssl_client_i_dn, $ssl_client_fingerprint or "
             "$ssl_client_serial"},
        {"map $ssl_client_s_dn $u { a b", "CC0556: line 1: this is not a map of nginx; a statement "
                                          "has two words and a ;, and a map ends with }"},
        {"map $ssl_client_s_dn $u {\n a b c; }",
         "CC0556: line 2: this is not a map of nginx; a statement has two words and a ;, and a map "
         "ends with }"},
        {NULL, NULL}};

    convertset_check("nginx", NULL, cases);
}
END_TEST
