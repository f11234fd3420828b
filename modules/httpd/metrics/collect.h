/* SPDX-License-Identifier: Apache-2.0 */
/* Collects all metrics at one time, in the form that the renderers use. */
#ifndef CC_COLLECT_H
#define CC_COLLECT_H

#include <stdbool.h>

#include <apr_tables.h>

#include "base/counter.h"
#include "httpd/metrics/expiring.h"
#include "httpd/metrics/families.h"

struct server_rec;

/** Values of the server as a whole that are not counters. */
typedef struct cc_server_numbers_t {
    apr_time_t since;        /* when the configuration took effect */
    apr_time_t earliest_end; /* of the certificates that expire soon (CC_HAS_EXPIRY) */
    apr_uint32_t expiring;   /* how many these are */
} cc_server_numbers_t;

/** Values of the CAs for a trust domain, or for all other certificates, that are not counters. */
typedef struct cc_ca_numbers_t {
    apr_uint32_t count;
    apr_time_t earliest_end; /* the first notAfter (CC_HAS_CAS) */
} cc_ca_numbers_t;

/** Values of a ledger. It survives a restart, and so does the number of what was replaced. */
typedef struct cc_ledger_numbers_t {
    apr_uint32_t entries;
    cc_counter_t replaced;
} cc_ledger_numbers_t;

/** The content of one response. Texts and lists live in its pool; counters continue to change. */
typedef struct cc_collected_t {
    apr_array_header_t *instances[CC_KIND_COUNT]; /* of cc_instance_t */
    cc_server_numbers_t server;
    cc_expiry_t *expiries; /* the certificates that expire soon, the first to expire first */
    apr_time_t now;
} cc_collected_t;

/**
 * Collects the metrics of the configuration in effect, in `p`; NULL if no virtual host uses the
 * module. Any thread.
 */
const cc_collected_t *cc_metrics_collect(const struct server_rec *s, apr_pool_t *p);

/** The instances of a kind: how many, and the i-th. */
static inline int cc_collected_count(const cc_collected_t *collected, cc_kind_t kind)
{
    return collected->instances[kind]->nelts;
}

static inline const cc_instance_t *cc_collected_at(const cc_collected_t *collected, cc_kind_t kind,
                                                   int i)
{
    return &APR_ARRAY_IDX(collected->instances[kind], i, const cc_instance_t);
}

#endif
