/* SPDX-License-Identifier: Apache-2.0 */
/* Finds out whether httpd only tests its configuration, and whether the tool sent a query. */
#include <stdlib.h>

#include <httpd.h>
#include <http_core.h>

#include "httpd/conf/configtest.h"

bool cc_configtest(void)
{
    return ap_state_query(AP_SQ_RUN_MODE) == AP_SQ_RM_CONFIG_TEST;
}

/* The environment is trusted: a user who may start the server may also query its configuration. */
const char *cc_configtest_query(void)
{
    return cc_configtest() ? getenv("CLIENTCERT_QUESTION") : NULL;
}
