/* SPDX-License-Identifier: Apache-2.0 */
/* Tests the path of a certificate, as it is sent to back ends. */
#include <apr_strings.h>

#include <openssl/err.h>

#include "caset.h"
#include "suite.h"
#include "tls.h"

enum { HOUR = 3600 };

static apr_pool_t *pool;
static pki_t root, upper, lower, near, far, rootless, stranger;
static host_t *at;

static void setup(void)
{
    apr_pool_create(&pool, NULL);
    root = pki_ca("Root", NULL);
    upper = pki_ca("Upper", &root);
    lower = pki_ca("Lower", &upper);
    near = pki_client("near", &root);
    far = pki_client("far", &lower);
    rootless = pki_client("rootless", NULL);
    stranger = pki_client("stranger", &rootless);
    at = host_make(TLS13_TICKET, &root, pool);
}

static void teardown(void)
{
    pki_t *all[] = {&root, &upper, &lower, &near, &far, &rootless, &stranger};

    for (int i = 0; i < COUNT(all); i++) {
        pki_free(all[i]);
    }
    apr_pool_destroy(pool);
}

/* The common names of a path, "-" for none; frees it. */
static const char *names_of(STACK_OF(X509) * path)
{
    const char *names = "";

    ck_assert_int_eq(ERR_peek_error(), 0);
    if (!path) {
        return "-";
    }
    for (int i = 0; i < sk_X509_num(path); i++) {
        char name[64];

        X509_NAME_get_text_by_NID(X509_get_subject_name(sk_X509_value(path, i)), NID_commonName,
                                  name, sizeof(name));
        names = apr_pstrcat(pool, names, *names ? " " : "", name, NULL);
    }
    sk_X509_pop_free(path, X509_free);
    return names;
}

static const char *path_at(const cc_trust_t *trust, const pki_t *who, X509 *sent_along,
                           X509 *and_this, long seconds)
{
    STACK_OF(X509) *untrusted = sk_X509_new_null();
    const char *names;

    if (sent_along) {
        sk_X509_push(untrusted, sent_along);
    }
    if (and_this) {
        sk_X509_push(untrusted, and_this);
    }
    names = names_of(
        cc_trust_path(trust, who->cert, untrusted, apr_time_now() + apr_time_from_sec(seconds)));
    sk_X509_free(untrusted);
    return names;
}

static const char *path_of(const pki_t *who, X509 *sent_along, X509 *and_this)
{
    if (!at->trust) {
        host_ready(at, pool);
    }
    return path_at(at->trust, who, sent_along, and_this, 0);
}

TEST(a_path_goes_from_the_issuer_up_and_has_no_root)
{
    ck_assert_str_eq(path_of(&far, upper.cert, lower.cert), "Lower Upper");
    ck_assert_str_eq(path_of(&far, lower.cert, upper.cert), "Lower Upper");
    ck_assert_str_eq(path_of(&near, NULL, NULL), "");
    ck_assert_str_eq(path_of(&near, lower.cert, upper.cert), "");
}

TEST(an_intermediate_certificate_may_come_from_the_store)
{
    X509_STORE_add_cert(SSL_CTX_get_cert_store(at->ctx), upper.cert);
    X509_STORE_add_cert(SSL_CTX_get_cert_store(at->ctx), lower.cert);
    ck_assert_str_eq(path_of(&far, NULL, NULL), "Lower Upper");
}

/* For instance in a resumed session, which has no certificates beside the client's own. */
TEST(without_an_intermediate_certificate_there_is_no_path)
{
    ck_assert_str_eq(path_of(&far, NULL, NULL), "-");
    ck_assert_str_eq(path_of(&far, lower.cert, NULL), "-");
    host_ready(at, pool);
    ck_assert_str_eq(names_of(cc_trust_path(at->trust, far.cert, NULL, apr_time_now())), "-");
}

TEST(a_certificate_that_does_not_verify_has_no_path)
{
    ck_assert_str_eq(path_of(&stranger, rootless.cert, NULL), "-");
    ck_assert_str_eq(path_of(&rootless, NULL, NULL), "-");
    ck_assert_str_eq(path_at(at->trust, &near, NULL, NULL, 366L * 24 * HOUR * 10), "-");
}

/* The anchor is no root: the receiver may trust another CA above it. */
TEST(an_anchor_that_another_ca_has_issued_is_part_of_the_path)
{
    X509_VERIFY_PARAM *param = X509_VERIFY_PARAM_new();
    host_t *partial = host_make(TLS13_TICKET, &upper, pool);

    X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN);
    SSL_CTX_set1_param(partial->ctx, param);
    X509_VERIFY_PARAM_free(param);
    host_ready(partial, pool);
    ck_assert_str_eq(path_at(partial->trust, &far, lower.cert, NULL, 0), "Lower Upper");
}

TEST(the_cas_of_a_set_count)
{
    caset_t set;

    caset_begin(&set);
    CASET_PUT(&set, "upper.pem", &root, &upper);
    caset_open(&set, "upper.pem");
    host_follow(at, set.cas, set.pool);
    ck_assert_str_eq(path_at(at->trust, &far, lower.cert, NULL, 0), "Lower Upper");
    ck_assert_str_eq(path_at(at->trust, &far, NULL, NULL, 0), "-");
    caset_end(&set);
}

SUITE("path", .setup = setup, .teardown = teardown);
