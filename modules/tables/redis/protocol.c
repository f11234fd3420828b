/* SPDX-License-Identifier: Apache-2.0 */
/* Formats commands for a Redis server and reads its replies, with hiredis. */
#include <string.h>
#include <sys/uio.h>

#include <apr_strings.h>

#include <hiredis.h>

#include "tables/redis/redis.h"

/*
 * Only the parser and the formatter of hiredis are used. Its connections have no deadline for all
 * steps together, and version 0.14, which is in use, has no TLS.
 */

/* ---- commands -------------------------------------------------------------------------------- */

static apr_status_t command_make(struct iovec *made, const cc_key_t *words, int count)
{
    const char *texts[CC_COMMAND_WORDS];
    size_t lens[CC_COMMAND_WORDS];
    char *text = NULL;
    long long len = 0;

    for (int i = 0; i < count; i++) {
        texts[i] = words[i].at;
        lens[i] = words[i].len;
    }
    len = redisFormatCommandArgv(&text, count, texts, lens);
    if (len < 0) {
        return APR_ENOMEM;
    }
    *made = (struct iovec){text, (size_t)len};
    return APR_SUCCESS;
}

apr_status_t cc_commands_make(cc_commands_t *commands, const cc_key_t *words, int each, int count)
{
    struct iovec *made = apr_pcalloc(commands->pool, sizeof(*made) * (apr_size_t)count);
    apr_status_t status = APR_SUCCESS;

    for (int i = 0; i < count && status == APR_SUCCESS; i++) {
        status = command_make(&made[i], words + i * each, each);
    }
    if (status == APR_SUCCESS) {
        commands->text = apr_pstrcatv(commands->pool, made, (apr_size_t)count, &commands->len);
    }
    for (int i = 0; i < count; i++) {
        redisFreeCommand(made[i].iov_base);
    }
    return status;
}

/* ---- replies --------------------------------------------------------------------------------- */

struct cc_replies_t {
    redisReader *reader;
    apr_pool_t *pool; /* of the current reply */
    cc_reply_t reply;
};

/*
 * hiredis calls one of these functions for each reply. NULL makes it an error of the reader: so all
 * that no command here asks for is refused before anything is allocated for it, an array of any
 * size and depth among others.
 */
static cc_replies_t *replies_of(const redisReadTask *task)
{
    return task->privdata;
}

static void *text_take(const redisReadTask *task, char *text, size_t len)
{
    cc_replies_t *replies = replies_of(task);
    cc_reply_t *reply = &replies->reply;
    bool value = task->type == REDIS_REPLY_STRING;

    /* Before version 1.1, hiredis does not check the end of a value. */
    if (len > (value ? CC_REPLY_MAX : CC_REPLY_LINE) || memcmp(text + len, "\r\n", 2) != 0) {
        return NULL;
    }
    if (value || task->type == REDIS_REPLY_ERROR) {
        reply->kind = value ? CC_REPLY_VALUE : CC_REPLY_ERROR;
        reply->text = apr_pstrmemdup(replies->pool, text, len);
        reply->len = len;
    } else if (task->type == REDIS_REPLY_STATUS && len == 2 && memcmp(text, "OK", 2) == 0) {
        reply->kind = CC_REPLY_DONE;
    } else {
        return NULL;
    }
    return replies;
}

static void *nil_take(const redisReadTask *task)
{
    cc_replies_t *replies = replies_of(task);

    if (task->type != REDIS_REPLY_STRING) { /* an array, or another protocol */
        return NULL;
    }
    replies->reply.kind = CC_REPLY_NONE;
    return replies;
}

static void *integer_refuse(const redisReadTask *task, long long number)
{
    (void)task, (void)number;
    return NULL;
}

#if HIREDIS_MAJOR >= 1
typedef size_t elements_t;
#else
typedef int elements_t;
#endif

static void *array_refuse(const redisReadTask *task, elements_t elements)
{
    (void)task, (void)elements;
    return NULL;
}

static const redisReplyObjectFunctions functions = {
    .createString = text_take,
    .createArray = array_refuse,
    .createInteger = integer_refuse,
    .createNil = nil_take,
};

static apr_status_t reader_free(void *reader)
{
    redisReaderFree(reader);
    return APR_SUCCESS;
}

cc_replies_t *cc_replies_create(apr_pool_t *p)
{
    cc_replies_t *replies = apr_pcalloc(p, sizeof(*replies));

    /* The reader only reads them. */
    replies->reader = redisReaderCreateWithFunctions((redisReplyObjectFunctions *)&functions);
    if (!replies->reader) {
        return NULL;
    }
    apr_pool_cleanup_register(p, replies->reader, reader_free, apr_pool_cleanup_null);
    replies->reader->privdata = replies;
    return replies;
}

void cc_replies_feed(cc_replies_t *replies, const char *octets, apr_size_t len)
{
    redisReaderFeed(replies->reader, octets, len); /* its errors are those of the next reply */
}

/* True if an incomplete reply is larger than any that is accepted. */
static bool is_too_large(const redisReader *reader)
{
    size_t len = reader->len - reader->pos;
    size_t line = CC_REPLY_LINE + 2; /* with CRLF */

    if (len <= line) {
        return false;
    }
    return len > line + CC_REPLY_MAX + 2 || !memchr(reader->buf + reader->pos, '\n', line);
}

cc_reply_t cc_replies_next(cc_replies_t *replies, apr_pool_t *p)
{
    cc_reply_t *reply = &replies->reply;
    void *taken = NULL;
    int status = REDIS_OK;

    replies->pool = p;
    *reply = (cc_reply_t){.kind = CC_REPLY_PART};
    status = redisReaderGetReply(replies->reader, &taken);
    /* A kind of reply that has no function here is taken, but has set nothing. */
    if (status != REDIS_OK || (taken && reply->kind == CC_REPLY_PART) ||
        (!taken && is_too_large(replies->reader))) {
        *reply = (cc_reply_t){.kind = CC_REPLY_BAD};
    }
    return *reply;
}

bool cc_replies_left(const cc_replies_t *replies)
{
    return replies->reader->len > replies->reader->pos;
}
