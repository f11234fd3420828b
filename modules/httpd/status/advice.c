/* SPDX-License-Identifier: Apache-2.0 */
/* Writes the headline, the warnings and the advice for the person at the browser. */
#include <apr_strings.h>

#include "httpd/peer/client.h"
#include "httpd/request/state.h"
#include "httpd/status/advice.h"
#include "httpd/status/dates.h"

#define ADVICE_MAX 8
#define DAY apr_time_from_sec(24 * 60 * 60)
#define DAYS_TO_RENEW 30

static const char *const result_words[] = {
    [CC_STATUS_NO_TLS] = "no-tls",     [CC_STATUS_NO_CERTIFICATE] = "no-certificate",
    [CC_STATUS_REJECTED] = "rejected", [CC_STATUS_NO_RULES] = "no-rules",
    [CC_STATUS_MAPPED] = "mapped",     [CC_STATUS_UNMAPPED] = "unmapped",
    [CC_STATUS_DENIED] = "denied",     [CC_STATUS_FAILED] = "failed",
};

const char *cc_status_word(cc_status_result_t result)
{
    return result_words[result];
}

/* What a result means for the person: the headline, and advice. */
typedef struct words_t {
    const char *summary;            /* NULL: it depends on the identity */
    const char *advice[ADVICE_MAX]; /* the last one is NULL */
} words_t;

static const words_t words[] = {
    [CC_STATUS_NO_TLS] = {"This connection is not encrypted, so no certificate can be presented",
                          {"Open this page with https:// at the beginning of its address."}},
    [CC_STATUS_NO_CERTIFICATE] =
        {"No client certificate was presented",
         {"To present a certificate on a smart card, insert the card. To present one in a file "
          "(.p12 or .pfx), import the file into your browser; you need the password of the file. "
          "If you have neither, ask your organization for a certificate.",
          "Firefox: Settings, Privacy & Security, View Certificates, Your Certificates, Import.",
          "Chrome, Edge and Safari on Windows and macOS: open the file; the system asks for the "
          "password and stores the certificate. Chrome on Linux: open "
          "chrome://certificate-manager, Your certificates, Import.",
          "iPhone and iPad: open the file, then Settings, Profile Downloaded, Install. Android: "
          "Settings, Security, Encryption & credentials, Install a certificate.",
          "Close all windows of the browser and start it again; until then, it may remember that "
          "it had no certificate to present. Open this page again, and choose the certificate "
          "when the browser asks for one.",
          "If the browser does not ask although it has the certificate, the certificate may have "
          "expired, this server may not accept its issuer, or this server may not request "
          "certificates here. Ask the administrator of this server."}},
    [CC_STATUS_REJECTED] =
        {"Your certificate is not accepted here",
         {"If you have several certificates, you may have chosen the wrong one: close all windows "
          "of the browser, start it again and choose another.",
          "Otherwise ask the administrator of this server."}},
    [CC_STATUS_NO_RULES] =
        {"Your certificate is verified, but no rules are in effect here that map it to a user",
         {"Ask the administrator of this server which pages use certificates."}},
    [CC_STATUS_MAPPED] = {NULL, {NULL}},
    [CC_STATUS_UNMAPPED] =
        {"Your certificate is verified, but no rule here maps it to a user or group",
         {"If you expected to be recognized, send the subject, the issuer and the sha256 of your "
          "certificate (see all fields below) to the administrator of this server. If you have "
          "several certificates, you may have chosen the wrong one: close all windows of the "
          "browser and start it again."}},
    [CC_STATUS_DENIED] =
        {"Your certificate is verified, but a rule here denies it",
         {"Ask the administrator of this server for the reason; include the sha256 of your "
          "certificate (see all fields below)."}},
    [CC_STATUS_FAILED] =
        {"Your identity could not be determined: a lookup failed",
         {"Your certificate is verified. Try again in a minute. If the problem persists, tell the "
          "administrator of this server; the reason is in the error log."}},
};

/* ---- the reason -------------------------------------------------------------------------- */

/*
 * The problem in a form that the client may see. The full text may name the systems behind this
 * server.
 */
static const char *public_problem(const cc_answer_t *answer)
{
    const cc_client_t *client = answer->client;

    if (!client || !client->problem) {
        return answer->problem; /* no certificate, or a problem with its dates */
    }
    return client->public_problem ? client->public_problem : "this server does not accept it";
}

const char *cc_advice_problem(const cc_status_t *status)
{
    return status->rules ? status->answer.problem : public_problem(&status->answer);
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
               : words[CC_STATUS_UNMAPPED].summary;
}

static const char *identity_summary(const cc_status_t *status, apr_pool_t *p)
{
    const cc_verdict_t *verdict = status->answer.verdict;
    const char *who =
        verdict->user ? apr_pstrcat(p, "You are ", verdict->user, NULL) : no_user_summary(verdict);

    if (!cc_verdict_has_identity(verdict) || !is_forbidden(status)) {
        return who;
    }
    return apr_pstrcat(p, who, verdict->user ? ", but " : "; ",
                       "you are not allowed to see this page", NULL);
}

const char *cc_advice_summary(const cc_status_t *status, apr_pool_t *p)
{
    if (status->result == CC_STATUS_MAPPED || status->result == CC_STATUS_UNMAPPED) {
        return identity_summary(status, p);
    }
    if (status->result == CC_STATUS_REJECTED) {
        return apr_pstrcat(p, words[CC_STATUS_REJECTED].summary, ": ", cc_advice_problem(status),
                           NULL);
    }
    return words[status->result].summary;
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
    apr_time_t now = status->asked->request_time;
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

    for (int i = 0; words[status->result].advice[i]; i++) {
        json_array_append_new(advice, json_string(words[status->result].advice[i]));
    }
    if (status->result == CC_STATUS_MAPPED && is_forbidden(status)) {
        json_array_append_new(
            advice, json_string("If you need access, ask the administrator of this server."));
    }
    return advice;
}
