/* SPDX-License-Identifier: Apache-2.0 */
/* Lets another login follow where the mapped user is not admitted (ClientCertAuth Fallback). */
#ifndef CC_REQUEST_FALLBACK_H
#define CC_REQUEST_FALLBACK_H

#include <stdbool.h>

#include "httpd/conf/module.h"

/**
 * check_access_ex, before all others: with ClientCertAuth Fallback, runs the hook for the mapped
 * user. If it admits that user or fails, returns its status. Otherwise takes the user away and
 * returns DECLINED, so that the hook runs again as for a client without a user.
 */
int cc_fallback_check(request_rec *r);

/**
 * force_authn: OK if the user was taken away, because such a client must log in, even where one
 * without a user is admitted. Otherwise DECLINED.
 */
int cc_fallback_force(request_rec *r);

/**
 * The two halves of cc_fallback_check, for a caller that runs the hook itself: true if it has to
 * run for the mapped user now; and, with its status, true if it has to run again.
 */
bool cc_fallback_begin(request_rec *r);
bool cc_fallback_end(request_rec *r, int status);

#endif
