/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the files of a host's ClientCertOCSP directives, and finds the one for an issuer. */
#include <apr_strings.h>

#include <openssl/evp.h>
#include <openssl/x509v3.h>

#include "ocsp/internal.h"

/* The lines of a host while they are made. */
typedef struct maker_t {
    cc_ocsp_lines_t *lines;
    const cc_ocsp_files_t *files;
    apr_pool_t *pool;
    cc_error_t *err;
    bool blind; /* at a restart, the issuer of a line could not be read */
} maker_t;

/* Takes the certificates of a file for a line, or fills reading->err. */
typedef apr_status_t take_fn(maker_t *maker, cc_ocsp_line_t *line, STACK_OF(X509) * certs,
                             const cc_ocsp_reading_t *reading);

apr_status_t cc_ocsp_specs_add(apr_array_header_t **specs, const cc_ocsp_spec_t *spec,
                               apr_pool_t *p, cc_error_t *err)
{
    if (!*specs) {
        *specs = apr_array_make(p, 2, sizeof(const cc_ocsp_spec_t *));
    }
    for (int i = 0; !spec->issuer && i < (*specs)->nelts; i++) {
        const cc_ocsp_spec_t *before = APR_ARRAY_IDX(*specs, i, const cc_ocsp_spec_t *);

        if (!before->issuer) {
            return cc_error_set(err, p, "CC0487", NULL,
                                "ClientCertOCSP without issuer= is already set at %s; one is "
                                "allowed, and one with issuer=FILE for each CA with other settings",
                                before->where ? before->where : "another line");
        }
    }
    APR_ARRAY_PUSH(*specs, const cc_ocsp_spec_t *) = spec;
    return APR_SUCCESS;
}

bool cc_ocsp_specs_ask(const apr_array_header_t *specs)
{
    bool asks = false;

    for (int i = 0; specs && i < specs->nelts; i++) {
        asks = asks || APR_ARRAY_IDX(specs, i, const cc_ocsp_spec_t *)->mode != CC_OCSP_OFF;
    }
    return asks;
}

bool cc_ocsp_specs_trust(const apr_array_header_t *specs)
{
    bool trusts = false;

    for (int i = 0; specs && i < specs->nelts; i++) {
        trusts = trusts || APR_ARRAY_IDX(specs, i, const cc_ocsp_spec_t *)->signer;
    }
    return trusts;
}

/* ---- issuers --------------------------------------------------------------------------------- */

/*
 * Names are compared as in a verification (RFC 5280 7.1): a renewed certificate of a CA may have
 * its name in another case or type of string.
 */
static bool is_same_ca(const X509 *a, const X509 *b)
{
    return X509_NAME_cmp(X509_get_subject_name(a), X509_get_subject_name(b)) == 0 &&
           EVP_PKEY_eq(X509_get0_pubkey(a), X509_get0_pubkey(b)) == 1;
}

/* The line with issuer= for a CA; NULL: none. */
static const cc_ocsp_line_t *line_find(const cc_ocsp_lines_t *lines, const X509 *ca)
{
    for (int i = 0; i < lines->of_issuers->nelts; i++) {
        const cc_ocsp_line_t *line = APR_ARRAY_IDX(lines->of_issuers, i, const cc_ocsp_line_t *);

        if (is_same_ca(line->issuer, ca)) {
            return line;
        }
    }
    return NULL;
}

static apr_status_t issuer_take(maker_t *maker, cc_ocsp_line_t *line, STACK_OF(X509) * certs,
                                const cc_ocsp_reading_t *r)
{
    X509 *ca = sk_X509_value(certs, 0);
    const cc_ocsp_line_t *before = NULL;

    if (sk_X509_num(certs) != 1 || X509_check_ca(ca) <= 0) {
        return cc_error_set(r->err, r->pool, r->tag, r->path,
                            "the file must contain one certificate, that of a CA");
    }
    before = line_find(maker->lines, ca);
    if (before) {
        return cc_error_set(r->err, r->pool, "CC0487", r->path,
                            "ClientCertOCSP is already set for this CA at %s; one is allowed for "
                            "each CA",
                            before->spec->where ? before->spec->where : "another line");
    }
    line->issuer = ca;
    APR_ARRAY_PUSH(maker->lines->of_issuers, const cc_ocsp_line_t *) = line;
    return APR_SUCCESS;
}

/* ---- signers --------------------------------------------------------------------------------- */

/* Adds DER that OpenSSL has made, and frees it. */
static bool digest_add(EVP_MD_CTX *ctx, unsigned char *der, int len)
{
    bool added = len > 0 && EVP_DigestUpdate(ctx, der, (size_t)len);

    OPENSSL_free(der);
    return added;
}

static bool signers_digest(unsigned char digest[CC_OCSP_TRUST], STACK_OF(X509) * signers)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool made = ctx && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL);

    for (int i = 0; made && i < sk_X509_num(signers); i++) {
        unsigned char *der = NULL;
        int len = i2d_X509(sk_X509_value(signers, i), &der);

        made = digest_add(ctx, der, len);
    }
    made = made && EVP_DigestFinal_ex(ctx, digest, NULL);
    EVP_MD_CTX_free(ctx);
    return made;
}

static apr_status_t signers_take(maker_t *maker, cc_ocsp_line_t *line, STACK_OF(X509) * certs,
                                 const cc_ocsp_reading_t *r)
{
    (void)maker;
    if (!signers_digest(line->trust, certs)) {
        return cc_error_set(r->err, r->pool, r->tag, r->path, "out of memory");
    }
    line->signers = certs;
    return APR_SUCCESS;
}

/* ---- files ----------------------------------------------------------------------------------- */

/* At a restart: uses the content that was last accepted, if there is one. */
static apr_status_t kept_take(maker_t *maker, cc_ocsp_line_t *line, take_fn *take,
                              const cc_ocsp_reading_t *failed)
{
    cc_ocsp_reading_t reading = *failed;
    STACK_OF(X509) *certs = NULL;
    apr_time_t since = 0;
    apr_size_t len = 0;
    const char *content = cc_ocsp_kept_get(&len, &since, maker->files, failed->path);
    bool taken = false;

    reading.err = NULL;
    taken = content && cc_ocsp_certs_find(&certs, content, len, &reading) == APR_SUCCESS &&
            take(maker, line, certs, &reading) == APR_SUCCESS;
    maker->files->unread(failed->err, taken ? since : 0, maker->files->baton);
    return taken ? APR_SUCCESS : APR_EINVAL;
}

static const char *path_of(const maker_t *maker, const char *path)
{
    char *merged = NULL;

    return apr_filepath_merge(&merged, maker->files->root, path, 0, maker->pool) == APR_SUCCESS
               ? merged
               : path;
}

/* Reads a file of a line. An error at a restart is reported here. */
static apr_status_t file_take(maker_t *maker, cc_ocsp_line_t *line, const char *path,
                              const char *tag, take_fn *take)
{
    cc_error_t err = {.where = line->spec->where};
    cc_ocsp_reading_t reading = {maker->files, path_of(maker, path), tag, maker->pool, &err};
    STACK_OF(X509) *certs = NULL;
    const char *content = NULL;
    apr_size_t len = 0;
    apr_status_t status = cc_ocsp_certs_read(&certs, &content, &len, &reading);

    if (status == APR_SUCCESS) {
        status = take(maker, line, certs, &reading);
    }
    if (status == APR_SUCCESS) {
        cc_ocsp_kept_put(maker->files, reading.path, content, len);
        return APR_SUCCESS;
    }
    if (maker->files->unread) {
        return kept_take(maker, line, take, &reading);
    }
    if (maker->err) {
        *maker->err = err;
    }
    return status;
}

/* ---- lines ----------------------------------------------------------------------------------- */

static apr_status_t line_add(maker_t *maker, const cc_ocsp_spec_t *spec)
{
    cc_ocsp_line_t *line = apr_pcalloc(maker->pool, sizeof(*line));
    bool is_restart = maker->files->unread != NULL;
    apr_status_t status = APR_SUCCESS;

    line->spec = spec;
    if (spec->signer && spec->mode != CC_OCSP_OFF) {
        status = file_take(maker, line, spec->signer, "CC0486", signers_take);
        line->unread = status != APR_SUCCESS;
    }
    if (status != APR_SUCCESS && !is_restart) {
        return status;
    }
    if (!spec->issuer) {
        maker->lines->other = line;
    } else if (file_take(maker, line, spec->issuer, "CC0485", issuer_take) != APR_SUCCESS) {
        maker->blind = true;
    }
    maker->lines->waives =
        maker->lines->waives && !line->unread && (spec->mode == CC_OCSP_OFF || spec->allow);
    return maker->blind && !is_restart ? APR_EINVAL : APR_SUCCESS;
}

apr_status_t cc_ocsp_lines_make(cc_ocsp_lines_t *lines, const apr_array_header_t *specs,
                                const cc_ocsp_files_t *files, apr_pool_t *p, cc_error_t *err)
{
    static const cc_ocsp_line_t none = {.refusal = "no ClientCertOCSP is for its issuer"};
    static const cc_ocsp_line_t unread = {
        .refusal = "a file of issuer= could not be read at the restart, so it is not known which "
                   "ClientCertOCSP is for its issuer"};
    maker_t maker = {lines, files, p, err, false};
    apr_status_t status = APR_SUCCESS;

    *lines = (cc_ocsp_lines_t){apr_array_make(p, 2, sizeof(const cc_ocsp_line_t *)), &none,
                               cc_ocsp_specs_ask(specs), true};
    for (int i = 0; specs && status == APR_SUCCESS && i < specs->nelts; i++) {
        status = line_add(&maker, APR_ARRAY_IDX(specs, i, const cc_ocsp_spec_t *));
    }
    if (maker.blind) {
        lines->other = &unread;
    }
    lines->asks = lines->asks || (specs && lines->other->refusal);
    lines->waives = lines->waives && !lines->other->refusal;
    return status;
}

const cc_ocsp_line_t *cc_ocsp_line_of(const cc_ocsp_lines_t *lines, const X509 *issuer)
{
    const cc_ocsp_line_t *line = line_find(lines, issuer);

    return line ? line : lines->other;
}

apr_status_t cc_ocsp_files_check(const apr_array_header_t *specs, const cc_ocsp_files_t *files,
                                 apr_pool_t *p, cc_error_t *err)
{
    cc_ocsp_lines_t lines;

    return cc_ocsp_lines_make(&lines, specs, files, p, err);
}
