/* SPDX-License-Identifier: Apache-2.0 */
/* Tests what each format allows, and that everything else is an error. */
#include <string.h>

#include <apr_strings.h>

#include <openssl/evp.h>

#include "forwardset.h"
#include "suite.h"

/* ---- the list of formats --------------------------------------------------------------------- */

TEST(formats_are_found_by_their_names_in_any_case)
{
    ck_assert_str_eq(cc_forward_format_find("rfc9440")->header, "Client-Cert");
    ck_assert_str_eq(cc_forward_format_find("RFC9440")->chain_header, "Client-Cert-Chain");
    ck_assert_str_eq(cc_forward_format_find("Xfcc")->header, "X-Forwarded-Client-Cert");
    ck_assert(!cc_forward_format_find("xfcc")->chain_header);
    ck_assert(!cc_forward_format_find("rfc"));
    ck_assert(!cc_forward_format_find(""));
    ck_assert(!cc_forward_format_find("rfc94400"));
}

TEST(the_usual_name_of_each_format_is_one_of_certificates)
{
    static const char *const names[] = {"rfc9440", "xfcc", "pem-url", "pem-bare", "der", "alb"};

    for (int i = 0; i < COUNT(names); i++) {
        const cc_forward_format_t *format = cc_forward_format_find(names[i]);

        ck_assert(cc_header_is_of_certificates(format->header));
        ck_assert(!format->chain_header || cc_header_is_of_certificates(format->chain_header));
    }
}

TEST(the_names_are_listed)
{
    ck_assert_str_eq(cc_forward_format_names(false, forward_pool),
                     "rfc9440, xfcc, pem-url, pem-bare, der or alb");
    ck_assert_str_eq(cc_forward_format_names(true, forward_pool),
                     "rfc9440, xfcc, pem-url, pem-bare or der");
}

/* ---- what all formats have in common --------------------------------------------------------- */

static const struct {
    const char *format, *good;
} formats[] = {{"rfc9440", ":{a}:"},   {"xfcc", "Cert=\"{a:url}\""},
               {"pem-url", "{a:url}"}, {"pem-bare", "{a}"},
               {"der", "{a}"},         {"alb", "{a:url}"}};

static const forwardset_case_t placeholders[] = {
    {"", NULL, "CC0473", "the header is empty", false},
    {"(null)", NULL, "CC0473", "\"(null)\": httpd sends this", false},
    {"-", NULL, "CC0473", "no value", false},
    {"{http.request.tls.client.certificate_der_base64}", NULL, "CC0473", "placeholder of Caddy",
     false}};

TEST_LOOP(a_text_in_place_of_a_certificate_is_named, 0, COUNT(formats))
{
    for (int i = 0; i < COUNT(placeholders); i++)
        forwardset_check(formats[_i].format, &placeholders[i]);
}

TEST_LOOP(a_header_of_64_kib_is_read_and_a_longer_one_is_not, 0, COUNT(formats))
{
    char *text = apr_palloc(forward_pool, CC_FORWARD_VALUE_MAX + 2);
    cc_forwarded_certs_t certs;
    cc_error_t err = {0};

    memset(text, ':', CC_FORWARD_VALUE_MAX + 1);
    text[CC_FORWARD_VALUE_MAX + 1] = '\0';
    cc_forward_read(&certs, cc_forward_format_find(formats[_i].format), text, NULL, true,
                    forward_pool, &err);
    ck_assert_str_eq(err.tag, "CC0474");
    cc_forward_read(&certs, cc_forward_format_find(formats[_i].format), text + 1, NULL, true,
                    forward_pool, &err);
    ck_assert_str_ne(err.tag, "CC0474");
}

/* Any cut, and any octet more at either end. */
TEST_LOOP(a_value_that_was_cut_or_has_more_is_an_error, 0, COUNT(formats))
{
    const cc_forward_format_t *format = cc_forward_format_find(formats[_i].format);
    const char *good = forwardset_text(formats[_i].good);
    cc_forwarded_certs_t certs;
    bool is_pem = strstr(good, "END%20");

    for (apr_size_t len = 0; len < strlen(good); len++) {
        const char *cut = apr_pstrmemdup(forward_pool, good, len);

        if (is_pem && strlen(good) - len == 3)
            continue; /* without its last line end, PEM is whole */
        ck_assert_msg(cc_forward_read(&certs, format, cut, NULL, true, forward_pool, NULL), "%s",
                      cut);
    }
    for (int octet = 1; octet < 256; octet++) {
        char more[2] = {(char)octet, '\0'};

        ck_assert(cc_forward_read(&certs, format, apr_pstrcat(forward_pool, more, good, NULL), NULL,
                                  true, forward_pool, NULL));
        ck_assert(cc_forward_read(&certs, format, apr_pstrcat(forward_pool, good, more, NULL), NULL,
                                  true, forward_pool, NULL));
    }
}

TEST_LOOP(a_value_in_another_format_is_recognized, 0, COUNT(formats))
{
    static const struct {
        const char *value, *format;
    } others[] = {{"{a}", "ClientCertHeader der header="},
                  {":{a}:", "ClientCertHeader rfc9440 header="},
                  {"{a:url}", "ClientCertHeader pem-url header="},
                  {"{a:tabs}", "ClientCertHeader pem-url header="},
                  {"Hash={a:sha256};Cert=\"{a:url}\"", "ClientCertHeader xfcc header="}};
    const cc_forward_format_t *format = cc_forward_format_find(formats[_i].format);
    cc_forwarded_certs_t certs;

    for (int i = 0; i < COUNT(others); i++) {
        cc_error_t err = {0};

        if (cc_forward_read(&certs, format, forwardset_text(others[i].value), NULL, true,
                            forward_pool, &err)) {
            ck_assert_msg(strstr(err.message, others[i].format), "%s", err.message);
            ck_assert_msg(strstr(err.message, format->header), "%s", err.message);
        }
    }
}

TEST(several_certificates_are_not_called_a_value_in_another_format)
{
    cc_forwarded_certs_t certs;
    cc_error_t err = {0};

    cc_forward_read(&certs, cc_forward_format_find("rfc9440"), forwardset_text("{ab}"), NULL, true,
                    forward_pool, &err);
    ck_assert_str_eq(err.tag, "CC0475");
    ck_assert(!strstr(err.message, "This value is"));
}

/* BER: the length of the outer SEQUENCE has an octet more. OpenSSL reads it. */
TEST(a_certificate_must_be_der)
{
    unsigned char octets[4096], *der = octets + 1;
    const unsigned char *at = octets;
    cc_forwarded_certs_t certs;
    cc_error_t err = {0};
    int len = i2d_X509(forward_alice.cert, &der) + 1;
    char *text = apr_palloc(forward_pool, 2 * sizeof(octets));
    X509 *cert;

    ck_assert_int_eq(octets[2], 0x82);
    memcpy(octets, "\x30\x83\x00", 3);
    cert = d2i_X509(NULL, &at, len);
    ck_assert(cert && at == octets + len && !X509_cmp(cert, forward_alice.cert));
    X509_free(cert);
    EVP_EncodeBlock((unsigned char *)text, octets, len);
    ck_assert_int_eq(cc_forward_read(&certs, cc_forward_format_find("der"), text, NULL, true,
                                     forward_pool, &err),
                     APR_EINVAL);
    ck_assert_str_eq(err.tag, "CC0482");
}

/* ---- the formats ----------------------------------------------------------------------------- */

static const forwardset_case_t rfc9440[] = {
    {":{a}:", NULL, "a", NULL, false},
    {":{a}:", NULL, "a", NULL, true},
    {":{a}:", "", "a", NULL, false},
    {":{a}:", ":{b}:", "a+b", NULL, false},
    {":{a}:", ":{b}:, :{c}:", "a+bc", NULL, false},
    {":{a}:", ":{b}:,:{c}: \t, \t:{a}:", "a+bca", NULL, false},
    {"{a}", NULL, "CC0475", "a byte sequence must begin here", false},
    {":{a}", NULL, "CC0475", "does not end with", false},
    {":{a}:;x=1", NULL, "CC0475", "more after", false},
    {":{a}:;x", NULL, "CC0475", "more after", false},
    {"(:{a}:)", NULL, "CC0475", NULL, false},
    {"\":{a}:\"", NULL, "CC0475", NULL, false},
    {"::", NULL, "CC0481", NULL, false},
    {":", NULL, "CC0475", NULL, false},
    {": {a}:", NULL, "CC0481", NULL, false},
    {":{a} :", NULL, "CC0481", NULL, false},
    {":{a0}:", NULL, "CC0482", "octets after", false},
    {":{ab}:", NULL, "CC0482", "octets after", false},
    {":{a}:, :{b}:", NULL, "CC0483", "chain is in a header of its own", false},
    {":{a}:,", NULL, "CC0475", NULL, false},
    {":{a}:", ":{b}:,", "CC0475", "in the header of the chain: ", false},
    {":{a}:", ",:{b}:", "CC0475", "in the header of the chain: ", false},
    {":{a}:", ":{b}: :{c}:", "CC0475", "in the header of the chain: ", false},
    {":{a}:", "(null)", "CC0473", "in the header of the chain: httpd", false},
    {":{a}:", ":AAAA:", "CC0482", "in the header of the chain: ", false}};

TEST_LOOP(rfc9440_is_a_byte_sequence_and_a_list, 0, COUNT(rfc9440))
{
    forwardset_check("rfc9440", &rfc9440[_i]);
}

static const forwardset_case_t pem_url[] = {
    {"{a:url}", NULL, "a", NULL, false},
    {"{a:lower}", NULL, "a", NULL, false},
    {"{a:crlf}", NULL, "a", NULL, false},
    {"{a:aws}", NULL, "a", NULL, false},
    {"{a:folded}", NULL, "a", NULL, false},
    {"{a:tabs}", NULL, "a", NULL, false},
    {"{a:url}", "{b:url}{c:aws}", "a+bc", NULL, false},
    {"{a:url}", "{b:folded}{c:folded}", "a+bc", NULL, false},
    {"{a}", NULL, "CC0480", "PEM begins with", false},
    {"{a:url}{b:url}", NULL, "CC0483", NULL, false},
    {"{a:folded}{b:folded}", NULL, "CC0483", NULL, false},
    {"{a:url}%0A", NULL, "CC0480", NULL, false},
    {"%0A{a:url}", NULL, "CC0480", NULL, false},
    {"%20{a:url}", NULL, "CC0480", NULL, false},
    {"{a:url}%00", NULL, "CC0479", "not 00", false},
    {"{a:url}x", NULL, "CC0480", NULL, false},
    {"{a:url}%", NULL, "CC0479", "two hex digits", false},
    {"{a:url}%0", NULL, "CC0479", "two hex digits", false},
    {"{a:url}%0g", NULL, "CC0479", "two hex digits", false},
    {"{a:url}%g0", NULL, "CC0479", "two hex digits", false},
    {"{a:url} ", NULL, "CC0479", "space", false},
    {"{a:url}\x80", NULL, "CC0479", "\\x80", false},
    {"{a:folded}{b:url}", NULL, "CC0480", NULL, false},
    {"-----BEGIN+CERTIFICATE-----%0A{a}%0A-----END+CERTIFICATE-----%0A", NULL, "CC0480", NULL,
     false},
    {"-----BEGIN%20CERTIFICATE-----{a}%0A-----END%20CERTIFICATE-----", NULL, "CC0480",
     "more on the line BEGIN", false},
    {"-----BEGIN%20CERTIFICATE-----%0A{a}-----END%20CERTIFICATE-----", NULL, "CC0480", NULL, false},
    {"-----BEGIN%20CERTIFICATE-----%0A{a}%0A-----END%20CERTIFICATE-----", NULL, "a", NULL, false},
    {"-----BEGIN%20CERTIFICATE-----%0A{a}%0A-----END%20CERTIFICATE-----x", NULL, "CC0480",
     "more on the line END", false},
    {"-----BEGIN%20CERTIFICATE-----%20{a}%20-----END%20CERTIFICATE-----%20", NULL, "CC0480", NULL,
     false},
    {"-----BEGIN%20CERTIFICATE-----%20{a}%0A-----END%20CERTIFICATE-----", NULL, "CC0480", NULL,
     false},
    {"-----BEGIN "
     "CERTIFICATE-----%0A{a}%0A-----END "
     "CERTIFICATE-----%0A",
     NULL, "CC0479", "space", false},
    {"-----BEGIN%20CERTIFICATE-----%0A%0A{a}%0A-----END%20CERTIFICATE-----", NULL, "CC0480", NULL,
     false},
    {"-----BEGIN%20CERTIFICATE-----%0A{a}%0A%0A-----END%20CERTIFICATE-----", NULL, "CC0480", NULL,
     false},
    {"-----BEGIN%20CERTIFICATE-----%0A{a}%20%0A-----END%20CERTIFICATE-----", NULL, "CC0481", NULL,
     false},
    {"-----BEGIN%20CERTIFICATE-----%0A%20{a}%0A-----END%20CERTIFICATE-----", NULL, "CC0481", NULL,
     false},
    {"-----BEGIN%20CERTIFICATE-----%0D{a}%0D-----END%20CERTIFICATE-----", NULL, "CC0480", NULL,
     false},
    {"-----BEGIN%20CERTIFICATE-----%0AKey:%20value%0A%0A{a}%0A-----END%20CERTIFICATE-----", NULL,
     "CC0480", NULL, false},
    {"-----BEGIN%20CERTIFICATE-----%0A-----END%20CERTIFICATE-----", NULL, "CC0481", NULL, false},
    {"-----BEGIN%20CERTIFICATE-----%0A{ab}%0A-----END%20CERTIFICATE-----", NULL, "CC0482",
     "octets after", false},
    {"-----BEGIN%20X509%20CERTIFICATE-----%0A{a}%0A-----END%20X509%20CERTIFICATE-----", NULL,
     "CC0480", NULL, false},
    {"-----BEGIN%20CERTIFICATE-----%0A{a}%0A-----END%20X509%20CERTIFICATE-----", NULL, "CC0480",
     NULL, false},
    {"-----begin%20certificate-----%0A{a}%0A-----end%20certificate-----", NULL, "CC0480", NULL,
     false}};

TEST_LOOP(pem_url_is_url_encoded_pem_and_nothing_else, 0, COUNT(pem_url))
{
    forwardset_check("pem-url", &pem_url[_i]);
}

static const forwardset_case_t alb[] = {
    {"{a:aws}", NULL, "a", NULL, false},
    {"{a:aws}{b:aws}{c:aws}", NULL, "a+bc", NULL, false},
    {"{a:aws}{b:aws}", NULL, "CC0483", "chain=on", true},
    {"{a:aws}", "{b:aws}", "a", NULL, false}, /* no header of a chain */
    {"{a:folded}", NULL, "CC0479", "ClientCertHeader pem-url", false}};

TEST_LOOP(alb_is_url_encoded_pem_with_the_chain_within, 0, COUNT(alb))
{
    forwardset_check("alb", &alb[_i]);
}

static const forwardset_case_t pem_bare[] = {
    {"{a}", NULL, "a", NULL, false},
    {"{a},{b},{c}", NULL, "a+bc", NULL, false},
    {"{a},{b}", NULL, "CC0483", "chain=on", true},
    {"{a},", NULL, "CC0481", NULL, false},
    {",{a}", NULL, "CC0481", NULL, false},
    {"{a}, {b}", NULL, "CC0481", NULL, false},
    {"{ab}", NULL, "CC0482", "octets after", false},
    {"{a0}", NULL, "CC0482", "octets after", false},
    {"{a:url}", NULL, "CC0481", "ClientCertHeader pem-url", false}};

TEST_LOOP(pem_bare_is_base64_with_commas, 0, COUNT(pem_bare))
{
    forwardset_check("pem-bare", &pem_bare[_i]);
}

static const forwardset_case_t der[] = {
    {"{a}", NULL, "a", NULL, false},
    {"{a}", "", "a", NULL, false},
    {"{a}", "{b}", "a+b", NULL, false},
    {"{a}", "{bcc}", "a+bcc", NULL, false},
    {"{a}", "{b},{cc}", "a+bcc", NULL, false},
    {"{a}", "{c*16}", "a+cccccccccccccccc", NULL, false},
    {"{a}", "{c*17}", "CC0482", "too many", false},
    {"{ab}", NULL, "CC0483", NULL, false},
    {"{a},{b}", NULL, "CC0483", NULL, false},
    {"{a}", "{b},", "CC0481", "in the header of the chain: ", false},
    {"{a}\n", NULL, "CC0481", "\\x0A", false},
    {"{a} ", NULL, "CC0481", NULL, false},
    {"{a}=", NULL, "CC0481", NULL, false},
    {"{a}====", NULL, "CC0481", NULL, false},
    {"{a0}", NULL, "CC0482", NULL, false},
    {"{a}", "{b0}", "CC0482", NULL, false},
    {"AAAA{a}", NULL, "CC0482", NULL, false},
    {"====", NULL, "CC0481", NULL, false},
    {"=", NULL, "CC0481", NULL, false},
    {"MA==", NULL, "CC0482", NULL, false},
    {"MB==", NULL, "CC0481", "bits", false},
    {"MAB=", NULL, "CC0481", "bits", false},
    {"MA=A", NULL, "CC0481", NULL, false},
    {"MA", NULL, "CC0481", "padding", false},
    {"MAA", NULL, "CC0481", "padding", false},
    {"MA=", NULL, "CC0481", "padding", false},
    {"M===", NULL, "CC0481", NULL, false},
    {"MA-_", NULL, "CC0481", "\"-_\"", false},
    {"aGVsbG8=", NULL, "CC0482", "not the DER", false},
    {"<certificate with a long text>", NULL, "CC0481", "\"<certificate with a ...\"", false}};

TEST_LOOP(der_is_base64_of_one_certificate, 0, COUNT(der))
{
    forwardset_check("der", &der[_i]);
}

SUITE("forward_formats", .setup = forwardset_begin, .teardown = forwardset_end, .timeout = 60);
