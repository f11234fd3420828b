/* SPDX-License-Identifier: Apache-2.0 */
/* Binds rows to a CA: a row with issuer= counts only for certificates that this CA has issued. */
#include <string.h>

#include <apr_strings.h>

#include "base/text.h"
#include "cert/cert.h"
#include "tables/internal.h"

/*
 * A serial number, or a name, is unique only together with its issuer. The column that issuer=
 * names is the DN of the CA (RFC 4514), and is compared as a DN with the issuer of the certificate.
 * A source that holds its rows has the issuer in their keys, so it may have a row of each CA for
 * one key. In other sources, the row that was found must have the right issuer.
 */

bool cc_issuer_read(cc_key_t *issuer, const char *text, const char **problem, apr_pool_t *p)
{
    cc_error_t err = {NULL, NULL, NULL, NULL};
    cc_fieldref_t field;
    cc_value_t name;

    if (cc_field_find(&field, "issuer", p, &err) != APR_SUCCESS ||
        cc_field_operand(&name, &field, text, p, &err) != APR_SUCCESS) {
        *problem = err.message;
        return false;
    }
    *issuer = (cc_key_t){name.key, name.key_len};
    return true;
}

#define NAMES_MAX 1000 /* that are remembered at once */

const cc_key_t *cc_issuer_recall(cc_issuer_names_t *names, const char *text, const char **problem,
                                 apr_pool_t *p)
{
    cc_key_t *issuer = names->read ? apr_hash_get(names->read, text, APR_HASH_KEY_STRING) : NULL;
    cc_key_t read;

    if (issuer || !cc_issuer_read(&read, text, problem, p)) {
        return issuer;
    }
    if (!names->read || apr_hash_count(names->read) == NAMES_MAX) {
        apr_pool_clear(names->pool);
        names->read = apr_hash_make(names->pool);
    }
    issuer = apr_pmemdup(names->pool, &read, sizeof(read));
    issuer->at = apr_pmemdup(names->pool, read.at, read.len);
    apr_hash_set(names->read, apr_pstrdup(names->pool, text), APR_HASH_KEY_STRING, issuer);
    return issuer;
}

cc_key_t cc_issuer_bind(const cc_key_t *key, const cc_key_t *issuer, apr_pool_t *p)
{
    apr_uint32_t len = (apr_uint32_t)issuer->len;
    char *to = apr_palloc(p, sizeof(len) + issuer->len + key->len);
    cc_key_t bound = {to, sizeof(len) + issuer->len + key->len};

    memcpy(to, &len, sizeof(len));
    memcpy(to + sizeof(len), issuer->at, issuer->len);
    memcpy(to + sizeof(len) + issuer->len, key->at, key->len);
    return bound;
}

/* ---- rows of sources that do not hold them --------------------------------------------------- */

static void query_fail(cc_query_t *query, const char *reason)
{
    query->result = CC_TABLE_FAILED;
    query->info.failure = reason;
}

/* True if this value of the column is the issuer; false with a failure: it is not a name. */
static bool value_fits(cc_query_t *query, const char *text, int column, apr_pool_t *p)
{
    const char *problem = NULL;
    cc_key_t issuer;

    if (!cc_issuer_read(&issuer, text, &problem, p)) {
        query_fail(query, apr_psprintf(p, "column %d of the row, the issuer, is \"%s\": %s", column,
                                       cc_text_excerpt(text, strlen(text), p), problem));
        return false;
    }
    return issuer.len == query->issuer_len &&
           memcmp(issuer.at, query->issuer, query->issuer_len) == 0;
}

void cc_issuer_check(cc_query_t *query, int column, apr_pool_t *p)
{
    const cc_column_t *names = NULL;
    bool fits = false;

    if (query->row.count >= column) {
        names = &query->row.columns[column - 1];
    }
    if (!names || names->count == 0) {
        query_fail(query, apr_psprintf(p, "column %d of the row, the issuer, is empty", column));
        return;
    }
    for (int i = 0; i < names->count && !fits && query->result == CC_TABLE_FOUND; i++) {
        fits = value_fits(query, names->values[i], column, p);
    }
    if (!fits && query->result == CC_TABLE_FOUND) {
        query->result = CC_TABLE_MISSING;
        query->row = (cc_row_t){0, NULL};
    }
}
