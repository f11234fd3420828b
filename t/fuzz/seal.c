/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes the record in a session: the octets that decide give an identity only as sealed. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <apr_general.h>

#include "tls.h"
#include "trust/path.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/*
 * The record: magic, verdict, trust id and leaf decide. The time of the handshake, the end of the
 * chain, the CA, a fault (3), the CAs of a set (3) and the length of the path follow. Then come the
 * marks of the CAs of the set, none here, and the CAs above the issuer, one here. The seeds have
 * this length too.
 */
#define DECIDES (4 + 1 + 16 + 16)
#define AT DECIDES
#define UNTIL (AT + 8)
#define SEALED_LEN (UNTIL + 8 + 1 + 32 + 32 + 3 + 3 + 1 + sizeof(cc_seal_ca_t))

/* A session is not resumed after this time. */
#define AGE apr_time_from_sec(300)

static apr_pool_t *pool;
static host_t *host;
static pki_t client;
static SSL_SESSION *session;
static unsigned char *sealed; /* the record of a real handshake: the seed of all inputs */
static size_t sealed_len;

static void must(int done)
{
    if (!done) {
        abort();
    }
}

static void teardown(void)
{
    OPENSSL_free(sealed);
    SSL_SESSION_free(session);
    pki_free(&client);
    apr_pool_destroy(pool);
    apr_terminate();
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    pki_t root = pki_ca("Root", NULL), ca = pki_ca("CA", &root);
    tls_t tls;
    void *data;

    (void)argc, (void)argv;
    must(apr_initialize() == APR_SUCCESS && apr_pool_create(&pool, NULL) == APR_SUCCESS);
    client = pki_client("client", &ca);
    host = host_make(TLS13_TICKET, &root, pool);
    host_ready(host, pool);
    cc_trust_keep_path(host->trust, CC_PATH_DIGESTS);
    tls = tls_open(host, &client, NULL);
    must(SSL_add1_chain_cert(tls.client, ca.cert) == 1);
    must(tls_handshake(&tls) && tls_unseal(&tls, host).state == CC_TRUST_OK);
    session = SSL_get1_session(tls.server);
    SSL_SESSION_get0_ticket_appdata(session, &data, &sealed_len);
    must(sealed_len == SEALED_LEN);
    sealed = OPENSSL_memdup(data, sealed_len);
    tls_free(&tls);
    pki_free(&ca);
    pki_free(&root);
    atexit(teardown);
    return 0;
}

/* A time in the octets, in seconds; stored as big-endian microseconds. */
static apr_int64_t time_in(const unsigned char *octets, size_t len, size_t offset)
{
    apr_uint64_t time = 0;

    for (size_t i = 0; i < 8 && offset + 8 <= len; i++) {
        time = time << 8 | octets[offset + i];
    }
    return (apr_int64_t)time / APR_USEC_PER_SEC;
}

/* A session ends some time after its handshake, and with its chain, whose last second counts. */
static bool is_current(const unsigned char *octets, size_t len, apr_time_t now)
{
    return time_in(octets, len, AT) + apr_time_sec(AGE) >= apr_time_sec(now) &&
           time_in(octets, len, UNTIL) >= apr_time_sec(now);
}

/* Facts are made of any good record: those of a path, or of the issuer alone, or none. */
static void facts_check(const cc_seal_t *seal)
{
    cc_facts_t facts = {0};
    apr_pool_t *p;

    must(apr_pool_create(&p, pool) == APR_SUCCESS);
    cc_trust_facts(&facts, host->trust, seal, client.cert, NULL, p);
    must((facts.ca_sha256 != NULL) == seal->ca_known && (facts.path != NULL) == seal->ca_known);
    must(seal->ca_known || seal->path_count == 0);
    must(!facts.path || facts.path->whole == (seal->path_count > 0));
    must(!facts.path || facts.path->count <= CC_SEAL_PATH_MAX);
    apr_pool_destroy(p);
}

static void check(const unsigned char *octets, size_t len)
{
    bool decides = len >= DECIDES && memcmp(octets, sealed, DECIDES) == 0;
    bool same = len == sealed_len && memcmp(octets, sealed, len) == 0;
    apr_time_t now = apr_time_now();
    cc_seal_t seal;
    bool resumed;

    must(SSL_SESSION_set1_ticket_appdata(session, len ? octets : NULL, len));
    cc_trust_unseal(&seal, host->trust, session, client.cert);
    resumed = cc_trust_may_resume(host->trust, session, AGE, now);
    must(seal.state != CC_TRUST_OK || decides);
    must(seal.state == CC_TRUST_OK || !same);
    if (seal.state == CC_TRUST_OK) {
        facts_check(&seal);
    }
    /* The host needs a path. */
    must(resumed == (seal.state == CC_TRUST_OK && is_current(octets, len, now) &&
                     (!seal.ca_known || seal.path_count > 0)));
}

/* Tests the input itself, and as a difference to the sealed record (so seeds are mostly zeros). */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    unsigned char *changed = malloc(size + 1);

    must(changed != NULL);
    for (size_t i = 0; i < size; i++) {
        changed[i] = data[i] ^ (i < sealed_len ? sealed[i] : 0);
    }
    check(data, size);
    check(changed, size);
    free(changed);
    return 0;
}
