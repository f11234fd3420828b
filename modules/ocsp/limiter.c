/* SPDX-License-Identifier: Apache-2.0 */
/* Counts who waits for which responder, and who asks it, so that a slow one does not stop others.
 */
#include <apr_hash.h>
#include <apr_strings.h>
#include <apr_thread_mutex.h>

#include "ocsp/internal.h"

/*
 * waiting.h says who waits, and how long. All virtual hosts of a process are counted together.
 *
 * Whoever asks keeps one of the threads that ask, also when nobody waits any more. So
 * CC_ASKING_MOST ask one responder at a time. More questions to it stand in line; whoever has asked
 * takes the next.
 */
#define PATIENCE apr_time_from_msec(250)
#define MOST 1024 /* responders: certificates may name any below an allowed suffix */
#define KEY 300   /* octets: a host and a port */

typedef struct responder_t {
    cc_waiting_t waiting;
    int asking;
    cc_turn_t *first, *last; /* of the line; NULL: nobody stands there */
} responder_t;

struct cc_patience_t {
    apr_thread_mutex_t *lock; /* of what follows */
    apr_pool_t *pool;         /* of all responder_t */
    apr_hash_t *by_host;
    int most;
};

static const char *key_write(char key[KEY], const cc_url_t *url)
{
    apr_snprintf(key, KEY, "%s:%d", url->host, url->port);
    return key;
}

/* ---- under the lock ---------------------------------------------------------------------- */

static responder_t *add(apr_hash_t *by_host, const char *key)
{
    apr_pool_t *pool = apr_hash_pool_get(by_host);
    responder_t *made = apr_pcalloc(pool, sizeof(*made));

    apr_hash_set(by_host, apr_pstrdup(pool, key), APR_HASH_KEY_STRING, made);
    return made;
}

/* Keeps those that somebody waits for or asks, who are no more than there are threads. */
static void forget_others(cc_patience_t *patience)
{
    apr_pool_t *pool = NULL;
    apr_hash_t *kept = NULL;

    if (apr_pool_create_unmanaged_ex(&pool, NULL, NULL) != APR_SUCCESS) {
        return;
    }
    kept = apr_hash_make(pool);
    for (apr_hash_index_t *i = apr_hash_first(NULL, patience->by_host); i; i = apr_hash_next(i)) {
        const responder_t *each = apr_hash_this_val(i);

        if (each->waiting.count > 0 || each->asking > 0) {
            *add(kept, apr_hash_this_key(i)) = *each;
        }
    }
    apr_pool_destroy(patience->pool);
    patience->pool = pool;
    patience->by_host = kept;
}

static responder_t *responder_of(cc_patience_t *patience, const char *key)
{
    responder_t *known = apr_hash_get(patience->by_host, key, APR_HASH_KEY_STRING);

    if (known) {
        return known;
    }
    if (apr_hash_count(patience->by_host) >= MOST) {
        forget_others(patience);
    }
    return add(patience->by_host, key);
}

/* ---- for any thread ---------------------------------------------------------------------- */

apr_interval_time_t cc_patience_begin(cc_patience_t *patience, const cc_url_t *url,
                                      apr_interval_time_t timeout, apr_time_t now)
{
    apr_interval_time_t rest = 0;
    char key[KEY];

    key_write(key, url);
    apr_thread_mutex_lock(patience->lock);
    rest = cc_waiting_begin(&responder_of(patience, key)->waiting, patience->most, PATIENCE,
                            timeout, now);
    apr_thread_mutex_unlock(patience->lock);
    return rest;
}

void cc_patience_end(cc_patience_t *patience, const cc_url_t *url, bool came, apr_time_t now)
{
    char key[KEY];

    key_write(key, url);
    apr_thread_mutex_lock(patience->lock);
    cc_waiting_end(&responder_of(patience, key)->waiting, came, now);
    apr_thread_mutex_unlock(patience->lock);
}

bool cc_patience_turn(cc_patience_t *patience, const cc_url_t *url, cc_turn_t *turn)
{
    responder_t *responder = NULL;
    bool now = false;
    char key[KEY];

    key_write(key, url);
    turn->next = NULL;
    apr_thread_mutex_lock(patience->lock);
    responder = responder_of(patience, key);
    now = responder->asking < CC_ASKING_MOST;
    if (now) {
        responder->asking++;
    } else if (responder->last) {
        responder->last = responder->last->next = turn;
    } else {
        responder->first = responder->last = turn;
    }
    apr_thread_mutex_unlock(patience->lock);
    return now;
}

cc_turn_t *cc_patience_next(cc_patience_t *patience, const cc_url_t *url)
{
    responder_t *responder = NULL;
    cc_turn_t *next = NULL;
    char key[KEY];

    key_write(key, url);
    apr_thread_mutex_lock(patience->lock);
    responder = responder_of(patience, key);
    next = responder->first;
    if (!next) {
        responder->asking--;
    } else {
        responder->first = next->next;
        responder->last = responder->first ? responder->last : NULL;
    }
    apr_thread_mutex_unlock(patience->lock);
    return next;
}

void cc_patience_limit(cc_patience_t *patience, int most)
{
    patience->most = most;
}

static apr_status_t pool_destroy(void *patience)
{
    apr_pool_destroy(((cc_patience_t *)patience)->pool);
    return APR_SUCCESS;
}

apr_status_t cc_patience_create(cc_patience_t **patience, apr_pool_t *p)
{
    cc_patience_t *made = apr_pcalloc(p, sizeof(*made));
    apr_status_t status = apr_pool_create_unmanaged_ex(&made->pool, NULL, NULL);

    if (status != APR_SUCCESS) {
        return status;
    }
    apr_pool_cleanup_register(p, made, pool_destroy, apr_pool_cleanup_null);
    made->by_host = apr_hash_make(made->pool);
    made->most = CC_WAITING_MAX;
    status = apr_thread_mutex_create(&made->lock, APR_THREAD_MUTEX_DEFAULT, p);
    *patience = status == APR_SUCCESS ? made : NULL;
    return status;
}
