/* SPDX-License-Identifier: Apache-2.0 */
/* Makes OCSP responses for the unit tests, and serves them by a responder on loopback. */
#include "ocspkit.h"

#include <stdlib.h>
#include <string.h>

#include <apr_signal.h>
#include <apr_strings.h>
#include <apr_support.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

pki_extensions_t ocsp_is_delegate = {
    "basicConstraints", "critical,CA:FALSE", "keyUsage", "digitalSignature",
    "extendedKeyUsage", "OCSPSigning",       NULL};

static void must(int done)
{
    if (!done) {
        abort();
    }
}

/* ---- responses ------------------------------------------------------------------------------- */

reply_t ocsp_good(const pki_t *leaf, const pki_t *issuer)
{
    reply_t reply = {.signer = issuer,
                     .about = leaf->cert,
                     .issuer = issuer->cert,
                     .status = V_OCSP_CERTSTATUS_GOOD,
                     .reason = OCSP_REVOKED_STATUS_NOSTATUS,
                     .this_update = -60,
                     .next_update = 3600};

    return reply;
}

static void say(OCSP_BASICRESP *basic, const reply_t *reply, const X509 *about)
{
    OCSP_CERTID *id = OCSP_cert_to_id(EVP_sha1(), about, reply->issuer);
    ASN1_TIME *from = X509_gmtime_adj(NULL, reply->this_update);
    ASN1_TIME *until = reply->next_update ? X509_gmtime_adj(NULL, reply->next_update) : NULL;
    ASN1_TIME *revoked = X509_gmtime_adj(NULL, -7200);
    OCSP_SINGLERESP *single =
        OCSP_basic_add1_status(basic, id, reply->status, reply->reason, revoked, from, until);

    must(single != NULL);
    if (reply->critical) {
        must(OCSP_SINGLERESP_add1_ext_i2d(single, NID_invalidity_date, from, 1, 0));
    }
    OCSP_CERTID_free(id);
    ASN1_TIME_free(from);
    ASN1_TIME_free(until);
    ASN1_TIME_free(revoked);
}

static void sign(OCSP_BASICRESP *basic, const reply_t *reply)
{
    const EVP_MD *digest = reply->digest ? reply->digest : EVP_sha256();
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    EVP_PKEY_CTX *of_key = NULL;

    must(ctx && EVP_DigestSignInit(ctx, &of_key, digest, NULL, reply->signer->key) > 0);
    must(!reply->pss || EVP_PKEY_CTX_set_rsa_padding(of_key, RSA_PKCS1_PSS_PADDING) > 0);
    must(
        OCSP_basic_sign_ctx(basic, reply->signer->cert, ctx, NULL, reply->bare ? OCSP_NOCERTS : 0));
    EVP_MD_CTX_free(ctx);
}

static OCSP_BASICRESP *basic_make(const reply_t *reply, OCSP_REQUEST *request)
{
    OCSP_BASICRESP *basic = OCSP_BASICRESP_new();

    if (reply->also) {
        say(basic, reply, reply->also);
    }
    say(basic, reply, reply->about);
    if (reply->twice) {
        say(basic, reply, reply->about);
    }
    if (reply->wrong_nonce) {
        must(OCSP_basic_add1_nonce(basic, NULL, 32));
    } else if (request && !reply->no_nonce) {
        must(OCSP_copy_nonce(basic, request));
    }
    sign(basic, reply);
    return basic;
}

unsigned char *ocsp_reply(const reply_t *reply, OCSP_REQUEST *request, int *len)
{
    OCSP_BASICRESP *basic = reply->error ? NULL : basic_make(reply, request);
    OCSP_RESPONSE *response = OCSP_response_create(reply->error, basic);
    unsigned char *der = NULL;

    *len = i2d_OCSP_RESPONSE(response, &der);
    must(*len > 0);
    OCSP_RESPONSE_free(response);
    OCSP_BASICRESP_free(basic);
    return der;
}

bool ocsp_lists_one(void *state, X509 *cert, X509 *issuer, apr_time_t now)
{
    const pki_t *one = state;

    (void)issuer;
    return now > 0 && one->cert && X509_cmp(one->cert, cert) == 0;
}

cc_ocsp_answer_t ocsp_read(const cc_ocsp_subject_t *of, cc_response_t *response,
                           OCSP_REQUEST *request, apr_pool_t *p)
{
    static const cc_ocsp_line_t usual = {.signers = NULL};
    cc_ocsp_check_t question = {
        .of = *of, .line = &usual, .now = apr_time_now(), .request = request};
    cc_ocsp_answer_t answer = {0};

    cc_answer_read(&answer, &question, response, p);
    must((answer.status == CC_OCSP_FAILED) == (answer.error != NULL));
    must(ERR_peek_error() == 0);
    return answer;
}

cc_ocsp_answer_t ocsp_read_reply(const cc_ocsp_subject_t *of, const reply_t *reply, bool nonce,
                                 apr_pool_t *p)
{
    OCSP_REQUEST *request = cc_ocsp_request_make(of, nonce);
    int len = 0;
    unsigned char *der = ocsp_reply(reply, request, &len);
    cc_response_t response = {der, (apr_size_t)len, false};
    cc_ocsp_answer_t answer = ocsp_read(of, &response, request, p);

    OPENSSL_free(der);
    OCSP_REQUEST_free(request);
    return answer;
}

/* ---- a responder ----------------------------------------------------------------------------- */

#define OK_TYPE "HTTP/1.0 200 OK\r\nContent-Type: application/ocsp-response\r\n"

static bool send_all(apr_socket_t *socket, const void *octets, apr_size_t len)
{
    const char *at = octets;

    while (len > 0) {
        apr_size_t part = len;

        if (apr_socket_send(socket, at, &part) != APR_SUCCESS) {
            return false;
        }
        at += part;
        len -= part;
    }
    return true;
}

static bool send_text(apr_socket_t *socket, const char *text)
{
    return send_all(socket, text, strlen(text));
}

/* Reads a request in HTTP; NULL if there was none. */
static OCSP_REQUEST *request_read(responder_t *responder, apr_socket_t *socket)
{
    static const char marker[] = "\r\n\r\n";
    char buffer[4096] = "";
    apr_size_t got = 0;
    OCSP_REQUEST *request = NULL;

    while (!request && got < sizeof(buffer) - 1) {
        apr_size_t len = sizeof(buffer) - 1 - got;
        const char *body = NULL;

        if (apr_socket_recv(socket, buffer + got, &len) != APR_SUCCESS) {
            return NULL;
        }
        got += len;
        body = strstr(buffer, marker);
        if (body) {
            const unsigned char *der = (const unsigned char *)body + 4;

            request = d2i_OCSP_REQUEST(NULL, &der, (long)(buffer + got - body - 4));
            apr_cpystrn(responder->head, buffer, (apr_size_t)(body - buffer) + 1);
        }
    }
    return request;
}

static void serve_reply(responder_t *responder, apr_socket_t *socket, OCSP_REQUEST *request,
                        const char *head)
{
    int len = 0;
    unsigned char *der = ocsp_reply(&responder->reply, request, &len);
    char length[64];

    apr_snprintf(length, sizeof(length), "Content-Length: %d\r\n\r\n", len);
    (void)(send_text(socket, head) && send_text(socket, length) &&
           send_all(socket, der, (apr_size_t)len));
    OPENSSL_free(der);
}

/* Sends each octet separately, so that a reader gets the header in many parts. */
static void serve_pieces(responder_t *responder, apr_socket_t *socket, OCSP_REQUEST *request,
                         apr_interval_time_t pause)
{
    static const char head[] = OK_TYPE "\r\n";
    int len = 0;
    unsigned char *der = ocsp_reply(&responder->reply, request, &len);

    for (const char *c = head; *c && !responder->ends && send_all(socket, c, 1); c++) {
        apr_sleep(pause);
    }
    send_all(socket, der, (apr_size_t)len);
    OPENSSL_free(der);
}

static void serve_much(apr_socket_t *socket, const char *head, const char *line)
{
    char block[8192];

    for (size_t i = 0; i < sizeof(block); i++) {
        block[i] = line[i % strlen(line)];
    }
    send_text(socket, head);
    for (int i = 0; i < 1280 && send_all(socket, block, sizeof(block)); i++) {
        continue;
    }
}

static void serve_redirect(responder_t *responder, apr_socket_t *socket)
{
    char head[200];

    apr_snprintf(head, sizeof(head), "HTTP/1.0 302 Found\r\nLocation: %s/elsewhere\r\n\r\n",
                 responder->url);
    send_text(socket, head);
}

static void wait_for_end(responder_t *responder, apr_socket_t *socket)
{
    char c;
    apr_size_t len = 1;

    apr_socket_timeout_set(socket, apr_time_from_msec(20));
    while (!responder->ends && APR_STATUS_IS_TIMEUP(apr_socket_recv(socket, &c, &len))) {
        len = 1;
    }
}

static void serve_request(responder_t *responder, apr_socket_t *socket, OCSP_REQUEST *request)
{
    behaviour_t behaviour = responder->behaviour;

    switch (behaviour) {
    case ANSWERS_SLOWLY:
        apr_sleep(apr_time_from_msec(500));
        serve_reply(responder, socket, request, OK_TYPE);
        break;
    case ANSWERS_IN_PIECES:
        serve_pieces(responder, socket, request, 2000);
        break;
    case ANSWERS_AND_STAYS:
        serve_reply(responder, socket, request, OK_TYPE);
        wait_for_end(responder, socket);
        break;
    case SAYS_GARBAGE:
        send_text(socket, OK_TYPE "\r\nthis is no DER");
        break;
    case SAYS_NO_HTTP:
        send_text(socket, "220 smtp.example.com ESMTP\033[31m\r\n\r\n");
        break;
    case SAYS_TOO_MUCH:
        serve_much(socket, OK_TYPE "\r\n\x30\x83\x9f\xff\xfc", "x");
        break;
    case SAYS_HEADERS:
        serve_much(socket, OK_TYPE, "X: y\r\n");
        break;
    case SAYS_MORE:
        send_text(socket, OK_TYPE "\r\n\x30\x82\x01\x01 and no more");
        break;
    case DRIPS:
        serve_pieces(responder, socket, request, apr_time_from_msec(50));
        break;
    case REDIRECTS:
        serve_redirect(responder, socket);
        break;
    case FAILS:
        serve_reply(responder, socket, request,
                    "HTTP/1.0 500 No\r\nContent-Type: application/ocsp-response\r\n");
        break;
    case NAMES_NO_TYPE:
        serve_reply(responder, socket, request, "HTTP/1.0 200 OK\r\n");
        break;
    case NAMES_ANOTHER_TYPE:
        serve_reply(responder, socket, request, "HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n");
        break;
    case SAYS_NOTHING:
        break;
    case HANGS:
        wait_for_end(responder, socket);
        break;
    default:
        serve_reply(responder, socket, request, OK_TYPE);
    }
}

static void serve(responder_t *responder, apr_socket_t *socket)
{
    OCSP_REQUEST *request = NULL;

    apr_socket_timeout_set(socket, apr_time_from_sec(5));
    request = request_read(responder, socket);
    responder->asked++;
    if (request && strncmp(responder->head, "POST /ocsp?a=b ", 15) != 0) {
        responder->elsewhere++;
    }
    if (request) {
        serve_request(responder, socket, request);
    }
    OCSP_REQUEST_free(request);
    apr_socket_close(socket);
}

static void *APR_THREAD_FUNC responder_run(apr_thread_t *thread, void *data)
{
    responder_t *responder = data;

    while (!responder->ends) {
        apr_socket_t *socket = NULL;
        apr_pool_t *pool = NULL;

        apr_pool_create_unmanaged_ex(&pool, NULL, NULL);
        if (apr_wait_for_io_or_timeout(NULL, responder->socket, 1) == APR_SUCCESS &&
            apr_socket_accept(&socket, responder->socket, pool) == APR_SUCCESS) {
            serve(responder, socket);
        }
        apr_pool_destroy(pool);
    }
    (void)thread; /* apr_thread_exit would leave AddressSanitizer with marks on its stack */
    return NULL;
}

static apr_socket_t *listen_anywhere(apr_port_t *port, apr_pool_t *p)
{
    apr_sockaddr_t *address = NULL;
    apr_socket_t *socket = NULL;

    must(apr_sockaddr_info_get(&address, "127.0.0.1", APR_INET, 0, 0, p) == APR_SUCCESS);
    must(apr_socket_create(&socket, APR_INET, SOCK_STREAM, APR_PROTO_TCP, p) == APR_SUCCESS);
    must(apr_socket_bind(socket, address) == APR_SUCCESS);
    must(apr_socket_listen(socket, 64) == APR_SUCCESS);
    must(apr_socket_addr_get(&address, APR_LOCAL, socket) == APR_SUCCESS);
    *port = address->port;
    return socket;
}

responder_t *responder_start(behaviour_t behaviour, const reply_t *reply, apr_pool_t *p)
{
    responder_t *responder = apr_pcalloc(p, sizeof(*responder));

    apr_signal(SIGPIPE, SIG_IGN); /* as httpd does */
    responder->behaviour = behaviour;
    if (reply) {
        responder->reply = *reply;
    }
    responder->socket = listen_anywhere(&responder->port, p);
    apr_socket_timeout_set(responder->socket, apr_time_from_msec(50));
    responder->url = apr_psprintf(p, "http://127.0.0.1:%d/ocsp?a=b", responder->port);
    must(apr_thread_create(&responder->thread, NULL, responder_run, responder, p) == APR_SUCCESS);
    return responder;
}

void responder_stop(responder_t *responder)
{
    apr_status_t status = APR_SUCCESS;

    responder->ends = true;
    apr_thread_join(&status, responder->thread);
    apr_socket_close(responder->socket);
}

const char *responder_nobody(apr_pool_t *p)
{
    apr_port_t port = 0;

    apr_socket_close(listen_anywhere(&port, p));
    return apr_psprintf(p, "http://127.0.0.1:%d/", port);
}
