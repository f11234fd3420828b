/* SPDX-License-Identifier: Apache-2.0 */
/* Tells a person in one sentence what their certificate gives, and what they can do. */
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
     {"Open this page with https:// at the begin of its address."}},
    {"no-certificate",
     "No client certificate was presented",
     {"Have the file with your certificate and its key at hand (its name ends in .p12 or .pfx), "
      "and the password of that file. Whoever issues certificates in your organization gives you "
      "both.",
      "Firefox: Settings, Privacy & Security, View Certificates, Your Certificates, Import.",
      "Chrome, Edge or Safari on Windows or macOS: open the file. The system asks for the password "
      "and keeps the certificate. Chrome on Linux: open chrome://certificate-manager, Your "
      "certificates, Import.",
      "iPhone and iPad: open the file, then Settings, Profile Downloaded, Install. Android: "
      "Settings, Security, Encryption & credentials, Install a certificate.",
      "Close all windows of the browser and start it again: until then it remembers that it had no "
      "certificate to offer. Then come back here, and choose the certificate when you are asked.",
      "If the certificate is there and you are not asked: it has expired, it comes from an "
      "authority "
      "that this server does not accept, or this server asks for none. Its administrator knows."}},
    {"rejected",
     "Your certificate gives no identity here",
     {"Look below for the dates of the certificate, and for who issued it. If you have several, "
      "your "
      "browser may have taken the wrong one: close all of its windows, start it again and choose "
      "another one.",
      "Otherwise ask whoever issued it for one that is valid today and made for the "
      "authentication of clients; or ask the administrator of this server whether it accepts that "
      "issuer."}},
    {"no-rules",
     "Your certificate is verified, but no rules are in effect here that make it a user",
     {"Ask the administrator of this server where your certificate counts."}},
    {"unmapped",
     "Your certificate is verified, but no rule here makes it a user",
     {"If you expected to be known: send the administrator of this server the subject, the issuer "
      "and the SHA-256 that stand below. If you have several certificates, you may have chosen "
      "another one than you meant to: close all windows of the browser and start it again."}},
    {"denied",
     "Your certificate is verified, but a rule here refuses it",
     {"Ask the administrator of this server why, with the SHA-256 that stands below."}},
    {"failed",
     "It is not known who you are: a lookup failed",
     {"Your certificate is verified. Try again in a minute; if it stays so, tell the administrator "
      "of this server, who finds the reason in the error log."}},
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

/* What the client itself may know of a problem, which may name what stands behind this server. */
static const char *public_problem(const cc_answer_t *answer)
{
    const cc_client_t *client = answer->client;

    if (!client || !client->problem) {
        return answer->problem; /* that there is no certificate, or what its dates say */
    }
    return client->public_problem ? client->public_problem : "it does not count here";
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

/* Not for certificates that are made to live for days. */
static void advise_renewal(json_t *advice, const cc_status_t *status, apr_pool_t *p)
{
    const cc_client_t *client = status->answer.client;
    apr_time_t left = client->not_after - status->asked->request_time;
    apr_time_t third = (client->not_after - client->not_before) / 3;

    if (left < third && left < DAYS_TO_RENEW * DAY) {
        const char *text = apr_psprintf(p, "Your certificate ends in %d days: have it renewed.",
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
    if (!words && status->failed) {
        json_array_append_new(advice,
                              json_string("Your certificate is known here, but what you asked for "
                                          "is for others. If you need it, ask the administrator "
                                          "of this server."));
    }
    if (status->answer.client && !status->answer.problem) {
        advise_renewal(advice, status, p);
    }
    return advice;
}
