/* SPDX-License-Identifier: Apache-2.0 */
/* Declares compiled patterns for the two files that use PCRE2. */
#ifndef CC_RULES_ENGINE_H
#define CC_RULES_ENGINE_H

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "rules/internal.h"

/* The numbers of steps after which a match ends, and begins again with the next. */
#define CC_STEP_LIMITS 5
extern const apr_int64_t cc_step_limits[CC_STEP_LIMITS];

/* Constant once its last pattern is compiled, except for data that PCRE2 itself guards. */
struct cc_engine_t {
    apr_pool_t *pool;
    pcre2_general_context *general;
    pcre2_compile_context *compile;
    pcre2_match_context *match[CC_STEP_LIMITS]; /* one for each of cc_step_limits */
    int groups_max;
};

struct cc_pattern_t {
    const cc_engine_t *engine;
    pcre2_code *code;
    bool compiled; /* to machine code */
    int groups;
};

/* pattern.c: the text of an error of PCRE2, in `p`. */
const char *cc_pcre2_error(int error, apr_pool_t *p);

#endif
