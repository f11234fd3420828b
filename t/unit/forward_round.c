/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests that every certificate is read as it was written, in each format: those of the tests and,
 * if the environment variable CC_CORPUS names a folder of .der files, those.
 */
#include <stdlib.h>
#include <string.h>

#include <apr_file_info.h>
#include <apr_file_io.h>
#include <apr_strings.h>
#include <apr_tables.h>

#include <openssl/err.h>
#include <openssl/pem.h>

#include "forward/forward.h"
#include "suite.h"

static const char *const formats[] = {"rfc9440", "xfcc", "pem-url", "pem-bare", "der"};

static apr_pool_t *pool;
static apr_array_header_t *certs; /* of X509 * */

/* ---- the certificates ------------------------------------------------------------------------ */

static void cert_load(const char *path)
{
    BIO *bio = BIO_new_file(path, "r");
    apr_size_t len = strlen(path);
    X509 *cert = NULL;

    ck_assert(bio != NULL);
    cert = strcmp(path + len - 4, ".der") ? PEM_read_bio_X509(bio, NULL, NULL, NULL)
                                          : d2i_X509_bio(bio, NULL);
    BIO_free(bio);
    ERR_clear_error();
    if (cert)
        APR_ARRAY_PUSH(certs, X509 *) = cert;
}

static void folder_load(const char *folder, const char *ending)
{
    apr_dir_t *dir = NULL;
    apr_finfo_t info;

    ck_assert_int_eq(apr_dir_open(&dir, folder, pool), APR_SUCCESS);
    while (apr_dir_read(&info, APR_FINFO_NAME, dir) == APR_SUCCESS) {
        apr_size_t len = strlen(info.name);

        if (len > 4 && !strcmp(info.name + len - 4, ending))
            cert_load(apr_pstrcat(pool, folder, "/", info.name, NULL));
    }
    apr_dir_close(dir);
}

static void setup(void)
{
    const char *corpus = getenv("CC_CORPUS");

    apr_initialize();
    apr_pool_create(&pool, NULL);
    certs = apr_array_make(pool, 64, sizeof(X509 *));
    ck_assert_msg(getenv("CC_CA") != NULL, "CC_CA must name the folder of the test certificates");
    folder_load(getenv("CC_CA"), ".pem");
    ck_assert_int_gt(certs->nelts, 40);
    if (corpus) {
        int count = certs->nelts;

        folder_load(corpus, ".der");
        ck_assert_int_gt(certs->nelts, count);
        fprintf(stderr, "# %d certificates of CC_CORPUS\n", certs->nelts - count);
    }
}

static void teardown(void)
{
    for (int i = 0; i < certs->nelts; i++)
        X509_free(APR_ARRAY_IDX(certs, i, X509 *));
    apr_pool_destroy(pool);
}

/* ---- the claims ------------------------------------------------------------------------------ */

static void same(X509 *a, X509 *b)
{
    unsigned char *one = NULL, *other = NULL;
    int len = i2d_X509(a, &one);

    ck_assert_int_gt(len, 0);
    ck_assert_int_eq(i2d_X509(b, &other), len);
    ck_assert_mem_eq(one, other, (size_t)len);
    OPENSSL_free(one);
    OPENSSL_free(other);
}

static void printable(const char *text)
{
    while (text && *text >= 0x20 && *text <= 0x7E)
        text++;
    ck_assert(!text || !*text);
}

static bool is_too_long(const char *text)
{
    return text && strlen(text) > CC_FORWARD_VALUE_MAX;
}

/* Writes a certificate with those after it in the list as its chain, and reads it back. */
static void round_trip(const char *name, int which, int above, apr_pool_t *p)
{
    const cc_forward_format_t *format = cc_forward_format_find(name);
    STACK_OF(X509) *chain = sk_X509_new_null();
    cc_forward_values_t values = {NULL, NULL};
    cc_forwarded_certs_t read = {NULL, NULL};
    cc_error_t err = {0};

    for (int i = 1; i <= above; i++)
        sk_X509_push(chain, APR_ARRAY_IDX(certs, (which + i) % certs->nelts, X509 *));
    ck_assert_int_eq(cc_forward_write(&values, format, APR_ARRAY_IDX(certs, which, X509 *),
                                      above ? chain : NULL, p, &err),
                     APR_SUCCESS);
    printable(values.value);
    printable(values.chain_value);
    ck_assert((values.chain_value != NULL) == (above && format->chain == CC_FORWARD_CHAIN_APART));
    if (is_too_long(values.value) || is_too_long(values.chain_value)) {
        sk_X509_free(chain);
        return;
    }
    if (cc_forward_read(&read, format, values.value, values.chain_value, above > 0, p, &err))
        ck_abort_msg("%s", cc_error_text(&err, p));
    same(read.leaf, APR_ARRAY_IDX(certs, which, X509 *));
    ck_assert_int_eq(sk_X509_num(read.chain), above);
    for (int i = 0; i < above; i++)
        same(sk_X509_value(read.chain, i), sk_X509_value(chain, i));
    ck_assert(ERR_peek_error() == 0);
    sk_X509_free(chain);
}

TEST_LOOP(what_is_read_is_the_der_that_was_written, 0, COUNT(formats))
{
    static const int chains[] = {0, 1, 3};

    for (int which = 0; which < certs->nelts; which++) {
        for (int i = 0; i < COUNT(chains); i++) {
            apr_pool_t *p = NULL;

            apr_pool_create(&p, pool);
            round_trip(formats[_i], which, chains[i], p);
            apr_pool_destroy(p);
        }
    }
}

SUITE("forward_round", .setup = setup, .teardown = teardown, .timeout = 600);
