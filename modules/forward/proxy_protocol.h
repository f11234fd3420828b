/* SPDX-License-Identifier: Apache-2.0 */
/* Reads and shortens headers of the PROXY protocol, version 2. */
#ifndef CC_FORWARD_PROXY_PROTOCOL_H
#define CC_FORWARD_PROXY_PROTOCOL_H

#include <stdbool.h>

#include <apr_pools.h>

#include "base/error.h"

/** The octets that come first: the signature, the command and family, and the length of the rest.
 */
#define CC_PROXY_PROTOCOL_FIXED 16

/** The first 12 octets of a header of version 2. */
#define CC_PROXY_PROTOCOL_SIGNATURE "\r\n\r\n\0\r\nQUIT\n"

/** True if the first `len` octets (at most 12 count) are those of a header of version 2. */
bool cc_proxy_protocol_begins(const unsigned char *octets, apr_size_t len);

/** The length of a whole header, from its first CC_PROXY_PROTOCOL_FIXED octets. */
apr_size_t cc_proxy_protocol_length(const unsigned char *octets);

/** What a header says. Pointers point into the octets that were read. */
typedef struct cc_proxy_header_t {
    bool local; /* the command LOCAL: a connection of the proxy itself; nothing else is set */
    apr_size_t addresses;     /* the length of the addresses, after the fixed octets */
    bool tls;                 /* there is PP2_TYPE_SSL, and the client used TLS (0x01) */
    bool presented;           /* ... and presented a certificate, in this connection (0x02) or
                                 in its session (0x04) */
    bool verified;            /* `verify` is 0 */
    const unsigned char *der; /* the certificate: 0x28, or the type chosen; NULL: none */
    apr_size_t der_len;
} cc_proxy_header_t;

/**
 * Reads a whole header of `len` octets (cc_proxy_protocol_length). `type`: the TLV that carries the
 * certificate: 0x28 (in PP2_TYPE_SSL), or 0xE0 to 0xEF, which carry it as DER or as base64 of DER
 * (then decoded in `p`). A CRC32C is checked if there is one. APR_EINVAL (CC0490 to CC0499): a TLV
 * past its parent, two of PP2_TYPE_SSL or of the chosen type, a wrong CRC, an unknown version or
 * command. Any thread.
 */
apr_status_t cc_proxy_protocol_read(cc_proxy_header_t *header, const unsigned char *octets,
                                    apr_size_t len, int type, apr_pool_t *p, cc_error_t *err);

/**
 * The header without its TLVs: writes CC_PROXY_PROTOCOL_FIXED + header->addresses octets, with the
 * corrected length, to `out`, and returns their number.
 */
apr_size_t cc_proxy_protocol_shorten(unsigned char *out, const unsigned char *octets,
                                     const cc_proxy_header_t *header);

#endif
