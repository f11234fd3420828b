/* SPDX-License-Identifier: Apache-2.0 */
/* Runs conversions for tests. */
#ifndef CONVERTSET_H
#define CONVERTSET_H

#include "convert/convert.h"

/** An input, and what becomes of it. */
typedef struct convertset_t {
    const char *input;
    const char *output; /* as convertset_output gives it */
} convertset_t;

/**
 * The output for this input: its lines without comments, but "N! REASON" for line N that is not
 * converted; each ends with a newline. If the input as a whole is bad, the error. In `p`.
 */
const char *convertset_output(const char *kind, const char *field, const char *input,
                              apr_pool_t *p);

/** Fails the test unless each input of the list, which ends with {NULL, NULL}, gives its output. */
void convertset_check(const char *kind, const char *field, const convertset_t *cases);

#endif
