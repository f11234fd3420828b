/* SPDX-License-Identifier: Apache-2.0 */
/* Decides who waits for a responder, and how long, so that a slow one does not stop the server. */
#include <apr_hash.h>
#include <apr_strings.h>
#include <apr_thread_mutex.h>

#include "trust/ocsp/internal.h"

/*
 * Who waits for a responder keeps a thread that others could be served by. A few may wait as long
 * as timeout= says. All others wait for a quarter of a second at most, counted from when the
 * responder was last heard of, or from when it was first waited for: that is time enough for one
 * that works, even if a thousand clients come at once; and where one does not, they fail without
 * waiting. All virtual hosts of a process are counted together.
 */
#define PATIENCE apr_time_from_msec(250)
#define MOST 1024 /* responders: certificates may name any below an allowed suffix */
#define KEY 300   /* octets: a host and a port */

typedef struct waited_t {
    int count;        /* of those that wait */
    apr_time_t since; /* nothing has come from it, though somebody waited */
} waited_t;

struct cc_patience_t {
    apr_thread_mutex_t *lock; /* of what follows */
    apr_pool_t *pool;         /* of all waited_t */
    apr_hash_t *by_host;
    int most;
};

static const char *key_write(char key[KEY], const cc_url_t *url)
{
    apr_snprintf(key, KEY, "%s:%d", url->host, url->port);
    return key;
}

/* ---- under the lock ---------------------------------------------------------------------- */

static waited_t *add(apr_hash_t *by_host, const char *key)
{
    apr_pool_t *pool = apr_hash_pool_get(by_host);
    waited_t *waited = apr_pcalloc(pool, sizeof(*waited));

    apr_hash_set(by_host, apr_pstrdup(pool, key), APR_HASH_KEY_STRING, waited);
    return waited;
}

/* Keeps those that somebody waits for, who are no more than there are threads. */
static void forget_others(cc_patience_t *patience)
{
    apr_pool_t *pool = NULL;
    apr_hash_t *kept = NULL;

    if (apr_pool_create_unmanaged_ex(&pool, NULL, NULL) != APR_SUCCESS) {
        return;
    }
    kept = apr_hash_make(pool);
    for (apr_hash_index_t *i = apr_hash_first(NULL, patience->by_host); i; i = apr_hash_next(i)) {
        const waited_t *waited = apr_hash_this_val(i);

        if (waited->count > 0) {
            *add(kept, apr_hash_this_key(i)) = *waited;
        }
    }
    apr_pool_destroy(patience->pool);
    patience->pool = pool;
    patience->by_host = kept;
}

static waited_t *waited_for(cc_patience_t *patience, const char *key)
{
    waited_t *waited = apr_hash_get(patience->by_host, key, APR_HASH_KEY_STRING);

    if (waited) {
        return waited;
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
    apr_interval_time_t rest = timeout;
    waited_t *waited = NULL;
    char key[KEY];

    key_write(key, url);
    apr_thread_mutex_lock(patience->lock);
    waited = waited_for(patience, key);
    if (waited->count == 0) {
        waited->since = now;
    } else if (waited->count >= patience->most) {
        rest = waited->since + PATIENCE - now;
    }
    if (rest > 0) {
        waited->count++;
    }
    apr_thread_mutex_unlock(patience->lock);
    return rest < timeout ? rest : timeout;
}

void cc_patience_end(cc_patience_t *patience, const cc_url_t *url, bool came, apr_time_t now)
{
    waited_t *waited = NULL;
    char key[KEY];

    key_write(key, url);
    apr_thread_mutex_lock(patience->lock);
    waited = waited_for(patience, key);
    waited->count--;
    if (came) {
        waited->since = now;
    }
    apr_thread_mutex_unlock(patience->lock);
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
    made->most = CC_PATIENCE_MOST;
    status = apr_thread_mutex_create(&made->lock, APR_THREAD_MUTEX_DEFAULT, p);
    *patience = status == APR_SUCCESS ? made : NULL;
    return status;
}
