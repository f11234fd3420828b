/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the directives of httpd and mod_ssl for each virtual host. */
/*
 * mod_ssl makes no contexts in a test of the configuration, and a module cannot read the records of
 * another module. So the tree of directives that httpd keeps (ap_conftree) is walked once, when
 * Include, Define, IfModule and macros have been resolved in it. The walk finds <VirtualHost>
 * sections in the order of httpd's list of servers. Each section belongs to the next server that
 * names its file and line. Directives outside of sections are filed by name. The last one counts,
 * as for httpd.
 */
#include <string.h>

#include <apr_strings.h>

#include <http_core.h>

#include "httpd/conf/configuration.h"
#include "httpd/conf/module.h"
#include "httpd/conf/proxies.h"
#include "httpd/conf/vhost_conf.h"
#include "httpd/conf/view.h"

/* ---- the server of a directive ------------------------------------------------------------- */

/* A walk through the configuration, which finds its virtual hosts in their order. */
typedef struct view_walk_t {
    apr_array_header_t *views; /* cc_conf_view_t * */
    int next;                  /* views from here on have not been found yet */
} view_walk_t;

static bool is(const ap_directive_t *directive, const char *name)
{
    return !strcasecmp(directive->directive, name);
}

static bool defines(const ap_directive_t *directive, const server_rec *s)
{
    return s->defn_name && s->defn_line_number == (unsigned)directive->line_num &&
           !strcmp(s->defn_name, directive->filename);
}

/* In order, because a file that is included twice defines two hosts in the same line. */
static cc_conf_view_t *vhost_find(view_walk_t *walk, const ap_directive_t *directive)
{
    while (walk->next < walk->views->nelts) {
        cc_conf_view_t *view = APR_ARRAY_IDX(walk->views, walk->next++, cc_conf_view_t *);

        if (defines(directive, view->server)) {
            return view;
        }
    }
    return NULL;
}

static void view_note(cc_conf_view_t *view, const cc_place_t *place);

static void directives_walk(view_walk_t *walk, cc_conf_view_t *view, const ap_directive_t *section,
                            const ap_directive_t *directive)
{
    for (; directive && view; directive = directive->next) {
        const ap_directive_t *inside = directive->first_child;

        if (is(directive, "<VirtualHost")) {
            directives_walk(walk, vhost_find(walk, directive), NULL, inside);
        } else {
            cc_place_t *place = &APR_ARRAY_PUSH(view->places, cc_place_t);

            place->directive = directive;
            place->view = view;
            place->section = section;
            view_note(view, place);
            directives_walk(walk, view, directive, inside);
        }
    }
}

/* ---- directives ---------------------------------------------------------------------------- */

#define NAME_MAX_LEN 64 /* octets of the name of a directive; longer names are never looked up */

/* Names of directives are case-insensitive. */
static const char *folded(char folded_name[NAME_MAX_LEN], const char *name)
{
    apr_cpystrn(folded_name, name, NAME_MAX_LEN);
    ap_str_tolower(folded_name);
    return folded_name;
}

static const ap_directive_t *own_directive(const cc_conf_view_t *view, const char *name)
{
    char buffer[NAME_MAX_LEN];

    return apr_hash_get(view->values, folded(buffer, name), APR_HASH_KEY_STRING);
}

/* AuthType of another module, or AllowOverride, with which .htaccess may have one. */
static bool may_log_in(const ap_directive_t *directive)
{
    if (is(directive, "AuthType")) {
        return strcasecmp(directive->args, "ClientCert") != 0 &&
               strcasecmp(directive->args, "None") != 0;
    }
    return (is(directive, "AllowOverride") || is(directive, "AllowOverrideList")) &&
           strcasecmp(directive->args, "None") != 0;
}

/* Notes, during the walk, what other components need to know of a server. The last value counts. */
static void view_note(cc_conf_view_t *view, const cc_place_t *place)
{
    apr_pool_t *p = view->places->pool;
    const ap_directive_t *directive = place->directive;
    char buffer[NAME_MAX_LEN];

    if (!place->section && strlen(directive->directive) < NAME_MAX_LEN) {
        apr_hash_set(view->values, apr_pstrdup(p, folded(buffer, directive->directive)),
                     APR_HASH_KEY_STRING, directive);
    }
    if (place->section && is(directive, "SSLVerifyClient")) {
        view->verifies_later |= cc_conf_view_verify_client(directive->args) != CC_VERIFY_NONE;
    }
    view->user_off |= is(directive, "ClientCertAuth") && !strcasecmp(directive->args, "Off");
    view->may_log_in |= may_log_in(directive);
    view->asks_passwords |= is(directive, "AuthType") && !strcasecmp(directive->args, "Basic");
}

const ap_directive_t *cc_conf_view_directive(const cc_conf_view_t *view, const char *name)
{
    const ap_directive_t *own = own_directive(view, name);

    return own ? own : own_directive(view->main, name);
}

const char *cc_conf_view_arguments(const cc_conf_view_t *view, const char *name)
{
    const ap_directive_t *directive = cc_conf_view_directive(view, name);

    return directive ? directive->args : NULL;
}

const char *cc_conf_view_value(const cc_conf_view_t *view, const char *name, apr_pool_t *p)
{
    const char *args = cc_conf_view_arguments(view, name);

    return args ? ap_getword_conf(p, &args) : NULL;
}

cc_verify_client_t cc_conf_view_verify_client(const char *mode)
{
    if (!mode || !strcasecmp(mode, "none") || !strcasecmp(mode, "off")) {
        return CC_VERIFY_NONE;
    }
    return !strncasecmp(mode, "optional", 8) ? CC_VERIFY_OPTIONAL : CC_VERIFY_REQUIRE;
}

/* Every virtual host inherits the sections of the main server. */
bool cc_conf_view_ever_asks(const cc_conf_view_t *view)
{
    return view->tls != CC_TLS_OFF && (view->verify_client != CC_VERIFY_NONE ||
                                       view->verifies_later || view->main->verifies_later);
}

/* Without SSLEngine, mod_ssl uses the protocol of Listen, if there is a certificate. */
static cc_tls_t tls_of(const cc_conf_view_t *view, apr_pool_t *p)
{
    const char *engine = cc_conf_view_value(view, "SSLEngine", p);

    if (!engine) {
        return cc_conf_view_arguments(view, "SSLCertificateFile") ? CC_TLS_UNKNOWN : CC_TLS_OFF;
    }
    if (!strcasecmp(engine, "on")) {
        return CC_TLS_ON;
    }
    return !strcasecmp(engine, "off") ? CC_TLS_OFF : CC_TLS_UNKNOWN;
}

/*
 * SSLProtocol: a word without a sign resets the list. With SSLOpenSSLConfCmd, which may override
 * it, the answer is false.
 */
static bool speaks_tls13(const cc_conf_view_t *view, apr_pool_t *p)
{
    const char *words = cc_conf_view_arguments(view, "SSLProtocol");
    const char *word;
    bool spoken = !words;

    while (words && *(word = ap_getword_conf(p, &words))) {
        bool sign = *word == '+' || *word == '-';
        bool meant = !strcasecmp(word + sign, "all") || !strcasecmp(word + sign, "TLSv1.3");

        if (meant) {
            spoken = *word != '-';
        } else if (!sign) {
            spoken = false;
        }
    }
    return spoken && !cc_conf_view_arguments(view, "SSLOpenSSLConfCmd");
}

static bool speaks_http2(const server_rec *s)
{
    const core_server_config *core = ap_get_core_module_config(s->module_config);

    return ap_array_str_contains(core->protocols, "h2") && ap_find_linked_module("mod_http2.c");
}

static void read_facts(cc_conf_view_t *view, apr_pool_t *p)
{
    view->tls = tls_of(view, p);
    view->takes_forwarded = cc_proxies_take(cc_vhost_conf_of(view->server)->proxies);
    view->verify_client =
        cc_conf_view_verify_client(cc_conf_view_value(view, "SSLVerifyClient", p));
    view->tls13 = speaks_tls13(view, p);
    view->http2 = speaks_http2(view->server);
}

/* ---- all views ----------------------------------------------------------------------------- */

/* httpd's list begins with the main server, followed by the virtual hosts in reverse order. */
static apr_array_header_t *servers_in_order(server_rec *s, apr_pool_t *p)
{
    apr_array_header_t *servers = apr_array_make(p, 8, sizeof(server_rec *));
    server_rec **first;

    for (; s; s = s->next) {
        APR_ARRAY_PUSH(servers, server_rec *) = s;
    }
    first = (server_rec **)servers->elts;
    for (int i = 1, j = servers->nelts - 1; i < j; i++, j--) {
        server_rec *swap = first[i];

        first[i] = first[j];
        first[j] = swap;
    }
    return servers;
}

/* All views, in order and by server. */
typedef struct cc_conf_views_t {
    apr_array_header_t *list; /* cc_conf_view_t * */
    apr_hash_t *by_server;
} cc_conf_views_t;

static void view_make(cc_conf_views_t *views, cc_conf_view_t *view, server_rec *s, apr_pool_t *p)
{
    view->server = s;
    view->places = apr_array_make(p, 8, sizeof(cc_place_t));
    view->values = apr_hash_make(p);
    APR_ARRAY_PUSH(views->list, cc_conf_view_t *) = view;
    apr_hash_set(views->by_server, &view->server, sizeof(view->server), view);
}

static cc_conf_views_t *views_read(server_rec *s, apr_pool_t *p)
{
    apr_array_header_t *servers = servers_in_order(s, p);
    cc_conf_view_t *all = apr_pcalloc(p, (apr_size_t)servers->nelts * sizeof(*all));
    cc_conf_views_t *views = apr_palloc(p, sizeof(*views));
    view_walk_t walk = {NULL, 1};

    views->list = walk.views = apr_array_make(p, servers->nelts, sizeof(cc_conf_view_t *));
    views->by_server = apr_hash_make(p);
    for (int i = 0; i < servers->nelts; i++) {
        all[i].main = all;
        view_make(views, &all[i], APR_ARRAY_IDX(servers, i, server_rec *), p);
    }
    directives_walk(&walk, all, NULL, ap_conftree);
    for (int i = 0; i < servers->nelts; i++) {
        read_facts(&all[i], p);
    }
    return views;
}

static const cc_conf_views_t *views_of(server_rec *s)
{
    cc_configuration_t *configuration = cc_configuration_of(s);

    if (!configuration->views) {
        configuration->views = views_read(s, s->process->pconf);
    }
    return configuration->views;
}

const apr_array_header_t *cc_conf_views_of(server_rec *s)
{
    return views_of(s)->list;
}

const cc_conf_view_t *cc_conf_view_of(server_rec *main, const server_rec *s)
{
    return apr_hash_get(views_of(main)->by_server, &s, sizeof(s));
}
