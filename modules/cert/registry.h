/* SPDX-License-Identifier: Apache-2.0 */
/* Knows what a row of the registry of fields is, beyond what the door shows of it. */
#ifndef CC_CERT_REGISTRY_H
#define CC_CERT_REGISTRY_H

#include "cert/internal.h"

typedef struct cc_row_t {
    cc_field_t field; /* first: a cc_field_t of the registry is a cc_row_t */
    cc_extract_fn *extract;
    cc_operand_fn *operand;
    int what;                  /* for the two above */
    const cc_family_t *family; /* NULL, or how the argument is read and listed */
} cc_row_t;

/* The i-th row, or NULL past the end. */
const cc_row_t *cc_row_at(int i);

#endif
