/* SPDX-License-Identifier: Apache-2.0 */
/* Reads and shortens headers of the PROXY protocol, version 2. */
#include <stdint.h>
#include <string.h>

#include "forward/internal.h"
#include "forward/proxy_protocol.h"

/* Offsets in the fixed octets. */
enum { SIGNATURE = 12, COMMAND = 12, FAMILY = 13, LENGTH = 14 };

enum { LOCAL = 0x20, PROXY = 0x21 };

/* Types of TLVs. */
enum { TYPE_CRC32C = 0x03, TYPE_SSL = 0x20 };

/* The value of PP2_TYPE_SSL begins with flags and the result of the verification. */
enum { SSL_FIXED = 5, SSL_PRESENTED = 0x02 | 0x04 }; /* in this connection, or in its session */

/* Octets that have not been read yet. */
typedef struct octets_t {
    const unsigned char *at;
    apr_size_t len;
} octets_t;

typedef struct tlv_t {
    int type;
    octets_t value; /* `at` is NULL: there is no such TLV */
} tlv_t;

/* The TLVs that count. */
typedef struct tlvs_t {
    tlv_t ssl, crc, cert;
} tlvs_t;

static apr_size_t number_of(const unsigned char *octets)
{
    return (apr_size_t)octets[0] << 8 | octets[1];
}

/* ---- the fixed octets ------------------------------------------------------------------------ */

bool cc_proxy_protocol_begins(const unsigned char *octets, apr_size_t len)
{
    return memcmp(octets, CC_PROXY_PROTOCOL_SIGNATURE, len < SIGNATURE ? len : SIGNATURE) == 0;
}

apr_size_t cc_proxy_protocol_length(const unsigned char *octets)
{
    return CC_PROXY_PROTOCOL_FIXED + number_of(octets + LENGTH);
}

apr_status_t cc_proxy_protocol_read_fixed(cc_proxy_header_t *header, const unsigned char *octets,
                                          apr_pool_t *p, cc_error_t *err)
{
    static const apr_size_t addresses[] = {0, 2 * 4 + 4, 2 * 16 + 4, 2 * 108}; /* by family */
    unsigned family = octets[FAMILY] >> 4, protocol = octets[FAMILY] & 0x0F;
    apr_size_t rest = number_of(octets + LENGTH);

    memset(header, 0, sizeof(*header));
    header->local = octets[COMMAND] == LOCAL;
    if (header->local) {
        return APR_SUCCESS; /* the family means nothing */
    }
    if (octets[COMMAND] != PROXY) {
        return cc_error_set(err, p, "CC0490", NULL,
                            "the version and command of the PROXY protocol are 0x%02X; 0x20 "
                            "(LOCAL) and 0x21 (PROXY) are known",
                            octets[COMMAND]);
    }
    if (family >= sizeof(addresses) / sizeof(addresses[0]) || protocol > 2) {
        return cc_error_set(err, p, "CC0491", NULL,
                            "the PROXY protocol has no family and transport protocol 0x%02X",
                            octets[FAMILY]);
    }
    header->addresses = addresses[family];
    if (rest < header->addresses) {
        return cc_error_set(err, p, "CC0492", NULL,
                            "the header of the PROXY protocol has %d octets after the fixed ones; "
                            "the addresses of its family 0x%02X are %d octets",
                            (int)rest, octets[FAMILY], (int)header->addresses);
    }
    return APR_SUCCESS;
}

apr_size_t cc_proxy_protocol_shorten(unsigned char *out, const unsigned char *octets,
                                     const cc_proxy_header_t *header)
{
    apr_size_t len = CC_PROXY_PROTOCOL_FIXED + header->addresses;

    memmove(out, octets, len);
    out[LENGTH] = (unsigned char)(header->addresses >> 8);
    out[LENGTH + 1] = (unsigned char)header->addresses;
    return len;
}

/* ---- TLVs ------------------------------------------------------------------------------------ */

/* Takes the next TLV off; false: it is cut off. */
static bool tlv_next(tlv_t *tlv, octets_t *rest)
{
    apr_size_t len;

    if (rest->len < 3) {
        return false;
    }
    len = number_of(rest->at + 1);
    if (len > rest->len - 3) {
        return false;
    }
    *tlv = (tlv_t){rest->at[0], {rest->at + 3, len}};
    rest->at += 3 + len;
    rest->len -= 3 + len;
    return true;
}

static apr_status_t tlv_keep(tlv_t *place, const tlv_t *tlv, apr_pool_t *p, cc_error_t *err)
{
    if (place->value.at) {
        return cc_error_set(err, p, "CC0494", NULL,
                            "the header of the PROXY protocol has two TLVs of type 0x%02X",
                            (unsigned)tlv->type);
    }
    *place = *tlv;
    return APR_SUCCESS;
}

/* Finds the TLVs of some types; `places` has a place for each, with the type. `in`: for errors. */
static apr_status_t tlvs_find(tlv_t *const places[], int count, octets_t rest, const char *in,
                              apr_pool_t *p, cc_error_t *err)
{
    apr_status_t rv = APR_SUCCESS;
    tlv_t tlv;

    while (rv == APR_SUCCESS && rest.len > 0) {
        if (!tlv_next(&tlv, &rest)) {
            return cc_error_set(err, p, "CC0493", NULL,
                                "a TLV of the PROXY protocol extends beyond the end of %s", in);
        }
        for (int i = 0; i < count && rv == APR_SUCCESS; i++) {
            if (places[i]->type == tlv.type) {
                rv = tlv_keep(places[i], &tlv, p, err);
            }
        }
    }
    return rv;
}

static apr_status_t length_error(const tlv_t *tlv, const char *legal, apr_pool_t *p,
                                 cc_error_t *err)
{
    return cc_error_set(err, p, "CC0495", NULL,
                        "the value of a TLV of type 0x%02X of the PROXY protocol has %d octets; %s",
                        (unsigned)tlv->type, (int)tlv->value.len, legal);
}

/* ---- CRC32C ---------------------------------------------------------------------------------- */

/* RFC 4960, appendix B, four bits at a time. */
static uint32_t crc_add(uint32_t crc, const unsigned char *octets, apr_size_t len)
{
    static const uint32_t table[16] = {0x00000000, 0x105EC76F, 0x20BD8EDE, 0x30E349B1,
                                       0x417B1DBC, 0x5125DAD3, 0x61C69362, 0x7198540D,
                                       0x82F63B78, 0x92A8FC17, 0xA24BB5A6, 0xB21572C9,
                                       0xC38D26C4, 0xD3D3E1AB, 0xE330A81A, 0xF36E6F75};

    for (apr_size_t i = 0; i < len; i++) {
        crc ^= octets[i];
        crc = crc >> 4 ^ table[crc & 0x0F];
        crc = crc >> 4 ^ table[crc & 0x0F];
    }
    return crc;
}

/* The CRC covers the whole header, in which its own value counts as zeros. */
static apr_status_t crc_check(const tlv_t *crc, const unsigned char *octets, apr_pool_t *p,
                              cc_error_t *err)
{
    static const unsigned char zeros[4] = {0};
    const unsigned char *sent = crc->value.at, *end = octets + cc_proxy_protocol_length(octets);
    uint32_t made;

    if (!sent) {
        return APR_SUCCESS;
    }
    if (crc->value.len != sizeof(zeros)) {
        return length_error(crc, "a CRC32C has 4", p, err);
    }
    made = crc_add(0xFFFFFFFF, octets, (apr_size_t)(sent - octets));
    made = crc_add(made, zeros, sizeof(zeros));
    made = ~crc_add(made, sent + 4, (apr_size_t)(end - sent - 4));
    if (made != (uint32_t)(number_of(sent) << 16 | number_of(sent + 2))) {
        return cc_error_set(err, p, "CC0496", NULL,
                            "the CRC32C of the header of the PROXY protocol is wrong: it was "
                            "damaged on its way");
    }
    return APR_SUCCESS;
}

/* ---- the certificate ------------------------------------------------------------------------- */

/* Finds the certificate in PP2_TYPE_SSL. */
static apr_status_t ssl_read(tlvs_t *found, apr_pool_t *p, cc_error_t *err)
{
    tlv_t inside = {.type = CC_PROXY_PROTOCOL_CERT};
    tlv_t *const places[] = {&inside};
    const octets_t *value = &found->ssl.value;
    octets_t rest;
    apr_status_t rv;

    if (value->len < SSL_FIXED) {
        return length_error(&found->ssl, "PP2_TYPE_SSL has at least 5", p, err);
    }
    rest = (octets_t){value->at + SSL_FIXED, value->len - SSL_FIXED};
    rv = tlvs_find(places, 1, rest, "PP2_TYPE_SSL", p, err);
    if (found->cert.type == CC_PROXY_PROTOCOL_CERT) {
        found->cert = inside;
    }
    return rv;
}

static const char *veto_of(const tlv_t *ssl)
{
    static const unsigned char verified[4] = {0};

    if (!ssl->value.at) {
        return NULL;
    }
    if (!(ssl->value.at[0] & SSL_PRESENTED)) {
        return "the proxy says that the client presented no certificate";
    }
    return memcmp(ssl->value.at + 1, verified, sizeof(verified)) != 0
               ? "the proxy says that the certificate did not verify"
               : NULL;
}

/* DER begins with 0x30, its base64 with "M". */
static void cert_read(cc_proxy_header_t *header, const tlvs_t *found, apr_pool_t *p)
{
    const octets_t *value = &found->cert.value;
    const char *bad, *reason;

    if (!value->at || value->len == 0) {
        return;
    }
    header->veto = veto_of(&found->ssl);
    if (found->cert.type == CC_PROXY_PROTOCOL_CERT || value->at[0] == 0x30) {
        header->der = value->at;
        header->der_len = value->len;
        return;
    }
    header->der =
        cc_base64_decode(&header->der_len, (const char *)value->at, value->len, &bad, &reason, p);
    if (!header->der && !header->veto) {
        header->veto = "the TLV for the certificate is neither DER nor base64 of DER";
    }
}

/* ---- a whole header -------------------------------------------------------------------------- */

apr_status_t cc_proxy_protocol_read(cc_proxy_header_t *header, const unsigned char *octets,
                                    int type, apr_pool_t *p, cc_error_t *err)
{
    bool custom = type != CC_PROXY_PROTOCOL_CERT;
    tlvs_t found = {{.type = TYPE_SSL}, {.type = TYPE_CRC32C}, {.type = type}};
    tlv_t *const places[] = {&found.ssl, &found.crc, &found.cert};
    apr_status_t rv = cc_proxy_protocol_read_fixed(header, octets, p, err);
    octets_t rest;

    if (rv != APR_SUCCESS || header->local) {
        return rv;
    }
    rest.at = octets + CC_PROXY_PROTOCOL_FIXED + header->addresses;
    rest.len = number_of(octets + LENGTH) - header->addresses;
    rv = tlvs_find(places, custom ? 3 : 2, rest, "the header", p, err);
    if (rv == APR_SUCCESS) {
        rv = crc_check(&found.crc, octets, p, err);
    }
    if (rv == APR_SUCCESS && found.ssl.value.at) {
        rv = ssl_read(&found, p, err);
    }
    if (rv == APR_SUCCESS) {
        cert_read(header, &found, p);
    }
    return rv;
}
