/* SPDX-License-Identifier: Apache-2.0 */
/* Finds out whether mod_ssl refused a request because it could get no certificate for it. */
#ifndef CC_REQUEST_SSL_REFUSAL_H
#define CC_REQUEST_SSL_REFUSAL_H

#include "httpd/conf/module.h"

/**
 * Why mod_ssl answered a request with 403 before access control, although SSLVerifyClient made it
 * request a certificate for this request: after the handshake, on a connection already in use.
 */
typedef enum {
    CC_SSL_REFUSED_NOT,        /* it did not, or the reason is not certain */
    CC_SSL_REFUSED_HTTP2,      /* HTTP/2 does not allow a request for one (RFC 9113 9.2.3);
                                * mod_http2 asks the client to repeat the request with HTTP/1.1 */
    CC_SSL_REFUSED_TWICE,      /* TLS 1.3: the client was asked for one before, and OpenSSL does not
                                * ask again. It may have presented one */
    CC_SSL_REFUSED_UNABLE,     /* TLS 1.3: the client does not support a request so late; browsers
                                * based on Chromium are such clients */
    CC_SSL_REFUSED_NONE,       /* TLS 1.3: the client was asked, and presented none */
    CC_SSL_REFUSED_UNVERIFIED, /* the client was asked, and its certificate did not verify */
    CC_SSL_REFUSED_HANDSHAKE,  /* TLS 1.2: the renegotiation failed. The client may have no
                                * certificate, or may not renegotiate */
    CC_SSL_REFUSED_COUNT
} cc_ssl_refused_t;

/**
 * Why mod_ssl refused a request. No rule was evaluated for such a request, and no Require. For an
 * ErrorDocument, pass the request that failed (r->prev). Only what is certain: the answer is
 * CC_SSL_REFUSED_NOT for all other causes of a 403. In the request's thread.
 */
cc_ssl_refused_t cc_ssl_refused(const request_rec *r);

/** The reason in plain words, for an administrator: a literal. NULL for CC_SSL_REFUSED_NOT. */
const char *cc_ssl_refused_text(cc_ssl_refused_t refused);

/**
 * insert_error_filter: records the reason for a request whose connection a failed handshake has
 * made useless; mod_ssl frees its SSL when the answer is sent.
 */
void cc_ssl_refused_note(request_rec *r);

/**
 * Logs one line (CC0115) if mod_ssl refused a request, or one that it led to. Called for the
 * request of the client, after it has been answered.
 */
void cc_ssl_refused_log(request_rec *r);

#endif
