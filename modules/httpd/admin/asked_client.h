/* SPDX-License-Identifier: Apache-2.0 */
/* Makes a client of a certificate in a file, as the virtual host of a query judges it. */
#ifndef CC_ADMIN_ASKED_CLIENT_H
#define CC_ADMIN_ASKED_CLIENT_H

#include <stdbool.h>

#include "httpd/admin/query.h"
#include "httpd/admin/sources.h"
#include "httpd/peer/client.h"
#include "httpd/peer/client_pin.h"
#include "revocation/revocation.h"
#include "trust/trust.h"

/** The client that presents a certificate of the query, and what the server makes of it. */
typedef struct cc_asked_client_t {
    cc_client_t client;
    apr_pool_t *pool;
    cc_seal_t seal;
    bool admitted;                     /* by mod_ssl, which may not mind that it does not verify */
    const char *unverified;            /* NULL: it verifies; or as from cc_judge_certificate */
    cc_client_pin_t pin;               /* of one that only lacks an issuer (ClientCertPinned) */
    cc_revocation_status_t revocation; /* by CRLs alone, of a certificate that verifies */
    cc_revocation_status_t requests;   /* the same, and by OCSP if that needs no responder: */
    bool needs_no_responder;           /* it follows from the configuration */
    const cc_key_answer_t *key;        /* for the type of its key; NULL: it does not matter */
    const char *problem;               /* NULL, or why it gives no identity */
    bool refused;                      /* its handshake fails, so no request is ever sent */
    bool presented; /* false: the server requests no certificate, the handshake fails, or the proxy
                       is not trusted */
} cc_asked_client_t;

/** The client that presents this certificate. Lives as long as presented->pool. Asks no OCSP. */
cc_asked_client_t *cc_asked_client_make(const cc_sources_t *sources,
                                        const cc_presented_t *presented);

#endif
