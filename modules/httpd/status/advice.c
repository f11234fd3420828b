/* SPDX-License-Identifier: Apache-2.0 */
/* Writes the headline, the warnings and the advice for the person at the browser. */
#include <apr_lib.h>
#include <apr_strings.h>

#include <http_protocol.h>

#include "httpd/conf/proxies.h"
#include "httpd/conf/vhost_conf.h"
#include "httpd/peer/client.h"
#include "httpd/request/state.h"
#include "httpd/status/advice.h"
#include "httpd/status/causes.h"
#include "httpd/status/dates.h"

#define DAY apr_time_from_sec(24 * 60 * 60)
#define DAYS_TO_RENEW 30

static const char *const result_words[] = {
    [CC_STATUS_NO_TLS] = "no-tls",     [CC_STATUS_NO_CERTIFICATE] = "no-certificate",
    [CC_STATUS_REFUSED] = "refused",   [CC_STATUS_REJECTED] = "rejected",
    [CC_STATUS_NO_RULES] = "no-rules", [CC_STATUS_MAPPED] = "mapped",
    [CC_STATUS_UNMAPPED] = "unmapped", [CC_STATUS_DENIED] = "denied",
    [CC_STATUS_FAILED] = "failed",     [CC_STATUS_OUTSIDE] = "outside",
};

const char *cc_status_word(cc_status_result_t result)
{
    return result_words[result];
}

/* By the result; NULL: the words depend on the cause. */
static const cc_words_t words[] = {
    [CC_STATUS_NO_TLS] =
        {.headline = "This connection is not encrypted, so no certificate can be presented",
         .advice = {"To present a certificate, open this page with https:// at the "
                    "beginning of its address."}},
    [CC_STATUS_NO_RULES] =
        {.headline =
             "Your certificate is verified, but no rules are in effect here that map it to a user",
         .advice = {"Ask the administrator of this server which pages use certificates."}},
    [CC_STATUS_MAPPED] = {.word = NULL},
    [CC_STATUS_UNMAPPED] =
        {.headline = "Your certificate is verified, but no rule here maps it to a user or group",
         .advice = {"If you expected to be recognized, send the subject, the issuer and the sha256 "
                    "of your "
                    "certificate (see all fields below) to the administrator of this server.",
                    "If you have several certificates, you may have chosen the wrong one: close "
                    "all windows "
                    "of the browser and start it again."}},
    [CC_STATUS_DENIED] =
        {.headline = "Your certificate is verified, but a rule here denies it",
         .advice = {"Ask the administrator of this server for the reason; include the "
                    "sha256 of your certificate (see all fields below)."}},
    [CC_STATUS_FAILED] =
        {.headline = "Your identity could not be determined: a lookup failed",
         .advice = {"Your certificate is verified. Try again in a minute. If the problem persists, "
                    "tell the "
                    "administrator of this server; the reason is in the error log."}},
    [CC_STATUS_OUTSIDE] =
        {.headline = "Your certificate is verified, but a name that a rule here gives is not one "
                     "that its issuer may give",
         .advice = {"Ask the administrator of this server; include the sha256 of your "
                    "certificate (see all fields below)."}},
};

static cc_fault_t fault_of(const cc_status_t *status)
{
    return status->answer.client ? cc_client_fault(status->answer.client, status->now)
                                 : (cc_fault_t){CC_CAUSE_NONE, 0, 0};
}

static const cc_words_t *words_of(const cc_status_t *status)
{
    cc_fault_t fault;

    if (status->proxied && status->result != CC_STATUS_REFUSED) {
        return &cc_proxied_words;
    }
    switch (status->result) {
    case CC_STATUS_REFUSED:
        return cc_ssl_refused_words(status->ssl_refused);
    case CC_STATUS_NO_CERTIFICATE:
        return &cc_no_certificate_words;
    case CC_STATUS_NO_TLS:
        return cc_proxies_take(cc_vhost_conf_of(status->asked->server)->proxies)
                   ? &cc_not_forwarded_words
                   : &words[CC_STATUS_NO_TLS];
    case CC_STATUS_REJECTED:
        if (status->answer.passed_on && !status->answer.client) {
            return &cc_bad_header_words;
        }
        fault = fault_of(status);
        return cc_cause_words(&fault);
    default:
        return &words[status->result];
    }
}

/* ---- the reason -------------------------------------------------------------------------- */

/*
 * The problem in a form that the client may see. The full text may name the systems behind this
 * server.
 */
static const char *public_problem(const cc_status_t *status)
{
    const cc_client_t *client = status->answer.client;

    if (!client || !client->problem) {
        return status->answer.problem; /* no certificate, or a problem with its dates */
    }
    if (cc_cause_is_unchecked(client->fault.cause)) {
        return "this server could not find out whether it was revoked";
    }
    return client->public_problem ? client->public_problem : "this server does not accept it";
}

const char *cc_advice_problem(const cc_status_t *status)
{
    return status->rules ? status->answer.problem : public_problem(status);
}

const char *cc_advice_cause(const cc_status_t *status)
{
    return status->result == CC_STATUS_REJECTED ? words_of(status)->word : NULL;
}

/* The problem as a sentence: "it has expired" becomes "It has expired.". */
static const char *sentence(const char *problem, apr_pool_t *p)
{
    char *text = apr_pstrcat(p, problem, ".", NULL);

    text[0] = (char)apr_toupper(text[0]);
    return text;
}

static const char *date_and_distance(apr_time_t moment, apr_time_t now, apr_pool_t *p)
{
    return apr_pstrcat(p, cc_date_distance(moment, now, p), ", on ", cc_date_text(moment, p), NULL);
}

/* True if the page must not show the reason: the headline is all there is to say. */
static bool is_withheld(const cc_status_t *status)
{
    const cc_client_t *client = status->answer.client;

    return !status->rules && client && client->problem &&
           strcmp(client->problem, public_problem(status)) != 0;
}

/* NULL: it is not known when, so the headline says all. */
static const char *revoked_reason(const cc_client_t *client, apr_time_t now, apr_pool_t *p)
{
    const char *why = client->facts.revocation_reason;

    if (client->facts.revoked_at <= 0) {
        return NULL;
    }
    return apr_pstrcat(p, "It was revoked ", date_and_distance(client->facts.revoked_at, now, p),
                       why ? " (" : "", why ? why : "", why ? ")" : "", ".", NULL);
}

/* With dates as people write them, if it is the person's own certificate. */
static const char *rejected_reason(const cc_status_t *status, apr_pool_t *p)
{
    const cc_client_t *client = status->answer.client;
    apr_time_t now = status->now;
    cc_fault_t fault = fault_of(status);

    if (fault.cause == CC_CAUSE_EXPIRED && fault.depth == 0) {
        return apr_pstrcat(p, "It expired ", date_and_distance(client->not_after, now, p), ".",
                           NULL);
    }
    if (fault.cause == CC_CAUSE_NOT_YET_VALID && fault.depth == 0) {
        return apr_pstrcat(p, "Its validity begins ", date_and_distance(client->not_before, now, p),
                           ". The clock of this server shows ", cc_date_text(now, p), ".", NULL);
    }
    if (fault.cause == CC_CAUSE_REVOKED && fault.depth == 0) {
        return revoked_reason(client, now, p);
    }
    return is_withheld(status) ? NULL : sentence(cc_advice_problem(status), p);
}

const char *cc_advice_reason(const cc_status_t *status, apr_pool_t *p)
{
    if (status->result == CC_STATUS_REJECTED) {
        return rejected_reason(status, p);
    }
    if (status->result == CC_STATUS_REFUSED && status->rules) {
        return sentence(cc_ssl_refused_text(status->ssl_refused), p);
    }
    if (status->proxied && status->rules) {
        return apr_pstrcat(p, "The request has the header ", status->proxied,
                           ". This server takes certificates from a proxy if ClientCertHeader and "
                           "ClientCertTrustedProxy name it.",
                           NULL);
    }
    return words_of(status)->reason;
}

/* ---- the headline ------------------------------------------------------------------------ */

static bool is_forbidden(const cc_status_t *status)
{
    return status->failed && status->asked->status == HTTP_FORBIDDEN;
}

static bool is_ambiguous(const cc_verdict_t *verdict)
{
    for (int i = 0; i < verdict->note_count; i++) {
        if (verdict->notes[i].kind == CC_NOTE_AMBIGUOUS_USER) {
            return true;
        }
    }
    return false;
}

/* For a certificate that gives no user, although its rules denied nothing. */
static const char *no_user_summary(const cc_verdict_t *verdict)
{
    if (is_ambiguous(verdict)) {
        return "Your certificate is verified, but names more than one user, so none is chosen";
    }
    if (cc_verdict_has_identity(verdict)) {
        return "You have groups here, but no user name";
    }
    return verdict->matched_count > 0
               ? "Your certificate is verified, and a rule here matches it, but gives no user or "
                 "group"
               : words[CC_STATUS_UNMAPPED].headline;
}

/* What became of a request that failed: for a client with an identity, that is the news. */
static const char *failed_text(const cc_status_t *status, apr_pool_t *p)
{
    return is_forbidden(status)
               ? "you are not allowed to see this page"
               : apr_pstrcat(p, "this request failed: ", ap_get_status_line(status->asked->status),
                             NULL);
}

static const char *identity_summary(const cc_status_t *status, apr_pool_t *p)
{
    const cc_verdict_t *verdict = status->answer.verdict;
    const char *who =
        verdict->user ? apr_pstrcat(p, "You are ", verdict->user, NULL) : no_user_summary(verdict);

    if (!cc_verdict_has_identity(verdict) || !status->failed) {
        return who;
    }
    return apr_pstrcat(p, who, verdict->user ? ", but " : "; ", failed_text(status, p), NULL);
}

const char *cc_advice_summary(const cc_status_t *status, apr_pool_t *p)
{
    if (status->result == CC_STATUS_MAPPED || status->result == CC_STATUS_UNMAPPED) {
        return identity_summary(status, p);
    }
    return words_of(status)->headline;
}

/* ---- warnings and advice ------------------------------------------------------------------ */

/* A short-lived certificate expires soon only in the last third of its life. */
static bool expires_soon(const cc_client_t *client, apr_time_t now)
{
    apr_time_t left = client->not_after - now;

    return left < (client->not_after - client->not_before) / 3 && left < DAYS_TO_RENEW * DAY;
}

json_t *cc_advice_warnings(const cc_status_t *status, apr_pool_t *p)
{
    const cc_client_t *client = status->answer.client;
    apr_time_t now = status->now;
    json_t *warnings = json_array();

    if (client && !status->answer.problem && expires_soon(client, now)) {
        const char *text =
            apr_pstrcat(p, "Your certificate expires ", cc_date_distance(client->not_after, now, p),
                        ", on ", cc_date_text(client->not_after, p), ". Have it renewed.", NULL);

        json_array_append_new(warnings, json_string(text));
    }
    return warnings;
}

json_t *cc_advice_list(const cc_status_t *status)
{
    json_t *advice = json_array();

    for (const char *const *one = words_of(status)->advice; *one; one++) {
        json_array_append_new(advice, json_string(*one));
    }
    if (status->result == CC_STATUS_MAPPED && is_forbidden(status)) {
        json_array_append_new(
            advice, json_string("If you need access, ask the administrator of this server."));
    }
    return advice;
}
