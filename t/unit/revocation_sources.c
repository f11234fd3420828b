/* SPDX-License-Identifier: Apache-2.0 */
/* Tests CRLs and a responder together, for the client's certificate and its chain. */
#include <string.h>

#include <apr_strings.h>

#include <openssl/err.h>

#include "crlset.h"
#include "ocspset.h"
#include "revocation/revocation.h"
#include "suite.h"

static crlset_t set;
static pki_t root, sub, leaf;
static reply_t reply;
static responder_t *responder;
static cc_revocation_t revocation;
static cc_seal_t seal;
static cc_revocation_status_t status;

static void setup(void)
{
    crlset_begin(&set);
    root = pki_ca("Root", NULL);
    sub = pki_ca("Sub", &root);
    leaf = pki_client("leaf", &sub);
    crlset_trust(&set, &root);
    crlset_trust(&set, &sub);
    crlset_put(&set, "root.crl", &(crl_recipe_t){.ca = &root, .number = "1"});
    crlset_put(&set, "sub.crl", &(crl_recipe_t){.ca = &sub, .number = "1"});
    reply = ocsp_good(&leaf, &sub);
    responder = NULL;
    revocation = (cc_revocation_t){.crls = NULL};
}

static void teardown(void)
{
    if (responder) {
        responder_stop(responder);
    }
    crlset_end(&set);
    pki_free(&root);
    pki_free(&sub);
    pki_free(&leaf);
}

/* With ClientCertCRL of these arguments, and a responder with these options; NULL: none. */
static void sources_make(const char *crl, const char *ocsp)
{
    static const cc_ocsp_io_t no_io = {0};
    cc_ocsp_config_t *config = apr_pcalloc(set.pool, sizeof(*config));

    crlset_open(&set, crl ? crl : "root.crl");
    revocation.crls = crl ? set.crls : NULL;
    revocation.trust = set.trust;
    if (ocsp) {
        responder = responder_start(ANSWERS, &reply, set.pool);
        config->specs = ocspset_specs(
            apr_psprintf(set.pool, "On responder=%s %s", responder->url, ocsp), set.pool);
        config->lists = cc_revocation_lists(revocation.crls);
        ck_assert_int_eq(cc_ocsp_create(&revocation.ocsp, config, &no_io, set.pool, NULL),
                         APR_SUCCESS);
    }
    cc_trust_reverify(&seal, set.trust, leaf.cert, NULL, apr_time_now());
    ck_assert_int_eq(seal.state, CC_TRUST_OK);
}

static const char *check(void)
{
    cc_verified_t cert = {leaf.cert, &seal, NULL};

    cc_revocation_check(&status, &revocation, &cert, apr_time_now(), set.pool);
    ck_assert_uint_eq(ERR_peek_error(), 0);
    return cc_revocation_word(status.verdict);
}

/* The depth and the error of the objection: "1 23"; "" for none. */
static const char *objection(void)
{
    cc_verified_t cert = {leaf.cert, &seal, NULL};
    int depth = 0;
    int error = cc_revocation_objection(&revocation, &cert, apr_time_now(), &depth);
    bool blocks = cc_revocation_blocks_resumption(&revocation, &cert, apr_time_now());

    ck_assert(blocks == (error != X509_V_OK));
    return error == X509_V_OK ? "" : apr_psprintf(set.pool, "%d %d", depth, error);
}

static void put_on(const char *name, const pki_t *ca, const pki_t *who)
{
    crlset_put(
        &set, name,
        &(crl_recipe_t){.ca = ca, .number = "2", .entries = {{.cert = who->cert, .reason = 1}}});
}

/* ---- CRLs ------------------------------------------------------------------------------ */

TEST(a_chain_that_no_list_has_is_good)
{
    sources_make("root.crl sub.crl", NULL);
    ck_assert_str_eq(check(), "good");
    ck_assert_str_eq(objection(), "");
    ck_assert_uint_eq(status.generation, cc_revocation_generation(&revocation));
}

TEST(a_revoked_certificate_is_objected_to)
{
    put_on("sub.crl", &sub, &leaf);
    sources_make("root.crl sub.crl", NULL);
    ck_assert_str_eq(check(), "revoked");
    ck_assert_str_eq(status.reason, "keyCompromise");
    ck_assert_str_eq(objection(), "0 23"); /* X509_V_ERR_CERT_REVOKED */
}

TEST(a_revoked_ca_counts_where_the_chain_is_asked_about)
{
    put_on("root.crl", &root, &sub);
    sources_make("root.crl sub.crl missing=allow", NULL);
    ck_assert_str_eq(check(), "revoked");
    ck_assert_str_eq(objection(), "1 23");
    revocation.leaf_alone = true;
    check();
    ck_assert_int_eq(status.verdict, CC_REVOCATION_WAIVED); /* the signer of its list is revoked */
    ck_assert_str_eq(objection(), "");
}

TEST(a_missing_list_of_a_ca_counts_where_the_chain_is_asked_about)
{
    sources_make("sub.crl", NULL);
    ck_assert_str_eq(check(), "unknown");
    ck_assert_int_eq(status.verdict, CC_REVOCATION_UNKNOWN);
    ck_assert_str_eq(objection(), "1 3"); /* X509_V_ERR_UNABLE_TO_GET_CRL */
    revocation.leaf_alone = true;
    ck_assert_str_eq(check(), "good");
    ck_assert_str_eq(objection(), "");
}

TEST(a_missing_list_may_be_waived_and_an_unknown_issuer_may_not)
{
    sources_make("root.crl missing=allow", NULL);
    check();
    ck_assert_int_eq(status.verdict, CC_REVOCATION_WAIVED);
    ck_assert_str_eq(objection(), "");
    seal.ca_known = false;
    check();
    ck_assert_int_eq(status.verdict, CC_REVOCATION_WAIVED); /* a chain of one has no CA */
    seal.ca_known = true;
    memset(seal.ca_sha256, 0, sizeof(seal.ca_sha256));
    check();
    ck_assert_int_eq(status.verdict, CC_REVOCATION_UNKNOWN);
}

TEST(what_was_shut_at_a_restart_is_not_waived)
{
    sources_make("root.crl missing=allow", NULL);
    cc_crls_mark_unread(set.crls, crlset_path(&set, "root.crl"));
    check();
    ck_assert_int_eq(status.verdict, CC_REVOCATION_UNKNOWN);
    ck_assert_str_eq(objection(), "0 3");
}

TEST(without_crls_nobody_objects)
{
    sources_make(NULL, "");
    ck_assert_str_eq(objection(), "");
    ck_assert_uint_eq(cc_revocation_generation(&revocation), 0);
}

/* ---- both ------------------------------------------------------------------------------ */

TEST(where_a_list_refuses_no_responder_is_asked)
{
    put_on("sub.crl", &sub, &leaf);
    sources_make("root.crl sub.crl", "");
    ck_assert_str_eq(check(), "revoked");
    ck_assert_int_eq(responder->asked, 0);
}

TEST(where_the_lists_know_nothing_the_responder_does)
{
    sources_make("root.crl missing=allow", "");
    ck_assert_str_eq(check(), "good");
    ck_assert_int_eq(status.verdict, CC_REVOCATION_GOOD);
    ck_assert_int_eq(responder->asked, 1);
    ck_assert_int_lt(status.stale_at, APR_INT64_MAX);
}

TEST(a_responder_revokes_what_the_lists_hold_for_good)
{
    reply.status = V_OCSP_CERTSTATUS_REVOKED;
    reply.reason = OCSP_REVOKED_STATUS_SUPERSEDED;
    sources_make("root.crl sub.crl", "");
    ck_assert_str_eq(check(), "revoked");
    ck_assert_str_eq(status.reason, "superseded");
    ck_assert_str_eq(objection(), ""); /* a handshake does not wait */
}

TEST(a_responder_that_fails_is_waived_or_not)
{
    sources_make(NULL, "failure=allow");
    responder->behaviour = FAILS;
    check();
    ck_assert_int_eq(status.verdict, CC_REVOCATION_WAIVED);
}

TEST(a_responder_that_fails_refuses_what_the_lists_hold_for_good)
{
    sources_make("root.crl sub.crl", "");
    responder->behaviour = FAILS;
    check();
    ck_assert_int_eq(status.verdict, CC_REVOCATION_UNKNOWN);
    ck_assert_ptr_nonnull(strstr(status.problem, "there is no valid OCSP answer for it: "));
}

TEST(without_the_issuer_no_responder_is_asked_and_no_session_resumed)
{
    cc_verified_t cert = {leaf.cert, &seal, NULL};

    sources_make(NULL, "failure=allow");
    memset(seal.ca_sha256, 0, sizeof(seal.ca_sha256));
    check();
    ck_assert_int_eq(status.verdict, CC_REVOCATION_WAIVED);
    ck_assert_int_eq(status.stale_at, APR_INT64_MAX);
    ck_assert_int_eq(responder->asked, 0);
    ck_assert(cc_revocation_blocks_resumption(&revocation, &cert, apr_time_now()));
}

TEST(a_handshake_asks_the_lists_alone)
{
    cc_verified_t cert = {leaf.cert, &seal, NULL};

    sources_make("root.crl sub.crl", "");
    cc_revocation_check_crls(&status, &revocation, &cert, apr_time_now(), set.pool);
    ck_assert_int_eq(status.verdict, CC_REVOCATION_GOOD);
    ck_assert_int_eq(responder->asked, 0);
    revocation.crls = NULL;
    cc_revocation_check_crls(&status, &revocation, &cert, apr_time_now(), set.pool);
    ck_assert_int_eq(status.verdict, CC_REVOCATION_UNCHECKED);
}

TEST(signers_of_answers_are_looked_up_in_the_lists)
{
    cc_ocsp_lists_t lists = cc_revocation_lists(NULL);

    ck_assert(lists.revoked == NULL);
    put_on("sub.crl", &sub, &leaf);
    sources_make("sub.crl", NULL);
    lists = cc_revocation_lists(revocation.crls);
    ck_assert_str_eq(lists.name, "site.conf:1");
    ck_assert(lists.revoked(lists.state, leaf.cert, sub.cert, apr_time_now()));
    ck_assert(!lists.revoked(lists.state, sub.cert, root.cert, apr_time_now()));
}

SUITE("revocation_sources", .setup = setup, .teardown = teardown);
