/* SPDX-License-Identifier: Apache-2.0 */
/* Keeps the ledger of a virtual host, its verified certificates without a rule, in shared memory.
 */
#include <stdlib.h>
#include <string.h>

#include "httpd/metrics/ledger.h"

/*
 * The ledger is a hash table of 256 slots with linear probing, as the list of certificates that
 * expire soon (expiring.c). Each slot is a sequence lock (slot.h). The search for a certificate
 * begins at the slot that its digest selects, and ends at a slot that was never used. Slots are
 * reused, but never become unused again.
 *
 * A new certificate takes a slot that is erased or was never used. If there is none, it takes that
 * of the entry that was seen longest ago. An erased slot is all 0 but for its version, so its entry
 * was last seen before any other.
 *
 * Without names, a slot has no words for them: names cannot be there by mistake.
 *
 * Two threads that add one certificate at the same moment may both find a slot. A slot that a
 * killed process has left locked does not count as listed. So a certificate may have two slots:
 * cc_ledger_read adds them up.
 */
#define WORDS(octets) ((octets) / sizeof(apr_uint64_t))
#define WORD(member) WORDS(offsetof(cc_ledger_entry_t, member))
#define ENTRY_WORDS WORDS(sizeof(cc_ledger_entry_t))
#define NAMES_WORDS WORDS(sizeof(cc_ledger_names_t))
#define DIGEST_WORDS WORDS(CC_LEDGER_SHA256)

_Static_assert(offsetof(cc_ledger_entry_t, sha256) == 0, "the digest is first");
_Static_assert(sizeof(cc_ledger_entry_t) % sizeof(apr_uint64_t) == 0, "an entry is whole words");
_Static_assert(sizeof(cc_ledger_names_t) % sizeof(apr_uint64_t) == 0, "names are whole words");
_Static_assert(CC_LEDGER_SHA256 % sizeof(apr_uint64_t) == 0, "a digest is whole words");

/* The memory is a header, then the slots: version, entry, names. */
enum { REPLACED, USED, HEADER_WORDS }; /* USED: how many slots have ever been taken */

typedef struct ledger_slot_t {
    cc_slot_word_t *version; /* NULL: no slot */
    cc_slot_word_t *entry, *names;
    apr_uint64_t seen; /* the version that was read */
} ledger_slot_t;

static size_t slot_words(bool names)
{
    return 1 + ENTRY_WORDS + (names ? NAMES_WORDS : 0);
}

size_t cc_ledger_size(bool names)
{
    return (HEADER_WORDS + CC_LEDGER_MOST * slot_words(names)) * sizeof(cc_slot_word_t);
}

static ledger_slot_t slot_at(const cc_ledger_t *ledger, size_t i)
{
    cc_slot_word_t *at =
        ledger->memory + HEADER_WORDS + (i % CC_LEDGER_MOST) * slot_words(ledger->names);

    return (ledger_slot_t){at, at + 1, at + 1 + ENTRY_WORDS, cc_slot_version(at)};
}

/* The slot where the search for a digest begins. */
static size_t first_of(const unsigned char *sha256)
{
    apr_uint64_t word;

    memcpy(&word, sha256, sizeof(word));
    return (size_t)(word % CC_LEDGER_MOST);
}

static bool is_free(const ledger_slot_t *slot)
{
    return slot->seen == 0;
}

static bool is_locked(const ledger_slot_t *slot)
{
    return slot->seen & 1;
}

static apr_time_t last_of(const ledger_slot_t *slot)
{
    return (apr_time_t)atomic_load(&slot->entry[WORD(last)]);
}

/* The system gives memory when it is first read. An empty ledger is not read, and takes none. */
static bool is_empty(const cc_ledger_t *ledger)
{
    return atomic_load(&ledger->memory[USED]) == 0;
}

static bool has_digest(const ledger_slot_t *slot, const unsigned char *sha256)
{
    unsigned char own[CC_LEDGER_SHA256];

    cc_slot_get(own, slot->entry, DIGEST_WORDS);
    return memcmp(own, sha256, sizeof(own)) == 0;
}

/* ---- counting ---------------------------------------------------------------------------- */

static ledger_slot_t slot_find(const cc_ledger_t *ledger, const unsigned char *sha256,
                               apr_time_t oldest)
{
    for (size_t i = 0; i < CC_LEDGER_MOST; i++) {
        ledger_slot_t slot = slot_at(ledger, first_of(sha256) + i);

        if (is_free(&slot)) {
            break;
        }
        if (!is_locked(&slot) && has_digest(&slot, sha256) && last_of(&slot) >= oldest) {
            return slot;
        }
    }
    return (ledger_slot_t){NULL, NULL, NULL, 0};
}

/* If all tries fail, so many threads count this certificate that one more hardly matters. */
bool cc_ledger_count(const cc_ledger_t *ledger, const unsigned char *sha256, apr_time_t now,
                     apr_time_t oldest)
{
    ledger_slot_t slot = slot_find(ledger, sha256, oldest);

    for (int i = 0; slot.version && i < CC_SLOT_TRIES; i++) {
        if (cc_slot_lock(slot.version, slot.seen)) {
            atomic_fetch_add(&slot.entry[WORD(count)], 1);
            if (last_of(&slot) < now) {
                atomic_store(&slot.entry[WORD(last)], (apr_uint64_t)now);
            }
            cc_slot_unlock(slot.version);
            return true;
        }
        slot = slot_find(ledger, sha256, oldest);
    }
    return slot.version != NULL;
}

/* ---- adding ------------------------------------------------------------------------------ */

/* A slot that is erased or was never used, or that of the entry that was seen longest ago. */
static ledger_slot_t slot_for_new(const cc_ledger_t *ledger, size_t first)
{
    ledger_slot_t best = {NULL, NULL, NULL, 0};
    apr_time_t last = APR_INT64_MAX;

    for (size_t i = 0; i < CC_LEDGER_MOST; i++) {
        ledger_slot_t slot = slot_at(ledger, first + i);

        if (is_free(&slot) || (!is_locked(&slot) && last_of(&slot) == 0)) {
            return slot;
        }
        if (!is_locked(&slot) && last_of(&slot) < last) {
            last = last_of(&slot);
            best = slot;
        }
    }
    return best;
}

/* Writes the entry, and releases the lock. */
static void slot_fill(const cc_ledger_t *ledger, const ledger_slot_t *slot,
                      const cc_ledger_entry_t *entry, const cc_ledger_names_t *names)
{
    static const cc_ledger_names_t none;

    cc_slot_put(slot->entry, entry, ENTRY_WORDS);
    if (ledger->names) {
        cc_slot_put(slot->names, names ? names : &none, NAMES_WORDS);
    }
    cc_slot_unlock(slot->version);
}

/* A certificate that gets no slot in so many tries is added on its next connection. */
void cc_ledger_add(const cc_ledger_t *ledger, const cc_ledger_entry_t *entry,
                   const cc_ledger_names_t *names, apr_time_t oldest)
{
    for (int i = 0; i < CC_SLOT_TRIES; i++) {
        ledger_slot_t slot;
        bool replaces;

        if (cc_ledger_count(ledger, entry->sha256, entry->last, oldest)) {
            return;
        }
        slot = slot_for_new(ledger, first_of(entry->sha256));
        if (!slot.version) {
            return;
        }
        replaces = !is_free(&slot) && last_of(&slot) >= oldest;
        if (cc_slot_lock(slot.version, slot.seen)) {
            atomic_fetch_add(&ledger->memory[USED], is_free(&slot));
            slot_fill(ledger, &slot, entry, names);
            atomic_fetch_add(&ledger->memory[REPLACED], replaces);
            return;
        }
    }
}

/* ---- erasing ----------------------------------------------------------------------------- */

/* An entry that is counted at this moment has another version, and stays. */
void cc_ledger_erase(const cc_ledger_t *ledger, apr_time_t oldest)
{
    static const cc_ledger_entry_t none;

    for (size_t i = 0; !is_empty(ledger) && i < CC_LEDGER_MOST; i++) {
        ledger_slot_t slot = slot_at(ledger, i);

        if (!is_free(&slot) && !is_locked(&slot) && last_of(&slot) != 0 &&
            last_of(&slot) < oldest && cc_slot_lock(slot.version, slot.seen)) {
            slot_fill(ledger, &slot, &none, NULL);
        }
    }
}

/* ---- reading ----------------------------------------------------------------------------- */

/* False if the slot was never used, or is constantly being written. */
static bool slot_read(const cc_ledger_t *ledger, size_t i, cc_ledger_entry_t *entry,
                      cc_ledger_names_t *names)
{
    for (int tries = 0; tries < CC_SLOT_TRIES; tries++) {
        ledger_slot_t slot = slot_at(ledger, i);

        if (is_free(&slot) || is_locked(&slot)) {
            return false;
        }
        cc_slot_get(entry, slot.entry, ENTRY_WORDS);
        if (names) {
            cc_slot_get(names, slot.names, NAMES_WORDS);
        }
        if (atomic_load(slot.version) == slot.seen) {
            return true;
        }
    }
    return false;
}

/* True if the certificate is among these entries, to which this one is then added. */
static bool is_merged(const apr_array_header_t *entries, const cc_ledger_entry_t *entry)
{
    for (int i = 0; i < entries->nelts; i++) {
        cc_ledger_entry_t *other = &APR_ARRAY_IDX(entries, i, cc_ledger_read_t).entry;

        if (memcmp(other->sha256, entry->sha256, sizeof(entry->sha256)) == 0) {
            other->count += entry->count;
            other->first = entry->first < other->first ? entry->first : other->first;
            other->last = entry->last > other->last ? entry->last : other->last;
            return true;
        }
    }
    return false;
}

static int by_last(const void *a, const void *b)
{
    const cc_ledger_read_t *one = a, *other = b;

    return (one->entry.last < other->entry.last) - (one->entry.last > other->entry.last);
}

apr_array_header_t *cc_ledger_read(const cc_ledger_t *ledger, apr_time_t oldest, apr_pool_t *p)
{
    apr_array_header_t *entries = apr_array_make(p, 16, sizeof(cc_ledger_read_t));
    cc_ledger_names_t *names = ledger->names ? apr_palloc(p, sizeof(*names)) : NULL;
    cc_ledger_entry_t entry;

    for (size_t i = 0; !is_empty(ledger) && i < CC_LEDGER_MOST; i++) {
        if (slot_read(ledger, i, &entry, names) && entry.last >= oldest &&
            !is_merged(entries, &entry)) {
            cc_ledger_read_t *read = apr_array_push(entries);

            read->entry = entry;
            read->names = names;
            names = names ? apr_palloc(p, sizeof(*names)) : NULL;
        }
    }
    qsort(entries->elts, (size_t)entries->nelts, sizeof(cc_ledger_read_t), by_last);
    return entries;
}

int cc_ledger_entries(const cc_ledger_t *ledger, apr_time_t oldest)
{
    int count = 0;

    for (size_t i = 0; !is_empty(ledger) && i < CC_LEDGER_MOST; i++) {
        ledger_slot_t slot = slot_at(ledger, i);

        count += !is_free(&slot) && !is_locked(&slot) && last_of(&slot) >= oldest;
    }
    return count;
}

apr_uint64_t cc_ledger_replaced(const cc_ledger_t *ledger)
{
    return atomic_load(&ledger->memory[REPLACED]);
}
