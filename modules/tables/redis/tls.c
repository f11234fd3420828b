/* SPDX-License-Identifier: Apache-2.0 */
/* Connects to a Redis server over TLS, and verifies its certificate and name. */
#include <apr_portable.h>
#include <apr_strings.h>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "base/tcp.h"
#include "tables/redis/redis.h"

struct cc_redis_tls_t {
    SSL_CTX *context;
    const char *host;
    bool named; /* host is a name, not an address */
};

struct cc_redis_session_t {
    SSL *ssl;
    apr_socket_t *socket;
};

/* ---- at start -------------------------------------------------------------------------------- */

static apr_status_t context_free(void *context)
{
    SSL_CTX_free(context);
    return APR_SUCCESS;
}

/* The first error in OpenSSL's queue, which is empty afterwards. */
static const char *openssl_reason(apr_pool_t *p)
{
    unsigned long code = ERR_peek_error();
    const char *text = code ? ERR_reason_error_string(code) : NULL;

    if (code && ERR_SYSTEM_ERROR(code)) {
        char buffer[120];

        text = apr_pstrdup(p, apr_strerror(ERR_GET_REASON(code), buffer, sizeof(buffer)));
    }
    ERR_clear_error();
    return text ? text : "no reason given";
}

/* A key with a password would make OpenSSL ask the terminal for it. */
static int password_refuse(char *to, int size, int writing, void *unused)
{
    (void)to, (void)size, (void)writing, (void)unused;
    return -1;
}

static bool cas_load(SSL_CTX *context, const char *file)
{
    return file ? SSL_CTX_load_verify_file(context, file) == 1
                : SSL_CTX_set_default_verify_paths(context) == 1;
}

/* Reads the files one by one; returns the one at fault, or NULL. */
static const char *files_load(SSL_CTX *context, const cc_redis_tls_files_t *files)
{
    if (!cas_load(context, files->cafile)) {
        return files->cafile ? files->cafile : "the CAs of the system";
    }
    if (files->certfile && SSL_CTX_use_certificate_chain_file(context, files->certfile) != 1) {
        return files->certfile;
    }
    if (files->keyfile &&
        SSL_CTX_use_PrivateKey_file(context, files->keyfile, SSL_FILETYPE_PEM) != 1) {
        return files->keyfile;
    }
    return NULL;
}

/* The name of a certificate is compared whole: a wildcard stands for one label. */
static bool host_set(const cc_redis_tls_t *tls)
{
    X509_VERIFY_PARAM *param = SSL_CTX_get0_param(tls->context);

    X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    if (tls->named) {
        return X509_VERIFY_PARAM_set1_host(param, tls->host, 0) == 1;
    }
    return X509_VERIFY_PARAM_set1_ip_asc(param, tls->host) == 1;
}

static bool is_name(const char *host)
{
    ASN1_OCTET_STRING *address = a2i_IPADDRESS(host);

    ASN1_OCTET_STRING_free(address);
    ERR_clear_error();
    return !address;
}

apr_status_t cc_redis_tls_create(cc_redis_tls_t **tls, const cc_redis_tls_files_t *files,
                                 const char *host, const char **file, const char **reason,
                                 apr_pool_t *p)
{
    cc_redis_tls_t *made = apr_pcalloc(p, sizeof(*made));

    *file = NULL;
    ERR_clear_error();
    made->context = SSL_CTX_new(TLS_client_method());
    if (!made->context) {
        *reason = openssl_reason(p);
        return APR_EGENERAL;
    }
    apr_pool_cleanup_register(p, made->context, context_free, apr_pool_cleanup_null);
    made->host = host;
    made->named = is_name(host);
    SSL_CTX_set_min_proto_version(made->context, TLS1_2_VERSION);
    SSL_CTX_set_verify(made->context, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_default_passwd_cb(made->context, password_refuse);
    SSL_CTX_set_mode(made->context, SSL_MODE_ENABLE_PARTIAL_WRITE);
    /* A reply that is cut short is found by its length. */
    SSL_CTX_set_options(made->context, SSL_OP_IGNORE_UNEXPECTED_EOF);
    *file = files_load(made->context, files);
    if (*file || !host_set(made)) {
        *reason = openssl_reason(p);
        return APR_EGENERAL;
    }
    *tls = made;
    return APR_SUCCESS;
}

/* ---- connections ----------------------------------------------------------------------------- */

/* Nothing is sent: the process may be a child that frees a connection of its parent. */
static apr_status_t ssl_free(void *ssl)
{
    SSL_free(ssl);
    return APR_SUCCESS;
}

static SSL *ssl_make(const cc_redis_tls_t *tls, apr_socket_t *socket, apr_pool_t *p)
{
    SSL *ssl = SSL_new(tls->context);
    apr_os_sock_t fd = -1;

    if (!ssl) {
        return NULL;
    }
    apr_pool_cleanup_register(p, ssl, ssl_free, apr_pool_cleanup_null);
    if (apr_os_sock_get(&fd, socket) != APR_SUCCESS || SSL_set_fd(ssl, fd) != 1 ||
        (tls->named && SSL_set_tlsext_host_name(ssl, tls->host) != 1)) {
        return NULL;
    }
    return ssl;
}

/* Why TLS failed: the server's certificate, or anything else. */
static const char *tls_reason(const SSL *ssl, apr_pool_t *p)
{
    long verified = SSL_get_verify_result(ssl);
    const char *reason = openssl_reason(p);

    if (verified != X509_V_OK) {
        return apr_pstrcat(
            p, "its certificate does not verify: ", X509_verify_cert_error_string(verified), NULL);
    }
    return apr_pstrcat(p, "TLS failed: ", reason, NULL);
}

/*
 * Waits for what the last step needs. APR_SUCCESS: try it again. The socket does not block, since
 * it has a time limit from when it was connected.
 */
static apr_status_t step_wait(const cc_redis_session_t *session, int result, cc_redis_wait_t *wait)
{
    apr_status_t system = apr_get_netos_error();

    switch (SSL_get_error(session->ssl, result)) {
    case SSL_ERROR_WANT_READ:
        return cc_tcp_wait(session->socket, true, wait->deadline);
    case SSL_ERROR_WANT_WRITE:
        return cc_tcp_wait(session->socket, false, wait->deadline);
    case SSL_ERROR_ZERO_RETURN:
        return APR_EOF;
    case SSL_ERROR_SYSCALL:
        ERR_clear_error();
        return system ? system : APR_EOF;
    default:
        wait->reason = tls_reason(session->ssl, wait->pool);
        return APR_EGENERAL;
    }
}

apr_status_t cc_redis_tls_connect(cc_redis_session_t **session, apr_socket_t *socket,
                                  cc_redis_wait_t *wait, apr_pool_t *p)
{
    cc_redis_session_t *made = apr_pcalloc(p, sizeof(*made));
    apr_status_t status = APR_SUCCESS;
    int result = 0;

    ERR_clear_error();
    made->socket = socket;
    made->ssl = ssl_make(wait->server->tls, socket, p);
    if (!made->ssl) {
        wait->reason = openssl_reason(wait->pool);
        return APR_EGENERAL;
    }
    while (status == APR_SUCCESS && (result = SSL_connect(made->ssl)) != 1) {
        status = step_wait(made, result, wait);
    }
    *session = made;
    return status;
}

bool cc_redis_tls_has_input(const cc_redis_session_t *session)
{
    return SSL_has_pending(session->ssl) == 1;
}

apr_status_t cc_redis_tls_send(cc_redis_session_t *session, const char *octets, apr_size_t len,
                               cc_redis_wait_t *wait)
{
    apr_status_t status = APR_SUCCESS;

    ERR_clear_error();
    for (apr_size_t sent = 0; sent < len && status == APR_SUCCESS;) {
        size_t part = 0;
        int result = SSL_write_ex(session->ssl, octets + sent, len - sent, &part);

        sent += part;
        status = result == 1 ? APR_SUCCESS : step_wait(session, result, wait);
    }
    return status;
}

apr_status_t cc_redis_tls_receive(cc_redis_session_t *session, char *to, apr_size_t *len,
                                  cc_redis_wait_t *wait)
{
    apr_status_t status = apr_time_now() < wait->deadline ? APR_SUCCESS : APR_TIMEUP;
    size_t got = 0;
    int result = 0;

    ERR_clear_error();
    while (status == APR_SUCCESS && (result = SSL_read_ex(session->ssl, to, *len, &got)) != 1) {
        status = step_wait(session, result, wait);
    }
    *len = got;
    return status;
}
