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

/** The settings of one ClientCertOCSP. Constant once made. */
typedef struct cc_ocsp_spec_t cc_ocsp_spec_t;

/**
 * Reads `On|Off|AIA [issuer=FILE] [responder=URL] [signer=FILE] [timeout=SECONDS] [ttl=SECONDS]
 * [stale=SECONDS] [failure=deny|allow] [missing=deny|allow] [nonce=on|off]`, all in `p`. `where`
 * is the place of the directive, or NULL; it is kept by reference. Errors (CC0430 to CC0435,
 * CC0488) name the word and what would be legal. Files are not read yet.
 */
apr_status_t cc_ocsp_parse(cc_ocsp_spec_t **spec, const char *text, const char *where,
                           apr_pool_t *p, cc_error_t *err);

/**
 * Adds the settings of one more directive to those of a host, *specs (of cc_ocsp_spec_t *), which
 * is made in `p` if it is NULL. CC0487: there is already a directive without issuer=.
 */
apr_status_t cc_ocsp_specs_add(apr_array_header_t **specs, const cc_ocsp_spec_t *spec,
                               apr_pool_t *p, cc_error_t *err);

/** Whether one of the directives of a host asks responders, or has signer=; NULL: none. */
bool cc_ocsp_specs_ask(const apr_array_header_t *specs);
bool cc_ocsp_specs_trust(const apr_array_header_t *specs);

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
    /**
     * True if `cert` is revoked, which `issuer` issued; NULL: an issuer that the lists know. Any
     * thread; never waits. NULL: unknown.
     */
    bool (*revoked)(void *state, X509 *cert, X509 *issuer, apr_time_t now);
    void *state;
    const char *name; /* identifies these lists: cached answers are not shared with other lists */
} cc_ocsp_lists_t;

/* ---- files of certificates (files.c, kept.c) ----------------------------------------------- */

/** The files of issuer= and signer= as they were last accepted, which outlive a restart. */
typedef struct cc_ocsp_kept_t cc_ocsp_kept_t;

/**
 * Makes an empty store, which lives as long as `p`: a pool that outlives configurations. It
 * contains no pointers into this module or OpenSSL, which may be unloaded and loaded again
 * meanwhile. One thread uses it, while engines are made.
 */
cc_ocsp_kept_t *cc_ocsp_kept_create(apr_pool_t *p);

/** Forgets files that were not used since the last call. Call it when all engines are made. */
void cc_ocsp_kept_sweep(cc_ocsp_kept_t *kept);

/**
 * Called at a restart for a file that cannot be used (CC0485 to CC0487). *err lives until the
 * function returns. `since`: the content accepted at that time stays in use; 0: there is none.
 */
typedef void cc_ocsp_unread_fn(const cc_error_t *err, apr_time_t since, void *baton);

/** How the files of issuer= and signer= are read. */
typedef struct cc_ocsp_files_t {
    const char *root;          /* the base of relative paths; NULL: the working directory */
    cc_ocsp_kept_t *kept;      /* NULL: nothing outlives a restart */
    cc_ocsp_unread_fn *unread; /* set at a restart, which a bad file must not end */
    void *baton;               /* of `unread` */
} cc_ocsp_files_t;

/** Reads the files of a host as cc_ocsp_create does, and reports the first error in *err. */
apr_status_t cc_ocsp_files_check(const apr_array_header_t *specs, const cc_ocsp_files_t *files,
                                 apr_pool_t *p, cc_error_t *err);

/* ---- engines --------------------------------------------------------------------------------- */

/** The settings of one virtual host. */
typedef struct cc_ocsp_config_t {
    const apr_array_header_t *specs; /* from cc_ocsp_specs_add; NULL: Off */
    const apr_array_header_t *hosts; /* from cc_ocsp_hosts_parse; NULL: none */
    cc_ocsp_lists_t lists;           /* where signers of answers are looked up */
    cc_ocsp_files_t files;           /* used only while the engine is made */
} cc_ocsp_config_t;

/**
 * Makes an engine that lives as long as `p`; *ocsp is NULL if the configuration is Off. What
 * `config` points to, and `io`, are kept by reference. It may be made before a process forks; each
 * child then has its own copy. CC0437: AIA without a host that may be asked. CC0438: no locks.
 * CC0485 to CC0487: the files of issuer= and signer=.
 *
 * At a restart (config->files.unread) a bad file is no error. Its last content stays in use. If
 * there is none, no client gets in because of it: with signer=, the certificates that it would name
 * are not trusted, and neither failure= nor missing= of the directive allows anything; with
 * issuer=, nothing is known of the certificates that the other directives with issuer= do not
 * cover, so none of them is accepted.
 */
apr_status_t cc_ocsp_create(cc_ocsp_t **ocsp, const cc_ocsp_config_t *config,
                            const cc_ocsp_io_t *io, apr_pool_t *p, cc_error_t *err);

/** A certificate, and the certificate of its issuer. */
typedef struct cc_ocsp_subject_t {
    X509 *leaf;
    X509 *issuer; /* NULL: not available, so no responder can be asked */
} cc_ocsp_subject_t;

typedef enum {
    CC_OCSP_FAILED, /* there is no valid answer */
    CC_OCSP_GOOD,
    CC_OCSP_REVOKED,
    CC_OCSP_UNKNOWN,      /* the responder does not know the certificate */
    CC_OCSP_NO_RESPONDER, /* the certificate names none, and none is configured for it */
    CC_OCSP_UNCHECKED     /* ClientCertOCSP Off is in effect for its issuer */
} cc_ocsp_status_t;

/** The status of a certificate. Unknown times are 0. */
typedef struct cc_ocsp_answer_t {
    cc_ocsp_status_t status;
    bool waived;           /* CC_OCSP_FAILED: failure=allow; CC_OCSP_NO_RESPONDER: missing=allow */
    const char *where;     /* the place of the directive that covers it; NULL: none, or not known */
    const char *error;     /* CC_OCSP_FAILED, CC_OCSP_NO_RESPONDER or stale: what failed, in plain
                              words, for a log */
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
 * signed by the issuer, by a certificate that the issuer issued for OCSPSigning, or by one that
 * signer= names for this issuer (RFC 6960 4.2.2.2), and `lists` must not revoke that certificate
 * now. So an attacker who can write into the cache cannot forge an answer, but can delete one, or
 * replay a response that is still current; a nonce does not prevent that.
 *
 * `answer` is in `p`. Leaves nothing in OpenSSL's error queue. SIGPIPE must be ignored, as httpd
 * does.
 */
void cc_ocsp_status(cc_ocsp_answer_t *answer, cc_ocsp_t *ocsp, const cc_ocsp_subject_t *subject,
                    apr_time_t now, apr_pool_t *p);

/**
 * The status of a certificate, if it follows from the configuration without an answer of a
 * responder: no directive is for its issuer, ClientCertOCSP Off, or it has no responder. Otherwise
 * false. Is not counted.
 */
bool cc_ocsp_foresee(cc_ocsp_answer_t *answer, const cc_ocsp_t *ocsp,
                     const cc_ocsp_subject_t *subject, apr_pool_t *p);

/** The outcome of a request to a responder: a cc_ocsp_status_t of an answer, or one of these. */
enum {
    CC_OCSP_LEFT_ALONE = CC_OCSP_UNKNOWN + 1, /* it was not asked, since it fails repeatedly */
    CC_OCSP_NOT_ASKED, /* the responder may not be asked, or no thread was free */
    CC_OCSP_OUTCOMES
};

/**
 * Counts the checks and requests of one virtual host. It may be in memory that several processes
 * share: all of them count there at any time, and any thread may read.
 */
typedef struct cc_ocsp_counters_t {
    cc_counter_t checks[CC_OCSP_UNCHECKED];  /* calls of cc_ocsp_status, by status; those that are
                                                CC_OCSP_UNCHECKED are not counted */
    cc_counter_t cache_hits;                 /* checks that the cache answered */
    cc_counter_t stale_answers;              /* checks that got an expired answer */
    cc_counter_t waits;                      /* checks that shared the request of another */
    cc_counter_t turned_away;                /* checks that could not wait (limiter.c) */
    cc_counter_t requests[CC_OCSP_OUTCOMES]; /* requests to responders, by outcome */
} cc_ocsp_counters_t;

/**
 * Makes this process count in these counters, which must live as long as `ocsp`; by default it uses
 * its own. Call it before threads use it.
 */
void cc_ocsp_count_in(cc_ocsp_t *ocsp, cc_ocsp_counters_t *counters);

/** "good", "revoked", "unknown", "failed", "no_responder" or "unchecked". A literal. */
const char *cc_ocsp_status_text(cc_ocsp_status_t status);

#endif
