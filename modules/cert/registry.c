/* SPDX-License-Identifier: Apache-2.0 */
/* Defines the registry of fields, for the rules, the reference and the tools: all but names. */
#include "cert/registry.h"

#define ONE false
#define MANY true
#define TEXT CC_TYPE_TEXT
#define OCTETS CC_TYPE_OCTETS
#define NUMBER CC_TYPE_NUMBER

static const cc_field_row_t rows[] = {
    /* ---- identifiers of one certificate or key ---- */
    {{"serial", OCTETS, ONE, false, NULL,
      "Serial number in hex, in whole octets without leading zero octets, after a `-` if it is "
      "negative. Unique only together with the issuer. An operand may also be decimal "
      "(`dec:2089475`), or the octets as encoded, which is how Windows prints them (`der:00e203`).",
      "serial == 1f:e2:03"},
     cc_serial_extract,
     cc_operand_serial,
     0,
     NULL},
    {{"sha256", OCTETS, ONE, false, NULL, "SHA-256 digest of the certificate (DER).",
      "sha256 == e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
     cc_digest_extract,
     cc_operand_sha256,
     CC_DIGEST_SHA256,
     NULL},
    {{"sha384", OCTETS, ONE, false, NULL, "SHA-384 digest of the certificate (DER).",
      "sha384 == 38b060a751ac96384cd9327eb1b1e36a21fdb71114be07434c0cc7bf63f6e1da"
      "274edebfe76f65fbd51ad2f14898b95b"},
     cc_digest_extract,
     cc_operand_sha384,
     CC_DIGEST_SHA384,
     NULL},
    {{"sha512", OCTETS, ONE, false, NULL, "SHA-512 digest of the certificate (DER).",
      "sha512 == cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce"
      "47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e"},
     cc_digest_extract,
     cc_operand_sha512,
     CC_DIGEST_SHA512,
     NULL},
    {{"sha1", OCTETS, ONE, false, NULL,
      "SHA-1 digest of the certificate (DER), also known as the thumbprint. Prefer sha256.",
      "sha1 == da39a3ee5e6b4b0d3255bfef95601890afd80709"},
     cc_digest_extract,
     cc_operand_sha1,
     CC_DIGEST_SHA1,
     NULL},
    {{"spki.sha256", OCTETS, ONE, false, NULL,
      "SHA-256 digest of the public key (SubjectPublicKeyInfo). Unchanged by a renewal with the "
      "same key.",
      "spki.sha256 == e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
     cc_spki_extract,
     cc_operand_sha256,
     CC_DIGEST_SHA256,
     NULL},
    {{"spki.sha384", OCTETS, ONE, false, NULL,
      "SHA-384 digest of the public key (SubjectPublicKeyInfo).",
      "spki.sha384 == 38b060a751ac96384cd9327eb1b1e36a21fdb71114be07434c0cc7bf63f6e1da"
      "274edebfe76f65fbd51ad2f14898b95b"},
     cc_spki_extract,
     cc_operand_sha384,
     CC_DIGEST_SHA384,
     NULL},
    {{"spki.sha512", OCTETS, ONE, false, NULL,
      "SHA-512 digest of the public key (SubjectPublicKeyInfo).",
      "spki.sha512 == cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce"
      "47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e"},
     cc_spki_extract,
     cc_operand_sha512,
     CC_DIGEST_SHA512,
     NULL},
    {{"spki.sha1", OCTETS, ONE, false, NULL,
      "SHA-1 digest of the public key (SubjectPublicKeyInfo).",
      "spki.sha1 == da39a3ee5e6b4b0d3255bfef95601890afd80709"},
     cc_spki_extract,
     cc_operand_sha1,
     CC_DIGEST_SHA1,
     NULL},
    {{"ski", OCTETS, ONE, false, NULL,
      "Subject key identifier. Chosen by the issuer; proves nothing about the key.",
      "ski == da:39:a3:ee:5e:6b:4b:0d:32:55:bf:ef:95:60:18:90:af:d8:07:09"},
     cc_ski_extract,
     cc_operand_octets,
     0,
     NULL},
    {{"aki", OCTETS, ONE, false, NULL,
      "Authority key identifier: the key identifier of the issuer's key.",
      "aki == da:39:a3:ee:5e:6b:4b:0d:32:55:bf:ef:95:60:18:90:af:d8:07:09"},
     cc_aki_extract,
     cc_operand_octets,
     0,
     NULL},
    {{"sid", TEXT, ONE, false, NULL,
      "Security identifier (SID) of the account: Microsoft's extension 1.3.6.1.4.1.311.25.2.",
      "sid == S-1-5-21-1004336348-1177238915-682003330-512"},
     cc_sid_extract,
     cc_operand_text,
     0,
     NULL},

    /* ---- validity ---- */
    {{"not_before", CC_TYPE_TIME, ONE, false, NULL, "Start of the validity period (notBefore).",
      "not_before >= 2026-01-01"},
     cc_time_extract,
     cc_operand_time,
     CC_NOT_BEFORE,
     NULL},
    {{"not_after", CC_TYPE_TIME, ONE, false, NULL, "End of the validity period (notAfter).",
      "not_after < 2030-01-01T12:00:00Z"},
     cc_time_extract,
     cc_operand_time,
     CC_NOT_AFTER,
     NULL},
    {{"days_left", NUMBER, ONE, true, NULL,
      "Whole days until the end of the validity period; negative once the certificate has expired.",
      "days_left < 14"},
     cc_days_left_extract,
     cc_operand_number,
     0,
     NULL},
    {{"lifetime_days", NUMBER, ONE, false, NULL,
      "Length of the validity period in whole days, both ends included.", "lifetime_days <= 90"},
     cc_lifetime_extract,
     cc_operand_number,
     0,
     NULL},

    /* ---- usage ---- */
    {{"eku", TEXT, MANY, false, NULL,
      "Extended key usages: OpenSSL's short names, or dotted object identifiers where there is "
      "none.",
      "eku == clientAuth"},
     cc_eku_extract,
     cc_operand_oid,
     CC_OID_SHORT,
     NULL},
    {{"ku", TEXT, MANY, false, NULL, "Key usages, by their names in RFC 5280 4.2.1.3.",
      "ku == digitalSignature"},
     cc_ku_extract,
     cc_operand_ku,
     0,
     NULL},
    {{"policy", TEXT, MANY, false, NULL, "Certificate policies, as dotted object identifiers.",
      "policy == 2.23.140.1.2.2"},
     cc_policy_extract,
     cc_operand_oid,
     CC_OID_DOTTED,
     NULL},
    {{"ext.critical", TEXT, MANY, false, NULL,
      "Object identifiers of the critical extensions.", "ext.critical == 2.5.29.15"},
     cc_critical_extract,
     cc_operand_oid,
     CC_OID_DOTTED,
     NULL},
    {{"ext.", CC_TYPE_DER, ONE, false, "an object identifier: 1.3.6.1.4.1.32473.2",
      "Value of the extension with this identifier (DER), in hex.",
      "ext.1.3.6.1.4.1.32473.2 == 0500"},
     cc_extension_extract,
     cc_operand_octets,
     0,
     &cc_extension_family},

    /* ---- algorithms ---- */
    {{"signature.algorithm", TEXT, ONE, false, NULL,
      "Algorithm of the issuer's signature, by OpenSSL's long name.",
      "signature.algorithm == ecdsa-with-SHA256"},
     cc_signature_extract,
     cc_operand_oid,
     CC_OID_LONG,
     NULL},
    {{"key.type", TEXT, ONE, false, NULL,
      "Type of the public key: RSA, RSA-PSS, EC, ED25519, ED448, DSA, X25519, X448, DH, or a name "
      "of FIPS 203, 204 or 205 (ML-DSA-44, SLH-DSA-SHA2-128s, ML-KEM-512).",
      "key.type == EC"},
     cc_key_type_extract,
     cc_operand_key_type,
     0,
     NULL},
    {{"key.bits", NUMBER, ONE, false, NULL,
      "Size of the public key in bits; for ML-KEM, the number in its name.", "key.bits >= 2048"},
     cc_key_bits_extract,
     cc_operand_number,
     0,
     NULL},
    {{"key.curve", TEXT, ONE, false, NULL,
      "Curve of an EC key: NIST's name, or OpenSSL's name if NIST has none.", "key.curve == P-256"},
     cc_key_curve_extract,
     cc_operand_curve,
     0,
     NULL},

    /* ---- the certificate as a whole ---- */
    {{"version", NUMBER, ONE, false, NULL, "X.509 version of the certificate: 1, 2 or 3.",
      "version == 3"},
     cc_version_extract,
     cc_operand_number,
     0,
     NULL},
    {{"is_ca", TEXT, ONE, false, NULL,
      "Whether the basic constraints mark a CA certificate: true or false.", "is_ca == false"},
     cc_is_ca_extract,
     cc_operand_boolean,
     0,
     NULL},
    {{"self_issued", TEXT, ONE, false, NULL,
      "Whether the issuer and the subject are the same name: true or false.",
      "self_issued == false"},
     cc_self_issued_extract,
     cc_operand_boolean,
     0,
     NULL},
    {{"ca.sha256", OCTETS, ONE, false, NULL,
      "SHA-256 digest of the issuing CA's certificate, as found in the verified chain.",
      "ca.sha256 == e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
     cc_fact_extract,
     cc_operand_sha256,
     CC_FACT_CA_SHA256,
     NULL},
    {{"ca.spki.sha256", OCTETS, ONE, false, NULL,
      "SHA-256 digest of the issuing CA's public key (SubjectPublicKeyInfo).",
      "ca.spki.sha256 == e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
     cc_fact_extract,
     cc_operand_sha256,
     CC_FACT_CA_SPKI,
     NULL},

    /* ---- for directories and back ends ---- */
    {{"altsec.issuer_serial", TEXT, ONE, false, NULL,
      "Active Directory's `X509:<I>issuer<SR>serial`, with the octets of the serial number "
      "reversed. Unusable if a value of the name has a comma or another special character; then "
      "use altsec.ski or altsec.spki.",
      "altsec.issuer_serial == \"X509:<I>DC=com,DC=example,CN=Staff CA<SR>03e21f\""},
     cc_altsec_extract,
     cc_operand_text,
     CC_ALTSEC_ISSUER_SERIAL,
     NULL},
    {{"altsec.ski", TEXT, ONE, false, NULL,
      "Active Directory's `X509:<SKI>`, followed by the subject key identifier.",
      "altsec.ski == \"X509:<SKI>da39a3ee5e6b4b0d3255bfef95601890afd80709\""},
     cc_altsec_extract,
     cc_operand_text,
     CC_ALTSEC_SKI,
     NULL},
    {{"altsec.spki", TEXT, ONE, false, NULL,
      "Active Directory's `X509:<SHA1-PUKEY>`, followed by the SHA-1 digest of the public key "
      "(spki.sha1).",
      "altsec.spki == \"X509:<SHA1-PUKEY>da39a3ee5e6b4b0d3255bfef95601890afd80709\""},
     cc_altsec_extract,
     cc_operand_text,
     CC_ALTSEC_SPKI,
     NULL},
    {{"altsec.issuer_subject", TEXT, ONE, false, NULL,
      "Active Directory's `X509:<I>issuer<S>subject`. Unusable as altsec.issuer_serial is.",
      "altsec.issuer_subject == \"X509:<I>DC=com,CN=Staff CA<S>DC=com,CN=Web User\""},
     cc_altsec_extract,
     cc_operand_text,
     CC_ALTSEC_ISSUER_SUBJECT,
     NULL},
    {{"altsec.subject", TEXT, ONE, false, NULL,
      "Active Directory's `X509:<S>subject`. Unusable as altsec.issuer_serial is.",
      "altsec.subject == \"X509:<S>DC=com,CN=Web User\""},
     cc_altsec_extract,
     cc_operand_text,
     CC_ALTSEC_SUBJECT,
     NULL},
    {{"altsec.email", TEXT, MANY, false, NULL,
      "Active Directory's `X509:<RFC822>`, followed by an email address; one value for each of "
      "san.email.",
      "altsec.email == \"X509:<RFC822>alice@example.com\""},
     cc_altsec_extract,
     cc_operand_text,
     CC_ALTSEC_EMAIL,
     NULL},
    {{"pem", TEXT, ONE, false, NULL,
      "The certificate as PEM, URL-encoded, as back ends expect it in a header.",
      "pem =~ \"-----BEGIN%20CERTIFICATE-----.+\""},
     cc_pem_extract,
     cc_operand_text,
     0,
     NULL},
    {{"der", TEXT, ONE, false, NULL, "The certificate (DER) in base64, on one line.",
      "der =~ \"MII.+\""},
     cc_der_extract,
     cc_operand_text,
     0,
     NULL},
};

static cc_values_t no_values(const cc_extraction_t *s)
{
    (void)s;
    return cc_values_none();
}

const cc_field_t *cc_field_key(void)
{
    static const cc_field_row_t key = {
        {"(FIELD,FIELD)", TEXT, MANY, false, NULL, "", ""}, no_values, cc_operand_text, 0, NULL};

    return &key.field;
}

#define ROW_COUNT (int)(sizeof(rows) / sizeof(rows[0]))

const cc_field_row_t *cc_field_row_at(int i)
{
    int after = i - cc_name_rows.count;

    if (i < 0) {
        return NULL;
    }
    if (after < 0) {
        return &cc_name_rows.at[i];
    }
    if (after < ROW_COUNT) {
        return &rows[after];
    }
    after -= ROW_COUNT;
    return after < cc_presented_rows.count ? &cc_presented_rows.at[after] : NULL;
}
