/* SPDX-License-Identifier: Apache-2.0 */
/* Knows what the files share that ask OCSP responders (RFC 6960). */
#ifndef CC_TRUST_OCSP_INTERNAL_H
#define CC_TRUST_OCSP_INTERNAL_H

#include <apr_network_io.h>
#include <apr_tables.h>

#include <openssl/ocsp.h>

#include "ocsp/ocsp.h"
#include "base/waiting.h"

/* ---- settings (spec.c) and responders (url.c) -------------------------------------- */

/** Where a responder is. Every octet is a visible one of ASCII. */
typedef struct cc_url_t {
    const char *text; /* as written */
    const char *host; /* in lower case, without the dot at its end; an IPv6 address bare */
    apr_port_t port;
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
                              const X509 *leaf, const char **why, apr_pool_t *p);

/* ---- questions and answers (answer.c) --------------------------------------------------- */

/* Clocks differ: so far may thisUpdate lie ahead and nextUpdate behind. */
#define CC_OCSP_SKEW apr_time_from_sec(300)

typedef struct cc_ocsp_request_t {
    cc_ocsp_subject_t of;
    apr_time_t now;
    unsigned char key[CC_OCSP_KEY]; /* of what is kept for it */
    OCSP_REQUEST *request;          /* whose nonce it must have; NULL: an answer of earlier */
    const cc_ocsp_lists_t *lists; /* who knows of a signer that is revoked; NULL: nobody */
} cc_ocsp_request_t;

/** The CertID of a certificate (RFC 6960 4.1.1); NULL: no memory. The caller frees it. */
OCSP_CERTID *cc_question_id(const cc_ocsp_subject_t *of);

/** The question itself, with a nonce or without; NULL: no memory. The caller frees it. */
OCSP_REQUEST *cc_question_make(const cc_ocsp_subject_t *of, bool nonce);

/** What a responder said. */
typedef struct cc_response_t {
    const unsigned char *der; /* an OCSPResponse and nothing after it */
    apr_size_t len;
    bool busy; /* set by cc_answer_read: it asks to be left alone for a while */
} cc_response_t;

/**
 * Verifies a response in all but its age, and reads what it says of the certificate; else the
 * status is CC_OCSP_FAILED and `why` says why. Members that it does not know are left alone.
 */
void cc_answer_read(cc_ocsp_answer_t *answer, const cc_ocsp_request_t *question,
                    cc_response_t *response, apr_pool_t *p);

/** An answer that says only why there is none. */
void cc_answer_fail(cc_ocsp_answer_t *answer, const char *why);

/* ---- what is kept (record.c) ------------------------------------------------------------ */

/* Nobody asks again so soon after a failure. */
#define CC_OCSP_REST apr_time_from_sec(5)

/** What stands in the cache for a certificate. */
typedef struct cc_record_t {
    apr_time_t asked_at;  /* when the response was asked for; 0: there is none */
    apr_time_t failed_at; /* the last attempt that failed; 0: none since the response */
    cc_response_t response;
    const char *why; /* it failed; "" where it did not */
} cc_record_t;

/** A copy in `p` for a cache. */
const unsigned char *cc_record_pack(apr_size_t *len, const cc_record_t *record, apr_pool_t *p);

/** False where it is none of before `now`. The response points into the octets. */
bool cc_record_unpack(cc_record_t *record, const unsigned char *octets, apr_size_t len,
                      apr_time_t now, apr_pool_t *p);

/** How much an answer of earlier is worth. */
typedef enum {
    CC_AGE_OVER,  /* nothing */
    CC_AGE_STALE, /* it serves where the responder does not answer */
    CC_AGE_DUE,   /* it serves, and it is time to ask for the next */
    CC_AGE_FRESH
} cc_age_t;

/** The moments at which an answer ages. */
typedef struct cc_life_t {
    apr_time_t due;
    apr_time_t stale;
    apr_time_t over;
} cc_life_t;

/** The life of an answer: its asked_at, this_update, next_update and status are looked at. */
cc_life_t cc_answer_life(const cc_ocsp_answer_t *answer, const cc_ocsp_spec_t *spec);

cc_age_t cc_life_age(const cc_life_t *life, apr_time_t now);

/** True while nobody should ask again, because it failed a moment ago. */
bool cc_record_rests(const cc_record_t *record, apr_time_t now);

/* ---- an answer in HTTP (reply.c) -------------------------------------------------------- */

#define CC_OCSP_LARGEST (64 * 1024) /* a response */

/** How far an answer has been read. It begins as all zeros. */
typedef struct cc_http_t {
    apr_size_t at;     /* where the next line begins, or the content */
    apr_size_t length; /* as Content-Length says, where it is `measured` */
    bool begun;        /* the status line is read */
    bool headed;       /* and so is all of the header */
    bool typed;
    bool measured;
} cc_http_t;

/**
 * Reads on in the octets, all that have come so far. Once the answer is whole, response->len is not
 * 0 and response->der points into the octets; before, it is 0. The result is NULL, or why this can
 * become no answer: a literal, or in `p`, with nothing in it that a log could not take.
 */
const char *cc_http_read(cc_response_t *response, cc_http_t *http, const char *octets,
                         apr_size_t len, apr_pool_t *p);

/* ---- a conversation (http.c) ------------------------------------------------------------ */

typedef struct cc_talk_t {
    const cc_url_t *url;
    apr_time_t deadline; /* of all of it but looking the host up */
    const char *why;     /* set where it failed */
} cc_talk_t;

/** Sends a question; *response is in `p`. False where none came, and talk->why. */
bool cc_talk_hold(cc_response_t *response, cc_talk_t *talk, const OCSP_REQUEST *request,
                  apr_pool_t *p);

/* ---- responders that do not answer (breaker.c) ------------------------------------------ */

/** A circuit breaker for each responder. Any thread, each at any time. */
typedef struct cc_breakers_t cc_breakers_t;

apr_status_t cc_breakers_create(cc_breakers_t **breakers, apr_pool_t *p);

/**
 * Whether the responder may be asked now. After three failures in a row it may not for a second,
 * then one asker tries again; with each further failure the wait is twice as long, up to a minute.
 * Who is told true must tell how it went.
 */
bool cc_breaker_lets(cc_breakers_t *breakers, const cc_url_t *url, apr_time_t now);
void cc_breaker_tell(cc_breakers_t *breakers, const cc_url_t *url, bool answered, apr_time_t now);

/* ---- who waits (patience.c) -------------------------------------------------------------- */

/**
 * Says how long somebody may wait for a responder: up to `timeout`; or not at all, where it is 0 or
 * less. Whoever waits says when that is over, and whether an answer came.
 */
apr_interval_time_t cc_patience_begin(cc_patience_t *patience, const cc_url_t *url,
                                      apr_interval_time_t timeout, apr_time_t now);
void cc_patience_end(cc_patience_t *patience, const cc_url_t *url, bool came, apr_time_t now);

#define CC_ASKING_MOST 8 /* threads of a process that ask one responder: half of all that ask */

/** A question that may have to stand in line; begins a struct of whoever asks it. */
typedef struct cc_turn_t {
    struct cc_turn_t *next;
} cc_turn_t;

/**
 * Whether the responder may be asked now. Else the turn stands in line, where it must stay as it is
 * until it comes out of cc_patience_next.
 */
bool cc_patience_turn(cc_patience_t *patience, const cc_url_t *url, cc_turn_t *turn);

/** For whoever may ask, when that is over: whose turn it is now, in its place; NULL: nobody's. */
cc_turn_t *cc_patience_next(cc_patience_t *patience, const cc_url_t *url);

/* ---- one question at a time (inflight.c) -------------------------------------------------- */

/** Questions that are being asked, by key. */
typedef struct cc_flights_t cc_flights_t;

/** One of them. Whoever has it leaves it once; the last one frees it. */
typedef struct cc_flight_t {
    apr_pool_t *pool;        /* for who asks; once it has landed, nobody may allocate in it */
    cc_ocsp_answer_t answer; /* in that pool; for who asks, and once it has landed for all */
    /* For inflight.c alone: */
    unsigned char key[CC_OCSP_KEY];
    cc_flights_t *of;
    struct apr_thread_cond_t *landed;
    apr_time_t deadline; /* nobody waits longer */
    int held;            /* by so many */
    bool done;
} cc_flight_t;

apr_status_t cc_flights_create(cc_flights_t **flights, apr_pool_t *p);

/**
 * The flight with this key; *first: it is new, is waited for so long, and the caller sees to its
 * landing. NULL: no memory.
 */
cc_flight_t *cc_flight_join(cc_flights_t *flights, const unsigned char *key,
                            apr_interval_time_t most, bool *first);

/** One more that will leave it. */
void cc_flight_hold(cc_flight_t *flight);

/** The answer is there: wakes who waits. Questions from now on are new ones. */
void cc_flight_land(cc_flight_t *flight);

/** Waits so long at most. False where it did not land in time. */
bool cc_flight_wait(cc_flight_t *flight, apr_interval_time_t most);

void cc_flight_leave(cc_flight_t *flight);

/* ---- all of it together (ocsp.c) ------------------------------------------------------------- */

struct cc_ocsp_t {
    const cc_ocsp_spec_t *spec;
    const apr_array_header_t *hosts;
    cc_ocsp_lists_t lists;
    const cc_ocsp_means_t *means;
    cc_breakers_t *breakers;
    cc_flights_t *flights;
    cc_ocsp_counters_t *counters;
    cc_ocsp_counters_t own; /* until others are given */
};

/** What is kept for a certificate, and what it is worth. */
typedef struct cc_kept_t {
    cc_record_t record;
    cc_ocsp_answer_t answer; /* CC_AGE_OVER: nothing */
    cc_life_t life;
    cc_age_t age;
} cc_kept_t;

/* ---- asking (ask.c) --------------------------------------------------------------------- */

/**
 * Sets a question on its way (*first), or finds the one that is. Its answer is also kept. NULL: no
 * memory. The caller leaves it.
 */
cc_flight_t *cc_ocsp_ask(cc_ocsp_t *ocsp, const cc_ocsp_request_t *question, const cc_kept_t *kept,
                         bool *first);

#endif
