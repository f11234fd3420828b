/* SPDX-License-Identifier: Apache-2.0 */
/* Computes the distance between two names, for error messages that suggest a name. */
#ifndef CC_CERT_DISTANCE_H
#define CC_CERT_DISTANCE_H

/* The number of letters to add, drop or change to turn one into the other, ignoring case. */
int cc_name_distance(const char *a, const char *b);

/*
 * The largest distance at which a legal name is still offered in place of this one: a third of its
 * letters. A name that is farther away is as likely to be another word.
 */
int cc_name_tolerance(const char *name);

#endif
