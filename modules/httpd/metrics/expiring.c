/* SPDX-License-Identifier: Apache-2.0 */
/* Keeps the list of certificates that expire soon, in memory that all processes share. */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>

#include "httpd/metrics/expiring.h"

/*
 * The list is a hash table of 256 slots with linear probing, in shared memory, without a lock. Any
 * thread of any process reads and writes it, and any process may be killed at any instruction.
 *
 * The search. A certificate is identified by its mark, 128 practically random bits. The search for
 * a mark begins at the slot that the mark selects, and continues slot by slot. It ends at the mark,
 * or at a slot that was never used. Slots are reused for other certificates, but never become
 * unused again. So no certificate is ever hidden behind an empty slot, and there are no tombstones.
 *
 * Each slot is a sequence lock. Its version counts writes: 0 means that the slot was never used,
 * and an odd number that it is being written.
 *   - A writer changes the version from even to odd by a compare-and-swap. If another writer was
 *     faster, that fails, and the writer searches for a slot again. The owner of the odd version
 *     writes the words of the entry, and makes the version even again.
 *   - A reader notes an even version, copies the words, and reads the version again. The copy is
 *     valid if both versions are the same. The words are stored with release and loaded with
 *     acquire: a reader that has read a new word also sees the odd version set before it.
 *   - The time at which the certificate was last seen is next to the words. It is one number, so it
 *     is stored without the lock.
 *
 * A process that is killed while it writes leaves an odd version forever. So no thread waits
 * without limit: after TRIES reads a reader skips the slot. The slot is lost, but the list still
 * works.
 *
 * A new certificate takes an unused slot, or that of an expired certificate. If there is neither,
 * it takes the slot of the certificate that expires last, if that is later than its own expiry: the
 * list keeps those that expire first.
 *
 * Two threads that add one certificate at the same moment may both find a slot. That does no harm:
 * cc_expiring_read takes each mark once.
 */
#define TRIES 1000
#define WORD(member) (offsetof(cc_expiry_t, member) / sizeof(apr_uint64_t))

/* The two halves of the mark are the first words of an entry. */
_Static_assert(offsetof(cc_expiry_t, mark) == 0, "the mark is first");
_Static_assert(sizeof(cc_expiry_t) % sizeof(apr_uint64_t) == 0, "an entry is whole words");
_Static_assert(offsetof(cc_expiry_t, user) % sizeof(apr_uint64_t) == 0, "a user begins a word");
/* Atomics that use locks would work within one process only. */
_Static_assert(ATOMIC_LLONG_LOCK_FREE == 2, "numbers of 64 bits are shared between processes");

/* ---- a slot ------------------------------------------------------------------------------ */

/*
 * The version of a slot while no write is in progress. Odd if a write takes longer than that of any
 * live writer.
 */
static apr_uint64_t stable_version(const cc_expiring_slot_t *slot)
{
    apr_uint64_t version = atomic_load(&slot->version);

    for (int i = 0; i < TRIES && (version & 1); i++) {
        version = atomic_load(&slot->version);
    }
    return version;
}

static void words_read(const cc_expiring_slot_t *slot, cc_expiry_t *expiry)
{
    apr_uint64_t words[CC_EXPIRY_WORDS];

    for (size_t i = 0; i < CC_EXPIRY_WORDS; i++) {
        words[i] = atomic_load_explicit(&slot->words[i], memory_order_acquire);
    }
    memcpy(expiry, words, sizeof(*expiry));
}

/* False if the slot was never used, or is constantly being written. */
static bool slot_read(const cc_expiring_slot_t *slot, cc_expiry_t *expiry)
{
    for (int i = 0; i < TRIES; i++) {
        apr_uint64_t version = stable_version(slot);

        if (version == 0 || (version & 1)) {
            return false;
        }
        words_read(slot, expiry);
        expiry->seen = (apr_time_t)atomic_load(&slot->seen);
        if (atomic_load(&slot->version) == version) {
            return true;
        }
    }
    return false;
}

/* Takes the write lock of a slot; false if another writer was faster. `version` is even. */
static bool slot_lock(cc_expiring_slot_t *slot, apr_uint64_t version)
{
    return atomic_compare_exchange_strong(&slot->version, &version, version + 1);
}

/* Writes the entry, and releases the lock. */
static void slot_fill(cc_expiring_slot_t *slot, const cc_expiry_t *expiry)
{
    apr_uint64_t words[CC_EXPIRY_WORDS];

    memcpy(words, expiry, sizeof(*expiry));
    for (size_t i = 0; i < CC_EXPIRY_WORDS; i++) {
        atomic_store_explicit(&slot->words[i], words[i], memory_order_release);
    }
    atomic_fetch_add(&slot->version, 1);
}

static bool slot_has(const cc_expiring_slot_t *slot, const cc_mark_t *mark)
{
    return atomic_load_explicit(&slot->words[0], memory_order_acquire) == mark->half[0] &&
           atomic_load_explicit(&slot->words[1], memory_order_acquire) == mark->half[1];
}

/* ---- the search --------------------------------------------------------------------------- */

/* The i-th slot of the search for a mark. */
static cc_expiring_slot_t *slot_at(cc_expiring_t *list, const cc_mark_t *mark, unsigned i)
{
    return &list->slots[(mark->half[0] + i) % CC_EXPIRING_MOST];
}

/* NULL: the mark is not listed. */
static cc_expiring_slot_t *slot_find(cc_expiring_t *list, const cc_mark_t *mark)
{
    for (unsigned i = 0; i < CC_EXPIRING_MOST; i++) {
        cc_expiring_slot_t *slot = slot_at(list, mark, i);

        if (stable_version(slot) == 0) {
            return NULL;
        }
        if (slot_has(slot, mark)) {
            return slot;
        }
    }
    return NULL;
}

/* A slot that may be written, and the version that was read. */
typedef struct {
    cc_expiring_slot_t *slot; /* NULL: none */
    apr_uint64_t version;
} candidate_t;

/* A slot for a new certificate: unused, of an expired certificate, or of one that expires later. */
static candidate_t candidate_find(cc_expiring_t *list, const cc_mark_t *mark, apr_time_t not_after,
                                  apr_time_t now)
{
    candidate_t best = {NULL, 0};

    for (unsigned i = 0; i < CC_EXPIRING_MOST; i++) {
        cc_expiring_slot_t *slot = slot_at(list, mark, i);
        apr_uint64_t version = stable_version(slot);
        apr_time_t end = (apr_time_t)atomic_load(&slot->words[WORD(not_after)]);

        if (version == 0 || (!(version & 1) && end <= now)) {
            return (candidate_t){slot, version};
        }
        if (!(version & 1) && end > not_after) {
            not_after = end;
            best = (candidate_t){slot, version};
        }
    }
    return best;
}

/* ---- the list ---------------------------------------------------------------------------- */

bool cc_expiring_wants(cc_expiring_t *list, const cc_mark_t *mark, apr_time_t not_after,
                       apr_time_t now)
{
    cc_expiring_slot_t *slot = slot_find(list, mark);

    if (slot) {
        atomic_store(&slot->seen, (apr_uint64_t)now);
        return false;
    }
    return candidate_find(list, mark, not_after, now).slot != NULL;
}

/* A certificate that gets no slot in so many tries is added on its next connection. */
void cc_expiring_add(cc_expiring_t *list, const cc_expiry_t *expiry)
{
    for (int i = 0; i < TRIES && !slot_find(list, &expiry->mark); i++) {
        candidate_t target = candidate_find(list, &expiry->mark, expiry->not_after, expiry->seen);

        if (!target.slot) {
            return;
        }
        if (slot_lock(target.slot, target.version)) {
            atomic_store(&target.slot->seen, (apr_uint64_t)expiry->seen);
            slot_fill(target.slot, expiry);
            return;
        }
    }
}

bool cc_expiring_lacks_user(cc_expiring_t *list, const cc_mark_t *mark)
{
    const cc_expiring_slot_t *slot = slot_find(list, mark);

    return slot && atomic_load(&slot->words[WORD(user)]) == 0;
}

void cc_expiring_set_user(cc_expiring_t *list, const cc_mark_t *mark, const char *user)
{
    cc_expiring_slot_t *slot = slot_find(list, mark);
    apr_uint64_t version = slot ? stable_version(slot) : 0;
    cc_expiry_t expiry;

    if (!slot || !slot_read(slot, &expiry) || memcmp(&expiry.mark, mark, sizeof(*mark)) != 0 ||
        expiry.user[0] || !slot_lock(slot, version)) {
        return;
    }
    apr_cpystrn(expiry.user, user, sizeof(expiry.user));
    slot_fill(slot, &expiry);
}

static bool is_among(const cc_expiry_t *expiries, int count, const cc_mark_t *mark)
{
    for (int i = 0; i < count; i++) {
        if (!memcmp(&expiries[i].mark, mark, sizeof(*mark))) {
            return true;
        }
    }
    return false;
}

static int by_not_after(const void *a, const void *b)
{
    const cc_expiry_t *one = a, *other = b;

    return (one->not_after > other->not_after) - (one->not_after < other->not_after);
}

int cc_expiring_read(const cc_expiring_t *list, cc_expiry_t *expiries, apr_time_t now)
{
    int count = 0;

    for (int i = 0; i < CC_EXPIRING_MOST; i++) {
        cc_expiry_t *expiry = &expiries[count];

        if (slot_read(&list->slots[i], expiry) && expiry->not_after > now &&
            !is_among(expiries, count, &expiry->mark)) {
            count++;
        }
    }
    qsort(expiries, (size_t)count, sizeof(*expiries), by_not_after);
    return count;
}
