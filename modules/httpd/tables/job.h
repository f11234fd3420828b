/* SPDX-License-Identifier: Apache-2.0 */
/* Knows what the back ends ask of the threads that wait for other programs in their place. */
#ifndef CC_JOB_H
#define CC_JOB_H

#include "tables/table.h"

/** The state of a back end whose lookups may block: what cc_jobs_lookup and cc_jobs_child take. */
typedef struct cc_jobs_t cc_jobs_t;

/**
 * One lookup. All that it needs is in a pool of its own, because it may outlive the request that
 * asked: what it is told to do cannot be interrupted.
 */
typedef struct cc_job_t {
    const void *source; /* as cc_jobs_create got it; lives as long as the configuration */
    const char *key;    /* NUL-terminated */
    apr_size_t len;
    apr_pool_t *pool;    /* of this job alone; what it answers lives there */
    cc_row_t row;        /* the answer: CC_TABLE_FOUND */
    const char *failure; /* the answer: CC_TABLE_FAILED; safe for a log */
} cc_job_t;

/** Asks the source. Runs in any thread, several at once; may take as long as it takes. */
typedef cc_table_result_t cc_job_fn(cc_job_t *job);

/** Who asks `source`, and how long a request waits for it. Lives as long as `p`. */
cc_jobs_t *cc_jobs_create(cc_job_fn *ask, const void *source, apr_interval_time_t timeout,
                          apr_pool_t *p);

/**
 * For cc_backend_t. The threads of this child process, which are made when there is something to
 * do, and stay. The end of the process waits for those that are busy: what they use ends with it.
 */
apr_status_t cc_jobs_child(void *state, apr_pool_t *p);

/**
 * For cc_backend_t. Asks in another thread, and waits for that until the timeout. The threads are
 * limited; when all of them hang, it fails without waiting.
 */
cc_table_result_t cc_jobs_lookup(cc_row_t *row, void *state, const char *key, apr_size_t len,
                                 cc_answer_info_t *info, apr_pool_t *p);

#endif
