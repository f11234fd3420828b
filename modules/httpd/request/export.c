/* SPDX-License-Identifier: Apache-2.0 */
/* Compiles the arguments of ClientCertExport, and makes the variables CLIENTCERT_* of a client. */
#include <apr_lib.h>
#include <apr_strings.h>

#include <httpd.h>

#include "base/error.h"
#include "cert/cert.h"
#include "httpd/peer/client.h"
#include "httpd/request/export.h"
#include "httpd/request/lookup.h"
#include "rules/rules.h"

#define CC_PREFIX "CLIENTCERT_"
#define CC_PREFIX_LEN (sizeof(CC_PREFIX) - 1)

static const cc_export_var_t default_vars[] = {
    {CC_PREFIX "USER", &cc_lookup_user},
    {CC_PREFIX "GROUPS", &cc_lookup_group},
};

const cc_export_t cc_export_default = {.count = 2, .vars = default_vars};

/* ---- ClientCertExport -------------------------------------------------------------------- */

static bool is_name(const char *name)
{
    if (!apr_isupper(*name)) {
        return false;
    }
    while (apr_isupper(*name) || apr_isdigit(*name) || *name == '_') {
        name++;
    }
    return !*name;
}

/*
 * A NAME without "=FIELD" means the field of the same name: USER, GROUPS, SERIAL, NOT_AFTER,
 * SAN_EMAIL.
 */
static apr_status_t lookup_by_name(const cc_lookup_t **lookup, const char *name, apr_pool_t *p,
                                   cc_error_t *err)
{
    bool plural = !strcmp(name, "GROUPS") || !strcmp(name, "ACCOUNTS");
    char *field = apr_pstrmemdup(p, name, strlen(name) - plural);
    char *bar;

    for (char *s = field; *s; s++) {
        *s = (char)apr_tolower(*s);
    }
    if (cc_lookup_parse(lookup, field, p, NULL) == APR_SUCCESS) {
        return APR_SUCCESS;
    }
    if ((bar = strchr(field, '_'))) {
        *bar = '.';
        if (cc_lookup_parse(lookup, field, p, NULL) == APR_SUCCESS) {
            return APR_SUCCESS;
        }
    }
    return cc_error_set(err, p, "CC0124", name,
                        "no field has this name; write %s=FIELD, where FIELD is user, group, "
                        "account, rule, strength or a field of a rule",
                        name);
}

static bool is_taken(const apr_array_header_t *vars, const char *name)
{
    for (int i = 0; i < vars->nelts; i++) {
        if (!strcmp(APR_ARRAY_IDX(vars, i, cc_export_var_t).name, name)) {
            return true;
        }
    }
    return false;
}

static apr_status_t word_parse(apr_array_header_t *vars, char *word, cc_error_t *err)
{
    apr_pool_t *p = vars->pool;
    cc_export_var_t var = {0};
    char *field = strchr(word, '=');

    if (field) {
        *field++ = '\0';
    }
    if (!is_name(word)) {
        return cc_error_set(err, p, "CC0125", word,
                            "not a variable name; use capital letters, digits and _");
    }
    var.name = apr_pstrcat(p, CC_PREFIX, word, NULL);
    if (is_taken(vars, var.name)) {
        return cc_error_set(err, p, "CC0126", word, "this variable is named twice; name it once");
    }
    if (field ? cc_lookup_parse(&var.lookup, field, p, err) != APR_SUCCESS
              : lookup_by_name(&var.lookup, word, p, err) != APR_SUCCESS) {
        return APR_EINVAL;
    }
    APR_ARRAY_PUSH(vars, cc_export_var_t) = var;
    return APR_SUCCESS;
}

apr_status_t cc_export_parse(const cc_export_t **export, const char *words, apr_pool_t *p,
                             cc_error_t *err)
{
    apr_array_header_t *vars = apr_array_make(p, 8, sizeof(cc_export_var_t));
    cc_export_t *made = apr_pcalloc(p, sizeof(*made));
    char *word;

    while (*(word = ap_getword_conf(p, &words))) {
        if (word_parse(vars, word, err) != APR_SUCCESS) {
            return APR_EINVAL;
        }
    }
    made->count = vars->nelts;
    made->vars = (const cc_export_var_t *)vars->elts;
    *export = made;
    return APR_SUCCESS;
}

/* ---- the variables of a client ----------------------------------------------------------- */

/* Space in a copy for variables of httpd and other modules: enough for most requests. */
#define CC_ROOM 8

/* Copies are compared byte by byte (variables.c), so all bytes must be initialized. */
static apr_table_t *table_make(int count, apr_pool_t *p)
{
    apr_table_t *table = apr_table_make(p, count + CC_ROOM);
    const apr_array_header_t *all = apr_table_elts(table);

    memset(all->elts, 0, (apr_size_t)all->nalloc * (apr_size_t)all->elt_size);
    return table;
}

const apr_table_t *cc_export_make(const cc_export_t *export, const cc_client_t *client,
                                  const cc_facts_t *facts, const cc_verdict_t *verdict,
                                  apr_time_t *stale_at, apr_pool_t *p)
{
    apr_table_t *exports = table_make(export->count, p);

    for (int i = 0; i < export->count; i++) {
        const cc_export_var_t *var = &export->vars[i];
        const char *text = cc_lookup_text(var->lookup, client, facts, verdict, p);
        apr_time_t until = cc_lookup_stale_at(var->lookup, client, facts);

        *stale_at = until < *stale_at ? until : *stale_at;
        if (text) {
            apr_table_addn(exports, var->name, text);
        }
    }
    return apr_is_empty_table(exports) ? NULL : exports;
}

cc_path_need_t cc_export_path_need(const cc_export_t *export)
{
    cc_path_need_t most = CC_PATH_UNUSED;

    for (int i = 0; i < export->count; i++) {
        cc_path_need_t need = cc_lookup_path_need(export->vars[i].lookup);

        most = need > most ? need : most;
    }
    return most;
}
