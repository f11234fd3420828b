/* SPDX-License-Identifier: Apache-2.0 */
/* Tests ClientCertForward and ClientCertForwardIdentity, and the names that they reserve. */
#include <apr_strings.h>

#include "fakehttpd.h"
#include "httpd/conf/dir.h"
#include "httpd/conf/forwarding.h"
#include "httpd/conf/reserved.h"
#include "httpd/conf/vhost_conf.h"
#include "suite.h"

static const cc_dir_t *dir_at(const char *path)
{
    return cc_dir_of(fake_request(fake.main, path));
}

static const cc_forward_cert_t *cert_of(const char *args)
{
    fake_configured(apr_pstrcat(fake.pool, "ClientCertForward ", args, NULL));
    return dir_at("/")->forward_cert;
}

static const cc_forward_identity_t *identity_of(const char *args)
{
    fake_configured(apr_pstrcat(fake.pool, "ClientCertForwardIdentity ", args, NULL));
    return dir_at("/")->forward_identity;
}

/* ---- what the directives say ----------------------------------------------------------------- */

static const struct {
    const char *args, *header, *chain;
    bool sends_chain;
    int max;
} certs[] = {
    {"rfc9440", "Client-Cert", NULL, false, 8000},
    {"RFC9440 chain=on", "Client-Cert", "Client-Cert-Chain", true, 8000},
    {"rfc9440 chain=X-Chain header=X-Cert max=256", "X-Cert", "X-Chain", true, 256},
    {"rfc9440 chain=OFF max=65536", "Client-Cert", NULL, false, 65536},
    {"xfcc", "X-Forwarded-Client-Cert", NULL, false, 8000},
    {"xfcc chain=on", "X-Forwarded-Client-Cert", NULL, true, 8000},
    {"pem-url chain=ssl-client-chain", "ssl-client-cert", "ssl-client-chain", true, 8000},
    {"pem-bare chain=on", "X-Forwarded-Tls-Client-Cert", NULL, true, 8000},
    {"der \"header=X-Der\"", "X-Der", NULL, false, 8000},
};

TEST_LOOP(a_certificate_has_the_usual_names_or_those_given, 0, COUNT(certs))
{
    const cc_forward_cert_t *cert = cert_of(certs[_i].args);

    ck_assert_ptr_nonnull(cert->format);
    ck_assert_str_eq(cert->header, certs[_i].header);
    ck_assert_pstr_eq(cert->chain, certs[_i].chain);
    ck_assert(cert->sends_chain == certs[_i].sends_chain);
    ck_assert_int_eq(cert->max, certs[_i].max);
    ck_assert_str_eq(cert->where, "site.conf:1");
}

static const struct {
    const char *args, *user, *groups;
} identities[] = {
    {"", "ClientCert-User", "ClientCert-Groups"}, {"user=X-User", "X-User", "ClientCert-Groups"},
    {"groups=off", "ClientCert-User", NULL},      {"user=Off groups=X_Groups", NULL, "X_Groups"},
    {"groups=off user=off", NULL, NULL},
};

TEST_LOOP(an_identity_has_the_usual_names_or_those_given, 0, COUNT(identities))
{
    const cc_forward_identity_t *identity = identity_of(identities[_i].args);

    ck_assert_pstr_eq(identity->user, identities[_i].user);
    ck_assert_pstr_eq(identity->groups, identities[_i].groups);
}

static const struct {
    const char *text, *error; /* its beginning */
} errors[] = {
    {"ClientCertForward", "CC0441: \"\": no such format; write Off, rfc9440, xfcc, pem-url, "
                          "pem-bare or der"},
    {"ClientCertForward On", "CC0441: \"On\": no such format; write Off, rfc9440"},
    {"ClientCertForward alb",
     "CC0441: \"alb\": this format can be read, but not sent; write Off, rfc9440"},
    {"ClientCertForward Off max=300", "CC0442: \"max=300\": write Off alone"},
    {"ClientCertForward rfc9440 trailer=x",
     "CC0442: \"trailer=x\": write header=NAME, chain=NAME, chain=on, chain=off or max=OCTETS"},
    {"ClientCertForward rfc9440 chain", "CC0442: \"chain\": write header=NAME"},
    {"ClientCertForwardIdentity Off",
     "CC0442: \"Off\": write user=NAME, user=off, groups=NAME or groups=off"},
    {"ClientCertForward rfc9440 header=",
     "CC0446: \"header\": the value is missing; write header=TEXT"},
    {"ClientCertForward rfc9440 header=X:Y", "CC0422: \"X:Y\": not the name of a header"},
    {"ClientCertForward rfc9440 \"header=X Y\"", "CC0422: \"X Y\": not the name of a header"},
    {"ClientCertForward rfc9440 chain=X\xC3\xA9", "CC0422: \"X\xC3\xA9\": not the name of a"},
    {"ClientCertForwardIdentity user=---", "CC0422: \"---\": not the name of a header"},
    {"ClientCertForwardIdentity user=Host",
     "CC0422: \"Host\": HTTP itself needs this header, and it would be removed from requests; "
     "choose another name"},
    {"ClientCertForwardIdentity groups=CONTENT_LENGTH",
     "CC0422: \"CONTENT_LENGTH\": HTTP itself needs this header"},
    {"ClientCertForward der header=T.E", "CC0422: \"T.E\": HTTP itself needs this header"},
    {"ClientCertForward der header=Upgrade", "CC0422: \"Upgrade\": HTTP itself needs this header"},
    {"ClientCertForward der header=Proxy-Connection",
     "CC0422: \"Proxy-Connection\": HTTP itself needs this header"},
    {"ClientCertForward der header=X-Forwarded-For",
     "CC0422: \"X-Forwarded-For\": HTTP itself needs this header"},
    {"ClientCertForward rfc9440 chain=client_cert",
     "CC0423: \"client_cert\": the certificate and its chain need two headers"},
    {"ClientCertForward rfc9440 chain=X\n<Location /a>\nClientCertForward der "
     "header=x\n</Location>",
     "CC0444: \"x\": this is the header of the chain at site.conf:1; choose another name for that "
     "of the certificate"},
    {"ClientCertForwardIdentity user=X groups=x",
     "CC0444: \"x\": this is the header of the user at site.conf:1; choose another name for that "
     "of the groups"},
    {"ClientCertForward rfc9440\n<Location /a>\nClientCertForwardIdentity user=ClientCert\n"
     "</Location>",
     "CC0444: \"ClientCert\": this is the header of the certificate at site.conf:1"},
    {"ClientCertForward xfcc chain=X-Chain",
     "CC0423: \"X-Chain\": xfcc has the chain in the header of the certificate; write chain=on or "
     "chain=off"},
    {"ClientCertForward der chain=on",
     "CC0423: \"on\": der has no usual header for the chain; write chain=NAME or chain=off"},
    {"ClientCertForward der max=255",
     "CC0446: \"max=255\": not a valid value; write max=NUMBER, a number from 256 to 65536"},
    {"ClientCertForward der max=65537", "CC0446: \"max=65537\": not a valid value"},
    {"ClientCertForward der max=8k", "CC0446: \"max=8k\": not a valid value"},
    {"ClientCertForward der max=300 max=300", "CC0447: \"max=300\": max is given twice"},
    {"ClientCertForwardIdentity user=a user=a", "CC0447: \"user\": user is given twice"},
    {"ClientCertForward Off\nClientCertForward rfc9440",
     "CC0448: ClientCertForward is already set at site.conf:1; write it once in a scope"},
    {"ClientCertForwardIdentity\nClientCertForwardIdentity user=X",
     "CC0448: ClientCertForwardIdentity is already set at site.conf:1"},
    {"ClientCertForward \"rfc9440", "CC0210: "},
};

TEST_LOOP(an_error_names_the_word_and_what_would_be_legal, 0, COUNT(errors))
{
    fake_expect_begins(fake_configure(errors[_i].text), errors[_i].error);
}

TEST(neither_is_for_htaccess)
{
    fake_configured("");
    fake_expect_begins(fake_htaccess(fake_request(fake.main, "/"), "ClientCertForward Off"),
                       "CC0180: ClientCertForward is not for .htaccess");
    fake_expect_begins(fake_htaccess(fake_request(fake.main, "/"), "ClientCertForwardIdentity"),
                       "CC0180: ClientCertForwardIdentity is not for .htaccess");
}

/* ---- scopes ---------------------------------------------------------------------------------- */

TEST(each_of_the_two_is_inherited_on_its_own)
{
    fake_configured("ClientCertForward rfc9440\n"
                    "<Location /who>\nClientCertForwardIdentity\n</Location>\n"
                    "<Location /who/off>\nClientCertForward Off\n</Location>\n"
                    "<Location /who/bare>\nClientCertForward xfcc\n</Location>");
    ck_assert_ptr_null(dir_at("/")->forward_identity);
    ck_assert_ptr_eq(dir_at("/who")->forward_cert, dir_at("/")->forward_cert);
    ck_assert_ptr_nonnull(dir_at("/who")->forward_identity);
    ck_assert_ptr_null(dir_at("/who/off")->forward_cert->format);
    ck_assert_ptr_eq(dir_at("/who/off")->forward_identity, dir_at("/who")->forward_identity);
    ck_assert_str_eq(dir_at("/who/bare")->forward_cert->format->name, "xfcc");
}

TEST(the_same_scope_has_the_same_pointers_in_each_request)
{
    fake_configured("ClientCertForward rfc9440\n"
                    "<Location /who>\nClientCertForwardIdentity\n</Location>");
    ck_assert_ptr_eq(dir_at("/who")->forward_cert, dir_at("/who")->forward_cert);
    ck_assert_ptr_eq(dir_at("/who")->forward_identity, dir_at("/who")->forward_identity);
}

/* ---- names that are removed ------------------------------------------------------------------ */

static bool is_named(const char *name)
{
    return cc_reserved_named(cc_configuration_of(fake.main), name);
}

static void configured(const char *text)
{
    fake_configured(text);
    ck_assert_int_eq(cc_reserved_start(fake.pconf, NULL, fake.pool, fake.main), OK);
}

TEST(the_names_of_all_scopes_are_reserved_in_any_spelling)
{
    configured("<VirtualHost *:1>\nClientCertForward rfc9440 header=X-Cert chain=1-Chain\n"
               "</VirtualHost>\n"
               "<Location /a>\nClientCertForwardIdentity user=Remote-User\n</Location>");
    ck_assert(cc_configuration_of(fake.main)->forwards);
    ck_assert(is_named("X-Cert") && is_named("x_cert") && is_named("..XCERT.."));
    ck_assert(is_named("1-Chain") && is_named("1chain") && is_named("-1.Chain"));
    ck_assert(is_named("Remote-User") && is_named("REMOTE_USER") && is_named("remoteuser"));
    ck_assert(is_named("ClientCert-Groups"));
}

static const char *const others[] = {"X-Certs",    "X-Cer", "Cert", "Remote-Users", "Remote",
                                     "Remote-Use", "",      "-",    "2-Chain",      "Client-Cert"};

TEST_LOOP(other_names_are_not_reserved, 0, COUNT(others))
{
    configured("ClientCertForward rfc9440 header=X-Cert chain=1-Chain\n"
               "ClientCertForwardIdentity user=Remote-User groups=off");
    ck_assert(!is_named(others[_i]));
}

TEST(without_the_directives_no_name_is_reserved)
{
    configured("ClientCertForward Off\nClientCertForwardIdentity user=off groups=off");
    ck_assert(!cc_configuration_of(fake.main)->forwards);
    ck_assert(!is_named("Client-Cert") && !is_named("ClientCert-User"));
}

TEST(a_name_that_many_scopes_use_is_listed_once)
{
    configured("ClientCertForward rfc9440\n<Location /a>\nClientCertForward rfc9440\n</Location>\n"
               "<Location /b>\nClientCertForward der header=client_cert\n</Location>");
    ck_assert_int_eq(cc_configuration_of(fake.main)->removed->nelts, 1);
}

SUITE("forwarding", .setup = fake_begin, .teardown = fake_end);
