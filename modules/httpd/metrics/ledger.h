/* SPDX-License-Identifier: Apache-2.0 */
/* Keeps the ledger of a virtual host, its verified certificates without a rule, in shared memory.
 */
#ifndef CC_LEDGER_H
#define CC_LEDGER_H

#include <stdbool.h>
#include <stddef.h>

#include <apr_pools.h>
#include <apr_tables.h>
#include <apr_time.h>

#include "httpd/metrics/slot.h"

#define CC_LEDGER_MOST 256  /* certificates; a new one replaces the one not seen for longest */
#define CC_LEDGER_TEXT 320  /* octets of a text with its NUL */
#define CC_LEDGER_DER 5472  /* octets of a certificate in base64: 4,096 octets of DER, and a NUL */
#define CC_LEDGER_SHA256 32 /* octets */

/** A certificate that no rule mapped. Texts are for a page, made by cc_text_excerpt. */
typedef struct cc_ledger_entry_t {
    unsigned char sha256[CC_LEDGER_SHA256];
    apr_time_t first, last; /* when it was seen */
    apr_uint64_t count;     /* verdicts: one for each connection and set of rules */
    char issuer[CC_LEDGER_TEXT];
    char serial[CC_LEDGER_TEXT];
} cc_ledger_entry_t;

/** What identifies a person. */
typedef struct cc_ledger_names_t {
    char subject[CC_LEDGER_TEXT];
    char der[CC_LEDGER_DER]; /* base64; "": the certificate is too long to be kept */
} cc_ledger_names_t;

/** An entry as it was read. */
typedef struct cc_ledger_read_t {
    cc_ledger_entry_t entry;
    const cc_ledger_names_t *names; /* NULL: the ledger keeps none */
} cc_ledger_read_t;

/**
 * A ledger. Processes may share its memory. Any thread of any process may call any function at any
 * time; no call waits for a lock that another holds for long. A reader never gets half an entry,
 * and does not hang if a process ended while writing one. `oldest`: an entry that was last seen
 * before this moment counts as not there.
 */
typedef struct cc_ledger_t {
    cc_slot_word_t *memory;
    bool names; /* false: its memory has no place for names */
} cc_ledger_t;

/** How much memory a ledger needs, in octets. Memory that is all 0 is an empty ledger. */
size_t cc_ledger_size(bool names);

/** Counts a certificate that is listed, as seen now. False: it is not listed. */
bool cc_ledger_count(const cc_ledger_t *ledger, const unsigned char *sha256, apr_time_t now,
                     apr_time_t oldest);

/**
 * Adds an entry (a copy), unless the certificate is listed, in which case it is counted. `names`
 * may be NULL, and is not read if the ledger keeps no names.
 */
void cc_ledger_add(const cc_ledger_t *ledger, const cc_ledger_entry_t *entry,
                   const cc_ledger_names_t *names, apr_time_t oldest);

/**
 * Overwrites the entries that were last seen before `oldest`. Others take their places. What a
 * process that was killed had not yet written to its end stays.
 */
void cc_ledger_erase(const cc_ledger_t *ledger, apr_time_t oldest);

/**
 * Copies the entries (of cc_ledger_read_t, in `p`): each certificate once, the one that was seen
 * last first.
 */
apr_array_header_t *cc_ledger_read(const cc_ledger_t *ledger, apr_time_t oldest, apr_pool_t *p);

/** How many entries there are. */
int cc_ledger_entries(const cc_ledger_t *ledger, apr_time_t oldest);

/** How many entries were replaced by others while they were still listed. */
apr_uint64_t cc_ledger_replaced(const cc_ledger_t *ledger);

#endif
