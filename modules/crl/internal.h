/* SPDX-License-Identifier: Apache-2.0 */
/* Knows what the files that deal with CRLs share. */
#ifndef CC_TRUST_CRL_INTERNAL_H
#define CC_TRUST_CRL_INTERNAL_H

#include <stdbool.h>

#include <apr_hash.h>
#include <apr_pools.h>
#include <apr_tables.h>
#include <apr_time.h>

#include <openssl/x509v3.h>

#include "base/due.h"
#include "base/error.h"
#include "base/file_stamp.h"
#include "base/moment.h"
#include "crl/crl.h"
#include "crl/der.h"
#include "base/snapshot.h"

/* ---- revoked certificates (serials.c) ---------------------------------------------------- */

#define CC_SERIAL_MOST 120 /* octets; RFC 5280 allows 20, and CAs have written 40 */
#define CC_SERIAL_ISSUER 4 /* octets before it that say whose it is, in an indirect CRL */

/** A serial number as the content octets of its INTEGER. */
typedef struct cc_serial_t {
    unsigned char len;
    unsigned char octets[CC_SERIAL_ISSUER + CC_SERIAL_MOST];
} cc_serial_t;

/** What a CRL says of a certificate on it. */
typedef struct cc_revoked_t {
    apr_uint32_t at;      /* seconds since 1970; one later than 2106 is the latest that fits */
    unsigned char reason; /* RFC 5280 5.3.1 */
} cc_revoked_t;

enum { CC_REASON_UNSPECIFIED = 0, CC_REASON_REMOVE = 8 };

/** Serial numbers. Filled by one thread; then never written again, and any thread may read it. */
typedef struct cc_serials_t cc_serials_t;

/** An empty set for entries that take so many octets in DER; NULL: no memory. */
cc_serials_t *cc_serials_create(apr_size_t der_size);
void cc_serials_free(cc_serials_t *serials); /* NULL is none */
void cc_serials_add(cc_serials_t *serials, const cc_serial_t *key, const cc_revoked_t *revoked);

/** Makes it fit for cc_serials_find; false: no memory. */
bool cc_serials_finish(cc_serials_t *serials);
bool cc_serials_find(const cc_serials_t *serials, const cc_serial_t *key, cc_revoked_t *revoked);
apr_uint32_t cc_serials_count(const cc_serials_t *serials);

/* ---- the fields of a CRL (tbs.c) ------------------------------------------------------- */

/** A CRL taken apart; all spans are of the octets that were read. */
typedef struct cc_crl_parts_t {
    cc_span_t tbs;       /* what is signed */
    cc_span_t algorithm; /* an element; the same inside and outside */
    cc_span_t signature; /* the octets of the bit string */
    cc_span_t issuer;    /* an element */
    cc_span_t revoked;   /* the entries */
    cc_span_t extensions;
    bool v2;
    apr_time_t this_update;
    apr_time_t next_update;
} cc_crl_parts_t;

/** Takes one apart (RFC 5280 5.1): NULL, or what is wrong, a literal. */
const char *cc_crl_split(cc_crl_parts_t *parts, cc_span_t der);

/* ---- what a CRL is about (extensions.c, scope.c) ------------------------------------- */

/* A bit for each of ReasonFlags (RFC 5280 4.2.1.13), keyCompromise to aACompromise. */
#define CC_REASONS_ALL 0x1FEu

/** The issuing distribution point (RFC 5280 5.2.5). */
typedef struct cc_crl_scope_t {
    ISSUING_DIST_POINT *idp; /* NULL: none; owned by the CRL */
    bool indirect;
    bool only_user, only_ca, only_attribute;
    unsigned reasons;
} cc_crl_scope_t;

/* Octets of the key of a stream (stream.c): a digest, and whether it is one of deltas. */
#define CC_STREAM_KEY 33

/** A CRL number: the larger one is the later one. */
typedef struct cc_crl_number_t {
    unsigned char len; /* 0: there is none */
    unsigned char octets[20];
} cc_crl_number_t;

/** One CRL whose signature is good. Constant but for what is the polling thread's alone. */
typedef struct cc_crl_t {
    apr_pool_t *pool;
    int holders;
    X509_NAME *issuer;
    const char *issuer_text;
    cc_authority_t signer;    /* without its certificate */
    unsigned char stream_key[CC_STREAM_KEY];
    cc_span_t signature;
    apr_size_t size; /* of what is signed */
    cc_crl_number_t number;
    const char *number_text;
    bool delta;
    cc_crl_number_t base; /* of a delta */
    apr_time_t this_update;
    apr_time_t next_update;
    apr_time_t loaded_at;
    cc_crl_scope_t scope;
    AUTHORITY_KEYID *akid;       /* NULL: none */
    apr_array_header_t *issuers; /* of X509_NAME *: whose entries an indirect CRL has */
    cc_serials_t *serials;
    bool told_stale; /* what has been told of it; for the polling thread */
    bool told_mute;
    bool told_alone;
} cc_crl_t;

/** -1, 0, 1: a is lower than b, the same, higher. */
int cc_crl_number_compare(const cc_crl_number_t *a, const cc_crl_number_t *b);

/** Reads the extensions of a CRL into it: NULL, or what is wrong. */
const char *cc_crl_extensions_read(cc_crl_t *crl, const cc_crl_parts_t *parts);

/** The reasons that ReasonFlags name, as a mask; NULL: all. */
unsigned cc_reasons_of(const ASN1_BIT_STRING *bits);

/** For which reasons this CRL of the certificate's own issuer speaks, if it does not list it. */
unsigned cc_crl_reasons(const cc_crl_t *crl, X509 *cert);

/**
 * The same for an indirect CRL of somebody else: 0 unless the certificate names that issuer.
 * *named: whether it does, whatever the scope.
 */
unsigned cc_crl_reasons_indirect(const cc_crl_t *crl, X509 *cert, bool *named);

/* ---- words for messages (text.c) --------------------------------------------------------- */

/** A name as RFC 4514 has it, safe for a log. */
const char *cc_name_text(const X509_NAME *name, apr_pool_t *p);

/** The OID of an extension, with its name where it has one. */
const char *cc_extension_text(const cc_extension_t *extension, apr_pool_t *p);

/** In decimal; "none". */
const char *cc_crl_number_text(const cc_crl_number_t *number, apr_pool_t *p);

/** 'the CRL of "CN=Staff CA", number 12,': the start of a sentence. */
const char *cc_crl_text(const cc_crl_t *crl, apr_pool_t *p);

/* ---- entries (entries.c), signatures (signature.c) ----------------------------------- */

/** Reads the entries into crl->serials and crl->issuers: NULL, or what is wrong. */
const char *cc_crl_entries_read(cc_crl_t *crl, cc_span_t entries);

/** True if the key signed it. Else *why may say more than that it did not; a literal. */
bool cc_crl_signed_by(const cc_crl_parts_t *parts, EVP_PKEY *key, const char **why);

/* ---- signers (signer.c) ------------------------------------------------------------------ */

/** True if a list has a certificate of the issuer's name and key, whether it may sign or not. */
bool cc_crl_issuer_among(const apr_array_header_t *authorities, const cc_crl_t *crl);

/** Tries those of a list that may have signed it; *why is what was wrong with the last of them. */
const cc_authority_t *cc_crl_signer_among(const apr_array_header_t *authorities,
                                          const cc_crl_t *crl, const cc_crl_parts_t *parts,
                                          const char **why);

/* ---- files (file.c, content.c) ------------------------------------------------------- */

/** What a file holds. */
typedef struct cc_octets_t {
    unsigned char *at; /* from malloc */
    apr_size_t len;
    cc_stamp_t stamp; /* of what was read */
} cc_octets_t;

/** APR_EBUSY: it changed meanwhile. */
apr_status_t cc_octets_read(cc_octets_t *octets, const char *path, apr_pool_t *p);

/** A CRL or a certificate in a file. */
typedef struct cc_block_t {
    bool crl;
    cc_span_t der;
} cc_block_t;

/**
 * Finds the blocks (of cc_block_t) of a file; PEM becomes DER in its place. APR_SUCCESS; else what
 * is wrong is *wrong: APR_EINCOMPLETE where the end is missing, APR_ENOTIMPL where this is no file
 * of CRLs at all.
 */
apr_status_t cc_blocks_find(apr_array_header_t *blocks, cc_octets_t *octets, const char **wrong,
                            apr_pool_t *p);

/** A state of a file, without anything of this module in it (kept.c). */
typedef struct cc_crl_kept_state_t cc_crl_kept_state_t;

/** What came out of a file. */
typedef struct cc_crl_content_t {
    apr_pool_t *pool;
    int holders;
    cc_crl_kept_state_t *state;          /* to be kept if this is taken; NULL: not */
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
    apr_pool_t *pool;                      /* for errors, and what is needed meanwhile */
} cc_crl_loader_t;

/**
 * Loads a file; *stamp is what was read, or is left alone. APR_EBUSY, APR_EINCOMPLETE and
 * APR_ENOTIMPL as above; else CC0407 to CC0411 in err.
 */
apr_status_t cc_crl_content_load(cc_crl_content_t **content, cc_stamp_t *stamp,
                                 const cc_crl_loader_t *loader, const char *path, cc_error_t *err);

/** The last who gives it back frees it; NULL is none. */
void cc_crl_content_release(cc_crl_content_t *content);

/* ---- sources (crls.c, scan.c, poll.c) ---------------------------------------------- */

/** A PATH of the directive. */
typedef struct cc_crl_source_t {
    const char *path;
    bool folder;
    bool told;          /* that it cannot be read */
    bool owed;          /* it has not been read since a restart: what is held of it stays */
    cc_error_t refusal; /* to be told; tag NULL: nothing */
} cc_crl_source_t;

/** A file that is followed. */
typedef struct cc_crl_file_t {
    apr_pool_t *pool;
    const char *path;
    const cc_crl_source_t *source;
    bool present;          /* the last scan has seen it */
    cc_stamp_t stamp;      /* as that scan has seen it */
    cc_stamp_t seen;       /* as it was when it was last taken or refused */
    bool unsure;           /* it may have changed since without a trace */
    bool waits;            /* for another file: the base of a delta */
    bool owed;             /* nothing of it is held since a restart */
    apr_time_t again_at;   /* when it is read again though it is the same; 0: never */
    apr_time_t missing_at; /* when it was first missed; 0: it is not */
    const char *told;      /* the tag that was told of it as it is */
    cc_error_t refusal;    /* to be told; tag NULL: nothing */
    cc_crl_content_t *content;
} cc_crl_file_t;

/** The highest of a stream that was ever held. */
typedef struct cc_crl_stream_t {
    unsigned char key[CC_STREAM_KEY];
    cc_crl_number_t number;
    apr_time_t this_update;
    bool told; /* that it is gone and only an older one is there */
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
    cc_versions_t versions;
    cc_due_t due;
    bool changed; /* what the files hold, since the version was made */
    cc_crl_counters_t *counters;
    cc_crl_counters_t own; /* until others are given */
};

/** Looks which files there are. What cannot be read is a refusal of its source (CC0406). */
void cc_crls_scan(cc_crls_t *crls);

/** Loads all files for the first time. CC0407 to CC0414. */
apr_status_t cc_crls_load(cc_crls_t *crls, cc_error_t *err);

/** Follows all files; in how long it wants to be called again at most. */
apr_interval_time_t cc_crls_follow(cc_crls_t *crls, apr_time_t now);

/* ---- counting (count.c). For the thread that opens or polls. ----------------------------- */

/** Counts a file as it is: taken, or refused and told. */
void cc_crls_count_file(cc_crls_t *crls, const cc_crl_file_t *file, bool taken);

/** Counts what was opened. */
void cc_crls_count_open(cc_crls_t *crls, apr_time_t now);

/** Counts a look: sources that cannot be read, and how many files and sources are refused. */
void cc_crls_count_look(cc_crls_t *crls, apr_time_t now);

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
    cc_crl_t *delta; /* newer than the complete one */
    bool fits;       /* the delta's removals hold */
    bool mute;       /* its signer is revoked: it gives nobody a good name any more */
    cc_crl_t *one;   /* either */
} cc_crl_pair_t;

/**
 * A CRL of a CA that has a new key: it also revokes what the CA signed with this one, the other way
 * round too. The name is the same, and so is the root; RFC 5280 (6.3.3 f) asks for no more.
 */
typedef struct cc_crl_kin_t {
    const cc_crl_pair_t *pair;
    unsigned char spki_sha256[32];
} cc_crl_kin_t;

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
    apr_array_header_t *kin;         /* of cc_crl_kin_t; almost always empty */
    apr_array_header_t *authorities; /* of const cc_authority_t *, by sha256 */
    apr_array_header_t *held;        /* of cc_crl_held_t */
    apr_array_header_t *foreign;     /* of cc_crl_info_t */
    bool shut;                       /* something is owed: nobody is let in for want of a CRL */
} cc_crl_version_t;

/** Makes one of what the files hold, and remembers what is in it. */
cc_crl_version_t *cc_crl_version_make(cc_crls_t *crls);
void cc_crl_version_free(cc_crl_version_t *version);

/* ---- answers (check.c) ------------------------------------------------------------------- */

/** What is asked. */
typedef struct cc_crl_question_t {
    const cc_crl_version_t *version;
    X509 *cert;
    const unsigned char *ca_spki_sha256; /* NULL: not known */
    apr_time_t now;
    apr_interval_time_t grace;
} cc_crl_question_t;

void cc_crl_answer(cc_crl_answer_t *answer, const cc_crl_question_t *question);

/** Goes on with the chain from this authority upwards, if `answer` is good so far. */
void cc_crl_answer_chain(cc_crl_answer_t *answer, const cc_crl_question_t *question,
                         const unsigned char ca_sha256[32]);

#endif
