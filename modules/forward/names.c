/* SPDX-License-Identifier: Apache-2.0 */
/* Recognizes the names of the headers by which proxies pass on certificates. */
#include <string.h>
#include <strings.h>

#include "base/inline.h"
#include "forward/forward.h"

/* ---- folding --------------------------------------------------------------------------------- */

/* The number of a letter in the alphabet, in any case, from 0; 26 or more: it is not a letter. */
CC_INLINE unsigned letter_of(char c)
{
    return ((unsigned char)c | 0x20U) - 'a';
}

/* A letter in lower case or a digit; NUL for anything else. ASCII, and faster than ctype. */
CC_INLINE char folded(char c)
{
    return letter_of(c) < 26 ? (char)(c | 0x20) : c >= '0' && c <= '9' ? c : '\0';
}

/* The next letter or digit of a name, which moves on behind it; NUL at the end. */
CC_INLINE char next(const char **name)
{
    while (**name) {
        char letter = folded(*(*name)++);

        if (letter) {
            return letter;
        }
    }
    return '\0';
}

const char *cc_header_folded(const char *name, apr_pool_t *p)
{
    char *text = apr_palloc(p, strlen(name) + 1);
    char *end = text;

    while ((*end = next(&name))) {
        end++;
    }
    return text;
}

bool cc_header_same(const char *a, const char *b)
{
    char letter;

    do {
        letter = next(&a);
        if (letter != next(&b)) {
            return false;
        }
    } while (letter);
    return true;
}

/* ---- names of certificates ------------------------------------------------------------------- */

#define LETTER(c) (1U << ((c) - 'a'))

/*
 * The names in folded form. Each is also the beginning of further names of the same product. There
 * is a list for each first letter, which most other names do not have; it is left out here.
 */

static const char *const names_c[] = {
    "ertchain",    /* CERT_CHAIN_0, as Keycloak's guide has it for httpd and HAProxy */
    "fcert",       /* Cloudflare: Cf-Cert-Verified, Cf-Cert-Subject-DN, ... */
    "fclientcert", /* Cloudflare: Cf-Client-Cert-Der-Base64 */
    "lientcert",   /* RFC 9440: Client-Cert, Client-Cert-Chain; those of this module */
    "lienttoedge", /* Akamai */
    NULL};

static const char *const names_s[] = {
    "slclient", /* ingress-nginx: ssl-client-cert, -verify, ...; httpd: SSL_CLIENT_CERT, ... */
    NULL};

static const char *const names_w[] = {"lproxyclientcert", /* WebLogic */
                                      "scc",              /* WebSphere: $WSCC */
                                      NULL};

static const char *const names_x[] = {
    "amznmtlsclientcert", /* AWS: X-Amzn-Mtls-Clientcert-Leaf, -Subject, ... */
    "arrclientcert",      /* Azure */
    "clientcert",         /* Google Cloud: X-Client-Cert-Present, ...; nginx by hand */
    "clientdn",           /* nginx by hand, as the next */
    "clientverify",       /* "X-Client-Verify" */
    "sslcert",            /* HAProxy and nginx by hand, as the next: X-SSL-Cert */
    "sslclient",          /* X-SSL-Client-Cert, -Verify, -DN, ... */
    "sslissuer",
    "sslsubject",
    NULL};

/* After "X-Forwarded-", with which many other names begin. */
static const char *const names_forwarded[] = {"clientcert",    /* Envoy, Cloud Foundry */
                                              "tlsclientcert", /* Traefik; its -Info too */
                                              NULL};

/* What follows in a name after these letters; NULL: it does not begin with them. */
static const char *after(const char *name, const char *letters)
{
    for (; *letters; letters++) {
        if (next(&name) != *letters) {
            return NULL;
        }
    }
    return name;
}

static bool begins_with_one(const char *name, const char *const *list)
{
    const char *rest = name;
    char first = next(&rest);

    for (; *list; list++) {
        if (**list == first && after(rest, *list + 1)) {
            return true;
        }
    }
    return false;
}

/* X-Forwarded-For and others of each request are shorter. */
static bool is_of_x(const char *name)
{
    const char *forwarded =
        strlen(name) >= strlen("forwardedclientcert") ? after(name, "forwarded") : NULL;

    return begins_with_one(forwarded ? forwarded : name, forwarded ? names_forwarded : names_x);
}

/* The second letters of the names of the lists, as bits, by the first one; after x, any. */
static const unsigned seconds[26] = {['c' - 'a'] = LETTER('e') | LETTER('f') | LETTER('l'),
                                     ['s' - 'a'] = LETTER('s'),
                                     ['w' - 'a'] = LETTER('l') | LETTER('s'),
                                     ['x' - 'a'] = ~0U};

/* True if a name begins with two letters that no name of the lists begins with. */
CC_INLINE bool is_other(const char *name)
{
    unsigned first = letter_of(name[0]);
    unsigned second = first < 26 && seconds[first] ? letter_of(name[1]) : 0;

    return first < 26 && second < 26 && !(seconds[first] >> second & 1);
}

bool cc_header_may_begin(char c)
{
    return letter_of(c) < 26 ? seconds[letter_of(c)] != 0 : folded(c) == '\0';
}

bool cc_header_is_of_certificates(const char *name)
{
    if (is_other(name)) {
        return false;
    }
    switch (next(&name)) {
    case 'c':
        return begins_with_one(name, names_c);
    case 's':
        return begins_with_one(name, names_s);
    case 'w':
        return begins_with_one(name, names_w);
    case 'x':
        return is_of_x(name);
    default:
        return false;
    }
}

/* ---- vetoes ---------------------------------------------------------------------------------- */

static bool is_verification(const char *name)
{
    return cc_header_same(name, "ssl-client-verify") ||
           cc_header_same(name, "x-ssl-client-verify") || cc_header_same(name, "x-client-verify");
}

cc_veto_t cc_header_veto(const char *name, const char *value)
{
    return is_verification(name) && *value && strcmp(value, "0") != 0 &&
                   strcasecmp(value, "SUCCESS") != 0
               ? CC_VETO_FAILED
               : CC_VETO_NONE;
}
