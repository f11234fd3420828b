/* SPDX-License-Identifier: Apache-2.0 */
/* Makes a hash that threads share, with a lock, and a pool that is used only under the lock. */
#include "ocsp/internal.h"

static apr_status_t locked_hash_free(void *hash)
{
    apr_pool_destroy(((cc_locked_hash_t *)hash)->pool);
    return APR_SUCCESS;
}

apr_status_t cc_locked_hash_init(cc_locked_hash_t *hash, apr_pool_t *p)
{
    apr_status_t status = apr_pool_create_unmanaged_ex(&hash->pool, NULL, NULL);

    if (status != APR_SUCCESS) {
        return status;
    }
    apr_pool_cleanup_register(p, hash, locked_hash_free, apr_pool_cleanup_null);
    hash->hash = apr_hash_make(hash->pool);
    return apr_thread_mutex_create(&hash->lock, APR_THREAD_MUTEX_DEFAULT, p);
}
