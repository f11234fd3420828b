/* SPDX-License-Identifier: Apache-2.0 */
/* Makes tables for unit tests, which provide the rows and choose the failures. */
#ifndef FAKETABLE_H
#define FAKETABLE_H

#include "tables/table.h"

/** A row: "alice staff,admins" are two columns, one of two values; "-" is a column without one. */
typedef struct faketable_row_t {
    const char *key;
    const char *columns;
} faketable_row_t;

/** The content of every fake table. A test sets it. */
typedef struct faketable_t {
    const faketable_row_t *rows;      /* ends with a key of NULL */
    const faketable_row_t *next_rows; /* the rows after `changes` lookups */
    const char *fails;                /* the lookup of this key fails; "*": each; NULL: none */
    int changes;                      /* after this many lookups the table changes */
    int lookups;                      /* so far */
    apr_time_t asked_at;              /* the last of them */
    int batches;                      /* calls of several:, which made these lookups */
    apr_uint64_t generation;
} faketable_t;

extern faketable_t faketable;

/**
 * Makes tables from lines in the syntax of ClientCertTable, of the types fake: (as dbm:), held:
 * (its rows are in memory, as those of file:), asked: (a source that is queried each time) and
 * several: (one that accepts several keys at once). Clears faketable.
 */
cc_tables_t *faketable_make(const char *lines, apr_pool_t *p);

#endif
