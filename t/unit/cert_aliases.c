/* SPDX-License-Identifier: Apache-2.0 */
/* Tests that a name of another program leads to fields that exist, and to the right one. */
#include <string.h>

#include <apr_strings.h>

#include "cert/registry.h"
#include "certs.h"
#include "suite.h"

static apr_pool_t *pool;

static void setup(void)
{
    apr_pool_create(&pool, NULL);
}

static void teardown(void)
{
    apr_pool_destroy(pool);
}

TEST(the_names_are_sorted_and_lead_to_fields_that_exist)
{
    const char *last = "";

    ck_assert_ptr_nonnull(cc_field_alias_at(100));
    for (int i = 0; cc_field_alias_at(i); i++) {
        const cc_field_alias_t *alias = cc_field_alias_at(i);
        char *state, *fields = apr_pstrdup(pool, alias->fields);

        ck_assert_msg(strcmp(last, alias->name) < 0, "%s after %s", alias->name, last);
        last = alias->name;
        for (char *field = apr_strtok(fields, " ", &state); field;
             field = apr_strtok(NULL, " ", &state)) {
            cc_fieldref_t ref;

            ck_assert_msg(cc_field_find(&ref, field, pool, NULL) == APR_SUCCESS, "%s", field);
            ck_assert_str_eq(cc_field_name(&ref, pool), field);
        }
    }
}

static const char *const known[][2] = {
    {"SSL_CLIENT_S_DN_CN", "subject.CN"},
    {"SSL_CLIENT_S_DN_OU_1", "subject.OU"},
    {"SSL_CLIENT_S_DN_S", "subject.SN"},
    {"SSL_CLIENT_I_DN", "issuer"},
    {"SSL_CLIENT_M_SERIAL", "serial"},
    {"SSL_CLIENT_SAN_Email_0", "san.email"},
    {"SSL_CLIENT_SAN_OTHER_msUPN_0", "san.upn"},
    {"%{SSL_CLIENT_V_END}", "not_after"},
    {"$ssl_client_s_dn", "subject"},
    {"$ssl_client_fingerprint", "sha1"},
    {"ssl_c_s_dn(cn)", "subject.CN"},
    {"ssl_c_notafter", "not_after"},
    {"ssl_c_r_dn", "root.subject"},
    {"ssl_c_r_dn(cn)", "root.subject.CN"},
    {"ssl_c_chain_der", "chain.der"},
    {"SSL_CLIENT_CERT_CHAIN_1", "chain.pem"},
    {"rfc822Name", "san.email"},
    {"san.rfc822Name", "san.email"},
    {"subjectAltName.dNSName", "san.dns"},
    {"subjectAltName.email", "san.email"},
    {"subjectAltName.mail", "san.email"},
    {"subject-alt-name.uri", "san.uri"},
    {"uniformResourceIdentifier", "san.uri"},
    {"extendedKeyUsage", "eku"},
    {"keyUsage", "ku"},
    {"notAfter", "not_after"},
    {"san_email", "san.email"},
    {"key-bits", "key.bits"},
    {"thumbprint", "sha1"},
    {"fingerprint", "sha256 or sha1"},
    {"serialNumber", "serial or subject.serialNumber"},
    {"userPrincipalName", "san.upn"},
    {"CN", "subject.CN"},
    {"pivFASC-N", "san.fascn.identifier or san.fascn"},
    {"san.hardwareModuleName", "san.hardware"},
    {"id-on-permanentIdentifier", "san.permanent"},
    {"subjectAltName.SmtpUTF8Mailbox", "san.email"},
    {"SRVName", "san.other.1.3.6.1.5.5.7.8.7"},
    {"xmppAddr", "san.other.1.3.6.1.5.5.7.8.5"},
    {"san.msGUID", "san.der.1.3.6.1.4.1.311.25.1"},
    {"sha512-fingerprint", "sha512"},
    {"spki_sha384", "spki.sha384"},
};

TEST_LOOP(the_name_here_is_told, 0, COUNT(known))
{
    cc_fieldref_t ref;
    cc_error_t err = {0};

    ck_assert_int_eq(cc_field_find(&ref, known[_i][0], pool, &err), APR_EINVAL);
    ck_assert_str_eq(err.tag, "CC0201");
    ck_assert_str_eq(err.message,
                     apr_pstrcat(pool, "no such field; its name here is ", known[_i][1], NULL));
}

static const char *const unknown[] = {
    "user",        "&&",    "CA,O=Example", "O=",  "group", "",
    "subject.Fax", "der2x", "san.keyUsage", "a b", "==",    "SSL_CLIENT_VERIFY",
    "ek",          "sanx",  "1.2.3"};

TEST_LOOP(nothing_is_offered_for_a_word_that_is_like_no_field, 0, COUNT(unknown))
{
    cc_fieldref_t ref;
    cc_error_t err = {0};

    ck_assert_int_eq(cc_field_find(&ref, unknown[_i], pool, &err), APR_EINVAL);
    ck_assert_msg(!strstr(err.message, "nearest") && !strstr(err.message, "its name here"),
                  "%s: %s", unknown[_i], err.message);
}

/* Every name with one letter changed leads to a legal field, or to none. */
TEST(each_name_that_is_offered_is_legal)
{
    int offered = 0;

    for (int i = 0; cc_field_at(i); i++) {
        const char *name =
            apr_pstrcat(pool, cc_field_at(i)->name, cc_field_at(i)->argument ? "CN" : "", NULL);

        for (size_t at = 0; at < strlen(name); at++) {
            char *wrong = apr_pstrdup(pool, name);
            cc_fieldref_t ref;
            cc_error_t err = {0};
            const char *near;

            wrong[at] = '~';
            if (cc_field_find(&ref, wrong, pool, &err) == APR_SUCCESS) {
                continue;
            }
            near = strstr(err.message, "nearest is ");
            if (near && strcmp(err.tag, "CC0201") == 0) {
                near += strlen("nearest is ");
                ck_assert_msg(cc_field_find(&ref, near, pool, NULL) == APR_SUCCESS, "%s", near);
                offered++;
            }
        }
    }
    ck_assert_int_gt(offered, 200);
}

SUITE("aliases", .setup = setup, .teardown = teardown);
