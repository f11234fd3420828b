/* SPDX-License-Identifier: Apache-2.0 */
/* Tests signers that the configuration trusts (RFC 6960 4.2.2.2, the first case). */
#include <string.h>

#include <openssl/rsa.h>

#include "ocspkit.h"
#include "suite.h"

static const char *const plain[] = {"keyUsage", "digitalSignature", NULL};

static apr_pool_t *pool;
static pki_t ca, twin, leaf, signer;
static reply_t good;
static cc_ocsp_line_t line;
static cc_ocsp_lists_t lists;

static void trust(const pki_t *pki)
{
    if (!line.signers) {
        line.signers = sk_X509_new_null();
    }
    sk_X509_push(line.signers, pki->cert);
}

static void setup(void)
{
    apr_pool_create(&pool, NULL);
    ca = pki_ca("CA", NULL);
    twin = pki_ca("CA", NULL);
    leaf = pki_client("leaf", &ca);
    signer = pki_make("OCSP", NULL, plain, -60, 60);
    good = ocsp_good(&leaf, &ca);
    good.signer = &signer;
    good.bare = true;
    line = (cc_ocsp_line_t){.signers = NULL};
    lists = (cc_ocsp_lists_t){.revoked = NULL};
}

static void teardown(void)
{
    sk_X509_free(line.signers);
    pki_free(&ca);
    pki_free(&twin);
    pki_free(&leaf);
    pki_free(&signer);
    apr_pool_destroy(pool);
}

static cc_ocsp_answer_t answer_to(const reply_t *reply)
{
    cc_ocsp_subject_t of = {leaf.cert, ca.cert};
    cc_ocsp_check_t check = {.of = of, .line = &line, .now = apr_time_now(), .lists = &lists};
    cc_ocsp_answer_t answer = {0};
    int len = 0;
    unsigned char *der = ocsp_reply(reply, NULL, &len);
    cc_response_t response = {der, (apr_size_t)len, false};

    cc_answer_read(&answer, &check, &response, pool);
    OPENSSL_free(der);
    return answer;
}

#define REFUSED "the response is rejected: "
#define UNKNOWN_SIGNER                                                                             \
    REFUSED "the certificate that signed it is neither the issuer's nor contained in it"

static void refused(const reply_t *reply, const char *why)
{
    cc_ocsp_answer_t answer = answer_to(reply);

    ck_assert_int_eq(answer.status, CC_OCSP_FAILED);
    ck_assert_str_eq(answer.error, why);
}

TEST(a_trusted_certificate_may_sign_without_any_purpose_or_issuer)
{
    refused(&good, UNKNOWN_SIGNER);
    trust(&signer);
    ck_assert_int_eq(answer_to(&good).status, CC_OCSP_GOOD);
    good.bare = false;
    ck_assert_int_eq(answer_to(&good).status, CC_OCSP_GOOD);
    good.status = V_OCSP_CERTSTATUS_REVOKED;
    ck_assert_int_eq(answer_to(&good).status, CC_OCSP_REVOKED);
}

TEST(the_issuer_and_those_that_it_authorized_may_sign_as_well)
{
    pki_t delegate = pki_make("Delegate", &ca, ocsp_is_delegate, -60, 60);

    trust(&signer);
    good.bare = false;
    good.signer = &ca;
    ck_assert_int_eq(answer_to(&good).status, CC_OCSP_GOOD);
    good.signer = &delegate;
    ck_assert_int_eq(answer_to(&good).status, CC_OCSP_GOOD);
    pki_free(&delegate);
}

TEST(its_dates_count)
{
    pki_t expired = pki_make("OCSP", NULL, plain, -120, -60);
    pki_t early = pki_make("Early", NULL, plain, 3600, 7200);

    trust(&expired);
    trust(&early);
    good.signer = &expired;
    refused(&good, REFUSED "its signer, which signer= names, is not valid: Verify error: "
                           "certificate has expired");
    good.signer = &early;
    refused(&good, REFUSED "its signer, which signer= names, is not valid: Verify error: "
                           "certificate is not yet valid");
    pki_free(&expired);
    pki_free(&early);
}

TEST(its_key_usage_counts)
{
    static const char *const agrees[] = {"keyUsage", "keyAgreement", NULL};
    pki_t other = pki_make("OCSP", NULL, agrees, -60, 60);

    trust(&other);
    good.signer = &other;
    refused(&good, REFUSED "the key usage of its signer does not allow signatures");
    pki_free(&other);
}

TEST(a_short_key_does_not_count)
{
    pki_t weak = pki_make_with("OCSP", NULL, plain, NULL, EVP_RSA_gen(768));

    trust(&weak);
    good.signer = &weak;
    refused(&good, REFUSED "its signer, which signer= names, is not valid: Verify error: "
                           "EE certificate key too weak");
    pki_free(&weak);
}

TEST(sha1_does_not_count)
{
    trust(&signer);
    good.digest = EVP_sha1();
    refused(&good, REFUSED "it is signed with SHA-1 or MD5");
}

TEST(it_is_looked_up_in_the_lists)
{
    lists = (cc_ocsp_lists_t){ocsp_lists_one, &signer, "a list"};
    trust(&signer);
    refused(&good, REFUSED "its signer is revoked by a CRL");
}

TEST(another_certificate_of_this_name_is_not_trusted)
{
    pki_t other = pki_make("OCSP", NULL, plain, -60, 60);

    trust(&signer);
    good.signer = &other;
    good.bare = false;
    ck_assert_int_eq(answer_to(&good).status, CC_OCSP_FAILED);
    pki_free(&other);
}

TEST(what_a_trusted_ca_issued_is_not_trusted)
{
    static const char *const is_ca[] = {"basicConstraints", "critical,CA:TRUE", "keyUsage",
                                        "digitalSignature,keyCertSign", NULL};
    pki_t above = pki_make("OCSP CA", NULL, is_ca, -60, 60);
    pki_t below = pki_make("OCSP", &above, ocsp_is_delegate, -60, 60);

    trust(&above);
    good.signer = &below;
    good.bare = false;
    ck_assert_int_eq(answer_to(&good).status, CC_OCSP_FAILED);
    good.signer = &above;
    ck_assert_int_eq(answer_to(&good).status, CC_OCSP_GOOD);
    pki_free(&above);
    pki_free(&below);
}

TEST(all_trusted_certificates_of_one_name_are_tried)
{
    pki_t next = pki_make("OCSP", NULL, plain, -60, 60);
    pki_t expired = pki_make("OCSP", NULL, plain, -120, -60);

    trust(&expired);
    trust(&signer);
    trust(&next);
    ck_assert_int_eq(answer_to(&good).status, CC_OCSP_GOOD);
    good.signer = &next;
    ck_assert_int_eq(answer_to(&good).status, CC_OCSP_GOOD);
    pki_free(&next);
    pki_free(&expired);
}

/* Its CertID has another issuerNameHash, or another issuerKeyHash. */
TEST(what_it_says_of_another_issuer_is_not_of_this_one)
{
    pki_t other = pki_ca("Other CA", NULL);

    trust(&signer);
    good.issuer = twin.cert;
    refused(&good, REFUSED "it does not cover the certificate");
    good.issuer = other.cert;
    refused(&good, REFUSED "it does not cover the certificate");
    pki_free(&other);
}

SUITE("trusted", .setup = setup, .teardown = teardown, .timeout = 60);
