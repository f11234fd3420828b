/* SPDX-License-Identifier: Apache-2.0 */
/* Reads and shortens headers of the PROXY protocol, version 2. */
#ifndef CC_FORWARD_PROXY_PROTOCOL_H
#define CC_FORWARD_PROXY_PROTOCOL_H

#include <stdbool.h>

#include <apr_pools.h>

#include "base/error.h"

/*
 * A header (proxy-protocol.txt of HAProxy, section 2.2) begins with fixed octets: a signature, the
 * version and command, the family, and the length of the rest. The rest is addresses, whose length
 * the family implies, and TLVs, each with a type, a length and a value.
 */

/** The length of the fixed octets. */
#define CC_PROXY_PROTOCOL_FIXED 16

/** The length of the longest header. */
#define CC_PROXY_PROTOCOL_MAX (CC_PROXY_PROTOCOL_FIXED + 65535)

/** The signature: the first 12 octets. */
#define CC_PROXY_PROTOCOL_SIGNATURE "\r\n\r\n\0\r\nQUIT\n"

/** Types of TLVs: for a certificate, in PP2_TYPE_SSL; the first and last one for applications. */
#define CC_PROXY_PROTOCOL_CERT 0x28
#define CC_PROXY_PROTOCOL_CUSTOM_MIN 0xE0
#define CC_PROXY_PROTOCOL_CUSTOM_MAX 0xEF

/**
 * True if the first `len` octets may begin a header of version 2: they agree with the signature, of
 * which at most 12 octets count.
 */
bool cc_proxy_protocol_begins(const unsigned char *octets, apr_size_t len);

/** The length of a whole header, from its fixed octets. */
apr_size_t cc_proxy_protocol_length(const unsigned char *octets);

/** What a header says. */
typedef struct cc_proxy_header_t {
    bool local; /* the command LOCAL: a connection of the proxy itself; the rest is not read */
    apr_size_t addresses;     /* the length of the addresses, after the fixed octets */
    const unsigned char *der; /* the certificate, not yet parsed; NULL: none. In the octets that
                                 were read, or in the pool */
    apr_size_t der_len;
    const char *veto; /* why the certificate must not be used; a literal. NULL: no objection */
} cc_proxy_header_t;

/**
 * Reads the fixed octets alone: `local` and `addresses`. APR_EINVAL: an unknown version, command or
 * family (CC0490, CC0491), or too few octets for the addresses (CC0492). Any thread.
 */
apr_status_t cc_proxy_protocol_read_fixed(cc_proxy_header_t *header, const unsigned char *octets,
                                          apr_pool_t *p, cc_error_t *err);

/**
 * Reads a whole header (cc_proxy_protocol_length). `type`: the TLV of the certificate:
 * CC_PROXY_PROTOCOL_CERT, which is in PP2_TYPE_SSL, or one of those for applications, whose value
 * is DER or base64 of DER (then decoded in `p`). An empty value is no certificate. If there is
 * PP2_TYPE_SSL, its flags have a veto: the client presented no certificate, or it did not verify. A
 * CRC32C is checked if there is one. Other TLVs are ignored. APR_EINVAL: as above, a TLV beyond the
 * end of the header or of PP2_TYPE_SSL (CC0493), two of a type (CC0494), a value of a wrong length
 * (CC0495), a wrong CRC32C (CC0496). Any thread.
 */
apr_status_t cc_proxy_protocol_read(cc_proxy_header_t *header, const unsigned char *octets,
                                    int type, apr_pool_t *p, cc_error_t *err);

/**
 * Cuts the TLVs off: writes the fixed octets, with the length corrected, and the addresses to
 * `out`, which has room for CC_PROXY_PROTOCOL_FIXED + header->addresses octets. Returns their
 * number. `out` may be `octets`. Only needs cc_proxy_protocol_read_fixed.
 */
apr_size_t cc_proxy_protocol_shorten(unsigned char *out, const unsigned char *octets,
                                     const cc_proxy_header_t *header);

#endif
