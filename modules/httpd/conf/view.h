/* SPDX-License-Identifier: Apache-2.0 */
/* Gives a view of the configuration: the directives of httpd and mod_ssl for each virtual host. */
#ifndef CC_CONF_VIEW_H
#define CC_CONF_VIEW_H

#include <stdbool.h>

#include <apr_hash.h>

#include <httpd.h>
#include <http_config.h>

#include "httpd/conf/module.h"

/** A directive and its place; Include, Define, IfModule and macros have been resolved. */
typedef struct cc_place_t {
    const ap_directive_t *directive;
    const struct cc_conf_view_t *view; /* its server */
    const ap_directive_t *section;     /* the innermost container: <Location>, <If>, <RequireAny>;
                                        * NULL: the server as a whole */
} cc_place_t;

/** Whether a server has TLS. Without SSLEngine, mod_ssl decides this when httpd starts. */
typedef enum { CC_TLS_OFF, CC_TLS_ON, CC_TLS_UNKNOWN } cc_tls_t;

/** SSLVerifyClient: whether the server requests a certificate. optional_no_ca is OPTIONAL. */
typedef enum { CC_VERIFY_NONE, CC_VERIFY_OPTIONAL, CC_VERIFY_REQUIRE } cc_verify_client_t;

/** A server: the main one, or a virtual host. Constant once read. */
typedef struct cc_conf_view_t {
    server_rec *server;
    const struct cc_conf_view_t *main; /* the view of the main server, from which others inherit */
    apr_array_header_t *places; /* cc_place_t: directives of it and of its sections, in order */
    apr_hash_t *values;         /* private to view.c */
    cc_tls_t tls;
    bool takes_forwarded;             /* certificates from proxies (ClientCertHeader) */
    cc_verify_client_t verify_client; /* in the handshake */
    bool verifies_later;              /* a section asks for a certificate, after the handshake */
    bool tls13;                       /* TLS 1.3 is certainly enabled */
    bool http2;                       /* HTTP/2 is enabled */
    bool user_off;                    /* it or a section has "ClientCertAuth Off" */
    bool asks_passwords;              /* it or a section has "AuthType Basic" */
    bool may_log_in; /* it or a section may have an AuthType for another login, in .htaccess
                        too */
} cc_conf_view_t;

/**
 * All servers (const cc_conf_view_t *): the main server `s`, then the virtual hosts in the order of
 * the configuration. Call it after the configuration has been read: the first call walks through
 * it. The views live as long as the configuration. One thread.
 */
const apr_array_header_t *cc_conf_views_of(server_rec *s);

/**
 * The view of the server `s`, which belongs to the main server `main`. Otherwise as
 * cc_conf_views_of.
 */
const cc_conf_view_t *cc_conf_view_of(server_rec *main, const server_rec *s);

/**
 * The first argument of the directive in effect for the server. A directive of the main server is
 * inherited if the server has none of its own. Of several directives outside of sections, the last
 * one counts. NULL: no such directive. In `p`.
 */
const char *cc_conf_view_value(const cc_conf_view_t *view, const char *name, apr_pool_t *p);

/** That directive; NULL: none. It lives as long as the configuration. */
const ap_directive_t *cc_conf_view_directive(const cc_conf_view_t *view, const char *name);

/** All arguments of that directive, unchanged. */
const char *cc_conf_view_arguments(const cc_conf_view_t *view, const char *name);

/** The meaning of an argument of SSLVerifyClient; NULL: no such directive. */
cc_verify_client_t cc_conf_view_verify_client(const char *mode);

/** True if a request may have a certificate: the server may have TLS, or takes forwarded ones. */
static inline bool cc_conf_view_has_clients(const cc_conf_view_t *view)
{
    return view->tls != CC_TLS_OFF || view->takes_forwarded;
}

/** True if the server ever requests a certificate: in the handshake, or for a section. */
bool cc_conf_view_ever_asks(const cc_conf_view_t *view);

/** True if the server ever verifies a certificate: it requests one, or takes those of proxies. */
static inline bool cc_conf_view_ever_verifies(const cc_conf_view_t *view)
{
    return view->takes_forwarded || cc_conf_view_ever_asks(view);
}

#endif
