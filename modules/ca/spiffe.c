/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the SPIFFE ID of a client's certificate, and checks it as X509-SVID 5.2 says. */
#include <string.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "ca/internal.h"

#define SCHEME "spiffe://"
#define ID_MAX 2048 /* SPIFFE ID 2.3 */

/* A part of a SPIFFE ID, which has no NUL at its end. */
typedef struct part_t {
    const char *at;
    size_t len;
} part_t;

/* ---- the URI (SPIFFE ID 2) ------------------------------------------------------------------- */

static bool is_domain_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
}

static bool is_path_char(char c)
{
    return is_domain_char(c) || (c >= 'A' && c <= 'Z');
}

/* The octets at the start of `part` that `is` is true for. */
static size_t span(part_t part, bool (*is)(char))
{
    size_t len = 0;

    while (len < part.len && is(part.at[len])) {
        len++;
    }
    return len;
}

bool cc_spiffe_domain_is(const char *text)
{
    part_t part = {text, strlen(text)};

    return part.len > 0 && part.len <= CC_SPIFFE_DOMAIN_MAX &&
           span(part, is_domain_char) == part.len;
}

/*
 * True if a program might take this for a SPIFFE ID: some ignore case (RFC 3986 3.1), and some skip
 * spaces and control characters. Here the locale does not matter.
 */
static bool is_spiffe(part_t uri)
{
    static const char scheme[] = "spiffe:";
    size_t found = 0;

    for (size_t i = 0; i < uri.len && found < sizeof(scheme) - 1; i++) {
        if ((unsigned char)uri.at[i] <= ' ') {
            continue;
        }
        if ((uri.at[i] | 0x20) != scheme[found++]) {
            return false;
        }
    }
    return found == sizeof(scheme) - 1;
}

/* Checks the path, which begins with "/" (2.2). Returns what is wrong, or NULL. */
static const char *path_problem(part_t path)
{
    while (path.len > 0) {
        part_t segment = {path.at + 1, path.len - 1};

        segment.len = span(segment, is_path_char);
        if (segment.len + 1 < path.len && segment.at[segment.len] != '/') {
            return "its SPIFFE ID has a character that a path must not have";
        }
        if (segment.len == 0) {
            return "the path of its SPIFFE ID has an empty segment, or ends with \"/\"";
        }
        if (segment.len <= 2 && memcmp(segment.at, "..", segment.len) == 0) {
            return "the path of its SPIFFE ID has a segment \".\" or \"..\"";
        }
        path = (part_t){segment.at + segment.len, path.len - 1 - segment.len};
    }
    return NULL;
}

/* Finds the trust domain of a URI. Returns what is wrong, or NULL. */
static const char *id_problem(part_t uri, part_t *domain)
{
    const size_t scheme_len = sizeof(SCHEME) - 1;
    part_t rest;

    if (uri.len > ID_MAX) {
        return "its SPIFFE ID is longer than 2048 octets";
    }
    if (uri.len < scheme_len || memcmp(uri.at, SCHEME, scheme_len) != 0) {
        return "its SPIFFE ID does not begin with \"spiffe://\" in lower case";
    }
    rest = (part_t){uri.at + scheme_len, uri.len - scheme_len};
    *domain = (part_t){rest.at, span(rest, is_domain_char)};
    rest = (part_t){rest.at + domain->len, rest.len - domain->len};
    if (rest.len > 0 && *rest.at != '/') {
        return "the trust domain of its SPIFFE ID has a character other than lower-case letters, "
               "digits, dots, dashes and underscores";
    }
    if (domain->len == 0 || domain->len > CC_SPIFFE_DOMAIN_MAX) {
        return "the trust domain of its SPIFFE ID is empty, or longer than 255 octets";
    }
    return rest.len > 0 ? path_problem(rest) : "its SPIFFE ID has no path";
}

/* ---- the certificate (X509-SVID) ------------------------------------------------------------- */

/* Checks what makes a certificate a leaf (4.1, 4.3). Returns what is wrong, or NULL. */
static const char *leaf_problem(const X509 *leaf)
{
    X509 *cached = (X509 *)leaf; /* OpenSSL decodes the extensions once, under a lock of its own */
    uint32_t flags = X509_get_extension_flags(cached);
    uint32_t usage = X509_get_key_usage(cached);

    if (flags & EXFLAG_INVALID) {
        return "one of its extensions cannot be decoded";
    }
    if (flags & EXFLAG_CA) {
        return "it is a CA certificate";
    }
    if (!(flags & EXFLAG_KUSAGE) || !(usage & KU_DIGITAL_SIGNATURE)) {
        return "its key usage does not have digitalSignature";
    }
    return usage & (KU_KEY_CERT_SIGN | KU_CRL_SIGN) ? "its key usage has keyCertSign or cRLSign"
                                                    : NULL;
}

/* What the names of a certificate say. */
typedef struct names_t {
    part_t id; /* the first URI that may be a SPIFFE ID */
    int uris;
} names_t;

/*
 * Takes the next element off DER. Returns its identifier octet, or -1. GeneralName has no tag that
 * needs a second octet.
 */
static int element_take(part_t *der, part_t *contents)
{
    const unsigned char *at = (const unsigned char *)der->at;
    int identifier = der->len > 0 ? *at : -1;
    long len = 0;
    int tag = -1, class = -1;
    int flags = ASN1_get_object(&at, &len, &tag, &class, (long)der->len);

    if ((flags & ~V_ASN1_CONSTRUCTED) != 0) {
        return -1;
    }
    *contents = (part_t){(const char *)at, (size_t)len};
    *der = (part_t){contents->at + len, (size_t)(der->at + der->len - contents->at) - (size_t)len};
    return identifier;
}

#define SEQUENCE (V_ASN1_CONSTRUCTED | V_ASN1_SEQUENCE)
#define URI (V_ASN1_CONTEXT_SPECIFIC | GEN_URI)

/*
 * Only URIs are read. OpenSSL decodes all names when it verifies; to do so here takes three times
 * as long. False: these are not GeneralNames.
 */
static bool names_read(names_t *found, part_t der)
{
    part_t names = {NULL, 0}, name;

    if (element_take(&der, &names) != SEQUENCE || der.len > 0) {
        return false;
    }
    while (names.len > 0) {
        int identifier = element_take(&names, &name);
        int kind = identifier & ~V_ASN1_CONSTRUCTED & ~V_ASN1_CONTEXT_SPECIFIC;

        if (identifier < V_ASN1_CONTEXT_SPECIFIC || kind > GEN_RID ||
            (kind == GEN_URI && identifier != URI)) {
            return false;
        }
        found->uris += kind == GEN_URI;
        if (kind == GEN_URI && !found->id.at && is_spiffe(name)) {
            found->id = name;
        }
    }
    return true;
}

/* The value of subjectAltName, in *der. False: it is there twice. */
static bool extension_find(part_t *der, const X509 *leaf)
{
    int at = X509_get_ext_by_NID(leaf, NID_subject_alt_name, -1);

    if (at >= 0) {
        const ASN1_OCTET_STRING *value = X509_EXTENSION_get_data(X509_get_ext(leaf, at));

        der->at = (const char *)ASN1_STRING_get0_data(value);
        der->len = (size_t)ASN1_STRING_length(value);
    }
    return at < 0 || X509_get_ext_by_NID(leaf, NID_subject_alt_name, at) < 0;
}

/* Reads the SPIFFE ID; its trust domain is a part of the certificate. */
static cc_spiffe_kind_t id_read(part_t *domain, const char **problem, const X509 *leaf)
{
    part_t der = {NULL, 0};
    names_t found = {{NULL, 0}, 0};

    if (!extension_find(&der, leaf) || (der.at && !names_read(&found, der))) {
        *problem = "its subjectAltName cannot be decoded, or is present twice";
        return CC_SPIFFE_BAD;
    }
    if (!found.id.at) {
        return CC_SPIFFE_NONE;
    }
    *problem = found.uris > 1 ? "it has more than one URI" : id_problem(found.id, domain);
    if (!*problem) {
        *problem = leaf_problem(leaf);
    }
    return *problem ? CC_SPIFFE_BAD : CC_SPIFFE_ID;
}

cc_spiffe_kind_t cc_spiffe_read(char domain[CC_SPIFFE_DOMAIN_SIZE], const char **problem,
                                const X509 *leaf)
{
    part_t part = {NULL, 0};
    cc_spiffe_kind_t kind;

    *problem = NULL;
    ERR_set_mark();
    kind = id_read(&part, problem, leaf);
    ERR_pop_to_mark();
    if (kind == CC_SPIFFE_ID) {
        memcpy(domain, part.at, part.len);
        domain[part.len] = '\0';
    }
    return kind;
}

const char *cc_ca_spiffe_problem(const X509 *leaf)
{
    char domain[CC_SPIFFE_DOMAIN_SIZE];
    const char *problem = NULL;

    cc_spiffe_read(domain, &problem, leaf);
    return problem;
}
