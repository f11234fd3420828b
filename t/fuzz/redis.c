/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes the replies of a Redis server, however they are cut into pieces. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <apr_general.h>

#include "tables/redis/redis.h"

#define REPLIES_MAX 64

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    return apr_initialize() == APR_SUCCESS ? 0 : 1;
}

static void must(int done)
{
    if (!done)
        abort();
}

static void reply_check(const cc_reply_t *reply)
{
    must(reply->kind != CC_REPLY_VALUE || reply->len <= CC_REPLY_MAX);
    must(reply->kind != CC_REPLY_ERROR || reply->len <= CC_REPLY_LINE);
    must(!reply->text || reply->text[reply->len] == '\0');
}

/* Reads the replies in pieces of this size; returns their number, with the last one, if bad. */
static int replies_read(cc_reply_t *read, const uint8_t *data, size_t size, size_t piece,
                        apr_pool_t *p)
{
    cc_replies_t *replies = cc_replies_create(p);
    int count = 0;

    for (size_t at = 0; at < size && count < REPLIES_MAX; at += piece) {
        size_t len = size - at < piece ? size - at : piece;
        cc_reply_t reply = {.kind = CC_REPLY_DONE};

        cc_replies_feed(replies, (const char *)data + at, len);
        while (reply.kind != CC_REPLY_PART && count < REPLIES_MAX) {
            reply = cc_replies_next(replies, p);
            reply_check(&reply);
            if (reply.kind != CC_REPLY_PART)
                read[count++] = reply;
            if (reply.kind == CC_REPLY_BAD)
                return count;
        }
    }
    return count;
}

static int is_same(const cc_reply_t *a, const cc_reply_t *b)
{
    return a->kind == b->kind && a->len == b->len &&
           (a->len == 0 || memcmp(a->text, b->text, a->len) == 0);
}

/* The replies do not depend on the pieces in which they arrive. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const size_t pieces[] = {1, 7, 8192};
    cc_reply_t whole[REPLIES_MAX], cut[REPLIES_MAX];
    apr_pool_t *p = NULL;
    int count;

    apr_pool_create(&p, NULL);
    count = replies_read(whole, data, size, size + 1, p);
    for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
        must(replies_read(cut, data, size, pieces[i], p) == count);
        for (int j = 0; j < count; j++)
            must(is_same(&whole[j], &cut[j]));
    }
    apr_pool_destroy(p);
    return 0;
}
