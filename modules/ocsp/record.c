/* SPDX-License-Identifier: Apache-2.0 */
/* Writes answers into a cache, reads them back, and determines their age. */
#include <string.h>

#include <apr_strings.h>

#include "base/moment.h"
#include "cert/cert.h"
#include "ocsp/internal.h"

/*
 * A record consists of the magic, two times, the length of the error, the error, and the response
 * as received. It contains the signed response and not only its result, so that a cache to which
 * others can write need not be trusted.
 */
static const unsigned char magic[4] = {'C', 'C', 'O', '1'};

#define HEAD (sizeof(magic) + 8 + 8 + 1)
#define ERROR_MAX 255

/* For some minutes after a certificate was issued, a responder may not know it. */
#define UNKNOWN_TTL apr_time_from_sec(60)
/* A revocation is final (except a hold), so it also counts when no responder answers any longer. */
#define REVOKED_STALE apr_time_from_sec(30 * 24 * 3600)

/* ---- records --------------------------------------------------------------------------------- */

const unsigned char *cc_record_pack(apr_size_t *len, const cc_record_t *record, apr_pool_t *p)
{
    apr_size_t error_len = strlen(record->error);
    unsigned char *octets = NULL;

    if (error_len > ERROR_MAX) {
        for (error_len = ERROR_MAX; (record->error[error_len] & 0xC0) == 0x80; error_len--) {
            continue; /* not in the middle of a character */
        }
    }
    *len = HEAD + error_len + record->response.len;
    octets = apr_palloc(p, *len);
    memcpy(octets, magic, sizeof(magic));
    cc_moment_put(octets + 4, record->asked_at);
    cc_moment_put(octets + 12, record->failed_at);
    octets[20] = (unsigned char)error_len;
    memcpy(octets + HEAD, record->error, error_len);
    if (record->response.len > 0) {
        memcpy(octets + HEAD + error_len, record->response.der, record->response.len);
    }
    return octets;
}

/* Checks a time that others may have written: not in the future, and no overflow in sums. */
static bool is_past(apr_time_t time, apr_time_t now)
{
    return time >= 0 && time <= now + CC_OCSP_SKEW;
}

bool cc_record_unpack(cc_record_t *record, const unsigned char *octets, apr_size_t len,
                      apr_time_t now, apr_pool_t *p)
{
    apr_size_t error_len = len >= HEAD ? octets[20] : 0;

    memset(record, 0, sizeof(*record));
    if (len < HEAD + error_len || memcmp(octets, magic, sizeof(magic)) != 0 ||
        cc_text_unusable((const char *)octets + HEAD, error_len)) {
        return false;
    }
    record->asked_at = cc_moment_get(octets + 4);
    record->failed_at = cc_moment_get(octets + 12);
    record->error = apr_pstrmemdup(p, (const char *)octets + HEAD, error_len);
    record->response.der = octets + HEAD + error_len;
    record->response.len = len - HEAD - error_len;
    return is_past(record->asked_at, now) && is_past(record->failed_at, now);
}

bool cc_record_backs_off(const cc_record_t *record, apr_time_t now)
{
    return now - record->failed_at < CC_OCSP_BACKOFF;
}

/* ---- ages ------------------------------------------------------------------------------------ */

/*
 * Without a nextUpdate, thisUpdate must be recent: it is signed, while the time of the request is
 * not.
 */
static apr_time_t current_until(const cc_ocsp_answer_t *answer, const cc_ocsp_spec_t *spec)
{
    return CC_OCSP_SKEW +
           (answer->next_update ? answer->next_update : answer->this_update + spec->ttl);
}

static apr_interval_time_t ttl_of(const cc_ocsp_answer_t *answer, const cc_ocsp_spec_t *spec)
{
    return answer->status == CC_OCSP_UNKNOWN && spec->ttl > UNKNOWN_TTL ? UNKNOWN_TTL : spec->ttl;
}

static apr_interval_time_t stale_of(const cc_ocsp_answer_t *answer, const cc_ocsp_spec_t *spec)
{
    switch (answer->status) {
    case CC_OCSP_REVOKED:
        return spec->stale > REVOKED_STALE ? spec->stale : REVOKED_STALE;
    case CC_OCSP_GOOD:
        return spec->stale;
    default:
        return 0;
    }
}

cc_life_t cc_answer_life(const cc_ocsp_answer_t *answer, const cc_ocsp_spec_t *spec)
{
    apr_time_t end = current_until(answer, spec);
    apr_time_t until = answer->asked_at + ttl_of(answer, spec);
    cc_life_t life;

    life.stale_at = until < end ? until : end;
    life.refresh_at = answer->asked_at + (life.stale_at - answer->asked_at) / 4 * 3;
    life.expires_at = life.stale_at + stale_of(answer, spec);
    return life;
}

cc_age_t cc_life_age(const cc_life_t *life, apr_time_t now)
{
    if (now >= life->expires_at) {
        return CC_AGE_EXPIRED;
    }
    if (now >= life->stale_at) {
        return CC_AGE_STALE;
    }
    return now >= life->refresh_at ? CC_AGE_DUE : CC_AGE_FRESH;
}
