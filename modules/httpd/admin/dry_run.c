/* SPDX-License-Identifier: Apache-2.0 */
/* Makes up a request with a client, and finds the configuration in effect for it, as httpd does. */
#include <string.h>

#include <apr_strings.h>

#include <http_core.h>
#include <http_protocol.h>
#include <http_request.h>

#include "httpd/admin/dry_run.h"
#include "httpd/admin/query.h"
#include "httpd/conf/module.h"
#include "httpd/conf/rulesets.h"
#include "httpd/peer/client.h"
#include "httpd/peer/peer.h"
#include "httpd/request/account.h"
#include "rules/rules.h"

/* ---- a client without a connection --------------------------------------------------------- */

/* Presents the client of a request that was made up. */
typedef struct dry_finder_t {
    cc_client_finder_t finder; /* the first member: find() is given its address */
    cc_dry_request_t asked;
} dry_finder_t;

static cc_client_t *find(const cc_client_finder_t *finder, request_rec *r, cc_nobody_t *why)
{
    (void)r;
    (void)why;
    return ((const dry_finder_t *)finder)->asked.client;
}

static cc_dry_request_t *asked_of(const conn_rec *c)
{
    const cc_peer_t *peer = cc_peer_of(c);
    const cc_client_finder_t *finder = peer ? peer->finder : NULL;

    return finder && finder->find == find ? &((dry_finder_t *)finder)->asked : NULL;
}

cc_dry_request_t *cc_dry_request_of(const request_rec *r)
{
    return asked_of(r->connection);
}

void cc_dry_run_wish(request_rec *r)
{
    const cc_dry_request_t *asked = cc_dry_request_of(r);

    if (asked->account) {
        cc_account_give(r, asked->account);
    }
}

int cc_dry_run_is_tls(conn_rec *c)
{
    const cc_dry_request_t *asked = asked_of(c);

    return asked && asked->tls ? OK : DECLINED;
}

const char *cc_dry_run_ssl_variable(apr_pool_t *p, server_rec *s, conn_rec *c, request_rec *r,
                                    const char *name)
{
    cc_dry_request_t *asked = c ? asked_of(c) : NULL;

    (void)s;
    (void)r;
    if (asked) {
        asked->asked_ssl = apr_pstrdup(p, name);
    }
    return NULL;
}

static void client_present(conn_rec *c, const cc_dry_request_t *asked)
{
    dry_finder_t *finder = apr_palloc(c->pool, sizeof(*finder));
    cc_peer_t *peer = apr_pcalloc(c->pool, sizeof(*peer));

    *finder = (dry_finder_t){{find}, *asked};
    peer->finder = &finder->finder;
    ap_set_module_config(c->conn_config, &clientcert_module, peer);
}

/* ---- a request ----------------------------------------------------------------------------- */

static apr_sockaddr_t *address_make(apr_port_t port, apr_pool_t *p)
{
    apr_sockaddr_t *address = NULL;

    apr_sockaddr_info_get(&address, "127.0.0.1", APR_INET, port, 0, p);
    return address;
}

/* A connection without a socket. */
static conn_rec *connection_make(server_rec *s, apr_pool_t *p)
{
    conn_rec *c = apr_pcalloc(p, sizeof(*c));

    c->pool = p;
    c->base_server = s;
    c->conn_config = ap_create_conn_config(p);
    c->notes = apr_table_make(p, 2);
    c->bucket_alloc = apr_bucket_alloc_create(p);
    c->client_addr = address_make(0, p);
    c->local_addr = address_make(s->addrs ? s->addrs->host_port : s->port, p);
    c->client_ip = c->local_ip = apr_pstrdup(p, "127.0.0.1");
    c->log_id = "-";
    return c;
}

/*
 * mod_dbd opens connections only after its hook post_config, and crashes without it. But it first
 * looks for a connection that it has kept with the request, in a struct whose first member is a
 * pointer to it: here it finds one that could not be opened.
 */
static void dbd_prevent(request_rec *r)
{
    module *dbd = ap_find_linked_module("mod_dbd.c");

    if (dbd) {
        ap_set_module_config(r->request_config, dbd, apr_pcalloc(r->pool, 4 * sizeof(void *)));
    }
}

static request_rec *request_make(const cc_dry_request_t *asked, apr_pool_t *p)
{
    server_rec *s = asked->server;
    const char *path = asked->path;
    conn_rec *c = connection_make(s, p);
    request_rec *r;

    client_present(c, asked);
    r = ap_create_request(c);
    r->method = "GET";
    r->method_number = M_GET;
    r->protocol = apr_pstrdup(p, "HTTP/1.1");
    r->proto_num = HTTP_VERSION(1, 1);
    r->request_time = apr_time_now();
    r->the_request = apr_pstrcat(p, "GET ", path, " HTTP/1.1", NULL);
    r->hostname = s->server_hostname;
    r->log_id = "-";
    dbd_prevent(r);
    apr_table_setn(r->headers_in, "Host", s->server_hostname ? s->server_hostname : "localhost");
    ap_parse_uri(r, path);
    cc_dry_run_wish(r);
    return r;
}

/* ---- the hooks of modules ------------------------------------------------------------------ */

/* A script could do anything, and a query often has the rights of root. */
static bool runs_scripts(const char *hooker)
{
    return !strcmp(hooker, "mod_lua.c") || !strcmp(hooker, "mod_perl.c");
}

/* Defines HOOK_run, which is ap_run_HOOK without the modules that run scripts. */
#define DEFINE_RUN(hook)                                                                           \
    static int hook##_run(request_rec *r)                                                          \
    {                                                                                              \
        const apr_array_header_t *all = ap_hook_get_##hook();                                      \
        int status = DECLINED;                                                                     \
                                                                                                   \
        for (int i = 0; all && i < all->nelts && status == DECLINED; i++) {                        \
            const ap_LINK_##hook##_t *one = &APR_ARRAY_IDX(all, i, ap_LINK_##hook##_t);            \
                                                                                                   \
            status = runs_scripts(one->szName) ? DECLINED : one->pFunc(r);                         \
        }                                                                                          \
        return status;                                                                             \
    }

DEFINE_RUN(pre_translate_name)
DEFINE_RUN(translate_name)
DEFINE_RUN(map_to_storage)

/* ---- the steps of ap_process_request_internal that select the configuration ---------------- */

static int sections_walk(request_rec *r)
{
    int status = ap_location_walk(r);

    return status == OK ? ap_if_walk(r) : status;
}

static int path_unescape(request_rec *r)
{
    const core_dir_config *core = ap_get_core_module_config(r->per_dir_config);
    unsigned int flags = AP_UNESCAPE_URL_KEEP_UNRESERVED;

    if (!core->allow_encoded_slashes) {
        flags |= AP_UNESCAPE_URL_FORBID_SLASHES;
    } else if (!core->decode_encoded_slashes) {
        flags |= AP_UNESCAPE_URL_KEEP_SLASHES;
    }
    return ap_unescape_url_ex(r->parsed_uri.path, flags);
}

/* A module may return DONE to keep the path as it is. */
static int path_prepare(request_rec *r)
{
    const core_server_config *core = ap_get_core_module_config(r->server->module_config);
    unsigned int flags = AP_NORMALIZE_NOT_ABOVE_ROOT | AP_NORMALIZE_DECODE_UNRESERVED;
    int status = OK;

    if (core->merge_slashes != AP_CORE_CONFIG_OFF) {
        flags |= AP_NORMALIZE_MERGE_SLASHES;
    }
    if (!ap_normalize_path(r->parsed_uri.path, flags)) {
        return HTTP_BAD_REQUEST;
    }
    status = sections_walk(r);
    if (status == OK) {
        status = pre_translate_name_run(r);
        r->per_dir_config = r->server->lookup_defaults;
    }
    if (ap_is_HTTP_ERROR(status) || status == DONE) {
        return status == DONE ? OK : status;
    }
    return path_unescape(r);
}

/*
 * mod_rewrite looks for mod_proxy only when httpd starts, so here it answers RewriteRule ... [P]
 * with 403.
 */
static bool is_rewritten_to_proxy(const request_rec *r, int status)
{
    return status == HTTP_FORBIDDEN && r->filename && !strncmp(r->filename, "proxy:", 6) &&
           ap_find_linked_module("mod_proxy.c");
}

static int name_translate(request_rec *r)
{
    int status = translate_name_run(r);

    if (is_rewritten_to_proxy(r, status)) {
        r->proxyreq = PROXYREQ_REVERSE;
        r->handler = "proxy-server";
        return OK;
    }
    return status == DECLINED ? HTTP_INTERNAL_SERVER_ERROR : status;
}

static int request_walk(request_rec *r)
{
    int status = r->parsed_uri.path ? path_prepare(r) : HTTP_BAD_REQUEST;

    if (status == OK) {
        status = sections_walk(r);
    }
    if (status == OK) {
        status = name_translate(r);
    }
    if (status == OK) {
        r->per_dir_config = r->server->lookup_defaults;
        status = map_to_storage_run(r);
    }
    return status == OK ? sections_walk(r) : status;
}

/* ---- the configuration in effect ----------------------------------------------------------- */

static const cc_ruleset_t *ruleset_of(const cc_admin_query_t *q, const cc_rules_t *rules)
{
    const apr_array_header_t *rulesets = cc_rulesets_of(q->main);

    for (int i = 0; rules && i < rulesets->nelts; i++) {
        const cc_ruleset_t *ruleset = &APR_ARRAY_IDX(rulesets, i, cc_ruleset_t);

        if (ruleset->rules == rules) {
            return ruleset;
        }
    }
    return NULL;
}

cc_effect_t cc_dry_run(const cc_admin_query_t *q, const cc_dry_request_t *asked, apr_pool_t *p)
{
    cc_effect_t effect = {.status = OK};
    const ap_conf_vector_t *config = asked->server->lookup_defaults;

    if (asked->path) {
        effect.request = request_make(asked, p);
        effect.status = request_walk(effect.request);
        config = effect.request->per_dir_config;
    }
    effect.dir = ap_get_module_config(config, &clientcert_module);
    effect.ruleset = ruleset_of(q, effect.dir->rules);
    return effect;
}
