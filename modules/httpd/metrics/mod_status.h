/* SPDX-License-Identifier: Apache-2.0 */
/* Knows what the files share that show numbers in mod_status. */
#ifndef CC_SERVERSTATUS_H
#define CC_SERVERSTATUS_H

#include <apr_pools.h>

#include "httpd/conf/module.h"
#include "httpd/metrics/counters.h"
#include "httpd/metrics/expiring.h"

/** What is to be shown. */
typedef struct cc_shown_t {
    request_rec *r;
    const cc_metrics_t *numbers;
    const apr_array_header_t *scopes;
    const apr_array_header_t *crls; /* of cc_held_crl_t */
    cc_expiry_t *endings;
    int ending_count;
} cc_shown_t;

/** As lines for programs (serverstatus_lines.c), and as a part of the page. */
void cc_shown_lines(const cc_shown_t *shown);
void cc_shown_page(const cc_shown_t *shown);

/** Decisions of all scopes, by cc_result_words. */
apr_uint64_t cc_shown_decisions(const cc_shown_t *shown, int result);

/** Of a table; a number that it has not is CC_NONE. */
#define CC_NONE APR_UINT64_MAX

typedef struct cc_figures_t {
    const char *name, *vhost, *type;
    apr_uint64_t rows, age, good, loads, failures;
    apr_uint64_t lookups[3], hits, misses, stale, turned_away;
} cc_figures_t;

int cc_shown_tables(const cc_shown_t *shown);
cc_figures_t cc_shown_table(const cc_shown_t *shown, int i);

/** The virtual host of the i-th of those that were opened. */
const char *cc_shown_crls_vhost(const cc_shown_t *shown, int i);
const char *cc_shown_ocsp_vhost(const cc_shown_t *shown, int i);

/** "not_yet_valid": "NotYetValid". */
const char *cc_shown_camel(const char *word, apr_pool_t *p);

/** Any text, as HTML in ASCII. */
const char *cc_shown_html(const char *text, apr_pool_t *p);

/** mod_status's hook: shows the metrics in its page, or as lines for programs. OK or DECLINED. */
int cc_mod_status_show(request_rec *r, int flags);

#endif
