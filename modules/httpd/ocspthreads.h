/* SPDX-License-Identifier: Apache-2.0 */
/* Knows what there is to ask of the threads that ask OCSP responders. */
#ifndef CC_OCSPTHREADS_H
#define CC_OCSPTHREADS_H

#include <stdbool.h>

#include <apr_pools.h>

/** The threads of one process: each question has one for itself while there are any. */
typedef struct cc_ocspthreads_t cc_ocspthreads_t;

/** Makes them, in a child. They end before `pchild` goes. */
apr_status_t cc_ocspthreads_start(cc_ocspthreads_t **threads, apr_pool_t *pchild);

/**
 * Has work(data) done by one of them, as soon as one is free. False where it never will be. Any
 * thread.
 */
bool cc_ocspthreads_give(cc_ocspthreads_t *threads, void (*work)(void *data), void *data);

#endif
