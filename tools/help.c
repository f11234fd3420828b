/* SPDX-License-Identifier: Apache-2.0 */
/* Prints the help of each command, and the list of commands. */
#include <stdio.h>
#include <string.h>

#include <apr_strings.h>

#include "commands.h"
#include "convert/convert.h"

/* ---- usage --------------------------------------------------------------------------------- */

/* " [--vhost NAME[:PORT]] [--json] ...", with one word for the options of SERVER. */
static const char *options_usage(const cc_command_t *command, apr_pool_t *p)
{
    const char *usage = command->with & CC_WITH_SERVER ? " [SERVER]" : "";
    const cc_tool_option_t *option;

    for (int i = 0; (option = cc_option_at(i)); i++) {
        if (option->text && (option->with & command->with) && option->with != CC_WITH_SERVER) {
            usage = apr_pstrcat(p, usage, " [", option->name, option->value ? " " : "",
                                option->value ? option->value : "", "]", NULL);
        }
    }
    return usage;
}

const char *cc_help_usage(const cc_command_t *command, apr_pool_t *p)
{
    return apr_pstrcat(p, "clientcert ", command->name, options_usage(command, p),
                       *command->arguments ? " " : "", command->arguments, NULL);
}

/* ---- the help of a command ----------------------------------------------------------------- */

static void heading_print(const char *text, const cc_style_t *style)
{
    printf("\n%s%s%s\n", style->bold, text, style->plain);
}

static void option_print(const cc_tool_option_t *option, apr_pool_t *p)
{
    const char *name = apr_pstrcat(p, option->name, option->value ? " " : "",
                                   option->value ? option->value : "", NULL);

    printf("  %-20s  ", name);
    cc_print_wrapped(option->text, 24, p);
}

static void options_print(const char *heading, int with, const cc_style_t *style, apr_pool_t *p)
{
    const cc_tool_option_t *option;

    heading_print(heading, style);
    for (int i = 0; (option = cc_option_at(i)); i++) {
        if (option->text && (option->with & with)) {
            option_print(option, p);
        }
    }
}

static void lines_print(const char *heading, const char *lines, const cc_style_t *style,
                        apr_pool_t *p)
{
    char *state = NULL;
    char *line = apr_strtok(apr_pstrdup(p, lines), "\n", &state);

    heading_print(heading, style);
    for (; line; line = apr_strtok(NULL, "\n", &state)) {
        printf("  %s\n", line);
    }
}

static void command_print(const cc_command_t *command, const cc_style_t *style, apr_pool_t *p)
{
    printf("%sUsage:%s ", style->bold, style->plain);
    cc_print_wrapped(cc_help_usage(command, p), 7, p);
    puts("");
    cc_print_wrapped(command->description, 0, p);
    options_print("Options:", (command->with & ~CC_WITH_SERVER) | CC_WITH_ANY, style, p);
    if (command->with & CC_WITH_SERVER) {
        options_print("SERVER (httpd only reads its configuration, as with -t):", CC_WITH_SERVER,
                      style, p);
    }
    lines_print("Exit status:",
                apr_pstrcat(p, command->status,
                            "\n2  an error, which is the last line on standard error", NULL),
                style, p);
    if (command->examples) {
        lines_print("Examples:", command->examples, style, p);
    }
}

/* ---- all commands -------------------------------------------------------------------------- */

static void list_print(const cc_style_t *style)
{
    const cc_command_t *command;

    printf("%sUsage:%s clientcert COMMAND [OPTION ...] [ARGUMENT ...]\n", style->bold,
           style->plain);
    heading_print("Commands:", style);
    for (int i = 0; (command = cc_command_at(i)); i++) {
        printf("  %-10s  %s\n", command->name, command->summary);
    }
    puts("\n\"clientcert COMMAND --help\" describes a command.");
}

void cc_help_print(const cc_command_t *command, const cc_style_t *style, apr_pool_t *p)
{
    if (command) {
        command_print(command, style, p);
    } else {
        list_print(style);
    }
}

const char *cc_help_names(apr_pool_t *p)
{
    const char *names = "";
    const cc_command_t *command;

    for (int i = 0; (command = cc_command_at(i)); i++) {
        names = apr_pstrcat(p, names, *names ? ", " : "", command->name, NULL);
    }
    return names;
}

apr_status_t cc_help_run(cc_tool_t *tool)
{
    const apr_array_header_t *words = tool->options.words;
    const char *name = words->nelts > 0 ? APR_ARRAY_IDX(words, 0, const char *) : NULL;
    const cc_command_t *command = name ? cc_command_find(name) : NULL;

    if (name && !command) {
        return cc_error_set(&tool->err, tool->pool, "CC0529", name,
                            "there is no such command; use one of %s", cc_help_names(tool->pool));
    }
    cc_help_print(command, tool->style, tool->pool);
    return APR_SUCCESS;
}

/* ---- for completion ------------------------------------------------------------------------ */

apr_status_t cc_help_commands(cc_tool_t *tool)
{
    const cc_command_t *command;
    const cc_tool_option_t *option;
    const cc_convert_kind_t *kind;

    (void)tool;
    for (int i = 0; (command = cc_command_at(i)); i++) {
        printf("%s\t-\t%s\t%s\n", command->name, *command->arguments ? command->arguments : "-",
               command->summary);
        for (int j = 0; (option = cc_option_at(j)); j++) {
            if (option->text && (option->with & (command->with | CC_WITH_ANY))) {
                printf("%s\t%s\t%s\t%s\n", command->name, option->name,
                       option->value ? option->value : "-", option->text);
            }
        }
    }
    for (int i = 0; (kind = cc_convert_kind_at(i)); i++) {
        printf("KIND\t%s\t-\t%s\n", kind->name, kind->description);
    }
    return APR_SUCCESS;
}
