/* SPDX-License-Identifier: Apache-2.0 */
/* Computes the distance between two names, for error messages that suggest a name. */
#ifndef CC_CERT_DISTANCE_H
#define CC_CERT_DISTANCE_H

/* The number of letters to add, drop or change to turn one into the other, ignoring case. */
int cc_name_distance(const char *a, const char *b);

#endif
