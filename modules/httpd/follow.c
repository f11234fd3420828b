/* SPDX-License-Identifier: Apache-2.0 */
/* Knows how mod_watchdog is asked for a thread that looks at what may change. */
#include "follow.h"

#include <apr_optional.h>
#include <mod_watchdog.h>

#include "internal.h"

/* What mod_watchdog calls. */
typedef struct follower_t {
    cc_follow_fn *look;
    void *baton;
    ap_watchdog_t *watchdog;
    APR_OPTIONAL_FN_TYPE(ap_watchdog_set_callback_interval) * set_interval;
} follower_t;

static apr_status_t follow(int state, void *data, apr_pool_t *p)
{
    follower_t *follower = data;

    if (state == AP_WATCHDOG_STATE_RUNNING) {
        follower->set_interval(follower->watchdog, follower->look(follower->baton, p), follower,
                               follow);
    }
    return APR_SUCCESS;
}

apr_status_t cc_follow_start(server_rec *s, const char *name, cc_follow_fn *look, void *baton,
                             apr_pool_t *p)
{
    APR_OPTIONAL_FN_TYPE(ap_watchdog_get_instance) *get_instance =
        APR_RETRIEVE_OPTIONAL_FN(ap_watchdog_get_instance);
    APR_OPTIONAL_FN_TYPE(ap_watchdog_register_callback) *register_callback =
        APR_RETRIEVE_OPTIONAL_FN(ap_watchdog_register_callback);
    follower_t *follower = apr_pcalloc(p, sizeof(*follower));
    apr_status_t rv;

    follower->look = look;
    follower->baton = baton;
    follower->set_interval = APR_RETRIEVE_OPTIONAL_FN(ap_watchdog_set_callback_interval);
    if (!get_instance || !register_callback || !follower->set_interval) {
        ap_log_error(APLOG_MARK, APLOG_EMERG, 0, s,
                     "CC0134: tables and CRLs are looked at from time to time, which needs "
                     "mod_watchdog: write LoadModule watchdog_module modules/mod_watchdog.so, or "
                     "reload=0 with ClientCertCRL and with each file: and dbm: table");
        return APR_EGENERAL;
    }
    rv = get_instance(&follower->watchdog, name, 0, 0, p);
    if (rv == APR_SUCCESS) {
        rv = register_callback(follower->watchdog, AP_WD_TM_SLICE, follower, follow);
    }
    if (rv != APR_SUCCESS) {
        ap_log_error(APLOG_MARK, APLOG_EMERG, rv, s, "CC0135: %s cannot be looked at", name);
    }
    return rv;
}
