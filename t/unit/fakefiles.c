/* SPDX-License-Identifier: Apache-2.0 */
/* Makes the files of ServerRoot in a unit test. */
#include <stdarg.h>
#include <stdio.h>

#include <apr_strings.h>

#include <openssl/pem.h>

#include "fakehttpd.h"
#include "suite.h"

const char *fake_path(const char *name)
{
    return apr_pstrcat(fake.pool, fake.folder, "/", name, NULL);
}

static FILE *file_open(const char *name, const char *mode)
{
    FILE *file = fopen(fake_path(name), mode);

    ck_assert_msg(file != NULL, "%s cannot be opened", name);
    return file;
}

void fake_write(const char *name, const char *text)
{
    FILE *file = file_open(name, "w");

    fputs(text, file);
    fclose(file);
}

void fake_write_certs(const char *name, ...)
{
    FILE *file = file_open(name, "w");
    va_list certs;
    X509 *cert;

    va_start(certs, name);
    while ((cert = va_arg(certs, X509 *))) {
        PEM_write_X509(file, cert);
    }
    va_end(certs);
    fclose(file);
}

const char *fake_read(const char *name)
{
    FILE *file = file_open(name, "r");
    char *text = apr_pcalloc(fake.pool, 65536);

    ck_assert_uint_lt(fread(text, 1, 65535, file), 65535);
    fclose(file);
    return text;
}
