/* SPDX-License-Identifier: Apache-2.0 */
/* Knows which CRL of a series is the newest, what was held of it before, and what a delta fits. */
#include <string.h>

#include <apr_strings.h>

#include "crl/internal.h"

#define KEY_LEN ((apr_ssize_t)sizeof(((cc_crl_t *)0)->series))

/* Of two with one number and one thisUpdate (a CA that has no numbers), the one that lists more. */
bool cc_crl_older(const cc_crl_t *a, const cc_crl_t *b)
{
    int order = cc_crl_number_compare(&a->number, &b->number);

    if (order != 0 || a->this_update != b->this_update) {
        return order < 0 || (order == 0 && a->this_update < b->this_update);
    }
    return cc_serials_count(a->serials) < cc_serials_count(b->serials);
}

static void newest_take(apr_hash_t *newest, const cc_crl_content_t *content)
{
    for (int i = 0; content && i < content->crls->nelts; i++) {
        cc_crl_t *crl = APR_ARRAY_IDX(content->crls, i, cc_crl_t *);
        const cc_crl_t *other = apr_hash_get(newest, crl->series, KEY_LEN);

        if (!other || cc_crl_older(other, crl)) {
            apr_hash_set(newest, crl->series, KEY_LEN, crl);
        }
    }
}

apr_hash_t *cc_crls_newest_with(const cc_crls_t *crls, const cc_crl_file_t *file,
                                const cc_crl_content_t *content, apr_pool_t *p)
{
    apr_hash_t *newest = apr_hash_make(p);

    for (int i = 0; i < crls->files->nelts; i++) {
        const cc_crl_file_t *each = APR_ARRAY_IDX(crls->files, i, cc_crl_file_t *);

        newest_take(newest, each == file ? content : each->content);
    }
    return newest;
}

apr_hash_t *cc_crls_newest(const cc_crls_t *crls, apr_pool_t *p)
{
    return cc_crls_newest_with(crls, NULL, NULL, p);
}

/* ---- what was held --------------------------------------------------------------------------- */

cc_crl_series_t *cc_crls_series(const cc_crls_t *crls, const cc_crl_t *crl)
{
    return apr_hash_get(crls->series, crl->series, KEY_LEN);
}

void cc_crls_remember(cc_crls_t *crls, const cc_crl_t *crl)
{
    cc_crl_series_t *series = cc_crls_series(crls, crl);

    if (!series) {
        series = apr_pcalloc(crls->pool, sizeof(*series));
        memcpy(series->key, crl->series, sizeof(series->key));
        apr_hash_set(crls->series, series->key, KEY_LEN, series);
    }
    series->number = crl->number;
    series->this_update = crl->this_update;
    series->told = false;
}

bool cc_crl_rolled_back(const cc_crls_t *crls, const cc_crl_t *crl)
{
    const cc_crl_series_t *series = cc_crls_series(crls, crl);

    return series && (cc_crl_number_compare(&crl->number, &series->number) < 0 ||
                      crl->this_update < series->this_update);
}

void cc_crls_recall(const cc_crls_t *crls, apr_hash_t *ever)
{
    for (apr_hash_index_t *i = apr_hash_first(NULL, crls->series); i; i = apr_hash_next(i)) {
        const cc_crl_series_t *held = apr_hash_this_val(i);
        cc_crl_series_t *known = apr_hash_get(ever, held->key, KEY_LEN);

        if (!known) {
            known = apr_pmemdup(apr_hash_pool_get(ever), held, sizeof(*held));
            apr_hash_set(ever, known->key, KEY_LEN, known);
        } else if (cc_crl_number_compare(&known->number, &held->number) <= 0 &&
                   known->this_update <= held->this_update) {
            *known = *held;
        }
        known->told = false;
    }
}

void cc_crls_remember_all(cc_crls_t *crls, apr_hash_t *ever)
{
    for (apr_hash_index_t *i = apr_hash_first(crls->pool, ever); i; i = apr_hash_next(i)) {
        cc_crl_series_t *series =
            apr_pmemdup(crls->pool, apr_hash_this_val(i), sizeof(cc_crl_series_t));

        apr_hash_set(crls->series, series->key, KEY_LEN, series);
    }
}

/* ---- deltas ---------------------------------------------------------------------------------- */

cc_crl_t *cc_crl_base_of(apr_hash_t *newest, const cc_crl_t *delta)
{
    unsigned char key[sizeof(delta->series)];

    memcpy(key, delta->series, sizeof(key));
    key[sizeof(key) - 1] = false;
    return apr_hash_get(newest, key, sizeof(key));
}

bool cc_crl_fits(const cc_crl_t *delta, const cc_crl_t *base)
{
    return base && cc_crl_number_compare(&base->number, &delta->base) >= 0;
}
