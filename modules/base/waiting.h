/* SPDX-License-Identifier: Apache-2.0 */
/* Decides who waits for another program, and how long, so that a slow one does not stop the server.
 */
#ifndef CC_WAITING_H
#define CC_WAITING_H

#include <stdbool.h>

#include <apr_time.h>

/*
 * Who waits keeps a thread that others could be served by. A few may wait to the end. All others
 * wait for a short time at most (`patience`), counted from when the program was last heard of, or
 * from when it was first waited for. That is time enough for one that works, even if a thousand
 * clients come at once; and where one does not work, they fail without waiting.
 */

#define CC_WAITING_MOST 4 /* of a process may wait to the end */

/** Who waits for one program in one process. Begins as zeros; used under a lock of the caller. */
typedef struct cc_waiting_t {
    int count;
    apr_time_t since; /* nothing has come, though somebody waited */
} cc_waiting_t;

/**
 * How long one more may wait: up to `timeout`; or not at all, where it is 0 or less. `most` may
 * wait to the end. Whoever waits calls cc_waiting_end once that is over.
 */
static inline apr_interval_time_t cc_waiting_begin(cc_waiting_t *waiting, int most,
                                                   apr_interval_time_t patience,
                                                   apr_interval_time_t timeout, apr_time_t now)
{
    apr_interval_time_t rest = timeout;

    if (waiting->count == 0) {
        waiting->since = now;
    } else if (waiting->count >= most) {
        rest = waiting->since + patience - now;
    }
    if (rest > 0) {
        waiting->count++;
    }
    return rest < timeout ? rest : timeout;
}

/** `came`: whether there was an answer. */
static inline void cc_waiting_end(cc_waiting_t *waiting, bool came, apr_time_t now)
{
    waiting->count--;
    if (came) {
        waiting->since = now;
    }
}

#endif
