/* SPDX-License-Identifier: Apache-2.0 */
/* Logs denials: the client, and the requirements that were not met. */
#include <apr_strings.h>

#include "httpd/conf/module.h"
#include "httpd/conf/proxies.h"
#include "httpd/conf/vhost_conf.h"
#include "httpd/log/log.h"
#include "httpd/metrics/counters.h"
#include "httpd/metrics/quota.h"
#include "httpd/peer/forwarded.h"
#include "httpd/peer/tls.h"
#include "httpd/request/denial.h"
#include "httpd/request/identity.h"
#include "httpd/request/proxied.h"
#include "httpd/request/state.h"
#include "rules/rules.h"

/* ---- what was missing ---------------------------------------------------------------------- */

static bool is_same(const char *a, const char *b)
{
    return a == b || (a && b && !strcmp(a, b));
}

static const cc_note_t *note_copy(const cc_note_t *note, apr_pool_t *p)
{
    cc_note_t *copy = apr_pmemdup(p, note, sizeof(*note));

    copy->where = apr_pstrdup(p, note->where);
    copy->text = apr_pstrdup(p, note->text);
    return copy;
}

static cc_missing_t *missing_copy(const cc_missing_t *missing, bool keep, apr_pool_t *p)
{
    cc_missing_t *copy = apr_pmemdup(p, missing, sizeof(*missing));

    copy->next = NULL;
    copy->because = apr_pstrdup(p, missing->because);
    if (!keep) {
        copy->text = apr_pstrdup(p, missing->text);
        copy->where = apr_pstrdup(p, missing->where);
        copy->undecided = apr_pstrdup(p, missing->undecided);
        copy->note = missing->note ? note_copy(missing->note, p) : NULL;
    }
    return copy;
}

static void because_take(cc_missing_t *kept, const cc_missing_t *missing, apr_pool_t *p)
{
    if (missing->because) {
        kept->because = apr_pstrdup(p, missing->because);
    }
}

/* httpd may evaluate a Require twice: before and after it determines the user. */
void cc_denial_missing(request_rec *r, const cc_missing_t *missing, bool keep)
{
    request_rec *client = cc_request_client(r);
    cc_request_t *kept = cc_request_of(client);
    cc_missing_t **last = &kept->missing;
    int count = 0;

    kept->watched = true;
    kept->more_missing = kept->more_missing && kept->missing;
    for (; *last; last = &(*last)->next) {
        if (is_same((*last)->text, missing->text) && is_same((*last)->where, missing->where)) {
            because_take(*last, missing, client->pool);
            return;
        }
        count++;
    }
    if (count < CC_MISSING_MAX) {
        *last =
            missing_copy(missing, keep, client->pool); /* a subrequest is freed before logging */
    } else {
        kept->more_missing = true;
    }
}

static const cc_missing_t *missing_of(request_rec *r, bool *more)
{
    const cc_request_t *kept = cc_request_seen(cc_request_client(r));

    *more = kept && kept->missing && kept->more_missing;
    return kept ? kept->missing : NULL;
}

const char *cc_denial_needs(request_rec *r, apr_pool_t *p)
{
    const char *text = NULL;
    bool more;

    for (const cc_missing_t *one = missing_of(r, &more); one; one = one->next) {
        const char *need =
            one->where ? apr_pstrcat(p, one->text, " (", one->where, ")", NULL) : one->text;

        text = text ? apr_pstrcat(p, text, ", ", need, NULL) : need;
    }
    return more ? apr_pstrcat(p, text, ", ...", NULL) : text;
}

/* ---- why ------------------------------------------------------------------------------------ */

#define NONE "no client certificate was presented"

/* Where ClientCertHeader is set. */
static const char *unpassed_text(request_rec *r, apr_pool_t *p)
{
    const char *header;

    if (cc_request_forwarded(r)) {
        return NONE ": the proxy passed on none";
    }
    header = cc_proxied_header(r);
    if (header) {
        return apr_pstrcat(p, NONE ". It has the header ", header,
                           ", but it came from an address that is not a trusted proxy, or from a "
                           "proxy without the right certificate (ClientCertTrustedProxy, "
                           "ClientCertTrustedProxyCert)",
                           NULL);
    }
    return cc_tls_was_on(r) ? NONE
                            : NONE ", since the request came without TLS, and not from a trusted "
                                   "proxy";
}

static const char *unpresented_text(request_rec *r, apr_pool_t *p)
{
    const char *text = cc_tls_was_on(r) ? NONE : NONE ", since the request came without TLS";
    const char *header;

    if (cc_proxies_take(cc_vhost_conf_of(r->server)->proxies)) {
        return unpassed_text(r, p);
    }
    header = cc_proxied_header(r);
    return header ? apr_pstrcat(p, text, ". It has the header ", header,
                                ", which proxies add when they terminate TLS: to take "
                                "certificates from the proxy, set ClientCertHeader and "
                                "ClientCertTrustedProxy",
                                NULL)
                  : text;
}

/* Why the client has no identity; NULL: it has one. */
static const char *nobody_text(const cc_answer_t *answer, apr_pool_t *p)
{
    if (!answer->verdict) {
        return "no ClientCertMap is in effect here";
    }
    return answer->verdict->failure ? answer->verdict->failure
                                    : cc_log_no_identity(answer->verdict, p);
}

/* What all requirements are about; CC_MISSING_OTHER: not the same, or what must not be. */
static cc_missing_kind_t common_kind(const cc_missing_t *missing)
{
    cc_missing_kind_t kind = missing->kind;

    for (; missing; missing = missing->next) {
        if (missing->kind != kind || missing->negated) {
            return CC_MISSING_OTHER;
        }
    }
    return kind;
}

/* Of a client whose user, if there is one, is not strong enough. */
static const char *weakness_text(const cc_verdict_t *verdict)
{
    if (!verdict->user) {
        return "it has groups, but no user";
    }
    return verdict->strength == CC_STRENGTH_NAMED
               ? "its user comes from a rule of strength named, which is not strong"
               : "its user comes from a weak rule";
}

/* What a client with an accepted certificate lacks. A literal. */
static const char *lack_text(const cc_missing_t *missing, const cc_verdict_t *verdict)
{
    switch (common_kind(missing)) {
    case CC_MISSING_GROUP:
        return "it has no such group";
    case CC_MISSING_USER:
        return verdict->user ? "it is another user" : "it has groups, but no user";
    case CC_MISSING_STRENGTH:
        return weakness_text(verdict);
    case CC_MISSING_CONDITIONS:
        return "its certificate does not match";
    default:
        return missing->next ? "it meets none of these requirements"
                             : "it does not meet this requirement";
    }
}

/* The note that may explain it. A group is not missing because a rule has two users. */
static const cc_note_t *note_of(const cc_missing_t *missing, const cc_verdict_t *verdict)
{
    const cc_note_t *note = verdict ? cc_log_cause(verdict) : NULL;

    if (missing->kind == CC_MISSING_CONDITIONS) {
        return missing->note;
    }
    return note && note->kind == CC_NOTE_AMBIGUOUS_USER && common_kind(missing) == CC_MISSING_GROUP
               ? NULL
               : note;
}

/* The reason that a requirement has of its own; NULL: none has. */
static const char *because_of(const cc_missing_t *missing)
{
    while (missing && !missing->because) {
        missing = missing->next;
    }
    return missing ? missing->because : NULL;
}

static bool asks_for_identity(const cc_missing_t *missing)
{
    while (missing &&
           (missing->kind == CC_MISSING_CONDITIONS || missing->kind == CC_MISSING_BOUND)) {
        missing = missing->next;
    }
    return missing != NULL;
}

static const char *reason_text(request_rec *r, const cc_answer_t *answer,
                               const cc_missing_t *missing)
{
    const char *nobody;

    if (!answer->presented) {
        return unpresented_text(r, r->pool);
    }
    if (answer->problem) {
        return answer->problem;
    }
    if (because_of(missing)) {
        return because_of(missing);
    }
    nobody = nobody_text(answer, r->pool);
    if (nobody && (!missing || asks_for_identity(missing))) {
        return nobody;
    }
    return missing ? cc_log_noted(lack_text(missing, answer->verdict),
                                  note_of(missing, answer->verdict), r->pool)
                   : "another module denied it";
}

/* ---- the line ------------------------------------------------------------------------------- */

/* Clients with an identity are accountable. For all others, the number of lines is limited. */
static bool may_log(const request_rec *r, const cc_answer_t *answer)
{
    return (!answer->problem && answer->verdict && cc_verdict_has_identity(answer->verdict)) ||
           cc_quota_lets(r->server, CC_QUOTA_FORBIDDEN);
}

/* A line about a request of a trusted proxy names the proxy even if it passed on no certificate. */
static cc_facts_t arrival_of(request_rec *r, const cc_answer_t *answer)
{
    const cc_forwarded_t *forwarded = cc_request_forwarded(r);

    if (answer->client) {
        return answer->client->facts;
    }
    return forwarded ? (cc_facts_t){.via = forwarded->via, .via_proxy = forwarded->proxy}
                     : (cc_facts_t){.via = CC_VIA_UNKNOWN};
}

static void denial_log(request_rec *r, const cc_answer_t *answer)
{
    cc_facts_t facts = arrival_of(r, answer);
    cc_log_need_t needs[CC_MISSING_MAX];
    bool more;
    const cc_missing_t *missing = missing_of(r, &more);
    cc_log_denial_t denial = {{answer->client ? answer->client->cert : NULL, &facts},
                              answer->verdict,
                              reason_text(r, answer, missing),
                              needs,
                              0,
                              more};

    for (; missing; missing = missing->next) {
        needs[denial.need_count++] =
            (cc_log_need_t){missing->text, missing->where, missing->undecided};
    }
    if (denial.need_count == 0) {
        needs[denial.need_count++] = (cc_log_need_t){.text = "a condition of another module"};
    }
    cc_log_denial(r, &denial);
}

/* True if no login followed the mapped user, which was not admitted. */
static bool is_fallen(const cc_request_t *kept)
{
    return kept->fell_back && !kept->login;
}

/*
 * Many responses with 403 have nothing to do with the client certificate, even where rules are in
 * effect: they depend on an address, or the file is protected. A 403 concerns the certificate if a
 * condition of this module was not met, or if another module denied access to a mapped user. A 401
 * does only if a user who has logged in is not the right one.
 */
static bool is_denied(request_rec *r)
{
    const cc_request_t *kept;

    if (!cc_denial_is_status(r->status)) {
        return false;
    }
    kept = cc_request_seen(cc_request_client(r));
    if (!kept || !kept->watched) {
        return false;
    }
    return r->status == HTTP_UNAUTHORIZED
               ? because_of(kept->missing) != NULL
               : kept->missing || r->ap_auth_type == cc_auth_type || is_fallen(kept);
}

void cc_denial_log(request_rec *r)
{
    while (r && !is_denied(r)) {
        r = r->next;
    }
    if (r) {
        cc_counters_denied(r);
    }
    if (r && APLOG_R_IS_LEVEL(r, APLOG_ERR)) {
        cc_answer_t answer = cc_identity_of(r);

        if (may_log(r, &answer)) {
            denial_log(r, &answer);
        }
    }
}
