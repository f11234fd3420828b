/* SPDX-License-Identifier: Apache-2.0 */
/* Looks up names for requests by the functions of mod_clientcert, in several phases: for tests. */
#include <string.h>

#include <apr_strings.h>

#include <httpd.h>
#include <http_config.h>
#include <http_log.h>
#include <http_protocol.h>
#include <http_request.h>

#include "mod_clientcert.h"

/*
 *   TestLookup NAME       checks a name while the configuration is read; it is also looked up when
 *                         a request has just been read, and when it is logged
 *   TestLookupUse         says that the module looks up names on this virtual host
 *   SetHandler test-lookup    answers /?NAME&NAME ... with a line for each name: its status as a
 *                         number, the text, and the list; and a line for the first of these phases
 */

typedef struct conf_t {
    const char *name;
    int uses;
} conf_t;

static APR_OPTIONAL_FN_TYPE(clientcert_lookup) * lookup;
static APR_OPTIONAL_FN_TYPE(clientcert_list) * list;

module AP_MODULE_DECLARE_DATA test_lookup_module;
APLOG_USE_MODULE(test_lookup);

static conf_t *conf_of(const server_rec *s)
{
    return ap_get_module_config(s->module_config, &test_lookup_module);
}

static const char *line_of(request_rec *r, const char *name)
{
    apr_array_header_t *values = NULL;
    const char *text = NULL;
    apr_status_t status = lookup(r, name, &text), again = list(r, name, &values);

    return apr_psprintf(r->pool, "%s: %d %s %s%s", name, status, text ? text : "-",
                        values ? apr_array_pstrcat(r->pool, values, '|') : "-",
                        status == again ? "" : " DIFFERENT");
}

static int early(request_rec *r)
{
    const char *name = conf_of(r->server)->name;

    if (name && lookup) {
        apr_table_setn(r->notes, "test-lookup", line_of(r, name));
    }
    return DECLINED;
}

static int late(request_rec *r)
{
    const char *name = conf_of(r->server)->name;

    if (name && lookup) {
        ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r, "late %s", line_of(r, name));
    }
    return DECLINED;
}

static int handler(request_rec *r)
{
    const char *early_line = apr_table_get(r->notes, "test-lookup");
    char *state = NULL, *names;

    if (strcmp(r->handler, "test-lookup") != 0 || !lookup) {
        return DECLINED;
    }
    names = apr_pstrdup(r->pool, r->args ? r->args : "");
    ap_set_content_type(r, "text/plain");
    ap_rprintf(r, "early %s\n", early_line ? early_line : "-");
    for (char *name = apr_strtok(names, "&", &state); name; name = apr_strtok(NULL, "&", &state)) {
        ap_unescape_url(name);
        ap_rprintf(r, "%s\n", line_of(r, name));
    }
    return OK;
}

static void retrieve(void)
{
    APR_OPTIONAL_FN_TYPE(clientcert_api_version) *version =
        APR_RETRIEVE_OPTIONAL_FN(clientcert_api_version);
    int known = version && version() >= CLIENTCERT_API_VERSION;

    lookup = known ? APR_RETRIEVE_OPTIONAL_FN(clientcert_lookup) : NULL;
    list = known ? APR_RETRIEVE_OPTIONAL_FN(clientcert_list) : NULL;
}

static int uses(server_rec *s)
{
    return conf_of(s)->uses ? OK : DECLINED;
}

static void register_hooks(apr_pool_t *p)
{
    (void)p;
    ap_hook_optional_fn_retrieve(retrieve, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_post_read_request(early, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_handler(handler, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_log_transaction(late, NULL, NULL, APR_HOOK_MIDDLE);
    APR_OPTIONAL_HOOK(ap, clientcert_use, uses, NULL, NULL, APR_HOOK_MIDDLE);
}

static void *conf_create(apr_pool_t *p, server_rec *s)
{
    (void)s;
    return apr_pcalloc(p, sizeof(conf_t));
}

static const char *set_name(cmd_parms *cmd, void *dummy, const char *name)
{
    APR_OPTIONAL_FN_TYPE(clientcert_check) *check = APR_RETRIEVE_OPTIONAL_FN(clientcert_check);

    (void)dummy;
    conf_of(cmd->server)->name = name;
    return check ? check(cmd->pool, name) : NULL;
}

static const char *set_use(cmd_parms *cmd, void *dummy)
{
    (void)dummy;
    conf_of(cmd->server)->uses = 1;
    return NULL;
}

static const command_rec directives[] = {
    AP_INIT_TAKE1("TestLookup", set_name, NULL, RSRC_CONF, "NAME"),
    AP_INIT_NO_ARGS("TestLookupUse", set_use, NULL, RSRC_CONF, "no arguments"),
    {NULL}};

module AP_MODULE_DECLARE_DATA test_lookup_module = {
    STANDARD20_MODULE_STUFF, NULL, NULL, conf_create, NULL, directives, register_hooks, 0};
