/* SPDX-License-Identifier: Apache-2.0 */
/* The user of a request. */
#ifndef CC_REQUEST_AUTHN_H
#define CC_REQUEST_AUTHN_H

#include <stdbool.h>

#include "httpd/conf/dir.h"
#include "httpd/conf/module.h"
#include "httpd/request/export.h"

/** Whether the user or the variables of a request depend on who its client is. */
static inline bool cc_authn_asks(const cc_dir_t *dir)
{
    return (dir->rules && dir->auth != 0) || (dir->export ? dir->export->count > 0 : !!dir->rules);
}

/**
 * Serves a subrequest as its page is served, where httpd has done so with the user: it has the same
 * configuration. False where that has to be asked: the page has no such answer.
 */
bool cc_authn_inherit(request_rec *r);

/**
 * check_access, after mod_ssl's: makes the mapped user r->user, and ClientCertExport the
 * environment of the request. 403 where its certificate does not hold any more, 500 where a lookup
 * failed, else DECLINED.
 */
int cc_authn_access(request_rec *r);

/** check_authn, before all others: 500 where rules are in effect and a table failed. DECLINED. */
int cc_authn_failure(request_rec *r);

/** check_authn: AuthType ClientCert, or none where rules are in effect. 403 or DECLINED. */
int cc_authn_check(request_rec *r);

#endif
