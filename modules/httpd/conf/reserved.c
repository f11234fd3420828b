/* SPDX-License-Identifier: Apache-2.0 */
/* Recognizes the headers that clients may not send where certificates are forwarded or taken. */
#include <apr_hash.h>

#include "forward/forward.h"
#include "httpd/conf/reserved.h"
#include "httpd/conf/vhost_conf.h"

/* A letter in lower case or a digit; NUL for anything else, which does not count in a name. */
static char folded(char c)
{
    if (c >= '0' && c <= '9') {
        return c;
    }
    c |= 0x20;
    return c >= 'a' && c <= 'z' ? c : '\0';
}

/* Each name once, since every request is compared with all of them. */
static apr_array_header_t *unique(const apr_array_header_t *names, apr_pool_t *p, apr_pool_t *ptemp)
{
    apr_array_header_t *once = apr_array_make(p, names->nelts, sizeof(const char *));
    apr_hash_t *seen = apr_hash_make(ptemp);

    for (int i = 0; i < names->nelts; i++) {
        const char *name = APR_ARRAY_IDX(names, i, const char *);

        if (!apr_hash_get(seen, name, APR_HASH_KEY_STRING)) {
            apr_hash_set(seen, name, APR_HASH_KEY_STRING, name);
            APR_ARRAY_PUSH(once, const char *) = name;
        }
    }
    return once;
}

/* Which of the reserved names may begin with this character. `removed` are folded names. */
static unsigned char begun_by(char c, const apr_array_header_t *removed)
{
    unsigned char by = cc_header_may_begin(c) ? CC_RESERVED_BY_FORMAT : 0;

    for (int i = 0; removed && i < removed->nelts; i++) {
        if (!folded(c) || APR_ARRAY_IDX(removed, i, const char *)[0] == folded(c)) {
            by |= CC_RESERVED_BY_DIRECTIVE;
        }
    }
    return by;
}

int cc_reserved_start(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s)
{
    cc_configuration_t *configuration = cc_configuration_of(s);

    (void)plog;
    if (configuration->removed) {
        configuration->removed = unique(configuration->removed, pconf, ptemp);
    }
    for (int c = 0; c < 256; c++) {
        configuration->reserved_first[c] = begun_by((char)c, configuration->removed);
    }
    return OK;
}

bool cc_reserved_named(const cc_configuration_t *configuration, const char *name)
{
    if (!cc_reserved_may_be(configuration, name, CC_RESERVED_BY_DIRECTIVE)) {
        return false;
    }
    for (int i = 0; i < configuration->removed->nelts; i++) {
        if (cc_header_same(APR_ARRAY_IDX(configuration->removed, i, const char *), name)) {
            return true;
        }
    }
    return false;
}

bool cc_reserved_is(const cc_configuration_t *configuration, const char *name)
{
    return cc_header_is_of_certificates(name) || cc_reserved_named(configuration, name);
}

const char *cc_reserved_first(const cc_configuration_t *configuration, const apr_table_t *headers)
{
    const apr_array_header_t *all = apr_table_elts(headers);

    for (int i = 0; i < all->nelts; i++) {
        const char *name = APR_ARRAY_IDX(all, i, apr_table_entry_t).key;

        if (cc_reserved_may_be(configuration, name,
                               CC_RESERVED_BY_DIRECTIVE | CC_RESERVED_BY_FORMAT) &&
            cc_reserved_is(configuration, name)) {
            return name;
        }
    }
    return NULL;
}
