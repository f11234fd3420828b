/* SPDX-License-Identifier: Apache-2.0 */
/* Limits how many threads ask a responder and wait for it, so that a slow one blocks no others. */
#include "ocsp/internal.h"

#include <apr_strings.h>

#include "base/waiting.h"

/*
 * Two kinds of threads are limited for each responder, by its host and port; all virtual hosts of a
 * process are counted together.
 *
 * Each thread that waits for an answer serves a client: base/waiting.h defines how long it may
 * wait.
 *
 * Threads that ask are few, and stay busy even after all waiting threads have given up. So at most
 * CC_OCSP_ASKING_MAX ask one responder at a time. Further requests to it are queued, each with a
 * turn in its own memory. A thread that has asked takes the next one from the queue, so the queue
 * needs no thread of its own.
 *
 * When there are too many responders, those that no thread waits for or asks are forgotten.
 */
#define PATIENCE apr_time_from_msec(250)
#define RESPONDERS_MAX 1024 /* certificates may name any host below an allowed suffix */

typedef struct responder_t {
    cc_waiting_t waiting;
    int asking;
    cc_limiter_turn_t *first, *last; /* of the queue; NULL: it is empty */
} responder_t;

struct cc_ocsp_limiter_t {
    cc_locked_hash_t by_place; /* of responder_t */
    int waiting_max;
};

apr_status_t cc_ocsp_limiter_create(cc_ocsp_limiter_t **limiter, apr_pool_t *p)
{
    cc_ocsp_limiter_t *made = apr_pcalloc(p, sizeof(*made));
    apr_status_t status = cc_locked_hash_init(&made->by_place, p);

    made->waiting_max = CC_WAITING_MAX;
    *limiter = status == APR_SUCCESS ? made : NULL;
    return status;
}

void cc_ocsp_limiter_set_max(cc_ocsp_limiter_t *limiter, int max)
{
    limiter->waiting_max = max;
}

/* ---- under the lock ---------------------------------------------------------------------- */

static responder_t *add(apr_hash_t *by_place, const char *place)
{
    apr_pool_t *pool = apr_hash_pool_get(by_place);
    responder_t *made = apr_pcalloc(pool, sizeof(*made));

    apr_hash_set(by_place, apr_pstrdup(pool, place), APR_HASH_KEY_STRING, made);
    return made;
}

/* Keeps only the responders that a thread waits for or asks: no more than there are threads. */
static void forget_others(cc_locked_hash_t *by_place)
{
    apr_pool_t *pool = NULL;
    apr_hash_t *kept = NULL;

    if (apr_pool_create_unmanaged_ex(&pool, NULL, NULL) != APR_SUCCESS) {
        return;
    }
    kept = apr_hash_make(pool);
    for (apr_hash_index_t *i = apr_hash_first(NULL, by_place->hash); i; i = apr_hash_next(i)) {
        const responder_t *each = apr_hash_this_val(i);

        if (each->waiting.count > 0 || each->asking > 0) {
            *add(kept, apr_hash_this_key(i)) = *each;
        }
    }
    apr_pool_destroy(by_place->pool);
    by_place->pool = pool;
    by_place->hash = kept;
}

static responder_t *responder_of(cc_locked_hash_t *by_place, const cc_url_t *url)
{
    responder_t *known = apr_hash_get(by_place->hash, url->place, APR_HASH_KEY_STRING);

    if (known) {
        return known;
    }
    if (apr_hash_count(by_place->hash) >= RESPONDERS_MAX) {
        forget_others(by_place);
    }
    return add(by_place->hash, url->place);
}

/* Puts the turn at the end of the queue. */
static void line_join(responder_t *responder, cc_limiter_turn_t *turn)
{
    turn->next = NULL;
    if (responder->last) {
        responder->last->next = turn;
    } else {
        responder->first = turn;
    }
    responder->last = turn;
}

/* Takes the first turn from the queue; NULL: it is empty. */
static cc_limiter_turn_t *line_next(responder_t *responder)
{
    cc_limiter_turn_t *next = responder->first;

    if (next) {
        responder->first = next->next;
        responder->last = responder->first ? responder->last : NULL;
    }
    return next;
}

/* ---- for any thread ---------------------------------------------------------------------- */

apr_interval_time_t cc_limiter_wait_begin(cc_ocsp_limiter_t *limiter, const cc_url_t *url,
                                          apr_interval_time_t timeout, apr_time_t now)
{
    cc_locked_hash_t *by_place = &limiter->by_place;
    apr_interval_time_t rest = 0;

    apr_thread_mutex_lock(by_place->lock);
    rest = cc_waiting_begin(&responder_of(by_place, url)->waiting, limiter->waiting_max, PATIENCE,
                            timeout, now);
    apr_thread_mutex_unlock(by_place->lock);
    return rest;
}

void cc_limiter_wait_end(cc_ocsp_limiter_t *limiter, const cc_url_t *url, bool answered,
                         apr_time_t now)
{
    cc_locked_hash_t *by_place = &limiter->by_place;

    apr_thread_mutex_lock(by_place->lock);
    cc_waiting_end(&responder_of(by_place, url)->waiting, answered, now);
    apr_thread_mutex_unlock(by_place->lock);
}

bool cc_limiter_ask_begin(cc_ocsp_limiter_t *limiter, const cc_url_t *url, cc_limiter_turn_t *turn)
{
    cc_locked_hash_t *by_place = &limiter->by_place;
    responder_t *responder = NULL;
    bool now = false;

    apr_thread_mutex_lock(by_place->lock);
    responder = responder_of(by_place, url);
    now = responder->asking < CC_OCSP_ASKING_MAX;
    if (now) {
        responder->asking++;
    } else {
        line_join(responder, turn);
    }
    apr_thread_mutex_unlock(by_place->lock);
    return now;
}

cc_limiter_turn_t *cc_limiter_ask_end(cc_ocsp_limiter_t *limiter, const cc_url_t *url)
{
    cc_locked_hash_t *by_place = &limiter->by_place;
    responder_t *responder = NULL;
    cc_limiter_turn_t *next = NULL;

    apr_thread_mutex_lock(by_place->lock);
    responder = responder_of(by_place, url);
    next = line_next(responder);
    responder->asking -= next == NULL;
    apr_thread_mutex_unlock(by_place->lock);
    return next;
}
