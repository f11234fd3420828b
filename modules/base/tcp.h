/* SPDX-License-Identifier: Apache-2.0 */
/* Connects, sends and receives over TCP or a Unix socket, within a deadline. */
#ifndef CC_TCP_H
#define CC_TCP_H

#include <stdbool.h>

#include <apr_network_io.h>
#include <apr_pools.h>
#include <apr_time.h>

/*
 * Most calls wait until the deadline, by apr_time_now, and then fail with a status for which
 * APR_STATUS_IS_TIMEUP is true. A socket is used by one thread at a time. SIGPIPE must be ignored.
 */

/**
 * Connects to the first address of the host that answers, IPv6 or IPv4. Each address yet to be
 * tried gets an equal part of the remaining time. The lookup of the host is not limited. The socket
 * is allocated in `p`; NULL on failure.
 */
apr_status_t cc_tcp_connect(apr_socket_t **socket, const char *host, apr_port_t port,
                            apr_time_t deadline, apr_pool_t *p);

/** The same for the Unix socket at a path. Waits while its server is too busy to accept. */
apr_status_t cc_unix_connect(apr_socket_t **socket, const char *path, apr_time_t deadline,
                             apr_pool_t *p);

/** Waits until the socket can be read, or written; at its end, both are possible. */
apr_status_t cc_tcp_wait(apr_socket_t *socket, bool for_read, apr_time_t deadline);

/** True if there is something to receive, or the connection has ended. Does not wait. */
bool cc_tcp_has_input(apr_socket_t *socket);

/** Sends all `len` octets. */
apr_status_t cc_tcp_send(apr_socket_t *socket, const char *octets, apr_size_t len,
                         apr_time_t deadline);

/** Receives up to *len octets as soon as some arrive, and sets *len. APR_EOF at the end. */
apr_status_t cc_tcp_receive(apr_socket_t *socket, char *to, apr_size_t *len, apr_time_t deadline);

#endif
