/* SPDX-License-Identifier: Apache-2.0 */
/* Knows the back end "redis": a server that is asked for a line for each key. */
#include <string.h>
#include <unistd.h>

#include <apr_network_io.h>
#include <apr_strings.h>
#include <apr_thread_mutex.h>

#include "cert/cert.h"
#include "tables/internal.h"

/*
 * The conversation is on sockets of our own and not by apr_redis, which (APR-util 1.6.3) takes the
 * end of a connection for an answer, uses a connection once more after it destroyed it (an answer
 * that is cut short), says "not found" of a server that it holds for dead, connects under a lock
 * with a timeout of its own, and only by IPv4.
 */
typedef struct connection_t {
    struct connection_t *next;
    apr_pool_t *pool; /* with an allocator of its own: any thread may have the connection */
    apr_socket_t *socket;
    pid_t process; /* who made it: a child must not talk into a conversation of its parent */
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

/* A question, and what comes back. */
typedef struct {
    const redis_t *redis;
    const char *command;
    apr_size_t command_len;
    apr_time_t deadline;
    cc_reply_t reply;
    apr_pool_t *pool;
} talk_t;

/* ---- connections ----------------------------------------------------------------------------- */

static void connection_close(connection_t *connection)
{
    if (connection) {
        apr_pool_destroy(connection->pool);
    }
}

/* Sets what is left of the time for the next thing that is done with the socket. */
static apr_status_t time_limit(apr_socket_t *socket, apr_time_t deadline, int parts)
{
    apr_interval_time_t left = (deadline - apr_time_now()) / parts;

    return left > 0 ? apr_socket_timeout_set(socket, left) : APR_TIMEUP;
}

/* Connects to the first of its addresses that answers. */
static apr_status_t connection_connect(connection_t *connection, const talk_t *talk)
{
    apr_sockaddr_t *address = NULL;
    apr_status_t status = apr_sockaddr_info_get(&address, talk->redis->host, APR_UNSPEC,
                                                talk->redis->port, 0, connection->pool);
    int left = 0;

    if (status != APR_SUCCESS) {
        return status;
    }
    for (const apr_sockaddr_t *each = address; each; each = each->next) {
        left++;
    }
    for (; address; address = address->next, left--) {
        apr_socket_t *socket = NULL;
        status = apr_socket_create(&socket, address->family, SOCK_STREAM, APR_PROTO_TCP,
                                   connection->pool);
        if (status == APR_SUCCESS) {
            status = time_limit(socket, talk->deadline, left);
        }
        if (status == APR_SUCCESS) {
            status = apr_socket_connect(socket, address);
        }
        if (status == APR_SUCCESS) {
            connection->socket = socket;
            return APR_SUCCESS;
        }
    }
    return status;
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
    status = connection_connect(*connection, talk);
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

/* ---- a question and its answer --------------------------------------------------------------- */

static apr_status_t command_send(const talk_t *talk, apr_socket_t *socket)
{
    apr_status_t status = APR_SUCCESS;

    for (apr_size_t sent = 0; sent < talk->command_len && status == APR_SUCCESS;) {
        apr_size_t len = talk->command_len - sent;

        status = time_limit(socket, talk->deadline, 1);
        if (status == APR_SUCCESS) {
            status = apr_socket_send(socket, talk->command + sent, &len);
            sent += len;
        }
    }
    return status;
}

static apr_status_t reply_receive(talk_t *talk, apr_socket_t *socket)
{
    apr_size_t room = 4 * CC_REPLY_LINE;
    apr_size_t got = 0;
    char *buffer = apr_palloc(talk->pool, room);
    apr_status_t status = APR_SUCCESS;

    talk->reply.kind = CC_REPLY_PART;
    while (status == APR_SUCCESS && talk->reply.kind == CC_REPLY_PART) {
        apr_size_t len = room - got;

        if (len == 0) {
            buffer = memcpy(apr_palloc(talk->pool, 2 * room), buffer, got);
            len = room;
            room = 2 * room;
        }
        status = time_limit(socket, talk->deadline, 1);
        if (status == APR_SUCCESS) {
            status = apr_socket_recv(socket, buffer + got, &len);
        }
        if (status == APR_SUCCESS) {
            got += len;
            talk->reply = cc_resp_read(buffer, got);
        }
    }
    return status;
}

static apr_status_t talk_over(talk_t *talk, const connection_t *connection)
{
    apr_status_t status = command_send(talk, connection->socket);

    return status == APR_SUCCESS ? reply_receive(talk, connection->socket) : status;
}

/* A server that was restarted has closed what was idle: then a new connection is tried. */
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
    if (status == APR_SUCCESS && talk->reply.kind != CC_REPLY_BAD) {
        idle_put(redis, connection);
    } else {
        connection_close(connection); /* what is still to come must not answer another question */
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

static cc_table_result_t failed(cc_answer_info_t *info, const talk_t *talk, const char *why)
{
    info->failure = apr_psprintf(talk->pool, "Redis at %s: %s", talk->redis->shown, why);
    return CC_TABLE_FAILED;
}

static cc_table_result_t unanswered(cc_answer_info_t *info, const talk_t *talk, apr_status_t status)
{
    char reason[120];

    if (APR_STATUS_IS_TIMEUP(status)) {
        return failed(info, talk,
                      apr_psprintf(talk->pool, "no answer within %d s",
                                   (int)apr_time_sec(talk->redis->spec->timeout)));
    }
    if (APR_STATUS_IS_EOF(status)) {
        return failed(info, talk, "it closed the connection without an answer");
    }
    return failed(info, talk, apr_strerror(status, reason, sizeof(reason)));
}

static cc_table_result_t redis_lookup(cc_row_t *row, void *state, const char *key, apr_size_t len,
                                      cc_answer_info_t *info, apr_pool_t *p)
{
    redis_t *redis = state;
    cc_key_t wanted = {key, len};
    talk_t talk = {.redis = redis, .deadline = apr_time_now() + redis->spec->timeout, .pool = p};
    apr_status_t status = APR_SUCCESS;

    talk.command = cc_resp_get(&talk.command_len, redis->prefix, &wanted, p);
    status = talk_run(&talk, redis);
    if (status != APR_SUCCESS) {
        return unanswered(info, &talk, status);
    }
    switch (talk.reply.kind) {
    case CC_REPLY_VALUE:
        return cc_line_row(row, talk.reply.text, talk.reply.len, info, p);
    case CC_REPLY_NONE:
        return CC_TABLE_MISSING;
    case CC_REPLY_ERROR:
        return failed(info, &talk, cc_text_escape(talk.reply.text, talk.reply.len, p));
    default:
        return failed(info, &talk, "what it answers is not Redis, or larger than 1 MiB");
    }
}

const cc_backend_t cc_backend_redis = {
    .type = "redis",
    .asked = true,
    .open = redis_open,
    .lookup = redis_lookup,
};
