/* SPDX-License-Identifier: Apache-2.0 */
/* Declares what the files of the command-line tool share. */
#ifndef CC_TOOL_H
#define CC_TOOL_H

#include <stdbool.h>

#include <apr_pools.h>
#include <apr_tables.h>
#include <apr_time.h>
#include <jansson.h>

#include "rules/rules.h"

/* The control sequences before and after coloured text; all empty: without colour. Constant. */
typedef struct cc_style_t {
    const char *good, *bad, *doubt; /* green, red, yellow */
    const char *bold;
    const char *plain; /* the end of each of them */
} cc_style_t;

/* The options and arguments after the command. */
typedef struct cc_options_t {
    const char *httpd;          /* NULL: the one that the tool was built for */
    bool file_given;            /* -f is among the options of httpd */
    apr_array_header_t *server; /* const char *: the options of httpd and their values */
    const char *vhost;
    const char *path;
    const char *account;
    const char *via;
    const char *proxy;
    const char *passin;
    const char *file;
    const char *field;
    const char *issuer;
    const char *color;
    apr_array_header_t *words; /* const char *: the arguments that are not options */
    bool json;
    bool all;
    bool help;
} cc_options_t;

/* One run of the tool. */
typedef struct cc_tool_t {
    apr_pool_t *pool;
    cc_options_t options;
    const cc_style_t *style;
    int answer;     /* the exit status of a command that returns APR_SUCCESS */
    cc_error_t err; /* filled if the command fails */
} cc_tool_t;

/* Runs a command, which writes to stdout. It sets tool->answer if that is not 0. */
typedef apr_status_t cc_command_fn(cc_tool_t *tool);

/* ---- show.c ---- */

cc_command_fn cc_show_run;

/*
 * A value as one line of text: a condition that holds for it (san.email == "a@example.com"), or for
 * an unusable value a comment with the reason. Valid UTF-8 without control characters.
 */
const char *cc_show_line(const char *name, cc_type_t type, const cc_value_t *value, apr_pool_t *p);

/* ---- inside.c ---- */

/*
 * Receives an element that a rule can read: the modifiers that do, such as "at(1/2)|text", and its
 * value.
 */
typedef void cc_inside_fn(const char *modifiers, cc_type_t type, const cc_value_t *value,
                          void *baton);

/*
 * Calls `found` for each element inside a usable DER value that a modifier decodes, in their order.
 * A value that is not DER may be plain text. All texts live as long as `p`.
 */
void cc_inside_each(const cc_value_t *der, cc_inside_fn *found, void *baton, apr_pool_t *p);

/* ---- suggest.c ---- */

/*
 * A directive that maps this certificate to a user: "ClientCertMap issuer == "..." user=%{...}".
 * It names the issuer, has no finding of lint, and was evaluated for the certificate. NULL: no rule
 * is suggested, and *reason, a literal, is why.
 */
const char *cc_suggest_rule(const char **reason, const cc_cert_t *cert, const cc_facts_t *facts,
                            apr_pool_t *p);

/* ---- message.c ---- */

cc_command_fn cc_message_run;

/* ---- reference.c: the registries as Markdown, for doc/fields.md ---- */

cc_command_fn cc_reference_fields;
cc_command_fn cc_reference_operators;
cc_command_fn cc_reference_modifiers;

/* ---- explain.c, rules.c, check.c, revoked.c, table.c, trust.c: queries to a server ---- */

cc_command_fn cc_explain_run;
cc_command_fn cc_rules_run;
cc_command_fn cc_check_run;
cc_command_fn cc_revoked_run;
cc_command_fn cc_table_run;
cc_command_fn cc_trust_run;

/* ---- diff.c, replay.c ---- */

cc_command_fn cc_diff_run;
cc_command_fn cc_replay_run;

/* ---- identity.c: the identity that an answer of "explain" gives ---- */

/* "mapped", "unmapped", "denied", "rejected" or "failed". Lives as long as the answer. */
const char *cc_identity_result(const json_t *answer);

/* The outcome for the path of the query, such as "granted"; "": there is none. Likewise. */
const char *cc_identity_access(const json_t *answer);

/*
 * "alice (admins, staff), account root", or the result; if two texts are equal, so are the
 * identities.
 */
const char *cc_identity_text(const json_t *answer, apr_pool_t *p);

/*
 * The exit status: 0 for a user or a group and, with a path, access; 2 if a lookup failed;
 * otherwise 1.
 */
int cc_identity_exit(const json_t *answer);

/* {"result", "user": TEXT or null, "access", "groups", "accounts": [TEXT]}: a new reference. */
json_t *cc_identity_json(const json_t *answer);

/* ---- input.c ---- */

/*
 * The text of a regular file, or of standard input ("-"), of 16 MiB at most, in tool->pool. CC0553:
 * it cannot be read, is larger, or contains a NUL.
 */
apr_status_t cc_input_read(const char **text, const char *path, cc_tool_t *tool);

/* ---- convert.c ---- */

cc_command_fn cc_convert_run;

/* ---- options.c ---- */

/* A text of the command line for JSON; NULL becomes null. Escaped if it is not usable text. */
json_t *cc_options_text(const char *text, apr_pool_t *p);

/* ---- exchange.c ---- */

/* A temporary directory for a query and its answers; removed with tool->pool. */
typedef struct cc_exchange_t cc_exchange_t;

/* NULL: it cannot be made, and tool->err is filled (CC0512). */
cc_exchange_t *cc_exchange_make(cc_tool_t *tool);

/*
 * The path of the directory, and of the file for the output of httpd in it. They live as long as
 * the exchange.
 */
const char *cc_exchange_directory(const cc_exchange_t *exchange);
const char *cc_exchange_output(const cc_exchange_t *exchange);

/* Adds a certificate, in PEM; then the query: {"ask": KIND, ...}. CC0512. */
apr_status_t cc_exchange_add(cc_exchange_t *exchange, const char *pem, cc_tool_t *tool,
                             apr_pool_t *p);
apr_status_t cc_exchange_query(cc_exchange_t *exchange, json_t *query, cc_tool_t *tool);

/*
 * cc_exchange_answered: true if the module has answered. cc_exchange_answer then gives the next
 * answer, a new reference; NULL: no more.
 */
bool cc_exchange_answered(const cc_exchange_t *exchange);
json_t *cc_exchange_answer(cc_exchange_t *exchange);

/*
 * How many certificates the query has, and how many answers there are so far, while httpd still
 * writes them.
 */
int cc_exchange_certificates(const cc_exchange_t *exchange);
int cc_exchange_count(cc_exchange_t *exchange);

/* True if this answer is an error: fills err, in `p`. */
bool cc_exchange_error(cc_error_t *err, const json_t *answer, apr_pool_t *p);

/* ---- httpd.c ---- */

/*
 * Runs httpd, which reads its configuration; the module in it answers the query in the exchange.
 * APR_EINVAL: there is no answer, and tool->err is filled (CC0513 to CC0516).
 */
apr_status_t cc_httpd_query(cc_exchange_t *exchange, cc_tool_t *tool);

/* ---- progress.c ---- */

/* A line on the terminal that shows how many certificates have been answered. */
typedef struct cc_progress_t {
    cc_exchange_t *exchange;
    apr_time_t since;
    bool wanted; /* standard error is a terminal, and there are several certificates */
    bool shown;
} cc_progress_t;

/*
 * cc_progress_show: shows the line, or shows it again, once the query has taken longer than a
 * second; returns at once. cc_progress_end: erases it.
 */
cc_progress_t cc_progress_begin(cc_exchange_t *exchange);
void cc_progress_show(cc_progress_t *progress);
void cc_progress_end(cc_progress_t *progress);

/* ---- files.c ---- */

/*
 * The certificates that the command line names, as paths (const char *), in its order. A directory
 * is replaced by its files, sorted by name, without subdirectories and names that begin with a dot.
 * CC0541: a directory cannot be read, or contains no file. *one: true if a single file was named,
 * and no directory.
 */
apr_status_t cc_files_list(apr_array_header_t **paths, bool *one, cc_tool_t *tool);

/* The path for cc_cert_read: NULL (standard input) for "-". */
const char *cc_files_path(const char *word);

/* ---- certificates.c ---- */

/* The certificates of a command line. */
typedef struct cc_certificates_t {
    apr_array_header_t *paths;  /* const char * */
    apr_array_header_t *errors; /* cc_error_t, one for each; without a tag if it was read */
    bool one;                   /* a single file was named, and no directory */
} cc_certificates_t;

/*
 * Reads the certificates that tool->options name, and adds each to all of these exchanges (NULL at
 * the end). Of several, one that cannot be read has an error. Otherwise APR_EINVAL, and tool->err.
 */
apr_status_t cc_certificates_read(cc_certificates_t *certificates, cc_exchange_t *const *exchanges,
                                  cc_tool_t *tool);

/* True if at least one was read. */
bool cc_certificates_any(const cc_certificates_t *certificates);

/* Prints the error of one certificate as a line, and sets the exit status. */
void cc_certificates_error_print(const char *path, const cc_error_t *err, cc_tool_t *tool,
                                 apr_pool_t *p);

/* ---- query.c ---- */

/* A command that queries httpd. */
typedef struct cc_query_command_t {
    const char *kind;                     /* of the query */
    int (*exit_of)(const json_t *answer); /* the exit status; NULL: always 0 */
    void (*print)(const json_t *answer, const cc_style_t *style, apr_pool_t *p);
    /*
     * The answer for one of several certificates, as one line; NULL: the command takes no
     * certificates.
     */
    const char *(*line)(const json_t *answer, apr_pool_t *p);
    /* Adds members to the query; NULL: nothing to add. */
    apr_status_t (*add)(json_t *query, cc_tool_t *tool);
} cc_query_command_t;

/* Sends the query of a command with tool->options. As cc_exchange_query and cc_httpd_query. */
apr_status_t cc_query_send(const cc_query_command_t *command, cc_exchange_t *exchange,
                           cc_tool_t *tool);

/*
 * The next answer, a new reference. If it is an error about one certificate, fills err. APR_EINVAL:
 * there is no answer, or an error about the whole query, and tool->err is filled (CC0542).
 */
apr_status_t cc_query_next(json_t **answer, cc_error_t *err, cc_exchange_t *exchange,
                           cc_tool_t *tool);

/*
 * Sends the query with tool->options, and prints the answer; with --json, as JSON. For several
 * certificates it prints one line (or JSON object) each. The error of one certificate is printed in
 * its line, and tool->answer is the highest exit status.
 */
apr_status_t cc_query_run(const cc_query_command_t *command, cc_tool_t *tool);

/* ---- print.c ---- */

/* Makes text of any origin safe for a terminal: usable text is unchanged, other text is escaped. */
const char *cc_print_safe(const char *text, apr_pool_t *p);

/* The text of a member of an answer, safe for a terminal; NULL if the member is null. */
const char *cc_print_member(const json_t *object, const char *name, apr_pool_t *p);

/* "label         text"; nothing if the text is NULL. */
void cc_print_line(const char *label, const char *text);

/*
 * Prints a text after `column` columns, no wider than a terminal; its further lines begin in the
 * same column. Words are separated by spaces.
 */
void cc_print_wrapped(const char *text, int column, apr_pool_t *p);

/* The colour of a result with this exit status: good, bad or doubtful. */
const char *cc_print_colour(const cc_style_t *style, int status);

/* Prints a line whose beginning, up to a colon, has this colour. */
void cc_print_coloured(const char *text, const char *colour, const cc_style_t *style);

/* The same, after a label as in cc_print_line. */
void cc_print_result(const char *label, const char *text, const char *colour,
                     const cc_style_t *style);

/*
 * Print lines of an answer about a certificate: a field with one value, the host, the verification.
 */
void cc_print_field(const json_t *answer, const char *name, apr_pool_t *p);
void cc_print_host(const json_t *answer, apr_pool_t *p);
void cc_print_verification(const json_t *answer, const cc_style_t *style, apr_pool_t *p);

/* The rules of a trace, "file:line: ClientCertMap ...", each with its result. */
void cc_print_trace(const json_t *trace, const char *indent, const cc_style_t *style,
                    apr_pool_t *p);

/* "TIME (3 hours ago)", "TIME (in 2 days)". `distance`: seconds until then. */
const char *cc_print_moment(const char *time, json_int_t distance, apr_pool_t *p);

/* The answer as JSON: on several lines with JSON_INDENT(2), on one with JSON_COMPACT. */
void cc_print_json(const json_t *answer, size_t flags);

/* ---- style.c ---- */

/*
 * The style for `when`: auto (or NULL), always or never. With auto, text is coloured on a terminal,
 * unless NO_COLOR is set and not empty, or TERM is dumb or unset. NULL: `when` is another word.
 */
const cc_style_t *cc_style_choose(const char *when);

/* ---- password.c ---- */

/* The source of the password of a PKCS#12 file. */
typedef struct cc_password_t {
    const char *given; /* NULL: ask for it on the terminal */
} cc_password_t;

/*
 * Fills password->given from a source as for -passin of openssl: pass:TEXT, env:NAME, file:PATH,
 * fd:NUMBER or stdin. APR_EINVAL: CC0503, CC0504.
 */
apr_status_t cc_password_read(cc_password_t *password, const char *source, apr_pool_t *p,
                              cc_error_t *err);

/* For cc_cert_read; the baton is a cc_password_t. */
cc_password_fn cc_password_ask;

#endif
