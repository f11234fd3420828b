/* SPDX-License-Identifier: Apache-2.0 */
/* Makes lookups that may hang in another thread, as jobs that can be abandoned. */
#ifndef CC_BACKGROUND_JOBS_H
#define CC_BACKGROUND_JOBS_H

#include <stdbool.h>

#include "tables/table.h"

/** The state of a back end whose lookups may block, for cc_jobs_ask and cc_jobs_child. */
typedef struct cc_jobs_t cc_jobs_t;

/**
 * Lookups that are made one after the other or at once, on one connection. Their data is in a pool
 * of their own, because they cannot be interrupted and may outlive the request.
 */
typedef struct cc_job_t {
    const void *source;  /* that of cc_jobs_create; lives as long as the configuration */
    cc_query_t *queries; /* keys are NUL-terminated; each begins as CC_TABLE_FAILED */
    int count;
    apr_size_t octets;   /* of the answers so far: see cc_job_reserve */
    apr_time_t deadline; /* no request waits longer */
    apr_pool_t *pool;    /* of this job alone; has its answers */
} cc_job_t;

/** Asks the source all queries. Runs in any thread, several at once; may take long. */
typedef void cc_job_fn(cc_job_t *job);

/** Sets the reason, safe for a log, why a query has no answer. Returns CC_TABLE_FAILED. */
cc_table_result_t cc_query_fail(cc_query_t *query, const char *reason);

/**
 * Reserves octets of an answer before they are copied: adds them to those of the answer and of the
 * job. False if one of these is too large; the query has then failed, with that reason.
 */
bool cc_job_reserve(cc_job_t *job, cc_query_t *query, apr_size_t octets, apr_size_t *answer);

/**
 * Makes jobs that call `ask` for `source`. `timeout`: how long a request usually waits, for
 * messages. Lives as long as `p`.
 */
cc_jobs_t *cc_jobs_create(cc_job_fn *ask, const void *source, apr_interval_time_t timeout,
                          apr_pool_t *p);

/**
 * For cc_backend_t. Prepares the threads of this child process. They are made when needed, and
 * stay. The end of the process waits for busy ones, because the data that they use ends with it.
 */
apr_status_t cc_jobs_child(void *state, apr_pool_t *p);

/**
 * For cc_backend_t. Asks in another thread, and waits for it until the deadline. The number of
 * threads is limited; if all of them hang, fails without waiting.
 */
void cc_jobs_ask(cc_query_t *const *queries, int count, void *state, apr_time_t deadline,
                 apr_pool_t *p);

#endif
