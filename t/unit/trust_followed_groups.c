/* SPDX-License-Identifier: Apache-2.0 */
/* Tests which CAs of a set vouch for a certificate: SPIFFE trust domains, intermediate CAs. */
#include <string.h>

#include <apr_strings.h>

#include <openssl/err.h>

#include "caset.h"
#include "suite.h"
#include "tls.h"

#define SVID(uri)                                                                                  \
    {                                                                                              \
        "basicConstraints", "critical,CA:FALSE", "keyUsage", "critical,digitalSignature",          \
            "subjectAltName", "URI:" uri, NULL                                                     \
    }

static pki_extensions_t of_a = SVID("spiffe://a.test/alice");
static pki_extensions_t of_b = SVID("spiffe://b.test/bob");
static pki_extensions_t bad_id = SVID("spiffe://a.test/alice/");

static caset_t set;
static pki_t store, one, two, below; /* `below` is issued by `one` */
static host_t *at;
static int told; /* how often a refusal was reported */
static cc_fault_t fault;
static const char *text; /* of the last one */

static void setup(void)
{
    caset_begin(&set);
    store = pki_ca("Store", NULL);
    one = pki_ca("One", NULL);
    two = pki_ca("Two", NULL);
    below = pki_ca("Below", &one);
    CASET_PUT(&set, "one.pem", &one);
    CASET_PUT(&set, "two.pem", &two);
    CASET_PUT(&set, "below.pem", &below);
    told = 0;
}

static void teardown(void)
{
    pki_free(&store);
    pki_free(&one);
    pki_free(&two);
    pki_free(&below);
    caset_end(&set);
}

static void tell(const cc_refusal_t *refusal, void *baton)
{
    (void)baton;
    told++;
    fault = refusal->fault;
    text = cc_fault_text(&refusal->fault, refusal->leaf, refusal->cert, set.pool);
}

/* A host with these directives, which does with errors what the callback does. */
static void serve(int way, const char *lines, SSL_verify_cb callback)
{
    at = host_make((tls_way_t)way, &store, set.pool);
    SSL_CTX_set_verify(at->ctx, SSL_VERIFY_PEER, callback);
    caset_open(&set, lines);
    host_follow(at, set.cas, set.pool);
    at->guarded = true;
    cc_trust_on_refusal(at->trust, tell, NULL);
}

/* One connection. The state is that of the verdict; CC_TRUST_NO_RECORD: the handshake failed. */
static cc_seal_t visit(const pki_t *who, const pki_t *sent)
{
    tls_t tls = tls_open(at, who, NULL);
    cc_seal_t seal = {.state = CC_TRUST_NO_RECORD};

    if (sent) {
        ck_assert(SSL_add1_chain_cert(tls.client, sent->cert));
    }
    told = 0;
    if (tls_handshake(&tls)) {
        ck_assert_uint_eq(ERR_peek_error(), 0);
        seal = tls_unseal(&tls, at);
    }
    ERR_clear_error();
    tls_free(&tls);
    return seal;
}

static bool connects(const pki_t *who)
{
    return visit(who, NULL).state == CC_TRUST_OK;
}

/* Whether a client with these extensions, issued by this CA, gets an identity. */
static bool admits(pki_extensions_t extensions, const pki_t *ca)
{
    pki_t who = pki_make("who", ca, extensions, -60, 3600);
    bool admitted = connects(&who);

    pki_free(&who);
    return admitted;
}

/* ---- trust domains --------------------------------------------------------------------------- */

TEST_LOOP(the_cas_of_a_domain_vouch_for_its_ids_and_for_no_others, 0, TLS_WAYS)
{
    serve(_i, "one.pem domain=a.test\ntwo.pem domain=b.test", tls_strict);
    ck_assert(admits(of_a, &one));
    ck_assert(admits(of_b, &two));
    ck_assert(!admits(of_b, &one));
    ck_assert_int_eq(fault.cause, CC_CAUSE_NO_CA);
    ck_assert_str_eq(text, "it was issued by CN=One: no such CA is trusted here for its SPIFFE "
                           "trust domain");
    ck_assert(!admits(of_a, &two));
    ck_assert(!admits(pki_is_client, &one));
    ck_assert_int_eq(fault.cause, CC_CAUSE_NO_CA);
    ck_assert_str_eq(text, "it was issued by CN=One: no such CA is trusted here for certificates "
                           "outside the configured SPIFFE trust domains");
    ck_assert_int_eq(told, 1);
}

TEST_LOOP(where_no_ca_counts_those_of_the_store_do_not_either, 0, TLS_WAYS)
{
    pki_t who = pki_client("who", &store);

    serve(_i, "one.pem domain=a.test", tls_strict);
    ck_assert_int_eq(visit(&who, NULL).state, CC_TRUST_NO_RECORD);
    ck_assert_int_eq(fault.cause, CC_CAUSE_NO_CA);
    pki_free(&who);
}

TEST_LOOP(what_is_of_no_domain_is_for_the_cas_without_one, 0, TLS_WAYS)
{
    serve(_i, "one.pem domain=a.test\ntwo.pem", tls_strict);
    ck_assert(admits(pki_is_client, &two));
    ck_assert(admits(of_b, &two));
    ck_assert(!admits(of_a, &two));
    ck_assert(!admits(pki_is_client, &one));
    ck_assert_ptr_nonnull(strstr(text, "here for certificates outside the configured"));
    ck_assert(!admits(of_b, &one));
}

TEST_LOOP(a_set_without_domains_examines_no_id, 0, TLS_WAYS)
{
    serve(_i, "one.pem", tls_strict);
    ck_assert(admits(of_a, &one) && admits(bad_id, &one) && admits(pki_is_client, &one));
    ck_assert(!admits(of_a, &two));
    ck_assert_str_eq(text, "it was issued by CN=Two: no such CA is trusted here");
}

TEST_LOOP(a_bad_id_is_refused_even_where_unknown_cas_are_tolerated, 0, TLS_WAYS)
{
    serve(_i, "one.pem domain=a.test\none.pem", tls_optional_no_ca);
    ck_assert(!admits(bad_id, &one));
    ck_assert_int_eq(fault.cause, CC_CAUSE_SPIFFE);
    ck_assert_int_eq(fault.depth, 0);
    ck_assert_int_eq(told, 1);
    ck_assert_msg(strstr(text, "it violates X509-SVID: ") == text, "%s", text);
    ck_assert(!admits(bad_id, &two));
    ck_assert_int_eq(fault.cause, CC_CAUSE_SPIFFE);
}

/* What mod_ssl's callback was asked, and has refused. */
static int asked, refused, last_error;

static int remember(int ok, X509_STORE_CTX *store_ctx)
{
    asked++;
    refused += !ok;
    last_error = ok ? last_error : X509_STORE_CTX_get_error(store_ctx);
    return ok;
}

TEST_LOOP(the_callback_in_place_gets_to_know_of_a_bad_id, 0, TLS_WAYS)
{
    asked = refused = 0;
    serve(_i, "one.pem domain=a.test", remember);
    ck_assert(!admits(bad_id, &one));
    ck_assert_int_eq(asked, 1);
    ck_assert_int_eq(refused, 1);
    ck_assert_int_eq(last_error, X509_V_ERR_INVALID_EXTENSION);
}

TEST(a_verification_without_a_handshake_refuses_a_bad_id_too)
{
    pki_t wrong = pki_make("id", &one, bad_id, -60, 3600);
    cc_seal_t seal;

    serve(TLS13_TICKET, "one.pem domain=a.test", tls_strict);
    cc_trust_reverify(&seal, at->trust, wrong.cert, NULL, apr_time_now());
    ck_assert_int_eq(seal.state, CC_TRUST_FAILED);
    ck_assert_int_eq(seal.fault.cause, CC_CAUSE_SPIFFE);
    ck_assert_uint_eq(ERR_peek_error(), 0);
    pki_free(&wrong);
}

TEST_LOOP(a_failure_that_is_tolerated_keeps_its_cause_and_is_not_resumed, 0, TLS_WAYS)
{
    pki_t wrong[] = {pki_make("id", &one, bad_id, -60, 3600), pki_client("other", &one)};
    static const cc_cause_t causes[] = {CC_CAUSE_SPIFFE, CC_CAUSE_NO_CA};

    serve(_i, "one.pem domain=a.test", tls_optional_no_ca);
    cc_trust_tolerate(at->trust);
    for (int i = 0; i < COUNT(wrong); i++) {
        tls_t tls = tls_open(at, &wrong[i], NULL), again;
        SSL_SESSION *session;
        cc_seal_t seal;

        told = 0;
        ck_assert(tls_handshake(&tls));
        seal = tls_unseal(&tls, at);
        ck_assert_int_eq(seal.state, CC_TRUST_FAILED);
        ck_assert_int_eq(seal.fault.cause, causes[i]);
        ck_assert_int_eq(told, 1);
        session = tls_session(&tls);
        again = tls_open(at, &wrong[i], session);
        ck_assert(!tls_handshake(&again) || !SSL_session_reused(again.server));
        SSL_SESSION_free(session);
        tls_free(&tls);
        tls_free(&again);
        pki_free(&wrong[i]);
    }
}

TEST_LOOP(an_unknown_ca_that_the_callback_tolerates_gives_no_identity, 0, TLS_WAYS)
{
    pki_t who = pki_client("who", &two);
    cc_seal_t seal;

    serve(_i, "one.pem domain=a.test", tls_optional_no_ca);
    seal = visit(&who, NULL);
    ck_assert_int_eq(seal.state, CC_TRUST_FAILED);
    ck_assert_int_eq(seal.fault.cause, CC_CAUSE_NO_CA);
    ck_assert_int_eq(told, 0);
    pki_free(&who);
}

TEST_LOOP(a_ca_that_moves_to_another_domain_takes_its_sessions_along, 0, TLS_WAYS)
{
    pki_t alice = pki_make("alice", &one, of_a, -60, 3600);
    tls_t tls;

    serve(_i, "one.pem domain=a.test\ntwo.pem domain=b.test", tls_strict);
    tls = tls_open(at, &alice, NULL);
    ck_assert(tls_handshake(&tls));
    ck_assert_int_eq(tls_unseal(&tls, at).state, CC_TRUST_OK);
    CASET_PUT(&set, "two.pem", &one, &two);
    ck_assert_str_ne(caset_poll(&set), "");
    ck_assert_int_eq(tls_unseal(&tls, at).state, CC_TRUST_OK);
    CASET_PUT(&set, "one.pem", &two);
    ck_assert_str_ne(caset_poll(&set), "");
    ck_assert_int_eq(tls_unseal(&tls, at).state, CC_TRUST_CA_LEFT);
    tls_free(&tls);
    pki_free(&alice);
}

/* ---- roots and intermediate CAs -------------------------------------------------------------- */

TEST_LOOP(a_chain_ends_with_a_root_except_in_a_domain, 0, TLS_WAYS)
{
    serve(_i, "below.pem\nbelow.pem domain=a.test", tls_strict);
    ck_assert(!admits(pki_is_client, &below));
    ck_assert(admits(of_a, &below));
    CASET_PUT(&set, "below.pem", &below, &one);
    ck_assert_str_ne(caset_poll(&set), "");
    ck_assert(admits(pki_is_client, &below));
}

/* A client of `below`, which the set has too. */
TEST_LOOP(an_intermediate_ca_of_the_set_has_to_stay_as_well, 0, TLS_WAYS)
{
    pki_t who = pki_client("who", &below);
    tls_t tls;
    cc_seal_t seal;

    CASET_PUT(&set, "one.pem", &one, &below);
    serve(_i, "one.pem depth=2", tls_strict);
    tls = tls_open(at, &who, NULL);
    ck_assert(tls_handshake(&tls));
    seal = tls_unseal(&tls, at);
    ck_assert_int_eq(seal.state, CC_TRUST_OK);
    ck_assert_int_eq(seal.ca_count, 2);
    CASET_PUT(&set, "one.pem", &one);
    ck_assert_str_ne(caset_poll(&set), "");
    ck_assert_int_eq(tls_unseal(&tls, at).state, CC_TRUST_CA_LEFT);
    tls_free(&tls);
    pki_free(&who);
}

TEST_LOOP(an_intermediate_ca_that_the_client_sends_is_no_concern_of_the_set, 0, TLS_WAYS)
{
    pki_t who = pki_client("who", &below);
    cc_seal_t seal;

    serve(_i, "one.pem", tls_strict);
    seal = visit(&who, &below);
    ck_assert_int_eq(seal.state, CC_TRUST_OK);
    ck_assert_int_eq(seal.ca_count, 1);
    ck_assert_int_eq(visit(&who, NULL).state, CC_TRUST_NO_RECORD);
    pki_free(&who);
}

/* With many CAs, they are looked up in another way. */
TEST(a_ca_among_many_is_remembered)
{
    pki_t many[18], *last = &many[17];
    pki_t who;
    const pki_t *list[19] = {NULL};
    cc_seal_t seal;

    for (int i = 0; i < COUNT(many); i++) {
        many[i] = pki_ca(apr_psprintf(set.pool, "CA %d", i), NULL);
        list[i] = &many[i];
    }
    who = pki_client("who", last);
    caset_put(&set, "many.pem", list);
    serve(TLS13_TICKET, "many.pem", tls_strict);
    seal = visit(&who, NULL);
    ck_assert_int_eq(seal.state, CC_TRUST_OK);
    list[17] = NULL;
    caset_put(&set, "many.pem", list);
    ck_assert_str_ne(caset_poll(&set), "");
    ck_assert(!cc_trust_holds(at->trust, &seal));
    for (int i = 0; i < COUNT(many); i++) {
        pki_free(&many[i]);
    }
    pki_free(&who);
}

/* A chain of so many CAs, all of the set, and a client of the last one. */
static cc_seal_t visit_below(int way, int count)
{
    pki_t cas[CC_SEAL_CAS_MAX + 2] = {{NULL, NULL}}, who;
    cc_seal_t seal;

    for (int i = 0; i < count; i++) {
        cas[i] = pki_ca(apr_psprintf(set.pool, "CA %d", i), i > 0 ? &cas[i - 1] : NULL);
    }
    who = pki_client("who", &cas[count - 1]);
    CASET_PUT(&set, "chain.pem", &cas[0], &cas[1], &cas[2], &cas[3], &cas[4], &cas[5], &cas[6],
              &cas[7], count > CC_SEAL_CAS_MAX ? &cas[CC_SEAL_CAS_MAX] : NULL);
    serve(way, "chain.pem depth=20", tls_strict);
    seal = visit(&who, NULL);
    for (int i = 0; i < count; i++) {
        pki_free(&cas[i]);
    }
    pki_free(&who);
    return seal;
}

TEST_LOOP(a_chain_with_as_many_cas_as_a_session_remembers_holds, 0, TLS_WAYS)
{
    cc_seal_t seal = visit_below(_i, CC_SEAL_CAS_MAX);

    ck_assert_int_eq(seal.state, CC_TRUST_OK);
    ck_assert_int_eq(seal.ca_count, CC_SEAL_CAS_MAX);
}

TEST_LOOP(a_chain_with_more_cas_never_holds, 0, TLS_WAYS)
{
    cc_seal_t seal = visit_below(_i, CC_SEAL_CAS_MAX + 1);

    ck_assert_int_eq(seal.state, CC_TRUST_CA_LEFT);
    ck_assert_int_gt(seal.verified_at, 0);
}

SUITE("TLS 1.2 and 1.3, tickets and cache", .setup = setup, .teardown = teardown);
