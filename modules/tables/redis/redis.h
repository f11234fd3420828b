/* SPDX-License-Identifier: Apache-2.0 */
/* Declares what the files of the back end "redis" share. */
#ifndef CC_TABLES_REDIS_H
#define CC_TABLES_REDIS_H

#include <apr_network_io.h>

#include "tables/internal.h"

/* ---- commands and replies (protocol.c) ------------------------------------------------- */

/** Commands that are sent together. All members but `pool` and `get` begin as zeros. */
typedef struct cc_commands_t {
    apr_pool_t *pool; /* in which they live */
    bool get;         /* the reply to each is a value or none; false: "OK" */
    const char *text;
    apr_size_t len;
} cc_commands_t;

#define CC_COMMAND_WORDS 3 /* of one command, at most */

/**
 * Formats `count` commands of `words` words each: words[i * each + j] is a word of the i-th. A word
 * may have any octets: each is sent with its length. APR_ENOMEM: there is no memory.
 */
apr_status_t cc_commands_make(cc_commands_t *commands, const cc_key_t *words, int each, int count);

/** A reply to GET, AUTH or SELECT. */
typedef enum {
    CC_REPLY_PART,  /* incomplete */
    CC_REPLY_VALUE, /* text, len */
    CC_REPLY_NONE,
    CC_REPLY_DONE,  /* "OK" */
    CC_REPLY_ERROR, /* text, len: the server's message */
    CC_REPLY_BAD    /* not a reply to these commands, or too large: nothing after it is read */
} cc_reply_kind_t;

#define CC_REPLY_MAX CC_ANSWER_MAX /* octets of a value */
#define CC_REPLY_LINE 1024         /* octets of an error, or of the line before a value */

typedef struct cc_reply_t {
    cc_reply_kind_t kind;
    const char *text;
    apr_size_t len;
} cc_reply_t;

/** The replies that one connection receives. For one thread at a time. */
typedef struct cc_replies_t cc_replies_t;

/** Lives as long as `p`; NULL: there is no memory. */
cc_replies_t *cc_replies_create(apr_pool_t *p);

/** Adds octets that have been received. At most CC_REPLY_MAX of an incomplete reply are kept. */
void cc_replies_feed(cc_replies_t *replies, const char *octets, apr_size_t len);

/** The next reply, in `p`. After CC_REPLY_BAD, what follows is not a reply to a command. */
cc_reply_t cc_replies_next(cc_replies_t *replies, apr_pool_t *p);

/** True if octets are left that no reply has used. */
bool cc_replies_left(const cc_replies_t *replies);

/* ---- the server (server.c) ------------------------------------------------------------- */

/** How connections with TLS are made: CAs, the name of the server, our certificate. Constant. */
typedef struct cc_redis_tls_t cc_redis_tls_t;

/** The server of a table, and how to log in to it. Constant once it is read. */
typedef struct cc_redis_server_t {
    const char *host; /* NULL: the server has a Unix socket */
    apr_port_t port;
    const char *path;     /* of the socket */
    const char *user;     /* NULL: the default user */
    const char *password; /* NULL: no login */
    int database;
    const char *prefix;
    const char *shown;         /* HOST:PORT or the path, safe for a log */
    const cc_redis_tls_t *tls; /* NULL: no TLS */
} cc_redis_server_t;

/**
 * Reads the source and options of a table, and the password from its file or program. `secure`: the
 * type is rediss. Errors: CC0630, CC0647, CC0648; CC0649 and CC0650 with CC_SOURCE_CLOSED. None of
 * them has a password in it. Lives as long as `p`.
 */
apr_status_t cc_redis_server_read(cc_redis_server_t *server, const cc_table_spec_t *spec,
                                  bool secure, apr_pool_t *p, cc_error_t *err);

/** A wait for the server. */
typedef struct cc_redis_wait_t {
    const cc_redis_server_t *server;
    apr_time_t deadline;
    const char *reason; /* of a failure, if the status does not say it; safe for a log */
    apr_pool_t *pool;   /* of the reason and of replies */
} cc_redis_wait_t;

/* ---- TLS (tls.c): the only file of tables that uses OpenSSL ---------------------------- */

/** PEM files; NULL: the CAs of the system, and no certificate of our own. */
typedef struct cc_redis_tls_files_t {
    const char *cafile;
    const char *certfile; /* with its chain */
    const char *keyfile;
} cc_redis_tls_files_t;

/**
 * Reads the files, once, in the parent: children may not be able to. `host` is the name or the
 * address that the server's certificate must have (RFC 9525). Lives as long as `p`. On failure,
 * *file is the one at fault, or NULL, and *reason is that of OpenSSL.
 */
apr_status_t cc_redis_tls_create(cc_redis_tls_t **tls, const cc_redis_tls_files_t *files,
                                 const char *host, const char **file, const char **reason,
                                 apr_pool_t *p);

/** TLS over one socket. */
typedef struct cc_redis_session_t cc_redis_session_t;

/** True if octets that the socket no longer has are still to be received. */
bool cc_redis_tls_has_input(const cc_redis_session_t *session);

/**
 * Does the handshake over a socket of base/tcp.h, and verifies the certificate and the name of the
 * server. Lives as long as `p`. Its end sends nothing, since the connection may be that of the
 * parent process. This function and the next two leave nothing in OpenSSL's error queue.
 */
apr_status_t cc_redis_tls_connect(cc_redis_session_t **session, apr_socket_t *socket,
                                  cc_redis_wait_t *wait, apr_pool_t *p);

/** As cc_tcp_send and cc_tcp_receive. */
apr_status_t cc_redis_tls_send(cc_redis_session_t *session, const char *octets, apr_size_t len,
                               cc_redis_wait_t *wait);
apr_status_t cc_redis_tls_receive(cc_redis_session_t *session, char *to, apr_size_t *len,
                                  cc_redis_wait_t *wait);

/* ---- connections (connection.c) -------------------------------------------------------- */

/** A connection that is logged in. For one thread at a time. */
typedef struct cc_redis_connection_t cc_redis_connection_t;

/** Connections that are not in use. Any thread may use it. */
typedef struct cc_redis_idle_t cc_redis_idle_t;

/** A failure: a reply is CC_REPLY_BAD. */
#define CC_REDIS_NO_REPLY "its answer is not that of a Redis server, or is larger than 1 MiB"

/** Lives as long as `p`, a cleanup of which closes the connections. */
apr_status_t cc_redis_idle_create(cc_redis_idle_t **idle, apr_pool_t *p);

/**
 * An idle connection of this process, on which nothing has come since the last reply, or NULL; and
 * gives one back.
 */
cc_redis_connection_t *cc_redis_idle_take(cc_redis_idle_t *idle);
void cc_redis_idle_put(cc_redis_idle_t *idle, cc_redis_connection_t *connection);

/** Connects and logs in, until the deadline. */
apr_status_t cc_redis_open(cc_redis_connection_t **connection, cc_redis_wait_t *wait);

/** Ends a connection; NULL is allowed. */
void cc_redis_close(cc_redis_connection_t *connection);

/**
 * Sends commands and receives a reply to each, in their order. APR_ENOSPC: the replies are larger
 * than CC_ANSWERS_MAX together. APR_SUCCESS: no reply is CC_REPLY_PART; the connection may be used
 * again unless the last one is CC_REPLY_BAD.
 */
apr_status_t cc_redis_converse(cc_redis_connection_t *connection, const cc_commands_t *commands,
                               cc_reply_t *replies, int count, cc_redis_wait_t *wait);

#endif
