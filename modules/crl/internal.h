/* SPDX-License-Identifier: Apache-2.0 */
/* Declares what the files of the CRL component share: files, their contents, and answers. */
#ifndef CC_CRL_INTERNAL_H
#define CC_CRL_INTERNAL_H

#include <stdbool.h>

#include <apr_hash.h>
#include <apr_pools.h>
#include <apr_tables.h>
#include <apr_time.h>

#include "base/due.h"
#include "base/error.h"
#include "base/file_stamp.h"
#include "base/moment.h"
#include "base/snapshot.h"
#include "crl/crl.h"
#include "crl/list.h"

/* ---- authorities (authorities.c) --------------------------------------------------------- */

/** Certificates that may be issuers, with their places in chains. Constant. */
typedef struct cc_crl_authorities_t {
    apr_pool_t *pool;
    int holders;
    apr_array_header_t *list; /* of cc_authority_t * */
    apr_hash_t *marks;        /* of the CAs of a set (cc_ca_t); NULL: they are not from a set */
} cc_crl_authorities_t;

/** The CAs of the trust, and those of `certs` that they verify now. With one holder. */
cc_crl_authorities_t *cc_crl_authorities_of_trust(const cc_trust_t *trust);
cc_crl_authorities_t *cc_crl_authorities_verify(const cc_trust_t *trust, STACK_OF(X509) * certs);

/** Adds a holder; removes one, and the last one frees them. NULL is allowed for the second. */
cc_crl_authorities_t *cc_crl_authorities_hold(cc_crl_authorities_t *authorities);
void cc_crl_authorities_release(cc_crl_authorities_t *authorities);

/** True if a CA of the set that is in the chain of the verdict is not among them. Any thread. */
bool cc_crl_authorities_lack(const cc_crl_authorities_t *authorities, const cc_seal_t *seal);

/* ---- signers (signer.c) ------------------------------------------------------------------ */

/** True if one of them has the issuer's name and key, whether it may sign or not. */
bool cc_crl_issuer_among(const cc_crl_authorities_t *authorities, const cc_crl_t *crl);

/**
 * The one of them that signed a CRL; NULL: none, and *error is the problem with the last one that
 * may sign the CRL.
 */
const cc_authority_t *cc_crl_signer_among(const cc_crl_authorities_t *authorities,
                                          const cc_crl_t *crl, const cc_crl_tbs_t *tbs,
                                          const char **error);

/**
 * The first certificate that may sign a CRL, and has the key that did sign it. `by_key` (of const
 * cc_authority_t *) is sorted by the keys. NULL: none.
 */
const cc_authority_t *cc_crl_signer_of(const apr_array_header_t *by_key, const cc_crl_t *crl);

/* ---- files (file.c, content.c) ------------------------------------------------------- */

/** The octets of a file. */
typedef struct cc_octets_t {
    unsigned char *at; /* from malloc */
    apr_size_t len;
    cc_file_stamp_t stamp; /* of the state that was read */
} cc_octets_t;

/** Reads a file. APR_EBUSY: it changed meanwhile. */
apr_status_t cc_octets_read(cc_octets_t *octets, const char *path, apr_pool_t *p);

/** A CRL or a certificate in a file. */
typedef struct cc_block_t {
    bool crl;
    cc_der_span_t der;
} cc_block_t;

/**
 * Finds the blocks (of cc_block_t) of a file; PEM is decoded in place. On failure *error has the
 * reason: APR_EINCOMPLETE if the end is missing, APR_ENOTIMPL if it is not a file of CRLs at all.
 */
apr_status_t cc_blocks_find(apr_array_header_t *blocks, cc_octets_t *octets, const char **error,
                            apr_pool_t *p);

/** A state of a file, without pointers into this module (kept.c). */
typedef struct cc_crl_kept_state_t cc_crl_kept_state_t;

/** The contents of a file. */
typedef struct cc_crl_content_t {
    apr_pool_t *pool;
    int holders;
    cc_crl_kept_state_t *state;        /* to be kept if this is accepted; NULL: not */
    apr_array_header_t *foreign;       /* of cc_crl_info_t, without path */
    apr_array_header_t *crls;          /* of cc_crl_t * */
    STACK_OF(X509) * certs;            /* the certificates of the file, */
    cc_crl_authorities_t *authorities; /* and those of them that verify */
} cc_crl_content_t;

/** The settings for loading. */
typedef struct cc_crl_loader_t {
    const cc_trust_t *trust;
    const cc_crl_authorities_t *cas; /* of the trust */
    apr_hash_t *held;                /* stream -> cc_crl_t *: not loaded again */
    bool pass_foreign;
    cc_crl_kept_t *kept; /* NULL: nothing is kept */
    apr_pool_t *pool;    /* for errors and temporary data */
} cc_crl_loader_t;

/**
 * Loads a file; *stamp is that of the state that was read, or is unchanged. APR_EBUSY,
 * APR_EINCOMPLETE and APR_ENOTIMPL are those of the two functions above; other errors are CC0407 to
 * CC0411 in err.
 */
apr_status_t cc_crl_content_load(cc_crl_content_t **content, cc_file_stamp_t *stamp,
                                 const cc_crl_loader_t *loader, const char *path, cc_error_t *err);

/** What is shown of a CRL that is not used because its issuer is not trusted, without the path. */
cc_crl_info_t cc_crl_foreign_info(const cc_crl_t *crl);

/** Releases one reference; the last one frees it. NULL is allowed. */
void cc_crl_content_release(cc_crl_content_t *content);

/** True if it contains this CRL (compared by pointer). */
bool cc_crl_content_has(const cc_crl_content_t *content, const cc_crl_t *crl);

/* ---- sources and files (crls.c, scan.c, poll.c) ------------------------------------------ */

/** A PATH of the directive. */
typedef struct cc_crl_source_t {
    const char *path;
    bool folder;
    bool reported;      /* the error that it cannot be read */
    bool unread;        /* not read since a restart: its CRLs already loaded stay in use */
    cc_error_t refusal; /* to be reported; tag NULL: none */
} cc_crl_source_t;

/** The result of reading a file in its present state. */
typedef enum {
    CC_CRL_FILE_NEW,        /* not read yet, or it may have changed since without a trace */
    CC_CRL_FILE_TAKEN,      /* its contents are in use */
    CC_CRL_FILE_REFUSED,    /* its previous contents are in use until it changes */
    CC_CRL_FILE_WAITING,    /* the same, or until other files change: a delta's base may arrive */
    CC_CRL_FILE_EARLY,      /* the same, or until `again_at`: the thisUpdate of one of its CRLs */
    CC_CRL_FILE_UNFINISHED, /* its end is missing, and may arrive: it is read again at `again_at` */
    CC_CRL_FILE_OTHER       /* it is in a folder, and is not a file of CRLs */
} cc_crl_file_state_t;

/** A file that is polled. */
typedef struct cc_crl_file_t {
    apr_pool_t *pool;
    const char *path;
    const cc_crl_source_t *source;
    bool present;          /* the last scan found it */
    bool again;            /* it is read even if it has not changed: the CAs have */
    bool behind;           /* `content` has foreign CRLs, and was accepted before the CAs changed */
    cc_file_stamp_t stamp; /* at the last scan */
    cc_file_stamp_t seen;  /* when it was last accepted or refused */
    cc_crl_file_state_t state;
    bool unread;           /* no CRLs of it are in use since a restart */
    apr_time_t again_at;   /* when it is read again without a change; 0: never */
    apr_time_t missing_at; /* when it was first missing; 0: it is not */
    const char *reported;  /* the tag that was reported for its present state */
    cc_error_t refusal;    /* to be reported; tag NULL: none */
    cc_crl_content_t *content;
} cc_crl_file_t;

/** The highest CRL of a stream that was ever loaded. */
typedef struct cc_crl_stream_t {
    unsigned char key[CC_STREAM_KEY];
    cc_crl_number_t number;
    apr_time_t this_update;
    bool reported; /* the error that it is gone and there is only an older one */
} cc_crl_stream_t;

struct cc_crls_t {
    const cc_crl_spec_t *spec;
    const cc_trust_t *trust;
    apr_pool_t *pool;               /* its own, for the polling thread */
    apr_pool_t *scratch;            /* of the current poll */
    cc_crl_authorities_t *cas;      /* of the trust, */
    apr_uint64_t cas_generation;    /* and the generation of the set that they are from */
    cc_crl_authorities_t *read_for; /* the CAs for which all files were read: `cas`, or earlier */
    apr_array_header_t *sources;    /* of cc_crl_source_t */
    apr_array_header_t *files;      /* of cc_crl_file_t * */
    apr_hash_t *streams;            /* of cc_crl_stream_t * */
    cc_snapshot_t versions;
    cc_due_t due;
    bool changed;  /* the contents of the files have changed since the version was made */
    bool outdated; /* the version was made for other CAs */
    cc_crl_counters_t *counters;
    cc_crl_counters_t own; /* used until cc_crls_count_in */
};

/**
 * Sets the result of reading a file, and when it is read again without a change (0: never). States
 * other than refusals clear the error to be reported.
 */
void cc_crl_file_settle(cc_crl_file_t *file, cc_crl_file_state_t state, apr_time_t again_at);

/** Lists the files. A path that cannot be read is a refusal of its source (CC0406). */
void cc_crls_scan(cc_crls_t *crls);

/** Loads all files for the first time. CC0407 to CC0414. */
apr_status_t cc_crls_load(cc_crls_t *crls, cc_error_t *err);

/** Polls all files; returns the time until the next call, 0: there is nothing to wait for. */
apr_interval_time_t cc_crls_poll_files(cc_crls_t *crls, apr_time_t now);

/* ---- the CAs of the trust (follow.c). For the thread that opens or polls. ---------------- */

/** True if the set of the trust has changed since its CAs were taken. */
bool cc_crls_cas_changed(const cc_crls_t *crls);

/** Takes the CAs of the trust. */
void cc_crls_cas_take(cc_crls_t *crls);

/** Records that all files were read for these CAs. */
void cc_crls_cas_read(cc_crls_t *crls);

/**
 * If the CAs have changed, takes them, and prepares the files for a poll. Call the second function
 * after the poll.
 */
void cc_crls_cas_follow(cc_crls_t *crls);
void cc_crls_cas_polled(cc_crls_t *crls);

/* ---- counting (count.c). For the thread that opens or polls. ----------------------------- */

/** Counts the present state of a file: accepted, or refused and reported. */
void cc_crls_count_file(cc_crls_t *crls, const cc_crl_file_t *file, bool taken);

/** Counts the files that were opened. */
void cc_crls_count_open(cc_crls_t *crls, apr_time_t now);

/** Counts a poll: sources that cannot be read, and how many files and sources are refused. */
void cc_crls_count_poll(cc_crls_t *crls, apr_time_t now);

/* ---- streams (stream.c) ------------------------------------------------------------------ */

/** Computes crl->stream_key from its other members; false if OpenSSL cannot compute the digest. */
bool cc_crl_stream_key_make(cc_crl_t *crl);

/** True if `a` is older than `b`, which is of the same stream. */
bool cc_crl_older(const cc_crl_t *a, const cc_crl_t *b);

/** The newest CRL of each stream in all files: stream key -> cc_crl_t *, in `p`. */
apr_hash_t *cc_crls_newest(const cc_crls_t *crls, apr_pool_t *p);

/** The same with this content in place of that of the file. */
apr_hash_t *cc_crls_newest_with(const cc_crls_t *crls, const cc_crl_file_t *file,
                                const cc_crl_content_t *content, apr_pool_t *p);

/** The complete CRL that a delta changes, and the delta of a complete CRL; NULL: none. */
cc_crl_t *cc_crl_base_of(apr_hash_t *newest, const cc_crl_t *delta);
cc_crl_t *cc_crl_delta_of(apr_hash_t *newest, const cc_crl_t *complete);

/**
 * True if the delta may be combined with this complete CRL (RFC 5280 5.2.4). An older delta may be
 * combined too, and adds nothing.
 */
bool cc_crl_fits(const cc_crl_t *delta, const cc_crl_t *base);

/** The highest CRL that was ever loaded of the stream of this CRL; NULL: none. */
cc_crl_stream_t *cc_crls_highest(const cc_crls_t *crls, const cc_crl_t *crl);

/** Sets this CRL as the highest of its stream. */
void cc_crls_highest_set(cc_crls_t *crls, const cc_crl_t *crl);

/** Restores the result of cc_crls_highest_save. Call it before anything is loaded. */
void cc_crls_highest_restore(cc_crls_t *crls, apr_hash_t *highest);

/** True if this is lower than the highest of its stream (rollback). */
bool cc_crl_rolled_back(const cc_crls_t *crls, const cc_crl_t *crl);

/* ---- versions (version.c) ---------------------------------------------------------------- */

/** A complete CRL with its delta; one of them may be NULL. */
typedef struct cc_crl_pair_t {
    cc_crl_t *complete;
    cc_crl_t *delta;  /* newer than the complete one */
    bool fits;        /* the delta's removals are valid */
    cc_crl_t *either; /* one of the two that exists */
    const cc_authority_t *signer;
    bool signer_revoked; /* it no longer makes certificates good */
} cc_crl_pair_t;

/**
 * A CRL of a CA that has a new key: it also revokes certificates that the CA signed with this key,
 * and vice versa. The name and the root are the same; RFC 5280 (6.3.3 f) requires no more.
 */
typedef struct cc_crl_rekeyed_t {
    const cc_crl_pair_t *pair;
    unsigned char spki_sha256[32];
} cc_crl_rekeyed_t;

/** A loaded CRL, for cc_crls_each. */
typedef struct cc_crl_held_t {
    const char *path;
    cc_crl_t *crl;
    cc_crl_use_t use;
} cc_crl_held_t;

/** The data of all answers at one time. Constant. */
typedef struct cc_crl_version_t {
    apr_pool_t *pool;
    apr_array_header_t *contents;    /* of cc_crl_content_t *, held */
    cc_crl_authorities_t *cas;       /* of the trust, held */
    cc_crl_authorities_t *read_for;  /* held: see cc_crls_t */
    apr_array_header_t *more;        /* of cc_crl_authorities_t *, held: those of the contents */
    apr_array_header_t *pairs;       /* of cc_crl_pair_t, by the key of the signer */
    apr_array_header_t *indirect;    /* of const cc_crl_pair_t * */
    apr_array_header_t *rekeyed;     /* of cc_crl_rekeyed_t; almost always empty */
    apr_array_header_t *authorities; /* of const cc_authority_t *, by sha256, */
    apr_array_header_t *by_key;      /* and by spki_sha256 */
    apr_array_header_t *held;        /* of cc_crl_held_t */
    apr_array_header_t *foreign;     /* of cc_crl_info_t */
    bool incomplete;                 /* a file is unread: `missing` does not apply */
} cc_crl_version_t;

/** Makes a version from the contents of the files, and updates the highest CRLs. */
cc_crl_version_t *cc_crl_version_make(cc_crls_t *crls);
void cc_crl_version_free(cc_crl_version_t *version);

/**
 * The index of the first of `pairs` whose signer has this key, if there is one: all of them follow
 * each other.
 */
int cc_crl_pair_first(const apr_array_header_t *pairs, const unsigned char spki_sha256[32]);

/* ---- answers (check.c) ------------------------------------------------------------------- */

/** A check of one certificate. */
typedef struct cc_crl_check_t {
    const cc_crl_version_t *version;
    X509 *cert;
    const unsigned char *ca_spki_sha256; /* NULL: not known */
    apr_time_t now;
    apr_interval_time_t grace;
} cc_crl_check_t;

void cc_crl_check_one(cc_crl_answer_t *answer, const cc_crl_check_t *check);

/** Continues with the chain from this authority upwards, unless `answer` is revoked. */
void cc_crl_check_chain(cc_crl_answer_t *answer, const cc_crl_check_t *check,
                        const unsigned char ca_sha256[32]);

#endif
