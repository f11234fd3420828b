/* SPDX-License-Identifier: Apache-2.0 */
/* Shows on a terminal how many certificates have been answered, while the server works. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "server.h"

#define PATIENCE apr_time_from_sec(1)

static bool is_terminal(void)
{
    const char *terminal = getenv("TERM");

    return isatty(STDERR_FILENO) && terminal && *terminal && strcmp(terminal, "dumb") != 0;
}

cc_progress_t cc_progress_begin(cc_exchange_t *exchange)
{
    bool wanted = cc_exchange_certificates(exchange) > 1 && is_terminal();

    return (cc_progress_t){exchange, apr_time_now(), wanted, false};
}

void cc_progress_show(cc_progress_t *progress)
{
    if (progress->wanted && apr_time_now() - progress->since >= PATIENCE) {
        fprintf(stderr, "\r%d of %d certificates", cc_exchange_count(progress->exchange),
                cc_exchange_certificates(progress->exchange));
        fflush(stderr);
        progress->shown = true;
    }
}

void cc_progress_end(cc_progress_t *progress)
{
    if (progress->shown) {
        fputs("\r\033[K", stderr);
        fflush(stderr);
    }
}
