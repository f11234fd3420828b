/* SPDX-License-Identifier: Apache-2.0 */
/* Makes requests to responders, and verifies their answers (RFC 6960, RFC 9654). */
#include <string.h>

#include <apr_strings.h>

#include <openssl/err.h>

#include "cert/cert.h"
#include "ocsp/internal.h"
#include "trust/trust.h"

#define NONCE_LEN 32 /* RFC 9654 2.1 */

/* A response that is being read. */
typedef struct response_reader_t {
    cc_ocsp_answer_t *answer;
    const cc_ocsp_check_t *check;
    OCSP_BASICRESP *basic;
    apr_pool_t *pool;
} response_reader_t;

/* ---- requests -------------------------------------------------------------------------------- */

/*
 * Every responder supports SHA-1 (RFC 5019 2.1.1). Here it identifies the certificate and proves
 * nothing.
 */
OCSP_CERTID *cc_ocsp_cert_id(const cc_ocsp_subject_t *of)
{
    return OCSP_cert_to_id(EVP_sha1(), of->leaf, of->issuer);
}

OCSP_REQUEST *cc_ocsp_request_make(const cc_ocsp_subject_t *of, bool nonce)
{
    OCSP_REQUEST *request = OCSP_REQUEST_new();
    OCSP_CERTID *id = cc_ocsp_cert_id(of);

    if (!request || !id || !OCSP_request_add0_id(request, id)) {
        OCSP_CERTID_free(id);
        OCSP_REQUEST_free(request);
        return NULL;
    }
    if (nonce && !OCSP_request_add1_nonce(request, NULL, NONCE_LEN)) {
        OCSP_REQUEST_free(request);
        return NULL;
    }
    return request;
}

/* ---- the contents ---------------------------------------------------------------------------- */

/* True if there is an unknown critical extension (RFC 5280 4.2). */
static bool is_beyond_us(const response_reader_t *r, OCSP_SINGLERESP *single)
{
    int nonce = OCSP_BASICRESP_get_ext_by_NID(r->basic, NID_id_pkix_OCSP_Nonce, -1);
    int critical = OCSP_BASICRESP_get_ext_by_critical(r->basic, 1, -1);

    if (critical >= 0 && critical == nonce) {
        critical = OCSP_BASICRESP_get_ext_by_critical(r->basic, 1, critical);
    }
    return critical >= 0 || OCSP_SINGLERESP_get_ext_by_critical(single, 1, -1) >= 0;
}

/* The only SingleResponse for the certificate; NULL, and what is wrong. */
static OCSP_SINGLERESP *single_find(const response_reader_t *r, const char **error)
{
    OCSP_CERTID *id = cc_ocsp_cert_id(&r->check->of);
    int at = id ? OCSP_resp_find(r->basic, id, -1) : -1;
    OCSP_SINGLERESP *single = at >= 0 ? OCSP_resp_get0(r->basic, at) : NULL;

    if (!single) {
        *error = "it does not cover the certificate";
    } else if (OCSP_resp_find(r->basic, id, at) >= 0) {
        *error = "it covers the certificate twice";
    } else if (is_beyond_us(r, single)) {
        *error = "it has an unknown critical extension";
    }
    OCSP_CERTID_free(id);
    return *error ? NULL : single;
}

/*
 * Some responders write fractions of a second, which RFC 5280 does not allow and OpenSSL accepts.
 * No answer is from before 1970.
 */
static bool time_read(apr_time_t *at, const ASN1_GENERALIZEDTIME *from)
{
    ASN1_TIME *strict = from ? ASN1_STRING_dup(from) : NULL;
    apr_int64_t seconds = 0;
    bool read = strict && ASN1_TIME_normalize(strict) && cc_cert_time_read(&seconds, strict) &&
                seconds >= 0;

    ASN1_TIME_free(strict);
    if (read) {
        *at = apr_time_from_sec(seconds);
    }
    return read;
}

static const char *times_read(const response_reader_t *r, const ASN1_GENERALIZEDTIME *from,
                              const ASN1_GENERALIZEDTIME *until)
{
    cc_ocsp_answer_t *answer = r->answer;

    if (!time_read(&answer->this_update, from) ||
        (until && !time_read(&answer->next_update, until)) ||
        !time_read(&answer->produced_at, OCSP_resp_get0_produced_at(r->basic))) {
        return "one of its times is not valid";
    }
    if (answer->this_update > r->check->now + CC_OCSP_SKEW) {
        return "its thisUpdate is in the future";
    }
    return until && answer->next_update < answer->this_update
               ? "its nextUpdate is before its thisUpdate"
               : NULL;
}

static const char *single_read(const response_reader_t *r, OCSP_SINGLERESP *single)
{
    ASN1_GENERALIZEDTIME *from = NULL, *until = NULL, *revoked = NULL;
    int reason = OCSP_REVOKED_STATUS_NOSTATUS;
    int status = OCSP_single_get0_status(single, &reason, &revoked, &from, &until);
    const char *error = times_read(r, from, until);

    if (error) {
        return error;
    }
    switch (status) {
    case V_OCSP_CERTSTATUS_GOOD:
        r->answer->status = CC_OCSP_GOOD;
        return NULL;
    case V_OCSP_CERTSTATUS_REVOKED:
        r->answer->status = CC_OCSP_REVOKED;
        r->answer->reason = cc_reason_text(reason);
        time_read(&r->answer->revoked_at, revoked);
        return NULL;
    case V_OCSP_CERTSTATUS_UNKNOWN:
        r->answer->status = CC_OCSP_UNKNOWN;
        return NULL;
    default:
        return "its certStatus is not valid";
    }
}

static const char *basic_read(const response_reader_t *r)
{
    const char *error = cc_ocsp_signature_refuse(r->basic, r->check, r->pool);
    OCSP_SINGLERESP *single = NULL;

    if (!error && r->check->request && OCSP_check_nonce(r->check->request, r->basic) != 1 &&
        OCSP_REQUEST_get_ext_by_NID(r->check->request, NID_id_pkix_OCSP_Nonce, -1) >= 0) {
        error = "it does not have the nonce of the request";
    }
    if (!error) {
        single = single_find(r, &error);
    }
    return single ? single_read(r, single) : error;
}

/* What is wrong with a response, or NULL. */
static const char *response_read(response_reader_t *r, OCSP_RESPONSE *response, bool *busy)
{
    const char *error = NULL;
    int status = OCSP_response_status(response);

    if (status != OCSP_RESPONSE_STATUS_SUCCESSFUL) {
        *busy =
            status == OCSP_RESPONSE_STATUS_TRYLATER || status == OCSP_RESPONSE_STATUS_INTERNALERROR;
        return apr_pstrcat(r->pool, "its status is ", OCSP_response_status_str(status), NULL);
    }
    r->basic = OCSP_response_get1_basic(response);
    error = r->basic ? basic_read(r) : "it is not a basic response";
    OCSP_BASICRESP_free(r->basic);
    return error;
}

void cc_answer_fail(cc_ocsp_answer_t *answer, const char *error)
{
    memset(answer, 0, sizeof(*answer));
    answer->error = error;
}

void cc_answer_read(cc_ocsp_answer_t *answer, const cc_ocsp_check_t *check, cc_response_t *response,
                    apr_pool_t *p)
{
    response_reader_t r = {answer, check, NULL, p};
    const unsigned char *at = response->der;
    OCSP_RESPONSE *parsed = NULL;
    const char *error = "it is not an OCSP response";

    ERR_set_mark();
    parsed = d2i_OCSP_RESPONSE(NULL, &at, (long)response->len);
    if (parsed && at == response->der + response->len) {
        error = response_read(&r, parsed, &response->busy);
    }
    OCSP_RESPONSE_free(parsed);
    if (error) {
        cc_answer_fail(answer, apr_pstrcat(p, "the response is rejected: ", error, NULL));
    }
    ERR_pop_to_mark();
}
