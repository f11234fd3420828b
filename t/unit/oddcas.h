/* SPDX-License-Identifier: Apache-2.0 */
/* Makes CAs of many kinds, ordinary and odd, for the unit tests. */
#ifndef ODDCAS_H
#define ODDCAS_H

#include "pki.h"

/* clang-format off */
/** The CAs, by what is odd. */
typedef enum {
    R, I, J,                  /* a root, a CA below it, and one below that */
    X, X_BY_R, X_BY_S, S,     /* one key: self-signed, and issued by the roots R and S */
    N1, N2,                   /* roots of one name with two keys, and with key identifiers */
    O1, O2,                   /* the same without */
    EXPIRED, RENEWED, FUTURE, /* one name and key */
    CONSTRAINED, FORBIDDING,  /* name constraints: DNS:a.test alone, and anything else */
    PATHLEN, BELOW_PATHLEN,   /* a path length of 0, and a CA below it */
    V1, SERVERS, WEAK, PSS, ED, SHA1_BY_R, NO_BASIC,
    R_REJECTED, R_FOR_MAIL, I_TRUSTED, R_TRUSTED, /* a "TRUSTED CERTIFICATE" of R and of I */
    CAS
} ca_t;
/* clang-format on */

/** The CAs, once they are made. */
extern pki_t cas[CAS];

void cas_make(void);

/** Signs a certificate again, with another key or digest. */
pki_t odd_signed(pki_t made, const pki_t *signer, const EVP_MD *md);

#endif
