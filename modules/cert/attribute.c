/* SPDX-License-Identifier: Apache-2.0 */
/* Lists the attribute types of distinguished names, with their names in each text form. */
#include <string.h>

#include <apr_cstr.h>
#include <apr_strings.h>

#include <openssl/objects.h>

#include "cert/distance.h"
#include "cert/internal.h"

typedef struct {
    int nid;
    const char *ad;    /* as Windows' CertNameToStr writes it; NULL: OID. and the dotted form */
    const char *names; /* all of them; the first is written in RFC 4514 text (RFC 4519, PKCS#9) */
} type_t;

static const type_t types[] = {
    {NID_commonName, "CN", "CN commonName"},
    {NID_organizationalUnitName, "OU", "OU organizationalUnitName"},
    {NID_organizationName, "O", "O organizationName"},
    {NID_domainComponent, "DC", "DC domainComponent"},
    {NID_countryName, "C", "C countryName"},
    {NID_stateOrProvinceName, "S", "ST S stateOrProvinceName"},
    {NID_localityName, "L", "L localityName"},
    {NID_streetAddress, "STREET", "STREET streetAddress"},
    {NID_userId, NULL, "UID userId"},
    {NID_pkcs9_emailAddress, "E", "emailAddress E email"},
    {NID_serialNumber, "SERIALNUMBER", "serialNumber"},
    {NID_surname, "SN", "SN surname"},
    {NID_givenName, "G", "givenName GN G"},
    {NID_initials, "I", "initials I"},
    {NID_title, "T", "title T"},
    {NID_name, NULL, "name"},
    {NID_pseudonym, NULL, "pseudonym"},
    {NID_generationQualifier, NULL, "generationQualifier"},
    {NID_dnQualifier, "dnQualifier", "dnQualifier"},
    {NID_organizationIdentifier, NULL, "organizationIdentifier"},
    {NID_businessCategory, NULL, "businessCategory"},
    {NID_jurisdictionCountryName, NULL, "jurisdictionC jurisdictionCountryName"},
    {NID_jurisdictionStateOrProvinceName, NULL, "jurisdictionST jurisdictionStateOrProvinceName"},
    {NID_jurisdictionLocalityName, NULL, "jurisdictionL jurisdictionLocalityName"},
    {NID_postalCode, "PostalCode", "postalCode"},
    {NID_postalAddress, NULL, "postalAddress"},
    {NID_postOfficeBox, "POBox", "postOfficeBox"},
    {NID_houseIdentifier, NULL, "houseIdentifier"},
    {NID_telephoneNumber, NULL, "telephoneNumber"},
    {NID_description, "Description", "description"},
    {NID_role, NULL, "role"},
    {NID_dmdName, NULL, "dmdName"},
    {NID_dnsName, NULL, "dnsName"},
    {NID_rfc822Mailbox, NULL, "mail rfc822Mailbox"},
    {NID_uniqueIdentifier, NULL, "uniqueIdentifier"},
    {NID_x500UniqueIdentifier, NULL, "x500UniqueIdentifier"},
    {NID_host, NULL, "host"},
    {NID_pkcs9_unstructuredName, NULL, "unstructuredName"},
    {NID_pkcs9_unstructuredAddress, NULL, "unstructuredAddress"},
    {NID_INN, NULL, "INN"},
    {NID_OGRN, NULL, "OGRN"},
    {NID_OGRNIP, NULL, "OGRNIP"},
    {NID_SNILS, NULL, "SNILS"},
};

enum { TYPES = sizeof(types) / sizeof(types[0]) };

static const type_t *type_of(const ASN1_OBJECT *object)
{
    for (int i = 0; i < TYPES; i++) {
        if (OBJ_cmp(object, OBJ_nid2obj(types[i].nid)) == 0) {
            return &types[i];
        }
    }
    return NULL;
}

static const char *word_copy(const char *word, apr_pool_t *p)
{
    return apr_pstrmemdup(p, word, strcspn(word, " "));
}

/* Returns the words of `names` one by one; NULL at the end. */
static const char *word_next(const char *word)
{
    word += strcspn(word, " ");
    return *word ? word + 1 : NULL;
}

const char *cc_attribute_name(const ASN1_OBJECT *object, apr_pool_t *p)
{
    const type_t *type = type_of(object);

    return type ? word_copy(type->names, p) : cc_oid_dotted(object, p);
}

const char *cc_attribute_ad_name(const ASN1_OBJECT *object, apr_pool_t *p)
{
    const type_t *type = type_of(object);

    return type && type->ad ? type->ad : apr_pstrcat(p, "OID.", cc_oid_dotted(object, p), NULL);
}

static const ASN1_OBJECT *find_word(const char *text)
{
    for (int i = 0; i < TYPES; i++) {
        for (const char *word = types[i].names; word; word = word_next(word)) {
            apr_size_t len = strcspn(word, " ");
            if (strlen(text) == len && apr_cstr_casecmpn(text, word, len) == 0) {
                return OBJ_nid2obj(types[i].nid);
            }
        }
    }
    return NULL;
}

/* A name that is like this one; NULL: none is, or two of different types are as much like it. */
static const char *nearest_word(const char *text, apr_pool_t *p)
{
    const char *nearest = NULL;
    int best = cc_name_tolerance(text) + 1;
    int type = -1;

    for (int i = 0; i < TYPES; i++) {
        for (const char *word = types[i].names; word; word = word_next(word)) {
            const char *name = word_copy(word, p);
            int distance = cc_name_distance(text, name);

            if (distance < best) {
                nearest = name;
                type = i;
            } else if (distance == best && type != i) {
                nearest = NULL;
            }
            best = distance < best ? distance : best;
        }
    }
    return nearest;
}

static apr_status_t not_found(const char *text, apr_pool_t *p, cc_error_t *err)
{
    const char *near = nearest_word(text, p);

    if (near) {
        return cc_error_set(err, p, "CC0202", text,
                            "no such attribute; the nearest is %s, and every attribute can be "
                            "written as a dotted object identifier",
                            near);
    }
    return cc_error_set(err, p, "CC0202", text,
                        "no such attribute; usual ones are CN, OU, O, C, DC, UID, emailAddress and "
                        "serialNumber, and every attribute can be written as a dotted object "
                        "identifier");
}

/* A type by the name that OpenSSL has for it: its short one, then its long one. */
static const ASN1_OBJECT *find_openssl(const char *text)
{
    int nid = OBJ_sn2nid(text);

    nid = nid == NID_undef ? OBJ_ln2nid(text) : nid;
    return nid == NID_undef ? NULL : OBJ_nid2obj(nid);
}

/* OpenSSL also knows names of algorithms, extensions and so on, which are no attributes. */
static bool is_attribute(const ASN1_OBJECT *object, apr_pool_t *p)
{
    static const char *const arcs[] = {
        "2.5.4.",                   /* X.520 */
        "0.9.2342.19200300.100.1.", /* RFC 4524 */
        "1.2.840.113549.1.9.",      /* PKCS #9 */
        "1.2.643.3.131.1.",         /* INN */
        "1.2.643.100.",             /* OGRN, SNILS */
    };
    const char *dotted = cc_oid_dotted(object, p);

    for (size_t i = 0; dotted && i < sizeof(arcs) / sizeof(arcs[0]); i++) {
        size_t len = strlen(arcs[i]);
        if (strncmp(dotted, arcs[i], len) == 0 && !strchr(dotted + len, '.')) {
            return true;
        }
    }
    return false;
}

static const char *without_oid_prefix(const char *text)
{
    return apr_cstr_casecmpn(text, "OID.", 4) == 0 ? text + 4 : text;
}

bool cc_attribute_is_other(const char *name, const ASN1_OBJECT *type)
{
    const ASN1_OBJECT *object = find_word(name);

    return object && OBJ_cmp(object, type) != 0;
}

bool cc_attribute_is_written(const char *text)
{
    const char *dotted = without_oid_prefix(text);

    return find_word(text) || find_openssl(text) ||
           (strchr(dotted, '.') && strspn(dotted, "0123456789.") == strlen(dotted));
}

const ASN1_OBJECT *cc_attribute_find(const char *text, apr_pool_t *p, cc_error_t *err)
{
    const ASN1_OBJECT *object = find_word(text);
    const ASN1_OBJECT *other = object ? NULL : find_openssl(text);

    if (other && is_attribute(other, p)) {
        object = other;
    }
    object = object ? object : cc_oid_read(without_oid_prefix(text), p);
    if (!object) {
        not_found(text, p, err);
    }
    return object;
}
