/* SPDX-License-Identifier: Apache-2.0 */
/* Tests what is looked up among the CAs of a followed set: names, issuers, authorities, a survey.
 */
#include <string.h>

#include <apr_strings.h>

#include <openssl/err.h>

#include "caset.h"
#include "suite.h"
#include "tls.h"
#include "trust/survey.h"

static caset_t set;
static pki_t store, one, two, below, alice, bob; /* one issues below and alice, below issues bob */
static cc_trust_t *trust;
static host_t *at;

static void setup(void)
{
    caset_begin(&set);
    store = pki_ca("Store", NULL);
    one = pki_ca("One", NULL);
    two = pki_ca("Two", NULL);
    below = pki_ca("Below", &one);
    alice = pki_client("alice", &one);
    bob = pki_client("bob", &below);
    CASET_PUT(&set, "one.pem", &one);
    CASET_PUT(&set, "both.pem", &one, &below);
}

static void teardown(void)
{
    pki_t *all[] = {&store, &one, &two, &below, &alice, &bob};

    for (int i = 0; i < COUNT(all); i++) {
        pki_free(all[i]);
    }
    ck_assert_uint_eq(ERR_peek_error(), 0);
    caset_end(&set);
}

static void follow(const char *lines)
{
    caset_open(&set, lines);
    at = host_make(TLS13_TICKET, &store, set.pool);
    host_follow(at, set.cas, set.pool);
    trust = at->trust;
    ERR_clear_error();
}

/* ---- names ----------------------------------------------------------------------------------- */

static const char *names(const STACK_OF(X509_NAME) * of)
{
    const char *text = "";

    for (int i = 0; i < sk_X509_NAME_num(of); i++) {
        char name[200] = "";

        X509_NAME_get_text_by_NID(sk_X509_NAME_value(of, i), NID_commonName, name, sizeof(name));
        text = apr_pstrcat(set.pool, text, *text ? " " : "", name, NULL);
    }
    return text;
}

static const char *new_names(void)
{
    STACK_OF(X509_NAME) *made = cc_trust_new_names(trust);
    const char *text = made ? names(made) : "(none)";

    sk_X509_NAME_pop_free(made, X509_NAME_free);
    return text;
}

static const char *listed(void)
{
    int more = 0;
    const apr_array_header_t *texts = cc_trust_ca_names(trust, 10, &more, set.pool);

    ck_assert_int_eq(more, 0);
    return apr_array_pstrcat(set.pool, texts, ' ');
}

TEST(the_names_that_a_context_sends_are_those_of_the_first_set)
{
    follow("one.pem");
    ck_assert_str_eq(names(SSL_CTX_get_client_CA_list(at->ctx)), "One");
    ck_assert_str_eq(new_names(), "(none)");
    ck_assert_str_eq(listed(), "One");
}

TEST(new_names_are_those_of_the_current_set_until_they_are_the_first_again)
{
    follow("one.pem");
    CASET_PUT(&set, "one.pem", &two, &one);
    ck_assert_str_ne(caset_poll(&set), "");
    ck_assert(strcmp(new_names(), "One Two") == 0 || strcmp(new_names(), "Two One") == 0);
    ck_assert_uint_eq(strlen(listed()), strlen("One Two"));
    CASET_PUT(&set, "one.pem", &one);
    ck_assert_str_ne(caset_poll(&set), "");
    ck_assert_str_eq(new_names(), "(none)");
    ck_assert_str_eq(listed(), "One");
}

static int names_set(SSL *ssl, void *of_trust)
{
    STACK_OF(X509_NAME) *made = cc_trust_new_names(of_trust);

    if (made) {
        SSL_set_client_CA_list(ssl, made);
    }
    return 1;
}

TEST_LOOP(a_client_is_told_the_names_that_are_current_when_it_connects, 0, TLS_WAYS)
{
    const STACK_OF(X509_NAME) * told;
    tls_t tls;

    follow("one.pem");
    at = host_make((tls_way_t)_i, &store, set.pool);
    host_follow(at, set.cas, set.pool);
    SSL_CTX_set_cert_cb(at->ctx, names_set, at->trust);
    CASET_PUT(&set, "one.pem", &two);
    ck_assert_str_ne(caset_poll(&set), "");
    tls = tls_open(at, NULL, NULL);
    ck_assert(tls_handshake(&tls));
    told = SSL_get0_peer_CA_list(tls.client);
    ck_assert_str_eq(names(told), "Two");
    ERR_clear_error();
    tls_free(&tls);
}

TEST(a_trust_without_a_set_has_no_new_names_and_all_of_its_verdicts_hold)
{
    host_t *plain = host_make(TLS13_TICKET, &store, set.pool);
    cc_seal_t seal = {.state = CC_TRUST_OK};

    host_ready(plain, set.pool);
    ck_assert_ptr_null(cc_trust_new_names(plain->trust));
    ck_assert_ptr_null(cc_trust_cas(plain->trust));
    ck_assert(cc_trust_holds(plain->trust, &seal));
    follow("one.pem");
    ck_assert_ptr_eq(cc_trust_cas(trust), set.cas);
    ERR_clear_error();
}

TEST(texts_of_trusts_differ_by_the_paths_of_their_sets_and_survive_a_restart)
{
    const char *first, *second;

    follow("one.pem");
    first = cc_trust_id_text(trust, set.pool);
    follow("both.pem");
    second = cc_trust_id_text(trust, set.pool);
    ck_assert_str_ne(first, second);
    follow("one.pem");
    ck_assert_str_eq(first, cc_trust_id_text(trust, set.pool));
    CASET_PUT(&set, "one.pem", &two);
    ck_assert_str_ne(caset_poll(&set), "");
    ck_assert_str_eq(first, cc_trust_id_text(trust, set.pool));
}

/* ---- issuers --------------------------------------------------------------------------------- */

static bool issuer_is(const pki_t *client, const pki_t *ca)
{
    cc_seal_t seal;
    X509 *issuer;
    bool is;

    cc_trust_reverify(&seal, trust, client->cert, NULL, apr_time_now());
    ck_assert_int_eq(seal.state, CC_TRUST_OK);
    issuer = cc_trust_issuer(trust, &seal, client->cert, NULL);
    is = issuer && X509_cmp(issuer, ca->cert) == 0;
    X509_free(issuer);
    return is;
}

TEST(an_issuer_is_found_in_the_current_set)
{
    pki_t renewed = pki_ca("One", NULL), carol = pki_client("carol", &renewed);

    CASET_PUT(&set, "one.pem", &renewed, &one, &below);
    follow("one.pem depth=2");
    ck_assert(issuer_is(&alice, &one) && issuer_is(&bob, &below) && issuer_is(&carol, &renewed));
    pki_free(&renewed);
    pki_free(&carol);
}

TEST(an_issuer_that_has_left_is_not_found_except_among_what_the_client_sent)
{
    STACK_OF(X509) *sent = sk_X509_new_null();
    cc_seal_t seal;
    X509 *issuer;

    follow("both.pem depth=2");
    sk_X509_push(sent, below.cert);
    cc_trust_reverify(&seal, trust, bob.cert, NULL, apr_time_now());
    CASET_PUT(&set, "both.pem", &one);
    ck_assert_str_ne(caset_poll(&set), "");
    ck_assert_ptr_null(cc_trust_issuer(trust, &seal, bob.cert, NULL));
    issuer = cc_trust_issuer(trust, &seal, bob.cert, sent);
    ck_assert_ptr_nonnull(issuer);
    X509_free(issuer);
    sk_X509_free(sent);
}

/* ---- authorities ----------------------------------------------------------------------------- */

/* "NAME STATE" of each, where the state is the number of CAs above it, or "-": not verified. */
static const char *authorities(void)
{
    const apr_array_header_t *all = cc_authorities_of_store(trust, set.pool);
    const char *names_of[] = {"One", "Two", "Below", "Store"}, *text = "";

    for (int n = 0; n < COUNT(names_of); n++) {
        for (int i = 0; i < all->nelts; i++) {
            const cc_authority_t *one_of = APR_ARRAY_IDX(all, i, const cc_authority_t *);
            char name[200] = "";

            X509_NAME_get_text_by_NID(X509_get_subject_name(one_of->cert), NID_commonName, name,
                                      sizeof(name));
            if (strcmp(name, names_of[n]) == 0) {
                ck_assert(one_of->anchor == (one_of->verified && one_of->above == 0));
                text = apr_psprintf(set.pool, "%s%s%s %s", text, *text ? ", " : "", name,
                                    one_of->verified ? apr_itoa(set.pool, one_of->above) : "-");
            }
        }
    }
    return text;
}

TEST(authorities_are_the_cas_of_the_set_with_their_chains)
{
    follow("both.pem");
    ck_assert_str_eq(authorities(), "One 0, Below 1");
    CASET_PUT(&set, "both.pem", &two, &below);
    ck_assert_str_ne(caset_poll(&set), "");
    ck_assert_str_eq(authorities(), "Two 0, Below -");
}

TEST(each_ca_of_a_trust_domain_is_an_anchor)
{
    follow("both.pem domain=a.test");
    ck_assert_str_eq(authorities(), "One 0, Below 0");
}

TEST(a_ca_of_several_groups_is_there_once_with_its_longest_chain)
{
    follow("both.pem\nboth.pem domain=a.test\nboth.pem domain=b.test");
    ck_assert_str_eq(authorities(), "One 0, Below 1");
    follow("both.pem domain=a.test\nboth.pem");
    ck_assert_str_eq(authorities(), "One 0, Below 1");
    CASET_PUT(&set, "alone.pem", &below);
    follow("alone.pem\nboth.pem domain=a.test");
    ck_assert_str_eq(authorities(), "One 0, Below 0");
}

TEST(authorities_outlive_the_set)
{
    const apr_array_header_t *all;
    apr_pool_t *p;

    apr_pool_create(&p, set.pool);
    follow("one.pem");
    all = cc_authorities_of_store(trust, p);
    CASET_PUT(&set, "one.pem", &two);
    ck_assert_str_ne(caset_poll(&set), "");
    CASET_PUT(&set, "one.pem", &below, &two);
    ck_assert_str_ne(caset_poll(&set), "");
    ck_assert_int_eq(X509_cmp(APR_ARRAY_IDX(all, 0, const cc_authority_t *)->cert, one.cert), 0);
    apr_pool_destroy(p);
}

TEST(a_certificate_is_an_authority_if_a_group_vouches_for_it)
{
    pki_t far = pki_ca("Far", &two);
    STACK_OF(X509) *none = sk_X509_new_null();

    follow("one.pem\none.pem domain=a.test");
    ck_assert_ptr_nonnull(cc_authority_make(trust, below.cert, none, set.pool));
    ck_assert_ptr_null(cc_authority_make(trust, far.cert, none, set.pool));
    CASET_PUT(&set, "two.pem", &two);
    follow("one.pem\ntwo.pem domain=a.test");
    ck_assert_ptr_nonnull(cc_authority_make(trust, far.cert, none, set.pool));
    sk_X509_free(none);
    pki_free(&far);
}

/* ---- a survey -------------------------------------------------------------------------------- */

TEST(a_survey_is_one_of_the_current_set)
{
    const apr_array_header_t *all;

    follow("both.pem");
    all = cc_trust_survey(trust, apr_time_now(), set.pool);
    ck_assert_int_eq(all->nelts, 2);
    for (int i = 0; i < 2; i++) {
        const cc_surveyed_t *ca = &APR_ARRAY_IDX(all, i, cc_surveyed_t);

        ck_assert_int_eq(ca->state, CC_SURVEYED_CA);
        ck_assert_int_eq(ca->depth, strcmp(ca->name, "CN=Below") == 0 ? 2 : 1);
    }
}

TEST(a_file_is_known_if_a_group_has_its_names_or_vouches_for_it)
{
    CASET_PUT(&set, "below.pem", &below);
    CASET_PUT(&set, "two.pem", &two);
    CASET_PUT(&set, "store.pem", &store);
    follow("one.pem\ntwo.pem domain=a.test");
    ck_assert(cc_trust_knows_any(trust, caset_path(&set, "one.pem"), set.pool));
    ck_assert(cc_trust_knows_any(trust, caset_path(&set, "below.pem"), set.pool));
    ck_assert(cc_trust_knows_any(trust, caset_path(&set, "two.pem"), set.pool));
    ck_assert(!cc_trust_knows_any(trust, caset_path(&set, "store.pem"), set.pool));
}

/* ---- a trust of files ------------------------------------------------------------------------ */

static const char *check(const pki_t *who, const cc_trust_files_t *files)
{
    cc_trust_t *made = NULL;
    cc_seal_t seal;
    bool admitted;

    CASET_PUT(&set, "who.pem", who);
    ck_assert_int_eq(cc_trust_load(&made, files, set.pool, &set.err), APR_SUCCESS);
    return cc_trust_check(&seal, &admitted, made, caset_path(&set, "who.pem"), apr_time_now(),
                          set.pool);
}

TEST(a_trust_of_files_takes_the_cas_of_a_set_alone)
{
    pki_t stranger = pki_client("stranger", &store);
    cc_trust_files_t files = {.ca_file = caset_path(&set, "store.pem"), .depth = 1};

    CASET_PUT(&set, "store.pem", &store);
    ck_assert_ptr_null(check(&stranger, &files));
    caset_open(&set, "both.pem");
    files.followed = set.cas;
    files.ca_file = caset_path(&set, "none.pem");
    ck_assert_ptr_null(check(&alice, &files));
    ck_assert_str_eq(check(&stranger, &files),
                     "it was issued by CN=Store: no such CA is trusted here");
    ck_assert_str_eq(check(&bob, &files),
                     "the chain is longer than SSLVerifyDepth allows: it needs SSLVerifyDepth 2");
    caset_open(&set, "both.pem depth=2");
    files.followed = set.cas;
    ck_assert_ptr_null(check(&bob, &files));
    files.depth = 5;
    caset_open(&set, "both.pem depth=1");
    files.followed = set.cas;
    ck_assert_str_eq(check(&bob, &files),
                     "the chain is longer than ClientCertCA allows here: it needs depth=2");
    pki_free(&stranger);
}

TEST(a_ca_of_the_same_name_with_another_key_is_the_cause)
{
    pki_t renewed = pki_ca("One", NULL), carol = pki_client("carol", &renewed);
    cc_trust_files_t files = {.depth = 1};

    caset_open(&set, "one.pem");
    files.followed = set.cas;
    ck_assert_str_eq(check(&carol, &files), "it was issued by CN=One: a CA of that name is trusted "
                                            "here, but with another key");
    pki_free(&renewed);
    pki_free(&carol);
}

SUITE("lookups", .setup = setup, .teardown = teardown);
