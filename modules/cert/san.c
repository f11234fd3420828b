/* SPDX-License-Identifier: Apache-2.0 */
/* Extracts subject alternative names (RFC 5280 4.2.1.6), and the SID extension built like them. */
#include <string.h>

#include <apr_strings.h>

#include <openssl/objects.h>

#include "cert/internal.h"

/* The type of GeneralName that a field extracts. */
static int name_type(int variant)
{
    static const int types[] = {
        [CC_SAN_EMAIL] = GEN_EMAIL,
        [CC_SAN_DNS] = GEN_DNS,
        [CC_SAN_URI] = GEN_URI,
        [CC_SAN_IP] = GEN_IPADD,
        [CC_SAN_DIRNAME] = GEN_DIRNAME,
        [CC_SAN_DIRNAME_ATTRIBUTE] = GEN_DIRNAME,
        [CC_SAN_RID] = GEN_RID,
        [CC_SAN_UPN] = GEN_OTHERNAME,
        [CC_SAN_KRB5] = GEN_OTHERNAME,
        [CC_SAN_FASCN] = GEN_OTHERNAME,
        [CC_SAN_FASCN_IDENTIFIER] = GEN_OTHERNAME,
        [CC_SAN_HARDWARE] = GEN_OTHERNAME,
        [CC_SAN_PERMANENT] = GEN_OTHERNAME,
        [CC_SAN_OTHER] = GEN_OTHERNAME,
        [CC_SAN_DER] = GEN_OTHERNAME,
    };

    return types[variant];
}

/* ---- one name ---------------------------------------------------------------------------- */

/* Octets that are still to be read. */
typedef struct walk_t {
    const unsigned char *at;
    const unsigned char *end;
} walk_t;

/* The tag at `walk->at`, with its contents in *in; -1 if there is no valid DER. */
static int tag_read(const walk_t *walk, int class, walk_t *in)
{
    const unsigned char *at = walk->at;
    long len = 0;
    int tag = -1;
    int found = -1;
    int flags = ASN1_get_object(&at, &len, &tag, &found, walk->end - walk->at);

    if ((flags & ~V_ASN1_CONSTRUCTED) != 0 || found != class) {
        return -1;
    }
    in->at = at;
    in->end = at + len;
    return tag;
}

/* A name of the sequence: its tag, the octets from its tag on, and those after tag and length. */
typedef struct general_name_t {
    int tag;
    const unsigned char *start;
    walk_t in;
} general_name_t;

/*
 * Only the type is read, so the names that other fields have cost no memory. A name without a type
 * is wanted: it makes the field unusable.
 */
static bool is_wanted_othername(const walk_t *othername, const cc_extraction_t *s)
{
    walk_t type;

    return tag_read(othername, V_ASN1_UNIVERSAL, &type) != V_ASN1_OBJECT ||
           cc_othername_belongs(type.at, (apr_size_t)(type.end - type.at), s);
}

static bool is_wanted(const general_name_t *name, const cc_extraction_t *s)
{
    if (name->tag == GEN_OTHERNAME &&
        (s->variant == CC_SAN_EMAIL || name_type(s->variant) == GEN_OTHERNAME)) {
        return is_wanted_othername(&name->in, s);
    }
    return name->tag == name_type(s->variant);
}

/* The value of an otherName as it is encoded: type, [0] { value }. */
static cc_value_t othername_der(const general_name_t *name, apr_pool_t *p)
{
    walk_t type, value = {0}, rest = name->in;

    if (tag_read(&rest, V_ASN1_UNIVERSAL, &type) == V_ASN1_OBJECT) {
        rest.at = type.end;
        tag_read(&rest, V_ASN1_CONTEXT_SPECIFIC, &value);
    }
    return value.at ? cc_value_octets(value.at, (apr_size_t)(value.end - value.at), p)
                    : cc_value_unusable("it cannot be decoded", NULL, 0, p);
}

/* Adds what a decoded name has for the field. */
static void decoded_add(apr_array_header_t *list, const GENERAL_NAME *decoded,
                        const general_name_t *name, const cc_extraction_t *s)
{
    if (s->variant == CC_SAN_DIRNAME_ATTRIBUTE) {
        cc_attributes_add(list, decoded->d.directoryName, s->object, s->pool);
    } else if (s->variant == CC_SAN_DIRNAME) {
        if (X509_NAME_entry_count(decoded->d.directoryName) > 0) {
            APR_ARRAY_PUSH(list, cc_value_t) =
                cc_value_x509_name(decoded->d.directoryName, s->pool);
        }
    } else if (s->variant == CC_SAN_IP) {
        APR_ARRAY_PUSH(list, cc_value_t) =
            cc_value_address(ASN1_STRING_get0_data(decoded->d.iPAddress),
                             (apr_size_t)ASN1_STRING_length(decoded->d.iPAddress), s->pool);
    } else if (s->variant == CC_SAN_RID) {
        APR_ARRAY_PUSH(list, cc_value_t) =
            cc_value_oid(decoded->d.registeredID, CC_OID_DOTTED, s->pool);
    } else {
        APR_ARRAY_PUSH(list, cc_value_t) = s->variant == CC_SAN_DER
                                               ? othername_der(name, s->pool)
                                               : cc_othername_value(decoded->d.otherName, s);
    }
}

/* Names that are IA5Strings are used directly; others are decoded. */
static bool name_add(apr_array_header_t *list, const general_name_t *name, const cc_extraction_t *s)
{
    apr_size_t len = (apr_size_t)(name->in.end - name->in.at);
    const GENERAL_NAME *decoded;

    if (name->tag == GEN_EMAIL || name->tag == GEN_DNS || name->tag == GEN_URI) {
        APR_ARRAY_PUSH(list, cc_value_t) =
            cc_value_string(V_ASN1_IA5STRING, name->in.at, len, s->pool);
        return !(*name->start & V_ASN1_CONSTRUCTED);
    }
    decoded = cc_der_decode(name->start, (apr_size_t)(name->in.end - name->start),
                            ASN1_ITEM_rptr(GENERAL_NAME), s->pool);
    if (decoded) {
        decoded_add(list, decoded, name, s);
    }
    return decoded != NULL;
}

/* Adds the name as a value of san.any, if it is one of its types. */
static bool any_add(apr_array_header_t *list, const general_name_t *name, const cc_extraction_t *s)
{
    cc_extraction_t one = *s;
    bool good = true;

    for (int i = 0; good && cc_san_type_at(i); i++) {
        int before = list->nelts;

        one.variant = cc_san_type_at(i)->san;
        good = !is_wanted(name, &one) || name_add(list, name, &one);
        for (int j = before; j < list->nelts; j++) {
            cc_value_t *value = &APR_ARRAY_IDX(list, j, cc_value_t);

            if (!value->unusable) {
                *value = cc_value_words(
                    apr_pstrcat(s->pool, cc_san_type_at(i)->prefix, value->text, NULL), s->pool);
            }
        }
    }
    return good;
}

/* ---- the sequence of names --------------------------------------------------------------- */

/* Adds the value of the next name, if it belongs to the field. False if it cannot be decoded. */
static bool next_add(apr_array_header_t *list, walk_t *walk, const cc_extraction_t *s)
{
    general_name_t name = {.start = walk->at};

    name.tag = tag_read(walk, V_ASN1_CONTEXT_SPECIFIC, &name.in);
    if (name.tag < GEN_OTHERNAME || name.tag > GEN_RID) {
        return false;
    }
    walk->at = name.in.end;
    if (s->variant == CC_SAN_ANY) {
        return any_add(list, &name, s);
    }
    return !is_wanted(&name, s) || name_add(list, &name, s);
}

static cc_values_t names_read(const unsigned char *der, apr_size_t len, const cc_extraction_t *s)
{
    apr_array_header_t *list = apr_array_make(s->pool, 2, sizeof(cc_value_t));
    walk_t walk = {der, der + len};
    walk_t names = {0};
    bool good =
        tag_read(&walk, V_ASN1_UNIVERSAL, &names) == V_ASN1_SEQUENCE && names.end == walk.end;

    while (good && names.at < names.end) {
        good = next_add(list, &names, s);
    }
    return good ? cc_values_of(list)
                : cc_values_unusable("its extension cannot be decoded", der, len, s->pool);
}

cc_values_t cc_san_extract(const cc_extraction_t *s)
{
    cc_extraction_t own = *s;
    cc_value_t serial;
    const char *reason = NULL;
    const ASN1_OCTET_STRING *der =
        cc_extension_find(s->x509, OBJ_nid2obj(NID_subject_alt_name), &reason);

    if (!der) {
        return reason ? cc_values_unusable(reason, NULL, 0, s->pool) : cc_values_none();
    }
    if (s->variant == CC_SAN_PERMANENT || s->variant == CC_SAN_ANY) {
        serial = cc_subject_serial(s->x509, s->pool);
        own.serial = &serial;
    }
    return names_read(ASN1_STRING_get0_data(der), (apr_size_t)ASN1_STRING_length(der), &own);
}

/* ---- families ---------------------------------------------------------------------------- */

static const GENERAL_NAMES *names_decode(const cc_extraction_t *s)
{
    cc_values_t values = {0};

    return cc_extension_decode(s, OBJ_nid2obj(NID_subject_alt_name), ASN1_ITEM_rptr(GENERAL_NAMES),
                               &values);
}

static void list_others(const cc_extraction_t *s, apr_array_header_t *objects)
{
    const GENERAL_NAMES *names = names_decode(s);

    for (int i = 0; names && i < sk_GENERAL_NAME_num(names); i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
        if (name->type == GEN_OTHERNAME) {
            APR_ARRAY_PUSH(objects, const ASN1_OBJECT *) = name->d.otherName->type_id;
        }
    }
}

static void list_attributes(const cc_extraction_t *s, apr_array_header_t *objects)
{
    const GENERAL_NAMES *names = names_decode(s);

    for (int i = 0; names && i < sk_GENERAL_NAME_num(names); i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
        if (name->type == GEN_DIRNAME) {
            cc_attribute_types_add(objects, name->d.directoryName);
        }
    }
}

const cc_field_family_t cc_san_other_family = {cc_oid_find, list_others, cc_oid_dotted};
const cc_field_family_t cc_san_dirname_family = {cc_attribute_find, list_attributes,
                                                 cc_attribute_name};

/* ---- SID --------------------------------------------------------------------------------- */

/*
 * szOID_NTDS_CA_SECURITY_EXT ([MS-WCCE] 2.2.2.7.7.4) is a sequence of otherNames, which is encoded
 * like GeneralNames.
 */
cc_values_t cc_sid_extract(const cc_extraction_t *s)
{
    const ASN1_OBJECT *object = cc_oid_read("1.3.6.1.4.1.311.25.2", s->pool);
    cc_values_t values = {0};
    const GENERAL_NAMES *names =
        object ? cc_extension_decode(s, object, ASN1_ITEM_rptr(GENERAL_NAMES), &values) : NULL;
    const GENERAL_NAME *name = NULL;

    if (!names) {
        return values;
    }
    name = sk_GENERAL_NAME_num(names) == 1 ? sk_GENERAL_NAME_value(names, 0) : NULL;
    if (!name || name->type != GEN_OTHERNAME) {
        return cc_values_unusable("its extension does not contain exactly one SID", NULL, 0,
                                  s->pool);
    }
    return cc_values_one(cc_othername_sid(name->d.otherName, s->pool), s->pool);
}
