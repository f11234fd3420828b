/* SPDX-License-Identifier: Apache-2.0 */
/* Knows what the files of the glue share: configuration records, who the client is, log lines. */
#ifndef CC_INTERNAL_H
#define CC_INTERNAL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>

#include <httpd.h>
#include <http_config.h>
#include <http_log.h>

#include "httpd/metrics/expiring.h"
#include "httpd/request/state.h"
#include "httpd/peer/slots.h"
#include "rules/rules.h"

APLOG_USE_MODULE(clientcert);

/** AUTH_TYPE of a user of ours; told from mod_ssl's SSLUserName by its address. */
extern const char cc_auth_type[];

/* ---- tables (tables/tables.c) -------------------------------------------------------------- */

/** ClientCertTable. */
const char *cc_tables_directive(cmd_parms *cmd, void *record, const char *args);

/** All tables of the configuration in effect; NULL: there are none. */
cc_tables_t *cc_tables_configured(const server_rec *s);

/** An empty rule set of cmd->pool, whose rules may name the tables that are seen from there. */
cc_rules_t *cc_tables_rules(cmd_parms *cmd);

/* ---- scopes (conf/rulesets.c) ---------------------------------------------------------------- */

/** What the decisions of a scope are counted in (counters.c); set before there are children. */
typedef struct cc_tally_t {
    atomic_uint_least64_t *results; /* mapped, unmapped, denied, failed */
    atomic_uint_least64_t *rules;   /* how often each rule fitted */
    struct cc_shared_t *shared;     /* what all scopes count in */
} cc_tally_t;

/** A scope of the configuration that has rules of its own. */
typedef struct cc_scope_t {
    const cc_rules_t *rules;
    server_rec *server;           /* the virtual host that it stands in, or the main server */
    const char *section;          /* `<Location "/admin">`; NULL: that server as a whole */
    const ap_directive_t *inside; /* that section, or <VirtualHost>; NULL: none */
    cc_tally_t *tally;
} cc_scope_t;

/** All of them (cc_scope_t), in the order of the configuration. Written while that is read. */
apr_array_header_t *cc_scopes_of(const server_rec *s);

/** Adds the scope of a directive, which has got these rules; gives what it is counted in. */
const cc_tally_t *cc_scopes_add(const cmd_parms *cmd, const cc_rules_t *rules);

/* ---- Require (authz.c) --------------------------------------------------------------------- */

/** True if what holds is what denies: Require not, and everything inside <RequireNone>. */
bool cc_authz_negated(const ap_directive_t *directive, apr_pool_t *p);

/** Require, which is mod_authz_core's and comes here as well (alias.c). CC0158. */
const char *cc_alias_directive(cmd_parms *cmd, void *record, const char *args);

/* ---- lint (lint/lint.c) -------------------------------------------------------------------- */

/**
 * What is probably not meant in the configuration in effect (cc_note_t, CC07xx, in the order of the
 * configuration): each with the file:line at fault, what is wrong and what to write instead. To be
 * called once the configuration has been read. What is not certain is not told. Lives as long as
 * `p`.
 */
apr_array_header_t *cc_lint_findings(server_rec *s, apr_pool_t *p);

/* ---- tests of the mapping (conf/mapping_tests.c) --------------------------------------------- */

/** ClientCertTest. */
const char *cc_test_directive(cmd_parms *cmd, void *record, const char *args);

/** What came out of one. */
typedef struct cc_tested_t {
    const char *where, *file;
    bool passed;
    const char *expected;      /* who it should be: `user "alice", group "staff"`, in plain words */
    const char *got;           /* who it is, or why that is not known */
    const cc_rules_t *rules;   /* that were asked; NULL: none */
    apr_array_header_t *trace; /* cc_step_t */
} cc_tested_t;

/** Runs all (cc_tested_t), in the order of the configuration. Reads their certificates. */
apr_array_header_t *cc_tests_run(const server_rec *s, apr_pool_t *p);

/* ---- questions about a configuration (admin/query.c) --------------------------------- */

/** True in `httpd -t`; and if the command-line tool asks something there. */
bool cc_question_configtest(void);
bool cc_question_asked(void);

/* ---- what applications may ask for by name (lookup.c) -------------------------------------- */

/** user, group, rule, or a field with modifiers. Constant once made. */
typedef struct cc_lookup_t cc_lookup_t;

/** Compiles NAME of clientcert('NAME') or of ClientCertExport X=NAME. Errors as cc_rules_add. */
apr_status_t cc_lookup_parse(const cc_lookup_t **lookup, const char *name, apr_pool_t *p,
                             cc_error_t *err);

extern const cc_lookup_t cc_lookup_user, cc_lookup_group;

/* ---- configuration (directives.c, export.c) -------------------------------------------------- */

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

/** NULL, or an error: a directive that is another module's too, which is not loaded. */
const char *cc_config_unknown(const cmd_parms *cmd, const char *owner);

/** What SetHandler of the server's configuration names: CC_HANDLER_OTHER in .htaccess, too. */
typedef enum { CC_HANDLER_OTHER, CC_HANDLER_METRICS, CC_HANDLER_STATUS } cc_handler_t;

/** SetHandler, which is httpd's own and comes here as well (handlers.c). CC0113. */
const char *cc_handlers_directive(cmd_parms *cmd, void *record, const char *args);

/** The per-directory record. Merged anew in every request: only what it points at is stable. */
typedef struct cc_dir_t {
    cc_rules_t *rules;         /* NULL: none */
    const cc_tally_t *tally;   /* of these rules */
    const cc_export_t *export; /* NULL: nobody said, so cc_export_default where there are rules */
    int auth;                  /* ClientCertAuth: 1, 0, or -1 where nobody said */
    int status_rules;          /* ClientCertStatusRules, likewise */
    int handler;               /* cc_handler_t; -1 where nobody said */
} cc_dir_t;

static inline const cc_dir_t *cc_dir_of(const request_rec *r)
{
    return ap_get_module_config(r->per_dir_config, &clientcert_module);
}

/* ---- the connection (peer/tls.c, the only file here that knows OpenSSL) ------------------- */

struct cc_memo_t; /* identity.c: what one rule set says of a client */

/**
 * What a client presented, as one virtual host judges it. Lives as long as the request; shared
 * by the streams of an HTTP/2 connection, so all but the last three members is constant.
 */
typedef struct cc_client_t {
    const cc_cert_t *cert;
    apr_uint64_t number; /* of all that its connection has had; never used again */
    bool lasts;          /* as long as the connection; else as long as a request holds it */
    cc_facts_t facts;    /* `now` is not set: cc_client_facts */
    const char *problem; /* NULL, or why it gives no identity (dates aside): for the log alone */
    const char *told;    /* the same as the client itself may know it */
    apr_time_t not_before, not_after; /* its own dates */
    apr_time_t until;                 /* so long it gives an identity, if it does */
    const char *over;                 /* in plain words, what it is after that */
    bool aged;                        /* ... by ClientCertMaxAge */
    bool closes;    /* it has verified: where it gives no identity all the same, its requests are
                       refused, and its connection ends */
    bool ends_soon; /* its own dates do: `mark` is set */
    cc_mark_t mark;
    _Atomic(struct cc_memo_t *) memos;
    _Atomic(apr_time_t) prompt; /* the request_time of one that was not slow */
    atomic_flag dates_logged;
} cc_client_t;

/** Why there is no client; neither of these: no TLS, or no certificate. */
typedef struct cc_nobody_t {
    const char *unproven; /* why nothing that came is to be believed, in plain words */
    bool gone;            /* mod_ssl has given the TLS connection up */
} cc_nobody_t;

/**
 * What the other end of a request's connection presents at this moment; NULL: nothing, and *why is
 * filled in. Any thread, HTTP/2 streams in parallel.
 */
cc_client_t *cc_connection_peer(request_rec *r, cc_nobody_t *why);

/**
 * The client of a connection that a request has taken over (tunnel.c), where no certificate is
 * asked for any more; NULL: there is none, or none any longer. Its thread alone.
 */
cc_client_t *cc_connection_client(request_rec *r);

/**
 * Ends the connection of a request after its answer. To mod_ssl's conditions and variables its
 * certificate has failed from here on (HTTP/1.1; the streams of an HTTP/2 connection share what
 * they read, so nothing is written there).
 */
void cc_connection_end(request_rec *r);

/**
 * A pool in which this thread may allocate what is to live as long as the request's connection;
 * NULL where a connection has asked for more than its share: cc_connection_slots takes the rest.
 */
apr_pool_t *cc_connection_pool(request_rec *r);

/** What the request's connection remembers beyond that; NULL: nothing yet. `make`: it will. */
cc_slots_t *cc_connection_slots(request_rec *r, bool make);

/* ---- who the client is (identity.c) -------------------------------------------------------- */

/** NULL, or why it is not known who it is: a table has failed. */
static inline const char *cc_answer_failure(const cc_answer_t *answer)
{
    return answer->verdict ? answer->verdict->failure : NULL;
}

/**
 * Whether nothing but a refusal may be served: a certificate came that mod_ssl takes for verified,
 * and it was revoked, has expired, is too old, or was never proved.
 */
static inline bool cc_answer_refused(const cc_answer_t *answer)
{
    return answer->problem && (answer->client ? answer->client->closes : answer->presented);
}

/**
 * Who the client of this request is, by the rules and exports in effect for it. Some comparisons
 * where the connection has been asked the same before. Where tables are named, the answer stays the
 * same while the request lasts; the next request follows a change. Any thread.
 */
cc_answer_t cc_identity_of(request_rec *r);

/** The same in the access phase: it becomes the answer of `kept`, which is settled and its own. */
void cc_identity_settle(request_rec *r, cc_request_t *kept);

/** The same by rules of Require clientcert; `keep`: they live as long as the configuration. */
cc_answer_t cc_identity_by(request_rec *r, const cc_rules_t *rules, bool keep);

/**
 * As cc_identity_of, but evaluated anew to see how (explain.c): *trace are the steps (cc_step_t),
 * NULL where no rules were asked. Is not remembered, and not logged; gives no exports.
 */
cc_answer_t cc_identity_explain(request_rec *r, const apr_array_header_t **trace);

/** The certificate alone, with `problem`: no rules are asked. */
cc_answer_t cc_identity_presented(request_rec *r);

/** Whether a request that lasts has outlived the certificate that it began with. */
bool cc_identity_lost(request_rec *r);

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

/**
 * The variables of ClientCertExport; NULL: none has a value. Constant; requests copy it. *stale_at
 * becomes the time from which a value may be wrong, if that is earlier. Else as cc_lookup_text.
 */
const apr_table_t *cc_export_make(const cc_export_t *export, const cc_client_t *client,
                                  const cc_facts_t *facts, const cc_verdict_t *verdict,
                                  apr_time_t *stale_at, apr_pool_t *p);

/* ---- expressions (expr.c) ------------------------------------------------------------------ */

/** Whether the configuration that was read into this pool has clientcert() in an expression. */
bool cc_expr_used(apr_pool_t *pconf);

/* ---- refusals (refuse.c) ------------------------------------------------------------------- */

/** Refuses a request (cc_answer_refused): 403; DECLINED where it is for the page that says so. */
int cc_refuse(request_rec *r);

/** In fixups: the same again for a request that was refused. */
int cc_refuse_again(request_rec *r);

/* ---- the log (log/log.c) ------------------------------------------------------------------- */

/**
 * For a line of httpd's log, cut off where it is too long: what cc_text_escape gave, and what it
 * has not seen yet.
 */
const char *cc_log_text(const char *text, apr_pool_t *p);
const char *cc_log_escaped(const char *text, apr_pool_t *p);

/** Who the rules say a client is: once per connection and rule set. */
void cc_log_verdict(request_rec *r, const cc_client_t *client, const cc_verdict_t *verdict);

/** NULL, or why a verdict that has not failed gives no identity. A literal. */
const char *cc_log_no_identity(const cc_verdict_t *verdict);

/** That it cannot be known who a client is, and why: once per request. */
void cc_log_failure(request_rec *r, const cc_client_t *client, const cc_verdict_t *verdict);

/** The notes of an evaluation; and its steps (cc_step_t; NULL: it was not traced). */
void cc_log_notes(request_rec *r, const cc_client_t *client, const cc_verdict_t *verdict);
void cc_log_trace(request_rec *r, const apr_array_header_t *trace);

/** That a certificate gives no identity, and why: once per connection. */
void cc_log_problem(request_rec *r, const cc_client_t *client, const char *problem);

/** Why a client's certificate ended its handshake. */
typedef struct cc_refused_t {
    const cc_cert_t *leaf; /* the client's certificate */
    const cc_cert_t *cert; /* the one at fault: the client's, or above it in its chain */
    int depth;             /* of that one; 0: the client's */
    const char *reason;    /* as cc_refusal_text gives it */
} cc_refused_t;

/**
 * That a handshake ended so; and whether the log asks for it, which is to be asked once for each
 * line. `p` is for the line alone. */
void cc_log_refusal(const conn_rec *c, const server_rec *s, const cc_refused_t *refused,
                    apr_pool_t *p);
bool cc_log_wants_refusal(const conn_rec *c, const server_rec *s);

/** That a certificate of so many octets ends a connection, since no ticket can hold it. */
void cc_log_outgrown(const conn_rec *c, const server_rec *s, int octets);

/* ---- WebSockets (tunnel.c) ----------------------------------------------------------------- */

/** Has the connection that a request may take over end with the identity. */
void cc_tunnel_open(request_rec *r);

/** In its fixups: the same, where this request takes its connection over. */
static inline void cc_tunnel_watch(request_rec *r)
{
    const cc_request_t *kept = cc_request_seen(r);

    if ((kept && kept->upgrades) || r->method_number == M_CONNECT) {
        cc_tunnel_open(r);
    }
}

/* ---- denials (log/denial.c) ---------------------------------------------------------------- */

/** Says that from here on a 403 of this request is a denial, until cc_denial_passed. */
static inline void cc_denial_watch(request_rec *r)
{
    request_rec *client = r->main ? cc_request_client(r) : r;
    const cc_request_t *kept = cc_request_seen(client);

    if (!kept || !kept->watched) {
        cc_request_of(client)->watched = true;
    }
}

static inline void cc_denial_passed(request_rec *r)
{
    request_rec *client = r->main ? cc_request_client(r) : r;
    const cc_request_t *seen = cc_request_seen(client);

    if (seen && seen->watched) {
        cc_request_t *kept = cc_request_of(client);

        kept->watched = false;
        kept->missing = NULL;
    }
}

/**
 * Tells, in one line (CC0110), that a request was denied, or one that it led to, if that is so.
 * Called once it has been answered, for the one that the client made.
 */
void cc_denial_log(request_rec *r);

/** Remembers what a denied request would have needed: "clientcert-group admins". Copied. */
void cc_denial_missing(request_rec *r, const char *what);

#endif
