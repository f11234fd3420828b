/* SPDX-License-Identifier: Apache-2.0 */
/* Knows how one thread replaces what many others read, while none of them waits. */
#ifndef CC_VERSION_H
#define CC_VERSION_H

#include <stdatomic.h>
#include <stdbool.h>

#include <apr.h>

/** What many threads read and one thread replaces. Its members are for snapshot.c alone. */
typedef struct cc_versions_t {
    void *side[2];
    atomic_uint_least64_t number;
    atomic_uint readers[2];
    void *replaced; /* and not yet given back */
} cc_versions_t;

void cc_versions_start(cc_versions_t *versions, void *first);

/** What is current; it stays until cc_versions_leave with the same side. Neither of them waits. */
void *cc_versions_enter(cc_versions_t *versions, unsigned *side);
void cc_versions_leave(cc_versions_t *versions, unsigned side);

/** Puts another in its place, if all is settled. One thread: this and what follows. */
void cc_versions_replace(cc_versions_t *versions, void *next);

/**
 * What was replaced, once nobody reads it any more; NULL where somebody does, or where it has been
 * given. Reading takes microseconds, but who reads may be kept from it: it waits a moment for him.
 */
void *cc_versions_unused(cc_versions_t *versions);

/** True if cc_versions_unused has given all that was replaced. */
bool cc_versions_settled(const cc_versions_t *versions);

/** What is current. */
void *cc_versions_current(cc_versions_t *versions);

/** Grows with every replacement. */
apr_uint64_t cc_versions_number(cc_versions_t *versions);

#endif
