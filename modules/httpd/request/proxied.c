/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the header by which a proxy shows that it terminated TLS in front of this server. */
#include <stdatomic.h>
#include <string.h>

#include <apr_hash.h>
#include <apr_strings.h>

#include <http_main.h>

#include "base/text.h"
#include "forward/forward.h"
#include "httpd/conf/module.h"
#include "httpd/conf/proxies.h"
#include "httpd/conf/vhost_conf.h"
#include "httpd/conf/view.h"
#include "httpd/peer/tls.h"
#include "httpd/request/proxied.h"
#include "httpd/request/state.h"

/* ---- headers that this server sets itself ---------------------------------------------------- */

/* What they hold is not a proxy's, and often for a back end. */
static void set_note(apr_hash_t *set, const ap_directive_t *directive, apr_pool_t *p)
{
    const char *args = directive->args, *action, *name;

    if (strcasecmp(directive->directive, "RequestHeader") != 0) {
        return;
    }
    action = ap_getword_conf(p, &args);
    name = ap_getword_conf(p, &args);
    if (strcasecmp(action, "unset") != 0) {
        name = cc_header_folded(apr_pstrmemdup(p, name, strcspn(name, ":")), p);
        apr_hash_set(set, name, APR_HASH_KEY_STRING, "");
    }
}

int cc_proxied_start(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s)
{
    const apr_array_header_t *views = cc_conf_views_of(s);
    apr_hash_t *set = apr_hash_make(pconf);

    (void)plog;
    (void)ptemp;
    for (int i = 0; i < views->nelts; i++) {
        const cc_conf_view_t *view = APR_ARRAY_IDX(views, i, const cc_conf_view_t *);

        for (int j = 0; j < view->places->nelts; j++) {
            set_note(set, APR_ARRAY_IDX(view->places, j, cc_place_t).directive, pconf);
        }
    }
    cc_configuration_of(s)->headers_set = set;
    return OK;
}

static bool is_set_here(const char *name, apr_pool_t *p)
{
    apr_hash_t *set = cc_configuration_of(ap_server_conf)->headers_set;

    return apr_hash_count(set) > 0 &&
           apr_hash_get(set, cc_header_folded(name, p), APR_HASH_KEY_STRING);
}

/* ---- headers of proxies ---------------------------------------------------------------------- */

/* A header by which a proxy says that it terminated TLS; `holds`: its value has this text. */
static const struct {
    const char *name, *holds;
} schemes[] = {
    {"X-Forwarded-Proto", "https"},
    {"X-Forwarded-Ssl", "on"},
    {"Front-End-Https", "on"},
    {"Forwarded", "proto=https"}, /* RFC 7239 */
};

static bool shows_scheme(const apr_table_entry_t *sent)
{
    for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
        if (!strcasecmp(sent->key, schemes[i].name)) {
            return ap_strcasestr(sent->val, schemes[i].holds) != NULL;
        }
    }
    return false;
}

static bool shows_certificate(const apr_table_entry_t *sent)
{
    return cc_header_is_of_certificates(sent->key);
}

/* The name of the first header that shows something, as a client may have written it; or NULL. */
static const char *first_shown(const request_rec *r, bool shows(const apr_table_entry_t *sent))
{
    const apr_array_header_t *all = apr_table_elts(r->headers_in);

    for (int i = 0; i < all->nelts; i++) {
        const apr_table_entry_t *sent = &APR_ARRAY_IDX(all, i, apr_table_entry_t);

        if (shows(sent) && !is_set_here(sent->key, r->pool)) {
            return sent->key;
        }
    }
    return NULL;
}

static const char *shown_name(const char *name, apr_pool_t *p)
{
    return name ? cc_text_excerpt(name, strlen(name), p) : NULL;
}

/* The state of the request that the client sent; NULL: none. */
static const cc_request_t *first_of(const request_rec *r)
{
    while (r->main || r->prev) {
        r = r->main ? r->main : r->prev;
    }
    return cc_request_seen(r);
}

void cc_proxied_note(request_rec *r)
{
    cc_request_of(r)->proxied = "Client-Cert";
}

static const char *certificate_header(request_rec *r)
{
    const cc_request_t *kept = first_of(r);

    return kept && kept->proxied ? kept->proxied
                                 : shown_name(first_shown(r, shows_certificate), r->pool);
}

void cc_proxied_keep(request_rec *r)
{
    const char *header = certificate_header(r);

    if (header) {
        cc_request_of(r)->proxied = header;
    }
}

const char *cc_proxied_header(request_rec *r)
{
    const char *header;

    if (cc_proxies_take(cc_vhost_conf_of(r->server)->proxies)) {
        const cc_request_t *kept = first_of(r);

        return kept ? kept->untrusted_header : NULL;
    }
    header = certificate_header(r);
    if (!header && !cc_tls_was_on(r)) {
        header = shown_name(first_shown(r, shows_scheme), r->pool);
    }
    return header;
}

/* ---- the warning ----------------------------------------------------------------------------- */

#define BETWEEN_LOOKS apr_time_from_sec(1)

void cc_proxied_look(request_rec *r)
{
    _Atomic(apr_time_t) *next = &cc_configuration_of(r->server)->look_for_proxy;
    apr_time_t due = atomic_load_explicit(next, memory_order_relaxed);
    const char *header;

    if (r->request_time < due || cc_proxies_take(cc_vhost_conf_of(r->server)->proxies) ||
        !atomic_compare_exchange_strong(next, &due, r->request_time + BETWEEN_LOOKS)) {
        return;
    }
    header = certificate_header(r);
    if (header) {
        atomic_store(next, APR_INT64_MAX);
        ap_log_rerror(APLOG_MARK, APLOG_WARNING, 0, r,
                      "CC0159: a request without a certificate has the header %s, by which proxies "
                      "pass on certificates: if a proxy in front of this server terminates TLS, "
                      "name it with ClientCertHeader and ClientCertTrustedProxy (any client can "
                      "send such a header; this is logged once per process)",
                      header);
    }
}
