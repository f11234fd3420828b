/* SPDX-License-Identifier: Apache-2.0 */
/* Finds which directives control access to a request: the second module of a query. */
#include <string.h>

#include <apr_strings.h>

#include <http_core.h>
#include <http_main.h>

#include "httpd/admin/access_lines.h"
#include "httpd/admin/require_answers.h"
#include "httpd/conf/configtest.h"
#include "httpd/conf/directive.h"
#include "httpd/conf/module.h"

static const char name[] = "mod_clientcert_query.c";

/* ---- its records --------------------------------------------------------------------------- */

/* The directives of a section, or of all sections that were merged. */
typedef struct section_t {
    apr_array_header_t *lines; /* cc_access_line_t */
    bool compat;               /* it has a directive of mod_access_compat, for any method */
} section_t;

static void *section_create(apr_pool_t *p, char *path)
{
    section_t *section = apr_pcalloc(p, sizeof(*section));

    (void)path;
    section->lines = apr_array_make(p, 2, sizeof(cc_access_line_t));
    return section;
}

/* mod_access_compat alone does not merge: a section with a directive of it forgets all others. */
static void *section_merge(apr_pool_t *p, void *base_record, void *add_record)
{
    const section_t *base = base_record, *add = add_record;
    section_t *section = section_create(p, NULL);

    section->compat = base->compat || add->compat;
    for (int i = 0; i < base->lines->nelts; i++) {
        const cc_access_line_t *line = &APR_ARRAY_IDX(base->lines, i, cc_access_line_t);

        if (line->kind != CC_LINE_COMPAT || !add->compat) {
            APR_ARRAY_PUSH(section->lines, cc_access_line_t) = *line;
        }
    }
    apr_array_cat(section->lines, add->lines);
    return section;
}

const apr_array_header_t *cc_access_lines(const request_rec *r)
{
    const module *query = ap_find_linked_module(name);
    const section_t *section = query ? ap_get_module_config(r->per_dir_config, query) : NULL;

    return section ? section->lines : apr_array_make(r->pool, 1, sizeof(cc_access_line_t));
}

const cc_access_line_t *cc_access_line_last(const request_rec *r, cc_line_kind_t kind)
{
    const apr_array_header_t *lines = cc_access_lines(r);
    const cc_access_line_t *last = NULL;

    for (int i = 0; i < lines->nelts; i++) {
        const cc_access_line_t *line = &APR_ARRAY_IDX(lines, i, cc_access_line_t);

        last = line->kind == kind ? line : last;
    }
    return last;
}

cc_verify_client_t cc_access_line_verify(const cc_access_line_t *line, apr_pool_t *p)
{
    const char *args = line ? line->directive->args : NULL;

    return cc_conf_view_verify_client(args ? ap_getword_conf(p, &args) : NULL);
}

const char *cc_access_line_text(const ap_directive_t *directive, apr_pool_t *p)
{
    return apr_pstrcat(p, directive->directive, *directive->args ? " " : "", directive->args,
                       " at ", cc_directive_where(directive, p), NULL);
}

/* ---- its directives ------------------------------------------------------------------------ */

/* The module that a directive belongs to. */
typedef struct owner_t {
    const char *module;
    cc_line_kind_t kind;
} owner_t;

static bool concerns(const cmd_parms *cmd, cc_line_kind_t kind, const char *args)
{
    switch (kind) {
    case CC_LINE_COMPAT:
        return (cmd->limited & (AP_METHOD_BIT << M_GET)) != 0;
    case CC_LINE_SSL_VERIFY:
    case CC_LINE_SSL_CIPHER:
        return cmd->path != NULL; /* elsewhere it is a setting of the handshake */
    case CC_LINE_SSL_FAKE:
        return ap_strcasestr(args, "FakeBasicAuth") != NULL;
    default:
        return true;
    }
}

/* httpd calls the functions of the module that was added last first. */
static const char *take(cmd_parms *cmd, void *record, const char *args)
{
    const owner_t *owner = cmd->info;
    section_t *section = record;

    section->compat |= owner->kind == CC_LINE_COMPAT;
    if (owner->kind == CC_LINE_REQUIRE) {
        cc_require_replace(cmd, args);
    } else if (concerns(cmd, owner->kind, args)) {
        APR_ARRAY_PUSH(section->lines, cc_access_line_t) =
            (cc_access_line_t){cmd->directive, owner->kind};
    }
    return NULL;
}

#define OWNER(owner, kind) ((void *)&(const owner_t){owner, kind})
#define ROW(directive, owner, kind)                                                                \
    AP_INIT_RAW_ARGS(directive, take, OWNER(owner, kind), OR_ALL | RSRC_CONF | ACCESS_CONF,        \
                     "read by a query")

static const command_rec rows[] = {
    ROW("Require", "mod_authz_core.c", CC_LINE_REQUIRE),
    ROW("Order", "mod_access_compat.c", CC_LINE_COMPAT),
    ROW("Allow", "mod_access_compat.c", CC_LINE_COMPAT),
    ROW("Deny", "mod_access_compat.c", CC_LINE_COMPAT),
    ROW("Satisfy", "mod_access_compat.c", CC_LINE_COMPAT),
    ROW("SSLRequire", "mod_ssl.c", CC_LINE_SSL_EXPR),
    ROW("SSLRequireSSL", "mod_ssl.c", CC_LINE_SSL_ONLY),
    ROW("SSLVerifyClient", "mod_ssl.c", CC_LINE_SSL_VERIFY),
    ROW("SSLCipherSuite", "mod_ssl.c", CC_LINE_SSL_CIPHER),
    ROW("SSLUserName", "mod_ssl.c", CC_LINE_SSL_USER),
    ROW("SSLOptions", "mod_ssl.c", CC_LINE_SSL_FAKE),
    ROW("<If", "core.c", CC_LINE_IF),
    ROW("<ElseIf", "core.c", CC_LINE_IF),
    ROW("<Else", "core.c", CC_LINE_IF),
    ROW("LuaHookPreTranslateName", "mod_lua.c", CC_LINE_LUA),
    ROW("LuaHookTranslateName", "mod_lua.c", CC_LINE_LUA),
    ROW("LuaHookMapToStorage", "mod_lua.c", CC_LINE_LUA),
    ROW("LuaHookAccessChecker", "mod_lua.c", CC_LINE_LUA),
    ROW("LuaHookAuthChecker", "mod_lua.c", CC_LINE_LUA),
    ROW("LuaHookCheckUserID", "mod_lua.c", CC_LINE_LUA),
};

#define ROW_COUNT (sizeof(rows) / sizeof(rows[0]))

/* A row alone makes a directive legal, so only those of loaded modules are added. */
static const command_rec *rows_of_loaded(apr_pool_t *p)
{
    command_rec *loaded = apr_pcalloc(p, (ROW_COUNT + 1) * sizeof(*loaded));
    int count = 0;

    for (size_t i = 0; i < ROW_COUNT; i++) {
        const owner_t *owner = rows[i].cmd_data;

        if (ap_find_linked_module(owner->module)) {
            loaded[count++] = rows[i];
        }
    }
    return loaded;
}

/* ---- the module ---------------------------------------------------------------------------- */

int cc_access_lines_prepare(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp)
{
    module *query;

    (void)plog;
    (void)ptemp;
    if (!cc_configtest_query()) {
        return OK;
    }
    query = apr_palloc(pconf, sizeof(*query));
    *query = (module){STANDARD20_MODULE_STUFF,
                      section_create,
                      section_merge,
                      NULL,
                      NULL,
                      rows_of_loaded(pconf),
                      NULL,
                      0};
    query->name = name;
    if (ap_add_module(query, pconf, "clientcert_query_module")) {
        return !OK;
    }
    ap_single_module_configure(pconf, ap_server_conf, query);
    return OK;
}
