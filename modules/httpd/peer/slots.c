/* SPDX-License-Identifier: Apache-2.0 */
/* Remembers things for a connection in few places, which are used again. */
#include <apr_thread_mutex.h>

#include "httpd/peer/slots.h"

/*
 * A connection may live for days, and what is known of its client changes: tables and CRLs do, and
 * rules with a time in them. A request keeps pointers into what it was told, to its end, and the
 * streams of an HTTP/2 connection run beside each other. So each thing has a pool of its own and a
 * list of those who hold it: the pools of requests. It goes when it has lost its place and nobody
 * holds it any more.
 *
 * All that is done under a lock which is held for some hundred instructions. Few requests come
 * here: most find what they want in the lists of tls.c and identity.c, without a lock.
 */

typedef struct conn_slot_t conn_slot_t;

/* That a pool holds something; in that pool. */
typedef struct hold_t {
    struct hold_t *next;
    conn_slot_t *slot;
    apr_pool_t *holder;
} hold_t;

struct conn_slot_t { /* in its own pool */
    cc_slots_t *of;
    apr_pool_t *pool;
    cc_slot_key_t key;
    void *kept;
    hold_t *holds;
    apr_uint64_t used; /* when it was last asked for, by the count of such questions */
    bool placed;
};

struct cc_slots_t {
    apr_pool_t *pool;
    apr_thread_mutex_t *lock;  /* of what follows, and of all slots */
    conn_slot_t *at[CC_SLOTS]; /* NULL: free */
    apr_uint64_t questions;
    int alive; /* slots, placed or held */
    bool ended;
};

apr_pool_t *cc_slots_pool(void)
{
    apr_pool_t *pool = NULL;

    return apr_pool_create_unmanaged_ex(&pool, NULL, NULL) == APR_SUCCESS ? pool : NULL;
}

cc_slots_t *cc_slots_make(void)
{
    apr_pool_t *pool = cc_slots_pool();
    cc_slots_t *slots;

    if (!pool) {
        return NULL;
    }
    slots = apr_pcalloc(pool, sizeof(*slots));
    slots->pool = pool;
    if (apr_thread_mutex_create(&slots->lock, APR_THREAD_MUTEX_DEFAULT, pool) != APR_SUCCESS) {
        apr_pool_destroy(pool);
        return NULL;
    }
    return slots;
}

static apr_status_t pool_destroy(void *pool)
{
    apr_pool_destroy(pool);
    return APR_SUCCESS;
}

void cc_slots_lend(apr_pool_t *pool, apr_pool_t *holder)
{
    apr_pool_cleanup_register(holder, pool, pool_destroy, apr_pool_cleanup_null);
}

/* ---- under the lock ---------------------------------------------------------------------- */

static bool is_same(const cc_slot_key_t *a, const cc_slot_key_t *b)
{
    return a->number == b->number && a->what[0] == b->what[0] && a->what[1] == b->what[1] &&
           a->what[2] == b->what[2];
}

static conn_slot_t *find(const cc_slots_t *slots, const cc_slot_key_t *key)
{
    for (int i = 0; i < CC_SLOTS; i++) {
        if (slots->at[i] && is_same(&slots->at[i]->key, key)) {
            return slots->at[i];
        }
    }
    return NULL;
}

/* The place for this key: what is in it has to leave. */
static int place_of(const cc_slots_t *slots, const cc_slot_key_t *key)
{
    int oldest = 0, empty = -1;

    for (int i = 0; i < CC_SLOTS; i++) {
        const conn_slot_t *slot = slots->at[i];

        if (!slot) {
            empty = i;
        } else if (is_same(&slot->key, key)) {
            return i;
        } else if (slots->at[oldest] && slot->used < slots->at[oldest]->used) {
            oldest = i;
        }
    }
    return empty >= 0 ? empty : oldest;
}

/* True: nobody knows it any more, and the caller destroys it once the lock is left. */
static bool is_lost(conn_slot_t *slot)
{
    if (slot->placed || slot->holds) {
        return false;
    }
    slot->of->alive--;
    return true;
}

static conn_slot_t *displace(cc_slots_t *slots, int place)
{
    conn_slot_t *slot = slots->at[place];

    slots->at[place] = NULL;
    if (!slot) {
        return NULL;
    }
    slot->placed = false;
    return is_lost(slot) ? slot : NULL;
}

/* ---- holding ----------------------------------------------------------------------------- */

static void leave(cc_slots_t *slots, conn_slot_t *lost)
{
    bool over = slots->ended && slots->alive == 0;

    apr_thread_mutex_unlock(slots->lock);
    if (lost) {
        apr_pool_destroy(lost->pool);
    }
    if (over) {
        apr_pool_destroy(slots->pool);
    }
}

static apr_status_t release(void *data)
{
    hold_t *hold = data, **link;
    conn_slot_t *slot = hold->slot;
    cc_slots_t *slots = slot->of;

    apr_thread_mutex_lock(slots->lock);
    for (link = &slot->holds; *link != hold; link = &(*link)->next) {
    }
    *link = hold->next;
    leave(slots, is_lost(slot) ? slot : NULL);
    return APR_SUCCESS;
}

/* Under the lock: the holder is that of the thread which asks. */
static void hold(conn_slot_t *slot, apr_pool_t *holder)
{
    hold_t *made = slot->holds;

    while (made && made->holder != holder) {
        made = made->next;
    }
    if (made) {
        return;
    }
    made = apr_palloc(holder, sizeof(*made));
    *made = (hold_t){slot->holds, slot, holder};
    slot->holds = made;
    apr_pool_cleanup_register(holder, made, release, apr_pool_cleanup_null);
}

void *cc_slots_take(cc_slots_t *slots, const cc_slot_key_t *key, apr_pool_t *holder)
{
    conn_slot_t *slot;
    void *kept = NULL;

    apr_thread_mutex_lock(slots->lock);
    slot = find(slots, key);
    if (slot) {
        slot->used = ++slots->questions;
        hold(slot, holder);
        kept = slot->kept;
    }
    apr_thread_mutex_unlock(slots->lock);
    return kept;
}

void cc_slots_keep(cc_slots_t *slots, const cc_slot_key_t *key, void *kept, apr_pool_t *pool,
                   apr_pool_t *holder)
{
    conn_slot_t *slot = apr_pcalloc(pool, sizeof(*slot)), *lost;
    int place;

    slot->of = slots;
    slot->pool = pool;
    slot->key = *key;
    slot->kept = kept;
    apr_thread_mutex_lock(slots->lock);
    place = place_of(slots, key);
    lost = displace(slots, place);
    slots->at[place] = slot;
    slot->placed = true;
    slot->used = ++slots->questions;
    slots->alive++;
    hold(slot, holder);
    leave(slots, lost);
}

void cc_slots_end(cc_slots_t *slots)
{
    conn_slot_t *lost[CC_SLOTS];
    bool over;

    apr_thread_mutex_lock(slots->lock);
    for (int i = 0; i < CC_SLOTS; i++) {
        lost[i] = displace(slots, i);
    }
    slots->ended = true;
    over = slots->alive == 0;
    apr_thread_mutex_unlock(slots->lock);
    for (int i = 0; i < CC_SLOTS; i++) {
        if (lost[i]) {
            apr_pool_destroy(lost[i]->pool);
        }
    }
    if (over) {
        apr_pool_destroy(slots->pool);
    }
}
