/* SPDX-License-Identifier: Apache-2.0 */
/* Answers queries about a table: reads its source, and looks a key up. */
#ifndef CC_ADMIN_TABLE_H
#define CC_ADMIN_TABLE_H

#include <jansson.h>

#include "httpd/admin/query.h"

/**
 * Opens the table q->table, with q->file in place of its file, and looks q->key up: a new reference
 * to {"name": TEXT, "type": TEXT, "source": TEXT, "where": FILE:LINE, "file": q->file or null,
 * "rows": NUMBER or null, "remarks": [TEXT ...], "columns": those that rules need, "key": TEXT or
 * null, "result": "read" | "unread" | "found" | "missing" | "failed", "failure": TEXT or null,
 * "row": [[VALUE ...] ...]}.
 * "unread": a remote table, without a key. NULL: q->err has the reason: CC0766 to CC0768, or that
 * of the table.
 */
json_t *cc_admin_table(cc_admin_query_t *q);

#endif
