/* SPDX-License-Identifier: Apache-2.0 */
/* The public header of CRLs: loads and polls them, and checks certificates (RFC 5280). */
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
    apr_interval_time_t reload;      /* how often they are checked for changes; 0: only when the
                                        CAs change */
    apr_interval_time_t grace;       /* how long a CRL is used past its nextUpdate */
    bool missing_allow;              /* for the glue: CC_CRL_UNKNOWN is accepted */
    apr_hash_t *highest;             /* set by the glue: from cc_crls_highest_save, or NULL */
    struct cc_crl_kept_t *kept;      /* set by the glue, or NULL: nothing outlives a restart */
    bool pass_foreign;               /* set by the glue: see cc_crls_open */
    const char *root;                /* set by the glue: the base of relative paths, or NULL */
    const char *where;               /* set by the glue: "file:line" of the directive */
} cc_crl_spec_t;

/**
 * Reads "PATH ... [reload=SECONDS] [grace=SECONDS] [missing=deny|allow]" (defaults: 5, 0, deny) in
 * `p`. A word of letters and a "=" is an option; write such a path as ./a=b. Errors (CC0403 to
 * CC0405) name the word and what would be legal.
 */
apr_status_t cc_crls_parse(cc_crl_spec_t **spec, const char *text, apr_pool_t *p, cc_error_t *err);

/** The CRLs of one ClientCertCRL, verified for one virtual host's trust. */
typedef struct cc_crls_t cc_crls_t;

/**
 * Loads all files. A file that cannot be read or is refused is an error (CC0406 to CC0414) that
 * names it. In a folder, files that are not files of CRLs are ignored, and so are hidden files and
 * those that end with ~ or .tmp. `spec` and `trust` are kept by reference; a cleanup of `p` closes
 * it. Call it in the parent, in one thread; children inherit what the parent has loaded.
 *
 * A CRL must be signed by a certificate with its issuer's name. The certificate must be in the
 * store of `trust`, or be in the same file and verify against that store, and it must be a CA
 * certificate or allow cRLSign. A CRL with an unknown critical extension or an unknown reason is
 * refused.
 *
 * A CRL whose issuer `trust` does not contain covers no client there. It is refused (CC0410), or
 * with spec->pass_foreign ignored (CC_CRL_FOREIGN), since other hosts may use the same directive. A
 * file that gave other CRLs before, and now has only foreign ones, is refused in either case.
 */
apr_status_t cc_crls_open(cc_crls_t **crls, const cc_crl_spec_t *spec, const cc_trust_t *trust,
                          apr_pool_t *p, cc_error_t *err);

/* ---- a restart (kept.c, restart.c) ----------------------------------------------------------- */

/** Files as they were last accepted, by trust: they outlive a restart. */
typedef struct cc_crl_kept_t cc_crl_kept_t;

/**
 * Makes an empty store, which lives as long as `p`: a pool that outlives configurations. The store
 * contains no pointers into this module or OpenSSL, which may be unloaded and loaded again
 * meanwhile. One thread of one process writes to it: the one that opens and polls. Copies in
 * children do not change.
 */
cc_crl_kept_t *cc_crls_kept_create(apr_pool_t *p);

/**
 * Makes this process the one that writes to the store. Call it before a configuration is opened.
 */
void cc_crls_kept_own(cc_crl_kept_t *kept);

/** Forgets files that were not used since the last call. Call it after opening a configuration. */
void cc_crls_kept_sweep(cc_crl_kept_t *kept);

/**
 * Called by cc_crls_reopen for each file that cannot be read or is refused (CC0406 to CC0414). *err
 * lives until the function returns. `since`: the CRLs accepted at that time stay in use; 0: no CRLs
 * are kept.
 */
typedef void cc_crls_reopened_fn(const cc_error_t *err, apr_time_t since, void *baton);

/**
 * The same as cc_crls_open, at a restart, which a bad file must not stop. A file that cannot be
 * read or is refused is replaced by its state in spec->kept. If there is no such state,
 * cc_crl_answer_t.incomplete is set until the file can be loaded; but not for a file in a folder
 * that was in use before.
 */
void cc_crls_reopen(cc_crls_t **crls, const cc_crl_spec_t *spec, const cc_trust_t *trust,
                    apr_pool_t *p, cc_crls_reopened_fn *report, void *baton);

/**
 * Marks the file at this path as one whose CRLs are foreign to all hosts, so that answers are
 * `incomplete` until it is loaded again. Call it before the first check.
 */
void cc_crls_mark_unread(cc_crls_t *crls, const char *path);

/**
 * Saves in `highest`, which outlives the configuration, the highest CRL that was ever loaded of
 * each stream (of one issuer, key and scope): spec->highest of the next configuration, so that a
 * restart does not accept older ones. Call it in the thread that polls.
 */
void cc_crls_highest_save(const cc_crls_t *crls, apr_hash_t *highest);

/** The settings with which the CRLs were opened. */
const cc_crl_spec_t *cc_crls_spec(const cc_crls_t *crls);

/**
 * Called by cc_crls_poll: the CRLs have changed (err NULL), a file is refused and its previous CRLs
 * stay in use, or there is another problem (CC0406 to CC0418). *err lives until the function
 * returns.
 */
typedef void cc_crls_report_fn(const cc_crls_t *crls, const cc_error_t *err, void *baton);

/**
 * Checks the files for changes if the reload time has come, or if the set that `trust` follows has
 * changed: for one thread per process, which polls that set first. Each problem is reported once
 * per change of its file. Returns the time until the next call, 0: when the set has changed, if
 * there is one. CRLs with the same reload time stay due at the same time. Nothing in `scratch` is
 * needed afterwards, so one pool, cleared between calls, can serve the polls of many CRLs.
 *
 * A file is refused, and its previous CRLs stay in use, if it contains a CRL that is damaged, cut
 * off, not signed by its issuer, from the future, has unknown critical parts, or is lower in CRL
 * number or thisUpdate than one with the same issuer, key and scope that was ever loaded; or a
 * delta without its base. (With missing=allow a delta is used without any complete CRL, for the
 * certificates that it lists.) When a file is removed, its CRLs are dropped.
 *
 * If the set of CAs has changed, all CRLs are judged again at once: those of a CA that has come are
 * used, and those of a CA that is gone are CC_CRL_FOREIGN. A certificate that is unknown because
 * the CRL of a new CA is not loaded yet is not accepted with missing=allow either.
 */
apr_interval_time_t cc_crls_poll(cc_crls_t *crls, apr_time_t now, cc_crls_report_fn *report,
                                 void *baton, apr_pool_t *scratch);

/** A number that grows with each change of the CRLs, for comparisons. Any thread may call. */
apr_uint64_t cc_crls_generation(cc_crls_t *crls);

/** The status of a certificate by CRLs. */
typedef enum {
    CC_CRL_GOOD,    /* current CRLs of its issuer cover it for all reasons, and do not list it */
    CC_CRL_REVOKED, /* a CRL of its issuer lists it, whether current or not; "on hold" included */
    CC_CRL_UNKNOWN  /* neither: `missing` applies */
} cc_crl_state_t;

typedef struct cc_crl_answer_t {
    cc_crl_state_t state;
    int depth;  /* the depth of the certificate in the chain; 0: the leaf */
    int reason; /* CC_CRL_REVOKED: a CRLReason (RFC 5280 5.3.1) */
    apr_time_t revoked_at;
    const char *cause;   /* CC_CRL_UNKNOWN: why the status is unknown, a literal */
    bool no_issuer;      /* and a CA's certificate is missing: `missing` does not apply */
    bool incomplete;     /* and a file has not been read, at a restart or since a CA of the chain
                            was added: `missing` does not apply */
    apr_time_t stale_at; /* it may be kept until then, and until the generation changes */
    apr_uint64_t generation;
} cc_crl_answer_t;

/**
 * Checks one certificate. `ca_spki_sha256` is the digest of the key that signed it, from its
 * verified chain (NULL: not known, which gives CC_CRL_UNKNOWN). So CAs with the same name and
 * different keys are not confused: a CRL that is signed with another key makes no certificate good.
 * A certificate that such a CRL lists is revoked nevertheless if both keys are under the same root:
 * then it is a CA with a new key. Any thread; never waits.
 */
void cc_crls_check(cc_crl_answer_t *answer, cc_crls_t *crls, X509 *cert,
                   const unsigned char *ca_spki_sha256, apr_time_t now);

/** The same for a client's certificate; `seal` is the verdict on it. */
void cc_crls_check_leaf(cc_crl_answer_t *answer, cc_crls_t *crls, X509 *cert, const cc_seal_t *seal,
                        apr_time_t now);

/**
 * Checks a client's certificate and the CAs above it, up to the trust anchor. Their certificates
 * must be in the store or in the files of CRLs; otherwise the answer is CC_CRL_UNKNOWN. The answer
 * is about the first certificate that is revoked, or if there is none, the first that is unknown.
 * `seal` is the verdict on `cert`.
 */
void cc_crls_check_chain(cc_crl_answer_t *answer, cc_crls_t *crls, X509 *cert,
                         const cc_seal_t *seal, apr_time_t now);

/**
 * True if a CRL lists `cert`, which `issuer` issued; NULL: one of the CAs that are in the
 * store or in files of CRLs. `crls` is a cc_crls_t. Any thread; never waits.
 */
bool cc_crls_revoke(void *crls, X509 *cert, X509 *issuer, apr_time_t now);

/** The time after `now` at which answers change without a reload; APR_INT64_MAX: never. */
apr_time_t cc_crls_next_change(cc_crls_t *crls, apr_time_t now);

/** How a loaded CRL is used. */
typedef enum {
    CC_CRL_USED,
    CC_CRL_SUPERSEDED, /* there is a newer one of its stream, or the base includes the delta */
    CC_CRL_OLDER,      /* lower than one that was loaded before and is gone: not used */
    CC_CRL_NO_BASE,    /* a delta without a matching complete CRL: only its list is used */
    CC_CRL_FOREIGN     /* its issuer is not trusted there: ignored */
} cc_crl_use_t;

/** One CRL of one file, for administrators. All text is safe for a log. */
typedef struct cc_crl_info_t {
    const char *path;
    const char *issuer;   /* RFC 4514 */
    const char *number;   /* decimal, or "none" */
    apr_uint32_t entries; /* 0 for a foreign one, whose entries are not read */
    bool delta, indirect;
    apr_time_t this_update, next_update, loaded_at;
    cc_crl_use_t use;
} cc_crl_info_t;

/** Calls `each` for every loaded CRL. *info lives until `each` returns. Any thread. */
typedef void cc_crls_each_fn(const cc_crl_info_t *info, void *baton);
void cc_crls_each(cc_crls_t *crls, cc_crls_each_fn *each, void *baton);

/** Sets the error (CC0410) that refuses a foreign CRL, in `p`; returns APR_EINVAL. */
apr_status_t cc_crl_refuse_foreign(const cc_crl_info_t *info, const char *where, apr_pool_t *p,
                                   cc_error_t *err);

/* ---- CAs that are not covered (uncovered.c) -------------------------------------------------- */

/** Why no certificate of a CA can be CC_CRL_GOOD. */
typedef enum {
    CC_UNCOVERED_NO_CRL,  /* no complete CRL is signed with its key */
    CC_UNCOVERED_EXPIRED, /* all of them are past their nextUpdate and `grace` */
    CC_UNCOVERED_REVOKED, /* the CA itself is revoked */
    CC_UNCOVERED_CA       /* the CRLs do not cover the certificate of the CA itself */
} cc_uncovered_kind_t;

/** A CA of the store of which no certificate can be CC_CRL_GOOD. */
typedef struct cc_uncovered_t {
    const char *ca; /* its name, RFC 4514, safe for a log */
    cc_uncovered_kind_t kind;
    const char *path;       /* CC_UNCOVERED_EXPIRED: the file of the last CRL to expire, */
    apr_time_t next_update; /* and its nextUpdate */
    const char *cause;      /* CC_UNCOVERED_CA: as in cc_crl_answer_t */
} cc_uncovered_t;

/**
 * The CAs of the store of which certainly no certificate can be CC_CRL_GOOD now (of
 * cc_uncovered_t, in `p`). `leaf_alone`: the certificates of the CAs themselves are not checked.
 * CAs of which this is not known are left out, and so are all CAs if a file could not be read at a
 * restart. Takes time in proportion to the number of CAs and CRLs. Any thread.
 */
apr_array_header_t *cc_crls_uncovered(cc_crls_t *crls, bool leaf_alone, apr_time_t now,
                                      apr_pool_t *p);

/* ---- counting -------------------------------------------------------------------------------- */

#define CC_CRL_PLACES 1024 /* the number of files whose changes are counted exactly once */

/**
 * Counts the loads of the files of one ClientCertCRL. It may be in memory that several processes
 * share: all that poll the files count there, and any thread may read.
 */
typedef struct cc_crl_counters_t {
    cc_counter_t loads;         /* loads of files, each state once however many processes see it */
    cc_counter_t load_failures; /* likewise: files refused, and unreadable files and folders */
    cc_counter_t refused;       /* how many are refused now, as of the last poll */
    cc_counter_t looked_at;     /* the time of the last poll, in seconds since 1970 */
    struct {
        cc_counter_t path, outcome;
    } places[CC_CRL_PLACES]; /* private to this component: for each file, its last outcome */
} cc_crl_counters_t;

/** Adds the counts of cc_crls_open to counters that are all 0. For the thread that opened. */
void cc_crls_counters_start(cc_crl_counters_t *counters, const cc_crls_t *crls);

/**
 * Makes this process count in these counters, which must live as long as the CRLs; by default it
 * uses its own. Call it in each child before it polls: the parent may read files that children may
 * not.
 */
void cc_crls_count_in(cc_crls_t *crls, cc_crl_counters_t *counters);

#endif
