/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the header by which a proxy shows that it ended TLS in front of this server. */
#include <string.h>

#include <apr_strings.h>

#include <http_main.h>

#include "httpd/conf/module.h"
#include "httpd/conf/vhost_conf.h"
#include "httpd/conf/view.h"
#include "httpd/peer/tls.h"
#include "httpd/request/proxied.h"
#include "httpd/request/state.h"

/* A header that proxies add, or, with an asterisk at the end, all headers that begin so. */
typedef struct header_t {
    const char *name;
    const char *holds; /* the value has this text; NULL: it has something of a certificate */
} header_t;

static const header_t headers[] = {
    {"X-SSL-Client-*", NULL},               /* nginx and HAProxy, by custom */
    {"SSL-Client-*", NULL},                 /* the ingress of Kubernetes */
    {"SSL_CLIENT_*", NULL},                 /* httpd, by custom; Tomcat's SSLValve */
    {"X-SSL-Cert", NULL},                   /* by custom */
    {"X-Client-Cert", NULL},                /* by custom */
    {"X-Client-Verify", NULL},              /* Puppet */
    {"X-Client-DN", NULL},                  /* Puppet */
    {"X-Forwarded-Client-Cert", NULL},      /* Envoy */
    {"X-Forwarded-Tls-Client-Cert*", NULL}, /* Traefik */
    {"X-Amzn-Mtls-Clientcert*", NULL},      /* Amazon's load balancer */
    {"X-ARR-ClientCert", NULL},             /* Azure */
    {"Cf-Client-Cert-*", NULL},             /* Cloudflare */
    {"X-Forwarded-Proto", "https"},
    {"X-Forwarded-Ssl", "on"},
    {"Front-End-Https", "on"},
    {"Forwarded", "proto=https"}, /* RFC 7239 */
};

#define HEADERS (sizeof(headers) / sizeof(headers[0]))

static bool is_named(const char *name, const char *pattern)
{
    size_t len = strcspn(pattern, "*");

    return !strncasecmp(name, pattern, len) && (pattern[len] == '*' || !name[len]);
}

/* The headers of the list, as bits, that a directive sets: RequestHeader, often for a back end. */
static unsigned set_by(const ap_directive_t *directive, apr_pool_t *p)
{
    const char *args = directive->args, *action, *name;
    unsigned set = 0;

    if (strcasecmp(directive->directive, "RequestHeader") != 0) {
        return 0;
    }
    action = ap_getword_conf(p, &args);
    name = ap_getword_conf(p, &args);
    name = apr_pstrmemdup(p, name, strcspn(name, ":"));
    for (size_t i = 0; strcasecmp(action, "unset") != 0 && i < HEADERS; i++) {
        set |= is_named(name, headers[i].name) ? 1U << i : 0;
    }
    return set;
}

int cc_proxied_start(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s)
{
    const apr_array_header_t *views = cc_conf_views_of(s);
    unsigned *set = &cc_configuration_of(s)->headers_set;

    (void)pconf;
    (void)plog;
    for (int i = 0; i < views->nelts; i++) {
        const cc_conf_view_t *view = APR_ARRAY_IDX(views, i, const cc_conf_view_t *);

        for (int j = 0; j < view->places->nelts; j++) {
            *set |= set_by(APR_ARRAY_IDX(view->places, j, cc_place_t).directive, ptemp);
        }
    }
    return OK;
}

static bool shows(const header_t *header, const apr_table_entry_t *sent, bool tls)
{
    return is_named(sent->key, header->name) &&
           (header->holds ? !tls && ap_strcasestr(sent->val, header->holds) : true);
}

static const char *recorded(const request_rec *r)
{
    const cc_request_t *kept;

    while (r->main || r->prev) {
        r = r->main ? r->main : r->prev;
    }
    kept = cc_request_seen(r);
    return kept ? kept->proxied : NULL;
}

void cc_proxied_note(request_rec *r)
{
    cc_request_of(r)->proxied = "Client-Cert";
}

void cc_proxied_keep(request_rec *r)
{
    const char *header = cc_proxied_header(r);

    if (header) {
        cc_request_of(r)->proxied = header;
    }
}

const char *cc_proxied_header(request_rec *r)
{
    const apr_array_header_t *all = apr_table_elts(r->headers_in);
    unsigned set = cc_configuration_of(ap_server_conf)->headers_set;
    bool tls = cc_tls_was_on(r);

    if (recorded(r)) {
        return recorded(r);
    }
    for (size_t i = 0; i < HEADERS; i++) {
        for (int j = 0; !(set >> i & 1) && j < all->nelts; j++) {
            if (shows(&headers[i], &APR_ARRAY_IDX(all, j, apr_table_entry_t), tls)) {
                return headers[i].name;
            }
        }
    }
    return NULL;
}
