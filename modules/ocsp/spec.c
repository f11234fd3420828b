/* SPDX-License-Identifier: Apache-2.0 */
/* Parses the directives ClientCertOCSP and ClientCertOCSPAllow. */
#include <stddef.h>
#include <string.h>

#include <apr_strings.h>

#include "base/option.h"
#include "base/words.h"
#include "ocsp/internal.h"

#define YEAR apr_time_from_sec(31536000)

static apr_status_t responder_set(void *spec, const char *value, apr_pool_t *p, cc_error_t *err)
{
    cc_url_t *url = apr_palloc(p, sizeof(*url));
    const char *error = cc_url_read(url, value, p);

    if (error) {
        return cc_error_set(err, p, "CC0434", value,
                            "%s; write responder=http://HOST[:PORT][/PATH]: responses are signed, "
                            "so they need no TLS",
                            error);
    }
    ((cc_ocsp_spec_t *)spec)->responder = url;
    return APR_SUCCESS;
}

static apr_status_t path_set(const char **path, const char *name, const char *value, apr_pool_t *p,
                             cc_error_t *err)
{
    if (!*value) {
        return cc_error_set(err, p, "CC0432", value, "not a valid value; write %s=FILE", name);
    }
    *path = value;
    return APR_SUCCESS;
}

static apr_status_t issuer_set(void *spec, const char *value, apr_pool_t *p, cc_error_t *err)
{
    return path_set(&((cc_ocsp_spec_t *)spec)->issuer, "issuer", value, p, err);
}

static apr_status_t signer_set(void *spec, const char *value, apr_pool_t *p, cc_error_t *err)
{
    return path_set(&((cc_ocsp_spec_t *)spec)->signer, "signer", value, p, err);
}

static const cc_option_t options[] = {
    {.name = "issuer", .kind = CC_OPTION_CUSTOM, .set = issuer_set},
    {.name = "responder", .kind = CC_OPTION_CUSTOM, .set = responder_set},
    {.name = "signer", .kind = CC_OPTION_CUSTOM, .set = signer_set},
    {.name = "timeout",
     .kind = CC_OPTION_SECONDS,
     .member = offsetof(cc_ocsp_spec_t, timeout),
     .min = apr_time_from_msec(100),
     .max = apr_time_from_sec(60),
     .range = "0.1 to 60",
     .usual = apr_time_from_sec(3)},
    {.name = "ttl",
     .kind = CC_OPTION_SECONDS,
     .member = offsetof(cc_ocsp_spec_t, ttl),
     .min = apr_time_from_sec(1),
     .max = YEAR,
     .range = "1 to 31536000",
     .usual = apr_time_from_sec(3600)},
    {.name = "stale",
     .kind = CC_OPTION_SECONDS,
     .member = offsetof(cc_ocsp_spec_t, stale),
     .max = YEAR,
     .range = "0 to 31536000"},
    {.name = "failure",
     .kind = CC_OPTION_CHOICE,
     .member = offsetof(cc_ocsp_spec_t, allow),
     .no = "deny",
     .yes = "allow"},
    {.name = "missing",
     .kind = CC_OPTION_CHOICE,
     .member = offsetof(cc_ocsp_spec_t, missing_allow),
     .no = "deny",
     .yes = "allow"},
    {.name = "nonce",
     .kind = CC_OPTION_CHOICE,
     .member = offsetof(cc_ocsp_spec_t, nonce),
     .no = "off",
     .yes = "on"},
};

static const char unknown[] =
    "not an option of ClientCertOCSP; the options are issuer=FILE, responder=URL, signer=FILE, "
    "timeout=SECONDS, ttl=SECONDS, stale=SECONDS, failure=deny|allow, missing=deny|allow and "
    "nonce=on|off";

static apr_status_t mode_read(cc_ocsp_spec_t *spec, const char *word, apr_pool_t *p,
                              cc_error_t *err)
{
    if (strcasecmp(word, "on") == 0) {
        spec->mode = CC_OCSP_ON;
    } else if (strcasecmp(word, "off") == 0) {
        spec->mode = CC_OCSP_OFF;
    } else if (strcasecmp(word, "aia") == 0) {
        spec->mode = CC_OCSP_AIA;
    } else {
        return cc_error_set(err, p, "CC0430", word,
                            "the first word must be On (ask the responder of responder=), Off or "
                            "AIA (ask the one that the certificate names)");
    }
    return APR_SUCCESS;
}

/* Options that contradict the mode. */
static apr_status_t mode_check(const cc_ocsp_spec_t *spec, const char *mode, apr_pool_t *p,
                               cc_error_t *err)
{
    if (spec->mode == CC_OCSP_ON && !spec->responder) {
        return cc_error_set(err, p, "CC0435", mode,
                            "On needs responder=URL; AIA takes the URL from the certificate");
    }
    if (spec->mode == CC_OCSP_ON && spec->missing_allow) {
        return cc_error_set(err, p, "CC0488", "missing=allow",
                            "with On, there is a responder for every certificate; write AIA, or "
                            "omit missing=");
    }
    return APR_SUCCESS;
}

apr_status_t cc_ocsp_parse(cc_ocsp_spec_t **spec, const char *text, const char *where,
                           apr_pool_t *p, cc_error_t *err)
{
    cc_ocsp_spec_t *made = apr_pcalloc(p, sizeof(*made));
    cc_option_reader_t reader = {.options = options,
                                 .count = sizeof(options) / sizeof(options[0]),
                                 .record = made,
                                 .value_tag = "CC0432",
                                 .twice_tag = "CC0433",
                                 .unknown_tag = "CC0431",
                                 .unknown = unknown,
                                 .blames_value = true,
                                 .pool = p,
                                 .err = err};
    apr_array_header_t *words = NULL;
    apr_status_t status = cc_words_split(&words, text, p, err);

    cc_options_usual(&reader);
    if (status == APR_SUCCESS) {
        status =
            mode_read(made, words->nelts > 0 ? APR_ARRAY_IDX(words, 0, const char *) : "", p, err);
    }
    if (status == APR_SUCCESS) {
        status = cc_option_words(&reader, words, 1);
    }
    made->where = where;
    *spec = made;
    return status == APR_SUCCESS ? mode_check(made, APR_ARRAY_IDX(words, 0, const char *), p, err)
                                 : status;
}

apr_status_t cc_ocsp_hosts_parse(apr_array_header_t **hosts, const char *text, apr_pool_t *p,
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
                                "write a host name such as ocsp.example.com, or .example.com for "
                                "all hosts below it, not an address, a port or a URL");
        }
        APR_ARRAY_PUSH(*hosts, const char *) = apr_pstrcat(p, dot, name, NULL);
    }
    return words->nelts > 0 ? APR_SUCCESS
                            : cc_error_set(err, p, "CC0436", NULL, "write at least one host");
}
