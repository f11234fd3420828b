/* SPDX-License-Identifier: Apache-2.0 */
/* Makes alternative names octet by octet, and certificates with them, for unit tests. */
#ifndef SANSET_H
#define SANSET_H

#include "certs.h"

#define OCTETS(literal) ((certs_octets_t)CERTS_OCTETS(literal))
#define NONE OCTETS("")

/** Tags of DER. */
#define OCTET_STRING 0x04
#define UTF8 0x0c
#define SEQUENCE 0x30
#define SET 0x31

/** One element of DER with this tag, and both parts in one. All lives as long as `p`. */
certs_octets_t sanset_element(int tag, certs_octets_t content, apr_pool_t *p);
certs_octets_t sanset_join(certs_octets_t a, certs_octets_t b, apr_pool_t *p);

/** An otherName: its type, an object identifier with tag and length, and its value in DER. */
certs_octets_t sanset_other(certs_octets_t oid, certs_octets_t value, apr_pool_t *p);

/** A certificate with this subject (NULL: an empty one) and these alternative names. */
cc_cert_t *sanset_cert(const certs_attribute_t *subject, certs_octets_t names, apr_pool_t *p);

#endif
