/* SPDX-License-Identifier: Apache-2.0 */
/* Knows what others see of the certificates that end soon. */
#ifndef CC_EXPIRING_H
#define CC_EXPIRING_H

#include <stdatomic.h>
#include <stdbool.h>

#include <apr_time.h>

#define CC_EXPIRING_MOST 256 /* certificates; of more, those that end first */
#define CC_EXPIRING_SPAN apr_time_from_sec(30 * 24 * 60 * 60)
#define CC_EXPIRING_TEXT 320 /* octets of a text with its NUL */

/** What tells a certificate from all others: octets that are as good as random. */
typedef struct cc_mark_t {
    apr_uint64_t half[2];
} cc_mark_t;

/** A certificate that ends soon. Texts are for a page: what cc_text_excerpt gave. */
typedef struct cc_ending_t {
    cc_mark_t mark;
    apr_time_t not_after;
    apr_time_t seen; /* when it was presented last */
    unsigned char sha256[32];
    char subject[CC_EXPIRING_TEXT];
    char user[CC_EXPIRING_TEXT]; /* "": none so far */
} cc_ending_t;

#define CC_ENDING_WORDS (sizeof(cc_ending_t) / sizeof(apr_uint64_t))

/** A place for one. Its members are for expiring.c alone. */
typedef struct cc_expiring_slot_t {
    atomic_uint_least64_t version; /* 0: never used; odd: somebody writes it */
    atomic_uint_least64_t seen;
    atomic_uint_least64_t words[CC_ENDING_WORDS];
} cc_expiring_slot_t;

/**
 * Certificates that end soon. Memory that is all 0 is a list without any; it may be shared by
 * processes. All of them may call all functions at any time, in any thread: nobody waits for a
 * lock, and nobody sees half of an entry, or hangs where a process ended while it wrote one.
 */
typedef struct cc_expiring_t {
    cc_expiring_slot_t slots[CC_EXPIRING_MOST];
} cc_expiring_t;

/** True if it ends so soon that it is to be listed; not if it has ended. */
static inline bool cc_expiring_soon(apr_time_t not_after, apr_time_t now)
{
    return not_after < now + CC_EXPIRING_SPAN && not_after > now;
}

/**
 * True if it is to be added: it is not listed, and there is a place for it: an unused one, or that
 * of one that has ended meanwhile, or that ends later. Who is listed is noted as seen now.
 */
bool cc_expiring_wants(cc_expiring_t *list, const cc_mark_t *mark, apr_time_t not_after,
                       apr_time_t now);

/** Lists it, unless another has just taken the last place. */
void cc_expiring_add(cc_expiring_t *list, const cc_ending_t *ending);

/** True if it is listed, and whom it is mapped to is not known yet. */
bool cc_expiring_lacks_user(cc_expiring_t *list, const cc_mark_t *mark);

/** Notes whom it is mapped to, if it lacks that. */
void cc_expiring_user(cc_expiring_t *list, const cc_mark_t *mark, const char *user);

/**
 * Those that have not ended, each once, the first to end first: how many there are. `endings` has
 * room for CC_EXPIRING_MOST.
 */
int cc_expiring_read(const cc_expiring_t *list, cc_ending_t *endings, apr_time_t now);

#endif
