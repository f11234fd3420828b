/* SPDX-License-Identifier: Apache-2.0 */
/* Implements the back ends "redis" and "rediss": a Redis server that returns a line for each key.
 */
#include <string.h>

#include <apr_strings.h>

#include "base/text.h"
#include "tables/redis/redis.h"

/*
 * This component connects itself, and does not use apr_redis, which (in APR-util 1.6.3) mistakes
 * the end of a connection for an answer, uses a connection after it has destroyed it (if an answer
 * is cut short), reports "not found" for a server that it considers dead, connects under a lock
 * with its own timeout, and supports only IPv4.
 */

typedef struct {
    const cc_table_spec_t *spec;
    cc_redis_server_t server;
    cc_redis_idle_t *idle;
} redis_t;

/* Queries that are sent together, and their replies. */
typedef struct {
    const redis_t *redis;
    cc_redis_wait_t wait;
    cc_commands_t commands;
    int count;
    cc_reply_t *replies; /* in the order of the queries */
} talk_t;

/* ---- queries --------------------------------------------------------------------------------- */

/* One GET for each key; the replies come in the same order. */
static apr_status_t commands_make(talk_t *talk, cc_query_t *const *queries)
{
    const char *prefix = talk->redis->server.prefix;
    apr_size_t prefix_len = strlen(prefix);
    cc_key_t *words = apr_palloc(talk->wait.pool, 2 * sizeof(*words) * (apr_size_t)talk->count);

    for (int i = 0; i < talk->count; i++) {
        char *key = apr_palloc(talk->wait.pool, prefix_len + queries[i]->len);

        memcpy(key, prefix, prefix_len);
        memcpy(key + prefix_len, queries[i]->key, queries[i]->len);
        words[2 * i] = (cc_key_t){"GET", 3};
        words[2 * i + 1] = (cc_key_t){key, prefix_len + queries[i]->len};
    }
    return cc_commands_make(&talk->commands, words, 2, talk->count);
}

static apr_status_t talk_over(talk_t *talk, cc_redis_connection_t *connection)
{
    return cc_redis_converse(connection, &talk->commands, talk->replies, talk->count, &talk->wait);
}

/* A server that was restarted has closed its idle connections: then a new connection is tried. */
static apr_status_t talk_run(talk_t *talk)
{
    cc_redis_idle_t *idle = talk->redis->idle;
    cc_redis_connection_t *connection = cc_redis_idle_take(idle);
    apr_status_t status = connection ? talk_over(talk, connection) : APR_SUCCESS;

    if (connection && status != APR_SUCCESS && !APR_STATUS_IS_TIMEUP(status)) {
        cc_redis_close(connection);
        connection = NULL;
    }
    if (!connection) {
        talk->wait.reason = NULL;
        status = cc_redis_open(&connection, &talk->wait);
        if (status == APR_SUCCESS) {
            status = talk_over(talk, connection);
        }
    }
    if (status == APR_SUCCESS && talk->replies[talk->count - 1].kind != CC_REPLY_BAD) {
        cc_redis_idle_put(idle, connection);
    } else {
        cc_redis_close(connection); /* replies that arrive later must not answer another query */
    }
    return status;
}

/* ---- answers --------------------------------------------------------------------------------- */

static const char *failure_text(const talk_t *talk, const char *reason)
{
    return apr_psprintf(talk->wait.pool, "Redis at %s: %s", talk->redis->server.shown, reason);
}

static const char *unanswered(const talk_t *talk, apr_status_t status)
{
    char text[120];

    if (talk->wait.reason) {
        return failure_text(talk, talk->wait.reason);
    }
    if (APR_STATUS_IS_TIMEUP(status)) {
        return failure_text(talk, apr_psprintf(talk->wait.pool, "no answer within %d s",
                                               (int)apr_time_sec(talk->redis->spec->timeout)));
    }
    if (APR_STATUS_IS_EOF(status)) {
        return failure_text(talk, "it closed the connection without an answer");
    }
    if (status == APR_ENOSPC) {
        return failure_text(talk, CC_ANSWERS_TOO_LARGE);
    }
    return failure_text(talk, apr_strerror(status, text, sizeof(text)));
}

static void answer_read(cc_query_t *query, const cc_reply_t *reply, const talk_t *talk)
{
    apr_pool_t *p = talk->wait.pool;

    query->result = CC_TABLE_FAILED;
    switch (reply->kind) {
    case CC_REPLY_VALUE:
        query->result = cc_line_row(&query->row, &(cc_key_t){reply->text, reply->len},
                                    talk->redis->spec, &query->info, p);
        break;
    case CC_REPLY_NONE:
        query->result = CC_TABLE_MISSING;
        break;
    case CC_REPLY_ERROR:
        query->info.failure = failure_text(talk, cc_text_escape(reply->text, reply->len, p));
        break;
    default:
        query->info.failure = failure_text(talk, CC_REDIS_NO_REPLY);
    }
}

static void redis_lookup_many(cc_query_t *const *queries, int count, void *state,
                              apr_time_t deadline, apr_pool_t *p)
{
    const redis_t *redis = state;
    talk_t talk = {.redis = redis,
                   .wait = {.server = &redis->server, .deadline = deadline, .pool = p},
                   .commands = {.pool = p, .get = true},
                   .count = count};
    apr_status_t status = commands_make(&talk, queries);

    talk.replies = apr_pcalloc(p, sizeof(*talk.replies) * (apr_size_t)count);
    if (status == APR_SUCCESS) {
        status = talk_run(&talk);
    }
    for (int i = 0; i < count; i++) {
        if (status == APR_SUCCESS) {
            answer_read(queries[i], &talk.replies[i], &talk);
        } else {
            queries[i]->result = CC_TABLE_FAILED;
            queries[i]->info.failure = unanswered(&talk, status);
        }
    }
}

/* ---- the back ends --------------------------------------------------------------------------- */

static apr_status_t server_open(void **state, const cc_table_spec_t *spec, bool secure,
                                apr_pool_t *p, cc_error_t *err)
{
    redis_t *redis = apr_pcalloc(p, sizeof(*redis));
    apr_status_t status = cc_redis_server_read(&redis->server, spec, secure, p, err);

    redis->spec = spec;
    if (status == APR_SUCCESS) {
        status = cc_redis_idle_create(&redis->idle, p);
    }
    if (status == APR_SUCCESS) {
        *state = redis;
    }
    return status;
}

static apr_status_t redis_open(void **state, const cc_table_spec_t *spec, apr_pool_t *p,
                               cc_error_t *err)
{
    return server_open(state, spec, false, p, err);
}

static apr_status_t rediss_open(void **state, const cc_table_spec_t *spec, apr_pool_t *p,
                                cc_error_t *err)
{
    return server_open(state, spec, true, p, err);
}

const cc_backend_t cc_backend_redis = {
    .type = "redis",
    .remote = true,
    .logs_in = true,
    .open = redis_open,
    .lookup_many = redis_lookup_many,
};
const cc_backend_t cc_backend_rediss = {
    .type = "rediss",
    .remote = true,
    .logs_in = true,
    .open = rediss_open,
    .lookup_many = redis_lookup_many,
};
