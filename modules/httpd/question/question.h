/* SPDX-License-Identifier: Apache-2.0 */
/* Knows what the files share that answer questions about a configuration. */
#ifndef CC_QUESTION_H
#define CC_QUESTION_H

#include <jansson.h>

#include "httpd/internal.h"
#include "trust/trust.h"

/*
 * The command-line tool asks about a configuration by running `httpd -t` with a directory of its
 * own in the environment (CLIENTCERT_QUESTION). There stand
 *
 *   question.json    {"ask": "explain" | "rules" | "check" | "revoked", "vhost": TEXT,
 *                    "path": TEXT}
 *   certificate.pem  explain, revoked: the certificate, and what a client sends along with it
 *   answer.json      made by the module: what was asked for, or {"error": {"tag": TEXT, "word":
 *                    TEXT or null, "message": TEXT}}
 *
 * One thread, in a configuration test alone; the process ends when the question is answered.
 */
typedef struct cc_question_t {
    const char *directory;
    const char *certificate; /* the path of certificate.pem */
    const char *vhost;       /* NAME or NAME:PORT; NULL: not said */
    const char *path;        /* begins with a slash; NULL: a host as a whole */
    bool own_sources;        /* CRLs that mod_ssl is told of are not looked at */
    server_rec *main;
    apr_pool_t *pool;
    cc_error_t err; /* filled where there is no answer */
} cc_question_t;

/** Answers; NULL: q->err says why not. */
json_t *cc_question_explain(cc_question_t *q);
json_t *cc_question_rules(cc_question_t *q);
json_t *cc_question_check(cc_question_t *q);
json_t *cc_question_revoked(cc_question_t *q);

/** cc_report_trace, where each step has the canonical "text" of its rule too. */
json_t *cc_question_trace(const apr_array_header_t *trace, const cc_rules_t *rules, apr_pool_t *p);

/* ---- virtual hosts (hosts.c) ----------------------------------------------------------------- */

/** "a.example:443" or "localhost (main server)". */
const char *cc_vhost_name(const server_rec *s, apr_pool_t *p);

/**
 * The server that is meant: by q->vhost, else the one that has TLS and rules. *why says why it was
 * taken. NULL: CC0751, CC0752.
 */
server_rec *cc_host_choose(cc_question_t *q, const char **why);

/** {"name": TEXT, "where": FILE:LINE or null, "taken_as": why}. */
json_t *cc_host_told(const server_rec *s, const char *why, apr_pool_t *p);

/** True if a scope says something for clients of this server. */
bool cc_host_serves(const cc_scope_t *scope, const server_rec *s);

/* ---- whether a certificate would verify (trust.c) -------------------------------------------- */

/** What a server would say of the certificate of a question. */
typedef struct cc_judgement_t {
    const char *problem; /* NULL: it would verify. Else why there would be no identity */
    cc_seal_t seal;
    cc_trust_t *trust; /* whom it trusts; NULL: it never asks for a certificate, or trusts nobody */
    apr_array_header_t *unseen; /* const char *: what was not judged, in plain words */
} cc_judgement_t;

/**
 * As the server would judge in a handshake, by what mod_ssl is told of it: mod_ssl itself is not at
 * work in a test. CC0402: a file cannot be loaded.
 */
apr_status_t cc_question_judge(cc_judgement_t *judgement, cc_question_t *q, const server_rec *s);

/* ---- what is in effect (scope.c) ------------------------------------------------------------- */

/** What is in effect for requests to a server, or to a path on it. */
typedef struct cc_effect_t {
    const cc_dir_t *dir;
    const cc_scope_t *scope; /* where dir->rules come from; NULL: there are none */
    const char *filename;    /* what httpd makes of the path; NULL: no path was given */
    int status;              /* OK, or what httpd answers before it asks who the client is */
} cc_effect_t;

/** The server as a whole, or the path of the question on it, found by httpd's own walks. */
cc_effect_t cc_question_effect(const cc_question_t *q, server_rec *s);

#endif
