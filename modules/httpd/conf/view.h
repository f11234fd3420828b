/* SPDX-License-Identifier: Apache-2.0 */
/* Knows what httpd and mod_ssl were told of each server, in the configuration as it was read. */
#ifndef CC_SITE_H
#define CC_SITE_H

#include <stdbool.h>

#include <apr_hash.h>

#include <httpd.h>
#include <http_config.h>

#include "httpd/conf/module.h"
#include "trust/trust.h"

/** A directive where it stands; Include, Define, IfModule and macros have been resolved. */
typedef struct cc_place_t {
    const ap_directive_t *directive;
    const struct cc_conf_view_t *view;  /* the server that it stands in */
    const ap_directive_t *section; /* the innermost container: <Location>, <If>, <RequireAny> ...;
                                    * NULL: the server as a whole */
} cc_place_t;

/** Whether a server has TLS. mod_ssl decides late where SSLEngine is not said. */
typedef enum { CC_TLS_OFF, CC_TLS_ON, CC_TLS_UNKNOWN } cc_tls_t;

/** Whom SSLVerifyClient asks for a certificate; optional_no_ca asks as optional does. */
typedef enum { CC_ASK_NOBODY, CC_ASK_OPTIONAL, CC_ASK_REQUIRE } cc_ask_t;

/** A server. Constant once read. */
typedef struct cc_conf_view_t {
    server_rec *server;
    const struct cc_conf_view_t *main; /* the main server, which others inherit from */
    apr_array_header_t *places;   /* cc_place_t: what stands in it and in its sections, in order */
    apr_hash_t *values;           /* private to view.c */
    cc_tls_t tls;
    cc_ask_t ask; /* in the handshake */
    bool asks_later;     /* a section of it does */
    bool tls13;          /* TLS 1.3 is spoken for certain */
    bool http2;
    bool user_off;       /* it has "ClientCertAuth Off" somewhere */
    bool asks_passwords; /* and "AuthType Basic" */
} cc_conf_view_t;

/**
 * All servers (const cc_conf_view_t *): the main one, which is given, then the virtual hosts in the
 * order of the configuration. To be called once that has been read: it is looked through the first
 * time, and what was found lives as long as the configuration. One thread.
 */
const apr_array_header_t *cc_conf_views_of(server_rec *s);

/** The one of a server that is among them. As cc_conf_views_of. */
const cc_conf_view_t *cc_conf_view_of(server_rec *main, const server_rec *s);

/**
 * The first argument of a directive of mod_ssl (the last one that stands in no section), as its
 * server has it: its own, else the main server's. NULL: nobody said.
 */
const char *cc_conf_view_value(const cc_conf_view_t *view, const char *name, apr_pool_t *p);

/** All its arguments, as they stand there. */
const char *cc_conf_view_arguments(const cc_conf_view_t *view, const char *name);

/** The files of CAs that mod_ssl's directives name, without CRLs; texts in `p` (trust.c). */
cc_trust_files_t cc_conf_view_files(const cc_conf_view_t *view, apr_pool_t *p);

/** What SSLVerifyClient with this argument asks. */
cc_ask_t cc_conf_view_ask(const char *mode);

/** True if a client is ever asked there: in the handshake, or later, for a section. */
bool cc_conf_view_asks(const cc_conf_view_t *view);

#endif
