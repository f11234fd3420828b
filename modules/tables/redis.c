/* SPDX-License-Identifier: Apache-2.0 */
/* Implements the back end "redis": a Redis server that returns a line for each key. */
#include <string.h>
#include <unistd.h>

#include <apr_strings.h>
#include <apr_thread_mutex.h>

#include "base/tcp.h"
#include "base/text.h"
#include "tables/internal.h"

/*
 * This file uses its own sockets and not apr_redis, which (in APR-util 1.6.3) mistakes the end of a
 * connection for an answer, uses a connection after it has destroyed it (if an answer is cut
 * short), reports "not found" for a server that it considers dead, connects under a lock with its
 * own timeout, and supports only IPv4.
 */
#define INBOX_SIZE 4096

typedef struct connection_t {
    struct connection_t *next;
    apr_pool_t *pool; /* with its own allocator: any thread may have the connection */
    apr_socket_t *socket;
    pid_t process; /* the process that made it: a child must not use a connection of its parent */
} connection_t;

typedef struct {
    const cc_table_spec_t *spec;
    const char *host;
    apr_port_t port;
    const char *prefix;
    const char *shown; /* the server's name for a log */
    apr_thread_mutex_t *lock;
    connection_t *idle;
} redis_t;

/* Queries that are sent together, and their replies. */
typedef struct {
    const redis_t *redis;
    const char *commands;
    apr_size_t commands_len;
    apr_time_t deadline;
    int count;
    cc_reply_t *replies; /* in the order of the queries */
    apr_pool_t *pool;
} talk_t;

/* Received octets: they are read from the front while more arrive. */
typedef struct {
    char *at;
    apr_size_t got;
    apr_size_t room;
    apr_size_t total; /* including the octets already read */
} inbox_t;

/* ---- connections ----------------------------------------------------------------------------- */

static void connection_close(connection_t *connection)
{
    if (connection) {
        apr_pool_destroy(connection->pool);
    }
}

static apr_status_t connection_open(connection_t **connection, const talk_t *talk)
{
    apr_pool_t *pool = NULL;
    apr_status_t status = apr_pool_create_unmanaged_ex(&pool, NULL, NULL);

    if (status != APR_SUCCESS) {
        return status;
    }
    *connection = apr_pcalloc(pool, sizeof(**connection));
    (*connection)->pool = pool;
    (*connection)->process = getpid();
    status = cc_tcp_connect(&(*connection)->socket, talk->redis->host, talk->redis->port,
                            talk->deadline, pool);
    if (status != APR_SUCCESS) {
        connection_close(*connection);
        *connection = NULL;
    }
    return status;
}

static connection_t *idle_take(redis_t *redis)
{
    connection_t *connection = NULL;

    apr_thread_mutex_lock(redis->lock);
    connection = redis->idle;
    redis->idle = connection ? connection->next : NULL;
    apr_thread_mutex_unlock(redis->lock);
    if (connection && connection->process != getpid()) {
        connection_close(connection);
        return idle_take(redis);
    }
    return connection;
}

static void idle_put(redis_t *redis, connection_t *connection)
{
    apr_thread_mutex_lock(redis->lock);
    connection->next = redis->idle;
    redis->idle = connection;
    apr_thread_mutex_unlock(redis->lock);
}

/* ---- queries and their answers --------------------------------------------------------------- */

/* Makes space for more octets, perhaps in a new buffer. The old one stays valid: replies point into
 * it. */
static void inbox_grow(inbox_t *inbox, apr_pool_t *p)
{
    if (inbox->got == inbox->room) {
        inbox->room = inbox->got < INBOX_SIZE ? INBOX_SIZE : 2 * inbox->got;
        inbox->at = memcpy(apr_palloc(p, inbox->room), inbox->at, inbox->got);
    }
}

static apr_status_t inbox_receive(inbox_t *inbox, const talk_t *talk, apr_socket_t *socket)
{
    apr_status_t status = APR_SUCCESS;
    apr_size_t len = 0;

    if (inbox->total > CC_ANSWERS_MAX) {
        return APR_ENOSPC;
    }
    inbox_grow(inbox, talk->pool);
    len = inbox->room - inbox->got;
    status = cc_tcp_receive(socket, inbox->at + inbox->got, &len, talk->deadline);
    if (status == APR_SUCCESS) {
        inbox->got += len;
        inbox->total += len;
    }
    return status;
}

static apr_status_t reply_receive(cc_reply_t *reply, inbox_t *inbox, const talk_t *talk,
                                  apr_socket_t *socket)
{
    apr_status_t status = APR_SUCCESS;

    *reply = cc_resp_read(inbox->at, inbox->got);
    while (status == APR_SUCCESS && reply->kind == CC_REPLY_PART) {
        status = inbox_receive(inbox, talk, socket);
        if (status == APR_SUCCESS) {
            *reply = cc_resp_read(inbox->at, inbox->got);
        }
    }
    if (status == APR_SUCCESS && reply->kind != CC_REPLY_BAD) {
        inbox->at += reply->size;
        inbox->got -= reply->size;
        inbox->room -= reply->size;
    }
    return status;
}

/* True if every query has its answer, and nothing follows. */
static bool is_whole(const talk_t *talk)
{
    return talk->replies[talk->count - 1].kind != CC_REPLY_BAD;
}

static apr_status_t replies_receive(talk_t *talk, apr_socket_t *socket)
{
    inbox_t inbox = {apr_palloc(talk->pool, INBOX_SIZE), 0, INBOX_SIZE, 0};
    apr_status_t status = APR_SUCCESS;
    bool bad = false;

    for (int i = 0; i < talk->count && status == APR_SUCCESS; i++) {
        talk->replies[i] = (cc_reply_t){.kind = CC_REPLY_BAD};
        if (!bad) {
            status = reply_receive(&talk->replies[i], &inbox, talk, socket);
        }
        bad = talk->replies[i].kind == CC_REPLY_BAD;
    }
    if (status == APR_SUCCESS && !bad &&
        inbox.got > 0) { /* replies might belong to other queries */
        for (int i = 0; i < talk->count; i++) {
            talk->replies[i].kind = CC_REPLY_BAD;
        }
    }
    return status;
}

static apr_status_t talk_over(talk_t *talk, const connection_t *connection)
{
    apr_status_t status =
        cc_tcp_send(connection->socket, talk->commands, talk->commands_len, talk->deadline);

    return status == APR_SUCCESS ? replies_receive(talk, connection->socket) : status;
}

/* A server that was restarted has closed its idle connections: then a new connection is tried. */
static apr_status_t talk_run(talk_t *talk, redis_t *redis)
{
    connection_t *connection = idle_take(redis);
    apr_status_t status = connection ? talk_over(talk, connection) : APR_SUCCESS;

    if (connection && status != APR_SUCCESS && !APR_STATUS_IS_TIMEUP(status)) {
        connection_close(connection);
        connection = NULL;
    }
    if (!connection) {
        status = connection_open(&connection, talk);
        if (status == APR_SUCCESS) {
            status = talk_over(talk, connection);
        }
    }
    if (status == APR_SUCCESS && is_whole(talk)) {
        idle_put(redis, connection);
    } else {
        connection_close(connection); /* replies that arrive later must not answer another query */
    }
    return status;
}

/* ---- the back end ---------------------------------------------------------------------------- */

static apr_status_t redis_close(void *state)
{
    for (connection_t *each = ((redis_t *)state)->idle, *next = NULL; each; each = next) {
        next = each->next;
        connection_close(each);
    }
    return APR_SUCCESS;
}

static apr_status_t redis_open(void **state, const cc_table_spec_t *spec, apr_pool_t *p,
                               cc_error_t *err)
{
    redis_t *redis = apr_pcalloc(p, sizeof(*redis));
    const char *slash = strchr(spec->source, '/');
    apr_size_t len = slash ? (apr_size_t)(slash - spec->source) : strlen(spec->source);
    char *host = NULL;
    char *scope = NULL;
    apr_status_t status =
        apr_parse_addr_port(&host, &scope, &redis->port, apr_pstrmemdup(p, spec->source, len), p);

    if (status != APR_SUCCESS || !host || scope || redis->port == 0) {
        return cc_error_set(err, p, "CC0630", apr_pstrcat(p, "redis:", spec->source, NULL),
                            "write redis:HOST:PORT or redis:HOST:PORT/PREFIX, with an IPv6 "
                            "address in []");
    }
    redis->spec = spec;
    redis->host = host;
    redis->prefix = slash ? slash + 1 : "";
    redis->shown = cc_text_escape(spec->source, len, p);
    *state = redis;
    apr_pool_cleanup_register(p, redis, redis_close, apr_pool_cleanup_null);
    return apr_thread_mutex_create(&redis->lock, APR_THREAD_MUTEX_DEFAULT, p);
}

static const char *failure_text(const talk_t *talk, const char *reason)
{
    return apr_psprintf(talk->pool, "Redis at %s: %s", talk->redis->shown, reason);
}

static const char *unanswered(const talk_t *talk, apr_status_t status)
{
    char text[120];

    if (APR_STATUS_IS_TIMEUP(status)) {
        return failure_text(talk, apr_psprintf(talk->pool, "no answer within %d s",
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
    query->result = CC_TABLE_FAILED;
    switch (reply->kind) {
    case CC_REPLY_VALUE:
        query->result = cc_line_row(&query->row, reply->text, reply->len, &query->info, talk->pool);
        break;
    case CC_REPLY_NONE:
        query->result = CC_TABLE_MISSING;
        break;
    case CC_REPLY_ERROR:
        query->info.failure =
            failure_text(talk, cc_text_escape(reply->text, reply->len, talk->pool));
        break;
    default:
        query->info.failure =
            failure_text(talk, "its answer is not that of a Redis server, or is larger than 1 MiB");
    }
}

/* One GET for each key, sent together; the answers come in the same order. */
static void commands_make(talk_t *talk, cc_query_t *const *queries)
{
    apr_size_t size = 0;
    char *start, *to;

    for (int i = 0; i < talk->count; i++) {
        cc_key_t key = {queries[i]->key, queries[i]->len};
        size += cc_resp_size(talk->redis->prefix, &key);
    }
    talk->commands = start = to = apr_palloc(talk->pool, size);
    for (int i = 0; i < talk->count; i++) {
        cc_key_t key = {queries[i]->key, queries[i]->len};
        to = cc_resp_put(to, talk->redis->prefix, &key);
    }
    talk->commands_len = (apr_size_t)(to - start);
}

static void redis_lookup_many(cc_query_t *const *queries, int count, void *state,
                              apr_time_t deadline, apr_pool_t *p)
{
    redis_t *redis = state;
    talk_t talk = {.redis = redis, .deadline = deadline, .count = count, .pool = p};
    apr_status_t status = APR_SUCCESS;

    talk.replies = apr_pcalloc(p, sizeof(*talk.replies) * (apr_size_t)count);
    commands_make(&talk, queries);
    status = talk_run(&talk, redis);
    for (int i = 0; i < count; i++) {
        if (status == APR_SUCCESS) {
            answer_read(queries[i], &talk.replies[i], &talk);
        } else {
            queries[i]->result = CC_TABLE_FAILED;
            queries[i]->info.failure = unanswered(&talk, status);
        }
    }
}

const cc_backend_t cc_backend_redis = {
    .type = "redis",
    .remote = true,
    .open = redis_open,
    .lookup_many = redis_lookup_many,
};
