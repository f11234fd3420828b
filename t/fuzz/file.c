/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes certificate files: any content gives a certificate or a message, in bounded time. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <apr_general.h>
#include <apr_strings.h>
#include <openssl/err.h>

#include "cert/cert.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(int done)
{
    if (!done)
        abort();
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    must(apr_initialize() == APR_SUCCESS);
    return 0;
}

static int secret(char *buf, int size, void *baton)
{
    (void)baton;
    apr_cpystrn(buf, "secret", (apr_size_t)size);
    return 6;
}

/* A certificate, or a tag and text that can be shown. */
static void file_read(const char *path, apr_pool_t *p)
{
    const cc_path_t *above = NULL;
    cc_cert_t *cert = NULL;
    cc_error_t err = {0};
    const char *pem = NULL;
    int given = cc_cert_read(&cert, &above, path, secret, NULL, p, &err) == APR_SUCCESS;

    must(!above || (above->count > 0 && above->at[above->count - 1].cert));
    must(given ? cert != NULL : err.tag && err.message);
    must(given || !cc_text_unusable(err.message, strlen(err.message)));
    must((cc_cert_read_pem(&pem, path, secret, NULL, p, &err) == APR_SUCCESS) == given);
    must(!given || strstr(pem, "-----BEGIN ") == pem);
    must(ERR_peek_error() == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[] = "/tmp/fuzz_file.XXXXXX";
    int fd = mkstemp(path);
    apr_pool_t *p = NULL;

    must(fd >= 0 && write(fd, data, size) == (ssize_t)size && close(fd) == 0);
    must(apr_pool_create(&p, NULL) == APR_SUCCESS);
    file_read(path, p);
    apr_pool_destroy(p);
    unlink(path);
    return 0;
}
