/* SPDX-License-Identifier: Apache-2.0 */
/* Reports whether a certificate was revoked, according to each CRL and the OCSP responder. */
#include <apr_signal.h>

#include "base/error.h"
#include "base/moment.h"
#include "cert/cert.h"
#include "crl/crl.h"
#include "httpd/admin/query.h"
#include "httpd/admin/revoked.h"
#include "httpd/admin/sources.h"
#include "httpd/admin/vhost.h"
#include "httpd/conf/judge.h"
#include "httpd/conf/module.h"
#include "httpd/conf/vhost_conf.h"
#include "httpd/status/verdict_json.h"
#include "ocsp/ocsp.h"
#include "revocation/revocation.h"
#include "trust/trust.h"

/* One certificate. */
typedef struct revoked_check_t {
    const cc_sources_t *sources;
    const char *unverified; /* as from cc_judge_certificate */
    cc_seal_t seal;
    const cc_cert_t *cert;
    cc_crl_answer_t crl;   /* valid for a certificate that verifies */
    cc_ocsp_answer_t ocsp; /* likewise */
    cc_revocation_status_t status;
    apr_time_t now;
} revoked_check_t;

/* ---- asking the sources -------------------------------------------------------------------- */

/* Asks all sources, even after an answer at which a server would stop. */
static void sources_ask(revoked_check_t *one, STACK_OF(X509) * sent, apr_pool_t *p)
{
    const cc_revocation_t *revocation = &one->sources->revocation;
    const cc_verified_t cert = {sk_X509_value(sent, 0), &one->seal, sent};

    if (revocation->crls) {
        cc_revocation_crl_answer(&one->crl, revocation, &cert, one->now);
        cc_revocation_add_crls(&one->status, revocation, &one->crl, p);
    }
    if (revocation->ocsp) {
        cc_revocation_ocsp_answer(&one->ocsp, revocation, &cert, one->now, p);
        cc_revocation_add_ocsp(&one->status, &one->ocsp, p);
    }
}

static void no_source_error(const cc_sources_t *sources, cc_admin_query_t *q)
{
    cc_error_set(&q->err, q->pool, "CC0757", cc_vhost_name(sources->server, q->pool),
                 "there is no source of revocation status: neither ClientCertCRL nor "
                 "ClientCertOCSP is set for this server");
}

void *cc_revoked_prepare(cc_admin_query_t *q)
{
    cc_sources_t *sources = apr_pcalloc(q->pool, sizeof(*sources));

    q->own_sources = true;
    if (cc_sources_open(sources, q) != APR_SUCCESS) {
        return NULL;
    }
    if (!cc_vhost_conf_of(sources->server)->crls && !sources->revocation.ocsp) {
        no_source_error(sources, q);
        return NULL;
    }
    apr_signal(SIGPIPE, SIG_IGN); /* when a responder closes the connection */
    return sources;
}

static const char *result_of(const revoked_check_t *one)
{
    cc_revocation_verdict_t verdict = one->status.verdict;

    return verdict == CC_REVOCATION_UNCHECKED ? "unknown" : cc_revocation_word(verdict);
}

/* ---- the answer ---------------------------------------------------------------------------- */

static json_t *time_of(apr_time_t time, apr_pool_t *p)
{
    return time ? json_string(cc_moment_text(time, p)) : json_null();
}

/* Seconds from one time to another; null unless both are known. */
static json_t *seconds_of(apr_time_t from, apr_time_t to)
{
    return from && to ? json_integer(apr_time_sec(to) - apr_time_sec(from)) : json_null();
}

/* The baton of cc_crls_each. */
typedef struct list_t {
    json_t *all;
    apr_time_t now;
    apr_pool_t *pool;
} list_t;

/* The entries of a CRL that is not used are not counted. */
static json_t *entries_of(const cc_crl_info_t *info)
{
    return info->use == CC_CRL_FOREIGN ? json_null() : json_integer((json_int_t)info->entries);
}

static void crl_add(const cc_crl_info_t *info, void *baton)
{
    static const char *const uses[] = {
        [CC_CRL_USED] = "used",       [CC_CRL_SUPERSEDED] = "superseded", [CC_CRL_OLDER] = "older",
        [CC_CRL_NO_BASE] = "no_base", [CC_CRL_FOREIGN] = "foreign",
    };
    const list_t *list = baton;

    json_array_append_new(
        list->all, json_pack("{s:o, s:o, s:o, s:o, s:b, s:b, s:o, s:o, s:o, s:o, s:s}", "file",
                             cc_json_string(info->path, list->pool), "issuer",
                             cc_json_string(info->issuer, list->pool), "number",
                             cc_json_string(info->number, list->pool), "entries", entries_of(info),
                             "delta", info->delta, "indirect", info->indirect, "this_update",
                             time_of(info->this_update, list->pool), "next_update",
                             time_of(info->next_update, list->pool), "age",
                             seconds_of(info->this_update, list->now), "left",
                             seconds_of(list->now, info->next_update), "use", uses[info->use]));
}

static const char *crl_state(const revoked_check_t *one)
{
    static const char *const states[] = {
        [CC_CRL_GOOD] = "good",
        [CC_CRL_REVOKED] = "revoked",
        [CC_CRL_UNKNOWN] = "unknown",
    };

    return one->unverified ? "unknown" : states[one->crl.state];
}

static json_t *crls_of(const revoked_check_t *one, apr_pool_t *p)
{
    list_t list = {json_array(), one->now, p};
    const cc_crl_answer_t *answer = &one->crl;
    bool revoked = answer->revoked_at != 0;
    const cc_crl_spec_t *spec;

    if (!one->sources->revocation.crls) {
        json_decref(list.all);
        return json_null();
    }
    spec = cc_crls_spec(one->sources->revocation.crls);
    cc_crls_each(one->sources->revocation.crls, crl_add, &list);
    return json_pack("{s:s, s:i, s:o, s:o, s:o, s:o, s:s, s:s, s:I, s:o}", "state", crl_state(one),
                     "depth", answer->depth, "reason",
                     cc_json_string(revoked ? cc_reason_text(answer->reason) : NULL, p), "date",
                     time_of(answer->revoked_at, p), "why", cc_json_string(answer->cause, p),
                     "where", cc_json_string(spec->where, p), "check",
                     one->sources->revocation.leaf_alone ? "leaf" : "chain", "missing",
                     spec->missing_allow ? "allow" : "deny", "grace",
                     (json_int_t)apr_time_sec(spec->grace), "lists", list.all);
}

static json_t *ocsp_of(const revoked_check_t *one, apr_pool_t *p)
{
    const cc_ocsp_answer_t *answer = &one->ocsp;
    bool asked = one->unverified == NULL;

    if (!one->sources->revocation.ocsp) {
        return json_null();
    }
    return json_pack(
        "{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "state",
        asked ? cc_ocsp_status_text(answer->status) : "unknown", "where",
        cc_json_string(answer->where, p), "reason", cc_json_string(answer->reason, p), "date",
        time_of(answer->revoked_at, p), "why", cc_json_string(answer->error, p), "this_update",
        time_of(answer->this_update, p), "next_update", time_of(answer->next_update, p),
        "produced_at", time_of(answer->produced_at, p), "age",
        seconds_of(answer->this_update, one->now), "left",
        seconds_of(one->now, answer->next_update));
}

/* The reason as in the log, or the reason why no source was asked. */
static const char *problem_of(const revoked_check_t *one)
{
    return one->unverified ? "the certificate would not be verified, so no source was asked"
                           : one->status.problem;
}

json_t *cc_revoked_certificate(const void *prepared, const cc_presented_t *presented)
{
    const cc_sources_t *sources = prepared;
    revoked_check_t one = {.sources = sources, .cert = presented->cert, .now = apr_time_now()};
    cc_facts_t facts = {.now = one.now};
    apr_pool_t *p = presented->pool;
    bool admitted;

    one.status = cc_revocation_unchecked();
    one.unverified = cc_judge_certificate(&one.seal, &admitted, &sources->judge, presented->path,
                                          presented->pool);
    if (!one.unverified) {
        sources_ask(&one, cc_trust_certs(presented->path, p), p);
    }
    return json_pack("{s:s, s:o, s:b, s:{s:b, s:o}, s:o, s:o, s:o, s:o, s:o}", "result",
                     result_of(&one), "reason", cc_json_string(problem_of(&one), p), "identity",
                     problem_of(&one) == NULL, "verification", "verified", one.unverified == NULL,
                     "reason", cc_json_string(one.unverified, p), "host",
                     cc_vhost_json(sources->server, sources->reason, p), "crls", crls_of(&one, p),
                     "ocsp", ocsp_of(&one, p), "notes", cc_json_strings(sources->judge.unseen, p),
                     "certificate", cc_json_fields(one.cert, &facts, p));
}
