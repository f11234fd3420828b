/* SPDX-License-Identifier: Apache-2.0 */
/* Tests which lines of a configuration are reported as likely mistakes, and that no others are. */
#include <apr_strings.h>

#include "fakehttpd.h"
#include "httpd/admin/lint.h"
#include "httpd/conf/use.h"
#include "suite.h"

/* The tags and lines of the findings: "CC0720 5, CC0723 7". */
static const char *found(void)
{
    const apr_array_header_t *findings;
    const char *all = "";

    cc_use_find(fake.pconf, NULL, NULL, fake.main);
    findings = cc_lint_findings(fake.main, fake.pool);
    for (int i = 0; i < findings->nelts; i++) {
        const cc_note_t *note = &APR_ARRAY_IDX(findings, i, cc_note_t);

        ck_assert_int_eq(note->kind, CC_NOTE_LINT);
        all = apr_pstrcat(fake.pool, all, i > 0 ? ", " : "", note->tag, " ",
                          strchr(note->where, ':') + 1, NULL);
    }
    return all;
}

/* The same for a host with TLS whose own lines begin in line 4. */
static const char *found_in(const char *lines)
{
    fake_configured(apr_pstrcat(fake.pool, "<VirtualHost *:443>\nServerName a\nSSLEngine on\n",
                                lines, "\n</VirtualHost>\n", NULL));
    return found();
}

typedef struct case_t {
    const char *lines, *found;
} case_t;

/* ---- no certificate is requested --------------------------------------------------------- */

#define ASKS "SSLVerifyClient optional\n"
#define STAFF "ClientCertMap user=%{subject.CN} group=staff\n"

static const case_t asked[] = {
    {STAFF, "CC0720 4"},
    {STAFF "ClientCertMap group=more", "CC0720 4"},
    {ASKS STAFF, ""},
    {STAFF "SSLVerifyClient require", ""},
    {STAFF "SSLVerifyClient none", "CC0720 4"},
    {STAFF "<Location /x>\nSSLVerifyClient require\n</Location>", "CC0722 6"},
    {"SSLProtocol TLSv1.2\n" STAFF "<Location /x>\nSSLVerifyClient require\n</Location>", ""},
    {STAFF "SSLEngine optional", ""},
    {"SSLEngine off\n" STAFF, "CC0721 5"},
    {"Require clientcert", "CC0720 4"},
    {"Require not clientcert", ""},
    {"SSLEngine off\nRequire clientcert", ""},
    {"Require all granted", ""},
};

TEST_LOOP(something_waits_for_a_certificate_that_nobody_asks_for, 0, COUNT(asked))
{
    ck_assert_str_eq(found_in(asked[_i].lines), asked[_i].found);
}

/* ---- too late ---------------------------------------------------------------------------- */

static const case_t late[] = {
    {ASKS STAFF "<Location /x>\nSSLVerifyClient require\n</Location>", "CC0722 7"},
    {ASKS STAFF "<Location /x>\nSSLVerifyClient optional\n</Location>", ""},
    {ASKS STAFF "<Location /x>\nSSLVerifyClient none\n</Location>", ""},
    {"SSLVerifyClient require\n" STAFF "<If true>\nSSLVerifyClient require\n</If>", ""},
    {ASKS "<Location /x>\nSSLVerifyClient require\n</Location>", ""}, /* the module is not used */
    {"SSLEngine off\n" STAFF "<Location /x>\nSSLVerifyClient require\n</Location>", "CC0721 5"},
    {"SSLEngine optional\n" STAFF "<Location /x>\nSSLVerifyClient require\n</Location>", ""},
};

TEST_LOOP(a_section_asks_too_late, 0, COUNT(late))
{
    ck_assert_str_eq(found_in(late[_i].lines), late[_i].found);
}

/* ---- OCSP -------------------------------------------------------------------------------- */

#define THEIRS "SSLOCSPResponderCertificateFile r.pem\n"
#define OURS "ClientCertOCSP On responder=http://o.example/"

static const case_t responders[] = {
    {ASKS STAFF THEIRS OURS, "CC0489 6"},
    {ASKS STAFF THEIRS OURS "\nSSLOCSPEnable off", "CC0489 6"},
    {ASKS STAFF THEIRS OURS "\nSSLOCSPEnable leaf", ""},
    {ASKS STAFF THEIRS OURS " signer=r.pem", ""},
    {ASKS STAFF THEIRS OURS "\n" OURS " issuer=ca.pem signer=r.pem", ""},
    {ASKS STAFF THEIRS "ClientCertOCSP Off", ""},
    {ASKS STAFF THEIRS, ""},
    {ASKS STAFF OURS, ""},
};

TEST_LOOP(responders_that_mod_ssl_trusts_are_not_those_of_the_module, 0, COUNT(responders))
{
    ck_assert_str_eq(found_in(responders[_i].lines), responders[_i].found);
}

/* ---- Require ----------------------------------------------------------------------------- */

static const case_t names[] = {
    {ASKS STAFF "Require clientcert-group staff", ""},
    {ASKS STAFF "Require clientcert-group staf", "CC0723 6"},
    {ASKS STAFF "Require clientcert-group staff a b", "CC0723 6, CC0723 6"},
    {ASKS STAFF "Require clientcert-user anybody", ""},
    {ASKS "ClientCertMap user=alice\nRequire clientcert-user alice", ""},
    {ASKS "ClientCertMap user=alice\nRequire clientcert-user bob", "CC0723 6"},
    {ASKS "ClientCertMap user=alice\nRequire clientcert-user %{note:x}", ""},
    {ASKS "ClientCertMap user=alice\nRequire not clientcert-user bob", ""},
    {ASKS "ClientCertMap user=alice\n<RequireNone>\nRequire clientcert-user bob\n</RequireNone>",
     ""},
    {ASKS "ClientCertMap user=%{sha256}\nRequire clientcert-strength strong", ""},
    {ASKS "ClientCertMap user=%{sha256}\nRequire clientcert-strength named", ""},
    {ASKS "ClientCertMap user=alice\nRequire clientcert-strength named", "CC0707 6"},
    {ASKS "ClientCertMap group=%{sha256}\nRequire clientcert-strength named", "CC0707 6"},
    {ASKS "ClientCertMap user=alice\nRequire not clientcert-strength named", ""},
    {ASKS "ClientCertMap subject.CN == b user=b\nClientCertMap user=%{sha256}\n"
          "Require clientcert-strength strong",
     ""},
    {ASKS "Require clientcert-strength strong", "CC0724 5"},
    {ASKS "Require clientcert-user bob", "CC0724 5"},
    {ASKS "Require clientcert-user bob carol", "CC0724 5"},
    {ASKS "Require clientcert-group %{note:x}", "CC0724 5"},
    {ASKS "Require clientcert subject.CN == bob", ""},
    {ASKS "<Location /x>\nClientCertMap user=bob\n</Location>\nRequire clientcert-user bob", ""},
    {ASKS "Require user bob", ""},
    {ASKS "ClientCertMap group=unit-%{subject.OU}\nRequire clientcert-group unit-7", ""},
    {ASKS "ClientCertMap group=unit-%{subject.OU}\nRequire clientcert-group 7", "CC0723 6"},
};

TEST_LOOP(a_require_asks_for_a_name_that_no_rule_gives, 0, COUNT(names))
{
    ck_assert_str_eq(found_in(names[_i].lines), names[_i].found);
}

/* ---- logins beside the certificate -------------------------------------------------------- */

static const case_t logins[] = {
    {ASKS STAFF "Require clientcert-same-user", "CC0716 6"},
    {ASKS "Require clientcert-same-user", "CC0724 5, CC0716 5"},
    {ASKS STAFF "AuthType Basic\nRequire clientcert-same-user", ""},
    {ASKS STAFF "AuthType openid-connect\nRequire clientcert-same-user nocase", ""},
    {ASKS STAFF "AuthType ClientCert\nRequire clientcert-same-user", "CC0716 7"},
    {ASKS STAFF "AuthType None\nRequire clientcert-same-user", "CC0716 7"},
    {ASKS STAFF "AllowOverride AuthConfig\nRequire clientcert-same-user", ""},
    {ASKS STAFF "AllowOverride None\nRequire clientcert-same-user", "CC0716 7"},
    {ASKS STAFF "ClientCertAuth Fallback", "CC0717 6"},
    {ASKS STAFF "ClientCertAuth On", ""},
    {ASKS STAFF "ClientCertAuth fallback\n<Location /x>\nAuthType form\n</Location>", ""},
    {"ClientCertAuth Fallback\n" ASKS STAFF "AuthType Basic", ""},
    {ASKS "Require clientcert-bound %{x}", ""},
    {ASKS STAFF "AuthzSVNAnonymous Off", "CC0718 6"},
    {ASKS STAFF "AuthzSVNAnonymous On", ""},
    {ASKS "AuthzSVNAnonymous Off", ""},
};

TEST_LOOP(a_login_is_needed_that_nothing_asks_for, 0, COUNT(logins))
{
    ck_assert_str_eq(found_in(logins[_i].lines), logins[_i].found);
}

/* ---- mod_ssl's ways to a user ------------------------------------------------------------ */

static const case_t users[] = {
    {ASKS STAFF "SSLUserName SSL_CLIENT_S_DN", "CC0725 6"},
    {ASKS "SSLUserName SSL_CLIENT_S_DN", ""},
    {ASKS STAFF "<Location /x>\nSSLUserName SSL_CLIENT_S_DN\n</Location>", "CC0725 7"},
    {ASKS "<Location /x>\n" STAFF "SSLUserName SSL_CLIENT_S_DN\n</Location>", "CC0725 7"},
    {ASKS "<Location /x>\n" STAFF "</Location>\n<Location /y>\nSSLUserName SSL_CLIENT_S_DN\n"
          "</Location>",
     ""},
    {ASKS STAFF "ClientCertAuth Off\nSSLUserName SSL_CLIENT_S_DN", ""},
    {ASKS STAFF "SSLOptions +FakeBasicAuth\nAuthType Basic", "CC0726 6"},
    {ASKS STAFF "SSLOptions StdEnvVars FakeBasicAuth\nAuthType Basic", "CC0726 6"},
    {ASKS STAFF "SSLOptions -FakeBasicAuth\nAuthType Basic", ""},
    {ASKS STAFF "SSLOptions +FakeBasicAuth\nAuthType Digest", ""},
    {ASKS STAFF "SSLOptions +FakeBasicAuth\nAuthType Basic\nClientCertAuth Off", ""},
    {ASKS "SSLOptions +FakeBasicAuth\nAuthType Basic", ""},
    {ASKS STAFF "SSLRequire %{SSL_CLIENT_VERIFY} eq \"SUCCESS\"", "CC0737 6"},
    {ASKS STAFF "SSLRequire %{SSL_CIPHER} ne \"x\"", ""},
    {ASKS "SSLRequire %{SSL_CLIENT_VERIFY} eq \"SUCCESS\"", ""},
    {ASKS STAFF "Require ssl-verify-client", "CC0737 6"},
    {ASKS STAFF "RewriteCond %{SSL:SSL_CLIENT_VERIFY} =SUCCESS", "CC0737 6"},
};

TEST_LOOP(mod_ssl_says_who_somebody_is_where_rules_do, 0, COUNT(users))
{
    ck_assert_str_eq(found_in(users[_i].lines), users[_i].found);
}

/* ---- too early --------------------------------------------------------------------------- */

static const case_t early[] = {
    {ASKS STAFF "RewriteCond %{REMOTE_USER} ^alice$", "CC0730 6"},
    {ASKS STAFF "RewriteCond %{env:clientcert_user} ^alice$", "CC0730 6"},
    {ASKS STAFF "RewriteRule ^/me /%{REMOTE_USER}", "CC0730 6"},
    {ASKS STAFF "RewriteCond %{LA-U:REMOTE_USER} ^alice$", ""},
    {ASKS STAFF "<Location /x>\nRewriteCond %{REMOTE_USER} ^alice$\n</Location>", ""},
    {ASKS "RewriteCond %{REMOTE_USER} ^alice$", ""},
    {"SSLEngine off\n<Location /x>\n" STAFF "</Location>\nRewriteCond %{REMOTE_USER} ^a",
     "CC0721 6"},
};

TEST_LOOP(a_rewrite_asks_for_the_user_too_early, 0, COUNT(early))
{
    ck_assert_str_eq(found_in(early[_i].lines), early[_i].found);
}

/* ---- several hosts ----------------------------------------------------------------------- */

#define HOST(name, lines) "<VirtualHost *:443>\nServerName " name "\n" lines "</VirtualHost>\n"

static const case_t hosts[] = {
    /* a line of the main server is a mistake if no host uses it */
    {"ClientCertMap user=x\n" HOST("a", "SSLEngine on\n") HOST("b", "SSLEngine on\n"), "CC0720 1"},
    {"ClientCertMap user=x\n" HOST("a", "SSLEngine on\n")
         HOST("b", "SSLEngine on\nSSLVerifyClient optional\n"),
     ""},
    {"ClientCertMap user=x\n" HOST("a", ""), "CC0721 1"},
    {"ClientCertMap user=x\n" HOST("a",
                                   "SSLEngine on\nSSLVerifyClient none\nClientCertMap user=y\n"),
     "CC0721 1, CC0720 6"},
    /* sections of the main server apply to all hosts */
    {"<Location /x>\nClientCertMap user=x\n</Location>\n" HOST(
         "a", "SSLEngine on\nSSLVerifyClient optional\nRequire clientcert-user x\n"),
     ""},
    {"<Location /x>\nRequire clientcert-user x\n</Location>\n" HOST(
         "a", "SSLEngine on\nSSLVerifyClient optional\nClientCertMap user=x\n"),
     ""},
    {"<Location /x>\nRequire clientcert-user y\n</Location>\n" HOST(
         "a", "SSLEngine on\nSSLVerifyClient optional\nClientCertMap user=x\n"),
     "CC0723 2"},
    {"<Location /x>\nRequire clientcert-strength strong\n</Location>\n" HOST(
         "a", "SSLEngine on\nSSLVerifyClient optional\nClientCertMap user=x\n"),
     "CC0707 2"},
    {"<Location /x>\nClientCertMap user=%{sha256}\n</Location>\n" HOST(
         "a", "SSLEngine on\nSSLVerifyClient optional\nRequire clientcert-strength strong\n"),
     ""},
    /* a host with its own rules does not inherit the main server's */
    {"ClientCertMap user=x\n" HOST("a", "SSLEngine on\nSSLVerifyClient optional\n"
                                        "ClientCertMap user=y\nRequire clientcert-user x\n"),
     "CC0721 1, CC0723 7"},
    /* each server is reported once */
    {HOST("a", "SSLEngine on\n" STAFF "<Location /x>\nClientCertMap user=z\n</Location>\n")
         HOST("b", "SSLEngine on\n" STAFF),
     "CC0720 4, CC0720 12"},
    /* a file that two hosts include */
    {"@h.conf 1\n<VirtualHost *:443>\nServerName a\nSSLEngine on\n" STAFF "</VirtualHost>\n"
     "@h.conf 1\n<VirtualHost *:443>\nServerName b\nSSLEngine on\n" STAFF
     "SSLVerifyClient optional\n</VirtualHost>\n",
     ""},
    {"@h.conf 1\n<VirtualHost *:443>\nServerName a\nSSLEngine on\n" STAFF "</VirtualHost>\n"
     "@h.conf 1\n<VirtualHost *:443>\nServerName b\nSSLEngine on\n" STAFF "</VirtualHost>\n",
     "CC0720 4"},
};

TEST_LOOP(a_line_is_judged_in_all_hosts_where_it_is_in_effect, 0, COUNT(hosts))
{
    fake_configured(hosts[_i].lines);
    ck_assert_str_eq(found(), hosts[_i].found);
}

/* ---- the order, and rules without hosts --------------------------------------------------- */

TEST(findings_come_in_the_order_of_the_configuration)
{
    ck_assert_str_eq(found_in("<Location /x>\nRequire clientcert-user z\n</Location>\n"
                              "ClientCertMap user=a\nClientCertMap user=a\n"
                              "SSLUserName SSL_CLIENT_S_DN\nSSLVerifyClient optional\n"),
                     "CC0723 5, CC0702 8, CC0725 9");
}

SUITE("lines", .setup = fake_begin, .teardown = fake_end);
