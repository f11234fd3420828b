/* SPDX-License-Identifier: Apache-2.0 */
/* Reads a password of the configuration: a text, the first line of a file, or of a program. */
#include <signal.h>
#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>
#include <apr_thread_proc.h>

#include "base/regular_file.h"
#include "tables/internal.h"

#define PROGRAM "exec:"
#define FILE_OF "file:"

#define SECRET_MAX 8191    /* octets of a file, or of what a program prints */
#define PROGRAM_SECONDS 10 /* a program that hangs must not hold up a restart */
#define PAUSE apr_time_from_msec(10)

/* Ends the text after its first line; not NULL: it has none that can be used. */
static const char *line_take(char *text, apr_size_t len)
{
    text[len] = '\0';
    len -= strlen(text);
    text[strcspn(text, "\r\n")] = '\0';
    if (!*text) {
        return "the first line is empty";
    }
    return len > 0 ? "there is a NUL character in it; write text without one" : NULL;
}

/* ---- programs -------------------------------------------------------------------------------- */

/* As ap_get_exec_line starts it: in its own directory, with no environment. */
static apr_status_t program_start(apr_proc_t *process, char **words, apr_pool_t *p)
{
    apr_procattr_t *attributes = NULL;
    const char *slash = strrchr(words[0], '/');
    apr_status_t status = apr_procattr_create(&attributes, p);

    if (status == APR_SUCCESS) {
        status = apr_procattr_io_set(attributes, APR_NO_PIPE, APR_FULL_BLOCK, APR_NO_PIPE);
    }
    if (status == APR_SUCCESS && slash) {
        status = apr_procattr_dir_set(
            attributes, apr_pstrmemdup(p, words[0], (apr_size_t)(slash + 1 - words[0])));
    }
    if (status == APR_SUCCESS) {
        status = apr_procattr_cmdtype_set(attributes, APR_PROGRAM);
    }
    if (status == APR_SUCCESS) {
        status = apr_procattr_error_check_set(attributes, 1); /* a missing program is an error */
    }
    if (status == APR_SUCCESS) {
        status =
            apr_proc_create(process, words[0], (const char *const *)words, NULL, attributes, p);
    }
    return status;
}

/* Reads up to the end of what it prints, or up to one octet more than SECRET_MAX. */
static apr_status_t output_read(char *to, apr_size_t *len, apr_file_t *out, apr_time_t deadline)
{
    apr_status_t status = APR_SUCCESS;

    for (*len = 0; status == APR_SUCCESS && *len <= SECRET_MAX;) {
        apr_interval_time_t left = deadline - apr_time_now();
        apr_size_t part = SECRET_MAX + 1 - *len;

        status = left > 0 ? apr_file_pipe_timeout_set(out, left) : APR_TIMEUP;
        if (status == APR_SUCCESS) {
            status = apr_file_read(out, to + *len, &part);
            *len += part;
        }
    }
    return APR_STATUS_IS_EOF(status) ? APR_SUCCESS : status;
}

/* Waits for its end; false: it had to be ended. */
static bool program_wait(apr_proc_t *process, int *code, apr_exit_why_e *why, apr_time_t deadline)
{
    apr_status_t status = apr_proc_wait(process, code, why, APR_NOWAIT);

    while (APR_STATUS_IS_CHILD_NOTDONE(status) && apr_time_now() < deadline) {
        apr_sleep(PAUSE);
        status = apr_proc_wait(process, code, why, APR_NOWAIT);
    }
    if (APR_STATUS_IS_CHILD_NOTDONE(status)) {
        apr_proc_kill(process, SIGKILL);
        apr_proc_wait(process, code, why, APR_WAIT);
        return false;
    }
    if (!APR_STATUS_IS_CHILD_DONE(status)) { /* another part of the server has waited for it */
        *code = 0;
        *why = APR_PROC_EXIT;
    }
    return true;
}

static const char *program_run(char *to, char **words, apr_pool_t *p)
{
    apr_proc_t process = {0};
    apr_time_t deadline = apr_time_now() + apr_time_from_sec(PROGRAM_SECONDS);
    int code = 0;
    apr_exit_why_e why = APR_PROC_EXIT;
    apr_status_t status = program_start(&process, words, p);
    apr_size_t len = 0;
    bool ended = false;
    char text[120];

    if (status != APR_SUCCESS) {
        return apr_psprintf(p, "the program cannot be run: %s",
                            apr_strerror(status, text, sizeof(text)));
    }
    status = output_read(to, &len, process.out, deadline);
    apr_file_close(process.out);
    ended = program_wait(&process, &code, &why, len > SECRET_MAX ? 0 : deadline);
    if (len > SECRET_MAX) {
        return "the program prints more than 8191 octets";
    }
    if (status != APR_SUCCESS || !ended) {
        return apr_psprintf(p, "the program has not ended after %d s", PROGRAM_SECONDS);
    }
    if (!APR_PROC_CHECK_EXIT(why) || code != 0) {
        return apr_psprintf(p, "the program failed (%s %d)",
                            APR_PROC_CHECK_EXIT(why) ? "exit status" : "signal", code);
    }
    return line_take(to, len);
}

static const char *from_program(char *to, const cc_table_spec_t *spec, const char *command,
                                apr_pool_t *p)
{
    char **words = NULL;

    if (apr_tokenize_to_argv(command, &words, p) != APR_SUCCESS || !words[0]) {
        return "exec: names no program";
    }
    words[0] = apr_pstrdup(p, cc_source_path(spec, words[0], p));
    return program_run(to, words, p);
}

/* ---- files ----------------------------------------------------------------------------------- */

static const char *from_file(char *to, const cc_table_spec_t *spec, const char *path, apr_pool_t *p)
{
    const char *reason = NULL;
    apr_file_t *file = NULL;
    apr_size_t len = 0;
    apr_status_t status = APR_SUCCESS;

    if (cc_regular_file_open(&file, &reason, cc_source_path(spec, path, p), p) != APR_SUCCESS) {
        return apr_pstrcat(p, "the file cannot be read: ", reason, NULL);
    }
    status = apr_file_read_full(file, to, SECRET_MAX + 1, &len);
    apr_file_close(file);
    if (len > SECRET_MAX) {
        return "the file is larger than 8191 octets";
    }
    return APR_STATUS_IS_EOF(status) ? line_take(to, len) : "the file cannot be read";
}

/* ---- all ------------------------------------------------------------------------------------- */

static bool begins_with(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0;
}

const char *cc_secret_read(const char **secret, const cc_table_spec_t *spec, const char *text,
                           apr_pool_t *p)
{
    char line[SECRET_MAX + 2] = "";
    const char *reason = NULL;

    if (begins_with(text, PROGRAM)) {
        reason = from_program(line, spec, text + strlen(PROGRAM), p);
    } else if (begins_with(text, FILE_OF)) {
        reason = from_file(line, spec, text + strlen(FILE_OF), p);
    } else {
        *secret = text;
        return *text ? NULL : "it is empty";
    }
    *secret = reason ? NULL : apr_pstrdup(p, line);
    return reason;
}
