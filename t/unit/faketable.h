/* SPDX-License-Identifier: Apache-2.0 */
/* Tables for unit tests: the test itself holds the rows and chooses the failures. */
#ifndef FAKETABLE_H
#define FAKETABLE_H

#include "tables/table.h"

/** A row: "alice staff,admins" are two columns, one of two values; "-" is a column without one. */
typedef struct faketable_row_t {
    const char *key;
    const char *columns;
} faketable_row_t;

/** What every fake table says. A test sets it. */
typedef struct faketable_t {
    const faketable_row_t *rows;      /* ends with a key of NULL */
    const faketable_row_t *next_rows; /* that are there after `changes` */
    const char *fails;                /* the lookup of this key fails; "*": each; NULL: none */
    int changes;                      /* so many lookups are followed by a change of the table */
    int lookups;                      /* that were made */
    int batches;                      /* of several:, in which they were made */
    apr_uint64_t generation;
} faketable_t;

extern faketable_t faketable;

/**
 * Tables from lines as ClientCertTable has them, of the types fake:, asked: (a source that is
 * asked each time) and several: (one that takes several questions at once). faketable is emptied.
 */
cc_tables_t *faketable_make(const char *lines, apr_pool_t *p);

#endif
