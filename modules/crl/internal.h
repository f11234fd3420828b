/* SPDX-License-Identifier: Apache-2.0 */
/* Files of CRLs, what they give, and answers from it: what the files of this room share. */
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

/* ---- signers (signer.c) ------------------------------------------------------------------ */

/** True if a list has a certificate of the issuer's name and key, whether it may sign or not. */
bool cc_crl_issuer_among(const apr_array_header_t *authorities, const cc_crl_t *crl);

/** Tries those of a list that may have signed it; *error is what was wrong with the last of them.
 */
const cc_authority_t *cc_crl_signer_among(const apr_array_header_t *authorities,
                                          const cc_crl_t *crl, const cc_crl_tbs_t *tbs,
                                          const char **error);

/* ---- files (file.c, content.c) ------------------------------------------------------- */

/** What a file holds. */
typedef struct cc_octets_t {
    unsigned char *at; /* from malloc */
    apr_size_t len;
    cc_file_stamp_t stamp; /* of what was read */
} cc_octets_t;

/** APR_EBUSY: it changed meanwhile. */
apr_status_t cc_octets_read(cc_octets_t *octets, const char *path, apr_pool_t *p);

/** A CRL or a certificate in a file. */
typedef struct cc_block_t {
    bool crl;
    cc_der_span_t der;
} cc_block_t;

/**
 * Finds the blocks (of cc_block_t) of a file; PEM becomes DER in its place. APR_SUCCESS; else what
 * is wrong is *error: APR_EINCOMPLETE where the end is missing, APR_ENOTIMPL where this is no file
 * of CRLs at all.
 */
apr_status_t cc_blocks_find(apr_array_header_t *blocks, cc_octets_t *octets, const char **error,
                            apr_pool_t *p);

/** A state of a file, without anything of this module in it (kept.c). */
typedef struct cc_crl_kept_state_t cc_crl_kept_state_t;

/** What came out of a file. */
typedef struct cc_crl_content_t {
    apr_pool_t *pool;
    int holders;
    cc_crl_kept_state_t *state;      /* to be kept if this is taken; NULL: not */
    apr_array_header_t *foreign;     /* of cc_crl_info_t, without path and use */
    apr_array_header_t *crls;        /* of cc_crl_t * */
    apr_array_header_t *authorities; /* of cc_authority_t *: certificates of the file that verify */
} cc_crl_content_t;

/** What loading needs to know. */
typedef struct cc_crl_loader_t {
    const cc_trust_t *trust;
    const apr_array_header_t *authorities; /* of the store */
    apr_hash_t *held;                      /* stream -> cc_crl_t *: not to be loaded twice */
    bool pass_foreign;
    cc_crl_kept_t *kept; /* NULL: nothing is */
    apr_pool_t *pool;    /* for errors, and what is needed meanwhile */
} cc_crl_loader_t;

/**
 * Loads a file; *stamp is what was read, or is left alone. APR_EBUSY, APR_EINCOMPLETE and
 * APR_ENOTIMPL as above; else CC0407 to CC0411 in err.
 */
apr_status_t cc_crl_content_load(cc_crl_content_t **content, cc_file_stamp_t *stamp,
                                 const cc_crl_loader_t *loader, const char *path, cc_error_t *err);

/** The last who gives it back frees it; NULL is none. */
void cc_crl_content_release(cc_crl_content_t *content);

/** True if this very CRL is among its CRLs. */
bool cc_crl_content_has(const cc_crl_content_t *content, const cc_crl_t *crl);

/* ---- sources and files (crls.c, scan.c, poll.c) ------------------------------------------ */

/** A PATH of the directive. */
typedef struct cc_crl_source_t {
    const char *path;
    bool folder;
    bool reported;      /* that it cannot be read */
    bool unread;        /* it has not been read since a restart: what is held of it stays */
    cc_error_t refusal; /* to be reported; tag NULL: nothing */
} cc_crl_source_t;

/** What came of reading a file as it is. */
typedef enum {
    CC_CRL_FILE_NEW,        /* it was not read, or may have changed since without a trace */
    CC_CRL_FILE_TAKEN,      /* what it holds counts */
    CC_CRL_FILE_REFUSED,    /* what it gave before counts, until it changes */
    CC_CRL_FILE_WAITING,    /* the same, or until others change: the base of a delta may come */
    CC_CRL_FILE_EARLY,      /* the same, or until `again_at`: the thisUpdate of one of its CRLs */
    CC_CRL_FILE_UNFINISHED, /* its end is missing, and may come: it is read again at `again_at` */
    CC_CRL_FILE_OTHER       /* it lies in a folder, and is no file of CRLs */
} cc_crl_file_state_t;

/** A file that is polled. */
typedef struct cc_crl_file_t {
    apr_pool_t *pool;
    const char *path;
    const cc_crl_source_t *source;
    bool present;          /* the last scan has seen it */
    cc_file_stamp_t stamp; /* as that scan has seen it */
    cc_file_stamp_t seen;  /* as it was when it was last taken or refused */
    cc_crl_file_state_t state;
    bool unread;           /* nothing of it is held since a restart */
    apr_time_t again_at;   /* when it is read again though it is the same; 0: never */
    apr_time_t missing_at; /* when it was first missed; 0: it is not */
    const char *reported;  /* the tag that was reported of it as it is */
    cc_error_t refusal;    /* to be reported; tag NULL: nothing */
    cc_crl_content_t *content;
} cc_crl_file_t;

/** The highest of a stream that was ever held. */
typedef struct cc_crl_stream_t {
    unsigned char key[CC_STREAM_KEY];
    cc_crl_number_t number;
    apr_time_t this_update;
    bool reported; /* that it is gone and only an older one is there */
} cc_crl_stream_t;

struct cc_crls_t {
    const cc_crl_spec_t *spec;
    const cc_trust_t *trust;
    apr_pool_t *pool;                /* of its own: the polling thread's */
    apr_pool_t *scratch;             /* of the poll that runs */
    apr_array_header_t *authorities; /* of the store */
    apr_array_header_t *sources;     /* of cc_crl_source_t */
    apr_array_header_t *files;       /* of cc_crl_file_t * */
    apr_hash_t *streams;             /* of cc_crl_stream_t * */
    cc_snapshot_t versions;
    cc_due_t due;
    bool changed; /* what the files hold, since the version was made */
    cc_crl_counters_t *counters;
    cc_crl_counters_t own; /* until others are given */
};

/**
 * Says what came of reading a file, and when it is read again though it is the same (0: never).
 * Whatever is no refusal takes back what there was to report.
 */
void cc_crl_file_settle(cc_crl_file_t *file, cc_crl_file_state_t state, apr_time_t again_at);

/** Looks which files there are. What cannot be read is a refusal of its source (CC0406). */
void cc_crls_scan(cc_crls_t *crls);

/** Loads all files for the first time. CC0407 to CC0414. */
apr_status_t cc_crls_load(cc_crls_t *crls, cc_error_t *err);

/** Polls all files; in how long it wants to be called again at most. */
apr_interval_time_t cc_crls_poll_files(cc_crls_t *crls, apr_time_t now);

/* ---- counting (count.c). For the thread that opens or polls. ----------------------------- */

/** Counts a file as it is: taken, or refused and reported. */
void cc_crls_count_file(cc_crls_t *crls, const cc_crl_file_t *file, bool taken);

/** Counts what was opened. */
void cc_crls_count_open(cc_crls_t *crls, apr_time_t now);

/** Counts a poll: sources that cannot be read, and how many files and sources are refused. */
void cc_crls_count_poll(cc_crls_t *crls, apr_time_t now);

/* ---- streams (stream.c) ------------------------------------------------------------------ */

/** Makes crl->stream_key of its other members; false: OpenSSL cannot digest. */
bool cc_crl_stream_key_make(cc_crl_t *crl);

/** True if a is older than b, of the same stream. */
bool cc_crl_older(const cc_crl_t *a, const cc_crl_t *b);

/** The newest of each stream that the files hold: stream key -> cc_crl_t *, in `p`. */
apr_hash_t *cc_crls_newest(const cc_crls_t *crls, apr_pool_t *p);

/** The same with this content in the place of what the file has. */
apr_hash_t *cc_crls_newest_with(const cc_crls_t *crls, const cc_crl_file_t *file,
                                const cc_crl_content_t *content, apr_pool_t *p);

/** The complete CRL that a delta changes, and the delta of a complete CRL; NULL: there is none. */
cc_crl_t *cc_crl_base_of(apr_hash_t *newest, const cc_crl_t *delta);
cc_crl_t *cc_crl_delta_of(apr_hash_t *newest, const cc_crl_t *complete);

/**
 * True if the delta may be combined with this complete CRL (RFC 5280 5.2.4). One that is older fits
 * too, and says nothing new.
 */
bool cc_crl_fits(const cc_crl_t *delta, const cc_crl_t *base);

/** The highest that was held of the stream of this CRL; NULL: nothing. */
cc_crl_stream_t *cc_crls_highest(const cc_crls_t *crls, const cc_crl_t *crl);

/** Says that this CRL is the highest of its stream by now. */
void cc_crls_highest_set(cc_crls_t *crls, const cc_crl_t *crl);

/** Takes over what cc_crls_highest_save put there; before anything is loaded. */
void cc_crls_highest_restore(cc_crls_t *crls, apr_hash_t *highest);

/** True if this is lower than the highest of its stream (rollback). */
bool cc_crl_rolled_back(const cc_crls_t *crls, const cc_crl_t *crl);

/* ---- versions (version.c) ---------------------------------------------------------------- */

/** A complete CRL with its delta; one of them may be NULL. */
typedef struct cc_crl_pair_t {
    cc_crl_t *complete;
    cc_crl_t *delta;     /* newer than the complete one */
    bool fits;           /* the delta's removals hold */
    bool signer_revoked; /* its signer is revoked: it gives nobody a good name any more */
    cc_crl_t *either;    /* one of the two that is there */
} cc_crl_pair_t;

/**
 * A CRL of a CA that has a new key: it also revokes what the CA signed with this one, the other way
 * round too. The name is the same, and so is the root; RFC 5280 (6.3.3 f) asks for no more.
 */
typedef struct cc_crl_rekeyed_t {
    const cc_crl_pair_t *pair;
    unsigned char spki_sha256[32];
} cc_crl_rekeyed_t;

/** Who is listed, for cc_crls_each. */
typedef struct cc_crl_held_t {
    const char *path;
    cc_crl_t *crl;
    cc_crl_use_t use;
} cc_crl_held_t;

/** What all answers at one time come from. Constant. */
typedef struct cc_crl_version_t {
    apr_pool_t *pool;
    apr_array_header_t *contents;    /* of cc_crl_content_t *, held */
    apr_array_header_t *pairs;       /* of cc_crl_pair_t, by the key of the signer */
    apr_array_header_t *indirect;    /* of const cc_crl_pair_t * */
    apr_array_header_t *rekeyed;     /* of cc_crl_rekeyed_t; almost always empty */
    apr_array_header_t *authorities; /* of const cc_authority_t *, by sha256 */
    apr_array_header_t *held;        /* of cc_crl_held_t */
    apr_array_header_t *foreign;     /* of cc_crl_info_t */
    bool incomplete;                 /* a file is unread: nobody is let in for want of a CRL */
} cc_crl_version_t;

/** Makes one of what the files hold, and remembers what is in it. */
cc_crl_version_t *cc_crl_version_make(cc_crls_t *crls);
void cc_crl_version_free(cc_crl_version_t *version);

/* ---- answers (check.c) ------------------------------------------------------------------- */

/** What is asked. */
typedef struct cc_crl_check_t {
    const cc_crl_version_t *version;
    X509 *cert;
    const unsigned char *ca_spki_sha256; /* NULL: not known */
    apr_time_t now;
    apr_interval_time_t grace;
} cc_crl_check_t;

void cc_crl_check_one(cc_crl_answer_t *answer, const cc_crl_check_t *check);

/** Goes on with the chain from this authority upwards, if `answer` is good so far. */
void cc_crl_check_chain(cc_crl_answer_t *answer, const cc_crl_check_t *check,
                        const unsigned char ca_sha256[32]);

#endif
