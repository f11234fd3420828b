/* SPDX-License-Identifier: Apache-2.0 */
/* Finds tables with valid= of which no row counts now. */
#include "httpd/admin/lint_checks.h"
#include "httpd/admin/lint_line.h"
#include "httpd/background/tables.h"
#include "tables/table.h"

static void table_judge(cc_lint_t *lint, cc_table_t *table)
{
    apr_uint64_t rows = cc_table_rows(table);
    cc_validity_t validity;

    if (rows == 0 || !cc_table_has_validity(table)) {
        return;
    }
    validity = cc_table_validity(table, apr_time_now());
    if (validity.ended + validity.coming == rows) {
        cc_lint_add(lint, "CC0740", cc_table_where(table),
                    "no row of table %s counts now (valid=): %" APR_UINT64_T_FMT
                    " have ended, and %" APR_UINT64_T_FMT " begin later",
                    cc_table_name(table), validity.ended, validity.coming);
    }
}

void cc_lint_tables(cc_lint_t *lint)
{
    const cc_tables_t *tables = cc_tables_configured(lint->server);

    for (int i = 0; tables && i < cc_tables_count(tables); i++) {
        table_judge(lint, cc_tables_at(tables, i));
    }
}
