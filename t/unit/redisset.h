/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a real redis-server for unit tests of tables. */
#ifndef REDISSET_H
#define REDISSET_H

#include <sys/types.h>

#include "tableset.h"

/** One server, with its data in memory, in the folder of a set. */
typedef struct redisset_t {
    tableset_t *set;
    pid_t process;
    int port;
    int tls_port;                /* 0: none */
    const char *const *options; /* more options of its command line, up to NULL; may be NULL */
} redisset_t;

/** NULL, or why no test can run; ignores SIGPIPE, as httpd does. For prepare of a suite. */
const char *redisset_prepare(void);

/** Chooses the ports of a server that does not run yet. */
void redisset_begin(redisset_t *redis, tableset_t *set);

/** Starts it, and waits until it can be connected to; ends it. */
void redisset_start(redisset_t *redis);
void redisset_stop(redisset_t *redis);

/** The answer to one command, in the syntax of redis-cli. In the set's pool. */
const char *redisset_command(const redisset_t *redis, const char *words);

#endif
