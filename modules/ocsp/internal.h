/* SPDX-License-Identifier: Apache-2.0 */
/* Declares what the files of the OCSP component share: requests to responders, and answers. */
#ifndef CC_OCSP_INTERNAL_H
#define CC_OCSP_INTERNAL_H

#include <apr_hash.h>
#include <apr_network_io.h>
#include <apr_tables.h>
#include <apr_thread_mutex.h>

#include <openssl/ocsp.h>

#include "ocsp/ocsp.h"

/* ---- settings (spec.c) and responders (url.c) -------------------------------------------- */

/** The URL of a responder. All characters are visible ASCII. */
typedef struct cc_url_t {
    const char *text; /* as written */
    const char *host; /* in lower case, without a final dot; an IPv6 address without brackets */
    apr_port_t port;
    const char *place;     /* host and port, which identify a responder */
    const char *authority; /* for "Host:" */
    const char *path;      /* with the query */
} cc_url_t;

typedef enum { CC_OCSP_OFF, CC_OCSP_ON, CC_OCSP_AIA } cc_ocsp_mode_t;

struct cc_ocsp_spec_t {
    const char *where; /* NULL: none */
    cc_ocsp_mode_t mode;
    const char *issuer;        /* the file of the CA; NULL: all others */
    const char *signer;        /* the file of trusted signers; NULL: none */
    const cc_url_t *responder; /* NULL: none */
    apr_interval_time_t timeout;
    apr_interval_time_t ttl;
    apr_interval_time_t stale;
    bool allow;         /* failure=allow */
    bool missing_allow; /* missing=allow */
    bool nonce;
};

/** Splits a URL with the scheme http. NULL, or a literal with the reason why it is not valid. */
const char *cc_url_read(cc_url_t *url, const char *text, apr_pool_t *p);

/** True for an address, in any form that a resolver accepts: 127.1, 0x7f000001, ::1. */
bool cc_host_is_address(const char *host);

/** A host name in lower case, without a final dot; NULL if it is not valid. */
const char *cc_host_name(const char *text, apr_pool_t *p);

/** The responder for a certificate. */
typedef struct cc_url_choice_t {
    const cc_url_t *url; /* NULL: none may be asked */
    const char *error;   /* and this is the reason */
    bool missing;        /* there is none: the certificate names none, and none is configured */
} cc_url_choice_t;

/**
 * Chooses the responder for a certificate, in `p`. `allowed` contains host names, and suffixes that
 * begin with a dot. A responder that the certificate names and that may not be asked is not
 * `missing`, and neither is one in an extension that cannot be read.
 */
cc_url_choice_t cc_url_choose(const cc_ocsp_spec_t *spec, const apr_array_header_t *allowed,
                              const X509 *leaf, apr_pool_t *p);

/* ---- files of certificates (files.c, kept.c) ----------------------------------------------- */

/** A file that is read, and where its certificates go. */
typedef struct cc_ocsp_reading_t {
    const cc_ocsp_files_t *files;
    const char *path; /* absolute, or as files->root allows */
    const char *tag;  /* of errors */
    apr_pool_t *pool;
    cc_error_t *err;
} cc_ocsp_reading_t;

/**
 * Reads the certificates of a file: PEM blocks, or one in DER. They live as long as reading->pool.
 * A file with anything else is refused. *content is that of the file, for cc_ocsp_kept_put.
 */
apr_status_t cc_ocsp_certs_read(STACK_OF(X509) * *certs, const char **content, apr_size_t *len,
                                const cc_ocsp_reading_t *reading);

/** Finds the certificates in the content of a file. */
apr_status_t cc_ocsp_certs_find(STACK_OF(X509) * *certs, const char *content, apr_size_t len,
                                const cc_ocsp_reading_t *reading);

/** The content of a file as it was last accepted, and when that was; NULL: none. */
const char *cc_ocsp_kept_get(apr_size_t *len, apr_time_t *since, const cc_ocsp_files_t *files,
                             const char *path);

/** Keeps the content of a file that was accepted. */
void cc_ocsp_kept_put(const cc_ocsp_files_t *files, const char *path, const char *content,
                      apr_size_t len);

/* ---- the directives of a host (lines.c) ----------------------------------------------------- */

#define CC_OCSP_TRUST 32 /* octets of a digest of trusted signers */

/** One ClientCertOCSP with its files, or what takes its place. Constant once made. */
typedef struct cc_ocsp_line_t {
    const cc_ocsp_spec_t *spec;         /* NULL: see `refusal` */
    const char *refusal;                /* why no certificate is accepted */
    const X509 *issuer;                 /* of issuer=; NULL: none */
    STACK_OF(X509) * signers;           /* trusted for this line alone; NULL: none */
    unsigned char trust[CC_OCSP_TRUST]; /* a digest of `signers`, in their order */
    bool unread;                        /* signer= could not be read: nothing is waived */
} cc_ocsp_line_t;

/** The directives of a host, by issuer. Constant once made. */
typedef struct cc_ocsp_lines_t {
    apr_array_header_t *of_issuers; /* those with issuer=, of const cc_ocsp_line_t * */
    const cc_ocsp_line_t *other;    /* for all other issuers; never NULL */
    bool asks;                      /* a line is not Off, or `other` accepts nothing */
    bool waives;                    /* failure=allow in all of them */
} cc_ocsp_lines_t;

/**
 * Reads the files of the directives (of cc_ocsp_spec_t *), in `p`, which has their certificates
 * freed. Errors: CC0485 to CC0487; at a restart none, see cc_ocsp_create.
 */
apr_status_t cc_ocsp_lines_make(cc_ocsp_lines_t *lines, const apr_array_header_t *specs,
                                const cc_ocsp_files_t *files, apr_pool_t *p, cc_error_t *err);

/**
 * The line for the certificates of an issuer. It is chosen by its name, compared as RFC 5280 7.1
 * says, and its key, so that CAs of one name are not confused. Any thread.
 */
const cc_ocsp_line_t *cc_ocsp_line_of(const cc_ocsp_lines_t *lines, const X509 *issuer);

/* ---- checks and answers (answer.c) ------------------------------------------------------- */

/* Clocks differ: how far thisUpdate may be in the future and nextUpdate in the past. */
#define CC_OCSP_SKEW apr_time_from_sec(300)

/** A certificate whose status is checked. */
typedef struct cc_ocsp_check_t {
    cc_ocsp_subject_t of;
    const cc_ocsp_line_t *line;
    apr_time_t now;
    unsigned char key[CC_OCSP_KEY]; /* of its record in the cache */
    OCSP_REQUEST *request;          /* whose nonce the answer must have; NULL: from the cache */
    const cc_ocsp_lists_t *lists;   /* CRLs, in which the signer is looked up; NULL: none */
} cc_ocsp_check_t;

/** The CertID of a certificate (RFC 6960 4.1.1); NULL: out of memory. The caller frees it. */
OCSP_CERTID *cc_ocsp_cert_id(const cc_ocsp_subject_t *of);

/**
 * The objection to the signature of a response, or NULL. It counts if it is by the issuer, by a
 * certificate that the issuer authorized, or by one of check->line->signers (RFC 6960 4.2.2.2), and
 * without SHA-1. A text is a literal or in `p` (signer.c).
 */
const char *cc_ocsp_signature_refuse(OCSP_BASICRESP *basic, const cc_ocsp_check_t *check,
                                     apr_pool_t *p);

/** Makes a request, with or without a nonce; NULL: out of memory. The caller frees it. */
OCSP_REQUEST *cc_ocsp_request_make(const cc_ocsp_subject_t *of, bool nonce);

/** The response from a responder. */
typedef struct cc_response_t {
    const unsigned char *der; /* an OCSPResponse and nothing after it */
    apr_size_t len;
    bool busy; /* set by cc_answer_read: the responder asks for a pause (tryLater, internalError) */
} cc_response_t;

/**
 * Verifies everything in a response except its age, and reads the status of the certificate. On
 * failure the status is CC_OCSP_FAILED and `error` has the reason. Members that are not part of a
 * response (asked_at, ask_at, stale) stay as they are.
 */
void cc_answer_read(cc_ocsp_answer_t *answer, const cc_ocsp_check_t *check, cc_response_t *response,
                    apr_pool_t *p);

/** Sets the status CC_OCSP_FAILED with this reason, and clears the rest of the answer. */
void cc_answer_fail(cc_ocsp_answer_t *answer, const char *error);

/* ---- records in the cache (record.c) --------------------------------------------------------- */

/* The time after a failure during which no request is sent. */
#define CC_OCSP_BACKOFF apr_time_from_sec(5)

/** The record of a certificate in the cache. */
typedef struct cc_record_t {
    apr_time_t asked_at;  /* when the response was requested; 0: there is no response */
    apr_time_t failed_at; /* the last attempt that failed; 0: none since the response */
    cc_response_t response;
    const char *error; /* why the last attempt failed; "" if it did not */
} cc_record_t;

/** Writes a record for the cache, in `p`. */
const unsigned char *cc_record_pack(apr_size_t *len, const cc_record_t *record, apr_pool_t *p);

/** Reads a record; false if it is not valid, or has times after `now`. The response points into
 * `octets`. */
bool cc_record_unpack(cc_record_t *record, const unsigned char *octets, apr_size_t len,
                      apr_time_t now, apr_pool_t *p);

/** How an earlier answer may be used. */
typedef enum {
    CC_AGE_EXPIRED, /* not at all */
    CC_AGE_STALE,   /* only if the responder does not answer */
    CC_AGE_DUE,     /* it is used, and it is time to ask for the next one */
    CC_AGE_FRESH
} cc_age_t;

/** The times at which the age of an answer changes. */
typedef struct cc_life_t {
    apr_time_t refresh_at; /* then it is CC_AGE_DUE */
    apr_time_t stale_at;   /* then it is CC_AGE_STALE */
    apr_time_t expires_at;
} cc_life_t;

/** The life of an answer, computed from its asked_at, this_update, next_update and status. */
cc_life_t cc_answer_life(const cc_ocsp_answer_t *answer, const cc_ocsp_spec_t *spec);

cc_age_t cc_life_age(const cc_life_t *life, apr_time_t now);

/** True while no request is sent because the last one has just failed. */
bool cc_record_backs_off(const cc_record_t *record, apr_time_t now);

/* ---- a reply in HTTP (reply.c) ---------------------------------------------------------- */

#define CC_OCSP_RESPONSE_MAX (64 * 1024) /* a response */

/** The state of reading a reply. It begins as all zeros. */
typedef struct cc_http_reply_t {
    apr_size_t at;     /* where the next line begins, or the content */
    apr_size_t seen;   /* no line ends between `at` and here */
    apr_size_t length; /* the Content-Length, if `measured` */
    bool begun;        /* the status line has been read */
    bool headed;       /* the whole header has been read */
    bool typed;        /* there was a Content-Type */
    bool measured;     /* there was a Content-Length */
} cc_http_reply_t;

/**
 * Continues to read `octets`, which are all octets received so far. Once the reply is complete,
 * response->len is not 0 and response->der points into the octets; before that, it is 0. Returns
 * NULL, or the reason why the reply is not valid: a literal, or in `p`, safe for a log.
 */
const char *cc_http_reply_read(cc_response_t *response, cc_http_reply_t *reply, const char *octets,
                               apr_size_t len, apr_pool_t *p);

/* ---- a request in HTTP (http.c) ---------------------------------------------------------- */

/** A request that is sent, and its outcome. */
typedef struct cc_http_exchange_t {
    const cc_url_t *url;
    apr_time_t deadline; /* of the whole exchange, except the lookup of the host */
    const char *error;   /* set if it failed */
} cc_http_exchange_t;

/** Sends the request, and receives *response, in `p`. False on failure: see exchange->error. */
bool cc_http_exchange(cc_response_t *response, cc_http_exchange_t *exchange,
                      const OCSP_REQUEST *request, apr_pool_t *p);

/* ---- what threads share (locked_hash.c) --------------------------------------------------- */

/** A hash under a lock, in a pool that is used only under that lock. */
typedef struct cc_locked_hash_t {
    apr_thread_mutex_t *lock; /* of the members below */
    apr_pool_t *pool;         /* of the hash and its contents; with its own allocator */
    apr_hash_t *hash;
} cc_locked_hash_t;

/** Makes an empty hash. It lives as long as `p`, and must not be moved. */
apr_status_t cc_locked_hash_init(cc_locked_hash_t *hash, apr_pool_t *p);

/* ---- responders that do not answer (breaker.c) ------------------------------------------- */

/** Circuit breakers, one for each responder. Any thread may use them at any time. */
typedef struct cc_breakers_t cc_breakers_t;

apr_status_t cc_breakers_create(cc_breakers_t **breakers, apr_pool_t *p);

/**
 * Whether the responder may be asked now. After three failures in a row, no request is allowed for
 * a second; then one is. With each further failure the wait doubles, up to a minute. If the result
 * is true, report the outcome of the request with cc_breaker_tell.
 */
bool cc_breaker_lets(cc_breakers_t *breakers, const cc_url_t *url, apr_time_t now);
void cc_breaker_tell(cc_breakers_t *breakers, const cc_url_t *url, bool answered, apr_time_t now);

/* ---- waiting and asking (limiter.c) ------------------------------------------------------- */

/**
 * How long one more thread may wait for the responder: up to `timeout`; 0 or less: not at all. A
 * thread that waits calls cc_limiter_wait_end when it is done, and reports whether there was an
 * answer.
 */
apr_interval_time_t cc_limiter_wait_begin(cc_ocsp_limiter_t *limiter, const cc_url_t *url,
                                          apr_interval_time_t timeout, apr_time_t now);
void cc_limiter_wait_end(cc_ocsp_limiter_t *limiter, const cc_url_t *url, bool answered,
                         apr_time_t now);

/* Threads of a process that ask one responder: half of those that send requests. */
#define CC_OCSP_ASKING_MAX 8

/** The place of a request in the queue; the first member of the caller's struct. */
typedef struct cc_limiter_turn_t {
    struct cc_limiter_turn_t *next;
} cc_limiter_turn_t;

/**
 * Whether the responder may be asked now. If not, the turn is queued, and must not be changed until
 * cc_limiter_ask_end returns it.
 */
bool cc_limiter_ask_begin(cc_ocsp_limiter_t *limiter, const cc_url_t *url, cc_limiter_turn_t *turn);

/**
 * Called by a thread that has asked: returns the next turn in the queue, for this thread to serve,
 * or NULL.
 */
cc_limiter_turn_t *cc_limiter_ask_end(cc_ocsp_limiter_t *limiter, const cc_url_t *url);

/* ---- one request at a time (inflight.c) -------------------------------------------------- */

/** The unfinished requests, by key. */
typedef struct cc_inflights_t cc_inflights_t;

/** A request in flight. Each thread that joined it leaves it once; the last one frees it. */
typedef struct cc_inflight_t {
    apr_pool_t *pool;        /* for the thread that asks; not used once finished */
    cc_ocsp_answer_t answer; /* in that pool; for the thread that asks, and once finished for all */
    /* For inflight.c alone: */
    unsigned char key[CC_OCSP_KEY];
    cc_inflights_t *of;
    struct apr_thread_cond_t *finished;
    apr_time_t deadline; /* no thread waits longer */
    int holders;
    bool done;
} cc_inflight_t;

apr_status_t cc_inflights_create(cc_inflights_t **inflights, apr_pool_t *p);

/**
 * Joins the request with this key. *first: the request is new, threads wait for it no longer than
 * `max`, and the caller must ensure that it is finished. NULL: out of memory.
 */
cc_inflight_t *cc_inflight_join(cc_inflights_t *inflights, const unsigned char *key,
                                apr_interval_time_t max, bool *first);

/** Adds a holder, which must leave it too. */
void cc_inflight_hold(cc_inflight_t *inflight);

/**
 * Wakes all waiting threads: the answer is there. From now on, cc_inflight_join makes a new request
 * for this key.
 */
void cc_inflight_finish(cc_inflight_t *inflight);

/** Waits for `max` at most. False if it was not finished in time. */
bool cc_inflight_wait(cc_inflight_t *inflight, apr_interval_time_t max);

void cc_inflight_leave(cc_inflight_t *inflight);

/* ---- the engine (ocsp.c) --------------------------------------------------------------------- */

struct cc_ocsp_t {
    cc_ocsp_lines_t of_issuers;
    const apr_array_header_t *hosts;
    cc_ocsp_lists_t lists;
    const cc_ocsp_io_t *io;
    cc_breakers_t *breakers;
    cc_inflights_t *inflights;
    cc_ocsp_counters_t *counters;
    cc_ocsp_counters_t own; /* used until cc_ocsp_count_in */
};

/** The record of a certificate, and how it may be used. */
typedef struct cc_kept_t {
    cc_record_t record;
    cc_ocsp_answer_t answer; /* CC_AGE_EXPIRED: empty */
    cc_life_t life;
    cc_age_t age;
} cc_kept_t;

/* ---- asking (fetch.c) --------------------------------------------------------------------- */

/**
 * Starts a request for a check (*first), or joins the one in flight. The answer is also kept in the
 * cache. The caller must leave the request. NULL: out of memory.
 */
cc_inflight_t *cc_ocsp_fetch(cc_ocsp_t *ocsp, const cc_ocsp_check_t *check, const cc_kept_t *kept,
                             bool *first);

#endif
