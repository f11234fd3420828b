/* SPDX-License-Identifier: Apache-2.0 */
/* Keeps requests in flight: one at a time for each certificate, shared by all checks of it. */
#include "ocsp/internal.h"

#include <string.h>

#include <apr_thread_cond.h>

/*
 * The first thread that needs an answer makes a new request, and ensures that it is finished.
 * Threads that join meanwhile get the same request, and wait until it is finished. A finished
 * request is no longer found, so later checks make a new one. Each thread that joined leaves the
 * request, and so does the thread that asks the responder (cc_inflight_hold); the last one frees
 * it. So a thread that stops waiting does not take the answer away from others.
 */
struct cc_inflights_t {
    cc_locked_hash_t by_key; /* unfinished requests; its lock also protects each request */
};

apr_status_t cc_inflights_create(cc_inflights_t **inflights, apr_pool_t *p)
{
    *inflights = apr_pcalloc(p, sizeof(**inflights));
    return cc_locked_hash_init(&(*inflights)->by_key, p);
}

static cc_inflight_t *inflight_make(cc_inflights_t *inflights, const unsigned char *key)
{
    apr_pool_t *pool = NULL;
    cc_inflight_t *inflight = NULL;

    if (apr_pool_create_unmanaged_ex(&pool, NULL, NULL) != APR_SUCCESS) {
        return NULL;
    }
    inflight = apr_pcalloc(pool, sizeof(*inflight));
    if (apr_thread_cond_create(&inflight->finished, pool) != APR_SUCCESS) {
        apr_pool_destroy(pool);
        return NULL;
    }
    inflight->pool = pool;
    inflight->of = inflights;
    memcpy(inflight->key, key, sizeof(inflight->key));
    return inflight;
}

cc_inflight_t *cc_inflight_join(cc_inflights_t *inflights, const unsigned char *key,
                                apr_interval_time_t max, bool *first)
{
    cc_locked_hash_t *by_key = &inflights->by_key;
    cc_inflight_t *inflight = NULL;

    apr_thread_mutex_lock(by_key->lock);
    inflight = apr_hash_get(by_key->hash, key, CC_OCSP_KEY);
    *first = inflight == NULL;
    if (!inflight) {
        inflight = inflight_make(inflights, key);
        if (inflight) {
            inflight->deadline = apr_time_now() + max;
            apr_hash_set(by_key->hash, inflight->key, CC_OCSP_KEY, inflight);
        }
    }
    if (inflight) {
        inflight->holders++;
    }
    apr_thread_mutex_unlock(by_key->lock);
    return inflight;
}

static apr_thread_mutex_t *lock_of(const cc_inflight_t *inflight)
{
    return inflight->of->by_key.lock;
}

void cc_inflight_hold(cc_inflight_t *inflight)
{
    apr_thread_mutex_lock(lock_of(inflight));
    inflight->holders++;
    apr_thread_mutex_unlock(lock_of(inflight));
}

void cc_inflight_finish(cc_inflight_t *inflight)
{
    apr_thread_mutex_lock(lock_of(inflight));
    inflight->done = true;
    apr_hash_set(inflight->of->by_key.hash, inflight->key, CC_OCSP_KEY, NULL);
    apr_thread_cond_broadcast(inflight->finished);
    apr_thread_mutex_unlock(lock_of(inflight));
}

bool cc_inflight_wait(cc_inflight_t *inflight, apr_interval_time_t max)
{
    apr_time_t until = apr_time_now() + max;
    apr_interval_time_t rest = 0;
    bool done = false;

    until = inflight->deadline < until ? inflight->deadline : until;
    rest = until - apr_time_now();
    apr_thread_mutex_lock(lock_of(inflight));
    while (!inflight->done && rest > 0) {
        apr_thread_cond_timedwait(inflight->finished, lock_of(inflight), rest);
        rest = until - apr_time_now();
    }
    done = inflight->done;
    apr_thread_mutex_unlock(lock_of(inflight));
    return done;
}

void cc_inflight_leave(cc_inflight_t *inflight)
{
    bool last = false;

    apr_thread_mutex_lock(lock_of(inflight));
    last = --inflight->holders == 0;
    apr_thread_mutex_unlock(lock_of(inflight));
    if (last) {
        apr_pool_destroy(inflight->pool);
    }
}
