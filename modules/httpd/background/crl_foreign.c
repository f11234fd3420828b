/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the CRLs that no virtual host can use, because none trusts who issued them. */
/*
 * One directive may be that of hosts which trust different CAs. A CRL of a CA that a host does not
 * trust says nothing about any of its clients, and is passed over there. Where none of the
 * hosts that have the directive trusts its issuer, a CA is missing somewhere, or the CRL lies in
 * the wrong place.
 */
#include <apr_strings.h>

#include "base/error.h"
#include "crl/crl.h"
#include "httpd/background/revocation.h"

/* What is known when all has been opened; keys are texts. */
typedef struct {
    apr_hash_t *known; /* "path issuer" of CRLs that somebody uses, and the "path" of each */
    apr_hash_t *told;
    apr_array_header_t *nobodys;
    const cc_opened_crls_t *opened; /* the one that is looked at */
    apr_pool_t *pool;
} foreign_search_t;

static const char *key_of(const cc_crl_info_t *info, apr_pool_t *p)
{
    return apr_pstrcat(p, info->path, "\n", info->issuer, NULL);
}

static void known_add(const cc_crl_info_t *info, void *baton)
{
    const foreign_search_t *search = baton;

    if (info->use != CC_CRL_FOREIGN) {
        apr_hash_set(search->known, key_of(info, search->pool), APR_HASH_KEY_STRING, "");
        apr_hash_set(search->known, apr_pstrdup(search->pool, info->path), APR_HASH_KEY_STRING, "");
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

static void foreign_add(const cc_crl_info_t *info, void *baton)
{
    foreign_search_t *search = baton;
    apr_pool_t *p = search->pool;
    const char *key = key_of(info, p);
    cc_nobodys_t *one;

    if (info->use != CC_CRL_FOREIGN || apr_hash_get(search->known, key, APR_HASH_KEY_STRING) ||
        apr_hash_get(search->told, key, APR_HASH_KEY_STRING)) {
        return;
    }
    apr_hash_set(search->told, key, APR_HASH_KEY_STRING, "");
    one = apr_array_push(search->nobodys);
    *one = (cc_nobodys_t){.opened = search->opened, .info = *info};
    one->info.path = apr_pstrdup(p, info->path);
    one->info.issuer = apr_pstrdup(p, info->issuer);
    one->info.number = apr_pstrdup(p, info->number);
    one->whole = is_named(search->opened->spec, info->path, p) &&
                 !apr_hash_get(search->known, info->path, APR_HASH_KEY_STRING);
}

static void each(const apr_array_header_t *opened, foreign_search_t *search, cc_crls_each_fn *act)
{
    for (int i = 0; i < opened->nelts; i++) {
        search->opened = APR_ARRAY_IDX(opened, i, const cc_opened_crls_t *);
        cc_crls_each(search->opened->crls, act, search);
    }
}

apr_array_header_t *cc_revocation_nobodys(const apr_array_header_t *opened, apr_pool_t *p)
{
    foreign_search_t search = {apr_hash_make(p), apr_hash_make(p),
                               apr_array_make(p, 4, sizeof(cc_nobodys_t)), NULL, p};

    each(opened, &search, known_add);
    each(opened, &search, foreign_add);
    return search.nobodys;
}

void cc_nobodys_error(cc_error_t *err, const cc_nobodys_t *one, apr_pool_t *p)
{
    cc_error_set(err, p, "CC0183", one->info.path,
                 "the CRL of \"%s\", number %s, is of no use: no virtual host that has this "
                 "ClientCertCRL trusts its issuer; remove it, or add the CA to a host",
                 one->info.issuer, one->info.number);
    err->where = apr_pstrdup(p, one->opened->spec->where);
}
