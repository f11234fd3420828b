/* SPDX-License-Identifier: Apache-2.0 */
/* Knows how to talk to a responder (RFC 6960 A.1), within a time and a size. */
#include <string.h>

#include <apr_strings.h>

#include <openssl/err.h>
#include <openssl/http.h>

#include "cert/cert.h"
#include "trust/ocsp/internal.h"

#define HEAD_LARGEST (16 * 1024) /* what HTTP says before the response */
#define FIRST_ROOM 4096

/*
 * HTTP is OpenSSL's, the socket is not: OpenSSL (3.0) counts time in whole seconds and tries again
 * where a connection is refused until they are over, reads header lines without end, and forgets
 * between two reads that it has seen a Content-Type. So it writes the question to memory, and reads
 * from memory what has been received.
 */
typedef struct conversation_t {
    cc_talk_t *talk;
    const OCSP_REQUEST *request;
    apr_socket_t *socket;
    apr_pool_t *pool;
} conversation_t;

/* The words for what has gone wrong in OpenSSL; its data may be what the responder sent. */
static const char *http_wrong(apr_pool_t *p)
{
    const char *data = NULL;
    int flags = 0;
    unsigned long error = ERR_peek_last_error_data(&data, &flags);
    const char *reason = ERR_reason_error_string(error);

    data = data && (flags & ERR_TXT_STRING) ? data : "";
    return apr_psprintf(p, "%s%s%s", reason ? reason : "no answer in HTTP", *data ? ": " : "",
                        cc_text_escape(data, strlen(data), p));
}

/* A conversation in HTTP/1.0, without a proxy: 1 it has ended, 0 it failed, -1 more must come. */
static int http_step(const conversation_t *c, BIO *sent, BIO *received, cc_response_t *response)
{
    const cc_url_t *url = c->talk->url;
    BIO *body = ASN1_item_i2d_mem_bio(ASN1_ITEM_rptr(OCSP_REQUEST), (const ASN1_VALUE *)c->request);
    OSSL_HTTP_REQ_CTX *http =
        OSSL_HTTP_open(url->authority, NULL, NULL, NULL, 0, sent, received, NULL, NULL, 0, 0);
    int result = 0;

    if (http && body &&
        OSSL_HTTP_set1_request(http, url->path, NULL, "application/ocsp-request", body,
                               "application/ocsp-response", 1, CC_OCSP_LARGEST, 0, 0)) {
        result = OSSL_HTTP_REQ_CTX_nbio(http);
    }
    if (result == 1 && response) {
        char *der = NULL;

        BIO_get_mem_data(OSSL_HTTP_REQ_CTX_get0_mem_bio(http), &der);
        response->len = OSSL_HTTP_REQ_CTX_get_resp_len(http);
        response->der = apr_pmemdup(c->pool, der, response->len);
    }
    OSSL_HTTP_REQ_CTX_free(http);
    BIO_free(body);
    return result;
}

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

/* Looks at what has been received; sets talk->why where it can become no answer. */
static int received_read(conversation_t *c, const char *octets, apr_size_t len,
                         cc_response_t *response)
{
    BIO *sent = BIO_new(BIO_s_null());
    BIO *received = BIO_new_mem_buf(octets, (int)len);
    int result = 0;

    if (sent && received) {
        BIO_set_mem_eof_return(received, -1);
        result = http_step(c, sent, received, response);
    }
    if (result == 0) {
        c->talk->why = http_wrong(c->pool);
    }
    BIO_free(sent);
    BIO_free(received);
    return result;
}

static apr_status_t response_receive(conversation_t *c, cc_response_t *response)
{
    apr_size_t room = FIRST_ROOM, got = 0;
    char *buffer = apr_palloc(c->pool, room);
    apr_status_t status = APR_SUCCESS;
    int result = -1;

    while (status == APR_SUCCESS && result < 0) {
        apr_size_t len = room - got;

        status = time_limit(c->socket, c->talk->deadline, 1);
        if (status == APR_SUCCESS) {
            status = apr_socket_recv(c->socket, buffer + got, &len);
        }
        if (status == APR_SUCCESS) {
            got += len;
            result = received_read(c, buffer, got, response);
        }
        if (result < 0 && got > CC_OCSP_LARGEST + HEAD_LARGEST) {
            c->talk->why = "its answer is too large";
            return APR_EGENERAL;
        }
        if (got == room) {
            buffer = memcpy(apr_palloc(c->pool, 2 * room), buffer, got);
            room *= 2;
        }
    }
    return result == 1 ? APR_SUCCESS : status == APR_SUCCESS ? APR_EGENERAL : status;
}

/* ---- the conversation ------------------------------------------------------------------------ */

static apr_status_t question_send(conversation_t *c)
{
    BIO *sent = BIO_new(BIO_s_mem());
    BIO *received = BIO_new(BIO_s_mem());
    apr_status_t status = APR_ENOMEM;

    if (sent && received && http_step(c, sent, received, NULL) < 0) {
        char *octets = NULL;
        long len = BIO_get_mem_data(sent, &octets);

        status = host_connect(c);
        if (status == APR_SUCCESS) {
            status = request_send(c, octets, (apr_size_t)len);
        }
    }
    BIO_free(sent);
    BIO_free(received);
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

bool cc_talk_hold(cc_response_t *response, cc_talk_t *talk, const OCSP_REQUEST *request,
                  apr_pool_t *p)
{
    conversation_t c = {talk, request, NULL, p};
    apr_status_t status = APR_SUCCESS;

    ERR_set_mark();
    status = question_send(&c);
    if (status == APR_SUCCESS) {
        status = response_receive(&c, response);
    }
    if (c.socket) {
        apr_socket_close(c.socket);
    }
    if (status != APR_SUCCESS && !talk->why) {
        talk->why = status_text(status, p);
    }
    ERR_pop_to_mark();
    return status == APR_SUCCESS;
}
