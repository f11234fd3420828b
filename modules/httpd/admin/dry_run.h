/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the configuration in effect for a path, as httpd finds it for a request. */
#ifndef CC_ADMIN_DRY_RUN_H
#define CC_ADMIN_DRY_RUN_H

#include "httpd/admin/query.h"
#include "httpd/conf/dir.h"
#include "httpd/conf/module.h"
#include "httpd/conf/rulesets.h"

/** The configuration in effect for requests to a server, or to a path on it. */
typedef struct cc_effect_t {
    const cc_dir_t *dir;
    const cc_ruleset_t *ruleset; /* the origin of dir->rules; NULL: no rules */
    const char *filename;        /* to which httpd maps the path; NULL: no path was given */
    int status;                  /* OK, or the status with which httpd answers before the client is
                                    identified */
} cc_effect_t;

/**
 * The configuration in effect for the server as a whole, or for the path of the query if it has
 * one. Lives as long as q->pool.
 */
cc_effect_t cc_dry_run(const cc_admin_query_t *q, server_rec *s);

#endif
