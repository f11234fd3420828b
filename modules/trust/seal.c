/* SPDX-License-Identifier: Apache-2.0 */
/* Writes a verdict into a TLS session, and reads it back. */
#include <stddef.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/x509.h>

#include "base/moment.h"
#include "trust/internal.h"

/*
 * The record in the session's ticket application data. It consists of octets, so there is no
 * padding, and the struct is the layout. The verdict depends on the first four members.
 *
 * The record itself needs no protection: a client can modify neither a ticket, which the server
 * encrypts and authenticates, nor the server's session cache. OpenSSL sets a session's certificate
 * only after cc_trust_verify, so a record of another certificate can only be an accident (the
 * session before a post-handshake authentication).
 *
 * The leaf of a good verdict is identified by the end of the signature on it. No CA makes the same
 * signature for two certificates. Computing a digest of the leaf would take a third of the time
 * that the module may add to a handshake. Of any other certificate the client may have chosen the
 * signature, even if the key is pinned: without an issuer, nothing checks it. So other verdicts
 * identify the leaf by a digest of the whole certificate.
 */
#define LEAF_LEN 16

enum { VERDICT_FAILED, VERDICT_OK, VERDICT_NOT_CLIENT, VERDICT_NO_ISSUER };

/* A depth or a number in one octet; larger ones occur in no chain. */
#define OCTET_MAX 255
#define GROUP_MAX 0xFFFF

typedef struct record_t {
    unsigned char magic[4]; /* changes with the layout */
    unsigned char verdict;  /* a VERDICT_ */
    unsigned char trust_id[CC_TRUST_ID_LEN];
    unsigned char leaf[LEAF_LEN]; /* leaf_mark */
    unsigned char at[8];    /* time of the full handshake, microseconds since 1970, big-endian */
    unsigned char until[8]; /* when the chain expires, likewise */
    unsigned char ca_known; /* 1 or 0 */
    unsigned char ca_sha256[32];
    unsigned char ca_spki_sha256[32];
    unsigned char cause;      /* a cc_cause_t: why the verdict is not VERDICT_OK */
    unsigned char depth;      /* of the certificate at fault */
    unsigned char number;     /* cc_fault_t; below 0: in two's complement */
    unsigned char group[2];   /* cc_seal_t, big-endian */
    unsigned char ca_count;   /* likewise; more than CC_SEAL_CAS_MAX: too many, and no marks */
    unsigned char path_count; /* likewise */
    unsigned char lists[CC_SEAL_CAS_MAX * CC_CA_MARK_LEN + /* cc_seal_t.ca_marks, then .above; */
                        (CC_SEAL_PATH_MAX - 1) * sizeof(cc_seal_ca_t)]; /* the record ends there */
} record_t;

_Static_assert(sizeof(record_t) == offsetof(record_t, lists) + sizeof(((record_t *)0)->lists) &&
                   offsetof(record_t, lists) == 125 && sizeof(cc_seal_ca_t) == 64,
               "the record has no padding");

static const unsigned char magic[4] = {'C', 'C', 'V', '7'};

/* The octets of the marks, of the CAs above the issuer, and of the whole record. */
static size_t marks_len(const record_t *record)
{
    return record->ca_count > CC_SEAL_CAS_MAX ? 0 : (size_t)record->ca_count * CC_CA_MARK_LEN;
}

static size_t above_len(const record_t *record)
{
    return record->path_count > 1 ? (record->path_count - 1u) * sizeof(cc_seal_ca_t) : 0;
}

static size_t record_len(const record_t *record)
{
    return offsetof(record_t, lists) + marks_len(record) + above_len(record);
}

static unsigned char verdict_of(cc_trust_state_t state)
{
    if (state == CC_TRUST_OK) {
        return VERDICT_OK;
    }
    if (state == CC_TRUST_NO_ISSUER) {
        return VERDICT_NO_ISSUER;
    }
    return state == CC_TRUST_NOT_CLIENT ? VERDICT_NOT_CLIENT : VERDICT_FAILED;
}

static unsigned char octet_of(int number)
{
    return (unsigned char)(number > OCTET_MAX ? OCTET_MAX : number);
}

/* The last octets of signatureValue (RFC 5280 4.1.1.3). */
static void signature_mark(unsigned char mark[LEAF_LEN], const X509 *leaf)
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

/* Half of a SHA-256. False if OpenSSL fails. */
static bool digest_mark(unsigned char mark[LEAF_LEN], const X509 *leaf, const cc_trust_t *trust)
{
    unsigned char full[32];

    if (!X509_digest(leaf, trust->md, full, NULL)) {
        return false;
    }
    memcpy(mark, full, LEAF_LEN);
    return true;
}

/* Identifies the leaf of a verdict (VERDICT_). False if OpenSSL fails. */
static bool leaf_mark(unsigned char mark[LEAF_LEN], const X509 *leaf, unsigned char verdict,
                      const cc_trust_t *trust)
{
    if (verdict != VERDICT_OK) {
        return digest_mark(mark, leaf, trust);
    }
    signature_mark(mark, leaf);
    return true;
}

/* A group with a number that the record cannot have is treated as a chain with too many CAs. */
static void group_write(record_t *record, const cc_seal_t *seal)
{
    bool fits = seal->group <= GROUP_MAX && seal->ca_count <= CC_SEAL_CAS_MAX;

    record->group[0] = (unsigned char)(seal->group >> 8);
    record->group[1] = (unsigned char)seal->group;
    record->ca_count = fits ? (unsigned char)seal->ca_count : CC_SEAL_CAS_MAX + 1;
}

void cc_seal_write(SSL_SESSION *session, const cc_seal_t *seal, const cc_trust_t *trust,
                   const X509 *leaf)
{
    record_t record;

    memcpy(record.magic, magic, sizeof(magic));
    record.verdict = verdict_of(seal->state);
    memcpy(record.trust_id, trust->id, sizeof(trust->id));
    cc_moment_put(record.at, seal->verified_at);
    cc_moment_put(record.until, seal->until);
    record.ca_known = seal->ca_known;
    memcpy(record.ca_sha256, seal->ca_sha256, sizeof(record.ca_sha256));
    memcpy(record.ca_spki_sha256, seal->ca_spki_sha256, sizeof(record.ca_spki_sha256));
    record.cause = (unsigned char)seal->fault.cause;
    record.depth = octet_of(seal->fault.depth);
    record.number = octet_of(seal->fault.number);
    group_write(&record, seal);
    record.path_count = (unsigned char)seal->path_count;
    memcpy(record.lists, seal->ca_marks, marks_len(&record));
    memcpy(record.lists + marks_len(&record), seal->above, above_len(&record));
    if (!leaf_mark(record.leaf, leaf, record.verdict, trust)) {
        SSL_SESSION_set1_ticket_appdata(session, NULL, 0);
        return;
    }
    SSL_SESSION_set1_ticket_appdata(session, &record, record_len(&record));
}

/* False if the octets are not exactly one record. */
static bool record_copy(record_t *record, const void *data, size_t len)
{
    memset(record, 0, sizeof(*record));
    if (len < offsetof(record_t, lists) || len > sizeof(*record)) {
        return false;
    }
    memcpy(record, data, len);
    return record->ca_count <= CC_SEAL_CAS_MAX + 1 && record->path_count <= CC_SEAL_PATH_MAX &&
           len == record_len(record);
}

static bool is_of_leaf(const record_t *record, const X509 *leaf, const cc_trust_t *trust)
{
    unsigned char mark[LEAF_LEN];

    return leaf_mark(mark, leaf, record->verdict, trust) &&
           memcmp(record->leaf, mark, sizeof(mark)) == 0;
}

static bool record_read(record_t *record, const void *data, size_t len, const X509 *leaf,
                        const cc_trust_t *trust)
{
    return record_copy(record, data, len) && memcmp(record->magic, magic, sizeof(magic)) == 0 &&
           record->verdict <= VERDICT_NO_ISSUER && is_of_leaf(record, leaf, trust) &&
           record->ca_known <= 1 && (record->ca_known || record->path_count == 0) &&
           record->cause <= CC_CAUSE_SEALED_MAX &&
           (record->cause == CC_CAUSE_NONE) == (record->verdict == VERDICT_OK);
}

static bool is_of(const record_t *record, const cc_trust_t *trust)
{
    return memcmp(record->trust_id, trust->id, sizeof(trust->id)) == 0;
}

/* A cause found with other CAs or settings may be wrong here. */
static void fault_read(cc_fault_t *fault, const record_t *record, const cc_trust_t *trust)
{
    if (!is_of(record, trust)) {
        *fault = (cc_fault_t){CC_CAUSE_OTHER_HOST, 0, 0};
    } else {
        *fault = (cc_fault_t){(cc_cause_t)record->cause, record->depth, record->number};
    }
    if (fault->cause == CC_CAUSE_TOO_LONG) {
        fault->number = (signed char)record->number;
    }
}

/* Only a host with pins needs to know that nothing but an issuer is wanting. */
static void bad_verdict_read(cc_seal_t *seal, const record_t *record, const cc_trust_t *trust)
{
    bool lone = record->verdict == VERDICT_NO_ISSUER && trust->pins;

    if (lone) {
        seal->verified_at = cc_moment_get(record->at);
    }
    if (lone && !is_of(record, trust)) {
        seal->state = CC_TRUST_OTHER_TRUST;
        return;
    }
    seal->state = lone                                    ? CC_TRUST_NO_ISSUER
                  : record->verdict == VERDICT_NOT_CLIENT ? CC_TRUST_NOT_CLIENT
                                                          : CC_TRUST_FAILED;
    fault_read(&seal->fault, record, trust);
}

/* A good verdict, which holds as long as the CAs that it is based on stay. */
static void verdict_read(cc_seal_t *seal, const record_t *record, const cc_trust_t *trust)
{
    seal->state = CC_TRUST_OK;
    seal->verified_at = cc_moment_get(record->at);
    seal->until = cc_moment_get(record->until);
    seal->ca_known = record->ca_known;
    memcpy(seal->ca_sha256, record->ca_sha256, sizeof(record->ca_sha256));
    memcpy(seal->ca_spki_sha256, record->ca_spki_sha256, sizeof(record->ca_spki_sha256));
    seal->group = record->group[0] << 8 | record->group[1];
    seal->ca_count = record->ca_count;
    memcpy(seal->ca_marks, record->lists, marks_len(record));
    seal->path_count = record->path_count;
    memcpy(seal->above, record->lists + marks_len(record), above_len(record));
    if (!cc_trust_holds(trust, seal)) {
        apr_time_t verified_at = seal->verified_at;

        *seal = (cc_seal_t){.state = CC_TRUST_CA_LEFT, .verified_at = verified_at};
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
    } else if (!record_read(&record, data, len, leaf, trust)) {
        seal->state = CC_TRUST_BAD_RECORD;
    } else if (record.verdict != VERDICT_OK) {
        bad_verdict_read(seal, &record, trust);
    } else if (!is_of(&record, trust)) {
        seal->state = CC_TRUST_OTHER_TRUST;
        seal->verified_at = cc_moment_get(record.at); /* another verification keeps this age */
    } else {
        verdict_read(seal, &record, trust);
    }
}
