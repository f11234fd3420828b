/* SPDX-License-Identifier: Apache-2.0 */
/* Tests the arguments of ClientCertCRL. */
#include <string.h>

#include "crlset.h"
#include "suite.h"

static apr_pool_t *pool;
static cc_crl_spec_t *spec;

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

    return cc_crls_parse(&spec, text, pool, &err) == APR_SUCCESS ? "" : cc_error_text(&err, pool);
}

TEST(what_is_not_said_is_usual)
{
    ck_assert_str_eq(parse("conf/crls"), "");
    ck_assert_int_eq(spec->paths->nelts, 1);
    ck_assert_str_eq(APR_ARRAY_IDX(spec->paths, 0, const char *), "conf/crls");
    ck_assert_int_eq(spec->reload, apr_time_from_sec(5));
    ck_assert_int_eq(spec->grace, 0);
    ck_assert(!spec->missing_allow);
}

TEST(all_options_and_many_paths_are_read)
{
    ck_assert_str_eq(parse("a \"b c\" ./d=e reload=0.5 grace=3600 missing=allow"), "");
    ck_assert_int_eq(spec->paths->nelts, 3);
    ck_assert_str_eq(APR_ARRAY_IDX(spec->paths, 1, const char *), "b c");
    ck_assert_str_eq(APR_ARRAY_IDX(spec->paths, 2, const char *), "./d=e");
    ck_assert_int_eq(spec->reload, apr_time_from_msec(500));
    ck_assert_int_eq(spec->grace, apr_time_from_sec(3600));
    ck_assert(spec->missing_allow);
    ck_assert_str_eq(parse("a missing=deny reload=0"), "");
    ck_assert(!spec->missing_allow);
    ck_assert_int_eq(spec->reload, 0);
}

static void expect(const char *text, const char *tag, const char *words)
{
    const char *error = parse(text);

    ck_assert_msg(strncmp(error, tag, 6) == 0 && strstr(error, words), "%s: %s", text, error);
}

TEST(errors_name_the_word_and_what_would_be_legal)
{
    expect("a relod=5", "CC0403",
           "\"relod=5\": not an option of ClientCertCRL; the options are reload=SECONDS");
    expect("a reload=", "CC0404",
           "not a valid value; write reload=SECONDS, a number from 0 to 1000000000");
    expect("a reload=-1", "CC0404", "write reload=SECONDS");
    expect("a grace=1h", "CC0404", "\"grace=1h\": not a valid value; write grace=SECONDS");
    expect("a missing=no", "CC0404", "write missing=deny or missing=allow");
    expect("a grace=1 grace=2", "CC0404", "\"grace=2\": grace is given twice");
    expect("", "CC0405", "no path is given; write PATH ...");
    expect("reload=5", "CC0405", "no path is given");
    expect("a \"\"", "CC0405", "a path is empty");
    expect("\"a", "CC0210", "");
}

SUITE("spec", .setup = setup, .teardown = teardown);
