/* SPDX-License-Identifier: Apache-2.0 */
/* Opens, for a query, the CAs, CRLs and responder of a virtual host. */
#include <string.h>
#include <strings.h>

#include <apr_strings.h>

#include <http_main.h>

#include "crl/crl.h"
#include "httpd/admin/query.h"
#include "httpd/admin/sources.h"
#include "httpd/admin/vhost.h"
#include "httpd/conf/judge.h"
#include "httpd/conf/module.h"
#include "httpd/conf/negotiation.h"
#include "httpd/conf/rulesets.h"
#include "httpd/conf/vhost_conf.h"
#include "httpd/conf/view.h"
#include "ocsp/ocsp.h"
#include "revocation/revocation.h"

static apr_status_t revocation_open(cc_sources_t *sources, cc_admin_query_t *q)
{
    static const cc_ocsp_io_t none = {0};
    const cc_vhost_conf_t *conf = cc_vhost_conf_of(sources->server);
    cc_ocsp_config_t config = {
        .specs = conf->ocsp, .hosts = conf->ocsp_hosts, .files.root = ap_server_root};
    cc_revocation_t *revocation = &sources->revocation;
    apr_status_t status = APR_SUCCESS;

    revocation->trust = sources->judge.trust;
    revocation->leaf_alone = conf->leaf_alone == 1;
    if (conf->crls && revocation->trust) {
        conf->crls->root = ap_server_root;
        conf->crls->pass_foreign = true;
        status = cc_crls_open(&revocation->crls, conf->crls, revocation->trust, q->pool, &q->err);
    }
    if (status == APR_SUCCESS) {
        config.lists = cc_revocation_lists(revocation->crls);
        status = cc_ocsp_create(&revocation->ocsp, &config, &none, q->pool, &q->err);
    }
    return status;
}

apr_status_t cc_sources_open(cc_sources_t *sources, cc_admin_query_t *q)
{
    const char *verify;
    apr_status_t status;

    sources->server = cc_vhost_choose(q, &sources->reason);
    if (!sources->server) {
        return APR_EINVAL;
    }
    sources->view = cc_conf_view_of(q->main, sources->server);
    verify = cc_conf_view_value(sources->view, "SSLVerifyClient", q->pool);
    sources->negotiation = cc_negotiation_of(sources->view, q->pool);
    sources->keys = cc_keys_make(sources->negotiation, q->pool);
    sources->no_ca = verify && !strcasecmp(verify, "optional_no_ca");
    status = cc_arrival_find(&sources->arrival, q, sources->view);
    if (status == APR_SUCCESS) {
        status = cc_judge_make(&sources->judge, sources->view, sources->arrival.via, q->own_sources,
                               q->pool, &q->err);
    }
    return status == APR_SUCCESS ? revocation_open(sources, q) : status;
}

const char *cc_sources_sections(const server_rec *main, const server_rec *s, bool condition,
                                apr_pool_t *p)
{
    const apr_array_header_t *rulesets = cc_rulesets_of(main);
    const char *sections = NULL;

    for (int i = 0; i < rulesets->nelts; i++) {
        const cc_ruleset_t *ruleset = &APR_ARRAY_IDX(rulesets, i, cc_ruleset_t);

        if (!ruleset->section || !cc_vhost_serves(ruleset, s)) {
            continue;
        }
        if (!condition || !strncmp(ruleset->section, "<If", 3) ||
            !strncmp(ruleset->section, "<Else", 5)) {
            sections = apr_pstrcat(p, sections ? sections : "", sections ? ", " : "",
                                   ruleset->section, NULL);
        }
    }
    return sections;
}
