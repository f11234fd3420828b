/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzes headers of the PROXY protocol: what is found is in the header, what is passed on has no
 * TLVs, and no certificate is found without its TLV.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <apr_general.h>

#include <openssl/err.h>

#include "forward/proxy_protocol.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(int done)
{
    if (!done) {
        abort();
    }
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    must(apr_initialize() == APR_SUCCESS);
    return 0;
}

/* A value lies in the header, after three octets that have its length. */
static void value_check(const cc_proxy_header_t *header, const uint8_t *octets, size_t size)
{
    const uint8_t *from = octets + CC_PROXY_PROTOCOL_FIXED + header->addresses;

    must(header->der_len > 0 && header->der >= from + 3);
    must(header->der + header->der_len <= octets + size);
    must(header->der[-2] << 8 == (int)(header->der_len & 0xFF00));
    must(header->der[-1] == (header->der_len & 0xFF));
}

static void shorten_check(const cc_proxy_header_t *header, const uint8_t *octets, size_t size,
                          apr_pool_t *p)
{
    uint8_t *out = apr_palloc(p, CC_PROXY_PROTOCOL_FIXED + header->addresses);
    apr_size_t len = cc_proxy_protocol_shorten(out, octets, header);
    cc_proxy_header_t again;

    must(len <= size && cc_proxy_protocol_length(out) == len);
    must(cc_proxy_protocol_read(&again, out, CC_PROXY_PROTOCOL_CERT, p, NULL) == APR_SUCCESS);
    must(again.local == header->local && again.addresses == header->addresses && !again.der);
}

static void read_check(const uint8_t *octets, size_t size, int type, apr_pool_t *p)
{
    cc_proxy_header_t header;
    cc_error_t err = {0};

    if (cc_proxy_protocol_read(&header, octets, type, p, &err) != APR_SUCCESS) {
        must(err.tag && err.message);
        return;
    }
    must(!header.local || (!header.der && !header.veto));
    if (header.der >= octets && header.der < octets + size) {
        value_check(&header, octets, size);
    } else {
        must(!header.der || type != CC_PROXY_PROTOCOL_CERT); /* base64 that was decoded */
    }
    shorten_check(&header, octets, size, p);
}

/* The input is what follows the signature and, after the family, the length. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    apr_pool_t *p;
    uint8_t *octets;

    if (size < 2 || size > CC_PROXY_PROTOCOL_MAX - 14) {
        return 0;
    }
    must(apr_pool_create(&p, NULL) == APR_SUCCESS);
    octets = malloc(size + 14); /* of this size alone, for AddressSanitizer */
    must(octets != NULL);
    memcpy(octets, CC_PROXY_PROTOCOL_SIGNATURE, 12);
    memcpy(octets + 12, data, 2);
    octets[14] = (uint8_t)((size - 2) >> 8);
    octets[15] = (uint8_t)(size - 2);
    memcpy(octets + 16, data + 2, size - 2);
    must(cc_proxy_protocol_begins(octets, 12) && cc_proxy_protocol_length(octets) == size + 14);
    read_check(octets, size + 14, CC_PROXY_PROTOCOL_CERT, p);
    read_check(octets, size + 14, CC_PROXY_PROTOCOL_CUSTOM_MIN, p);
    must(ERR_peek_error() == 0);
    free(octets);
    apr_pool_destroy(p);
    return 0;
}
