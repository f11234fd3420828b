/* SPDX-License-Identifier: Apache-2.0 */
/* Counts the CAs in a set of files that may issue client certificates. */
#include "cert/internal.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

/* Encrypted keys in the file are not read: there is no password, and there must be no prompt. */
static int no_password(char *buf, int size, int writing, void *baton)
{
    (void)buf, (void)size, (void)writing, (void)baton;
    return -1;
}

static void add_authorities(STACK_OF(X509) * authorities, const char *path)
{
    BIO *bio = BIO_new_file(path, "r");
    X509 *x509;

    while (bio && (x509 = PEM_read_bio_X509_AUX(bio, NULL, no_password, NULL))) {
        if (!X509_check_ca(x509) || !sk_X509_push(authorities, x509)) {
            X509_free(x509);
        }
    }
    BIO_free(bio);
}

static bool same_name(const X509 *a, const X509 *b)
{
    return !X509_NAME_cmp(X509_get_subject_name(a), X509_get_subject_name(b));
}

static bool issued_another(STACK_OF(X509) * authorities, X509 *x509)
{
    for (int i = 0; i < sk_X509_num(authorities); i++) {
        X509 *other = sk_X509_value(authorities, i);

        if (!same_name(x509, other) && X509_check_issued(x509, other) == X509_V_OK) {
            return true;
        }
    }
    return false;
}

/* Compares names, since a CA may be in the files twice, with an old and a new key. */
static bool is_above_another(STACK_OF(X509) * authorities, const X509 *x509)
{
    for (int i = 0; i < sk_X509_num(authorities); i++) {
        X509 *same = sk_X509_value(authorities, i);

        if (same_name(same, x509) && issued_another(authorities, same)) {
            return true;
        }
    }
    return false;
}

static bool stands_before(STACK_OF(X509) * authorities, int number)
{
    int i = 0;

    while (!same_name(sk_X509_value(authorities, i), sk_X509_value(authorities, number))) {
        i++;
    }
    return i < number;
}

int cc_cert_count_issuers(const apr_array_header_t *paths)
{
    STACK_OF(X509) *authorities = sk_X509_new_null();
    int count = 0;

    ERR_set_mark();
    for (int i = 0; authorities && i < paths->nelts; i++) {
        add_authorities(authorities, APR_ARRAY_IDX(paths, i, const char *));
    }
    for (int i = 0; i < sk_X509_num(authorities); i++) {
        count += !stands_before(authorities, i) &&
                 !is_above_another(authorities, sk_X509_value(authorities, i));
    }
    sk_X509_pop_free(authorities, X509_free);
    ERR_pop_to_mark();
    return count;
}
