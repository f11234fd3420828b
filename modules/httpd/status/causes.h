/* SPDX-License-Identifier: Apache-2.0 */
/* Gives the headline and the advice for each cause of a refusal. */
#ifndef CC_STATUS_CAUSES_H
#define CC_STATUS_CAUSES_H

#include <stdbool.h>

#include "httpd/request/ssl_refusal.h"
#include "trust/cause.h"

#define CC_WORDS_ADVICE_MAX 7

/** What a cause means for the person at the browser. All members are literals. */
typedef struct cc_words_t {
    const char *word;                            /* in the document: "unknown-issuer"; NULL: none */
    const char *headline;                        /* what matters most, without a full stop */
    const char *advice[CC_WORDS_ADVICE_MAX + 1]; /* sentences; the last one is NULL */
    const char *reason; /* a sentence that follows the headline; NULL: none */
} cc_words_t;

/** The words for a fault of the client's certificate, or of a CA above it (depth > 0). */
const cc_words_t *cc_cause_words(const cc_fault_t *fault);

/**
 * True if the cause is that this server could not check the revocation. Its details, such as which
 * CRL is missing, are not for clients.
 */
bool cc_cause_is_unchecked(cc_cause_t cause);

/** The words for a request that mod_ssl refused before access control; not CC_SSL_REFUSED_NOT. */
const cc_words_t *cc_ssl_refused_words(cc_ssl_refused_t refused);

/** The words for a client without a certificate, and for one whose proxy terminated TLS. */
extern const cc_words_t cc_no_certificate_words, cc_proxied_words;

/**
 * For a request without TLS, where certificates come only from trusted proxies, not from one; and
 * for one of a trusted proxy that passed on something else than a certificate, or objects to it.
 */
extern const cc_words_t cc_not_forwarded_words, cc_bad_header_words;

#endif
