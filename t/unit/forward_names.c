/* SPDX-License-Identifier: Apache-2.0 */
/* Tests which names of headers are those of certificates, in which spellings. */
#include <string.h>

#include <apr_general.h>

#include "forward/forward.h"
#include "suite.h"

static apr_pool_t *pool;

static void setup(void)
{
    apr_initialize();
    apr_pool_create(&pool, NULL);
}

TEST(a_name_is_folded_to_lower_case_letters_and_digits)
{
    ck_assert_str_eq(cc_header_folded("X-SSL_Client.S!DN 2", pool), "xsslclientsdn2");
    ck_assert_str_eq(cc_header_folded("abcxyzABCXYZ0189", pool), "abcxyzabcxyz0189");
    ck_assert_str_eq(cc_header_folded("@[`{/:\x7f\x80\xe4\xff-_", pool), "");
    ck_assert_str_eq(cc_header_folded("", pool), "");
}

TEST(names_with_one_folded_form_are_the_same)
{
    ck_assert(cc_header_same("Client-Cert", "client_cert"));
    ck_assert(cc_header_same("Client-Cert", "ClientCert"));
    ck_assert(cc_header_same("Client-Cert", "_CLIENT.CERT--"));
    ck_assert(cc_header_same("", "-"));
    ck_assert(!cc_header_same("Client-Cert", "Client-Certs"));
    ck_assert(!cc_header_same("Client-Certs", "Client-Cert"));
    ck_assert(!cc_header_same("Client-Cert", "Client-Cerd"));
    ck_assert(!cc_header_same("Client-Cert", ""));
}

/* ---- names of certificates ------------------------------------------------------------------- */

static const char *const certificates[] = {"Client-Cert",
                                           "Client-Cert-Chain",
                                           "X-Forwarded-Client-Cert",
                                           "X-Forwarded-Tls-Client-Cert",
                                           "X-Forwarded-Tls-Client-Cert-Info",
                                           "ssl-client-cert",
                                           "ssl-client-verify",
                                           "ssl-client-subject-dn",
                                           "ssl-client-issuer-dn",
                                           "SSL_CLIENT_CERT",
                                           "SSL_CLIENT_S_DN",
                                           "X-SSL-Cert",
                                           "X-SSL-Client-Cert",
                                           "X-SSL-Client-Verify",
                                           "X-SSL-Client-DN",
                                           "X-SSL-Client-CN",
                                           "X-SSL-Client-SHA1",
                                           "X-SSL-Client-Not-Before",
                                           "X-SSL-Issuer",
                                           "X-SSL-Subject",
                                           "X-Client-Cert",
                                           "X-Client-Verify",
                                           "X-Client-DN",
                                           "X-Client-Cert-Present",
                                           "X-Amzn-Mtls-Clientcert",
                                           "X-Amzn-Mtls-Clientcert-Leaf",
                                           "X-Amzn-Mtls-Clientcert-Serial-Number",
                                           "X-ARR-ClientCert",
                                           "Cf-Cert-Verified",
                                           "Cf-Cert-Subject-DN",
                                           "Cf-Client-Cert-Der-Base64",
                                           "CERT_CHAIN_0",
                                           "Client-To-Edge",
                                           "WL-Proxy-Client-Cert",
                                           "$WSCC",
                                           "ClientCert-User",
                                           "ClientCert-Groups"};

TEST_LOOP(these_are_names_of_certificates, 0, COUNT(certificates))
{
    ck_assert_msg(cc_header_is_of_certificates(certificates[_i]), "%s", certificates[_i]);
}

/* Every name in other spellings: the case of each letter changed, another sign for "-", a sign
 * before it, and no signs at all. */
static const char *respelled(const char *name, int way)
{
    static const char *const signs[] = {"", "_", ".", "--", "!", " ", "\x7f", "\xad"};
    const char *sign = signs[way];
    char *text = apr_pcalloc(pool, 2 * strlen(name) + 5), *end = text;

    if (way > 1) {
        end = stpcpy(end, sign);
    }
    for (; *name; name++) {
        if (!strchr("-_$", *name)) {
            char letter = (char)(*name ^ ((*name & 0x40) && way % 2 ? 0x20 : 0));
            *end++ = letter;
        } else {
            end = stpcpy(end, sign);
        }
    }
    return text;
}

TEST_LOOP(they_are_in_any_spelling, 0, COUNT(certificates))
{
    for (int way = 0; way < 8; way++) {
        const char *name = respelled(certificates[_i], way);

        ck_assert(cc_header_same(name, certificates[_i]));
        ck_assert_msg(cc_header_is_of_certificates(name), "%s", name);
    }
}

static const char *const others[] = {"",
                                     "-",
                                     "Host",
                                     "Accept",
                                     "User-Agent",
                                     "Content-Type",
                                     "Content-Length",
                                     "Cookie",
                                     "Connection",
                                     "Cache-Control",
                                     "Cf-Connecting-Ip",
                                     "Cf-Ray",
                                     "Cf-Cer",
                                     "Client-Ip",
                                     "Client",
                                     "Client-Cer",
                                     "Cx-ient-Cert",
                                     "Xx-SL-Client",
                                     "Client-Ce-rd",
                                     "Certificate",
                                     "Sec-Fetch-Site",
                                     "Ssl-Session-Id",
                                     "Ssl",
                                     "Warning",
                                     "WWW-Authenticate",
                                     "X",
                                     "X-",
                                     "X-Forwarded-For",
                                     "X-Forwarded-Proto",
                                     "X-Forwarded-Host",
                                     "X-Forwarded-Client-Ip",
                                     "X-Forwarded",
                                     "X-Forwarded-Tls",
                                     "X-Real-Ip",
                                     "X-SSL",
                                     "X-SSL-Session-ID",
                                     "X-SSL-Cipher",
                                     "X-Client-Ip",
                                     "X-Client-Id",
                                     "X-Amzn-Trace-Id",
                                     "X-Amz-Mtls-Clientcert",
                                     "X-ARR-SSL",
                                     "X-Requested-With",
                                     "My-Client-Cert",
                                     "2Client-Cert"};

TEST_LOOP(these_are_not, 0, COUNT(others))
{
    ck_assert_msg(!cc_header_is_of_certificates(others[_i]), "%s", others[_i]);
}

/* ---- vetoes ---------------------------------------------------------------------------------- */

static const char *const verifications[] = {"ssl-client-verify", "X-SSL-Client-Verify",
                                            "X-Client-Verify",   "SSL_CLIENT_VERIFY",
                                            "XSslClientVerify",  "x_client.verify"};

TEST_LOOP(a_proxy_that_did_not_verify_has_a_veto, 0, COUNT(verifications))
{
    static const char *const objections[] = {"NONE",
                                             "FAILED",
                                             "FAILED:certificate has expired",
                                             "FAILED:SUCCESS",
                                             "1",
                                             "10",
                                             "00",
                                             " ",
                                             "-",
                                             "(null)",
                                             "GENEROUS",
                                             "no",
                                             "SUCCESS, NONE",
                                             "0, 1",
                                             "0 ",
                                             "SUCCESSFUL",
                                             "SUCCES",
                                             "%00",
                                             "SUCCESS "};

    for (int i = 0; i < COUNT(objections); i++)
        ck_assert_msg(cc_header_veto(verifications[_i], objections[i]) == CC_VETO_FAILED, "%s",
                      objections[i]);
}

TEST_LOOP(success_and_no_value_object_to_nothing, 0, COUNT(verifications))
{
    ck_assert_int_eq(cc_header_veto(verifications[_i], "SUCCESS"), CC_VETO_NONE);
    ck_assert_int_eq(cc_header_veto(verifications[_i], "0"), CC_VETO_NONE);
    ck_assert_int_eq(cc_header_veto(verifications[_i], ""), CC_VETO_NONE);
}

TEST(other_headers_have_no_veto)
{
    ck_assert_int_eq(cc_header_veto("ssl-client-verify-depth", "NONE"), CC_VETO_NONE);
    ck_assert_int_eq(cc_header_veto("ssl-client-cert", "NONE"), CC_VETO_NONE);
    ck_assert_int_eq(cc_header_veto("Client-Verify", "1"), CC_VETO_NONE);
    ck_assert_int_eq(cc_header_veto("", ""), CC_VETO_NONE);
}

SUITE("forward_names", .setup = setup);
