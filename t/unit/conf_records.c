/* SPDX-License-Identifier: Apache-2.0 */
/* Tests the directives, the records that they fill, and the record in effect for a request. */
#include <apr_strings.h>

#include "fakehttpd.h"
#include "httpd/conf/dir.h"
#include "httpd/conf/directive.h"
#include "httpd/conf/rulesets.h"
#include "httpd/conf/status_text.h"
#include "httpd/conf/use.h"
#include "httpd/conf/vhost_conf.h"
#include "httpd/directives.h"
#include "httpd/request/export.h"
#include "suite.h"

/* ---- per directory ----------------------------------------------------------------------- */

TEST(a_record_that_says_nothing_costs_no_merge)
{
    cc_dir_t *empty = cc_dir_create(fake.pool, NULL), *says = cc_dir_create(fake.pool, NULL);

    ck_assert_int_eq(empty->auth, -1);
    ck_assert_int_eq(empty->status_rules, -1);
    ck_assert_int_eq(empty->handler, -1);
    says->auth = 0;
    ck_assert_ptr_eq(cc_dir_merge(fake.pool, says, empty), says);
    ck_assert_ptr_eq(cc_dir_merge(fake.pool, empty, says), says);
    ck_assert_ptr_eq(cc_dir_merge(fake.pool, empty, empty), empty);
}

TEST(each_member_is_overridden_by_itself)
{
    static cc_export_t export;
    cc_dir_t *outer = cc_dir_create(fake.pool, NULL), *inner = cc_dir_create(fake.pool, NULL);
    const cc_dir_t *both;

    outer->auth = 1;
    outer->status_rules = 1;
    outer->export = &export;
    inner->auth = 0;
    inner->handler = CC_HANDLER_STATUS;
    both = cc_dir_merge(fake.pool, outer, inner);
    ck_assert(both != outer && both != inner);
    ck_assert_int_eq(both->auth, 0);
    ck_assert_int_eq(both->status_rules, 1);
    ck_assert_int_eq(both->handler, CC_HANDLER_STATUS);
    ck_assert_ptr_eq(both->export, &export);
    ck_assert_ptr_null(both->rules);
}

/* The record in effect can be read in one place. */
TEST(a_section_with_rules_uses_those_alone)
{
    const cc_dir_t *dir;

    fake_configured(
        "ClientCertMap user=outer\n"
        "<Location /in>\nClientCertMap user=inner\nClientCertMap group=in\n</Location>\n"
        "<Location /in/off>\nClientCertAuth Off\n</Location>");
    dir = cc_dir_of(fake_request(fake.main, "/"));
    ck_assert_int_eq(cc_rules_count(dir->rules), 1);
    ck_assert_str_eq(cc_rules_where(dir->rules, 0), "site.conf:1");
    dir = cc_dir_of(fake_request(fake.main, "/in/off"));
    ck_assert_int_eq(cc_rules_count(dir->rules), 2);
    ck_assert_str_eq(cc_rules_where(dir->rules, 0), "site.conf:3");
    ck_assert_int_eq(dir->auth, 0);
    ck_assert_ptr_eq(dir->tally, cc_dir_of(fake_request(fake.main, "/in"))->tally);
}

TEST(the_text_of_an_inner_section_replaces_the_outer_one)
{
    fake_configured("ClientCertStatusText outer /help\n"
                    "<Location /in>\nClientCertStatusText inner MAILTO:a@example.com Us\n"
                    "</Location>\n"
                    "<Location /in/rules>\nClientCertStatusRules On\n</Location>");
    ck_assert_str_eq(cc_dir_of(fake_request(fake.main, "/"))->status_text->url, "/help");
    ck_assert_ptr_null(cc_dir_of(fake_request(fake.main, "/"))->status_text->link);
    ck_assert_str_eq(cc_dir_of(fake_request(fake.main, "/in/rules"))->status_text->text, "inner");
    ck_assert_str_eq(cc_dir_of(fake_request(fake.main, "/in"))->status_text->link, "Us");
}

/* ---- per server -------------------------------------------------------------------------- */

TEST(a_host_has_its_own_record_and_what_the_server_said)
{
    const cc_vhost_conf_t *main, *a, *b;

    fake_configured("ClientCertCRL crl.pem\nClientCertCRLCheck leaf\nClientCertMaxAge 60\n"
                    "ClientCertOCSPAllow o.example\n"
                    "<VirtualHost *:1>\nServerName a\n</VirtualHost>\n"
                    "<VirtualHost *:1>\nServerName b\nClientCertCRL other.pem\n"
                    "ClientCertCRLCheck CHAIN\nClientCertMaxAge 0\nClientCertOCSP AIA\n"
                    "ClientCertOCSPAllow p.example q.example\n</VirtualHost>");
    main = cc_vhost_conf_of(fake.main);
    a = cc_vhost_conf_of(fake_host("a"));
    b = cc_vhost_conf_of(fake_host("b"));
    ck_assert(a != main && b != main);
    ck_assert_ptr_eq(a->crls, main->crls);
    ck_assert_str_eq(b->crls->where, "site.conf:10");
    ck_assert_int_eq(a->leaf_alone, 1);
    ck_assert_int_eq(b->leaf_alone, 0);
    ck_assert(a->max_age == apr_time_from_sec(60) && b->max_age == 0);
    ck_assert_ptr_eq(a->ocsp_hosts, main->ocsp_hosts);
    ck_assert_int_eq(b->ocsp_hosts->nelts, 2);
    ck_assert(!a->ocsp && b->ocsp);
    ck_assert(fake.asks_more);
}

TEST(lines_of_cas_are_added_and_those_of_a_host_replace_them)
{
    const cc_vhost_conf_t *main, *a, *b;

    fake_configured("ClientCertCA one.pem\nClientCertCA two.pem reload=9\n"
                    "<VirtualHost *:1>\nServerName a\n</VirtualHost>\n"
                    "<VirtualHost *:1>\nServerName b\nClientCertCA three.pem\n</VirtualHost>");
    main = cc_vhost_conf_of(fake.main);
    a = cc_vhost_conf_of(fake_host("a"));
    b = cc_vhost_conf_of(fake_host("b"));
    ck_assert_int_eq(main->ca_specs->nelts, 2);
    ck_assert_ptr_eq(a->ca_specs, main->ca_specs);
    ck_assert_int_eq(b->ca_specs->nelts, 1);
    ck_assert_str_eq(APR_ARRAY_IDX(b->ca_specs, 0, cc_ca_spec_t *)->where, "site.conf:8");
    ck_assert(fake.asks_more);
}

TEST(nobody_said_is_not_the_same_as_no)
{
    const cc_vhost_conf_t *made;

    fake_configured("");
    made = cc_vhost_conf_create(fake.pool, fake.main);
    ck_assert_int_eq(made->leaf_alone, -1);
    ck_assert(made->max_age == -1);
    fake_configured("ClientCertCRLCheck leaf\nClientCertMap user=a\n");
    ck_assert(!fake.asks_more);
}

/* ---- per configuration ------------------------------------------------------------------- */

TEST(all_hosts_of_a_configuration_have_one_record)
{
    const cc_configuration_t *first;

    fake_configured("ClientCertMap user=a\n<VirtualHost *:443>\nServerName a\n</VirtualHost>");
    first = cc_configuration_of(fake.main);
    ck_assert_ptr_eq(cc_configuration_of(fake.main->next), first);
    ck_assert_int_eq(cc_rulesets_of(fake.main)->nelts, 1);
    ck_assert_ptr_eq(cc_rulesets_of(fake.main->next), first->rulesets);
}

TEST(another_reading_of_the_configuration_has_another_record)
{
    fake_configured("ClientCertMap user=a\n");
    ck_assert_int_eq(cc_rulesets_of(fake.main)->nelts, 1);
    fake_configured("ClientCertAuth Off\n");
    ck_assert_ptr_null(cc_configuration_of(fake.main)->rulesets);
    ck_assert_int_eq(cc_rulesets_of(fake.main)->nelts, 0);
}

/* ---- errors of directives ---------------------------------------------------------------- */

static const struct {
    const char *text, *error; /* its beginning */
} errors[] = {
    {"ClientCertCRL a.pem\nClientCertCRL b.pem",
     "CC0170: ClientCertCRL is already set at site.conf:1; name all files and directories in one "
     "directive"},
    {"ClientCertCRL", "CC0405: \"\": no path is given"},
    {"ClientCertCRL a.pem reload=x", "CC0404: \"reload=x\": not a valid value; write "
                                     "reload=SECONDS"},
    {"ClientCertCRLCheck all", "CC0171: \"all\": write leaf or chain"},
    {"ClientCertCRLCheck a\"b", "CC0171: \"a\\\"b\": write leaf or chain"},
    {"ClientCertMaxAge -1", "CC0172: \"-1\": write a number of seconds, or 0 for any age"},
    {"ClientCertMaxAge 1h", "CC0172: \"1h\": write a number of seconds, or 0 for any age"},
    {"ClientCertMaxAge 2147483648", "CC0172: \"2147483648\": write"},
    {"ClientCertMaxAge \"\"", "CC0172: \"\": write"},
    {"ClientCertOCSP maybe", "CC0430: \"maybe\": the first word must be On"},
    {"ClientCertOCSPAllow", "CC0436: write at least one host"},
    {"ClientCertOCSPCache none",
     "CC0175: \"none\": no cache of this type is loaded (available: none)"},
    {"ClientCertStatusRules yes", "ClientCertStatusRules must be On or Off"},
    {"ClientCertStatusText a javascript:alert(1)",
     "CC0193: \"javascript:alert(1)\": write a URL that begins with https://, http:// or mailto:, "
     "or a path of this server that begins with /"},
    {"ClientCertStatusText a //x.example/", "CC0193: \"//x.example/\": write"},
    {"ClientCertStatusText a https://", "CC0193: \"https://\": write"},
    {"ClientCertStatusText a \"https://x/a b\"", "CC0193: \"https://x/a b\": write"},
    {"ClientCertStatusText a page.html", "CC0193: \"page.html\": write"},
    {"ClientCertStatusText a https://x/\xC3\xA9", "CC0193: \"https://x/\xC3\xA9\": write"},
    {"ClientCertStatusText a https://x/ \"\"", "CC0194: \"\": it is empty"},
    {"ClientCertStatusText a\xFF", "CC0194: \"a\\xFF\": it is not valid UTF-8"},
    {"ClientCertMap nosuch == a user=x", "CC0201: \"nosuch\": no such field"},
    {"ClientCertExport user", "CC0125: \"user\": not a variable name"},
    {"ClientCertTable", "CC0601: \"\": write NAME TYPE:SOURCE"},
    {"ClientCertTest a.pem", "CC0754: expect must follow the name of the file"},
    {"<Location />\nRequire clientcert-user\n</Location>",
     "CC0121: Require clientcert-user: the name is missing; write at least one"},
    {"<Location />\nRequire not clientcert-group\n</Location>",
     "CC0121: Require not clientcert-group: the name is missing; write at least one"},
    {"Require clientcert-user x%{}", "CC0122: Require clientcert-user x%{}: syntax error"},
    {"Require clientcert nosuch == a", "CC0201: \"nosuch\": no such field"},
};

TEST_LOOP(a_directive_says_what_is_wrong_with_it, 0, COUNT(errors))
{
    const char *error = fake_configure(errors[_i].text);

    fake_expect_begins(error, errors[_i].error);
}

static const struct {
    const char *line, *error;
} in_files[] = {
    {"ClientCertMap user=a",
     "CC0180: ClientCertMap is not for .htaccess, whatever AllowOverrideList says: write it in the "
     "configuration of the server, of a virtual host or in a section such as <Directory>"},
    {"ClientCertCRL a.pem",
     "CC0180: ClientCertCRL is not for .htaccess, whatever AllowOverrideList says: write it in the "
     "configuration of the server or of a virtual host"},
    {"ClientCertAuth Off", NULL},
    {"SetHandler clientcert-metrics",
     "CC0113: SetHandler clientcert-metrics is not for .htaccess: it shows the metrics of the "
     "whole server"},
    {"SetHandler clientcert-ledger",
     "CC0147: SetHandler clientcert-ledger is not for .htaccess: it shows the certificates of "
     "other clients"},
    {"ClientCertLedger names=on",
     "CC0180: ClientCertLedger is not for .htaccess, whatever AllowOverrideList says: write it in "
     "the configuration of the server or of a virtual host"},
    {"SetHandler clientcert-status", NULL},
    {"Require clientcert-user alice", NULL},
    {"Require clientcert subject.CN == a", NULL},
    {"ProxyFCGISetEnvIf true CLIENTCERT_USER x",
     "CC0119: ProxyFCGISetEnvIf may not change CLIENTCERT_USER: names that begin with CLIENTCERT_ "
     "are "
     "reserved for this module; use another name"},
    {"ProxyFCGISetEnvIf true !redirect_clientcert.x",
     "CC0119: ProxyFCGISetEnvIf may not change "
     "redirect_clientcert.x: names that begin with CLIENTCERT_ are reserved for this module; use "
     "another "
     "name"},
    {"ProxyFCGISetEnvIf true PATH_INFO x", NULL},
};

TEST_LOOP(htaccess_has_less_to_say, 0, COUNT(in_files))
{
    request_rec *r = fake_request(fake.main, "/");

    ck_assert_pstr_eq(fake_htaccess(r, in_files[_i].line), in_files[_i].error);
}

TEST(a_handler_counts_where_only_the_administrator_writes)
{
    request_rec *r;

    fake_configured("<Location /s>\nSetHandler clientcert-status\n</Location>\n"
                    "<Location /m>\nSetHandler clientcert-metrics\n</Location>\n"
                    "<Location /l>\nSetHandler clientcert-ledger\n</Location>\n"
                    "<Location /m/x>\nSetHandler x\n</Location>");
    ck_assert_int_eq(cc_dir_of(fake_request(fake.main, "/"))->handler, -1);
    ck_assert_int_eq(cc_dir_of(fake_request(fake.main, "/s"))->handler, CC_HANDLER_STATUS);
    ck_assert_int_eq(cc_dir_of(fake_request(fake.main, "/m"))->handler, CC_HANDLER_METRICS);
    ck_assert_int_eq(cc_dir_of(fake_request(fake.main, "/l"))->handler, CC_HANDLER_LEDGER);
    ck_assert_int_eq(cc_dir_of(fake_request(fake.main, "/m/x"))->handler, CC_HANDLER_OTHER);
    r = fake_request(fake.main, "/");
    ck_assert_pstr_eq(fake_htaccess(r, "SetHandler clientcert-status"), NULL);
    ck_assert_int_eq(cc_dir_of(r)->handler, CC_HANDLER_OTHER);
}

TEST(directives_of_others_need_their_modules)
{
    fake.modules = "mod_ssl.c";
    ck_assert_str_eq(fake_configure("Require all granted"),
                     "Require is a directive of mod_authz_core.c, which is not loaded");
    ck_assert_str_eq(fake_configure("ProxyFCGISetEnvIf true A b"),
                     "ProxyFCGISetEnvIf is a directive of mod_proxy_fcgi.c, which is not loaded");
}

TEST(without_mod_ssl_there_is_a_warning_where_the_module_is_used)
{
    fake.modules = "mod_authz_core.c";
    for (int used = 0; used < 2; used++) {
        fake_configured(used ? "ClientCertAuth On" : "SSLEngine on");
        cc_use_find(fake.pconf, NULL, NULL, fake.main);
        ck_assert_int_eq(cc_directives_check(fake.pconf, NULL, NULL, fake.main), OK);
        fake_expect_log(used ? "warn CC0102: mod_ssl is not loaded: no request will have a client "
                               "certificate"
                             : "");
    }
    fake_configured(
        "ClientCertHeader rfc9440\nClientCertTrustedProxy 192.0.2.1\nClientCertAuth On");
    cc_use_find(fake.pconf, NULL, NULL, fake.main);
    ck_assert_int_eq(cc_directives_check(fake.pconf, NULL, NULL, fake.main), OK);
    fake_expect_log("");
}

/* ---- rule sets --------------------------------------------------------------------------- */

TEST(rule_sets_are_listed_in_the_order_of_the_configuration)
{
    const cc_ruleset_t *all;

    fake_configured("ClientCertMap user=a\nClientCertMap user=b\n"
                    "<VirtualHost *:1>\nServerName h\n<Location \"/x\">\nClientCertMap user=c\n"
                    "</Location>\nClientCertMap user=d\n</VirtualHost>");
    ck_assert_int_eq(cc_rulesets_of(fake.main)->nelts, 3);
    all = (const cc_ruleset_t *)cc_rulesets_of(fake.main)->elts;
    ck_assert_ptr_eq(all[0].server, fake.main);
    ck_assert_pstr_eq(all[0].section, NULL);
    ck_assert_ptr_null(all[0].inside);
    ck_assert_int_eq(cc_rules_count(all[0].rules), 2);
    ck_assert_pstr_eq(all[1].section, "<Location \"/x\">");
    ck_assert_ptr_eq(all[1].inside, fake_directive("<Location"));
    ck_assert_pstr_eq(all[2].section, NULL);
    ck_assert_ptr_eq(all[2].inside, fake_directive("<VirtualHost"));
    ck_assert(all[1].tally != all[2].tally);
}

SUITE("records", .setup = fake_begin, .teardown = fake_end);
