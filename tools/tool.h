/* SPDX-License-Identifier: Apache-2.0 */
/* Knows what the files of the command-line tool share. */
#ifndef CC_TOOL_H
#define CC_TOOL_H

#include <apr_pools.h>

#include "rules/rules.h"

/* One run of the tool. */
typedef struct cc_tool_t {
    apr_pool_t *pool;
    const char *const *words; /* what follows the command, NULL at the end */
    cc_error_t err;           /* filled where a command does not return APR_SUCCESS */
} cc_tool_t;

/* Runs a command: writes to stdout; an error is left in tool->err. */
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
