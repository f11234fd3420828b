/* SPDX-License-Identifier: Apache-2.0 */
/* Parses the directive ClientCertCRL: PATH ... [option=value ...]. */
#include <stddef.h>

#include <apr_lib.h>

#include "base/option.h"
#include "base/words.h"
#include "crl/crl.h"

static const char usage[] = "PATH ... [reload=SECONDS] [grace=SECONDS] [missing=deny|allow]";

#define ANY "0 to 1000000000"

static const cc_option_t options[] = {
    {.name = "reload",
     .kind = CC_OPTION_SECONDS,
     .member = offsetof(cc_crl_spec_t, reload),
     .range = ANY,
     .usual = apr_time_from_sec(5)},
    {.name = "grace",
     .kind = CC_OPTION_SECONDS,
     .member = offsetof(cc_crl_spec_t, grace),
     .range = ANY},
    {.name = "missing",
     .kind = CC_OPTION_CHOICE,
     .member = offsetof(cc_crl_spec_t, missing_allow),
     .no = "deny",
     .yes = "allow"},
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

static apr_status_t word_read(cc_option_reader_t *reader, const char *word)
{
    const cc_option_t *option = cc_option_find(reader, word);

    if (!option) {
        return cc_error_set(reader->err, reader->pool, "CC0403", word,
                            "not an option of ClientCertCRL; the options are reload=SECONDS, "
                            "grace=SECONDS and missing=deny|allow (write such a path as ./%s)",
                            word);
    }
    return cc_option_read(reader, option, word);
}

apr_status_t cc_crls_parse(cc_crl_spec_t **spec, const char *text, apr_pool_t *p, cc_error_t *err)
{
    cc_crl_spec_t *made = apr_pcalloc(p, sizeof(*made));
    apr_array_header_t *paths = apr_array_make(p, 2, sizeof(const char *));
    apr_array_header_t *words = NULL;
    cc_option_reader_t reader = {.options = options,
                                 .count = sizeof(options) / sizeof(options[0]),
                                 .record = made,
                                 .value_tag = "CC0404",
                                 .twice_tag = "CC0404",
                                 .pool = p,
                                 .err = err};
    apr_status_t status = cc_words_split(&words, text, p, err);

    cc_options_usual(&reader);
    for (int i = 0; status == APR_SUCCESS && i < words->nelts; i++) {
        const char *word = APR_ARRAY_IDX(words, i, const char *);

        if (name_len(word) > 0) {
            status = word_read(&reader, word);
        } else if (*word == '\0') {
            status = cc_error_set(err, p, "CC0405", word, "a path is empty; write %s", usage);
        } else {
            APR_ARRAY_PUSH(paths, const char *) = word;
        }
    }
    if (status == APR_SUCCESS && paths->nelts == 0) {
        status = cc_error_set(err, p, "CC0405", text, "no path is given; write %s", usage);
    }
    made->paths = paths;
    *spec = made;
    return status;
}
