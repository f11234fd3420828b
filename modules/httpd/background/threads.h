/* SPDX-License-Identifier: Apache-2.0 */
/* Makes and ends the threads that a child process has besides those of its MPM. */
#ifndef CC_BACKGROUND_THREADS_H
#define CC_BACKGROUND_THREADS_H

#include <stdbool.h>

#include <apr_pools.h>

/** The threads of one process. Each task gets a thread of its own as long as one is free. */
typedef struct cc_threads_t cc_threads_t;

/** A task of a thread. */
typedef void cc_work_fn(void *data);

/**
 * Prepares up to `max` threads, in a child. They are made when needed, and stay. A pre-cleanup of
 * `pchild` waits for their tasks and ends the threads, before the subpools of `pchild` are
 * destroyed. Errors are those of the system.
 */
apr_status_t cc_threads_start(cc_threads_t **threads, unsigned max, apr_pool_t *pchild);

/**
 * Gives work(data) to the next free thread. Work that has not begun when the process ends is
 * dropped. False: the process is ending or is out of memory, and the work will not be done. Any
 * thread.
 */
bool cc_threads_give(cc_threads_t *threads, cc_work_fn *work, void *data);

/** True if the process is ending. Long tasks should call this at intervals. Any thread. */
bool cc_threads_ending(const cc_threads_t *threads);

/**
 * Makes a child of an MPM without threads end within two seconds of the request to end, whatever
 * locks its own threads hold. Register the pre-cleanups that end these threads in `pchild` before
 * this call, because the last pre-cleanup runs first. In a child.
 */
void cc_threads_end_soon(apr_pool_t *pchild);

/**
 * How many threads of a process of httpd may wait for one slow program (base/waiting.h): one in
 * four, and CC_WAITING_MAX at most. For a child process.
 */
int cc_threads_waiting(void);

#endif
