/* SPDX-License-Identifier: Apache-2.0 */
/* Keeps the state of a request, with its identity. */
#ifndef CC_REQUEST_STATE_H
#define CC_REQUEST_STATE_H

#include <stdbool.h>
#include <string.h>

#include <apr_tables.h>

#include <httpd.h>
#include <http_config.h>

#include "httpd/conf/module.h"
#include "httpd/conf/proxies.h"
#include "httpd/conf/vhost_conf.h"
#include "httpd/request/ssl_refusal.h"
#include "rules/rules.h"

struct cc_pin_t;       /* identity.c: an answer that stays the same during the request */
struct cc_client_t;    /* peer/client.h */
struct cc_forwarded_t; /* peer/forwarded.h */
struct cc_missing_t;
struct cc_accounts_t; /* account.c: the wishes of a client, and their results */
struct cc_wish_t;     /* account.h */
struct cc_sent_t;     /* sent.h */
struct cc_copied_t;   /* variables.c: an environment that subrequests copy */

/** The identity of the client of one request. */
typedef struct cc_answer_t {
    struct cc_client_t *client;  /* NULL: no TLS, no certificate, or one without proof of its key */
    const char *problem;         /* why there is no identity; NULL: verified, and valid now */
    const cc_verdict_t *verdict; /* NULL: there is a problem, or no rules were evaluated */
    const apr_table_t *exports;  /* the variables of ClientCertExport; NULL: none. Constant */
    const struct cc_sent_t *sent; /* the headers for back ends; NULL: none. Constant */
    const struct cc_wish_t *wish; /* of an account that is not the client's, so the request is to
                                     be refused; NULL: none */
    bool presented;               /* the client presented a certificate, accepted or not */
    bool passed_on;               /* there is no client, and a trusted proxy sent the request */
} cc_answer_t;

/** The state of a request. Only its thread reads and writes it. */
typedef struct cc_request_t {
    struct cc_client_t *client; /* as found when `settled`; NULL: not yet */
    const struct cc_pin_t *pins;
    const struct cc_forwarded_t *forwarded; /* what a trusted proxy passed on; NULL: the
                                               certificate of the connection counts */
    bool own;       /* this state may be written; others are shared by all requests */
    bool settled;   /* its access phase was reached: mod_ssl requests no other certificate */
    int refused;    /* the status of its refusal (refuse.c); 0: it is not refused */
    bool watched;   /* between our access hook and the fixups: a 403 is a denial */
    bool login;     /* its check_authn has begun: a user that this module did not set is the name of
                       a login, which is verified once access control has admitted it */
    bool admitted;  /* access control has admitted it: its fixups have begun */
    bool trying;    /* fallback.c: it is being tried with the mapped user */
    bool fell_back; /* fallback.c: the mapped user was not admitted, and was taken away */
    bool failed;    /* a failed lookup has been logged */
    bool upgrades;  /* it asks for another protocol on its connection */
    const char *untrusted_header; /* that of ClientCertHeader, which was removed since the peer is
                                     not a trusted proxy; NULL: it had none */
    const char *proxied;          /* a header of a proxy that was removed (proxied.c); NULL: none */
    bool more_missing;            /* than those of `missing` */
    struct cc_missing_t *missing; /* the requirements that were not met (denial.h); NULL: none of
                                   * ours */
    const ap_conf_vector_t *served; /* the configuration for which `answer` determined user
                                     * and variables; NULL: no identity was determined */
    cc_answer_t answer;
    struct cc_copied_t *copied; /* the last one that was correct; NULL: none */
    int variables;              /* count in its environment after the fixups; 0: not known yet */
    struct cc_accounts_t *accounts; /* of a request of a client; NULL: none was asked for */
    bool logged;                    /* it has been answered, and is being logged */
    bool failing;                   /* a lookup for it failed: its answer is 500 */
    bool personal;                  /* its response depends on the identity */
    bool storing;                   /* mod_cache stores its response unless it is personal */
    cc_ssl_refused_t ssl_refused;   /* noted by ssl_refusal.c and tolerance.c */
} cc_request_t;

/** cc_request_forwarded on a host with ClientCertHeader. */
const struct cc_forwarded_t *cc_request_passed_on(request_rec *r);

/** The state of a request, for reading; NULL: none. */
static inline const cc_request_t *cc_request_seen(const request_rec *r)
{
    return ap_get_module_config(r->request_config, &clientcert_module);
}

/**
 * What a trusted proxy passed on for a request, or for the one that led to it as a subrequest or an
 * internal redirect; NULL: the certificate of the connection counts. Costs a few loads on a host
 * without ClientCertHeader.
 */
static inline const struct cc_forwarded_t *cc_request_forwarded(request_rec *r)
{
    return cc_proxies_take(cc_vhost_conf_of(r->server)->proxies) ? cc_request_passed_on(r) : NULL;
}

/** Allocates a state of its own for a request. */
cc_request_t *cc_request_make(request_rec *r);

/** The state of a request, for writing; allocated if necessary. */
static inline cc_request_t *cc_request_of(request_rec *r)
{
    const cc_request_t *seen = cc_request_seen(r);

    return seen && seen->own ? (cc_request_t *)seen : cc_request_make(r);
}

/**
 * Called in the access phase, after the hook of mod_ssl: from now on the request keeps its client.
 * `watched`: also calls cc_denial_watch; otherwise, no memory is allocated yet.
 */
void cc_request_settle(request_rec *r, bool watched);

/**
 * Records that the check_authn of the request has begun. Allocates nothing unless the request has a
 * state of its own.
 */
void cc_request_login(request_rec *r);

/** Records that access control has admitted a request whose login was recorded; likewise. */
void cc_request_admit(request_rec *r);

/** Records that the request has been answered and is being logged. */
void cc_request_end(request_rec *r);

/** True if the answer of the request is for its current configuration. */
static inline bool cc_request_served(const request_rec *r, const cc_request_t *kept)
{
    return kept && kept->served == r->per_dir_config;
}

/** The state of a request that is served with an answer, for writing; NULL: no answer. */
static inline cc_request_t *cc_request_answered(const request_rec *r)
{
    cc_request_t *kept = ap_get_module_config(r->request_config, &clientcert_module);

    return kept && kept->served ? kept : NULL;
}

/**
 * True if the handler has this name, which must be one of this module's. Fast for other handlers.
 */
static inline bool cc_handler_is(const request_rec *r, const char *name)
{
    return r->handler[0] == 'c' && !strcmp(r->handler, name);
}

#endif
