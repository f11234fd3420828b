/* SPDX-License-Identifier: Apache-2.0 */
/* Reads IP networks, and finds whether an address is in one. */
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>

#include <apr_strings.h>

#include "cert/internal.h"

/* The decimal number of at most three digits; -1: it is something else. */
static int length_read(const char *text)
{
    apr_size_t digits = strspn(text, "0123456789");

    return digits >= 1 && digits <= 3 && text[digits] == '\0' ? atoi(text) : -1;
}

/* Clears the bits after the prefix; false if none of them was set. */
static bool rest_clear(unsigned char *octets, apr_size_t len, int bits)
{
    bool cleared = false;

    for (apr_size_t i = 0; i < len; i++, bits -= 8) {
        unsigned char mask = (unsigned char)(bits >= 8 ? 0xff : bits <= 0 ? 0 : 0xff << (8 - bits));

        cleared = cleared || (octets[i] & ~mask) != 0;
        octets[i] &= mask;
    }
    return cleared;
}

apr_status_t cc_network_read(cc_value_t *network, const char *text, apr_pool_t *p, cc_error_t *err)
{
    const char *slash = strchr(text, '/');
    const char *address = slash ? apr_pstrmemdup(p, text, (apr_size_t)(slash - text)) : text;
    unsigned char octets[CC_ADDRESS_MAX + 1]; /* the last one: the length of the prefix */
    apr_size_t len = cc_address_read(octets, address);
    int bits = slash ? length_read(slash + 1) : 8 * (int)len;

    if (len == 0 || bits < 0 || bits > 8 * (int)len) {
        return cc_error_set(err, p, "CC0237", text,
                            "not an IP network; write one such as 10.0.0.0/8 or 2001:db8::/32, or "
                            "an IP address");
    }
    if (rest_clear(octets, len, bits)) {
        return cc_error_set(err, p, "CC0237", text,
                            "not an IP network: bits after the first %d are set; write %s/%d", bits,
                            cc_value_address(octets, len, p).text, bits);
    }
    octets[len] = (unsigned char)bits;
    *network = cc_value_words(text, p);
    network->key = apr_pmemdup(p, octets, len + 1);
    network->key_len = len + 1;
    return APR_SUCCESS;
}

/* The octets of a value without its zone (RFC 4007 11): fe80::1%eth0. */
static apr_size_t value_read(unsigned char octets[CC_ADDRESS_MAX], const cc_value_t *v)
{
    char address[INET6_ADDRSTRLEN];
    apr_size_t len = strcspn(v->text, "%");

    if (v->unusable || len >= sizeof(address)) {
        return 0;
    }
    memcpy(address, v->text, len);
    address[len] = '\0';
    return cc_address_read(octets, address);
}

bool cc_value_within(const cc_value_t *v, const cc_value_t *network)
{
    unsigned char octets[CC_ADDRESS_MAX];
    apr_size_t len = value_read(octets, v);

    if (len + 1 != network->key_len) {
        return false;
    }
    rest_clear(octets, len, (unsigned char)network->key[len]);
    return memcmp(octets, network->key, len) == 0;
}
