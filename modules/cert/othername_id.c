/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the otherNames that identify devices and entities: hardware module, permanent identifier.
 */
#include <string.h>

#include <apr_strings.h>

#include <openssl/asn1t.h>
#include <openssl/objects.h>

#include "cert/internal.h"

/* HardwareModuleName of RFC 4108 5, and PermanentIdentifier of RFC 4043 2. */
typedef struct {
    ASN1_OBJECT *type;
    ASN1_OCTET_STRING *serial;
} hardware_t;

typedef struct {
    ASN1_UTF8STRING *value;
    ASN1_OBJECT *assigner;
} permanent_t;

/* clang-format off */
ASN1_SEQUENCE(hardware_t) = {
    ASN1_SIMPLE(hardware_t, type, ASN1_OBJECT),
    ASN1_SIMPLE(hardware_t, serial, ASN1_OCTET_STRING)
} static_ASN1_SEQUENCE_END(hardware_t)

ASN1_SEQUENCE(permanent_t) = {
    ASN1_OPT(permanent_t, value, ASN1_UTF8STRING),
    ASN1_OPT(permanent_t, assigner, ASN1_OBJECT)
} static_ASN1_SEQUENCE_END(permanent_t)
                                 /* clang-format on */

                                 static void *
                                 sequence_read(const ASN1_TYPE *type, const ASN1_ITEM *item,
                                               apr_pool_t *p)
{
    const ASN1_STRING *der = type->type == V_ASN1_SEQUENCE ? type->value.sequence : NULL;

    return der ? cc_der_decode(ASN1_STRING_get0_data(der), (apr_size_t)ASN1_STRING_length(der),
                               item, p)
               : NULL;
}

/* An object identifier has no colon, so the first one is the end of it: no two pairs are alike. */
static cc_value_t pair(const char *oid, const char *text, apr_pool_t *p)
{
    return oid ? cc_value_words(apr_pstrcat(p, oid, ":", text, NULL), p)
               : cc_value_unusable("it has an object identifier that cannot be decoded", NULL, 0,
                                   p);
}

/* ---- hardware modules -------------------------------------------------------------------- */

cc_value_t cc_othername_hardware(const ASN1_TYPE *type, apr_pool_t *p)
{
    const hardware_t *hardware = sequence_read(type, ASN1_ITEM_rptr(hardware_t), p);

    if (!hardware) {
        return cc_value_unusable("it is not a HardwareModuleName", NULL, 0, p);
    }
    if (ASN1_STRING_length(hardware->serial) == 0) {
        return cc_value_unusable("its serial number is empty", NULL, 0, p);
    }
    return pair(cc_oid_dotted(hardware->type, p),
                cc_octets_hex(ASN1_STRING_get0_data(hardware->serial),
                              (apr_size_t)ASN1_STRING_length(hardware->serial), p),
                p);
}

/* The part before the colon of an operand, if it is an object identifier; otherwise NULL. */
static const char *oid_before(const char *text, const char *colon, apr_pool_t *p)
{
    const char *oid = colon ? apr_pstrmemdup(p, text, (apr_size_t)(colon - text)) : NULL;

    return oid && cc_oid_read(oid, p) ? oid : NULL;
}

apr_status_t cc_operand_hardware(cc_value_t *value, const char *text, int variant, apr_pool_t *p,
                                 cc_error_t *err)
{
    const char *colon = strchr(text, ':');
    const char *oid = oid_before(text, colon, p);
    const char *hex = oid ? cc_hex_read(colon + 1, p) : NULL;

    (void)variant;
    if (!hex || !*hex || strlen(hex) % 2) {
        return cc_error_set(err, p, "CC0254", text,
                            "not the name of a hardware module; write its type, an object "
                            "identifier, and its serial number in hex: 1.3.6.1.4.1.32473.7:0a1b");
    }
    *value = pair(oid, hex, p);
    return APR_SUCCESS;
}

/* ---- permanent identifiers --------------------------------------------------------------- */

#define SERIAL_MAX 64 /* ub-serial-number of RFC 5280 */

/*
 * The serialNumber of the subject's deepest RDN that has one (RFC 4043 2). Its length is bounded,
 * because each permanent identifier of the certificate may copy it.
 */
cc_value_t cc_subject_serial(const X509 *x509, apr_pool_t *p)
{
    const X509_NAME *subject = X509_get_subject_name(x509);
    const ASN1_OBJECT *type = OBJ_nid2obj(NID_serialNumber);

    for (int i = X509_NAME_entry_count(subject) - 1; i >= 0; i--) {
        const X509_NAME_ENTRY *entry = X509_NAME_get_entry(subject, i);
        const ASN1_STRING *data = X509_NAME_ENTRY_get_data(entry);
        apr_size_t len = (apr_size_t)ASN1_STRING_length(data);

        if (OBJ_cmp(X509_NAME_ENTRY_get_object(entry), type) == 0) {
            return len > SERIAL_MAX
                       ? cc_value_unusable("the subject's serial number is longer than 64 octets",
                                           NULL, 0, p)
                       : cc_value_string(ASN1_STRING_type(data), ASN1_STRING_get0_data(data), len,
                                         p);
        }
    }
    return cc_value_unusable("neither it nor the subject has a serial number", NULL, 0, p);
}

cc_value_t cc_othername_permanent(const ASN1_TYPE *type, const cc_value_t *serial, apr_pool_t *p)
{
    const permanent_t *permanent = sequence_read(type, ASN1_ITEM_rptr(permanent_t), p);
    cc_value_t identifier;

    if (!permanent) {
        return cc_value_unusable("it is not a PermanentIdentifier", NULL, 0, p);
    }
    identifier = permanent->value
                     ? cc_value_string(V_ASN1_UTF8STRING, ASN1_STRING_get0_data(permanent->value),
                                       (apr_size_t)ASN1_STRING_length(permanent->value), p)
                     : *serial;
    if (identifier.unusable) {
        return identifier;
    }
    if (identifier.len == 0) {
        return cc_value_unusable("it is empty", NULL, 0, p);
    }
    return pair(permanent->assigner ? cc_oid_dotted(permanent->assigner, p) : "", identifier.text,
                p);
}

apr_status_t cc_operand_permanent(cc_value_t *value, const char *text, int variant, apr_pool_t *p,
                                  cc_error_t *err)
{
    const char *colon = strchr(text, ':');

    if (!colon || !colon[1] || (colon != text && !oid_before(text, colon, p))) {
        return cc_error_set(err, p, "CC0255", text,
                            "not a permanent identifier; write its assigner, an object identifier, "
                            "a colon and the value, 1.3.6.1.4.1.32473.8:4711, or :4711 if it has "
                            "no assigner");
    }
    return cc_operand_text(value, text, variant, p, err);
}
