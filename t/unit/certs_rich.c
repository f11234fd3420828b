/* SPDX-License-Identifier: Apache-2.0 */
/* Makes a certificate that has a value in every field. */
#include "certs.h"

#define UTF8(text) V_ASN1_UTF8STRING, CERTS_OCTETS(text)
#define IA5(text) V_ASN1_IA5STRING, CERTS_OCTETS(text)

static const certs_attribute_t subject[] = {
    {"DC", IA5("com"), 0},
    {"O", UTF8("Example, Inc."), 0},
    {"OU", UTF8("Staff"), 0},
    {"OU", UTF8("Admins"), 0},
    {"2.5.4.97", UTF8("NTRDE-1"), 0},
    {"1.3.6.1.4.1.32473.9", UTF8("nine"), 0},
    {"CN", UTF8("J\xC3\xBCrgen +1"), 0},
    {"UID", UTF8("jd"), 1},
    {NULL, 0, {NULL, 0}, 0},
};

static const certs_attribute_t issuer[] = {
    {"DC", IA5("com"), 0},       {"ST", UTF8("Bavaria"), 0},
    {"CN", UTF8("Staff CA"), 0}, {"1.3.6.1.4.1.32473.9", UTF8("nine"), 0},
    {NULL, 0, {NULL, 0}, 0},
};

/*
 * rfc822Name, SmtpUTF8Mailbox, dNSName, two iPAddresses, two URIs, directoryName O=Other,
 * registeredID, UPN, the principal j/admin/a@b of EXAMPLE.COM, FASC-N, hardwareModuleName and
 * permanentIdentifier.
 */
static const char san[] =
    "\x30\x82\x01\x44"
    "\x81\x0djd@example.de"
    "\xa0\x1c\x06\x08\x2b\x06\x01\x05\x05\x07\x08\x09\xa0\x10\x0c\x0ej\xc3\xbc@example.de"
    "\x82\x0bjd.test.com"
    "\x87\x04\xc0\x00\x02\x01"
    "\x87\x10\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01"
    "\x86\x0espiffe://ex/jd"
    "\x86\x08urn:jd:1"
    "\xa4\x12\x30\x10\x31\x0e\x30\x0c\x06\x03\x55\x04\x0a\x0c\x05Other"
    "\x88\x03\x2a\x03\x04"
    "\xa0\x1b\x06\x0a\x2b\x06\x01\x04\x01\x82\x37\x14\x02\x03\xa0\x0d\x0c\x0bjd@corp.com"
    "\xa0\x37\x06\x06\x2b\x06\x01\x05\x02\x02\xa0\x2d\x30\x2b"
    "\xa0\x0d\x1b\x0b"
    "EXAMPLE.COM"
    "\xa1\x1a\x30\x18\xa0\x03\x02\x01\x01\xa1\x11\x30\x0f\x1b\x01j\x1b\x05"
    "admin\x1b\x03"
    "a@b"
    "\xa0\x27\x06\x08\x60\x86\x48\x01\x65\x03\x06\x06\xa0\x1b\x04\x19"
    "\xd0\x43\x94\x58\x21\x0c\x2c\x19\xa0\x84\x6d\x83\x68\x5a\x10\x82\x10\x8c\xe7\x39\x84\x10\x8c"
    "\xa3\xfc"
    "\xa0\x1d\x06\x08\x2b\x06\x01\x05\x05\x07\x08\x04\xa0\x11\x30\x0f"
    "\x06\x09\x2b\x06\x01\x04\x01\x81\xfd\x59\x07\x04\x02\x0a\x1b"
    "\xa0\x1f\x06\x08\x2b\x06\x01\x05\x05\x07\x08\x03\xa0\x13\x30\x11\x0c\x04"
    "4711"
    "\x06\x09\x2b\x06\x01\x04\x01\x81\xfd\x59\x08";

static const char sid[] =
    "\x30\x25\xa0\x23\x06\x0a\x2b\x06\x01\x04\x01\x82\x37\x19\x02\x01\xa0\x15\x04\x13"
    "S-1-5-21-1-2-3-1104";

/* 1.3.6.1.4.1.32473.5 and anyPolicy. */
static const char policies[] = "\x30\x15\x30\x0b\x06\x09\x2b\x06\x01\x04\x01\x81\xfd\x59\x05"
                               "\x30\x06\x06\x04\x55\x1d\x20\x00";

static const certs_extension_t extensions[] = {
    {"subjectAltName", CERTS_OCTETS(san), NULL},
    {"basicConstraints", {NULL, 0}, "CA:FALSE"},
    {"keyUsage", {NULL, 0}, "critical,digitalSignature,keyAgreement,decipherOnly"},
    {"extendedKeyUsage", {NULL, 0}, "clientAuth,1.3.6.1.4.1.32473.4"},
    {"certificatePolicies", CERTS_OCTETS(policies), NULL},
    {"subjectKeyIdentifier", {NULL, 0}, "0A:0B:0C"},
    {"authorityKeyIdentifier", CERTS_OCTETS("\x30\x05\x80\x03\x01\x02\xff"), NULL},
    {"1.3.6.1.4.1.311.25.2", CERTS_OCTETS(sid), NULL},
    {"1.3.6.1.4.1.32473.2", CERTS_OCTETS("\x05\x00"), NULL},
    {NULL, {NULL, 0}, NULL},
};

const certs_spec_t certs_rich = {
    .serial = CERTS_OCTETS("\x0a\x1b\xfe"),
    .subject = subject,
    .issuer = issuer,
    .extensions = extensions,
};
