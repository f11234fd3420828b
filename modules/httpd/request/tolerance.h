/* SPDX-License-Identifier: Apache-2.0 */
/* Keeps other modules from using a certificate that ClientCertTolerate accepted. */
#ifndef CC_REQUEST_TOLERANCE_H
#define CC_REQUEST_TOLERANCE_H

#include <stdbool.h>

#include <ap_expr.h>

#include "httpd/conf/module.h"

/**
 * post_read_request, after mod_ssl's: answers 421 on a connection whose certificate did not verify,
 * if the virtual host of the request does not tolerate that. Otherwise DECLINED.
 */
int cc_tolerance_misdirected(request_rec *r);

/**
 * check_access, after mod_ssl's, which may have requested the certificate: answers 421 as above,
 * and 403 in a section that requires a certificate. Otherwise as cc_tolerance_forget.
 */
int cc_tolerance_access(request_rec *r);

/**
 * check_access_ex, before mod_authz_core's: answers 421 as above. Otherwise removes the user that
 * SSLUserName made of such a certificate, and returns DECLINED.
 */
int cc_tolerance_forget(request_rec *r);

/**
 * check_authn, after mod_ssl's and before modules that check passwords: removes the password that
 * SSLOptions FakeBasicAuth made of such a certificate.
 */
int cc_tolerance_unfake(request_rec *r);

/**
 * True if the request has a password of FakeBasicAuth, whichever certificate it was made of; the
 * second function removes it.
 */
bool cc_tolerance_fake_has(const request_rec *r);
void cc_tolerance_fake_remove(request_rec *r);

/**
 * ssl_var_lookup, before mod_ssl's: "" for variables of such a certificate, except
 * SSL_CLIENT_VERIFY; NULL: mod_ssl answers. mod_ssl itself does not use the hook, for expressions
 * (cc_tolerance_expr) and SSLOptions.
 */
const char *cc_tolerance_variable(apr_pool_t *p, server_rec *s, conn_rec *c, request_rec *r,
                                  const char *name);

/**
 * fixups, after mod_ssl's: removes the variables of such a certificate, except SSL_CLIENT_VERIFY,
 * from the environment that SSLOptions StdEnvVars and ExportCertData have set. DECLINED.
 */
int cc_tolerance_environment(request_rec *r);

/**
 * expr_lookup, before mod_ssl's: wraps its variables SSL_CLIENT_..., except SSL_CLIENT_VERIFY, and
 * its functions SSL() and PeerExtList(). For such a certificate they are empty, also in .htaccess
 * and in pages of mod_include.
 */
int cc_tolerance_expr(ap_expr_lookup_parms *parms);

#endif
