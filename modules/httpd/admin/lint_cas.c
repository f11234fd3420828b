/* SPDX-License-Identifier: Apache-2.0 */
/* Finds CAs whose certificates never verify, and certificates that are no CA at all. */
/*
 * At a start, the CAs are those of mod_ssl's context. In a test mod_ssl makes no contexts, so its
 * files are loaded. Those of ClientCertCA are always loaded for lint alone: the certificates that
 * it decodes would stay in memory with the set that the server uses. Virtual hosts with the same
 * CAs are surveyed once.
 */
#include <stdlib.h>

#include <apr_strings.h>

#include "base/moment.h"
#include "base/text.h"
#include "httpd/admin/lint_checks.h"
#include "httpd/admin/lint_line.h"
#include "httpd/conf/ca_files.h"
#include "httpd/conf/directive.h"
#include "httpd/conf/judge.h"
#include "httpd/conf/use.h"
#include "httpd/conf/vhost_conf.h"
#include "httpd/conf/view.h"
#include "httpd/peer/vhost.h"
#include "trust/survey.h"
#include "trust/trust.h"

/* ---- the CAs of a virtual host ------------------------------------------------------------- */

#define ANY_DEPTH 100 /* as many CAs as OpenSSL allows */

/* mod_ssl itself, or cc_ca_precheck, reports files that cannot be loaded. */
static const cc_trust_t *trust_load(cc_lint_t *lint, const cc_trust_files_t *files)
{
    cc_trust_t *trust = NULL;
    cc_error_t err = {0};

    return cc_trust_load(&trust, files, lint->pool, &err) == APR_SUCCESS ? trust : NULL;
}

static const char *text_of(const char *text)
{
    return text ? text : "";
}

/* The CAs of some virtual hosts. */
typedef struct {
    const cc_trust_t *trust;          /* NULL: they cannot be loaded */
    const apr_array_header_t *survey; /* of cc_surveyed_t */
} cas_t;

static const cas_t *cas_make(cc_lint_t *lint, const cc_trust_t *trust)
{
    cas_t *cas = apr_palloc(lint->pool, sizeof(*cas));

    cas->trust = trust;
    cas->survey = trust ? cc_trust_survey(trust, apr_time_now(), lint->pool)
                        : apr_array_make(lint->pool, 1, sizeof(cc_surveyed_t));
    return cas;
}

/* With ClientCertCA that cannot be loaded, it trusts no CA. */
static const cas_t *cas_of_files(cc_lint_t *lint, const cc_conf_view_t *view)
{
    cc_trust_files_t files = cc_judge_files(view, lint->pool);
    cc_error_t err = {0};
    bool loaded =
        cc_ca_files_load(&files.followed, lint->ca_files, view->server, &err) == APR_SUCCESS;
    const char *key =
        apr_psprintf(lint->pool, "%d %pp\n%s\n%s\n%s\n%s\n%s", loaded, (const void *)files.followed,
                     text_of(files.ca_file), text_of(files.ca_path), text_of(files.crl_file),
                     text_of(files.crl_path), text_of(files.ciphers));
    const cas_t *cas = apr_hash_get(lint->cas, key, APR_HASH_KEY_STRING);

    if (!cas) {
        files.depth = ANY_DEPTH;
        cas = cas_make(lint, loaded ? trust_load(lint, &files) : NULL);
        apr_hash_set(lint->cas, key, APR_HASH_KEY_STRING, cas);
    }
    return cas;
}

static const apr_array_header_t *specs_of(const cc_conf_view_t *view)
{
    return cc_vhost_conf_of(view->server)->ca_specs;
}

static const cas_t *cas_of(cc_lint_t *lint, const cc_conf_view_t *view)
{
    const cc_vhost_t *host = specs_of(view) ? NULL : cc_vhost_with_tls(view->server);
    const char *key = host ? cc_trust_id_text(host->trust, lint->pool) : NULL;
    const cas_t *cas = host ? apr_hash_get(lint->cas, key, APR_HASH_KEY_STRING) : NULL;

    if (!host) {
        return cas_of_files(lint, view);
    }
    if (!cas) {
        cas = cas_make(lint, host->trust);
        apr_hash_set(lint->cas, key, APR_HASH_KEY_STRING, cas);
    }
    return cas;
}

/* SSLOpenSSLConfCmd may add CAs, and change how chains are verified: of a host with TLS. */
static bool is_judged(const cc_conf_view_t *view)
{
    if (cc_use_of(view->server) != CC_USE_HERE) {
        return false;
    }
    if (view->tls == CC_TLS_OFF) {
        return view->takes_forwarded && cc_judge_has_cas(view);
    }
    return view->tls == CC_TLS_ON &&
           (view->takes_forwarded || view->verify_client != CC_VERIFY_NONE) &&
           !cc_conf_view_arguments(view, "SSLOpenSSLConfCmd");
}

const apr_array_header_t *cc_lint_survey(cc_lint_t *lint, const cc_conf_view_t *view)
{
    return is_judged(view) ? cas_of(lint, view)->survey : NULL;
}

/* The place of the first of these directives that the server has. */
static const char *place_of(cc_lint_t *lint, const cc_conf_view_t *view, const char *name,
                            const char *other)
{
    const ap_directive_t *directive = cc_conf_view_directive(view, name);

    directive = directive ? directive : cc_conf_view_directive(view, other);
    return directive ? cc_directive_where(directive, lint->pool) : NULL;
}

/* The place of the directive that names the file of a CA; NULL: not known. */
static const char *place_of_ca(cc_lint_t *lint, const cc_conf_view_t *view,
                               const cc_surveyed_t *one)
{
    const cc_ca_spec_t *spec;

    if (!one->file) {
        return place_of(lint, view, "SSLCACertificateFile", "SSLCACertificatePath");
    }
    spec = cc_ca_files_spec(view->server, one->domain, one->file, lint->pool);
    return spec ? spec->where : NULL;
}

/* ---- certificates that are of no use ------------------------------------------------------- */

static void ending_check(cc_lint_t *lint, const char *where, const cc_surveyed_t *one)
{
    if (one->ends_soon) {
        cc_lint_add(lint, "CC0779", where,
                    "the CA \"%s\" expires on %s, and no certificate below it gives an identity "
                    "after that: add the CA that replaces it",
                    one->name, cc_moment_text(one->date, lint->pool));
    }
}

/*
 * True if background/ca_expiry.c reports the end of a CA: at a start, once for all virtual hosts.
 * It leaves CAs of mod_ssl that have expired before to lint.
 */
static bool is_watched(const cc_conf_view_t *view, const cc_surveyed_t *one)
{
    return cc_vhost_of(view->server) &&
           (one->state == CC_SURVEYED_CA || (one->state == CC_SURVEYED_EXPIRED && one->file));
}

static void certificate_check(cc_lint_t *lint, const char *where, const cc_surveyed_t *one)
{
    switch (one->state) {
    case CC_SURVEYED_NO_ISSUER:
        cc_lint_add(
            lint, "CC0733", where,
            "\"%s\" is here without its issuer, so no certificate below it gives an identity: "
            "add the certificate of \"%s\", and of all CAs above that, up to the root",
            one->name, one->issuer);
        break;
    case CC_SURVEYED_EXPIRED:
    case CC_SURVEYED_NOT_YET:
        cc_lint_add(
            lint, "CC0734", where,
            "the CA \"%s\" %s %s, so no certificate below it gives an identity: replace its "
            "certificate",
            one->name, one->state == CC_SURVEYED_EXPIRED ? "expired on" : "is not valid before",
            cc_moment_text(one->date, lint->pool));
        break;
    case CC_SURVEYED_NOT_CA:
        cc_lint_add(lint, "CC0734", where,
                    "\"%s\" is not a CA, so it has no effect among the CAs: remove it; to admit "
                    "this certificate alone, write a rule with its sha256",
                    one->name);
        break;
    case CC_SURVEYED_CA:
        ending_check(lint, where, one);
        break;
    default:
        break;
    }
}

static void client_check(cc_lint_t *lint, const char *where, const cc_surveyed_t *one)
{
    if (one->state == CC_SURVEYED_CA && one->like_client && !one->issues_cas) {
        cc_lint_add(lint, "CC0745", where,
                    "\"%s\" looks like the certificate of a client, but it is a CA among the CAs: "
                    "it may issue certificates with any name; if it is for one client, list its "
                    "key with ClientCertPinned instead",
                    one->name);
    }
}

/* ---- SSLVerifyDepth ------------------------------------------------------------------------ */

static const char *server_name(const cc_conf_view_t *view, apr_pool_t *p)
{
    const char *name = view->server->server_hostname;

    return name ? cc_text_escape(name, strlen(name), p) : "the server";
}

/* How many CAs may be above a client's certificate that this CA has issued. */
static int depth_of(const cc_surveyed_t *one, int verify_depth)
{
    return one->limit >= 0 ? one->limit : verify_depth;
}

/* The deepest one comes first; CAs of one depth are in no particular order. */
static bool is_before(const cc_surveyed_t *a, const cc_surveyed_t *b)
{
    return a->depth != b->depth ? a->depth > b->depth : strcmp(a->name, b->name) < 0;
}

/* At the directive of the CA, or for CAs of mod_ssl at SSLVerifyDepth, if that is set. */
static const char *place_of_depth(cc_lint_t *lint, const cc_conf_view_t *view,
                                  const cc_surveyed_t *one)
{
    const char *where = one->file ? NULL : place_of(lint, view, "SSLVerifyDepth", "");

    return where ? where : place_of_ca(lint, view, one);
}

static void depth_add(cc_lint_t *lint, const cc_conf_view_t *view, const cc_surveyed_t *deepest,
                      int depth)
{
    const char *where = place_of_depth(lint, view, deepest);

    if (where && deepest->limit >= 0) {
        cc_lint_add(
            lint, "CC0732", where,
            "certificates that \"%s\" issues need depth=%d, but these CAs have depth=%d, so "
            "they give no identity: set depth=%d",
            deepest->name, deepest->depth, depth, deepest->depth);
    } else if (where) {
        cc_lint_add(
            lint, "CC0732", where,
            "certificates that \"%s\" issues need SSLVerifyDepth %d, but %s has %d, so they "
            "give no identity: set \"SSLVerifyDepth %d\"",
            deepest->name, deepest->depth, server_name(view, lint->pool), depth, deepest->depth);
    }
}

static void depth_check(cc_lint_t *lint, const cc_conf_view_t *view,
                        const apr_array_header_t *survey)
{
    const char *words = cc_conf_view_value(view, "SSLVerifyDepth", lint->pool);
    int verify_depth = words ? atoi(words) : 1;
    const cc_surveyed_t *deepest = NULL;

    for (int i = 0; i < survey->nelts; i++) {
        const cc_surveyed_t *one = &APR_ARRAY_IDX(survey, i, cc_surveyed_t);

        /* A self-signed client certificate may be a CA by its form. It needs no depth. */
        if (one->state == CC_SURVEYED_CA && !one->root &&
            one->depth > depth_of(one, verify_depth) && (!deepest || is_before(one, deepest))) {
            deepest = one;
        }
    }
    if (deepest) {
        depth_add(lint, view, deepest, depth_of(deepest, verify_depth));
    }
}

/* ---- mod_ssl's own CRLs -------------------------------------------------------------------- */

/* SSLCARevocationCheck, as far as CRLs of CAs can be missing. */
typedef struct {
    const char *where;
    bool chain;
    bool may_miss;
} own_check_t;

/*
 * With "leaf", a root or a CA above another one may issue only CAs, whose certificates clients
 * send.
 */
static bool is_needed(const own_check_t *own, const cc_surveyed_t *one)
{
    return one->state == CC_SURVEYED_CA && (own->chain || (!one->root && !one->issues_cas));
}

static void own_crl_check(cc_lint_t *lint, const own_check_t *own, const cc_surveyed_t *one)
{
    if (!is_needed(own, one)) {
        return;
    }
    if (one->crl == CC_SURVEYED_NO_CRL && !own->may_miss) {
        cc_lint_add(lint, "CC0736", own->where,
                    "mod_ssl has no CRL of \"%s\", so no certificate that this CA issues gives an "
                    "identity: add the CRL to SSLCARevocationFile",
                    one->name);
    } else if (one->crl == CC_SURVEYED_CRL_EXPIRED) {
        cc_lint_add(lint, "CC0736", own->where,
                    "mod_ssl's CRL of \"%s\" expired on %s, so no certificate that this CA issues "
                    "gives an identity: fetch the current CRL and restart",
                    one->name, cc_moment_text(one->next_update, lint->pool));
    }
}

static void own_crls_check(cc_lint_t *lint, const cc_conf_view_t *view,
                           const apr_array_header_t *survey)
{
    const char *words = cc_conf_view_arguments(view, "SSLCARevocationCheck");
    own_check_t own = {.where = place_of(lint, view, "SSLCARevocationCheck", "")};
    const char *word;

    while (words && *(word = ap_getword_conf(lint->pool, &words))) {
        if (!strcasecmp(word, "none")) {
            return;
        }
        own.chain = own.chain || !strcasecmp(word, "chain");
        own.may_miss = own.may_miss || !strcasecmp(word, "no_crl_for_cert_ok");
    }
    for (int i = 0; own.where && i < survey->nelts; i++) {
        own_crl_check(lint, &own, &APR_ARRAY_IDX(survey, i, cc_surveyed_t));
    }
}

/* ---- the CA names that clients see --------------------------------------------------------- */

/*
 * It is usual to name only some of the CAs, or CAs below them. If all names are those of other CAs,
 * clients offer certificates that do not verify. With ClientCertCA, the names are those of its CAs.
 */
static void names_check(cc_lint_t *lint, const cc_conf_view_t *view, const cc_trust_t *trust)
{
    const char *file = cc_conf_view_value(view, "SSLCADNRequestFile", lint->pool);
    const char *path = file ? ap_server_root_relative(lint->pool, file) : NULL;

    if (path && trust && !specs_of(view) && !cc_conf_view_arguments(view, "SSLCADNRequestPath") &&
        !cc_trust_knows_any(trust, path, lint->pool)) {
        cc_lint_add(lint, "CC0735", place_of(lint, view, "SSLCADNRequestFile", ""),
                    "SSLCADNRequestFile names no CA that %s trusts, so the certificates "
                    "that clients choose give no identity: add the CAs to SSLCACertificateFile, or "
                    "correct this file",
                    server_name(view, lint->pool));
    }
}

/* ---- all virtual hosts --------------------------------------------------------------------- */

static void view_check(cc_lint_t *lint, const cc_conf_view_t *view)
{
    const cas_t *cas = cas_of(lint, view);

    for (int i = 0; i < cas->survey->nelts; i++) {
        const cc_surveyed_t *one = &APR_ARRAY_IDX(cas->survey, i, cc_surveyed_t);
        const char *where = place_of_ca(lint, view, one);

        if (where) {
            client_check(lint, where, one);
        }
        if (where && !is_watched(view, one)) {
            certificate_check(lint, where, one);
        }
    }
    depth_check(lint, view, cas->survey);
    if (view->tls == CC_TLS_ON) {
        own_crls_check(lint, view, cas->survey);
    }
    if (view->tls == CC_TLS_ON && view->verify_client != CC_VERIFY_NONE) {
        names_check(lint, view, cas->trust);
    }
}

void cc_lint_cas(cc_lint_t *lint)
{
    for (int i = 0; i < lint->views->nelts; i++) {
        const cc_conf_view_t *view = APR_ARRAY_IDX(lint->views, i, const cc_conf_view_t *);

        if (is_judged(view)) {
            view_check(lint, view);
        }
    }
}
