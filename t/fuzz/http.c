/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes the HTTP responses of an OCSP responder, however they are cut into pieces. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <apr_general.h>

#include "cert/cert.h"
#include "ocsp/internal.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static apr_pool_t *pool;

static void must(int done)
{
    if (!done) {
        abort();
    }
}

static void teardown(void)
{
    apr_pool_destroy(pool);
    apr_terminate();
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    must(apr_initialize() == APR_SUCCESS && apr_pool_create(&pool, NULL) == APR_SUCCESS);
    atexit(teardown);
    return 0;
}

typedef struct {
    size_t begin; /* of the response */
    size_t len;
    char *why;
} read_t;

/* Continues to read in a separate copy, so that a read beyond its end is detected. */
static read_t part_read(cc_http_reply_t *http, const uint8_t *data, size_t size, apr_pool_t *p)
{
    char *copy = malloc(size > 0 ? size : 1);
    cc_response_t response = {0};
    const char *why = NULL;
    read_t read = {0};

    must(copy != NULL);
    memcpy(copy, data, size);
    why = cc_http_reply_read(&response, http, copy, size, p);
    must(!why || (response.len == 0 && !cc_text_unusable(why, strlen(why))));
    if (response.len > 0) {
        read.begin = (size_t)((const char *)response.der - copy);
        read.len = response.len;
        must(read.begin + read.len <= size && read.len <= CC_OCSP_RESPONSE_MAX);
    }
    read.why = why ? strdup(why) : NULL;
    free(copy);
    return read;
}

/* The result in pieces equals the result in one piece. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    cc_http_reply_t at_once = {0}, in_pieces = {0};
    apr_pool_t *p = NULL;
    read_t one, other = {0};

    must(apr_pool_create(&p, pool) == APR_SUCCESS);
    one = part_read(&at_once, data, size, p);
    for (size_t len = size > 600 ? size - 600 : 0; len <= size && !other.why && !other.len; len++) {
        other = part_read(&in_pieces, data, len, p);
    }
    must(one.begin == other.begin && one.len == other.len);
    must(!one.why == !other.why && (!one.why || strcmp(one.why, other.why) == 0));
    free(one.why);
    free(other.why);
    apr_pool_destroy(p);
    return 0;
}
