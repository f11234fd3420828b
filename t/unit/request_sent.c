/* SPDX-License-Identifier: Apache-2.0 */
/* Tests the headers that are made of a client's certificate, user and groups for back ends. */
#include <string.h>

#include <apr_strings.h>

#include "fakehttpd.h"
#include "httpd/request/sent.h"
#include "ruleset.h"
#include "suite.h"

static apr_pool_t *pool;
static cc_client_t client;
static STACK_OF(X509) * above; /* the path that the source gives; NULL: none */
static int verifications;

static STACK_OF(X509) * path(const cc_client_t *asked, struct conn_rec *c)
{
    (void)c;
    ck_assert_ptr_eq(asked, &client);
    verifications++;
    return above ? X509_chain_up_ref(above) : NULL;
}

static const cc_client_source_t source = {.path = path}, pathless = {.path = NULL};

static void setup(void)
{
    apr_pool_create(&pool, NULL);
    memset(&client, 0, sizeof(client));
    client.source = &source;
    client.cert = ruleset_certificate(ruleset_alice, pool);
    client.facts = ruleset_facts;
    above = NULL;
    verifications = 0;
}

static void teardown(void)
{
    sk_X509_free(above);
    apr_pool_destroy(pool);
}

SUITE("sent", .setup = setup, .teardown = teardown);

static const cc_sent_t *sent_by(const char *rules, const cc_forward_cert_t *cert,
                                const cc_forward_identity_t *identity)
{
    cc_sent_query_t query = {.cert = cert, .identity = identity, .client = &client, .pool = pool};

    if (rules) {
        query.verdict = cc_rules_evaluate(ruleset_compile(rules, pool), client.cert, &ruleset_facts,
                                          NULL, pool, pool);
    }
    return cc_sent_make(&query, pool);
}

/* "NAME: VALUE" in lines; of certificates, the beginning of the value. "-": nothing at all. */
static const char *text_of(const cc_sent_t *sent)
{
    const char *text = sent ? "" : "-";

    for (int i = 0; sent && i < sent->count; i++) {
        const cc_sent_header_t *header = &sent->at[i];
        int most = header->value[0] == ':' ? 4 : 99;

        text = apr_psprintf(pool, "%s%s: %.*s\n", text, header->name, most, header->value);
    }
    return text;
}

static const cc_forward_identity_t both = {.user = "X-User", .groups = "X-Groups"};
static const cc_forward_identity_t user_alone = {.user = "X-User"};
static const cc_forward_identity_t groups_alone = {.groups = "X-Groups"};

static cc_forward_cert_t rfc9440(const char *chain, int max)
{
    return (cc_forward_cert_t){.format = cc_forward_format_find("rfc9440"),
                               .header = "Client-Cert",
                               .chain = chain,
                               .sends_chain = chain != NULL,
                               .max = max};
}

/* ---- the identity ---------------------------------------------------------------------------- */

static const struct {
    const char *rules;
    const cc_forward_identity_t *identity;
    const char *text;
} identities[] = {
    {"user=alice\ngroup=a,b\ngroup=c", &both, "X-User: alice\nX-Groups: a\\,b,c\n"},
    {"user=alice\ngroup=a", &user_alone, "X-User: alice\n"},
    {"user=alice\ngroup=a", &groups_alone, "X-Groups: a\n"},
    {"user=alice", &both, "X-User: alice\n"},
    {"user=\xC3\xA9", &both, "X-User: \xC3\xA9\n"},
    {"group=a", &both, "X-Groups: a\n"},
    {"group=a", &user_alone, "-"},
    {"subject.CN =~ \"(x*)\" user=$1 group=$1", &both, "-"},
    {"subject.CN == Bob user=b", &both, "-"},
    {"user=alice\ndeny", &both, "-"},
    {NULL, &both, "-"},
};

TEST_LOOP(the_user_and_the_groups_are_sent_if_there_are_any, 0, COUNT(identities))
{
    ck_assert_str_eq(text_of(sent_by(identities[_i].rules, NULL, identities[_i].identity)),
                     identities[_i].text);
}

/* ---- the certificate ------------------------------------------------------------------------- */

TEST(a_certificate_is_sent_without_rules_or_with_an_identity)
{
    cc_forward_cert_t cert = rfc9440(NULL, 8000);

    ck_assert_str_eq(text_of(sent_by(NULL, &cert, NULL)), "Client-Cert: :MII\n");
    ck_assert_str_eq(text_of(sent_by("user=a", &cert, NULL)), "Client-Cert: :MII\n");
    ck_assert_str_eq(text_of(sent_by("group=g", &cert, &both)), "Client-Cert: :MII\nX-Groups: g\n");
    ck_assert_str_eq(text_of(sent_by("subject.CN == Bob user=b", &cert, &both)), "-");
    ck_assert_str_eq(text_of(sent_by("user=a\ndeny", &cert, &both)), "-");
}

TEST(off_sends_the_identity_alone)
{
    static const cc_forward_cert_t off = {.format = NULL};

    ck_assert_str_eq(text_of(sent_by("user=a", &off, &both)), "X-User: a\n");
    ck_assert_str_eq(text_of(sent_by("user=a", &off, NULL)), "-");
}

TEST(the_chain_is_sent_if_there_is_a_path)
{
    cc_forward_cert_t cert = rfc9440("X-Chain", 8000);

    ck_assert_str_eq(text_of(sent_by(NULL, &cert, NULL)), "Client-Cert: :MII\n");
    above = sk_X509_new_null();
    ck_assert_str_eq(text_of(sent_by(NULL, &cert, NULL)), "Client-Cert: :MII\n");
    sk_X509_push(above, cc_cert_x509(client.cert));
    ck_assert_str_eq(text_of(sent_by(NULL, &cert, NULL)), "Client-Cert: :MII\nX-Chain: :MII\n");
    ck_assert_int_eq(verifications, 3);
    client.source = &pathless;
    ck_assert_str_eq(text_of(sent_by(NULL, &cert, NULL)), "Client-Cert: :MII\n");
}

TEST(no_path_is_built_for_a_chain_that_is_not_sent)
{
    cc_forward_cert_t cert = rfc9440(NULL, 8000);

    sent_by(NULL, &cert, NULL);
    ck_assert_int_eq(verifications, 0);
}

/* ---- long values ----------------------------------------------------------------------------- */

static const char *fault_of(const char *rules, const cc_forward_cert_t *cert)
{
    const cc_sent_t *sent = sent_by(rules, cert, &both);

    ck_assert_int_eq(sent->count, 0);
    return sent->fault;
}

TEST(a_value_that_is_too_long_is_a_fault_and_nothing_is_sent)
{
    cc_forward_cert_t cert = rfc9440(NULL, 256), fits = rfc9440(NULL, 8000);
    apr_size_t len = strlen(sent_by(NULL, &fits, NULL)->at[0].value);

    ck_assert_pstr_eq(fault_of("user=a", &cert),
                      apr_psprintf(pool,
                                   "the header Client-Cert would have %d octets, which is more "
                                   "than max=256 of ClientCertForward",
                                   (int)len));
    cert.max = (int)len;
    ck_assert_str_eq(text_of(sent_by("user=a", &cert, NULL)), "Client-Cert: :MII\n");
    cert.max--;
    ck_assert_ptr_nonnull(fault_of("user=a", &cert));
}

/* A connection has many results, each as long as the connection. */
TEST_LOOP(a_result_keeps_the_values_alone, 0, 2)
{
    static const char *const formats[] = {"rfc9440", "pem-url"};
    cc_forward_cert_t cert = rfc9440(NULL, 8000);
    cc_sent_query_t query = {.cert = &cert, .client = &client, .pool = pool};
    const char *before, *after;
    const cc_sent_t *sent;
    apr_pool_t *kept;
    size_t len;

    cert.format = cc_forward_format_find(formats[_i]);
    apr_pool_create(&kept, pool);
    before = apr_palloc(kept, 8);
    sent = cc_sent_make(&query, kept);
    after = apr_palloc(kept, 8);
    len = strlen(sent->at[0].value);
    ck_assert_int_ge(len, 500);
    ck_assert_ptr_eq(sent->at[0].value + (len + 8) / 8 * 8, after);
    ck_assert_int_le(after - before, (int)(len + sizeof(*sent) + 32));
}

static const struct {
    const char *rules;
    const cc_forward_identity_t *identity;
    const char *fault; /* NULL: none */
} spaced[] = {
    {"user='alice '", &both, "the user \"alice \" begins or ends with a space"},
    {"user=' alice'", &user_alone, "the user \" alice\" begins or ends with a space"},
    {"user=' '", &both, "the user \" \" begins or ends with a space"},
    {"user=alice\ngroup=a\ngroup='b '", &both, "the group \"b \" begins or ends with a space"},
    {"group=' b'\ngroup=a", &groups_alone, "the group \" b\" begins or ends with a space"},
    {"user='a b'\ngroup='c d'", &both, NULL},
    {"user='alice '\ngroup=a", &groups_alone, NULL},
    {"user=alice\ngroup=' a'", &user_alone, NULL},
};

TEST_LOOP(a_space_that_a_header_would_lose_is_a_fault, 0, COUNT(spaced))
{
    cc_forward_cert_t cert = rfc9440(NULL, 8000);
    const cc_sent_t *sent = sent_by(spaced[_i].rules, &cert, spaced[_i].identity);

    ck_assert_ptr_nonnull(sent);
    ck_assert_int_eq(sent->count == 0, spaced[_i].fault != NULL);
    ck_assert_int_eq(sent->fault != NULL, spaced[_i].fault != NULL);
    if (spaced[_i].fault) {
        ck_assert_ptr_nonnull(strstr(sent->fault, spaced[_i].fault));
    }
}

TEST(without_a_certificate_the_usual_limit_applies)
{
    char rule[6 + CC_FORWARDING_MAX + 2] = "user=";

    memset(rule + 5, 'u', CC_FORWARDING_MAX);
    ck_assert_int_eq(sent_by(rule, NULL, &both)->count, 1);
    rule[5 + CC_FORWARDING_MAX] = 'u';
    ck_assert_ptr_nonnull(strstr(fault_of(rule, NULL), "would have 8001 octets"));
}
