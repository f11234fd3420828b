/* SPDX-License-Identifier: Apache-2.0 */
/* Makes headers of the PROXY protocol, version 2, and expects how they are read. */
#ifndef PROXYSET_H
#define PROXYSET_H

#include "forward/proxy_protocol.h"

enum {
    PP2_CRC32C = 0x03,
    PP2_NOOP = 0x04,
    PP2_SSL = 0x20,
    PP2_CN = 0x22,
    PP2_CERT = 0x28,
    PP2_CUSTOM = 0xE0
};

#define PP2_ADDRESSES "\x7F\0\0\1\x7F\0\0\1\x12\x34\1\xBB" /* 12 octets */
#define PP2_DER "\x30\x03\x02\x01\x05" /* what a certificate may begin like, 5 octets */
#define PP2_BASE64 "MAMCAQU="          /* the same */

/** Of PP2_TYPE_SSL: TLS, and a certificate in this connection, which verified. */
#define PP2_PRESENTED "\3\0\0\0\0"

/** The header: its octets, their number, and how it was read last. */
typedef struct proxyset_t {
    unsigned char octets[CC_PROXY_PROTOCOL_MAX];
    apr_size_t len;
    cc_proxy_header_t header;
    cc_error_t error;
    apr_pool_t *pool;
} proxyset_t;
extern proxyset_t pp2;

/** Before each test: a header with addresses, of a TCP connection. After each test: frees memory.
 */
void proxyset_setup(void);
void proxyset_teardown(void);

/** Begins a header again, without addresses. */
void pp2_begin(int command, int family);

/** Adds octets at the end; the length in the header follows. */
void pp2_put(const void *octets, apr_size_t count);

/** Ends the header after `len` octets. */
void pp2_cut(apr_size_t len);

/** Begins a TLV, whose value of `count` octets is put next. */
void pp2_tlv_begin(int type, apr_size_t count);

/** Adds a TLV; PP2_TLV: with the text of a literal. */
void pp2_tlv(int type, const char *value, apr_size_t count);
#define PP2_TLV(type, value) pp2_tlv(type, value, sizeof(value) - 1)

/** Adds PP2_TYPE_SSL with five octets of `flags`, and a certificate of `count` octets. */
void pp2_ssl(const char *flags, const char *der, apr_size_t count);

/** Reads the header with the certificate in a TLV of this type. */
apr_status_t pp2_read(int type);

/** The header must have the certificate PP2_DER; none; a veto or an error with these words. */
void pp2_expect_cert(int type);
void pp2_expect_none(int type);
void pp2_expect_veto(int type, const char *words);
void pp2_expect_error(int type, const char *tag, const char *words);

#endif
