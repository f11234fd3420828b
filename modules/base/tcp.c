/* SPDX-License-Identifier: Apache-2.0 */
/* Connects, sends and receives over TCP or a Unix socket, within a deadline. */
#include "base/tcp.h"

#include <apr_support.h>

/* Allots a part of the remaining time to the next step. */
static apr_status_t time_limit(apr_socket_t *socket, apr_time_t deadline, int parts)
{
    apr_interval_time_t left = (deadline - apr_time_now()) / parts;

    return left > 0 ? apr_socket_timeout_set(socket, left) : APR_TIMEUP;
}

static apr_status_t address_connect(apr_socket_t **socket, apr_sockaddr_t *address,
                                    apr_time_t deadline, int parts, apr_pool_t *p)
{
    apr_status_t status = apr_socket_create(socket, address->family, SOCK_STREAM, APR_PROTO_TCP, p);

    if (status != APR_SUCCESS) {
        *socket = NULL;
        return status;
    }
    status = time_limit(*socket, deadline, parts);
    if (status == APR_SUCCESS) {
        status = apr_socket_connect(*socket, address);
    }
    if (status != APR_SUCCESS) {
        apr_socket_close(*socket);
        *socket = NULL;
    }
    return status;
}

apr_status_t cc_tcp_connect(apr_socket_t **socket, const char *host, apr_port_t port,
                            apr_time_t deadline, apr_pool_t *p)
{
    apr_sockaddr_t *address = NULL;
    apr_status_t status = apr_sockaddr_info_get(&address, host, APR_UNSPEC, port, 0, p);
    int left = 0;

    *socket = NULL;
    if (status != APR_SUCCESS) {
        return status;
    }
    for (const apr_sockaddr_t *each = address; each; each = each->next) {
        left++;
    }
    for (; address && !*socket; address = address->next, left--) {
        status = address_connect(socket, address, deadline, left, p);
    }
    return status;
}

/* A Unix socket whose queue is full says so instead of letting the connection wait. */
#define QUEUE_PAUSE apr_time_from_msec(10)

apr_status_t cc_unix_connect(apr_socket_t **socket, const char *path, apr_time_t deadline,
                             apr_pool_t *p)
{
    apr_sockaddr_t *address = NULL;
    apr_status_t status = apr_sockaddr_info_get(&address, path, APR_UNIX, 0, 0, p);

    *socket = NULL;
    if (status == APR_SUCCESS) {
        status = apr_socket_create(socket, APR_UNIX, SOCK_STREAM, 0, p);
    }
    if (status != APR_SUCCESS) {
        return status;
    }
    do {
        status = time_limit(*socket, deadline, 1);
        if (status == APR_SUCCESS) {
            status = apr_socket_connect(*socket, address);
        }
        if (APR_STATUS_IS_EAGAIN(status)) {
            apr_sleep(QUEUE_PAUSE);
        }
    } while (APR_STATUS_IS_EAGAIN(status));
    if (status != APR_SUCCESS) {
        apr_socket_close(*socket);
        *socket = NULL;
    }
    return status;
}

apr_status_t cc_tcp_wait(apr_socket_t *socket, bool for_read, apr_time_t deadline)
{
    apr_status_t status = time_limit(socket, deadline, 1);

    return status == APR_SUCCESS ? apr_wait_for_io_or_timeout(NULL, socket, for_read) : status;
}

bool cc_tcp_has_input(apr_socket_t *socket)
{
    apr_status_t status = apr_socket_timeout_set(socket, 0);

    if (status == APR_SUCCESS) {
        status = apr_wait_for_io_or_timeout(NULL, socket, true);
    }
    return !APR_STATUS_IS_TIMEUP(status);
}

apr_status_t cc_tcp_send(apr_socket_t *socket, const char *octets, apr_size_t len,
                         apr_time_t deadline)
{
    apr_status_t status = APR_SUCCESS;

    for (apr_size_t sent = 0; sent < len && status == APR_SUCCESS;) {
        apr_size_t part = len - sent;

        status = time_limit(socket, deadline, 1);
        if (status == APR_SUCCESS) {
            status = apr_socket_send(socket, octets + sent, &part);
            sent += part;
        }
    }
    return status;
}

apr_status_t cc_tcp_receive(apr_socket_t *socket, char *to, apr_size_t *len, apr_time_t deadline)
{
    apr_status_t status = time_limit(socket, deadline, 1);

    return status == APR_SUCCESS ? apr_socket_recv(socket, to, len) : status;
}
