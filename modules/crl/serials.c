/* SPDX-License-Identifier: Apache-2.0 */
/* Implements sets of serial numbers: millions in one block of rows, with a hash index. */
#include <stdlib.h>
#include <string.h>

#include "base/keyed_hash.h"
#include "crl/internal.h"

/*
 * A CRL may list millions of certificates, and every request may look one up. The set is filled
 * once, from the entries in order, and does not change after that, so any thread reads it without a
 * lock.
 *
 * The rows are consecutive in one block: a head (the length of the key, the reason, the date), then
 * the key. That is less than an entry takes in DER, so the block never grows. The index is a hash
 * table with open addressing and linear probing: a slot contains the offset of a row in 32 bits, or
 * 0 if it is free, and two thirds of the slots are used. It is built once all rows have been added,
 * in batches, so that the slots of a batch are fetched from memory while others are written. The
 * hash has a secret seed, so a CA cannot choose serial numbers that all collide.
 *
 * In an indirect CRL, a key begins with the number of the certificate's issuer.
 */
#define HEAD 6   /* of a row: length of the key, reason, date */
#define BATCH 16 /* slots of the index that are fetched from memory at once */

struct cc_serials_t {
    cc_hash_key_t hash_key; /* secret, so that no CA can choose serials that collide */
    unsigned char *rows;    /* each: a head, then the key; no row begins at 0 */
    apr_uint32_t used;
    apr_uint32_t *slots; /* open addressing: the offset of a row; 0: free */
    apr_uint32_t slot_count;
    apr_uint32_t row_count;
};

cc_serials_t *cc_serials_create(apr_size_t der_size)
{
    cc_serials_t *serials = calloc(1, sizeof(*serials));

    if (!serials) {
        return NULL;
    }
    /*
     * An entry with its date and two headers takes 19 octets more in DER than its serial number,
     * and here 6, or 10 with the number of its issuer. The system allocates memory only when it is
     * written; cc_serials_finish returns the rest.
     */
    serials->rows = malloc(der_size + 1);
    serials->used = 1;
    if (!serials->rows || cc_hash_key_make(&serials->hash_key) != APR_SUCCESS) {
        cc_serials_free(serials);
        return NULL;
    }
    return serials;
}

void cc_serials_free(cc_serials_t *serials)
{
    if (serials) {
        free(serials->rows);
        free(serials->slots);
        free(serials);
    }
}

void cc_serials_add(cc_serials_t *serials, const cc_serial_t *key, const cc_revoked_t *revoked)
{
    unsigned char *row = serials->rows + serials->used;

    row[0] = key->len;
    row[1] = revoked->reason;
    memcpy(row + 2, &revoked->at, sizeof(revoked->at));
    memcpy(row + HEAD, key->octets, key->len);
    serials->used += HEAD + key->len;
    serials->row_count++;
}

/* ---- the index ------------------------------------------------------------------------------- */

static apr_uint32_t slot_of(const cc_serials_t *serials, apr_uint64_t hash)
{
    return (apr_uint32_t)((hash >> 32) * serials->slot_count >> 32);
}

/* The slot with this key, or the free one where it would be. */
static apr_uint32_t slot_find(const cc_serials_t *serials, apr_uint32_t slot,
                              const unsigned char *key, apr_size_t len)
{
    while (serials->slots[slot]) {
        const unsigned char *row = serials->rows + serials->slots[slot];

        if (row[0] == len && memcmp(row + HEAD, key, len) == 0) {
            return slot;
        }
        slot = slot + 1 < serials->slot_count ? slot + 1 : 0;
    }
    return slot;
}

/* If a certificate is listed twice, the entry that revokes it counts. */
static void row_index(cc_serials_t *serials, apr_uint32_t at, apr_uint32_t slot)
{
    const unsigned char *row = serials->rows + at;
    apr_uint32_t *place = &serials->slots[slot_find(serials, slot, row + HEAD, row[0])];

    if (*place == 0 || serials->rows[*place + 1] == CC_REASON_REMOVE) {
        *place = at;
    }
}

bool cc_serials_finish(cc_serials_t *serials)
{
    unsigned char *rows = realloc(serials->rows, serials->used);

    serials->rows = rows ? rows : serials->rows;
    serials->slot_count = serials->row_count + serials->row_count / 2 + 1;
    serials->slots = calloc(serials->slot_count, sizeof(*serials->slots));
    if (!serials->slots) {
        return false;
    }
    for (apr_uint32_t at = 1; at < serials->used;) {
        struct {
            apr_uint32_t row, slot;
        } batch[BATCH];
        int count = 0;

        for (; count < BATCH && at < serials->used; count++) {
            const unsigned char *row = serials->rows + at;

            batch[count].row = at;
            batch[count].slot =
                slot_of(serials, cc_keyed_hash(&serials->hash_key, row + HEAD, row[0]));
            __builtin_prefetch(&serials->slots[batch[count].slot], 1);
            at += HEAD + row[0];
        }
        for (int i = 0; i < count; i++) {
            row_index(serials, batch[i].row, batch[i].slot);
        }
    }
    return true;
}

bool cc_serials_find(const cc_serials_t *serials, const cc_serial_t *key, cc_revoked_t *revoked)
{
    apr_uint32_t slot = slot_of(serials, cc_keyed_hash(&serials->hash_key, key->octets, key->len));
    const unsigned char *row = NULL;

    slot = slot_find(serials, slot, key->octets, key->len);
    if (serials->slots[slot] == 0) {
        return false;
    }
    row = serials->rows + serials->slots[slot];
    revoked->reason = row[1];
    memcpy(&revoked->at, row + 2, sizeof(revoked->at));
    return true;
}

apr_uint32_t cc_serials_count(const cc_serials_t *serials)
{
    return serials->row_count;
}
