/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the CAs of a trust that expire soon, or have expired. */
#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "cert/cert.h"
#include "trust/expiry.h"
#include "trust/internal.h"

#define DAY apr_time_from_sec(24 * 60 * 60)

/* How long before its end a CA reaches a stage. */
static const apr_interval_time_t spans[] = {
    [CC_CA_EXPIRES_MONTH] = 30 * DAY,
    [CC_CA_EXPIRES_WEEK] = 7 * DAY,
    [CC_CA_EXPIRES_DAY] = DAY,
    [CC_CA_EXPIRED] = 0,
};

/* A CA, either of a set or of the store. */
typedef struct expiring_ca_t {
    const unsigned char *sha256, *spki_sha256;
    apr_time_t not_after;
    const cc_ca_t *of_set; /* NULL: it is of the store */
    X509 *of_store;
    const struct expiring_ca_t *same_key; /* another one; NULL: no more */
} expiring_ca_t;

typedef struct {
    apr_array_header_t *candidates; /* of expiring_ca_t: the CAs of one group, or of the store */
    apr_hash_t *by_key;             /* the first of those with a key, by its SHA-256 */
    apr_array_header_t *found;      /* of cc_ca_expiry_t */
    apr_time_t now, next;
    apr_pool_t *pool;
} expiry_search_t;

/* ---- one CA ---------------------------------------------------------------------------------- */

/* NULL: out of memory. */
static X509 *cert_of(const expiring_ca_t *one)
{
    return one->of_set ? cc_ca_cert(one->of_set) : one->of_store;
}

/*
 * A CA that lives for a week, as those of SPIFFE may, is not in danger because it lives for less
 * than a month: a stage that is longer than a third of the life of the CA is left out.
 */
static cc_ca_stage_t stage_of(expiry_search_t *search, apr_time_t not_before, apr_time_t not_after)
{
    cc_ca_stage_t stage = CC_CA_EXPIRES_LATER;

    for (int i = CC_CA_EXPIRES_MONTH; i <= CC_CA_EXPIRED; i++) {
        apr_time_t last = not_after - spans[i]; /* the last moment before the stage */

        if (spans[i] > (not_after - not_before) / 3) {
            continue;
        }
        if (search->now <= last) {
            search->next = last + 1 < search->next ? last + 1 : search->next;
            break;
        }
        stage = (cc_ca_stage_t)i;
    }
    return stage;
}

/* Links the CAs with the same key. */
static void keys_index(expiry_search_t *search)
{
    search->by_key = apr_hash_make(search->pool);
    for (int i = 0; i < search->candidates->nelts; i++) {
        expiring_ca_t *one = &APR_ARRAY_IDX(search->candidates, i, expiring_ca_t);

        one->same_key = apr_hash_get(search->by_key, one->spki_sha256, 32);
        apr_hash_set(search->by_key, one->spki_sha256, 32, one);
    }
}

static bool has_name_of(X509 *cert, X509 *other)
{
    return !X509_NAME_cmp(X509_get_subject_name(cert), X509_get_subject_name(other));
}

/*
 * When the last CA with the same name and key expires, if it is valid when this one expires. 0:
 * there is none.
 */
static apr_time_t renewed_until(const expiry_search_t *search, const expiring_ca_t *one, X509 *cert)
{
    const expiring_ca_t *other = apr_hash_get(search->by_key, one->spki_sha256, 32);
    apr_time_t until = 0, not_before, not_after;

    for (; other; other = other->same_key) {
        X509 *renewal = other->not_after > one->not_after ? cert_of(other) : NULL;

        if (renewal && has_name_of(renewal, cert)) {
            cc_cert_validity(cc_cert_wrap(renewal, search->pool), &not_before, &not_after);
            until = not_before <= one->not_after && not_after > until ? not_after : until;
        }
    }
    return until;
}

static void candidate_judge(expiry_search_t *search, const expiring_ca_t *one)
{
    X509 *cert = cert_of(one);
    apr_time_t not_before, not_after;
    cc_ca_stage_t stage;

    if (!cert) {
        return;
    }
    cc_cert_validity(cc_cert_wrap(cert, search->pool), &not_before, &not_after);
    stage = stage_of(search, not_before, not_after);
    if (stage != CC_CA_EXPIRES_LATER) {
        cc_ca_expiry_t *expiry = apr_array_push(search->found);

        *expiry = (cc_ca_expiry_t){
            .stage = stage,
            .subject = cc_trust_name_text(cert, "subject", search->pool),
            .path = one->of_set ? apr_pstrdup(search->pool, one->of_set->path) : NULL,
            .not_after = not_after,
            .renewed_until = renewed_until(search, one, cert)};
        memcpy(expiry->sha256, one->sha256, sizeof(expiry->sha256));
    }
}

/* Most CAs expire so late that their certificates need not be decoded. */
static void candidates_judge(expiry_search_t *search)
{
    keys_index(search);
    for (int i = 0; i < search->candidates->nelts; i++) {
        const expiring_ca_t *one = &APR_ARRAY_IDX(search->candidates, i, expiring_ca_t);
        apr_time_t last = one->not_after - spans[CC_CA_EXPIRES_MONTH];

        if (search->now <= last) {
            search->next = last + 1 < search->next ? last + 1 : search->next;
        } else {
            candidate_judge(search, one);
        }
    }
    apr_array_clear(search->candidates);
}

/* ---- the CAs of a trust ---------------------------------------------------------------------- */

static void set_search(expiry_search_t *search, cc_cas_t *cas)
{
    unsigned side;
    const cc_ca_set_t *set = cc_cas_enter(cas, &side);

    for (int i = 0; i < cc_ca_groups(set); i++) {
        const cc_ca_group_t *group = cc_ca_group_at(set, i);

        for (int j = 0; j < cc_ca_count(group); j++) {
            const cc_ca_t *ca = cc_ca_at(group, j);

            APR_ARRAY_PUSH(search->candidates, expiring_ca_t) =
                (expiring_ca_t){ca->sha256, ca->spki_sha256, ca->not_after, ca, NULL, NULL};
        }
        candidates_judge(search);
    }
    cc_cas_leave(cas, side);
}

/* A certificate of the store that is not a CA is trusted as that of a client. */
static void store_search(expiry_search_t *search, const cc_trust_t *trust)
{
    for (apr_hash_index_t *at = apr_hash_first(search->pool, trust->issuers); at;
         at = apr_hash_next(at)) {
        const cc_issuer_t *issuer = apr_hash_this_val(at);
        X509 *cert = issuer->cert;
        apr_int64_t seconds;

        if (X509_check_ca(cert) && cc_cert_time_read(&seconds, X509_get0_notAfter(cert))) {
            APR_ARRAY_PUSH(search->candidates, expiring_ca_t) =
                (expiring_ca_t){issuer->digests.sha256,
                                issuer->digests.spki_sha256,
                                apr_time_from_sec(seconds),
                                NULL,
                                cert,
                                NULL};
        }
    }
    candidates_judge(search);
}

static int by_end(const void *a, const void *b)
{
    const cc_ca_expiry_t *one = a, *other = b;

    if (one->not_after != other->not_after) {
        return one->not_after < other->not_after ? -1 : 1;
    }
    return memcmp(one->sha256, other->sha256, sizeof(one->sha256));
}

apr_array_header_t *cc_trust_expiring(const cc_trust_t *trust, apr_time_t now, apr_time_t *next,
                                      apr_pool_t *p)
{
    expiry_search_t search = {.candidates = apr_array_make(p, 16, sizeof(expiring_ca_t)),
                              .found = apr_array_make(p, 4, sizeof(cc_ca_expiry_t)),
                              .now = now,
                              .next = *next,
                              .pool = p};

    ERR_set_mark();
    if (cc_trust_cas(trust)) {
        set_search(&search, cc_trust_cas(trust));
    } else {
        store_search(&search, trust);
    }
    ERR_pop_to_mark();
    qsort(search.found->elts, (size_t)search.found->nelts, sizeof(cc_ca_expiry_t), by_end);
    *next = search.next;
    return search.found;
}
