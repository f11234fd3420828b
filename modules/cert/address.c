/* SPDX-License-Identifier: Apache-2.0 */
/* Makes values of IP addresses: those in certificates, and those of proxies. */
#include <strings.h>

#include <arpa/inet.h>

#include "cert/internal.h"

#define UNIX "unix"

cc_value_t cc_value_address(const unsigned char *octets, apr_size_t len, apr_pool_t *p)
{
    char text[INET6_ADDRSTRLEN];

    if ((len != 4 && len != 16) ||
        !inet_ntop(len == 4 ? AF_INET : AF_INET6, octets, text, sizeof(text))) {
        return cc_value_unusable("it is an IP address of neither 4 nor 16 octets", octets, len, p);
    }
    return cc_value_words(text, p);
}

apr_size_t cc_address_read(unsigned char octets[CC_ADDRESS_MAX], const char *text)
{
    if (inet_pton(AF_INET, text, octets) == 1) {
        return 4;
    }
    return inet_pton(AF_INET6, text, octets) == 1 ? CC_ADDRESS_MAX : 0;
}

static bool address_read(cc_value_t *value, const char *text, apr_pool_t *p)
{
    unsigned char octets[CC_ADDRESS_MAX];
    apr_size_t len = cc_address_read(octets, text);

    if (len > 0) {
        *value = cc_value_address(octets, len, p);
    }
    return len > 0;
}

/* An address that ends with the name of an interface (fe80::1%eth0) stays as it is. */
cc_value_t cc_value_proxy(const char *text, apr_pool_t *p)
{
    cc_value_t value;

    return address_read(&value, text, p) ? value : cc_value_words(text, p);
}

static apr_status_t not_an_address(const char *text, const char *more, apr_pool_t *p,
                                   cc_error_t *err)
{
    return cc_error_set(err, p, "CC0280", text,
                        "not an IP address; write one such as 192.0.2.1 or 2001:db8::1%s", more);
}

apr_status_t cc_operand_ip(cc_value_t *value, const char *text, int variant, apr_pool_t *p,
                           cc_error_t *err)
{
    (void)variant;
    return address_read(value, text, p) ? APR_SUCCESS : not_an_address(text, "", p, err);
}

apr_status_t cc_operand_proxy(cc_value_t *value, const char *text, int variant, apr_pool_t *p,
                              cc_error_t *err)
{
    (void)variant;
    if (!strcasecmp(text, UNIX)) {
        *value = cc_value_words(UNIX, p);
        return APR_SUCCESS;
    }
    return address_read(value, text, p) ? APR_SUCCESS : not_an_address(text, ", or unix", p, err);
}
