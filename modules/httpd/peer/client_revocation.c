/* SPDX-License-Identifier: Apache-2.0 */
/* Checks whether a certificate of a client was revoked, and keeps the answer while it is valid. */
#include "httpd/peer/client.h"
#include "httpd/peer/client_revocation.h"
#include "revocation/revocation.h"

/*
 * Temporary memory (an OCSP response may have 64 KiB) is freed at once, and only the answer lives
 * as long as `p`.
 */
static void check(cc_revocation_status_t *status, const cc_revocation_t *revocation,
                  const cc_verified_t *cert, apr_pool_t *p)
{
    apr_pool_t *scratch;

    if (apr_pool_create_unmanaged_ex(&scratch, NULL, NULL) != APR_SUCCESS) {
        cc_revocation_check(status, revocation, cert, apr_time_now(), p);
        return;
    }
    cc_revocation_check(status, revocation, cert, apr_time_now(), scratch);
    cc_revocation_status_keep(status, p);
    apr_pool_destroy(scratch);
}

void cc_client_revocation_take(cc_client_revocation_t *kept, cc_client_t *client,
                               const cc_revocation_t *revocation, const cc_verified_t *cert,
                               apr_pool_t *p)
{
    client->facts.revocation = "unchecked";
    if (client->problem || !revocation) {
        return;
    }
    check(&kept->status, revocation, cert, p);
    atomic_init(&kept->generation, kept->status.generation);
    atomic_init(&kept->stale_at, kept->status.stale_at);
    cc_client_revocation_set(client, &kept->status);
}

bool cc_client_revocation_is_fresh(const cc_client_revocation_t *kept,
                                   const cc_revocation_t *revocation)
{
    return atomic_load_explicit(&kept->generation, memory_order_acquire) ==
               cc_revocation_generation(revocation) &&
           apr_time_now() < atomic_load_explicit(&kept->stale_at, memory_order_relaxed);
}

bool cc_client_revocation_renew(cc_client_revocation_t *kept, const cc_revocation_t *revocation,
                                const cc_verified_t *cert, apr_pool_t *p)
{
    cc_revocation_status_t status;

    check(&status, revocation, cert, p);
    if (!cc_revocation_status_same(&status, &kept->status)) {
        return false;
    }
    atomic_store_explicit(&kept->stale_at, status.stale_at, memory_order_relaxed);
    atomic_store_explicit(&kept->generation, status.generation, memory_order_release);
    return true;
}
