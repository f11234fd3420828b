/* SPDX-License-Identifier: Apache-2.0 */
/* Encrypts and authenticates session tickets. */
#include <apr_file_io.h>

#include <http_main.h>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include "httpd/conf/module.h"
#include "httpd/conf/view.h"
#include "httpd/peer/ticket_key.h"

/*
 * mod_ssl's own callback, for SSLSessionTicketKeyFile, encrypts tickets but does not authenticate
 * them: with OpenSSL 3, httpd 2.4 keeps the address of a local variable for the HMAC key
 * (ssl_init_ticket_key). So that key is whatever is on the stack, mostly zeros. A client that knows
 * the content of its ticket could change the certificate in it, and servers with the same file may
 * not resume each other's sessions. This callback replaces it. Its tickets are those of an httpd
 * without that mistake.
 *
 * The first virtual host of an address decides which callback is used, but the one that SNI chooses
 * has the key. So all of them have this callback. Those without a file share a random key of the
 * first one, as in OpenSSL without a callback. It must not be that of other addresses: a host that
 * is left alone may accept the sessions of another one with the same ServerName and port. mod_ssl
 * may also know a file that this module does not (modules that configure while they read their own
 * sections). Then the random key is used.
 *
 * The result of decryption is 1, or 2 if a new ticket should follow. In TLS 1.3, a client should
 * use a ticket only once (RFC 8446, C.4), so it gets a new one, as from OpenSSL without a callback.
 * The time of its session then starts again. With a key that lasts, the session would never end, so
 * cc_trust_may_resume limits its age. A host that does not use this module keeps mod_ssl's result
 * for a file.
 */

/* The file, in its order. */
struct cc_ticket_key_t {
    unsigned char name[16];
    unsigned char hmac[16];
    unsigned char aes[16];
};

_Static_assert(sizeof(cc_ticket_key_t) == 48, "the length of mod_ssl's file");

/* ---- the callback ------------------------------------------------------------------------ */

static bool hmac_init(EVP_MAC_CTX *mac, const cc_ticket_key_t *key)
{
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, (void *)key->hmac, sizeof(key->hmac)),
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *)"SHA256", 0),
        OSSL_PARAM_construct_end()};

    return EVP_MAC_CTX_set_params(mac, params) > 0;
}

static int encrypt(const cc_ticket_key_t *key, unsigned char *name, unsigned char *iv,
                   EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac)
{
    memcpy(name, key->name, sizeof(key->name));
    return RAND_bytes(iv, EVP_CIPHER_get_iv_length(EVP_aes_128_cbc())) > 0 &&
                   EVP_EncryptInit_ex(cipher, EVP_aes_128_cbc(), NULL, key->aes, iv) > 0 &&
                   hmac_init(mac, key)
               ? 1
               : -1;
}

/* 0: the ticket has another key, and the client makes a full handshake. */
static int decrypt(const cc_ticket_key_t *key, const unsigned char *name, const unsigned char *iv,
                   EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac)
{
    if (memcmp(name, key->name, sizeof(key->name)) != 0) {
        return 0;
    }
    return EVP_DecryptInit_ex(cipher, EVP_aes_128_cbc(), NULL, key->aes, iv) > 0 &&
                   hmac_init(mac, key)
               ? 1
               : -1;
}

static const cc_ticket_key_t *key_of(SSL *ssl, const cc_vhost_t *host)
{
    const conn_rec *c = SSL_get_app_data(ssl);
    const cc_vhost_t *first = cc_vhost_of(c->base_server); /* SNI does not change it */

    if (host->ticket_key) {
        return host->ticket_key;
    }
    return first && first->random_key ? first->random_key : host->random_key;
}

/* See SSL_CTX_set_tlsext_ticket_key_evp_cb(3). */
static int ticket_begin(SSL *ssl, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *cipher,
                        EVP_MAC_CTX *mac, int encrypts)
{
    const cc_vhost_t *host = cc_vhost_of_ssl(ssl);
    const cc_ticket_key_t *key = host ? key_of(ssl, host) : NULL;
    int result;

    if (!key) {
        return -1;
    }
    if (encrypts) {
        return encrypt(key, name, iv, cipher, mac);
    }
    result = decrypt(key, name, iv, cipher, mac);
    return result == 1 && host->ticket_renews && SSL_version(ssl) >= TLS1_3_VERSION ? 2 : result;
}

/* ---- at start ---------------------------------------------------------------------------- */

static const char *path_of(server_rec *s, apr_pool_t *p)
{
    const cc_conf_view_t *view = cc_conf_view_of(ap_server_conf, s);
    const char *path = view ? cc_conf_view_value(view, "SSLSessionTicketKeyFile", p) : NULL;

    return path ? ap_server_root_relative(p, path) : NULL;
}

static apr_status_t key_read(cc_ticket_key_t *key, const char *path, apr_pool_t *p)
{
    apr_file_t *file = NULL;
    apr_status_t rv = apr_file_open(&file, path, APR_READ | APR_BINARY, APR_OS_DEFAULT, p);

    if (rv == APR_SUCCESS) {
        rv = apr_file_read_full(file, key, sizeof(*key), NULL);
        apr_file_close(file);
    }
    return rv;
}

static apr_status_t key_invent(cc_ticket_key_t *key)
{
    return RAND_bytes((unsigned char *)key, sizeof(*key)) > 0 ? APR_SUCCESS : APR_EGENERAL;
}

apr_status_t cc_ticket_key_use(cc_vhost_t *host, server_rec *s, SSL_CTX *ctx, apr_pool_t *p)
{
    cc_ticket_key_t *keys = apr_palloc(p, 2 * sizeof(*keys));
    const char *path = path_of(s, p);
    apr_status_t rv = key_invent(&keys[0]);

    if (rv == APR_SUCCESS && path) {
        rv = key_read(&keys[1], path, p);
    }
    host->random_key = &keys[0];
    host->ticket_key = path ? &keys[1] : NULL;
    host->ticket_renews = host->guards_resumption || !path;
    SSL_CTX_set_tlsext_ticket_key_evp_cb(ctx, ticket_begin);
    if (rv != APR_SUCCESS) {
        ap_log_error(APLOG_MARK, APLOG_EMERG, rv, ap_server_conf,
                     "CC0140: session tickets cannot be protected with %s%s",
                     path ? "SSLSessionTicketKeyFile " : "a random key", path ? path : "");
    }
    return rv;
}
