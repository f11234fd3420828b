/* SPDX-License-Identifier: Apache-2.0 */
/* Checks CRLs and the files of ClientCertOCSP before they are used: in httpd -t, before a start. */
/*
 * The CRLs are opened for use when mod_ssl makes its contexts: not in a test, and at a start only
 * when errors already go to the log. So they are opened here too, right after the configuration was
 * read, while standard error is still the terminal. Each host's CAs are loaded from the files that
 * ClientCertCA or mod_ssl's directives name. If a host may trust further CAs, a CRL whose issuer no
 * host seems to trust is not a fault.
 */
#include <apr_strings.h>

#include <http_core.h>
#include <http_main.h>

#include "base/error.h"
#include "base/text.h"
#include "cert/cert.h"
#include "crl/crl.h"
#include "httpd/background/crl_precheck.h"
#include "httpd/background/crl_uncovered.h"
#include "httpd/background/crl_unused.h"
#include "httpd/background/revocation.h"
#include "httpd/conf/ca_files.h"
#include "httpd/conf/configtest.h"
#include "httpd/conf/judge.h"
#include "httpd/conf/log_text.h"
#include "httpd/conf/module.h"
#include "httpd/conf/vhost_conf.h"
#include "httpd/conf/view.h"
#include "ocsp/ocsp.h"
#include "trust/trust.h"

/* The state of a check. */
typedef struct {
    apr_array_header_t *faults; /* of cc_crl_fault_t */
    apr_array_header_t *opened; /* of cc_opened_crls_t * */
    cc_ca_files_t *ca_files;    /* ClientCertCA */
    apr_hash_t *trusts;         /* by their files and options: cc_trust_t * */
    apr_hash_t *found;          /* "where text" of faults */
    apr_hash_t *tried;          /* "where trust" to cc_opened_crls_t, without CRLs if it failed */
    apr_hash_t *tried_lines;    /* "where" */
    apr_hash_t *tried_ocsp;     /* addresses of the lists of ClientCertOCSP */
    bool other_cas;             /* a host may trust CAs that are not in its files */
    apr_pool_t *pool;           /* of the faults */
    apr_pool_t *scratch;        /* of the CAs and CRLs that are opened */
} check_t;

/* An error that the start would find too; an error that only this check finds; a warning. */
typedef enum { ERROR, ERROR_HERE_ALONE, WARNING } weight_t;

static void fault_add(const check_t *check, const cc_crl_fault_t *fault)
{
    const char *key = apr_pstrcat(check->scratch, fault->where, "\n", fault->text, NULL);

    if (!apr_hash_get(check->found, key, APR_HASH_KEY_STRING)) {
        apr_hash_set(check->found, key, APR_HASH_KEY_STRING, "");
        APR_ARRAY_PUSH(check->faults, cc_crl_fault_t) = *fault;
    }
}

/* As cc_error_text has it, without tag and place. */
static void error_add(const check_t *check, const cc_error_t *err, weight_t weight)
{
    apr_pool_t *p = check->pool;
    const char *word = err->word ? cc_text_escape(err->word, strlen(err->word), p) : NULL;
    const char *text =
        word ? apr_psprintf(p, "\"%s\": %s", word, err->message) : apr_pstrdup(p, err->message);

    fault_add(check, &(cc_crl_fault_t){err->tag, apr_pstrdup(p, err->where), text,
                                       weight == WARNING, weight == ERROR_HERE_ALONE});
}

/* ---- the CAs of a host --------------------------------------------------------------------- */

static const cc_trust_t *trust_load(check_t *check, const cc_trust_files_t *files)
{
    apr_pool_t *p = check->scratch;
    const char *key =
        apr_psprintf(p, "%pp\n%s\n%s\n%d\n%s", (const void *)files->followed,
                     files->ca_file ? files->ca_file : "", files->ca_path ? files->ca_path : "",
                     files->depth, files->ciphers ? files->ciphers : "");
    cc_trust_t *trust = apr_hash_get(check->trusts, key, APR_HASH_KEY_STRING);
    cc_error_t err = {0};

    if (!trust && cc_trust_load(&trust, files, p, &err) == APR_SUCCESS) {
        apr_hash_set(check->trusts, key, APR_HASH_KEY_STRING, trust);
    }
    return trust;
}

/*
 * mod_ssl itself, or cc_ca_precheck, reports errors in these files. A host without CAs trusts no
 * issuer.
 */
static const cc_trust_t *trust_of(check_t *check, const cc_conf_view_t *view)
{
    static const cc_trust_files_t none = {.depth = 1};
    cc_trust_files_t files = cc_judge_files(view, check->scratch);
    cc_error_t err = {0};
    const cc_trust_t *trust = NULL;

    if (cc_ca_files_load(&files.followed, check->ca_files, view->server, &err) == APR_SUCCESS) {
        trust = trust_load(check, &files);
    }

    check->other_cas =
        check->other_cas || !trust || cc_conf_view_arguments(view, "SSLOpenSSLConfCmd");
    return trust ? trust : trust_load(check, &none);
}

static const cc_trust_t *trust_none(check_t *check)
{
    static const cc_trust_files_t none = {.depth = 1};

    return trust_load(check, &none);
}

/* ---- opening ------------------------------------------------------------------------------- */

static cc_opened_crls_t *crls_open(check_t *check, cc_crl_spec_t *spec, const cc_trust_t *trust,
                                   bool no_vhost_asks)
{
    apr_pool_t *p = check->scratch;
    const char *key = apr_pstrcat(p, spec->where, "\n", cc_trust_id_text(trust, p), NULL);
    cc_opened_crls_t *opened = apr_hash_get(check->tried, key, APR_HASH_KEY_STRING);
    cc_error_t err = {0};

    if (opened) {
        return opened;
    }
    opened = apr_palloc(p, sizeof(*opened));
    *opened = (cc_opened_crls_t){.spec = spec, .trust = trust};
    apr_hash_set(check->tried, key, APR_HASH_KEY_STRING, opened);
    apr_hash_set(check->tried_lines, spec->where, APR_HASH_KEY_STRING, "");
    spec->root = ap_server_root;
    spec->pass_foreign = true;
    if (cc_crls_open(&opened->crls, spec, trust, p, &err) != APR_SUCCESS) {
        error_add(check, &err, no_vhost_asks ? ERROR_HERE_ALONE : ERROR);
    } else if (!no_vhost_asks) {
        APR_ARRAY_PUSH(check->opened, cc_opened_crls_t *) = opened;
    }
    return opened;
}

static void view_check(check_t *check, const cc_conf_view_t *view)
{
    cc_crl_spec_t *spec = cc_vhost_conf_of(view->server)->crls;
    const cc_trust_t *trust = spec && cc_conf_view_has_clients(view) ? trust_of(check, view) : NULL;

    if (trust) {
        cc_crl_uncovered_note(crls_open(check, spec, trust, false), view);
    }
}

/* For a directive that counts for no host that can have clients: reads its files nevertheless. */
static void unopened_check(check_t *check, const cc_conf_view_t *view)
{
    cc_crl_spec_t *spec = cc_vhost_conf_of(view->server)->crls;
    const cc_trust_t *trust = spec ? trust_none(check) : NULL;

    if (trust && !apr_hash_get(check->tried_lines, spec->where, APR_HASH_KEY_STRING)) {
        crls_open(check, spec, trust, true);
    }
}

/* ---- ClientCertOCSP -------------------------------------------------------------------------- */

/* Virtual hosts that inherit the directives share the list of them. */
static void ocsp_check(check_t *check, const cc_conf_view_t *view, bool clients)
{
    const apr_array_header_t *specs = cc_vhost_conf_of(view->server)->ocsp;
    const cc_ocsp_files_t files = {.root = ap_server_root};
    cc_error_t err = {0};

    if (!specs || clients != cc_conf_view_has_clients(view) ||
        apr_hash_get(check->tried_ocsp, &specs, sizeof(specs))) {
        return;
    }
    apr_hash_set(check->tried_ocsp, apr_pmemdup(check->scratch, &specs, sizeof(specs)),
                 sizeof(specs), "");
    if (cc_ocsp_files_check(specs, &files, check->scratch, &err) != APR_SUCCESS) {
        error_add(check, &err, clients ? ERROR : ERROR_HERE_ALONE);
    }
}

/* ---- checks when all are open -------------------------------------------------------------- */

static void unused_check(const check_t *check)
{
    const apr_array_header_t *unused = cc_crl_unused_find(check->opened, check->scratch);

    for (int i = 0; i < unused->nelts && !check->other_cas; i++) {
        const cc_unused_crl_t *crl = &APR_ARRAY_IDX(unused, i, cc_unused_crl_t);
        cc_error_t err = {0};

        if (crl->whole_file) {
            cc_crl_refuse_foreign(&crl->info, crl->opened->spec->where, check->pool, &err);
            error_add(check, &err, ERROR);
        } else {
            cc_crl_unused_error(&err, crl, check->pool);
            error_add(check, &err, WARNING);
        }
    }
}

static void crl_count(const cc_crl_info_t *info, void *baton)
{
    (void)info;
    ++*(int *)baton;
}

static void empty_check(const check_t *check)
{
    for (int i = 0; i < check->opened->nelts; i++) {
        const cc_opened_crls_t *one = APR_ARRAY_IDX(check->opened, i, const cc_opened_crls_t *);
        int crls = 0;

        cc_crls_each(one->crls, crl_count, &crls);
        if (crls == 0) {
            fault_add(check, &(cc_crl_fault_t){"CC0184", apr_pstrdup(check->pool, one->spec->where),
                                               "these directories have no CRL, so the revocation "
                                               "status of certificates is unknown",
                                               true, false});
        }
    }
}

static void uncovered_check(const check_t *check)
{
    const apr_array_header_t *errors = cc_crl_uncovered_find(check->opened, check->scratch);

    for (int i = 0; i < errors->nelts; i++) {
        error_add(check, &APR_ARRAY_IDX(errors, i, cc_error_t), WARNING);
    }
}

apr_array_header_t *cc_crl_precheck_faults(server_rec *s, apr_pool_t *p)
{
    const apr_array_header_t *views = cc_conf_views_of(s);
    check_t check = {.pool = p, .faults = apr_array_make(p, 4, sizeof(cc_crl_fault_t))};

    if (apr_pool_create(&check.scratch, p) != APR_SUCCESS) {
        return check.faults;
    }
    check.opened = apr_array_make(check.scratch, 4, sizeof(cc_opened_crls_t *));
    check.ca_files = cc_ca_files_make(check.scratch);
    check.trusts = apr_hash_make(check.scratch);
    check.found = apr_hash_make(check.scratch);
    check.tried = apr_hash_make(check.scratch);
    check.tried_lines = apr_hash_make(check.scratch);
    check.tried_ocsp = apr_hash_make(check.scratch);
    for (int i = 0; i < views->nelts; i++) {
        view_check(&check, APR_ARRAY_IDX(views, i, const cc_conf_view_t *));
        ocsp_check(&check, APR_ARRAY_IDX(views, i, const cc_conf_view_t *), true);
    }
    for (int i = 0; i < views->nelts; i++) {
        unopened_check(&check, APR_ARRAY_IDX(views, i, const cc_conf_view_t *));
        ocsp_check(&check, APR_ARRAY_IDX(views, i, const cc_conf_view_t *), false);
    }
    unused_check(&check);
    empty_check(&check);
    uncovered_check(&check);
    apr_pool_destroy(check.scratch);
    return check.faults;
}

/* ---- logging ------------------------------------------------------------------------------- */

static void fault_log(const cc_crl_fault_t *fault, server_rec *s, apr_pool_t *p)
{
    ap_log_error(APLOG_MARK, fault->warning ? APLOG_WARNING : APLOG_EMERG, 0, s, "%s: %s: %s",
                 fault->tag, cc_log_text(fault->where, p), cc_log_text(fault->text, p));
}

/*
 * Always logs errors; logs warnings only in a test, since a start logs them later. True if a fault
 * ends the test, or has to end a start that would not find it otherwise.
 */
static bool faults_log(const apr_array_header_t *faults, bool test, server_rec *s, apr_pool_t *p)
{
    bool ends = false;

    for (int i = 0; i < faults->nelts; i++) {
        const cc_crl_fault_t *fault = &APR_ARRAY_IDX(faults, i, cc_crl_fault_t);

        if (test || !fault->warning) {
            fault_log(fault, s, p);
        }
        ends = ends || (!fault->warning && (test || fault->no_vhost_asks));
    }
    return ends;
}

/*
 * A test ends here. A start continues until its log is open, so that the reason is logged too.
 * Besides, httpd -k graceful, -k stop and the like only send a signal after this hook, and a bad
 * CRL must not prevent that.
 */
int cc_crl_precheck(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s)
{
    bool test = cc_configtest();
    apr_array_header_t *faults;

    (void)plog;
    if (ap_state_query(AP_SQ_MAIN_STATE) != AP_SQ_MS_CREATE_PRE_CONFIG || cc_configtest_query() ||
        ap_state_query(AP_SQ_RUN_MODE) == AP_SQ_RM_CONFIG_DUMP) {
        return OK;
    }
    faults = cc_crl_precheck_faults(s, pconf);
    if (!faults_log(faults, test, s, ptemp)) {
        return OK;
    }
    cc_configuration_of(s)->crl_faults = faults;
    return test ? !OK : OK;
}

bool cc_crl_precheck_passed(server_rec *s)
{
    const apr_array_header_t *faults = cc_configuration_of(s)->crl_faults;

    return !faults || !faults_log(faults, false, s, s->process->pconf);
}
