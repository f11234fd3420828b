/* SPDX-License-Identifier: Apache-2.0 */
/* Reads a responder's reply in HTTP (RFC 6960 A.1, RFC 9112). */
#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "cert/cert.h"
#include "ocsp/internal.h"

/*
 * Each octet is read once, however the reply is split into pieces: the state of a reply records how
 * much of its header has been read, and the fields found there. The caller keeps all octets in one
 * buffer.
 *
 * OpenSSL has an HTTP client, but its behaviour depends on the version: 3.0 forgets between two
 * reads that it has seen a Content-Type; 3.5 fails if a memory BIO ends before the answer does, and
 * mistakes the content of an error for an answer. The small part of HTTP that OCSP needs is read
 * here, the same way with every OpenSSL: a status of 200, the type, a matching length, and one
 * structure in DER, which contains its own length.
 */

#define HEAD_MAX (16 * 1024) /* the status line and the header */
#define TYPE "application/ocsp-response"

/* Text of the responder, escaped for a log and cut if it is long. */
static const char *quoted(const char *text, apr_size_t len, apr_pool_t *p)
{
    return cc_text_escape(text, len < 100 ? len : 100, p);
}

/* ---- the header ------------------------------------------------------------------------------ */

static const char *status_read(cc_http_reply_t *reply, const char *line, apr_size_t len,
                               apr_pool_t *p)
{
    static const char version[] = "HTTP/1.";
    const apr_size_t code = sizeof(version) + 1; /* after a digit and a space */

    reply->begun = true;
    if (len < code + 3 || strncmp(line, version, sizeof(version) - 1) != 0 ||
        !apr_isdigit(line[code - 2]) || line[code - 1] != ' ') {
        return apr_psprintf(p, "its answer is not HTTP/1: %s", quoted(line, len, p));
    }
    if (strncmp(line + code, "200", 3) == 0 && (len == code + 3 || line[code + 3] == ' ')) {
        return NULL;
    }
    return apr_psprintf(p, "its answer has HTTP status %s%s", quoted(line + code, len - code, p),
                        line[code] == '3' ? ", and redirections are not followed" : "");
}

static const char *type_read(cc_http_reply_t *reply, const char *value, apr_size_t len,
                             apr_pool_t *p)
{
    const apr_size_t size = sizeof(TYPE) - 1;

    reply->typed = true;
    if (len >= size && strncasecmp(value, TYPE, size) == 0 &&
        (len == size || value[size] == ';' || value[size] == ' ' || value[size] == '\t')) {
        return NULL;
    }
    return apr_psprintf(p, "its Content-Type is %s, not " TYPE, quoted(value, len, p));
}

static const char *length_read(cc_http_reply_t *reply, const char *value, apr_size_t len,
                               apr_pool_t *p)
{
    apr_size_t length = 0, digits = 0;

    for (; digits < len && apr_isdigit(value[digits]) && length <= CC_OCSP_RESPONSE_MAX; digits++) {
        length = 10 * length + (apr_size_t)(value[digits] - '0');
    }
    if (length > CC_OCSP_RESPONSE_MAX) {
        return "its answer is too large";
    }
    if (digits == 0 || digits < len || (reply->measured && reply->length != length)) {
        return apr_psprintf(p, "its Content-Length is wrong: %s", quoted(value, len, p));
    }
    reply->measured = true;
    reply->length = length;
    return NULL;
}

static bool is_name(const char *line, apr_size_t len, const char *name)
{
    return len == strlen(name) && strncasecmp(line, name, len) == 0;
}

/* Lines without a name are ignored, as are all names except three. */
static const char *field_read(cc_http_reply_t *reply, const char *line, apr_size_t len,
                              apr_pool_t *p)
{
    const char *end = line + len, *colon = memchr(line, ':', len);
    const char *value = colon ? colon + 1 : end;
    apr_size_t name = colon ? (apr_size_t)(colon - line) : 0;

    while (value < end && (*value == ' ' || *value == '\t')) {
        value++;
    }
    while (end > value && (end[-1] == ' ' || end[-1] == '\t')) {
        end--;
    }
    if (is_name(line, name, "Content-Type")) {
        return type_read(reply, value, (apr_size_t)(end - value), p);
    }
    if (is_name(line, name, "Content-Length")) {
        return length_read(reply, value, (apr_size_t)(end - value), p);
    }
    if (is_name(line, name, "Transfer-Encoding")) {
        return "its answer has a Transfer-Encoding, which HTTP/1.0 does not have";
    }
    return NULL;
}

static const char *line_read(cc_http_reply_t *reply, const char *line, apr_size_t len,
                             apr_pool_t *p)
{
    if (len > 0 && line[len - 1] == '\r') {
        len--;
    }
    if (!reply->begun) {
        return status_read(reply, line, len, p);
    }
    if (len > 0) {
        return field_read(reply, line, len, p);
    }
    reply->headed = true;
    return reply->typed ? NULL : "its answer has no Content-Type";
}

/* Reads complete lines, up to the empty one. */
static const char *head_read(cc_http_reply_t *reply, const char *octets, apr_size_t len,
                             apr_pool_t *p)
{
    const char *error = NULL;

    while (!reply->headed && !error) {
        const char *line = octets + reply->at;
        const char *end = memchr(octets + reply->seen, '\n', len - reply->seen);

        reply->seen = end ? (apr_size_t)(end - octets) + 1 : len;
        if ((end ? reply->seen - 1 : len) >= HEAD_MAX) {
            return "the header of its answer is too large";
        }
        if (!end) {
            return NULL;
        }
        reply->at = reply->seen;
        error = line_read(reply, line, (apr_size_t)(end - line), p);
    }
    return error;
}

/* ---- the content ----------------------------------------------------------------------------- */

/* The length of a SEQUENCE in DER, with its tag and length; 0: more octets are needed to tell. */
static const char *der_length(apr_size_t *whole, const unsigned char *der, apr_size_t len)
{
    apr_size_t count = len > 1 && der[1] > 0x7F ? der[1] & 0x7FU : 0;

    *whole = 0;
    if ((len > 0 && der[0] != 0x30) || (len > 1 && der[1] == 0x80) || count > 4) {
        return "its answer is not an ASN.1 SEQUENCE in DER";
    }
    if (len < 2 + count) {
        return NULL;
    }
    *whole = count > 0 ? 0 : der[1];
    for (apr_size_t i = 0; i < count; i++) {
        *whole = *whole << 8 | der[2 + i];
    }
    *whole += 2 + count;
    return *whole > CC_OCSP_RESPONSE_MAX ? "its answer is too large" : NULL;
}

static const char *content_read(cc_response_t *response, const cc_http_reply_t *reply,
                                const char *octets, apr_size_t len, apr_pool_t *p)
{
    const unsigned char *der = (const unsigned char *)octets + reply->at;
    apr_size_t whole = 0;
    const char *error = der_length(&whole, der, len - reply->at);

    if (error || whole == 0) {
        return error;
    }
    if (reply->measured && reply->length != whole) {
        return apr_psprintf(p,
                            "its Content-Length is wrong: %" APR_SIZE_T_FMT
                            ", for an answer of %" APR_SIZE_T_FMT " bytes",
                            reply->length, whole);
    }
    if (len - reply->at >= whole) {
        response->der = der;
        response->len = whole;
    }
    return NULL;
}

const char *cc_http_reply_read(cc_response_t *response, cc_http_reply_t *reply, const char *octets,
                               apr_size_t len, apr_pool_t *p)
{
    const char *error = head_read(reply, octets, len, p);

    response->len = 0;
    return error || !reply->headed ? error : content_read(response, reply, octets, len, p);
}
