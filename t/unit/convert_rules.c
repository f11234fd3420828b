/* SPDX-License-Identifier: Apache-2.0 */
/* Tests conversions to rules: maps of HAProxy for map_beg and map_reg. */
#include <string.h>

#include <apr_strings.h>

#include "convertset.h"
#include "suite.h"

SUITE(.name = "convert_rules");

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
        {"a)(b x\nc y\n", NULL},
        {"\\Qa x\nc y\n", "1! a pattern with \\Q is not converted; write the rule by hand\n"
                          "2! line 1" FIRST},
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
