/* SPDX-License-Identifier: Apache-2.0 */
/* Implements the back end "ldap" of a build without libldap: an error at start. */
#include "httpd/background/backends.h"

static apr_status_t absent_open(void **state, const cc_table_spec_t *spec, apr_pool_t *p,
                                cc_error_t *err)
{
    (void)state;
    return cc_error_set(err, p, "CC0268", spec->name,
                        "this mod_clientcert was built without libldap, which ldap: tables need; "
                        "install one that has it, or use another type of table");
}

const cc_backend_t cc_backend_ldap = {
    .type = "ldap", .remote = true, .binds = true, .names = true, .open = absent_open};
