/* SPDX-License-Identifier: Apache-2.0 */
/* Lists the CRLs that this process holds, for pages and metrics. */
#include <apr_strings.h>

#include "crl/crl.h"
#include "httpd/background/crl_held.h"
#include "httpd/background/revocation.h"
#include "httpd/conf/module.h"

/* A list that grows, and the server whose CRLs are added. */
typedef struct held_list_t {
    const server_rec *server;
    apr_array_header_t *all; /* cc_held_crl_t */
} held_list_t;

static void held_add(const cc_crl_info_t *info, void *baton)
{
    const held_list_t *list = baton;
    apr_pool_t *p = list->all->pool;
    cc_held_crl_t *crl;

    if (info->use != CC_CRL_USED && info->use != CC_CRL_NO_BASE) {
        return;
    }
    crl = apr_array_push(list->all);
    *crl = (cc_held_crl_t){list->server, *info};
    crl->info.path = apr_pstrdup(p, info->path);
    crl->info.issuer = apr_pstrdup(p, info->issuer);
    crl->info.number = apr_pstrdup(p, info->number);
}

apr_array_header_t *cc_crl_held_list(const server_rec *s, apr_pool_t *p)
{
    held_list_t list = {.all = apr_array_make(p, 4, sizeof(cc_held_crl_t))};
    const apr_array_header_t *opened = cc_revocation_opened(s)->crls;

    for (int i = 0; i < opened->nelts; i++) {
        const cc_opened_crls_t *one = APR_ARRAY_IDX(opened, i, const cc_opened_crls_t *);

        list.server = one->server;
        cc_crls_each(one->crls, held_add, &list);
    }
    return list.all;
}
