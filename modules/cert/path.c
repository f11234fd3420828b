/* SPDX-License-Identifier: Apache-2.0 */
/* Computes fields of the CAs above the certificate: ca.FIELD, root.FIELD and chain.FIELD. */
#include <string.h>

#include <apr_cstr.h>
#include <apr_tables.h>

#include "cert/registry.h"

/* In the order of cc_field_of_t, from CC_FIELD_OF_CA on. */
static const cc_field_prefix_t prefixes[] = {
    {"ca.", false, "Field `X` of the CA that issued the certificate, in the verified path.",
     "ca.subject == \"CN=Staff CA,O=Example\""},
    {"root.", false, "Field `X` of the last CA of the verified path: the root.",
     "root.subject.CN == \"Example Root CA\""},
    {"chain.", true,
     "Field `X` of each CA of the verified path, from the issuer of the certificate to the root.",
     "chain.sha256 == e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
};

#define PREFIXES (int)(sizeof(prefixes) / sizeof(prefixes[0]))

const cc_field_prefix_t *cc_field_prefix_at(int i)
{
    return i >= 0 && i < PREFIXES ? &prefixes[i] : NULL;
}

cc_field_of_t cc_field_of(const char *name, const char **rest)
{
    for (int i = 0; i < PREFIXES; i++) {
        size_t len = strlen(prefixes[i].name);

        if (apr_cstr_casecmpn(name, prefixes[i].name, len) == 0) {
            *rest = name + len;
            return (cc_field_of_t)(CC_FIELD_OF_CA + i);
        }
    }
    *rest = name;
    return CC_FIELD_OF_CLIENT;
}

bool cc_field_of_word(const char *name)
{
    for (int i = 0; i < PREFIXES; i++) {
        size_t len = strlen(prefixes[i].name) - 1;

        if (strlen(name) == len && apr_cstr_casecmpn(name, prefixes[i].name, len) == 0) {
            return true;
        }
    }
    return false;
}

/* ---- what is known ------------------------------------------------------------------------- */

static bool is_sha256(const cc_field_row_t *row)
{
    return row->extract == cc_digest_extract && row->variant == CC_DIGEST_SHA256;
}

static bool is_spki_sha256(const cc_field_row_t *row)
{
    return row->extract == cc_spki_extract && row->variant == CC_DIGEST_SHA256;
}

/* The issuer's subject is the name that the client's certificate has as its issuer. */
static bool is_in_client(const cc_fieldref_t *ref)
{
    const cc_field_row_t *row = cc_row_of(ref);

    return ref->of == CC_FIELD_OF_CA && row->variant == CC_OF_SUBJECT &&
           (row->extract == cc_name_extract || row->extract == cc_attribute_extract);
}

cc_path_need_t cc_field_path_need(const cc_fieldref_t *ref)
{
    const cc_field_row_t *row = cc_row_of(ref);

    if (ref->of == CC_FIELD_OF_CLIENT || is_in_client(ref)) {
        return CC_PATH_UNUSED;
    }
    return is_sha256(row) || is_spki_sha256(row) ? CC_PATH_DIGESTS : CC_PATH_CERTS;
}

void cc_facts_take_path(cc_facts_t *facts, const cc_path_t *path)
{
    bool known = path && path->count > 0;

    facts->path = path;
    facts->ca_sha256 = known ? path->at[0].sha256 : NULL;
    facts->ca_spki_sha256 = known ? path->at[0].spki_sha256 : NULL;
}

/* ---- values -------------------------------------------------------------------------------- */

#define NOT_AT_HAND "the certificate of this CA is not at hand"
#define NOT_KNOWN "the CAs up to the root are not known"

cc_values_t cc_ca_not_at_hand(apr_pool_t *p)
{
    return cc_values_unusable(NOT_AT_HAND, NULL, 0, p);
}

static cc_values_t extract(const cc_fieldref_t *ref, const cc_cert_t *cert, int variant,
                           const cc_facts_t *facts, apr_pool_t *p)
{
    cc_extraction_t source = {
        .x509 = cert->x509, .facts = facts, .object = ref->object, .variant = variant, .pool = p};

    return cc_row_of(ref)->extract(&source);
}

static cc_values_t values_of_ca(const cc_fieldref_t *ref, const cc_path_ca_t *ca,
                                const cc_facts_t *facts, apr_pool_t *p)
{
    const cc_field_row_t *row = cc_row_of(ref);

    if (is_sha256(row)) {
        return cc_values_one(cc_value_octets(ca->sha256, sizeof(ca->sha256), p), p);
    }
    if (is_spki_sha256(row)) {
        return cc_values_one(cc_value_octets(ca->spki_sha256, sizeof(ca->spki_sha256), p), p);
    }
    return ca->cert ? extract(ref, ca->cert, row->variant, facts, p)
                    : cc_values_unusable(NOT_AT_HAND, NULL, 0, p);
}

static void values_push(apr_array_header_t *all, cc_values_t values)
{
    for (int i = 0; i < values.count; i++) {
        APR_ARRAY_PUSH(all, cc_value_t) = values.at[i];
    }
}

static cc_values_t values_of_chain(const cc_fieldref_t *ref, const cc_path_t *path,
                                   const cc_facts_t *facts, apr_pool_t *p)
{
    apr_array_header_t *all = apr_array_make(p, path->count + 1, sizeof(cc_value_t));

    for (int i = 0; i < path->count; i++) {
        values_push(all, values_of_ca(ref, &path->at[i], facts, p));
    }
    if (!path->whole) {
        values_push(all, cc_values_unusable(NOT_KNOWN, NULL, 0, p));
    }
    return cc_values_of(all);
}

cc_values_t cc_path_values(const cc_fieldref_t *ref, const cc_cert_t *cert, const cc_facts_t *facts,
                           apr_pool_t *p)
{
    const cc_path_t *path = facts->path;

    if (!facts->ca_sha256 && !path) {
        return cc_values_none();
    }
    if (is_in_client(ref)) {
        return extract(ref, cert, CC_OF_ISSUER, facts, p);
    }
    if (!path || path->count == 0) {
        return cc_values_unusable(ref->of == CC_FIELD_OF_CA ? NOT_AT_HAND : NOT_KNOWN, NULL, 0, p);
    }
    if (ref->of == CC_FIELD_OF_CHAIN) {
        return values_of_chain(ref, path, facts, p);
    }
    if (ref->of == CC_FIELD_OF_CA) {
        return values_of_ca(ref, &path->at[0], facts, p);
    }
    return path->whole ? values_of_ca(ref, &path->at[path->count - 1], facts, p)
                       : cc_values_unusable(NOT_KNOWN, NULL, 0, p);
}
