/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes OCSP answers, from a responder or a cache: only signed content has an effect. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <apr_general.h>

#include <openssl/err.h>

#include "cert/cert.h"
#include "ocspkit.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static apr_pool_t *pool;
static pki_t ca, leaf, delegate, trusted;
static cc_ocsp_line_t line;    /* trusts a certificate that signs none of these answers */
static unsigned char *revoked; /* an answer of the CA's responder: the seed of all inputs */
static int revoked_len;

static void must(int done)
{
    if (!done) {
        abort();
    }
}

static void teardown(void)
{
    OPENSSL_free(revoked);
    sk_X509_free(line.signers);
    pki_free(&trusted);
    pki_free(&delegate);
    pki_free(&leaf);
    pki_free(&ca);
    apr_pool_destroy(pool);
    apr_terminate();
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    reply_t reply;

    (void)argc, (void)argv;
    must(apr_initialize() == APR_SUCCESS && apr_pool_create(&pool, NULL) == APR_SUCCESS);
    ca = pki_ca("CA", NULL);
    leaf = pki_client("leaf", &ca);
    delegate = pki_make("OCSP", &ca, ocsp_is_delegate, -60, 24 * 3600);
    trusted = pki_make("OCSP", NULL, ocsp_is_delegate, -60, 24 * 3600);
    line.signers = sk_X509_new_null();
    must(line.signers && sk_X509_push(line.signers, trusted.cert));
    reply = ocsp_good(&leaf, &ca);
    reply.signer = &delegate;
    reply.status = V_OCSP_CERTSTATUS_REVOKED;
    revoked = ocsp_reply(&reply, NULL, &revoked_len);
    atexit(teardown);
    return 0;
}

/* Octets around the signed part do not change its meaning. */
static void response_check(const unsigned char *octets, size_t len, apr_pool_t *p)
{
    cc_ocsp_check_t question = {.of = {leaf.cert, ca.cert}, .line = &line, .now = apr_time_now()};
    cc_response_t response = {octets, len, false};
    cc_ocsp_answer_t answer = {0};
    bool same = len == (size_t)revoked_len && memcmp(octets, revoked, len) == 0;

    cc_answer_read(&answer, &question, &response, p);
    must(answer.status == CC_OCSP_REVOKED || (answer.status == CC_OCSP_FAILED && !same));
    must((answer.status == CC_OCSP_FAILED) == (answer.error != NULL));
    must(!answer.error || !cc_text_unusable(answer.error, strlen(answer.error)));
    must(ERR_peek_error() == 0);
}

static void record_check(const unsigned char *octets, size_t len, apr_pool_t *p)
{
    apr_time_t now = apr_time_now();
    cc_record_t record;

    if (cc_record_unpack(&record, octets, len, now, p)) {
        const unsigned char *packed = NULL;
        apr_size_t size = 0;

        must(record.response.der + record.response.len == octets + len);
        must(!cc_text_unusable(record.error, strlen(record.error)));
        packed = cc_record_pack(&size, &record, p);
        must(size == len && memcmp(packed, octets, len) == 0);
        response_check(record.response.der, record.response.len, p);
    }
}

/* Tests the input itself, and as a difference to the signed answer (so seeds are mostly zeros). */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t len = size > (size_t)revoked_len ? size : (size_t)revoked_len;
    unsigned char *changed = calloc(1, len);
    apr_pool_t *p = NULL;

    must(changed != NULL && apr_pool_create(&p, pool) == APR_SUCCESS);
    memcpy(changed, revoked, (size_t)revoked_len);
    for (size_t i = 0; i < size; i++) {
        changed[i] ^= data[i];
    }
    response_check(data, size, p);
    response_check(changed, len, p);
    record_check(data, size, p);
    apr_pool_destroy(p);
    free(changed);
    return 0;
}
