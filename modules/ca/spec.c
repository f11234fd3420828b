/* SPDX-License-Identifier: Apache-2.0 */
/* Parses the directive ClientCertCA: PATH ... [option=value ...]. */
#include <stddef.h>
#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "base/option.h"
#include "base/words.h"
#include "ca/ca.h"
#include "ca/internal.h"

static const char usage[] = "PATH ... [reload=SECONDS] [depth=NUMBER] [domain=TRUST-DOMAIN]";

/* ---- domain= --------------------------------------------------------------------------------- */

static const char *lower(const char *text, apr_pool_t *p)
{
    char *copy = apr_pstrdup(p, text);

    for (char *at = copy; *at; at++) {
        *at = (char)apr_tolower(*at);
    }
    return copy;
}

static const char *domain_problem(const char *value, apr_pool_t *p)
{
    const char *lowered = lower(value, p);

    if (strncmp(lowered, "spiffe:", 7) == 0) {
        return "a trust domain has no scheme and no path; write domain=TRUST-DOMAIN, as in "
               "domain=example.com";
    }
    if (cc_spiffe_domain_is(lowered)) {
        return apr_psprintf(p, "a trust domain is in lower case; write domain=%s", lowered);
    }
    return "not a trust domain; write domain=TRUST-DOMAIN, of lower-case letters, digits, dots, "
           "dashes and underscores, 255 at most";
}

static apr_status_t domain_set(void *record, const char *value, apr_pool_t *p, cc_error_t *err)
{
    if (!cc_spiffe_domain_is(value)) {
        return cc_error_set(err, p, "CC0460", apr_pstrcat(p, "domain=", value, NULL), "%s",
                            domain_problem(value, p));
    }
    ((cc_ca_spec_t *)record)->domain = value;
    return APR_SUCCESS;
}

/* ---- all words ------------------------------------------------------------------------------- */

static const cc_option_t options[] = {
    {.name = "reload",
     .kind = CC_OPTION_SECONDS,
     .member = offsetof(cc_ca_spec_t, reload),
     .range = "0 to 1000000000",
     .usual = apr_time_from_sec(5)},
    {.name = "depth",
     .kind = CC_OPTION_NUMBER,
     .member = offsetof(cc_ca_spec_t, depth),
     .range = "0 to 100",
     .max = 100,
     .usual = -1},
    {.name = "domain", .kind = CC_OPTION_CUSTOM, .set = domain_set},
};

/* The number of letters before a "=", or 0: then the word is a path. */
static size_t name_len(const char *word)
{
    size_t len = 0;

    while (apr_isalpha(word[len]) || word[len] == '_') {
        len++;
    }
    return word[len] == '=' ? len : 0;
}

static apr_status_t option_read(cc_option_reader_t *reader, const char *word)
{
    const cc_option_t *option = cc_option_find(reader, word);

    if (!option) {
        return cc_error_set(reader->err, reader->pool, "CC0460", word,
                            "not an option of ClientCertCA; the options are reload=SECONDS, "
                            "depth=NUMBER and domain=TRUST-DOMAIN (write such a path as ./%s)",
                            word);
    }
    return cc_option_read(reader, option, word);
}

apr_status_t cc_ca_spec_parse(cc_ca_spec_t **spec, const char *text, apr_pool_t *p, cc_error_t *err)
{
    cc_ca_spec_t *made = apr_pcalloc(p, sizeof(*made));
    apr_array_header_t *paths = apr_array_make(p, 2, sizeof(const char *));
    apr_array_header_t *words = NULL;
    cc_option_reader_t reader = {.options = options,
                                 .count = sizeof(options) / sizeof(options[0]),
                                 .record = made,
                                 .value_tag = "CC0460",
                                 .twice_tag = "CC0460",
                                 .pool = p,
                                 .err = err};
    apr_status_t status = cc_words_split(&words, text, p, err);

    cc_options_usual(&reader);
    for (int i = 0; status == APR_SUCCESS && i < words->nelts; i++) {
        const char *word = APR_ARRAY_IDX(words, i, const char *);

        if (name_len(word) > 0) {
            status = option_read(&reader, word);
        } else if (*word == '\0') {
            status = cc_error_set(err, p, "CC0461", word, "a path is empty; write %s", usage);
        } else {
            APR_ARRAY_PUSH(paths, const char *) = word;
        }
    }
    if (status == APR_SUCCESS && paths->nelts == 0) {
        status = cc_error_set(err, p, "CC0461", text, "no path is given; write %s", usage);
    }
    made->paths = paths;
    *spec = made;
    return status;
}

/* ---- several directives ---------------------------------------------------------------------- */

static bool same_group(const cc_ca_spec_t *a, const cc_ca_spec_t *b)
{
    return a->domain && b->domain ? strcmp(a->domain, b->domain) == 0 : a->domain == b->domain;
}

static const char *group_text(const cc_ca_spec_t *spec, apr_pool_t *p)
{
    return spec->domain ? apr_pstrcat(p, "with domain=", spec->domain, NULL) : "without a domain";
}

apr_status_t cc_ca_specs_agree(const apr_array_header_t *specs, const cc_ca_spec_t *added,
                               apr_pool_t *p, cc_error_t *err)
{
    for (int i = 0; added->depth >= 0 && i < specs->nelts; i++) {
        const cc_ca_spec_t *spec = APR_ARRAY_IDX(specs, i, const cc_ca_spec_t *);

        if (same_group(spec, added) && spec->depth >= 0 && spec->depth != added->depth) {
            return cc_error_set(err, p, "CC0462", apr_psprintf(p, "depth=%d", added->depth),
                                "an earlier ClientCertCA %s has depth=%d; give the same depth, or "
                                "give it once",
                                group_text(added, p), spec->depth);
        }
    }
    return APR_SUCCESS;
}
