/* SPDX-License-Identifier: Apache-2.0 */
/* Answers the query which CAs virtual hosts trust for clients. */
#include <apr_hash.h>
#include <apr_strings.h>

#include "base/moment.h"
#include "cert/cert.h"
#include "httpd/admin/trust.h"
#include "httpd/admin/host_cas.h"
#include "httpd/admin/vhost.h"
#include "httpd/conf/use.h"
#include "httpd/conf/view.h"
#include "httpd/status/verdict_json.h"

/* The state of one CA, and of all: the worst one counts. */
typedef enum { VALID, NOT_YET, ENDING, EXPIRED, EMPTY } state_t;

/* The state of a query. */
typedef struct {
    cc_admin_query_t *q;
    cc_ca_files_t *files;
    apr_hash_t *sets; /* by the directives: json_t *, borrowed */
    json_t *all;
    state_t worst;
    apr_time_t now;
} answer_t;

static const char *const words[] = {[VALID] = "valid",
                                    [NOT_YET] = "not_yet",
                                    [ENDING] = "ending",
                                    [EXPIRED] = "expired",
                                    [EMPTY] = "empty"};

/* ---- a CA ------------------------------------------------------------------------------------ */

static json_t *value_of(const cc_host_ca_t *ca, const char *field, apr_pool_t *p)
{
    const cc_value_t *value = cc_cert_value(ca->cert, field, p);

    return value ? cc_json_text(value->text, value->len, p) : json_null();
}

static json_t *bits_of(const cc_host_ca_t *ca, apr_pool_t *p)
{
    const cc_value_t *bits = cc_cert_value(ca->cert, "key.bits", p);

    return bits && !bits->unusable ? json_integer(bits->number) : json_null();
}

static json_t *weak_of(const cc_host_ca_t *ca)
{
    json_t *weak = json_array();

    if (ca->traits.weak_key) {
        json_array_append_new(weak, json_string("key"));
    }
    if (ca->traits.weak_signature) {
        json_array_append_new(weak, json_string("signature"));
    }
    return weak;
}

static state_t state_of(const cc_host_ca_t *ca, apr_time_t now)
{
    if (now > ca->not_after) {
        return EXPIRED;
    }
    if (now < ca->not_before) {
        return NOT_YET;
    }
    return cc_ca_ends_soon(ca->not_before, ca->not_after, now) ? ENDING : VALID;
}

static json_int_t seconds(apr_time_t from, apr_time_t to)
{
    return (json_int_t)(apr_time_sec(to) - apr_time_sec(from));
}

static json_t *ca_json(const cc_host_ca_t *ca, const answer_t *answer)
{
    apr_pool_t *p = answer->q->pool;

    return json_pack(
        "{s:o, s:o, s:o, s:o, s:o, s:s, s:b, s:s, s:s, s:I, s:I, s:s, s:o, s:o, s:o, s:o, s:o}",
        "subject", value_of(ca, "subject", p), "sha256", value_of(ca, "sha256", p), "file",
        cc_json_string(ca->file, p), "where", cc_json_string(ca->where, p), "domain",
        cc_json_string(ca->domain, p), "role", ca->traits.root ? "root" : "intermediate", "anchor",
        ca->anchor, "not_before", cc_moment_text(ca->not_before, p), "not_after",
        cc_moment_text(ca->not_after, p), "age", seconds(ca->not_before, answer->now), "left",
        seconds(answer->now, ca->not_after), "state", words[state_of(ca, answer->now)], "key",
        value_of(ca, "key.type", p), "bits", bits_of(ca, p), "curve", value_of(ca, "key.curve", p),
        "signature", value_of(ca, "signature.algorithm", p), "weak", weak_of(ca));
}

/* ---- the CAs of virtual hosts ---------------------------------------------------------------- */

static void worst_note(answer_t *answer, state_t state)
{
    answer->worst = state > answer->worst ? state : answer->worst;
}

/* A new set, without hosts; NULL: its files cannot be loaded. */
static json_t *set_make(answer_t *answer, const cc_conf_view_t *view, const cc_host_cas_by_t *by)
{
    apr_pool_t *p = answer->q->pool;
    bool requests = cc_conf_view_ever_verifies(view);
    const apr_array_header_t *cas = cc_host_cas(view, answer->files, answer->q);
    json_t *list = json_array();

    for (int i = 0; cas && i < cas->nelts; i++) {
        const cc_host_ca_t *ca = &APR_ARRAY_IDX(cas, i, cc_host_ca_t);

        worst_note(answer, state_of(ca, answer->now));
        json_array_append_new(list, ca_json(ca, answer));
    }
    if (!cas) {
        json_decref(list);
        return NULL;
    }
    if (cas->nelts == 0 && requests) {
        worst_note(answer, EMPTY);
    }
    return json_pack("{s:[], s:o, s:o, s:b, s:o}", "hosts", "directive",
                     cc_json_string(by->directive, p), "where", cc_json_strings(by->where, p),
                     "requests", requests, "cas", list);
}

/* False: there is no answer. */
static bool view_add(answer_t *answer, const cc_conf_view_t *view)
{
    apr_pool_t *p = answer->q->pool;
    cc_host_cas_by_t by = cc_host_cas_by(view, p);
    const char *key = apr_psprintf(p, "%d %s", cc_conf_view_ever_verifies(view), by.key);
    json_t *set = apr_hash_get(answer->sets, key, APR_HASH_KEY_STRING);

    if (!set) {
        set = set_make(answer, view, &by);
        if (!set) {
            return false;
        }
        apr_hash_set(answer->sets, key, APR_HASH_KEY_STRING, set);
        json_array_append_new(answer->all, set);
    }
    json_array_append_new(json_object_get(set, "hosts"),
                          cc_json_string(cc_vhost_name(view->server, p), p));
    return true;
}

/* Without --vhost: it uses the module, and can have clients with certificates. */
static bool is_meant(const cc_conf_view_t *view)
{
    return cc_use_of(view->server) == CC_USE_HERE && cc_conf_view_ever_verifies(view);
}

static bool views_add(answer_t *answer)
{
    cc_admin_query_t *q = answer->q;
    const apr_array_header_t *views = cc_conf_views_of(q->main);
    const server_rec *only = NULL;
    const char *reason;
    bool good = true;

    if (q->vhost && !(only = cc_vhost_choose(q, &reason))) {
        return false;
    }
    for (int i = 0; good && i < views->nelts; i++) {
        const cc_conf_view_t *view = APR_ARRAY_IDX(views, i, const cc_conf_view_t *);

        good = (only ? view->server != only : !is_meant(view)) || view_add(answer, view);
    }
    return good;
}

json_t *cc_admin_trust(cc_admin_query_t *q)
{
    answer_t answer = {.q = q, .files = cc_ca_files_make(q->pool), .now = apr_time_now()};

    answer.sets = apr_hash_make(q->pool);
    answer.all = json_array();
    if (!views_add(&answer)) {
        json_decref(answer.all);
        return NULL;
    }
    if (!q->vhost && json_array_size(answer.all) == 0) {
        worst_note(&answer, EMPTY);
    }
    return json_pack("{s:s, s:o}", "result", words[answer.worst == NOT_YET ? VALID : answer.worst],
                     "sets", answer.all);
}
