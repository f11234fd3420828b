/* SPDX-License-Identifier: Apache-2.0 */
/* Runs the tests that are registered, as main of a unit test program, and prints TAP. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <apr_general.h>

#include "suite.h"

static suite_test_t *first; /* in the order of lines; complete when main begins */

void suite_register(suite_test_t *test)
{
    suite_test_t **place = &first;

    while (*place && (*place)->line < test->line)
        place = &(*place)->next;
    test->next = *place;
    *place = test;
}

static SRunner *runner_make(void)
{
    Suite *all = suite_create(program_suite.name);
    TCase *tests = tcase_create(program_suite.name);

    tcase_add_checked_fixture(tests, program_suite.setup, program_suite.teardown);
    if (program_suite.timeout > 0)
        tcase_set_timeout(tests, program_suite.timeout);
    for (suite_test_t *each = first; each; each = each->next)
        each->add(tests);
    suite_add_tcase(all, tests);
    return srunner_create(all);
}

/*
 * With CK_FORK=no in the environment, one process runs all tests, unless they need processes of
 * their own. Only in those does Check end a test that hangs.
 */
static void fork_or_not(SRunner *runner)
{
    if (program_suite.own_process)
        srunner_set_fork_status(runner, CK_FORK);
    if (srunner_fork_status(runner) == CK_NOFORK)
        alarm(600);
}

static int run(void)
{
    SRunner *runner = runner_make();
    int failed;

    fork_or_not(runner);
    srunner_set_tap(runner, "-");
    srunner_run_all(runner, CK_SILENT);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

int main(void)
{
    const char *why_not;

    apr_initialize();
    atexit(apr_terminate);
    why_not = program_suite.prepare ? program_suite.prepare() : NULL;
    if (why_not) {
        printf("1..0 # SKIP %s\n", why_not);
        return EXIT_SUCCESS;
    }
    return run();
}
