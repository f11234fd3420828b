/* SPDX-License-Identifier: Apache-2.0 */
/* Knows how to talk to a responder (RFC 6960 A.1), within a time and a size. */
#include <string.h>

#include <apr_strings.h>

#include "ocsp/internal.h"

#define FIRST_ROOM 4096

/* The socket is not OpenSSL's, which counts time in whole seconds, and tries again until they are
 * over where a connection is refused. */
typedef struct conversation_t {
    cc_http_exchange_t *talk;
    const OCSP_REQUEST *request;
    apr_socket_t *socket;
    apr_pool_t *pool;
} conversation_t;

/* ---- the socket ------------------------------------------------------------------------------ */

/* Gives what is done next a part of the time that is left. */
static apr_status_t time_limit(apr_socket_t *socket, apr_time_t deadline, int parts)
{
    apr_interval_time_t left = (deadline - apr_time_now()) / parts;

    return left > 0 ? apr_socket_timeout_set(socket, left) : APR_TIMEUP;
}

static apr_status_t address_connect(conversation_t *c, apr_sockaddr_t *address, int parts)
{
    apr_status_t status =
        apr_socket_create(&c->socket, address->family, SOCK_STREAM, APR_PROTO_TCP, c->pool);

    if (status == APR_SUCCESS) {
        status = time_limit(c->socket, c->talk->deadline, parts);
    }
    return status == APR_SUCCESS ? apr_socket_connect(c->socket, address) : status;
}

/* Connects to the first address of the host that answers. */
static apr_status_t host_connect(conversation_t *c)
{
    apr_sockaddr_t *address = NULL;
    apr_status_t status = apr_sockaddr_info_get(&address, c->talk->url->host, APR_UNSPEC,
                                                c->talk->url->port, 0, c->pool);
    int left = 0;

    for (const apr_sockaddr_t *each = address; each; each = each->next) {
        left++;
    }
    for (; address; address = address->next, left--) {
        status = address_connect(c, address, left);
        if (status == APR_SUCCESS) {
            return APR_SUCCESS;
        }
        if (c->socket) {
            apr_socket_close(c->socket);
        }
    }
    return status;
}

static apr_status_t request_send(conversation_t *c, const char *octets, apr_size_t len)
{
    apr_status_t status = APR_SUCCESS;

    for (apr_size_t sent = 0; sent < len && status == APR_SUCCESS;) {
        apr_size_t part = len - sent;

        status = time_limit(c->socket, c->talk->deadline, 1);
        if (status == APR_SUCCESS) {
            status = apr_socket_send(c->socket, octets + sent, &part);
            sent += part;
        }
    }
    return status;
}

static apr_status_t response_receive(conversation_t *c, cc_response_t *response)
{
    apr_size_t room = FIRST_ROOM, got = 0;
    char *buffer = apr_palloc(c->pool, room);
    apr_status_t status = APR_SUCCESS;
    cc_http_reply_t http = {0};

    while (status == APR_SUCCESS && response->len == 0 && !c->talk->error) {
        apr_size_t len = room - got;

        status = time_limit(c->socket, c->talk->deadline, 1);
        if (status == APR_SUCCESS) {
            status = apr_socket_recv(c->socket, buffer + got, &len);
        }
        if (status == APR_SUCCESS) {
            got += len;
            c->talk->error = cc_http_reply_read(response, &http, buffer, got, c->pool);
        }
        if (got == room && response->len == 0) {
            buffer = memcpy(apr_palloc(c->pool, 2 * room), buffer, got);
            room *= 2;
        }
    }
    return response->len > 0 ? APR_SUCCESS : status == APR_SUCCESS ? APR_EGENERAL : status;
}

/* ---- the conversation ------------------------------------------------------------------------ */

/* The check in HTTP/1.0, in which a connection serves once and a length is a length. */
static char *question_write(const conversation_t *c, apr_size_t *len)
{
    const cc_url_t *url = c->talk->url;
    int size = i2d_OCSP_REQUEST(c->request, NULL);
    const char *head = apr_psprintf(c->pool,
                                    "POST %s HTTP/1.0\r\n"
                                    "Host: %s\r\n"
                                    "Content-Type: application/ocsp-request\r\n"
                                    "Content-Length: %d\r\n\r\n",
                                    url->path, url->authority, size);
    apr_size_t head_len = strlen(head);
    char *octets = NULL;
    unsigned char *der = NULL;

    if (size <= 0) {
        return NULL;
    }
    octets = apr_palloc(c->pool, head_len + (apr_size_t)size);
    memcpy(octets, head, head_len);
    der = (unsigned char *)octets + head_len;
    i2d_OCSP_REQUEST(c->request, &der);
    *len = head_len + (apr_size_t)size;
    return octets;
}

static apr_status_t question_send(conversation_t *c)
{
    apr_size_t len = 0;
    const char *octets = question_write(c, &len);
    apr_status_t status = octets ? host_connect(c) : APR_ENOMEM;

    return status == APR_SUCCESS ? request_send(c, octets, len) : status;
}

static const char *status_text(apr_status_t status, apr_pool_t *p)
{
    char reason[120];

    if (APR_STATUS_IS_TIMEUP(status)) {
        return "no answer in time";
    }
    if (APR_STATUS_IS_EOF(status)) {
        return "it closed the connection before the end of its answer";
    }
    return apr_pstrdup(p, apr_strerror(status, reason, sizeof(reason)));
}

bool cc_http_exchange(cc_response_t *response, cc_http_exchange_t *talk,
                      const OCSP_REQUEST *request, apr_pool_t *p)
{
    conversation_t c = {talk, request, NULL, p};
    apr_status_t status = APR_SUCCESS;

    status = question_send(&c);
    if (status == APR_SUCCESS) {
        status = response_receive(&c, response);
    }
    if (c.socket) {
        apr_socket_close(c.socket);
    }
    if (status != APR_SUCCESS && !talk->error) {
        talk->error = status_text(status, p);
    }
    return status == APR_SUCCESS;
}
