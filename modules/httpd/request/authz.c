/* SPDX-License-Identifier: Apache-2.0 */
/* Registers the providers of Require. */
#include <http_request.h>

#include "httpd/request/authz.h"

static void provide(apr_pool_t *p, const char *name, const authz_provider *provider)
{
    ap_register_auth_provider(p, AUTHZ_PROVIDER_GROUP, name, AUTHZ_PROVIDER_VERSION, provider,
                              AP_AUTH_INTERNAL_PER_CONF);
}

void cc_authz_register(apr_pool_t *p)
{
    provide(p, "clientcert", &cc_authz_conditions);
    provide(p, "clientcert-user", &cc_authz_user);
    provide(p, "clientcert-group", &cc_authz_group);
    provide(p, "clientcert-strength", &cc_authz_strength);
    provide(p, "clientcert-same-user", &cc_authz_same_user);
    provide(p, "clientcert-bound", &cc_authz_bound);
}
