/* SPDX-License-Identifier: Apache-2.0 */
/* Knows what the files share that show numbers to Prometheus. */
#ifndef CC_METRICS_H
#define CC_METRICS_H

#include <stdbool.h>
#include <stddef.h>

#include <apr_hash.h>

#include "base/counter.h"
#include "httpd/conf/module.h"
#include "httpd/metrics/counters.h"
#include "httpd/metrics/expiring.h"
#include "tables/table.h"

/** The samples of a metric that is being shown, and where they come from. */
typedef struct cc_samples_t {
    const cc_metrics_t *numbers;
    const apr_array_header_t *scopes;
    const apr_array_header_t *crls; /* of cc_held_crl_t */
    apr_array_header_t *list;       /* of what cc_sample_add has added, in that order */
    apr_hash_t *by_labels;          /* the same */
    const cc_expiry_t *ending;      /* the first to end */
    int ending_count;
    apr_pool_t *pool;
} cc_samples_t;

/** One metric; `offset` is where it is found in what is counted of one thing. */
typedef struct cc_family_t {
    const char *name; /* NULL: no more */
    const char *type;
    const char *help;
    void (*collect)(cc_samples_t *samples, const struct cc_family_t *family);
    bool (*has)(const cc_table_t *table); /* which tables have it */
    size_t offset;
} cc_family_t;

/** Those of CRLs and OCSP (metrics_revocation.c). */
extern const cc_family_t cc_families_of_revocation[];

/** `labels` ("" at first), and one more. */
const char *cc_sample_label(const char *labels, const char *name, const char *value, apr_pool_t *p);

/**
 * The same labels must not stand there twice. They do come twice: from virtual hosts on one name
 * and port that include one file. Counters are added then; of others, the first one counts.
 */
void cc_sample_add(cc_samples_t *samples, const cc_family_t *family, const char *labels,
                   apr_uint64_t value);

/** The counter of a metric among those of one thing. */
static inline apr_uint64_t cc_sample_counted(const cc_family_t *family, const void *counters)
{
    return atomic_load((const cc_counter_t *)((const char *)counters + family->offset));
}

/** The handler clientcert-metrics: all metrics, as Prometheus reads them. */
int cc_metrics_serve(request_rec *r);

#endif
