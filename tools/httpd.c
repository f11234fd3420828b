/* SPDX-License-Identifier: Apache-2.0 */
/* Runs httpd with -t, so that its module answers a query. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <apr_file_info.h>
#include <apr_file_io.h>
#include <apr_strings.h>

#include "server.h"

extern char **environ;

/* ---- httpd --------------------------------------------------------------------------------- */

/*
 * The program to run. Without -f, it is the control script if there is one, because the files of
 * the system's configuration may need environment variables that the script sets.
 */
static const char *program_of(const cc_options_t *options)
{
    if (options->httpd) {
        return options->httpd;
    }
    return !options->file_given && access(HTTPD_CONTROL, X_OK) == 0 ? HTTPD_CONTROL : HTTPD_PROGRAM;
}

static char **command_of(const cc_options_t *options, apr_pool_t *p)
{
    const apr_array_header_t *arguments = options->server;
    char **command = apr_pcalloc(p, ((apr_size_t)arguments->nelts + 3) * sizeof(char *));
    int count = 0;

    command[count++] = apr_pstrdup(p, program_of(options));
    for (int i = 0; i < arguments->nelts; i++) {
        command[count++] = apr_pstrdup(p, APR_ARRAY_IDX(arguments, i, const char *));
    }
    command[count++] = apr_pstrdup(p, "-t");
    return command;
}

#define LOOK_EVERY 100 /* milliseconds */

/* Waits for httpd; on a terminal, shows how far it is. Returns its status. */
static int program_wait(pid_t pid, cc_progress_t *progress)
{
    int status = 0;
    pid_t ended;

    do {
        ended = waitpid(pid, &status, progress->wanted ? WNOHANG : 0);
        if (ended == 0) {
            cc_progress_show(progress);
            poll(NULL, 0, LOOK_EVERY);
        }
    } while (ended == 0 || (ended < 0 && errno == EINTR));
    cc_progress_end(progress);
    return status;
}

/* Returns its exit status; -1: a signal ended it; -2: it could not be run. */
static int program_run(char *const *command, const char *output, cc_exchange_t *exchange)
{
    posix_spawn_file_actions_t actions;
    cc_progress_t progress = cc_progress_begin(exchange);
    pid_t pid;
    int failed, status;

    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_APPEND, 0600);
    posix_spawn_file_actions_adddup2(&actions, 1, 2);
    failed = posix_spawnp(&pid, command[0], &actions, NULL, command, environ);
    posix_spawn_file_actions_destroy(&actions);
    if (failed) {
        errno = failed;
        return -2;
    }
    status = program_wait(pid, &progress);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* Copies the output of httpd to standard error. */
static void output_show(const char *path, apr_pool_t *p)
{
    apr_file_t *file;
    char line[8192];

    if (apr_file_open(&file, path, APR_FOPEN_READ | APR_FOPEN_BUFFERED, APR_FPROT_OS_DEFAULT, p) !=
        APR_SUCCESS) {
        return;
    }
    while (apr_file_gets(line, sizeof(line), file) == APR_SUCCESS) {
        line[strcspn(line, "\r\n")] = '\0';
        fprintf(stderr, "%s\n", cc_print_safe(line, p));
    }
    apr_file_close(file);
}

/* ---- the answer ---------------------------------------------------------------------------- */

static void no_answer(int status, const char *program, const cc_exchange_t *exchange,
                      cc_tool_t *tool)
{
    if (status == -2) {
        cc_error_set(&tool->err, tool->pool, "CC0513", program,
                     "cannot be run: %s; name the server program with --httpd", strerror(errno));
        return;
    }
    output_show(cc_exchange_output(exchange), tool->pool);
    if (status == -1) {
        cc_error_set(&tool->err, tool->pool, "CC0514", program,
                     "crashed while reading the configuration");
    } else if (status != 0) {
        cc_error_set(&tool->err, tool->pool, "CC0515", program,
                     "cannot load the configuration (exit status %d); see its messages above",
                     status);
    } else {
        cc_error_set(&tool->err, tool->pool, "CC0516", program,
                     "loaded the configuration but did not answer: the configuration does not "
                     "load mod_clientcert of this version; add LoadModule clientcert_module ..., "
                     "or select the configuration with -f and -D");
    }
}

apr_status_t cc_httpd_query(cc_exchange_t *exchange, cc_tool_t *tool)
{
    char **command = command_of(&tool->options, tool->pool);
    int status;

    setenv("CLIENTCERT_QUESTION", cc_exchange_directory(exchange), 1);
    status = program_run(command, cc_exchange_output(exchange), exchange);
    if (cc_exchange_answered(exchange)) {
        return APR_SUCCESS;
    }
    no_answer(status, command[0], exchange, tool);
    return APR_EINVAL;
}
