/* SPDX-License-Identifier: Apache-2.0 */
/* Knows how CRLs are written in the configuration: PATH ... [option=value ...]. */
#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "base/number.h"
#include "crl/crl.h"
#include "base/words.h"

#define RELOAD apr_time_from_sec(5)

static const char usage[] = "PATH ... [reload=SECONDS] [grace=SECONDS] [missing=deny|allow]";

typedef enum { OPTION_RELOAD, OPTION_GRACE, OPTION_MISSING, OPTIONS } option_t;

static const char *const names[] = {"reload", "grace", "missing"};

/* The letters before a "=", or 0: then the word is a path. */
static size_t name_len(const char *word)
{
    size_t len = 0;

    while (apr_isalpha(word[len]) || word[len] == '_') {
        len++;
    }
    return word[len] == '=' ? len : 0;
}

static option_t option_find(const char *word, size_t len)
{
    option_t i = 0;

    while (i < OPTIONS && (strlen(names[i]) != len || strncmp(names[i], word, len) != 0)) {
        i++;
    }
    return i;
}

static bool option_set(cc_crl_spec_t *spec, option_t option, const char *value, apr_pool_t *p)
{
    apr_interval_time_t *seconds = option == OPTION_RELOAD ? &spec->reload : &spec->grace;

    if (option == OPTION_MISSING) {
        spec->missing_allow = strcmp(value, "allow") == 0;
        return spec->missing_allow || strcmp(value, "deny") == 0;
    }
    *seconds = cc_seconds_read(value, p);
    return *seconds >= 0;
}

static apr_status_t option_read(cc_crl_spec_t *spec, bool seen[OPTIONS], const char *word,
                                apr_pool_t *p, cc_error_t *err)
{
    size_t len = name_len(word);
    option_t option = option_find(word, len);

    if (option == OPTIONS) {
        return cc_error_set(err, p, "CC0403", word,
                            "no option of ClientCertCRL; it has reload=SECONDS, grace=SECONDS and "
                            "missing=deny|allow (a path of this form is written ./%s)",
                            word);
    }
    if (seen[option]) {
        return cc_error_set(err, p, "CC0404", word, "%s stands here twice", names[option]);
    }
    seen[option] = true;
    if (option_set(spec, option, word + len + 1, p)) {
        return APR_SUCCESS;
    }
    if (option == OPTION_MISSING) {
        return cc_error_set(err, p, "CC0404", word, "write missing=deny or missing=allow");
    }
    return cc_error_set(err, p, "CC0404", word, "write %s=SECONDS, a number from 0 to %d",
                        names[option], CC_NUMBER_MOST);
}

apr_status_t cc_crls_parse(cc_crl_spec_t **spec, const char *text, apr_pool_t *p, cc_error_t *err)
{
    cc_crl_spec_t *made = apr_pcalloc(p, sizeof(*made));
    apr_array_header_t *paths = apr_array_make(p, 2, sizeof(const char *));
    apr_array_header_t *words = NULL;
    bool seen[OPTIONS] = {false};
    apr_status_t status = cc_words_split(&words, text, p, err);

    made->reload = RELOAD;
    for (int i = 0; status == APR_SUCCESS && i < words->nelts; i++) {
        const char *word = APR_ARRAY_IDX(words, i, const char *);

        if (name_len(word) > 0) {
            status = option_read(made, seen, word, p, err);
        } else if (*word == '\0') {
            status = cc_error_set(err, p, "CC0405", word, "a path is empty; write %s", usage);
        } else {
            APR_ARRAY_PUSH(paths, const char *) = word;
        }
    }
    if (status == APR_SUCCESS && paths->nelts == 0) {
        status = cc_error_set(err, p, "CC0405", text, "no path is named; write %s", usage);
    }
    made->paths = paths;
    *spec = made;
    return status;
}
