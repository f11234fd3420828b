/* SPDX-License-Identifier: Apache-2.0 */
/* Keeps the tables of a configuration: opens them, makes them available to rules, polls them. */

#include <apr_signal.h>
#include <apr_strings.h>

#include <http_core.h>
#include <http_main.h>

#include "base/error.h"
#include "base/text.h"
#include "httpd/background/backends.h"
#include "httpd/background/sharing.h"
#include "httpd/background/tables.h"
#include "httpd/background/threads.h"
#include "httpd/conf/configtest.h"
#include "httpd/conf/configuration.h"
#include "httpd/conf/directive.h"
#include "httpd/conf/module.h"
#include "httpd/conf/vhost_conf.h"
#include "rules/rules.h"
#include "tables/table.h"

/*
 * All types of tables. A type that needs another module of httpd has its own file in this
 * directory.
 */
static const cc_backend_t *const backends[] = {
    &cc_backend_file,   &cc_backend_gridmap, &cc_backend_dbm,  &cc_backend_redis,
    &cc_backend_rediss, &cc_backend_sql,     &cc_backend_ldap, NULL};

/* ---- while the configuration is read ----------------------------------------------------- */

/*
 * A Require, which is a directive of another module, may call this while the configuration is read.
 * At that time, a virtual host has a record only if a directive of this module came before.
 */
cc_tables_t *cc_tables_configured(const server_rec *s)
{
    return cc_configuration_find(s)->tables;
}

static cc_tables_t *tables_make(const server_rec *s)
{
    cc_configuration_t *configuration = cc_configuration_find(s);

    if (!configuration->tables) {
        configuration->tables = cc_tables_create(backends, s->process->pconf);
    }
    return configuration->tables;
}

/* NULL for the main server, whose tables all virtual hosts can use. */
static void *owner_of(server_rec *s)
{
    return s->is_virtual ? s : NULL;
}

/* Several requests may read .htaccess at once, so shared data is no longer written then. */
cc_rules_t *cc_tables_rules(cmd_parms *cmd)
{
    bool htaccess = ap_check_cmd_context(cmd, NOT_IN_HTACCESS) != NULL;
    cc_tables_t *tables = htaccess ? cc_tables_configured(cmd->server) : tables_make(cmd->server);

    return cc_rules_create(tables, owner_of(cmd->server), cmd->pool);
}

const char *cc_tables_directive(cmd_parms *cmd, void *record, const char *args)
{
    cc_error_t err = {0};
    const char *where = cc_directive_where(cmd->directive, cmd->pool);

    (void)record;
    if (cc_tables_add(tables_make(cmd->server), owner_of(cmd->server), args, where, &err) !=
        APR_SUCCESS) {
        return cc_error_text(&err, cmd->pool);
    }
    return NULL;
}

/* A pin is the digest of a key: neither DNs nor the rows of one CA. NULL, or what is wrong. */
static const char *pinned_unsuitable(const cc_table_t *table)
{
    if (cc_table_is_gridmap(table)) {
        return "the keys of a gridmap: table are DNs, not digests";
    }
    return cc_table_binds_issuer(table)
               ? "its rows count for one CA each (issuer=), and no CA vouches for a pinned key"
               : NULL;
}

/* Makes *made of the words of ClientCertPinned. NULL, or an error. */
static const char *pinning_make(const cc_pinning_t **made, cmd_parms *cmd, const char *name,
                                const char *field)
{
    cc_tables_t *tables = tables_make(cmd->server);
    cc_pinning_t *pinning = apr_pcalloc(cmd->pool, sizeof(*pinning));
    const char *unsuitable;

    pinning->table = cc_tables_find(tables, owner_of(cmd->server), name);
    pinning->whole = !strcasecmp(field, "sha256");
    pinning->where = cc_directive_where(cmd->directive, cmd->pool);
    if (!pinning->table) {
        return apr_psprintf(cmd->pool,
                            "CC0428: \"%s\": no such table; a ClientCertTable must come before "
                            "ClientCertPinned; tables so far: %s",
                            cc_text_escape(name, strlen(name), cmd->pool),
                            cc_tables_names(tables, owner_of(cmd->server), cmd->pool));
    }
    unsuitable = pinned_unsuitable(pinning->table);
    if (unsuitable) {
        return apr_psprintf(cmd->pool, "CC0443: \"%s\": %s", name, unsuitable);
    }
    cc_table_use(pinning->table, 0);
    *made = pinning;
    return NULL;
}

const char *cc_tables_pinned(cmd_parms *cmd, void *record, const char *args)
{
    cc_vhost_conf_t *conf = cc_vhost_conf_of(cmd->server);
    const char *name = ap_getword_conf(cmd->pool, &args),
               *field = ap_getword_conf(cmd->pool, &args);
    bool off = !strcasecmp(name, "Off");

    (void)record;
    if (!*name || *args ||
        (*field &&
         (off || (strcasecmp(field, "sha256") != 0 && strcasecmp(field, "spki.sha256") != 0)))) {
        return apr_psprintf(
            cmd->pool,
            "CC0428: \"%s\": write the name of a ClientCertTable, and after it "
            "nothing, spki.sha256 or sha256; or write Off alone",
            cc_text_escape(*args ? args : field, strlen(*args ? args : field), cmd->pool));
    }
    conf->pinning = NULL;
    conf->pinning_off = off;
    return off ? NULL : pinning_make(&conf->pinning, cmd, name, field);
}

/* ---- polling the sources ---------------------------------------------------------------- */

static void change_log(const cc_table_t *table, const cc_error_t *err, void *s)
{
    apr_pool_t *p;

    if (!err) {
        ap_log_error(APLOG_MARK, APLOG_INFO, 0, s, "CC0131: table %s has changed (%s)",
                     cc_table_name(table), cc_table_where(table));
    } else if (apr_pool_create(&p, NULL) == APR_SUCCESS) {
        ap_log_error(APLOG_MARK, APLOG_ERR, 0, s, "CC0132: table %s was not reloaded; %s: %s",
                     cc_table_name(table),
                     cc_table_has_rows(table) ? "its previous rows stay in use"
                                              : "lookups in it fail until it can be read",
                     cc_error_text(err, p));
        apr_pool_destroy(p);
    }
}

static void change_ignore(const cc_table_t *table, const cc_error_t *err, void *baton)
{
    (void)table;
    (void)err;
    (void)baton;
}

apr_interval_time_t cc_tables_poll_child(server_rec *s, apr_time_t now)
{
    cc_tables_t *tables = cc_tables_configured(s);

    return tables ? cc_tables_poll(tables, now, change_log, s) : 0;
}

/*
 * Lets a child that starts later inherit the last good rows, and not those of the start: if the
 * source is broken by then, a client that was removed from the list would be back on it.
 */
void cc_tables_poll_parent(server_rec *s, apr_time_t now)
{
    cc_tables_t *tables = cc_tables_configured(s);

    if (tables) {
        cc_tables_poll(tables, now, change_ignore, NULL);
    }
}

/* ---- start ------------------------------------------------------------------------------- */

static void restart_log(const cc_table_t *table, cc_table_restart_t what, const cc_error_t *err,
                        void *s)
{
    const char *name = cc_table_name(table);
    apr_pool_t *p;

    if (what == CC_TABLE_KEPT) {
        ap_log_error(APLOG_MARK, APLOG_INFO, 0, s,
                     "CC0187: table %s keeps its rows across the restart (%s)", name,
                     cc_table_where(table));
    } else if (apr_pool_create(&p, NULL) == APR_SUCCESS) {
        const char *reason = cc_error_text(err, p);

        if (what == CC_TABLE_OLD) {
            ap_log_error(APLOG_MARK, APLOG_ERR, 0, s,
                         "CC0185: table %s was not reloaded at the restart; its previous rows stay "
                         "in use: %s",
                         name, reason);
        } else if (what == CC_TABLE_CLOSED) {
            ap_log_error(APLOG_MARK, APLOG_CRIT, 0, s,
                         "CC0614: table %s was not opened at the restart; lookups in it fail until "
                         "the next restart: %s",
                         name, reason);
        } else {
            ap_log_error(APLOG_MARK, APLOG_CRIT, 0, s,
                         "CC0186: table %s was not loaded at the restart; lookups in it fail until "
                         "it can be read: %s",
                         name, reason);
        }
        apr_pool_destroy(p);
    }
}

/*
 * Runs before the tables of this configuration close. Ends the use of the kept rows if no other
 * configuration follows.
 */
static apr_status_t kept_decide(void *kept)
{
    if (ap_state_query(AP_SQ_MAIN_STATE) != AP_SQ_MS_DESTROY_CONFIG) {
        cc_kept_end(kept);
    }
    return APR_SUCCESS;
}

/* The rows kept for the next configuration: one object for all configurations of the process. */
static cc_tables_kept_t *kept_of(const server_rec *s)
{
    static const char key[] = "clientcert_tables_kept_1"; /* the number is that of the layout */
    apr_pool_t *p = s->process->pool;
    void *kept = NULL;

    apr_pool_userdata_get(&kept, key, p);
    if (!kept) {
        kept = cc_kept_create(p);
        apr_pool_userdata_set(kept, key, NULL, p);
    }
    apr_pool_pre_cleanup_register(s->process->pconf, kept, kept_decide);
    return kept;
}

/* True if httpd has run with another configuration before: a bad table must not end it. */
static bool is_restart(void)
{
    return ap_state_query(AP_SQ_CONFIG_GEN) > 1;
}

/* Lines that give less than they seem to. They do not change until the file is read again. */
static void remarks_log(const cc_tables_t *tables, const server_rec *s)
{
    for (int i = 0; i < cc_tables_count(tables); i++) {
        const cc_table_t *table = cc_tables_at(tables, i);
        const apr_array_header_t *remarks = cc_table_remarks(table);

        for (int j = 0; remarks && j < remarks->nelts; j++) {
            ap_log_error(APLOG_MARK, APLOG_WARNING, 0, s, "CC0612: table %s: %s",
                         cc_table_name(table), APR_ARRAY_IDX(remarks, j, const char *));
        }
    }
}

/*
 * Runs in check_config and not in post_config, so that httpd -t shows errors, and a start shows
 * them on the terminal.
 */
int cc_tables_start(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s)
{
    cc_tables_t *tables = cc_tables_configured(s);
    cc_restart_t restart = {.restart = is_restart(), .report = restart_log, .baton = s};
    cc_error_t *err = apr_pcalloc(pconf, sizeof(*err));

    (void)plog;
    if (!tables) {
        return OK;
    }
    if (cc_configtest()) {
        apr_signal(SIGPIPE, SIG_IGN); /* as a server does, for connections that the source closes */
    }
    restart.kept = kept_of(s);
    restart.sharing = cc_sharing_make(s, pconf);
    if (cc_tables_reopen(tables, ap_server_root, &restart, pconf, err) != APR_SUCCESS) {
        if (cc_configtest_query()) {
            cc_configuration_find(s)->tables_error = err;
            return OK;
        }
        ap_log_error(APLOG_MARK, APLOG_EMERG, 0, s, "%s", cc_error_text(err, ptemp));
        return !OK;
    }
    if (!cc_configtest_query()) {
        remarks_log(tables, s);
    }
    cc_sharing_start(restart.sharing, tables, s, pconf);
    return OK;
}

const cc_error_t *cc_tables_error(const server_rec *s)
{
    return cc_configuration_find(s)->tables_error;
}

void cc_tables_child_start(apr_pool_t *pchild, server_rec *s)
{
    cc_tables_t *tables = cc_tables_configured(s);
    apr_status_t rv;

    if (!tables) {
        return;
    }
    cc_sharing_child(s);
    rv = cc_tables_child(tables, cc_threads_waiting(), pchild);
    if (rv != APR_SUCCESS) {
        ap_log_error(APLOG_MARK, APLOG_CRIT, rv, s,
                     "CC0136: this process could not prepare its tables; it caches no answers and "
                     "follows no changes");
    }
}
