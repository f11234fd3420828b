/* SPDX-License-Identifier: Apache-2.0 */
/* Limits how many threads may wait for another program, and how long. */
#ifndef CC_WAITING_H
#define CC_WAITING_H

#include <stdbool.h>

#include <apr_time.h>

/*
 * A thread that waits for another program serves no client meanwhile. So only a few threads may
 * wait for the whole timeout. All others wait for a short time at most (`patience`), counted from
 * the program's last answer, or from when the first thread began to wait. A working program answers
 * within that time, even if a thousand clients connect at once. If it does not answer, the other
 * threads fail without waiting.
 */

#define CC_WAITING_MAX 4 /* threads of a process that may wait for the whole timeout */

/** The threads of one process that wait for one program. Begins as zeros; the caller locks it. */
typedef struct cc_waiting_t {
    int count;
    apr_time_t since; /* no answer has come since then, although threads waited */
} cc_waiting_t;

/**
 * How long one more thread may wait: up to `timeout`; 0 or less: not at all. `max` threads may wait
 * for the whole timeout. If the thread waits, cc_waiting_end must be called afterwards. All times
 * are microseconds.
 */
static inline apr_interval_time_t cc_waiting_begin(cc_waiting_t *waiting, int max,
                                                   apr_interval_time_t patience,
                                                   apr_interval_time_t timeout, apr_time_t now)
{
    apr_interval_time_t rest = timeout;

    if (waiting->count == 0) {
        waiting->since = now;
    } else if (waiting->count >= max) {
        rest = waiting->since + patience - now;
    }
    if (rest > 0) {
        waiting->count++;
    }
    return rest < timeout ? rest : timeout;
}

/** The thread waits no longer; `answered`: whether the program has answered. */
static inline void cc_waiting_end(cc_waiting_t *waiting, bool answered, apr_time_t now)
{
    waiting->count--;
    if (answered) {
        waiting->since = now;
    }
}

#endif
