/* SPDX-License-Identifier: Apache-2.0 */
/* Tests how Envoy's header is read, and that no certificate can break the one that is written. */
#include <string.h>

#include <apr_strings.h>

#include "certs.h"
#include "forwardset.h"
#include "suite.h"

/* ---- reading --------------------------------------------------------------------------------- */

static const forwardset_case_t elements[] = {
    {"Hash={a:sha256};Cert=\"{a:url}\";Subject=\"CN=alice\";URI=", NULL, "a", NULL, false},
    {"By=spiffe://x/y;Hash={a:sha256};Cert=\"{a:url}\";Chain=\"{a:url}{c:url}\";Subject=\"\";"
     "URI=spiffe://x/z?a=b;DNS=a.test;DNS=b.test",
     NULL, "a+c", NULL, false},
    {"Chain=\"{a:url}{b:url}{c:url}\"", NULL, "a+bc", NULL, false},
    {"Chain=\"{a:url}\"", NULL, "a", NULL, true},
    {"Chain=\"{a:url}{c:url}\"", NULL, "CC0483", "chain=on", true},
    {"Cert={a:url}", NULL, "a", NULL, false},
    {"CERT=\"{a:url}\";hash={a:sha256}", NULL, "a", NULL, false},
    {"cert=\"{a:aws}\"", NULL, "a", NULL, false},

    /* the last element counts */
    {"Cert=\"{b:url}\",Cert=\"{a:url}\"", NULL, "a", NULL, false},
    {"Cert=\"{b:url}\", Cert=\"{a:url}\"", NULL, "CC0476", "several headers", false},
    {"Cert=\"{b:url}\",\tCert=\"{a:url}\"", NULL, "CC0476", "several headers", false},
    {"Cert=\"{b:url}\", x=y,Cert=\"{a:url}\"", NULL, "CC0476", "several headers", false},
    {"Subject=\"a, b\";Cert=\"{a:url}\"", NULL, "a", NULL, false},
    {"By=x;Hash=1,By=y;Hash=2,Cert=\"{a:url}\"", NULL, "a", NULL, false},
    {"Cert=\"{b:url}\";Chain=\"{b:url}{c:url}\",Cert=\"{a:url}\"", NULL, "a", NULL, false},
    {"Cert=\"{a:url}\",By=x;Hash={a:sha256}", NULL, "CC0477", "cert: true", false},
    {"Cert=\"{a:url}\",Cert=\"x\"", NULL, "CC0480", NULL, false},
    {"Cert=\"{a:url}\",", NULL, "CC0476", "a key", false},
    {",Cert=\"{a:url}\"", NULL, "CC0476", "a key", false},
    {"Cert=\"{b:url}\",,Cert=\"{a:url}\"", NULL, "CC0476", "a key", false},

    /* quotes */
    {"Subject=\"CN=\\\",Cert=\\\"{b:url}\\\"\";Cert=\"{a:url}\"", NULL, "a", NULL, false},
    {"Subject=\"a\\\\\";Cert=\"{a:url}\"", NULL, "a", NULL, false},
    {"Subject=\"a,b;c=d\";Cert=\"{a:url}\"", NULL, "a", NULL, false},
    {"Cert=\"{a:url}\";Subject=\"a\\\";Cert=\\\"{b:url}\"", NULL, "a", NULL, false},
    {"Cert=\"{a:url}\";Subject=\"a\\\"", NULL, "CC0476", "does not end", false},
    {"Cert=\"{a:url}\";Subject=\"a", NULL, "CC0476", "does not end", false},
    {"Cert=\"{a:url}\";Subject=\"a\\", NULL, "CC0476", "does not end", false},
    {"Cert=\"{a:url}\";Subject=\"a\"b", NULL, "CC0476", "as a whole", false},
    {"Cert=\"{a:url}\" ", NULL, "CC0476", "as a whole", false},
    {"Cert=\"{a:url}\";Subject=a\"b\"", NULL, "CC0476", "as a whole", false},
    {"x=\",Cert=\"{a:url}\"", NULL, "CC0476", "as a whole", false}, /* the client's quote */
    {"x=\"\\,Cert=\"{a:url}\"", NULL, "CC0476", "as a whole", false},
    {"Cert=\"\\{a:url}\"", NULL, "a", NULL, false},
    {"Cert=\\{a:url}", NULL, "CC0480", NULL, false},
    {"x=\"a\\\\\",Cert=\"{a:url}\"", NULL, "a", NULL, false},

    /* keys */
    {"{a:url}", NULL, "CC0476", "a key", false},
    {"Cert", NULL, "CC0476", "a key", false},
    {"=x", NULL, "CC0476", "a key", false},
    {"Cert=\"{a:url}\";", NULL, "CC0476", "a key", false},
    {";Cert=\"{a:url}\"", NULL, "CC0476", "a key", false},
    {"Cert=\"{a:url}\"; Hash={a:sha256}", NULL, "CC0476", "a key", false},
    {" Cert=\"{a:url}\"", NULL, "CC0476", "a key", false},
    {"\"Cert\"=\"{a:url}\"", NULL, "CC0476", "a key", false},
    {"Cert=\"{a:url}\";Cert=\"{a:url}\"", NULL, "CC0476", "twice", false},
    {"Cert=\"{a:url}\";cert=\"{b:url}\"", NULL, "CC0476", "twice", false},
    {"Chain=\"{a:url}\";Chain=\"{b:url}\"", NULL, "CC0476", "twice", false},
    {"Hash=1;Hash={a:sha256};Cert=\"{a:url}\"", NULL, "CC0476", "twice", false},
    {"By=x;By=y;URI=x;URI=y;Cert=\"{a:url}\"", NULL, "a", NULL, false},
    {"H=x;C=y;Ce=z;Cert=\"{a:url}\"", NULL, "a", NULL, false},
    {"Key1=x;Cert=\"{a:url}\"", NULL, "CC0476", "a key", false},
    {"Certs=\"{a:url}\"", NULL, "CC0477", "no Cert and no Chain", false},

    /* values that contradict each other */
    {"Cert=\"{a:url}\";Chain=\"{b:url}{c:url}\"", NULL, "CC0478", "Chain is not", false},
    {"Cert=\"{b:url}\";Chain=\"{a:url}{b:url}\"", NULL, "CC0478", "Chain is not", false},
    {"Cert=\"{a:url}{c:url}\"", NULL, "CC0478", "several", false},
    {"Cert=\"{a:url}{c:url}\";Chain=\"{a:url}\"", NULL, "CC0478", "several", false},
    {"Hash={b:sha256};Cert=\"{a:url}\"", NULL, "CC0478", "\": Hash is not", false},
    {"Hash=;Cert=\"{a:url}\"", NULL, "CC0478", "Hash is not", false},
    {"Hash={a:sha256}0;Cert=\"{a:url}\"", NULL, "CC0478", "Hash is not", false},
    {"Hash={b:sha256};Chain=\"{a:url}\"", NULL, "CC0478", "Hash is not", false},
    {"Hash=\"{a:sha256}\";Cert=\"{a:url}\"", NULL, "a", NULL, false},

    /* values that are no certificate */
    {"Cert=\"\"", NULL, "CC0480", NULL, false},
    {"Cert=", NULL, "CC0480", NULL, false},
    {"Cert=\"{a:folded}\"", NULL, "CC0479", NULL, false},
    {"Cert=\"{a:url}\";Chain=\"\"", NULL, "CC0480", NULL, false},
    {"Cert=\"{a:url}\";Chain=\"{a:url}x\"", NULL, "CC0480", NULL, false},
    {"Cert=\"{a}\"", NULL, "CC0480", NULL, false},
    {"{a}", NULL, "CC0476", "\"ClientCertHeader der header=X-Forwarded-Client-Cert\"", false}};

TEST_LOOP(xfcc_is_read_to_its_last_element, 0, COUNT(elements))
{
    forwardset_check("xfcc", &elements[_i]);
}

TEST(a_client_cannot_move_the_last_element)
{
    static const char *const starts[] = {"x=\"", "x=\"\\", "x=\\",       "x=\"\"\"",
                                         "\"",   "x",      "x=\"y\";",   "Cert=\"",
                                         "x=;",  ",",      "x=\"a\\\\\\"};
    cc_forwarded_certs_t certs;

    for (int i = 0; i < COUNT(starts); i++) {
        const char *value = forwardset_text(
            apr_pstrcat(forward_pool, starts[i],
                        "{b:url},Hash={a:sha256};Cert=\"{a:url}\";Subject=\"CN=a\"", NULL));

        if (!cc_forward_read(&certs, cc_forward_format_find("xfcc"), value, NULL, true,
                             forward_pool, NULL))
            ck_assert_msg(!X509_cmp(certs.leaf, forward_alice.cert), "%s", starts[i]);
    }
}

/* ---- writing --------------------------------------------------------------------------------- */

static const char *written(X509 *leaf, STACK_OF(X509) * chain)
{
    cc_forward_values_t values = {NULL, NULL};

    ck_assert_int_eq(
        cc_forward_write(&values, cc_forward_format_find("xfcc"), leaf, chain, forward_pool, NULL),
        APR_SUCCESS);
    ck_assert(!values.chain_value);
    return values.value;
}

TEST(an_element_is_written_as_envoy_does)
{
    STACK_OF(X509) *chain = sk_X509_new_null();

    ck_assert_str_eq(written(forward_alice.cert, NULL),
                     forwardset_text("Hash={a:sha256};Cert=\"{a:url}\";Subject=\"CN=alice\""));
    sk_X509_push(chain, forward_ca.cert);
    ck_assert_str_eq(written(forward_alice.cert, chain),
                     forwardset_text("Hash={a:sha256};Cert=\"{a:url}\";Chain=\"{a:url}{c:url}\";"
                                     "Subject=\"CN=alice\""));
    sk_X509_free(chain);
}

/* The Subject and what follows, of a certificate with this common name and alternative names. */
static const char *subject_of(int tag, const void *cn, int len, const char *san)
{
    const certs_attribute_t subject[] = {
        {"O", V_ASN1_UTF8STRING, CERTS_OCTETS("X"), 0}, {"CN", tag, {cn, len}, 0}, {0}};
    const certs_extension_t extensions[] = {{"subjectAltName", {0}, san}, {0}};
    const certs_spec_t spec = {.subject = subject, .extensions = san ? extensions : NULL};
    X509 *cert = certs_x509(&spec);
    const char *text = written(cert, NULL);

    X509_free(cert);
    for (const char *at = text; *at; at++)
        ck_assert(*at >= 0x20 && *at <= 0x7E);
    text = strstr(text, ";Subject=");
    ck_assert(text != NULL);
    return text;
}

#define SUBJECT(literal) subject_of(V_ASN1_UTF8STRING, literal, (int)sizeof(literal) - 1, NULL)

TEST(nothing_in_a_subject_ends_its_quotes)
{
    ck_assert_str_eq(SUBJECT("a\"b"), ";Subject=\"CN=a\\22b,O=X\"");
    ck_assert_str_eq(SUBJECT("a\\"), ";Subject=\"CN=a\\5C,O=X\"");
    ck_assert_str_eq(SUBJECT("a\\\""), ";Subject=\"CN=a\\5C\\22,O=X\"");
    ck_assert_str_eq(SUBJECT("a\";Cert=\"b"), ";Subject=\"CN=a\\22\\3BCert=\\22b,O=X\"");
    ck_assert_str_eq(SUBJECT("a,b+c<d>#"), ";Subject=\"CN=a\\2Cb\\2Bc\\3Cd\\3E#,O=X\"");
    ck_assert_str_eq(SUBJECT("#a "), ";Subject=\"CN=\\23a\\20,O=X\"");
    ck_assert_str_eq(SUBJECT(" a"), ";Subject=\"CN=\\20a,O=X\"");
    ck_assert_str_eq(SUBJECT("a\r\nb\0c\x7f\t"), ";Subject=\"CN=a\\0D\\0Ab\\00c\\7F\\09,O=X\"");
    ck_assert_str_eq(SUBJECT("\xc3\xa4"), ";Subject=\"CN=\\C3\\A4,O=X\"");
    ck_assert_str_eq(SUBJECT(""), ";Subject=\"CN=,O=X\"");
}

TEST(values_of_unknown_attributes_are_written_in_hex)
{
    const certs_attribute_t subject[] = {{"1.2.3.4", V_ASN1_UTF8STRING, CERTS_OCTETS("a\",b"), 0},
                                         {0}};
    X509 *cert = certs_x509(&(certs_spec_t){.subject = subject});

    ck_assert_str_eq(strstr(written(cert, NULL), ";Subject="),
                     ";Subject=\"1.2.3.4=#0C0461222C62\"");
    X509_free(cert);
}

TEST(uris_are_written_if_they_are_some)
{
    ck_assert_str_eq(subject_of(V_ASN1_UTF8STRING, "a", 1, "URI:spiffe://x/y,DNS:a.test"),
                     ";Subject=\"CN=a,O=X\";URI=spiffe://x/y");
    ck_assert_str_eq(subject_of(V_ASN1_UTF8STRING, "a", 1, "URI:a:1,URI:b:2?c=d"),
                     ";Subject=\"CN=a,O=X\";URI=a:1;URI=\"b:2?c=d\"");
    ck_assert_str_eq(subject_of(V_ASN1_UTF8STRING, "a", 1, "URI:a:;Cert=x"),
                     ";Subject=\"CN=a,O=X\";URI=\"a:;Cert=x\"");
    ck_assert_str_eq(subject_of(V_ASN1_UTF8STRING, "a", 1, "URI:a:\"b,URI:a:\\b,URI:a b,URI:a:c"),
                     ";Subject=\"CN=a,O=X\";URI=a:c");
    ck_assert_str_eq(subject_of(V_ASN1_UTF8STRING, "a", 1, "URI:a:\x01,URI:\xc3\xa4"),
                     ";Subject=\"CN=a,O=X\"");
}

/* ---- errors of writing, for all formats ------------------------------------------------------ */

TEST(a_format_that_can_only_be_read_is_not_written)
{
    cc_forward_values_t values = {NULL, NULL};
    cc_error_t err = {0};

    ck_assert_int_eq(cc_forward_write(&values, cc_forward_format_find("alb"), forward_alice.cert,
                                      NULL, forward_pool, &err),
                     APR_EINVAL);
    ck_assert_str_eq(cc_error_text(&err, forward_pool),
                     "CC0484: \"alb\": this format can only be read; use rfc9440, xfcc, pem-url, "
                     "pem-bare or der");
}

TEST(a_chain_is_as_long_as_can_be_read)
{
    STACK_OF(X509) *chain = sk_X509_new_null();
    cc_forward_values_t values = {NULL, NULL};
    cc_error_t err = {0};

    for (int i = 0; i < CC_FORWARD_CHAIN_MAX; i++)
        sk_X509_push(chain, forward_ca.cert);
    ck_assert_int_eq(cc_forward_write(&values, cc_forward_format_find("rfc9440"),
                                      forward_alice.cert, chain, forward_pool, &err),
                     APR_SUCCESS);
    sk_X509_push(chain, forward_ca.cert);
    ck_assert_int_eq(cc_forward_write(&values, cc_forward_format_find("rfc9440"),
                                      forward_alice.cert, chain, forward_pool, &err),
                     APR_EINVAL);
    ck_assert_str_eq(err.tag, "CC0484");
    sk_X509_free(chain);
}

SUITE("forward_xfcc", .setup = forwardset_begin, .teardown = forwardset_end, .timeout = 60);
