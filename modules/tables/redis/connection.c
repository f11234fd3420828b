/* SPDX-License-Identifier: Apache-2.0 */
/* Keeps connections to a Redis server: makes them, logs in, sends and receives over them. */
#include <string.h>
#include <unistd.h>

#include <apr_strings.h>
#include <apr_thread_mutex.h>

#include "base/tcp.h"
#include "base/text.h"
#include "tables/redis/redis.h"

#define CHUNK 8192 /* octets that are received at once */

struct cc_redis_connection_t {
    cc_redis_connection_t *next;
    apr_pool_t *pool; /* with its own allocator: any thread may have the connection */
    apr_socket_t *socket;
    cc_redis_session_t *session; /* NULL: no TLS */
    cc_replies_t *replies;
    pid_t process; /* the process that made it: a child must not use a connection of its parent */
};

struct cc_redis_idle_t {
    apr_thread_mutex_t *lock;
    cc_redis_connection_t *first;
};

/* ---- sending and receiving ------------------------------------------------------------------- */

static apr_status_t octets_send(cc_redis_connection_t *connection, const cc_commands_t *commands,
                                cc_redis_wait_t *wait)
{
    if (connection->session) {
        return cc_redis_tls_send(connection->session, commands->text, commands->len, wait);
    }
    return cc_tcp_send(connection->socket, commands->text, commands->len, wait->deadline);
}

static apr_status_t octets_receive(cc_redis_connection_t *connection, apr_size_t *total,
                                   cc_redis_wait_t *wait)
{
    char octets[CHUNK];
    apr_size_t len = sizeof(octets);
    apr_status_t status = APR_SUCCESS;

    if (*total > CC_ANSWERS_MAX) {
        return APR_ENOSPC;
    }
    if (connection->session) {
        status = cc_redis_tls_receive(connection->session, octets, &len, wait);
    } else {
        status = cc_tcp_receive(connection->socket, octets, &len, wait->deadline);
    }
    if (status == APR_SUCCESS) {
        cc_replies_feed(connection->replies, octets, len);
        *total += len;
    }
    return status;
}

static bool is_reply_to(const cc_commands_t *commands, const cc_reply_t *reply)
{
    switch (reply->kind) {
    case CC_REPLY_VALUE:
    case CC_REPLY_NONE:
        return commands->get;
    case CC_REPLY_DONE:
        return !commands->get;
    default:
        return reply->kind == CC_REPLY_ERROR;
    }
}

static apr_status_t reply_receive(cc_reply_t *reply, cc_redis_connection_t *connection,
                                  apr_size_t *total, cc_redis_wait_t *wait)
{
    apr_status_t status = APR_SUCCESS;

    *reply = cc_replies_next(connection->replies, wait->pool);
    while (status == APR_SUCCESS && reply->kind == CC_REPLY_PART) {
        status = octets_receive(connection, total, wait);
        if (status == APR_SUCCESS) {
            *reply = cc_replies_next(connection->replies, wait->pool);
        }
    }
    return status;
}

static void all_bad(cc_reply_t *replies, int count)
{
    for (int i = 0; i < count; i++) {
        replies[i] = (cc_reply_t){.kind = CC_REPLY_BAD};
    }
}

apr_status_t cc_redis_converse(cc_redis_connection_t *connection, const cc_commands_t *commands,
                               cc_reply_t *replies, int count, cc_redis_wait_t *wait)
{
    apr_status_t status = octets_send(connection, commands, wait);
    apr_size_t total = 0;

    all_bad(replies, count);
    for (int i = 0; i < count && status == APR_SUCCESS; i++) {
        status = reply_receive(&replies[i], connection, &total, wait);
        if (status == APR_SUCCESS && !is_reply_to(commands, &replies[i])) {
            all_bad(replies + i, count - i);
            return APR_SUCCESS;
        }
    }
    if (status == APR_SUCCESS && cc_replies_left(connection->replies)) {
        all_bad(replies, count); /* replies might belong to other queries */
    }
    return status;
}

/* ---- the login ------------------------------------------------------------------------------- */

/*
 * Why the server refused the login. Some errors repeat words of the command, in quotes: the
 * password must not reach a log.
 */
static const char *refusal(const cc_reply_t *reply, const cc_redis_server_t *server, apr_pool_t *p)
{
    static const char quotes[] = {'"', '`', '\'', '\0'};
    apr_size_t len = strcspn(reply->text, quotes);
    const char *text = apr_pstrmemdup(p, reply->text, len);

    if (server->password && strstr(text, server->password)) {
        return "its answer repeats the password";
    }
    return cc_text_excerpt(text, strlen(text), p);
}

static apr_status_t login_take(const cc_reply_t *reply, const char *command, cc_redis_wait_t *wait)
{
    if (reply->kind == CC_REPLY_DONE) {
        return APR_SUCCESS;
    }
    wait->reason = CC_REDIS_NO_REPLY;
    if (reply->kind == CC_REPLY_ERROR) {
        wait->reason = apr_psprintf(wait->pool, "it refused %s: %s", command,
                                    refusal(reply, wait->server, wait->pool));
    }
    return APR_EGENERAL;
}

static apr_status_t login_step(cc_redis_connection_t *connection, const char *const *words,
                               int count, cc_redis_wait_t *wait)
{
    cc_commands_t command = {.pool = wait->pool};
    cc_key_t keys[CC_COMMAND_WORDS];
    cc_reply_t reply;
    apr_status_t status = APR_SUCCESS;

    for (int i = 0; i < count; i++) {
        keys[i] = (cc_key_t){words[i], strlen(words[i])};
    }
    status = cc_commands_make(&command, keys, count, 1);
    if (status == APR_SUCCESS) {
        status = cc_redis_converse(connection, &command, &reply, 1, wait);
    }
    return status == APR_SUCCESS ? login_take(&reply, words[0], wait) : status;
}

/* Nothing else is sent before the server has accepted the login. */
static apr_status_t login(cc_redis_connection_t *connection, cc_redis_wait_t *wait)
{
    const cc_redis_server_t *server = wait->server;
    const char *named[] = {"AUTH", server->user, server->password};
    const char *usual[] = {"AUTH", server->password};
    const char *select[] = {"SELECT", apr_itoa(wait->pool, server->database)};
    apr_status_t status = APR_SUCCESS;

    if (server->user) {
        status = login_step(connection, named, 3, wait);
    } else if (server->password) {
        status = login_step(connection, usual, 2, wait);
    }
    if (status == APR_SUCCESS && server->database > 0) {
        status = login_step(connection, select, 2, wait);
    }
    return status;
}

/* ---- connections ----------------------------------------------------------------------------- */

void cc_redis_close(cc_redis_connection_t *connection)
{
    if (connection) {
        apr_pool_destroy(connection->pool);
    }
}

static apr_status_t socket_open(cc_redis_connection_t *connection, const cc_redis_wait_t *wait)
{
    const cc_redis_server_t *server = wait->server;

    if (server->path) {
        return cc_unix_connect(&connection->socket, server->path, wait->deadline, connection->pool);
    }
    return cc_tcp_connect(&connection->socket, server->host, server->port, wait->deadline,
                          connection->pool);
}

static apr_status_t ready_make(cc_redis_connection_t *connection, cc_redis_wait_t *wait)
{
    apr_status_t status = socket_open(connection, wait);

    connection->replies = cc_replies_create(connection->pool);
    if (!connection->replies) {
        return APR_ENOMEM;
    }
    if (status == APR_SUCCESS && wait->server->tls) {
        status =
            cc_redis_tls_connect(&connection->session, connection->socket, wait, connection->pool);
    }
    return status == APR_SUCCESS ? login(connection, wait) : status;
}

apr_status_t cc_redis_open(cc_redis_connection_t **connection, cc_redis_wait_t *wait)
{
    apr_pool_t *pool = NULL;
    apr_status_t status = apr_pool_create_unmanaged_ex(&pool, NULL, NULL);

    *connection = NULL;
    if (status != APR_SUCCESS) {
        return status;
    }
    *connection = apr_pcalloc(pool, sizeof(**connection));
    (*connection)->pool = pool;
    (*connection)->process = getpid();
    status = ready_make(*connection, wait);
    if (status != APR_SUCCESS) {
        cc_redis_close(*connection);
        *connection = NULL;
    }
    return status;
}

/* ---- connections that are not in use --------------------------------------------------------- */

static apr_status_t idle_close(void *idle)
{
    cc_redis_connection_t *next = NULL;

    for (cc_redis_connection_t *each = ((cc_redis_idle_t *)idle)->first; each; each = next) {
        next = each->next;
        cc_redis_close(each);
    }
    return APR_SUCCESS;
}

apr_status_t cc_redis_idle_create(cc_redis_idle_t **idle, apr_pool_t *p)
{
    *idle = apr_pcalloc(p, sizeof(**idle));
    apr_pool_cleanup_register(p, *idle, idle_close, apr_pool_cleanup_null);
    return apr_thread_mutex_create(&(*idle)->lock, APR_THREAD_MUTEX_DEFAULT, p);
}

/*
 * True if nothing has come since the last reply. What comes then would be taken for the reply to
 * the next query, which may be that of another client.
 */
static bool is_quiet(const cc_redis_connection_t *connection)
{
    if (connection->session && cc_redis_tls_has_input(connection->session)) {
        return false;
    }
    return !cc_tcp_has_input(connection->socket);
}

cc_redis_connection_t *cc_redis_idle_take(cc_redis_idle_t *idle)
{
    cc_redis_connection_t *connection = NULL;

    apr_thread_mutex_lock(idle->lock);
    connection = idle->first;
    idle->first = connection ? connection->next : NULL;
    apr_thread_mutex_unlock(idle->lock);
    if (connection && (connection->process != getpid() || !is_quiet(connection))) {
        cc_redis_close(connection);
        return cc_redis_idle_take(idle);
    }
    return connection;
}

void cc_redis_idle_put(cc_redis_idle_t *idle, cc_redis_connection_t *connection)
{
    apr_thread_mutex_lock(idle->lock);
    connection->next = idle->first;
    idle->first = connection;
    apr_thread_mutex_unlock(idle->lock);
}
