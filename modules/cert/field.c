/* SPDX-License-Identifier: Apache-2.0 */
/* Finds fields by name, and computes their values and operands. */
#include <string.h>

#include <apr_cstr.h>
#include <apr_strings.h>

#include <openssl/err.h>
#include <openssl/objects.h>

#include "cert/distance.h"
#include "cert/registry.h"

const cc_field_t *cc_field_at(int i)
{
    const cc_field_row_t *row = cc_field_row_at(i);

    return row ? &row->field : NULL;
}

/* ---- by name -------------------------------------------------------------------------------- */

/* The part of the name after as many dots as the name of the family has. */
static const char *argument_of(const char *name, const char *family)
{
    for (; *family; family++) {
        if (*family == '.') {
            name += strcspn(name, ".");
            name += *name == '.';
        }
    }
    return name;
}

static bool row_fits(const cc_field_row_t *row, const char *name)
{
    return row->family ? apr_cstr_casecmpn(name, row->field.name, strlen(row->field.name)) == 0
                       : apr_cstr_casecmp(name, row->field.name) == 0;
}

/* Fills ref with the row, and with the argument if there is one. */
static apr_status_t ref_set(cc_fieldref_t *ref, const cc_field_row_t *row,
                            const ASN1_OBJECT *object, apr_pool_t *p)
{
    ref->field = &row->field;
    ref->object = object;
    ref->of = CC_FIELD_OF_CLIENT;
    ref->oid = object ? cc_oid_dotted(object, p) : NULL;
    return object && !ref->oid ? APR_EINVAL : APR_SUCCESS;
}

static apr_status_t find(cc_fieldref_t *ref, const char *name, apr_pool_t *p, cc_error_t *err);

/* The legal name that is most like another one. */
typedef struct {
    const char *name;
    const char *like; /* NULL: none is, or several are as much like it */
    int distance;
    apr_pool_t *pool;
} nearest_t;

/* `family`: the name ends with a dot, and the argument of the other name follows it. */
static void nearest_try(nearest_t *nearest, const char *like, bool family)
{
    cc_fieldref_t ref;
    int distance;

    if (family) {
        like = apr_pstrcat(nearest->pool, like, argument_of(nearest->name, like), NULL);
    }
    distance = cc_name_distance(nearest->name, like);
    if (distance <= nearest->distance && distance > 0 &&
        find(&ref, like, nearest->pool, NULL) == APR_SUCCESS) {
        nearest->like = distance < nearest->distance ? like : NULL;
        nearest->distance = distance;
    }
}

static const char *nearest_of(const char *name, apr_pool_t *p)
{
    nearest_t nearest = {name, NULL, cc_name_tolerance(name) + 1, p};

    for (int i = 0; cc_field_at(i); i++) {
        nearest_try(&nearest, cc_field_at(i)->name, cc_field_at(i)->argument != NULL);
    }
    for (int i = 0; cc_field_prefix_at(i); i++) {
        nearest_try(&nearest, cc_field_prefix_at(i)->name, true);
    }
    return nearest.like;
}

static apr_status_t not_found(const char *name, apr_pool_t *p, cc_error_t *err)
{
    const char *alias = cc_field_alias(name, p);
    const char *near = alias ? NULL : nearest_of(name, p);

    if (alias) {
        return cc_error_set(err, p, "CC0201", name, "no such field; its name here is %s", alias);
    }
    if (cc_field_of_word(name)) {
        return cc_error_set(err, p, "CC0289", name,
                            "this is not a field; write the field of a CA's certificate behind "
                            "it, such as %s.subject, %s.sha256 or %s.pem",
                            name, name, name);
    }
    if (near) {
        return cc_error_set(err, p, "CC0201", name, "no such field; the nearest is %s",
                            cc_text_escape(near, strlen(near), p));
    }
    return cc_error_set(err, p, "CC0201", name,
                        "no such field; \"clientcert fields\" prints the names of all");
}

/* A field of a CA: `rest` is what follows the prefix. */
static apr_status_t find_of_ca(cc_fieldref_t *ref, cc_field_of_t of, const char *rest,
                               apr_pool_t *p, cc_error_t *err)
{
    apr_status_t status = find(ref, rest, p, err);

    if (status != APR_SUCCESS) {
        return status;
    }
    if (ref->of != CC_FIELD_OF_CLIENT || cc_row_of(ref)->extract == cc_fact_extract) {
        return cc_error_set(err, p, "CC0288", rest,
                            "a CA has no such field; behind %s, write a field of a certificate "
                            "itself, such as subject or sha256",
                            cc_field_prefix_at((int)of - 1)->name);
    }
    ref->of = of;
    return APR_SUCCESS;
}

static apr_status_t find(cc_fieldref_t *ref, const char *name, apr_pool_t *p, cc_error_t *err)
{
    const char *rest;
    cc_field_of_t of = cc_field_of(name, &rest);

    for (int i = 0; cc_field_row_at(i); i++) {
        const cc_field_row_t *row = cc_field_row_at(i);
        const ASN1_OBJECT *object = NULL;

        if (!row_fits(row, name)) {
            continue;
        }
        if (row->family) {
            object = row->family->find(name + strlen(row->field.name), p, err);
            if (!object) {
                return APR_EINVAL;
            }
        }
        if (ref_set(ref, row, object, p) == APR_SUCCESS) {
            return APR_SUCCESS;
        }
    }
    if (of != CC_FIELD_OF_CLIENT && *rest) {
        return find_of_ca(ref, of, rest, p, err);
    }
    return err ? not_found(name, p, err) : APR_EINVAL;
}

apr_status_t cc_field_find(cc_fieldref_t *ref, const char *name, apr_pool_t *p, cc_error_t *err)
{
    apr_status_t status = APR_SUCCESS;

    ERR_set_mark();
    status = find(ref, name, p, err);
    ERR_pop_to_mark();
    return status;
}

const char *cc_field_name(const cc_fieldref_t *ref, apr_pool_t *p)
{
    const cc_field_family_t *family = cc_row_of(ref)->family;
    const char *argument = family ? family->label(ref->object, p) : "";

    if (ref->of != CC_FIELD_OF_CLIENT) {
        return apr_pstrcat(p, cc_field_prefix_at((int)ref->of - 1)->name, ref->field->name,
                           argument, NULL);
    }
    return family ? apr_pstrcat(p, ref->field->name, argument, NULL) : ref->field->name;
}

bool cc_field_of_tls(const cc_fieldref_t *ref)
{
    const cc_field_row_t *row = cc_row_of(ref);

    return row->extract == cc_fact_extract && cc_fact_of_tls((cc_fact_t)row->variant);
}

bool cc_field_of_certificate(const cc_fieldref_t *ref)
{
    return ref->of == CC_FIELD_OF_CLIENT && !ref->field->changes &&
           cc_row_of(ref)->extract != cc_fact_extract;
}

bool cc_field_is_address(const cc_fieldref_t *ref)
{
    cc_operand_fn *operand = cc_row_of(ref)->operand;

    return operand == cc_operand_ip || operand == cc_operand_proxy;
}

apr_size_t cc_field_digest_digits(const cc_fieldref_t *ref)
{
    cc_operand_fn *operand = cc_row_of(ref)->operand;

    return operand == cc_operand_sha256   ? 64
           : operand == cc_operand_sha384 ? 96
           : operand == cc_operand_sha512 ? 128
           : operand == cc_operand_sha1   ? 40
                                          : 0;
}

bool cc_field_same(const cc_fieldref_t *a, const cc_fieldref_t *b)
{
    return a->field == b->field && a->of == b->of && (!a->oid || strcmp(a->oid, b->oid) == 0);
}

bool cc_field_is(const cc_fieldref_t *ref, const char *name)
{
    return ref->of == CC_FIELD_OF_CLIENT && strcmp(ref->field->name, name) == 0;
}

bool cc_field_many(const cc_fieldref_t *ref)
{
    return ref->field->many || ref->of == CC_FIELD_OF_CHAIN;
}

/* ---- values --------------------------------------------------------------------------------- */

apr_status_t cc_field_operand(cc_value_t *value, const cc_fieldref_t *ref, const char *text,
                              apr_pool_t *p, cc_error_t *err)
{
    const cc_field_row_t *row = cc_row_of(ref);
    apr_status_t status = APR_SUCCESS;

    ERR_set_mark();
    status = row->operand(value, text, row->variant, p, err);
    ERR_pop_to_mark();
    return status;
}

apr_status_t cc_type_operand(cc_value_t *value, cc_type_t type, const char *text, apr_pool_t *p,
                             cc_error_t *err)
{
    static cc_operand_fn *const operands[] = {
        [CC_TYPE_TEXT] = cc_operand_text,     [CC_TYPE_DN] = cc_operand_name,
        [CC_TYPE_NUMBER] = cc_operand_number, [CC_TYPE_TIME] = cc_operand_time,
        [CC_TYPE_OCTETS] = cc_operand_octets, [CC_TYPE_DER] = cc_operand_octets,
    };
    apr_status_t status = APR_SUCCESS;

    ERR_set_mark();
    status = operands[type](value, text, 0, p, err);
    ERR_pop_to_mark();
    return status;
}

/* What a certificate for which no CA vouches says of itself proves nothing. */
static bool is_unproven(const cc_fieldref_t *ref, const cc_facts_t *facts)
{
    return facts->pinned && (!cc_row_of(ref)->of_key || ref->of != CC_FIELD_OF_CLIENT);
}

#define UNPROVEN "the certificate is pinned by its key, and no CA vouches for this value"

/* OpenSSL's error queue is not changed: mod_ssl reads its own errors from it. */
cc_values_t cc_field_values(const cc_fieldref_t *ref, const cc_cert_t *cert,
                            const cc_facts_t *facts, apr_pool_t *p)
{
    const cc_field_row_t *row = cc_row_of(ref);
    cc_extraction_t source = {cert->x509, facts, ref->object, row->variant, p, NULL};
    cc_values_t values;

    if (is_unproven(ref, facts)) {
        return cc_values_unusable(UNPROVEN, NULL, 0, p);
    }
    ERR_set_mark();
    values =
        ref->of == CC_FIELD_OF_CLIENT ? row->extract(&source) : cc_path_values(ref, cert, facts, p);
    ERR_pop_to_mark();
    return values;
}

const cc_value_t *cc_cert_value(const cc_cert_t *cert, const char *field, apr_pool_t *p)
{
    static const cc_facts_t unknown = {0};
    cc_fieldref_t ref;
    cc_values_t values;

    if (cc_field_find(&ref, field, p, NULL) != APR_SUCCESS) {
        return NULL;
    }
    values = cc_field_values(&ref, cert, &unknown, p);
    return values.count > 0 ? values.at : NULL;
}

apr_time_t cc_field_stale_at(const cc_fieldref_t *ref, const cc_cert_t *cert,
                             const cc_facts_t *facts)
{
    apr_time_t earliest = APR_INT64_MAX;

    if (!ref->field->changes) {
        return APR_INT64_MAX;
    }
    if (ref->of == CC_FIELD_OF_CLIENT) {
        return cc_days_left_stale_at(cert->x509, facts->now);
    }
    for (int i = 0; facts->path && i < facts->path->count; i++) { /* all, whichever is meant */
        const cc_cert_t *ca = facts->path->at[i].cert;
        apr_time_t at = ca ? cc_days_left_stale_at(ca->x509, facts->now) : APR_INT64_MAX;

        earliest = at < earliest ? at : earliest;
    }
    return earliest;
}

/* ---- all of them ---------------------------------------------------------------------------- */

/* The function that receives the fields of cc_field_each, and its baton. */
typedef struct {
    const cc_cert_t *cert;
    const cc_facts_t *facts;
    cc_field_each_fn *each;
    void *baton;
    apr_pool_t *pool;
} visit_t;

static void visit_one(const visit_t *v, const char *name, const cc_fieldref_t *ref)
{
    cc_values_t values = cc_field_values(ref, v->cert, v->facts, v->pool);

    if (values.count) {
        v->each(name, ref, values, v->baton);
    }
}

static bool is_repeat(const apr_array_header_t *objects, int i)
{
    for (int j = 0; j < i; j++) {
        if (OBJ_cmp(APR_ARRAY_IDX(objects, i, const ASN1_OBJECT *),
                    APR_ARRAY_IDX(objects, j, const ASN1_OBJECT *)) == 0) {
            return true;
        }
    }
    return false;
}

/* Each member reads its extension again, so a certificate with thousands of them would take long.
 */
static void visit_family(const visit_t *v, const cc_field_row_t *row)
{
    int left = CC_FIELD_MEMBERS_MAX;
    cc_extraction_t source = {v->cert->x509, v->facts, NULL, row->variant, v->pool, NULL};
    apr_array_header_t *objects = apr_array_make(v->pool, 8, sizeof(const ASN1_OBJECT *));

    ERR_set_mark();
    row->family->list(&source, objects);
    ERR_pop_to_mark();
    for (int i = 0; i < objects->nelts && left > 0; i++) {
        const ASN1_OBJECT *object = APR_ARRAY_IDX(objects, i, const ASN1_OBJECT *);
        cc_fieldref_t ref;

        if (!is_repeat(objects, i) && ref_set(&ref, row, object, v->pool) == APR_SUCCESS) {
            visit_one(v, cc_field_name(&ref, v->pool), &ref);
            left--;
        }
    }
}

void cc_field_each(const cc_cert_t *cert, const cc_facts_t *facts, cc_field_each_fn *each,
                   void *baton, apr_pool_t *p)
{
    visit_t visit = {cert, facts, each, baton, p};

    for (int i = 0; cc_field_row_at(i); i++) {
        const cc_field_row_t *row = cc_field_row_at(i);
        cc_fieldref_t ref;

        if (facts->pinned && !row->of_key) {
            continue;
        }
        if (row->family) {
            visit_family(&visit, row);
        } else {
            ref_set(&ref, row, NULL, p);
            visit_one(&visit, row->field.name, &ref);
        }
    }
}
