/* SPDX-License-Identifier: Apache-2.0 */
/* Declares what the files of the certificate component share: extractors, operands, values. */
#ifndef CC_CERT_INTERNAL_H
#define CC_CERT_INTERNAL_H

#include <apr_tables.h>

#include <openssl/asn1.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "cert/cert.h"

struct cc_cert_t {
    X509 *x509;
};

/* The input of an extractor. */
typedef struct cc_extraction_t {
    X509 *x509;
    const cc_facts_t *facts;
    const ASN1_OBJECT *object; /* the argument of a family of fields, or NULL */
    int variant;               /* distinguishes fields that share an extractor */
    apr_pool_t *pool;
    const cc_value_t *serial; /* cc_subject_serial, while san.c extracts permanent identifiers */
} cc_extraction_t;

typedef cc_values_t cc_extract_fn(const cc_extraction_t *s);

/* As cc_field_operand; `variant` is that of the field's row. */
typedef apr_status_t cc_operand_fn(cc_value_t *value, const char *text, int variant, apr_pool_t *p,
                                   cc_error_t *err);

/* A family: fields that take an argument, subject.CN, ext.OID ... */
typedef struct cc_field_family_t {
    /* The argument as an object, or NULL with err filled. */
    const ASN1_OBJECT *(*find)(const char *text, apr_pool_t *p, cc_error_t *err);
    /* Pushes the arguments (const ASN1_OBJECT *) that give values; repeats are allowed. */
    void (*list)(const cc_extraction_t *s, apr_array_header_t *objects);
    /* The argument as it is written in a rule. */
    const char *(*label)(const ASN1_OBJECT *object, apr_pool_t *p);
} cc_field_family_t;

/* ---- pkcs12.c ---- */

/*
 * NULL, or an error text if the keys of this file take too many iterations. The first function
 * counts the iterations that are visible without a password; the second also counts those in the
 * parts that the password opens (NULL: no password, which is not ""). The second derives the keys
 * of encrypted parts, so the first must be called before it.
 */
const char *cc_pkcs12_excess(const PKCS12 *p12, apr_pool_t *p);
const char *cc_pkcs12_excess_inside(const PKCS12 *p12, const char *password, apr_pool_t *p);

/* ---- file_kind.c ---- */

/*
 * What a file contains in which no certificate was found, after "the file contains no certificate":
 * ", but a CRL". Empty if that is not certain. A literal. May add errors to OpenSSL's queue.
 */
const char *cc_file_kind(const char *data, long len, apr_pool_t *p);

/* ---- value.c ---- */

cc_value_t cc_value_text(const char *text, apr_size_t len, apr_pool_t *p);
cc_value_t cc_value_words(const char *text, apr_pool_t *p); /* NUL-terminated */
cc_value_t cc_value_time(apr_time_t time, apr_pool_t *p);
/* `reason` is a literal; `raw` is copied, for a log, and may be NULL. */
cc_value_t cc_value_unusable(const char *reason, const void *raw, apr_size_t len, apr_pool_t *p);

cc_values_t cc_values_none(void);
cc_values_t cc_values_one(cc_value_t value, apr_pool_t *p);
cc_values_t cc_values_unusable(const char *reason, const void *raw, apr_size_t len, apr_pool_t *p);

/* Those of a CA whose certificate is not at hand (path.c). */
cc_values_t cc_ca_not_at_hand(apr_pool_t *p);
cc_values_t cc_values_of(const apr_array_header_t *list); /* of cc_value_t */

cc_operand_fn cc_operand_text;
cc_operand_fn cc_operand_number;
cc_operand_fn cc_operand_boolean;
cc_operand_fn cc_operand_fact; /* `variant` is CC_FACT_REVOCATION, _REASON or _VIA */

/* ---- octets.c ---- */

const char *cc_octets_hex(const unsigned char *octets, apr_size_t len, apr_pool_t *p);
/* Hex digits in lower case, without colons and spaces; NULL: `text` has other characters. */
char *cc_hex_read(const char *text, apr_pool_t *p);
/* The opposite, for hex in lower case; NULL: anything else. */
const unsigned char *cc_octets_of_hex(const char *hex, apr_size_t digits, apr_size_t *len,
                                      apr_pool_t *p);
cc_operand_fn cc_operand_octets;
cc_operand_fn cc_operand_sha256;
cc_operand_fn cc_operand_sha384;
cc_operand_fn cc_operand_sha512;
cc_operand_fn cc_operand_sha1;

/* ---- serial.c ---- */

cc_extract_fn cc_serial_extract;
cc_operand_fn cc_operand_serial;

/* ---- string.c ---- */

/* An ASN.1 character string by its universal tag; any other tag is unusable. */
cc_value_t cc_value_string(int tag, const unsigned char *data, apr_size_t len, apr_pool_t *p);
/* True if values with this tag are character strings. */
bool cc_is_string(int tag);

/* ---- algorithm.c ---- */

/** An algorithm that not every OpenSSL knows. Constant. */
typedef struct cc_algorithm_t {
    const char *oid; /* dotted */
    const char *name;
    const char *other_name; /* OpenSSL's short one */
    int key_len;            /* of a public key, in octets; 0: for signatures only */
    int key_bits;           /* the value of `key.bits` */
} cc_algorithm_t;

/** The i-th algorithm, from 0; NULL after the last one. */
const cc_algorithm_t *cc_algorithm_at(int i);
/**
 * Finds an algorithm by its dotted identifier, or by one of its names (case-sensitive). NULL: there
 * is no such algorithm.
 */
const cc_algorithm_t *cc_algorithm_find(const char *dotted);
const cc_algorithm_t *cc_algorithm_named(const char *name);

/* ---- oid.c ---- */

/* The dotted form; NULL if the encoding is bad or longer than OpenSSL reads. */
const char *cc_oid_dotted(const ASN1_OBJECT *object, apr_pool_t *p);
/* A dotted OID as an object that lives as long as `p`, or NULL. */
const ASN1_OBJECT *cc_oid_read(const char *text, apr_pool_t *p);
/* The same, with an error if it is not an OID. */
const ASN1_OBJECT *cc_oid_find(const char *text, apr_pool_t *p, cc_error_t *err);

/* The text form of an OID. Its key is always the dotted form. */
typedef enum { CC_OID_DOTTED, CC_OID_SHORT, CC_OID_LONG } cc_oid_style_t;
cc_value_t cc_value_oid(const ASN1_OBJECT *object, cc_oid_style_t style, apr_pool_t *p);
cc_operand_fn cc_operand_oid; /* `variant` is a cc_oid_style_t */

/* ---- attribute.c ---- */

/*
 * An attribute type as written in RFC 4514 text: a registered name, or the dotted OID. NULL if it
 * cannot be decoded.
 */
const char *cc_attribute_name(const ASN1_OBJECT *type, apr_pool_t *p);
/* The same for Active Directory (CertNameToStr): S=, E=, OID.1.2.3= ... */
const char *cc_attribute_ad_name(const ASN1_OBJECT *type, apr_pool_t *p);
/* A type by one of its names in any case, OpenSSL's name, or the dotted OID; NULL: none. */
const ASN1_OBJECT *cc_attribute_find(const char *text, apr_pool_t *p, cc_error_t *err);
/*
 * True if another type than this one has the name, in any case: OpenSSL's `uid` is the type
 * uniqueIdentifier, and `UID` is userId.
 */
bool cc_attribute_is_other(const char *name, const ASN1_OBJECT *type);
/* True if a program may write this before the "=" of an attribute. */
bool cc_attribute_is_written(const char *text);

/* ---- name.c, name_value.c, name_parse.c ---- */

typedef struct cc_attribute_t {
    const ASN1_OBJECT *type;
    const char *name; /* of the type, from cc_attribute_name */
    const char *text; /* usable text; "#" and hex if `is_der` */
    apr_size_t len;
    const char *folded; /* what is compared; NULL: the text, which is ASCII (cc_attribute_fold) */
    apr_size_t folded_len;
    bool is_der; /* the value is not a character string */
    int rdn;     /* attributes of one RDN have the same number */
} cc_attribute_t;

/* A name in the order of its encoding, from the root down. */
typedef struct cc_name_t {
    int count;
    const cc_attribute_t *at;
    const X509_NAME *x509; /* in the certificate; NULL for the name of an operand */
} cc_name_t;

/*
 * Sets the value of an attribute. Both return NULL, or a literal: the reason why the attribute is
 * unusable. The first takes usable text. The second takes a value of any other type.
 */
const char *cc_attribute_set_text(cc_attribute_t *attribute, const char *text, apr_size_t len,
                                  apr_pool_t *p);
const char *cc_attribute_set_der(cc_attribute_t *attribute, const ASN1_TYPE *value, apr_pool_t *p);

/* NULL if an attribute is unusable; *bad is then that value. */
const cc_name_t *cc_name_read(const X509_NAME *name, cc_value_t *bad, apr_pool_t *p);
cc_value_t cc_value_name(const cc_name_t *name, apr_pool_t *p);
cc_value_t cc_value_x509_name(const X509_NAME *name, apr_pool_t *p);

typedef enum { CC_OF_SUBJECT, CC_OF_ISSUER } cc_of_t; /* `variant` of the extractors below */
cc_extract_fn cc_name_extract;
cc_extract_fn cc_attribute_extract;
/* Pushes (cc_value_t) the values of this type of attribute in a name. */
void cc_attributes_add(apr_array_header_t *values, const X509_NAME *name, const ASN1_OBJECT *type,
                       apr_pool_t *p);
/* Pushes (const ASN1_OBJECT *) the type of each attribute of a name. */
void cc_attribute_types_add(apr_array_header_t *types, const X509_NAME *name);
extern const cc_field_family_t cc_subject_family;
extern const cc_field_family_t cc_issuer_family;
cc_operand_fn cc_operand_name;

/* ---- extension.c ---- */

/*
 * The value of the extension with this OID. NULL if there is none, or, with *reason set, if it
 * occurs twice.
 */
const ASN1_OCTET_STRING *cc_extension_find(const X509 *x509, const ASN1_OBJECT *object,
                                           const char **reason);
/* Decodes DER, all of it, as `item`; freed with the pool. NULL if it cannot be decoded. */
void *cc_der_decode(const unsigned char *der, apr_size_t len, const ASN1_ITEM *item, apr_pool_t *p);
/* A decoded extension. NULL, with *values filled, if there is none or it is unusable. */
void *cc_extension_decode(const cc_extraction_t *s, const ASN1_OBJECT *object,
                          const ASN1_ITEM *item, cc_values_t *values);

cc_extract_fn cc_ski_extract;
cc_extract_fn cc_aki_extract;
cc_extract_fn cc_eku_extract;
cc_extract_fn cc_ku_extract;
cc_extract_fn cc_policy_extract;
cc_extract_fn cc_is_ca_extract;
cc_extract_fn cc_extension_extract;
cc_extract_fn cc_critical_extract;
extern const cc_field_family_t cc_extension_family;
cc_operand_fn cc_operand_ku;

/* ---- address.c ---- */

/* An IP address of 4 or 16 octets, in the shortest form (RFC 5952). */
cc_value_t cc_value_address(const unsigned char *octets, apr_size_t len, apr_pool_t *p);
#define CC_ADDRESS_MAX 16 /* octets */
/* The octets of an address that is written as text, and how many they are; 0: it is not one. */
apr_size_t cc_address_read(unsigned char octets[CC_ADDRESS_MAX], const char *text);
/* The address of a proxy, as httpd writes it, or "unix". */
cc_value_t cc_value_proxy(const char *text, apr_pool_t *p);
cc_operand_fn cc_operand_ip;
cc_operand_fn cc_operand_proxy;

/* ---- san.c, san_any.c ---- */

typedef enum {
    CC_SAN_EMAIL,
    CC_SAN_DNS,
    CC_SAN_URI,
    CC_SAN_IP,
    CC_SAN_DIRNAME,
    CC_SAN_DIRNAME_ATTRIBUTE,
    CC_SAN_RID,
    CC_SAN_UPN,
    CC_SAN_KRB5,
    CC_SAN_FASCN,
    CC_SAN_FASCN_IDENTIFIER,
    CC_SAN_HARDWARE,
    CC_SAN_PERMANENT,
    CC_SAN_OTHER,
    CC_SAN_DER,
    CC_SAN_ANY
} cc_san_t;
cc_extract_fn cc_san_extract; /* `variant` is a cc_san_t */
cc_extract_fn cc_sid_extract;
extern const cc_field_family_t cc_san_dirname_family;
extern const cc_field_family_t cc_san_other_family;

/* A type of alternative name that is text: a member of the field san.any. Constant. */
typedef struct cc_san_type_t {
    const char *prefix; /* before each value: "email:" */
    cc_san_t san;
    cc_operand_fn *operand; /* of the field of this type alone */
} cc_san_type_t;

/* The i-th type, from 0; NULL after the last one. */
const cc_san_type_t *cc_san_type_at(int i);
cc_operand_fn cc_operand_san_any;

/* ---- othername.c, othername_id.c, fascn.c ---- */

/* True if otherNames of this type, the contents of an object identifier, belong to the field. */
bool cc_othername_belongs(const unsigned char *type, apr_size_t len, const cc_extraction_t *s);
/* The value of an otherName that belongs to the field. */
cc_value_t cc_othername_value(const OTHERNAME *other, const cc_extraction_t *s);
cc_value_t cc_othername_sid(const OTHERNAME *other, apr_pool_t *p);

/* The values of otherNames that are structures. */
cc_value_t cc_othername_hardware(const ASN1_TYPE *type, apr_pool_t *p);
/* `serial` is the identifier of a name without a value: cc_subject_serial. */
cc_value_t cc_othername_permanent(const ASN1_TYPE *type, const cc_value_t *serial, apr_pool_t *p);
cc_value_t cc_subject_serial(const X509 *x509, apr_pool_t *p);
cc_operand_fn cc_operand_hardware;
cc_operand_fn cc_operand_permanent;

/* A FASC-N as octets, and the digits of its identifier. */
cc_value_t cc_othername_fascn(const ASN1_TYPE *type, apr_pool_t *p);
cc_value_t cc_othername_fascn_identifier(const ASN1_TYPE *type, apr_pool_t *p);
cc_operand_fn cc_operand_fascn;
cc_operand_fn cc_operand_fascn_identifier;

/* ---- encoding.c ---- */

typedef enum { CC_DIGEST_SHA256, CC_DIGEST_SHA384, CC_DIGEST_SHA512, CC_DIGEST_SHA1 } cc_digest_t;
/* Digest of the DER of the certificate, and of its SubjectPublicKeyInfo. False if OpenSSL fails. */
bool cc_der_digest(const X509 *x509, cc_digest_t digest, unsigned char *out, unsigned *len);
bool cc_spki_digest(const X509 *x509, cc_digest_t digest, unsigned char *out, unsigned *len);
cc_extract_fn cc_digest_extract; /* `variant` is a cc_digest_t */
cc_extract_fn cc_spki_extract;   /* likewise */
cc_extract_fn cc_pem_extract;
cc_extract_fn cc_der_extract;

/* ---- key.c ---- */

cc_extract_fn cc_signature_extract;
cc_extract_fn cc_key_type_extract;
cc_extract_fn cc_key_bits_extract;
cc_extract_fn cc_key_curve_extract;
cc_operand_fn cc_operand_key_type;
cc_operand_fn cc_operand_curve;

/* ---- altsec.c ---- */

typedef enum {
    CC_ALTSEC_ISSUER_SERIAL,
    CC_ALTSEC_SKI,
    CC_ALTSEC_SPKI,
    CC_ALTSEC_ISSUER_SUBJECT,
    CC_ALTSEC_SUBJECT,
    CC_ALTSEC_EMAIL
} cc_altsec_t;
cc_extract_fn cc_altsec_extract; /* `variant` is a cc_altsec_t */

/* ---- time.c ---- */

typedef enum { CC_NOT_BEFORE, CC_NOT_AFTER } cc_end_t;
cc_extract_fn cc_time_extract; /* `variant` is a cc_end_t */
cc_extract_fn cc_days_left_extract;
cc_extract_fn cc_lifetime_extract;
cc_operand_fn cc_operand_time;
/* The moment at which days_left will have changed; APR_INT64_MAX if it has no value. */
apr_time_t cc_days_left_stale_at(const X509 *x509, apr_time_t now);

/* ---- cert.c, facts.c ---- */

cc_extract_fn cc_version_extract;
cc_extract_fn cc_self_issued_extract;

typedef enum {
    CC_FACT_CA_SHA256,
    CC_FACT_CA_SPKI,
    CC_FACT_VERSION,
    CC_FACT_CIPHER,
    CC_FACT_SNI,
    CC_FACT_RESUMED,
    CC_FACT_REVOCATION,
    CC_FACT_REASON,
    CC_FACT_REVOKED_AT,
    CC_FACT_VIA,
    CC_FACT_VIA_PROXY,
    CC_FACT_PINNED
} cc_fact_t;
cc_extract_fn cc_fact_extract; /* `variant` is a cc_fact_t */
bool cc_fact_of_tls(cc_fact_t fact);

#endif
