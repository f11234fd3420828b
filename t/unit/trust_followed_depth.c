/* SPDX-License-Identifier: Apache-2.0 */
/* Tests depth= of ClientCertCA, beside a callback that has a limit of its own. */
#include <openssl/err.h>

#include "caset.h"
#include "suite.h"
#include "tls.h"

static caset_t set;
static pki_t one, below, who, near; /* `one` issues `below` and near, `below` issues who */
static host_t *at;
static int told; /* how often a refusal was reported */
static cc_fault_t fault;
static const char *text; /* of the last one */

static void setup(void)
{
    caset_begin(&set);
    one = pki_ca("One", NULL);
    below = pki_ca("Below", &one);
    who = pki_client("who", &below);
    near = pki_client("near", &one);
    CASET_PUT(&set, "one.pem", &one, &below);
}

static void teardown(void)
{
    pki_free(&one);
    pki_free(&below);
    pki_free(&who);
    pki_free(&near);
    caset_end(&set);
}

static void tell(const cc_refusal_t *refusal, void *baton)
{
    (void)baton;
    told++;
    fault = refusal->fault;
    text = cc_fault_text(&refusal->fault, refusal->leaf, refusal->cert, set.pool);
}

static int most;                                         /* SSLVerifyDepth */
static int leaves, authorities, too_long, told_too_long; /* what the callback has seen */

/* As mod_ssl's callback, with OCSP for the leaf. */
static int like_mod_ssl(int ok, X509_STORE_CTX *store_ctx)
{
    int depth = X509_STORE_CTX_get_error_depth(store_ctx);

    leaves += depth == 0;
    authorities += depth != 0 && X509_STORE_CTX_get_current_cert(store_ctx);
    told_too_long += !ok && X509_STORE_CTX_get_error(store_ctx) == X509_V_ERR_CERT_CHAIN_TOO_LONG;
    too_long += depth > most;
    return ok && depth <= most;
}

static void serve(int way, const char *line)
{
    leaves = authorities = too_long = told_too_long = 0;
    at = host_make((tls_way_t)way, &one, set.pool);
    SSL_CTX_set_verify(at->ctx, SSL_VERIFY_PEER, like_mod_ssl);
    caset_open(&set, line);
    host_follow(at, set.cas, set.pool);
    cc_trust_on_refusal(at->trust, tell, NULL);
}

/* The state is that of the verdict; CC_TRUST_NO_RECORD: the handshake failed. */
static cc_seal_t visit(const pki_t *client)
{
    tls_t tls = tls_open(at, client, NULL);
    cc_seal_t seal = {.state = CC_TRUST_NO_RECORD};

    told = 0;
    if (tls_handshake(&tls)) {
        seal = tls_unseal(&tls, at);
    }
    ERR_clear_error();
    tls_free(&tls);
    return seal;
}

static bool connects(const pki_t *client)
{
    return visit(client).state == CC_TRUST_OK;
}

TEST_LOOP(a_depth_that_is_larger_than_that_of_mod_ssl_counts, 0, TLS_WAYS)
{
    for (most = 0; most < 2; most++) {
        serve(_i, "one.pem depth=2");
        ck_assert(connects(&who));
        ck_assert_int_eq(leaves, 1);
        ck_assert_int_eq(authorities, 2);
        ck_assert_int_eq(too_long, 0);
    }
}

TEST_LOOP(a_depth_that_is_smaller_counts_and_its_message_names_it, 0, TLS_WAYS)
{
    most = 10;
    serve(_i, "one.pem depth=1");
    ck_assert(!connects(&who));
    ck_assert_int_eq(told, 1);
    ck_assert_int_eq(fault.cause, CC_CAUSE_TOO_LONG);
    ck_assert_str_eq(text, "the chain is longer than ClientCertCA allows here: it needs depth=2");
    ck_assert_int_eq(told_too_long, 1);
    ck_assert(connects(&near));
}

TEST_LOOP(without_a_depth_that_of_mod_ssl_counts, 0, TLS_WAYS)
{
    most = 1;
    serve(_i, "one.pem");
    ck_assert(!connects(&who));
    ck_assert_str_eq(text,
                     "the chain is longer than SSLVerifyDepth allows: it needs SSLVerifyDepth 2");
    most = 2;
    serve(_i, "one.pem");
    ck_assert(connects(&who));
}

TEST(a_chain_that_is_too_long_keeps_its_cause_in_a_session)
{
    cc_seal_t seal;

    most = 10;
    serve(TLS13_TICKET, "one.pem depth=1");
    cc_trust_tolerate(at->trust);
    seal = visit(&who);
    ck_assert_int_eq(seal.state, CC_TRUST_FAILED);
    ck_assert_str_eq(cc_seal_text(&seal, who.cert, set.pool),
                     "the chain is longer than ClientCertCA allows here: it needs depth=2");
}

TEST(a_verification_without_a_handshake_counts_alike)
{
    cc_seal_t seal;

    serve(TLS13_TICKET, "one.pem depth=1");
    cc_trust_reverify(&seal, at->trust, who.cert, NULL, apr_time_now());
    ck_assert_int_eq(seal.fault.cause, CC_CAUSE_TOO_LONG);
    serve(TLS13_TICKET, "one.pem depth=2");
    cc_trust_reverify(&seal, at->trust, who.cert, NULL, apr_time_now());
    ck_assert_int_eq(seal.state, CC_TRUST_OK);
    ck_assert_int_eq(seal.ca_count, 2);
    ck_assert(cc_trust_holds(at->trust, &seal));
    ck_assert_uint_eq(ERR_peek_error(), 0);
}

SUITE("TLS 1.2 and 1.3, tickets and cache", .setup = setup, .teardown = teardown);
