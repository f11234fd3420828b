/* SPDX-License-Identifier: Apache-2.0 */
/* Tests the directives on proxies: what they read, what they refuse, and what a host inherits. */
#include <apr_network_io.h>
#include <apr_strings.h>

#include "fakehttpd.h"
#include "httpd/conf/configuration.h"
#include "httpd/conf/proxies.h"
#include "httpd/conf/vhost_conf.h"
#include "suite.h"

SUITE("conf_proxies", .setup = fake_begin, .teardown = fake_end);

static const cc_proxies_t *proxies_of(const server_rec *s)
{
    return cc_vhost_conf_of(s)->proxies;
}

/* ---- ClientCertHeader ------------------------------------------------------------------------ */

static const struct {
    const char *line, *name, *chain;
    bool within;
} headers[] = {
    {"rfc9440", "Client-Cert", "Client-Cert-Chain", false},
    {"RFC9440 chain=off", "Client-Cert", NULL, false},
    {"rfc9440 header=X-Cert chain=X-Above", "X-Cert", "X-Above", false},
    {"xfcc", "X-Forwarded-Client-Cert", NULL, true},
    {"xfcc chain=off", "X-Forwarded-Client-Cert", NULL, false},
    {"pem-url", "ssl-client-cert", NULL, false},
    {"pem-url chain=x-chain header=x-cert", "x-cert", "x-chain", false},
    {"pem-bare chain=on", "X-Forwarded-Tls-Client-Cert", NULL, true},
    {"der", "X-ARR-ClientCert", NULL, false},
    {"alb", "X-Amzn-Mtls-Clientcert-Leaf", NULL, true},
};

TEST_LOOP(a_format_has_usual_headers, 0, COUNT(headers))
{
    const cc_header_spec_t *header;

    fake_configured(apr_pstrcat(fake.pool, "ClientCertHeader ", headers[_i].line, NULL));
    header = proxies_of(fake.main)->header;
    ck_assert_str_eq(header->name, headers[_i].name);
    ck_assert_pstr_eq(header->chain_name, headers[_i].chain);
    ck_assert(header->reads_chain == headers[_i].within);
    ck_assert_str_eq(header->where, "site.conf:1");
    ck_assert(cc_configuration_of(fake.main)->takes_headers);
    ck_assert_ptr_null(proxies_of(fake.main)->proxy_protocol);
}

TEST(the_headers_are_removed_from_requests)
{
    const apr_array_header_t *removed;

    fake_configured("ClientCertHeader rfc9440 header=X-My_Cert chain=x-Chain");
    removed = cc_configuration_of(fake.main)->removed;
    ck_assert_int_eq(removed->nelts, 2);
    ck_assert_str_eq(APR_ARRAY_IDX(removed, 0, const char *), "xmycert");
    ck_assert_str_eq(APR_ARRAY_IDX(removed, 1, const char *), "xchain");
}

TEST(the_protocol_has_a_type_and_is_of_another_kind)
{
    fake_configured("ClientCertHeader proxy-protocol\nClientCertHeader der");
    ck_assert_int_eq(proxies_of(fake.main)->proxy_protocol->type, 0x28);
    ck_assert_str_eq(proxies_of(fake.main)->header->format->name, "der");
    fake_configured("ClientCertHeader Proxy-Protocol tlv=0xEf");
    ck_assert_int_eq(proxies_of(fake.main)->proxy_protocol->type, 0xEF);
    ck_assert_ptr_null(proxies_of(fake.main)->header);
}

static const struct {
    const char *text, *error; /* its beginning */
} errors[] = {
    {"ClientCertHeader", "CC0419: \"\": this is not a format of headers: write proxy-protocol, or "
                         "one of rfc9440, xfcc, pem-url, pem-bare, der or alb"},
    {"ClientCertHeader pem", "CC0419: \"pem\": this is not a format"},
    {"ClientCertHeader der\nClientCertHeader xfcc",
     "CC0420: ClientCertHeader with a format is already set at site.conf:1: a server has one of "
     "each kind"},
    {"ClientCertHeader proxy-protocol\nClientCertHeader proxy-protocol tlv=0xE0",
     "CC0420: ClientCertHeader with proxy-protocol is already set at site.conf:1"},
    {"ClientCertHeader der X-Cert",
     "CC0442: \"X-Cert\": write header=NAME, chain=NAME, chain=on or chain=off"},
    {"ClientCertHeader der header=a header=b",
     "CC0447: \"header\": header is given twice; give it once"},
    {"ClientCertHeader der CHAIN=X", "CC0442: \"CHAIN=X\": write"},
    {"ClientCertHeader der max=1", "CC0442: \"max=1\": write"},
    {"ClientCertHeader proxy-protocol header=a",
     "CC0442: \"header=a\": write tlv=0x28, or tlv=0xE0 to tlv=0xEF"},
    {"ClientCertHeader proxy-protocol tlv=0x22",
     "CC0421: \"0x22\": not a type of TLV for certificates; write tlv=0x28, or tlv=0xE0 to "
     "tlv=0xEF"},
    {"ClientCertHeader proxy-protocol tlv=0xF0", "CC0421: \"0xF0\": not a type"},
    {"ClientCertHeader proxy-protocol tlv=224", "CC0421: \"224\": not a type"},
    {"ClientCertHeader proxy-protocol tlv=0xE0 tlv=0xE1",
     "CC0447: \"tlv=0xE1\": tlv is given twice"},
    {"ClientCertHeader der header=", "CC0446: \"header\": the value is missing; write header=TEXT"},
    {"ClientCertHeader der header=X:Y", "CC0422: \"X:Y\": not the name of a header"},
    {"ClientCertHeader der \"header=X Y\"", "CC0422: \"X Y\": not the name"},
    {"ClientCertHeader der header=-_-", "CC0422: \"-_-\": not the name"},
    {"ClientCertHeader der header=host",
     "CC0422: \"host\": HTTP itself needs this header, and it would be removed from requests; "
     "choose another name"},
    {"ClientCertHeader der header=AUTHORI_ZATION", "CC0422: \"AUTHORI_ZATION\": HTTP itself"},
    {"ClientCertHeader der chain=Cookie", "CC0422: \"Cookie\": HTTP itself"},
    {"ClientCertHeader der chain=on",
     "CC0423: \"on\": der has no usual header for the chain; write chain=NAME or chain=off"},
    {"ClientCertHeader xfcc chain=X-Chain",
     "CC0423: \"X-Chain\": xfcc has the chain in the header of the certificate; write "
     "chain=on or chain=off"},
    {"ClientCertHeader der header=X-C chain=x_c",
     "CC0423: \"x_c\": the certificate and its chain need two headers"},
    {"ClientCertTrustedProxy", "CC0424: write at least one address"},
    {"ClientCertTrustedProxy proxy.example", "CC0424: \"proxy.example\": write the address of a"},
    {"ClientCertTrustedProxy 10", "CC0424: \"10\": write"},
    {"ClientCertTrustedProxy 192.0.2.1/33", "CC0424: \"192.0.2.1/33\": write"},
    {"ClientCertTrustedProxy 192.0.2.1/", "CC0424: \"192.0.2.1/\": write"},
    {"ClientCertTrustedProxy 192.0.2.0/255.255.255.0", "CC0424: \"192.0.2.0/255.255.255.0\": w"},
    {"ClientCertTrustedProxy 2001:db8::/129", "CC0424: \"2001:db8::/129\": write"},
    {"ClientCertTrustedProxy 192.0.2.1 unix", "CC0424: \"unix\": write"},
    {"ClientCertTrustedProxyCert",
     "CC0421: write a condition that the certificate of the proxy has to meet"},
    {"ClientCertTrustedProxyCert nosuch == a", "CC0201: \"nosuch\": no such field"},
    {"ClientCertTrustedProxyCert subject.CN == a user=b", "CC02"},
};

TEST_LOOP(a_directive_says_what_is_wrong_with_it, 0, COUNT(errors))
{
    fake_expect_begins(fake_configure(errors[_i].text), errors[_i].error);
}

/* ---- ClientCertTrustedProxy ------------------------------------------------------------------ */

static bool trusts(const cc_proxies_t *proxies, const char *address)
{
    apr_sockaddr_t *sockaddr;

    ck_assert_int_eq(apr_sockaddr_info_get(&sockaddr, address, APR_UNSPEC, 0, 0, fake.pool),
                     APR_SUCCESS);
    return cc_proxies_trust(proxies, sockaddr);
}

TEST(an_address_is_trusted_alone_and_a_network_as_a_whole)
{
    const cc_proxies_t *proxies;

    fake_configured("ClientCertTrustedProxy 192.0.2.1 198.51.100.16/28\n"
                    "ClientCertTrustedProxy 2001:db8:1::/48");
    proxies = proxies_of(fake.main);
    ck_assert(trusts(proxies, "192.0.2.1"));
    ck_assert(!trusts(proxies, "192.0.2.2"));
    ck_assert(trusts(proxies, "198.51.100.31"));
    ck_assert(!trusts(proxies, "198.51.100.32"));
    ck_assert(trusts(proxies, "2001:db8:1:2::3"));
    ck_assert(!trusts(proxies, "2001:db8:2::"));
    ck_assert(trusts(proxies, "::ffff:192.0.2.1"));
    ck_assert(!proxies->trusts_unix && !proxies->trusts_all);
    ck_assert_str_eq(proxies->first_trusted, "192.0.2.1");
    fake_configured("ClientCertTrustedProxy unix: 198.51.100.16/28");
    ck_assert_str_eq(proxies_of(fake.main)->first_trusted, "198.51.100.16");
}

TEST(a_socket_has_no_address)
{
    apr_sockaddr_t *sockaddr;

    fake_configured("ClientCertTrustedProxy unix:");
    ck_assert(!trusts(proxies_of(fake.main), "127.0.0.1"));
    ck_assert_int_eq(apr_sockaddr_info_get(&sockaddr, "/run/x", APR_UNIX, 0, 0, fake.pool),
                     APR_SUCCESS);
    ck_assert(cc_proxies_trust(proxies_of(fake.main), sockaddr));
    fake_configured("ClientCertTrustedProxy 0.0.0.0/0");
    ck_assert(!cc_proxies_trust(proxies_of(fake.main), sockaddr));
}

TEST(all_addresses_are_two_networks)
{
    const cc_proxies_t *proxies;

    fake_configured("ClientCertTrustedProxy 0.0.0.0/0");
    proxies = proxies_of(fake.main);
    ck_assert(proxies->trusts_all && trusts(proxies, "192.0.2.1") && trusts(proxies, "10.0.0.1"));
    ck_assert(!trusts(proxies, "2001:db8::1"));
    fake_configured("ClientCertTrustedProxy ::/0");
    proxies = proxies_of(fake.main);
    ck_assert(proxies->trusts_all && trusts(proxies, "2001:db8::1") && trusts(proxies, "fe80::1"));
}

/* ---- what a host inherits -------------------------------------------------------------------- */

TEST(each_directive_of_a_host_replaces_that_of_the_server)
{
    const cc_proxies_t *main, *a, *b, *c;

    fake_configured("ClientCertHeader der\nClientCertTrustedProxy 192.0.2.1 unix:\n"
                    "ClientCertTrustedProxyCert subject.CN == a\n"
                    "<VirtualHost *:1>\nServerName a\n</VirtualHost>\n"
                    "<VirtualHost *:1>\nServerName b\nClientCertHeader xfcc\n"
                    "ClientCertTrustedProxy 192.0.2.2\n</VirtualHost>\n"
                    "<VirtualHost *:1>\nServerName c\nClientCertHeader proxy-protocol\n"
                    "ClientCertTrustedProxyCert subject.CN == b\n"
                    "ClientCertTrustedProxyCert subject.CN == c\n</VirtualHost>");
    main = proxies_of(fake.main);
    a = proxies_of(fake_host("a"));
    b = proxies_of(fake_host("b"));
    c = proxies_of(fake_host("c"));
    ck_assert_ptr_eq(a, main);
    ck_assert_str_eq(b->header->format->name, "xfcc");
    ck_assert(!trusts(b, "192.0.2.1") && trusts(b, "192.0.2.2") && !b->trusts_unix);
    ck_assert_ptr_eq(b->certs, main->certs);
    ck_assert_ptr_eq(c->header, main->header);
    ck_assert(c->proxy_protocol && c->trusts_unix);
    ck_assert_str_eq(b->first_trusted, "192.0.2.2");
    ck_assert_str_eq(c->first_trusted, "192.0.2.1");
    ck_assert_int_eq(cc_rules_count(c->certs), 2);
    ck_assert_int_eq(cc_rules_count(main->certs), 1);
    ck_assert(cc_proxies_take(c) && cc_proxies_take(main));
}

TEST(nothing_is_taken_where_nothing_was_said)
{
    fake_configured("ClientCertMap user=a");
    ck_assert(!cc_proxies_take(proxies_of(fake.main)));
    ck_assert(!cc_configuration_of(fake.main)->takes_headers);
    fake_configured("ClientCertTrustedProxy 192.0.2.1");
    ck_assert(!cc_proxies_take(proxies_of(fake.main)));
}

/* ---- what the start refuses ------------------------------------------------------------------ */

static int check(void)
{
    return cc_proxies_check(fake.pconf, fake.pool, fake.pool, fake.main);
}

static const struct {
    const char *text, *log; /* "": it is fine */
} starts[] = {
    {"ClientCertHeader der\nClientCertTrustedProxy 192.0.2.1", ""},
    {"ClientCertHeader der", "emerg CC0426: site.conf:1: ClientCertHeader: the main server has no "
                             "ClientCertTrustedProxy, so no header would count: name the addresses "
                             "of the proxies"},
    {"ClientCertHeader der\nClientCertTrustedProxyCert subject.CN == a",
     "emerg CC0426: site.conf:1: ClientCertHeader: the main server has no "
     "ClientCertTrustedProxy, so no header would count: name the addresses of the proxies"},
    {"ClientCertHeader der\nClientCertTrustedProxy ::/0",
     "emerg CC0427: site.conf:1: ClientCertHeader: the main server trusts the headers of every "
     "address: name the addresses of the proxies, or their certificates in "
     "ClientCertTrustedProxyCert"},
    {"ClientCertHeader der\nClientCertTrustedProxy ::/0\n"
     "ClientCertTrustedProxyCert subject.CN == a",
     ""},
    {"ClientCertMaxAge 60\nClientCertHeader proxy-protocol\nClientCertTrustedProxy 192.0.2.1",
     "emerg CC0429: site.conf:2: ClientCertHeader: the main server has ClientCertMaxAge too, but a "
     "proxy does not pass on when the client proved that it has its key: write ClientCertMaxAge 0"},
    {"ClientCertMaxAge 60\n<VirtualHost *:1>\nServerName a\nClientCertHeader der\n"
     "ClientCertTrustedProxy 192.0.2.1\n</VirtualHost>",
     "emerg CC0429: site.conf:4: ClientCertHeader: a has ClientCertMaxAge too, but a proxy does "
     "not "
     "pass on when the client proved that it has its key: write ClientCertMaxAge 0"},
    {"ClientCertMaxAge 60\n<VirtualHost *:1>\nServerName a\nClientCertHeader der\n"
     "ClientCertMaxAge 0\nClientCertTrustedProxy 192.0.2.1\n</VirtualHost>",
     ""},
    {"SSLEngine on\nSSLOCSPEnable on\nClientCertHeader der\nClientCertTrustedProxy 192.0.2.1",
     "emerg CC0425: site.conf:3: ClientCertHeader: the main server has SSLOCSPEnable, which "
     "mod_ssl "
     "applies only to certificates of TLS connections: use ClientCertOCSP"},
    {"SSLEngine on\nSSLOCSPEnable off\nClientCertHeader der\nClientCertTrustedProxy 192.0.2.1", ""},
};

TEST_LOOP(a_start_ends_where_trust_would_mean_nothing, 0, COUNT(starts))
{
    fake_configured(starts[_i].text);
    ck_assert_int_eq(check() == OK, !*starts[_i].log);
    fake_expect_log(starts[_i].log);
}

TEST(the_depth_of_each_host_is_known)
{
    fake_configured("SSLVerifyDepth 3\n<VirtualHost *:1>\nServerName a\n</VirtualHost>\n"
                    "<VirtualHost *:1>\nServerName b\nSSLVerifyDepth 5\n</VirtualHost>");
    ck_assert_int_eq(check(), OK);
    ck_assert_int_eq(cc_vhost_conf_of(fake_host("a"))->verify_depth, 3);
    ck_assert_int_eq(cc_vhost_conf_of(fake_host("b"))->verify_depth, 5);
    fake_configured("ClientCertMap user=a");
    ck_assert_int_eq(check(), OK);
    ck_assert_int_eq(cc_vhost_conf_of(fake.main)->verify_depth, 1);
}
