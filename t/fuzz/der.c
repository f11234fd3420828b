/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes certificates: text that counts as usable is usable, and two runs give the same answers. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <apr_general.h>
#include <apr_strings.h>
#include <apr_tables.h>

#include "cert/cert.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(int done)
{
    if (!done)
        abort();
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    must(apr_initialize() == APR_SUCCESS);
    return 0;
}

/* Every answer about a certificate, to be compared with a second run. */
typedef struct {
    apr_pool_t *pool;
    apr_array_header_t *parts; /* of const char * */
    const cc_cert_t *cert;
    const cc_facts_t *facts;
} answer_t;

static void add(answer_t *answer, const char *text, apr_size_t len)
{
    APR_ARRAY_PUSH(answer->parts, const char *) = cc_text_escape(text, len, answer->pool);
    APR_ARRAY_PUSH(answer->parts, const char *) = "\n";
}

static void usable_check(const cc_value_t *value)
{
    must(strlen(value->text) == value->len);
    must(!cc_text_unusable(value->text, value->len));
}

/* The value of a field can be written in a rule, and means the same there. */
static void operand_check(const cc_value_t *value, const cc_fieldref_t *ref, apr_pool_t *p)
{
    cc_value_t operand;

    if (ref->field->type == CC_TYPE_DN && value->len == 0)
        return; /* an empty name is not a valid operand */
    must(cc_field_operand(&operand, ref, value->text, p, NULL) == APR_SUCCESS);
    must(operand.key_len == value->key_len);
    must(memcmp(operand.key, value->key, value->key_len) == 0);
    must(operand.number == value->number);
}

static void name_check(const cc_value_t *value, answer_t *answer)
{
    cc_value_t line = cc_value_oneline(value, answer->pool);
    cc_value_t forms[] = {line, cc_value_rfc2253(value, answer->pool),
                          cc_value_legacy(value, answer->pool)};
    cc_value_t read;

    must(cc_value_under(value, value));
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
        if (!forms[i].unusable)
            usable_check(&forms[i]);
    /* What a grid-mapfile finds by this text is this name, or nothing. */
    if (!line.unusable && !cc_name_slashes_read(&read, line.text, line.len, answer->pool))
        must(read.key_len == value->key_len && !memcmp(read.key, value->key, read.key_len));
    add(answer, line.text, line.len);
}

/* As a CA, the certificate has the same values. */
static void ca_check(const char *name, cc_values_t values, const answer_t *answer)
{
    apr_pool_t *p = answer->pool;
    cc_fieldref_t ref;
    cc_values_t of_ca;

    if (cc_field_find(&ref, apr_pstrcat(p, "chain.", name, NULL), p, NULL) != APR_SUCCESS)
        return; /* a field of the connection */
    must(strcmp(cc_field_name(&ref, p), apr_pstrcat(p, "chain.", name, NULL)) == 0);
    of_ca = cc_field_values(&ref, answer->cert, answer->facts, p);
    must(of_ca.count == values.count);
    for (int i = 0; i < values.count; i++) {
        must(!of_ca.at[i].unusable == !values.at[i].unusable);
        must(of_ca.at[i].len == values.at[i].len &&
             memcmp(of_ca.at[i].text, values.at[i].text, values.at[i].len) == 0);
    }
}

static void visit(const char *name, const cc_fieldref_t *ref, cc_values_t values, void *baton)
{
    answer_t *answer = baton;
    cc_fieldref_t found;

    must(values.count > 0 && (ref->field->many || values.count == 1));
    must(cc_field_find(&found, name, answer->pool, NULL) == APR_SUCCESS);
    must(cc_field_same(&found, ref));
    add(answer, name, strlen(name));
    ca_check(name, values, answer);
    for (int i = 0; i < values.count; i++) {
        const cc_value_t *value = &values.at[i];

        add(answer, value->text, value->len);
        if (value->unusable) {
            add(answer, value->unusable, strlen(value->unusable));
            continue;
        }
        usable_check(value);
        operand_check(value, ref, answer->pool);
        if (ref->field->type == CC_TYPE_DN)
            name_check(value, answer);
    }
}

static const char *ask(const cc_cert_t *cert, apr_pool_t *p)
{
    static const char sni[] = "www.example.com\n"; /* a client can send anything */
    cc_facts_t facts = {.now = APR_TIME_C(1780315200000000), .tls_sni = sni, .tls_known = true};
    answer_t answer = {p, apr_array_make(p, 128, sizeof(const char *)), cert, &facts};
    cc_path_ca_t ca = {.cert = cert};
    cc_path_t path = {1, true, &ca};
    unsigned char digests[64];
    apr_time_t begin = 0, end = 0;
    const char *not_client = cc_cert_not_client(cert);

    cc_cert_digests(cert, ca.sha256, ca.spki_sha256);
    cc_facts_take_path(&facts, &path);
    cc_field_each(cert, &facts, visit, &answer, p);
    cc_cert_digests(cert, digests, digests + 32);
    cc_cert_validity(cert, &begin, &end);
    add(&answer, (const char *)digests, sizeof(digests));
    add(&answer, not_client ? not_client : "", not_client ? strlen(not_client) : 0);
    return apr_pstrcat(p, apr_array_pstrcat(p, answer.parts, 0),
                       apr_psprintf(p, "%" APR_TIME_T_FMT " %" APR_TIME_T_FMT, begin, end), NULL);
}

/* The inputs of the corpus are DER in hex, with spaces, so that people can read them. */
static const uint8_t *from_hex(const uint8_t *data, size_t *size, apr_pool_t *p)
{
    uint8_t *der = apr_pcalloc(p, *size + 1);
    size_t digits = 0;

    for (size_t i = 0; i < *size; i++) {
        const char *hex = "0123456789abcdef";
        const char *digit = data[i] ? strchr(hex, data[i]) : NULL;

        if (digit) {
            der[digits / 2] = (uint8_t)(der[digits / 2] << 4 | (digit - hex));
            digits++;
        }
    }
    *size = digits / 2;
    return der;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    apr_pool_t *p;
    cc_cert_t *cert;
    cc_error_t err = {0};

    must(apr_pool_create(&p, NULL) == APR_SUCCESS);
    if (size > 0 && *data == '3') /* a certificate begins with the octet 0x30 */
        data = from_hex(data, &size, p);
    if (cc_cert_parse(&cert, data, size, p, &err) == APR_SUCCESS)
        must(strcmp(ask(cert, p), ask(cert, p)) == 0);
    else
        must(err.tag && err.message);
    apr_pool_destroy(p);
    return 0;
}
