/* SPDX-License-Identifier: Apache-2.0 */
/* Imitates an httpd process for unit tests: its servers, its state, and a log for tests to read. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <apr_file_info.h>
#include <apr_strings.h>

#include <ap_mpm.h>
#include <ap_provider.h>
#include <http_core.h>
#include <http_log.h>
#include <http_main.h>
#include <util_mutex.h>

#include "fakehttpd.h"
#include "httpd/conf/dir.h"
#include "httpd/conf/module.h"
#include "httpd/conf/vhost_conf.h"
#include "httpd/directives.h"
#include "suite.h"

fake_t fake;
server_rec *ap_server_conf;
const char *ap_server_root;

module AP_MODULE_DECLARE_DATA clientcert_module = {
    STANDARD20_MODULE_STUFF, cc_dir_create, cc_dir_merge, cc_vhost_conf_create,
    cc_vhost_conf_merge,     cc_directives, NULL,         AP_MODULE_FLAG_ALWAYS_MERGE};

void cc_hooks_tolerate(void)
{
}

void cc_hooks_reserve(void)
{
    cc_configuration_of(ap_server_conf)->reserves = true;
}

void cc_hooks_take(void)
{
    cc_hooks_reserve();
}

void cc_hooks_fall_back(void)
{
    cc_configuration_of(ap_server_conf)->falls_back = true;
}

void cc_hooks_forward(void)
{
    cc_hooks_reserve();
}

void cc_hooks_ask_more(void)
{
    fake.asks_more = true;
}

void cc_hooks_follow_cas(void)
{
    cc_hooks_ask_more();
    cc_configuration_of(ap_server_conf)->follows_cas = true;
}

/* ---- begin and end --------------------------------------------------------------------------- */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char *lines; /* of the log */

static const char *folder_make(apr_pool_t *p)
{
    char *name = apr_pstrdup(p, "/tmp/fakehttpd.XXXXXX");

    ck_assert_ptr_nonnull(mkdtemp(name));
    return name;
}

void fake_begin(void)
{
    memset(&fake, 0, sizeof(fake));
    clientcert_module.module_index = 1;
    apr_pool_create(&fake.pool, NULL);
    fake.folder = ap_server_root = folder_make(fake.pool);
    fake.modules = "mod_ssl.c mod_authz_core.c mod_proxy_fcgi.c";
    fake.run_mode = AP_SQ_RM_NORMAL;
    fake.main_state = AP_SQ_MS_CREATE_CONFIG;
    fake.generation = 1;
    fake.threads = 64;
    fake.tls = true;
    fake.tls_variables = apr_table_make(fake.pool, 4);
    fake_words_begin();
    fake_filters_begin();
    fake_client_begin();
    fake_conf_begin();
    fake_configured("");
}

static void folder_remove(void)
{
    apr_dir_t *dir;
    apr_finfo_t info;

    if (apr_dir_open(&dir, fake.folder, fake.pool) == APR_SUCCESS) {
        while (apr_dir_read(&info, APR_FINFO_NAME, dir) == APR_SUCCESS) {
            unlink(apr_pstrcat(fake.pool, fake.folder, "/", info.name, NULL));
        }
        apr_dir_close(dir);
    }
    rmdir(fake.folder);
}

void fake_end(void)
{
    fake.main_state = AP_SQ_MS_EXITING;
    fake_configuration_end();
    folder_remove();
    apr_pool_destroy(fake.pool);
    free(lines);
    lines = NULL;
}

/* ---- httpd's properties -------------------------------------------------------------------- */

int ap_state_query(int query)
{
    switch (query) {
    case AP_SQ_MAIN_STATE:
        return fake.main_state;
    case AP_SQ_RUN_MODE:
        return fake.run_mode;
    case AP_SQ_CONFIG_GEN:
        return fake.generation;
    default:
        return AP_SQ_NOT_SUPPORTED;
    }
}

apr_status_t ap_mpm_query(int query, int *result)
{
    *result = query == AP_MPMQ_IS_THREADED && fake.threads == 0 ? AP_MPMQ_NOT_SUPPORTED
              : fake.threads == 0                               ? 1
                                                                : fake.threads;
    return APR_SUCCESS;
}

int ap_satisfies(request_rec *r)
{
    (void)r;
    return SATISFY_NOSPEC;
}

int ap_exists_config_define(const char *name)
{
    return fake.defines && !strcmp(fake.defines, name);
}

module *ap_find_linked_module(const char *name)
{
    static module some;
    const char *found = strstr(fake.modules, name);

    return found ? &some : NULL;
}

char *ap_server_root_relative(apr_pool_t *p, const char *file)
{
    char *path = NULL;

    return apr_filepath_merge(&path, ap_server_root, file, APR_FILEPATH_TRUENAME, p) == APR_SUCCESS
               ? path
               : NULL;
}

/* No provider is loaded, and no mutex can be made. */
void *ap_lookup_provider(const char *group, const char *name, const char *version)
{
    (void)group;
    (void)name;
    (void)version;
    return NULL;
}

apr_array_header_t *ap_list_provider_names(apr_pool_t *p, const char *group, const char *version)
{
    (void)group;
    (void)version;
    return apr_array_make(p, 1, sizeof(ap_list_provider_names_t));
}

apr_status_t ap_mutex_register(apr_pool_t *p, const char *type, const char *folder,
                               apr_lockmech_e mechanism, apr_int32_t options)
{
    (void)p;
    (void)type;
    (void)folder;
    (void)mechanism;
    (void)options;
    return APR_SUCCESS;
}

apr_status_t ap_global_mutex_create(apr_global_mutex_t **mutex, const char **name, const char *type,
                                    const char *instance, server_rec *s, apr_pool_t *p,
                                    apr_int32_t options)
{
    (void)name;
    (void)type;
    (void)instance;
    (void)s;
    (void)p;
    (void)options;
    *mutex = NULL;
    return APR_ENOTIMPL;
}

char *ap_runtime_dir_relative(apr_pool_t *p, const char *file)
{
    return ap_server_root_relative(p, file);
}

/* ---- the log ------------------------------------------------------------------------------- */

static void line_add(int level, const char *fmt, va_list args)
{
    static const char *const levels[] = {"emerg",  "alert", "crit",  "error", "warn",
                                         "notice", "info",  "debug", "trace"};
    char text[8192], *all = NULL;
    int word = (level & APLOG_LEVELMASK) < 8 ? level & APLOG_LEVELMASK : 8;

    vsnprintf(text, sizeof(text), fmt, args);
    pthread_mutex_lock(&lock);
    all = malloc((lines ? strlen(lines) : 0) + strlen(text) + 16);
    sprintf(all, "%s%s%s %s", lines ? lines : "", lines ? "\n" : "", levels[word], text);
    free(lines);
    lines = all;
    pthread_mutex_unlock(&lock);
}

void ap_log_error_(const char *file, int line, int module_index, int level, apr_status_t status,
                   const server_rec *s, const char *fmt, ...)
{
    va_list args;

    (void)file;
    (void)line;
    (void)module_index;
    (void)status;
    (void)s;
    va_start(args, fmt);
    line_add(level, fmt, args);
    va_end(args);
}

void ap_log_rerror_(const char *file, int line, int module_index, int level, apr_status_t status,
                    const request_rec *r, const char *fmt, ...)
{
    va_list args;

    (void)file;
    (void)line;
    (void)module_index;
    (void)status;
    (void)r;
    va_start(args, fmt);
    line_add(level, fmt, args);
    va_end(args);
}

void ap_log_cserror_(const char *file, int line, int module_index, int level, apr_status_t status,
                     const conn_rec *c, const server_rec *s, const char *fmt, ...)
{
    va_list args;

    (void)file;
    (void)line;
    (void)module_index;
    (void)status;
    (void)c;
    (void)s;
    va_start(args, fmt);
    line_add(level, fmt, args);
    va_end(args);
}

const char *fake_logged(void)
{
    const char *all = NULL;

    pthread_mutex_lock(&lock);
    all = apr_pstrdup(fake.pool, lines ? lines : "");
    free(lines);
    lines = NULL;
    pthread_mutex_unlock(&lock);
    return all;
}

void fake_expect_log(const char *expected)
{
    ck_assert_str_eq(fake_logged(), expected);
}

void fake_expect_begins(const char *text, const char *begin)
{
    ck_assert_msg(text && !strncmp(text, begin, strlen(begin)), "\"%s\" does not begin with \"%s\"",
                  text ? text : "", begin);
}
