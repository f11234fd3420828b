/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the virtual host of a query: by its name, or as the only one with clients (and rules). */
#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>

#include "base/error.h"
#include "httpd/admin/query.h"
#include "httpd/admin/vhost.h"
#include "httpd/conf/dir.h"
#include "httpd/conf/module.h"
#include "httpd/conf/rulesets.h"
#include "httpd/conf/view.h"
#include "httpd/conf/where.h"
#include "httpd/status/verdict_json.h"

/* ---- names --------------------------------------------------------------------------------- */

static apr_port_t port_of(const server_rec *s)
{
    return s->is_virtual && s->addrs && s->addrs->host_port ? s->addrs->host_port : s->port;
}

const char *cc_vhost_name(const server_rec *s, apr_pool_t *p)
{
    const char *name = s->server_hostname ? s->server_hostname : "(no name)";

    if (port_of(s)) {
        name = apr_psprintf(p, "%s:%u", name, port_of(s));
    }
    return s->is_virtual ? name : apr_pstrcat(p, name, " (main server)", NULL);
}

json_t *cc_vhost_json(const server_rec *s, const char *reason, apr_pool_t *p)
{
    const char *where = s->is_virtual && s->defn_name
                            ? cc_where_text(s->defn_name, (int)s->defn_line_number, p)
                            : NULL;

    return json_pack("{s:o, s:o, s:s}", "name", cc_json_string(cc_vhost_name(s, p), p), "where",
                     cc_json_string(where, p), "taken_as", reason);
}

/* The names of servers (const cc_conf_view_t *), for a message. */
static const char *names_of(const apr_array_header_t *views, apr_pool_t *p)
{
    const char *names = "";

    for (int i = 0; i < views->nelts; i++) {
        const cc_conf_view_t *view = APR_ARRAY_IDX(views, i, const cc_conf_view_t *);

        names = apr_pstrcat(p, names, i > 0 ? ", " : "", cc_vhost_name(view->server, p), NULL);
    }
    return names;
}

/* ---- by name ------------------------------------------------------------------------------- */

/* NAME or NAME:PORT. */
typedef struct name_t {
    const char *name;
    apr_port_t port; /* 0: any */
} name_t;

static name_t name_read(const char *text, apr_pool_t *p)
{
    const char *colon = strrchr(text, ':');

    if (!colon || !colon[1] || strspn(colon + 1, "0123456789") != strlen(colon + 1)) {
        return (name_t){text, 0};
    }
    return (name_t){apr_pstrmemdup(p, text, (apr_size_t)(colon - text)),
                    (apr_port_t)atoi(colon + 1)};
}

static bool has_port(const server_rec *s, apr_port_t port)
{
    if (port == 0 || s->port == port) {
        return true;
    }
    for (const server_addr_rec *addr = s->addrs; addr; addr = addr->next) {
        if (addr->host_port == port || (s->is_virtual && addr->host_port == 0)) {
            return true;
        }
    }
    return false;
}

static bool is_listed(const apr_array_header_t *names, const char *name, bool wild)
{
    for (int i = 0; names && i < names->nelts; i++) {
        const char *listed = APR_ARRAY_IDX(names, i, const char *);

        if (listed && (wild ? !ap_strcasecmp_match(name, listed) : !strcasecmp(name, listed))) {
            return true;
        }
    }
    return false;
}

static bool is_named(const server_rec *s, const name_t *name)
{
    if (!has_port(s, name->port)) {
        return false;
    }
    return (s->server_hostname && !strcasecmp(s->server_hostname, name->name)) ||
           is_listed(s->names, name->name, false) || is_listed(s->wild_names, name->name, true);
}

/* By ServerName or ServerAlias. Prefers a virtual host that can have clients. */
static server_rec *vhost_named(cc_admin_query_t *q, const apr_array_header_t *views)
{
    name_t name = name_read(q->vhost, q->pool);
    server_rec *found = NULL;

    for (int i = 0; i < views->nelts; i++) {
        const cc_conf_view_t *view = APR_ARRAY_IDX(views, i, const cc_conf_view_t *);
        bool named = is_named(view->server, &name);

        if (named && cc_conf_view_has_clients(view) && view->server->is_virtual) {
            return view->server;
        }
        if (named && (!found || (!found->is_virtual && view->server->is_virtual))) {
            found = view->server;
        }
    }
    if (!found) {
        cc_error_set(&q->err, q->pool, "CC0751", q->vhost,
                     "no virtual host has this name and port; use one of %s",
                     names_of(views, q->pool));
    }
    return found;
}

/* ---- without a name ------------------------------------------------------------------------ */

bool cc_vhost_serves(const cc_ruleset_t *ruleset, const server_rec *s)
{
    const cc_dir_t *dir = ap_get_module_config(s->lookup_defaults, &clientcert_module);

    if (!ruleset->section) {
        return dir->rules == ruleset->rules;
    }
    return ruleset->server == s || !ruleset->server->is_virtual;
}

static bool has_rules(const server_rec *s, const server_rec *main)
{
    const apr_array_header_t *rulesets = cc_rulesets_of(main);

    for (int i = 0; i < rulesets->nelts; i++) {
        if (cc_vhost_serves(&APR_ARRAY_IDX(rulesets, i, cc_ruleset_t), s)) {
            return true;
        }
    }
    return false;
}

/* The servers that can have clients; `rules`: only those that have rules, too. */
static apr_array_header_t *candidates(const cc_admin_query_t *q, const apr_array_header_t *views,
                                      bool rules)
{
    apr_array_header_t *some = apr_array_make(q->pool, 2, sizeof(const cc_conf_view_t *));

    for (int i = 0; i < views->nelts; i++) {
        const cc_conf_view_t *view = APR_ARRAY_IDX(views, i, const cc_conf_view_t *);

        if (cc_conf_view_has_clients(view) && (!rules || has_rules(view->server, q->main))) {
            APR_ARRAY_PUSH(some, const cc_conf_view_t *) = view;
        }
    }
    return some;
}

/*
 * With SSLEngine or ClientCertHeader outside of virtual hosts, all virtual hosts have it, and hide
 * the main server.
 */
static void drop_main(apr_array_header_t *views)
{
    if (views->nelts > 1 && !APR_ARRAY_IDX(views, 0, const cc_conf_view_t *)->server->is_virtual) {
        memmove(views->elts, views->elts + views->elt_size,
                (apr_size_t)((views->nelts - 1) * views->elt_size));
        views->nelts--;
    }
}

static const char *reason_of(const cc_conf_view_t *only, bool rules)
{
    if (only->tls == CC_TLS_OFF) {
        return rules ? "the only one with ClientCertHeader and rules"
                     : "the only one with ClientCertHeader";
    }
    return rules ? "the only one with TLS and rules" : "the only one with TLS";
}

static server_rec *vhost_only(cc_admin_query_t *q, const apr_array_header_t *views,
                              const char **reason)
{
    apr_array_header_t *some = candidates(q, views, true);
    bool rules = some->nelts > 0;

    if (!rules) {
        some = candidates(q, views, false);
    }
    drop_main(some);
    if (some->nelts == 0) {
        *reason = "no virtual host has TLS or ClientCertHeader";
        return q->main;
    }
    if (some->nelts > 1) {
        cc_error_set(
            &q->err, q->pool, "CC0752", NULL,
            "several virtual hosts accept client certificates; choose one with --vhost: %s",
            names_of(some, q->pool));
        return NULL;
    }
    *reason = reason_of(APR_ARRAY_IDX(some, 0, const cc_conf_view_t *), rules);
    return APR_ARRAY_IDX(some, 0, const cc_conf_view_t *)->server;
}

server_rec *cc_vhost_choose(cc_admin_query_t *q, const char **reason)
{
    const apr_array_header_t *views = cc_conf_views_of(q->main);

    if (q->vhost) {
        *reason = "named by --vhost";
        return vhost_named(q, views);
    }
    return vhost_only(q, views, reason);
}
