/* SPDX-License-Identifier: Apache-2.0 */
/* The threads that a child process has beside those of its MPM. */
#ifndef CC_BACKGROUND_THREADS_H
#define CC_BACKGROUND_THREADS_H

#include <stdbool.h>

#include <apr_pools.h>

/** Threads of one process: each work has one for itself while there are any. */
typedef struct cc_threads_t cc_threads_t;

/** What a thread is to do. */
typedef void cc_work_fn(void *data);

/**
 * Makes room for `max` threads, in a child; they are made when they are needed, and stay. They end
 * before anything else of `pchild`, which waits for their work.
 */
apr_status_t cc_threads_start(cc_threads_t **threads, unsigned max, apr_pool_t *pchild);

/**
 * Has work(data) done by one of them, as soon as one is free; work that is not begun when the
 * process ends never is. False where it never will be. Any thread.
 */
bool cc_threads_give(cc_threads_t *threads, cc_work_fn *work, void *data);

/** Whether the process ends. Work that takes long asks from time to time. Any thread. */
bool cc_threads_ending(const cc_threads_t *threads);

/**
 * Sees to it that a child of an MPM without threads ends within two seconds of its being told to,
 * whatever its own threads hold. Register what ends a thread in `pchild` first: the last
 * pre-cleanup runs first. In a child.
 */
void cc_threads_end_soon(apr_pool_t *pchild);

/**
 * How many threads of a process of httpd may wait for one program that is slow (base/waiting.h):
 * one in four, and CC_WAITING_MAX at most. For a child process.
 */
int cc_threads_waiting(void);

#endif
