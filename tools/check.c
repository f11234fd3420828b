/* SPDX-License-Identifier: Apache-2.0 */
/* Command check: prints the findings of lint and the failed tests of a configuration. */
#include <stdio.h>

#include "server.h"

#define SOMETHING_WRONG 1

static void findings_print(const json_t *findings, const cc_style_t *style, apr_pool_t *p)
{
    json_t *finding;
    size_t i;

    json_array_foreach(findings, i, finding)
    {
        printf("%s%s%s: %s: %s\n", style->doubt, cc_print_member(finding, "tag", p), style->plain,
               cc_print_member(finding, "where", p), cc_print_member(finding, "text", p));
    }
}

static bool passed(const json_t *test)
{
    return json_is_true(json_object_get(test, "passed"));
}

static void failure_print(const json_t *test, const cc_style_t *style, apr_pool_t *p)
{
    printf("%s: ClientCertTest %s: %sFAILED%s\n", cc_print_member(test, "where", p),
           cc_print_member(test, "file", p), style->bad, style->plain);
    printf("    expected  %s\n", cc_print_member(test, "expected", p));
    printf("    got       %s\n", cc_print_member(test, "got", p));
    cc_print_trace(json_object_get(test, "trace"), "    ", style, p);
}

static void tests_print(const json_t *tests, const cc_style_t *style, apr_pool_t *p)
{
    json_t *test;
    size_t i;

    json_array_foreach(tests, i, test)
    {
        if (!passed(test)) {
            failure_print(test, style, p);
        }
    }
}

static size_t failed_of(const json_t *tests)
{
    size_t failed = 0;
    json_t *test;
    size_t i;

    json_array_foreach(tests, i, test)
    {
        failed += !passed(test);
    }
    return failed;
}

static void answer_print(const json_t *answer, const cc_style_t *style, apr_pool_t *p)
{
    const json_t *findings = json_object_get(answer, "findings");
    const json_t *tests = json_object_get(answer, "tests");

    findings_print(findings, style, p);
    tests_print(tests, style, p);
    printf("%zu %s; %zu %s, %zu failed\n", json_array_size(findings),
           json_array_size(findings) == 1 ? "finding" : "findings", json_array_size(tests),
           json_array_size(tests) == 1 ? "test" : "tests", failed_of(tests));
}

static int exit_of(const json_t *answer)
{
    bool found = json_array_size(json_object_get(answer, "findings")) > 0 ||
                 failed_of(json_object_get(answer, "tests")) > 0;

    return found ? SOMETHING_WRONG : 0;
}

apr_status_t cc_check_run(cc_tool_t *tool)
{
    static const cc_query_command_t command = {"check", exit_of, answer_print, NULL, NULL};

    return cc_query_run(&command, tool);
}
