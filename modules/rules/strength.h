/* SPDX-License-Identifier: Apache-2.0 */
/* Declares what patterns determine, for the strength of rules. */
#ifndef CC_RULES_STRENGTH_H
#define CC_RULES_STRENGTH_H

#include "rules/internal.h"

/* ---- pattern_whole.c --------------------------------------------------------------------- */

/*
 * Whether all text of the condition's pattern outside of its outermost groups is literal, so that
 * the texts of these groups determine the value. *groups has a bit for each of them, bit 0 for
 * group 1. False if that is not certain.
 */
bool cc_pattern_whole(const cc_condition_t *c, unsigned *groups, apr_pool_t *p);

/*
 * Whether no text of this group, of a condition for which cc_pattern_whole is true, has the octet,
 * an ASCII character. False if that is not certain, also for a group in another group.
 */
bool cc_pattern_group_lacks(const cc_condition_t *c, int group, char octet);

#endif
