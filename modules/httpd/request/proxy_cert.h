/* SPDX-License-Identifier: Apache-2.0 */
/* Keeps other modules from taking the certificate of a trusted proxy for that of its clients. */
#ifndef CC_REQUEST_PROXY_CERT_H
#define CC_REQUEST_PROXY_CERT_H

#include "httpd/conf/module.h"

/**
 * check_access, after mod_ssl's, and check_access_ex, before mod_authz_core's: removes the user
 * that SSLUserName made of the certificate of a trusted proxy. Returns DECLINED.
 */
int cc_proxy_cert_forget(request_rec *r);

/**
 * check_authn, after mod_ssl's and before modules that check passwords: removes the password that
 * SSLOptions FakeBasicAuth made of such a certificate. Returns DECLINED.
 */
int cc_proxy_cert_unfake(request_rec *r);

/**
 * ssl_var_lookup, before mod_ssl's: "" for variables of such a certificate except
 * SSL_CLIENT_VERIFY, in requests of the proxy; NULL: mod_ssl answers. mod_ssl itself does not use
 * the hook, for expressions, logs and SSLOptions.
 */
const char *cc_proxy_cert_variable(apr_pool_t *p, server_rec *s, conn_rec *c, request_rec *r,
                                   const char *name);

/**
 * fixups, after mod_ssl's: removes the variables of such a certificate from the environment that
 * SSLOptions StdEnvVars and ExportCertData have set. Returns DECLINED.
 */
int cc_proxy_cert_environment(request_rec *r);

#endif
