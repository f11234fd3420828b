/* SPDX-License-Identifier: Apache-2.0 */
/* Knows which questions are being asked, so that none is asked twice at a time. */
#include <string.h>

#include <apr_hash.h>
#include <apr_thread_cond.h>
#include <apr_thread_mutex.h>

#include "ocsp/internal.h"

struct cc_flights_t {
    apr_thread_mutex_t *lock; /* of what follows, and of `held` and `done` of every flight */
    apr_pool_t *pool;         /* of the hash, with an allocator that nobody uses without the lock */
    apr_hash_t *by_key;       /* those that have not landed */
};

static cc_flight_t *flight_make(cc_flights_t *flights, const unsigned char *key)
{
    apr_pool_t *pool = NULL;
    cc_flight_t *flight = NULL;

    if (apr_pool_create_unmanaged_ex(&pool, NULL, NULL) != APR_SUCCESS) {
        return NULL;
    }
    flight = apr_pcalloc(pool, sizeof(*flight));
    if (apr_thread_cond_create(&flight->landed, pool) != APR_SUCCESS) {
        apr_pool_destroy(pool);
        return NULL;
    }
    flight->pool = pool;
    flight->of = flights;
    memcpy(flight->key, key, sizeof(flight->key));
    return flight;
}

cc_flight_t *cc_flight_join(cc_flights_t *flights, const unsigned char *key,
                            apr_interval_time_t most, bool *first)
{
    cc_flight_t *flight = NULL;

    apr_thread_mutex_lock(flights->lock);
    flight = apr_hash_get(flights->by_key, key, CC_OCSP_KEY);
    *first = flight == NULL;
    if (!flight) {
        flight = flight_make(flights, key);
        if (flight) {
            flight->deadline = apr_time_now() + most;
            apr_hash_set(flights->by_key, flight->key, CC_OCSP_KEY, flight);
        }
    }
    if (flight) {
        flight->held++;
    }
    apr_thread_mutex_unlock(flights->lock);
    return flight;
}

void cc_flight_hold(cc_flight_t *flight)
{
    apr_thread_mutex_lock(flight->of->lock);
    flight->held++;
    apr_thread_mutex_unlock(flight->of->lock);
}

void cc_flight_land(cc_flight_t *flight)
{
    apr_thread_mutex_lock(flight->of->lock);
    flight->done = true;
    apr_hash_set(flight->of->by_key, flight->key, CC_OCSP_KEY, NULL);
    apr_thread_cond_broadcast(flight->landed);
    apr_thread_mutex_unlock(flight->of->lock);
}

bool cc_flight_wait(cc_flight_t *flight, apr_interval_time_t most)
{
    apr_time_t until = apr_time_now() + most;
    apr_interval_time_t rest = 0;
    bool done = false;

    until = flight->deadline < until ? flight->deadline : until;
    rest = until - apr_time_now();
    apr_thread_mutex_lock(flight->of->lock);
    while (!flight->done && rest > 0) {
        apr_thread_cond_timedwait(flight->landed, flight->of->lock, rest);
        rest = until - apr_time_now();
    }
    done = flight->done;
    apr_thread_mutex_unlock(flight->of->lock);
    return done;
}

void cc_flight_leave(cc_flight_t *flight)
{
    bool last = false;

    apr_thread_mutex_lock(flight->of->lock);
    last = --flight->held == 0;
    apr_thread_mutex_unlock(flight->of->lock);
    if (last) {
        apr_pool_destroy(flight->pool);
    }
}

static apr_status_t pool_destroy(void *pool)
{
    apr_pool_destroy(pool);
    return APR_SUCCESS;
}

apr_status_t cc_flights_create(cc_flights_t **flights, apr_pool_t *p)
{
    cc_flights_t *made = apr_pcalloc(p, sizeof(*made));
    apr_status_t status = apr_pool_create_unmanaged_ex(&made->pool, NULL, NULL);

    if (status != APR_SUCCESS) {
        return status;
    }
    apr_pool_cleanup_register(p, made->pool, pool_destroy, apr_pool_cleanup_null);
    made->by_key = apr_hash_make(made->pool);
    *flights = made;
    return apr_thread_mutex_create(&made->lock, APR_THREAD_MUTEX_DEFAULT, p);
}
