/* SPDX-License-Identifier: Apache-2.0 */
/* Extracts the fields of the connection and the verified chain, which the certificate lacks. */
#include "cert/internal.h"

#include <apr_cstr.h>
#include <apr_strings.h>

static cc_values_t text_or_none(const char *text, apr_pool_t *p)
{
    return text ? cc_values_one(cc_value_words(text, p), p) : cc_values_none();
}

static cc_values_t digest_or_none(const unsigned char *sha256, apr_pool_t *p)
{
    return sha256 ? cc_values_one(cc_value_octets(sha256, 32, p), p) : cc_values_none();
}

/* In the order of cc_via_t, from CC_VIA_TLS on. */
static const char *const vias[] = {"tls", "header", "proxy-protocol", NULL};

const char *cc_via_word(cc_via_t via)
{
    return via == CC_VIA_UNKNOWN ? NULL : vias[via - CC_VIA_TLS];
}

cc_via_t cc_via_find(const char *word)
{
    for (int i = 0; vias[i]; i++) {
        if (apr_cstr_casecmp(word, vias[i]) == 0) {
            return (cc_via_t)(CC_VIA_TLS + i);
        }
    }
    return CC_VIA_UNKNOWN;
}

/* Without a CA, a certificate that is trusted itself has no value. */
static cc_values_t digest_of_ca(const unsigned char *digest, const cc_extraction_t *s)
{
    return !digest && s->facts->path ? cc_ca_not_at_hand(s->pool) : digest_or_none(digest, s->pool);
}

cc_values_t cc_fact_extract(const cc_extraction_t *s)
{
    const cc_facts_t *facts = s->facts;

    switch ((cc_fact_t)s->variant) {
    case CC_FACT_CA_SHA256:
        return digest_of_ca(facts->ca_sha256, s);
    case CC_FACT_CA_SPKI:
        return digest_of_ca(facts->ca_spki_sha256, s);
    case CC_FACT_VERSION:
        return text_or_none(facts->tls_version, s->pool);
    case CC_FACT_CIPHER:
        return text_or_none(facts->tls_cipher, s->pool);
    case CC_FACT_SNI:
        return text_or_none(facts->tls_sni, s->pool);
    case CC_FACT_RESUMED:
        return text_or_none(!facts->tls_known    ? NULL
                            : facts->tls_resumed ? "true"
                                                 : "false",
                            s->pool);
    case CC_FACT_REVOCATION:
        return text_or_none(facts->revocation, s->pool);
    case CC_FACT_REASON:
        return text_or_none(facts->revocation_reason, s->pool);
    case CC_FACT_REVOKED_AT:
        return facts->revoked_at ? cc_values_one(cc_value_time(facts->revoked_at, s->pool), s->pool)
                                 : cc_values_none();
    case CC_FACT_VIA:
        return text_or_none(cc_via_word(facts->via), s->pool);
    case CC_FACT_VIA_PROXY:
        return facts->via_proxy ? cc_values_one(cc_value_proxy(facts->via_proxy, s->pool), s->pool)
                                : cc_values_none();
    case CC_FACT_PINNED:
        return text_or_none(facts->pinned                  ? "true"
                            : facts->via != CC_VIA_UNKNOWN ? "false"
                                                           : NULL,
                            s->pool);
    }
    return cc_values_none();
}

bool cc_fact_of_tls(cc_fact_t fact)
{
    return fact == CC_FACT_VERSION || fact == CC_FACT_CIPHER || fact == CC_FACT_SNI ||
           fact == CC_FACT_RESUMED;
}

/* ---- operands ---------------------------------------------------------------------------- */

static const char *const states[] = {"good", "revoked", "unknown", "unchecked", NULL};

/* In the order of their numbers in the ASN.1 of RFC 5280 5.3.1, which skips 7. */
static const char *const reasons[] = {"unspecified",
                                      "keyCompromise",
                                      "cACompromise",
                                      "affiliationChanged",
                                      "superseded",
                                      "cessationOfOperation",
                                      "certificateHold",
                                      "removeFromCRL",
                                      "privilegeWithdrawn",
                                      "aACompromise",
                                      NULL};

static const char *const *words_of(cc_fact_t fact)
{
    switch (fact) {
    case CC_FACT_REVOCATION:
        return states;
    case CC_FACT_VIA:
        return vias;
    default:
        return reasons;
    }
}

apr_status_t cc_operand_fact(cc_value_t *value, const char *text, int variant, apr_pool_t *p,
                             cc_error_t *err)
{
    const char *const *words = words_of((cc_fact_t)variant);
    const char *legal = words[0];

    for (int i = 0; words[i]; i++) {
        if (apr_cstr_casecmp(text, words[i]) == 0) {
            *value = cc_value_words(words[i], p);
            return APR_SUCCESS;
        }
        legal = i > 0 ? apr_pstrcat(p, legal, ", ", words[i], NULL) : legal;
    }
    return cc_error_set(err, p, "CC0285", text, "not a value of this field; write one of %s",
                        legal);
}
