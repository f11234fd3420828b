/* SPDX-License-Identifier: Apache-2.0 */
/* Answers a GET in HTML or JSON, as the client prefers, for the handlers with pages. */
#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>

#include <http_protocol.h>
#include <http_request.h>

#include "httpd/conf/module.h"
#include "httpd/status/reply.h"
#include "httpd/status/style.h"

/* ---- the query and the preferred media type ----------------------------------------------- */

const char *cc_reply_argument(request_rec *r, const char *name)
{
    char *args = apr_pstrdup(r->pool, r->args ? r->args : "");
    size_t len = strlen(name);
    char *state;

    for (char *one = apr_strtok(args, "&", &state); one; one = apr_strtok(NULL, "&", &state)) {
        if (!strncmp(one, name, len) && (one[len] == '=' || one[len] == '\0')) {
            return one[len] ? one + len + 1 : one + len;
        }
    }
    return NULL;
}

/* How much a client prefers a media type: by its most specific range (RFC 9110 12.5.1). */
typedef struct want_t {
    double quality;
    int precision; /* 0: no range matches; 1: any type; 2: any subtype; 3: the type itself */
} want_t;

static int precision_of(const char *range, const char *type)
{
    size_t kind = (size_t)(strchr(type, '/') - type) + 1;

    if (!strcmp(range, type)) {
        return 3;
    }
    if (!strncmp(range, type, kind) && !strcmp(range + kind, "*")) {
        return 2;
    }
    return !strcmp(range, "*/*");
}

static want_t want_of(request_rec *r, const char *type)
{
    const char *accept = apr_table_get(r->headers_in, "Accept");
    want_t want = {0, 0};
    char *range;

    while (accept && (range = ap_get_list_item(r->pool, &accept))) {
        const char *quality = strstr(range, ";q=");
        int precision;

        range[strcspn(range, ";")] = '\0';
        precision = precision_of(range, type);
        if (precision > want.precision) {
            want.precision = precision;
            want.quality = quality ? strtod(quality + 3, NULL) : 1;
        }
    }
    return want;
}

/* A program that accepts anything but names JSON gets JSON; browsers name HTML. */
static bool wants_json(request_rec *r)
{
    const char *format = cc_reply_argument(r, "format");
    want_t json, html;

    if (format && (!strcmp(format, "json") || !strcmp(format, "html"))) {
        return format[0] == 'j';
    }
    json = want_of(r, "application/json");
    html = want_of(r, "text/html");
    return json.quality > html.quality ||
           (json.quality > 0 && json.quality == html.quality && json.precision > html.precision);
}

/* ---- the answer -------------------------------------------------------------------------- */

int cc_reply_begin(request_rec *r)
{
    ap_allow_standard_methods(r, REPLACE_ALLOW, M_GET, M_OPTIONS, -1);
    if (r->method_number != M_GET) {
        return r->method_number == M_OPTIONS ? DECLINED : HTTP_METHOD_NOT_ALLOWED;
    }
    return ap_discard_request_body(r);
}

static void headers_set(request_rec *r)
{
    apr_table_setn(r->headers_out, "Cache-Control", "no-store");
    apr_table_mergen(r->headers_out, "Vary", "Accept");
    apr_table_setn(r->headers_out, "X-Content-Type-Options", "nosniff");
    apr_table_setn(r->headers_out, "Referrer-Policy", "no-referrer");
    apr_table_setn(r->headers_out, "Content-Security-Policy", cc_page_policy);
}

static int json_part(const char *text, size_t len, void *r)
{
    return ap_rwrite(text, (int)len, r) < 0 ? -1 : 0;
}

static void json_write(request_rec *r, const json_t *document)
{
    json_dump_callback(document, json_part, r, JSON_COMPACT);
    ap_rputs("\n", r);
}

void cc_reply_put(request_rec *r, const json_t *document, cc_reply_page_fn *page)
{
    headers_set(r);
    if (wants_json(r)) {
        ap_set_content_type(r, "application/json");
        json_write(r, document);
    } else {
        ap_set_content_type(r, "text/html; charset=utf-8");
        page(r, document, !r->main && r->status == HTTP_OK);
    }
}
