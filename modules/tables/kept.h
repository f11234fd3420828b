/* SPDX-License-Identifier: Apache-2.0 */
/* Declares the rows of files that are kept while one configuration ends and the next begins. */
#ifndef CC_TABLES_KEPT_H
#define CC_TABLES_KEPT_H

#include "tables/internal.h"

/**
 * Takes ownership of the map and keeps it; frees it if `kept` is NULL or has ended. Remarks (const
 * char *) on its lines are copied; NULL: none.
 */
void cc_kept_put(cc_tables_kept_t *kept, const cc_table_spec_t *spec, const char *path,
                 const cc_held_t *held, const apr_array_header_t *remarks);

/**
 * Returns kept rows of this file, which the caller then owns; false: none. The remarks live until
 * cc_kept_clear.
 */
bool cc_kept_take(cc_held_t *held, const apr_array_header_t **remarks, cc_tables_kept_t *kept,
                  const cc_table_spec_t *spec, const char *path);

/** A copy of remarks, with the texts. NULL for NULL. */
apr_array_header_t *cc_remarks_copy(const apr_array_header_t *remarks, apr_pool_t *p);

/** Frees the rows that were not taken. NULL is allowed. */
void cc_kept_clear(cc_tables_kept_t *kept);

#endif
