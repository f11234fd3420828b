/* SPDX-License-Identifier: Apache-2.0 */
/* Guards an entry in memory that all processes share, by a sequence lock. */
#include <string.h>

#include "httpd/metrics/slot.h"

/* Atomics that use locks would work within one process only. */
_Static_assert(ATOMIC_LLONG_LOCK_FREE == 2, "numbers of 64 bits are shared between processes");

apr_uint64_t cc_slot_version(const cc_slot_word_t *version)
{
    apr_uint64_t seen = atomic_load(version);

    for (int i = 0; i < CC_SLOT_TRIES && (seen & 1); i++) {
        seen = atomic_load(version);
    }
    return seen;
}

void cc_slot_put(cc_slot_word_t *words, const void *entry, size_t count)
{
    apr_uint64_t word;

    for (size_t i = 0; i < count; i++) {
        memcpy(&word, (const char *)entry + i * sizeof(word), sizeof(word));
        atomic_store_explicit(&words[i], word, memory_order_release);
    }
}

void cc_slot_get(void *entry, const cc_slot_word_t *words, size_t count)
{
    apr_uint64_t word;

    for (size_t i = 0; i < count; i++) {
        word = atomic_load_explicit(&words[i], memory_order_acquire);
        memcpy((char *)entry + i * sizeof(word), &word, sizeof(word));
    }
}
