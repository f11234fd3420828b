/* SPDX-License-Identifier: Apache-2.0 */
/* Reads and writes certificates in PEM (RFC 7468), with nothing between and around them. */
#include <string.h>

#include "forward/internal.h"

#define END                                                                                        \
    "-----END "                                                                                    \
    "CERTIFICATE-----"
#define LINE 64 /* characters of base64 on a line */

/* ---- reading --------------------------------------------------------------------------------- */

static apr_status_t bad(const cc_forward_reading_t *r, const char *at, const char *reason)
{
    return cc_forward_bad(r, "CC0480", at, reason);
}

/* The place after this text; NULL: it is not there. */
static char *after(char *at, const char *text)
{
    apr_size_t len = strlen(text);

    return strncmp(at, text, len) == 0 ? at + len : NULL;
}

/* The place after the end of a line; NULL: there is none. */
static char *after_line_end(char *at, bool folded)
{
    apr_size_t blanks = strspn(at, " \t");

    if (folded) {
        return blanks ? at + blanks : NULL;
    }
    return *at == '\n' ? at + 1 : after(at, "\r\n");
}

/*
 * Removes the ends of lines of base64: *end is the end of what is left, which begins at `at`. The
 * place after it all, which is that of a "-" if the block is whole; NULL: a line is empty or has no
 * end.
 */
static char *lines_join(char **end, char *at, bool folded)
{
    *end = at;
    while (at && *at && *at != '-') {
        apr_size_t len = strcspn(at, folded ? " \t" : "\r\n");

        memmove(*end, at, len);
        *end += len;
        at = len ? after_line_end(at + len, folded) : NULL;
    }
    return at;
}

/* Reads the block at *text, and moves on behind it. */
static apr_status_t block_read(cc_forward_reading_t *r, char **text, bool folded)
{
    char *begin = after(*text, CC_PEM_BEGIN), *base64 = NULL, *end = NULL, *at = NULL;
    const unsigned char *der = NULL;
    apr_size_t len = 0;

    if (!begin) {
        return bad(r, *text,
                   "PEM begins with the line BEGIN CERTIFICATE, and this is another text");
    }
    base64 = after_line_end(begin, folded);
    if (!base64) {
        return bad(r, begin, "there is more on the line BEGIN CERTIFICATE of the PEM");
    }
    at = lines_join(&end, base64, folded);
    at = at ? after(at, END) : NULL;
    if (!at) {
        return bad(r, NULL, "the PEM is cut off, or has lines that are not base64");
    }
    *text = at;
    der = cc_base64_read(r, &len, base64, (apr_size_t)(end - base64));
    return cc_reading_add(r, der, len);
}

apr_status_t cc_pem_read(cc_forward_reading_t *r, char *text, bool folded)
{
    apr_status_t status = block_read(r, &text, folded);

    while (status == APR_SUCCESS && *text) {
        char *next = after_line_end(text, folded);

        if (!next) {
            return bad(r, text, "there is more on the line END CERTIFICATE of the PEM");
        }
        text = next;
        status = *text ? block_read(r, &text, folded) : APR_SUCCESS;
    }
    return status;
}

/* ---- writing --------------------------------------------------------------------------------- */

static char *block_write(char *to, const cc_cert_der_t *der, apr_pool_t *p)
{
    apr_size_t len = cc_base64_length(der->len);
    char *base64 = apr_palloc(p, len + 1);

    cc_base64_write(base64, der);
    to = stpcpy(to, CC_PEM_BEGIN "\n");
    for (apr_size_t at = 0; at < len; at += LINE) {
        apr_size_t line = len - at < LINE ? len - at : LINE;

        memcpy(to, base64 + at, line);
        to += line;
        *to++ = '\n';
    }
    return stpcpy(to, END "\n");
}

const char *cc_pem_write(const cc_cert_der_t *ders, int count, apr_pool_t *p)
{
    apr_size_t size = 1;
    char *text = NULL, *to = NULL;

    for (int i = 0; i < count; i++) {
        apr_size_t len = cc_base64_length(ders[i].len);

        size += strlen(CC_PEM_BEGIN END) + 2 + len + len / LINE + 1;
    }
    to = text = apr_palloc(p, size);
    for (int i = 0; i < count; i++) {
        to = block_write(to, &ders[i], p);
    }
    return text;
}
