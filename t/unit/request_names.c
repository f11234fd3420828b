/* SPDX-License-Identifier: Apache-2.0 */
/* Tests the compiled names that other modules look up: kept once, limited, and checked at start. */
#include <apr_strings.h>

#include "fakehttpd.h"
#include "httpd/request/names.h"
#include "suite.h"

static void begin(void)
{
    fake_begin();
    fake_configured("ClientCertMap user=%{subject.CN}");
    ck_assert_int_eq(cc_names_start(fake.pconf, NULL, NULL, fake.main), OK);
}

/* The compiled form, which must be valid. */
static const cc_lookup_t *find(const char *name, apr_pool_t *p)
{
    const cc_lookup_t *lookup = NULL;
    cc_error_t err = {0};

    ck_assert_int_eq(cc_names_find(&lookup, fake.main, name, p, &err), APR_SUCCESS);
    ck_assert_ptr_nonnull(lookup);
    return lookup;
}

static const char *refusal(const char *name)
{
    const cc_lookup_t *lookup = NULL;
    cc_error_t err = {0};

    ck_assert_int_eq(cc_names_find(&lookup, fake.main, name, fake.pool, &err), APR_EINVAL);
    return cc_error_text(&err, fake.pool);
}

/* `p` is cleared, so what is found the second time cannot be in it. */
TEST(a_name_is_compiled_once)
{
    apr_pool_t *p;
    const cc_lookup_t *first;

    apr_pool_create(&p, fake.pool);
    first = find("subject.CN|lower", p);
    apr_pool_clear(p);
    ck_assert_ptr_eq(find(apr_pstrdup(p, "subject.CN|lower"), p), first);
    ck_assert_ptr_ne(find("subject.CN|upper", p), first);
    ck_assert(cc_lookup_asks_who(find("user", p)) && !cc_lookup_asks_who(first));
}

TEST(names_that_are_made_up_do_not_accumulate)
{
    apr_pool_t *p;
    const cc_lookup_t *early, *late;

    apr_pool_create(&p, fake.pool);
    early = find("subject.CN|replace(a,0)", p);
    for (int i = 1; i <= 64; i++) {
        find(apr_psprintf(p, "subject.CN|replace(a,%d)", i), p);
    }
    late = find("user", p);
    ck_assert_ptr_ne(find("user", p), late);
    ck_assert_ptr_eq(find("subject.CN|replace(a,0)", p), early);
}

TEST(a_bad_name_takes_no_room)
{
    for (int i = 0; i < 100; i++) {
        fake_expect_begins(refusal(apr_psprintf(fake.pool, "nofield%d", i)), "CC0201: ");
    }
    ck_assert_ptr_eq(find("user", fake.pool), find("user", fake.pool));
}

TEST(a_name_of_a_ca_has_to_be_checked_at_the_start)
{
    cc_error_t err = {0};

    fake_expect_begins(refusal("root.subject.CN"), "CC0166: \"root.subject.CN\": it needs the CAs");
    ck_assert_int_eq(cc_names_check("root.subject.CN", fake.pool, &err), APR_SUCCESS);
    refusal("root.subject.CN"); /* not while the configuration was read */
    ck_assert_int_eq(cc_names_check("root.subject.CN", fake.pconf, &err), APR_SUCCESS);
    find("root.subject.CN", fake.pool);
    ck_assert_int_eq(cc_names_check("sna.email", fake.pconf, &err), APR_EINVAL);
}

SUITE("names", .setup = begin, .teardown = fake_end);
