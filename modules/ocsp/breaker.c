/* SPDX-License-Identifier: Apache-2.0 */
/* Knows which responders do not answer, and when to try them again. */
#include <apr_hash.h>
#include <apr_strings.h>
#include <apr_thread_mutex.h>

#include "ocsp/internal.h"

#define FAILURES 3 /* in a row, before a responder is left alone */
#define FIRST_WAIT apr_time_from_sec(1)
#define LONGEST_WAIT apr_time_from_sec(60)
#define TRY apr_time_from_sec(120) /* longer than any attempt: who tries again is not coming back  \
                                    */
#define MOST 256 /* responders: certificates may name any below an allowed suffix */
#define KEY 300  /* octets: a host and a port */

typedef struct breaker_t {
    int failures; /* in a row */
    apr_interval_time_t wait;
    apr_time_t until;       /* nobody asks */
    apr_time_t tries_until; /* one asks, the others wait for how it goes */
} breaker_t;

struct cc_breakers_t {
    apr_thread_mutex_t *lock; /* of what follows */
    apr_pool_t *pool;         /* of all breakers */
    apr_hash_t *by_host;      /* those whose last attempt failed */
};

static const char *key_write(char key[KEY], const cc_url_t *url)
{
    apr_snprintf(key, KEY, "%s:%d", url->host, url->port);
    return key;
}

/* ---- under the lock -------------------------------------------------------------------------- */

static bool breaker_lets(breaker_t *breaker, apr_time_t now)
{
    if (!breaker || breaker->failures < FAILURES) {
        return true;
    }
    if (now < breaker->until || now < breaker->tries_until) {
        return false;
    }
    breaker->tries_until = now + TRY;
    return true;
}

static breaker_t *breaker_make(cc_breakers_t *breakers, const char *key)
{
    breaker_t *made = NULL;

    if (apr_hash_count(breakers->by_host) >= MOST) {
        apr_pool_clear(breakers->pool);
        breakers->by_host = apr_hash_make(breakers->pool);
    }
    made = apr_pcalloc(breakers->pool, sizeof(*made));
    apr_hash_set(breakers->by_host, apr_pstrdup(breakers->pool, key), APR_HASH_KEY_STRING, made);
    return made;
}

static void breaker_fail(breaker_t *breaker, apr_time_t now)
{
    if (breaker->failures >= FAILURES && now < breaker->until) {
        return; /* it was asked before the others failed */
    }
    breaker->failures++;
    if (breaker->failures >= FAILURES) {
        breaker->wait = breaker->wait ? 2 * breaker->wait : FIRST_WAIT;
        breaker->wait = breaker->wait < LONGEST_WAIT ? breaker->wait : LONGEST_WAIT;
        breaker->until = now + breaker->wait;
        breaker->tries_until = 0;
    }
}

/* ---- for any thread -------------------------------------------------------------------------- */

bool cc_breaker_lets(cc_breakers_t *breakers, const cc_url_t *url, apr_time_t now)
{
    char key[KEY];
    bool lets = false;

    key_write(key, url);
    apr_thread_mutex_lock(breakers->lock);
    lets = breaker_lets(apr_hash_get(breakers->by_host, key, APR_HASH_KEY_STRING), now);
    apr_thread_mutex_unlock(breakers->lock);
    return lets;
}

void cc_breaker_tell(cc_breakers_t *breakers, const cc_url_t *url, bool answered, apr_time_t now)
{
    char key[KEY];
    breaker_t *breaker = NULL;

    key_write(key, url);
    apr_thread_mutex_lock(breakers->lock);
    breaker = apr_hash_get(breakers->by_host, key, APR_HASH_KEY_STRING);
    if (!answered) {
        breaker_fail(breaker ? breaker : breaker_make(breakers, key), now);
    } else if (breaker) {
        *breaker = (breaker_t){0};
    }
    apr_thread_mutex_unlock(breakers->lock);
}

static apr_status_t pool_destroy(void *pool)
{
    apr_pool_destroy(pool);
    return APR_SUCCESS;
}

apr_status_t cc_breakers_create(cc_breakers_t **breakers, apr_pool_t *p)
{
    cc_breakers_t *made = apr_pcalloc(p, sizeof(*made));
    apr_status_t status = apr_pool_create_unmanaged_ex(&made->pool, NULL, NULL);

    if (status != APR_SUCCESS) {
        return status;
    }
    apr_pool_cleanup_register(p, made->pool, pool_destroy, apr_pool_cleanup_null);
    made->by_host = apr_hash_make(made->pool);
    *breakers = made;
    return apr_thread_mutex_create(&made->lock, APR_THREAD_MUTEX_DEFAULT, p);
}
