/* SPDX-License-Identifier: Apache-2.0 */
/* Answers the requests of the tests with libcurl, one after the other, in one process. */
/*
 * A test makes hundreds of requests. A process of curl for each of them takes ten times as long as
 * the request. This program takes the arguments of curl from its standard input, does with libcurl
 * what curl would do, on a new connection, and prints curl's exit status and message.
 *
 * The arguments of a request are "+TEXT" with a NUL each; a NUL alone ends them. The answer is
 * "EXIT MESSAGE" and a NUL. EXIT is -1 if an argument is unknown: then there was no request, and
 * curl itself has to make it.
 */
#define _POSIX_C_SOURCE 200809L /* getdelim, strdup */

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

#define ARGUMENTS_MAX 200
#define UNKNOWN (-1)

/* A request: its handle, and what has to live as long. */
typedef struct {
    CURL *easy;
    struct curl_slist *headers, *resolve;
    FILE *head, *body;
    long least, most; /* CURL_SSLVERSION_..., 0 without a bound */
    char error[CURL_ERROR_SIZE];
} request_t;

static const struct {
    const char *name;
    CURLoption option;
} texts[] = {
    {"--cacert", CURLOPT_CAINFO},
    {"--cert-type", CURLOPT_SSLCERTTYPE},
    {"--data-binary", CURLOPT_COPYPOSTFIELDS},
    {"--key", CURLOPT_SSLKEY},
    {"--noproxy", CURLOPT_NOPROXY},
    {"--user", CURLOPT_USERPWD},
    {"-X", CURLOPT_CUSTOMREQUEST},
};

static const struct {
    const char *name;
    CURLoption option;
    long value;
} flags[] = {
    {"--head", CURLOPT_NOBODY, 1},
    {"--http1.1", CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1},
    {"--http2", CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_2_0},
    {"-q", CURLOPT_NOSIGNAL, 1},
    {"-sS", CURLOPT_NOPROGRESS, 1},
};

/* ---- one request ----------------------------------------------------------------------------- */

static bool set_flag(request_t *request, const char *name)
{
    for (size_t i = 0; i < sizeof(flags) / sizeof(*flags); i++) {
        if (!strcmp(name, flags[i].name)) {
            return curl_easy_setopt(request->easy, flags[i].option, flags[i].value) == CURLE_OK;
        }
    }
    return false;
}

/* FILE or FILE:PASSWORD. */
static bool set_certificate(request_t *request, char *value)
{
    char *password = strchr(value, ':');

    if (password) {
        *password++ = '\0';
        curl_easy_setopt(request->easy, CURLOPT_KEYPASSWD, password);
    }
    return curl_easy_setopt(request->easy, CURLOPT_SSLCERT, value) == CURLE_OK;
}

static bool set_text(request_t *request, const char *name, const char *value)
{
    if (!strcmp(name, "--data-binary") && *value == '@') {
        return false; /* a file */
    }
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        if (!strcmp(name, texts[i].name)) {
            return curl_easy_setopt(request->easy, texts[i].option, value) == CURLE_OK;
        }
    }
    return false;
}

static bool append(struct curl_slist **list, const char *value)
{
    struct curl_slist *longer = curl_slist_append(*list, value);

    if (longer) {
        *list = longer;
    }
    return longer != NULL;
}

/* Options whose value is not just a text for libcurl. */
static bool set_value(request_t *request, const char *name, char *value)
{
    if (!strcmp(name, "-H")) {
        return append(&request->headers, value);
    }
    if (!strcmp(name, "--resolve")) {
        return append(&request->resolve, value);
    }
    if (!strcmp(name, "-D")) {
        return (request->head = fopen(value, "wb")) != NULL;
    }
    if (!strcmp(name, "-o")) {
        return (request->body = fopen(value, "wb")) != NULL;
    }
    if (!strcmp(name, "--max-time")) {
        return curl_easy_setopt(request->easy, CURLOPT_TIMEOUT, atol(value)) == CURLE_OK;
    }
    if (!strcmp(name, "--tls-max")) {
        request->most =
            !strcmp(value, "1.2") ? CURL_SSLVERSION_MAX_TLSv1_2 : CURL_SSLVERSION_MAX_TLSv1_3;
        return true;
    }
    return !strcmp(name, "--cert") ? set_certificate(request, value)
                                   : set_text(request, name, value);
}

/* Sets the options of a request; false if one is unknown. */
static bool set_all(request_t *request, char **arguments, int count)
{
    for (int i = 0; i < count; i++) {
        char *name = arguments[i];

        if (!strcmp(name, "--tlsv1.2")) {
            request->least = CURL_SSLVERSION_TLSv1_2;
        } else if (!strcmp(name, "--tlsv1.3")) {
            request->least = CURL_SSLVERSION_TLSv1_3;
        } else if (*name != '-') {
            curl_easy_setopt(request->easy, CURLOPT_URL, name);
        } else if (!set_flag(request, name) &&
                   (++i >= count || !set_value(request, name, arguments[i]))) {
            return false;
        }
    }
    return request->head && request->body;
}

static CURLcode perform(request_t *request)
{
    char agent[64];

    snprintf(agent, sizeof(agent), "curl/%s", curl_version_info(CURLVERSION_NOW)->version);
    curl_easy_setopt(request->easy, CURLOPT_USERAGENT, agent);
    curl_easy_setopt(request->easy, CURLOPT_HTTPHEADER, request->headers);
    curl_easy_setopt(request->easy, CURLOPT_RESOLVE, request->resolve);
    curl_easy_setopt(request->easy, CURLOPT_HEADERDATA, request->head);
    curl_easy_setopt(request->easy, CURLOPT_WRITEDATA, request->body);
    curl_easy_setopt(request->easy, CURLOPT_ERRORBUFFER, request->error);
    curl_easy_setopt(request->easy, CURLOPT_SSLVERSION, request->least | request->most);
    return curl_easy_perform(request->easy);
}

static void request_end(request_t *request)
{
    curl_easy_cleanup(request->easy);
    curl_slist_free_all(request->headers);
    curl_slist_free_all(request->resolve);
    if (request->head) {
        fclose(request->head);
    }
    if (request->body) {
        fclose(request->body);
    }
}

static void answer(char **arguments, int count)
{
    request_t request = {.easy = curl_easy_init()};
    int status = UNKNOWN;

    if (request.easy && set_all(&request, arguments, count)) {
        status = perform(&request);
    }
    request_end(&request);
    printf("%d ", status);
    if (status > 0) {
        const char *why = *request.error ? request.error : curl_easy_strerror(status);

        printf("curl: (%d) %s\n", status, why);
    }
    putchar('\0');
    fflush(stdout);
}

/* ---- all requests ---------------------------------------------------------------------------- */

/* Reads the arguments of a request; -1 at the end. */
static int read_arguments(char **arguments)
{
    char *line = NULL;
    size_t size = 0;
    int count = 0;

    while (getdelim(&line, &size, '\0', stdin) > 0) {
        if (!*line) {
            free(line);
            return count;
        }
        if (count == ARGUMENTS_MAX) {
            break;
        }
        arguments[count++] = strdup(line + 1);
    }
    free(line);
    return -1;
}

int main(void)
{
    char *arguments[ARGUMENTS_MAX];
    int count = 0;

    signal(SIGPIPE, SIG_IGN);
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        return EXIT_FAILURE;
    }
    while ((count = read_arguments(arguments)) >= 0) {
        answer(arguments, count);
        for (int i = 0; i < count; i++) {
            free(arguments[i]);
        }
    }
    curl_global_cleanup();
    return EXIT_SUCCESS;
}
