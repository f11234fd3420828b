/* SPDX-License-Identifier: Apache-2.0 */
/* Sets the user of a request. */
#ifndef CC_REQUEST_AUTHN_H
#define CC_REQUEST_AUTHN_H

#include <stdbool.h>

#include "httpd/conf/dir.h"
#include "httpd/conf/forwarding.h"
#include "httpd/conf/module.h"
#include "httpd/request/export.h"

/** Whether the user, the variables or the headers of a request depend on its identity. */
static inline bool cc_authn_asks(const cc_dir_t *dir)
{
    return (dir->rules && dir->auth != 0) ||
           (dir->export ? dir->export->count > 0 : !!dir->rules) ||
           cc_forwarding_sends(dir->forward_cert, dir->forward_identity) || dir->account;
}

/**
 * Serves a subrequest with the answer of its page if both have the same configuration, as httpd
 * does with the user. False if the page has no such answer: the identity has to be determined.
 */
bool cc_authn_inherit(request_rec *r);

/**
 * check_access, after mod_ssl: sets r->user to the mapped user, and the variables of
 * ClientCertExport. Returns 403 if the certificate is no longer accepted, 500 if a lookup failed,
 * otherwise DECLINED.
 */
int cc_authn_access(request_rec *r);

/** True if AuthType lets another module log the client in, by a password for example. */
bool cc_authn_by_others(const request_rec *r);

/**
 * The user of a login of another module for this request itself, which that module has verified by
 * the time that Require lines with a user are asked; not empty. NULL: none yet. A user that is set
 * before check_authn counts for nothing: a name in a header may be there without its password
 * having been checked.
 */
const char *cc_authn_login(const request_rec *r);

/**
 * check_authn, before all others: records that a login may follow. Returns 500 if rules are in
 * effect and a lookup failed; otherwise DECLINED.
 */
int cc_authn_failure(request_rec *r);

/**
 * check_authn: handles AuthType ClientCert, and requests without AuthType where rules are in
 * effect. Returns 403 or DECLINED.
 */
int cc_authn_check(request_rec *r);

#endif
