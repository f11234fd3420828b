/* SPDX-License-Identifier: Apache-2.0 */
/* Implements circuit breakers, which skip responders that do not answer, and retry them later. */
#include "ocsp/internal.h"

#include <apr_strings.h>

/*
 * A breaker exists from the first failure of a responder to its next answer. FAILURES failures in a
 * row open it: then no request is sent for FIRST_WAIT. After that one request is tried, while the
 * breaker stays open for all others. If that request fails too, the breaker stays open for twice as
 * long, up to LONGEST_WAIT; an answer closes it. The thread that tries must report the outcome. If
 * it has not done so after TRY, another one may try.
 */
#define FAILURES 3
#define FIRST_WAIT apr_time_from_sec(1)
#define LONGEST_WAIT apr_time_from_sec(60)
#define TRY apr_time_from_sec(120) /* longer than any attempt */
#define BREAKERS_MAX 256           /* certificates may name any host below an allowed suffix */

typedef struct breaker_t {
    int failures; /* in a row */
    apr_interval_time_t wait;
    apr_time_t until;       /* no request is sent before */
    apr_time_t tries_until; /* one request is tried, the others wait for its outcome */
} breaker_t;

struct cc_breakers_t {
    cc_locked_hash_t by_place; /* responders whose last attempt failed */
};

apr_status_t cc_breakers_create(cc_breakers_t **breakers, apr_pool_t *p)
{
    *breakers = apr_pcalloc(p, sizeof(**breakers));
    return cc_locked_hash_init(&(*breakers)->by_place, p);
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

static breaker_t *breaker_make(cc_locked_hash_t *by_place, const char *place)
{
    breaker_t *made = NULL;

    if (apr_hash_count(by_place->hash) >= BREAKERS_MAX) {
        apr_pool_clear(by_place->pool);
        by_place->hash = apr_hash_make(by_place->pool);
    }
    made = apr_pcalloc(by_place->pool, sizeof(*made));
    apr_hash_set(by_place->hash, apr_pstrdup(by_place->pool, place), APR_HASH_KEY_STRING, made);
    return made;
}

static void breaker_fail(breaker_t *breaker, apr_time_t now)
{
    if (breaker->failures >= FAILURES && now < breaker->until) {
        return; /* this request was sent before the others failed */
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
    cc_locked_hash_t *by_place = &breakers->by_place;
    bool lets = false;

    apr_thread_mutex_lock(by_place->lock);
    lets = breaker_lets(apr_hash_get(by_place->hash, url->place, APR_HASH_KEY_STRING), now);
    apr_thread_mutex_unlock(by_place->lock);
    return lets;
}

void cc_breaker_tell(cc_breakers_t *breakers, const cc_url_t *url, bool answered, apr_time_t now)
{
    cc_locked_hash_t *by_place = &breakers->by_place;
    breaker_t *breaker = NULL;

    apr_thread_mutex_lock(by_place->lock);
    breaker = apr_hash_get(by_place->hash, url->place, APR_HASH_KEY_STRING);
    if (!answered) {
        breaker_fail(breaker ? breaker : breaker_make(by_place, url->place), now);
    } else if (breaker) {
        *breaker = (breaker_t){0};
    }
    apr_thread_mutex_unlock(by_place->lock);
}
