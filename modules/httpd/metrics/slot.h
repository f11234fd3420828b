/* SPDX-License-Identifier: Apache-2.0 */
/* Guards an entry in memory that all processes share, by a sequence lock. */
#ifndef CC_SLOT_H
#define CC_SLOT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include <apr.h>

/*
 * A slot has a version and the words of an entry. The version counts writes: 0 means that the slot
 * was never used, and an odd number that it is being written.
 *   - A writer changes the version from even to odd by a compare-and-swap (cc_slot_lock). If
 *     another writer was faster, that fails. The owner of the odd version writes the words
 *     (cc_slot_put), and makes the version even again (cc_slot_unlock).
 *   - A reader notes an even version (cc_slot_version), copies the words (cc_slot_get), and loads
 *     the version again. The copy is valid if both versions are the same. The words are stored with
 *     release and loaded with acquire: a reader that has read a new word also sees the odd version
 *     set before it.
 *
 * Any process may be killed at any instruction. One that is killed while it writes leaves an odd
 * version forever, so no thread waits without limit: the slot is lost, and all others still work.
 */

/** A number in memory that processes share. */
typedef atomic_uint_least64_t cc_slot_word_t;

/** How often a thread reads a version, or tries to get or read a slot, before it gives up. */
#define CC_SLOT_TRIES 1000

/**
 * The version of a slot while no write is in progress. Odd if a write takes longer than that of any
 * live writer.
 */
apr_uint64_t cc_slot_version(const cc_slot_word_t *version);

/** Takes the write lock of a slot; false if another writer was faster. `seen` is even. */
static inline bool cc_slot_lock(cc_slot_word_t *version, apr_uint64_t seen)
{
    return atomic_compare_exchange_strong(version, &seen, seen + 1);
}

/** Releases the write lock. */
static inline void cc_slot_unlock(cc_slot_word_t *version)
{
    atomic_fetch_add(version, 1);
}

/** Writes `count` words of an entry, whose lock the caller has; and copies them from the slot. */
void cc_slot_put(cc_slot_word_t *words, const void *entry, size_t count);
void cc_slot_get(void *entry, const cc_slot_word_t *words, size_t count);

#endif
