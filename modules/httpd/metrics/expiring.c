/* SPDX-License-Identifier: Apache-2.0 */
/* Knows how processes list certificates that end soon in memory that they share. */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>

#include "httpd/metrics/expiring.h"

#define TRIES 1000
#define WORD(member) (offsetof(cc_ending_t, member) / sizeof(apr_uint64_t))

/*
 * A place is looked for from where its mark says, one after the other up to the first that was
 * never used. None becomes unused again, so who is listed is found. A place is written by whoever
 * makes its version odd; who reads it takes only what has the same even version before and after.
 */

/* The two halves of the mark are the first words of an entry. */
_Static_assert(offsetof(cc_ending_t, mark) == 0, "the mark stands first");
_Static_assert(sizeof(cc_ending_t) % sizeof(apr_uint64_t) == 0, "an entry is whole words");
_Static_assert(offsetof(cc_ending_t, user) % sizeof(apr_uint64_t) == 0, "a user begins a word");
/* Where they are made of locks, they are of one process. */
_Static_assert(ATOMIC_LLONG_LOCK_FREE == 2, "numbers of 64 bits are shared between processes");

/* ---- places ------------------------------------------------------------------------------ */

/* Its version; who writes needs no time worth speaking of, but may have ended before it was done.
 */
static apr_uint64_t settled(const cc_expiring_slot_t *slot)
{
    apr_uint64_t version = atomic_load(&slot->version);

    for (int i = 0; i < TRIES && (version & 1); i++) {
        version = atomic_load(&slot->version);
    }
    return version;
}

static void words_read(const cc_expiring_slot_t *slot, cc_ending_t *ending)
{
    apr_uint64_t words[CC_ENDING_WORDS];

    for (size_t i = 0; i < CC_ENDING_WORDS; i++) {
        words[i] = atomic_load_explicit(&slot->words[i], memory_order_acquire);
    }
    memcpy(ending, words, sizeof(*ending));
}

/* False where it is not in use, or being written all the time. */
static bool slot_read(const cc_expiring_slot_t *slot, cc_ending_t *ending)
{
    for (int i = 0; i < TRIES; i++) {
        apr_uint64_t version = settled(slot);

        if (version == 0 || (version & 1)) {
            return false;
        }
        words_read(slot, ending);
        ending->seen = (apr_time_t)atomic_load(&slot->seen);
        if (atomic_load(&slot->version) == version) {
            return true;
        }
    }
    return false;
}

/* False where somebody else has been quicker. The version is even. */
static bool slot_claim(cc_expiring_slot_t *slot, apr_uint64_t version)
{
    return atomic_compare_exchange_strong(&slot->version, &version, version + 1);
}

/* Of who has claimed it. */
static void slot_write(cc_expiring_slot_t *slot, const cc_ending_t *ending)
{
    apr_uint64_t words[CC_ENDING_WORDS];

    memcpy(words, ending, sizeof(*ending));
    for (size_t i = 0; i < CC_ENDING_WORDS; i++) {
        atomic_store_explicit(&slot->words[i], words[i], memory_order_release);
    }
    atomic_fetch_add(&slot->version, 1);
}

static bool slot_is_of(const cc_expiring_slot_t *slot, const cc_mark_t *mark)
{
    return atomic_load_explicit(&slot->words[0], memory_order_acquire) == mark->half[0] &&
           atomic_load_explicit(&slot->words[1], memory_order_acquire) == mark->half[1];
}

static cc_expiring_slot_t *slot_at(cc_expiring_t *list, const cc_mark_t *mark, unsigned i)
{
    return &list->slots[(mark->half[0] + i) % CC_EXPIRING_MOST];
}

static cc_expiring_slot_t *slot_find(cc_expiring_t *list, const cc_mark_t *mark)
{
    for (unsigned i = 0; i < CC_EXPIRING_MOST; i++) {
        cc_expiring_slot_t *slot = slot_at(list, mark, i);

        if (settled(slot) == 0) {
            return NULL;
        }
        if (slot_is_of(slot, mark)) {
            return slot;
        }
    }
    return NULL;
}

/* A place, and its version when it was looked at. */
typedef struct {
    cc_expiring_slot_t *slot; /* NULL: none */
    apr_uint64_t version;
} place_t;

/* An unused one, or of one that has ended, or of the last to end, if later than not_after. */
static place_t place_choose(cc_expiring_t *list, const cc_mark_t *mark, apr_time_t not_after,
                            apr_time_t now)
{
    place_t chosen = {NULL, 0};

    for (unsigned i = 0; i < CC_EXPIRING_MOST; i++) {
        place_t place = {slot_at(list, mark, i), 0};
        apr_time_t end;

        place.version = settled(place.slot);
        end = (apr_time_t)atomic_load(&place.slot->words[WORD(not_after)]);
        if (place.version == 0 || (!(place.version & 1) && end <= now)) {
            return place;
        }
        if (!(place.version & 1) && end > not_after) {
            not_after = end;
            chosen = place;
        }
    }
    return chosen;
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
    return place_choose(list, mark, not_after, now).slot != NULL;
}

/* Whoever did not get a place in so many tries will come again. */
void cc_expiring_add(cc_expiring_t *list, const cc_ending_t *ending)
{
    for (int i = 0; i < TRIES && !slot_find(list, &ending->mark); i++) {
        place_t place = place_choose(list, &ending->mark, ending->not_after, ending->seen);

        if (!place.slot) {
            return;
        }
        if (slot_claim(place.slot, place.version)) {
            atomic_store(&place.slot->seen, (apr_uint64_t)ending->seen);
            slot_write(place.slot, ending);
            return;
        }
    }
}

bool cc_expiring_lacks_user(cc_expiring_t *list, const cc_mark_t *mark)
{
    const cc_expiring_slot_t *slot = slot_find(list, mark);

    return slot && atomic_load(&slot->words[WORD(user)]) == 0;
}

void cc_expiring_user(cc_expiring_t *list, const cc_mark_t *mark, const char *user)
{
    cc_expiring_slot_t *slot = slot_find(list, mark);
    apr_uint64_t version = slot ? settled(slot) : 0;
    cc_ending_t ending;

    if (!slot || !slot_read(slot, &ending) || memcmp(&ending.mark, mark, sizeof(*mark)) != 0 ||
        ending.user[0] || !slot_claim(slot, version)) {
        return;
    }
    apr_cpystrn(ending.user, user, sizeof(ending.user));
    slot_write(slot, &ending);
}

/* Two who added the same one at once may both have done so. */
static bool is_among(const cc_ending_t *endings, int count, const cc_mark_t *mark)
{
    for (int i = 0; i < count; i++) {
        if (!memcmp(&endings[i].mark, mark, sizeof(*mark))) {
            return true;
        }
    }
    return false;
}

static int earlier(const void *a, const void *b)
{
    const cc_ending_t *one = a, *other = b;

    return (one->not_after > other->not_after) - (one->not_after < other->not_after);
}

int cc_expiring_read(const cc_expiring_t *list, cc_ending_t *endings, apr_time_t now)
{
    int count = 0;

    for (int i = 0; i < CC_EXPIRING_MOST; i++) {
        cc_ending_t *ending = &endings[count];

        if (slot_read(&list->slots[i], ending) && ending->not_after > now &&
            !is_among(endings, count, &ending->mark)) {
            count++;
        }
    }
    qsort(endings, (size_t)count, sizeof(*endings), earlier);
    return count;
}
