/* SPDX-License-Identifier: Apache-2.0 */
/* Tests what is read from OCSP responses, and which responses do not count (RFC 6960 3.2). */
#include <string.h>

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

static cc_ocsp_answer_t read_octets(const unsigned char *der, int len)
{
    cc_ocsp_subject_t of = {leaf.cert, ca.cert};
    cc_response_t response = {der, (apr_size_t)len, false};

    return ocsp_read(&of, &response, NULL, pool);
}

#define REFUSED "the response is rejected: "

static void refused(const reply_t *reply, const char *why)
{
    ck_assert_str_eq(read_reply(reply, false).error, why);
}

static bool about(apr_time_t time, long seconds)
{
    apr_interval_time_t off = time - apr_time_now() - apr_time_from_sec(seconds);

    return off > -apr_time_from_sec(30) && off < apr_time_from_sec(30);
}

/* ---- the content ----------------------------------------------------------------------------- */

TEST(a_good_certificate_is_good)
{
    cc_ocsp_answer_t answer = read_reply(&good, false);

    ck_assert_int_eq(answer.status, CC_OCSP_GOOD);
    ck_assert(about(answer.this_update, -60) && about(answer.next_update, 3600));
    ck_assert(about(answer.produced_at, 0) && answer.revoked_at == 0 && !answer.reason);
}

TEST(a_response_needs_no_next_update)
{
    reply_t reply = good;

    reply.next_update = 0;
    ck_assert_int_eq(read_reply(&reply, false).status, CC_OCSP_GOOD);
    ck_assert_int_eq(read_reply(&reply, false).next_update, 0);
}

TEST(a_revoked_certificate_has_its_date_and_reason)
{
    static const struct {
        int reason;
        const char *text;
    } reasons[] = {
        {OCSP_REVOKED_STATUS_NOSTATUS, "unspecified"},
        {OCSP_REVOKED_STATUS_UNSPECIFIED, "unspecified"},
        {OCSP_REVOKED_STATUS_KEYCOMPROMISE, "keyCompromise"},
        {OCSP_REVOKED_STATUS_CERTIFICATEHOLD, "certificateHold"},
        {OCSP_REVOKED_STATUS_AACOMPROMISE, "aACompromise"},
        {7, "unspecified"},
        {11, "unspecified"},
    };
    reply_t reply = good;

    reply.status = V_OCSP_CERTSTATUS_REVOKED;
    for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
        cc_ocsp_answer_t answer;

        reply.reason = reasons[i].reason;
        answer = read_reply(&reply, false);
        ck_assert_int_eq(answer.status, CC_OCSP_REVOKED);
        ck_assert_str_eq(answer.reason, reasons[i].text);
        ck_assert(about(answer.revoked_at, -7200));
    }
}

TEST(an_unknown_certificate_is_unknown)
{
    reply_t reply = good;

    reply.status = V_OCSP_CERTSTATUS_UNKNOWN;
    ck_assert_int_eq(read_reply(&reply, false).status, CC_OCSP_UNKNOWN);
}

TEST(a_response_may_speak_of_others_too)
{
    reply_t reply = good;

    reply.also = other_leaf.cert;
    reply.status = V_OCSP_CERTSTATUS_REVOKED;
    ck_assert_int_eq(read_reply(&reply, false).status, CC_OCSP_REVOKED);
}

TEST(a_response_about_another_certificate_does_not_count)
{
    reply_t reply = good;

    reply.about = other_leaf.cert;
    refused(&reply, REFUSED "it does not cover the certificate");
}

TEST(the_same_serial_of_another_issuer_is_another_certificate)
{
    pki_t twin = pki_make("CA", NULL, pki_is_ca, -60, 60); /* the same name, another key */
    reply_t reply = good;

    reply.issuer = twin.cert;
    ck_assert_int_eq(read_reply(&reply, false).status, CC_OCSP_FAILED);
    reply.signer = &twin;
    ck_assert_int_eq(read_reply(&reply, false).status, CC_OCSP_FAILED);
    pki_free(&twin);
}

TEST(a_response_that_speaks_twice_of_the_certificate_does_not_count)
{
    reply_t reply = good;

    reply.twice = true;
    refused(&reply, REFUSED "it covers the certificate twice");
}

TEST(a_critical_extension_that_nobody_knows_does_not_count)
{
    reply_t reply = good;

    reply.critical = true;
    refused(&reply, REFUSED "it has an unknown critical extension");
}

TEST(an_error_of_the_responder_is_a_failure_in_its_words)
{
    reply_t reply = good;

    reply.error = OCSP_RESPONSE_STATUS_TRYLATER;
    refused(&reply, REFUSED "its status is trylater");
    reply.error = OCSP_RESPONSE_STATUS_INTERNALERROR;
    refused(&reply, REFUSED "its status is internalerror");
    reply.error = OCSP_RESPONSE_STATUS_UNAUTHORIZED;
    refused(&reply, REFUSED "its status is unauthorized");
}

TEST(a_responder_that_is_busy_wants_to_be_left_alone)
{
    static const struct {
        int error;
        bool busy;
    } errors[] = {{OCSP_RESPONSE_STATUS_TRYLATER, true},
                  {OCSP_RESPONSE_STATUS_INTERNALERROR, true},
                  {OCSP_RESPONSE_STATUS_UNAUTHORIZED, false},
                  {OCSP_RESPONSE_STATUS_MALFORMEDREQUEST, false}};
    cc_ocsp_subject_t of = {leaf.cert, ca.cert};

    for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
        cc_response_t response = {0};
        int len = 0;

        good.error = errors[i].error;
        response.der = ocsp_reply(&good, NULL, &len);
        response.len = (apr_size_t)len;
        ocsp_read(&of, &response, NULL, pool);
        ck_assert_int_eq(response.busy, errors[i].busy);
        OPENSSL_free((void *)response.der);
    }
}

/* ---- times ----------------------------------------------------------------------------------- */

TEST(this_update_may_lie_ahead_by_a_skew_of_clocks_alone)
{
    reply_t reply = good;

    reply.this_update = 200;
    ck_assert_int_eq(read_reply(&reply, false).status, CC_OCSP_GOOD);
    reply.this_update = 400;
    refused(&reply, REFUSED "its thisUpdate is in the future");
}

TEST(next_update_cannot_be_before_this_update)
{
    reply_t reply = good;

    reply.next_update = -120;
    refused(&reply, REFUSED "its nextUpdate is before its thisUpdate");
}

/* ---- octets ---------------------------------------------------------------------------------- */

TEST(a_response_with_any_octet_changed_says_nothing_else)
{
    int len = 0;
    unsigned char *der = NULL;

    good.status = V_OCSP_CERTSTATUS_REVOKED;
    good.bare = true;
    der = ocsp_reply(&good, NULL, &len);
    ck_assert_int_eq(read_octets(der, len).status, CC_OCSP_REVOKED);
    for (int i = 0; i < len; i++) {
        cc_ocsp_status_t status;

        der[i] ^= 1;
        status = read_octets(der, len).status;
        ck_assert_msg(status == CC_OCSP_FAILED || status == CC_OCSP_REVOKED, "octet %d", i);
        der[i] ^= 1;
    }
    OPENSSL_free(der);
}

TEST(a_response_that_is_cut_short_or_goes_on_does_not_count)
{
    int len = 0;
    unsigned char *der = ocsp_reply(&good, NULL, &len);
    unsigned char *longer = OPENSSL_zalloc((size_t)len + 1);

    for (int i = 0; i < len; i++) {
        longer[i] = der[i];
        ck_assert_int_eq(read_octets(der, i).status, CC_OCSP_FAILED);
    }
    ck_assert_str_eq(read_octets(longer, len + 1).error, REFUSED "it is not an OCSP response");
    OPENSSL_free(longer);
    OPENSSL_free(der);
}

/* ---- nonces ---------------------------------------------------------------------------------- */

TEST(the_nonce_of_the_question_must_come_back)
{
    ck_assert_int_eq(read_reply(&good, true).status, CC_OCSP_GOOD);
}

TEST(a_response_without_the_nonce_or_with_another_does_not_count)
{
    reply_t reply = good;

    reply.no_nonce = true;
    ck_assert_str_eq(read_reply(&reply, true).error,
                     REFUSED "it does not have the nonce of the request");
    reply.no_nonce = false;
    reply.wrong_nonce = true;
    ck_assert_str_eq(read_reply(&reply, true).error,
                     REFUSED "it does not have the nonce of the request");
}

TEST(where_no_nonce_was_asked_for_none_matters)
{
    reply_t reply = good;

    reply.wrong_nonce = true;
    ck_assert_int_eq(read_reply(&reply, false).status, CC_OCSP_GOOD);
}

TEST(a_nonce_has_32_octets_and_is_another_each_time)
{
    cc_ocsp_subject_t of = {leaf.cert, ca.cert};
    OCSP_REQUEST *a = cc_ocsp_request_make(&of, true), *b = cc_ocsp_request_make(&of, true);
    int at = OCSP_REQUEST_get_ext_by_NID(a, NID_id_pkix_OCSP_Nonce, -1);
    ASN1_OCTET_STRING *one = X509_EXTENSION_get_data(OCSP_REQUEST_get_ext(a, at));
    ASN1_OCTET_STRING *two = X509_EXTENSION_get_data(OCSP_REQUEST_get_ext(b, at));

    ck_assert_int_eq(ASN1_STRING_length(one), 2 + 32);
    ck_assert_int_ne(ASN1_OCTET_STRING_cmp(one, two), 0);
    OCSP_REQUEST_free(a);
    OCSP_REQUEST_free(b);
}

SUITE("what", .setup = setup, .teardown = teardown, .timeout = 60);
