/* SPDX-License-Identifier: Apache-2.0 */
/* Extracts subject alternative names (RFC 5280 4.2.1.6), and the SID extension built like them. */
#include <string.h>

#include <openssl/objects.h>

#include "cert/internal.h"

/* The type of GeneralName that a field extracts. */
static int name_type(int variant)
{
    static const int types[] = {[CC_SAN_EMAIL] = GEN_EMAIL,     [CC_SAN_DNS] = GEN_DNS,
                                [CC_SAN_URI] = GEN_URI,         [CC_SAN_IP] = GEN_IPADD,
                                [CC_SAN_DIRNAME] = GEN_DIRNAME, [CC_SAN_RID] = GEN_RID,
                                [CC_SAN_UPN] = GEN_OTHERNAME,   [CC_SAN_KRB5] = GEN_OTHERNAME,
                                [CC_SAN_OTHER] = GEN_OTHERNAME};

    return types[variant];
}

/* True if a decoded name belongs to the field; *value is then its value. */
static bool name_value(const GENERAL_NAME *name, const cc_extraction_t *s, cc_value_t *value)
{
    switch (name->type) {
    case GEN_IPADD:
        *value = cc_value_address(ASN1_STRING_get0_data(name->d.iPAddress),
                                  (apr_size_t)ASN1_STRING_length(name->d.iPAddress), s->pool);
        return true;
    case GEN_DIRNAME:
        if (X509_NAME_entry_count(name->d.directoryName) == 0) {
            return false;
        }
        *value = cc_value_x509_name(name->d.directoryName, s->pool);
        return true;
    case GEN_RID:
        *value = cc_value_oid(name->d.registeredID, CC_OID_DOTTED, s->pool);
        return true;
    default:
        return cc_othername_value(name->d.otherName, s, value);
    }
}

/* ---- the sequence of names --------------------------------------------------------------- */

/* The remaining names. Each field decodes only the names of its own type. */
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

static bool is_mailbox(const walk_t *othername)
{
    const ASN1_OBJECT *type = OBJ_nid2obj(NID_id_on_SmtpUTF8Mailbox);
    walk_t in;

    return tag_read(othername, V_ASN1_UNIVERSAL, &in) == V_ASN1_OBJECT &&
           (size_t)(in.end - in.at) == OBJ_length(type) &&
           memcmp(in.at, OBJ_get0_data(type), OBJ_length(type)) == 0;
}

static bool is_wanted(int tag, const walk_t *in, int variant)
{
    return tag == name_type(variant) ||
           (tag == GEN_OTHERNAME && variant == CC_SAN_EMAIL && is_mailbox(in));
}

/* Names that are IA5Strings are used directly; others are decoded. */
static bool name_read(const unsigned char *start, const walk_t *in, int tag,
                      const cc_extraction_t *s, apr_array_header_t *list)
{
    const GENERAL_NAME *name;
    cc_value_t value = {0};

    if (tag == GEN_EMAIL || tag == GEN_DNS || tag == GEN_URI) {
        APR_ARRAY_PUSH(list, cc_value_t) =
            cc_value_string(V_ASN1_IA5STRING, in->at, (apr_size_t)(in->end - in->at), s->pool);
        return !(*start & V_ASN1_CONSTRUCTED);
    }
    name =
        cc_der_decode(start, (apr_size_t)(in->end - start), ASN1_ITEM_rptr(GENERAL_NAME), s->pool);
    if (name && name_value(name, s, &value)) {
        APR_ARRAY_PUSH(list, cc_value_t) = value;
    }
    return name != NULL;
}

/* Adds the value of the next name, if it belongs to the field. False if it cannot be decoded. */
static bool next_add(apr_array_header_t *list, walk_t *walk, const cc_extraction_t *s)
{
    const unsigned char *start = walk->at;
    walk_t in;
    int tag = tag_read(walk, V_ASN1_CONTEXT_SPECIFIC, &in);

    if (tag < GEN_OTHERNAME || tag > GEN_RID) {
        return false;
    }
    walk->at = in.end;
    return !is_wanted(tag, &in, s->variant) || name_read(start, &in, tag, s, list);
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
    const char *reason = NULL;
    const ASN1_OCTET_STRING *der =
        cc_extension_find(s->x509, OBJ_nid2obj(NID_subject_alt_name), &reason);

    if (!der) {
        return reason ? cc_values_unusable(reason, NULL, 0, s->pool) : cc_values_none();
    }
    return names_read(ASN1_STRING_get0_data(der), (apr_size_t)ASN1_STRING_length(der), s);
}

static void list_others(const cc_extraction_t *s, apr_array_header_t *objects)
{
    cc_values_t values = {0};
    const GENERAL_NAMES *names = cc_extension_decode(s, OBJ_nid2obj(NID_subject_alt_name),
                                                     ASN1_ITEM_rptr(GENERAL_NAMES), &values);

    for (int i = 0; names && i < sk_GENERAL_NAME_num(names); i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
        if (name->type == GEN_OTHERNAME) {
            APR_ARRAY_PUSH(objects, const ASN1_OBJECT *) = name->d.otherName->type_id;
        }
    }
}

const cc_field_family_t cc_san_other_family = {cc_oid_find, list_others, cc_oid_dotted};

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
