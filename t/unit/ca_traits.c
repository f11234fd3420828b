/* SPDX-License-Identifier: Apache-2.0 */
/* Tests what the certificate of a CA is: root or not, weak or not, about to end or not. */
#include <openssl/err.h>
#include <openssl/evp.h>

#include "ca/ca.h"
#include "pki.h"
#include "suite.h"

static pki_t root, staff;

static void setup(void)
{
    root = pki_ca("Root", NULL);
    staff = pki_ca("Staff", &root);
}

static void teardown(void)
{
    pki_free(&root);
    pki_free(&staff);
}

static cc_ca_traits_t traits_of(X509 *cert)
{
    cc_ca_traits_t traits;

    cc_ca_traits(&traits, cert);
    ck_assert_uint_eq(ERR_peek_error(), 0);
    return traits;
}

TEST(a_root_is_self_signed_and_ends_a_chain)
{
    cc_ca_traits_t traits = traits_of(root.cert);

    ck_assert(traits.root && traits.anchor && !traits.weak_key && !traits.weak_signature);
    traits = traits_of(staff.cert);
    ck_assert(!traits.root && !traits.anchor && !traits.weak_key && !traits.weak_signature);
}

TEST(a_trusted_certificate_ends_a_chain_unless_it_is_rejected)
{
    X509_add1_trust_object(staff.cert, OBJ_nid2obj(NID_client_auth));
    ck_assert(traits_of(staff.cert).anchor);
    X509_add1_reject_object(root.cert, OBJ_nid2obj(NID_client_auth));
    ck_assert(traits_of(root.cert).root && !traits_of(root.cert).anchor);
}

static const struct {
    int bits;
    bool weak;
} keys[] = {{1024, true}, {2040, true}, {2048, false}};

TEST_LOOP(a_short_key_is_weak, 0, COUNT(keys))
{
    pki_t ca = pki_make_with("Short", &root, pki_is_ca, NULL, EVP_RSA_gen((unsigned)keys[_i].bits));

    ck_assert(traits_of(ca.cert).weak_key == keys[_i].weak);
    pki_free(&ca);
}

static const struct {
    const char *digest;
    bool weak;
} digests[] = {{"SHA1", true}, {"MD5", true}, {"SHA512", false}, {"SHA256", false}};

TEST_LOOP(an_old_digest_is_weak_except_in_a_root, 0, COUNT(digests))
{
    EVP_PKEY *key = EVP_RSA_gen(2048);
    pki_t ca = pki_make_with("Signer", NULL, pki_is_ca, NULL, key);

    ck_assert_int_gt(X509_sign(staff.cert, ca.key, EVP_get_digestbyname(digests[_i].digest)), 0);
    ck_assert(traits_of(staff.cert).weak_signature == digests[_i].weak);
    ck_assert_int_gt(X509_sign(ca.cert, ca.key, EVP_get_digestbyname(digests[_i].digest)), 0);
    ck_assert(!traits_of(ca.cert).weak_signature);
    pki_free(&ca);
}

#define DAYS(number) apr_time_from_sec(86400 * (apr_int64_t)(number))

static const struct {
    int begin, end; /* days from now */
    bool soon;
} lives[] = {
    {-300, 31, false}, {-300, 29, true}, {-300, 0, true}, {-300, -1, false}, {1, 20, false},
    {-1, 1, false},    {-20, 29, false}, {-20, 9, true},  {-59, 29, true},   {-57, 29, false},
};

TEST_LOOP(a_ca_ends_soon_in_its_last_month_and_third, 0, COUNT(lives))
{
    apr_time_t now = apr_time_now();

    ck_assert(cc_ca_ends_soon(now + DAYS(lives[_i].begin), now + DAYS(lives[_i].end), now) ==
              lives[_i].soon);
}

SUITE("traits", .setup = setup, .teardown = teardown);
