/* SPDX-License-Identifier: Apache-2.0 */
/* Makes alternative names octet by octet, and certificates with them, for unit tests. */
#include "sanset.h"

#include <string.h>

certs_octets_t sanset_join(certs_octets_t a, certs_octets_t b, apr_pool_t *p)
{
    char *data = apr_palloc(p, (apr_size_t)(a.len + b.len) + 1);

    memcpy(data, a.data, (size_t)a.len);
    memcpy(data + a.len, b.data, (size_t)b.len);
    return (certs_octets_t){data, a.len + b.len};
}

certs_octets_t sanset_element(int tag, certs_octets_t content, apr_pool_t *p)
{
    char head[4] = {(char)tag, (char)0x82, (char)(content.len >> 8), (char)content.len};
    certs_octets_t start = {head, 4};

    if (content.len < 0x80) {
        head[1] = (char)content.len;
        start.len = 2;
    }
    return sanset_join(start, content, p);
}

certs_octets_t sanset_other(certs_octets_t oid, certs_octets_t value, apr_pool_t *p)
{
    return sanset_element(0xa0, sanset_join(oid, sanset_element(0xa0, value, p), p), p);
}

cc_cert_t *sanset_cert(const certs_attribute_t *subject, certs_octets_t names, apr_pool_t *p)
{
    certs_extension_t list[2] = {{"subjectAltName", sanset_element(SEQUENCE, names, p), NULL},
                                 {NULL, {NULL, 0}, NULL}};

    return certs_make(&(certs_spec_t){.subject = subject, .extensions = list}, p);
}
