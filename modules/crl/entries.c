/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the entries of a CRL, one after the other (RFC 5280 5.3). */
#include <string.h>

#include <apr_strings.h>

#include "crl/internal.h"

/* The list that is being read. */
typedef struct {
    cc_crl_t *crl;
    apr_hash_t *numbers; /* DER of GeneralNames -> int *: a place in crl->issuers */
    apr_pool_t *scratch;
    apr_uint32_t issuer; /* the issuer of these entries; 0: that of the CRL */
} entries_reader_t;

static const char broken[] = "an entry is not valid DER";

/* ---- issuers --------------------------------------------------------------------------------- */

static apr_status_t name_free(void *name)
{
    X509_NAME_free(name);
    return APR_SUCCESS;
}

/* The name of the certificates' issuer, in the pool of the CRL; NULL: none. */
static X509_NAME *name_take(cc_crl_t *crl, cc_der_span_t value)
{
    const unsigned char *at = value.at;
    GENERAL_NAMES *names = d2i_GENERAL_NAMES(NULL, &at, (long)cc_der_span_len(value));
    X509_NAME *found = NULL;

    for (int i = 0; i < sk_GENERAL_NAME_num(names) && at == value.end && !found; i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);

        found = name->type == GEN_DIRNAME ? X509_NAME_dup(name->d.directoryName) : NULL;
    }
    GENERAL_NAMES_free(names);
    if (found) {
        apr_pool_cleanup_register(crl->pool, found, name_free, apr_pool_cleanup_null);
    }
    return found;
}

static const char *issuer_read(entries_reader_t *r, cc_der_span_t value)
{
    apr_size_t len = cc_der_span_len(value);
    const apr_uint32_t *number = apr_hash_get(r->numbers, value.at, (apr_ssize_t)len);
    apr_uint32_t *added = NULL;
    X509_NAME *name = NULL;

    if (!r->crl->idp.indirect) {
        return "an entry names an issuer, but the CRL is not indirect";
    }
    if (number) {
        r->issuer = *number;
        return NULL;
    }
    name = name_take(r->crl, value);
    if (!name) {
        return "an entry's certificateIssuer has no directoryName";
    }
    added = apr_palloc(r->scratch, sizeof(*added));
    *added = r->issuer = (apr_uint32_t)r->crl->issuers->nelts;
    APR_ARRAY_PUSH(r->crl->issuers, X509_NAME *) = name;
    apr_hash_set(r->numbers, value.at, (apr_ssize_t)len, added);
    return NULL;
}

/* ---- extensions ------------------------------------------------------------------------------ */

static const char *reason_read(cc_revoked_t *revoked, cc_der_span_t value, const cc_crl_t *crl)
{
    cc_der_t element;

    if (!cc_der_expect(&element, &value, CC_DER_ENUMERATED) || value.at != value.end ||
        cc_der_span_len(element.content) != 1 || *element.content.at > 10 ||
        *element.content.at == 7) {
        return "an entry has a reason that RFC 5280 does not define";
    }
    revoked->reason = *element.content.at;
    return revoked->reason == CC_REASON_REMOVE && !crl->delta
               ? "an entry has the reason removeFromCRL, but the CRL is not a delta CRL"
               : NULL;
}

static const char *extension_read(entries_reader_t *r, cc_revoked_t *revoked,
                                  const cc_extension_t *extension)
{
    switch (extension->id) {
    case CC_EXT_REASON:
        return reason_read(revoked, extension->value, r->crl);
    case CC_EXT_CERTIFICATE_ISSUER:
        return issuer_read(r, extension->value);
    case CC_EXT_INVALIDITY_DATE:
    case CC_EXT_HOLD_INSTRUCTION: /* certificates on hold are refused, whatever the instruction */
        return NULL;
    default:
        return extension->critical
                   ? apr_psprintf(r->crl->pool, "an entry has the unknown critical extension %s",
                                  cc_extension_text(extension, r->crl->pool))
                   : NULL;
    }
}

static const char *extensions_read(entries_reader_t *r, cc_revoked_t *revoked, cc_der_span_t *entry)
{
    cc_der_t list;
    cc_extension_t extension;
    unsigned seen = 0; /* a bit for each id; the ids that are read are below 32 */
    const char *error = NULL;

    if (!cc_der_expect(&list, entry, CC_DER_SEQUENCE) || entry->at != entry->end) {
        return broken;
    }
    while (!error && list.content.at < list.content.end) {
        if (!cc_der_extension(&extension, &list.content)) {
            return broken;
        }
        if (extension.id > 0 && extension.id < 32) {
            error = seen & 1u << extension.id ? "an entry has the same extension twice" : NULL;
            seen |= 1u << extension.id;
        }
        error = error ? error : extension_read(r, revoked, &extension);
    }
    return error;
}

/* ---- entries --------------------------------------------------------------------------------- */

/* The key of a serial number of this issuer. */
static void key_make(cc_serial_t *key, const entries_reader_t *r, cc_der_span_t serial)
{
    unsigned char *to = key->octets;

    if (r->crl->idp.indirect) {
        memcpy(to, &r->issuer, CC_SERIAL_ISSUER);
        to += CC_SERIAL_ISSUER;
    }
    memcpy(to, serial.at, cc_der_span_len(serial));
    key->len = (unsigned char)(to + cc_der_span_len(serial) - key->octets);
}

static const char *entry_read(entries_reader_t *r, cc_der_span_t entry)
{
    cc_revoked_t revoked = {0, CC_REASON_UNSPECIFIED};
    cc_der_t serial, date;
    apr_int64_t at = 0;
    const char *error = NULL;
    cc_serial_t key;

    if (!cc_der_expect(&serial, &entry, CC_DER_INTEGER) || !cc_der_is_integer(serial.content)) {
        return "an entry's serial number is not valid";
    }
    if (cc_der_span_len(serial.content) > CC_SERIAL_MAX) {
        return "an entry's serial number has more than 120 octets";
    }
    if (!cc_der_next(&date, &entry) || !cc_der_time(&at, &date)) {
        return "an entry's revocationDate is not a valid time";
    }
    revoked.at = at < 0 ? 0 : at > APR_UINT32_MAX ? APR_UINT32_MAX : (apr_uint32_t)at;
    if (entry.at < entry.end) {
        error = extensions_read(r, &revoked, &entry);
    }
    if (!error) {
        key_make(&key, r, serial.content);
        cc_serials_add(r->crl->serials, &key, &revoked);
    }
    return error;
}

static const char *list_read(entries_reader_t *r, cc_der_span_t entries)
{
    const char *error = NULL;
    cc_der_t entry;

    while (!error && entries.at < entries.end) {
        error = cc_der_expect(&entry, &entries, CC_DER_SEQUENCE) ? entry_read(r, entry.content)
                                                                 : broken;
    }
    if (!error && !cc_serials_finish(r->crl->serials)) {
        error = "there is not enough memory for its entries";
    }
    return error;
}

static apr_status_t serials_free(void *serials)
{
    cc_serials_free(serials);
    return APR_SUCCESS;
}

const char *cc_crl_entries_read(cc_crl_t *crl, cc_der_span_t entries)
{
    entries_reader_t r = {.crl = crl};
    const char *error = NULL;

    crl->serials = cc_serials_create(cc_der_span_len(entries));
    if (!crl->serials) {
        return "there is not enough memory for its entries";
    }
    apr_pool_cleanup_register(crl->pool, crl->serials, serials_free, apr_pool_cleanup_null);
    crl->issuers = apr_array_make(crl->pool, 1, sizeof(X509_NAME *));
    APR_ARRAY_PUSH(crl->issuers, X509_NAME *) = crl->issuer;
    apr_pool_create(&r.scratch, crl->pool);
    r.numbers = apr_hash_make(r.scratch);
    error = list_read(&r, entries);
    apr_pool_destroy(r.scratch);
    return error;
}
