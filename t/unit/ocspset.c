/* SPDX-License-Identifier: Apache-2.0 */
/* Provides a cache, threads and a clock for the engine that asks OCSP responders, in unit tests. */
#include "ocspset.h"

#include <stdio.h>
#include <string.h>

#include <apr_strings.h>

#include <check.h>

#include <openssl/err.h>
#include <openssl/pem.h>

#include "folder.h"

typedef struct {
    void (*work)(void *data);
    void *data;
} work_t;

static bool record_get(void *state, const unsigned char *key, unsigned char *to, unsigned int *len)
{
    ocspset_t *set = state;
    const cc_ocsp_record_t *record = NULL;
    bool found = false;

    apr_thread_mutex_lock(set->lock);
    record = apr_hash_get(set->records, key, CC_OCSP_KEY);
    found = record && record->until > set->now && record->len <= *len;
    if (found) {
        memcpy(to, record->octets, record->len);
        *len = record->len;
    }
    apr_thread_mutex_unlock(set->lock);
    return found;
}

static void record_put(void *state, const unsigned char *key, const cc_ocsp_record_t *record)
{
    ocspset_t *set = state;
    cc_ocsp_record_t *kept = NULL;

    apr_thread_mutex_lock(set->lock);
    kept = apr_pmemdup(set->pool, record, sizeof(*record));
    kept->octets = apr_pmemdup(set->pool, record->octets, record->len);
    apr_hash_set(set->records, apr_pmemdup(set->pool, key, CC_OCSP_KEY), CC_OCSP_KEY, kept);
    apr_thread_mutex_unlock(set->lock);
}

static void *APR_THREAD_FUNC work_do(apr_thread_t *thread, void *data)
{
    work_t *work = data;

    work->work(work->data);
    apr_thread_exit(thread, APR_SUCCESS);
    return NULL;
}

static bool work_start(void *state, void (*work)(void *data), void *data)
{
    ocspset_t *set = state;
    work_t *order = NULL;
    apr_status_t status = APR_EGENERAL;

    apr_thread_mutex_lock(set->lock);
    if (!set->no_threads) {
        order = apr_palloc(set->pool, sizeof(*order));
        *order = (work_t){work, data};
        status = apr_thread_create(&set->threads[set->started++], NULL, work_do, order, set->pool);
    }
    apr_thread_mutex_unlock(set->lock);
    return status == APR_SUCCESS;
}

void ocspset_later(ocspset_t *set, long seconds)
{
    for (; set->started > 0; set->started--) {
        apr_status_t status = APR_SUCCESS;

        apr_thread_join(&status, set->threads[set->started - 1]);
    }
    set->now += apr_time_from_sec(seconds);
}

void ocspset_forget(ocspset_t *set)
{
    set->records = apr_hash_make(set->pool);
}

apr_array_header_t *ocspset_specs(const char *lines, apr_pool_t *p)
{
    apr_array_header_t *specs = NULL;
    char *rest = apr_pstrdup(p, lines), *state = NULL;

    for (char *line = apr_strtok(rest, "\n", &state); line; line = apr_strtok(NULL, "\n", &state)) {
        cc_ocsp_spec_t *spec = NULL;

        ck_assert_int_eq(cc_ocsp_parse(&spec, line, line, p, NULL), APR_SUCCESS);
        ck_assert_int_eq(cc_ocsp_specs_add(&specs, spec, p, NULL), APR_SUCCESS);
    }
    return specs;
}

apr_status_t ocspset_lines(ocspset_t *set, const char *lines, cc_error_t *err)
{
    static const char place[] = "RESPONDER";
    cc_ocsp_config_t config = {.hosts = set->hosts, .lists = set->lists, .files = set->files};
    const char *at = NULL;

    while ((at = strstr(lines, place)) != NULL) {
        lines = apr_pstrcat(set->pool, apr_pstrmemdup(set->pool, lines, (apr_size_t)(at - lines)),
                            set->responder->url, at + strlen(place), NULL);
    }
    config.specs = ocspset_specs(lines, set->pool);
    return cc_ocsp_create(&set->ocsp, &config, &set->io, set->pool, err);
}

void ocspset_engine(ocspset_t *set, const char *options)
{
    const char *lines = apr_psprintf(set->pool, "On responder=RESPONDER %s", options);

    ck_assert_int_eq(ocspset_lines(set, lines, NULL), APR_SUCCESS);
}

static apr_status_t folder_end(void *path)
{
    folder_remove(path);
    return APR_SUCCESS;
}

const char *ocspset_file(const pki_t *first, const pki_t *second, apr_pool_t *p)
{
    char *folder = folder_make("ocsp", p);
    const char *path = apr_pstrcat(p, folder, "/certs.pem", NULL);
    FILE *file = fopen(path, "w");

    apr_pool_cleanup_register(p, folder, folder_end, apr_pool_cleanup_null);
    ck_assert(file && PEM_write_X509(file, first->cert) == 1);
    ck_assert(!second || PEM_write_X509(file, second->cert) == 1);
    ck_assert_int_eq(fclose(file), 0);
    return path;
}

cc_ocsp_status_t ocspset_status_by(ocspset_t *set, const pki_t *cert, const pki_t *issuer)
{
    cc_ocsp_subject_t subject = {cert->cert, issuer ? issuer->cert : NULL};

    cc_ocsp_status(&set->answer, set->ocsp, &subject, set->now, set->pool);
    ck_assert_uint_eq(ERR_peek_error(), 0);
    ck_assert_int_gt(set->answer.ask_at, set->now);
    return set->answer.status;
}

cc_ocsp_status_t ocspset_status_of(ocspset_t *set, const pki_t *cert)
{
    return ocspset_status_by(set, cert, &set->ca);
}

cc_ocsp_status_t ocspset_status(ocspset_t *set)
{
    return ocspset_status_of(set, &set->leaf);
}

void ocspset_setup(ocspset_t *set)
{
    reply_t good;

    memset(set, 0, sizeof(*set));
    apr_pool_create(&set->pool, NULL);
    set->ca = pki_ca("CA", NULL);
    set->leaf = pki_client("leaf", &set->ca);
    good = ocsp_good(&set->leaf, &set->ca);
    good.next_update = 24 * 3600;
    apr_thread_mutex_create(&set->lock, APR_THREAD_MUTEX_DEFAULT, set->pool);
    ocspset_forget(set);
    set->io = (cc_ocsp_io_t){set, record_get, record_put, work_start, NULL};
    set->responder = responder_start(ANSWERS, &good, set->pool);
    set->now = apr_time_now();
    ocspset_engine(set, "");
}

void ocspset_teardown(ocspset_t *set)
{
    ocspset_later(set, 0);
    responder_stop(set->responder);
    pki_free(&set->ca);
    pki_free(&set->leaf);
    apr_pool_destroy(set->pool);
}
