/* SPDX-License-Identifier: Apache-2.0 */
/* Makes OCSP responses for the unit tests, and serves them by a responder on loopback. */
#ifndef OCSPKIT_H
#define OCSPKIT_H

#include <stdatomic.h>

#include <apr_network_io.h>
#include <apr_thread_proc.h>

#include "pki.h"
#include "ocsp/internal.h"

extern pki_extensions_t ocsp_is_delegate; /* of the certificate of a responder */

/** The content of a response; times are seconds from now. */
typedef struct reply_t {
    const pki_t *signer;
    bool bare;         /* without the signer's certificate */
    const X509 *about; /* the certificate, which `issuer` issued */
    const X509 *issuer;
    int status; /* V_OCSP_CERTSTATUS_ */
    int reason; /* OCSP_REVOKED_STATUS_ */
    long this_update;
    long next_update;     /* 0: none */
    bool no_nonce;        /* the nonce of the request is omitted */
    bool wrong_nonce;     /* another one */
    bool twice;           /* the same single response again */
    bool critical;        /* an unknown critical extension */
    const X509 *also;     /* another certificate of the issuer, answered first */
    const EVP_MD *digest; /* of the signature; NULL: SHA-256 */
    bool pss;             /* RSASSA-PSS; the signer's key is RSA */
    int error;            /* OCSP_RESPONSE_STATUS_ of a response without an answer */
} reply_t;

/** A good answer for a certificate, signed by its issuer, valid from a minute ago for an hour. */
reply_t ocsp_good(const pki_t *leaf, const pki_t *issuer);

/** The DER of a response to a request (NULL: there was none); free it with OPENSSL_free. */
unsigned char *ocsp_reply(const reply_t *reply, OCSP_REQUEST *request, int *len);

/** The result of cc_answer_read for these octets now; `request` has the nonce, or is NULL. */
cc_ocsp_answer_t ocsp_read(const cc_ocsp_subject_t *of, cc_response_t *response,
                           OCSP_REQUEST *request, apr_pool_t *p);

/** The same for the answer to a request with or without a nonce. */
cc_ocsp_answer_t ocsp_read_reply(const cc_ocsp_subject_t *of, const reply_t *reply, bool nonce,
                                 apr_pool_t *p);

/** A list of one revoked certificate, for checks of signers. `state` is its pki_t. */
bool ocsp_lists_one(void *state, X509 *cert, X509 *issuer, apr_time_t now);

/** How a responder behaves. */
typedef enum {
    ANSWERS,
    ANSWERS_SLOWLY, /* after half a second */
    ANSWERS_IN_PIECES,
    ANSWERS_AND_STAYS, /* without closing the connection */
    SAYS_GARBAGE,      /* in HTTP */
    SAYS_NO_HTTP,
    SAYS_TOO_MUCH, /* a response of 10 MB */
    SAYS_HEADERS,  /* without end */
    SAYS_MORE,     /* announces more than it sends */
    DRIPS,         /* an octet every 50 ms */
    REDIRECTS,     /* to itself, at another path */
    FAILS,         /* 500 */
    NAMES_NO_TYPE,
    NAMES_ANOTHER_TYPE,
    SAYS_NOTHING, /* closes the connection */
    HANGS
} behaviour_t;

/** A responder on loopback. `behaviour` and `reply` may be changed while it is not asked. */
typedef struct responder_t {
    _Atomic behaviour_t behaviour;
    reply_t reply;
    apr_port_t port;
    const char *url;
    atomic_int asked;     /* connections */
    atomic_int elsewhere; /* those for another path than the one in `url` */
    char head[1024];      /* of the last request in HTTP */
    /* For ocspkit.c alone: */
    apr_socket_t *socket;
    apr_thread_t *thread;
    atomic_bool ends;
} responder_t;

responder_t *responder_start(behaviour_t behaviour, const reply_t *reply, apr_pool_t *p);
void responder_stop(responder_t *responder);

/** A URL without a listener. */
const char *responder_nobody(apr_pool_t *p);

#endif
