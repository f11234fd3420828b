/* SPDX-License-Identifier: Apache-2.0 */
/* Tells a person in one sentence what their certificate gives, and gives advice. */
#include <apr_strings.h>

#include "httpd/peer/client.h"
#include "httpd/request/state.h"
#include "httpd/status/advice.h"

#define ADVICE_MAX 8
#define DAY apr_time_from_sec(24 * 60 * 60)
#define DAYS_TO_RENEW 30

typedef struct words_t {
    const char *result;
    const char *summary;
    const char *advice[ADVICE_MAX]; /* the last one is NULL */
} words_t;

static const words_t all_words[] = {
    {"no-tls",
     "This connection is not encrypted, so no certificate can be presented",
     {"Open this page with https:// at the beginning of its address."}},
    {"no-certificate",
     "No client certificate was presented",
     {"If your certificate is on a smart card, insert the card. If it is in a file (.p12 or "
      ".pfx), import the file into your browser; you need the password of the file. If you have "
      "neither, ask your organization for a certificate.",
      "Firefox: Settings, Privacy & Security, View Certificates, Your Certificates, Import.",
      "Chrome, Edge and Safari on Windows and macOS: open the file; the system asks for the "
      "password and stores the certificate. Chrome on Linux: open chrome://certificate-manager, "
      "Your certificates, Import.",
      "iPhone and iPad: open the file, then Settings, Profile Downloaded, Install. Android: "
      "Settings, Security, Encryption & credentials, Install a certificate.",
      "Close all windows of the browser and start it again; until then, it may remember that it "
      "had no certificate to present. Open this page again, and choose the certificate when the "
      "browser asks for one.",
      "If the browser does not ask although it has the certificate, the certificate may have "
      "expired, this server may not accept its issuer, or this server may not request "
      "certificates here. Ask the administrator of this server."}},
    {"rejected",
     "Your certificate is not accepted here",
     {"Check the reason above, and the validity dates and the issuer below. If you have several "
      "certificates, you may have chosen the wrong one: close all windows of the browser, start "
      "it again and choose another.",
      "Otherwise you may need a new one: a currently valid certificate for client "
      "authentication, from an issuer that this server accepts. If you are not sure, ask the "
      "administrator of this server."}},
    {"no-rules",
     "Your certificate is verified, but no rules are in effect here that map it to a user",
     {"Ask the administrator of this server which pages use certificates."}},
    {"unmapped",
     "Your certificate is verified, but no rule here maps it to a user or group",
     {"If you expected to be recognized, send the subject, the issuer and the SHA-256 shown "
      "below to the administrator of this server. If you have several certificates, you may have "
      "chosen the wrong one: close all windows of the browser and start it again."}},
    {"denied",
     "Your certificate is verified, but a rule here denies it",
     {"Ask the administrator of this server for the reason; include the SHA-256 shown below."}},
    {"failed",
     "Your identity could not be determined: a lookup failed",
     {"Your certificate is verified. Try again in a minute. If the problem persists, tell "
      "the administrator of this server; the reason is in the error log."}},
};

static const words_t *words_of(const char *result)
{
    for (size_t i = 0; i < sizeof(all_words) / sizeof(all_words[0]); i++) {
        if (!strcmp(all_words[i].result, result)) {
            return &all_words[i];
        }
    }
    return NULL;
}

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

const char *cc_advice_summary(const cc_status_t *status, apr_pool_t *p)
{
    const words_t *words = words_of(status->result);

    if (!words) {
        const char *user = status->answer.verdict->user;
        return user ? apr_pstrcat(p, "You are ", user, NULL)
                    : "You have groups here, but no user name";
    }
    if (status->answer.client && status->answer.problem) {
        return apr_pstrcat(p, words->summary, ": ", cc_advice_problem(status), NULL);
    }
    return words->summary;
}

/*
 * Advises to renew a certificate that expires soon; a short-lived one only in the last third of its
 * life.
 */
static void advise_renewal(json_t *advice, const cc_status_t *status, apr_pool_t *p)
{
    const cc_client_t *client = status->answer.client;
    apr_time_t left = client->not_after - status->asked->request_time;
    apr_time_t third = (client->not_after - client->not_before) / 3;

    if (left < third && left < DAYS_TO_RENEW * DAY) {
        const char *text = apr_psprintf(p,
                                        "Your certificate expires soon (days left: %d). Have it "
                                        "renewed.",
                                        (int)(left / DAY));
        json_array_append_new(advice, json_string(text));
    }
}

json_t *cc_advice_list(const cc_status_t *status, apr_pool_t *p)
{
    const words_t *words = words_of(status->result);
    json_t *advice = json_array();

    for (int i = 0; words && words->advice[i]; i++) {
        json_array_append_new(advice, json_string(words->advice[i]));
    }
    if (!words && status->failed && status->asked->status == HTTP_FORBIDDEN) {
        json_array_append_new(advice,
                              json_string("Your certificate is recognized, but you are not allowed "
                                          "to see this page. If you need access, ask the "
                                          "administrator of this server."));
    }
    if (status->answer.client && !status->answer.problem) {
        advise_renewal(advice, status, p);
    }
    return advice;
}
