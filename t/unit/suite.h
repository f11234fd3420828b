/* SPDX-License-Identifier: Apache-2.0 */
/* Knows how a unit test program runs its cases: TAP on stdout, and its exit status. */
#ifndef SUITE_H
#define SUITE_H

#include <stdlib.h>

#include <check.h>

/** Runs the suite and gives what main returns. */
static inline int suite_run(Suite *suite)
{
    SRunner *runner = srunner_create(suite);
    int failed;

    srunner_set_tap(runner, "-");
    srunner_run_all(runner, CK_SILENT);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

#endif
