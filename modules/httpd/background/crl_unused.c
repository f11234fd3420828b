/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the CRLs that no virtual host can use, because none trusts their issuer. */
/*
 * Several virtual hosts that trust different CAs may have the same directive. A CRL of a CA that a
 * host does not trust covers none of its clients, and is ignored there. If none of the hosts with
 * the directive trusts its issuer, a CA is missing, or the CRL is in the wrong place.
 */
#include <apr_strings.h>

#include "base/error.h"
#include "crl/crl.h"
#include "httpd/background/crl_unused.h"
#include "httpd/background/revocation.h"

/* The state of a search. Keys are texts. */
typedef struct {
    apr_hash_t *used; /* "path issuer" of CRLs that a virtual host uses, and the "path" of each */
    apr_hash_t *following;          /* "where" of directives of hosts that follow a set of CAs */
    apr_hash_t *found;              /* "path issuer" of those in `unused` */
    apr_array_header_t *unused;     /* cc_unused_crl_t */
    const cc_opened_crls_t *opened; /* the CRLs that are searched now */
    apr_pool_t *pool;
} unused_search_t;

static const char *key_of(const cc_crl_info_t *info, apr_pool_t *p)
{
    return apr_pstrcat(p, info->path, "\n", info->issuer, NULL);
}

static void used_add(const cc_crl_info_t *info, void *baton)
{
    const unused_search_t *search = baton;

    if (info->use != CC_CRL_FOREIGN) {
        apr_hash_set(search->used, key_of(info, search->pool), APR_HASH_KEY_STRING, "");
        apr_hash_set(search->used, apr_pstrdup(search->pool, info->path), APR_HASH_KEY_STRING, "");
    }
}

static bool is_named(const cc_crl_spec_t *spec, const char *file, apr_pool_t *p)
{
    for (int i = 0; i < spec->paths->nelts; i++) {
        const char *path = APR_ARRAY_IDX(spec->paths, i, const char *);
        char *whole = NULL;

        if (apr_filepath_merge(&whole, spec->root, path, 0, p) == APR_SUCCESS &&
            strcmp(whole, file) == 0) {
            return true;
        }
    }
    return false;
}

/*
 * True if this is an error: the directive names the file, and no host can use it. If a host follows
 * a set of CAs, the CA may have gone while the server ran, or may come.
 */
static bool is_whole_file(const unused_search_t *search, const cc_crl_info_t *info)
{
    const cc_crl_spec_t *spec = search->opened->spec;

    return is_named(spec, info->path, search->pool) &&
           !apr_hash_get(search->used, info->path, APR_HASH_KEY_STRING) &&
           !apr_hash_get(search->following, spec->where, APR_HASH_KEY_STRING);
}

static void unused_add(const cc_crl_info_t *info, void *baton)
{
    unused_search_t *search = baton;
    apr_pool_t *p = search->pool;
    const char *key = key_of(info, p);
    cc_unused_crl_t *crl;

    if (info->use != CC_CRL_FOREIGN || apr_hash_get(search->used, key, APR_HASH_KEY_STRING) ||
        apr_hash_get(search->found, key, APR_HASH_KEY_STRING)) {
        return;
    }
    apr_hash_set(search->found, key, APR_HASH_KEY_STRING, "");
    crl = apr_array_push(search->unused);
    *crl = (cc_unused_crl_t){.opened = search->opened, .info = *info};
    crl->info.path = apr_pstrdup(p, info->path);
    crl->info.issuer = apr_pstrdup(p, info->issuer);
    crl->info.number = apr_pstrdup(p, info->number);
    crl->whole_file = is_whole_file(search, info);
}

static void following_note(const unused_search_t *search, const apr_array_header_t *opened)
{
    for (int i = 0; i < opened->nelts; i++) {
        const cc_opened_crls_t *one = APR_ARRAY_IDX(opened, i, const cc_opened_crls_t *);

        if (cc_trust_cas(one->trust)) {
            apr_hash_set(search->following, one->spec->where, APR_HASH_KEY_STRING, "");
        }
    }
}

static void crls_each(const apr_array_header_t *opened, unused_search_t *search,
                      cc_crls_each_fn *act)
{
    for (int i = 0; i < opened->nelts; i++) {
        search->opened = APR_ARRAY_IDX(opened, i, const cc_opened_crls_t *);
        cc_crls_each(search->opened->crls, act, search);
    }
}

apr_array_header_t *cc_crl_unused_find(const apr_array_header_t *opened, apr_pool_t *p)
{
    unused_search_t search = {.used = apr_hash_make(p),
                              .following = apr_hash_make(p),
                              .found = apr_hash_make(p),
                              .unused = apr_array_make(p, 4, sizeof(cc_unused_crl_t)),
                              .pool = p};

    following_note(&search, opened);
    crls_each(opened, &search, used_add);
    crls_each(opened, &search, unused_add);
    return search.unused;
}

void cc_crl_unused_error(cc_error_t *err, const cc_unused_crl_t *crl, apr_pool_t *p)
{
    cc_error_set(err, p, "CC0183", crl->info.path,
                 "the CRL of \"%s\", number %s, cannot be used: no virtual host with this "
                 "ClientCertCRL trusts its issuer; remove the CRL, or add the CA to a virtual host",
                 crl->info.issuer, crl->info.number);
    err->where = apr_pstrdup(p, crl->opened->spec->where);
}
