/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the password of a PKCS#12 file from the source that -passin names, or from the terminal. */
#include <stdlib.h>
#include <string.h>

#include <apr_file_io.h>
#include <apr_lib.h>
#include <apr_portable.h>
#include <apr_strings.h>

#include "tool.h"

#define LENGTH_MAX 1024 /* as in openssl */

/* Reads the first line of a file, without its end. */
static apr_status_t line_read(cc_password_t *password, apr_file_t *in, const char *source,
                              apr_pool_t *p, cc_error_t *err)
{
    char *line = apr_pcalloc(p, LENGTH_MAX + 2);
    apr_status_t status = apr_file_gets(line, LENGTH_MAX + 2, in);
    char reason[120];

    if (status != APR_SUCCESS && !APR_STATUS_IS_EOF(status)) {
        return cc_error_set(err, p, "CC0504", source, "the password cannot be read: %s",
                            apr_strerror(status, reason, sizeof(reason)));
    }
    line[strcspn(line, "\r\n")] = '\0';
    if (strlen(line) > LENGTH_MAX) {
        return cc_error_set(err, p, "CC0504", source, "the password is longer than %d bytes",
                            LENGTH_MAX);
    }
    password->given = line;
    return APR_SUCCESS;
}

static apr_status_t file_read(cc_password_t *password, const char *source, apr_pool_t *p,
                              cc_error_t *err)
{
    apr_file_t *in;
    apr_status_t status =
        apr_file_open(&in, source + strlen("file:"), APR_FOPEN_READ, APR_FPROT_OS_DEFAULT, p);
    char reason[120];

    if (status != APR_SUCCESS) {
        return cc_error_set(err, p, "CC0504", source, "the password cannot be read: %s",
                            apr_strerror(status, reason, sizeof(reason)));
    }
    return line_read(password, in, source, p, err);
}

static apr_status_t descriptor_read(cc_password_t *password, const char *source, apr_pool_t *p,
                                    cc_error_t *err)
{
    const char *number = source + strlen("fd:");
    apr_file_t *in = NULL;
    apr_os_file_t fd = atoi(number);

    if (!*number || strspn(number, "0123456789") != strlen(number) || strlen(number) > 6) {
        return cc_error_set(err, p, "CC0503", source, "the number of an open file must follow fd:");
    }
    apr_os_file_put(&in, &fd, APR_FOPEN_READ, p);
    return line_read(password, in, source, p, err);
}

static apr_status_t variable_read(cc_password_t *password, const char *source, apr_pool_t *p,
                                  cc_error_t *err)
{
    password->given = getenv(source + strlen("env:"));
    if (!password->given) {
        return cc_error_set(err, p, "CC0504", source, "this environment variable is not set");
    }
    return APR_SUCCESS;
}

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

apr_status_t cc_password_read(cc_password_t *password, const char *source, apr_pool_t *p,
                              cc_error_t *err)
{
    apr_file_t *in = NULL;

    if (begins(source, "pass:")) {
        password->given = source + strlen("pass:");
        return APR_SUCCESS;
    }
    if (begins(source, "env:")) {
        return variable_read(password, source, p, err);
    }
    if (begins(source, "file:")) {
        return file_read(password, source, p, err);
    }
    if (begins(source, "fd:")) {
        return descriptor_read(password, source, p, err);
    }
    if (strcmp(source, "stdin") == 0) {
        apr_file_open_stdin(&in, p);
        return line_read(password, in, source, p, err);
    }
    /* The argument is not shown: it may be the password itself. */
    return cc_error_set(err, p, "CC0503", NULL,
                        "the argument of -passin is not a source of passwords; use pass:TEXT, "
                        "env:NAME, file:PATH, fd:NUMBER or stdin");
}

int cc_password_ask(char *buf, int size, void *baton)
{
    const cc_password_t *password = baton;
    apr_size_t room = (apr_size_t)size;
    apr_size_t len;

    if (!password->given) {
        return apr_password_get("Password: ", buf, &room) == APR_SUCCESS ? (int)strlen(buf) : -1;
    }
    len = strlen(password->given);
    if (len >= room) {
        return -1;
    }
    memcpy(buf, password->given, len + 1);
    return (int)len;
}
