/* SPDX-License-Identifier: Apache-2.0 */
/* Refuses SPIFFE bundle documents in a build without Jansson, which reads JSON. */
#include "ca/internal.h"

apr_status_t cc_ca_bundle_read(apr_array_header_t *ders, const char *text, apr_size_t len,
                               const char *path, apr_pool_t *p, cc_error_t *err)
{
    (void)ders;
    (void)text;
    (void)len;
    return cc_error_set(err, p, "CC0269", path,
                        "this mod_clientcert was built without Jansson, which SPIFFE bundles need; "
                        "install one that has it, or write the CA certificates in PEM");
}
