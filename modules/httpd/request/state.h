/* SPDX-License-Identifier: Apache-2.0 */
/* What is kept of a request, and the answer to who its client is. */
#ifndef CC_REQUEST_STATE_H
#define CC_REQUEST_STATE_H

#include <stdbool.h>
#include <string.h>

#include <apr_tables.h>

#include <httpd.h>
#include <http_config.h>

#include "httpd/conf/module.h"
#include "rules/rules.h"

struct cc_pin_t;    /* identity.c: an answer that stays the same while the request lasts */
struct cc_client_t; /* peer/client.h */
struct cc_copied_t; /* variables.c: an environment that subrequests have copies of */

/** One answer for one request: who is it? */
typedef struct cc_answer_t {
    struct cc_client_t *client;  /* NULL: no TLS, no certificate, or one that is not proven */
    const char *problem;         /* NULL: verified, and valid now. Else why there is no identity */
    const cc_verdict_t *verdict; /* NULL: there is a problem, or no rules were asked */
    const apr_table_t *exports;  /* the variables of ClientCertExport; NULL: none. Constant */
    bool presented;              /* a client certificate came, whatever became of it */
} cc_answer_t;

/** What is kept of a request. Its thread alone reads and writes it. */
typedef struct cc_request_t {
    struct cc_client_t *client; /* as it was found once `settled`; NULL: not yet */
    const struct cc_pin_t *pins;
    bool own;            /* it may be written to: others are shared by all requests */
    bool settled;        /* its access phase was reached: mod_ssl asks for no other certificate */
    bool refused;        /* its certificate does not hold any more (refuse.c) */
    bool watched;        /* it is between our access hook and its fixups: a 403 is a denial */
    bool failed;         /* that a table failed has been logged */
    bool upgrades;       /* it asks for another protocol on its connection */
    const char *missing; /* what would have been needed; NULL: that is somebody else's to say */
    const ap_conf_vector_t *served; /* the configuration under which it has, since its access phase,
                                     * user and variables by `answer`; NULL: nobody was asked */
    cc_answer_t answer;
    struct cc_copied_t *copied; /* as it was found in order last; NULL: not yet */
    int variables;              /* in its environment after the fixups; 0: not yet known */
    bool logged;                /* it has been answered, and is being logged */
    bool failing;               /* a lookup failed that it asked for: its answer is 500 */
    bool personal;              /* its answer depends on who the client is */
    bool storing;               /* mod_cache stores its answer, as long as it is not personal */
} cc_request_t;

/** The one of this request, to be read, or NULL. */
static inline const cc_request_t *cc_request_seen(const request_rec *r)
{
    return ap_get_module_config(r->request_config, &clientcert_module);
}

/** Makes the one of this request, where there is none that may be written to. */
cc_request_t *cc_request_make(request_rec *r);

/** The one of this request, to be written; made where there is none. */
static inline cc_request_t *cc_request_of(request_rec *r)
{
    const cc_request_t *seen = cc_request_seen(r);

    return seen && seen->own ? (cc_request_t *)seen : cc_request_make(r);
}

/**
 * In the access phase, after mod_ssl's hook: from here on the request keeps its client. `watched`:
 * it is watched, too (cc_denial_watch); else it needs no memory, until somebody asks.
 */
void cc_request_settle(request_rec *r, bool watched);

/** Says that it has been answered, and is being logged. */
void cc_request_end(request_rec *r);

/** Whether the answer that was found in the access phase is that of the configuration now. */
static inline bool cc_request_served(const request_rec *r, const cc_request_t *kept)
{
    return kept && kept->served == r->per_dir_config;
}

/** What is kept of a request that is served by an answer, to be written; else NULL. */
static inline cc_request_t *cc_request_answered(const request_rec *r)
{
    cc_request_t *kept = ap_get_module_config(r->request_config, &clientcert_module);

    return kept && kept->served ? kept : NULL;
}

/** Whether one of our handlers is meant; of the names of others, a look at a letter is enough. */
static inline bool cc_handler_is(const request_rec *r, const char *name)
{
    return r->handler[0] == 'c' && !strcmp(r->handler, name);
}

#endif
