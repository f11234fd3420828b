/* SPDX-License-Identifier: Apache-2.0 */
/* Declares what the files of the CA component share. */
#ifndef CC_CA_INTERNAL_H
#define CC_CA_INTERNAL_H

#include <stdatomic.h>
#include <stdbool.h>

#include <apr_pools.h>
#include <apr_tables.h>

#include <openssl/x509.h>

#include "base/due.h"
#include "base/error.h"
#include "base/file_stamp.h"
#include "base/snapshot.h"
#include "ca/ca.h"

/** The DER encoding of a certificate, which may have trust settings after it (X509_AUX). */
typedef struct cc_ca_der_t {
    const unsigned char *at;
    apr_size_t len;
} cc_ca_der_t;

/* ---- SPIFFE (bundle.c or bundle_absent.c, spiffe.c) ------------------------------------------ */

/**
 * Adds the certificates of a SPIFFE bundle document (of cc_ca_der_t, in `p`): the `x5c` of the keys
 * whose `use` is x509-svid. Errors (CC0470 to CC0472) name `path`. It may be from anyone: every
 * length is bounded by `len`. A build without Jansson reads none (CC0269).
 */
apr_status_t cc_ca_bundle_read(apr_array_header_t *ders, const char *text, apr_size_t len,
                               const char *path, apr_pool_t *p, cc_error_t *err);

/** The longest trust domain (SPIFFE ID 2.1), and the size of its text. */
#define CC_SPIFFE_DOMAIN_MAX 255
#define CC_SPIFFE_DOMAIN_SIZE (CC_SPIFFE_DOMAIN_MAX + 1)

/** True if a text is a trust domain, which is in lower case (SPIFFE ID 2.1). */
bool cc_spiffe_domain_is(const char *text);

/** Whether a client's certificate has a SPIFFE ID. */
typedef enum {
    CC_SPIFFE_NONE, /* it has no URI with the scheme spiffe */
    CC_SPIFFE_ID,   /* it is an X509-SVID, and `domain` is filled in */
    CC_SPIFFE_BAD   /* it has such a URI, but violates X509-SVID; *problem is why, a literal */
} cc_spiffe_kind_t;

/**
 * Reads the SPIFFE ID of a leaf (X509-SVID 2, 4 and 5.2; SPIFFE ID 2). Leaves nothing in OpenSSL's
 * error queue. Any thread.
 */
cc_spiffe_kind_t cc_spiffe_read(char domain[CC_SPIFFE_DOMAIN_SIZE], const char **problem,
                                const X509 *leaf);

/* ---- the content of a file (file.c, content.c) ----------------------------------------------- */

/** A CA in a file. Constant but for `cert`. */
typedef struct cc_ca_entry_t {
    cc_ca_der_t der;
    unsigned char mark[CC_CA_MARK_LEN];
    unsigned char sha256[32];
    unsigned char spki_sha256[32];
    apr_time_t not_after;
    X509_NAME *subject;
    _Atomic(X509 *) cert; /* decoded at first use; NULL: not yet */
} cc_ca_entry_t;

/** The CAs of a file. The files and the sets that use it hold it. */
typedef struct cc_ca_content_t {
    apr_pool_t *pool;
    int holders;
    const char *path;
    int count;
    cc_ca_entry_t *entries;
} cc_ca_content_t;

/** CC0463: a path cannot be read. `reason` NULL: that of the status, which it returns. */
apr_status_t cc_ca_unreadable(const char *path, apr_status_t status, const char *reason,
                              apr_pool_t *p, cc_error_t *err);

/** CC0466: a file or a folder gives no certificate; `what` is the message. */
void cc_ca_without(const char *path, const char *what, apr_pool_t *p, cc_error_t *err);

/** What a file may contain at most: octets and certificates. */
#define CC_CA_FILE_MAX ((apr_off_t)16 * 1024 * 1024)
#define CC_CA_COUNT_MAX 20000

/** True if the text of a file can only be a JSON document: it begins with "{", after spaces. */
bool cc_ca_bundle_is(const char *text, apr_size_t len);

/**
 * Finds the certificates (of cc_ca_der_t, in `p`) in the text of a file: PEM, or a SPIFFE bundle
 * document. APR_ENOTIMPL (CC0466): it is neither. Other errors: CC0464, CC0467, CC0470 to CC0472.
 * It may be from anyone.
 */
apr_status_t cc_ca_ders_find(apr_array_header_t *ders, const char *text, apr_size_t len,
                             const char *path, apr_pool_t *p, cc_error_t *err);

/**
 * Reads a file, and makes its content, with one holder. *stamp is that of the state that was read,
 * or is unchanged. APR_EBUSY: it changed meanwhile, or is gone. APR_ENOTIMPL (CC0466): it has
 * neither a certificate nor a bundle. Other errors: CC0463 to CC0467, CC0470 to CC0472. `p` is for
 * errors and temporary data.
 */
apr_status_t cc_ca_content_load(cc_ca_content_t **content, cc_file_stamp_t *stamp, const char *path,
                                apr_pool_t *p, cc_error_t *err);

/** Makes a content, with one holder, from certificates, which must be CAs (CC0465). */
apr_status_t cc_ca_content_make(cc_ca_content_t **content, const apr_array_header_t *ders,
                                const char *path, apr_pool_t *p, cc_error_t *err);

/** Adds a holder, and removes one: the last one frees it. For the thread that polls. */
cc_ca_content_t *cc_ca_content_hold(cc_ca_content_t *content);
void cc_ca_content_release(cc_ca_content_t *content); /* NULL is allowed */

/** True if both have the same certificates in the same order. */
bool cc_ca_content_same(const cc_ca_content_t *a, const cc_ca_content_t *b);

/** "SUBJECT (sha256 HEX)", safe for a log, in `p`. */
const char *cc_ca_entry_text(const cc_ca_entry_t *entry, apr_pool_t *p);

/** The certificate of an entry, which belongs to it; NULL: out of memory. Any thread. */
X509 *cc_ca_entry_cert(cc_ca_entry_t *entry);

/* ---- certificates (decode.c) ----------------------------------------------------------------- */

/** An OpenSSL for decoding without keys; all NULL: none, and certificates have their keys. */
typedef struct cc_ca_keyless_t {
    OSSL_LIB_CTX *context;
    OSSL_PROVIDER *provider;
} cc_ca_keyless_t;

/** Makes it, or none if that fails; and frees it, after the certificates. */
void cc_ca_keyless_make(cc_ca_keyless_t *keyless);
void cc_ca_keyless_free(cc_ca_keyless_t *keyless);

/** Decodes a certificate, which the caller frees; NULL: it cannot be decoded. */
X509 *cc_ca_decode(const cc_ca_der_t *der);

/** The same, without its key if that is faster; *is_ca is whether it is one (X509_check_ca). */
X509 *cc_ca_decode_ca(bool *is_ca, const cc_ca_der_t *der, const cc_ca_keyless_t *keyless);

/* ---- sets (set.c, group.c, candidates.c) ----------------------------------------------------- */

/** A CA of a group. */
typedef struct cc_ca_member_t {
    cc_ca_t ca; /* first, so that a pointer to it is one to the member */
    cc_ca_entry_t *entry;
    int place; /* where it is first, among all CAs of the files */
    bool gap;  /* it may have been gone for a while */
} cc_ca_member_t;

struct cc_ca_group_t {
    const char *domain; /* NULL: for all other certificates */
    int depth;          /* -1: not set */
    int count;
    cc_ca_member_t *members;        /* sorted by X509_NAME_cmp of their subjects, then by place:
                                       OpenSSL takes the first that fits */
    const cc_ca_member_t **by_mark; /* sorted by mark */
};

struct cc_ca_set_t {
    apr_pool_t *pool;
    apr_array_header_t *contents; /* of cc_ca_content_t *, held */
    int count;
    cc_ca_group_t *groups;
    bool domains; /* a group has one */
    STACK_OF(X509_NAME) * names;
    apr_uint64_t names_digest;
};

/** A content, and the number of the group that it is for. */
typedef struct cc_ca_part_t {
    cc_ca_content_t *content;
    int group;
    bool gap; /* its CAs may have been gone for a while */
} cc_ca_part_t;

/**
 * Makes a set from parts (of cc_ca_part_t), in this order, with the domains and depths of `groups`
 * (of cc_ca_group_t), which are borrowed. CAs that are in the same group of `before` (NULL: none)
 * have their `since` from there, and all others have this one.
 */
cc_ca_set_t *cc_ca_set_make(const apr_array_header_t *groups, const apr_array_header_t *parts,
                            const cc_ca_set_t *before, apr_time_t since);
void cc_ca_set_free(cc_ca_set_t *set); /* NULL is allowed */

/** True if both have the same CAs, from the same files, in their groups, in the same order. */
bool cc_ca_set_same(const cc_ca_set_t *a, const cc_ca_set_t *b);

/** The first member with a name (X509_NAME_cmp), and how many have it: they follow each other. */
int cc_ca_range_of(const cc_ca_group_t *group, const X509_NAME *name, int *count);

#endif
