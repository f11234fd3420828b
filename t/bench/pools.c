/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Counts the octets that are allocated from the pools of connections. t/bench/run preloads it
 * into httpd, because a pool takes memory by the block and does not report how much of a block
 * is used.
 */
#include <dlfcn.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <apr_general.h>
#include <apr_pools.h>
#include <apr_strings.h>

#define WATCHED_MAX 64

static apr_pool_t *_Atomic watched[WATCHED_MAX];
static atomic_int watched_count;
static atomic_size_t octets;

static void *next_of(const char *name)
{
    void *function = dlsym(RTLD_NEXT, name);

    if (!function) {
        fprintf(stderr, "pools: no %s\n", name);
        abort();
    }
    return function;
}

static void count(const apr_pool_t *p, size_t size)
{
    for (int i = atomic_load(&watched_count); i > 0; i--) {
        if (atomic_load(&watched[i - 1]) == p) {
            atomic_fetch_add(&octets, APR_ALIGN_DEFAULT(size));
            return;
        }
    }
}

/* The tag of a connection's pool in the threaded MPMs, which reuse it for later connections. */
void apr_pool_tag(apr_pool_t *p, const char *tag)
{
    static void (*next)(apr_pool_t *, const char *);

    next = next ? next : (void (*)(apr_pool_t *, const char *))next_of("apr_pool_tag");
    next(p, tag);
    if (!strcmp(tag, "transaction")) {
        int i = atomic_fetch_add(&watched_count, 1);

        if (i == WATCHED_MAX) {
            fprintf(stderr, "pools: more than %d connections at once\n", WATCHED_MAX);
            abort();
        }
        atomic_store(&watched[i], p);
    }
}

void *apr_palloc(apr_pool_t *p, apr_size_t size)
{
    static void *(*next)(apr_pool_t *, apr_size_t);

    next = next ? next : (void *(*)(apr_pool_t *, apr_size_t))next_of("apr_palloc");
    count(p, size);
    return next(p, size);
}

/* Formats into the pool's block without a call of apr_palloc. */
char *apr_pvsprintf(apr_pool_t *p, const char *format, va_list arguments)
{
    static char *(*next)(apr_pool_t *, const char *, va_list);
    char *text;

    next = next ? next : (char *(*)(apr_pool_t *, const char *, va_list))next_of("apr_pvsprintf");
    text = next(p, format, arguments);
    count(p, strlen(text) + 1);
    return text;
}

__attribute__((destructor)) static void report(void)
{
    const char *base = getenv("CC_POOLS");
    char path[4096];
    FILE *out;

    if (!base) {
        return;
    }
    snprintf(path, sizeof(path), "%s.%d", base, (int)getpid());
    out = fopen(path, "w");
    if (out) {
        fprintf(out, "summary: %zu\n", atomic_load(&octets));
        fclose(out);
    }
}
