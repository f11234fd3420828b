/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzes SPIFFE bundles: each certificate that is read is one SEQUENCE, which its base64 in the
 * text represents; each error fits on one line.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <apr_general.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "base/text.h"
#include "ca/internal.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(int done)
{
    if (!done) {
        abort();
    }
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    must(apr_initialize() == APR_SUCCESS && atexit(apr_terminate) == 0);
    return 0;
}

/* True if the text has the base64 of these octets, unless escapes or padding hide it. */
static int is_in(const char *text, cc_ca_der_t der)
{
    char *base64 = malloc((der.len + 2) / 3 * 4 + 1);
    int found;

    must(base64 != NULL);
    EVP_EncodeBlock((unsigned char *)base64, der.at, (int)der.len);
    found = strstr(text, base64) || strchr(text, '\\') || strchr(text, '=');
    free(base64);
    return found;
}

static void der_check(const char *text, cc_ca_der_t der)
{
    const unsigned char *at = der.at;
    X509 *cert = d2i_X509(NULL, &at, (long)der.len);

    must(der.len >= 2 && der.at[0] == 0x30 && is_in(text, der));
    must(!cert || at == der.at + der.len);
    X509_free(cert);
    ERR_clear_error();
}

static void error_check(const cc_error_t *err, apr_pool_t *p)
{
    const char *text;

    must(err->message && strncmp(err->tag, "CC047", 5) == 0);
    text = cc_error_text(err, p);
    must(!cc_text_unusable(text, strlen(text)));
}

/* A text without a NUL after it, so that a sanitizer sees what is read after its end. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    apr_pool_t *p = NULL;
    apr_array_header_t *ders;
    cc_error_t err = {0};
    char *text = malloc(size + 1);

    must(text && apr_pool_create(&p, NULL) == APR_SUCCESS);
    memcpy(text, data, size);
    text[size] = '\0';
    ders = apr_array_make(p, 1, sizeof(cc_ca_der_t));
    if (cc_ca_bundle_read(ders, (const char *)data, size, "b.json", p, &err) == APR_SUCCESS) {
        must(cc_ca_bundle_is(text, size) && ders->nelts > 0);
        for (int i = 0; i < ders->nelts; i++) {
            der_check(text, APR_ARRAY_IDX(ders, i, cc_ca_der_t));
        }
    } else {
        error_check(&err, p);
    }
    must(ERR_peek_error() == 0);
    apr_pool_destroy(p);
    free(text);
    return 0;
}
