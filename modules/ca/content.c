/* SPDX-License-Identifier: Apache-2.0 */
/* Makes the content of a file from its certificates: digests, names and dates of its CAs. */
#include <string.h>

#include <apr_strings.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>

#include "base/text.h"
#include "ca/internal.h"
#include "cert/cert.h"

#define MANY 4 /* certificates, for which preparing OpenSSL takes less time than it saves */

/* ---- holders --------------------------------------------------------------------------------- */

/*
 * The pool has its own allocator: it is made and freed in one thread, while others use its parent.
 */
static cc_ca_content_t *content_create(const char *path, int count)
{
    apr_pool_t *pool = NULL;
    cc_ca_content_t *content = NULL;

    apr_pool_create_unmanaged_ex(&pool, NULL, NULL);
    content = apr_pcalloc(pool, sizeof(*content));
    content->pool = pool;
    content->holders = 1;
    content->path = apr_pstrdup(pool, path);
    content->count = count;
    content->entries = apr_pcalloc(pool, (apr_size_t)count * sizeof(*content->entries));
    return content;
}

cc_ca_content_t *cc_ca_content_hold(cc_ca_content_t *content)
{
    content->holders++;
    return content;
}

void cc_ca_content_release(cc_ca_content_t *content)
{
    if (!content || --content->holders > 0) {
        return;
    }
    for (int i = 0; i < content->count; i++) {
        X509_NAME_free(content->entries[i].subject);
        X509_free(atomic_load(&content->entries[i].cert));
    }
    apr_pool_destroy(content->pool);
}

bool cc_ca_content_same(const cc_ca_content_t *a, const cc_ca_content_t *b)
{
    if (a->count != b->count) {
        return false;
    }
    for (int i = 0; i < a->count; i++) {
        if (memcmp(a->entries[i].mark, b->entries[i].mark, CC_CA_MARK_LEN) != 0) {
            return false;
        }
    }
    return true;
}

/* ---- certificates ---------------------------------------------------------------------------- */

X509 *cc_ca_entry_cert(cc_ca_entry_t *entry)
{
    X509 *cert = atomic_load(&entry->cert);

    if (!cert) {
        X509 *other = NULL;

        ERR_set_mark();
        cert = cc_ca_decode(&entry->der);
        if (cert) {
            X509_check_purpose(cert, -1,
                               0); /* OpenSSL decodes the extensions, before it is shared */
        }
        ERR_pop_to_mark();
        if (cert && !atomic_compare_exchange_strong(&entry->cert, &other, cert)) {
            X509_free(cert);
            cert = other;
        }
    }
    return cert;
}

static const char *text_of(X509 *cert, apr_pool_t *p)
{
    const cc_value_t *subject = cc_cert_value(cc_cert_wrap(cert, p), "subject", p);

    return subject ? cc_text_excerpt(subject->text, subject->len, p) : "";
}

const char *cc_ca_entry_text(const cc_ca_entry_t *entry, apr_pool_t *p)
{
    apr_pool_t *scratch = NULL;
    X509 *cert = cc_ca_decode(&entry->der);
    char hex[65];
    const char *text;

    for (int i = 0; i < 32; i++) {
        apr_snprintf(hex + 2 * i, 3, "%02x", entry->sha256[i]);
    }
    apr_pool_create(&scratch, p);
    text = apr_psprintf(p, "%s (sha256 %s)", cert ? text_of(cert, scratch) : "?", hex);
    apr_pool_destroy(scratch);
    X509_free(cert);
    return text;
}

/* ---- making ---------------------------------------------------------------------------------- */

static bool digest(unsigned char sha256[32], const unsigned char *octets, int len)
{
    return len > 0 && EVP_Digest(octets, (size_t)len, sha256, NULL, EVP_sha256(), NULL);
}

/* The certificate may have been decoded without its key, which is why OpenSSL cannot digest it. */
static bool digests_fill(cc_ca_entry_t *entry, X509 *cert)
{
    unsigned char *der = NULL, *key = NULL, mark[32];
    int len = i2d_X509(cert, &der);
    int key_len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &key);
    bool done = digest(entry->sha256, der, len) && digest(entry->spki_sha256, key, key_len) &&
                digest(mark, entry->der.at, (int)entry->der.len);

    if (done) {
        memcpy(entry->mark, mark, CC_CA_MARK_LEN);
    }
    OPENSSL_free(der);
    OPENSSL_free(key);
    return done;
}

static bool entry_fill(cc_ca_entry_t *entry, X509 *cert, apr_pool_t *p)
{
    apr_time_t not_before = 0;

    entry->subject = X509_NAME_dup(X509_get_subject_name(cert));
    cc_cert_validity(cc_cert_wrap(cert, p), &not_before, &entry->not_after);
    return entry->subject && digests_fill(entry, cert);
}

/* Fills the entry of the certificate with this number, counted from 0. */
static apr_status_t entry_make(cc_ca_content_t *content, int number, const cc_ca_keyless_t *keyless,
                               apr_pool_t *p, cc_error_t *err)
{
    cc_ca_entry_t *entry = &content->entries[number];
    bool is_ca = false;
    X509 *cert = cc_ca_decode_ca(&is_ca, &entry->der, keyless);
    apr_pool_t *scratch = NULL;
    apr_status_t status = APR_SUCCESS;

    apr_pool_create(&scratch, p);
    if (!cert) {
        status = cc_error_set(err, p, "CC0465", content->path,
                              "certificate %d of the file cannot be decoded", number + 1);
    } else if (!is_ca) {
        status = cc_error_set(err, p, "CC0465", content->path,
                              "certificate %d of the file, \"%s\", is not a CA certificate; only "
                              "CAs are allowed",
                              number + 1, text_of(cert, scratch));
    } else if (!entry_fill(entry, cert, scratch)) {
        status = APR_ENOMEM;
    }
    apr_pool_destroy(scratch);
    X509_free(cert);
    return status;
}

/* All certificates are in one piece of memory. */
static void ders_copy(cc_ca_content_t *content, const apr_array_header_t *ders)
{
    apr_size_t size = 0;
    unsigned char *to = NULL;

    for (int i = 0; i < ders->nelts; i++) {
        size += APR_ARRAY_IDX(ders, i, cc_ca_der_t).len;
    }
    to = apr_palloc(content->pool, size);
    for (int i = 0; i < ders->nelts; i++) {
        const cc_ca_der_t *der = &APR_ARRAY_IDX(ders, i, cc_ca_der_t);

        content->entries[i].der = (cc_ca_der_t){memcpy(to, der->at, der->len), der->len};
        to += der->len;
    }
}

apr_status_t cc_ca_content_make(cc_ca_content_t **content, const apr_array_header_t *ders,
                                const char *path, apr_pool_t *p, cc_error_t *err)
{
    cc_ca_content_t *made = content_create(path, ders->nelts);
    cc_ca_keyless_t keyless = {NULL, NULL};
    apr_status_t status = APR_SUCCESS;

    ders_copy(made, ders);
    ERR_set_mark();
    if (made->count >= MANY) {
        cc_ca_keyless_make(&keyless);
    }
    for (int i = 0; status == APR_SUCCESS && i < made->count; i++) {
        status = entry_make(made, i, &keyless, p, err);
    }
    cc_ca_keyless_free(&keyless);
    ERR_pop_to_mark();
    if (status != APR_SUCCESS) {
        cc_ca_content_release(made);
        return status;
    }
    *content = made;
    return APR_SUCCESS;
}
