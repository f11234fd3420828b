/* SPDX-License-Identifier: Apache-2.0 */
/* The door of crl: what certificate revocation lists say (RFC 5280 5, 6.3). */
#ifndef CC_CRL_H
#define CC_CRL_H

#include <stdbool.h>

#include <apr_hash.h>
#include <apr_pools.h>
#include <apr_tables.h>
#include <apr_time.h>

#include <openssl/x509.h>

#include "base/counter.h"
#include "base/error.h"
#include "trust/trust.h"

/** One ClientCertCRL. Constant once opened. */
typedef struct cc_crl_spec_t {
    const apr_array_header_t *paths; /* of const char *: files and folders */
    apr_interval_time_t reload;      /* how often they are looked at; 0: never */
    apr_interval_time_t grace;       /* so long a CRL is good for past its nextUpdate */
    bool missing_allow;              /* for the glue: CC_CRL_UNKNOWN is no reason to refuse */
    apr_hash_t *highest;             /* for the glue to set: of cc_crls_highest_save, or NULL */
    struct cc_crl_kept_t *kept;      /* for the glue to set, or NULL: nothing outlives a restart */
    bool pass_foreign;               /* for the glue to set: see cc_crls_open */
    const char *root;                /* for the glue to set: a relative path begins here, or NULL */
    const char *where;               /* for the glue to set: "file:line" of the directive */
} cc_crl_spec_t;

/**
 * Reads "PATH ... [reload=SECONDS] [grace=SECONDS] [missing=deny|allow]" (usual: 5, 0, deny) in
 * `p`. A word of letters and a "=" is an option; write ./a=b for such a path. Errors (CC0403 to
 * CC0405) name the word and what would be legal.
 */
apr_status_t cc_crls_parse(cc_crl_spec_t **spec, const char *text, apr_pool_t *p, cc_error_t *err);

/** The CRLs of one ClientCertCRL, verified for one virtual host's trust. */
typedef struct cc_crls_t cc_crls_t;

/**
 * Loads all. What cannot be read or is refused is an error (CC0406 to CC0414) that names the file.
 * In a folder, what is no file of CRLs is passed over, and so are hidden files and those that end
 * with ~ or .tmp. `spec` and `trust` are kept by reference; a cleanup of `p` ends it. Call it in
 * the parent, and in one thread; children have what the parent has loaded.
 *
 * A CRL is signed by a certificate with its issuer's name that the store of `trust` has, or that
 * stands in the same file and verifies against that store; it must be a CA's, or be for cRLSign.
 * Whatever a CRL has that is not known here, and is critical or a reason, refuses it.
 *
 * One of an issuer that `trust` does not know says nothing about any client there. It is refused
 * (CC0410), unless spec->pass_foreign: then it is passed over (CC_CRL_FOREIGN), for others may use
 * the same directive. A file that has given others before, and now has foreign ones alone, is
 * refused in either case.
 */
apr_status_t cc_crls_open(cc_crls_t **crls, const cc_crl_spec_t *spec, const cc_trust_t *trust,
                          apr_pool_t *p, cc_error_t *err);

/* ---- a restart (kept.c, restart.c) ----------------------------------------------------------- */

/** Files as they were last taken, and for which trust: what a restart does not forget. */
typedef struct cc_crl_kept_t cc_crl_kept_t;

/**
 * An empty one, which lives as long as `p`: a pool that outlives configurations. It has nothing of
 * this module or of OpenSSL in it, which may be unloaded and loaded again meanwhile. One thread of
 * one process writes to it: the one that opens and polls. Copies in children stay as they are.
 */
cc_crl_kept_t *cc_crls_kept_create(apr_pool_t *p);

/** From here on this process is the one; before a configuration is opened. */
void cc_crls_kept_own(cc_crl_kept_t *kept);

/** Forgets what was not used since the last time; after a configuration was opened. */
void cc_crls_kept_sweep(cc_crl_kept_t *kept);

/**
 * Called by cc_crls_reopen for what cannot be read or is refused (CC0406 to CC0414). *err lives
 * until the function returns. `since`: what was taken at that time stays; 0: nothing of it is held.
 */
typedef void cc_crls_reopened_fn(const cc_error_t *err, apr_time_t since, void *baton);

/**
 * The same as cc_crls_open at a restart, which no file may end. What cannot be read or is refused
 * gives what spec->kept has of it. Where that has nothing, cc_crl_answer_t.incomplete is set until
 * the file can be taken; but not for a file in a folder that was in use before.
 */
void cc_crls_reopen(cc_crls_t **crls, const cc_crl_spec_t *spec, const cc_trust_t *trust,
                    apr_pool_t *p, cc_crls_reopened_fn *report, void *baton);

/**
 * Says that the file at this path was no use to anybody (all in it is foreign), so that answers are
 * `incomplete` until it is taken anew. Before the first check.
 */
void cc_crls_mark_unread(cc_crls_t *crls, const char *path);

/**
 * Saves in `highest`, which outlives the configuration, the highest CRL that was held of each
 * stream (of one issuer, key and scope): spec->highest of the next configuration, so that a restart
 * is no way back to older ones. In the thread that polls.
 */
void cc_crls_highest_save(const cc_crls_t *crls, apr_hash_t *highest);

/** The directive that it was opened with. */
const cc_crl_spec_t *cc_crls_spec(const cc_crls_t *crls);

/**
 * Called by cc_crls_poll: what is held has changed (err NULL), or a file is refused and what it
 * gave last stays, or something else is amiss (CC0406 to CC0418). *err lives until the function
 * returns.
 */
typedef void cc_crls_report_fn(const cc_crls_t *crls, const cc_error_t *err, void *baton);

/**
 * Looks at the files if the reload time has come: for one thread per process. Each trouble is
 * reported once per change of its file. Returns in how long it wants to be called again, 0 for
 * never. What has the same reload time stays due at the same time. Nothing in `scratch` is needed
 * afterwards; it may be cleared between the polls of many CRLs, instead of a pool for each.
 *
 * Refused with the last good one kept: a file with a CRL that is damaged, cut off, not signed by
 * its issuer, not known in all it says, from the future, or lower in CRL number or thisUpdate than
 * one of its issuer, key and scope that was ever held; a delta whose base is not there. (With
 * missing=allow a delta is held without any complete CRL, for what it lists.) A file that is
 * removed takes its CRLs along.
 */
apr_interval_time_t cc_crls_poll(cc_crls_t *crls, apr_time_t now, cc_crls_report_fn *report,
                                 void *baton, apr_pool_t *scratch);

/** Grows with each change of what is held: to be compared. Any thread. */
apr_uint64_t cc_crls_generation(cc_crls_t *crls);

/** What CRLs say of a certificate. */
typedef enum {
    CC_CRL_GOOD,    /* current CRLs of its issuer cover it for all reasons, and do not list it */
    CC_CRL_REVOKED, /* a CRL of its issuer lists it, be it current or not; on hold counts too */
    CC_CRL_UNKNOWN  /* neither: `missing` decides */
} cc_crl_state_t;

typedef struct cc_crl_answer_t {
    cc_crl_state_t state;
    int depth;  /* which certificate of the chain that is about; 0: the leaf */
    int reason; /* CC_CRL_REVOKED: as RFC 5280 5.3.1 numbers them */
    apr_time_t revoked_at;
    const char *cause;   /* CC_CRL_UNKNOWN: why nothing is known, a literal */
    bool no_issuer;      /* and what is missing is a CA's certificate: `missing` has no say */
    bool incomplete;     /* and a file could not be read at a restart: `missing` has no say */
    apr_time_t stale_at; /* it may be kept until then, and until the generation changes */
    apr_uint64_t generation;
} cc_crl_answer_t;

/**
 * Asks for one certificate. `ca_spki_sha256` is the digest of the key that signed it, as its
 * verified chain has it (NULL: not known, which is CC_CRL_UNKNOWN); so CAs of one name and
 * different keys are not confused: nobody is good by a CRL that is signed with another key. Who is
 * listed is revoked all the same where both keys stand under the same root: a CA that has a new
 * key. Any thread; never waits.
 */
void cc_crls_check(cc_crl_answer_t *answer, cc_crls_t *crls, X509 *cert,
                   const unsigned char *ca_spki_sha256, apr_time_t now);

/**
 * Asks for a client's certificate and for the CAs above it, up to what is trusted: they are known
 * where they stand in the store or in the CRLs' files, else CC_CRL_UNKNOWN. The first that is
 * revoked is the answer, else the first that is unknown. `seal` is the verdict on `cert`.
 */
void cc_crls_check_chain(cc_crl_answer_t *answer, cc_crls_t *crls, X509 *cert,
                         const cc_seal_t *seal, apr_time_t now);

/**
 * True if a CRL lists a certificate, which this issuer issued; `crls` is a cc_crls_t. Any thread;
 * never waits.
 */
bool cc_crls_revoke(void *crls, X509 *cert, X509 *issuer, apr_time_t now);

/** The moment after `now` at which answers change without a reload; APR_INT64_MAX: never. */
apr_time_t cc_crls_next_change(cc_crls_t *crls, apr_time_t now);

/** What becomes of a CRL that is held. */
typedef enum {
    CC_CRL_USED,
    CC_CRL_SUPERSEDED, /* a newer one of its stream, or the base of a delta, is there */
    CC_CRL_OLDER,      /* lower than one that was held and is gone: not used */
    CC_CRL_NO_BASE,    /* a delta without a complete CRL that it fits: only what it lists counts */
    CC_CRL_FOREIGN     /* its issuer is not trusted there: it is passed over */
} cc_crl_use_t;

/** For operations: one CRL of one file. All text is safe for a log. */
typedef struct cc_crl_info_t {
    const char *path;
    const char *issuer;   /* RFC 4514 */
    const char *number;   /* decimal, or "none" */
    apr_uint32_t entries; /* of a foreign one, they are not counted */
    bool delta, indirect;
    apr_time_t this_update, next_update, loaded_at;
    cc_crl_use_t use;
} cc_crl_info_t;

/** Calls `each` for every CRL that is held. *info lives until `each` returns. Any thread. */
typedef void cc_crls_each_fn(const cc_crl_info_t *info, void *baton);
void cc_crls_each(cc_crls_t *crls, cc_crls_each_fn *each, void *baton);

/** For a foreign one: the error (CC0410) that refuses it. In `p`. */
apr_status_t cc_crl_refuse_foreign(const cc_crl_info_t *info, const char *where, apr_pool_t *p,
                                   cc_error_t *err);

/* ---- counting -------------------------------------------------------------------------------- */

#define CC_CRL_PLACES 1024 /* for so many files a change is counted once */

/**
 * What has become of the files of one ClientCertCRL. It may lie in memory that several processes
 * share: all that poll the files count there, and any thread may read.
 */
typedef struct cc_crl_counters_t {
    cc_counter_t loads;         /* of files: a state of one is one, however many processes see it */
    cc_counter_t load_failures; /* likewise of files that are refused, and of what cannot be read */
    cc_counter_t refused;       /* so many are, as the last poll has found */
    cc_counter_t looked_at;     /* when that was, in seconds since 1970 */
    struct {
        cc_counter_t path, outcome;
    } places[CC_CRL_PLACES]; /* private to this room: a file each, and its last outcome */
} cc_crl_counters_t;

/** What cc_crls_open has counted, put into counters that are all 0. For the thread that opened. */
void cc_crls_counters_start(cc_crl_counters_t *counters, const cc_crls_t *crls);

/**
 * From here on this process counts in these, which must live as long as the CRLs; without, in some
 * of its own. For each child, before it polls: the parent may be allowed to read what they are not.
 */
void cc_crls_count_in(cc_crls_t *crls, cc_crl_counters_t *counters);

#endif
