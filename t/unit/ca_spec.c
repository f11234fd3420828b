/* SPDX-License-Identifier: Apache-2.0 */
/* Tests the arguments of ClientCertCA. */
#include <string.h>

#include <apr_strings.h>

#include "ca/ca.h"
#include "suite.h"

static apr_pool_t *pool;
static cc_ca_spec_t *spec;

static void setup(void)
{
    apr_pool_create(&pool, NULL);
}

static void teardown(void)
{
    apr_pool_destroy(pool);
}

/* "" or the error. */
static const char *parse(const char *text)
{
    cc_error_t err = {0};

    return cc_ca_spec_parse(&spec, text, pool, &err) == APR_SUCCESS ? ""
                                                                    : cc_error_text(&err, pool);
}

TEST(what_is_not_said_is_usual)
{
    ck_assert_str_eq(parse("conf/cas"), "");
    ck_assert_int_eq(spec->paths->nelts, 1);
    ck_assert_str_eq(APR_ARRAY_IDX(spec->paths, 0, const char *), "conf/cas");
    ck_assert_int_eq(spec->reload, apr_time_from_sec(5));
    ck_assert_int_eq(spec->depth, -1);
    ck_assert_ptr_null(spec->domain);
    ck_assert_ptr_null(spec->where);
}

TEST(all_options_and_many_paths_are_read)
{
    ck_assert_str_eq(parse("a \"b c\" ./d=e reload=0.5 depth=3 domain=prod.example_1-a.com"), "");
    ck_assert_int_eq(spec->paths->nelts, 3);
    ck_assert_str_eq(APR_ARRAY_IDX(spec->paths, 1, const char *), "b c");
    ck_assert_str_eq(APR_ARRAY_IDX(spec->paths, 2, const char *), "./d=e");
    ck_assert_int_eq(spec->reload, apr_time_from_msec(500));
    ck_assert_int_eq(spec->depth, 3);
    ck_assert_str_eq(spec->domain, "prod.example_1-a.com");
    ck_assert_str_eq(parse("a depth=0 reload=0"), "");
    ck_assert_int_eq(spec->depth, 0);
    ck_assert_int_eq(spec->reload, 0);
    ck_assert_str_eq(parse("a depth=100"), "");
    ck_assert_int_eq(spec->depth, 100);
}

static void expect(const char *text, const char *tag, const char *words)
{
    const char *error = parse(text);

    ck_assert_msg(strncmp(error, tag, 6) == 0 && strstr(error, words), "%s: %s", text, error);
}

TEST(errors_name_the_word_and_what_would_be_legal)
{
    expect("a dept=5", "CC0460",
           "\"dept=5\": not an option of ClientCertCA; the options are reload=SECONDS, "
           "depth=NUMBER and domain=TRUST-DOMAIN (write such a path as ./dept=5)");
    expect("a reload=", "CC0460",
           "not a valid value; write reload=SECONDS, a number from 0 to 1000000000");
    expect("a reload=-1", "CC0460", "write reload=SECONDS");
    expect("a reload=1 reload=1", "CC0460", "\"reload=1\": reload is given twice");
    expect("a domain=a domain=b", "CC0460", "domain is given twice");
    expect("", "CC0461",
           "no path is given; write PATH ... [reload=SECONDS] [depth=NUMBER] "
           "[domain=TRUST-DOMAIN]");
    expect("depth=5", "CC0461", "no path is given");
    expect("a \"\"", "CC0461", "a path is empty");
    expect("\"a", "CC0210", "");
}

TEST(a_depth_is_a_number_up_to_100)
{
    const char *range = "not a valid value; write depth=NUMBER, a number from 0 to 100";

    expect("a depth=101", "CC0460", range);
    expect("a depth=-1", "CC0460", range);
    expect("a depth=", "CC0460", range);
    expect("a depth=2x", "CC0460", range);
    expect("a depth=99999999999999999999", "CC0460", range);
}

TEST(a_domain_is_a_trust_domain)
{
    const char *no_scheme = "a trust domain has no scheme and no path; write domain=TRUST-DOMAIN";
    const char *what = "not a trust domain; write domain=TRUST-DOMAIN, of lower-case letters, "
                       "digits, dots, dashes and underscores, 255 at most";

    expect("a domain=Example.COM", "CC0460",
           "\"domain=Example.COM\": a trust domain is in lower case; write domain=example.com");
    expect("a domain=spiffe://example.com", "CC0460", no_scheme);
    expect("a domain=SPIFFE://example.com/a", "CC0460", no_scheme);
    expect("a domain=", "CC0460", what);
    expect("a domain=example.com/a", "CC0460", what);
    expect("a domain=example.com:443", "CC0460", what);
    expect("a domain=*.example.com", "CC0460", what);
    expect("a domain=b\xc3\xbc"
           "cher.example",
           "CC0460", what);
    expect(apr_psprintf(pool, "a domain=%0256d", 0), "CC0460", what);
    ck_assert_str_eq(parse(apr_psprintf(pool, "a domain=%0255d", 0)), "");
}

/* ---- several directives ---------------------------------------------------------------------- */

/* "", or the error of the last of these directives (separated by NULL) if all others agree. */
static const char *agree(const char *const lines[])
{
    apr_array_header_t *specs = apr_array_make(pool, 4, sizeof(cc_ca_spec_t *));
    cc_error_t err = {0};
    apr_status_t status = APR_SUCCESS;

    for (int i = 0; lines[i]; i++) {
        ck_assert_int_eq(status, APR_SUCCESS);
        ck_assert_str_eq(parse(lines[i]), "");
        status = cc_ca_specs_agree(specs, spec, pool, &err);
        APR_ARRAY_PUSH(specs, cc_ca_spec_t *) = spec;
    }
    return status == APR_SUCCESS ? "" : cc_error_text(&err, pool);
}

#define AGREE(...) agree((const char *const[]){__VA_ARGS__, NULL})

TEST(directives_of_one_group_have_one_depth)
{
    ck_assert_str_eq(AGREE("a depth=2", "b depth=2", "c"), "");
    ck_assert_str_eq(AGREE("a", "b depth=2"), "");
    ck_assert_str_eq(AGREE("a depth=1", "b depth=2 domain=a.example", "c depth=3 domain=b.example"),
                     "");
    ck_assert_str_eq(AGREE("a depth=1", "b", "c depth=2"),
                     "CC0462: \"depth=2\": an earlier ClientCertCA without a domain has depth=1; "
                     "give the same depth, or give it once");
    ck_assert_str_eq(AGREE("a depth=2", "b domain=a.example depth=0", "c domain=a.example depth=2"),
                     "CC0462: \"depth=2\": an earlier ClientCertCA with domain=a.example has "
                     "depth=0; give the same depth, or give it once");
}

SUITE("spec", .setup = setup, .teardown = teardown);
