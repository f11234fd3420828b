/* SPDX-License-Identifier: Apache-2.0 */
/* Implements the functions that other modules of httpd call (include/mod_clientcert.h). */
#include <string.h>

#include <apr_strings.h>

#include <http_core.h>
#include <http_protocol.h>

#include "base/error.h"
#include "httpd/conf/module.h"
#include "httpd/conf/use.h"
#include "httpd/log/log.h"
#include "httpd/peer/tls.h"
#include "httpd/request/cache.h"
#include "httpd/request/failure.h"
#include "httpd/request/identity.h"
#include "httpd/request/lookup.h"
#include "httpd/request/modules.h"
#include "httpd/request/names.h"
#include "mod_clientcert.h"

/* What was found: the values of a name, and the name itself. */
typedef struct looked_up_t {
    const cc_lookup_t *lookup;
    apr_array_header_t *values; /* in the memory of the client; NULL: none */
} looked_up_t;

/* ---- the status ----------------------------------------------------------------------------- */

/* Of a certificate that counts. As for Require, one without an identity may be anyone's. */
static apr_status_t status_of_verdict(const cc_answer_t *answer, const looked_up_t *found)
{
    const cc_verdict_t *verdict = answer->verdict;
    bool who = cc_lookup_asks_who(found->lookup), any = found->values->nelts > 0;

    if (who && (!verdict || !cc_verdict_has_identity(verdict))) {
        return APR_EACCES;
    }
    if (who && verdict->doubt_where && (!any || cc_lookup_gives_many(found->lookup))) {
        return any ? APR_INCOMPLETE : APR_EACCES;
    }
    return any ? APR_SUCCESS : APR_NOTFOUND;
}

static apr_status_t status_without_client(request_rec *r, const cc_answer_t *answer)
{
    bool lost = cc_tls_was_on(r) && !cc_tls_is_on(r);

    return answer->presented || lost ? APR_EACCES : APR_NOTFOUND;
}

/* ---- a lookup ------------------------------------------------------------------------------- */

/* The name is that of a module: it is logged for its author, who gets the status only. */
static apr_status_t name_refuse(request_rec *r, const cc_error_t *err)
{
    ap_log_rerror(APLOG_MARK, APLOG_DEBUG, 0, r, "CC0167: a module looks up a name: %s",
                  cc_error_text(err, r->pool));
    return APR_EINVAL;
}

static apr_status_t find(request_rec *r, const char *name, cc_answer_t *answer, looked_up_t *found)
{
    cc_error_t err = {0};
    cc_facts_t facts;

    if (cc_use_ignores(r)) {
        return APR_ENOTIMPL;
    }
    if (cc_names_find(&found->lookup, r->server, name, r->pool, &err) != APR_SUCCESS) {
        return name_refuse(r, &err);
    }
    *answer = cc_identity_of(r);
    if (cc_answer_failure(answer)) {
        return APR_EGENERAL;
    }
    if (answer->problem) {
        return status_without_client(r, answer);
    }
    facts = cc_client_facts(answer->client, cc_identity_moment(r, answer->client));
    found->values = cc_lookup_list(found->lookup, answer->client, &facts, answer->verdict, r->pool);
    return status_of_verdict(answer, found);
}

static bool is_found(apr_status_t status)
{
    return status == APR_SUCCESS || status == APR_INCOMPLETE;
}

/* Copies, since the client may be gone before `p` is. */
static apr_array_header_t *list_copy(const apr_array_header_t *values, apr_pool_t *p)
{
    apr_array_header_t *list = apr_array_make(p, values->nelts, sizeof(const char *));

    for (int i = 0; i < values->nelts; i++) {
        APR_ARRAY_PUSH(list, const char *) = apr_pstrdup(p, APR_ARRAY_IDX(values, i, const char *));
    }
    return list;
}

static const char *text_copy(const looked_up_t *found, apr_pool_t *p)
{
    return apr_pstrdup(p, cc_lookup_joined(found->lookup, found->values, p));
}

/* ---- requests ------------------------------------------------------------------------------- */

/* A response with the answer is for this client, and one without it, if it failed, is for none. */
static apr_status_t find_for_request(request_rec *r, const char *name, looked_up_t *found)
{
    cc_answer_t answer;
    apr_status_t status = find(r, name, &answer, found);

    if (status != APR_ENOTIMPL) {
        cc_cache_personal(r);
    }
    if (status == APR_EGENERAL) {
        cc_failure_report(r);
    }
    return status;
}

static apr_status_t request_lookup(request_rec *r, const char *name, const char **value)
{
    looked_up_t found;
    apr_status_t status = find_for_request(r, name, &found);

    *value = is_found(status) ? text_copy(&found, r->pool) : NULL;
    return status;
}

static apr_status_t request_list(request_rec *r, const char *name, apr_array_header_t **values)
{
    looked_up_t found;
    apr_status_t status = find_for_request(r, name, &found);

    *values = is_found(status) ? list_copy(found.values, r->pool) : NULL;
    return status;
}

/* ---- connections ---------------------------------------------------------------------------- */

/*
 * The identity is that of a request, whose configuration says which rules apply and whose memory
 * the answer uses. For a connection without requests, one is made as httpd makes it for its own: a
 * request for the server as a whole, at this moment. Nothing is read for it, and no hook but
 * create_request is run.
 */
static request_rec *request_make(conn_rec *c, server_rec *s)
{
    request_rec *r = ap_create_request(c);

    r->server = s;
    r->per_dir_config = s->lookup_defaults;
    r->request_time = apr_time_now();
    r->method = "-";
    r->method_number = M_INVALID;
    r->uri = r->unparsed_uri = apr_pstrdup(r->pool, "-");
    r->the_request = r->uri;
    r->protocol = r->uri;
    r->assbackwards = 1;
    return r;
}

static apr_status_t conn_lookup(conn_rec *c, server_rec *s, const char *name, apr_pool_t *p,
                                const char **value)
{
    request_rec *r = request_make(c, s);
    cc_answer_t answer;
    looked_up_t found;
    apr_status_t status = find(r, name, &answer, &found);

    *value = is_found(status) ? text_copy(&found, p) : NULL;
    apr_pool_destroy(r->pool);
    return status;
}

static apr_status_t conn_list(conn_rec *c, server_rec *s, const char *name, apr_pool_t *p,
                              apr_array_header_t **values)
{
    request_rec *r = request_make(c, s);
    cc_answer_t answer;
    looked_up_t found;
    apr_status_t status = find(r, name, &answer, &found);

    *values = is_found(status) ? list_copy(found.values, p) : NULL;
    apr_pool_destroy(r->pool);
    return status;
}

/* ---- the functions of mod_clientcert.h ------------------------------------------------------- */

static int version(void)
{
    return CLIENTCERT_API_VERSION;
}

static const char *check(apr_pool_t *p, const char *name)
{
    cc_error_t err = {0};

    return cc_names_check(name, p, &err) == APR_SUCCESS ? NULL : cc_error_text(&err, p);
}

/* APR_REGISTER_OPTIONAL_FN names the function that other modules get as it is named here. */
#define REGISTER(name, function)                                                                   \
    do {                                                                                           \
        APR_OPTIONAL_FN_TYPE(name) *registered = function;                                         \
                                                                                                   \
        apr_dynamic_fn_register(#name, (apr_opt_fn_t *)registered);                                \
    } while (0)

void cc_modules_register(void)
{
    REGISTER(clientcert_api_version, version);
    REGISTER(clientcert_check, check);
    REGISTER(clientcert_lookup, request_lookup);
    REGISTER(clientcert_list, request_list);
    REGISTER(clientcert_conn_lookup, conn_lookup);
    REGISTER(clientcert_conn_list, conn_list);
}
