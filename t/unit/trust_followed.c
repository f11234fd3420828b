/* SPDX-License-Identifier: Apache-2.0 */
/* Tests which sessions hold while the CAs of a host change, in real handshakes. */
#include <string.h>

#include <openssl/err.h>

#include "caset.h"
#include "cert/cert.h"
#include "suite.h"
#include "tls.h"

static caset_t set;
static pki_t store, one, two, renewed;    /* renewed: the name of `one`, another key */
static pki_t alice, bob, carol, stranger; /* of one, two, renewed, store */

static void setup(void)
{
    caset_begin(&set);
    store = pki_ca("Store", NULL);
    one = pki_ca("One", NULL);
    two = pki_ca("Two", NULL);
    renewed = pki_ca("One", NULL);
    alice = pki_client("alice", &one);
    bob = pki_client("bob", &two);
    carol = pki_client("carol", &renewed);
    stranger = pki_client("stranger", &store);
    CASET_PUT(&set, "cas.pem", &one);
    caset_open(&set, "cas.pem");
}

static void teardown(void)
{
    pki_t *all[] = {&store, &one, &two, &renewed, &alice, &bob, &carol, &stranger};

    for (int i = 0; i < COUNT(all); i++) {
        pki_free(all[i]);
    }
    caset_end(&set);
}

/* A host that follows a set, and refuses sessions as the module does. */
static host_t *host_of(int way, cc_cas_t *cas)
{
    host_t *made = host_make((tls_way_t)way, &store, set.pool);

    host_follow(made, cas, set.pool);
    made->guarded = true;
    return made;
}

/* The result of one connection. */
typedef struct outcome_t {
    bool connected, resumed;
    cc_seal_t seal;
    SSL_SESSION *session; /* for the next connection */
} outcome_t;

/* One connection to `at`, which offers `from`'s session and frees it. */
static outcome_t visit(host_t *at, const pki_t *who, SSL_SESSION *from)
{
    tls_t tls = tls_open(at, who, from);
    outcome_t outcome = {0};

    if (tls_handshake(&tls)) {
        ck_assert_uint_eq(ERR_peek_error(), 0);
        outcome.connected = true;
        outcome.resumed = SSL_session_reused(tls.server);
        outcome.seal = tls_unseal(&tls, at);
        outcome.session = tls_session(&tls);
    }
    ERR_clear_error();
    tls_free(&tls);
    SSL_SESSION_free(from);
    return outcome;
}

static bool connects(host_t *at, const pki_t *who)
{
    outcome_t seen = visit(at, who, NULL);

    SSL_SESSION_free(seen.session);
    return seen.connected && seen.seal.state == CC_TRUST_OK;
}

/* A session that a handshake has just made; the caller passes it to visit. */
static SSL_SESSION *session_of(host_t *at, const pki_t *who)
{
    outcome_t seen = visit(at, who, NULL);

    ck_assert(seen.connected && !seen.resumed);
    ck_assert_int_eq(seen.seal.state, CC_TRUST_OK);
    return seen.session;
}

/* Whether the session is resumed; frees it. */
static bool resumes(host_t *at, const pki_t *who, SSL_SESSION *session)
{
    outcome_t seen = visit(at, who, session);

    SSL_SESSION_free(seen.session);
    return seen.connected && seen.resumed && seen.seal.state == CC_TRUST_OK;
}

/* Replaces the file of a set, and makes it notice. */
#define CHANGE(set, ...)                                                                           \
    do {                                                                                           \
        CASET_PUT(set, "cas.pem", __VA_ARGS__);                                                    \
        ck_assert_str_ne(caset_poll(set), "");                                                     \
    } while (0)

/* ---- a set that does not change -------------------------------------------------------------- */

TEST_LOOP(a_client_of_the_set_is_verified_however_often_it_is_resumed, 0, TLS_WAYS)
{
    host_t *at = host_of(_i, set.cas);
    apr_time_t before = apr_time_now(), first;
    outcome_t seen = visit(at, &alice, NULL);
    unsigned char sha256[32], spki_sha256[32];

    cc_cert_digests(cc_cert_wrap(one.cert, set.pool), sha256, spki_sha256);
    first = seen.seal.verified_at;
    ck_assert(seen.connected && !seen.resumed);
    ck_assert(before <= first && first <= apr_time_now());
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(seen.seal.state, CC_TRUST_OK);
        ck_assert_int_eq(seen.seal.verified_at, first);
        ck_assert(seen.seal.ca_known);
        ck_assert_mem_eq(seen.seal.ca_sha256, sha256, 32);
        ck_assert_mem_eq(seen.seal.ca_spki_sha256, spki_sha256, 32);
        ck_assert_int_eq(seen.seal.ca_count, 1);
        ck_assert(cc_trust_holds(at->trust, &seen.seal));
        seen = visit(at, &alice, seen.session);
        ck_assert(seen.connected && seen.resumed);
    }
    SSL_SESSION_free(seen.session);
}

TEST_LOOP(the_cas_of_the_store_do_not_count, 0, TLS_WAYS)
{
    ck_assert(!connects(host_of(_i, set.cas), &stranger));
    ck_assert(!connects(host_of(_i, set.cas), &bob));
}

/* ---- a set that changes ---------------------------------------------------------------------- */

TEST_LOOP(a_ca_that_arrives_counts_at_once_and_leaves_sessions_alone, 0, TLS_WAYS)
{
    host_t *at = host_of(_i, set.cas);
    SSL_SESSION *session = session_of(at, &alice);

    CHANGE(&set, &one, &two);
    ck_assert(connects(at, &bob));
    ck_assert(resumes(at, &alice, session));
}

TEST_LOOP(a_ca_that_leaves_takes_its_sessions_along, 0, TLS_WAYS)
{
    host_t *at = host_of(_i, set.cas);
    SSL_SESSION *session = session_of(at, &alice);

    CHANGE(&set, &two);
    ck_assert(!visit(at, &alice, session).connected);
    ck_assert(connects(at, &bob));
}

TEST_LOOP(a_connection_that_is_open_then_knows_that_its_ca_left, 0, TLS_WAYS)
{
    host_t *at = host_of(_i, set.cas);
    tls_t tls = tls_open(at, &alice, NULL);
    cc_seal_t before, after;

    ck_assert(tls_handshake(&tls));
    before = tls_unseal(&tls, at);
    CHANGE(&set, &two);
    after = tls_unseal(&tls, at);
    ck_assert_int_eq(after.state, CC_TRUST_CA_LEFT);
    ck_assert_int_eq(after.verified_at, before.verified_at);
    ck_assert(!after.ca_known && after.ca_count == 0);
    ck_assert(!cc_trust_holds(at->trust, &before));
    cc_trust_reverify(&after, at->trust, alice.cert, NULL, apr_time_now());
    ck_assert_int_eq(after.state, CC_TRUST_FAILED);
    tls_free(&tls);
}

TEST_LOOP(the_chain_of_a_connection_outlives_the_set_that_verified_it, 0, TLS_WAYS)
{
    host_t *at = host_of(_i, set.cas);
    tls_t tls = tls_open(at, &alice, NULL);
    STACK_OF(X509) * chain;

    ck_assert(tls_handshake(&tls));
    CHANGE(&set, &two);
    CHANGE(&set, &renewed);
    chain = SSL_get0_verified_chain(tls.server);
    ck_assert_int_eq(sk_X509_num(chain), 2);
    ck_assert_int_eq(X509_cmp(sk_X509_value(chain, 1), one.cert), 0);
    tls_free(&tls);
}

TEST_LOOP(what_was_verified_before_its_ca_left_does_not_hold_after_it_has_returned, 0, TLS_WAYS)
{
    host_t *at = host_of(_i, set.cas);
    tls_t tls = tls_open(at, &alice, NULL);
    SSL_SESSION *session;
    outcome_t seen;

    ck_assert(tls_handshake(&tls));
    session = tls_session(&tls);
    CHANGE(&set, &two);
    CHANGE(&set, &one);
    ck_assert_int_eq(tls_unseal(&tls, at).state, CC_TRUST_CA_LEFT);
    tls_free(&tls);
    seen = visit(at, &alice, session);
    ck_assert(seen.connected && !seen.resumed);
    ck_assert_int_eq(seen.seal.state, CC_TRUST_OK);
    ck_assert(resumes(at, &alice, seen.session));
}

TEST_LOOP(a_file_that_is_written_anew_changes_nothing, 0, TLS_WAYS)
{
    host_t *at = host_of(_i, set.cas);
    SSL_SESSION *session = session_of(at, &alice);

    CASET_PUT(&set, "cas.pem", &one);
    ck_assert_str_eq(caset_poll(&set), "");
    ck_assert(resumes(at, &alice, session));
}

/* ---- a CA that is replaced by one of the same name ------------------------------------------- */

TEST_LOOP(a_ca_that_gets_another_key_counts_with_both_and_then_with_the_new_one, 0, TLS_WAYS)
{
    host_t *at = host_of(_i, set.cas);
    SSL_SESSION *old = session_of(at, &alice), *kept, *late;

    ck_assert(!connects(at, &carol));
    CHANGE(&set, &one, &renewed);
    SSL_SESSION_up_ref(old);
    ck_assert(resumes(at, &alice, old));
    kept = session_of(at, &carol);
    late = session_of(at, &alice);
    CHANGE(&set, &renewed);
    ck_assert(!visit(at, &alice, old).connected);
    ck_assert(!visit(at, &alice, late).connected);
    ck_assert(resumes(at, &carol, kept));
}

static pki_extensions_t with_key_id = {"basicConstraints", "critical,CA:FALSE",
                                       "authorityKeyIdentifier", "keyid:always", NULL};
static pki_extensions_t bare_ca = {"basicConstraints", "critical,CA:TRUE", NULL};
static pki_extensions_t bare_client = {"basicConstraints", "critical,CA:FALSE", NULL};

TEST_LOOP(cas_of_one_name_are_told_apart_with_and_without_key_identifiers, 0, TLS_WAYS)
{
    host_t *at = host_of(_i, set.cas);
    pki_t bare[] = {pki_make("One", NULL, bare_ca, -60, 3600),
                    pki_make("One", NULL, bare_ca, -60, 3600)};
    pki_t clients[] = {pki_make("a", &one, with_key_id, -60, 3600),
                       pki_make("b", &renewed, with_key_id, -60, 3600),
                       pki_make("c", &bare[0], bare_client, -60, 3600),
                       pki_make("d", &bare[1], bare_client, -60, 3600)};

    CHANGE(&set, &one, &renewed, &bare[0], &bare[1]);
    for (int i = 0; i < COUNT(clients); i++) {
        ck_assert_msg(connects(at, &clients[i]), "client %d", i);
    }
    CHANGE(&set, &bare[1], &renewed);
    ck_assert(!connects(at, &clients[0]) && !connects(at, &clients[2]));
    ck_assert(connects(at, &clients[1]) && connects(at, &clients[3]));
    for (int i = 0; i < COUNT(clients); i++) {
        pki_free(&clients[i]);
    }
    pki_free(&bare[0]);
    pki_free(&bare[1]);
}

/* ---- several hosts --------------------------------------------------------------------------- */

/* A second set, with the same directive as the first. */
static void other_open(caset_t *other, const pki_t *ca, const char *line)
{
    caset_begin(other);
    CASET_PUT(other, "cas.pem", ca);
    caset_open(other, line);
}

TEST_LOOP(a_session_is_judged_by_the_set_of_the_host_that_resumes_it, 0, TLS_WAYS)
{
    caset_t other;
    host_t *at = host_of(_i, set.cas), *same_name, *same_ca;
    outcome_t seen;

    other_open(&other, &renewed, "cas.pem");
    same_name = host_of(_i, other.cas);
    ck_assert(!cc_trust_same(at->trust, same_name->trust));
    ck_assert(!visit(same_name, &alice, session_of(at, &alice)).connected);
    same_name->guarded = false; /* as if a host that leaves this to mod_ssl had resumed it */
    seen = visit(same_name, &alice, session_of(at, &alice));
    ck_assert(seen.connected && seen.resumed);
    ck_assert_int_eq(seen.seal.state, CC_TRUST_CA_LEFT);
    SSL_SESSION_free(seen.session);
    CHANGE(&other, &one);
    same_ca = host_of(_i, other.cas);
    seen = visit(same_ca, &alice, session_of(at, &alice)); /* as on another server of a farm */
    ck_assert(seen.connected && seen.resumed);
    ck_assert_int_eq(seen.seal.state, CC_TRUST_OK);
    SSL_SESSION_free(seen.session);
    caset_end(&other);
}

TEST_LOOP(a_server_that_has_the_ca_only_since_then_asks_for_a_full_handshake, 0, TLS_WAYS)
{
    SSL_SESSION *session = session_of(host_of(_i, set.cas), &alice);
    caset_t other;
    outcome_t seen;

    other_open(&other, &one, "cas.pem");
    seen = visit(host_of(_i, other.cas), &alice, session);
    ck_assert(seen.connected && !seen.resumed);
    SSL_SESSION_free(seen.session);
    caset_end(&other);
}

TEST_LOOP(a_host_with_other_groups_has_another_trust, 0, TLS_WAYS)
{
    static const char *const lines[] = {"cas.pem depth=2", "cas.pem domain=a.test"};
    host_t *at = host_of(_i, set.cas);

    for (int i = 0; i < COUNT(lines); i++) {
        caset_t other;
        host_t *far;
        outcome_t seen;

        other_open(&other, &one, lines[i]);
        far = host_of(_i, other.cas);
        far->guarded = false;
        seen = visit(far, &alice, session_of(at, &alice));
        ck_assert(seen.connected && seen.resumed);
        ck_assert_int_eq(seen.seal.state, CC_TRUST_OTHER_TRUST);
        ck_assert(!cc_trust_may_resume(far->trust, seen.session, 0, apr_time_now()));
        SSL_SESSION_free(seen.session);
        caset_end(&other);
    }
}

TEST_LOOP(a_host_with_the_same_cas_in_its_store_has_another_trust, 0, TLS_WAYS)
{
    host_t *at = host_of(_i, set.cas), *plain = host_make((tls_way_t)_i, &one, set.pool);
    outcome_t seen;

    host_ready(plain, set.pool);
    seen = visit(plain, &alice, session_of(at, &alice));
    ck_assert(seen.connected && seen.resumed);
    ck_assert_int_eq(seen.seal.state, CC_TRUST_OTHER_TRUST);
    SSL_SESSION_free(seen.session);
    seen = visit(plain, &alice, NULL);
    ck_assert_int_eq(seen.seal.state, CC_TRUST_OK);
    at->guarded = false;
    seen = visit(at, &alice, seen.session);
    ck_assert(seen.connected && seen.resumed);
    ck_assert_int_eq(seen.seal.state, CC_TRUST_OTHER_TRUST);
    SSL_SESSION_free(seen.session);
}

/* ---- inside a connection --------------------------------------------------------------------- */

TEST_LOOP(a_certificate_that_is_requested_later_is_verified_with_the_set_of_that_time, 0, TLS_WAYS)
{
    host_t *at = host_of(_i, set.cas);
    tls_t tls = tls_open(at, &bob, NULL);

    SSL_set_verify(tls.server, SSL_VERIFY_NONE, NULL);
    ck_assert(tls_handshake(&tls));
    CHANGE(&set, &two);
    SSL_set_verify(tls.server, SSL_VERIFY_NONE, tls_strict);
    ck_assert(tls_ask_again(&tls));
    ck_assert_int_eq(tls_unseal(&tls, at).state, CC_TRUST_OK);
    tls_free(&tls);
}

TEST_LOOP(a_ca_of_the_set_is_no_client, 0, TLS_WAYS)
{
    pki_extensions_t signs = {"basicConstraints", "critical,CA:TRUE", "keyUsage",
                              "critical,digitalSignature,keyCertSign", NULL};
    host_t *at = host_of(_i, set.cas);
    pki_t root = pki_make("Root", NULL, signs, -60, 3600);
    pki_t below = pki_make("Below", &root, signs, -60, 3600);
    outcome_t seen;

    CHANGE(&set, &one, &root, &below);
    seen = visit(at, &below, NULL);
    ck_assert(seen.connected);
    ck_assert_int_eq(seen.seal.state, CC_TRUST_NOT_CLIENT);
    ck_assert(!cc_trust_may_resume(at->trust, seen.session, 0, apr_time_now()));
    SSL_SESSION_free(seen.session);
    pki_free(&below);
    pki_free(&root);
}

SUITE("TLS 1.2 and 1.3, tickets and cache", .setup = setup, .teardown = teardown);
