/* SPDX-License-Identifier: Apache-2.0 */
/* Splits a CRL into its fields (RFC 5280 5.1). */
#include <string.h>

#include "crl/internal.h"

static bool is_time(const cc_der_t *element)
{
    return element->tag == CC_DER_UTC_TIME || element->tag == CC_DER_GENERALIZED_TIME;
}

static const char *version_read(cc_crl_tbs_t *tbs, cc_der_span_t *at)
{
    cc_der_t element;

    if (!cc_der_expect(&element, at, CC_DER_INTEGER)) {
        tbs->v2 = false;
        return NULL;
    }
    tbs->v2 = cc_der_span_len(element.content) == 1 && *element.content.at == 1;
    return tbs->v2 ? NULL : "its version is not 2";
}

static const char *times_read(cc_crl_tbs_t *tbs, cc_der_span_t *at)
{
    apr_int64_t this_update, next_update;
    cc_der_t element;

    if (!cc_der_next(&element, at) || !cc_der_time(&this_update, &element)) {
        return "its thisUpdate is not a valid time";
    }
    if (at->at == at->end || (*at->at != CC_DER_UTC_TIME && *at->at != CC_DER_GENERALIZED_TIME)) {
        return "it has no nextUpdate, so it is not known when it expires";
    }
    if (!cc_der_next(&element, at) || !is_time(&element) || !cc_der_time(&next_update, &element)) {
        return "its nextUpdate is not a valid time";
    }
    tbs->this_update = apr_time_from_sec(this_update);
    tbs->next_update = apr_time_from_sec(next_update);
    return tbs->next_update < tbs->this_update ? "its nextUpdate is before its thisUpdate" : NULL;
}

/* Reads the optional fields: the entries and the extensions. */
static const char *rest_read(cc_crl_tbs_t *tbs, cc_der_span_t *at)
{
    cc_der_t element;

    tbs->revoked = (cc_der_span_t){NULL, NULL};
    tbs->extensions = (cc_der_span_t){NULL, NULL};
    if (cc_der_expect(&element, at, CC_DER_SEQUENCE)) {
        tbs->revoked = element.content;
    }
    if (cc_der_expect(&element, at, CC_DER_CONTEXT_0)) {
        cc_der_span_t inside = element.content;

        if (!cc_der_expect(&element, &inside, CC_DER_SEQUENCE) || inside.at != inside.end) {
            return "its extensions are not valid DER";
        }
        tbs->extensions = element.content;
    }
    return at->at == at->end ? NULL : "its entries are followed by something other than extensions";
}

static const char *fields_read(cc_crl_tbs_t *tbs, cc_der_span_t at)
{
    cc_der_t element;
    const char *error = version_read(tbs, &at);

    if (!error && !cc_der_expect(&element, &at, CC_DER_SEQUENCE)) {
        error = "it has no signature algorithm";
    }
    if (!error && (cc_der_span_len(element.whole) != cc_der_span_len(tbs->algorithm) ||
                   memcmp(element.whole.at, tbs->algorithm.at, cc_der_span_len(element.whole)))) {
        error = "its two signature algorithms differ";
    }
    if (!error && !cc_der_expect(&element, &at, CC_DER_SEQUENCE)) {
        error = "it has no issuer";
    }
    if (error) {
        return error;
    }
    tbs->issuer = element.whole;
    error = times_read(tbs, &at);
    return error ? error : rest_read(tbs, &at);
}

const char *cc_crl_tbs_read(cc_crl_tbs_t *tbs, cc_der_span_t der)
{
    cc_der_t list, inner, algorithm, signature;

    if (!cc_der_expect(&list, &der, CC_DER_SEQUENCE) || der.at != der.end ||
        !cc_der_expect(&inner, &list.content, CC_DER_SEQUENCE) ||
        !cc_der_expect(&algorithm, &list.content, CC_DER_SEQUENCE) ||
        !cc_der_expect(&signature, &list.content, CC_DER_BIT_STRING) ||
        list.content.at != list.content.end) {
        return "it is not a CRL in DER";
    }
    if (cc_der_span_len(signature.content) < 2 || *signature.content.at != 0) {
        return "its signature is not a string of octets";
    }
    tbs->octets = inner.whole;
    tbs->algorithm = algorithm.whole;
    tbs->signature = (cc_der_span_t){signature.content.at + 1, signature.content.end};
    return fields_read(tbs, inner.content);
}
