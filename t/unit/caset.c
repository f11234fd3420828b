/* SPDX-License-Identifier: Apache-2.0 */
/* Makes files of CAs for unit tests, opens them and follows them. */
#include "caset.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>

#include <openssl/evp.h>
#include <openssl/pem.h>

#include "folder.h"

static void must(int done)
{
    if (!done) {
        abort();
    }
}

/* ---- files ----------------------------------------------------------------------------- */

void caset_begin(caset_t *set)
{
    memset(set, 0, sizeof(*set));
    must(apr_pool_create(&set->pool, NULL) == APR_SUCCESS);
    set->folder = folder_make("cas", set->pool);
}

void caset_end(caset_t *set)
{
    folder_remove(set->folder);
    apr_pool_destroy(set->pool);
}

const char *caset_path(caset_t *set, const char *name)
{
    return apr_pstrcat(set->pool, set->folder, "/", name, NULL);
}

static FILE *file_open(caset_t *set, const char *name)
{
    FILE *file = fopen(caset_path(set, name), "wb");

    must(file != NULL);
    return file;
}

void caset_write(caset_t *set, const char *name, const char *text)
{
    FILE *file = file_open(set, name);

    must(fputs(text, file) >= 0 && fclose(file) == 0);
}

void caset_overwrite(caset_t *set, const char *name, const pki_t *const *list)
{
    FILE *file = file_open(set, name);

    for (; *list; list++) {
        must(PEM_write_X509(file, (*list)->cert));
    }
    must(fclose(file) == 0);
}

void caset_put(caset_t *set, const char *name, const pki_t *const *list)
{
    caset_overwrite(set, ".new", list);
    must(rename(caset_path(set, ".new"), caset_path(set, name)) == 0);
}

const char *caset_pem(caset_t *set, const pki_t *pki, const char *label)
{
    BIO *bio = BIO_new(BIO_s_mem());
    unsigned char *der = NULL;
    char *data = NULL;
    const char *text = NULL;
    int len = strcmp(label, PEM_STRING_X509_TRUSTED) == 0 ? i2d_X509_AUX(pki->cert, &der)
                                                          : i2d_X509(pki->cert, &der);

    must(bio && len > 0 && PEM_write_bio(bio, label, "", der, len));
    len = (int)BIO_get_mem_data(bio, &data);
    text = apr_pstrmemdup(set->pool, data, (apr_size_t)len);
    OPENSSL_free(der);
    BIO_free(bio);
    return text;
}

/* ---- opening --------------------------------------------------------------------------- */

static apr_status_t specs_read(caset_t *set, apr_array_header_t *specs, const char *lines)
{
    char *last = NULL;
    char *line = apr_strtok(apr_pstrdup(set->plan_pool, lines), "\n", &last);
    apr_status_t status = APR_SUCCESS;

    for (int i = 1; status == APR_SUCCESS && line; i++, line = apr_strtok(NULL, "\n", &last)) {
        cc_ca_spec_t *spec = NULL;

        status = cc_ca_spec_parse(&spec, line, set->plan_pool, &set->err);
        if (status == APR_SUCCESS) {
            spec->where = apr_psprintf(set->plan_pool, "site.conf:%d", i);
            APR_ARRAY_PUSH(specs, cc_ca_spec_t *) = spec;
        }
    }
    return status;
}

/* Each configuration has a pool of its own. */
static apr_status_t plan_make(caset_t *set, cc_cas_plan_t *plan, const char *lines)
{
    apr_array_header_t *specs;

    must(apr_pool_create(&set->plan_pool, set->pool) == APR_SUCCESS);
    specs = apr_array_make(set->plan_pool, 2, sizeof(cc_ca_spec_t *));
    *plan = (cc_cas_plan_t){.specs = specs, .root = set->folder, .kept = set->kept};
    return specs_read(set, specs, lines);
}

const char *caset_try(caset_t *set, const char *lines)
{
    cc_cas_plan_t plan;
    apr_status_t status = plan_make(set, &plan, lines);

    set->cas = NULL;
    if (status == APR_SUCCESS) {
        status = cc_cas_open(&set->cas, &plan, set->plan_pool, &set->err);
    }
    return status == APR_SUCCESS ? "" : cc_error_text(&set->err, set->pool);
}

void caset_open(caset_t *set, const char *lines)
{
    const char *error = caset_try(set, lines);

    if (*error) {
        fprintf(stderr, "%s: %s\n", lines, error);
        abort();
    }
}

typedef struct {
    const char *text;
    apr_pool_t *pool;
} told_t;

static void told(told_t *to, const char *text)
{
    to->text = apr_pstrcat(to->pool, to->text, *to->text ? " | " : "", text, NULL);
}

static void reopened(const cc_error_t *err, apr_time_t since, void *baton)
{
    told_t *to = baton;

    told(to, apr_pstrcat(to->pool, since ? "kept: " : "none: ", cc_error_text(err, to->pool),
                         NULL));
}

const char *caset_reopen(caset_t *set, const char *lines)
{
    apr_pool_t *before = set->plan_pool;
    told_t to = {"", set->pool};
    cc_cas_plan_t plan;

    must(plan_make(set, &plan, lines) == APR_SUCCESS);
    if (before) {
        apr_pool_destroy(before);
    }
    cc_cas_reopen(&set->cas, &plan, set->plan_pool, reopened, &to);
    return to.text;
}

/* ---- polling --------------------------------------------------------------------------- */

static const char *joined(const apr_array_header_t *list, const char *sign, apr_pool_t *p)
{
    const char *text = "";

    for (int i = 0; i < list->nelts; i++) {
        const char *ca = APR_ARRAY_IDX(list, i, const char *);

        text = apr_pstrcat(p, text, " ", sign, apr_pstrmemdup(p, ca, strcspn(ca, " ")), NULL);
    }
    return text;
}

static void news_take(const cc_cas_t *cas, const cc_cas_news_t *news, void *baton)
{
    told_t *to = baton;
    const char *path = news->path ? strrchr(news->path, '/') + 1 : "";

    (void)cas;
    told(to, news->refusal ? cc_error_text(news->refusal, to->pool)
                           : apr_pstrcat(to->pool, path, joined(news->came, "+", to->pool),
                                         joined(news->left, "-", to->pool), NULL));
}

const char *caset_poll(caset_t *set)
{
    told_t to = {"", set->pool};
    apr_pool_t *scratch = NULL;

    must(apr_pool_create(&scratch, set->pool) == APR_SUCCESS);
    set->later += apr_time_from_sec(60);
    cc_cas_poll(set->cas, apr_time_now() + set->later, news_take, &to, scratch);
    apr_pool_destroy(scratch);
    return to.text;
}

const char *caset_poll_gone(caset_t *set)
{
    const char *first = caset_poll(set);
    const char *second = caset_poll(set);

    return apr_pstrcat(set->pool, first, *first && *second ? " | " : "", second, NULL);
}

/* ---- the current set ------------------------------------------------------------------- */

static const char *name_of(X509 *cert, apr_pool_t *p)
{
    char text[200] = "";

    X509_NAME_get_text_by_NID(X509_get_subject_name(cert), NID_commonName, text, sizeof(text));
    return apr_pstrdup(p, text);
}

static int text_compare(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

const char *caset_names(caset_t *set, int number)
{
    apr_array_header_t *names = apr_array_make(set->pool, 4, sizeof(const char *));
    unsigned side = 0;
    const cc_ca_group_t *group = cc_ca_group_at(cc_cas_enter(set->cas, &side), number);

    for (int i = 0; i < cc_ca_count(group); i++) {
        APR_ARRAY_PUSH(names, const char *) =
            name_of(cc_ca_cert(cc_ca_at(group, i)), set->pool);
    }
    cc_cas_leave(set->cas, side);
    if (names->nelts > 0) {
        qsort(names->elts, (size_t)names->nelts, sizeof(const char *), text_compare);
    }
    return apr_array_pstrcat(set->pool, names, ' ');
}

apr_time_t caset_since(caset_t *set, int number, const pki_t *ca)
{
    unsigned char sha256[EVP_MAX_MD_SIZE];
    unsigned side = 0;
    const cc_ca_group_t *group = cc_ca_group_at(cc_cas_enter(set->cas, &side), number);
    const cc_ca_t *found;
    apr_time_t since;

    must(X509_digest(ca->cert, EVP_sha256(), sha256, NULL));
    found = cc_ca_of_mark(group, sha256);
    since = found ? found->since : -1;
    cc_cas_leave(set->cas, side);
    return since;
}

const char *caset_subjects(caset_t *set, STACK_OF(X509) * certs)
{
    apr_array_header_t *names = apr_array_make(set->pool, 4, sizeof(const char *));

    for (int i = 0; i < sk_X509_num(certs); i++) {
        APR_ARRAY_PUSH(names, const char *) = name_of(sk_X509_value(certs, i), set->pool);
    }
    sk_X509_free(certs);
    return apr_array_pstrcat(set->pool, names, ' ');
}
