/* SPDX-License-Identifier: Apache-2.0 */
/* Runs the command-line tool: chooses the command and sets the exit status. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <apr_general.h>

#include "commands.h"

#define EXIT_ERROR 2

apr_status_t cc_version_run(cc_tool_t *tool)
{
    (void)tool;
    puts("clientcert " PACKAGE_VERSION);
    return APR_SUCCESS;
}

/* The command that a first word names. NULL: an unknown word. */
static const cc_command_t *command_named(const char *word)
{
    static const char *const others[][2] = {
        {"--help", "help"}, {"-h", "help"}, {"--version", "version"}};

    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        if (!strcmp(others[i][0], word)) {
            return cc_command_find(others[i][1]);
        }
    }
    return cc_command_find(word);
}

/* `words`: those of the command line, NULL at the end. */
static apr_status_t words_run(cc_tool_t *tool, const char *const *words)
{
    const cc_command_t *command = words[0] ? command_named(words[0]) : NULL;
    apr_status_t status;

    if (!words[0]) {
        cc_help_print(NULL, cc_style_choose(NULL), tool->pool);
        return cc_error_set(&tool->err, tool->pool, "CC0501", NULL,
                            "the command is missing; use one of %s", cc_help_names(tool->pool));
    }
    if (!command) {
        return cc_error_set(&tool->err, tool->pool, "CC0501", words[0],
                            "unknown command; use one of %s", cc_help_names(tool->pool));
    }
    status = cc_options_read(tool, command, words + 1);
    if (status != APR_SUCCESS) {
        return status;
    }
    if (tool->options.help) {
        cc_help_print(command, tool->style, tool->pool);
        return APR_SUCCESS;
    }
    return command->run(tool);
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
    status = words_run(&tool, argc > 0 ? argv + 1 : argv);
    if (status == APR_SUCCESS) {
        status = output_finish(&tool);
    }
    if (status != APR_SUCCESS) {
        fprintf(stderr, "clientcert: %s\n", cc_error_text(&tool.err, tool.pool));
        return EXIT_ERROR;
    }
    return tool.answer;
}
