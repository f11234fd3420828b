/* SPDX-License-Identifier: Apache-2.0 */
/* Public header of CA sets: the CAs that a host trusts, loaded from files and followed. */
#ifndef CC_CA_H
#define CC_CA_H

#include <stdbool.h>

#include <apr_hash.h>
#include <apr_pools.h>
#include <apr_tables.h>
#include <apr_time.h>

#include <openssl/x509.h>

#include "base/counter.h"
#include "base/error.h"

/* ---- the directive (spec.c) ------------------------------------------------------------------ */

/** One ClientCertCA. Constant once read. */
typedef struct cc_ca_spec_t {
    const apr_array_header_t *paths; /* of const char *: files and folders */
    apr_interval_time_t reload;      /* how often they are checked for changes; 0: never */
    int depth;                       /* CAs allowed above the client's certificate; -1: not set */
    const char *domain;              /* the SPIFFE trust domain; NULL: not set */
    const char *where;               /* set by the glue: "file:line" of the directive */
} cc_ca_spec_t;

/**
 * Reads "PATH ... [reload=SECONDS] [depth=N] [domain=TRUST-DOMAIN]" (default: reload=5) in `p`. A
 * word of letters and a "=" is an option; write such a path as ./a=b. Errors (CC0460, CC0461) name
 * the word and what would be legal.
 */
apr_status_t cc_ca_spec_parse(cc_ca_spec_t **spec, const char *text, apr_pool_t *p,
                              cc_error_t *err);

/**
 * Checks a directive against the earlier ones of the same host (`specs`, of cc_ca_spec_t *):
 * directives for the same domain, or without one, have the same depth, if any. CC0462.
 */
apr_status_t cc_ca_specs_agree(const apr_array_header_t *specs, const cc_ca_spec_t *added,
                               apr_pool_t *p, cc_error_t *err);

/* ---- sets of CAs (set.c) --------------------------------------------------------------------- */

/** All CAs of a host at one moment. Constant. */
typedef struct cc_ca_set_t cc_ca_set_t;

/** The CAs of a set for the certificates of one SPIFFE trust domain, or for all others. */
typedef struct cc_ca_group_t cc_ca_group_t;

/** How much of the SHA-256 of a CA a session keeps. */
#define CC_CA_MARK_LEN 16

/** A CA of a group, and since when it is there. Constant. */
typedef struct cc_ca_t {
    unsigned char mark[CC_CA_MARK_LEN]; /* identifies the certificate with its trust settings
                                           ("TRUSTED CERTIFICATE"): the start of a SHA-256 */
    unsigned char sha256[32];
    unsigned char spki_sha256[32];
    apr_time_t not_after;
    const char *path; /* of the file */
    apr_time_t since; /* it has been in the group at all times since then, as far as this server
                         knows: verdicts made with it before that do not count */
} cc_ca_t;

/**
 * The group that decides about a client's certificate, by its SPIFFE ID; NULL: no group may.
 * *problem is then why, in plain words, a literal (X509-SVID 1.0), or NULL if the set merely has no
 * CAs for such a certificate. In a set without domains there is one group for all certificates, and
 * no certificate is examined. Leaves nothing in OpenSSL's error queue. Any thread.
 */
const cc_ca_group_t *cc_ca_group_of(const cc_ca_set_t *set, const X509 *leaf, const char **problem);

/**
 * Why a certificate with a SPIFFE ID is not an X509-SVID, as *problem of cc_ca_group_of. NULL: it
 * is one, or has no SPIFFE ID. Leaves nothing in OpenSSL's error queue. Any thread.
 */
const char *cc_ca_spiffe_problem(const X509 *leaf);

/** The groups of a set, from 0: their number, one of them, and the number of one of them. */
int cc_ca_groups(const cc_ca_set_t *set);
const cc_ca_group_t *cc_ca_group_at(const cc_ca_set_t *set, int number);
int cc_ca_group_number(const cc_ca_set_t *set, const cc_ca_group_t *group);

/** Its trust domain; NULL: it is the group for all other certificates. */
const char *cc_ca_group_domain(const cc_ca_group_t *group);

/** The CAs that it allows above a client's certificate; -1: as many as SSLVerifyDepth allows. */
int cc_ca_group_depth(const cc_ca_group_t *group);

/**
 * True if a chain may end with any CA of the group (X509_V_FLAG_PARTIAL_CHAIN): so it is for trust
 * domains (SPIFFE Trust Domain and Bundle 4). False: a chain ends with a self-signed CA.
 */
bool cc_ca_group_anchors_all(const cc_ca_group_t *group);

/**
 * The CAs that OpenSSL may need to verify a chain: those whose names are issuers of `leaf` or of
 * `untrusted` (NULL: none), and those above them. For X509_STORE_CTX_set0_trusted_stack. NULL: out
 * of memory. The caller frees the stack with sk_X509_free; its certificates belong to the set. If
 * several CAs have the name of an issuer, and some of them signed the certificate below, the others
 * are left out: OpenSSL takes the first of that name. Leaves nothing in OpenSSL's error queue. Any
 * thread.
 */
STACK_OF(X509) *
    cc_ca_group_candidates(const cc_ca_group_t *group, X509 *leaf, STACK_OF(X509) * untrusted);

/** The same for all CAs of the group, or for those with a name, by X509_NAME_cmp. */
STACK_OF(X509) * cc_ca_group_certs(const cc_ca_group_t *group);
STACK_OF(X509) * cc_ca_group_named(const cc_ca_group_t *group, const X509_NAME *name);

/**
 * A CA of the group, by a certificate that one of the last three functions returned (the pointer is
 * compared), or by its mark. NULL: the group does not have it.
 */
const cc_ca_t *cc_ca_of_cert(const cc_ca_group_t *group, const X509 *cert);
const cc_ca_t *cc_ca_of_mark(const cc_ca_group_t *group, const unsigned char mark[CC_CA_MARK_LEN]);

/** The CAs of the group, in no particular order. */
int cc_ca_count(const cc_ca_group_t *group);
const cc_ca_t *cc_ca_at(const cc_ca_group_t *group, int number);

/** The certificate of a CA, which belongs to the set; NULL: out of memory. Any thread. */
X509 *cc_ca_cert(const cc_ca_t *ca);

/** The names of all CAs, each once, for CertificateRequest. They belong to the set. */
const STACK_OF(X509_NAME) * cc_ca_set_names(const cc_ca_set_t *set);

/** A number that is the same for sets with the same names. */
apr_uint64_t cc_ca_set_names_digest(const cc_ca_set_t *set);

/**
 * How many CAs of the group may issue certificates of clients: the distinct names of those that
 * issued no CA of the group with another name. A root is not counted in addition to the CAs below
 * it, and a CA with two keys counts once. Takes time in proportion to their number. In `p` it keeps
 * nothing that is needed afterwards. Leaves nothing in OpenSSL's error queue.
 */
int cc_ca_group_issuers(const cc_ca_group_t *group, apr_pool_t *p);

/* ---- the certificate of a CA (traits.c) ------------------------------------------------------ */

/** What the certificate of a CA is, for a list of CAs. */
typedef struct cc_ca_traits_t {
    bool root;           /* it is self-signed */
    bool anchor;         /* a chain may end with it: a root, or a TRUSTED CERTIFICATE that is
                            trusted for clients */
    bool weak_key;       /* its key has less than 112 bits of security: RSA below 2048 bits */
    bool weak_signature; /* its issuer signed it with SHA-1, MD5 or an older digest; false for a
                            root, whose signature is not used */
} cc_ca_traits_t;

/** Fills *traits. Leaves nothing in OpenSSL's error queue. Any thread. */
void cc_ca_traits(cc_ca_traits_t *traits, X509 *cert);

/** True if a CA that is valid now will end within 30 days, and in the last third of its life. */
bool cc_ca_ends_soon(apr_time_t not_before, apr_time_t not_after, apr_time_t now);

/* ---- CA sets that are followed (cas.c) ------------------------------------------------------- */

/** The CAs of all ClientCertCA of a host, followed. */
typedef struct cc_cas_t cc_cas_t;

/** Files as they were last accepted: they outlive a restart. */
typedef struct cc_ca_kept_t cc_ca_kept_t;

/**
 * Makes an empty store, which lives as long as `p`: a pool that outlives configurations. The store
 * has no pointers into this module or OpenSSL. One thread of one process writes to it: the one that
 * opens and polls. Copies in children do not change.
 */
cc_ca_kept_t *cc_cas_kept_create(apr_pool_t *p);

/** Makes this process the one that writes to the store. Call it before opening a configuration. */
void cc_cas_kept_own(cc_ca_kept_t *kept);

/** Ends the use of the store in this process, which ends: its memory may be gone already. */
void cc_cas_kept_end(cc_ca_kept_t *kept);

/** Forgets paths that were not used since the last call. Call it after opening a configuration. */
void cc_cas_kept_sweep(cc_ca_kept_t *kept);

/** What a set of CAs is made from. All is borrowed, and lives as long as the set. */
typedef struct cc_cas_plan_t {
    const apr_array_header_t *specs; /* of cc_ca_spec_t *, which agree; at least one */
    const char *root;                /* of relative paths */
    cc_ca_kept_t *kept;              /* NULL: nothing is kept for a restart */
} cc_cas_plan_t;

/**
 * Loads all files. An error (CC0463 to CC0467, CC0470 to CC0472) names the file: it cannot be read,
 * is damaged or still being written, contains anything but certificates, a certificate that is not
 * a CA, or no certificate at all; a folder is without a certificate. In a folder, hidden files,
 * those that end with ~ or .tmp, and files that are neither PEM nor JSON are ignored. A file is PEM
 * ("CERTIFICATE", "TRUSTED CERTIFICATE"), or a SPIFFE bundle document. A cleanup of `p` frees the
 * CAs. Call it in the parent, in one thread; children inherit what the parent has loaded. Leaves
 * nothing in OpenSSL's error queue.
 */
apr_status_t cc_cas_open(cc_cas_t **cas, const cc_cas_plan_t *plan, apr_pool_t *p, cc_error_t *err);

/**
 * Called by cc_cas_reopen for each file or folder that is refused. *err lives until the function
 * returns. `since`: the CAs accepted at that time stay in use; 0: there are none.
 */
typedef void cc_cas_reopened_fn(const cc_error_t *err, apr_time_t since, void *baton);

/**
 * The same as cc_cas_open, at a restart, which a bad file must not stop: its CAs are then those in
 * plan->kept, or none.
 */
void cc_cas_reopen(cc_cas_t **cas, const cc_cas_plan_t *plan, apr_pool_t *p,
                   cc_cas_reopened_fn *report, void *baton);

/** What a poll has found. All text is safe for a log, and lives until the function returns. */
typedef struct cc_cas_news_t {
    const cc_error_t *refusal;      /* a file or folder is refused: its CAs stay in use; or NULL */
    const char *path;               /* NULL, or the file or folder that has changed: */
    const apr_array_header_t *came; /* of const char *: "SUBJECT (sha256 HEX)", new CAs, */
    const apr_array_header_t *left; /* and those that are gone */
    bool first;                     /* no other process has found this before */
} cc_cas_news_t;

/** Called by cc_cas_poll, once for each change of a file and for each refusal. */
typedef void cc_cas_report_fn(const cc_cas_t *cas, const cc_cas_news_t *news, void *baton);

/**
 * Checks the files for changes if the reload time has come, and makes a new set if they have: for
 * one thread per process. A set that is the same as before is not a change. Returns the time until
 * the next call, 0: never. Nothing in `scratch` is needed afterwards. Leaves nothing in OpenSSL's
 * error queue.
 *
 * A file is refused for the reasons that cc_cas_open refuses it for, and if a named file or all
 * files of a folder are gone. Its CAs then stay in use. The other files are followed.
 */
apr_interval_time_t cc_cas_poll(cc_cas_t *cas, apr_time_t now, cc_cas_report_fn *report,
                                void *baton, apr_pool_t *scratch);

/** A number that grows with each change of the set, for comparisons. Any thread may call. */
apr_uint64_t cc_cas_generation(cc_cas_t *cas);

/**
 * The current set, which stays until the same thread calls cc_cas_leave with the *side that this
 * call set. Neither call waits. Do not hold it for long: the next change waits for it.
 */
const cc_ca_set_t *cc_cas_enter(cc_cas_t *cas, unsigned *side);
void cc_cas_leave(cc_cas_t *cas, unsigned side);

/** The directives. */
const apr_array_header_t *cc_cas_specs(const cc_cas_t *cas);

/**
 * A text that is the same for hosts whose directives make the same groups: their domains and
 * depths. In `p`.
 */
const char *cc_cas_groups_text(const cc_cas_t *cas, apr_pool_t *p);

/* ---- counting (count.c) ---------------------------------------------------------------------- */

#define CC_CA_PLACES 256     /* the number of files whose changes are counted exactly once */
#define CC_CA_OUTCOMES 8     /* how many changes of one of them a process may miss */
#define CC_CA_DEPARTURES 512 /* how many CAs may leave between two polls of a process */

/**
 * Counts the loads of the files of a set. It may be in memory that several processes share: all
 * that poll the files count there, and any thread may read.
 */
typedef struct cc_ca_counters_t {
    cc_counter_t loads;         /* changes of files that were accepted, however many see them */
    cc_counter_t load_failures; /* likewise: files and folders refused */
    cc_counter_t refused;       /* how many are refused now, as of the last poll */
    cc_counter_t looked_at;     /* the time of the last poll, in seconds since 1970 */
    cc_counter_t changed_at;    /* when the set last changed, at first when a file did, likewise */
    struct {
        cc_counter_t path, outcomes[CC_CA_OUTCOMES];
    } places[CC_CA_PLACES]; /* private to this component: for each file, its last outcomes */
    cc_counter_t departures[CC_CA_DEPARTURES]; /* likewise: the CAs that left files last */
} cc_ca_counters_t;

/**
 * Adds the counts of cc_cas_open to counters that are all 0, which must live as long as `cas`. This
 * process learns from them which CAs other processes saw leave. For the thread that opened.
 */
void cc_cas_counters_start(cc_ca_counters_t *counters, cc_cas_t *cas);

/**
 * Makes this process count in these counters, which must live as long as the set; by default it
 * uses its own. Call it in each child before it polls.
 */
void cc_cas_count_in(cc_cas_t *cas, cc_ca_counters_t *counters);

#endif
