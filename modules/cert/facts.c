/* SPDX-License-Identifier: Apache-2.0 */
/* Knows the fields that the connection and the verified chain give, not the certificate. */
#include "cert/internal.h"

static cc_values_t text_or_none(const char *text, apr_pool_t *p)
{
    return text ? cc_values_one(cc_value_words(text, p), p) : cc_values_none();
}

static cc_values_t digest_or_none(const unsigned char *sha256, apr_pool_t *p)
{
    return sha256 ? cc_values_one(cc_value_octets(sha256, 32, p), p) : cc_values_none();
}

cc_values_t cc_fact_extract(const cc_source_t *s)
{
    const cc_facts_t *facts = s->facts;

    switch ((cc_fact_t)s->what) {
    case CC_FACT_CA_SHA256:
        return digest_or_none(facts->ca_sha256, s->pool);
    case CC_FACT_CA_SPKI:
        return digest_or_none(facts->ca_spki_sha256, s->pool);
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
    }
    return cc_values_none();
}
