/* SPDX-License-Identifier: Apache-2.0 */
/* Knows whom a virtual host asks about revocation, and what the answers come to. */
#include "httpd/background/revocation.h"

#include <apr_strings.h>
#include <http_main.h>

#include "base/moment.h"
#include "httpd/glue.h"
#include "httpd/background/ocsp_cache.h"

static const char opened_key[] = "clientcert_revocation";

const cc_opened_t *cc_revocation_opened(const server_rec *s)
{
    apr_pool_t *pconf = s->process->pconf;
    void *found = NULL;
    cc_opened_t *made;

    apr_pool_userdata_get(&found, opened_key, pconf);
    if (found) {
        return found;
    }
    made = apr_palloc(pconf, sizeof(*made));
    made->crls = apr_array_make(pconf, 4, sizeof(cc_opened_crls_t *));
    made->ocsp = apr_array_make(pconf, 4, sizeof(cc_opened_ocsp_t));
    made->told = apr_hash_make(pconf);
    apr_pool_userdata_setn(made, opened_key, NULL, pconf);
    return made;
}

/* ---- following the files ----------------------------------------------------------------- */

static void tell(const cc_crls_t *crls, const cc_error_t *err, void *baton)
{
    const cc_opened_crls_t *opened = baton;
    apr_pool_t *p;

    if (!err) {
        ap_log_error(APLOG_MARK, APLOG_INFO, 0, opened->server, "CC0173: CRLs have changed (%s)",
                     cc_crls_spec(crls)->where);
    } else if (apr_pool_create(&p, NULL) == APR_SUCCESS) {
        ap_log_error(APLOG_MARK, APLOG_ERR, 0, opened->server,
                     "CC0174: what was held of these CRLs stays: %s", cc_error_text(err, p));
        apr_pool_destroy(p);
    }
}

static void tell_nobody(const cc_crls_t *crls, const cc_error_t *err, void *baton)
{
    (void)crls;
    (void)err;
    (void)baton;
}

/* Of no other pool: that may end before the thread that polls does. NULL where nothing is opened.
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

apr_interval_time_t cc_revocation_look(server_rec *s, apr_time_t now)
{
    const apr_array_header_t *opened = cc_revocation_opened(s)->crls;
    apr_interval_time_t soonest = 0;
    apr_pool_t *scratch = scratch_make(opened);

    for (int i = 0; i < opened->nelts; i++) {
        cc_opened_crls_t *one = APR_ARRAY_IDX(opened, i, cc_opened_crls_t *);
        apr_interval_time_t wait = cc_crls_poll(one->crls, now, tell, one, scratch);

        if (wait > 0 && (soonest == 0 || wait < soonest)) {
            soonest = wait;
        }
        apr_pool_clear(scratch);
    }
    scratch_free(scratch);
    return soonest;
}

/* So that a child that comes later inherits what was last held. */
void cc_revocation_look_parent(server_rec *s, apr_time_t now)
{
    const apr_array_header_t *opened = cc_revocation_opened(s)->crls;
    apr_pool_t *scratch = scratch_make(opened);

    for (int i = 0; i < opened->nelts; i++) {
        cc_crls_t *crls = APR_ARRAY_IDX(opened, i, cc_opened_crls_t *)->crls;

        cc_crls_poll(crls, now, tell_nobody, NULL, scratch);
        cc_crls_recall(crls, cc_crls_spec(crls)->ever);
        apr_pool_clear(scratch);
    }
    scratch_free(scratch);
}

int cc_revocation_prepare(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp)
{
    return cc_ocspcache_prepare(pconf, plog, ptemp);
}

void cc_revocation_child_start(apr_pool_t *pchild, server_rec *s)
{
    cc_ocspcache_child_start(pchild, s);
}

/* ---- what CRLs say ----------------------------------------------------------------------- */

/* Whom we ask, and what came of it, is for the log: names, addresses and files are in it. */
static const char unknown[] = "this server could not find out whether it was revoked";

static void revoked(cc_standing_t *standing, const char *what, const char *reason, apr_time_t at,
                    apr_pool_t *p)
{
    standing->state = "revoked";
    standing->revoked = true;
    standing->reason = reason;
    standing->revoked_at = at;
    standing->problem = apr_psprintf(p, "%s was revoked on %s (%s)", what, cc_moment_text(at, p),
                                     reason ? reason : "no reason given");
    standing->told = standing->problem;
}

void cc_revocation_check_crls(cc_crl_answer_t *answer, const cc_revocation_t *revocation,
                              const cc_verified_t *cert, apr_time_t now)
{
    if (revocation->leaf_alone) {
        cc_crls_check(answer, revocation->crls, cert->x509,
                      cert->seal->ca_known ? cert->seal->ca_spki_sha256 : NULL, now);
    } else {
        cc_crls_check_chain(answer, revocation->crls, cert->x509, cert->seal, now);
    }
}

static const char *subject_of(const cc_crl_answer_t *answer, apr_pool_t *p)
{
    return answer->depth ? apr_psprintf(p, "the CA %d above it", answer->depth) : "it";
}

/* Whether it gives no identity that CRLs do not know of. */
static bool crls_must_say(const cc_revocation_t *revocation, const cc_crl_answer_t *answer)
{
    return answer->no_issuer || answer->shut || !cc_crls_spec(revocation->crls)->missing_allow;
}

void cc_revocation_take_crls(cc_standing_t *standing, const cc_revocation_t *revocation,
                             const cc_crl_answer_t *answer, apr_pool_t *p)
{
    standing->generation = answer->generation;
    standing->stale_at = answer->stale_at;
    switch (answer->state) {
    case CC_CRL_GOOD:
        standing->state = "good";
        break;
    case CC_CRL_REVOKED:
        revoked(standing, subject_of(answer, p), cc_reason_text(answer->reason), answer->revoked_at,
                p);
        break;
    case CC_CRL_UNKNOWN:
        standing->state = "unknown";
        if (crls_must_say(revocation, answer)) {
            standing->problem = apr_psprintf(p, "CRLs do not say whether %s is revoked: %s",
                                             subject_of(answer, p), answer->why);
            standing->told = unknown;
        }
    }
}

/* ---- what OCSP responders say ------------------------------------------------------------ */

void cc_revocation_take_ocsp(cc_standing_t *standing, const cc_revocation_t *revocation,
                             const cc_ocsp_answer_t *answer, apr_pool_t *p)
{
    if (answer->ask_at < standing->stale_at) {
        standing->stale_at = answer->ask_at;
    }
    if (answer->status == CC_OCSP_REVOKED) {
        revoked(standing, "it", answer->reason, answer->revoked_at, p);
    } else if (answer->status == CC_OCSP_GOOD) {
        standing->state = "good";
    } else if (standing->state == NULL) {
        standing->state = "unknown";
    }
    if (!standing->problem && !cc_ocsp_allows(revocation->ocsp, answer)) {
        standing->state = "unknown";
        standing->problem = answer->status == CC_OCSP_UNKNOWN
                                ? "the OCSP responder does not know it"
                                : apr_psprintf(p, "OCSP does not say whether it is revoked: %s",
                                               answer->why ? answer->why : "no answer");
        standing->told = unknown;
    }
}

void cc_revocation_check_ocsp(cc_ocsp_answer_t *answer, const cc_revocation_t *revocation,
                              const cc_verified_t *cert, apr_time_t now, apr_pool_t *p)
{
    X509 *issuer = cc_trust_issuer(revocation->trust, cert->seal, cert->x509, cert->sent);
    cc_ocsp_subject_t subject = {cert->x509, issuer};

    *answer = (cc_ocsp_answer_t){.why = "its issuer's certificate is not at hand",
                                 .ask_at = APR_INT64_MAX};
    if (issuer) {
        cc_ocsp_status(answer, revocation->ocsp, &subject, now, p);
    }
    X509_free(issuer);
}

/* ---- asking ------------------------------------------------------------------------------ */

void cc_revocation_ask_crls(cc_standing_t *standing, const cc_revocation_t *revocation,
                            const cc_verified_t *cert, apr_time_t now, apr_pool_t *p)
{
    cc_crl_answer_t listed;

    *standing = (cc_standing_t){.stale_at = APR_INT64_MAX};
    if (revocation->crls) {
        cc_revocation_check_crls(&listed, revocation, cert, now);
        cc_revocation_take_crls(standing, revocation, &listed, p);
    }
}

void cc_revocation_ask(cc_standing_t *standing, cc_revocation_t *revocation,
                       const cc_verified_t *cert, apr_time_t now, apr_pool_t *p)
{
    cc_ocsp_answer_t told;

    cc_revocation_ask_crls(standing, revocation, cert, now, p);
    if (revocation->ocsp && !standing->problem) {
        cc_revocation_check_ocsp(&told, revocation, cert, now, p);
        cc_revocation_take_ocsp(standing, revocation, &told, p);
    }
}

void cc_revocation_keep(cc_standing_t *standing, apr_pool_t *p)
{
    const char *problem = standing->problem;

    standing->problem = problem ? apr_pstrdup(p, problem) : NULL;
    standing->told = standing->told == problem ? standing->problem : standing->told;
}

static bool text_same(const char *a, const char *b)
{
    return a == b || (a && b && !strcmp(a, b));
}

bool cc_revocation_same(const cc_standing_t *a, const cc_standing_t *b)
{
    return text_same(a->state, b->state) && text_same(a->reason, b->reason) &&
           text_same(a->problem, b->problem) && a->revoked_at == b->revoked_at;
}

apr_uint64_t cc_revocation_generation(cc_revocation_t *revocation)
{
    return revocation->crls ? cc_crls_generation(revocation->crls) : 0;
}

int cc_revocation_objection(const cc_revocation_t *revocation, const cc_verified_t *cert,
                            apr_time_t now, int *depth)
{
    cc_crl_answer_t answer;

    if (!revocation->crls) {
        return X509_V_OK;
    }
    cc_revocation_check_crls(&answer, revocation, cert, now);
    *depth = answer.depth;
    if (answer.state == CC_CRL_REVOKED) {
        return X509_V_ERR_CERT_REVOKED;
    }
    return answer.state == CC_CRL_UNKNOWN && crls_must_say(revocation, &answer)
               ? X509_V_ERR_UNABLE_TO_GET_CRL
               : X509_V_OK;
}

/* OCSP asks in the name of the issuer, who in a resumed session may be at hand no more. */
static bool ocsp_bars(const cc_revocation_t *revocation, const cc_verified_t *cert)
{
    X509 *issuer = cc_trust_issuer(revocation->trust, cert->seal, cert->x509, cert->sent);

    X509_free(issuer);
    return issuer == NULL;
}

bool cc_revocation_bars(cc_revocation_t *revocation, const cc_verified_t *cert, apr_time_t now)
{
    int depth;

    return cc_revocation_objection(revocation, cert, now, &depth) != X509_V_OK ||
           (revocation->ocsp && ocsp_bars(revocation, cert));
}
