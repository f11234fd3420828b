/* SPDX-License-Identifier: Apache-2.0 */
/* Reads configurations for unit tests as httpd does: first the tree, then each directive. */
#include <stdlib.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include <ap_provider.h>
#include <http_main.h>
#include <http_request.h>
#include <mod_auth.h>

#include "fakehttpd.h"
#include "httpd/conf/dir.h"
#include "httpd/conf/module.h"
#include "httpd/conf/vhost_conf.h"
#include "httpd/directives.h"
#include "httpd/request/authz.h"
#include "suite.h"

ap_directive_t *ap_conftree;

static apr_hash_t *providers; /* name to const authz_provider * */

/* ---- the tree -------------------------------------------------------------------------------- */

/* The parent of the next directive, and its file and line. */
typedef struct reader_t {
    ap_directive_t **next;
    ap_directive_t *parent;
    const char *file;
    int line;
    apr_pool_t *pool;
} reader_t;

static void directive_add(reader_t *reader, char *text)
{
    ap_directive_t *directive = apr_pcalloc(reader->pool, sizeof(*directive));
    apr_size_t len = strcspn(text, " \t");
    char *name = apr_pstrmemdup(reader->pool, text, len);

    if (*name == '<' && name[len - 1] == '>') {
        name[len - 1] = '\0';
    }
    text += len;
    *directive = (ap_directive_t){.directive = name,
                                  .args = text + strspn(text, " \t"),
                                  .parent = reader->parent,
                                  .filename = reader->file,
                                  .line_num = reader->line};
    *reader->next = directive;
    reader->next = &directive->next;
    if (*name == '<') {
        reader->parent = directive;
        reader->next = &directive->first_child;
    }
}

static void line_read(reader_t *reader, char *text)
{
    char *name;

    text += strspn(text, " \t");
    if (*text == '@') {
        name = apr_strtok(text + 1, " ", &text);
        reader->file = name;
        reader->line = atoi(text) - 1;
    } else if (text[0] == '<' && text[1] == '/') {
        ck_assert_ptr_nonnull(reader->parent);
        reader->next = &reader->parent->next;
        reader->parent = reader->parent->parent;
    } else if (*text && *text != '#') {
        directive_add(reader, text);
    }
    reader->line++;
}

static ap_directive_t *tree_read(const char *file, const char *text, apr_pool_t *p)
{
    ap_directive_t *first = NULL;
    reader_t reader = {&first, NULL, file, 1, p};

    while (*text) {
        apr_size_t len = strcspn(text, "\n");

        line_read(&reader, apr_pstrmemdup(p, text, len));
        text += len + (text[len] == '\n');
    }
    ck_assert_ptr_null(reader.parent);
    return first;
}

/* ---- servers --------------------------------------------------------------------------------- */

ap_conf_vector_t *fake_vector(apr_pool_t *p)
{
    return apr_pcalloc(p, 4 * sizeof(void *));
}

static server_rec *server_make(apr_pool_t *p)
{
    server_rec *s = apr_pcalloc(p, sizeof(*s));
    core_server_config *core = apr_pcalloc(p, sizeof(*core));

    s->process = apr_pcalloc(p, sizeof(*s->process));
    *s->process = (process_rec){.pool = fake.pool, .pconf = fake.pconf};
    s->log.level = APLOG_INFO;
    s->module_config = fake_vector(p);
    s->lookup_defaults = fake_vector(p);
    core->protocols = apr_array_make(p, 2, sizeof(const char *));
    ap_set_core_module_config(s->module_config, core);
    ap_set_core_module_config(s->lookup_defaults, apr_pcalloc(p, sizeof(core_dir_config)));
    ap_set_module_config(s->module_config, &clientcert_module, cc_vhost_conf_create(p, s));
    ap_set_module_config(s->lookup_defaults, &clientcert_module, cc_dir_create(p, NULL));
    s->names = apr_array_make(p, 2, sizeof(const char *));
    s->wild_names = apr_array_make(p, 2, sizeof(const char *));
    return s;
}

static server_rec *host_make(const ap_directive_t *directive)
{
    apr_pool_t *p = fake.pconf;
    server_rec *s = server_make(p);
    const char *colon = strrchr(directive->args, ':');

    s->is_virtual = 1;
    s->defn_name = directive->filename;
    s->defn_line_number = (unsigned)directive->line_num;
    s->addrs = apr_pcalloc(p, sizeof(*s->addrs));
    s->addrs->virthost = apr_pstrdup(p, directive->args);
    s->addrs->host_port = (apr_port_t)(colon ? atoi(colon + 1) : 0);
    s->next = fake.main->next;
    fake.main->next = s;
    return s;
}

/* Merges them as httpd does after everything is read. */
static void host_merge(server_rec *s)
{
    apr_pool_t *p = fake.pconf;
    core_server_config *core = ap_get_core_module_config(s->module_config);
    core_server_config *main = ap_get_core_module_config(fake.main->module_config);

    if (core->protocols->nelts == 0) {
        core->protocols = main->protocols;
    }
    ap_set_module_config(s->module_config, &clientcert_module,
                         cc_vhost_conf_merge(p, cc_vhost_conf_of(fake.main), cc_vhost_conf_of(s)));
    ap_set_module_config(
        s->lookup_defaults, &clientcert_module,
        cc_dir_merge(p, ap_get_module_config(fake.main->lookup_defaults, &clientcert_module),
                     ap_get_module_config(s->lookup_defaults, &clientcert_module)));
}

/* Those of httpd's own directives that matter here. */
static void core_directive(server_rec *s, const ap_directive_t *directive)
{
    core_server_config *core = ap_get_core_module_config(s->module_config);
    const char *args = directive->args, *word;
    char *colon;

    if (!strcasecmp(directive->directive, "ServerName")) {
        s->server_hostname = ap_getword_conf(fake.pconf, &args);
        colon = strchr(s->server_hostname, ':');
        s->port = (apr_port_t)(colon ? atoi(colon + 1) : 0);
        if (colon) {
            *colon = '\0';
        }
    }
    while (!strcasecmp(directive->directive, "ServerAlias") &&
           *(word = ap_getword_conf(fake.pconf, &args))) {
        apr_array_header_t *names = strpbrk(word, "*?") ? s->wild_names : s->names;
        APR_ARRAY_PUSH(names, const char *) = word;
    }
    while (!strcasecmp(directive->directive, "Protocols") &&
           *(word = ap_getword_conf(fake.pconf, &args))) {
        APR_ARRAY_PUSH(core->protocols, const char *) = word;
    }
}

/* ---- directives ------------------------------------------------------------------------------ */

apr_status_t ap_register_auth_provider(apr_pool_t *pool, const char *group, const char *name,
                                       const char *version, const void *provider, int type)
{
    (void)pool;
    (void)group;
    (void)version;
    (void)type;
    apr_hash_set(providers, name, APR_HASH_KEY_STRING, provider);
    return APR_SUCCESS;
}

const char *ap_set_flag_slot(cmd_parms *cmd, void *record, int on)
{
    *(int *)(void *)((char *)record + (apr_uintptr_t)cmd->info) = on != 0;
    return NULL;
}

const char *ap_check_cmd_context(cmd_parms *cmd, unsigned forbidden)
{
    return (forbidden & NOT_IN_HTACCESS) && cmd->pool == cmd->temp_pool
               ? "directive is not allowed within .htaccess files"
               : NULL;
}

/* As mod_authz_core parses it. */
static const char *require_read(cmd_parms *cmd, const char *args)
{
    const char *name = ap_getword_conf(cmd->pool, &args);
    fake_require_t require = {.line = cmd->directive->line_num};

    if (!strcasecmp(name, "not")) {
        name = ap_getword_conf(cmd->pool, &args);
    }
    require.provider = apr_hash_get(providers, name, APR_HASH_KEY_STRING);
    if (!require.provider) {
        return NULL;
    }
    require.args = args;
    APR_ARRAY_PUSH(fake.requires, fake_require_t) = require;
    return require.provider->parse_require_line(
        cmd, args, &APR_ARRAY_IDX(fake.requires, fake.requires->nelts - 1, fake_require_t).parsed);
}

/* One to three words; httpd itself refuses more. */
static const char *words_read(cmd_parms *cmd, void *record, const command_rec *command)
{
    const char *args = cmd->directive->args, *words[3] = {NULL, NULL, NULL};

    for (int i = 0; i < 3 && *args; i++) {
        words[i] = ap_getword_conf(cmd->pool, &args);
    }
    return command->AP_TAKE3(cmd, record, words[0], words[1], words[2]);
}

static const char *ours_read(cmd_parms *cmd, void *record, const command_rec *command)
{
    const char *args = cmd->directive->args;

    cmd->cmd = command;
    cmd->info = command->cmd_data;
    switch (command->args_how) {
    case RAW_ARGS:
        return command->AP_RAW_ARGS(cmd, record, args);
    case TAKE1:
        return command->AP_TAKE1(cmd, record, ap_getword_conf(cmd->pool, &args));
    case TAKE123:
        return words_read(cmd, record, command);
    case FLAG:
        return command->AP_FLAG(cmd, record, !strcasecmp(args, "On"));
    default:
        return "this kind of directive is not known here";
    }
}

static const char *directive_read(cmd_parms *cmd, void *record)
{
    const char *error = NULL;

    for (const command_rec *one = cc_directives; one->name && !error; one++) {
        if (!strcasecmp(one->name, cmd->directive->directive)) {
            error = ours_read(cmd, record, one);
        }
    }
    if (!error && !strcasecmp(cmd->directive->directive, "Require")) {
        error = require_read(cmd, cmd->directive->args);
    }
    return error;
}

static const char *all_read(cmd_parms *outer, void *record, ap_directive_t *first);

/* A section that applies to requests has a record of its own. */
static const char *section_read(cmd_parms *outer, void *record, ap_directive_t *directive)
{
    static const char of_requests[] =
        "<Location <LocationMatch <Directory <Files <If <ElseIf <Else ";
    cmd_parms cmd = *outer;
    fake_section_t section = {.server = cmd.server, .kind = directive->directive};
    const char *name = apr_pstrcat(fake.pconf, directive->directive, " ", NULL);

    if (!strcasecmp(directive->directive, "<VirtualHost")) {
        cmd.server = host_make(directive);
        record = ap_get_module_config(cmd.server->lookup_defaults, &clientcert_module);
    } else if (ap_strcasestr(of_requests, name)) {
        record = cc_dir_create(fake.pconf, NULL);
        section.path = apr_pstrmemdup(fake.pconf, directive->args, strcspn(directive->args, ">"));
        section.config = fake_vector(fake.pconf);
        ap_set_module_config(section.config, &clientcert_module, record);
        APR_ARRAY_PUSH(fake.sections, fake_section_t) = section;
    }
    return all_read(&cmd, record, directive->first_child);
}

static const char *all_read(cmd_parms *outer, void *record, ap_directive_t *first)
{
    const char *error = NULL;

    for (ap_directive_t *one = first; one && !error; one = one->next) {
        cmd_parms cmd = *outer;

        cmd.directive = one;
        if (*one->directive == '<') {
            error = section_read(&cmd, record, one);
        } else {
            core_directive(cmd.server, one);
            error = directive_read(&cmd, record);
        }
    }
    return error;
}

/* ---- configurations -------------------------------------------------------------------------- */

void fake_conf_begin(void)
{
    providers = apr_hash_make(fake.pool);
    apr_pool_create(&fake.pconf, fake.pool);
    cc_authz_register(fake.pool);
}

void fake_configuration_end(void)
{
    apr_pool_clear(fake.pconf);
    ap_conftree = NULL;
    fake.main = ap_server_conf = NULL;
}

const char *fake_configure(const char *text)
{
    cmd_parms cmd = {.pool = fake.pconf};
    const char *error;

    fake_configuration_end();
    apr_pool_create(&cmd.temp_pool, fake.pconf);
    fake.sections = apr_array_make(fake.pconf, 4, sizeof(fake_section_t));
    fake.requires = apr_array_make(fake.pconf, 64, sizeof(fake_require_t));
    fake.main = ap_server_conf = cmd.server = server_make(fake.pconf);
    ap_conftree = tree_read("site.conf", text, fake.pconf);
    error = all_read(&cmd, ap_get_module_config(fake.main->lookup_defaults, &clientcert_module),
                     ap_conftree);
    for (server_rec *s = fake.main->next; s; s = s->next) {
        host_merge(s);
    }
    return error;
}

void fake_configured(const char *text)
{
    ck_assert_pstr_eq(fake_configure(text), NULL);
}

const char *fake_htaccess(request_rec *r, const char *text)
{
    cmd_parms cmd = {.pool = r->pool, .temp_pool = r->pool, .server = r->server};
    void *record = cc_dir_create(r->pool, NULL);
    ap_conf_vector_t *config = fake_vector(r->pool);
    const char *error = all_read(&cmd, record, tree_read("/www/.htaccess", text, r->pool));

    *(void **)config = ap_get_core_module_config(r->per_dir_config);
    ap_set_module_config(
        config, &clientcert_module,
        cc_dir_merge(r->pool, ap_get_module_config(r->per_dir_config, &clientcert_module), record));
    r->per_dir_config = config;
    return error;
}

void fake_restart(const char *text)
{
    fake.main_state = AP_SQ_MS_DESTROY_CONFIG;
    fake_configuration_end();
    fake.main_state = AP_SQ_MS_CREATE_CONFIG;
    fake.generation++;
    fake_configured(text);
}
