/* SPDX-License-Identifier: Apache-2.0 */
/* Writes and reads the part of Redis's protocol (RESP2) that lookups need: GET and its replies. */
#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "tables/internal.h"

/* The head with its digits: no key is larger than a certificate. */
#define HEAD_SIZE 40

apr_size_t cc_resp_size(const char *prefix, const cc_key_t *key)
{
    return HEAD_SIZE + strlen(prefix) + key->len + 2;
}

/* The length precedes the key, so that no octets of a key can be read as a command. */
char *cc_resp_put(char *to, const char *prefix, const cc_key_t *key)
{
    apr_size_t prefix_len = strlen(prefix);

    to += apr_snprintf(to, HEAD_SIZE, "*2\r\n$3\r\nGET\r\n$%" APR_SIZE_T_FMT "\r\n",
                       prefix_len + key->len);
    memcpy(to, prefix, prefix_len);
    memcpy(to + prefix_len, key->at, key->len);
    memcpy(to + prefix_len + key->len, "\r\n", 2);
    return to + prefix_len + key->len + 2;
}

/* The number between two pointers, or -1 if there is none or it is too large. */
static apr_int64_t number_read(const char *at, const char *end)
{
    apr_int64_t number = 0;

    if (at == end || end - at > 7) { /* more digits than in CC_REPLY_MAX */
        return -1;
    }
    for (; at < end; at++) {
        if (!apr_isdigit(*at)) {
            return -1;
        }
        number = 10 * number + (*at - '0');
    }
    return number;
}

/* "$3" CRLF "abc" CRLF; `after` points past the first CRLF. */
static cc_reply_t bulk_read(const char *received, apr_size_t len, const char *after)
{
    cc_reply_t reply = {CC_REPLY_BAD, after, 0, 0};
    apr_int64_t size = number_read(received + 1, after - 2);
    apr_size_t got = len - (apr_size_t)(after - received);

    if (size < 0 || size > CC_REPLY_MAX) {
        return reply;
    }
    reply.len = (apr_size_t)size;
    if (got < reply.len + 2) {
        reply.kind = CC_REPLY_PART;
    } else if (memcmp(after + reply.len, "\r\n", 2) == 0) {
        reply.kind = CC_REPLY_VALUE;
        reply.size = (apr_size_t)(after - received) + reply.len + 2;
    }
    return reply;
}

cc_reply_t cc_resp_read(const char *received, apr_size_t len)
{
    const char *newline = memchr(received, '\n', len);
    apr_size_t line = newline ? (apr_size_t)(newline + 1 - received) : 0;
    cc_reply_t reply = {CC_REPLY_BAD, received, 0, line};

    if (!newline) {
        reply.kind = len < CC_REPLY_LINE ? CC_REPLY_PART : CC_REPLY_BAD;
        return reply;
    }
    if (line < 3 || line > CC_REPLY_LINE || newline[-1] != '\r') {
        return reply;
    }
    if (line == 5 && memcmp(received, "$-1", 3) == 0) {
        reply.kind = CC_REPLY_NONE;
    } else if (*received == '$') {
        return bulk_read(received, len, newline + 1);
    } else if (*received == '-') {
        reply.kind = CC_REPLY_ERROR;
        reply.text = received + 1;
        reply.len = line - 3;
    }
    return reply;
}
