/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the CAs whose certificates give no identity, or are not checked, for want of a CRL. */
/*
 * With ClientCertCRL, a certificate that no current CRL covers gives no identity, unless
 * missing=allow is set. If a CA that the host trusts has no CRL, that applies to all of the CA's
 * certificates, and every client is denied.
 */
#include <apr_strings.h>

#include "base/error.h"
#include "base/moment.h"
#include "crl/crl.h"
#include "httpd/background/crl_uncovered.h"
#include "httpd/background/revocation.h"
#include "httpd/conf/vhost_conf.h"
#include "httpd/conf/view.h"

void cc_crl_uncovered_note(cc_opened_crls_t *opened, const cc_conf_view_t *view)
{
    bool leaf_alone = cc_vhost_conf_of(view->server)->leaf_alone == 1;
    cc_crl_reach_t reach = leaf_alone ? CC_CRL_REACH_LEAF : CC_CRL_REACH_CHAIN;

    if (cc_conf_view_ever_verifies(view) && reach > opened->reach) {
        opened->reach = reach;
    }
}

/* ---- texts --------------------------------------------------------------------------------- */

static void no_crl(cc_error_t *err, const cc_uncovered_t *uncovered, bool leaf_alone, apr_pool_t *p)
{
    cc_error_set(err, p, "CC0728", NULL,
                 "no CRL is signed with the key of \"%s\", so no certificate below this CA gives "
                 "an identity: add the CRL%s",
                 uncovered->ca,
                 leaf_alone ? ""
                            : ", or set \"ClientCertCRLCheck leaf\" if it issues only other CAs");
}

static void expired(cc_error_t *err, const cc_uncovered_t *uncovered, bool missing_allow,
                    apr_pool_t *p)
{
    cc_error_set(
        err, p, "CC0729", uncovered->path,
        "the CRL of \"%s\" has expired, its nextUpdate was %s, so %s: fetch the current CRL",
        uncovered->ca, cc_moment_text(uncovered->next_update, p),
        missing_allow ? "a certificate that has been revoked since is accepted"
                      : "no certificate below this CA gives an identity");
}

static void ca_at_fault(cc_error_t *err, const cc_uncovered_t *uncovered, apr_pool_t *p)
{
    cc_error_set(err, p, "CC0731", NULL,
                 "no certificate below the CA \"%s\" gives an identity, because of the CA: %s; %s",
                 uncovered->ca, uncovered->cause ? uncovered->cause : "it is revoked",
                 uncovered->cause ? "add a CRL that covers the CA itself"
                                  : "remove it from the CAs of the virtual host");
}

/* False: with missing=allow, this is what the configuration asks for. */
static bool error_fill(cc_error_t *err, const cc_uncovered_t *uncovered, bool leaf_alone,
                       bool missing_allow, apr_pool_t *p)
{
    switch (uncovered->kind) {
    case CC_UNCOVERED_NO_CRL:
        no_crl(err, uncovered, leaf_alone, p);
        return !missing_allow;
    case CC_UNCOVERED_EXPIRED:
        expired(err, uncovered, missing_allow, p);
        return true;
    case CC_UNCOVERED_REVOKED:
        ca_at_fault(err, uncovered, p);
        return true;
    default:
        ca_at_fault(err, uncovered, p);
        return !missing_allow;
    }
}

/* ---- all ----------------------------------------------------------------------------------- */

/* A CA may be there twice: it was renewed, or several hosts trust it. */
static bool is_new(apr_hash_t *known, const cc_error_t *err, apr_pool_t *p)
{
    const char *key = cc_error_text(err, p);
    bool new = !apr_hash_get(known, key, APR_HASH_KEY_STRING);

    apr_hash_set(known, key, APR_HASH_KEY_STRING, "");
    return new;
}

/* If there are no CRLs at all, that is another mistake (CC0184). */
static void crl_count(const cc_crl_info_t *info, void *baton)
{
    *(int *)baton += info->use != CC_CRL_FOREIGN;
}

static void opened_check(apr_array_header_t *errors, apr_hash_t *known,
                         const cc_opened_crls_t *opened, apr_pool_t *p)
{
    bool leaf_alone = opened->reach == CC_CRL_REACH_LEAF;
    const apr_array_header_t *found =
        cc_crls_uncovered(opened->crls, leaf_alone, apr_time_now(), p);

    for (int i = 0; i < found->nelts; i++) {
        const cc_uncovered_t *uncovered = &APR_ARRAY_IDX(found, i, cc_uncovered_t);
        cc_error_t err = {.where = opened->spec->where};

        if (error_fill(&err, uncovered, leaf_alone, opened->spec->missing_allow, p) &&
            is_new(known, &err, p)) {
            APR_ARRAY_PUSH(errors, cc_error_t) = err;
        }
    }
}

apr_array_header_t *cc_crl_uncovered_find(const apr_array_header_t *opened, apr_pool_t *p)
{
    apr_array_header_t *errors = apr_array_make(p, 2, sizeof(cc_error_t));
    apr_hash_t *known = apr_hash_make(p);

    for (int i = 0; i < opened->nelts; i++) {
        const cc_opened_crls_t *one = APR_ARRAY_IDX(opened, i, const cc_opened_crls_t *);
        int crls = 0;

        cc_crls_each(one->crls, crl_count, &crls);
        if (crls > 0 && one->reach > CC_CRL_REACH_NONE) {
            opened_check(errors, known, one, p);
        }
    }
    return errors;
}
