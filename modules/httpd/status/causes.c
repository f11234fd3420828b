/* SPDX-License-Identifier: Apache-2.0 */
/* Lists the headline and the advice for each cause of a refusal. */
#include <stddef.h>

#include "httpd/status/causes.h"

#define NOT_ACCEPTED "Your certificate is not accepted here"
#define CANNOT_CHECK "This server could not find out whether your certificate was revoked"
#define UNKNOWN_ISSUER "Your certificate is from an issuer that this server does not accept"

/* Advice. Only what helps for certain, or says on what it depends. */
#define CHOOSE                                                                                     \
    "If you have another certificate, choose it: close all windows of the browser, start it "      \
    "again "                                                                                       \
    "and open this page."
#define CHOOSE_NEW                                                                                 \
    "If you have a newer certificate, choose it: close all windows of the browser, start it "      \
    "again "                                                                                       \
    "and open this page."
#define ASK_WHICH                                                                                  \
    "Otherwise ask the administrator of this server which certificates are accepted here."
#define NEW_ONE "Ask the issuer of your certificate for a new one."
#define FOR_CLIENTS "Ask its issuer for a certificate for client authentication."
#define TELL_REASON "Otherwise tell the administrator of this server the reason above."
#define TELL "Tell the administrator of this server the reason above."
#define RESTART                                                                                    \
    "Close all windows of the browser, start it again and open this page, so that your "           \
    "certificate is verified again."
#define LATER                                                                                      \
    "Try again in a few minutes. If the problem persists, tell the administrator of this server."

#define HOW_TO_PRESENT                                                                             \
    "To present a certificate on a smart card, insert the card. To present one in a file (.p12 "   \
    "or .pfx), import the file into your browser; you need the password of the file. If you have " \
    "neither, ask your organization for a certificate.",                                           \
        "Firefox: Settings, Privacy & Security, View Certificates, Your Certificates, Import.",    \
        "Chrome, Edge and Safari on Windows and macOS: open the file; the system asks for the "    \
        "password and stores the certificate. Chrome on Linux: open "                              \
        "chrome://certificate-manager, Your certificates, Import.",                                \
        "iPhone and iPad: open the file, then Settings, Profile Downloaded, Install. Android: "    \
        "Settings, Security, Encryption & credentials, Install a certificate.",                    \
        "Close all windows of the browser and start it again; until then, it may remember that "   \
        "it had no certificate to present. Open this page again, and choose the certificate when " \
        "the browser asks for one."

#define CANNOT_BE_CHECKED                                                                          \
    {                                                                                              \
        .word = "revocation-unknown", .headline = CANNOT_CHECK, .advice = { LATER }                \
    }
#define REFUSED(name)                                                                              \
    {                                                                                              \
        .word = name, .headline = NOT_ACCEPTED, .advice = { CHOOSE, TELL_REASON }                  \
    }

static const cc_words_t causes[CC_CAUSE_COUNT] = {
    [CC_CAUSE_NONE] = REFUSED("not-verified"),
    [CC_CAUSE_NO_CA] = {.word = "unknown-issuer",
                        .headline = UNKNOWN_ISSUER,
                        .advice = {CHOOSE, ASK_WHICH}},
    [CC_CAUSE_OTHER_KEY] = {.word = "other-issuer-key",
                            .headline =
                                "Your certificate is from an issuer that this server knows with "
                                "another key",
                            .advice = {CHOOSE, TELL_REASON}},
    [CC_CAUSE_OTHER_KEY_ID] = REFUSED("other-issuer-key"),
    [CC_CAUSE_CA_KEY_USAGE] = REFUSED("bad-issuer"),
    [CC_CAUSE_SELF_SIGNED] = {.word = "self-signed",
                              .headline = "Your certificate is self-signed, and not accepted here",
                              .advice = {CHOOSE, ASK_WHICH}},
    [CC_CAUSE_UNTRUSTED_ROOT] = {.word = "unknown-issuer",
                                 .headline = UNKNOWN_ISSUER,
                                 .advice = {CHOOSE, ASK_WHICH}},
    [CC_CAUSE_EXPIRED] = {.word = "expired",
                          .headline = "Your certificate has expired",
                          .advice = {CHOOSE_NEW, NEW_ONE}},
    [CC_CAUSE_NOT_YET_VALID] = {.word = "not-yet-valid",
                                .headline = "Your certificate is not yet valid",
                                .advice = {CHOOSE}},
    [CC_CAUSE_BAD_DATE] = {.word = "malformed",
                           .headline = NOT_ACCEPTED,
                           .advice = {CHOOSE, NEW_ONE}},
    [CC_CAUSE_REVOKED] = {.word = "revoked",
                          .headline = "Your certificate was revoked",
                          .advice = {CHOOSE_NEW, NEW_ONE}},
    [CC_CAUSE_NO_CRL] = CANNOT_BE_CHECKED,
    [CC_CAUSE_CRL_EXPIRED] = CANNOT_BE_CHECKED,
    [CC_CAUSE_CRL_NOT_YET_VALID] = CANNOT_BE_CHECKED,
    [CC_CAUSE_CRL_BAD] = CANNOT_BE_CHECKED,
    [CC_CAUSE_OCSP] = CANNOT_BE_CHECKED,
    [CC_CAUSE_CA_CERTIFICATE] =
        {.word = "ca-certificate",
         .headline = "Your certificate is that of a CA, which is not accepted here",
         .advice = {CHOOSE, "Otherwise ask its owner for a certificate of your own."}},
    [CC_CAUSE_PURPOSE] = {.word = "not-for-clients",
                          .headline = "Your certificate is not for client authentication",
                          .advice = {CHOOSE, FOR_CLIENTS}},
    [CC_CAUSE_SERVER_ONLY] = {.word = "servers-only",
                              .headline = "Your certificate is for servers only",
                              .advice = {CHOOSE, FOR_CLIENTS}},
    [CC_CAUSE_TOO_LONG] = {.word = "chain-too-long",
                           .headline =
                               "There are more CAs above your certificate than this server allows",
                           .advice = {TELL}},
    [CC_CAUSE_NOT_A_CA] = REFUSED("bad-issuer"),
    [CC_CAUSE_PATH_LENGTH] = REFUSED("bad-issuer"),
    [CC_CAUSE_NAME_CONSTRAINTS] = REFUSED("names-not-allowed"),
    [CC_CAUSE_CONSTRAINTS_UNKNOWN] = REFUSED("bad-issuer"),
    [CC_CAUSE_RESOURCES] = REFUSED("names-not-allowed"),
    [CC_CAUSE_POLICY] = REFUSED("policy"),
    [CC_CAUSE_PROXY] = REFUSED("proxy-certificate"),
    [CC_CAUSE_CRITICAL_EXTENSION] = REFUSED("unknown-extension"),
    [CC_CAUSE_MALFORMED] = REFUSED("malformed"),
    [CC_CAUSE_ALGORITHM] = REFUSED("unknown-algorithm"),
    [CC_CAUSE_WEAK_KEY] = {.word = "weak-key",
                           .headline = "The key of your certificate is too small",
                           .advice = {CHOOSE,
                                      "Ask its issuer for a certificate with a larger key."}},
    [CC_CAUSE_WEAK_DIGEST] =
        {.word = "weak-digest",
         .headline = "The signature of your certificate uses a digest that is too weak",
         .advice = {CHOOSE, NEW_ONE}},
    [CC_CAUSE_BAD_SIGNATURE] = {.word = "bad-signature",
                                .headline = "The signature of your certificate is wrong",
                                .advice = {CHOOSE, TELL_REASON}},
    [CC_CAUSE_DISTRUSTED] = {.word = "unknown-issuer",
                             .headline = UNKNOWN_ISSUER,
                             .advice = {CHOOSE, ASK_WHICH}},
    [CC_CAUSE_OTHER_HOST] = {.word = "other-host",
                             .headline = "Your certificate was not verified for this website",
                             .advice = {RESTART}},
    [CC_CAUSE_OTHER] = REFUSED("not-verified"),
    [CC_CAUSE_SPIFFE] = REFUSED("bad-spiffe-id"),
    [CC_CAUSE_NO_VERDICT] = {.word = "no-verdict",
                             .headline = "Your certificate was not verified on this connection",
                             .advice = {RESTART, TELL_REASON}},
    [CC_CAUSE_CA_LEFT] = {.word = "issuer-removed",
                          .headline = "A CA above your certificate is no longer accepted here",
                          .advice = {CHOOSE, ASK_WHICH}},
    [CC_CAUSE_NOT_REPORTED] = {.word = "not-verified", .headline = NOT_ACCEPTED, .advice = {TELL}},
    [CC_CAUSE_NO_TLS] = {.word = "no-tls-host",
                         .headline = "Certificates are not verified for this website",
                         .advice = {TELL}},
    [CC_CAUSE_TOO_OLD] = {.word = "too-old",
                          .headline = "Your certificate has to be presented again",
                          .advice = {RESTART}},
};

/* For the person, it does not matter which CA above the certificate is at fault, but that one is.
 */
static const cc_words_t of_issuer = {.word = "issuer-not-accepted",
                                     .headline = "A CA above your certificate is not accepted here",
                                     .advice = {CHOOSE, TELL_REASON}};
static const cc_words_t issuer_expired = {.word = "issuer-expired",
                                          .headline = "A CA above your certificate has expired",
                                          .advice = {CHOOSE_NEW, TELL_REASON}};
static const cc_words_t issuer_revoked = {.word = "issuer-revoked",
                                          .headline = "A CA above your certificate was revoked",
                                          .advice = {CHOOSE_NEW, TELL_REASON}};

bool cc_cause_is_unchecked(cc_cause_t cause)
{
    switch (cause) {
    case CC_CAUSE_NO_CRL:
    case CC_CAUSE_CRL_EXPIRED:
    case CC_CAUSE_CRL_NOT_YET_VALID:
    case CC_CAUSE_CRL_BAD:
    case CC_CAUSE_OCSP:
        return true;
    default:
        return false;
    }
}

const cc_words_t *cc_cause_words(const cc_fault_t *fault)
{
    if (fault->depth == 0 || cc_cause_is_unchecked(fault->cause)) {
        return &causes[fault->cause];
    }
    switch (fault->cause) {
    case CC_CAUSE_EXPIRED:
        return &issuer_expired;
    case CC_CAUSE_REVOKED:
        return &issuer_revoked;
    case CC_CAUSE_NO_CA:
    case CC_CAUSE_UNTRUSTED_ROOT:
    case CC_CAUSE_DISTRUSTED:
    case CC_CAUSE_TOO_LONG:
        return &causes[fault->cause];
    default:
        return &of_issuer;
    }
}

/* ---- requests without a certificate ------------------------------------------------------- */

#define NOT_REQUESTED "This server could not request your certificate for this page"

const cc_words_t cc_no_certificate_words = {
    .headline = "No client certificate was presented",
    .advice = {
        HOW_TO_PRESENT,
        "If the browser does not ask although it has the certificate, the certificate may have "
        "expired, this server may not accept its issuer, or this server may not request "
        "certificates here. Ask the administrator of this server."}};

const cc_words_t cc_proxied_words = {
    .headline =
        "A proxy ended the encryption in front of this server, so no certificate arrived here",
    .advice = {"Tell the administrator of this server. You cannot solve this yourself."}};

const cc_words_t cc_not_forwarded_words = {
    .headline = "Certificates arrive here through a proxy, and this request did not",
    .advice = {"Open this page with the usual address of this website. If that does not help, tell "
               "the administrator of this server."}};

const cc_words_t cc_bad_header_words = {
    .word = "bad-header",
    .headline = "No usable certificate arrived here through the proxy in front of this server",
    .advice = {TELL}};

static const cc_words_t ssl_refused[CC_SSL_REFUSED_COUNT] = {
    [CC_SSL_REFUSED_HTTP2] =
        {.headline = NOT_REQUESTED,
         .advice = {"Browsers repeat the request with HTTP/1.1 by themselves. If yours "
                    "does not, tell the administrator of this server."},
         .reason = "HTTP/2 does not allow a server to request one within a connection."},
    [CC_SSL_REFUSED_TWICE] =
        {.headline = NOT_REQUESTED,
         .advice = {TELL},
         .reason = "It was requested on this connection before, and cannot be requested "
                   "twice."},
    [CC_SSL_REFUSED_UNABLE] =
        {.headline = NOT_REQUESTED,
         .advice = {TELL},
         .reason = "Your browser does not support such a request on a connection that "
                   "is already open."},
    [CC_SSL_REFUSED_NONE] = {.headline =
                                 "This page requires a client certificate, and none was presented",
                             .advice = {HOW_TO_PRESENT}},
    [CC_SSL_REFUSED_UNVERIFIED] = {.headline =
                                       "This page requires a client certificate, and yours did not "
                                       "verify",
                                   .advice = {CHOOSE, ASK_WHICH}},
    [CC_SSL_REFUSED_HANDSHAKE] =
        {.headline = "This page requires a client certificate, and this server got "
                     "none",
         .advice = {HOW_TO_PRESENT},
         .reason = "Your browser presented no certificate, or does not support such "
                   "a request on a connection that is already open."},
};

const cc_words_t *cc_ssl_refused_words(cc_ssl_refused_t refused)
{
    return &ssl_refused[refused];
}
