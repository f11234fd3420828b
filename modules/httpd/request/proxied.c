/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the header by which a proxy shows that it ended TLS in front of this server. */
#include <string.h>

#include <apr_strings.h>

#include "httpd/conf/module.h"
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

static bool shows(const header_t *header, const apr_table_entry_t *sent, bool tls)
{
    return is_named(sent->key, header->name) &&
           (header->holds ? !tls && ap_strcasestr(sent->val, header->holds) : true);
}

static bool had_client_cert(const request_rec *r)
{
    const cc_request_t *kept;

    while (r->main || r->prev) {
        r = r->main ? r->main : r->prev;
    }
    kept = cc_request_seen(r);
    return kept && kept->had_client_cert;
}

void cc_proxied_note(request_rec *r)
{
    cc_request_of(r)->had_client_cert = true;
}

const char *cc_proxied_header(request_rec *r)
{
    const apr_array_header_t *all = apr_table_elts(r->headers_in);
    bool tls = cc_tls_was_on(r);

    if (had_client_cert(r)) {
        return "Client-Cert";
    }
    for (size_t i = 0; i < HEADERS; i++) {
        for (int j = 0; j < all->nelts; j++) {
            if (shows(&headers[i], &APR_ARRAY_IDX(all, j, apr_table_entry_t), tls)) {
                return headers[i].name;
            }
        }
    }
    return NULL;
}
