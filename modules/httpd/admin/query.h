/* SPDX-License-Identifier: Apache-2.0 */
/* What the files share that answer queries about a configuration. */
#ifndef CC_ADMIN_QUERY_H
#define CC_ADMIN_QUERY_H

#include <stdbool.h>

#include <jansson.h>

#include "base/error.h"
#include "cert/cert.h"
#include "httpd/conf/dir.h"
#include "httpd/conf/module.h"
#include "httpd/conf/rulesets.h"
#include "rules/rules.h"

/*
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
 * One thread, in a configuration test alone; the process ends when the question is answered.
 */
typedef struct cc_admin_query_t {
    const char *directory;
    const char *vhost; /* NAME or NAME:PORT; NULL: not said */
    const char *path;  /* begins with a slash; NULL: a host as a whole */
    int certificates;  /* how many */
    bool all;          /* every rule is listed, not only those that matter */
    bool own_sources;  /* the CRLs of mod_ssl's directives are not looked at */
    server_rec *main;
    apr_pool_t *pool;
    cc_error_t err; /* filled where there is no answer */
} cc_admin_query_t;

/** Answers, of the configuration as a whole; NULL: q->err says why not. */
json_t *cc_admin_rules(cc_admin_query_t *q);
json_t *cc_admin_check(cc_admin_query_t *q);

/** A certificate of the question. */
typedef struct cc_presented_t {
    const char *path; /* its PEM file, with what a client sends along */
    const cc_cert_t *cert;
    apr_pool_t *pool; /* for what is found out about this one */
} cc_presented_t;

/**
 * What is the same for all certificates of a question is found out once: the host, its CAs, the
 * rules. It lives as long as q->pool. NULL: q->err says why there is no answer.
 */
void *cc_admin_explain(cc_admin_query_t *q);
void *cc_admin_revoked(cc_admin_query_t *q);

/** Then the answer for each certificate, from what these have given. Never NULL. */
json_t *cc_explain_certificate(const void *prepared, const cc_presented_t *presented);
json_t *cc_revoked_certificate(const void *prepared, const cc_presented_t *presented);

/** cc_json_trace, where each step has the canonical "text" of its rule too. */
json_t *cc_admin_trace(const apr_array_header_t *trace, const cc_rules_t *rules, apr_pool_t *p);

/* ---- virtual hosts (hosts.c) ----------------------------------------------------------------- */

/** "a.example:443" or "localhost (main server)". */
const char *cc_vhost_name(const server_rec *s, apr_pool_t *p);

/**
 * The server that is meant: by q->vhost, else the one that has TLS and rules. *why says why it was
 * taken. NULL: CC0751, CC0752.
 */
server_rec *cc_vhost_choose(cc_admin_query_t *q, const char **why);

/** {"name": TEXT, "where": FILE:LINE or null, "taken_as": why}. */
json_t *cc_vhost_json(const server_rec *s, const char *why, apr_pool_t *p);

/** True if a ruleset says something for clients of this server. */
bool cc_vhost_serves(const cc_ruleset_t *ruleset, const server_rec *s);


/* ---- what is in effect (dry_run.c) --------------------------------------------------------- */

/** What is in effect for requests to a server, or to a path on it. */
typedef struct cc_effect_t {
    const cc_dir_t *dir;
    const cc_ruleset_t *ruleset; /* where dir->rules come from; NULL: there are none */
    const char *filename;    /* what httpd makes of the path; NULL: no path was given */
    int status;              /* OK, or what httpd answers before it asks who the client is */
} cc_effect_t;

/** The server as a whole, or the path of the question on it, found by httpd's own walks. */
cc_effect_t cc_dry_run(const cc_admin_query_t *q, server_rec *s);

/** test_config: answers what the command-line tool asks (admin/query.h), if it does. */
void cc_admin_answer(apr_pool_t *pconf, server_rec *s);

#endif
