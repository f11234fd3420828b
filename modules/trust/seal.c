/* SPDX-License-Identifier: Apache-2.0 */
/* Writes a verdict into a TLS session, and reads it back. */
#include <stddef.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/hmac.h>
#include <openssl/x509.h>

#include "base/moment.h"
#include "trust/internal.h"

/*
 * The record in the session's ticket application data. It consists of octets, so there is no
 * padding, and the struct is the layout. The verdict depends on the first four members.
 *
 * Usually the record itself needs no protection: a client can modify neither a ticket, which the
 * server encrypts and authenticates, nor the server's session cache. (For a server that encrypts
 * without authenticating, there is cc_trust_guard.) The leaf is identified by the end of the CA's
 * signature on it, which no two certificates share. OpenSSL sets a session's certificate only after
 * cc_trust_verify, so a record of another certificate can only be an accident (the session before a
 * post-handshake authentication). Computing a digest of the leaf would take a third of the time
 * that the module may add to a handshake.
 */
#define LEAF_LEN 16
#define MAC_LEN 16

enum { VERDICT_FAILED, VERDICT_OK, VERDICT_NOT_CLIENT };

/* A depth or a number in one octet; larger ones occur in no chain. */
#define OCTET_MAX 255

typedef struct record_t {
    unsigned char magic[4]; /* changes with the layout */
    unsigned char verdict;  /* a VERDICT_ */
    unsigned char trust_id[CC_TRUST_ID_LEN];
    unsigned char leaf[LEAF_LEN]; /* the last octets of its signatureValue (RFC 5280 4.1.1.3) */
    unsigned char at[8];    /* time of the full handshake, microseconds since 1970, big-endian */
    unsigned char until[8]; /* when the chain expires, likewise */
    unsigned char ca_known; /* 1 or 0 */
    unsigned char ca_sha256[32];
    unsigned char ca_spki_sha256[32];
    unsigned char cause;        /* a cc_cause_t: why the verdict is not VERDICT_OK */
    unsigned char depth;        /* of the certificate at fault */
    unsigned char number;       /* cc_fault_t */
    unsigned char mac[MAC_LEN]; /* of all members before it and of the leaf; 0 without a guard */
} record_t;

_Static_assert(sizeof(record_t) == 137, "the record has no padding");

static const unsigned char magic[4] = {'C', 'C', 'V', '3'};

static unsigned char verdict_of(cc_trust_state_t state)
{
    if (state == CC_TRUST_OK) {
        return VERDICT_OK;
    }
    return state == CC_TRUST_NOT_CLIENT ? VERDICT_NOT_CLIENT : VERDICT_FAILED;
}

static unsigned char octet_of(int number)
{
    return (unsigned char)(number > OCTET_MAX ? OCTET_MAX : number);
}

static void leaf_mark(unsigned char mark[LEAF_LEN], const X509 *leaf)
{
    const ASN1_BIT_STRING *signature = NULL;
    size_t len = 0;

    memset(mark, 0, LEAF_LEN);
    X509_get0_signature(&signature, NULL, leaf);
    if (signature) {
        len = (size_t)ASN1_STRING_length(signature);
        len = len < LEAF_LEN ? len : LEAF_LEN;
        memcpy(mark, ASN1_STRING_get0_data(signature) + ASN1_STRING_length(signature) - len, len);
    }
}

/* HMAC-SHA256 over the record and the digest of the whole leaf. False if OpenSSL fails. */
static bool mac_make(unsigned char mac[MAC_LEN], const record_t *record, const cc_trust_t *trust,
                     const X509 *leaf)
{
    unsigned char input[offsetof(record_t, mac) + 32], full[32];

    memcpy(input, record, offsetof(record_t, mac));
    if (!X509_digest(leaf, trust->md, input + offsetof(record_t, mac), NULL) ||
        !HMAC(trust->md, trust->guard, sizeof(trust->guard), input, sizeof(input), full, NULL)) {
        return false;
    }
    memcpy(mac, full, MAC_LEN);
    return true;
}

void cc_seal_write(SSL_SESSION *session, const cc_seal_t *seal, const cc_trust_t *trust,
                   const X509 *leaf)
{
    record_t record;

    memcpy(record.magic, magic, sizeof(magic));
    record.verdict = verdict_of(seal->state);
    memcpy(record.trust_id, trust->id, sizeof(trust->id));
    leaf_mark(record.leaf, leaf);
    cc_moment_put(record.at, seal->verified_at);
    cc_moment_put(record.until, seal->until);
    record.ca_known = seal->ca_known;
    memcpy(record.ca_sha256, seal->ca_sha256, sizeof(record.ca_sha256));
    memcpy(record.ca_spki_sha256, seal->ca_spki_sha256, sizeof(record.ca_spki_sha256));
    record.cause = (unsigned char)seal->fault.cause;
    record.depth = octet_of(seal->fault.depth);
    record.number = octet_of(seal->fault.number);
    memset(record.mac, 0, sizeof(record.mac));
    if (trust->guarded && !mac_make(record.mac, &record, trust, leaf)) {
        SSL_SESSION_set1_ticket_appdata(session, NULL, 0);
        return;
    }
    SSL_SESSION_set1_ticket_appdata(session, &record, sizeof(record));
}

static bool record_read(record_t *record, const void *data, size_t len, const X509 *leaf)
{
    unsigned char mark[LEAF_LEN];

    if (len != sizeof(*record)) {
        return false;
    }
    memcpy(record, data, sizeof(*record));
    leaf_mark(mark, leaf);
    return memcmp(record->magic, magic, sizeof(magic)) == 0 &&
           record->verdict <= VERDICT_NOT_CLIENT && memcmp(record->leaf, mark, sizeof(mark)) == 0 &&
           record->ca_known <= 1 && record->cause <= CC_CAUSE_SEALED_MAX &&
           (record->cause == CC_CAUSE_NONE) == (record->verdict == VERDICT_OK);
}

/* A cause found with other CAs or settings may be wrong here. */
static void fault_read(cc_fault_t *fault, const record_t *record, const cc_trust_t *trust)
{
    if (memcmp(record->trust_id, trust->id, sizeof(trust->id)) != 0) {
        *fault = (cc_fault_t){CC_CAUSE_OTHER_HOST, 0, 0};
    } else {
        *fault = (cc_fault_t){(cc_cause_t)record->cause, record->depth, record->number};
    }
}

void cc_trust_unseal(cc_seal_t *seal, const cc_trust_t *trust, SSL_SESSION *session,
                     const X509 *leaf)
{
    record_t record;
    void *data;
    size_t len;

    memset(seal, 0, sizeof(*seal));
    SSL_SESSION_get0_ticket_appdata(session, &data, &len);
    if (data == NULL) {
        seal->state = CC_TRUST_NO_RECORD;
    } else if (!record_read(&record, data, len, leaf)) {
        seal->state = CC_TRUST_BAD_RECORD;
    } else if (record.verdict != VERDICT_OK) {
        seal->state = record.verdict == VERDICT_FAILED ? CC_TRUST_FAILED : CC_TRUST_NOT_CLIENT;
        fault_read(&seal->fault, &record, trust);
    } else if (memcmp(record.trust_id, trust->id, sizeof(trust->id)) != 0) {
        seal->state = CC_TRUST_OTHER_TRUST;
        seal->verified_at = cc_moment_get(record.at); /* another verification keeps this age */
    } else {
        seal->state = CC_TRUST_OK;
        seal->verified_at = cc_moment_get(record.at);
        seal->until = cc_moment_get(record.until);
        seal->ca_known = record.ca_known;
        memcpy(seal->ca_sha256, record.ca_sha256, sizeof(record.ca_sha256));
        memcpy(seal->ca_spki_sha256, record.ca_spki_sha256, sizeof(record.ca_spki_sha256));
    }
}

bool cc_seal_guarded(const cc_trust_t *trust, SSL_SESSION *session, const X509 *leaf)
{
    unsigned char mac[MAC_LEN];
    record_t record;
    void *data = NULL;
    size_t len = 0;

    SSL_SESSION_get0_ticket_appdata(session, &data, &len);
    if (len != sizeof(record)) {
        return false;
    }
    memcpy(&record, data, sizeof(record));
    return mac_make(mac, &record, trust, leaf) && !CRYPTO_memcmp(mac, record.mac, sizeof(mac));
}
