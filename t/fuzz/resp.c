/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes the replies of a Redis server, however they are cut into pieces. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "tables/internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(int done)
{
    if (!done)
        abort();
}

/* Reads a separate copy, so that a read beyond its end is detected. */
static cc_reply_t reply_read(const uint8_t *data, size_t size)
{
    char *copy = malloc(size > 0 ? size : 1);
    cc_reply_t reply;

    must(copy != NULL);
    for (size_t i = 0; i < size; i++)
        copy[i] = (char)data[i];
    reply = cc_resp_read(copy, size);
    if (reply.kind == CC_REPLY_VALUE || reply.kind == CC_REPLY_ERROR)
        must(reply.text >= copy && reply.text + reply.len <= copy + size);
    free(copy);
    return reply;
}

/* A reply is complete at exactly one length: shorter is a part of it, longer has the next one. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t most = size < 300 ? size : 300, len = 0;
    cc_reply_t reply = {.kind = CC_REPLY_PART};

    for (; len <= most && reply.kind == CC_REPLY_PART; len++)
        reply = reply_read(data, len);
    if (reply.kind != CC_REPLY_PART && reply.kind != CC_REPLY_BAD)
        must(reply.size == len - 1);
    for (; reply.kind != CC_REPLY_PART && len <= most; len++) {
        cc_reply_t longer = reply_read(data, len);
        must(longer.kind == reply.kind && longer.size == reply.size);
    }
    reply_read(data, size);
    return 0;
}
