/* SPDX-License-Identifier: Apache-2.0 */
/* Computes the distance of two names, for error messages that suggest a name. */
#ifndef CC_CERT_DISTANCE_H
#define CC_CERT_DISTANCE_H

/* How many letters must be added, dropped or changed to turn one into the other, ignoring case. */
int cc_name_distance(const char *a, const char *b);

#endif
