/* SPDX-License-Identifier: Apache-2.0 */
/* Declares what the files of the command-line tool share. */
#ifndef CC_TOOL_H
#define CC_TOOL_H

#include <stdbool.h>

#include <apr_pools.h>
#include <apr_tables.h>
#include <apr_time.h>

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

/* Receives the values of a field. */
typedef void cc_show_fn(const char *name, cc_type_t type, cc_values_t values, void *baton);

/* One run of show. */
typedef struct cc_show_t {
    const cc_cert_t *cert;
    cc_facts_t facts;
    bool all; /* every field, not only the usual ones */
    cc_show_fn *field;
    void *baton; /* of `field` */
    apr_pool_t *pool;
} cc_show_t;

/* Calls show->field for each field to show. */
void cc_show_fields(cc_show_t *show);

/* ---- show_json.c ---- */

/* Prints the rule and the fields as JSON. A build without Jansson cannot: CC0568. */
apr_status_t cc_show_json(cc_show_t *show, cc_tool_t *tool);

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

/* ---- explain.c, rules.c, check.c, revoked.c, table.c, trust.c: queries to a server (server.h),
 * which a build without Jansson cannot make: CC0568 (json_absent.c) ---- */

cc_command_fn cc_explain_run;
cc_command_fn cc_rules_run;
cc_command_fn cc_check_run;
cc_command_fn cc_revoked_run;
cc_command_fn cc_table_run;
cc_command_fn cc_trust_run;

/* ---- diff.c, replay.c ---- */

cc_command_fn cc_diff_run;
cc_command_fn cc_replay_run;

/* ---- input.c ---- */

/*
 * The text of a regular file, or of standard input ("-"), of 16 MiB at most, in tool->pool. CC0553:
 * it cannot be read, is larger, or contains a NUL.
 */
apr_status_t cc_input_read(const char **text, const char *path, cc_tool_t *tool);

/* ---- convert.c ---- */

cc_command_fn cc_convert_run;

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

/* ---- print.c ---- */

/* Makes text of any origin safe for a terminal: usable text is unchanged, other text is escaped. */
const char *cc_print_safe(const char *text, apr_pool_t *p);

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
