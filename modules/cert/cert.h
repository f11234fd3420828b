/* SPDX-License-Identifier: Apache-2.0 */
/* The public header of the certificate component, which turns DER into typed values (RFC 5280). */
#ifndef CC_CERT_H
#define CC_CERT_H

#include <stdbool.h>

#include <apr_pools.h>
#include <apr_tables.h>
#include <apr_time.h>

#include "base/error.h"
#include "base/text.h"
#include "cert/value.h"

struct asn1_string_st;
struct x509_st; /* OpenSSL's X509; callers outside cert and trust need no OpenSSL header */

/* ---- certificates ------------------------------------------------------------------------ */

/** A certificate. Read-only once made: any number of threads may read it at once. */
typedef struct cc_cert_t cc_cert_t;

/** How a certificate reached this server: the values of the field `via`. */
typedef enum {
    CC_VIA_UNKNOWN, /* no value: it was read from a file */
    CC_VIA_TLS,
    CC_VIA_HEADER,
    CC_VIA_PROXY_PROTOCOL
} cc_via_t;

/**
 * cc_via_word: the word of the field `via`, a literal; NULL for CC_VIA_UNKNOWN. cc_via_find: the
 * opposite, in any case; CC_VIA_UNKNOWN: there is no such word.
 */
const char *cc_via_word(cc_via_t via);
cc_via_t cc_via_find(const char *word);

/** A CA of a path. */
typedef struct cc_path_ca_t {
    const cc_cert_t *cert; /* NULL: the certificate is not at hand, only its digests are known */
    unsigned char sha256[32];
    unsigned char spki_sha256[32];
} cc_path_ca_t;

/** The CAs above a certificate, from the one that issued it to the root. Constant once made. */
typedef struct cc_path_t {
    int count;  /* 0: it is only known that there is a CA */
    bool whole; /* false: nothing is known of those above the last one */
    const cc_path_ca_t *at;
} cc_path_t;

/** Facts that fields need and the certificate does not contain. Unknown members are NULL. */
typedef struct cc_facts_t {
    apr_time_t now;          /* for days_left */
    const char *tls_version; /* "TLSv1.3" */
    const char *tls_cipher;  /* "TLS_AES_256_GCM_SHA384" */
    const char *tls_sni;     /* the server name that the client sent */
    bool tls_known;          /* false: no connection, tls.resumed has no value */
    bool tls_resumed;
    const unsigned char *ca_sha256;      /* 32 octets: digest of the issuing certificate's DER */
    const unsigned char *ca_spki_sha256; /* 32 octets: digest of its SubjectPublicKeyInfo */
    const cc_path_t *path;  /* from that CA on; NULL with ca_sha256: not known; both NULL: no CA */
    const char *revocation; /* a word of the field: "good" ...; a literal */
    const char *revocation_reason; /* of RFC 5280 5.3.1: "keyCompromise"; a literal */
    apr_time_t revoked_at;         /* 0: not revoked */
    cc_via_t via;
    const char *via_proxy; /* the IP address of the proxy that passed it on; "unix" for a socket */
    const void *host;      /* the virtual host that judges it, for rules/namespace.h */
    bool pinned; /* no CA vouches for it: it counts for its key alone. Fields that neither the key
                    nor its digests prove have one unusable value: names, extensions, the issuer */
} cc_facts_t;

/** Sets the three members that say what is known of the CAs above; `path` (or NULL) is borrowed. */
void cc_facts_take_path(cc_facts_t *facts, const cc_path_t *path);

/**
 * Wraps an X509 that the caller holds. Takes its own reference, which is released when `p` is
 * cleared. Cannot fail.
 */
cc_cert_t *cc_cert_wrap(struct x509_st *x509, apr_pool_t *p);

/** The certificate itself, which lives as long as `cert`. */
struct x509_st *cc_cert_x509(const cc_cert_t *cert);

/**
 * Parses one DER certificate. `der` must be the certificate and nothing else. The result lives as
 * long as `p`; `der` is not kept. APR_EINVAL (CC03xx) if it is not a certificate.
 */
apr_status_t cc_cert_parse(cc_cert_t **cert, const void *der, apr_size_t len, apr_pool_t *p,
                           cc_error_t *err);

/** Asks for a password: fills buf (size octets, NUL-terminated); returns its length or -1. */
typedef int cc_password_fn(char *buf, int size, void *baton);

/**
 * Reads the first certificate of a PEM or DER file (in DER, octets after it are ignored), or the
 * client certificate of a PKCS#12 file (then `ask` is called for the password, at most once; an
 * empty password is tried first). A FIFO, device, socket or directory is not read, and a PKCS#12
 * file whose keys take more than 5,000,000 iterations is not opened (CC0540). If the file also
 * contains the issuer's certificate, *above is set to that and to the CAs above it in the file, by
 * their names and key identifiers; no signature is verified. Otherwise *above is NULL; `above` may
 * be NULL. `path` may be NULL for standard input, which may be of any kind.
 * Both live as long as `p`. Other errors: CC03xx, naming the file.
 */
apr_status_t cc_cert_read(cc_cert_t **cert, const cc_path_t **above, const char *path,
                          cc_password_fn *ask, void *baton, apr_pool_t *p, cc_error_t *err);

/**
 * How many CAs in these PEM files (const char *) may issue client certificates. This is the number
 * of distinct names of CA certificates that issued no other CA certificate in the files: a root is
 * not counted in addition to the CAs below it, and a CA with two keys counts once. A file that
 * cannot be read counts as empty.
 */
int cc_cert_count_issuers(const apr_array_header_t *paths);

/**
 * Reads a file as cc_cert_read does, and returns PEM: the certificate that cc_cert_read returns,
 * then all others of the file. Lives as long as `p`.
 */
apr_status_t cc_cert_read_pem(const char **pem, const char *path, cc_password_fn *ask, void *baton,
                              apr_pool_t *p, cc_error_t *err);

/** SHA-256 of the DER of the certificate and of its SubjectPublicKeyInfo (32 octets each). */
void cc_cert_digests(const cc_cert_t *cert, unsigned char sha256[32],
                     unsigned char spki_sha256[32]);

/* ---- threads ----------------------------------------------------------------------------- */

/**
 * Makes what OpenSSL keeps for this thread, which otherwise happens at its first error, under a
 * lock. For a thread of a process that forks: no fork may happen until it returns.
 */
void cc_cert_thread_begin(void);

/* ---- fields ------------------------------------------------------------------------------ */

/** A row of the registry of fields. The registry is constant. */
typedef struct cc_field_t {
    const char *name; /* "san.email"; "subject." with a trailing dot takes an argument */
    cc_type_t type;
    bool many;               /* false: at most one value */
    bool changes;            /* its value changes with time (days_left) */
    const char *argument;    /* NULL, or what follows the dot: "an attribute: CN, OU, 2.5.4.97" */
    const char *description; /* one line of Markdown, for the reference */
    const char *example;     /* a condition, for the reference: san.email == "a@example.com" */
} cc_field_t;

/** The i-th row of the registry, in the order of the reference, or NULL past its end. */
const cc_field_t *cc_field_at(int i);

/** The certificates of the verified path whose fields a rule can name. */
typedef enum {
    CC_FIELD_OF_CLIENT, /* "sha256" */
    CC_FIELD_OF_CA,     /* "ca.sha1": of the CA that issued the client's certificate */
    CC_FIELD_OF_ROOT,   /* "root.sha256": of the last CA of the path */
    CC_FIELD_OF_CHAIN   /* "chain.sha256": of each CA of the path; several values */
} cc_field_of_t;

/** How the fields of other certificates than the client's are named. Constant. */
typedef struct cc_field_prefix_t {
    const char *name;                  /* "root." */
    bool many;                         /* false: as many values as the field that follows */
    const char *description, *example; /* as those of cc_field_t */
} cc_field_prefix_t;

/** The i-th prefix, in the order of cc_field_of_t from CC_FIELD_OF_CA on, or NULL past the end. */
const cc_field_prefix_t *cc_field_prefix_at(int i);

/**
 * A field as named in a rule: the row, the argument as a dotted OID (NULL if none), and whose field
 * it is. Made only by cc_field_find and cc_field_each.
 */
typedef struct cc_fieldref_t {
    const cc_field_t *field;
    const char *oid;
    const void *object; /* private to cert */
    cc_field_of_t of;
} cc_fieldref_t;

/**
 * Finds a field by name ("subject.CN", "san.other.1.2.3", "root.sha256"). Names of fields and
 * attributes are case-insensitive. If there is no such field: APR_EINVAL, CC0201, with the nearest
 * legal name in the message, or CC02xx for an invalid argument or a field that no CA has. ref->oid
 * lives as long as `p`.
 */
apr_status_t cc_field_find(cc_fieldref_t *ref, const char *name, apr_pool_t *p, cc_error_t *err);

/**
 * The name of the field as the registry spells it, with the short name of an attribute that has
 * one. A literal, or lives as long as `p`.
 */
const char *cc_field_name(const cc_fieldref_t *ref, apr_pool_t *p);

/**
 * True if the value comes from the client's TLS connection, not from the certificate (tls.version,
 * tls.cipher, tls.sni, tls.resumed). There is no value if a certificate is only read from a file,
 * or was passed on by a proxy.
 */
bool cc_field_of_tls(const cc_fieldref_t *ref);

/**
 * True if the certificate alone decides the value: not the connection, the path, the revocation
 * status, or the time.
 */
bool cc_field_of_certificate(const cc_fieldref_t *ref);

/**
 * The field that stands for a key of several fields, "(FIELD,FIELD ...)", whose values are made
 * from theirs: text, without a value of its own.
 */
const cc_field_t *cc_field_key(void);

/** True if its values are IP addresses (san.ip, via.proxy). */
bool cc_field_is_address(const cc_fieldref_t *ref);

/** How many hex digits each value has if the values are digests, as in sha256; otherwise 0. */
apr_size_t cc_field_digest_digits(const cc_fieldref_t *ref);

/** True if both name the same field of the same certificate, with the same argument. */
bool cc_field_same(const cc_fieldref_t *a, const cc_fieldref_t *b);

/** True if it is the field of the client's certificate that the registry calls `name`. */
bool cc_field_is(const cc_fieldref_t *ref, const char *name);

/** False if there is at most one value. */
bool cc_field_many(const cc_fieldref_t *ref);

/** What has to be known of the verified path; each step includes those before it. */
typedef enum {
    CC_PATH_UNUSED,  /* the digests of the issuing CA at most (ca_sha256, ca_spki_sha256) */
    CC_PATH_DIGESTS, /* the digests of each CA */
    CC_PATH_CERTS    /* their certificates */
} cc_path_need_t;

/** What a field needs of cc_facts_t.path to have a usable value. */
cc_path_need_t cc_field_path_need(const cc_fieldref_t *ref);

/**
 * Parses the operand of an operator for this field: a DN in RFC 4514 form, a number, a date
 * (2026-11-20 or 2026-11-20T12:00:00Z), hex, an OID or its short name, an address. The key is the
 * same as that of a certificate with this value. APR_EINVAL: the error (CC02xx) says what is legal.
 */
apr_status_t cc_field_operand(cc_value_t *value, const cc_fieldref_t *ref, const char *text,
                              apr_pool_t *p, cc_error_t *err);

/**
 * The values of a field. This never fails: a field that cannot be decoded has one unusable value.
 * So has one of a CA of which the facts do not say enough; without an issuer (ca_sha256) there are
 * none.
 * The values live as long as `p` and the certificate. Any thread may call, each with its own pool.
 */
cc_values_t cc_field_values(const cc_fieldref_t *ref, const cc_cert_t *cert,
                            const cc_facts_t *facts, apr_pool_t *p);

/**
 * The first value of the field with this name that the certificate itself gives, without facts.
 * NULL: there is no value, or no such field. An unusable value must be escaped. Lives as long as
 * `p` and the certificate. Any thread may call, each with its own pool.
 */
const cc_value_t *cc_cert_value(const cc_cert_t *cert, const char *field, apr_pool_t *p);

/**
 * The moment at which a value of cc_field_values for this field will have changed (the next day
 * boundary of days_left); APR_INT64_MAX for a field that does not change with time.
 */
apr_time_t cc_field_stale_at(const cc_fieldref_t *ref, const cc_cert_t *cert,
                             const cc_facts_t *facts);

/**
 * Calls `each` for every field that this certificate has, each member of a family (subject.CN,
 * ext.OID, ...) on its own, in the order of the registry. `name` is what a rule writes. Of each
 * family, only the first CC_FIELD_MEMBERS_MAX members are visited.
 */
#define CC_FIELD_MEMBERS_MAX 100
typedef void cc_field_each_fn(const char *name, const cc_fieldref_t *ref, cc_values_t values,
                              void *baton);
void cc_field_each(const cc_cert_t *cert, const cc_facts_t *facts, cc_field_each_fn *each,
                   void *baton, apr_pool_t *p);

/* ---- what a client certificate must be --------------------------------------------------- */

/**
 * The seconds since 1970 of a date in a certificate (an ASN1_TIME of OpenSSL). False, with *seconds
 * unchanged, if RFC 5280 4.1.2.5 does not allow its form.
 */
bool cc_cert_time_read(apr_int64_t *seconds, const struct asn1_string_st *time);

/** notBefore and notAfter. A date that cannot be decoded gives an empty span (begin > end). */
void cc_cert_validity(const cc_cert_t *cert, apr_time_t *not_before, apr_time_t *not_after);

/**
 * NULL if the certificate may identify a client: it is not a CA certificate, and its key usage,
 * extended key usage and Netscape type, where present, allow TLS client authentication (RFC 5280
 * 4.2.1.3, 4.2.1.9, 4.2.1.12). Otherwise a literal with the reason.
 */
const char *cc_cert_not_client(const cc_cert_t *cert);

/**
 * The same for a certificate that is accepted by itself, not for its issuer: it may also be that of
 * a CA, because "openssl req -x509" makes such certificates.
 */
const char *cc_cert_not_client_itself(const cc_cert_t *cert);

#endif
