/* SPDX-License-Identifier: Apache-2.0 */
/* Sends a request to a responder by HTTP (RFC 6960 A.1), within limits of time and size. */
#include <string.h>

#include <apr_strings.h>

#include "base/tcp.h"
#include "ocsp/internal.h"

/*
 * OpenSSL's own sockets are not used: they count time in whole seconds, and if a connection is
 * refused they retry until the time is over.
 */
#define FIRST_ROOM 4096 /* octets for a reply; most have 1 or 2 KiB */

/* The request in HTTP/1.0: one request for each connection, and no chunked encoding. */
static const char *request_write(apr_size_t *len, const cc_url_t *url, const OCSP_REQUEST *request,
                                 apr_pool_t *p)
{
    int size = i2d_OCSP_REQUEST(request, NULL);
    const char *head = apr_psprintf(p,
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
    octets = apr_palloc(p, head_len + (apr_size_t)size);
    memcpy(octets, head, head_len);
    der = (unsigned char *)octets + head_len;
    i2d_OCSP_REQUEST(request, &der);
    *len = head_len + (apr_size_t)size;
    return octets;
}

/* Receives until the response is complete, or cannot be valid (exchange->error). */
static apr_status_t response_receive(cc_response_t *response, cc_http_exchange_t *exchange,
                                     apr_socket_t *socket, apr_pool_t *p)
{
    apr_size_t room = FIRST_ROOM, got = 0;
    char *buffer = apr_palloc(p, room);
    cc_http_reply_t reply = {0};

    while (response->len == 0) {
        apr_size_t len = room - got;
        apr_status_t status = cc_tcp_receive(socket, buffer + got, &len, exchange->deadline);

        if (status != APR_SUCCESS) {
            return status;
        }
        got += len;
        exchange->error = cc_http_reply_read(response, &reply, buffer, got, p);
        if (exchange->error) {
            return APR_EGENERAL;
        }
        if (got == room && response->len == 0) {
            buffer = memcpy(apr_palloc(p, 2 * room), buffer, got);
            room *= 2;
        }
    }
    return APR_SUCCESS;
}

static apr_status_t exchange_run(cc_response_t *response, cc_http_exchange_t *exchange,
                                 const OCSP_REQUEST *request, apr_pool_t *p)
{
    const cc_url_t *url = exchange->url;
    apr_socket_t *socket = NULL;
    apr_size_t len = 0;
    const char *octets = request_write(&len, url, request, p);
    apr_status_t status = APR_ENOMEM;

    if (octets) {
        status = cc_tcp_connect(&socket, url->host, url->port, exchange->deadline, p);
    }
    if (status == APR_SUCCESS) {
        status = cc_tcp_send(socket, octets, len, exchange->deadline);
    }
    if (status == APR_SUCCESS) {
        status = response_receive(response, exchange, socket, p);
    }
    if (socket) {
        apr_socket_close(socket);
    }
    return status;
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

bool cc_http_exchange(cc_response_t *response, cc_http_exchange_t *exchange,
                      const OCSP_REQUEST *request, apr_pool_t *p)
{
    apr_status_t status = exchange_run(response, exchange, request, p);

    if (status != APR_SUCCESS && !exchange->error) {
        exchange->error = status_text(status, p);
    }
    return status == APR_SUCCESS;
}
