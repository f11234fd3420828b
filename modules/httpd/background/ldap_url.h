/* SPDX-License-Identifier: Apache-2.0 */
/* Parses the configuration of an ldap: table into the form that lookups need. */
#ifndef CC_BACKGROUND_LDAP_URL_H
#define CC_BACKGROUND_LDAP_URL_H

#include <stdbool.h>

#include <apr_ldap.h>

#include <httpd.h>

#include "base/error.h"
#include "httpd/conf/module.h"
#include "tables/table.h"

/** Constant once it is read. */
typedef struct cc_ldap_url_t {
    server_rec *server;
    LDAPURLDesc *url;
    const char *host; /* with its port, as mod_ldap needs it */
    int port;
    int secure;         /* APR_LDAP_SSL, or -1: as set by LDAPTrustedMode */
    int attributes;     /* the number of attributes in the URL */
    const char *before; /* the filter up to the key, and what follows it */
    const char *after;
    bool octets;      /* %o: the key is searched as octets */
    bool hex;         /* keys of rules encode the octets in hex; false: in base64 */
    const char *user; /* the name to bind with; NULL: anonymous */
    const char *password;
    struct timeval timeout;
} cc_ldap_url_t;

/**
 * Parses source and options of a table. Errors: CC0642, CC0644 (CC_SOURCE_CLOSED: there is no
 * password). Lives as long as `p`.
 */
apr_status_t cc_ldap_url_read(cc_ldap_url_t *directory, const cc_table_spec_t *spec, apr_pool_t *p,
                              cc_error_t *err);

#endif
