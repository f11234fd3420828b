/* SPDX-License-Identifier: Apache-2.0 */
/* Jobs: lookups that may hang are made by another thread, which can be left behind. */
#ifndef CC_BACKGROUND_JOBS_H
#define CC_BACKGROUND_JOBS_H

#include <stdbool.h>

#include "tables/table.h"

/** The state of a back end whose lookups may block: what cc_jobs_ask and cc_jobs_child take. */
typedef struct cc_jobs_t cc_jobs_t;

/**
 * Lookups that are made one after the other or at once, on one connection. All that they need is in
 * a pool of their own, because they cannot be interrupted and may outlive the request.
 */
typedef struct cc_job_t {
    const void *source;  /* as cc_jobs_create got it; lives as long as the configuration */
    cc_query_t *queries; /* keys are NUL-terminated; each begins as CC_TABLE_FAILED */
    int count;
    apr_size_t octets;   /* of the answers so far: see cc_job_reserve */
    apr_time_t deadline; /* after which no request waits */
    apr_pool_t *pool;    /* of this job alone; what it answers lives there */
} cc_job_t;

/** Asks the source all queries. Runs in any thread, several at once; may take its time. */
typedef void cc_job_fn(cc_job_t *job);

/** Notes the reason why a query has no answer; it is safe for a log. CC_TABLE_FAILED. */
cc_table_result_t cc_query_fail(cc_query_t *query, const char *reason);

/**
 * Reserves so many octets of an answer, before they are copied: adds them to those of this answer
 * and of the job. False where one of these is too large; the query has failed then and says so.
 */
bool cc_job_reserve(cc_job_t *job, cc_query_t *query, apr_size_t octets, apr_size_t *answer);

/**
 * Jobs that call `ask` for `source`. `timeout`: how long a request waits as a rule, for messages.
 * Lives as long as `p`.
 */
cc_jobs_t *cc_jobs_create(cc_job_fn *ask, const void *source, apr_interval_time_t timeout,
                          apr_pool_t *p);

/**
 * For cc_backend_t. The threads of this child process, which are made when there is something to
 * do, and stay. The end of the process waits for those that are busy: what they use ends with it.
 */
apr_status_t cc_jobs_child(void *state, apr_pool_t *p);

/**
 * For cc_backend_t. Asks in another thread, and waits for that until the deadline. The threads are
 * limited; when all of them hang, it fails without waiting.
 */
void cc_jobs_ask(cc_query_t *const *queries, int count, void *state, apr_time_t deadline,
                 apr_pool_t *p);

#endif
