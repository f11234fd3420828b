/* SPDX-License-Identifier: Apache-2.0 */
/* The per-directory record: what is in effect where a request leads. */
#ifndef CC_CONF_DIR_H
#define CC_CONF_DIR_H

#include "httpd/conf/module.h"
#include "rules/rules.h"

struct cc_export_t; /* request/export.h */
struct cc_tally_t;  /* conf/rulesets.h */

/** What SetHandler of the server's configuration names: CC_HANDLER_OTHER in .htaccess, too. */
typedef enum { CC_HANDLER_OTHER, CC_HANDLER_METRICS, CC_HANDLER_STATUS } cc_handler_t;

/** The per-directory record. Merged anew in every request: only what it points at is stable. */
typedef struct cc_dir_t {
    cc_rules_t *rules;                /* NULL: none */
    const struct cc_tally_t *tally;   /* of these rules */
    const struct cc_export_t *export; /* NULL: not said; cc_export_default where there are rules */
    int auth;                         /* ClientCertAuth: 1 On, 0 Off, -1 not said */
    int status_rules;                 /* ClientCertStatusRules, likewise */
    int handler;                      /* cc_handler_t; -1 not said */
} cc_dir_t;

/** What is in effect for a request, at this moment: a subrequest or an <If> may change it. */
static inline const cc_dir_t *cc_dir_of(const request_rec *r)
{
    return ap_get_module_config(r->per_dir_config, &clientcert_module);
}

/** For the module record: an empty per-directory record, and base overridden by add. */
void *cc_dir_create(apr_pool_t *p, char *path);
void *cc_dir_merge(apr_pool_t *p, void *base, void *add);

#endif
