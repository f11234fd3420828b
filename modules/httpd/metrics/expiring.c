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
 * Each slot is a sequence lock (slot.h). The time at which the certificate was last seen is next to
 * the words of the entry. It is one number, so it is stored without the lock. A slot that a killed
 * process has left locked is skipped.
 *
 * A new certificate takes an unused slot, or that of an expired certificate. If there is neither,
 * it takes the slot of the certificate that expires last, if that is later than its own expiry: the
 * list keeps those that expire first.
 *
 * Two threads that add one certificate at the same moment may both find a slot. That does no harm:
 * cc_expiring_read takes each mark once.
 */
#define WORD(member) (offsetof(cc_expiry_t, member) / sizeof(apr_uint64_t))

/* The two halves of the mark are the first words of an entry. */
_Static_assert(offsetof(cc_expiry_t, mark) == 0, "the mark is first");
_Static_assert(sizeof(cc_expiry_t) % sizeof(apr_uint64_t) == 0, "an entry is whole words");
_Static_assert(offsetof(cc_expiry_t, user) % sizeof(apr_uint64_t) == 0, "a user begins a word");

/* ---- a slot ------------------------------------------------------------------------------ */

/* False if the slot was never used, or is constantly being written. */
static bool slot_read(const cc_expiring_slot_t *slot, cc_expiry_t *expiry)
{
    for (int i = 0; i < CC_SLOT_TRIES; i++) {
        apr_uint64_t version = cc_slot_version(&slot->version);

        if (version == 0 || (version & 1)) {
            return false;
        }
        cc_slot_get(expiry, slot->words, CC_EXPIRY_WORDS);
        expiry->seen = (apr_time_t)atomic_load(&slot->seen);
        if (atomic_load(&slot->version) == version) {
            return true;
        }
    }
    return false;
}

/* Writes the entry, and releases the lock. */
static void slot_fill(cc_expiring_slot_t *slot, const cc_expiry_t *expiry)
{
    cc_slot_put(slot->words, expiry, CC_EXPIRY_WORDS);
    cc_slot_unlock(&slot->version);
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

        if (cc_slot_version(&slot->version) == 0) {
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
        apr_uint64_t version = cc_slot_version(&slot->version);
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
    for (int i = 0; i < CC_SLOT_TRIES && !slot_find(list, &expiry->mark); i++) {
        candidate_t target = candidate_find(list, &expiry->mark, expiry->not_after, expiry->seen);

        if (!target.slot) {
            return;
        }
        if (cc_slot_lock(&target.slot->version, target.version)) {
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
    apr_uint64_t version = slot ? cc_slot_version(&slot->version) : 0;
    cc_expiry_t expiry;

    if (!slot || !slot_read(slot, &expiry) || memcmp(&expiry.mark, mark, sizeof(*mark)) != 0 ||
        expiry.user[0] || !cc_slot_lock(&slot->version, version)) {
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
