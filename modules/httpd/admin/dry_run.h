/* SPDX-License-Identifier: Apache-2.0 */
/* Makes up a request with a client, and finds the configuration in effect for it, as httpd does. */
#ifndef CC_ADMIN_DRY_RUN_H
#define CC_ADMIN_DRY_RUN_H

#include <stdbool.h>

#include "httpd/admin/query.h"
#include "httpd/conf/dir.h"
#include "httpd/conf/module.h"
#include "httpd/conf/rulesets.h"
#include "httpd/peer/client.h"

/** What a request is made of. */
typedef struct cc_dry_request_t {
    server_rec *server;
    const char *path;            /* NULL: the server as a whole */
    const char *account;         /* query.h */
    cc_client_t *client;         /* NULL: no certificate is presented */
    bool tls;                    /* the connection has TLS */
    struct cc_access_run_t *run; /* access_lines.h: while its access is decided; NULL: it is not */
    const char *asked_ssl; /* a variable of mod_ssl that a RewriteCond has read without getting its
                              value; NULL: none */
} cc_dry_request_t;

/** The configuration in effect for requests to a server, or to a path on it. */
typedef struct cc_effect_t {
    const cc_dir_t *dir;
    const cc_ruleset_t *ruleset; /* the origin of dir->rules; NULL: no rules */
    request_rec *request;        /* NULL: no path was given */
    int status;                  /* OK, or the status with which httpd answers before the client is
                                    identified */
} cc_effect_t;

/** The configuration in effect. Lives as long as `p`. */
cc_effect_t cc_dry_run(const cc_admin_query_t *q, const cc_dry_request_t *asked, apr_pool_t *p);

/** Gives a request that was made up the wish of the query, also after its state was forgotten. */
void cc_dry_run_wish(request_rec *r);

/** The request that was made up, if `r` is one of cc_dry_run's; otherwise NULL. */
cc_dry_request_t *cc_dry_request_of(const request_rec *r);

/** ssl_conn_is_ssl: OK for the connection of a request with TLS that was made up, or DECLINED. */
int cc_dry_run_is_tls(conn_rec *c);

/** ssl_var_lookup: notes that such a request asks for a variable. NULL: it is not known. */
const char *cc_dry_run_ssl_variable(apr_pool_t *p, server_rec *s, conn_rec *c, request_rec *r,
                                    const char *name);

#endif
