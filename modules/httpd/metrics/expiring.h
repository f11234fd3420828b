/* SPDX-License-Identifier: Apache-2.0 */
/* Keeps the list of certificates that expire soon, in memory that all processes share. */
#ifndef CC_EXPIRING_H
#define CC_EXPIRING_H

#include <stdbool.h>

#include <apr_time.h>

#include "httpd/metrics/slot.h"

#define CC_EXPIRING_MOST 256 /* certificates; if there are more, those that expire first */
#define CC_EXPIRING_SPAN apr_time_from_sec(30 * 24 * 60 * 60)
#define CC_EXPIRING_TEXT 320 /* octets of a text with its NUL */

/** Identifies a certificate by octets that are practically random. */
typedef struct cc_mark_t {
    apr_uint64_t half[2];
} cc_mark_t;

/** A certificate that expires soon. Texts are for a page, made by cc_text_excerpt. */
typedef struct cc_expiry_t {
    cc_mark_t mark;
    apr_time_t not_after;
    apr_time_t seen; /* when a connection last presented it */
    unsigned char sha256[32];
    char subject[CC_EXPIRING_TEXT];
    char user[CC_EXPIRING_TEXT]; /* "": none so far */
} cc_expiry_t;

#define CC_EXPIRY_WORDS (sizeof(cc_expiry_t) / sizeof(apr_uint64_t))

/** Memory for one entry. Its members are for expiring.c alone. */
typedef struct cc_expiring_slot_t {
    cc_slot_word_t version; /* slot.h */
    cc_slot_word_t seen;
    cc_slot_word_t words[CC_EXPIRY_WORDS];
} cc_expiring_slot_t;

/**
 * The list. Memory that is all 0 is an empty list; processes may share it. Any thread of any
 * process may call any function at any time. No call waits for a lock. A reader never gets half an
 * entry, and does not hang if a process ended while writing one.
 */
typedef struct cc_expiring_t {
    cc_expiring_slot_t slots[CC_EXPIRING_MOST];
} cc_expiring_t;

/** True if a certificate expires so soon that it belongs on the list; false once it has expired. */
static inline bool cc_expiring_soon(apr_time_t not_after, apr_time_t now)
{
    return not_after < now + CC_EXPIRING_SPAN && not_after > now;
}

/**
 * True if the certificate is to be added: it is not listed, and there is a slot for it (an unused
 * one, or that of a certificate that has expired or expires later). Notes a listed certificate as
 * seen now.
 */
bool cc_expiring_wants(cc_expiring_t *list, const cc_mark_t *mark, apr_time_t not_after,
                       apr_time_t now);

/** Lists a certificate (a copy), unless another has just taken the last slot. */
void cc_expiring_add(cc_expiring_t *list, const cc_expiry_t *expiry);

/** True if the certificate is listed without a user. */
bool cc_expiring_lacks_user(cc_expiring_t *list, const cc_mark_t *mark);

/** Notes the user of a certificate that is listed without one; a long name is cut off. */
void cc_expiring_set_user(cc_expiring_t *list, const cc_mark_t *mark, const char *user);

/**
 * Copies the certificates that have not expired to `expiries`, an array of CC_EXPIRING_MOST: each
 * once, the first to expire first. Returns their number.
 */
int cc_expiring_read(const cc_expiring_t *list, cc_expiry_t *expiries, apr_time_t now);

#endif
