/* SPDX-License-Identifier: Apache-2.0 */
/* Keeps the names that rules have given, so that each is in the verdict once. */

#include <string.h>

#include <apr_strings.h>

#include "rules/internal.h"

#define NAMES_FEW 16 /* up to here, a search of the list is faster than a hash */

static bool is_known(const cc_name_set_t *set, const char *name)
{
    if (set->index) {
        return apr_hash_get(set->index, name, APR_HASH_KEY_STRING) != NULL;
    }
    for (int i = 0; i < set->count; i++) {
        if (strcmp(set->few[i], name) == 0) {
            return true;
        }
    }
    return false;
}

static void index_make(cc_name_set_t *set, apr_pool_t *p)
{
    set->index = apr_hash_make(p);
    for (int i = 0; i < set->count; i++) {
        apr_hash_set(set->index, set->few[i], APR_HASH_KEY_STRING, set->few[i]);
    }
}

const char *cc_name_set_add(cc_name_set_t *set, const char *name, cc_evaluation_t *ev)
{
    if (is_known(set, name)) {
        return NULL;
    }
    name = apr_pstrdup(ev->result, name);
    if (!set->few) {
        set->few = apr_palloc(ev->scratch, NAMES_FEW * sizeof(*set->few));
    }
    if (set->count == NAMES_FEW && !set->index) {
        index_make(set, ev->scratch);
    }
    if (set->index) {
        apr_hash_set(set->index, name, APR_HASH_KEY_STRING, name);
    } else {
        set->few[set->count++] = name;
    }
    return name;
}
