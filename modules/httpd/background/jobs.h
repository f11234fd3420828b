/* SPDX-License-Identifier: Apache-2.0 */
/* Runs lookups that may hang as jobs in other threads; a request can abandon its job. */
#ifndef CC_BACKGROUND_JOBS_H
#define CC_BACKGROUND_JOBS_H

#include <stdbool.h>

#include "tables/table.h"

/** The state of a back end whose lookups may block, for cc_jobs_ask and cc_jobs_child. */
typedef struct cc_jobs_t cc_jobs_t;

/**
 * Lookups that are made on one connection, one after the other or in parallel. Their data is in a
 * pool of their own, because they cannot be interrupted and may outlive the request.
 */
typedef struct cc_job_t {
    const void *source;  /* that of cc_jobs_create; lives as long as the configuration */
    cc_query_t *queries; /* keys are NUL-terminated; the initial result is CC_TABLE_FAILED */
    int count;
    apr_size_t octets;   /* of the answers so far: see cc_job_reserve */
    apr_time_t deadline; /* no request waits longer */
    apr_pool_t *pool;    /* of this job alone; has its answers */
} cc_job_t;

/**
 * Looks up all queries of a job in its source. Runs in any thread, for several jobs at once, and
 * may take long.
 */
typedef void cc_job_fn(cc_job_t *job);

/**
 * Lets a query fail for this reason, which must be safe for a log and is not copied. Returns
 * CC_TABLE_FAILED.
 */
cc_table_result_t cc_query_fail(cc_query_t *query, const char *reason);

/**
 * Reserves octets of an answer before they are copied: adds them to *answer and to the octets of
 * the job. False if one of these sums is too large; the query has then failed for that reason.
 */
bool cc_job_reserve(cc_job_t *job, cc_query_t *query, apr_size_t octets, apr_size_t *answer);

/**
 * Makes the state for jobs that call `ask` for `source`. `timeout`: how long a request usually
 * waits; used only in messages. Lives as long as `p`.
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
 * threads is limited; if all of them hang, the queries fail without waiting.
 */
void cc_jobs_ask(cc_query_t *const *queries, int count, void *state, apr_time_t deadline,
                 apr_pool_t *p);

#endif
