/* SPDX-License-Identifier: Apache-2.0 */
/* The command-line tool: what its files share. */
#ifndef CC_TOOL_H
#define CC_TOOL_H

#include <stdbool.h>

#include <apr_pools.h>
#include <apr_tables.h>
#include <jansson.h>

#include "rules/rules.h"

/* One run of the tool. */
typedef struct cc_tool_t {
    apr_pool_t *pool;
    const char *const *words; /* what follows the command, NULL at the end */
    int answer;               /* the exit status of a command that returns APR_SUCCESS */
    cc_error_t err;           /* filled where it does not */
} cc_tool_t;

/* Runs a command: writes to stdout; tool->answer is 0 unless it says otherwise. */
typedef apr_status_t cc_command_fn(cc_tool_t *tool);

/* ---- show.c ---- */

cc_command_fn cc_show_run;

/*
 * A value as one line of text: a condition that holds for it (san.email == "a@example.com"), or
 * where it is unusable a comment that says so. Valid UTF-8 without control characters.
 */
const char *cc_show_line(const char *name, cc_type_t type, const cc_value_t *value, apr_pool_t *p);

/* ---- reference.c: the registries as Markdown, for doc/fields.md ---- */

cc_command_fn cc_reference_fields;
cc_command_fn cc_reference_operators;
cc_command_fn cc_reference_modifiers;

/* ---- explain.c, rules.c, check.c, revoked.c: queries to the server's own configuration ---- */

cc_command_fn cc_explain_run;
cc_command_fn cc_rules_run;
cc_command_fn cc_check_run;
cc_command_fn cc_revoked_run;

/* ---- options.c ---- */

/* What stands on the command line after the command. */
typedef struct cc_options_t {
    const char *httpd;             /* NULL: the one that this was built for */
    bool file_given;               /* -f is among the arguments */
    apr_array_header_t *arguments; /* const char *: for httpd */
    const char *vhost;
    const char *path;
    const char *passin;
    apr_array_header_t *files; /* const char *: certificates, and folders of them */
    bool json;
    bool all;
} cc_options_t;

/*
 * Reads tool->words. `own` are the letters of the options that the command has besides those for
 * httpd: v --vhost, p --path, a --all, c certificates and -passin. CC0507, CC0508.
 */
apr_status_t cc_options_read(cc_options_t *options, const char *own, cc_tool_t *tool);

/* A text of the command line for JSON, or null: escaped where it is not text that JSON takes. */
json_t *cc_options_text(const char *text, apr_pool_t *p);

/* ---- exchange.c ---- */

/* A directory of our own, which a query and its answers go through; gone with tool->pool. */
typedef struct cc_exchange_t cc_exchange_t;

/* NULL: there is none, and tool->err is filled (CC0512). */
cc_exchange_t *cc_exchange_make(cc_tool_t *tool);

/* Its path, and that of the file for what httpd says. They live as long as it does. */
const char *cc_exchange_directory(const cc_exchange_t *exchange);
const char *cc_exchange_output(const cc_exchange_t *exchange);

/* Adds a certificate, in PEM; then the query: {"ask": KIND, ...}. CC0512. */
apr_status_t cc_exchange_add(cc_exchange_t *exchange, const char *pem, cc_tool_t *tool,
                             apr_pool_t *p);
apr_status_t cc_exchange_query(cc_exchange_t *exchange, json_t *query, cc_tool_t *tool);

/* True if the module has answered. Then the next answer, which is the caller's; NULL: no more. */
bool cc_exchange_answered(const cc_exchange_t *exchange);
json_t *cc_exchange_answer(cc_exchange_t *exchange);

/* True if this answer is an error: fills err, in `p`. */
bool cc_exchange_error(cc_error_t *err, const json_t *answer, apr_pool_t *p);

/* ---- httpd.c ---- */

/*
 * Has httpd read its configuration and the module answer the query in the exchange. APR_EINVAL: it
 * has not answered, and tool->err is filled (CC0513 to CC0516).
 */
apr_status_t cc_httpd_query(const cc_options_t *options, const cc_exchange_t *exchange,
                            cc_tool_t *tool);

/* ---- files.c ---- */

/*
 * The certificates that the command line names, as paths (const char *), in its order: a folder
 * stands for the files in it, by name, but for those that begin with a dot and folders. CC0541: a
 * folder that cannot be read, or has none. *one: a single file was named, and no folder.
 */
apr_status_t cc_files_list(apr_array_header_t **paths, bool *one, const cc_options_t *options,
                           cc_tool_t *tool);

/* ---- query.c ---- */

/* A command that queries httpd. */
typedef struct cc_query_command_t {
    const char *kind;                     /* of the query */
    const char *own;                      /* its options, as cc_options_read has them */
    int (*exit_of)(const json_t *answer); /* the exit status; NULL: always 0 */
    void (*print)(const json_t *answer, apr_pool_t *p);
    /* One line of text for an answer among many; NULL: it is not about certificates. */
    const char *(*line)(const json_t *answer, apr_pool_t *p);
} cc_query_command_t;

/*
 * Reads tool->words, sends the query, and prints the answer, with --json as it is. Each of several
 * certificates has a line, in JSON an object; an error of one stands in its line, and tool->answer
 * is the worst of all.
 */
apr_status_t cc_query_run(const cc_query_command_t *command, cc_tool_t *tool);

/* ---- print.c ---- */

/* Text of any origin, fit for a terminal: as it is, or escaped where that is not so. */
const char *cc_print_safe(const char *text, apr_pool_t *p);

/* A member of an answer, fit for a terminal; NULL where it is null. */
const char *cc_print_member(const json_t *object, const char *name, apr_pool_t *p);

/* "label         text"; nothing where the text is NULL. */
void cc_print_line(const char *label, const char *text);

/* Lines of an answer about a certificate: a field with one value, the host, the verification. */
void cc_print_field(const json_t *answer, const char *name, apr_pool_t *p);
void cc_print_host(const json_t *answer, apr_pool_t *p);
void cc_print_verification(const json_t *answer, apr_pool_t *p);

/* "file:line: ClientCertMap ..." of an answer's trace, each with what became of it. */
void cc_print_trace(const json_t *trace, const char *indent, apr_pool_t *p);

/* The answer as it is: on several lines, or on one, as JSON_INDENT(2) and JSON_COMPACT have it. */
void cc_print_json(const json_t *answer, size_t flags);

/* ---- password.c ---- */

/* Where the password of a PKCS#12 file comes from. */
typedef struct cc_password_t {
    const char *given; /* NULL: it is asked for on the terminal */
} cc_password_t;

/*
 * Fills password->given as -passin of openssl has it: pass:TEXT, env:NAME, file:PATH, fd:NUMBER
 * or stdin. APR_EINVAL: CC0503, CC0504.
 */
apr_status_t cc_password_read(cc_password_t *password, const char *source, apr_pool_t *p,
                              cc_error_t *err);

/* For cc_cert_read; the baton is a cc_password_t. */
cc_password_fn cc_password_ask;

#endif
