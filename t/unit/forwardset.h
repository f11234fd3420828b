/* SPDX-License-Identifier: Apache-2.0 */
/* Makes values of headers with certificates, for the unit tests, and reads them. */
#ifndef FORWARDSET_H
#define FORWARDSET_H

#include <apr_pools.h>

#include "forward/forward.h"
#include "pki.h"

/** Two certificates, alice's and bob's, and the CA of both. */
extern pki_t forward_ca, forward_alice, forward_bob;
extern apr_pool_t *forward_pool;

/** Makes the certificates; the second function frees them. */
void forwardset_begin(void);
void forwardset_end(void);

/**
 * A text in which these are replaced, in `forward_pool`; X is a (alice), b (bob) or c (the CA):
 * {X} by base64 of the DER, {X:url} by URL-encoded PEM, {X:folded} and {X:tabs} by PEM with spaces
 * or tabs for the ends of its lines, {X:lower} by URL-encoded PEM whose hex digits are in lower
 * case, {X:crlf} by URL-encoded PEM with CRLF, {X:aws} by URL-encoded PEM in which "+", "=" and "/"
 * are not encoded, {X:sha256} by the digest in hex, {bc} by base64 of two DERs, {bcc} of three,
 * {c*17} of so many, and {a0} of one with a NUL after it.
 */
const char *forwardset_text(const char *pattern);

/** A value, and what it gives. */
typedef struct forwardset_case_t {
    const char *value;
    const char *chain;  /* NULL: none */
    const char *result; /* "a" or "a+bc": the client's certificate and its chain; or a tag */
    const char *part;   /* of the message; NULL: not looked at */
    bool is_off;        /* chain=off */
} forwardset_case_t;

/** Fails the test unless the value, in which texts are replaced, gives the result. */
void forwardset_check(const char *format, const forwardset_case_t *it);

#endif
