/* SPDX-License-Identifier: Apache-2.0 */
/* Declares the tables of commands and options of the command-line tool. */
#ifndef CC_TOOL_COMMANDS_H
#define CC_TOOL_COMMANDS_H

#include "tool.h"

/* The options of a command: a set of these. */
typedef enum {
    CC_WITH_ANY = 1 << 0, /* options of every command */
    CC_WITH_SERVER = 1 << 1,
    CC_WITH_VHOST = 1 << 2,
    CC_WITH_PATH = 1 << 3,
    CC_WITH_JSON = 1 << 4,
    CC_WITH_ALL_RULES = 1 << 5,
    CC_WITH_ALL_FIELDS = 1 << 6,
    CC_WITH_PASSIN = 1 << 7,
    CC_WITH_TABLE = 1 << 8,
    CC_WITH_KIND = 1 << 9, /* of convert */
    CC_WITH_VIA = 1 << 10,
} cc_with_t;

/* An option. Constant. */
typedef struct cc_tool_option_t {
    const char *name;
    const char *value; /* its value in the help: "NAME[:PORT]"; NULL: it has none */
    const char *text;  /* for the help; NULL: another name of the option before it */
    cc_with_t with;    /* the commands that have it */
    size_t member;     /* of cc_options_t, a const char *, or a bool if it has no value; unused for
                          CC_WITH_SERVER except --httpd */
} cc_tool_option_t;

/* A command. Constant. */
typedef struct cc_command_t {
    const char *name;
    const char *arguments;   /* after the options, in the help: "FILE ..."; "": none */
    int least, most;         /* the number of arguments; most < 0: any */
    int with;                /* cc_with_t: its options */
    cc_command_fn *run;
    const char *summary;     /* a line of the list of commands */
    const char *description; /* lines of the help */
    const char *status;      /* lines: the exit statuses 0 and 1 */
    const char *examples;    /* lines; NULL: none */
} cc_command_t;

/* ---- commands.c ---- */

/* The i-th command; NULL: there are no more. By name; NULL: there is none. */
const cc_command_t *cc_command_at(int i);
const cc_command_t *cc_command_find(const char *name);

/* ---- options.c ---- */

/* The i-th option; NULL: there are no more. */
const cc_tool_option_t *cc_option_at(int i);

/*
 * Reads the words after the command into tool->options, where options may come before, between and
 * after arguments. Reads no further than --help. CC0506 to CC0511, CC0525 to CC0529.
 */
apr_status_t cc_options_read(cc_tool_t *tool, const cc_command_t *command,
                             const char *const *words);

/* ---- help.c ---- */

/* The command with its options and arguments: "clientcert show [--json] FILE". */
const char *cc_help_usage(const cc_command_t *command, apr_pool_t *p);

/* The names of all commands, for a message: "show, explain". */
const char *cc_help_names(apr_pool_t *p);

/* Prints the help of a command; NULL: the list of all commands. */
void cc_help_print(const cc_command_t *command, const cc_style_t *style, apr_pool_t *p);

/* Command help: prints the help of the command that is named, or the list of all commands. */
cc_command_fn cc_help_run;

/* Command commands: prints all commands and their options, for completion. */
cc_command_fn cc_help_commands;

/* ---- clientcert.c ---- */

/* Command version: prints the version. */
cc_command_fn cc_version_run;

#endif
