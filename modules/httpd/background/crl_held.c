/* SPDX-License-Identifier: Apache-2.0 */
/* Lists the CRLs that this process holds, for those who show them. */
#include <apr_strings.h>

#include "crl/crl.h"
#include "httpd/background/revocation.h"
#include "httpd/conf/module.h"

/* What cc_crls_each hands on. */
typedef struct shown_t {
    const server_rec *server;
    apr_array_header_t *all;
} shown_t;

static void show(const cc_crl_info_t *info, void *baton)
{
    const shown_t *shown = baton;
    apr_pool_t *p = shown->all->pool;
    cc_held_crl_t *crl;

    if (info->use != CC_CRL_USED && info->use != CC_CRL_NO_BASE) {
        return;
    }
    crl = apr_array_push(shown->all);
    *crl = (cc_held_crl_t){shown->server, *info};
    crl->info.path = apr_pstrdup(p, info->path);
    crl->info.issuer = apr_pstrdup(p, info->issuer);
    crl->info.number = apr_pstrdup(p, info->number);
}

apr_array_header_t *cc_revocation_crls(const server_rec *s, apr_pool_t *p)
{
    shown_t shown = {.all = apr_array_make(p, 4, sizeof(cc_held_crl_t))};
    const apr_array_header_t *opened = cc_revocation_opened(s)->crls;

    for (int i = 0; i < opened->nelts; i++) {
        const cc_opened_crls_t *one = APR_ARRAY_IDX(opened, i, const cc_opened_crls_t *);

        shown.server = one->server;
        cc_crls_each(one->crls, show, &shown);
    }
    return shown.all;
}
