/* SPDX-License-Identifier: Apache-2.0 */
/* Imitates the filters of a request: their order, and the data that the last one passes on. */
#include <stddef.h>

#include <apr_strings.h>

#include <http_protocol.h>
#include <util_filter.h>

#include "fakehttpd.h"

void fake_filters_begin(void)
{
}

static ap_filter_t *filter_make(const char *name, void *ctx, request_rec *r, conn_rec *c)
{
    apr_pool_t *p = r ? r->pool : c->pool;
    ap_filter_t *f = apr_pcalloc(p, sizeof(*f));

    f->frec = apr_pcalloc(p, sizeof(*f->frec));
    f->frec->name = name;
    f->ctx = ctx;
    f->r = r;
    f->c = c;
    return f;
}

/* Before the filters of the connection, after those of the request. */
static void filter_put(ap_filter_t *f, ap_filter_t **first, const ap_filter_t *connection)
{
    while (*first && *first != connection) {
        first = &(*first)->next;
    }
    f->next = *first;
    *first = f;
}

/* httpd finds its filters of the protocol by the first of them. */
static bool is_protocol(const char *name)
{
    return strncmp(name, "CLIENTCERT_", 11) == 0;
}

ap_filter_t *ap_add_input_filter(const char *name, void *ctx, request_rec *r, conn_rec *c)
{
    ap_filter_t *f = filter_make(name, ctx, r, c);

    if (!r) {
        f->next = c->input_filters;
        return c->input_filters = f;
    }
    filter_put(f, &r->input_filters, c->input_filters);
    if (is_protocol(name) && r->proto_input_filters == c->input_filters) {
        r->proto_input_filters = f;
    }
    return f;
}

ap_filter_t *ap_add_output_filter(const char *name, void *ctx, request_rec *r, conn_rec *c)
{
    ap_filter_t *f = filter_make(name, ctx, r, c);

    if (!r) {
        f->next = c->output_filters;
        return c->output_filters = f;
    }
    filter_put(f, &r->output_filters, r->proto_output_filters);
    return f;
}

static void filter_remove(const ap_filter_t *f, ap_filter_t **link)
{
    while (*link && *link != f) {
        link = &(*link)->next;
    }
    if (*link) {
        *link = f->next;
    }
}

void ap_remove_input_filter(ap_filter_t *f)
{
    filter_remove(f, f->r ? &f->r->input_filters : &f->c->input_filters);
}

void ap_remove_output_filter(ap_filter_t *f)
{
    filter_remove(f, &f->r->output_filters);
}

const char *fake_filters(const ap_filter_t *first, apr_pool_t *p)
{
    const char *names = "";

    for (; first; first = first->next) {
        names = apr_pstrcat(p, names, *names ? " " : "", first->frec->name, NULL);
    }
    return names;
}

/* ---- at the end of a list ---------------------------------------------------------------- */

apr_status_t ap_get_brigade(ap_filter_t *f, apr_bucket_brigade *bb, ap_input_mode_t mode,
                            apr_read_type_e block, apr_off_t octets)
{
    if (f && f->frec->filter_func.in_func) {
        return f->frec->filter_func.in_func(f, bb, mode, block, octets);
    }
    return APR_EOF;
}

static const apr_bucket_type_t error_type = {"error ",
                                             5,
                                             APR_BUCKET_METADATA,
                                             apr_bucket_destroy_noop,
                                             NULL,
                                             apr_bucket_setaside_notimpl,
                                             apr_bucket_split_notimpl,
                                             apr_bucket_copy_notimpl};

/* APR_BRIGADE_SENTINEL, which clang rejects. */
static const apr_bucket *end_of(const apr_bucket_brigade *bb)
{
    return (const apr_bucket *)(const void *)((const char *)&bb->list - offsetof(apr_bucket, link));
}

/* The content of a brigade as text: "error 500 end ". */
apr_status_t ap_pass_brigade(ap_filter_t *f, apr_bucket_brigade *bb)
{
    (void)f;
    for (apr_bucket *b = APR_BRIGADE_FIRST(bb); b != end_of(bb); b = APR_BUCKET_NEXT(b)) {
        fake_note(APR_BUCKET_IS_EOS(b) ? "end " : b->type->name);
        if (b->type == &error_type) {
            fake_note(apr_psprintf(fake.pool, "%d ", (int)b->start));
        }
    }
    return APR_SUCCESS;
}

apr_bucket *ap_bucket_error_create(int error, const char *text, apr_pool_t *p,
                                   apr_bucket_alloc_t *list)
{
    apr_bucket *b = apr_bucket_alloc(sizeof(*b), list);

    (void)text;
    (void)p;
    APR_BUCKET_INIT(b);
    b->free = apr_bucket_free;
    b->list = list;
    b->type = &error_type;
    b->length = 0;
    b->start = error;
    b->data = NULL;
    return b;
}
