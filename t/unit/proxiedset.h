/* SPDX-License-Identifier: Apache-2.0 */
/* Makes a connection with the filter for the PROXY protocol, and reads what a client sends. */
#ifndef PROXIEDSET_H
#define PROXIEDSET_H

#include <stdbool.h>

#include <util_filter.h>

#include "httpd/conf/module.h"
#include "httpd/conf/vhost_conf.h"
#include "httpd/peer/forwarded.h"
#include "proxyset.h"

#define REQUEST "GET / HTTP/1.1\r\nHost: a\r\n\r\n"

/** What the client sends. It arrives in pieces, after which nothing has arrived yet. */
typedef struct proxied_net_t {
    char octets[2 * CC_PROXY_PROTOCOL_MAX];
    apr_size_t len, at, ready, piece;
    apr_interval_time_t takes;   /* for each piece */
    apr_interval_time_t timeout; /* of the socket, at the last read */
    bool ended, inits;
} proxied_net_t;

/** The connection, with the filter; its server; and what its client, a trusted proxy, sends. */
typedef struct proxied_t {
    conn_rec *c;
    cc_vhost_conf_t *conf;
    proxied_net_t net;
    char all[2 * CC_PROXY_PROTOCOL_MAX]; /* what proxied_read_all has read */
} proxied_t;
extern proxied_t proxied;

/** For setup and teardown of a test. The header is that of proxyset.h. */
void proxied_setup(void);
void proxied_teardown(void);

/** Begins another connection, whose filter may be missing. Adds the filter of httpd's core. */
void proxied_begin(void);
void proxied_core(void);

/** Only these addresses are trusted. */
void proxied_trust(const char *subnet);

/** The client sends these octets; the header of proxyset.h and a request; with a certificate. */
void proxied_send(const void *octets, apr_size_t len);
void proxied_send_header(void);
void proxied_send_cert(void);

/** Reads once: the octets, and how many there are. */
const char *proxied_read(ap_input_mode_t mode, apr_read_type_e block, apr_size_t most,
                         apr_size_t *len, apr_status_t *rv);

/** Reads all octets, at most so many at once; how many there are. */
apr_size_t proxied_read_all(ap_input_mode_t mode, apr_read_type_e block, apr_size_t most);

/** These are all the octets that can be read, and then the filter has been removed. */
void proxied_expect(ap_input_mode_t mode, apr_read_type_e block, apr_size_t most,
                    const void *expected, apr_size_t len);

/** The header without its TLVs, and the request. */
const char *proxied_shortened(apr_size_t *len);
void proxied_expect_shortened(ap_input_mode_t mode, apr_read_type_e block, apr_size_t most);

/** What is passed on for a request: the certificate of proxyset.h; none. */
const cc_forwarded_t *proxied_forwarded(void);
void proxied_expect_cert(void);
void proxied_expect_none(void);

#endif
