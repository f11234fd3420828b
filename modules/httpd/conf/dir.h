/* SPDX-License-Identifier: Apache-2.0 */
/* Defines the per-directory record: the directives in effect for a request. */
#ifndef CC_CONF_DIR_H
#define CC_CONF_DIR_H

#include "httpd/conf/module.h"
#include "rules/rules.h"

struct cc_export_t;       /* request/export.h */
struct cc_forward_cert_t; /* conf/forwarding.h */
struct cc_forward_identity_t;
struct cc_status_text_t; /* conf/status_text.h */
struct cc_tally_t;       /* conf/rulesets.h */

/**
 * The handler that SetHandler in the server's configuration sets; in .htaccess CC_HANDLER_OTHER.
 */
typedef enum {
    CC_HANDLER_OTHER,
    CC_HANDLER_METRICS,
    CC_HANDLER_STATUS,
    CC_HANDLER_LEDGER
} cc_handler_t;

/**
 * The per-directory record. Merged again in every request: only the data it points to is stable.
 */
typedef struct cc_dir_t {
    cc_rules_t *rules;                /* NULL: none */
    const struct cc_tally_t *tally;   /* of these rules */
    cc_rules_t *shadow;               /* ClientCertMapShadow; NULL: none */
    const struct cc_export_t *export; /* NULL: unset; with rules, cc_export_default applies */
    const struct cc_status_text_t *status_text;           /* NULL: unset */
    const struct cc_forward_cert_t *forward_cert;         /* ClientCertForward; NULL: unset */
    const struct cc_forward_identity_t *forward_identity; /* its user and groups; NULL: unset */
    int auth;         /* ClientCertAuth: 1 On, 0 Off, -1 unset */
    int status_rules; /* ClientCertStatusRules, likewise */
    int handler;      /* cc_handler_t; -1 unset */
} cc_dir_t;

/** The record in effect for a request at this moment: a subrequest or an <If> may change it. */
static inline const cc_dir_t *cc_dir_of(const request_rec *r)
{
    return ap_get_module_config(r->per_dir_config, &clientcert_module);
}

/** For the module record: makes an empty per-directory record; merges `add` over `base`. */
void *cc_dir_create(apr_pool_t *p, char *path);
void *cc_dir_merge(apr_pool_t *p, void *base, void *add);

#endif
