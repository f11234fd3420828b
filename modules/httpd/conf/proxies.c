/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the directives on trusted proxies, and on the certificates that they pass on. */
#include <arpa/inet.h>
#include <stddef.h>
#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "base/error.h"
#include "base/option.h"
#include "base/words.h"
#include "forward/forward.h"
#include "httpd/conf/configuration.h"
#include "httpd/conf/directive.h"
#include "httpd/conf/header_name.h"
#include "httpd/conf/header_options.h"
#include "httpd/conf/module.h"
#include "httpd/conf/path_need.h"
#include "httpd/conf/proxies.h"
#include "httpd/conf/vhost_conf.h"
#include "rules/rules.h"

/* The record of the server that is being read, made at its first directive. */
static cc_proxies_t *proxies_of(const cmd_parms *cmd)
{
    cc_vhost_conf_t *conf = cc_vhost_conf_of(cmd->server);

    if (!conf->proxies) {
        conf->proxies = apr_pcalloc(cmd->pool, sizeof(cc_proxies_t));
    }
    return (cc_proxies_t *)conf->proxies;
}

/* What the words of a ClientCertHeader say. */
typedef struct options_t {
    const char *header, *chain; /* NULL: not given */
    int type;                   /* of the TLV */
} options_t;

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- ClientCertHeader FORMAT ----------------------------------------------------------------- */

static const cc_option_t header_options[] = {
    {.name = "header", .kind = CC_OPTION_TEXT, .member = offsetof(options_t, header)},
    {.name = "chain", .kind = CC_OPTION_TEXT, .member = offsetof(options_t, chain)},
};

/* The chain is read where the format has a usual place for it. */
static const char *chain_usual(const cc_forward_format_t *format)
{
    return format->chain == CC_FORWARD_CHAIN_WITHIN || format->chain_header ? "on" : "off";
}

static apr_status_t names_check(const cc_header_spec_t *spec, apr_pool_t *p, cc_error_t *err)
{
    apr_status_t rv = cc_header_name_check(spec->name, p, err);

    return rv == APR_SUCCESS && spec->chain_name ? cc_header_name_check(spec->chain_name, p, err)
                                                 : rv;
}

static apr_status_t header_read(cc_header_spec_t *spec, const apr_array_header_t *words,
                                apr_pool_t *p, cc_error_t *err)
{
    options_t read = {0};
    cc_option_reader_t reader = {.options = header_options,
                                 .count = COUNT(header_options),
                                 .record = &read,
                                 .pool = p,
                                 .err = err};
    apr_status_t rv =
        cc_header_options_read(&reader, words, 1, "header=NAME, chain=NAME, chain=on or chain=off");
    bool on = false;

    spec->name = read.header ? read.header : spec->format->header;
    if (rv == APR_SUCCESS) {
        rv = cc_header_chain_read(&on, &spec->chain_name, spec->format, spec->name,
                                  read.chain ? read.chain : chain_usual(spec->format), p, err);
    }
    spec->reads_chain = on && !spec->chain_name;
    return rv == APR_SUCCESS ? names_check(spec, p, err) : rv;
}

/* ---- ClientCertHeader proxy-protocol --------------------------------------------------------- */

#define TLV_USUAL 0x28 /* PP2_SUBTYPE_SSL_CLIENT_CERT */
#define TLV_USAGE "tlv=0x28, or tlv=0xE0 to tlv=0xEF"

/* "0xE0": a type that can carry a certificate. */
static apr_status_t type_set(void *record, const char *value, apr_pool_t *p, cc_error_t *err)
{
    char *end;
    apr_int64_t number = apr_strtoi64(value, &end, 16);

    if (strncasecmp(value, "0x", 2) || strlen(value) != 4 || *end ||
        (number != TLV_USUAL && (number < 0xE0 || number > 0xEF))) {
        return cc_error_set(err, p, "CC0421", value,
                            "not a type of TLV for certificates; write " TLV_USAGE);
    }
    ((options_t *)record)->type = (int)number;
    return APR_SUCCESS;
}

static const cc_option_t protocol_options[] = {
    {.name = "tlv", .kind = CC_OPTION_CUSTOM, .set = type_set},
};

static apr_status_t protocol_read(cc_proxy_protocol_spec_t *spec, const apr_array_header_t *words,
                                  apr_pool_t *p, cc_error_t *err)
{
    options_t read = {.type = TLV_USUAL};
    cc_option_reader_t reader = {.options = protocol_options,
                                 .count = COUNT(protocol_options),
                                 .record = &read,
                                 .pool = p,
                                 .err = err};
    apr_status_t rv = cc_header_options_read(&reader, words, 1, TLV_USAGE);

    spec->type = read.type;
    return rv;
}

/* ---- ClientCertHeader ------------------------------------------------------------------------ */

static apr_status_t twice(const char *kind, const char *where, const cmd_parms *cmd,
                          cc_error_t *err)
{
    return cc_error_set(err, cmd->pool, "CC0420", NULL,
                        "ClientCertHeader with %s is already set at %s: a server has one of each "
                        "kind",
                        kind, where);
}

static apr_status_t protocol_add(cmd_parms *cmd, const apr_array_header_t *words, cc_error_t *err)
{
    cc_proxies_t *proxies = proxies_of(cmd);
    cc_proxy_protocol_spec_t *spec = apr_pcalloc(cmd->pool, sizeof(*spec));

    if (proxies->proxy_protocol) {
        return twice("proxy-protocol", proxies->proxy_protocol->where, cmd, err);
    }
    spec->where = cc_directive_where(cmd->directive, cmd->pool);
    proxies->proxy_protocol = spec;
    return protocol_read(spec, words, cmd->pool, err);
}

static apr_status_t header_add(cmd_parms *cmd, const apr_array_header_t *words,
                               const cc_forward_format_t *format, cc_error_t *err)
{
    cc_proxies_t *proxies = proxies_of(cmd);
    cc_header_spec_t *spec = apr_pcalloc(cmd->pool, sizeof(*spec));
    apr_status_t status;

    if (proxies->header) {
        return twice("a format", proxies->header->where, cmd, err);
    }
    spec->format = format;
    spec->where = cc_directive_where(cmd->directive, cmd->pool);
    proxies->header = spec;
    status = header_read(spec, words, cmd->pool, err);
    if (status == APR_SUCCESS) {
        cc_header_name_remove(cmd, spec->name);
        if (spec->chain_name) {
            cc_header_name_remove(cmd, spec->chain_name);
        }
    }
    return status;
}

static apr_status_t format_add(cmd_parms *cmd, const apr_array_header_t *words, cc_error_t *err)
{
    const char *word = words->nelts > 0 ? APR_ARRAY_IDX(words, 0, const char *) : "";
    const cc_forward_format_t *format = cc_forward_format_find(word);

    if (!strcasecmp(word, "proxy-protocol")) {
        return protocol_add(cmd, words, err);
    }
    if (!format) {
        return cc_error_set(err, cmd->pool, "CC0419", word,
                            "this is not a format of headers: write proxy-protocol, or one of %s",
                            cc_forward_format_names(false, cmd->pool));
    }
    return header_add(cmd, words, format, err);
}

const char *cc_proxies_header(cmd_parms *cmd, void *record, const char *args)
{
    apr_array_header_t *words;
    cc_error_t err = {0};
    apr_status_t status = cc_words_split(&words, args, cmd->pool, &err);

    (void)record;
    if (status == APR_SUCCESS) {
        status = format_add(cmd, words, &err);
    }
    cc_configuration_find(cmd->server)->takes_headers = true;
    return cc_directive_result(cmd, status, &err);
}

/* ---- ClientCertTrustedProxy ------------------------------------------------------------------ */

/* A whole address: apr_ipsubnet_create reads "10" as a network. Sets the longest prefix. */
static bool is_address(const char *text, int *longest)
{
    unsigned char octets[16];

    if (inet_pton(AF_INET, text, octets) == 1) {
        *longest = 32;
        return true;
    }
    *longest = 128;
    return inet_pton(AF_INET6, text, octets) == 1;
}

static bool is_length(const char *text, int longest)
{
    char *end;
    apr_int64_t number = apr_strtoi64(text, &end, 10);

    return apr_isdigit(*text) && !*end && number <= longest;
}

static bool subnet_add(cc_proxies_t *proxies, const char *address, const char *length,
                       apr_pool_t *p)
{
    apr_ipsubnet_t *subnet;

    if (apr_ipsubnet_create(&subnet, address, length, p) != APR_SUCCESS) {
        return false;
    }
    APR_ARRAY_PUSH((apr_array_header_t *)proxies->trusted, apr_ipsubnet_t *) = subnet;
    return true;
}

/* APR knows no length 0, so all addresses are two networks. */
static bool all_add(cc_proxies_t *proxies, bool ipv4, apr_pool_t *p)
{
    proxies->trusts_all = true;
    return subnet_add(proxies, ipv4 ? "0.0.0.0" : "::", "1", p) &&
           subnet_add(proxies, ipv4 ? "128.0.0.0" : "8000::", "1", p);
}

static bool network_add(cc_proxies_t *proxies, const char *word, apr_pool_t *p)
{
    const char *slash = strchr(word, '/');
    const char *address = slash ? apr_pstrmemdup(p, word, (apr_size_t)(slash - word)) : word;
    const char *length = slash ? slash + 1 : NULL;
    int longest;

    if (!is_address(address, &longest) || (length && !is_length(length, longest))) {
        return false;
    }
    proxies->first_trusted =
        proxies->first_trusted ? proxies->first_trusted : apr_pstrdup(p, address);
    return length && atoi(length) == 0 ? all_add(proxies, longest == 32, p)
                                       : subnet_add(proxies, address, length, p);
}

static apr_status_t address_add(cc_proxies_t *proxies, const char *word, apr_pool_t *p,
                                cc_error_t *err)
{
    return network_add(proxies, word, p)
               ? APR_SUCCESS
               : cc_error_set(err, p, "CC0424", word,
                              "write the address of a proxy, a network such as 192.0.2.0/24 or "
                              "2001:db8::/32, or unix:");
}

static apr_status_t trusted_add(cmd_parms *cmd, const apr_array_header_t *words, cc_error_t *err)
{
    cc_proxies_t *proxies = proxies_of(cmd);
    apr_status_t status = APR_SUCCESS;

    if (words->nelts == 0) {
        return cc_error_set(err, cmd->pool, "CC0424", NULL, "write at least one address");
    }
    if (!proxies->trusted) {
        proxies->trusted = apr_array_make(cmd->pool, 4, sizeof(apr_ipsubnet_t *));
    }
    for (int i = 0; status == APR_SUCCESS && i < words->nelts; i++) {
        const char *word = APR_ARRAY_IDX(words, i, const char *);

        if (!strcasecmp(word, "unix:")) {
            proxies->trusts_unix = true;
        } else {
            status = address_add(proxies, word, cmd->pool, err);
        }
    }
    return status;
}

const char *cc_proxies_trusted(cmd_parms *cmd, void *record, const char *args)
{
    apr_array_header_t *words;
    cc_error_t err = {0};
    apr_status_t status = cc_words_split(&words, args, cmd->pool, &err);

    (void)record;
    if (status == APR_SUCCESS) {
        status = trusted_add(cmd, words, &err);
    }
    return cc_directive_result(cmd, status, &err);
}

/* ---- ClientCertTrustedProxyCert -------------------------------------------------------------- */

const char *cc_proxies_cert(cmd_parms *cmd, cc_rules_t *make(cmd_parms *cmd), const char *args)
{
    cc_proxies_t *proxies = proxies_of(cmd);
    cc_error_t err = {0};
    apr_status_t status;

    if (!args[strspn(args, " \t")]) {
        return "CC0421: write a condition that the certificate of the proxy has to meet, such as "
               "san.dns == \"proxy.example.com\"";
    }
    if (!proxies->certs) {
        proxies->certs = make(cmd);
    }
    status = cc_rules_add_conditions((cc_rules_t *)proxies->certs, args,
                                     cc_directive_where(cmd->directive, cmd->pool), &err);
    cc_path_need_note(cmd->server, cmd->pool, cc_rules_path_need(proxies->certs));
    return cc_directive_result(cmd, status, &err);
}

/* ---- the directives in effect ---------------------------------------------------------------- */

const cc_proxies_t *cc_proxies_merge(const cc_proxies_t *base, const cc_proxies_t *add,
                                     apr_pool_t *p)
{
    cc_proxies_t *both;

    if (!base || !add) {
        return add ? add : base;
    }
    both = apr_pmemdup(p, add, sizeof(*add));
    both->header = add->header ? add->header : base->header;
    both->proxy_protocol = add->proxy_protocol ? add->proxy_protocol : base->proxy_protocol;
    both->certs = add->certs ? add->certs : base->certs;
    if (!add->trusted) {
        both->trusted = base->trusted;
        both->trusts_unix = base->trusts_unix;
        both->trusts_all = base->trusts_all;
        both->first_trusted = base->first_trusted;
    }
    return both;
}

bool cc_proxies_trust(const cc_proxies_t *proxies, apr_sockaddr_t *address)
{
    bool found = false;

#if APR_HAVE_SOCKADDR_UN
    if (address->family == APR_UNIX) {
        return proxies->trusts_unix;
    }
#endif
    for (int i = 0; proxies->trusted && !found && i < proxies->trusted->nelts; i++) {
        found = apr_ipsubnet_test(APR_ARRAY_IDX(proxies->trusted, i, apr_ipsubnet_t *), address);
    }
    return found;
}
