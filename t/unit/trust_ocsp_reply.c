/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests that an HTTP response is the same however it is cut into pieces, and that invalid ones
 * are refused with a reason.
 */
#include <stdlib.h>
#include <string.h>

#include "cert/cert.h"
#include "suite.h"
#include "ocsp/internal.h"

#define OK "HTTP/1.0 200 OK\r\n"
#define TYPE "Content-Type: application/ocsp-response\r\n"
#define DER "\x30\x03\x0A\x01\x00" /* no status of OCSP would be shorter */

static apr_pool_t *pool;

static void setup(void)
{
    apr_pool_create(&pool, NULL);
}

static void teardown(void)
{
    apr_pool_destroy(pool);
}

typedef struct {
    const char *octets;
    apr_size_t len;
    const char *why; /* a part of it; NULL: an answer */
} reply_case_t;
#define ANSWER(literal)                                                                            \
    {                                                                                              \
        literal, sizeof(literal) - 1, NULL                                                         \
    }
#define NONE(literal, why)                                                                         \
    {                                                                                              \
        literal, sizeof(literal) - 1, why                                                          \
    }

static const reply_case_t replies[] = {
    ANSWER(OK TYPE "\r\n" DER),
    ANSWER("HTTP/1.1 200\r\n" TYPE "\r\n" DER),
    ANSWER("HTTP/1.1 200 \n" TYPE "\n" DER),
    ANSWER(
        OK
        "content-type:\tAPPLICATION/ocsp-Response ; charset=x \r\nContent-Length: 5\r\n\r\n" DER),
    ANSWER(OK TYPE "no name\r\nX: Content-Length: 1\r\nContent-Length:5\r\n\r\n" DER),
    ANSWER(OK TYPE "Content-Length: 005 \r\ncontent-length: 5\r\n\r\n" DER),
    ANSWER(OK TYPE "X-Content-Type: text/html\r\n\r\n" DER "more"),
    ANSWER(OK TYPE "\r\n\x30\x81\x03\x0A\x01\x00"),
    ANSWER(OK TYPE "\r\n\x30\x84\x00\x00\x00\x03\x0A\x01\x00"),
    ANSWER(OK TYPE "\r\n\x30\x00"),
    NONE("220 smtp.example.com ESMTP\r\n", "not HTTP/1: 220 smtp.example.com ESMTP"),
    NONE("\r\n", "not HTTP/1"),
    NONE("HTTP/2.0 200 OK\r\n", "not HTTP/1: HTTP/2.0 200 OK"),
    NONE("HTTP/1. 200 OK\r\n", "not HTTP/1"),
    NONE("HTTP/1.0\t200\r\n", "not HTTP/1"),
    NONE("http/1.0 200 OK\r\n", "not HTTP/1"),
    NONE("HTTP/1.0 20\r\n", "not HTTP/1"),
    NONE("HTTP/1.0 500 No\r\n" TYPE "\r\n" DER, "HTTP status 500 No"),
    NONE("HTTP/1.0 2000 OK\r\n", "HTTP status 2000 OK"),
    NONE("HTTP/1.0 204\r\n", "HTTP status 204"),
    NONE("HTTP/1.0 302 Found\r\n", "HTTP status 302 Found, and redirections are not followed"),
    NONE("HTTP/1.0 500 \x1B[31m\x00\r\n", "HTTP status 500 \\x1B[31m\\x00"),
    NONE(OK "\r\n" DER, "no Content-Type"),
    NONE(OK "Content-Type : application/ocsp-response\r\n\r\n" DER, "no Content-Type"),
    NONE(OK "Content-Type: text/html\r\n\r\n" DER, "is text/html, not application/ocsp-response"),
    NONE(OK "Content-Type: application/ocsp-responses\r\n", "is application/ocsp-responses, not"),
    NONE(OK "Content-Type:\r\n", "not application/ocsp-response"),
    NONE(OK TYPE "Content-Type: text/html\r\n", "is text/html"),
    NONE(OK TYPE "Content-Length: 6\r\n\r\n" DER, "Content-Length is wrong: 6, for an answer of 5"),
    NONE(OK TYPE "Content-Length: 5\r\nContent-Length: 6\r\n", "Content-Length is wrong: 6"),
    NONE(OK TYPE "Content-Length: -5\r\n", "Content-Length is wrong: -5"),
    NONE(OK TYPE "Content-Length: 5, 5\r\n", "Content-Length is wrong: 5, 5"),
    NONE(OK TYPE "Content-Length: 0x5\r\n", "Content-Length is wrong: 0x5"),
    NONE(OK TYPE "Content-Length:\r\n", "Content-Length is wrong"),
    NONE(OK TYPE "Content-Length: 65537\r\n", "too large"),
    NONE(OK TYPE "Content-Length: 18446744073709551621\r\n", "too large"),
    NONE(OK TYPE "Transfer-Encoding: chunked\r\n", "Transfer-Encoding"),
    NONE(OK TYPE "\r\nthis is no DER", "ASN.1"),
    NONE(OK TYPE "\r\n\x30\x80", "ASN.1"),
    NONE(OK TYPE "\r\n\x30\x85", "ASN.1"),
    NONE(OK TYPE "\r\n\x30\x83\x01\x00\x00", "too large"),
    NONE(OK TYPE "\r\n\x30\x84\xFF\xFF\xFF\xFF", "too large"),
};

/* Reads this many octets of a copy without more, so that a read beyond them is detected. */
static const char *read_part(cc_response_t *response, cc_http_reply_t *http,
                             const reply_case_t *reply, apr_size_t len)
{
    char *copy = malloc(len > 0 ? len : 1);
    const char *why = NULL;

    memcpy(copy, reply->octets, len);
    why = cc_http_reply_read(response, http, copy, len, pool);
    ck_assert(response->len == 0 || (const char *)response->der + response->len <= copy + len);
    ck_assert(response->len == 0 || !why);
    free(copy);
    return why;
}

static void expect(const reply_case_t *reply, const char *why, const cc_response_t *response)
{
    if (reply->why) {
        ck_assert_msg(why && strstr(why, reply->why), "\"%s\" is not in \"%s\"", reply->why,
                      why ? why : "(an answer)");
        ck_assert_ptr_null(cc_text_unusable(why, strlen(why)));
    } else {
        ck_assert_msg(!why, "%s", why);
        ck_assert_uint_gt(response->len, 0);
    }
}

TEST_LOOP(an_answer_is_read_or_said_to_be_none, 0, COUNT(replies))
{
    cc_response_t response = {0};
    cc_http_reply_t http = {0};
    const char *why = read_part(&response, &http, &replies[_i], replies[_i].len);

    expect(&replies[_i], why, &response);
}

TEST_LOOP(in_pieces_it_is_the_same, 0, COUNT(replies))
{
    const reply_case_t *reply = &replies[_i];
    cc_response_t response = {0};
    cc_http_reply_t http = {0};
    const char *why = NULL;

    for (apr_size_t len = 0; len <= reply->len && !why && response.len == 0; len++) {
        why = read_part(&response, &http, reply, len);
    }
    expect(reply, why, &response);
}

/* Only the octets of the OCSP response. */
TEST(the_content_alone_is_the_response)
{
    static const char octets[] = OK TYPE "\r\n" DER "more";
    cc_response_t response = {0};
    cc_http_reply_t http = {0};

    ck_assert_ptr_null(cc_http_reply_read(&response, &http, octets, sizeof(octets) - 1, pool));
    ck_assert_uint_eq(response.len, sizeof(DER) - 1);
    ck_assert_int_eq(memcmp(response.der, DER, sizeof(DER) - 1), 0);
}

static const char *read_padded(const char *head, apr_size_t len)
{
    char *octets = memset(apr_palloc(pool, len), 'x', len);
    cc_response_t response = {0};
    cc_http_reply_t http = {0};

    memcpy(octets, head, strlen(head));
    return cc_http_reply_read(&response, &http, octets, len, pool);
}

TEST(a_header_has_an_end)
{
    ck_assert_ptr_null(read_padded(OK, 16383));
    ck_assert_str_eq(read_padded(OK, 16384), "the header of its answer is too large");
    ck_assert_str_eq(read_padded("", 16384), "the header of its answer is too large");
}

/* However long the wrong word of a responder is. */
TEST(a_reason_is_no_longer_than_a_line)
{
    cc_response_t response = {0};
    cc_http_reply_t http = {0};
    char octets[2000];

    memset(octets, '\x01', sizeof(octets));
    octets[sizeof(octets) - 1] = '\n';
    ck_assert_uint_lt(strlen(cc_http_reply_read(&response, &http, octets, sizeof(octets), pool)),
                      500);
}

SUITE("read", .setup = setup, .teardown = teardown);
