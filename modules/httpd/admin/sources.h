/* SPDX-License-Identifier: Apache-2.0 */
/* Opens, for a query, all that a virtual host uses to judge a client's certificate. */
#ifndef CC_ADMIN_SOURCES_H
#define CC_ADMIN_SOURCES_H

#include <stdbool.h>

#include "httpd/admin/arrival.h"
#include "httpd/admin/query.h"
#include "httpd/conf/judge.h"
#include "httpd/conf/module.h"
#include "httpd/conf/view.h"
#include "revocation/revocation.h"
#include "trust/trust.h"

/** The virtual host of a query, and how it judges certificates. Constant once opened. */
typedef struct cc_sources_t {
    server_rec *server;
    const char *reason; /* why this server was chosen */
    const cc_conf_view_t *view;
    cc_arrival_t arrival; /* of the certificates */
    cc_judge_t judge;
    bool no_ca; /* SSLVerifyClient optional_no_ca */
    const cc_negotiation_t *negotiation;
    cc_keys_t *keys;            /* the types of keys that it accepts */
    cc_revocation_t revocation; /* ClientCertCRL and ClientCertOCSP */
} cc_sources_t;

/**
 * Chooses the virtual host, and opens its CAs, CRLs and responder as a start of the server does,
 * but without reloading and without a cache. Asks no responder. Lives as long as q->pool. An error
 * is in q->err: CC0558, CC0751, CC0752, or that of a file.
 */
apr_status_t cc_sources_open(cc_sources_t *sources, cc_admin_query_t *q);

/**
 * The sections with rules of this server, joined by ", "; `condition`: only <If>, <ElseIf> and
 * <Else>. NULL: there are none. `main` is the main server. Lives as long as `p`.
 */
const char *cc_sources_sections(const server_rec *main, const server_rec *s, bool condition,
                                apr_pool_t *p);

#endif
