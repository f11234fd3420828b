/* SPDX-License-Identifier: Apache-2.0 */
/* Tells a start from a restart, and both from the first reading of the configuration. */
#ifndef CC_CONF_START_H
#define CC_CONF_START_H

#include <stdbool.h>

#include <http_core.h>

#include "httpd/conf/module.h"

/** True while httpd reads its configuration for the first time, only to check it. */
static inline bool cc_start_is_trial(void)
{
    return ap_state_query(AP_SQ_MAIN_STATE) == AP_SQ_MS_CREATE_PRE_CONFIG;
}

/** True while httpd reads its configuration again, for a restart, which a bad file must not end. */
static inline bool cc_start_is_restart(void)
{
    return !cc_start_is_trial() && ap_state_query(AP_SQ_CONFIG_GEN) > 1;
}

#endif
