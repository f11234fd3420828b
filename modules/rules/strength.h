/* SPDX-License-Identifier: Apache-2.0 */
/* Declares what values, templates and patterns determine, for the strength of rules. */
#ifndef CC_RULES_STRENGTH_H
#define CC_RULES_STRENGTH_H

#include "rules/template.h"

/* ---- strength_field.c -------------------------------------------------------------------- */

/* What is determined of the CA that issued the certificate. */
typedef enum { CC_CA_UNKNOWN, CC_CA_NAME, CC_CA_KEY } cc_ca_pin_t;

/* What one value of a selector, or of the fields of a key, determines of the CA. */
cc_ca_pin_t cc_selector_ca_pin(const cc_selector_t *selector);

/* The strength of a user that depends on all of a selector's value, if a condition pins `ca`. */
cc_strength_t cc_selector_strength(const cc_selector_t *selector, cc_ca_pin_t ca);

/* Whether a value determines the whole certificate, and so each of its fields. */
bool cc_selector_pins_certificate(const cc_selector_t *selector);

/* Whether a value, or one in a key, is not of the certificate: of the connection, a CA, a time. */
bool cc_selector_is_outside(const cc_selector_t *selector);

/*
 * Whether two values of the field are always two values of the selector, but for letter case; and
 * whether letter case counts in its values, as in base64.
 */
bool cc_selector_is_whole(const cc_selector_t *selector);
bool cc_selector_has_case(const cc_selector_t *selector);

/* ---- template_split.c -------------------------------------------------------------------- */

/*
 * Whether each text that the template gives determines the texts of all of its parts: no character
 * can move from one to the next. True too if all parts are columns of one row. False if that is not
 * certain. The template is one of the rule's.
 */
bool cc_template_splits(const cc_rule_t *rule, const cc_template_t *template);

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
