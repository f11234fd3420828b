/* SPDX-License-Identifier: Apache-2.0 */
/* Keeps rows of files while one configuration of a process ends and the next begins. */
#include <apr_hash.h>
#include <apr_strings.h>

#include "tables/kept.h"

/*
 * The back end puts its rows here when its configuration ends, and takes them back when the next
 * one begins. Meanwhile httpd may unload this module and load it again: nothing here may point to
 * its code or constants. So there is no cleanup, and the glue calls cc_kept_end when the process
 * ends.
 */
struct cc_tables_kept_t {
    apr_pool_t *parent;
    apr_pool_t *pool; /* of all kept rows; NULL: none */
    apr_hash_t *held; /* text of the file -> held_t * */
    bool ended;
};

typedef struct held_t {
    cc_held_t is;
    const apr_array_header_t *remarks; /* const char *; NULL: none */
    struct held_t *next;               /* of another table with the same file */
} held_t;

cc_tables_kept_t *cc_kept_create(apr_pool_t *p)
{
    cc_tables_kept_t *kept = apr_pcalloc(p, sizeof(*kept));

    kept->parent = p;
    return kept;
}

/* The key of the rows of a file: its path, and how its keys are read. */
static const char *key_of(const cc_table_spec_t *spec, const char *path, apr_pool_t *p)
{
    return apr_psprintf(p, "%d%d%d%d%d %s", spec->gridmap, spec->issuer, spec->valid, spec->nocase,
                        spec->octets, path);
}

apr_array_header_t *cc_remarks_copy(const apr_array_header_t *remarks, apr_pool_t *p)
{
    apr_array_header_t *copy = remarks ? apr_array_copy(p, remarks) : NULL;

    for (int i = 0; copy && i < copy->nelts; i++) {
        const char **text = &APR_ARRAY_IDX(copy, i, const char *);

        *text = apr_pstrdup(p, *text);
    }
    return copy;
}

void cc_kept_put(cc_tables_kept_t *kept, const cc_table_spec_t *spec, const char *path,
                 const cc_held_t *held, const apr_array_header_t *remarks)
{
    held_t *one;
    const char *key;

    if (!kept || kept->ended || !held->map) {
        cc_map_free(held->map);
        return;
    }
    if (!kept->pool) {
        apr_pool_create(&kept->pool, kept->parent);
        kept->held = apr_hash_make(kept->pool);
    }
    key = key_of(spec, path, kept->pool);
    one = apr_palloc(kept->pool, sizeof(*one));
    one->is = *held;
    one->remarks = cc_remarks_copy(remarks, kept->pool);
    one->next = apr_hash_get(kept->held, key, APR_HASH_KEY_STRING);
    apr_hash_set(kept->held, key, APR_HASH_KEY_STRING, one);
}

bool cc_kept_take(cc_held_t *held, const apr_array_header_t **remarks, cc_tables_kept_t *kept,
                  const cc_table_spec_t *spec, const char *path)
{
    held_t *one = NULL;
    const char *key = NULL;

    if (kept && kept->pool) {
        key = key_of(spec, path, kept->pool);
        one = apr_hash_get(kept->held, key, APR_HASH_KEY_STRING);
    }
    if (!one) {
        return false;
    }
    apr_hash_set(kept->held, key, APR_HASH_KEY_STRING, one->next);
    *held = one->is;
    *remarks = one->remarks;
    return true;
}

void cc_kept_clear(cc_tables_kept_t *kept)
{
    if (!kept || !kept->pool) {
        return;
    }
    for (apr_hash_index_t *i = apr_hash_first(kept->pool, kept->held); i; i = apr_hash_next(i)) {
        for (held_t *one = apr_hash_this_val(i); one; one = one->next) {
            cc_map_free(one->is.map);
        }
    }
    apr_pool_destroy(kept->pool);
    kept->pool = NULL;
}

void cc_kept_end(cc_tables_kept_t *kept)
{
    kept->ended = true;
    cc_kept_clear(kept);
}
