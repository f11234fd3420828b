/* SPDX-License-Identifier: Apache-2.0 */
/* Makes certificates for the unit tests that no CA would sign, octet by octet. */
#ifndef CERTS_H
#define CERTS_H

#include <openssl/x509.h>

#include "cert/cert.h"

/** Octets and their number; CERTS_OCTETS("a\0b") counts the text between the quotes. */
typedef struct certs_octets_t {
    const void *data;
    int len;
} certs_octets_t;
#define CERTS_OCTETS(literal) {literal, sizeof(literal) - 1}

/** One attribute of a name: type, ASN.1 tag, value octets; `joins` adds it to the last RDN. */
typedef struct certs_attribute_t {
    const char *type; /* short name or OID; NULL ends a name */
    int tag;
    certs_octets_t value;
    int joins;
} certs_attribute_t;

/** An extension: its OID or short name, and its DER, or a value as in openssl.cnf. */
typedef struct certs_extension_t {
    const char *oid; /* NULL ends the list */
    certs_octets_t der;
    const char *conf;
} certs_extension_t;

/** A certificate. The defaults: version 3, serial 1, no names, 2026, P-256, unsigned. */
typedef struct certs_spec_t {
    int version_1;
    certs_octets_t serial; /* magnitude */
    int serial_negative;
    const certs_attribute_t *subject;
    const certs_attribute_t *issuer;
    const char *begin; /* 20260101000000Z */
    const char *end;
    const certs_extension_t *extensions;
} certs_spec_t;

/** Makes the certificate, through DER; it lives as long as `p`. */
cc_cert_t *certs_make(const certs_spec_t *spec, apr_pool_t *p);

/** Its X509; the caller frees it. */
X509 *certs_x509(const certs_spec_t *spec);

/** The same, or NULL if this OpenSSL refuses to read it. */
X509 *certs_x509_try(const certs_spec_t *spec);

/** The values of a field; fails the test if the field does not exist. */
cc_values_t certs_values(const cc_cert_t *cert, const char *field, apr_pool_t *p);

/** Connection and chain of these tests: 2026-06-01 12:00:00, TLS 1.3, a CA of 0x11s. */
extern const cc_facts_t certs_facts;

/** A certificate with a value in every field. */
extern const certs_spec_t certs_rich;

/**
 * Fails the test unless the field has exactly these values, in this order: one text, or several
 * separated by " | ", or NULL for none.
 */
void certs_has(const cc_cert_t *cert, const char *field, const char *texts);

/** Fails the test unless the field is one unusable value, whose reason has this text. */
void certs_unusable(const cc_cert_t *cert, const char *field, const char *reason);

#endif
