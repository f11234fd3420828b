/* SPDX-License-Identifier: Apache-2.0 */
/* Defines a query of the command-line tool about a configuration. */
#ifndef CC_ADMIN_QUERY_H
#define CC_ADMIN_QUERY_H

#include <stdbool.h>

#include "base/error.h"
#include "cert/cert.h"
#include "httpd/conf/module.h"

/**
 * The command-line tool queries a configuration by running `httpd -t`, with the path of a temporary
 * directory in the environment (CLIENTCERT_QUESTION). The directory contains
 *
 *   question.json    {"ask": "explain" | "rules" | "check" | "revoked" | "table" |
 *                    "trust",
 *                    "vhost": TEXT, "path": TEXT, "account": TEXT, "certificates": NUMBER,
 *                    "all": BOOLEAN, "table": TEXT, "key": TEXT, "file": TEXT, "issuer": TEXT,
 *                    "via": TEXT, "proxy": TEXT}
 *   1.pem, 2.pem ... explain, revoked: the certificates, each with the others that a client sends
 *   answer.json      written by the module, one object per line: the answer, or one answer for each
 *                    certificate in turn; or {"error": {"tag": TEXT, "word": TEXT or null,
 *                    "where": TEXT or null, "message": TEXT}} instead of all answers, or with
 *                    "result": "error" instead of the answer for one certificate
 *
 * Used by one thread, only in a configuration test; the process ends after answering the query.
 */
typedef struct cc_admin_query_t {
    const char *directory;
    const char *vhost;   /* NAME or NAME:PORT; NULL: not given */
    const char *path;    /* begins with a slash; NULL: the virtual host as a whole */
    const char *account; /* explain: what the request asks for by ClientCertAccount; NULL: what its
                            expression gives */
    int certificates;    /* how many */
    bool all;            /* list every rule, not only the relevant ones */
    const char *table;   /* table: the name of the table */
    const char *key;     /* table: what to look up; NULL: nothing */
    const char *file;    /* table: an absolute path to use in place of its file; NULL: its own */
    const char *issuer;  /* table: the CA whose row is looked up (RFC 4514); NULL: not given */
    cc_via_t via;        /* how the certificates arrive; CC_VIA_UNKNOWN: not given */
    const char *proxy;   /* the address of the proxy, or "unix"; NULL: not given */
    bool own_sources;    /* without the CRLs of mod_ssl's directives */
    server_rec *main;
    apr_pool_t *pool;
    cc_error_t err; /* filled if there is no answer */
} cc_admin_query_t;

/** A certificate of the query. */
typedef struct cc_presented_t {
    const char *path; /* its PEM file, with the other certificates that a client sends */
    const cc_cert_t *cert;
    apr_pool_t *pool; /* for data about this certificate */
} cc_presented_t;

#endif
