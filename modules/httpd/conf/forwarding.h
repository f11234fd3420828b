/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the directives ClientCertForward and ClientCertForwardIdentity. */
#ifndef CC_CONF_FORWARDING_H
#define CC_CONF_FORWARDING_H

#include <stdbool.h>

#include "forward/forward.h"
#include "httpd/conf/module.h"

/** The most octets of a value that is sent, unless max= says otherwise. */
#define CC_FORWARDING_MAX 8000

/** A ClientCertForward: how the certificate is sent. Constant once read; compared by pointer. */
typedef struct cc_forward_cert_t {
    const cc_forward_format_t *format; /* NULL: Off, the certificate is not sent */
    const char *header;                /* the name of the header */
    const char *chain;                 /* that of the header of the chain; NULL: it has none */
    bool sends_chain;                  /* in that header, or within the header itself */
    int max;                           /* octets of a value */
    const char *where;                 /* FILE:LINE */
} cc_forward_cert_t;

/** A ClientCertForwardIdentity. Constant once read; compared by pointer. */
typedef struct cc_forward_identity_t {
    const char *user;   /* the header of the user; NULL: not sent */
    const char *groups; /* the header of the groups; NULL: not sent */
    const char *where;  /* FILE:LINE */
} cc_forward_identity_t;

/** True if a scope with these two (NULL: unset) sends anything to back ends. */
static inline bool cc_forwarding_sends(const cc_forward_cert_t *cert,
                                       const cc_forward_identity_t *identity)
{
    return (cert && cert->format) || (identity && (identity->user || identity->groups));
}

/**
 * The directives ClientCertForward and ClientCertForwardIdentity, for httpd's table: NULL, or an
 * error (CC0422, CC0423, CC0441 to CC0448). They fill the members forward_cert and forward_identity
 * of a cc_dir_t, each of which is inherited on its own, and add the names of their headers to those
 * that are removed from all requests (cc_configuration_t).
 */
const char *cc_forwarding_directive(cmd_parms *cmd, void *record, const char *args);
const char *cc_forwarding_identity(cmd_parms *cmd, void *record, const char *args);

#endif
