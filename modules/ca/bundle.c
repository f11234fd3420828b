/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the CA certificates of a SPIFFE bundle document (SPIFFE Trust Domain and Bundle 4). */
#include <string.h>

#include <jansson.h>

#include <openssl/asn1.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include "base/text.h"
#include "ca/internal.h"

/*
 * A bundle needs four levels, and some ten values for each key. More levels need stack, and more
 * values need memory: a hundred times the length of the text.
 */
#define TEXT_MAX (4 * 1024 * 1024)
#define DEPTH_MAX 16
#define VALUES_MAX 65536

/* ---- one key (RFC 7517 4) -------------------------------------------------------------------- */

/* A member of a key that must be a string; "": it is missing. *problem: it is not a string. */
static const char *text_member(const json_t *key, const char *name, const char **problem)
{
    const json_t *value = json_object_get(key, name);

    if (value && !json_is_string(value)) {
        *problem = "its members \"kty\" and \"use\" must be strings";
    }
    return json_is_string(value) ? json_string_value(value) : "";
}

/* A key of an unknown type is ignored (SPIFFE Trust Domain and Bundle 4.2.1). */
static bool type_is_known(const char *kty)
{
    return strcmp(kty, "RSA") == 0 || strcmp(kty, "EC") == 0 || strcmp(kty, "OKP") == 0;
}

/*
 * Base64 as RFC 4648 4 defines it: no "-" and "_", no line breaks. The number of "=" at its end, or
 * -1: it is something else.
 */
static int base64_padding(const char *text, size_t len)
{
    size_t digits =
        strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
    size_t padding = strspn(text + digits, "=");

    return len > 0 && len % 4 == 0 && digits + padding == len && padding <= 2 ? (int)padding : -1;
}

/* True if these octets are one SEQUENCE, with nothing after it. */
static bool is_one_sequence(const unsigned char *der, long len)
{
    const unsigned char *at = der;
    long inside = 0;
    int tag = -1, class = -1, flags = 0;

    ERR_set_mark();
    flags = ASN1_get_object(&at, &inside, &tag, &class, len);
    ERR_pop_to_mark();
    return flags == V_ASN1_CONSTRUCTED && class == V_ASN1_UNIVERSAL && tag == V_ASN1_SEQUENCE &&
           at + inside == der + len;
}

/* Adds the certificate. Returns what is wrong, or NULL. */
static const char *certificate_add(apr_array_header_t *ders, const json_t *value, apr_pool_t *p)
{
    const char *text = json_string_value(value);
    size_t len = json_string_length(value);
    int padding = text ? base64_padding(text, len) : -1;
    unsigned char *der = NULL;
    int count = 0;

    if (padding < 0) {
        return "the certificate in its \"x5c\" is not base64";
    }
    der = apr_palloc(p, len / 4 * 3);
    count = EVP_DecodeBlock(der, (const unsigned char *)text, (int)len) - padding;
    if (!is_one_sequence(der, count)) {
        return "the certificate in its \"x5c\" is not the DER encoding of one certificate";
    }
    APR_ARRAY_PUSH(ders, cc_ca_der_t) = (cc_ca_der_t){der, (apr_size_t)count};
    return NULL;
}

/*
 * Adds the certificate of a key for X509-SVIDs; other keys are ignored. Of several certificates all
 * but the first are ignored, and a key without one is ignored (X509-SVID 6.2). Returns what is
 * wrong, or NULL.
 */
static const char *key_add(apr_array_header_t *ders, const json_t *key, apr_pool_t *p)
{
    const char *problem = json_is_object(key) ? NULL : "it is not an object";
    const char *use = text_member(key, "use", &problem);
    const char *kty = text_member(key, "kty", &problem);
    const json_t *x5c = json_object_get(key, "x5c");

    if (problem || strcmp(use, "x509-svid") != 0) {
        return problem;
    }
    if (!*kty) {
        return "its \"kty\" is missing";
    }
    if (!type_is_known(kty) || !x5c) {
        return NULL;
    }
    if (!json_is_array(x5c)) {
        return "its \"x5c\" is not an array";
    }
    return json_array_size(x5c) > 0 ? certificate_add(ders, json_array_get(x5c, 0), p) : NULL;
}

/* ---- the document ---------------------------------------------------------------------------- */

/* What is wrong with the size and the shape of the text, or NULL. */
static const char *shape_problem(const char *text, apr_size_t len)
{
    int depth = 0, values = 0;
    bool quoted = false;

    for (apr_size_t i = 0; i < len; i++) {
        if (text[i] == '"') {
            quoted = !quoted;
        } else if (quoted) {
            i += text[i] == '\\';
        } else if (text[i] == '{' || text[i] == '[') {
            depth++;
            values++;
        } else if (text[i] == '}' || text[i] == ']') {
            depth--;
        } else if (text[i] == ',') {
            values++;
        }
        if (depth > DEPTH_MAX || values > VALUES_MAX) {
            return "it has too many values or levels";
        }
    }
    return len > TEXT_MAX ? "it is longer than 4 MiB" : NULL;
}

static apr_status_t keys_add(apr_array_header_t *ders, const json_t *keys, const char *path,
                             apr_pool_t *p, cc_error_t *err)
{
    int before = ders->nelts;

    for (size_t i = 0; i < json_array_size(keys); i++) {
        const char *problem = key_add(ders, json_array_get(keys, i), p);

        if (problem) {
            return cc_error_set(err, p, "CC0471", path,
                                "key %d of \"keys\" in this SPIFFE bundle is wrong: %s", (int)i + 1,
                                problem);
        }
    }
    if (ders->nelts == before) {
        return cc_error_set(err, p, "CC0472", path,
                            "a SPIFFE bundle without a CA certificate: none of its \"keys\" has "
                            "the \"use\" x509-svid, a known \"kty\", and an \"x5c\"");
    }
    return APR_SUCCESS;
}

static apr_status_t document_read(apr_array_header_t *ders, const json_t *document,
                                  const char *path, apr_pool_t *p, cc_error_t *err)
{
    const json_t *keys = json_object_get(document, "keys");

    if (json_is_array(keys)) {
        return keys_add(ders, keys, path, p, err);
    }
    if (json_object_get(document, "trust_domains")) {
        return cc_error_set(err, p, "CC0470", path,
                            "a SPIFFE bundle map, which has bundles of several trust domains; "
                            "write each bundle to a file of its own");
    }
    return cc_error_set(err, p, "CC0470", path, "not a SPIFFE bundle: it has no array \"keys\"");
}

apr_status_t cc_ca_bundle_read(apr_array_header_t *ders, const char *text, apr_size_t len,
                               const char *path, apr_pool_t *p, cc_error_t *err)
{
    const char *problem = shape_problem(text, len);
    json_error_t error = {.line = -1};
    json_t *document = NULL;
    apr_status_t status = APR_SUCCESS;

    if (problem) {
        return cc_error_set(err, p, "CC0470", path, "not a SPIFFE bundle: %s", problem);
    }
    document = json_loadb(text, len, JSON_REJECT_DUPLICATES | JSON_DECODE_INT_AS_REAL, &error);
    if (!document) {
        return cc_error_set(err, p, "CC0470", path, "not JSON: line %d, column %d: %s", error.line,
                            error.column, cc_text_excerpt(error.text, strlen(error.text), p));
    }
    status = document_read(ders, document, path, p, err);
    json_decref(document);
    return status;
}
