/* SPDX-License-Identifier: Apache-2.0 */
/* Tests what is known of the CAs of a verified path, in full and in resumed sessions. */
#include <string.h>

#include <apr_strings.h>

#include <openssl/err.h>

#include "caset.h"
#include "suite.h"
#include "tls.h"
#include "trust/path.h"

static apr_pool_t *pool;
static pki_t root, upper, lower, alice; /* alice is below all of them */
static host_t *at;

static void setup(void)
{
    apr_pool_create(&pool, NULL);
    root = pki_ca("Root", NULL);
    upper = pki_ca("Upper", &root);
    lower = pki_ca("Lower", &upper);
    alice = pki_client("alice", &lower);
}

static void teardown(void)
{
    pki_free(&root);
    pki_free(&upper);
    pki_free(&lower);
    pki_free(&alice);
    apr_pool_destroy(pool);
}

/* A host that knows the root, and perhaps all CAs, and refuses sessions as the module does. */
static host_t *host_of(int way, bool all, cc_path_need_t need)
{
    host_t *made = host_make((tls_way_t)way, &root, pool);

    if (all) {
        X509_STORE_add_cert(SSL_CTX_get_cert_store(made->ctx), upper.cert);
        X509_STORE_add_cert(SSL_CTX_get_cert_store(made->ctx), lower.cert);
    }
    host_ready(made, pool);
    cc_trust_keep_path(made->trust, need);
    made->guarded = true;
    return made;
}

/* ---- facts --------------------------------------------------------------------------------- */

/* The common name of a CA; its number in the path, in brackets, if it is known by digest alone. */
static const char *ca_text(const cc_path_ca_t *ca, int number)
{
    const cc_value_t *name = ca->cert ? cc_cert_value(ca->cert, "subject.CN", pool) : NULL;

    return name ? name->text : apr_psprintf(pool, "[%d]", number);
}

/* The CAs of the path, and "?" if there may be more. Fails if a digest or certificate is wrong. */
static const char *path_text(const cc_path_t *path)
{
    const pki_t *above[] = {&lower, &upper, &root};
    const char *text = "";

    for (int i = 0; path && i < path->count; i++) {
        unsigned char sha256[32], spki_sha256[32];

        cc_cert_digests(cc_cert_wrap(above[i]->cert, pool), sha256, spki_sha256);
        ck_assert_mem_eq(path->at[i].sha256, sha256, 32);
        ck_assert_mem_eq(path->at[i].spki_sha256, spki_sha256, 32);
        ck_assert(!path->at[i].cert || !X509_cmp(cc_cert_x509(path->at[i].cert), above[i]->cert));
        text = apr_pstrcat(pool, text, i ? " " : "", ca_text(&path->at[i], i), NULL);
    }
    return path ? apr_pstrcat(pool, text, path->whole ? "" : " ?", NULL) : "none";
}

static const char *facts_text(const host_t *host, const cc_seal_t *seal, STACK_OF(X509) * sent)
{
    cc_facts_t facts = {0};

    cc_trust_facts(&facts, host->trust, seal, alice.cert, sent, pool);
    ck_assert((facts.ca_sha256 != NULL) == (seal->ca_known));
    ck_assert_int_eq(ERR_peek_error(), 0);
    return path_text(facts.path);
}

/* What a server knows after one connection. */
typedef struct {
    bool resumed;
    const char *path;
    SSL_SESSION *session; /* for the next connection */
} seen_t;

/* Alice sends the certificates of her CAs along in each full handshake. Takes `from`. */
static seen_t visit(host_t *host, SSL_SESSION *from)
{
    tls_t tls = tls_open(host, &alice, from);
    cc_seal_t seal;
    seen_t seen;

    ck_assert(SSL_add1_chain_cert(tls.client, lower.cert));
    ck_assert(SSL_add1_chain_cert(tls.client, upper.cert));
    ck_assert(tls_handshake(&tls));
    seal = tls_unseal(&tls, host);
    ck_assert_int_eq(seal.state, CC_TRUST_OK);
    seen =
        (seen_t){SSL_session_reused(tls.server),
                 facts_text(host, &seal, SSL_get_peer_cert_chain(tls.server)), tls_session(&tls)};
    tls_free(&tls);
    SSL_SESSION_free(from);
    return seen;
}

/* A full handshake, and what follows with its session. */
static void visits(host_t *host, const char *first, bool resumed, const char *second)
{
    seen_t seen = visit(host, NULL);

    ck_assert(!seen.resumed);
    ck_assert_str_eq(seen.path, first);
    for (int i = 0; i < 2; i++) {
        seen = visit(host, seen.session);
        ck_assert_int_eq(seen.resumed, resumed);
        ck_assert_str_eq(seen.path, second);
    }
    SSL_SESSION_free(seen.session);
}

TEST_LOOP(digests_are_known_in_a_resumed_session_too, 0, TLS_WAYS)
{
    visits(host_of(_i, false, CC_PATH_DIGESTS), "[0] [1] [2]", true, "[0] [1] [2]");
}

TEST_LOOP(certificates_that_the_server_has_are_found_again, 0, TLS_WAYS)
{
    visits(host_of(_i, true, CC_PATH_CERTS), "Lower Upper Root", true, "Lower Upper Root");
}

TEST_LOOP(a_session_without_a_certificate_that_is_needed_is_not_resumed, 0, TLS_WAYS)
{
    visits(host_of(_i, false, CC_PATH_CERTS), "Lower Upper Root", false, "Lower Upper Root");
}

TEST_LOOP(where_such_a_session_is_resumed_the_others_are_known, 0, TLS_WAYS)
{
    host_t *host = host_of(_i, false, CC_PATH_CERTS);

    host->guarded = false;
    visits(host, "Lower Upper Root", true, "[0] [1] Root");
}

TEST_LOOP(a_host_that_does_not_need_the_path_records_none, 0, TLS_WAYS)
{
    visits(host_of(_i, false, CC_PATH_UNUSED), "none", true, "none");
}

/* The configuration has changed since the session began. */
TEST_LOOP(a_session_without_a_path_is_not_resumed_where_it_is_needed, 0, TLS_WAYS)
{
    host_t *host = host_of(_i, true, CC_PATH_UNUSED);
    seen_t seen = visit(host, NULL);

    cc_trust_keep_path(host->trust, CC_PATH_DIGESTS);
    seen = visit(host, seen.session);
    ck_assert(!seen.resumed);
    ck_assert_str_eq(seen.path, "[0] [1] [2]");
    SSL_SESSION_free(seen.session);

    cc_trust_keep_path(host->trust, CC_PATH_UNUSED);
    host->guarded = false;
    seen = visit(host, NULL);
    cc_trust_keep_path(host->trust, CC_PATH_CERTS);
    seen = visit(host, seen.session);
    ck_assert(seen.resumed);
    ck_assert_str_eq(seen.path, "Lower ?");
    SSL_SESSION_free(seen.session);
}

/* ---- without a handshake ------------------------------------------------------------------- */

static cc_seal_t verified(const host_t *host, const pki_t *who, STACK_OF(X509) * sent)
{
    cc_seal_t seal;

    cc_trust_reverify(&seal, host->trust, who->cert, sent, apr_time_now());
    ck_assert_int_eq(seal.state, CC_TRUST_OK);
    return seal;
}

/* `upper` has been issued a second time, by another root that one of the hosts trusts alone. */
TEST(the_path_is_that_of_this_host)
{
    pki_t other = pki_ca("Other", NULL);
    pki_t cross;
    host_t *host = host_make(TLS13_TICKET, &other, pool);
    STACK_OF(X509) *sent = sk_X509_new_null();
    unsigned char wanted[32], spki[32];
    cc_facts_t facts = {0};
    cc_seal_t seal;

    EVP_PKEY_up_ref(upper.key);
    cross = pki_make_with("Upper", &other, pki_is_ca, NULL, upper.key);
    sk_X509_push(sent, lower.cert);
    sk_X509_push(sent, upper.cert);
    X509_STORE_add_cert(SSL_CTX_get_cert_store(host->ctx), cross.cert);
    host_ready(host, pool);
    cc_trust_keep_path(host->trust, CC_PATH_CERTS);
    seal = verified(host, &alice, sent);
    cc_trust_facts(&facts, host->trust, &seal, alice.cert, sent, pool);
    cc_cert_digests(cc_cert_wrap(other.cert, pool), wanted, spki);
    ck_assert_int_eq(facts.path->count, 3);
    ck_assert_mem_eq(facts.path->at[2].sha256, wanted, 32);
    ck_assert(!X509_cmp(cc_cert_x509(facts.path->at[1].cert), cross.cert));
    ck_assert(!X509_cmp(cc_cert_x509(facts.path->at[2].cert), other.cert));
    at = host_of(TLS13_TICKET, false, CC_PATH_CERTS);
    seal = verified(at, &alice, sent);
    ck_assert_str_eq(facts_text(at, &seal, sent), "Lower Upper Root");
    sk_X509_free(sent);
    pki_free(&other);
    pki_free(&cross);
}

/* Both roots are trusted, so the certificate of `upper` that the client sends decides. */
TEST(the_certificates_that_are_sent_decide_between_paths_and_the_keys_are_the_same)
{
    pki_t other = pki_ca("Other", NULL);
    pki_t cross;
    STACK_OF(X509) * sent[] = {sk_X509_new_null(), sk_X509_new_null()};
    cc_facts_t facts[2] = {{0}, {0}};
    cc_seal_t seals[2];

    EVP_PKEY_up_ref(upper.key);
    cross = pki_make_with("Upper", &other, pki_is_ca, NULL, upper.key);
    at = host_make(TLS13_TICKET, &root, pool);
    X509_STORE_add_cert(SSL_CTX_get_cert_store(at->ctx), other.cert);
    host_ready(at, pool);
    cc_trust_keep_path(at->trust, CC_PATH_DIGESTS);
    for (int i = 0; i < 2; i++) {
        sk_X509_push(sent[i], lower.cert);
        sk_X509_push(sent[i], i == 0 ? upper.cert : cross.cert);
        seals[i] = verified(at, &alice, sent[i]);
        cc_trust_facts(&facts[i], at->trust, &seals[i], alice.cert, sent[i], pool);
        ck_assert_int_eq(facts[i].path->count, 3);
        sk_X509_free(sent[i]);
    }
    ck_assert_mem_ne(facts[0].path->at[2].sha256, facts[1].path->at[2].sha256, 32);
    ck_assert_mem_ne(facts[0].path->at[1].sha256, facts[1].path->at[1].sha256, 32);
    ck_assert_mem_eq(facts[0].path->at[1].spki_sha256, facts[1].path->at[1].spki_sha256, 32);
    pki_free(&other);
    pki_free(&cross);
}

/* The other one has come since. */
TEST(a_ca_is_not_mistaken_for_another_one_of_its_name)
{
    pki_t twin = pki_ca("Upper", &root);
    host_t *before = host_of(TLS13_TICKET, true, CC_PATH_CERTS);
    cc_seal_t seal = verified(before, &alice, NULL);
    STACK_OF(X509) *sent = sk_X509_new_null();
    caset_t set;

    at = host_make(TLS13_TICKET, &root, pool);
    X509_STORE_add_cert(SSL_CTX_get_cert_store(at->ctx), twin.cert);
    host_ready(at, pool);
    cc_trust_keep_path(at->trust, CC_PATH_CERTS);
    sk_X509_push(sent, lower.cert);
    sk_X509_push(sent, twin.cert);
    ck_assert_str_eq(facts_text(at, &seal, sent), "Lower [1] Root");
    sk_X509_push(sent, upper.cert);
    ck_assert_str_eq(facts_text(at, &seal, sent), "Lower Upper Root");

    caset_begin(&set);
    CASET_PUT(&set, "cas.pem", &root, &twin, &upper, &lower);
    caset_open(&set, "cas.pem depth=3");
    at = host_make(TLS13_TICKET, &root, pool);
    host_follow(at, set.cas, set.pool);
    cc_trust_keep_path(at->trust, CC_PATH_CERTS);
    ck_assert_str_eq(facts_text(at, &seal, NULL), "Lower Upper Root");
    caset_end(&set);
    sk_X509_free(sent);
    pki_free(&twin);
}

TEST(a_certificate_that_is_trusted_itself_has_no_path)
{
    pki_t alone = pki_client("alone", NULL);
    host_t *host = host_make(TLS13_TICKET, &alone, pool);
    cc_facts_t facts = {0};
    cc_seal_t seal;

    host_ready(host, pool);
    cc_trust_keep_path(host->trust, CC_PATH_CERTS);
    seal = verified(host, &alone, NULL);
    cc_trust_facts(&facts, host->trust, &seal, alone.cert, NULL, pool);
    ck_assert(!facts.ca_sha256 && !facts.path);
    pki_free(&alone);
}

TEST(a_certificate_that_does_not_verify_has_no_path)
{
    cc_seal_t seal;

    at = host_of(TLS13_TICKET, false, CC_PATH_CERTS);
    cc_trust_reverify(&seal, at->trust, alice.cert, NULL, apr_time_now());
    ck_assert_int_eq(seal.state, CC_TRUST_FAILED);
    ck_assert_str_eq(facts_text(at, &seal, NULL), "none");
}

TEST(a_path_that_is_too_long_is_not_recorded)
{
    enum { MOST = CC_SEAL_PATH_MAX };
    pki_t above[MOST + 1], deep;
    cc_facts_t facts = {0};
    cc_seal_t seal;
    STACK_OF(X509) *sent = sk_X509_new_null();

    above[0] = pki_ca("Top", NULL);
    at = host_make(TLS13_TICKET, &above[0], pool);
    host_ready(at, pool);
    cc_trust_keep_path(at->trust, CC_PATH_CERTS);
    for (int i = 1; i <= MOST; i++) {
        pki_t leaf = pki_client("leaf", &above[i - 1]);

        seal = verified(at, &leaf, sent);
        ck_assert_int_eq(seal.path_count, i);
        above[i] = pki_ca(apr_psprintf(pool, "CA %d", i), &above[i - 1]);
        sk_X509_push(sent, above[i].cert);
        pki_free(&leaf);
    }
    deep = pki_client("deep", &above[MOST]);
    seal = verified(at, &deep, sent);
    ck_assert_int_eq(seal.path_count, 0);
    cc_trust_facts(&facts, at->trust, &seal, deep.cert, sent, pool);
    ck_assert(facts.path->count == 1 && !facts.path->whole);
    ck_assert(!X509_cmp(cc_cert_x509(facts.path->at[0].cert), above[MOST].cert));
    sk_X509_free(sent);
    pki_free(&deep);
    for (int i = 0; i <= MOST; i++) {
        pki_free(&above[i]);
    }
}

/* ---- the CAs of a set ---------------------------------------------------------------------- */

TEST_LOOP(the_cas_of_a_set_are_found, 0, TLS_WAYS)
{
    caset_t set;

    caset_begin(&set);
    CASET_PUT(&set, "cas.pem", &root, &upper);
    caset_open(&set, "cas.pem depth=3");
    at = host_make((tls_way_t)_i, &root, pool);
    host_follow(at, set.cas, set.pool);
    cc_trust_keep_path(at->trust, CC_PATH_CERTS);
    visits(at, "Lower Upper Root", true, "[0] Upper Root");
    at->guarded = true;
    visits(at, "Lower Upper Root", false, "Lower Upper Root");
    cc_trust_keep_path(at->trust, CC_PATH_DIGESTS);
    visits(at, "[0] [1] [2]", true, "[0] [1] [2]");
    CASET_PUT(&set, "cas.pem", &root, &upper, &lower);
    ck_assert_str_ne(caset_poll(&set), "");
    cc_trust_keep_path(at->trust, CC_PATH_CERTS);
    visits(at, "Lower Upper Root", true, "Lower Upper Root");
    caset_end(&set);
}

SUITE("chain", .setup = setup, .teardown = teardown);
