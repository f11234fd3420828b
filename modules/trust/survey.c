/* SPDX-License-Identifier: Apache-2.0 */
/* Finds which certificates of a store can be above a client's certificate, and why others cannot.
 */
#include <string.h>

#include <apr_strings.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "base/text.h"
#include "cert/cert.h"
#include "trust/internal.h"
#include "trust/survey.h"

/* The state of a survey. Keys of the indexes are names, and digests of keys. */
typedef struct {
    const cc_trust_t *trust;
    const apr_array_header_t *authorities; /* of cc_authority_t * */
    apr_hash_t *valid;                     /* the names of CAs that are valid now */
    apr_hash_t *ends;                      /* names to the last notAfter of CAs: apr_time_t */
    apr_hash_t *verified;                  /* the keys of CAs that verify */
    apr_hash_t *parents;                   /* the keys of CAs that have issued another one */
    apr_time_t now;
    apr_pool_t *pool;
} survey_t;

#define KEY_LEN 32

const char *cc_trust_name_text(X509 *cert, const char *field, apr_pool_t *p)
{
    const cc_value_t *name = cert ? cc_cert_value(cc_cert_wrap(cert, p), field, p) : NULL;

    if (!cert) {
        return "(unknown)";
    }
    return name ? cc_text_escape(name->text, name->len, p) : "(empty)";
}

static const char *subject_of(X509 *cert, apr_pool_t *p)
{
    const cc_value_t *subject = cc_cert_value(cc_cert_wrap(cert, p), "subject", p);

    return subject && !subject->unusable ? subject->text : NULL;
}

static bool is_ca(const cc_authority_t *authority)
{
    return X509_check_ca(authority->cert) != 0;
}

/* ---- indexes --------------------------------------------------------------------------------- */

static void end_note(survey_t *survey, const cc_authority_t *ca)
{
    const char *name = cc_trust_name_text(ca->cert, "subject", survey->pool);
    apr_time_t *last = apr_hash_get(survey->ends, name, APR_HASH_KEY_STRING);
    apr_time_t not_before, not_after;

    cc_cert_validity(cc_cert_wrap(ca->cert, survey->pool), &not_before, &not_after);
    if (!last) {
        last = apr_palloc(survey->pool, sizeof(*last));
        *last = not_after;
        apr_hash_set(survey->ends, name, APR_HASH_KEY_STRING, last);
    } else if (not_after > *last) {
        *last = not_after;
    }
}

static void authority_index(survey_t *survey, const cc_authority_t *ca)
{
    if (is_ca(ca)) {
        end_note(survey, ca);
    }
    if (is_ca(ca) && cc_trust_dates(ca->cert, survey->now) == CC_TRUST_OK) {
        apr_hash_set(survey->valid, cc_trust_name_text(ca->cert, "subject", survey->pool),
                     APR_HASH_KEY_STRING, "");
    }
    if (ca->verified && is_ca(ca)) {
        apr_hash_set(survey->verified, ca->spki_sha256, KEY_LEN, "");
    }
    if (ca->verified && is_ca(ca) && !ca->anchor) {
        apr_hash_set(survey->parents, ca->parent_spki_sha256, KEY_LEN, "");
    }
}

/* ---- CRLs ------------------------------------------------------------------------------------ */

/* Notes a CRL, unless it is older than one that was noted before. */
static void crl_note(cc_surveyed_t *one, const X509_CRL *crl, apr_time_t now)
{
    const ASN1_TIME *end = X509_CRL_get0_nextUpdate(crl);
    apr_int64_t seconds = 0;
    apr_time_t next =
        end && cc_cert_time_read(&seconds, end) ? apr_time_from_sec(seconds) : APR_INT64_MAX;

    if (next >= now) {
        one->crl = CC_SURVEYED_CRL;
    } else if (one->crl != CC_SURVEYED_CRL) {
        one->crl = CC_SURVEYED_CRL_EXPIRED;
        one->next_update = next > one->next_update ? next : one->next_update;
    }
}

/* Looks them up by the name of the CA, as OpenSSL does when it verifies a certificate. */
static void crls_find(cc_surveyed_t *one, const survey_t *survey, const cc_authority_t *ca)
{
    X509_STORE_CTX *ctx = X509_STORE_CTX_new();
    STACK_OF(X509_CRL) *crls = NULL;

    ERR_set_mark();
    if (ctx && X509_STORE_CTX_init(ctx, survey->trust->store, NULL, NULL)) {
        crls = X509_STORE_CTX_get1_crls(ctx, X509_get_subject_name(ca->cert));
    }
    for (int i = 0; i < sk_X509_CRL_num(crls); i++) {
        crl_note(one, sk_X509_CRL_value(crls, i), survey->now);
    }
    sk_X509_CRL_pop_free(crls, X509_CRL_free);
    X509_STORE_CTX_free(ctx);
    ERR_pop_to_mark();
}

/* ---- where it is from ------------------------------------------------------------------------ */

static bool group_take(cc_surveyed_t *one, const cc_ca_group_t *group, const X509 *cert,
                       apr_pool_t *p)
{
    const cc_ca_t *ca = cc_ca_of_cert(group, cert);

    if (ca) {
        one->file = apr_pstrdup(p, ca->path);
        one->domain = apr_pstrdup(p, cc_ca_group_domain(group));
        one->limit = cc_ca_group_depth(group);
    }
    return ca != NULL;
}

static void source_find(cc_surveyed_t *one, const survey_t *survey, const X509 *cert)
{
    cc_cas_t *cas = survey->trust->cas;
    const cc_ca_set_t *set;
    unsigned side;
    bool found = false;

    one->limit = -1;
    if (cas) {
        set = cc_cas_enter(cas, &side);
        for (int i = 0; i < cc_ca_groups(set) && !found; i++) {
            found = group_take(one, cc_ca_group_at(set, i), cert, survey->pool);
        }
        cc_cas_leave(cas, side);
    }
}

/* ---- a certificate --------------------------------------------------------------------------- */

static bool lacks_issuer(const cc_authority_t *ca)
{
    return ca->error_depth == 0 && (ca->error == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT ||
                                    ca->error == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY);
}

/* A certificate that is not a CA, and verifies by itself, is trusted as a client's. */
static cc_surveyed_state_t state_of(const survey_t *survey, const cc_authority_t *one,
                                    const char *name)
{
    cc_trust_state_t dates = cc_trust_dates(one->cert, survey->now);

    if (!is_ca(one)) {
        return (one->verified && one->anchor) || dates != CC_TRUST_OK ? CC_SURVEYED_OTHER
                                                                      : CC_SURVEYED_NOT_CA;
    }
    if (one->verified) {
        return CC_SURVEYED_CA;
    }
    if (dates != CC_TRUST_OK && !apr_hash_get(survey->valid, name, APR_HASH_KEY_STRING)) {
        return dates == CC_TRUST_EXPIRED ? CC_SURVEYED_EXPIRED : CC_SURVEYED_NOT_YET;
    }
    return dates == CC_TRUST_OK && lacks_issuer(one) &&
                   !apr_hash_get(survey->verified, one->spki_sha256, KEY_LEN)
               ? CC_SURVEYED_NO_ISSUER
               : CC_SURVEYED_OTHER;
}

/* True if a certificate has an email address or a DNS name among its alternative names. */
static bool has_address(X509 *cert)
{
    GENERAL_NAMES *names = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
    bool has = false;

    for (int i = 0; i < sk_GENERAL_NAME_num(names) && !has; i++) {
        int type = sk_GENERAL_NAME_value(names, i)->type;

        has = type == GEN_EMAIL || type == GEN_DNS;
    }
    GENERAL_NAMES_free(names);
    return has;
}

/* "openssl req -x509" makes such a certificate if it is asked for one of a client. */
static bool looks_like_client(X509 *cert, apr_pool_t *p)
{
    bool is_for_clients = X509_get_extension_flags(cert) & EXFLAG_XKUSAGE &&
                          X509_get_extended_key_usage(cert) & XKU_SSL_CLIENT;

    return X509_self_signed(cert, 0) == 1 && (is_for_clients || has_address(cert)) &&
           cc_cert_not_client_itself(cc_cert_wrap(cert, p)) == NULL;
}

static void certificate_survey(cc_surveyed_t *one, const survey_t *survey,
                               const cc_authority_t *authority)
{
    X509 *cert = authority->cert;
    apr_time_t not_before, not_after;

    cc_cert_validity(cc_cert_wrap(cert, survey->pool), &not_before, &not_after);
    *one = (cc_surveyed_t){.name = cc_trust_name_text(cert, "subject", survey->pool),
                           .issuer = cc_trust_name_text(cert, "issuer", survey->pool),
                           .subject = subject_of(cert, survey->pool)};
    source_find(one, survey, cert);
    one->state = state_of(survey, authority, one->name);
    one->date = one->state == CC_SURVEYED_NOT_YET ? not_before : not_after;
    if (one->state == CC_SURVEYED_CA) {
        const apr_time_t *last = apr_hash_get(survey->ends, one->name, APR_HASH_KEY_STRING);

        one->ends_soon =
            cc_ca_ends_soon(not_before, not_after, survey->now) && last && *last == not_after;
        one->depth = authority->above + 1;
        one->root = authority->anchor;
        one->like_client = looks_like_client(cert, survey->pool);
        one->issues_cas = apr_hash_get(survey->parents, authority->spki_sha256, KEY_LEN) != NULL;
        crls_find(one, survey, authority);
    }
}

apr_array_header_t *cc_trust_survey(const cc_trust_t *trust, apr_time_t now, apr_pool_t *p)
{
    survey_t survey = {.trust = trust,
                       .authorities = cc_authorities_of_store(trust, p),
                       .valid = apr_hash_make(p),
                       .ends = apr_hash_make(p),
                       .verified = apr_hash_make(p),
                       .parents = apr_hash_make(p),
                       .now = now,
                       .pool = p};
    int count = survey.authorities->nelts;
    apr_array_header_t *all = apr_array_make(p, count, sizeof(cc_surveyed_t));

    for (int i = 0; i < count; i++) {
        authority_index(&survey, APR_ARRAY_IDX(survey.authorities, i, const cc_authority_t *));
    }
    for (int i = 0; i < count; i++) {
        certificate_survey(&APR_ARRAY_PUSH(all, cc_surveyed_t), &survey,
                           APR_ARRAY_IDX(survey.authorities, i, const cc_authority_t *));
    }
    return all;
}

/* ---- certificates of another file ------------------------------------------------------------ */

/* OpenSSL finds no trusted issuer. */
static bool is_foreign(int error)
{
    return error == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT ||
           error == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY ||
           error == X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE ||
           error == X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT ||
           error == X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN;
}

/* `group` is that of the set that is followed; NULL: the store decides. */
static bool is_known_in(const cc_ca_group_t *group, const cc_trust_t *trust, X509 *cert,
                        STACK_OF(X509) * untrusted)
{
    X509_STORE_CTX *ctx = X509_STORE_CTX_new();
    cc_trusted_t trusted = {.cas = trust->cas, .group = group};
    STACK_OF(X509) *named = NULL, *certs = NULL;
    bool known = true;

    if (ctx && X509_STORE_CTX_init(ctx, trust->store, cert, untrusted)) {
        named = cc_trusted_named(&trusted, ctx, X509_get_subject_name(cert));
        certs = group ? cc_trusted_group(ctx, group) : NULL;
        known = sk_X509_num(named) > 0 || X509_verify_cert(ctx) > 0 ||
                !is_foreign(X509_STORE_CTX_get_error(ctx));
    }
    sk_X509_pop_free(named, X509_free);
    X509_STORE_CTX_free(ctx);
    sk_X509_free(certs);
    return known;
}

static bool is_known(const cc_trust_t *trust, X509 *cert, STACK_OF(X509) * untrusted)
{
    const cc_ca_set_t *set;
    bool known = false;
    unsigned side;

    if (!trust->cas) {
        return is_known_in(NULL, trust, cert, untrusted);
    }
    set = cc_cas_enter(trust->cas, &side);
    for (int i = 0; i < cc_ca_groups(set) && !known; i++) {
        known = is_known_in(cc_ca_group_at(set, i), trust, cert, untrusted);
    }
    cc_cas_leave(trust->cas, side);
    return known;
}

bool cc_trust_knows_any(const cc_trust_t *trust, const char *path, apr_pool_t *p)
{
    STACK_OF(X509) *certs = cc_trust_certs(path, p);
    bool known = sk_X509_num(certs) <= 0;

    ERR_set_mark();
    for (int i = 0; i < sk_X509_num(certs) && !known; i++) {
        known = is_known(trust, sk_X509_value(certs, i), certs);
    }
    ERR_pop_to_mark();
    return known;
}
