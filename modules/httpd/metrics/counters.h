/* SPDX-License-Identifier: Apache-2.0 */
/* Knows what is counted, by whom, and where it is read. */
#ifndef CC_COUNTERS_H
#define CC_COUNTERS_H

#include <stdbool.h>

#include "base/counter.h"
#include "crl/crl.h"
#include "httpd/background/revocation.h"
#include "httpd/conf/module.h"
#include "httpd/metrics/expiring.h"
#include "httpd/metrics/quota.h"
#include "httpd/peer/client.h"
#include "ocsp/ocsp.h"
#include "rules/rules.h"
#include "tables/table.h"

/** Why a certificate gives no identity, whatever rules there are. */
typedef enum {
    CC_REJECTED_NO_RECORD,
    CC_REJECTED_BAD_RECORD,
    CC_REJECTED_NOT_VERIFIED,
    CC_REJECTED_OTHER_TRUST,
    CC_REJECTED_NOT_YET,
    CC_REJECTED_EXPIRED,
    CC_REJECTED_NOT_CLIENT,
    CC_REJECTED_NOT_REPORTED, /* mod_ssl does not call it verified */
    CC_REJECTED_NO_TLS,       /* the virtual host has none of its own */
    CC_REJECTED_REVOKED,
    CC_REJECTED_NOT_KNOWN,    /* whether it was revoked */
    CC_REJECTED_TOO_OLD,      /* for ClientCertMaxAge */
    CC_REJECTED_HANDSHAKE,    /* it ended there */
    CC_REJECTED_COUNT
} cc_rejection_t;

/**
 * In one word, for people and programs: literals that stay what they are, in the order of the
 * counters, and NULL at the end.
 */
extern const char *const cc_rejection_words[CC_REJECTED_COUNT + 1];
extern const char *const cc_note_words[CC_NOTE_COUNT + 1]; /* by cc_note_kind_t */
extern const char *const cc_lookup_words[];   /* by cc_table_result_t */
extern const char *const cc_check_words[];    /* by cc_ocsp_status_t */
extern const char *const cc_question_words[]; /* likewise, and what else came of a question */

/** What all children share besides the counters of scopes (cc_tally_t), tables and revocation. */
typedef struct cc_shared_t {
    cc_counter_t rejections[CC_REJECTED_COUNT];
    cc_counter_t notes[CC_NOTE_COUNT];
    cc_counter_t denied; /* requests */
    cc_quota_t quotas[CC_QUOTA_COUNT];
    cc_expiring_t expiring;
} cc_shared_t;

/** All numbers of a configuration; they begin with it, at 0. */
typedef struct cc_metrics_t {
    apr_time_t since;
    cc_shared_t *shared;
    const cc_tables_t *tables; /* NULL: none */
    cc_table_counters_t *table_counters;
    const cc_opened_t *opened;
    cc_crl_counters_t *crl_counters;   /* by opened->crls */
    cc_ocsp_counters_t *ocsp_counters; /* by opened->ocsp */
} cc_metrics_t;

/** Those of the configuration in effect; NULL before its post_config, and where nobody uses the
 * module (use.h). Any thread. */
const cc_metrics_t *cc_metrics_of(const server_rec *s);

/** What a virtual host is called: "www.example.com:443"; "" for the main server, and for all. */
const char *cc_metrics_vhost(const server_rec *s, apr_pool_t *p);

/** Certificates that end soon (cc_expiring_read), in `p`. */
int cc_metrics_expiries(const cc_metrics_t *numbers, cc_expiry_t **endings, apr_pool_t *p);

/* ---- counting: any thread -------------------------------------------------------------------- */

/** A certificate that gives no identity: once per connection. */
void cc_counters_rejected(const server_rec *s, cc_rejection_t reason);

/** An evaluation; `who`: by the rules in effect, which say who the client is. */
void cc_counters_evaluated(request_rec *r, const cc_client_t *client, const cc_verdict_t *verdict,
                           bool who);

/** A request that was denied. */
void cc_counters_denied(const request_rec *r);

/** A certificate that ends soon (client->mark is set): once per connection. */
void cc_counters_expiring(const request_rec *r, const cc_client_t *client);

/* ---- hooks ---------------------------------------------------------------------------------- */

/**
 * post_config, after mod_ssl's, who makes the virtual hosts: makes the memory that the children
 * count in. OK, or not (CC0160).
 */
int cc_counters_start(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s);

/** child_init, before those of tables and revocation: they count there from here on. */
void cc_counters_child_start(apr_pool_t *pchild, server_rec *s);

#endif
