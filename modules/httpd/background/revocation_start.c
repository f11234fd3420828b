/* SPDX-License-Identifier: Apache-2.0 */
/* Opens the CRLs and OCSP responders of virtual hosts, at a start and at a restart. */
#include <apr_strings.h>

#include <http_main.h>

#include "base/error.h"
#include "base/moment.h"
#include "crl/crl.h"
#include "httpd/background/crl_precheck.h"
#include "httpd/background/crl_uncovered.h"
#include "httpd/background/crl_unused.h"
#include "httpd/background/ocsp_cache.h"
#include "httpd/background/ocsp_files.h"
#include "httpd/background/revocation.h"
#include "httpd/background/revocation_start.h"
#include "httpd/conf/module.h"
#include "httpd/conf/start.h"
#include "httpd/conf/vhost_conf.h"
#include "httpd/conf/view.h"
#include "ocsp/ocsp.h"
#include "revocation/revocation.h"
#include "trust/trust.h"

/*
 * ---- data that outlives a configuration -------------------------------------------------------
 */

/*
 * The highest CRL numbers that configurations of this process have loaded from the paths of a
 * directive. They are kept for each list of paths, because another host may have an older CRL of
 * the same CA.
 */
static apr_hash_t *ever_of(const server_rec *s, const cc_crl_spec_t *spec)
{
    const char *paths = apr_array_pstrcat(s->process->pconf, spec->paths, '\n');
    const char *key = apr_pstrcat(s->process->pconf, "clientcert_crls_ever\n", paths, NULL);
    apr_pool_t *p = s->process->pool;
    void *ever = NULL;

    apr_pool_userdata_get(&ever, key, p);
    if (!ever) {
        ever = apr_hash_make(p);
        apr_pool_userdata_set(ever, key, NULL, p);
    }
    return ever;
}

/*
 * The loaded CRLs, kept for the next restart; NULL while the configuration is only checked. The key
 * has the number of the layout, because another version of the module may run after a restart.
 */
static cc_crl_kept_t *kept_of(const server_rec *s)
{
    static const char key[] = "clientcert_crls_kept 1";
    apr_pool_t *p = s->process->pool;
    void *kept = NULL;

    if (cc_start_is_trial()) {
        return NULL;
    }
    apr_pool_userdata_get(&kept, key, p);
    if (!kept) {
        kept = cc_crls_kept_create(p);
        apr_pool_userdata_set(kept, key, NULL, p); /* copies the key: the module may be unloaded */
    }
    cc_crls_kept_own(kept);
    return kept;
}

/* ---- CRLs ---------------------------------------------------------------------------------- */

/* The CRLs that another host with the same directive and the same CAs has opened, or NULL. */
static cc_opened_crls_t *shared_find(const apr_array_header_t *opened, const cc_crl_spec_t *spec,
                                     const cc_trust_t *trust)
{
    for (int i = 0; i < opened->nelts; i++) {
        cc_opened_crls_t *one = APR_ARRAY_IDX(opened, i, cc_opened_crls_t *);

        if (one->spec == spec && cc_trust_same(one->trust, trust)) {
            return one;
        }
    }
    return NULL;
}

/*
 * Writes to the main log, because a virtual host may have a log of its own, where administrators
 * would not look. Logs each text once, although several virtual hosts that trust different CAs may
 * have the same file.
 */
static void reopened_log(const cc_error_t *err, apr_time_t since, void *baton)
{
    apr_pool_t *p = baton;
    const char *text = cc_error_text(err, p);
    apr_hash_t *logged = cc_revocation_opened(ap_server_conf)->logged;

    if (apr_hash_get(logged, text, APR_HASH_KEY_STRING)) {
        return;
    }
    apr_hash_set(logged, text, APR_HASH_KEY_STRING, "");
    if (since) {
        ap_log_error(APLOG_MARK, APLOG_ERR, 0, ap_server_conf,
                     "CC0181: after the restart, the CRLs loaded on %s stay in use: %s",
                     cc_moment_text(since, p), text);
    } else {
        ap_log_error(APLOG_MARK, APLOG_ERR, 0, ap_server_conf,
                     "CC0182: after the restart, none of these CRLs is loaded, and clients that no "
                     "other CRL covers are refused until one is: %s",
                     text);
    }
}

static void passed_over_log(const cc_crl_info_t *info, void *baton)
{
    server_rec *s = baton;

    if (info->use == CC_CRL_FOREIGN) {
        ap_log_error(APLOG_MARK, APLOG_DEBUG, 0, s,
                     "CC0440: the CRL of \"%s\", number %s, is ignored: this virtual host does not "
                     "trust its issuer",
                     info->issuer, info->number);
    }
}

/* Opens the CRLs of a virtual host, the first one with this directive and these CAs. */
static apr_status_t first_open(cc_opened_crls_t *opened, apr_pool_t *p, cc_error_t *err)
{
    server_rec *s = opened->server;
    cc_crl_spec_t *spec = cc_vhost_conf_of(s)->crls;
    apr_status_t rv = APR_SUCCESS;

    spec->root = ap_server_root;
    spec->highest = ever_of(s, spec);
    spec->kept = kept_of(s);
    spec->pass_foreign = true;
    if (cc_start_is_restart()) {
        cc_crls_reopen(&opened->crls, spec, opened->trust, p, reopened_log, p);
    } else {
        rv = cc_crls_open(&opened->crls, spec, opened->trust, p, err);
    }
    if (rv == APR_SUCCESS) {
        cc_crls_highest_save(opened->crls, spec->highest);
    }
    if (rv == APR_SUCCESS && !cc_start_is_trial()) {
        cc_crls_each(opened->crls, passed_over_log, s);
    }
    return rv;
}

static apr_status_t crls_open(cc_crls_t **crls, server_rec *s, const cc_trust_t *trust,
                              apr_pool_t *p, cc_error_t *err)
{
    cc_crl_spec_t *spec = cc_vhost_conf_of(s)->crls;
    apr_array_header_t *all = cc_revocation_opened(s)->crls;
    cc_opened_crls_t *opened = shared_find(all, spec, trust);

    if (!opened) {
        apr_status_t rv;

        opened = apr_palloc(p, sizeof(*opened));
        *opened = (cc_opened_crls_t){.spec = spec, .trust = trust, .server = s};
        rv = first_open(opened, p, err);
        if (rv != APR_SUCCESS) {
            return rv;
        }
        APR_ARRAY_PUSH(all, cc_opened_crls_t *) = opened;
    }
    cc_crl_uncovered_note(opened, cc_conf_view_of(ap_server_conf, s));
    *crls = opened->crls;
    return APR_SUCCESS;
}

apr_status_t cc_revocation_create(cc_revocation_t **revocation, server_rec *s,
                                  const cc_trust_t *trust, apr_pool_t *p, cc_error_t *err)
{
    const cc_vhost_conf_t *conf = cc_vhost_conf_of(s);
    cc_ocsp_config_t asked = {
        .specs = conf->ocsp, .hosts = conf->ocsp_hosts, .files = cc_ocsp_files_of(s)};
    cc_revocation_t *made = apr_pcalloc(p, sizeof(*made));
    apr_status_t rv = APR_SUCCESS;

    made->trust = trust;
    made->leaf_alone = conf->leaf_alone == 1;
    if (conf->crls) {
        rv = crls_open(&made->crls, s, trust, p, err);
    }
    if (rv == APR_SUCCESS) {
        asked.lists = cc_revocation_lists(made->crls);
        rv = cc_ocsp_create(&made->ocsp, &asked, cc_ocsp_cache_io(s), p, err);
    }
    if (rv == APR_SUCCESS && made->ocsp) {
        cc_ocsp_cache_use(s);
        APR_ARRAY_PUSH(cc_revocation_opened(s)->ocsp, cc_opened_ocsp_t) =
            (cc_opened_ocsp_t){made->ocsp, s};
    }
    *revocation = made->crls || made->ocsp ? made : NULL;
    return rv;
}

/* ---- CRLs that no virtual host can use, and CAs without a CRL ------------------------------ */

/*
 * A named file that no virtual host can use is an error. It does not end a restart, in which the
 * file counts as not read. False: the start has to end.
 */
static bool unused_file_log(const cc_unused_crl_t *crl, const apr_array_header_t *opened,
                            apr_pool_t *p)
{
    cc_error_t err = {0};

    cc_crl_refuse_foreign(&crl->info, crl->opened->spec->where, p, &err);
    if (!cc_start_is_restart()) {
        ap_log_error(APLOG_MARK, APLOG_EMERG, 0, ap_server_conf, "%s", cc_error_text(&err, p));
        return false;
    }
    for (int i = 0; i < opened->nelts; i++) {
        cc_crls_mark_unread(APR_ARRAY_IDX(opened, i, cc_opened_crls_t *)->crls, crl->info.path);
    }
    reopened_log(&err, 0, p);
    return true;
}

static void unused_crl_log(const cc_unused_crl_t *crl, apr_pool_t *p)
{
    cc_error_t err = {0};

    cc_crl_unused_error(&err, crl, p);
    ap_log_error(APLOG_MARK, APLOG_WARNING, 0, ap_server_conf, "%s", cc_error_text(&err, p));
}

/* False: the start ends. */
static bool unused_log(const apr_array_header_t *opened, apr_pool_t *p)
{
    const apr_array_header_t *unused = cc_crl_unused_find(opened, p);
    bool goes_on = true;

    for (int i = 0; i < unused->nelts; i++) {
        const cc_unused_crl_t *crl = &APR_ARRAY_IDX(unused, i, cc_unused_crl_t);

        if (crl->whole_file) {
            goes_on = unused_file_log(crl, opened, p) && goes_on;
        } else if (!cc_start_is_trial()) {
            unused_crl_log(crl, p);
        }
    }
    return goes_on;
}

static void uncovered_log(const apr_array_header_t *opened, apr_pool_t *p)
{
    const apr_array_header_t *errors = cc_crl_uncovered_find(opened, p);

    for (int i = 0; i < errors->nelts; i++) {
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, ap_server_conf, "%s",
                     cc_error_text(&APR_ARRAY_IDX(errors, i, cc_error_t), p));
    }
}

/* ---- hooks ----------------------------------------------------------------------------------- */

int cc_revocation_prepare(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp)
{
    return cc_ocsp_cache_prepare(pconf, plog, ptemp);
}

int cc_revocation_start(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s)
{
    cc_crl_kept_t *kept = kept_of(s);

    if (kept) {
        cc_crls_kept_sweep(kept);
    }
    cc_ocsp_files_sweep(s);
    if (!cc_crl_precheck_passed(s) || !unused_log(cc_revocation_opened(s)->crls, ptemp)) {
        return !OK;
    }
    if (!cc_start_is_trial()) {
        uncovered_log(cc_revocation_opened(s)->crls, ptemp);
    }
    return cc_ocsp_cache_start(pconf, plog, ptemp, s);
}

void cc_revocation_child_start(apr_pool_t *pchild, server_rec *s)
{
    cc_ocsp_cache_child_start(pchild, s);
}
