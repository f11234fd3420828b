/* SPDX-License-Identifier: Apache-2.0 */
/* Makes the record of a configuration, once for each time that httpd reads the configuration. */
#include "httpd/conf/configuration.h"
#include "httpd/conf/module.h"

static const char key[] = "clientcert_configuration";

cc_configuration_t *cc_configuration_find(const server_rec *s)
{
    apr_pool_t *pconf = s->process->pconf;
    void *configuration = NULL;

    apr_pool_userdata_get(&configuration, key, pconf);
    if (!configuration) {
        configuration = apr_pcalloc(pconf, sizeof(cc_configuration_t));
        apr_pool_userdata_setn(configuration, key, NULL, pconf);
    }
    return configuration;
}
