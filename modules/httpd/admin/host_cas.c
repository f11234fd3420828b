/* SPDX-License-Identifier: Apache-2.0 */
/* Collects the CAs that a virtual host trusts for clients, by its directives and their files. */
#include <stdlib.h>
#include <string.h>

#include <apr_hash.h>
#include <apr_strings.h>

#include "cert/cert.h"
#include "httpd/admin/host_cas.h"
#include "httpd/conf/directive.h"
#include "httpd/conf/judge.h"
#include "httpd/conf/ssl_cas.h"
#include "httpd/conf/vhost_conf.h"
#include "trust/trust.h"

/* ---- directives ------------------------------------------------------------------------------ */

static void where_add(apr_array_header_t *where, const cc_conf_view_t *view, const char *name)
{
    const ap_directive_t *directive = cc_conf_view_directive(view, name);

    if (directive) {
        APR_ARRAY_PUSH(where, const char *) = cc_directive_where(directive, where->pool);
    }
}

static cc_host_cas_by_t by_specs(const apr_array_header_t *specs, apr_pool_t *p)
{
    apr_array_header_t *where = apr_array_make(p, specs->nelts, sizeof(const char *));

    for (int i = 0; i < specs->nelts; i++) {
        APR_ARRAY_PUSH(where, const char *) = APR_ARRAY_IDX(specs, i, const cc_ca_spec_t *)->where;
    }
    return (cc_host_cas_by_t){apr_psprintf(p, "%pp", (const void *)specs), "ClientCertCA", where};
}

cc_host_cas_by_t cc_host_cas_by(const cc_conf_view_t *view, apr_pool_t *p)
{
    static const char file[] = "SSLCACertificateFile", folder[] = "SSLCACertificatePath";
    const apr_array_header_t *specs = cc_vhost_conf_of(view->server)->ca_specs;
    cc_trust_files_t files = cc_judge_files(view, p);
    apr_array_header_t *where = apr_array_make(p, 2, sizeof(const char *));
    const char *directive = files.ca_path ? folder : NULL;

    if (specs) {
        return by_specs(specs, p);
    }
    where_add(where, view, file);
    where_add(where, view, folder);
    return (cc_host_cas_by_t){
        apr_pstrcat(p, files.ca_file ? files.ca_file : "", "\n", files.ca_path, NULL),
        files.ca_file ? file : directive, where};
}

/* ---- a CA ------------------------------------------------------------------------------------ */

static cc_host_ca_t *ca_add(apr_array_header_t *cas, X509 *x509)
{
    cc_host_ca_t *ca = &APR_ARRAY_PUSH(cas, cc_host_ca_t);
    unsigned char spki_sha256[32];

    *ca = (cc_host_ca_t){.cert = cc_cert_wrap(x509, cas->pool)};
    cc_cert_digests(ca->cert, ca->sha256, spki_sha256);
    cc_ca_traits(&ca->traits, x509);
    ca->anchor = ca->traits.anchor;
    cc_cert_validity(ca->cert, &ca->not_before, &ca->not_after);
    return ca;
}

/* ---- ClientCertCA ---------------------------------------------------------------------------- */

static void group_add(apr_array_header_t *cas, const server_rec *s, const cc_ca_group_t *group)
{
    const char *domain = cc_ca_group_domain(group);

    for (int i = 0; i < cc_ca_count(group); i++) {
        const cc_ca_t *one = cc_ca_at(group, i);
        X509 *x509 = cc_ca_cert(one);

        if (x509) {
            const cc_ca_spec_t *spec = cc_ca_files_spec(s, domain, one->path, cas->pool);
            cc_host_ca_t *ca = ca_add(cas, x509);

            ca->file = one->path;
            ca->domain = domain;
            ca->where = spec ? spec->where : NULL;
            ca->anchor = ca->anchor || cc_ca_group_anchors_all(group);
        }
    }
}

/* The set is not followed, so it stays after cc_cas_leave. */
static void set_add(apr_array_header_t *cas, const server_rec *s, cc_cas_t *from)
{
    unsigned side;
    const cc_ca_set_t *set = cc_cas_enter(from, &side);

    for (int i = 0; i < cc_ca_groups(set); i++) {
        group_add(cas, s, cc_ca_group_at(set, i));
    }
    cc_cas_leave(from, side);
}

/* ---- mod_ssl's directives -------------------------------------------------------------------- */

/* The files of certificates, by the SHA-256 of each. */
static apr_hash_t *files_index(const cc_conf_view_t *view, apr_pool_t *p)
{
    const apr_array_header_t *paths = cc_ssl_ca_paths(view, p);
    apr_hash_t *index = apr_hash_make(p);

    for (int i = 0; i < paths->nelts; i++) {
        const char *path = APR_ARRAY_IDX(paths, i, const char *);
        STACK_OF(X509) *certs = cc_trust_certs(path, p);

        for (int j = 0; j < sk_X509_num(certs); j++) {
            unsigned char sha256[32], spki_sha256[32];

            cc_cert_digests(cc_cert_wrap(sk_X509_value(certs, j), p), sha256, spki_sha256);
            apr_hash_set(index, apr_pmemdup(p, sha256, sizeof(sha256)), sizeof(sha256), path);
        }
    }
    return index;
}

static const char *where_of(const cc_conf_view_t *view, const char *file, apr_pool_t *p)
{
    const char *path = cc_judge_files(view, p).ca_file;
    const char *name =
        path && !strcmp(path, file) ? "SSLCACertificateFile" : "SSLCACertificatePath";
    const ap_directive_t *directive = cc_conf_view_directive(view, name);

    return directive ? cc_directive_where(directive, p) : NULL;
}

/* Without CRLs and cipher suites, which do not determine the CAs. */
static apr_status_t ssl_cas_add(apr_array_header_t *cas, const cc_conf_view_t *view,
                                cc_admin_query_t *q)
{
    cc_trust_files_t all = cc_judge_files(view, q->pool);
    cc_trust_files_t files = {.ca_file = all.ca_file, .ca_path = all.ca_path, .depth = all.depth};
    apr_hash_t *index = files_index(view, q->pool);
    const apr_array_header_t *authorities;
    cc_trust_t *trust;

    if (cc_trust_load(&trust, &files, q->pool, &q->err) != APR_SUCCESS) {
        return APR_EINVAL;
    }
    authorities = cc_authorities_of_store(trust, q->pool);
    for (int i = 0; i < authorities->nelts; i++) {
        const cc_authority_t *one = APR_ARRAY_IDX(authorities, i, const cc_authority_t *);
        cc_host_ca_t *ca = ca_add(cas, one->cert);

        ca->file = apr_hash_get(index, one->sha256, sizeof(one->sha256));
        ca->where = ca->file ? where_of(view, ca->file, q->pool) : NULL;
    }
    return APR_SUCCESS;
}

/* ---- all ------------------------------------------------------------------------------------- */

static int compare(const void *left, const void *right)
{
    const cc_host_ca_t *a = left, *b = right;

    if (a->not_after != b->not_after) {
        return a->not_after < b->not_after ? -1 : 1;
    }
    return memcmp(a->sha256, b->sha256, sizeof(a->sha256));
}

apr_array_header_t *cc_host_cas(const cc_conf_view_t *view, cc_ca_files_t *files,
                                cc_admin_query_t *q)
{
    apr_array_header_t *cas = apr_array_make(q->pool, 8, sizeof(cc_host_ca_t));
    apr_status_t status;
    cc_cas_t *from;

    status = cc_ca_files_load(&from, files, view->server, &q->err);
    if (status == APR_SUCCESS && from) {
        set_add(cas, view->server, from);
    } else if (status == APR_SUCCESS) {
        status = ssl_cas_add(cas, view, q);
    }
    if (cas->nelts > 0) {
        qsort(cas->elts, (size_t)cas->nelts, sizeof(cc_host_ca_t), compare);
    }
    return status == APR_SUCCESS ? cas : NULL;
}
