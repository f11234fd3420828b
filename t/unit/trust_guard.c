/* SPDX-License-Identifier: Apache-2.0 */
/* Tests that a guarded verdict counts only for exactly the octets that were sealed. */
#include <string.h>

#include "suite.h"
#include "tls.h"

static apr_pool_t *pool;
static pki_t ca, alice;
static host_t *at;
static cc_trust_t *unguarded; /* of the same context */

static cc_trust_t *trust_with(const char *secret)
{
    cc_trust_t *trust = NULL;
    cc_error_t err = {0};

    ck_assert_int_eq(cc_trust_create(&trust, at->ctx, pool, &err), APR_SUCCESS);
    if (secret)
        ck_assert_int_eq(cc_trust_guard(trust, secret, strlen(secret)), APR_SUCCESS);
    return trust;
}

static void setup(void)
{
    apr_pool_create(&pool, NULL);
    ca = pki_ca("CA", NULL);
    alice = pki_client("alice", &ca);
    at = host_make(TLS13_TICKET, &ca, pool);
    host_ready(at, pool);
    unguarded = trust_with(NULL);
}

static void teardown(void)
{
    pki_free(&ca);
    pki_free(&alice);
    apr_pool_destroy(pool);
}

/* Alice's session, as sealed in her handshake; the caller frees it. */
static SSL_SESSION *handshake(void)
{
    tls_t tls = tls_open(at, &alice, NULL);
    SSL_SESSION *session;

    ck_assert(tls_handshake(&tls));
    session = SSL_SESSION_dup(SSL_get0_session(tls.server));
    tls_free(&tls);
    return session;
}

static SSL_SESSION *handshake_guarded(void)
{
    ck_assert_int_eq(cc_trust_guard(at->trust, "secret", 6), APR_SUCCESS);
    return handshake();
}

static bool resumes(const cc_trust_t *trust, SSL_SESSION *session)
{
    return cc_trust_may_resume(trust, session, apr_time_now());
}

TEST(a_guarded_verdict_holds)
{
    SSL_SESSION *session = handshake_guarded();

    ck_assert(resumes(at->trust, session));
    ck_assert(resumes(trust_with("secret"), session)); /* of another server, or after a restart */
    SSL_SESSION_free(session);
}

TEST(one_that_was_sealed_otherwise_does_not)
{
    SSL_SESSION *guarded, *session = handshake();

    ck_assert(resumes(unguarded, session));
    ck_assert(!resumes(trust_with("secret"), session));
    guarded = handshake_guarded();
    ck_assert(!resumes(trust_with("Secret"), guarded));
    SSL_SESSION_free(guarded);
    SSL_SESSION_free(session);
}

TEST(no_octet_of_it_can_be_changed)
{
    SSL_SESSION *session = handshake_guarded();
    unsigned char record[256];
    size_t len = 0;
    void *data = NULL;

    SSL_SESSION_get0_ticket_appdata(session, &data, &len);
    ck_assert(len <= sizeof(record));
    memcpy(record, data, len);
    for (size_t i = 0; i < len; i++) {
        record[i] ^= 1;
        ck_assert(SSL_SESSION_set1_ticket_appdata(session, record, len));
        ck_assert(!resumes(at->trust, session));
        record[i] ^= 1;
    }
    ck_assert(SSL_SESSION_set1_ticket_appdata(session, record, len));
    ck_assert(resumes(at->trust, session));
    SSL_SESSION_free(session);
}

/* The session with another name in its certificate, of the same length. */
static SSL_SESSION *renamed(const SSL_SESSION *session, const char *name, const char *other)
{
    unsigned char *der = NULL;
    const unsigned char *at_der;
    int len = i2d_SSL_SESSION(session, &der), found = 0;
    SSL_SESSION *made;

    for (int i = 0; i + (int)strlen(name) <= len; i++) {
        if (memcmp(der + i, name, strlen(name)) == 0) {
            memcpy(der + i, other, strlen(other));
            found++;
        }
    }
    ck_assert_int_gt(found, 0);
    at_der = der;
    made = d2i_SSL_SESSION(NULL, &at_der, len);
    ck_assert_ptr_nonnull(made);
    OPENSSL_free(der);
    return made;
}

TEST(no_name_in_the_certificate_can_be_changed)
{
    SSL_SESSION *session = handshake_guarded();
    SSL_SESSION *forged = renamed(session, "alice", "admin");

    ck_assert(resumes(unguarded, forged)); /* which the guard prevents */
    ck_assert(!resumes(at->trust, forged));
    SSL_SESSION_free(forged);
    SSL_SESSION_free(session);
}

SUITE("guard", .setup = setup, .teardown = teardown);
