/* SPDX-License-Identifier: Apache-2.0 */
/* Knows how a verdict is written into a TLS session and read from it again. */
#include <stddef.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <openssl/x509v3.h>

#include "trust/room.h"

/*
 * The record, as it stands in the session's ticket application data. Octets only, so there is no
 * padding and the struct is the layout.
 *
 * The digest makes the record one piece and binds it to the leaf: a damaged record and the record
 * of another certificate both fail it. It is no signature and need not be: a client can touch
 * neither a ticket, which the server encrypts and authenticates, nor the server's session cache.
 *
 * The leaf counts with its SHA-1 fingerprint, which OpenSSL has computed when it verified. Hashing
 * its DER would be half of what the module may cost a handshake, and would hold off nobody: OpenSSL
 * sets a session's certificate only after cc_trust_verify, so that a record and a certificate that
 * do not belong together are an accident (the session before a post-handshake authentication).
 */
typedef struct record_t {
    unsigned char magic[4]; /* changes with the layout */
    unsigned char verified; /* 1 or 0 */
    unsigned char at[8];    /* the full handshake, microseconds since 1970, big-endian */
    unsigned char trust_id[32];
    unsigned char ca_known; /* 1 or 0 */
    unsigned char ca_sha256[32];
    unsigned char ca_spki_sha256[32];
    unsigned char digest[32]; /* SHA-256 of all of the above and the leaf's fingerprint */
} record_t;

_Static_assert(sizeof(record_t) == 142, "the record has no padding");

static const unsigned char magic[4] = {'C', 'C', 'V', '1'};

static void time_put(unsigned char octets[8], apr_time_t at)
{
    for (int i = 0; i < 8; i++)
        octets[i] = (unsigned char)((apr_uint64_t)at >> (56 - 8 * i));
}

static apr_time_t time_get(const unsigned char octets[8])
{
    apr_uint64_t at = 0;

    for (int i = 0; i < 8; i++)
        at = at << 8 | octets[i];
    return (apr_time_t)at;
}

static bool record_digest(unsigned char digest[32], const record_t *record, const EVP_MD *md,
                          X509 *leaf)
{
    unsigned char octets[offsetof(record_t, digest) + SHA_DIGEST_LENGTH];

    memcpy(octets, record, offsetof(record_t, digest));
    X509_check_purpose(leaf, -1, 0); /* so that the fingerprint is computed once and kept */
    return X509_digest(leaf, EVP_sha1(), octets + offsetof(record_t, digest), NULL)
           && EVP_Digest(octets, sizeof octets, digest, NULL, md, NULL);
}

void cc_seal_write(SSL_SESSION *session, const cc_seal_t *seal, const cc_trust_t *trust,
                   X509 *leaf)
{
    record_t record;

    memcpy(record.magic, magic, sizeof magic);
    record.verified = seal->state == CC_TRUST_OK;
    time_put(record.at, seal->verified_at);
    memcpy(record.trust_id, trust->id, sizeof trust->id);
    record.ca_known = seal->ca_known;
    memcpy(record.ca_sha256, seal->ca_sha256, sizeof record.ca_sha256);
    memcpy(record.ca_spki_sha256, seal->ca_spki_sha256, sizeof record.ca_spki_sha256);

    ERR_set_mark(); /* an error left behind would end the handshake (SSL_get_error) */
    if (record_digest(record.digest, &record, trust->md, leaf))
        SSL_SESSION_set1_ticket_appdata(session, &record, sizeof record);
    else
        SSL_SESSION_set1_ticket_appdata(session, NULL, 0);
    ERR_pop_to_mark();
}

static bool record_read(record_t *record, const void *data, size_t len, const EVP_MD *md,
                        X509 *leaf)
{
    unsigned char digest[32];

    if (len != sizeof *record)
        return false;
    memcpy(record, data, sizeof *record);
    return memcmp(record->magic, magic, sizeof magic) == 0 && record->verified <= 1
           && record->ca_known <= 1 && record_digest(digest, record, md, leaf)
           && memcmp(record->digest, digest, sizeof digest) == 0;
}

void cc_seal_read(cc_seal_t *seal, const cc_trust_t *trust, SSL_SESSION *session, X509 *leaf)
{
    record_t record;
    void *data;
    size_t len;

    memset(seal, 0, sizeof *seal);
    SSL_SESSION_get0_ticket_appdata(session, &data, &len);
    if (data == NULL) {
        seal->state = CC_TRUST_NO_RECORD;
    } else if (!record_read(&record, data, len, trust->md, leaf)) {
        seal->state = CC_TRUST_BAD_RECORD;
    } else if (!record.verified) {
        seal->state = CC_TRUST_FAILED;
    } else if (memcmp(record.trust_id, trust->id, sizeof trust->id) != 0) {
        seal->state = CC_TRUST_OTHER_TRUST;
    } else {
        seal->state = CC_TRUST_OK;
        seal->verified_at = time_get(record.at);
        seal->ca_known = record.ca_known;
        memcpy(seal->ca_sha256, record.ca_sha256, sizeof record.ca_sha256);
        memcpy(seal->ca_spki_sha256, record.ca_spki_sha256, sizeof record.ca_spki_sha256);
    }
}
