/* SPDX-License-Identifier: Apache-2.0 */
/* Recognizes the headers that clients may not send where certificates are forwarded or taken. */
#include <apr_hash.h>

#include "forward/forward.h"
#include "httpd/conf/reserved.h"
#include "httpd/conf/vhost_conf.h"

/* The bit of the first letter or digit of a name. Other characters do not count. */
static apr_uint64_t first_bit(const char *name)
{
    for (; *name; name++) {
        char c = *name;

        if (c >= '0' && c <= '9') {
            return (apr_uint64_t)1 << (c - '0');
        }
        c |= 0x20;
        if (c >= 'a' && c <= 'z') {
            return (apr_uint64_t)1 << (10 + c - 'a');
        }
    }
    return 0;
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

int cc_reserved_start(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s)
{
    cc_configuration_t *configuration = cc_configuration_of(s);

    (void)plog;
    if (!configuration->removed) {
        return OK;
    }
    configuration->removed = unique(configuration->removed, pconf, ptemp);
    for (int i = 0; i < configuration->removed->nelts; i++) {
        configuration->removed_first |=
            first_bit(APR_ARRAY_IDX(configuration->removed, i, const char *));
    }
    return OK;
}

bool cc_reserved_named(const cc_configuration_t *configuration, const char *name)
{
    if (!(configuration->removed_first & first_bit(name))) {
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

        if (cc_reserved_is(configuration, name)) {
            return name;
        }
    }
    return NULL;
}
