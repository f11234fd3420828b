/* SPDX-License-Identifier: Apache-2.0 */
/* Knows how the directives about OCSP are written. */
#include <stddef.h>
#include <string.h>

#include <apr_strings.h>

#include "base/number.h"
#include "ocsp/internal.h"
#include "base/words.h"

#define MOST 31536000 /* seconds: a year */

typedef enum { SECONDS, CHOICE, URL } kind_t;

typedef struct option_t {
    const char *name;
    kind_t kind;
    size_t member; /* of cc_ocsp_spec_t */
    apr_interval_time_t least;
    apr_interval_time_t most;
    const char *says; /* the same for people; of a choice, what stands for false */
    const char *yes;  /* and for true */
} option_t;

static const option_t options[] = {
    {"responder", URL, offsetof(cc_ocsp_spec_t, responder), 0, 0, NULL, NULL},
    {"timeout", SECONDS, offsetof(cc_ocsp_spec_t, timeout), apr_time_from_msec(100),
     apr_time_from_sec(60), "0.1 to 60", NULL},
    {"ttl", SECONDS, offsetof(cc_ocsp_spec_t, ttl), apr_time_from_sec(1), apr_time_from_sec(MOST),
     "1 to 31536000", NULL},
    {"stale", SECONDS, offsetof(cc_ocsp_spec_t, stale), 0, apr_time_from_sec(MOST), "0 to 31536000",
     NULL},
    {"failure", CHOICE, offsetof(cc_ocsp_spec_t, allow), 0, 0, "deny", "allow"},
    {"nonce", CHOICE, offsetof(cc_ocsp_spec_t, nonce), 0, 0, "off", "on"},
};

#define OPTIONS (sizeof(options) / sizeof(options[0]))

static const cc_ocsp_spec_t usual = {
    .timeout = apr_time_from_sec(3),
    .ttl = apr_time_from_sec(3600),
};

/* A line that is being read. */
typedef struct reader_t {
    cc_ocsp_spec_t *spec;
    bool seen[OPTIONS];
    apr_pool_t *pool;
    cc_error_t *err;
} reader_t;

static apr_status_t seconds_set(reader_t *r, const option_t *option, const char *value)
{
    apr_interval_time_t time = cc_seconds_read(value, r->pool);

    if (time < option->least || time > option->most) {
        return cc_error_set(r->err, r->pool, "CC0432", value, "write %s=SECONDS, a number from %s",
                            option->name, option->says);
    }
    *(apr_interval_time_t *)((char *)r->spec + option->member) = time;
    return APR_SUCCESS;
}

static apr_status_t choice_set(reader_t *r, const option_t *option, const char *value)
{
    bool yes = strcmp(value, option->yes) == 0;

    if (!yes && strcmp(value, option->says) != 0) {
        return cc_error_set(r->err, r->pool, "CC0432", value, "write %s=%s or %s=%s", option->name,
                            option->says, option->name, option->yes);
    }
    *(bool *)((char *)r->spec + option->member) = yes;
    return APR_SUCCESS;
}

static apr_status_t url_set(reader_t *r, const char *value)
{
    cc_url_t *url = apr_palloc(r->pool, sizeof(*url));
    const char *wrong = cc_url_read(url, value, r->pool);

    if (wrong) {
        return cc_error_set(r->err, r->pool, "CC0434", value,
                            "%s; write responder=http://HOST[:PORT][/PATH]: responses are signed, "
                            "so they need no TLS",
                            wrong);
    }
    r->spec->responder = url;
    return APR_SUCCESS;
}

static size_t option_find(const char *word)
{
    size_t len = strcspn(word, "=");

    for (size_t i = 0; i < OPTIONS; i++) {
        if (word[len] == '=' && strlen(options[i].name) == len &&
            strncmp(word, options[i].name, len) == 0) {
            return i;
        }
    }
    return OPTIONS;
}

static apr_status_t option_read(reader_t *r, const char *word)
{
    size_t i = option_find(word);
    const char *value = strchr(word, '=');

    if (i == OPTIONS) {
        return cc_error_set(r->err, r->pool, "CC0431", word,
                            "no option of ClientCertOCSP; it has responder=URL, timeout=SECONDS, "
                            "ttl=SECONDS, stale=SECONDS, failure=deny|allow and nonce=on|off");
    }
    if (r->seen[i]) {
        return cc_error_set(r->err, r->pool, "CC0433", word, "%s stands here twice",
                            options[i].name);
    }
    r->seen[i] = true;
    switch (options[i].kind) {
    case SECONDS:
        return seconds_set(r, &options[i], value + 1);
    case CHOICE:
        return choice_set(r, &options[i], value + 1);
    default:
        return url_set(r, value + 1);
    }
}

static apr_status_t mode_read(reader_t *r, const char *word)
{
    if (strcasecmp(word, "on") == 0) {
        r->spec->mode = CC_OCSP_ON;
    } else if (strcasecmp(word, "off") == 0) {
        r->spec->mode = CC_OCSP_OFF;
    } else if (strcasecmp(word, "aia") == 0) {
        r->spec->mode = CC_OCSP_AIA;
    } else {
        return cc_error_set(r->err, r->pool, "CC0430", word,
                            "the first word is On (ask the responder=), Off or AIA (ask whom the "
                            "certificate names)");
    }
    return APR_SUCCESS;
}

apr_status_t cc_ocsp_parse(cc_ocsp_spec_t **spec, const char *text, apr_pool_t *p, cc_error_t *err)
{
    reader_t r = {.spec = apr_pmemdup(p, &usual, sizeof(usual)), .pool = p, .err = err};
    apr_array_header_t *words = NULL;
    apr_status_t status = cc_words_split(&words, text, p, err);

    if (status == APR_SUCCESS) {
        status = mode_read(&r, words->nelts > 0 ? APR_ARRAY_IDX(words, 0, const char *) : "");
    }
    for (int i = 1; status == APR_SUCCESS && i < words->nelts; i++) {
        status = option_read(&r, APR_ARRAY_IDX(words, i, const char *));
    }
    if (status == APR_SUCCESS && r.spec->mode == CC_OCSP_ON && !r.spec->responder) {
        return cc_error_set(err, p, "CC0435", APR_ARRAY_IDX(words, 0, const char *),
                            "On needs responder=URL; AIA takes it from the certificate");
    }
    *spec = r.spec;
    return status;
}

apr_status_t cc_ocsp_allow(apr_array_header_t **hosts, const char *text, apr_pool_t *p,
                           cc_error_t *err)
{
    apr_array_header_t *words = NULL;
    apr_status_t status = cc_words_split(&words, text, p, err);

    if (status != APR_SUCCESS) {
        return status;
    }
    if (!*hosts) {
        *hosts = apr_array_make(p, words->nelts, sizeof(const char *));
    }
    for (int i = 0; i < words->nelts; i++) {
        const char *word = APR_ARRAY_IDX(words, i, const char *);
        const char *dot = *word == '.' ? "." : "";
        const char *name = cc_host_name(word + strlen(dot), p);

        if (!name || cc_host_is_address(name)) {
            return cc_error_set(err, p, "CC0436", word,
                                "write the name of a host, such as ocsp.example.com, or "
                                ".example.com for all hosts below it; no address, port or URL");
        }
        APR_ARRAY_PUSH(*hosts, const char *) = apr_pstrcat(p, dot, name, NULL);
    }
    return words->nelts > 0 ? APR_SUCCESS
                            : cc_error_set(err, p, "CC0436", NULL, "write at least one host");
}
