/* SPDX-License-Identifier: Apache-2.0 */
/* Finds how many CAs of a virtual host may issue client certificates. */
#include <apr_strings.h>

#include "ca/ca.h"
#include "cert/cert.h"
#include "httpd/admin/lint_checks.h"
#include "httpd/admin/lint_line.h"
#include "httpd/conf/ca_files.h"
#include "httpd/conf/ssl_cas.h"
#include "httpd/conf/vhost_conf.h"
#include "httpd/conf/view.h"

/* The CAs of a trust domain are one authority: each of them may issue any SPIFFE ID of it. */
static cc_issuers_t issuers_of_set(cc_cas_t *cas, apr_pool_t *p)
{
    unsigned side;
    const cc_ca_set_t *set = cc_cas_enter(cas, &side);
    int domains = 0, others = 0;

    for (int i = 0; i < cc_ca_groups(set); i++) {
        const cc_ca_group_t *group = cc_ca_group_at(set, i);

        if (cc_ca_group_domain(group)) {
            domains++;
        } else {
            others = cc_ca_group_issuers(group, p);
        }
    }
    cc_cas_leave(cas, side);
    if (domains + others <= 1) {
        return CC_ISSUERS_ONE;
    }
    return domains > 0 ? CC_ISSUERS_BY_DOMAIN : CC_ISSUERS_SEVERAL;
}

static cc_issuers_t issuers_of(cc_lint_t *lint, const cc_conf_view_t *view, cc_cas_t *cas)
{
    if (cc_vhost_conf_of(view->server)->ca_specs) {
        return cas ? issuers_of_set(cas, lint->pool) : CC_ISSUERS_ONE; /* NULL: not loaded */
    }
    return cc_cert_count_issuers(cc_ssl_ca_paths(view, lint->pool)) > 1 ? CC_ISSUERS_SEVERAL
                                                                        : CC_ISSUERS_ONE;
}

/* Cached, since many virtual hosts use the same files. */
cc_issuers_t cc_lint_issuers_of(cc_lint_t *lint, const cc_conf_view_t *view)
{
    const char *file = cc_conf_view_value(view, "SSLCACertificateFile", lint->pool);
    const char *folder = cc_conf_view_value(view, "SSLCACertificatePath", lint->pool);
    cc_error_t err = {0};
    cc_cas_t *cas;
    bool loaded = cc_ca_files_load(&cas, lint->ca_files, view->server, &err) == APR_SUCCESS;
    const char *key = apr_psprintf(lint->pool, "%d %pp\n%s\n%s", loaded, (const void *)cas,
                                   file ? file : "", folder ? folder : "");
    cc_issuers_t *issuers = apr_hash_get(lint->issuers, key, APR_HASH_KEY_STRING);

    if (!issuers) {
        issuers = apr_palloc(lint->pool, sizeof(*issuers));
        *issuers = issuers_of(lint, view, cas);
        apr_hash_set(lint->issuers, key, APR_HASH_KEY_STRING, issuers);
    }
    return *issuers;
}
