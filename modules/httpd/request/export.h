/* SPDX-License-Identifier: Apache-2.0 */
/* Compiles ClientCertExport, and makes its variables for applications. */
#ifndef CC_REQUEST_EXPORT_H
#define CC_REQUEST_EXPORT_H

#include "base/error.h"
#include "cert/cert.h"
#include "httpd/peer/client.h"
#include "httpd/request/lookup.h"
#include "rules/rules.h"

/** One variable of ClientCertExport. */
typedef struct cc_export_var_t {
    const char *name; /* CLIENTCERT_USER */
    const cc_lookup_t *lookup;
} cc_export_var_t;

/** A compiled ClientCertExport. Compared by pointer, so never copied. */
typedef struct cc_export_t {
    int count;
    const cc_export_var_t *vars;
} cc_export_t;

/** The default where rules are in effect: USER GROUPS. */
extern const cc_export_t cc_export_default;

/** Compiles the arguments. APR_EINVAL: CC0124 to CC0126, or an error of cc_lookup_parse. */
apr_status_t cc_export_parse(const cc_export_t **export, const char *words, apr_pool_t *p,
                             cc_error_t *err);

/** What the variables need of the verified path, at most (cc_field_path_need). */
cc_path_need_t cc_export_path_need(const cc_export_t *export);

/**
 * The variables of ClientCertExport; NULL: none has a value. Constant; requests copy it. If a value
 * may be wrong from an earlier time than *stale_at, sets *stale_at to that time. Otherwise as
 * cc_lookup_text.
 */
const apr_table_t *cc_export_make(const cc_export_t *export, const cc_client_t *client,
                                  const cc_facts_t *facts, const cc_verdict_t *verdict,
                                  apr_time_t *stale_at, apr_pool_t *p);

#endif
