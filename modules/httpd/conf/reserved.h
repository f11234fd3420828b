/* SPDX-License-Identifier: Apache-2.0 */
/* Recognizes the headers that clients may not send where certificates are forwarded or taken. */
#ifndef CC_CONF_RESERVED_H
#define CC_CONF_RESERVED_H

#include <stdbool.h>

#include "httpd/conf/configuration.h"
#include "httpd/conf/module.h"

/** Why a name is reserved. Bits. */
enum { CC_RESERVED_BY_DIRECTIVE = 1, CC_RESERVED_BY_FORMAT = 2 };

/**
 * False if the name of a header is not reserved for one of these reasons, since it begins with
 * another letter. Costs two loads. Any thread.
 */
static inline bool cc_reserved_may_be(const cc_configuration_t *configuration, const char *name,
                                      int reasons)
{
    return configuration->reserved_first[(unsigned char)*name] & reasons;
}

/**
 * check_config: makes the other functions fast for other names, once all directives have been read.
 * Returns OK.
 */
int cc_reserved_start(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s);

/**
 * True for the name of a header, in any spelling, that ClientCertForward, ClientCertForwardIdentity
 * or ClientCertHeader uses somewhere in the configuration. Any thread.
 */
bool cc_reserved_named(const cc_configuration_t *configuration, const char *name);

/**
 * True for these names, and for all names by which any proxy passes on certificates, since a back
 * end may know these too. Any thread.
 */
bool cc_reserved_is(const cc_configuration_t *configuration, const char *name);

/** The first of the headers for whose name cc_reserved_is is true; NULL: none. */
const char *cc_reserved_first(const cc_configuration_t *configuration, const apr_table_t *headers);

#endif
