/* SPDX-License-Identifier: Apache-2.0 */
/* A query of the command-line tool about a configuration. */
#ifndef CC_ADMIN_QUERY_H
#define CC_ADMIN_QUERY_H

#include <stdbool.h>

#include "base/error.h"
#include "cert/cert.h"
#include "httpd/conf/module.h"

/**
 * The command-line tool asks about a configuration by running `httpd -t` with a directory of its
 * own in the environment (CLIENTCERT_QUESTION). There stand
 *
 *   question.json    {"ask": "explain" | "rules" | "check" | "revoked", "vhost": TEXT,
 *                    "path": TEXT, "certificates": NUMBER, "all": BOOLEAN}
 *   1.pem, 2.pem ... explain, revoked: the certificates, each with what a client sends along
 *   answer.json      made by the module, one object a line: what was asked for, of each certificate
 *                    in turn, or {"error": {"tag": TEXT, "word": TEXT or null, "message": TEXT}}
 *                    instead of all answers; with "result": "error" instead of one
 *
 * One thread, in a configuration test alone; the process ends when the query is answered.
 */
typedef struct cc_admin_query_t {
    const char *directory;
    const char *vhost; /* NAME or NAME:PORT; NULL: the query names none */
    const char *path;  /* begins with a slash; NULL: a virtual host as a whole */
    int certificates;  /* how many */
    bool all;          /* every rule is listed, not only those that matter */
    bool own_sources;  /* the CRLs of mod_ssl's directives are left out */
    server_rec *main;
    apr_pool_t *pool;
    cc_error_t err; /* filled where there is no answer */
} cc_admin_query_t;

/** A certificate of the query. */
typedef struct cc_presented_t {
    const char *path; /* its PEM file, with what a client sends along */
    const cc_cert_t *cert;
    apr_pool_t *pool; /* for what is found out about this one */
} cc_presented_t;

#endif
