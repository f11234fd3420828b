/* SPDX-License-Identifier: Apache-2.0 */
/* Removes request headers and trailers that could forge, or remove, those of this module. */
#include <http_protocol.h>
#include <util_filter.h>

#include "base/inline.h"
#include "base/text.h"
#include "cert/cert.h"
#include "httpd/conf/module.h"
#include "httpd/conf/reserved.h"
#include "httpd/conf/use.h"
#include "httpd/conf/vhost_conf.h"
#include "httpd/metrics/quota.h"
#include "httpd/peer/forwarded.h"
#include "httpd/request/connection_header.h"
#include "httpd/request/inbound.h"
#include "httpd/request/proxied.h"
#include "httpd/request/state.h"

/* ---- kinds of headers ---------------------------------------------------------------------- */

/* Bits: the kinds of headers of a request. */
enum { OTHER = 0, OURS = 1, CONNECTION = 2, UPGRADE = 4, CHUNKED = 8, LENGTH = 16 };

/* A letter in lower case or a digit; NUL for anything else. ASCII, and faster than ctype. */
static char folded(char c)
{
    if (c >= 'A' && c <= 'Z') {
        return (char)(c | 0x20);
    }
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ? c : '\0';
}

/*
 * True for a reserved name. For a CGI program, "Client-Cert.User" and "CLIENTCERT_USER" are the
 * same, and a back end may fold more, so only letters and digits are compared. Client-Cert and
 * Client-Cert-Chain of RFC 9440 are reserved names too.
 */
static bool is_ours(const char *name)
{
    const char *ours = "clientcert";

    for (; *name && *ours; name++) {
        char letter = folded(*name);

        if (letter && letter != *ours) {
            return false;
        }
        ours += letter != '\0';
    }
    return !*ours;
}

/* The first letter excludes most names. */
static unsigned kind_of(const char *name)
{
    switch (folded(*name)) {
    case 'c':
        return is_ours(name)                         ? OURS
               : !strcasecmp(name, "Connection")     ? CONNECTION
               : !strcasecmp(name, "Content-Length") ? LENGTH
                                                     : OTHER;
    case 't':
        return strcasecmp(name, "Transfer-Encoding") ? OTHER : CHUNKED;
    case 'u':
        return strcasecmp(name, "Upgrade") ? OTHER : UPGRADE;
    case '\0':
        return is_ours(name) ? OURS : OTHER;
    default:
        return OTHER;
    }
}

/* Inlined in the hook, since every request needs it. */
CC_INLINE unsigned kinds_of(const apr_table_t *headers)
{
    const apr_array_header_t *all = apr_table_elts(headers);
    unsigned kinds = 0;

    for (int i = 0; i < all->nelts; i++) {
        kinds |= kind_of(APR_ARRAY_IDX(all, i, apr_table_entry_t).key);
    }
    return kinds;
}

static const char *first_of(const apr_table_t *headers, unsigned kinds)
{
    const apr_array_header_t *all = apr_table_elts(headers);

    for (int i = 0; i < all->nelts; i++) {
        const char *name = APR_ARRAY_IDX(all, i, apr_table_entry_t).key;

        if (kind_of(name) & kinds) {
            return name;
        }
    }
    return NULL;
}

/* ---- headers ------------------------------------------------------------------------------- */

/* Any client can cause these lines, and many with one request. */
static bool wants_line(const request_rec *r, cc_quota_kind_t kind)
{
    return APLOGrinfo(r) && cc_quota_lets(r->server, kind);
}

/*
 * What a client sent is logged: not what a trusted proxy sent, nor, in an internal redirect, what
 * was set for the first request.
 */
static bool is_of_client(const request_rec *r)
{
    const cc_request_t *kept = cc_request_seen(r);

    return !r->prev && !(kept && kept->forwarded);
}

static void remove_one(request_rec *r, const char *name)
{
    if (is_of_client(r) && wants_line(r, CC_QUOTA_HEADER)) {
        ap_log_rerror(
            APLOG_MARK, APLOG_INFO, 0, r,
            "CC0111: removed the request header %s, whose name is reserved for this module",
            cc_text_escape(name, strlen(name), r->pool));
    }
    apr_table_unset(r->headers_in, name);
}

static void remove_ours(request_rec *r)
{
    const char *name;

    while ((name = first_of(r->headers_in, OURS))) {
        if (!r->prev && !strcasecmp(name, "Client-Cert")) {
            cc_proxied_note(r);
        }
        remove_one(r, name);
    }
}

int cc_inbound_clean_certificates(request_rec *r)
{
    const cc_configuration_t *configuration = cc_configuration_of(r->server);
    const char *name = cc_reserved_first(configuration, r->headers_in);

    if (name) {
        cc_proxied_keep(r);
    }
    for (; name; name = cc_reserved_first(configuration, r->headers_in)) {
        remove_one(r, name);
    }
    return DECLINED;
}

/* ---- trailers ------------------------------------------------------------------------------ */

const char cc_inbound_filter[] = "CLIENTCERT_TRAILERS";

/* True if MergeTrailers copied this header from a trailer: then both have the same key pointer. */
static bool is_trailer(const request_rec *r, const apr_table_entry_t *header)
{
    const apr_array_header_t *all = apr_table_elts(r->trailers_in);

    for (int i = 0; i < all->nelts; i++) {
        if (APR_ARRAY_IDX(all, i, apr_table_entry_t).key == header->key) {
            return true;
        }
    }
    return false;
}

static bool is_unwanted(const request_rec *r, const char *name)
{
    const cc_configuration_t *configuration = cc_configuration_of(r->server);

    return kind_of(name) & (OURS | CONNECTION) ||
           (configuration->reserves && cc_reserved_is(configuration, name));
}

/* The first trailer that clients may not send; NULL: there is none. */
static const char *first_unwanted(const request_rec *r)
{
    const apr_array_header_t *all = apr_table_elts(r->trailers_in);

    for (int i = 0; i < all->nelts; i++) {
        const char *name = APR_ARRAY_IDX(all, i, apr_table_entry_t).key;

        if (is_unwanted(r, name)) {
            return name;
        }
    }
    return NULL;
}

/* The headers without such trailers; those set by RequestHeader stay. */
static apr_table_t *headers_without_trailers(const request_rec *r)
{
    const apr_array_header_t *all = apr_table_elts(r->headers_in);
    apr_table_t *kept = apr_table_make(r->pool, all->nelts);

    for (int i = 0; i < all->nelts; i++) {
        const apr_table_entry_t *header = &APR_ARRAY_IDX(all, i, apr_table_entry_t);

        if (!is_unwanted(r, header->key) || !is_trailer(r, header)) {
            apr_table_addn(kept, header->key, header->val);
        }
    }
    return kept;
}

static void trailers_clean(request_rec *r)
{
    const char *name = first_unwanted(r);

    if (name) {
        r->headers_in = headers_without_trailers(r);
    }
    for (; name; name = first_unwanted(r)) {
        if (wants_line(r, CC_QUOTA_TRAILER)) {
            ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r,
                          "CC0118: removed the request trailer %s, which clients may not send",
                          cc_text_escape(name, strlen(name), r->pool));
        }
        apr_table_unset(r->trailers_in, name);
    }
}

/*
 * Removes trailers. httpd sets and merges them when the end of the body has been read, even after
 * an error.
 */
apr_status_t cc_inbound_read_trailers(ap_filter_t *f, apr_bucket_brigade *bb, ap_input_mode_t mode,
                                      apr_read_type_e block, apr_off_t readbytes)
{
    apr_status_t rv = ap_get_brigade(f->next, bb, mode, block, readbytes);

    /* With AP_MODE_GETLINE, httpd reads the trailers themselves. */
    if (mode != AP_MODE_GETLINE) {
        trailers_clean(f->r);
    }
    return rv;
}

/*
 * Makes the filter of this module the first of the protocol filters; httpd would add it as the last
 * one. A content filter would not do: mod_ssl reads bodies without content filters, and mod_proxy
 * does not stream a body that passes through one.
 */
static void trailers_watch(request_rec *r)
{
    ap_filter_t *first = r->proto_input_filters;
    ap_filter_t *ours = ap_add_input_filter(cc_inbound_filter, NULL, r, r->connection);
    ap_filter_t **link = &r->input_filters;

    if (r->proto_input_filters == ours) {
        return;
    }
    for (ap_filter_t *f = first; f; f = f->next) {
        if (f->next == ours) {
            f->next = ours->next;
            break;
        }
    }
    while (*link != first) {
        link = &(*link)->next;
    }
    *link = ours;
    ours->next = first;
    r->proto_input_filters = ours;
}

/* ---- a request ----------------------------------------------------------------------------- */

/* HTTP/1.1 has trailers only after chunks, HTTP/2 after every body. */
static bool may_have_trailers(const request_rec *r, unsigned kinds)
{
    return kinds & CHUNKED || (kinds & LENGTH && r->proto_num >= HTTP_VERSION(2, 0));
}

/*
 * An internal redirect keeps the filters of the protocol. It has none of this module if its request
 * failed before the hook below, as with 417, and the page of the error reads the body. After a
 * request that is malformed, httpd reads nothing more, and has removed those filters.
 */
static bool is_watched(const request_rec *r)
{
    const ap_filter_t *f = r->input_filters;

    if (!r->prev) {
        return false;
    }
    while (f && f != r->proto_input_filters) {
        f = f->next;
    }
    if (!f) {
        return true;
    }
    while (f && strcasecmp(f->frec->name, cc_inbound_filter) != 0) {
        f = f->next;
    }
    return f != NULL;
}

/* An internal redirect is still the request that the proxy sent. */
static void capture(request_rec *r)
{
    const char *untrusted = NULL;
    const struct cc_forwarded_t *forwarded = r->prev ? NULL : cc_forwarded_capture(r, &untrusted);

    if (forwarded || untrusted) {
        cc_request_t *kept = cc_request_of(r);

        kept->forwarded = forwarded;
        kept->untrusted_header = untrusted;
    }
}

/*
 * This is also done in a host without directives of this module: it may share a back end with a
 * host that has some.
 */
int cc_inbound_clean(request_rec *r)
{
    unsigned kinds;

    if (cc_use_of(r->server) == CC_USE_NONE) {
        return DECLINED;
    }
    capture(r);
    kinds = kinds_of(r->headers_in);
    if (kinds & OURS) {
        remove_ours(r);
    }
    if (kinds & CONNECTION) {
        cc_connection_clean(r);
    }
    if (kinds & UPGRADE && !cc_use_ignores(r)) {
        cc_request_of(r)->upgrades = true;
    }
    if (may_have_trailers(r, kinds) && !is_watched(r)) {
        trailers_watch(r);
    }
    return DECLINED;
}
