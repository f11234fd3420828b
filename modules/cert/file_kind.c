/* SPDX-License-Identifier: Apache-2.0 */
/* Recognizes what a file without a certificate contains, for an error message. */
#include <string.h>
#include <strings.h>

#include <apr_strings.h>

#include <openssl/asn1t.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs7.h>
#include <openssl/x509.h>

#include "cert/internal.h"

#define PRIVATE_KEY ", but a private key"
#define PUBLIC_KEY ", but a public key"
#define REQUEST ", but a certificate request (CSR)"
#define CRL ", but a CRL"
#define PKCS7_FILE ", but PKCS#7, which \"openssl pkcs7 -print_certs\" converts"

/* A text in a file, and what it shows. */
typedef struct mark_t {
    const char *text;
    const char *kind;
} mark_t;

/* ---- DER ------------------------------------------------------------------------------------- */

/* All octets have to belong to the structure: another file may begin in the same way. */
static bool is_structure(const ASN1_ITEM *item, const unsigned char *der, long len)
{
    const unsigned char *at = der;
    ASN1_VALUE *value = ASN1_item_d2i(NULL, &at, len, item);
    bool whole = value && at == der + len;

    ASN1_item_free(value, item);
    return whole;
}

static bool is_key(EVP_PKEY *(*read)(EVP_PKEY **, const unsigned char **, long),
                   const unsigned char *der, long len)
{
    const unsigned char *at = der;
    EVP_PKEY *key = read(NULL, &at, len);
    bool whole = key && at == der + len;

    EVP_PKEY_free(key);
    return whole;
}

static const char *kind_of_der(const unsigned char *der, long len)
{
    if (is_structure(ASN1_ITEM_rptr(X509_REQ), der, len)) {
        return REQUEST;
    }
    if (is_structure(ASN1_ITEM_rptr(X509_CRL), der, len)) {
        return CRL;
    }
    if (is_structure(ASN1_ITEM_rptr(PKCS7), der, len)) {
        return PKCS7_FILE;
    }
    if (is_key(d2i_AutoPrivateKey, der, len)) {
        return PRIVATE_KEY;
    }
    return is_key(d2i_PUBKEY, der, len) ? PUBLIC_KEY : NULL;
}

/* ---- text ------------------------------------------------------------------------------------ */

static const char *kind_of_pem(const char *text)
{
    static const char begin[] = "-----BEGIN " PEM_STRING_X509 "-----";
    static const mark_t marks[] = {
        {"CERTIFICATE REQUEST-----", REQUEST},
        {"X509 CRL-----", CRL},
        {"PRIVATE KEY-----", PRIVATE_KEY},
        {"PUBLIC KEY-----", PUBLIC_KEY},
        {"PKCS7-----", PKCS7_FILE},
        {"CMS-----", PKCS7_FILE},
    };
    const char *found = strstr(text, begin);

    if (found && (found == text || found[-1] == '\n')) {
        return ", but a damaged one";
    }
    if (found) {
        return ", because its line BEGIN CERTIFICATE has other characters before it";
    }
    for (size_t i = 0; strstr(text, "-----BEGIN ") && i < sizeof(marks) / sizeof(marks[0]); i++) {
        if (strstr(text, marks[i].text)) {
            return marks[i].kind;
        }
    }
    return NULL;
}

static const char *kind_of_start(const char *text)
{
    static const mark_t marks[] = {
        {"<!doctype html", ", but a web page (HTML)"},
        {"<html", ", but a web page (HTML)"},
        {"ssh-rsa ", ", but a public key of SSH"},
        {"ssh-ed25519 ", ", but a public key of SSH"},
        {"ecdsa-sha2-", ", but a public key of SSH"},
    };

    text += strspn(text, " \t\r\n");
    for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
        if (!strncasecmp(text, marks[i].text, strlen(marks[i].text))) {
            return marks[i].kind;
        }
    }
    return *text ? NULL : ": it is empty";
}

/* Base64 of a certificate, without the lines of PEM. */
static bool is_bare_base64(const char *text, long len)
{
    EVP_ENCODE_CTX *decoder = EVP_ENCODE_CTX_new();
    unsigned char *der = OPENSSL_malloc((size_t)len + 3);
    int most = 0;
    int rest = 0;
    bool found = false;

    if (decoder && der) {
        EVP_DecodeInit(decoder);
        found = EVP_DecodeUpdate(decoder, der, &most, (const unsigned char *)text, (int)len) >= 0 &&
                EVP_DecodeFinal(decoder, der + most, &rest) == 1 &&
                is_structure(ASN1_ITEM_rptr(X509), der, most + rest);
    }
    OPENSSL_free(der);
    EVP_ENCODE_CTX_free(decoder);
    return found;
}

static bool is_utf16_pem(const char *data, long len)
{
    return len >= 4 && (!memcmp(data, "\xff\xfe-\0", 4) || !memcmp(data, "\xfe\xff\0-", 4));
}

const char *cc_file_kind(const char *data, long len, apr_pool_t *p)
{
    const char *text = len > 0 ? apr_pstrmemdup(p, data, (apr_size_t)len) : "";
    const char *kind = kind_of_pem(text);

    if (len > 0 && *data == 0x30) {
        kind = kind_of_der((const unsigned char *)data, len);
    } else if (is_utf16_pem(data, len)) {
        kind = ", because its text is in UTF-16";
    } else if (!kind) {
        kind = kind_of_start(text);
    }
    if (!kind && is_bare_base64(text, (long)strlen(text))) {
        kind = ", because it is in base64 without the lines BEGIN CERTIFICATE and END "
               "CERTIFICATE";
    }
    return kind ? kind : "";
}
