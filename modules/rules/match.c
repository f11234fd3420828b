/* SPDX-License-Identifier: Apache-2.0 */
/* Matches patterns with limited effort. */
#include <string.h>

#include <apr_strings.h>

#include "rules/engine.h"

/*
 * The effort budget. The holder of a certificate chooses how many values it has and how long they
 * are; the author of rules chooses the patterns. So effort is counted for a whole evaluation, in
 * PCRE2's steps, each weighted by the length of the value, since PCRE2 may scan the whole value
 * between two steps. An evaluation has EFFORT_BASE, and EFFORT_CONDITION more for each pattern
 * condition that it reaches.
 *
 * PCRE2 does not report how many steps a match took, only that it exceeded a limit. So a match
 * begins with a low limit, which is enough for nearly all, and begins again with the next limit if
 * it hits that one. It pays for each limit in full, which is at most some hundred times what it
 * used. A search for a part of a value pays for each place where that part may begin, since PCRE2
 * counts its steps from 0 there.
 */
#define EFFORT_BASE 1000000
#define EFFORT_CONDITION 25000
#define EFFORT_CALL 200000 /* and one match may not take more than this */
#define VALUE_MAX 8192     /* octets */
#define VALUE_WEIGHT 512   /* each VALUE_WEIGHT octets make a step weigh 1 more */

/* Reasons to give up on a match before it begins, in addition to PCRE2's own errors. */
#define SPENT (-1001)
#define TOO_LONG (-1002)

struct cc_matcher_t {
    const cc_engine_t *engine;
    apr_pool_t *pool;
    pcre2_match_data *data;
    apr_int64_t left[2]; /* effort of the rules, and of those evaluated only for a trace */
    bool aside;          /* which of the two pays */
};

/* ---- matching ---------------------------------------------------------------------------- */

static apr_status_t matcher_free(void *data)
{
    pcre2_match_data_free(((cc_matcher_t *)data)->data);
    return APR_SUCCESS;
}

cc_matcher_t *cc_matcher_create(const cc_engine_t *engine, apr_pool_t *p)
{
    cc_matcher_t *matcher = apr_palloc(p, sizeof(*matcher));

    matcher->engine = engine;
    matcher->pool = p;
    matcher->left[false] = matcher->left[true] = EFFORT_BASE;
    matcher->aside = false;
    matcher->data = pcre2_match_data_create((uint32_t)engine->groups_max + 1, engine->general);
    apr_pool_cleanup_register(p, matcher, matcher_free, apr_pool_cleanup_null);
    return matcher;
}

cc_matcher_t *cc_matcher_create_for(const cc_pattern_t *pattern, apr_pool_t *p)
{
    return cc_matcher_create(pattern->engine, p);
}

void cc_matcher_destroy(cc_matcher_t *matcher)
{
    if (matcher) {
        apr_pool_cleanup_run(matcher->pool, matcher, matcher_free);
    }
}

void cc_matcher_begin(cc_matcher_t *matcher, bool aside)
{
    matcher->aside = aside;
    matcher->left[aside] += EFFORT_CONDITION;
}

void cc_matcher_side(cc_matcher_t *matcher, bool aside)
{
    matcher->aside = aside;
}

bool cc_matcher_spent(const cc_matcher_t *matcher)
{
    return matcher->left[matcher->aside] < 0;
}

static const struct iovec *groups_copy(const cc_matcher_t *matcher, const cc_pattern_t *pattern,
                                       const char *text, int matched)
{
    const PCRE2_SIZE *offsets = pcre2_get_ovector_pointer(matcher->data);
    struct iovec *groups =
        apr_pcalloc(matcher->pool, sizeof(*groups) * ((apr_size_t)pattern->groups + 1));

    for (int i = 0; i < matched; i++) {
        if (offsets[2 * i] != PCRE2_UNSET) {
            groups[i].iov_base = (char *)text + offsets[2 * i];
            groups[i].iov_len = offsets[2 * i + 1] - offsets[2 * i];
        }
    }
    return groups;
}

/*
 * PCRE2 before 10.43 has no option that keeps "(?i)" from treating U+017F as an s and U+212A as a
 * k, so another name could pass for an ASCII one. So no match counts for a value with one of these
 * characters.
 */
static bool folds_to_ascii(const cc_value_t *value)
{
#ifdef PCRE2_EXTRA_CASELESS_RESTRICT
    (void)value;
    return false;
#else
    return strstr(value->text, "\xC5\xBF") || strstr(value->text, "\xE2\x84\xAA");
#endif
}

/* What a match begins with. PCRE2 counts its steps from 0 at each place where it tries to match. */
typedef struct cc_try_t {
    const cc_value_t *value;
    PCRE2_SIZE from;
    uint32_t options;
    apr_int64_t places; /* how many there may be */
} cc_try_t;

/*
 * Usable values are valid UTF-8 already, so nothing is checked again. A match that needs more stack
 * than compiled code has is interpreted, which takes its memory from the heap, up to the limit.
 */
static int match_within(const cc_matcher_t *matcher, const cc_pattern_t *pattern,
                        const cc_try_t *trial, pcre2_match_context *context)
{
    const cc_value_t *value = trial->value;
    PCRE2_SPTR text = (PCRE2_SPTR)value->text;

    if (pattern->compiled) {
        int matched = pcre2_jit_match(pattern->code, text, value->len, trial->from, trial->options,
                                      matcher->data, context);
        if (matched != PCRE2_ERROR_JIT_STACKLIMIT) {
            return matched;
        }
    }
    return pcre2_match(pattern->code, text, value->len, trial->from,
                       trial->options | PCRE2_NO_UTF_CHECK | PCRE2_NO_JIT, matcher->data, context);
}

/* The part of the effort that was for places after the one at which the match begins. */
static apr_int64_t unspent(const cc_matcher_t *matcher, const cc_try_t *trial, apr_int64_t effort)
{
    PCRE2_SIZE begin = pcre2_get_ovector_pointer(matcher->data)[0];
    apr_int64_t tried = begin > trial->from ? (apr_int64_t)(begin - trial->from) + 1 : 1;

    return effort / trial->places * (trial->places - tried);
}

/* A match for which too little effort is left does not begin, nor does any match after it. */
static int match_run(cc_matcher_t *matcher, const cc_pattern_t *pattern, const cc_try_t *trial)
{
    const cc_value_t *value = trial->value;
    apr_int64_t weight = (1 + (apr_int64_t)value->len / VALUE_WEIGHT) * trial->places;
    apr_int64_t *left = &matcher->left[matcher->aside];
    int matched = PCRE2_ERROR_MATCHLIMIT;

    if (value->len > VALUE_MAX) {
        return TOO_LONG;
    }
    for (int i = 0; i < CC_STEP_LIMITS && matched == PCRE2_ERROR_MATCHLIMIT; i++) {
        apr_int64_t effort = cc_step_limits[i] * weight;

        if (effort > EFFORT_CALL) {
            break;
        }
        if (effort > *left) {
            *left = -1;
            return SPENT;
        }
        *left -= effort;
        matched = match_within(matcher, pattern, trial, matcher->engine->match[i]);
        if (matched >= 0) {
            *left += unspent(matcher, trial, effort);
        }
    }
    return matched;
}

static const char *given_up_text(int error, const cc_value_t *value, apr_pool_t *p)
{
    if (error == SPENT) {
        return "the patterns have used all the steps that one certificate is allowed";
    }
    if (error == TOO_LONG) {
        return apr_psprintf(p, "the value has %" APR_SIZE_T_FMT " bytes, and the limit is %d",
                            value->len, VALUE_MAX);
    }
    return cc_pcre2_error(error, p);
}

cc_fit_t cc_matcher_match(cc_matcher_t *matcher, const cc_pattern_t *pattern,
                          const cc_value_t *value, const struct iovec **groups, const char **reason)
{
    cc_try_t trial = {.value = value, .places = 1};
    int matched = matcher->data ? match_run(matcher, pattern, &trial) : PCRE2_ERROR_NOMEMORY;

    if (matched == PCRE2_ERROR_NOMATCH) {
        return CC_FIT_NO;
    }
    if (matched < 0) {
        *reason = given_up_text(matched, value, matcher->pool);
        return CC_FIT_UNDECIDED;
    }
    if (folds_to_ascii(value)) {
        *reason = "the value contains a letter that folds to an ASCII one, U+017F or U+212A";
        return CC_FIT_UNDECIDED;
    }
    if (groups) {
        *groups = groups_copy(matcher, pattern, value->text, matched);
    }
    return CC_FIT_YES;
}

/* ---- searching --------------------------------------------------------------------------- */

/* Where the next match may begin: an empty one is not found twice. */
static cc_try_t trial_next(const cc_search_t *search)
{
    const struct iovec *last = search->groups;
    cc_try_t trial = {.value = search->value};

    if (last) {
        const char *end = (const char *)last->iov_base + last->iov_len;

        trial.from = (PCRE2_SIZE)(end - search->value->text);
        trial.options = last->iov_len == 0 ? PCRE2_NOTEMPTY_ATSTART : 0;
    }
    trial.places = (apr_int64_t)(search->value->len - trial.from) + 1;
    return trial;
}

/* A literal. */
static const char *search_reason(int error)
{
    return error == TOO_LONG ? "it has more than 8192 bytes, too many for a pattern"
                             : "the pattern takes too many steps or too much memory";
}

/* With \K in an assertion, a match may begin before the place where the search began. */
cc_fit_t cc_matcher_search(cc_matcher_t *matcher, const cc_pattern_t *pattern, cc_search_t *search)
{
    cc_try_t trial = trial_next(search);
    int matched = matcher->data ? match_run(matcher, pattern, &trial) : PCRE2_ERROR_NOMEMORY;
    const PCRE2_SIZE *offsets;

    if (matched == PCRE2_ERROR_NOMATCH) {
        return CC_FIT_NO;
    }
    if (matched < 0) {
        search->reason = search_reason(matched);
        return CC_FIT_UNDECIDED;
    }
    offsets = pcre2_get_ovector_pointer(matcher->data);
    if (offsets[0] < trial.from || offsets[1] < offsets[0]) {
        search->reason = "a match ends before it begins";
        return CC_FIT_UNDECIDED;
    }
    if (folds_to_ascii(search->value)) {
        search->reason = "it contains a letter that folds to an ASCII one, U+017F or U+212A";
        return CC_FIT_UNDECIDED;
    }
    search->groups = groups_copy(matcher, pattern, search->value->text, matched);
    return CC_FIT_YES;
}
