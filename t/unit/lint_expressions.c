/* SPDX-License-Identifier: Apache-2.0 */
/* Tests which expressions lint reports because they let in clients without an identity. */
#include <apr_strings.h>

#include "fakehttpd.h"
#include "httpd/admin/lint.h"
#include "httpd/conf/use.h"
#include "pki.h"
#include "suite.h"

static void configure(const char *lines)
{
    fake_configured(apr_pstrcat(fake.pool,
                                "<VirtualHost *:443>\nServerName a\nSSLEngine on\n"
                                "SSLVerifyClient optional\nClientCertMap user=%{subject.CN}\n",
                                lines, "\n</VirtualHost>\n", NULL));
    cc_use_find(fake.pconf, NULL, NULL, fake.main);
}

/* Whether these lines cause a finding with this tag. */
static bool finds(const char *tag, const char *lines)
{
    const apr_array_header_t *findings;
    bool found = false;

    configure(lines);
    findings = cc_lint_findings(fake.main, fake.pool);
    for (int i = 0; i < findings->nelts; i++) {
        found |= !strcmp(APR_ARRAY_IDX(findings, i, cc_note_t).tag, tag);
    }
    return found;
}

/* ---- expressions ------------------------------------------------------------------------- */

#define USER "clientcert('user')"

static const struct {
    const char *text;
    bool told; /* if it is negated, the opposite */
} expressions[] = {
    {USER " == 'alice'", false},
    {USER " != 'alice'", true},
    {USER " -ne 'alice'", true},
    {USER " ne 'alice'", true},
    {USER " -eq 'alice'", false},
    {"!(" USER " == 'alice')", true},
    {"! " USER " == 'alice'", true},
    {"!(" USER " != 'alice')", false},
    {"!!(" USER " == 'alice')", false},
    {"!(!(" USER " == 'alice'))", false},
    {"-z " USER, true},
    {"-n " USER, false},
    {"! -z " USER, false},
    {USER " == ''", true},
    {USER " != ''", false},
    {USER " == \"\"", true},
    {USER " =~ /^a(b|c)/", false},
    {USER " !~ /^alice$/", true},
    {USER " !~ m#^a/b$#", true},
    {USER " =~ m#!=#", false},
    {USER " =~ /'/ && true", false},
    {"CLIENTCERT('user') != 'a'", true},
    {"'a' != " USER, true},
    {"'alice' == " USER, false},
    {"%{REMOTE_USER} != 'alice'", false},
    {"'clientcert(x)' != 'y'", false},
    {"\"%{clientcert:user}\" != 'a'", true},
    {"\"%{clientcert:user}\" == 'a'", false},
    {"\"a\\\"%{clientcert:user}\" != 'a'", true},
    {"tolower(" USER ") != 'alice'", true},
    {"tolower(" USER ") == 'alice'", false},
    {"'guests' in clientcert('group')", false},
    {"! 'guests' in clientcert('group')", true},
    {"!('guests' in clientcert('group'))", true},
};

TEST_LOOP(an_expression_is_true_of_who_is_nobody, 0, COUNT(expressions))
{
    const char *text = expressions[_i].text;

    ck_assert_int_eq(finds("CC0727", apr_pstrcat(fake.pool, "Require expr ", text, NULL)),
                     expressions[_i].told);
}

TEST_LOOP(negated_the_contrary_is, 0, COUNT(expressions))
{
    const char *text = expressions[_i].text;

    if (strcasestr(text, "clientcert(") && !strstr(text, "'clientcert(x)")) {
        ck_assert_int_eq(finds("CC0727", apr_pstrcat(fake.pool, "Require not expr ", text, NULL)),
                         !expressions[_i].told);
    }
}

/* Each term counts by itself. */
static const struct {
    const char *text;
    bool told;
} terms[] = {
    {"true && " USER " != 'a'", true},
    {"%{HTTPS} != 'on' && " USER " == 'a'", false},
    {USER " == 'a' || %{HTTPS} != 'on'", false},
    {USER " == 'a' || " USER " != 'b'", true},
    {"!(%{HTTPS} == 'on' && " USER " == 'a')", true},
    {"!(%{HTTPS} == 'on' && !(" USER " == 'a'))", false},
    {"!(" USER " == 'a'", true},
    {USER " != 'unfinished", true},
    {USER " =~ /unfinished", false},
    {"((((((((((((((((((((((((((((((((" USER " != 'a'))))))))))))))))))))))))))))))))", false},
    {"", false},
    {")) " USER " != 'a'", true},
};

TEST_LOOP(every_term_of_an_expression_counts, 0, COUNT(terms))
{
    ck_assert_int_eq(finds("CC0727", apr_pstrcat(fake.pool, "Require expr ", terms[_i].text, NULL)),
                     terms[_i].told);
}

static const struct {
    const char *lines;
    bool told;
} sections[] = {
    {"Require expr \"" USER " != 'a'\"", true},
    {"<RequireNone>\nRequire expr " USER " != 'a'\n</RequireNone>", false},
    {"<RequireNone>\nRequire expr " USER " == 'a'\n</RequireNone>", true},
    {"<RequireNone>\nRequire not expr " USER " == 'a'\n</RequireNone>", false},
    {"<If \"" USER " != 'a'\">\nRequire all granted\n</If>", true},
    {"<If \"" USER " == 'a'\">\nRequire all granted\n</If>", false},
    {"<If \"" USER " == 'a'\">\nRequire all denied\n</If>", true},
    {"<If \"" USER " != 'a'\">\nRequire all denied\n</If>", false},
    {"<If \"" USER " != 'a'\">\nHeader set X y\n</If>", false},
    {"<If true>\nHeader set X y\n</If>\n<ElseIf \"" USER " != 'a'\">\n<RequireAll>\n"
     "Require all granted\n</RequireAll>\n</ElseIf>",
     true},
    {"<Location \"/x\">\n<If " USER " != 'a'>\nRequire valid-user\n</If>\n</Location>", true},
};

TEST_LOOP(a_section_of_an_expression_counts_where_it_is_about_access, 0, COUNT(sections))
{
    ck_assert_int_eq(finds("CC0727", sections[_i].lines), sections[_i].told);
}

/* ---- several CAs ------------------------------------------------------------------------- */

TEST(a_user_that_any_of_several_cas_could_give)
{
    pki_t a = pki_ca("A", NULL), b = pki_ca("B", NULL), below = pki_ca("Below", &a);

    fake_write_certs("one.pem", a.cert, NULL);
    fake_write_certs("two.pem", a.cert, b.cert, NULL);
    fake_write_certs("chain.pem", a.cert, below.cert, NULL);
    fake_write_certs("01234567.0", a.cert, NULL);
    fake_write_certs("0123456z.0", b.cert, NULL);
    ck_assert(!finds("CC0704", "SSLCACertificateFile one.pem"));
    ck_assert(finds("CC0704", "SSLCACertificateFile two.pem"));
    ck_assert(!finds("CC0704", "SSLCACertificateFile chain.pem"));
    ck_assert(!finds("CC0704", "SSLCACertificateFile missing.pem"));
    ck_assert(!finds("CC0704", "SSLCACertificatePath ."));
    fake_write_certs("89abcdef.0", b.cert, NULL);
    ck_assert(finds("CC0704", "SSLCACertificatePath ."));
    ck_assert(!finds("CC0704", "SSLCACertificatePath nosuch"));
    fake_configured("<Location /x>\nClientCertMap user=%{subject.CN}\n</Location>\n"
                    "<VirtualHost *:1>\nServerName b\nSSLEngine on\nSSLVerifyClient require\n"
                    "SSLCACertificateFile two.pem\n</VirtualHost>");
    ck_assert_int_eq(cc_lint_findings(fake.main, fake.pool)->nelts, 1);
    fake_configured("<Location /x>\nClientCertMap user=%{subject.CN}\n</Location>\n"
                    "<VirtualHost *:1>\nServerName b\nSSLEngine on\nSSLVerifyClient require\n"
                    "SSLCACertificateFile two.pem\nClientCertMap group=g\n</VirtualHost>");
    ck_assert_int_eq(cc_lint_findings(fake.main, fake.pool)->nelts, 1);
    fake_configured("ClientCertMap user=%{subject.CN}\n"
                    "<VirtualHost *:1>\nServerName b\nSSLEngine on\nSSLVerifyClient require\n"
                    "SSLCACertificateFile two.pem\nClientCertMap group=g\n</VirtualHost>");
    ck_assert_str_eq(APR_ARRAY_IDX(cc_lint_findings(fake.main, fake.pool), 0, cc_note_t).tag,
                     "CC0721");
    pki_free(&a);
    pki_free(&b);
    pki_free(&below);
}

/* ---- what is logged ---------------------------------------------------------------------- */

#define LATE                                                                                       \
    "warn CC0722: site.conf:7: SSLVerifyClient in a section requests a certificate after the "     \
    "handshake: with TLS 1.3, browsers get 403; use \"Require clientcert\" here, since the "       \
    "virtual "                                                                                     \
    "host already requests a certificate"

TEST(findings_are_warnings_of_a_start_and_of_a_test)
{
    configure("<Location /x>\nSSLVerifyClient require\n</Location>");
    ck_assert_int_eq(cc_lint_start(fake.pconf, NULL, fake.pconf, fake.main), OK);
    fake_expect_log(LATE);
    cc_lint_test(fake.pconf, fake.main);
    fake_expect_log("");
    fake.run_mode = AP_SQ_RM_CONFIG_TEST;
    cc_lint_test(fake.pconf, fake.main);
    fake_expect_log(LATE);
    fake.main_state = AP_SQ_MS_CREATE_PRE_CONFIG; /* httpd reads the configuration twice */
    cc_lint_start(fake.pconf, NULL, fake.pconf, fake.main);
    fake_expect_log("");
}

TEST(nobody_looks_where_no_warnings_are_wanted_or_nothing_of_ours_is_used)
{
    configure("<Location /x>\nSSLVerifyClient require\n</Location>");
    fake.main->log.level = APLOG_ERR;
    cc_lint_start(fake.pconf, NULL, fake.pconf, fake.main);
    fake_expect_log("");
    fake_configured("<VirtualHost *:1>\nSSLEngine on\n<Location /x>\nSSLVerifyClient require\n"
                    "</Location>\n</VirtualHost>");
    cc_use_find(fake.pconf, NULL, NULL, fake.main);
    cc_lint_start(fake.pconf, NULL, fake.pconf, fake.main);
    fake_expect_log("");
}

static const struct {
    const char *lines, *text;
} texts[] = {
    {"Protocols h2\n<Location /x>\nSSLVerifyClient require\n</Location>",
     "with TLS 1.3, browsers get 403, and HTTP/2 does not allow it; use \"Require clientcert\" "
     "here"},
    {"Protocols h2\nSSLProtocol TLSv1.2\n<Location /x>\nSSLVerifyClient require\n</Location>",
     ": HTTP/2 does not allow it; use"},
    {"SSLVerifyClient none\n<Location /x>\nSSLVerifyClient require\n</Location>",
     "use \"SSLVerifyClient optional\" on the virtual host, and \"Require clientcert\" here"},
    {"SSLVerifyClient none\n<Location /x>\nSSLVerifyClient optional\n</Location>",
     "use \"SSLVerifyClient optional\" on the virtual host"},
    {"SSLVerifyClient none\n", "CC0720: site.conf:5: this needs a client certificate, but a "
                               "never requests one"},
    {"SSLEngine off\n", "CC0721: site.conf:5: this rule needs a client certificate, but a has "
                        "no TLS: move the rule"},
    {"ClientCertMap group=a\nRequire clientcert-group \"x\\\"y\"",
     "no rule that can be in effect here gives the group \"x\\x22y\": correct the name"},
    {"RewriteRule ^ /%{ENV:CLIENTCERT_USER}",
     "RewriteRule outside of a section runs before the user "
     "is known, so %{ENV:CLIENTCERT_...} is empty here"},
};

TEST_LOOP(a_warning_says_what_to_write_instead, 0, COUNT(texts))
{
    const char *log;

    fake.modules = "mod_ssl.c mod_authz_core.c mod_http2.c";
    configure(texts[_i].lines);
    cc_lint_start(fake.pconf, NULL, fake.pconf, fake.main);
    log = fake_logged();
    ck_assert_msg(strstr(log, texts[_i].text), "%s", log);
}

SUITE("expressions", .setup = fake_begin, .teardown = fake_end);
