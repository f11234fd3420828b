/* SPDX-License-Identifier: Apache-2.0 */
/* Parses the options and arguments after a command. */
#include <stddef.h>
#include <string.h>

#include <apr_strings.h>

#include "cert/cert.h"
#include "commands.h"

#define MEMBER(name) offsetof(cc_options_t, name)

static const cc_tool_option_t all[] = {
    {"--vhost", "NAME[:PORT]", "the virtual host, by its ServerName or a ServerAlias",
     CC_WITH_VHOST, MEMBER(vhost)},
    {"--path", "/PATH", "the path of a request: use the sections in effect for it", CC_WITH_PATH,
     MEMBER(path)},
    {"--account", "NAME", "the account that the request asks for (ClientCertAccount)", CC_WITH_PATH,
     MEMBER(account)},
    {"--via", "WAY",
     "how the certificate arrives: tls, or from a trusted proxy: header or proxy-protocol",
     CC_WITH_VIA, MEMBER(via)},
    {"--proxy", "ADDRESS", "the IP address of that proxy, or unix for a socket", CC_WITH_VIA,
     MEMBER(proxy)},
    {"--file", "FILE", "use this file in place of the table's own", CC_WITH_TABLE, MEMBER(file)},
    {"--issuer", "DN", "the CA whose row is looked up, in a table with issuer=", CC_WITH_TABLE,
     MEMBER(issuer)},
    {"--json", NULL, "print JSON", CC_WITH_JSON, MEMBER(json)},
    {"--all", NULL, "list every rule, not only the relevant ones", CC_WITH_ALL_RULES, MEMBER(all)},
    {"--all", NULL, "print every field, not only the usual ones", CC_WITH_ALL_FIELDS, MEMBER(all)},
    {"-passin", "ARG",
     "the password of a PKCS#12 file: pass:TEXT, env:NAME, file:PATH, fd:NUMBER or stdin",
     CC_WITH_PASSIN, MEMBER(passin)},
    {"--passin", "ARG", NULL, CC_WITH_PASSIN, MEMBER(passin)},
    {"--field", "FIELD",
     "for maps of HAProxy: the field with which keys are compared, such as subject.CN",
     CC_WITH_KIND, MEMBER(field)},
    {"--issuer", "DN", "the CA, which each rule then names (all kinds but sslrequire)",
     CC_WITH_KIND, MEMBER(issuer)},
    {"--httpd", "PROGRAM", "the server program", CC_WITH_SERVER, MEMBER(httpd)},
    {"-f", "FILE", "httpd's option: the configuration file", CC_WITH_SERVER, MEMBER(server)},
    {"-d", "DIR", "httpd's option: the ServerRoot", CC_WITH_SERVER, MEMBER(server)},
    {"-D", "NAME", "httpd's option: a name to define, for <IfDefine>", CC_WITH_SERVER,
     MEMBER(server)},
    {"-C", "LINE", "httpd's option: a directive to process before the configuration file",
     CC_WITH_SERVER, MEMBER(server)},
    {"-c", "LINE", "httpd's option: a directive to process after it", CC_WITH_SERVER,
     MEMBER(server)},
    {"--color", "WHEN", "colour the output: auto (on a terminal, the default), always or never",
     CC_WITH_ANY, MEMBER(color)},
    {"--help", NULL, "print this help", CC_WITH_ANY, MEMBER(help)},
    {"-h", NULL, NULL, CC_WITH_ANY, MEMBER(help)},
};

#define COUNT ((int)(sizeof(all) / sizeof(all[0])))

const cc_tool_option_t *cc_option_at(int i)
{
    return i < COUNT ? &all[i] : NULL;
}

/* ---- words --------------------------------------------------------------------------------- */

/* One call of cc_options_read. */
typedef struct options_reader_t {
    cc_tool_t *tool;
    const cc_command_t *command;
    const char *const *word; /* the next one */
} options_reader_t;

static const cc_tool_option_t *option_find(const char *name, size_t len, int with)
{
    for (int i = 0; i < COUNT; i++) {
        if ((all[i].with & with) && strlen(all[i].name) == len &&
            !strncmp(all[i].name, name, len)) {
            return &all[i];
        }
    }
    return NULL;
}

/* Without the options of every command: this is the list for a message. */
static const char *options_of(int with, apr_pool_t *p)
{
    const char *names = "";

    for (int i = 0; i < COUNT; i++) {
        if ((all[i].with & with) && all[i].text) {
            names = apr_pstrcat(p, names, *names ? ", " : "", all[i].name, NULL);
        }
    }
    return names;
}

static apr_status_t option_unknown(const options_reader_t *r, const char *word)
{
    cc_tool_t *tool = r->tool;

    return cc_error_set(&tool->err, tool->pool, "CC0507", word,
                        "this command has no such option; use %s",
                        options_of(r->command->with | CC_WITH_ANY, tool->pool));
}

static void value_take(cc_options_t *options, const cc_tool_option_t *option, const char *value)
{
    if (option->member == MEMBER(server)) {
        APR_ARRAY_PUSH(options->server, const char *) = option->name;
        APR_ARRAY_PUSH(options->server, const char *) = value;
        options->file_given = options->file_given || !strcmp(option->name, "-f");
    } else {
        *(const char **)(void *)((char *)options + option->member) = value;
    }
}

/* --option=VALUE, --option VALUE, -o VALUE, or an option without a value. Values are not shown. */
static apr_status_t option_read(options_reader_t *r, const char *word)
{
    cc_tool_t *tool = r->tool;
    const char *equals = word[2] && word[2] != '=' ? strchr(word, '=') : NULL;
    size_t len = equals ? (size_t)(equals - word) : strlen(word);
    const cc_tool_option_t *option = option_find(word, len, r->command->with | CC_WITH_ANY);

    if (!option) {
        return option_unknown(r, apr_pstrmemdup(tool->pool, word, len));
    }
    if (!option->value && equals) {
        return cc_error_set(&tool->err, tool->pool, "CC0526", option->name,
                            "this option takes no value");
    }
    if (!option->value) {
        *(bool *)((char *)&tool->options + option->member) = true;
    } else if (equals || *r->word) {
        value_take(&tool->options, option, equals ? equals + 1 : *r->word++);
    } else {
        return cc_error_set(&tool->err, tool->pool, "CC0508", word, "the value is missing");
    }
    return APR_SUCCESS;
}

static apr_status_t words_read(options_reader_t *r)
{
    cc_options_t *options = &r->tool->options;
    bool ended = false; /* by "--": only arguments follow */
    apr_status_t status = APR_SUCCESS;

    while (*r->word && !options->help && status == APR_SUCCESS) {
        const char *word = *r->word++;

        if (!ended && !strcmp(word, "--")) {
            ended = true;
        } else if (!ended && word[0] == '-' && word[1]) {
            status = option_read(r, word);
        } else {
            APR_ARRAY_PUSH(options->words, const char *) = word;
        }
    }
    return status;
}

/* ---- checks -------------------------------------------------------------------------------- */

static apr_status_t arguments_check(cc_tool_t *tool, const cc_command_t *command)
{
    const apr_array_header_t *words = tool->options.words;

    if (words->nelts < command->least && (command->with & CC_WITH_PASSIN)) {
        return cc_error_set(&tool->err, tool->pool, "CC0510", NULL,
                            "no certificate was given; name a PEM, DER or PKCS#12 file, %s",
                            command->most < 0 ? "a directory of such files, or - for standard input"
                                              : "or - for standard input");
    }
    if (words->nelts < command->least) {
        return cc_error_set(&tool->err, tool->pool, "CC0525", NULL,
                            "an argument is missing; use %s", cc_help_usage(command, tool->pool));
    }
    if (command->most >= 0 && words->nelts > command->most) {
        return cc_error_set(
            &tool->err, tool->pool, "CC0506", APR_ARRAY_IDX(words, command->most, const char *),
            "this command takes no further arguments; use %s", cc_help_usage(command, tool->pool));
    }
    return APR_SUCCESS;
}

/* Standard input has one reader: a certificate, or the password of a file. */
static apr_status_t input_check(cc_tool_t *tool, const cc_command_t *command)
{
    const cc_options_t *options = &tool->options;
    int readers = options->passin && !strcmp(options->passin, "stdin");

    for (int i = 0; (command->with & CC_WITH_PASSIN) && i < options->words->nelts; i++) {
        readers += !strcmp(APR_ARRAY_IDX(options->words, i, const char *), "-");
    }
    if (readers > 1) {
        return cc_error_set(&tool->err, tool->pool, "CC0527", "-",
                            "standard input can be read only once, for one certificate or for the "
                            "password");
    }
    return APR_SUCCESS;
}

/* The forms are those of the field via.proxy. */
static bool is_proxy(const char *text, apr_pool_t *p)
{
    cc_fieldref_t ref;
    cc_value_t value;

    return cc_field_find(&ref, "via.proxy", p, NULL) == APR_SUCCESS &&
           cc_field_operand(&value, &ref, text, p, NULL) == APR_SUCCESS;
}

static apr_status_t arrival_check(cc_tool_t *tool)
{
    const cc_options_t *options = &tool->options;
    cc_via_t via = options->via ? cc_via_find(options->via) : CC_VIA_UNKNOWN;

    if (options->via && via == CC_VIA_UNKNOWN) {
        return cc_error_set(&tool->err, tool->pool, "CC0557", options->via,
                            "--via takes tls, header or proxy-protocol");
    }
    if (options->proxy && !is_proxy(options->proxy, tool->pool)) {
        return cc_error_set(&tool->err, tool->pool, "CC0559", options->proxy,
                            "--proxy takes an IP address such as 192.0.2.1, or unix for a socket");
    }
    if (options->proxy && via == CC_VIA_TLS) {
        return cc_error_set(&tool->err, tool->pool, "CC0559", options->proxy,
                            "with --via tls, there is no proxy: write --via header or --via "
                            "proxy-protocol");
    }
    return APR_SUCCESS;
}

static apr_status_t values_check(cc_tool_t *tool)
{
    const cc_options_t *options = &tool->options;

    if (options->path && *options->path != '/') {
        return cc_error_set(&tool->err, tool->pool, "CC0511", options->path,
                            "a URL path begins with a slash");
    }
    if (options->account && !options->path) {
        return cc_error_set(&tool->err, tool->pool, "CC0567", options->account,
                            "--account needs --path: a request asks for an account, and "
                            "ClientCertAccount may differ from path to path");
    }
    tool->style = cc_style_choose(options->color);
    if (!tool->style) {
        return cc_error_set(&tool->err, tool->pool, "CC0528", options->color,
                            "--color takes auto, always or never");
    }
    return arrival_check(tool);
}

apr_status_t cc_options_read(cc_tool_t *tool, const cc_command_t *command, const char *const *words)
{
    options_reader_t r = {tool, command, words};
    apr_status_t status;

    tool->options = (cc_options_t){.server = apr_array_make(tool->pool, 8, sizeof(const char *)),
                                   .words = apr_array_make(tool->pool, 8, sizeof(const char *))};
    status = words_read(&r);
    if (status == APR_SUCCESS) {
        status = values_check(tool);
    }
    if (status != APR_SUCCESS || tool->options.help) {
        return status;
    }
    status = arguments_check(tool, command);
    return status == APR_SUCCESS ? input_check(tool, command) : status;
}
