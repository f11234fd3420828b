/* SPDX-License-Identifier: Apache-2.0 */
/* Defines the output of a renderer: a response, or the buffer of a test. */
#ifndef CC_SINK_H
#define CC_SINK_H

#include <apr_pools.h>
#include <apr_strings.h>

typedef struct cc_sink_t {
    void (*put)(void *baton, const char *text); /* takes a copy */
    void *baton;
    apr_pool_t *pool; /* for temporary data */
} cc_sink_t;

static inline void cc_sink_put(const cc_sink_t *sink, const char *text)
{
    sink->put(sink->baton, text);
}

static inline void cc_sink_number(const cc_sink_t *sink, apr_int64_t number)
{
    char text[24];

    apr_snprintf(text, sizeof(text), "%" APR_INT64_T_FMT, number);
    sink->put(sink->baton, text);
}

#endif
