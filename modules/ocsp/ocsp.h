/* SPDX-License-Identifier: Apache-2.0 */
/* The door of ocsp: what OCSP responders say of a certificate (RFC 6960). */
#ifndef CC_OCSP_H
#define CC_OCSP_H

#include <stdbool.h>

#include <apr_pools.h>
#include <apr_tables.h>
#include <apr_time.h>

#include <openssl/x509.h>

#include "base/counter.h"
#include "base/error.h"

/** What stands in ClientCertOCSP. Constant once made. */
typedef struct cc_ocsp_spec_t cc_ocsp_spec_t;

/**
 * Reads `On|Off|AIA [responder=URL] [timeout=SECONDS] [ttl=SECONDS] [stale=SECONDS]
 * [failure=deny|allow] [nonce=on|off]`, all in `p`. Errors (CC0430 to CC0435) name the word and
 * what would be legal.
 */
apr_status_t cc_ocsp_parse(cc_ocsp_spec_t **spec, const char *text, apr_pool_t *p, cc_error_t *err);

/**
 * Reads the names of ClientCertOCSPAllow: hosts, and suffixes that begin with a dot. Adds them to
 * *hosts (of const char *), which is made in `p` where it is NULL. CC0436 names the one at fault.
 */
apr_status_t cc_ocsp_hosts_parse(apr_array_header_t **hosts, const char *text, apr_pool_t *p,
                                 cc_error_t *err);

#define CC_OCSP_KEY 32             /* octets of a key */
#define CC_OCSP_RECORD (66 * 1024) /* a record is never larger; the usual one has 1 or 2 KiB */

/** Octets to be kept until then. */
typedef struct cc_ocsp_record_t {
    const unsigned char *octets;
    unsigned int len;
    apr_time_t until;
} cc_ocsp_record_t;

/**
 * Limits how many threads of one process wait for a responder, and ask it (limiter.c). Lives as
 * long as `p`; may be made before a process forks. Any thread may use it through cc_ocsp_io_t.
 */
typedef struct cc_ocsp_limiter_t cc_ocsp_limiter_t;
apr_status_t cc_ocsp_limiter_create(cc_ocsp_limiter_t **limiter, apr_pool_t *p);

/** So many may wait to the end; without, CC_WAITING_MAX. Before threads use it. */
void cc_ocsp_limiter_set_max(cc_ocsp_limiter_t *limiter, int max);

/** What the engine needs of its surroundings. Any thread may call them; each may be NULL. */
typedef struct cc_ocsp_io_t {
    void *state;
    /**
     * Fetches what is kept under a key to `to`, which has room for *len octets, and sets *len.
     * False where there is nothing. NULL: nothing is kept.
     */
    bool (*get)(void *state, const unsigned char *key, unsigned char *to, unsigned int *len);
    /** Keeps a record, or does not. */
    void (*put)(void *state, const unsigned char *key, const cc_ocsp_record_t *record);
    /**
     * Calls work(data) in another thread of this process, soon; false where it never will. Such
     * threads must have ended before the pool of the engine is cleared. NULL: a responder is
     * asked in the calling thread, and no answer is replaced before it runs out.
     */
    bool (*start)(void *state, void (*work)(void *data), void *data);
    /** Of all engines in the process. NULL: everybody waits as long as timeout= says. */
    cc_ocsp_limiter_t *limiter;
} cc_ocsp_io_t;

/** Asks responders, for one virtual host. Any thread may use it. */
typedef struct cc_ocsp_t cc_ocsp_t;

/** Who knows which certificates are revoked, without a responder: the CRLs at hand. */
typedef struct cc_ocsp_lists_t {
    /** True if one of this issuer is. Any thread; never waits. NULL: not known. */
    bool (*revoked)(void *state, X509 *cert, X509 *issuer, apr_time_t now);
    void *state;
    const char *name; /* tells them from other lists: what is kept of answers is not shared */
} cc_ocsp_lists_t;

/** What the directives of one virtual host say. */
typedef struct cc_ocsp_config_t {
    const cc_ocsp_spec_t *spec;      /* NULL: Off */
    const apr_array_header_t *hosts; /* what cc_ocsp_hosts_parse gave; NULL: none */
    cc_ocsp_lists_t lists;           /* in which signers of answers are looked up */
} cc_ocsp_config_t;

/**
 * Makes one that lives as long as `p`; *ocsp is NULL where the configuration says Off. What the
 * configuration and `io` point to is kept by reference. It may be made before a process forks;
 * each child then has its own. CC0437: AIA with no host that may be asked. CC0438: no locks.
 */
apr_status_t cc_ocsp_create(cc_ocsp_t **ocsp, const cc_ocsp_config_t *config,
                            const cc_ocsp_io_t *io, apr_pool_t *p, cc_error_t *err);

/** A certificate, and the one that issued it. */
typedef struct cc_ocsp_subject_t {
    X509 *leaf;
    X509 *issuer;
} cc_ocsp_subject_t;

typedef enum {
    CC_OCSP_FAILED, /* there is no answer that counts */
    CC_OCSP_GOOD,
    CC_OCSP_REVOKED,
    CC_OCSP_UNKNOWN /* the responder does not know the certificate */
} cc_ocsp_status_t;

/** What is known of a certificate. Times that are not known are 0. */
typedef struct cc_ocsp_answer_t {
    cc_ocsp_status_t status;
    const char *error;     /* CC_OCSP_FAILED or stale: what failed, in plain words, for a log */
    const char *reason;    /* CC_OCSP_REVOKED: as cc_reason_text has it; else NULL */
    apr_time_t revoked_at; /* CC_OCSP_REVOKED */
    apr_time_t this_update;
    apr_time_t next_update;
    apr_time_t produced_at;
    apr_time_t asked_at; /* when the responder was asked */
    apr_time_t ask_at;   /* cc_ocsp_status is to be called again then, while it is of interest */
    bool stale;          /* it has run out, but the responder does not answer (stale=) */
} cc_ocsp_answer_t;

/**
 * The status of a certificate: from the cache, else from a responder; then it takes up to timeout=,
 * or less where others wait for the same responder already (cc_ocsp_limiter_t),
 * so it is not for a handshake. (Without io->start, looking up the name of a host may take
 * longer.) Where the cached answer is about to run out, another thread asks for the next meanwhile.
 * One request is sent at a time for a certificate; all checks of it share the answer.
 *
 * What the answer rests on is verified each time, also what comes out of the cache: it is signed
 * by the issuer, or by a certificate that the issuer issued for OCSPSigning (RFC 6960 4.2.2.2) and
 * that `lists` does not have as revoked, now and not only when the answer came. So
 * nobody who writes into the cache can make up an answer. One can make it forget or fail, and put
 * back a response that is still current; a nonce does not help against that.
 *
 * `answer` is in `p`. Leaves nothing in OpenSSL's error queue. SIGPIPE must be ignored, as httpd
 * does.
 */
void cc_ocsp_status(cc_ocsp_answer_t *answer, cc_ocsp_t *ocsp, const cc_ocsp_subject_t *subject,
                    apr_time_t now, apr_pool_t *p);

/** What came of a request to a responder: a cc_ocsp_status_t that it gave, or one of these. */
enum {
    CC_OCSP_LEFT_ALONE = CC_OCSP_UNKNOWN + 1, /* it was not asked: it fails again and again */
    CC_OCSP_NOT_ASKED,                        /* nobody may be asked, or no thread was free */
    CC_OCSP_OUTCOMES
};

/**
 * What one virtual host has wanted to know. It may lie in memory that several processes share: all
 * of them count there at any time, and any thread may read.
 */
typedef struct cc_ocsp_counters_t {
    cc_counter_t checks[CC_OCSP_UNKNOWN + 1]; /* cc_ocsp_status, by the status that it gave */
    cc_counter_t cache_hits;                  /* of these, those that the cache answered, */
    cc_counter_t stale_answers;               /* those that got an answer that had run out, */
    cc_counter_t waits;                       /* those that shared the request of another, */
    cc_counter_t turned_away;                 /* and those that were not to wait (limiter.c) */
    cc_counter_t requests[CC_OCSP_OUTCOMES];  /* to responders, by what came of them */
} cc_ocsp_counters_t;

/**
 * From here on this process counts in these, which must live as long as `ocsp`; without, in some of
 * its own. Before threads use it.
 */
void cc_ocsp_count_in(cc_ocsp_t *ocsp, cc_ocsp_counters_t *counters);

/** True if the certificate may have an identity: good, or failed with failure=allow. */
bool cc_ocsp_allows(const cc_ocsp_t *ocsp, const cc_ocsp_answer_t *answer);

/** "good", "revoked", "unknown" or "failed". A literal. */
const char *cc_ocsp_status_text(cc_ocsp_status_t status);

#endif
