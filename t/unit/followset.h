/* SPDX-License-Identifier: Apache-2.0 */
/* A host of unit tests that follows a set of CAs, and has CRLs. */
#ifndef FOLLOWSET_H
#define FOLLOWSET_H

#include "caset.h"
#include "crlset.h"

/** The set, the CRLs, and the CAs and clients of the tests. */
typedef struct followset_t {
    crlset_t crls;
    caset_t cas;
    pki_t staff, other, plain;     /* CAs; `plain` has no CRL */
    pki_t alice, bob, carol, dave; /* clients of staff, staff, other, plain */
} followset_t;

void followset_begin(followset_t *set);
void followset_end(followset_t *set);

/** Makes these the CAs, before the start or while the server runs; the list ends with NULL. */
void followset_trust(followset_t *set, const pki_t *const *list);
#define FOLLOWSET_TRUST(set, ...)                                                                  \
    followset_trust(set, (const pki_t *const[]){__VA_ARGS__, NULL})

/** A CRL of the staff that lists alice, and one of the other CA that lists carol. */
crl_recipe_t followset_staff(const followset_t *set, const char *number);
crl_recipe_t followset_other(const followset_t *set, const char *number);

/** Replaces a file by such a CRL with the number 1; the third function by both. */
void followset_put_staff(followset_t *set, const char *name);
void followset_put_other(followset_t *set, const char *name);
void followset_put_both(followset_t *set, const char *name);

/** Opens the CRLs, and waits until no file has to be read again. */
void followset_open(followset_t *set, const char *arguments);

/**
 * The answer of the CRLs about a client, whose CRLs have to cover the certificate alone or the
 * chain: "good", "revoked", "unknown", "unknown!" if `missing` does not apply, "-" if no CA
 * vouches for the client.
 */
const char *followset_ask(followset_t *set, const pki_t *who);
const char *followset_ask_chain(followset_t *set, const pki_t *who);

/** The CRLs: "uf" if the first is used, and the second is foreign. */
const char *followset_uses(followset_t *set);

#endif
