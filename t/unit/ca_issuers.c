/* SPDX-License-Identifier: Apache-2.0 */
/* Tests how many CAs of a group may issue certificates of clients. */
#include <openssl/err.h>

#include "caset.h"
#include "suite.h"

static caset_t set;
static pki_t root, staff, deep, services, other, rekeyed;

static void setup(void)
{
    caset_begin(&set);
    root = pki_ca("root", NULL);
    staff = pki_ca("staff", &root);
    deep = pki_ca("deep", &staff);
    services = pki_ca("services", &root);
    other = pki_ca("other", NULL);
    rekeyed = pki_ca("staff", &root);
}

static void teardown(void)
{
    pki_t *const all[] = {&root, &staff, &deep, &services, &other, &rekeyed};

    for (size_t i = 0; i < COUNT(all); i++) {
        pki_free(all[i]);
    }
    caset_end(&set);
}

static int issuers(const pki_t *const *cas)
{
    unsigned side;
    const cc_ca_set_t *now;
    int count;

    caset_put(&set, "cas.pem", cas);
    caset_open(&set, "cas.pem");
    now = cc_cas_enter(set.cas, &side);
    count = cc_ca_group_issuers(cc_ca_group_at(now, 0), set.pool);
    cc_cas_leave(set.cas, side);
    ck_assert_uint_eq(ERR_peek_error(), 0);
    return count;
}
#define ISSUERS(...) issuers((const pki_t *const[]){__VA_ARGS__, NULL})

TEST(a_ca_that_issued_another_one_is_not_counted)
{
    ck_assert_int_eq(ISSUERS(&root), 1);
    ck_assert_int_eq(ISSUERS(&staff), 1);
    ck_assert_int_eq(ISSUERS(&root, &staff), 1);
    ck_assert_int_eq(ISSUERS(&staff, &root), 1);
    ck_assert_int_eq(ISSUERS(&root, &staff, &deep), 1);
    ck_assert_int_eq(ISSUERS(&root, &deep), 2);
    ck_assert_int_eq(ISSUERS(&root, &staff, &services), 2);
    ck_assert_int_eq(ISSUERS(&root, &other), 2);
}

TEST(a_ca_with_two_keys_counts_once)
{
    ck_assert_int_eq(ISSUERS(&root, &staff, &rekeyed), 1);
    ck_assert_int_eq(ISSUERS(&root, &staff, &rekeyed, &deep), 1);
    ck_assert_int_eq(ISSUERS(&rekeyed, &staff, &deep, &root), 1);
}

TEST(each_group_is_counted_by_itself)
{
    unsigned side;
    const cc_ca_set_t *now;

    CASET_PUT(&set, "a.pem", &root, &staff);
    CASET_PUT(&set, "b.pem", &other, &services);
    caset_open(&set, "a.pem\nb.pem domain=b.example");
    now = cc_cas_enter(set.cas, &side);
    for (int i = 0; i < cc_ca_groups(now); i++) {
        const cc_ca_group_t *group = cc_ca_group_at(now, i);

        ck_assert_int_eq(cc_ca_group_issuers(group, set.pool), cc_ca_group_domain(group) ? 2 : 1);
    }
    ck_assert_int_eq(cc_ca_groups(now), 2);
    cc_cas_leave(set.cas, side);
}

SUITE("issuers", .setup = setup, .teardown = teardown);
