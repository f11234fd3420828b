/* SPDX-License-Identifier: Apache-2.0 */
/* Finds out whether a server accepts keys of a type, by handshakes in memory with such a key. */
/*
 * Whether a client can authenticate with a key depends on versions, groups, signature algorithms
 * and the level of security, in OpenSSL's own combination of them. So a server with these settings
 * and a client with a new key of the same type shake hands, once for each version. Neither verifies
 * a certificate: what is found out is whether the signature of the client is accepted.
 */
#include <apr_hash.h>
#include <apr_strings.h>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/objects.h>

#include "trust/trust.h"

struct cc_keys_t {
    const cc_negotiation_t *settings;
    apr_hash_t *known;   /* const char *: the type of a key -> cc_key_answer_t * */
    SSL_CTX *servers[2]; /* with a certificate of type EC, and RSA; NULL: not made so far */
    apr_pool_t *pool;
};

/* ---- the type of a key --------------------------------------------------------------------- */

/* "brainpoolP256r1", "RSA-PSS", "ED25519"; an OID if OpenSSL does not know the type. In `p`. */
static const char *type_of(const X509 *cert, apr_pool_t *p)
{
    EVP_PKEY *key = X509_get0_pubkey(cert);
    const ASN1_OBJECT *oid = NULL;
    char name[80] = "";

    if (key && EVP_PKEY_get_group_name(key, name, sizeof(name), NULL)) {
        return apr_pstrdup(p, name);
    }
    if (key && EVP_PKEY_get0_type_name(key)) {
        return apr_pstrdup(p, EVP_PKEY_get0_type_name(key));
    }
    X509_PUBKEY_get0_param((ASN1_OBJECT **)&oid, NULL, NULL, NULL, X509_get_X509_PUBKEY(cert));
    OBJ_obj2txt(name, sizeof(name), oid, 0);
    return apr_pstrdup(p, name);
}

/* ---- keys and certificates for the handshake ----------------------------------------------- */

#define RSA_BITS 2048
#define SERVER_RSA_BITS 3072 /* enough for @SECLEVEL=3 */

static bool is_rsa(const EVP_PKEY *key)
{
    return EVP_PKEY_is_a(key, "RSA") || EVP_PKEY_is_a(key, "RSA-PSS");
}

/* The size of an RSA key makes no difference, and those of other types are in their parameters. */
static EVP_PKEY *key_like(EVP_PKEY *model)
{
    EVP_PKEY_CTX *ctx = is_rsa(model)
                            ? EVP_PKEY_CTX_new_from_name(NULL, EVP_PKEY_get0_type_name(model), NULL)
                            : EVP_PKEY_CTX_new_from_pkey(NULL, model, NULL);
    EVP_PKEY *key = NULL;

    if (ctx && EVP_PKEY_keygen_init(ctx) > 0 &&
        (!is_rsa(model) || EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, RSA_BITS) > 0)) {
        EVP_PKEY_generate(ctx, &key);
    }
    EVP_PKEY_CTX_free(ctx);
    return key;
}

/* The digest to sign with; NULL: the algorithm has its own. */
static const EVP_MD *digest_of(EVP_PKEY *key)
{
    char name[40];

    if (EVP_PKEY_get_default_digest_name(key, name, sizeof(name)) <= 0 || !strcmp(name, "UNDEF")) {
        return NULL;
    }
    return EVP_get_digestbyname(name);
}

static X509 *self_signed(EVP_PKEY *key)
{
    X509 *cert = X509_new();

    if (cert && X509_set_version(cert, X509_VERSION_3) && X509_set_pubkey(cert, key) &&
        X509_gmtime_adj(X509_getm_notBefore(cert), -60) &&
        X509_gmtime_adj(X509_getm_notAfter(cert), 3600) &&
        ASN1_INTEGER_set(X509_get_serialNumber(cert), 1) &&
        X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN", MBSTRING_ASC,
                                   (const unsigned char *)"key", -1, -1, 0) &&
        X509_set_issuer_name(cert, X509_get_subject_name(cert)) &&
        X509_sign(cert, key, digest_of(key)) > 0) {
        return cert;
    }
    X509_free(cert);
    return NULL;
}

/* ---- contexts ------------------------------------------------------------------------------ */

static int accept_any(X509_STORE_CTX *store_ctx, void *baton)
{
    (void)baton;
    X509_STORE_CTX_set_error(store_ctx, X509_V_OK);
    return 1;
}

/* As mod_ssl does, in its order. False: OpenSSL refuses a setting. */
static bool settings_apply(SSL_CTX *ctx, const cc_negotiation_t *settings)
{
    SSL_CONF_CTX *conf = SSL_CONF_CTX_new();
    bool done = conf && SSL_CTX_set_min_proto_version(ctx, settings->lowest) &&
                SSL_CTX_set_max_proto_version(ctx, settings->highest) &&
                (!settings->ciphers || SSL_CTX_set_cipher_list(ctx, settings->ciphers)) &&
                (!settings->suites || SSL_CTX_set_ciphersuites(ctx, settings->suites));

    SSL_CONF_CTX_set_flags(conf, SSL_CONF_FLAG_FILE | SSL_CONF_FLAG_SERVER);
    SSL_CONF_CTX_set_ssl_ctx(conf, ctx);
    for (int i = 0; done && i < settings->commands->nelts; i++) {
        const cc_conf_command_t *command = &APR_ARRAY_IDX(settings->commands, i, cc_conf_command_t);

        done = SSL_CONF_cmd(conf, command->name, command->value) > 0;
    }
    done = done && SSL_CONF_CTX_finish(conf) > 0;
    SSL_CONF_CTX_free(conf);
    return done;
}

static bool identity_use(SSL_CTX *ctx, EVP_PKEY *key, X509 *cert)
{
    return SSL_CTX_use_certificate(ctx, cert) > 0 && SSL_CTX_use_PrivateKey(ctx, key) > 0;
}

/* A server of this type of certificate: the settings may exclude either type. */
static SSL_CTX *server_make(const cc_negotiation_t *settings, bool rsa)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    EVP_PKEY *key = rsa ? EVP_RSA_gen(SERVER_RSA_BITS) : EVP_EC_gen("P-384");
    X509 *cert = key ? self_signed(key) : NULL;

    if (!ctx || !cert || !settings_apply(ctx, settings) || !identity_use(ctx, key, cert)) {
        SSL_CTX_free(ctx);
        ctx = NULL;
    } else {
        SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
        SSL_CTX_set_cert_verify_callback(ctx, accept_any, NULL);
        SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    }
    X509_free(cert);
    EVP_PKEY_free(key);
    return ctx;
}

/* A client that has every algorithm of OpenSSL. NULL: TLS has no use for such a key. */
static SSL_CTX *client_make(EVP_PKEY *key, X509 *cert)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());

    if (ctx) {
        SSL_CTX_set_security_level(ctx, 0);
        SSL_CTX_set_cipher_list(ctx, "ALL:@SECLEVEL=0");
    }
    if (!ctx || !identity_use(ctx, key, cert)) {
        SSL_CTX_free(ctx);
        return NULL;
    }
    return ctx;
}

/* ---- a handshake --------------------------------------------------------------------------- */

#define ROUNDS_MAX 20 /* a handshake has up to four */

/* -1: it has failed; 0: it waits for the other side; 1: it has finished. */
static int advance(SSL *ssl)
{
    int done = SSL_do_handshake(ssl);
    int error = SSL_get_error(ssl, done);

    if (done == 1) {
        return 1;
    }
    return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE ? 0 : -1;
}

static bool shake(SSL *server, SSL *client)
{
    int served = 0, asked = 0;

    for (int i = 0; i < ROUNDS_MAX && served >= 0 && asked >= 0; i++) {
        asked = advance(client);
        served = asked >= 0 ? advance(server) : -1;
        if (served == 1 && asked == 1) {
            return true;
        }
    }
    return false;
}

static bool handshake_succeeds(SSL_CTX *server_ctx, SSL_CTX *client_ctx, int version)
{
    SSL *server = SSL_new(server_ctx), *client = SSL_new(client_ctx);
    BIO *inside = NULL, *outside = NULL;
    bool done = false;

    if (server && client && BIO_new_bio_pair(&inside, 0, &outside, 0)) {
        SSL_set_bio(server, inside, inside);
        SSL_set_bio(client, outside, outside);
        SSL_set_accept_state(server);
        SSL_set_connect_state(client);
        done = SSL_set_min_proto_version(client, version) &&
               SSL_set_max_proto_version(client, version) && shake(server, client);
    }
    SSL_free(server);
    SSL_free(client);
    return done;
}

/* ---- the answer ---------------------------------------------------------------------------- */

static apr_status_t free_servers(void *data)
{
    cc_keys_t *keys = data;

    SSL_CTX_free(keys->servers[0]);
    SSL_CTX_free(keys->servers[1]);
    return APR_SUCCESS;
}

static SSL_CTX *server_of(cc_keys_t *keys, bool rsa)
{
    if (!keys->servers[rsa]) {
        keys->servers[rsa] = server_make(keys->settings, rsa);
    }
    return keys->servers[rsa];
}

static void versions_try(cc_key_answer_t *answer, cc_keys_t *keys, SSL_CTX *client, bool rsa)
{
    SSL_CTX *server = server_of(keys, rsa);

    if (server) {
        answer->known = true;
        answer->tls12 = answer->tls12 || handshake_succeeds(server, client, TLS1_2_VERSION);
        answer->tls13 = answer->tls13 || handshake_succeeds(server, client, TLS1_3_VERSION);
    }
}

static bool all_found(const cc_key_answer_t *answer, const cc_negotiation_t *settings)
{
    return (answer->tls12 || settings->lowest > TLS1_2_VERSION) &&
           (answer->tls13 || settings->highest < TLS1_3_VERSION);
}

static void handshakes_try(cc_key_answer_t *answer, cc_keys_t *keys, EVP_PKEY *key, X509 *cert)
{
    SSL_CTX *client = client_make(key, cert);

    answer->known = !client;
    if (client) {
        versions_try(answer, keys, client, false);
    }
    if (client && !all_found(answer, keys->settings)) {
        versions_try(answer, keys, client, true);
    }
    SSL_CTX_free(client);
}

/* A key that OpenSSL cannot read cannot authenticate. */
static void answer_find(cc_key_answer_t *answer, cc_keys_t *keys, EVP_PKEY *model)
{
    EVP_PKEY *key = model ? key_like(model) : NULL;
    X509 *cert = key ? self_signed(key) : NULL;

    answer->known = !model;
    if (cert) {
        handshakes_try(answer, keys, key, cert);
    }
    X509_free(cert);
    EVP_PKEY_free(key);
}

cc_keys_t *cc_keys_make(const cc_negotiation_t *settings, apr_pool_t *p)
{
    cc_keys_t *keys = apr_palloc(p, sizeof(*keys));

    *keys = (cc_keys_t){settings, apr_hash_make(p), {NULL, NULL}, p};
    apr_pool_cleanup_register(p, keys, free_servers, apr_pool_cleanup_null);
    return keys;
}

const cc_key_answer_t *cc_key_answer(cc_keys_t *keys, const X509 *cert)
{
    const char *type = type_of(cert, keys->pool);
    cc_key_answer_t *answer = apr_hash_get(keys->known, type, APR_HASH_KEY_STRING);

    if (!answer) {
        answer = apr_pcalloc(keys->pool, sizeof(*answer));
        answer->type = type;
        apr_hash_set(keys->known, type, APR_HASH_KEY_STRING, answer);
        ERR_set_mark();
        if (keys->settings->highest >= TLS1_2_VERSION) {
            answer_find(answer, keys, X509_get0_pubkey(cert));
        }
        ERR_pop_to_mark();
    }
    return answer;
}
