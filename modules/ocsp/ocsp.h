/* SPDX-License-Identifier: Apache-2.0 */
/* The public header of OCSP: the status of a certificate from OCSP responders (RFC 6960). */
#ifndef CC_OCSP_H
#define CC_OCSP_H

#include <stdbool.h>

#include <apr_pools.h>
#include <apr_tables.h>
#include <apr_time.h>

#include <openssl/x509.h>

#include "base/counter.h"
#include "base/error.h"

/** The settings of ClientCertOCSP. Constant once made. */
typedef struct cc_ocsp_spec_t cc_ocsp_spec_t;

/**
 * Reads `On|Off|AIA [responder=URL] [timeout=SECONDS] [ttl=SECONDS] [stale=SECONDS]
 * [failure=deny|allow] [nonce=on|off]`, all in `p`. Errors (CC0430 to CC0435) name the word and
 * what would be legal.
 */
apr_status_t cc_ocsp_parse(cc_ocsp_spec_t **spec, const char *text, apr_pool_t *p, cc_error_t *err);

/**
 * Reads the names of ClientCertOCSPAllow: hosts, and suffixes that begin with a dot. Adds them to
 * *hosts (of const char *), which is made in `p` if it is NULL. CC0436 names the one at fault.
 */
apr_status_t cc_ocsp_hosts_parse(apr_array_header_t **hosts, const char *text, apr_pool_t *p,
                                 cc_error_t *err);

#define CC_OCSP_KEY 32             /* octets of a key */
#define CC_OCSP_RECORD (66 * 1024) /* the maximum size of a record; most have 1 or 2 KiB */

/** Octets to be kept in a cache until `until`. */
typedef struct cc_ocsp_record_t {
    const unsigned char *octets;
    unsigned int len;
    apr_time_t until;
} cc_ocsp_record_t;

/**
 * Limits how many threads of one process wait for a responder, and how many ask it (limiter.c). It
 * lives as long as `p`, and may be made before a process forks. Any thread may use it through
 * cc_ocsp_io_t.
 */
typedef struct cc_ocsp_limiter_t cc_ocsp_limiter_t;
apr_status_t cc_ocsp_limiter_create(cc_ocsp_limiter_t **limiter, apr_pool_t *p);

/**
 * Sets how many threads may wait for the whole timeout; the default is CC_WAITING_MAX. Call it
 * before threads use the limiter.
 */
void cc_ocsp_limiter_set_max(cc_ocsp_limiter_t *limiter, int max);

/** Functions that the engine needs from its caller. Any thread may call them; each may be NULL. */
typedef struct cc_ocsp_io_t {
    void *state;
    /**
     * Copies the record with this key to `to`, a buffer of *len octets, and sets *len. False if
     * there is no such record. NULL: nothing is kept.
     */
    bool (*get)(void *state, const unsigned char *key, unsigned char *to, unsigned int *len);
    /** Keeps a record; may fail silently. */
    void (*put)(void *state, const unsigned char *key, const cc_ocsp_record_t *record);
    /**
     * Calls work(data) soon, in another thread of this process; false if it never will. Such
     * threads must have ended before the pool of the engine is cleared. NULL: a responder is asked
     * in the calling thread, and no answer is replaced before it expires.
     */
    bool (*start)(void *state, void (*work)(void *data), void *data);
    /** Shared by all engines of the process. NULL: each thread waits as long as timeout= allows. */
    cc_ocsp_limiter_t *limiter;
} cc_ocsp_io_t;

/** Asks responders, for one virtual host. Any thread may use it. */
typedef struct cc_ocsp_t cc_ocsp_t;

/** A source of revocations other than a responder: the loaded CRLs. */
typedef struct cc_ocsp_lists_t {
    /** True if `cert`, issued by `issuer`, is revoked. Any thread; never waits. NULL: unknown. */
    bool (*revoked)(void *state, X509 *cert, X509 *issuer, apr_time_t now);
    void *state;
    const char *name; /* identifies these lists: cached answers are not shared with other lists */
} cc_ocsp_lists_t;

/** The settings of one virtual host. */
typedef struct cc_ocsp_config_t {
    const cc_ocsp_spec_t *spec;      /* NULL: Off */
    const apr_array_header_t *hosts; /* from cc_ocsp_hosts_parse; NULL: none */
    cc_ocsp_lists_t lists;           /* where signers of answers are looked up */
} cc_ocsp_config_t;

/**
 * Makes an engine that lives as long as `p`; *ocsp is NULL if the configuration is Off. What
 * `config` points to, and `io`, are kept by reference. It may be made before a process forks; each
 * child then has its own copy. CC0437: AIA without a host that may be asked. CC0438: no locks.
 */
apr_status_t cc_ocsp_create(cc_ocsp_t **ocsp, const cc_ocsp_config_t *config,
                            const cc_ocsp_io_t *io, apr_pool_t *p, cc_error_t *err);

/** A certificate, and the certificate of its issuer. */
typedef struct cc_ocsp_subject_t {
    X509 *leaf;
    X509 *issuer;
} cc_ocsp_subject_t;

typedef enum {
    CC_OCSP_FAILED, /* there is no valid answer */
    CC_OCSP_GOOD,
    CC_OCSP_REVOKED,
    CC_OCSP_UNKNOWN /* the responder does not know the certificate */
} cc_ocsp_status_t;

/** The status of a certificate. Unknown times are 0. */
typedef struct cc_ocsp_answer_t {
    cc_ocsp_status_t status;
    const char *error;     /* CC_OCSP_FAILED or stale: what failed, in plain words, for a log */
    const char *reason;    /* CC_OCSP_REVOKED: from cc_reason_text; otherwise NULL */
    apr_time_t revoked_at; /* CC_OCSP_REVOKED */
    apr_time_t this_update;
    apr_time_t next_update;
    apr_time_t produced_at;
    apr_time_t asked_at; /* when the responder was asked */
    apr_time_t ask_at;   /* when to call cc_ocsp_status again, if the status still matters */
    bool stale;          /* it is used although it has expired, since the responder does not
                            answer (stale=) */
} cc_ocsp_answer_t;

/**
 * The status of a certificate, from the cache or from a responder. Asking a responder takes up to
 * timeout=, or less if other threads already wait for it (cc_ocsp_limiter_t), so this is not for a
 * handshake. (Without io->start, looking up the name of a host may take longer.) If the cached
 * answer is about to expire, another thread fetches the next one meanwhile. One request is sent at
 * a time for a certificate; all checks of it share the answer.
 *
 * The signature of an answer is verified each time, also for an answer from the cache: it must be
 * signed by the issuer, or by a certificate that the issuer issued for OCSPSigning (RFC 6960
 * 4.2.2.2) and that `lists` does not revoke now. So an attacker who can write into the cache cannot
 * forge an answer, but can delete one, or replay a response that is still current; a nonce does not
 * prevent that.
 *
 * `answer` is in `p`. Leaves nothing in OpenSSL's error queue. SIGPIPE must be ignored, as httpd
 * does.
 */
void cc_ocsp_status(cc_ocsp_answer_t *answer, cc_ocsp_t *ocsp, const cc_ocsp_subject_t *subject,
                    apr_time_t now, apr_pool_t *p);

/** The outcome of a request to a responder: a cc_ocsp_status_t, or one of these. */
enum {
    CC_OCSP_LEFT_ALONE = CC_OCSP_UNKNOWN + 1, /* it was not asked, since it fails repeatedly */
    CC_OCSP_NOT_ASKED,                        /* no responder may be asked, or no thread was free */
    CC_OCSP_OUTCOMES
};

/**
 * Counts the checks and requests of one virtual host. It may be in memory that several processes
 * share: all of them count there at any time, and any thread may read.
 */
typedef struct cc_ocsp_counters_t {
    cc_counter_t checks[CC_OCSP_UNKNOWN + 1]; /* calls of cc_ocsp_status, by status */
    cc_counter_t cache_hits;                  /* checks that the cache answered */
    cc_counter_t stale_answers;               /* checks that got an expired answer */
    cc_counter_t waits;                       /* checks that shared the request of another */
    cc_counter_t turned_away;                 /* checks that could not wait (limiter.c) */
    cc_counter_t requests[CC_OCSP_OUTCOMES];  /* requests to responders, by outcome */
} cc_ocsp_counters_t;

/**
 * Makes this process count in these counters, which must live as long as `ocsp`; by default it uses
 * its own. Call it before threads use it.
 */
void cc_ocsp_count_in(cc_ocsp_t *ocsp, cc_ocsp_counters_t *counters);

/** True if the certificate may give an identity: good, or failed with failure=allow. */
bool cc_ocsp_allows(const cc_ocsp_t *ocsp, const cc_ocsp_answer_t *answer);

/** "good", "revoked", "unknown" or "failed". A literal. */
const char *cc_ocsp_status_text(cc_ocsp_status_t status);

#endif
