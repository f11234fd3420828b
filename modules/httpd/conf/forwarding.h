/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the directives ClientCertForward and ClientCertForwardIdentity. */
#ifndef CC_CONF_FORWARDING_H
#define CC_CONF_FORWARDING_H

#include <stdbool.h>

#include "forward/forward.h"
#include "httpd/conf/module.h"

/** What is sent to back ends. Constant once read; compared by pointer. */
typedef struct cc_forwarding_t {
    const cc_forward_format_t *format; /* NULL: the certificate is not sent */
    const char *header;                /* the names of the headers */
    const char *chain;                 /* NULL: not in a header of its own */
    bool sends_chain;
    apr_size_t max;     /* octets of a value */
    const char *user;   /* the header of the user; NULL: not sent */
    const char *groups; /* the header of the groups; NULL: not sent */
} cc_forwarding_t;

/**
 * The directives ClientCertForward and ClientCertForwardIdentity, for httpd's table: NULL, or an
 * error (CC0441 to CC0449). They add the names of their headers to those that are removed from all
 * requests (cc_configuration_t).
 */
const char *cc_forwarding_directive(cmd_parms *cmd, void *record, const char *args);
const char *cc_forwarding_identity(cmd_parms *cmd, void *record, const char *args);

#endif
