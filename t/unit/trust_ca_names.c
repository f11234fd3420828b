/* SPDX-License-Identifier: Apache-2.0 */
/* Tests in which form the CAs that a host sends to its clients are shown. */
#include <apr_strings.h>

#include "suite.h"
#include "tls.h"

static apr_pool_t *pool;
static SSL_CTX *ctx;

static void setup(void)
{
    apr_pool_create(&pool, NULL);
    ctx = SSL_CTX_new(TLS_server_method());
    SSL_CTX_set_client_CA_list(ctx, sk_X509_NAME_new_null());
}

static void teardown(void)
{
    SSL_CTX_free(ctx);
    apr_pool_destroy(pool);
}

/* Adds a name: pairs of an attribute and its value, then NULL. */
static void name_add(const char *const *pairs)
{
    X509_NAME *name = X509_NAME_new();

    for (; *pairs; pairs += 2) {
        ck_assert(X509_NAME_add_entry_by_txt(name, pairs[0], MBSTRING_UTF8,
                                             (const unsigned char *)pairs[1], -1, -1, 0));
    }
    sk_X509_NAME_push(SSL_CTX_get_client_CA_list(ctx), name);
}

/* The names in one line, and how many are left out. */
static const char *names(int most)
{
    cc_trust_t *trust = NULL;
    const apr_array_header_t *texts;
    int more = -1;

    ck_assert_int_eq(cc_trust_create(&trust, ctx, pool, NULL), APR_SUCCESS);
    texts = cc_trust_ca_names(trust, most, &more, pool);
    return apr_psprintf(pool, "%s + %d", apr_array_pstrcat(pool, texts, '|'), more);
}

static const struct {
    const char *name[9];
    const char *text;
} forms[] = {
    {{"O", "Example", "CN", "Staff CA"}, "Staff CA, Example + 0"},
    {{"CN", "Root"}, "Root + 0"},
    {{"CN", "outer", "CN", "inner", "O", "A", "OU", "x"}, "inner, A + 0"},
    {{"C", "DE", "O", "Example", "OU", "Trust"}, "OU=Trust,O=Example,C=DE + 0"},
    {{"O",
      "B\xC3\xBC"
      "ro",
      "CN", "\xC3\x84"},
     "\xC3\x84, B\xC3\xBCro + 0"},
    {{"CN", "a\xE2\x80\xAE"
            "b"},
     "a\\xE2\\x80\\xAEb + 0"},
    {{"O", "B\xC3\xBC"}, "O=B\xC3\xBC + 0"},
    {{NULL}, " + 0"},
};

TEST_LOOP(a_name_is_shown_as_people_know_it, 0, COUNT(forms))
{
    name_add(forms[_i].name);
    ck_assert_str_eq(names(20), forms[_i].text);
}

TEST(the_list_is_bounded_and_has_each_text_once)
{
    static const char *const values[] = {"A", "B", "A", "C", "D"};

    ck_assert_str_eq(names(3), " + 0");
    for (size_t i = 0; i < COUNT(values); i++) {
        name_add((const char *const[]){"CN", values[i], "OU", i == 2 ? "x" : "y", NULL});
    }
    ck_assert_str_eq(names(20), "A|B|C|D + 0");
    ck_assert_str_eq(names(3), "A|B|C + 1");
    ck_assert_str_eq(names(2), "A|B + 3");
}

SUITE("ca names", .setup = setup, .teardown = teardown);
