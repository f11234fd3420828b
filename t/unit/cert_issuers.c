/* SPDX-License-Identifier: Apache-2.0 */
/* Tests how the CAs that may issue client certificates are counted. */
#include <stdlib.h>
#include <unistd.h>

#include <apr_strings.h>
#include <check.h>
#include <openssl/pem.h>

#include "cert/cert.h"
#include "pki.h"
#include "suite.h"

static apr_pool_t *pool;
static apr_array_header_t *paths;

static void setup(void)
{
    apr_pool_create(&pool, NULL);
    paths = apr_array_make(pool, 2, sizeof(const char *));
}

static apr_status_t remove_file(void *path)
{
    unlink(path);
    return APR_SUCCESS;
}

static void teardown(void)
{
    apr_pool_destroy(pool);
}

/* A file of certificates, which is removed with the test. */
static void file_of(int count, const pki_t *const *certs)
{
    char *path = apr_pstrdup(pool, "/tmp/cert_issuers.XXXXXX");
    int fd = mkstemp(path);
    FILE *out = fdopen(fd, "w");

    ck_assert_ptr_nonnull(out);
    for (int i = 0; i < count; i++) {
        ck_assert_int_eq(PEM_write_X509(out, certs[i]->cert), 1);
    }
    ck_assert_int_eq(fclose(out), 0);
    apr_pool_cleanup_register(pool, path, remove_file, apr_pool_cleanup_null);
    APR_ARRAY_PUSH(paths, const char *) = path;
}

#define FILE_OF(...)                                                                               \
    file_of((int)(sizeof((const pki_t *[]){__VA_ARGS__}) / sizeof(const pki_t *)),                 \
            (const pki_t *[]){__VA_ARGS__})

TEST(a_root_alone_is_one)
{
    pki_t root = pki_ca("root", NULL);

    FILE_OF(&root);
    ck_assert_int_eq(cc_cert_count_issuers(paths), 1);
    pki_free(&root);
}

TEST(a_ca_above_others_does_not_count)
{
    pki_t root = pki_ca("root", NULL), middle = pki_ca("middle", &root);
    pki_t a = pki_ca("a", &middle), b = pki_ca("b", &middle);

    FILE_OF(&a, &root, &middle);
    ck_assert_int_eq(cc_cert_count_issuers(paths), 1);
    FILE_OF(&b);
    ck_assert_int_eq(cc_cert_count_issuers(paths), 2);
    pki_free(&root), pki_free(&middle), pki_free(&a), pki_free(&b);
}

TEST(a_root_and_a_ca_of_another_are_two)
{
    pki_t root = pki_ca("root", NULL), other = pki_ca("other", NULL), a = pki_ca("a", &other);

    FILE_OF(&root, &a);
    ck_assert_int_eq(cc_cert_count_issuers(paths), 2);
    pki_free(&root), pki_free(&other), pki_free(&a);
}

TEST(a_ca_with_two_keys_is_one)
{
    pki_t old = pki_ca("root", NULL), new = pki_ca("root", NULL);
    pki_t below = pki_ca("a", &new), renewed = pki_ca("a", &old);

    FILE_OF(&old, &new);
    ck_assert_int_eq(cc_cert_count_issuers(paths), 1);
    FILE_OF(&below, &renewed);
    ck_assert_int_eq(cc_cert_count_issuers(paths), 1);
    pki_free(&old), pki_free(&new), pki_free(&below), pki_free(&renewed);
}

TEST(an_old_key_is_that_of_the_ca_that_issued_by_its_new_one)
{
    static pki_extensions_t names_key = {"basicConstraints", "critical,CA:TRUE",
                                         "authorityKeyIdentifier", "keyid:always", NULL};
    pki_t old = pki_ca("root", NULL), new = pki_ca("root", NULL);
    pki_t below = pki_make("a", &new, names_key, -60, 60);

    FILE_OF(&old, &new, &below);
    ck_assert_int_eq(cc_cert_count_issuers(paths), 1);
    pki_free(&old), pki_free(&new), pki_free(&below);
}

TEST(what_is_no_ca_does_not_count)
{
    pki_t root = pki_ca("root", NULL), client = pki_client("client", &root);

    FILE_OF(&client);
    ck_assert_int_eq(cc_cert_count_issuers(paths), 0);
    FILE_OF(&client, &root);
    ck_assert_int_eq(cc_cert_count_issuers(paths), 1);
    pki_free(&root), pki_free(&client);
}

TEST(a_file_that_cannot_be_read_has_none)
{
    APR_ARRAY_PUSH(paths, const char *) = "/nowhere/cas.pem";
    ck_assert_int_eq(cc_cert_count_issuers(paths), 0);
}

SUITE("issuers", .setup = setup, .teardown = teardown);
