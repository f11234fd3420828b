/* SPDX-License-Identifier: Apache-2.0 */
/* Reads a file of CRLs, and splits it into blocks: PEM or DER, one or many. */
#include <stdlib.h>
#include <string.h>

#include <apr_file_io.h>
#include <apr_strings.h>

#include <openssl/evp.h>

#include "crl/internal.h"

#define FILE_MAX ((apr_off_t)1024 * 1024 * 1024) /* offsets in a set have 32 bits */
#define LABEL 40                                 /* characters of a PEM label, in a message */
#define PIECE 4096                               /* of base64 */

/* ---- octets ---------------------------------------------------------------------------------- */

static apr_status_t octets_fill(cc_octets_t *octets, apr_file_t *file)
{
    apr_finfo_t info;
    cc_file_stamp_t after;
    apr_status_t status = apr_file_info_get(&info, CC_FILE_STAMP_WANTED, file);

    if (status != APR_SUCCESS) {
        return status;
    }
    octets->stamp = cc_file_stamp_of(&info);
    if (info.size > FILE_MAX) {
        return EFBIG;
    }
    octets->at = malloc((apr_size_t)info.size + 1);
    if (!octets->at) {
        return APR_ENOMEM;
    }
    status = apr_file_read_full(file, octets->at, (apr_size_t)info.size, &octets->len);
    if (status != APR_SUCCESS && !APR_STATUS_IS_EOF(status)) {
        return status;
    }
    status = apr_file_info_get(&info, CC_FILE_STAMP_WANTED, file);
    if (status != APR_SUCCESS) {
        return status;
    }
    after = cc_file_stamp_of(&info);
    return cc_file_stamp_same(&octets->stamp, &after) ? APR_SUCCESS : APR_EBUSY;
}

apr_status_t cc_octets_read(cc_octets_t *octets, const char *path, apr_pool_t *p)
{
    apr_file_t *file = NULL;
    apr_finfo_t info;
    apr_status_t status = apr_stat(&info, path, APR_FINFO_TYPE, p);

    octets->at = NULL;
    octets->len = 0;
    if (status == APR_SUCCESS && info.filetype != APR_REG) {
        return info.filetype == APR_DIR ? EISDIR : EINVAL; /* opening a FIFO would wait */
    }
    if (status == APR_SUCCESS) {
        status =
            apr_file_open(&file, path, APR_FOPEN_READ | APR_FOPEN_BINARY, APR_FPROT_OS_DEFAULT, p);
    }
    if (status == APR_SUCCESS) {
        status = octets_fill(octets, file);
        apr_file_close(file);
    }
    return status;
}

/* ---- base64 ---------------------------------------------------------------------------------- */

/* Decodes the base64 between two lines of PEM in place: the result is shorter. */
static bool base64_decode(cc_der_span_t *der, unsigned char *at, const unsigned char *end)
{
    EVP_ENCODE_CTX *ctx = EVP_ENCODE_CTX_new();
    unsigned char piece[PIECE];
    unsigned char *to = at;
    int len = 0;
    int more = 1;

    *der = (cc_der_span_t){at, at};
    if (!ctx) {
        return false;
    }
    EVP_DecodeInit(ctx);
    while (at < end && more >= 0) {
        int size = end - at < PIECE ? (int)(end - at) : PIECE;

        memcpy(piece, at, (apr_size_t)size);
        at += size;
        more = EVP_DecodeUpdate(ctx, to, &len, piece, size);
        to += len;
    }
    more = more >= 0 ? EVP_DecodeFinal(ctx, to, &len) : more;
    to += more >= 0 ? len : 0;
    EVP_ENCODE_CTX_free(ctx);
    der->end = to;
    return more >= 0;
}

/* ---- PEM ------------------------------------------------------------------------------------- */

static const char begin[] = "-----BEGIN ";
static const char dashes[] = "-----";

/* The end of a line, or of the text. */
static unsigned char *line_end(unsigned char *at, const unsigned char *end)
{
    unsigned char *newline = memchr(at, '\n', (apr_size_t)(end - at));

    return newline ? newline : (unsigned char *)end;
}

static bool starts_with(const unsigned char *at, const unsigned char *end, const char *text)
{
    apr_size_t len = strlen(text);

    return (apr_size_t)(end - at) >= len && memcmp(at, text, len) == 0;
}

/* The start of the next line that begins with `text`, or NULL. */
static unsigned char *line_find(unsigned char *at, const unsigned char *end, const char *text)
{
    while (at < end && !starts_with(at, end, text)) {
        at = line_end(at, end);
        at += at < end;
    }
    return at < end ? at : NULL;
}

/* The label in a line "-----BEGIN LABEL-----"; NULL: none. */
static const char *label_read(const unsigned char *at, const unsigned char *end, apr_pool_t *p)
{
    const unsigned char *from = at + strlen(begin);
    const unsigned char *to = from;

    while (to < end && *to >= ' ' && *to < 0x7F && !starts_with(to, end, dashes)) {
        to++;
    }
    if (!starts_with(to, end, dashes) || to - from > LABEL) {
        return NULL;
    }
    return apr_pstrmemdup(p, (const char *)from, (apr_size_t)(to - from));
}

static bool block_kind(cc_block_t *block, const char *label)
{
    block->crl = strcmp(label, "X509 CRL") == 0;
    return block->crl || strcmp(label, "CERTIFICATE") == 0 ||
           strcmp(label, "X509 CERTIFICATE") == 0;
}

/* Reads the block whose first line begins at *at, and moves past it. */
static apr_status_t block_take(apr_array_header_t *blocks, unsigned char **at,
                               const unsigned char *end, const char **error, apr_pool_t *p)
{
    unsigned char *first = line_end(*at, end);
    const char *label = label_read(*at, first, p);
    unsigned char *last = NULL;
    cc_block_t block;

    if (!label || !block_kind(&block, label)) {
        *error = apr_psprintf(
            p, "it has a block \"%s\"; only blocks X509 CRL and CERTIFICATE are allowed",
            label ? label : "?");
        return first < end ? APR_EINVAL : APR_EINCOMPLETE;
    }
    first += first < end;
    last = line_find(first, end, apr_pstrcat(p, "-----END ", label, dashes, NULL));
    if (!last) {
        *error = apr_psprintf(p, "its last block has no -----END %s----- line", label);
        return APR_EINCOMPLETE;
    }
    if (!base64_decode(&block.der, first, last)) {
        *error = "a block is not valid base64";
        return APR_EINVAL;
    }
    APR_ARRAY_PUSH(blocks, cc_block_t) = block;
    *at = line_end(last, end);
    return APR_SUCCESS;
}

static apr_status_t pem_find(apr_array_header_t *blocks, cc_octets_t *octets, const char **error,
                             apr_pool_t *p)
{
    unsigned char *at = octets->at;
    const unsigned char *end = at + octets->len;
    apr_status_t status = APR_SUCCESS;

    while (status == APR_SUCCESS && (at = line_find(at, end, begin))) {
        status = block_take(blocks, &at, end, error, p);
    }
    return status;
}

/* ---- DER ------------------------------------------------------------------------------------- */

static apr_status_t der_find(apr_array_header_t *blocks, const cc_octets_t *octets,
                             const char **error)
{
    cc_der_span_t at = {octets->at, octets->at + octets->len};
    cc_der_t element;

    while (at.at < at.end) {
        if (cc_der_cut_off(at)) {
            *error = "its end is missing";
            return APR_EINCOMPLETE;
        }
        if (!cc_der_expect(&element, &at, CC_DER_SEQUENCE)) {
            *error = "it contains neither PEM nor CRLs in DER";
            return APR_EINVAL;
        }
        APR_ARRAY_PUSH(blocks, cc_block_t) = (cc_block_t){true, element.whole};
    }
    return APR_SUCCESS;
}

/* A single certificate in DER: folders contain such files next to CRLs. */
static bool is_certificate(const cc_octets_t *octets)
{
    const unsigned char *at = octets->at;
    X509 *cert = d2i_X509(NULL, &at, (long)octets->len);
    bool is = cert && at == octets->at + octets->len;

    X509_free(cert);
    return is;
}

/* ---- either ---------------------------------------------------------------------------------- */

apr_status_t cc_blocks_find(apr_array_header_t *blocks, cc_octets_t *octets, const char **error,
                            apr_pool_t *p)
{
    const unsigned char *end = octets->at + octets->len;
    bool der = octets->len > 0 && *octets->at == CC_DER_SEQUENCE; /* PEM never begins with "0" */

    if (der ? is_certificate(octets) : !line_find(octets->at, end, "-----BEGIN X509 CRL-----")) {
        *error = "it contains no CRL, neither in PEM nor in DER";
        return APR_ENOTIMPL;
    }
    return der ? der_find(blocks, octets, error) : pem_find(blocks, octets, error, p);
}
