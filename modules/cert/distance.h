/* SPDX-License-Identifier: Apache-2.0 */
/* The distance of two names, for error messages that suggest one. */
#ifndef CC_CERT_DISTANCE_H
#define CC_CERT_DISTANCE_H

/* How many letters must be added, dropped or changed (case apart) to turn one into the other. */
int cc_name_distance(const char *a, const char *b);

#endif
