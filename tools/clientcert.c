/* SPDX-License-Identifier: Apache-2.0 */
/* The command-line tool: its commands, its help and its exit status. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <apr_general.h>

#include "tool.h"

#define EXIT_ERROR 2

static cc_command_fn help_print, version_print;

static const struct {
    const char *name;
    cc_command_fn *run;
} commands[] = {
    {"show", cc_show_run},
    {"explain", cc_explain_run},
    {"rules", cc_rules_run},
    {"check", cc_check_run},
    {"revoked", cc_revoked_run},
    {"fields", cc_reference_fields},
    {"operators", cc_reference_operators},
    {"modifiers", cc_reference_modifiers},
    {"--help", help_print},
    {"--version", version_print},
};

#define COMMAND_COUNT (sizeof(commands) / sizeof(commands[0]))

static apr_status_t help_print(cc_tool_t *tool)
{
    (void)tool;
    puts("clientcert show [-passin ARG] FILE\n"
         "    Prints what rules of mod_clientcert see in a certificate (PEM, DER or PKCS#12): one\n"
         "    line a value, each a condition that can be pasted into ClientCertMap. A value that\n"
         "    no rule may use is a comment. The password of a PKCS#12 file is asked for, or taken\n"
         "    from ARG: pass:TEXT, env:NAME, file:PATH, fd:NUMBER or stdin.\n"
         "clientcert explain [SERVER] [--vhost NAME[:PORT]] [--path /PATH] [--json]\n"
         "        [--all] [-passin ARG] FILE ...\n"
         "    Asks the server who the certificate would be: what its rules say, and whether it\n"
         "    would verify. Of rules that do not hold, the ten that came nearest are shown, or\n"
         "    with --all every one. Several files, or those of a folder, have a line each.\n"
         "    Exit status 0: it has a user or a group; 1: it has none.\n"
         "clientcert rules [SERVER] [--vhost NAME[:PORT]] [--json]\n"
         "    Lists all rules of the server, and for which virtual hosts they stand.\n"
         "clientcert check [SERVER] [--json]\n"
         "    Tells what in the server's configuration is probably not meant, and which\n"
         "    ClientCertTest fails. Exit status 0: nothing; 1: something.\n"
         "clientcert revoked [SERVER] [--vhost NAME[:PORT]] [--json] [-passin ARG]\n"
         "        FILE ...\n"
         "    Asks the CRLs and the OCSP responder of the server whether the certificate was\n"
         "    revoked, and tells how old their answers are. Exit status 0: it is good; 1: it was\n"
         "    revoked, or nobody knows.\n"
         "clientcert fields | operators | modifiers\n"
         "    Prints that table of the reference, in Markdown.\n"
         "clientcert --help | --version\n"
         "\n"
         "SERVER: [--httpd PROGRAM] [-f FILE] [-d DIR] [-D NAME] [-C LINE] [-c LINE], as httpd\n"
         "has them. The program reads its configuration, as with -t, and does not serve.\n"
         "\n"
         "The exit status is 0, or 2 after an error, which is one line on standard error. Of\n"
         "several certificates it is the highest, and what is wrong with one is its line.");
    return APR_SUCCESS;
}

static apr_status_t version_print(cc_tool_t *tool)
{
    (void)tool;
    puts("clientcert " PACKAGE_VERSION);
    return APR_SUCCESS;
}

static apr_status_t command_run(cc_tool_t *tool, const char *name)
{
    for (size_t i = 0; name && i < COMMAND_COUNT; i++) {
        if (strcmp(commands[i].name, name) == 0) {
            return commands[i].run(tool);
        }
    }
    return cc_error_set(&tool->err, tool->pool, "CC0501", name,
                        "%s; write show, explain, rules, check, revoked, fields, "
                        "operators, modifiers, --help or --version",
                        name ? "no such command" : "a command is missing");
}

/* A full disk shows only when everything has been written. */
static apr_status_t output_finish(cc_tool_t *tool)
{
    errno = 0;
    if (fflush(stdout) != 0 || ferror(stdout)) {
        return cc_error_set(&tool->err, tool->pool, "CC0505", NULL,
                            "the output could not be written: %s",
                            errno ? strerror(errno) : "an earlier write failed");
    }
    return APR_SUCCESS;
}

int main(int argc, const char *const *argv, const char *const *env)
{
    cc_tool_t tool = {0};
    apr_status_t status;

    if (apr_app_initialize(&argc, &argv, &env) != APR_SUCCESS) {
        return EXIT_ERROR;
    }
    atexit(apr_terminate);
    if (apr_pool_create(&tool.pool, NULL) != APR_SUCCESS) {
        return EXIT_ERROR;
    }
    tool.words = argc > 1 ? argv + 2 : argv + argc;
    status = command_run(&tool, argc > 1 ? argv[1] : NULL);
    if (status == APR_SUCCESS) {
        status = output_finish(&tool);
    }
    if (status != APR_SUCCESS) {
        fprintf(stderr, "clientcert: %s\n", cc_error_text(&tool.err, tool.pool));
        return EXIT_ERROR;
    }
    return tool.answer;
}
