/* SPDX-License-Identifier: Apache-2.0 */
/* Judges certificates as mod_ssl would with its directives for a virtual host. */
#include <stdlib.h>

#include <apr_strings.h>

#include "base/error.h"
#include "httpd/conf/ca_files.h"
#include "httpd/conf/judge.h"
#include "httpd/conf/negotiation.h"
#include "httpd/conf/path_need.h"
#include "httpd/conf/vhost_conf.h"
#include "httpd/conf/view.h"
#include "trust/path.h"
#include "trust/trust.h"

/* ---- whether it asks for a certificate ------------------------------------------------------ */

/* NULL, or why the host never accepts a certificate that arrives in this way. */
static const char *never_takes(const cc_conf_view_t *view, cc_via_t via)
{
    bool taken = via == CC_VIA_TLS ? cc_conf_view_ever_asks(view) : view->takes_forwarded;

    if (taken) {
        return NULL;
    }
    if (view->tls != CC_TLS_OFF) {
        return "it never requests a client certificate: SSLVerifyClient none";
    }
    return view->takes_forwarded
               ? "it has no TLS (SSLEngine), and takes certificates only from proxies"
               : "it has no TLS (SSLEngine), and takes no certificates from proxies "
                 "(ClientCertHeader)";
}

/* ---- which CAs it trusts ------------------------------------------------------------------- */

static const char *path_of(const cc_conf_view_t *view, const char *name, apr_pool_t *p)
{
    const char *path = cc_conf_view_value(view, name, p);

    return path ? ap_server_root_relative(p, path) : NULL;
}

static bool has_word(const char *arguments, const char *word, apr_pool_t *p)
{
    const char *found;

    while (arguments && *(found = ap_getword_conf(p, &arguments))) {
        if (!strcasecmp(found, word)) {
            return true;
        }
    }
    return false;
}

/* SSLCipherSuite [TLSv1.3|SSL] SUITES: suites of TLS 1.3 do not concern certificates. */
static const char *ciphers_of(const cc_conf_view_t *view, apr_pool_t *p)
{
    const char *arguments = cc_conf_view_arguments(view, "SSLCipherSuite");
    const char *first = arguments ? ap_getword_conf(p, &arguments) : NULL;
    const char *second = arguments && *arguments ? ap_getword_conf(p, &arguments) : NULL;

    if (!second) {
        return first;
    }
    return strcasecmp(first, "TLSv1.3") ? second : NULL;
}

/* With OCSP, mod_ssl needs the issuer. A server without TLS passes over nothing. */
static bool passes_over_issuers(const cc_conf_view_t *view, apr_pool_t *p)
{
    const char *mode = cc_conf_view_value(view, "SSLVerifyClient", p);
    const char *ocsp = cc_conf_view_value(view, "SSLOCSPEnable", p);

    return view->tls != CC_TLS_OFF && mode && !strcasecmp(mode, "optional_no_ca") &&
           (!ocsp || !strcasecmp(ocsp, "off"));
}

static cc_trust_files_t files_of(const cc_conf_view_t *view, bool own_sources, apr_pool_t *p)
{
    const char *depth = cc_conf_view_value(view, "SSLVerifyDepth", p);
    const char *revocation =
        own_sources ? NULL : cc_conf_view_arguments(view, "SSLCARevocationCheck");

    return (cc_trust_files_t){
        .ca_file = path_of(view, "SSLCACertificateFile", p),
        .ca_path = path_of(view, "SSLCACertificatePath", p),
        .crl_file = path_of(view, "SSLCARevocationFile", p),
        .crl_path = path_of(view, "SSLCARevocationPath", p),
        .crl_leaf = has_word(revocation, "leaf", p),
        .crl_chain = has_word(revocation, "chain", p),
        .crl_may_miss = has_word(revocation, "no_crl_for_cert_ok", p),
        .no_ca = passes_over_issuers(view, p),
        .depth = depth ? atoi(depth) : 1,
        .ciphers = ciphers_of(view, p),
    };
}

bool cc_judge_misses_crls(const cc_conf_view_t *view, apr_pool_t *p)
{
    return has_word(cc_conf_view_arguments(view, "SSLCARevocationCheck"), "no_crl_for_cert_ok", p);
}

cc_trust_files_t cc_judge_files(const cc_conf_view_t *view, apr_pool_t *p)
{
    return files_of(view, true, p);
}

bool cc_judge_has_cas(const cc_conf_view_t *view)
{
    return cc_vhost_conf_of(view->server)->ca_specs ||
           cc_conf_view_directive(view, "SSLCACertificateFile") ||
           cc_conf_view_directive(view, "SSLCACertificatePath");
}

apr_status_t cc_judge_trust(cc_trust_t **trust, const cc_conf_view_t *view, cc_cas_t *followed,
                            bool own_sources, apr_pool_t *p, cc_error_t *err)
{
    cc_trust_files_t files = files_of(view, own_sources, p);
    apr_status_t status;

    files.followed = followed;
    status = cc_trust_load(trust, &files, p, err);
    if (status == APR_SUCCESS) {
        cc_trust_keep_path(*trust, cc_path_need_of(view->server));
        if (cc_vhost_conf_of(view->server)->pinning) {
            cc_trust_pin(*trust);
        }
    }
    return status;
}

/* ---- the judgement ------------------------------------------------------------------------- */

static void unseen_add(cc_judge_t *judge, const char *what)
{
    APR_ARRAY_PUSH(judge->unseen, const char *) = what;
}

/* What a query cannot know of a handshake. */
static void handshake_unseen(cc_judge_t *judge, const cc_conf_view_t *view, apr_pool_t *p)
{
    const char *ocsp = cc_conf_view_value(view, "SSLOCSPEnable", p);

    if (view->tls == CC_TLS_UNKNOWN) {
        unseen_add(judge, "whether this host has TLS is decided when the server starts; "
                          "SSLEngine on is assumed");
    }
    if (view->verify_client == CC_VERIFY_NONE) {
        unseen_add(judge,
                   "the handshake requests no certificate; a section with SSLVerifyClient requests "
                   "one later");
    }
    if (ocsp && strcasecmp(ocsp, "off")) {
        unseen_add(judge, "no OCSP responder was asked (SSLOCSPEnable)");
    }
}

static void unseen_find(cc_judge_t *judge, const cc_conf_view_t *view, bool own_sources,
                        apr_pool_t *p)
{
    const apr_array_header_t *commands = cc_negotiation_unseen(view, p);

    if (own_sources && cc_conf_view_arguments(view, "SSLCARevocationCheck")) {
        unseen_add(judge, "mod_ssl's own CRLs were not checked (SSLCARevocationCheck)");
    }
    for (int i = 0; i < commands->nelts; i++) {
        unseen_add(judge, apr_psprintf(p, "SSLOpenSSLConfCmd %s was not taken into account",
                                       APR_ARRAY_IDX(commands, i, const char *)));
    }
}

/* A pinned key needs no CA. */
static bool pins(const cc_conf_view_t *view, cc_via_t via)
{
    return via == CC_VIA_TLS && cc_vhost_conf_of(view->server)->pinning;
}

apr_status_t cc_judge_make(cc_judge_t *judge, const cc_conf_view_t *view, cc_via_t via,
                           bool own_sources, apr_pool_t *p, cc_error_t *err)
{
    apr_status_t status;

    *judge = (cc_judge_t){.never = never_takes(view, via)};
    judge->unseen = apr_array_make(p, 2, sizeof(const char *));
    if (judge->never) {
        return APR_SUCCESS;
    }
    if (via == CC_VIA_TLS) {
        handshake_unseen(judge, view, p);
    }
    unseen_find(judge, view, own_sources, p);
    status = cc_ca_files_load(&judge->followed, cc_ca_files_make(p), view->server, err);
    if (status != APR_SUCCESS) {
        return status;
    }
    if (!cc_judge_has_cas(view) && !pins(view, via)) {
        judge->never = "it trusts no CA: neither ClientCertCA, SSLCACertificateFile nor "
                       "SSLCACertificatePath is set";
        return APR_SUCCESS;
    }
    return cc_judge_trust(&judge->trust, view, judge->followed, own_sources, p, err);
}

const char *cc_judge_certificate(cc_seal_t *seal, bool *admitted, const cc_judge_t *judge,
                                 const char *path, apr_pool_t *p)
{
    const char *problem = judge->never;

    *seal = (cc_seal_t){.state = CC_TRUST_FAILED};
    *admitted = false;
    if (!problem) {
        problem = cc_trust_check(seal, admitted, judge->trust, path, apr_time_now(), p);
    }
    return problem;
}
