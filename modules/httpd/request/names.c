/* SPDX-License-Identifier: Apache-2.0 */
/* Keeps the compiled names that other modules look up, so that each is compiled once. */
#include <string.h>

#include <apr_strings.h>

#include <http_main.h>

#include "base/error.h"
#include "httpd/conf/path_need.h"
#include "httpd/conf/vhost_conf.h"
#include "httpd/request/lookup.h"
#include "httpd/request/names.h"

/*
 * The names are in a list of the configuration, which grows at its front by compare-and-swap, and
 * whose entries are constant. Each entry is in a pool of its own, since any thread may add one. Two
 * threads may add the same name at once, which does no harm. The names are those of modules, not of
 * clients. But a module may make up names, so their number is limited.
 */
enum { NAMES = 64 };

typedef struct cc_named_t {
    struct cc_named_t *next;
    const char *name;
    const cc_lookup_t *lookup;
    apr_pool_t *pool;
} cc_named_t;

static apr_status_t names_cleanup(void *data)
{
    cc_configuration_t *configuration = data;
    cc_named_t *each = atomic_exchange(&configuration->names, NULL);

    while (each) {
        cc_named_t *next = each->next;

        apr_pool_destroy(each->pool);
        each = next;
    }
    return APR_SUCCESS;
}

int cc_names_start(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s)
{
    (void)plog;
    (void)ptemp;
    apr_pool_cleanup_register(pconf, cc_configuration_of(s), names_cleanup, apr_pool_cleanup_null);
    return OK;
}

apr_status_t cc_names_check(const char *name, apr_pool_t *p, cc_error_t *err)
{
    const cc_lookup_t *lookup;
    apr_status_t status = cc_lookup_parse(&lookup, name, p, err);

    if (status == APR_SUCCESS) {
        cc_path_need_note(ap_server_conf, p, cc_lookup_path_need(lookup));
    }
    return status;
}

static cc_named_t *named_find(cc_configuration_t *configuration, const char *name)
{
    cc_named_t *each = atomic_load_explicit(&configuration->names, memory_order_acquire);

    while (each && strcmp(each->name, name) != 0) {
        each = each->next;
    }
    return each;
}

static void named_push(cc_configuration_t *configuration, cc_named_t *named)
{
    named->next = atomic_load_explicit(&configuration->names, memory_order_relaxed);
    while (!atomic_compare_exchange_weak_explicit(&configuration->names, &named->next, named,
                                                  memory_order_release, memory_order_relaxed)) {
    }
}

/* The pool of a further name; NULL: there are enough names. */
static apr_pool_t *named_pool(cc_configuration_t *configuration)
{
    apr_pool_t *p = NULL;

    if (atomic_fetch_add(&configuration->name_count, 1) >= NAMES ||
        apr_pool_create(&p, NULL) != APR_SUCCESS) {
        atomic_fetch_sub(&configuration->name_count, 1);
        return NULL;
    }
    apr_pool_tag(p, "clientcert_name");
    return p;
}

static apr_status_t lookup_make(const cc_lookup_t **lookup, const server_rec *s, const char *name,
                                apr_pool_t *p, cc_error_t *err)
{
    apr_status_t status = cc_lookup_parse(lookup, name, p, err);

    if (status == APR_SUCCESS && cc_lookup_path_need(*lookup) > cc_path_need_of(s)) {
        return cc_error_set(err, p, "CC0166", name,
                            "it needs the CAs above the certificate, so it has to be checked with "
                            "clientcert_check while the configuration is read");
    }
    return status;
}

apr_status_t cc_names_find(const cc_lookup_t **lookup, const server_rec *s, const char *name,
                           apr_pool_t *p, cc_error_t *err)
{
    cc_configuration_t *configuration = cc_configuration_of(s);
    cc_named_t *named = named_find(configuration, name);
    apr_pool_t *own;
    apr_status_t status;

    if (named) {
        *lookup = named->lookup;
        return APR_SUCCESS;
    }
    status = lookup_make(lookup, s, name, p, err); /* a bad name takes no room */
    own = status == APR_SUCCESS ? named_pool(configuration) : NULL;
    if (!own) {
        return status;
    }
    named = apr_palloc(own, sizeof(*named));
    *named = (cc_named_t){NULL, apr_pstrdup(own, name), NULL, own};
    status = cc_lookup_parse(&named->lookup, named->name, own, err);
    named_push(configuration, named);
    *lookup = named->lookup;
    return status;
}
