/* SPDX-License-Identifier: Apache-2.0 */
/* Declares what the commands share that query a server; a build without Jansson has none of them.
 */
#ifndef CC_TOOL_SERVER_H
#define CC_TOOL_SERVER_H

#include <jansson.h>

#include "tool.h"

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

/* ---- print_answer.c ---- */

/* The text of a member of an answer, safe for a terminal; NULL if the member is null. */
const char *cc_print_member(const json_t *object, const char *name, apr_pool_t *p);

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

/* A text of the command line for JSON; NULL becomes null. Escaped if it is not usable text. */
json_t *cc_print_json_text(const char *text, apr_pool_t *p);

#endif
