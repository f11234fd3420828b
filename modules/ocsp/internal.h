/* SPDX-License-Identifier: Apache-2.0 */
/* Requests to OCSP responders and their answers (RFC 6960): what the files of this room share. */
#ifndef CC_OCSP_INTERNAL_H
#define CC_OCSP_INTERNAL_H

#include <apr_hash.h>
#include <apr_network_io.h>
#include <apr_tables.h>
#include <apr_thread_mutex.h>

#include <openssl/ocsp.h>

#include "ocsp/ocsp.h"

/* ---- settings (spec.c) and responders (url.c) -------------------------------------------- */

/** Where a responder is. Every octet is a visible one of ASCII. */
typedef struct cc_url_t {
    const char *text; /* as written */
    const char *host; /* in lower case, without the dot at its end; an IPv6 address bare */
    apr_port_t port;
    const char *place;     /* host and port: responders are counted by it */
    const char *authority; /* for "Host:" */
    const char *path;      /* with the query */
} cc_url_t;

typedef enum { CC_OCSP_OFF, CC_OCSP_ON, CC_OCSP_AIA } cc_ocsp_mode_t;

struct cc_ocsp_spec_t {
    cc_ocsp_mode_t mode;
    const cc_url_t *responder; /* NULL: none */
    apr_interval_time_t timeout;
    apr_interval_time_t ttl;
    apr_interval_time_t stale;
    bool allow; /* failure=allow */
    bool nonce;
};

/** Splits a URL of the scheme http. NULL, or a literal that says what it lacks. */
const char *cc_url_read(cc_url_t *url, const char *text, apr_pool_t *p);

/** True for an address, in any form that a resolver takes for one: 127.1, 0x7f000001, ::1. */
bool cc_host_is_address(const char *host);

/** A name of a host in lower case, without the dot at its end; NULL where it is none. */
const char *cc_host_name(const char *text, apr_pool_t *p);

/**
 * The responder for a certificate, in `p`; NULL, and why there is none. `allowed` holds names of
 * hosts, and suffixes that begin with a dot.
 */
const cc_url_t *cc_url_choose(const cc_ocsp_spec_t *spec, const apr_array_header_t *allowed,
                              const X509 *leaf, const char **error, apr_pool_t *p);

/* ---- checks and answers (answer.c) ------------------------------------------------------- */

/* Clocks differ: so far may thisUpdate lie ahead and nextUpdate behind. */
#define CC_OCSP_SKEW apr_time_from_sec(300)

/** A certificate whose status somebody wants to know. */
typedef struct cc_ocsp_check_t {
    cc_ocsp_subject_t of;
    apr_time_t now;
    unsigned char key[CC_OCSP_KEY]; /* of what is kept for it */
    OCSP_REQUEST *request;          /* whose nonce the answer must have; NULL: it was kept */
    const cc_ocsp_lists_t *lists;   /* CRLs, in which its signer is looked up; NULL: none */
} cc_ocsp_check_t;

/** The CertID of a certificate (RFC 6960 4.1.1); NULL: no memory. The caller frees it. */
OCSP_CERTID *cc_ocsp_cert_id(const cc_ocsp_subject_t *of);

/** The request to a responder, with a nonce or without; NULL: no memory. The caller frees it. */
OCSP_REQUEST *cc_ocsp_request_make(const cc_ocsp_subject_t *of, bool nonce);

/** What a responder said. */
typedef struct cc_response_t {
    const unsigned char *der; /* an OCSPResponse and nothing after it */
    apr_size_t len;
    bool busy; /* set by cc_answer_read: it asks to be left alone for a while */
} cc_response_t;

/**
 * Verifies a response in all but its age, and reads what it says of the certificate; else the
 * status is CC_OCSP_FAILED and `error` says why. Members that it does not know are left alone.
 */
void cc_answer_read(cc_ocsp_answer_t *answer, const cc_ocsp_check_t *check, cc_response_t *response,
                    apr_pool_t *p);

/** An answer that says only why there is none. */
void cc_answer_fail(cc_ocsp_answer_t *answer, const char *error);

/* ---- what is kept (record.c) ------------------------------------------------------------ */

/* Nobody asks again so soon after a failure. */
#define CC_OCSP_BACKOFF apr_time_from_sec(5)

/** What stands in the cache for a certificate. */
typedef struct cc_record_t {
    apr_time_t asked_at;  /* when the response was asked for; 0: there is none */
    apr_time_t failed_at; /* the last attempt that failed; 0: none since the response */
    cc_response_t response;
    const char *error; /* it failed; "" where it did not */
} cc_record_t;

/** A copy in `p` for a cache. */
const unsigned char *cc_record_pack(apr_size_t *len, const cc_record_t *record, apr_pool_t *p);

/** False where it is none of before `now`. The response points into the octets. */
bool cc_record_unpack(cc_record_t *record, const unsigned char *octets, apr_size_t len,
                      apr_time_t now, apr_pool_t *p);

/** How much an answer of earlier is worth. */
typedef enum {
    CC_AGE_EXPIRED, /* nothing */
    CC_AGE_STALE,   /* it serves where the responder does not answer */
    CC_AGE_DUE,     /* it serves, and it is time to ask for the next */
    CC_AGE_FRESH
} cc_age_t;

/** The moments at which an answer ages. */
typedef struct cc_life_t {
    apr_time_t refresh_at; /* it serves, and the next is asked for */
    apr_time_t stale_at;   /* it serves where the responder does not answer */
    apr_time_t expires_at;
} cc_life_t;

/** The life of an answer: its asked_at, this_update, next_update and status are looked at. */
cc_life_t cc_answer_life(const cc_ocsp_answer_t *answer, const cc_ocsp_spec_t *spec);

cc_age_t cc_life_age(const cc_life_t *life, apr_time_t now);

/** True while nobody asks again, because a request failed a moment ago. */
bool cc_record_backs_off(const cc_record_t *record, apr_time_t now);

/* ---- a reply in HTTP (reply.c) ---------------------------------------------------------- */

#define CC_OCSP_RESPONSE_MAX (64 * 1024) /* a response */

/** How far an answer has been read. It begins as all zeros. */
typedef struct cc_http_reply_t {
    apr_size_t at;     /* where the next line begins, or the content */
    apr_size_t seen;   /* no line ends before it, from `at` on */
    apr_size_t length; /* as Content-Length says, where it is `measured` */
    bool begun;        /* the status line is read */
    bool headed;       /* and so is all of the header */
    bool typed;
    bool measured;
} cc_http_reply_t;

/**
 * Reads on in the octets, all that have come so far. Once the answer is whole, response->len is not
 * 0 and response->der points into the octets; before, it is 0. The result is NULL, or why this can
 * become no answer: a literal, or in `p`, with nothing in it that a log could not take.
 */
const char *cc_http_reply_read(cc_response_t *response, cc_http_reply_t *reply, const char *octets,
                               apr_size_t len, apr_pool_t *p);

/* ---- a request in HTTP (http.c) ---------------------------------------------------------- */

/** A request that is sent, and what comes of it. */
typedef struct cc_http_exchange_t {
    const cc_url_t *url;
    apr_time_t deadline; /* of all of it but looking the host up */
    const char *error;   /* set where it failed */
} cc_http_exchange_t;

/** Sends the request, and receives *response, in `p`. False where none came: exchange->error. */
bool cc_http_exchange(cc_response_t *response, cc_http_exchange_t *exchange,
                      const OCSP_REQUEST *request, apr_pool_t *p);

/* ---- what threads share (locked_hash.c) --------------------------------------------------- */

/** A hash under a lock, in a pool that is used under that lock alone. */
typedef struct cc_locked_hash_t {
    apr_thread_mutex_t *lock; /* of what follows */
    apr_pool_t *pool;         /* of the hash and what is in it; with an allocator of its own */
    apr_hash_t *hash;
} cc_locked_hash_t;

/** Makes it empty. It lives as long as `p`, and must stay where it is. */
apr_status_t cc_locked_hash_init(cc_locked_hash_t *hash, apr_pool_t *p);

/* ---- responders that do not answer (breaker.c) ------------------------------------------- */

/** A circuit breaker for each responder. Any thread, each at any time. */
typedef struct cc_breakers_t cc_breakers_t;

apr_status_t cc_breakers_create(cc_breakers_t **breakers, apr_pool_t *p);

/**
 * Whether the responder may be asked now. After three failures in a row it may not for a second,
 * then one asker tries again; with each further failure the wait is twice as long, up to a minute.
 * If it may be asked, cc_breaker_tell must be told how it went.
 */
bool cc_breaker_lets(cc_breakers_t *breakers, const cc_url_t *url, apr_time_t now);
void cc_breaker_tell(cc_breakers_t *breakers, const cc_url_t *url, bool answered, apr_time_t now);

/* ---- who waits and who asks (limiter.c) -------------------------------------------------- */

/**
 * Says how long one more thread may wait for the responder: up to `timeout`; 0 or less: not at all.
 * If it waits, it says when that is over, and whether there was an answer.
 */
apr_interval_time_t cc_limiter_wait_begin(cc_ocsp_limiter_t *limiter, const cc_url_t *url,
                                          apr_interval_time_t timeout, apr_time_t now);
void cc_limiter_wait_end(cc_ocsp_limiter_t *limiter, const cc_url_t *url, bool answered,
                         apr_time_t now);

/* Threads of a process that ask one responder: half of all that ask. */
#define CC_OCSP_ASKING_MAX 8

/** The place of a request in line; begins the struct of whoever asks. */
typedef struct cc_limiter_turn_t {
    struct cc_limiter_turn_t *next;
} cc_limiter_turn_t;

/**
 * Whether the responder may be asked now. Else the turn stands in line, and must stay as it is
 * until it comes out of cc_limiter_ask_end.
 */
bool cc_limiter_ask_begin(cc_ocsp_limiter_t *limiter, const cc_url_t *url, cc_limiter_turn_t *turn);

/** For a thread that has asked: whose turn it is now, for this thread to ask; NULL: nobody's. */
cc_limiter_turn_t *cc_limiter_ask_end(cc_ocsp_limiter_t *limiter, const cc_url_t *url);

/* ---- one request at a time (inflight.c) -------------------------------------------------- */

/** Requests that are being asked, by key. */
typedef struct cc_inflights_t cc_inflights_t;

/** One of them. Whoever has joined it leaves it once; the last one frees it. */
typedef struct cc_inflight_t {
    apr_pool_t *pool;        /* for the one that asks; once finished, nobody may allocate in it */
    cc_ocsp_answer_t answer; /* in that pool; for the one that asks, and once finished for all */
    /* For inflight.c alone: */
    unsigned char key[CC_OCSP_KEY];
    cc_inflights_t *of;
    struct apr_thread_cond_t *finished;
    apr_time_t deadline; /* nobody waits longer */
    int holders;
    bool done;
} cc_inflight_t;

apr_status_t cc_inflights_create(cc_inflights_t **inflights, apr_pool_t *p);

/**
 * The request with this key; *first: it is new, is waited for no longer than `max`, and the caller
 * sees to it that it is finished. NULL: no memory.
 */
cc_inflight_t *cc_inflight_join(cc_inflights_t *inflights, const unsigned char *key,
                                apr_interval_time_t max, bool *first);

/** One more that will leave it. */
void cc_inflight_hold(cc_inflight_t *inflight);

/** The answer is there: wakes all that wait. Requests from now on are new ones. */
void cc_inflight_finish(cc_inflight_t *inflight);

/** Waits so long at most. False where it was not finished in time. */
bool cc_inflight_wait(cc_inflight_t *inflight, apr_interval_time_t max);

void cc_inflight_leave(cc_inflight_t *inflight);

/* ---- all of it together (ocsp.c) ------------------------------------------------------------- */

struct cc_ocsp_t {
    const cc_ocsp_spec_t *spec;
    const apr_array_header_t *hosts;
    cc_ocsp_lists_t lists;
    const cc_ocsp_io_t *io;
    cc_breakers_t *breakers;
    cc_inflights_t *inflights;
    cc_ocsp_counters_t *counters;
    cc_ocsp_counters_t own; /* until others are given */
};

/** What is kept for a certificate, and what it is worth. */
typedef struct cc_kept_t {
    cc_record_t record;
    cc_ocsp_answer_t answer; /* CC_AGE_EXPIRED: nothing */
    cc_life_t life;
    cc_age_t age;
} cc_kept_t;

/* ---- asking (fetch.c) --------------------------------------------------------------------- */

/**
 * Sets a check on its way (*first), or finds the one that is. Its answer is also kept. NULL: no
 * memory. The caller leaves it.
 */
cc_inflight_t *cc_ocsp_fetch(cc_ocsp_t *ocsp, const cc_ocsp_check_t *check, const cc_kept_t *kept,
                             bool *first);

#endif
