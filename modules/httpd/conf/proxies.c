/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the directives on trusted proxies, and on the certificates that they pass on. */
#include <arpa/inet.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "base/error.h"
#include "base/words.h"
#include "forward/forward.h"
#include "httpd/conf/configuration.h"
#include "httpd/conf/directive.h"
#include "httpd/conf/header_name.h"
#include "httpd/conf/module.h"
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

/* The value of an option, "header=X-Cert"; NULL: the word is not this option. */
static const char *value_of(const char *word, const char *option)
{
    size_t len = strlen(option);

    return !strncasecmp(word, option, len) && word[len] == '=' ? word + len + 1 : NULL;
}

/* ---- ClientCertHeader FORMAT ----------------------------------------------------------------- */

/* A line that is being read. */
typedef struct reader_t {
    cc_header_spec_t *spec;
    bool named, chained; /* header= and chain= were read */
    apr_pool_t *pool;
    cc_error_t *err;
} reader_t;

static apr_status_t name_read(const char **name, const reader_t *reader, const char *word,
                              const char *value)
{
    const char *fault = cc_header_name_fault(value);

    if (fault) {
        return cc_error_set(reader->err, reader->pool, "CC0422", word, "%s", fault);
    }
    *name = apr_pstrdup(reader->pool, value);
    return APR_SUCCESS;
}

/* chain=on: what is usual for the format. */
static apr_status_t chain_on(const reader_t *reader, const char *word)
{
    cc_header_spec_t *spec = reader->spec;

    spec->reads_chain = spec->format->chain == CC_FORWARD_CHAIN_WITHIN;
    spec->chain_name = spec->format->chain_header;
    if (!spec->reads_chain && !spec->chain_name) {
        return cc_error_set(reader->err, reader->pool, "CC0423", word,
                            "%s has no usual header for the chain: write chain=NAME or chain=off",
                            spec->format->name);
    }
    return APR_SUCCESS;
}

static apr_status_t chain_read(reader_t *reader, const char *word, const char *value)
{
    cc_header_spec_t *spec = reader->spec;

    if (!strcasecmp(value, "on")) {
        return chain_on(reader, word);
    }
    spec->reads_chain = false;
    spec->chain_name = NULL;
    if (!strcasecmp(value, "off")) {
        return APR_SUCCESS;
    }
    if (spec->format->chain == CC_FORWARD_CHAIN_WITHIN) {
        return cc_error_set(reader->err, reader->pool, "CC0423", word,
                            "%s has the chain in the header of the certificate: write chain=on or "
                            "chain=off",
                            spec->format->name);
    }
    return name_read(&spec->chain_name, reader, word, value);
}

static apr_status_t option_read(reader_t *reader, const char *word)
{
    const char *name = value_of(word, "header"), *chain = value_of(word, "chain");
    bool *seen = name ? &reader->named : &reader->chained;

    if ((!name && !chain) || *seen) {
        return cc_error_set(reader->err, reader->pool, "CC0421", word,
                            "write header=NAME and chain=NAME, on or off, each at most once");
    }
    *seen = true;
    return name ? name_read(&reader->spec->name, reader, word, name)
                : chain_read(reader, word, chain);
}

static apr_status_t header_read(cc_header_spec_t *spec, const apr_array_header_t *words,
                                apr_pool_t *p, cc_error_t *err)
{
    reader_t reader = {.spec = spec, .pool = p, .err = err};
    apr_status_t status = APR_SUCCESS;

    spec->name = spec->format->header;
    spec->reads_chain = spec->format->chain == CC_FORWARD_CHAIN_WITHIN;
    spec->chain_name = spec->format->chain_header;
    for (int i = 1; status == APR_SUCCESS && i < words->nelts; i++) {
        status = option_read(&reader, APR_ARRAY_IDX(words, i, const char *));
    }
    if (status == APR_SUCCESS && spec->chain_name && cc_header_same(spec->name, spec->chain_name)) {
        return cc_error_set(err, p, "CC0423", spec->chain_name,
                            "the certificate and its chain need two headers");
    }
    return status;
}

/* ---- ClientCertHeader proxy-protocol --------------------------------------------------------- */

#define TLV_USUAL 0x28 /* PP2_SUBTYPE_SSL_CLIENT_CERT */

/* "0xE0"; false: it is not one of the types that can carry a certificate. */
static bool type_read(int *type, const char *text)
{
    char *end;
    apr_int64_t number = apr_strtoi64(text, &end, 16);

    *type = (int)number;
    return !strncasecmp(text, "0x", 2) && strlen(text) == 4 && !*end &&
           (number == TLV_USUAL || (number >= 0xE0 && number <= 0xEF));
}

static apr_status_t protocol_read(cc_proxy_protocol_spec_t *spec, const apr_array_header_t *words,
                                  apr_pool_t *p, cc_error_t *err)
{
    const char *word = words->nelts > 1 ? APR_ARRAY_IDX(words, 1, const char *) : NULL;
    const char *tlv = word ? value_of(word, "tlv") : NULL;

    spec->type = TLV_USUAL;
    if (words->nelts > 2) {
        word = APR_ARRAY_IDX(words, 2, const char *);
    }
    if (word && (words->nelts > 2 || !tlv || !type_read(&spec->type, tlv))) {
        return cc_error_set(err, p, "CC0421", word,
                            "after proxy-protocol write nothing, or tlv= with 0x28 or 0xE0 to "
                            "0xEF");
    }
    return APR_SUCCESS;
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
