/* SPDX-License-Identifier: Apache-2.0 */
/* Keeps the CRLs and OCSP responders of a configuration, and polls the files of CRLs. */

#include "base/error.h"
#include "crl/crl.h"
#include "httpd/background/revocation.h"
#include "httpd/conf/configuration.h"
#include "httpd/conf/module.h"
#include "httpd/conf/vhost_conf.h"
#include "ocsp/ocsp.h"
#include "trust/trust.h"

const cc_opened_t *cc_revocation_opened(const server_rec *s)
{
    cc_configuration_t *configuration = cc_configuration_of(s);
    apr_pool_t *pconf = s->process->pconf;

    if (!configuration->revocation) {
        cc_opened_t *made = apr_palloc(pconf, sizeof(*made));

        made->crls = apr_array_make(pconf, 4, sizeof(cc_opened_crls_t *));
        made->ocsp = apr_array_make(pconf, 4, sizeof(cc_opened_ocsp_t));
        made->logged = apr_hash_make(pconf);
        configuration->revocation = made;
    }
    return configuration->revocation;
}

/* ---- polling the files ------------------------------------------------------------------- */

static void change_log(const cc_crls_t *crls, const cc_error_t *err, void *baton)
{
    const cc_opened_crls_t *opened = baton;
    apr_pool_t *p;

    if (!err) {
        ap_log_error(APLOG_MARK, APLOG_INFO, 0, opened->server, "CC0173: CRLs have changed (%s)",
                     cc_crls_spec(crls)->where);
    } else if (apr_pool_create(&p, NULL) == APR_SUCCESS) {
        ap_log_error(APLOG_MARK, APLOG_ERR, 0, opened->server,
                     "CC0174: the CRLs already loaded stay in use: %s", cc_error_text(err, p));
        apr_pool_destroy(p);
    }
}

static void change_ignore(const cc_crls_t *crls, const cc_error_t *err, void *baton)
{
    (void)crls;
    (void)err;
    (void)baton;
}

/*
 * Makes a pool for one poll, without a parent pool, which might be destroyed before the polling
 * thread ends. NULL: nothing is open.
 */
static apr_pool_t *scratch_make(const apr_array_header_t *opened)
{
    apr_pool_t *scratch = NULL;

    if (opened->nelts > 0) {
        apr_pool_create_unmanaged_ex(&scratch, NULL, NULL);
    }
    return scratch;
}

static void scratch_free(apr_pool_t *scratch)
{
    if (scratch) {
        apr_pool_destroy(scratch);
    }
}

apr_interval_time_t cc_revocation_poll_child(server_rec *s, apr_time_t now)
{
    const apr_array_header_t *opened = cc_revocation_opened(s)->crls;
    apr_interval_time_t soonest = 0;
    apr_pool_t *scratch = scratch_make(opened);

    for (int i = 0; i < opened->nelts; i++) {
        cc_opened_crls_t *one = APR_ARRAY_IDX(opened, i, cc_opened_crls_t *);
        apr_interval_time_t wait = cc_crls_poll(one->crls, now, change_log, one, scratch);

        if (wait > 0 && (soonest == 0 || wait < soonest)) {
            soonest = wait;
        }
        apr_pool_clear(scratch);
    }
    scratch_free(scratch);
    return soonest;
}

/* Lets a child that starts later inherit the CRLs loaded last. */
void cc_revocation_poll_parent(server_rec *s, apr_time_t now)
{
    const apr_array_header_t *opened = cc_revocation_opened(s)->crls;
    apr_pool_t *scratch = scratch_make(opened);

    for (int i = 0; i < opened->nelts; i++) {
        cc_crls_t *crls = APR_ARRAY_IDX(opened, i, cc_opened_crls_t *)->crls;

        cc_crls_poll(crls, now, change_ignore, NULL, scratch);
        cc_crls_highest_save(crls, cc_crls_spec(crls)->highest);
        apr_pool_clear(scratch);
    }
    scratch_free(scratch);
}
