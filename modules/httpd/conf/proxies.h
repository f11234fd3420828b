/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the directives on trusted proxies, and on the certificates that they pass on. */
#ifndef CC_CONF_PROXIES_H
#define CC_CONF_PROXIES_H

#include <stdbool.h>

#include <apr_network_io.h>
#include <apr_tables.h>

#include "forward/forward.h"
#include "httpd/conf/module.h"
#include "rules/rules.h"

/** ClientCertHeader with a format of headers. */
typedef struct cc_header_spec_t {
    const cc_forward_format_t *format;
    const char *name;       /* of the header */
    const char *chain_name; /* of the header of the chain; NULL: none is read */
    bool reads_chain;       /* the chain is in the header itself, and is read */
    const char *where;      /* FILE:LINE */
} cc_header_spec_t;

/** ClientCertHeader proxy-protocol. */
typedef struct cc_proxy_protocol_spec_t {
    int type; /* of the TLV: 0x28, or 0xE0 to 0xEF */
    const char *where;
} cc_proxy_protocol_spec_t;

/** The directives of a server or virtual host, each inherited on its own. */
typedef struct cc_proxies_t {
    const cc_header_spec_t *header;                 /* NULL: none */
    const cc_proxy_protocol_spec_t *proxy_protocol; /* NULL: none */
    const apr_array_header_t *trusted; /* ClientCertTrustedProxy, of apr_ipsubnet_t *; NULL: none */
    const char *first_trusted; /* ... the address of the first network, as written; NULL: none */
    bool trusts_unix;          /* ... unix: */
    bool trusts_all;           /* ... a network of all addresses */
    const cc_rules_t *certs;   /* ClientCertTrustedProxyCert: rules of which one has to match; NULL:
                                  no such line */
} cc_proxies_t;

/** True if a server takes certificates from proxies in any way. Any thread. */
static inline bool cc_proxies_take(const cc_proxies_t *proxies)
{
    return proxies && (proxies->header || proxies->proxy_protocol);
}

/** True if an address is that of a trusted proxy. Of a connection, never of mod_remoteip. */
bool cc_proxies_trust(const cc_proxies_t *proxies, apr_sockaddr_t *address);

/** Merges `add` over `base`; either may be NULL. */
const cc_proxies_t *cc_proxies_merge(const cc_proxies_t *base, const cc_proxies_t *add,
                                     apr_pool_t *p);

/**
 * The directives ClientCertHeader and ClientCertTrustedProxy, for httpd's table: NULL, or an error
 * (CC0419 to CC0424, CC0442, CC0446, CC0447).
 */
const char *cc_proxies_header(cmd_parms *cmd, void *record, const char *args);
const char *cc_proxies_trusted(cmd_parms *cmd, void *record, const char *args);

/**
 * The directive ClientCertTrustedProxyCert: NULL, or an error (CC0421, or one of cc_rules_add).
 * `make` makes the rules of a server for its first line (background/tables.h).
 */
const char *cc_proxies_cert(cmd_parms *cmd, cc_rules_t *make(cmd_parms *cmd), const char *args);

/**
 * check_config: ends the start if a virtual host has ClientCertHeader and no trusted proxy, or
 * ClientCertMaxAge or SSLOCSPEnable beside it, or trusts every address (CC0425 to CC0429). Returns
 * OK or an error, logged.
 */
int cc_proxies_check(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s);

#endif
