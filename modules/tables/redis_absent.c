/* SPDX-License-Identifier: Apache-2.0 */
/* Implements the back ends "redis" and "rediss" of a build without hiredis: an error at start. */
#include "tables/backend.h"

static apr_status_t absent_open(void **state, const cc_table_spec_t *spec, apr_pool_t *p,
                                cc_error_t *err)
{
    (void)state;
    return cc_error_set(err, p, "CC0646", spec->name,
                        "this mod_clientcert was built without hiredis, which Redis tables need; "
                        "install one that has it, or use another type of table");
}

const cc_backend_t cc_backend_redis = {
    .type = "redis", .remote = true, .logs_in = true, .open = absent_open};
const cc_backend_t cc_backend_rediss = {
    .type = "rediss", .remote = true, .logs_in = true, .open = absent_open};
