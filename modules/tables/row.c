/* SPDX-License-Identifier: Apache-2.0 */
/* Converts rows between their two forms in memory: one packed text, and columns of values. */
#include <string.h>

#include "tables/internal.h"

/* The size of a row. */
typedef struct {
    apr_size_t columns;
    apr_size_t values;
    apr_size_t octets; /* of all values, each with its NUL */
} sizes_t;

/* The parts of a row that is being made, in one block: columns, then values, then text. */
typedef struct {
    cc_column_t *columns;
    const char **values;
    char *text;
} parts_t;

static apr_size_t block_size(const sizes_t *sizes)
{
    apr_size_t size =
        sizes->columns * sizeof(cc_column_t) + sizes->values * sizeof(const char *) + sizes->octets;

    return APR_ALIGN(size, sizeof(void *));
}

static parts_t block_parts(void *block, const sizes_t *sizes)
{
    parts_t parts;

    parts.columns = block;
    parts.values = (const char **)(parts.columns + sizes->columns);
    parts.text = (char *)(parts.values + sizes->values);
    return parts;
}

/* ---- packed rows ----------------------------------------------------------------------------- */

const char *cc_packed_value(const cc_packed_t *packed, int column)
{
    const char *value = packed->text;

    if (packed->columns < (apr_size_t)column) {
        return NULL;
    }
    for (; column > 1; value++, column--) {
        while (*value != CC_COLUMN_END) {
            value += strlen(value) + 1;
        }
    }
    return *value != CC_COLUMN_END ? value : NULL;
}

cc_row_t cc_row_unpack(const cc_packed_t *packed, apr_pool_t *p)
{
    sizes_t sizes = {packed->columns, packed->values, packed->len};
    parts_t parts = block_parts(apr_palloc(p, block_size(&sizes)), &sizes);
    cc_row_t row = {(int)packed->columns, parts.columns};
    const char *value = memcpy(parts.text, packed->text, packed->len);

    for (int i = 0; i < row.count; i++) {
        const char **first = parts.values;

        for (; *value != CC_COLUMN_END; value += strlen(value) + 1) {
            *parts.values++ = value;
        }
        parts.columns[i] = (cc_column_t){(int)(parts.values - first), first};
        value++;
    }
    return row;
}

/* ---- rows of any source ---------------------------------------------------------------------- */

static sizes_t row_sizes(const cc_row_t *row)
{
    sizes_t sizes = {(apr_size_t)row->count, 0, 0};

    for (int i = 0; i < row->count; i++) {
        sizes.values += (apr_size_t)row->columns[i].count;
        for (int j = 0; j < row->columns[i].count; j++) {
            sizes.octets += strlen(row->columns[i].values[j]) + 1;
        }
    }
    return sizes;
}

apr_size_t cc_row_size(const cc_row_t *row)
{
    sizes_t sizes = row_sizes(row);

    return block_size(&sizes);
}

cc_row_t cc_row_put(void *place, const cc_row_t *row)
{
    sizes_t sizes = row_sizes(row);
    parts_t parts = block_parts(place, &sizes);
    cc_row_t copy = {row->count, parts.columns};

    for (int i = 0; i < row->count; i++) {
        const cc_column_t *column = &row->columns[i];

        parts.columns[i].count = column->count;
        parts.columns[i].values = parts.values;
        for (int j = 0; j < column->count; j++) {
            apr_size_t size = strlen(column->values[j]) + 1;
            memcpy(parts.text, column->values[j], size);
            *parts.values++ = parts.text;
            parts.text += size;
        }
    }
    return copy;
}

cc_row_t cc_row_copy(const cc_row_t *row, apr_pool_t *p)
{
    return cc_row_put(apr_palloc(p, cc_row_size(row)), row);
}
