/* SPDX-License-Identifier: Apache-2.0 */
/* Knows the back end "ldap": a directory is searched, by mod_ldap's connections, for one entry. */
#include <string.h>

#include <httpd.h>
#include <http_config.h>

#include <apr_optional.h>
#include <apr_strings.h>
#include <util_ldap.h>

#include "httpd/tables/backends.h"
#include "httpd/tables/directory.h"
#include "httpd/tables/job.h"

#define MOST_ENTRIES 2 /* one too many */
#define TWO_ENTRIES "more than one entry has this key"

typedef struct {
    cc_directory_t directory;
    APR_OPTIONAL_FN_TYPE(uldap_connection_find) * find;
    APR_OPTIONAL_FN_TYPE(uldap_connection_open) * open;
    APR_OPTIONAL_FN_TYPE(uldap_connection_unbind) * unbind;
    APR_OPTIONAL_FN_TYPE(uldap_connection_close) * close;
} ldap_t;

/* A job with the connection that it has. */
typedef struct {
    const ldap_t *ldap;
    cc_job_t *job;
    request_rec *r;
    util_ldap_connection_t *ldc;
} ask_t;

/* ---- the entry ------------------------------------------------------------------------------- */

static cc_table_result_t ask_failed(const ask_t *ask, const char *why)
{
    ask->job->failure = why;
    return CC_TABLE_FAILED;
}

/*
 * An attribute with many values comes in parts from Active Directory, under another name:
 * "memberOf;range=0-1499". What is not there may be what matters.
 */
static bool comes_in_parts(LDAP *ldap, LDAPMessage *entry, const char *name)
{
    apr_size_t len = strlen(name);
    BerElement *position = NULL;
    bool found = false;
    char *given = ldap_first_attribute(ldap, entry, &position);

    while (given) {
        found =
            found || (!strncasecmp(given, name, len) && !strncasecmp(given + len, ";range=", 7));
        ldap_memfree(given);
        given = ldap_next_attribute(ldap, entry, position);
    }
    ber_free(position, 0);
    return found;
}

static cc_table_result_t column_read(const ask_t *ask, LDAPMessage *entry, int i,
                                     cc_column_t *column)
{
    const char *name = ask->ldap->directory.url->lud_attrs[i];
    struct berval **values = ldap_get_values_len(ask->ldc->ldap, entry, name);
    int count = ldap_count_values_len(values);
    const char **copies = apr_palloc(ask->job->pool, sizeof(*copies) * (apr_size_t)(count + 1));
    bool nul = false;

    for (int j = 0; j < count; j++) {
        nul = nul || memchr(values[j]->bv_val, '\0', values[j]->bv_len);
        copies[j] = apr_pstrmemdup(ask->job->pool, values[j]->bv_val, values[j]->bv_len);
    }
    ldap_value_free_len(values);
    column->count = count;
    column->values = copies;
    if (nul) {
        return ask_failed(ask, apr_psprintf(ask->job->pool, "a value of %s holds a NUL", name));
    }
    if (count == 0 && comes_in_parts(ask->ldc->ldap, entry, name)) {
        return ask_failed(ask, apr_psprintf(ask->job->pool,
                                            "the directory gives %s in parts: it has too many "
                                            "values",
                                            name));
    }
    return CC_TABLE_FOUND;
}

static cc_table_result_t found_read(const ask_t *ask, LDAPMessage *found)
{
    LDAP *ldap = ask->ldc->ldap;
    LDAPMessage *entry = ldap_first_entry(ldap, found);
    int count = ask->ldap->directory.attributes;
    cc_column_t *columns = apr_palloc(ask->job->pool, sizeof(*columns) * (apr_size_t)count);
    cc_table_result_t result = CC_TABLE_FOUND;

    if (!entry && ldap_count_references(ldap, found) > 0) {
        return ask_failed(ask, "the directory refers to another one, which was not asked");
    }
    if (!entry) {
        return CC_TABLE_MISSING;
    }
    if (ldap_next_entry(ldap, entry)) {
        return ask_failed(ask, TWO_ENTRIES);
    }
    for (int i = 0; i < count && result == CC_TABLE_FOUND; i++) {
        result = column_read(ask, entry, i, &columns[i]);
    }
    ask->job->row.count = count;
    ask->job->row.columns = columns;
    return result;
}

/* ---- a lookup, in a thread of its own -------------------------------------------------------- */

/*
 * mod_ldap wants a request, for its pool, server and log. The one that asks may end before the job
 * does, so this is another, with what a line of the log may take from it.
 */
static request_rec *request_make(const cc_directory_t *directory, apr_pool_t *p)
{
    request_rec *r = apr_pcalloc(p, sizeof(*r));
    conn_rec *c = apr_pcalloc(p, sizeof(*c));

    c->pool = p;
    c->base_server = directory->server;
    c->client_ip = c->local_ip = "-";
    c->client_addr = c->local_addr = apr_pcalloc(p, sizeof(apr_sockaddr_t));
    c->notes = apr_table_make(p, 1);
    c->log_id = "-";
    r->pool = p;
    r->connection = c;
    r->server = directory->server;
    r->per_dir_config = directory->server->lookup_defaults;
    r->request_time = apr_time_now();
    r->useragent_ip = c->client_ip;
    r->useragent_addr = c->client_addr;
    r->method = "-";
    r->headers_in = apr_table_make(p, 1);
    r->notes = apr_table_make(p, 1);
    r->subprocess_env = apr_table_make(p, 1);
    r->log_id = "-";
    return r;
}

/* The key in its place, or NULL where it is not what belongs there. */
static const char *filter_make(const cc_directory_t *directory, const cc_job_t *job)
{
    const char *key = NULL;

    if (!directory->octets) {
        key = cc_filter_text(job->key, job->len, job->pool);
    } else if (directory->hex) {
        key = cc_filter_hex(job->key, job->len, job->pool);
    } else {
        key = cc_filter_base64(job->key, job->len, job->pool);
    }
    return key ? apr_pstrcat(job->pool, directory->before, key, directory->after, NULL) : NULL;
}

/* Connects where that is due. */
static int ask_connect(const ask_t *ask)
{
    int code = ask->ldap->open(ask->r, ask->ldc);
    const char *reason = ask->ldc->reason ? ask->ldc->reason : "no reason given";

    if (code != LDAP_SUCCESS) {
        ask_failed(ask, apr_psprintf(ask->job->pool, "connecting to %s: %s (%s)",
                                     ask->ldap->directory.host, ldap_err2string(code), reason));
    }
    return code;
}

static int ask_search(const ask_t *ask, const char *filter, LDAPMessage **found)
{
    const cc_directory_t *directory = &ask->ldap->directory;
    struct timeval timeout = directory->timeout;
    int code =
        ldap_search_ext_s(ask->ldc->ldap, directory->url->lud_dn, directory->url->lud_scope, filter,
                          directory->url->lud_attrs, 0, NULL, NULL, &timeout, MOST_ENTRIES, found);

    if (code != LDAP_SUCCESS) {
        ask_failed(ask, apr_psprintf(ask->job->pool, "the search at %s: %s", directory->host,
                                     ldap_err2string(code)));
    }
    return code;
}

static cc_table_result_t ask_directory(const ask_t *ask, const char *filter)
{
    LDAPMessage *found = NULL;
    cc_table_result_t result = CC_TABLE_FAILED;
    int code = ask_connect(ask);

    if (code == LDAP_SUCCESS) {
        code = ask_search(ask, filter, &found);
        if (AP_LDAP_IS_SERVER_DOWN(code)) { /* an idle connection that has ended meanwhile */
            ask->ldap->unbind(ask->ldc);
            code = ask_connect(ask);
            code = code == LDAP_SUCCESS ? ask_search(ask, filter, &found) : code;
        }
    }
    if (code == LDAP_SUCCESS) {
        ask->job->failure = NULL;
        result = found_read(ask, found);
    } else if (code == LDAP_SIZELIMIT_EXCEEDED) {
        ask_failed(ask, TWO_ENTRIES);
    } else {
        ask->ldap->unbind(ask->ldc); /* so that the next one begins anew */
    }
    ldap_msgfree(found);
    return result;
}

static cc_table_result_t backend_ask(cc_job_t *job)
{
    const ldap_t *ldap = job->source;
    const cc_directory_t *directory = &ldap->directory;
    ask_t ask = {.ldap = ldap, .job = job};
    const char *filter = filter_make(directory, job);
    cc_table_result_t result = CC_TABLE_FAILED;

    if (!filter) {
        return ask_failed(&ask, "the key is not base64, which %o takes in a table without octets");
    }
    ask.r = request_make(directory, job->pool);
    ask.ldc = ldap->find(ask.r, directory->host, directory->port, directory->user,
                         directory->password, never, directory->secure);
    if (!ask.ldc) {
        return ask_failed(&ask, "mod_ldap has no connection");
    }
    result = ask_directory(&ask, filter);
    ldap->close(ask.ldc);
    return result;
}

/* ---- at start -------------------------------------------------------------------------------- */

static apr_status_t backend_open(void **state, const cc_table_spec_t *spec, apr_pool_t *p,
                                 cc_error_t *err)
{
    ldap_t *ldap = apr_pcalloc(p, sizeof(*ldap));
    apr_status_t status = cc_directory_read(&ldap->directory, spec, p, err);

    if (status != APR_SUCCESS) {
        return status;
    }
    ldap->find = APR_RETRIEVE_OPTIONAL_FN(uldap_connection_find);
    ldap->open = APR_RETRIEVE_OPTIONAL_FN(uldap_connection_open);
    ldap->unbind = APR_RETRIEVE_OPTIONAL_FN(uldap_connection_unbind);
    ldap->close = APR_RETRIEVE_OPTIONAL_FN(uldap_connection_close);
    if (!ldap->find || !ldap->open || !ldap->unbind || !ldap->close) {
        return cc_error_set(err, p, "CC0643", spec->name,
                            "an ldap: table needs mod_ldap; write LoadModule ldap_module ...");
    }
    *state = cc_jobs_create(backend_ask, ldap, spec->timeout, p);
    return APR_SUCCESS;
}

const cc_backend_t cc_backend_ldap = {
    .type = "ldap",
    .asked = true,
    .binds = true,
    .names = true,
    .open = backend_open,
    .child = cc_jobs_child,
    .lookup = cc_jobs_lookup,
};
