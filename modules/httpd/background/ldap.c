/* SPDX-License-Identifier: Apache-2.0 */
/* Looks up keys in tables of type "ldap": searches a directory over connections of mod_ldap. */
#include <string.h>

#include <apr_optional.h>
#include <apr_strings.h>

#include <httpd.h>
#include <http_config.h>
#include <util_ldap.h>

#include "base/error.h"
#include "httpd/background/backends.h"
#include "httpd/background/jobs.h"
#include "httpd/background/ldap_url.h"
#include "httpd/conf/module.h"
#include "tables/table.h"

#define ENTRIES_MAX 2 /* one too many */
#define TWO_ENTRIES "more than one entry has this key"

typedef struct {
    cc_ldap_url_t directory;
    APR_OPTIONAL_FN_TYPE(uldap_connection_find) * find;
    APR_OPTIONAL_FN_TYPE(uldap_connection_open) * open;
    APR_OPTIONAL_FN_TYPE(uldap_connection_unbind) * unbind;
    APR_OPTIONAL_FN_TYPE(uldap_connection_close) * close;
} ldap_t;

/* A search that was sent, or is to be. */
typedef struct {
    cc_query_t *query;
    int id;    /* of its message; -1: not sent */
    bool open; /* it has no answer yet */
} search_t;

/* A job and its connection. */
typedef struct {
    const ldap_t *ldap;
    cc_job_t *job;
    request_rec *r;
    util_ldap_connection_t *ldc;
    search_t *searches; /* one for each query of the job */
    cc_query_t *query;  /* the current one */
} ldap_run_t;

/* ---- the entry ------------------------------------------------------------------------------- */

static cc_table_result_t ask_failed(const ldap_run_t *run, const char *reason)
{
    return cc_query_fail(run->query, reason);
}

/*
 * Active Directory returns an attribute with many values in parts, under another name:
 * "memberOf;range=0-1499". The missing values may be the important ones.
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

/* Copies the values of an attribute; false if one cannot be copied, or all are too large. */
static bool values_copy(const ldap_run_t *run, const char *name, struct berval **values,
                        cc_column_t *column, apr_size_t *octets)
{
    apr_pool_t *p = run->job->pool;
    int count = ldap_count_values_len(values);
    const char **copies = apr_palloc(p, sizeof(*copies) * (apr_size_t)(count + 1));

    for (int i = 0; i < count; i++) {
        if (!cc_job_reserve(run->job, run->query, values[i]->bv_len, octets)) {
            ask_failed(run, apr_psprintf(p, "%s: %s", name, run->query->info.failure));
            return false;
        }
        if (memchr(values[i]->bv_val, '\0', values[i]->bv_len)) {
            ask_failed(run, apr_psprintf(p, "a value of %s contains a NUL", name));
            return false;
        }
        copies[i] = apr_pstrmemdup(p, values[i]->bv_val, values[i]->bv_len);
    }
    column->count = count;
    column->values = copies;
    return true;
}

static cc_table_result_t column_read(const ldap_run_t *run, LDAPMessage *entry, int i,
                                     cc_column_t *column, apr_size_t *octets)
{
    const char *name = run->ldap->directory.url->lud_attrs[i];
    struct berval **values = ldap_get_values_len(run->ldc->ldap, entry, name);
    bool copied = values_copy(run, name, values, column, octets);

    ldap_value_free_len(values);
    if (!copied) {
        return CC_TABLE_FAILED;
    }
    if (column->count == 0 && comes_in_parts(run->ldc->ldap, entry, name)) {
        return ask_failed(run, apr_psprintf(run->job->pool,
                                            "the directory returns %s in parts: it has too many "
                                            "values",
                                            name));
    }
    return CC_TABLE_FOUND;
}

static cc_table_result_t found_read(const ldap_run_t *run, LDAPMessage *found)
{
    LDAP *ldap = run->ldc->ldap;
    LDAPMessage *entry = ldap_first_entry(ldap, found);
    int count = run->ldap->directory.attributes;
    cc_column_t *columns = apr_palloc(run->job->pool, sizeof(*columns) * (apr_size_t)count);
    cc_table_result_t result = CC_TABLE_FOUND;
    apr_size_t octets = 0;

    if (!entry && ldap_count_references(ldap, found) > 0) {
        return ask_failed(run, "the directory answered with a referral, which is not followed");
    }
    if (!entry) {
        return CC_TABLE_MISSING;
    }
    if (ldap_next_entry(ldap, entry)) {
        return ask_failed(run, TWO_ENTRIES);
    }
    for (int i = 0; i < count && result == CC_TABLE_FOUND; i++) {
        result = column_read(run, entry, i, &columns[i], &octets);
    }
    run->query->row = (cc_row_t){count, columns};
    return result;
}

/* ---- a lookup, in a thread of its own -------------------------------------------------------- */

/*
 * mod_ldap needs a request for its pool, server and log. The request that waits may end before the
 * job does. So this makes another request, with the members that a line of the log may use.
 */
static request_rec *request_make(const cc_ldap_url_t *directory, apr_pool_t *p)
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

/* The filter with the key, or NULL if the key does not have the required form. */
static const char *filter_make(const cc_ldap_url_t *directory, const cc_query_t *query,
                               apr_pool_t *p)
{
    const char *key = NULL;

    if (!directory->octets) {
        key = cc_filter_text(query->key, query->len, p);
    } else if (directory->hex) {
        key = cc_filter_hex(query->key, query->len, p);
    } else {
        key = cc_filter_base64(query->key, query->len, p);
    }
    return key ? apr_pstrcat(p, directory->before, key, directory->after, NULL) : NULL;
}

/* Fails all queries that have no answer yet. */
static void open_fail(ldap_run_t *run, const char *reason)
{
    for (int i = 0; i < run->job->count; i++) {
        search_t *search = &run->searches[i];

        if (search->open) {
            search->open = false;
            cc_query_fail(search->query, reason);
        }
    }
}

/* Connects if necessary. */
static int ask_connect(ldap_run_t *run)
{
    int code = run->ldap->open(run->r, run->ldc);
    const char *reason = run->ldc->reason ? run->ldc->reason : "no reason given";

    if (code != LDAP_SUCCESS) {
        open_fail(run, apr_psprintf(run->job->pool, "connecting to %s: %s (%s)",
                                    run->ldap->directory.host, ldap_err2string(code), reason));
    }
    return code;
}

/* Why the current search failed, at the server or on its way. */
static const char *search_trouble(const ldap_run_t *run, int code)
{
    return apr_psprintf(run->job->pool, "the search at %s: %s", run->ldap->directory.host,
                        ldap_err2string(code));
}

static int search_send(const ldap_run_t *run, search_t *search)
{
    const cc_ldap_url_t *directory = &run->ldap->directory;
    const char *filter = filter_make(directory, search->query, run->job->pool);
    struct timeval timeout = directory->timeout;

    search->id = -1;
    if (!filter) {
        search->open = false;
        cc_query_fail(search->query,
                      "the key is not base64, which %o takes in a table without octets");
        return LDAP_SUCCESS;
    }
    return ldap_search_ext(run->ldc->ldap, directory->url->lud_dn, directory->url->lud_scope,
                           filter, directory->url->lud_attrs, 0, NULL, NULL, &timeout, ENTRIES_MAX,
                           &search->id);
}

/* Takes the result of the current search; not LDAP_SUCCESS if the connection must be closed. */
static int found_take(ldap_run_t *run, LDAPMessage *found)
{
    int code = LDAP_SUCCESS;
    int status = ldap_parse_result(run->ldc->ldap, found, &code, NULL, NULL, NULL, NULL, 0);

    code = status == LDAP_SUCCESS ? code : status;
    if (code == LDAP_SUCCESS) {
        run->query->info.failure = NULL;
        run->query->result = found_read(run, found);
    } else if (code == LDAP_SIZELIMIT_EXCEEDED) {
        ask_failed(run, TWO_ENTRIES);
        code = LDAP_SUCCESS;
    } else {
        ask_failed(run, search_trouble(run, code));
    }
    return code;
}

/* Waits for the answer to one search, identified by the id of its message. */
static int search_receive(ldap_run_t *run, search_t *search)
{
    apr_interval_time_t left = run->job->deadline - apr_time_now();
    struct timeval timeout = {apr_time_sec(left), apr_time_usec(left)};
    LDAPMessage *found = NULL;
    int code = LDAP_TIMEOUT;
    int got =
        left > 0 ? ldap_result(run->ldc->ldap, search->id, LDAP_MSG_ALL, &timeout, &found) : 0;

    if (got > 0) {
        run->query = search->query;
        code = found_take(run, found);
        search->open = AP_LDAP_IS_SERVER_DOWN(code); /* then it may be sent once more */
    } else if (got < 0) {
        ldap_get_option(run->ldc->ldap, LDAP_OPT_RESULT_CODE, &code);
    }
    ldap_msgfree(found);
    return code;
}

/* Sends all open searches, and then reads the answers. */
static int searches_run(ldap_run_t *run)
{
    int failed = LDAP_SUCCESS;
    int code = LDAP_SUCCESS;

    for (int i = 0; i < run->job->count && code == LDAP_SUCCESS; i++) {
        if (run->searches[i].open) {
            code = search_send(run, &run->searches[i]);
        }
    }
    for (int i = 0; i < run->job->count && code == LDAP_SUCCESS; i++) {
        search_t *search = &run->searches[i];

        if (search->open) {
            code = search_receive(run, search);
        }
        if (!search->open &&
            code != LDAP_SUCCESS) { /* the server answered; other searches may succeed */
            failed = code;
            code = LDAP_SUCCESS;
        }
    }
    return code == LDAP_SUCCESS ? failed : code;
}

static void ask_directory(ldap_run_t *run)
{
    int code = ask_connect(run);

    if (code == LDAP_SUCCESS) {
        code = searches_run(run);
        if (AP_LDAP_IS_SERVER_DOWN(code)) { /* an idle connection that was closed meanwhile */
            run->ldap->unbind(run->ldc);
            code = ask_connect(run);
            code = code == LDAP_SUCCESS ? searches_run(run) : code;
        }
    }
    if (code != LDAP_SUCCESS) {
        open_fail(run, search_trouble(run, code));
        run->ldap->unbind(run->ldc); /* so that the next one binds again */
    }
}

static void backend_ask(cc_job_t *job)
{
    const ldap_t *ldap = job->source;
    const cc_ldap_url_t *directory = &ldap->directory;
    ldap_run_t run = {.ldap = ldap, .job = job};

    run.searches = apr_pcalloc(job->pool, sizeof(*run.searches) * (apr_size_t)job->count);
    for (int i = 0; i < job->count; i++) {
        run.searches[i] = (search_t){&job->queries[i], -1, true};
    }
    run.r = request_make(directory, job->pool);
    run.ldc = ldap->find(run.r, directory->host, directory->port, directory->user,
                         directory->password, never, directory->secure);
    if (!run.ldc) {
        open_fail(&run, "mod_ldap has no connection");
        return;
    }
    ask_directory(&run);
    ldap->close(run.ldc);
}

/* ---- at start -------------------------------------------------------------------------------- */

static apr_status_t backend_open(void **state, const cc_table_spec_t *spec, apr_pool_t *p,
                                 cc_error_t *err)
{
    ldap_t *ldap = apr_pcalloc(p, sizeof(*ldap));
    apr_status_t status = cc_ldap_url_read(&ldap->directory, spec, p, err);

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
    .remote = true,
    .binds = true,
    .names = true,
    .open = backend_open,
    .child = cc_jobs_child,
    .lookup_many = cc_jobs_ask,
};
