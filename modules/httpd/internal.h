/* SPDX-License-Identifier: Apache-2.0 */
/* Knows what the files of the glue share: configuration records, who the client is, log lines. */
#ifndef CC_INTERNAL_H
#define CC_INTERNAL_H

#include <stdatomic.h>
#include <stdbool.h>

#include <httpd.h>
#include <http_config.h>
#include <http_log.h>

#include "rules/rules.h"

extern module AP_MODULE_DECLARE_DATA clientcert_module;
APLOG_USE_MODULE(clientcert);

/** AUTH_TYPE of a user of ours; told from mod_ssl's SSLUserName by its address. */
extern const char cc_auth_type[];

/* ---- tables (tables.c) --------------------------------------------------------------------- */

/** ClientCertTable. */
const char *cc_tables_directive(cmd_parms *cmd, void *record, const char *args);

/** An empty rule set of cmd->pool, whose rules may name the tables that are seen from there. */
cc_rules_t *cc_tables_rules(cmd_parms *cmd);

/* ---- a request (request.c) ----------------------------------------------------------------- */

struct cc_pin_t; /* identity.c: an answer that stays the same while the request lasts */

/**
 * The request of the client: a subrequest's lines are those of the request that it serves, who is
 * told that the index of a directory is forbidden, say.
 */
request_rec *cc_request_client(request_rec *r);

/** What is kept of a request. Its thread alone reads and writes it. */
typedef struct cc_request_t {
    const struct cc_pin_t *pins;
    bool watched;        /* it is between our access hook and its fixups: a 403 is a denial */
    bool failed;         /* that a table failed has been logged */
    const char *missing; /* what would have been needed; NULL: that is somebody else's to say */
} cc_request_t;

/** The one of this request, to be written; made where there is none. */
cc_request_t *cc_request_of(request_rec *r);

/** What most requests keep, who need no memory for it: `watched` alone. */
extern const cc_request_t cc_request_watched;

/** The one of this request, to be read, or NULL. */
static inline const cc_request_t *cc_request_seen(const request_rec *r)
{
    return ap_get_module_config(r->request_config, &clientcert_module);
}

/* ---- what applications may ask for by name (lookup.c) -------------------------------------- */

/** user, group, rule, or a field with modifiers. Constant once made. */
typedef struct cc_lookup_t cc_lookup_t;

/** Compiles NAME of clientcert('NAME') or of ClientCertExport X=NAME. Errors as cc_rules_add. */
apr_status_t cc_lookup_parse(const cc_lookup_t **lookup, const char *name, apr_pool_t *p,
                             cc_error_t *err);

extern const cc_lookup_t cc_lookup_user, cc_lookup_group;

/* ---- configuration (config.c, export.c) ---------------------------------------------------- */

/** One variable of ClientCertExport. */
typedef struct cc_export_var_t {
    const char *name; /* CLIENTCERT_USER */
    const cc_lookup_t *lookup;
} cc_export_var_t;

/** What ClientCertExport says; told apart by pointer, so never copied. */
typedef struct cc_export_t {
    int count;
    const cc_export_var_t *vars;
} cc_export_t;

/** What is exported where rules are in effect and nobody said otherwise: USER GROUPS. */
extern const cc_export_t cc_export_default;

/** Compiles the words of ClientCertExport. APR_EINVAL: CC0124-CC0126, or cc_lookup_parse's. */
apr_status_t cc_export_parse(const cc_export_t **export, const char *words, apr_pool_t *p,
                             cc_error_t *err);

/** The per-directory record. Merged anew in every request: only what it points at is stable. */
typedef struct cc_dir_t {
    cc_rules_t *rules;         /* NULL: none */
    const cc_export_t *export; /* NULL: nobody said, so cc_export_default where there are rules */
    int auth;                  /* ClientCertAuth: 1, 0, or -1 where nobody said */
} cc_dir_t;

static inline const cc_dir_t *cc_dir_of(const request_rec *r)
{
    return ap_get_module_config(r->per_dir_config, &clientcert_module);
}

/* ---- the connection (connection.c, the only file here that knows OpenSSL) ------------------- */

struct cc_memo_t; /* identity.c: what one rule set says of a client */

/**
 * What a client presented, as one virtual host judges it. Lives as long as the connection; shared
 * by the streams of an HTTP/2 connection, so all but the last two members is constant.
 */
typedef struct cc_client_t {
    const cc_cert_t *cert;
    cc_facts_t facts;    /* `now` is not set: cc_client_facts */
    const char *problem; /* NULL, or why it gives no identity (dates aside), in plain words */
    apr_time_t not_before, not_after;
    _Atomic(struct cc_memo_t *) memos;
    atomic_flag dates_logged;
} cc_client_t;

/**
 * What the TLS connection of a request presents at this moment. NULL: no TLS, or no certificate.
 * Any thread, HTTP/2 streams in parallel.
 */
cc_client_t *cc_connection_client(request_rec *r);

/**
 * A pool in which this thread may allocate what is to live as long as the request's connection;
 * NULL where a connection has asked for more than its share (use r->pool, remember nothing).
 */
apr_pool_t *cc_connection_pool(request_rec *r);

/* ---- who the client is (identity.c) -------------------------------------------------------- */

/** One answer for one request: who is it? */
typedef struct cc_answer_t {
    cc_client_t *client;         /* NULL: no TLS, or no certificate */
    const char *problem;         /* NULL: verified, and valid now. Else why there is no identity */
    const cc_verdict_t *verdict; /* NULL: there is a problem, or no rules were asked */
    int export_count;            /* name, value, name, value ... of ClientCertExport */
    const char *const *exports;
} cc_answer_t;

/** NULL, or why it is not known who it is: a table has failed. */
static inline const char *cc_answer_failure(const cc_answer_t *answer)
{
    return answer->verdict ? answer->verdict->failure : NULL;
}

/**
 * Who the client of this request is, by the rules and exports in effect for it. Some comparisons
 * where the connection has been asked the same before. Where tables are named, the answer stays the
 * same while the request lasts; the next request follows a change. Any thread.
 */
cc_answer_t cc_identity_of(request_rec *r);

/** The same by rules of Require clientcert; `keep`: they live as long as the configuration. */
cc_answer_t cc_identity_by(request_rec *r, const cc_rules_t *rules, bool keep);

/** The certificate alone, with `problem`: no rules are asked. */
cc_answer_t cc_identity_presented(request_rec *r);

/** The facts of the client's connection at the time of this request. */
static inline cc_facts_t cc_client_facts(const cc_client_t *client, const request_rec *r)
{
    cc_facts_t facts = client->facts;

    facts.now = r->request_time;
    return facts;
}

/**
 * The value of a lookup as one text (several parts joined by cc_parts_join), NULL where it has
 * none; and as a list. The certificate must be without a problem; verdict may be NULL.
 */
const char *cc_lookup_text(const cc_lookup_t *lookup, const cc_client_t *client,
                           const cc_facts_t *facts, const cc_verdict_t *verdict, apr_pool_t *p);
apr_array_header_t *cc_lookup_list(const cc_lookup_t *lookup, const cc_client_t *client,
                                   const cc_facts_t *facts, const cc_verdict_t *verdict,
                                   apr_pool_t *p);

/** As cc_field_stale_at; never for user, group and rule. */
apr_time_t cc_lookup_stale_at(const cc_lookup_t *lookup, const cc_client_t *client,
                              const cc_facts_t *facts);

/* ---- the log (log.c) ----------------------------------------------------------------------- */

/** Parts of a line, in the order in which they stand there; safe in quotes. All live in a pool. */
const char *cc_log_identity(const cc_verdict_t *verdict, apr_pool_t *p);
const char *cc_log_certificate(request_rec *r, const cc_client_t *client);

/** What cc_text_escape gave, and what it has not seen yet (NULL: ""), as httpd's log wants it. */
const char *cc_log_text(const char *text, apr_pool_t *p);
const char *cc_log_escaped(const char *text, apr_pool_t *p);

/** Who the rules say a client is: once per connection and rule set. */
void cc_log_verdict(request_rec *r, const cc_client_t *client, const cc_verdict_t *verdict);

/** That it cannot be known who a client is, and why: once per request. */
void cc_log_failure(request_rec *r, const char *failure);

/** That a certificate gives no identity, and why: once per connection. */
void cc_log_problem(request_rec *r, const cc_client_t *client, const char *problem);

/** The notes of an evaluation, and its steps (cc_step_t; NULL: not traced) at debug. */
void cc_log_evaluation(request_rec *r, const cc_verdict_t *verdict,
                       const apr_array_header_t *trace);

/* ---- denials (denial.c) -------------------------------------------------------------------- */

/** Says that from here on a 403 of this request is a denial, until cc_denial_passed. */
void cc_denial_watch(request_rec *r);
void cc_denial_passed(request_rec *r);

/** Remembers what a denied request would have needed: "clientcert-group admins". Copied. */
void cc_denial_missing(request_rec *r, const char *what);

#endif
