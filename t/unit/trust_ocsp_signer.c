/* SPDX-License-Identifier: Apache-2.0 */
/* Tests whose signature counts on an OCSP response (RFC 6960 4.2.2.2). */
#include <string.h>

#include <openssl/rsa.h>

#include "ocspkit.h"
#include "suite.h"

static apr_pool_t *pool;
static pki_t ca, other_ca, leaf, other_leaf;
static reply_t good;

static void setup(void)
{
    apr_pool_create(&pool, NULL);
    ca = pki_ca("CA", NULL);
    other_ca = pki_ca("Other CA", NULL);
    leaf = pki_client("leaf", &ca);
    other_leaf = pki_client("other", &ca);
    good = ocsp_good(&leaf, &ca);
}

static void teardown(void)
{
    pki_free(&ca);
    pki_free(&other_ca);
    pki_free(&leaf);
    pki_free(&other_leaf);
    apr_pool_destroy(pool);
}

static cc_ocsp_answer_t read_reply(const reply_t *reply, bool nonce)
{
    cc_ocsp_subject_t of = {leaf.cert, ca.cert};

    return ocsp_read_reply(&of, reply, nonce, pool);
}

#define REFUSED "the response is rejected: "

static void refused(const reply_t *reply, const char *why)
{
    ck_assert_str_eq(read_reply(reply, false).error, why);
}

/* The result if another certificate signs. */
static cc_ocsp_answer_t read_signed_by(const pki_t *signer)
{
    reply_t reply = good;

    reply.signer = signer;
    return read_reply(&reply, false);
}

/* ---- signers --------------------------------------------------------------------------------- */

TEST(whom_the_issuer_made_a_responder_may_sign)
{
    pki_t delegate = pki_make("OCSP", &ca, ocsp_is_delegate, -60, 60);

    ck_assert_int_eq(read_signed_by(&delegate).status, CC_OCSP_GOOD);
    pki_free(&delegate);
}

TEST(the_issuer_may_sign_where_his_certificate_is_not_sent)
{
    reply_t reply = good;

    reply.bare = true;
    ck_assert_int_eq(read_reply(&reply, false).status, CC_OCSP_GOOD);
}

TEST(an_issuer_below_a_root_may_sign)
{
    pki_t root = ca;

    ca = pki_ca("Sub CA", &root);
    pki_free(&leaf);
    leaf = pki_client("leaf", &ca);
    good = ocsp_good(&leaf, &ca);
    ck_assert_int_eq(read_reply(&good, false).status, CC_OCSP_GOOD);
    good.signer = &root;
    ck_assert_int_eq(read_reply(&good, false).status, CC_OCSP_FAILED);
    pki_free(&root);
}

TEST(a_certificate_of_the_issuer_that_is_not_for_it_may_not_sign)
{
    ck_assert_str_eq(read_signed_by(&other_leaf).error,
                     REFUSED "the extended key usage of its signer does not include OCSPSigning");
    ck_assert_str_eq(read_signed_by(&leaf).error,
                     REFUSED "the extended key usage of its signer does not include OCSPSigning");
}

TEST(any_purpose_is_not_this_purpose)
{
    pki_extensions_t any = {"extendedKeyUsage", "anyExtendedKeyUsage", NULL};
    pki_t delegate = pki_make("OCSP", &ca, any, -60, 60);

    ck_assert_str_eq(read_signed_by(&delegate).error,
                     REFUSED "the extended key usage of its signer does not include OCSPSigning");
    pki_free(&delegate);
}

TEST(a_key_that_is_not_for_signatures_may_not_sign)
{
    pki_extensions_t agrees = {"keyUsage", "keyAgreement", "extendedKeyUsage", "OCSPSigning", NULL};
    pki_t delegate = pki_make("OCSP", &ca, agrees, -60, 60);

    ck_assert_str_eq(read_signed_by(&delegate).error,
                     REFUSED "the key usage of its signer does not allow signatures");
    pki_free(&delegate);
}

TEST(a_responder_of_another_ca_may_not_sign)
{
    pki_t delegate = pki_make("OCSP", &other_ca, ocsp_is_delegate, -60, 60);
    const char *why = read_signed_by(&delegate).error;

    ck_assert_msg(strstr(why, "its signer was not authorized by the issuer") != NULL, "%s", why);
    pki_free(&delegate);
    ck_assert_int_eq(read_signed_by(&other_ca).status, CC_OCSP_FAILED);
}

TEST(a_responder_of_the_issuer_with_another_key_may_not_sign)
{
    pki_t twin = pki_ca("CA", NULL);
    pki_t delegate = pki_make("OCSP", &twin, ocsp_is_delegate, -60, 60);

    ck_assert_int_eq(read_signed_by(&delegate).status, CC_OCSP_FAILED);
    pki_free(&delegate);
    pki_free(&twin);
}

TEST(a_responder_of_a_ca_below_the_issuer_may_not_sign)
{
    pki_t sub = pki_ca("Sub CA", &ca);
    pki_t delegate = pki_make("OCSP", &sub, ocsp_is_delegate, -60, 60);

    ck_assert_int_eq(read_signed_by(&delegate).status, CC_OCSP_FAILED);
    ck_assert_int_eq(read_signed_by(&sub).status, CC_OCSP_FAILED);
    pki_free(&delegate);
    pki_free(&sub);
}

TEST(a_responder_whose_certificate_has_expired_may_not_sign)
{
    pki_t delegate = pki_make("OCSP", &ca, ocsp_is_delegate, -120, -60);
    const char *why = read_signed_by(&delegate).error;

    ck_assert_msg(strstr(why, "certificate has expired") != NULL, "%s", why);
    pki_free(&delegate);
}

TEST(a_responder_whose_certificate_is_not_sent_is_not_known)
{
    pki_t delegate = pki_make("OCSP", &ca, ocsp_is_delegate, -60, 60);
    reply_t reply = good;

    reply.signer = &delegate;
    reply.bare = true;
    refused(&reply,
            REFUSED "the certificate that signed it is neither the issuer's nor contained in it");
    pki_free(&delegate);
}

TEST(somebody_with_the_name_of_the_issuer_may_not_sign)
{
    pki_t twin = pki_ca("CA", NULL);

    ck_assert_str_eq(
        read_signed_by(&twin).error,
        REFUSED "it is signed neither by the issuer nor by a signer that the issuer authorized");
    pki_free(&twin);
}

TEST(a_signature_with_sha1_does_not_count)
{
    reply_t reply = good;

    reply.digest = EVP_sha1();
    refused(&reply, REFUSED "it is signed with SHA-1 or MD5");
}

/* Its digest is in the parameters of the algorithm, not in its name. */
TEST(a_signature_with_pss_counts_but_for_one_with_sha1)
{
    pki_t rsa = pki_make_with("CA", NULL, pki_is_ca, NULL, EVP_RSA_gen(2048));

    pki_free(&ca);
    pki_free(&leaf);
    ca = rsa;
    leaf = pki_client("leaf", &ca);
    good = ocsp_good(&leaf, &ca);
    good.pss = true;
    ck_assert_int_eq(read_reply(&good, false).status, CC_OCSP_GOOD);
    good.digest = EVP_sha1();
    refused(&good, REFUSED "it is signed with SHA-1 or MD5");
}

SUITE("who", .setup = setup, .teardown = teardown, .timeout = 60);
