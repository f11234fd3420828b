/* SPDX-License-Identifier: Apache-2.0 */
/* Checks the files of CAs before a configuration is used: in httpd -t, before a start. */
/*
 * Virtual hosts load their CAs when mod_ssl makes its contexts: not in a test, and at a start only
 * when errors already go to the log. So the files are loaded here too, right after the
 * configuration was read, while standard error is still the terminal. Each directive is loaded by
 * itself, so that an error in one does not hide those in others.
 */
#include <apr_hash.h>
#include <apr_strings.h>

#include <http_core.h>
#include <http_main.h>

#include "ca/ca.h"
#include "httpd/background/ca_precheck.h"
#include "httpd/conf/configtest.h"
#include "httpd/conf/judge.h"
#include "httpd/conf/log_text.h"
#include "httpd/conf/vhost_conf.h"
#include "httpd/conf/view.h"
#include "trust/trust.h"

/* The state of a check. */
typedef struct {
    apr_array_header_t *faults; /* of cc_ca_fault_t */
    apr_hash_t *tried;          /* directives, by place, paths and domain */
    apr_pool_t *pool;           /* of the faults */
} ca_check_t;

static apr_status_t load(const cc_ca_spec_t *spec, apr_pool_t *p, cc_error_t *err)
{
    apr_array_header_t *alone = apr_array_make(p, 1, sizeof(const cc_ca_spec_t *));
    cc_cas_plan_t plan = {.specs = alone, .root = ap_server_root};
    cc_cas_t *cas;

    APR_ARRAY_PUSH(alone, const cc_ca_spec_t *) = spec;
    return cc_cas_open(&cas, &plan, p, err);
}

static cc_error_t error_copy(const cc_error_t *err, const char *where, apr_pool_t *p)
{
    return (cc_error_t){err->tag, where, apr_pstrdup(p, err->word), apr_pstrdup(p, err->message)};
}

/* A line may be read for several virtual hosts, and contain a variable that was redefined. */
static bool is_new(ca_check_t *check, const cc_ca_spec_t *spec)
{
    const char *paths = apr_array_pstrcat(check->pool, spec->paths, '\n');
    const char *key = apr_pstrcat(check->pool, spec->where, "\n", spec->domain ? spec->domain : "",
                                  "\n", paths, NULL);
    bool new = !apr_hash_get(check->tried, key, APR_HASH_KEY_STRING);

    apr_hash_set(check->tried, key, APR_HASH_KEY_STRING, "");
    return new;
}

static void fault_add(ca_check_t *check, const cc_error_t *err, const char *where, bool unused)
{
    cc_ca_fault_t *fault = &APR_ARRAY_PUSH(check->faults, cc_ca_fault_t);

    fault->err = error_copy(err, where, check->pool);
    fault->unused = unused;
}

static void spec_check(ca_check_t *check, const cc_ca_spec_t *spec, bool unused)
{
    cc_error_t err = {0};
    apr_pool_t *scratch;

    if (!is_new(check, spec) || apr_pool_create(&scratch, check->pool) != APR_SUCCESS) {
        return;
    }
    if (load(spec, scratch, &err) != APR_SUCCESS) {
        fault_add(check, &err, spec->where, unused);
    }
    apr_pool_destroy(scratch);
}

/* The directives of the servers that can have clients with certificates, or of the others. */
static void views_check(ca_check_t *check, const apr_array_header_t *views, bool clients)
{
    for (int i = 0; i < views->nelts; i++) {
        const cc_conf_view_t *view = APR_ARRAY_IDX(views, i, const cc_conf_view_t *);
        const apr_array_header_t *specs = cc_vhost_conf_of(view->server)->ca_specs;

        for (int j = 0; specs && clients == cc_conf_view_has_clients(view) && j < specs->nelts;
             j++) {
            spec_check(check, APR_ARRAY_IDX(specs, j, const cc_ca_spec_t *), !clients);
        }
    }
}

/* ---- mod_ssl's directives in a server without TLS ------------------------------------------ */

static bool files_are_new(ca_check_t *check, const cc_conf_view_t *view)
{
    cc_trust_files_t files = cc_judge_files(view, check->pool);
    const char *paths[] = {files.ca_file, files.ca_path, files.crl_file, files.crl_path};
    const char *key = files.ciphers ? files.ciphers : "";
    bool new;

    for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
        key = apr_pstrcat(check->pool, key, "\n", paths[i], NULL);
    }
    new = !apr_hash_get(check->tried, key, APR_HASH_KEY_STRING);
    apr_hash_set(check->tried, key, APR_HASH_KEY_STRING, "");
    return new;
}

/* mod_ssl does not read these files, and reports no errors in them. */
static void files_check(ca_check_t *check, const cc_conf_view_t *view)
{
    cc_trust_t *trust;
    cc_error_t err = {0};
    apr_pool_t *scratch;

    if (!view->takes_forwarded || view->tls != CC_TLS_OFF ||
        cc_vhost_conf_of(view->server)->ca_specs || !cc_judge_has_cas(view) ||
        !files_are_new(check, view) || apr_pool_create(&scratch, check->pool) != APR_SUCCESS) {
        return;
    }
    if (cc_judge_trust(&trust, view, NULL, false, scratch, &err) != APR_SUCCESS) {
        fault_add(check, &err, err.where, false);
    }
    apr_pool_destroy(scratch);
}

/* ---- all ----------------------------------------------------------------------------------- */

apr_array_header_t *cc_ca_precheck_faults(server_rec *s, apr_pool_t *p)
{
    const apr_array_header_t *views = cc_conf_views_of(s);
    ca_check_t check = {apr_array_make(p, 1, sizeof(cc_ca_fault_t)), apr_hash_make(p), p};

    views_check(&check, views, true);
    views_check(&check, views, false);
    for (int i = 0; i < views->nelts; i++) {
        files_check(&check, APR_ARRAY_IDX(views, i, const cc_conf_view_t *));
    }
    return check.faults;
}

/* ---- logging ------------------------------------------------------------------------------- */

/* True if a fault ends a start that would not find it otherwise. */
static bool faults_log(const apr_array_header_t *faults, server_rec *s, apr_pool_t *p)
{
    bool unused = false;

    for (int i = 0; i < faults->nelts; i++) {
        const cc_ca_fault_t *fault = &APR_ARRAY_IDX(faults, i, cc_ca_fault_t);

        ap_log_error(APLOG_MARK, APLOG_EMERG, 0, s, "%s",
                     cc_log_text(cc_error_text(&fault->err, p), p));
        unused = unused || fault->unused;
    }
    return unused;
}

/*
 * A test ends here. A start continues until its log is open, so that the reason is logged too.
 * Besides, httpd -k graceful, -k stop and the like only send a signal after this hook, and a bad
 * file must not prevent that.
 */
int cc_ca_precheck(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s)
{
    apr_array_header_t *faults;

    (void)plog;
    if (ap_state_query(AP_SQ_MAIN_STATE) != AP_SQ_MS_CREATE_PRE_CONFIG || cc_configtest_query() ||
        ap_state_query(AP_SQ_RUN_MODE) == AP_SQ_RM_CONFIG_DUMP) {
        return OK;
    }
    faults = cc_ca_precheck_faults(s, pconf);
    if (faults_log(faults, s, ptemp)) {
        cc_configuration_of(s)->ca_faults = faults;
    }
    return cc_configtest() && faults->nelts > 0 ? !OK : OK;
}

int cc_ca_precheck_end(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s)
{
    const apr_array_header_t *faults = cc_configuration_of(s)->ca_faults;

    (void)pconf;
    (void)plog;
    if (!faults) {
        return OK;
    }
    faults_log(faults, s, ptemp);
    return !OK;
}
