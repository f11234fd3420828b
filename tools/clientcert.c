/* SPDX-License-Identifier: Apache-2.0 */
/* Runs the command-line tool: chooses the command, prints the help and sets the exit status. */
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
    puts(
        "clientcert show [-passin ARG] FILE\n"
        "    Prints the values of a certificate (PEM, DER or PKCS#12) that rules can use, each\n"
        "    as a condition that can be pasted into ClientCertMap. A value that rules cannot use\n"
        "    is printed as a comment. The password of a PKCS#12 file is asked for, or taken from\n"
        "    ARG: pass:TEXT, env:NAME, file:PATH, fd:NUMBER or stdin.\n"
        "clientcert explain [SERVER] [--vhost NAME[:PORT]] [--path /PATH] [--json]\n"
        "        [--all] [-passin ARG] FILE ...\n"
        "    Shows to which user and groups the server would map the certificate, by which rules,\n"
        "    whether it would verify the certificate, and with --path, whether it would grant\n"
        "    access, with the answer of each Require. Of the rules that do not match, the ten\n"
        "    closest are shown; --all shows every rule. Several files, or the files of a\n"
        "    directory, have one line each.\n"
        "clientcert rules [SERVER] [--vhost NAME[:PORT]] [--json]\n"
        "    Lists all rules of the server, and the virtual hosts in which they are in effect.\n"
        "clientcert check [SERVER] [--json]\n"
        "    Reports likely mistakes in the configuration, faulty CRLs and failed\n"
        "    ClientCertTests.\n"
        "clientcert revoked [SERVER] [--vhost NAME[:PORT]] [--json] [-passin ARG]\n"
        "        FILE ...\n"
        "    Checks the CRLs and asks the OCSP responder of the server whether the certificate\n"
        "    was revoked, and shows how old their answers are.\n"
        "clientcert fields | operators | modifiers\n"
        "    Prints this table of the reference, in Markdown.\n"
        "clientcert --help | --version\n"
        "\n"
        "SERVER: [--httpd PROGRAM] [-f FILE] [-d DIR] [-D NAME] [-C LINE] [-c LINE]; the options\n"
        "of one letter are those of httpd. httpd only reads its configuration, as with -t.\n"
        "\n"
        "Exit status: 0: success; 1: a negative answer: the certificate has no user and no group,\n"
        "or access to the path is not certain (explain), there is a likely mistake, a faulty CRL\n"
        "or a failed test (check), the certificate was revoked or its status is unknown\n"
        "(revoked); 2: an error, which is the last line on standard error, or a failed lookup\n"
        "(explain). Of several certificates, the highest status counts, and errors are in the\n"
        "lines of their certificates.");
    return APR_SUCCESS;
}

static apr_status_t version_print(cc_tool_t *tool)
{
    (void)tool;
    puts("clientcert " PACKAGE_VERSION);
    return APR_SUCCESS;
}

/* Only directly after the command: later, the same word may be the value of an option. */
static bool wants_help(const cc_tool_t *tool)
{
    const char *word = *tool->words;

    return word && (!strcmp(word, "--help") || !strcmp(word, "-h"));
}

static apr_status_t command_run(cc_tool_t *tool, const char *name)
{
    if (name && (!strcmp(name, "help") || !strcmp(name, "-h"))) {
        name = "--help";
    }
    for (size_t i = 0; name && i < COMMAND_COUNT; i++) {
        if (strcmp(commands[i].name, name) == 0) {
            return wants_help(tool) ? help_print(tool) : commands[i].run(tool);
        }
    }
    return cc_error_set(&tool->err, tool->pool, "CC0501", name,
                        "%s; use show, explain, rules, check, revoked, fields, "
                        "operators, modifiers, --help or --version",
                        name ? "unknown command" : "the command is missing");
}

/* A full disk may be noticed only when the buffer is flushed. */
static apr_status_t output_finish(cc_tool_t *tool)
{
    errno = 0;
    if (fflush(stdout) != 0 || ferror(stdout)) {
        return cc_error_set(&tool->err, tool->pool, "CC0505", NULL,
                            "the output cannot be written: %s",
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
