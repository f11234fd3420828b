/* SPDX-License-Identifier: Apache-2.0 */
/* Parses the directive ClientCertTable: NAME TYPE:SOURCE [option=value ...]. */
#include <stddef.h>
#include <string.h>

#include <apr_file_info.h>
#include <apr_lib.h>
#include <apr_strings.h>
#include <apr_tables.h>

#include "base/option.h"
#include "base/words.h"
#include "tables/internal.h"

/*
 * The options of tables whose keys are no DNs, of files that are polled, of remote sources, of
 * directories, and of Redis servers.
 */
#define OPTION(word) .name = #word, .member = offsetof(cc_table_spec_t, word)
#define SECONDS(word, from, seconds)                                                               \
    OPTION(word), .kind = CC_OPTION_SECONDS, .min = apr_time_from_sec(from),                       \
                  .range = #from " to 1000000000", .usual = apr_time_from_sec(seconds)
#define NUMBER(word, from, number)                                                                 \
    OPTION(word), .kind = CC_OPTION_NUMBER, .min = (from), .range = #from " to 1000000000",        \
                  .usual = (number)

/* In the order of cc_octets_form_t. */
static const char *const forms[] = {"hex", "base64", "base64url", NULL};

static const cc_option_t of_keys[] = {
    {OPTION(nocase), .kind = CC_OPTION_FLAG},
    {OPTION(octets), .kind = CC_OPTION_WORD, .words = forms},
    {OPTION(issuer), .kind = CC_OPTION_NUMBER, .min = 1, .max = 9, .range = "1 to 9"},
    {OPTION(valid), .kind = CC_OPTION_NUMBER, .min = 1, .max = 8, .range = "1 to 8"},
};
static const cc_option_t of_followed[] = {
    {SECONDS(reload, 0, 5)},
};
static const cc_option_t of_asked[] = {
    {SECONDS(timeout, 1, 3)}, {SECONDS(ttl, 0, 60)},    {SECONDS(negative_ttl, 0, 5)},
    {SECONDS(stale, 0, 0)},   {NUMBER(size, 0, 10000)}, {NUMBER(memory, 1, 16)},
};
static const cc_option_t of_binding[] = {
    {OPTION(binddn), .kind = CC_OPTION_TEXT},
    {OPTION(bindpassword), .kind = CC_OPTION_TEXT},
};
static const cc_option_t of_login[] = {
    {OPTION(user), .kind = CC_OPTION_TEXT},
    {OPTION(password), .kind = CC_OPTION_TEXT},
    {OPTION(db), .kind = CC_OPTION_NUMBER, .range = "0 to 1000000000", .usual = -1},
    {OPTION(prefix), .kind = CC_OPTION_TEXT},
    {OPTION(cafile), .kind = CC_OPTION_TEXT},
    {OPTION(certfile), .kind = CC_OPTION_TEXT},
    {OPTION(keyfile), .kind = CC_OPTION_TEXT},
};

#define COUNT_OF(list) (sizeof(list) / sizeof((list)[0]))

_Static_assert(COUNT_OF(of_keys) + COUNT_OF(of_asked) + COUNT_OF(of_binding) + COUNT_OF(of_login) <=
                   CC_OPTIONS_MAX,
               "a table has no more options than there is room for");

/* A line that is being read. */
typedef struct {
    cc_table_spec_t *spec;
    const cc_backend_t *backend;
    cc_option_t options[CC_OPTIONS_MAX]; /* the options of tables of this back end */
    cc_option_reader_t reader;
    apr_pool_t *pool;
    cc_error_t *err;
} spec_reader_t;

/* ---- passwords ------------------------------------------------------------------------------- */

/* A misspelled word for an error, without what may be a password: a value, or a part of a URL. */
static const char *word_shown(const spec_reader_t *r, const char *word)
{
    const char *url = strstr(word, "://");
    size_t len = strcspn(word, "=");

    if (url && url < word + len) {
        return apr_pstrcat(r->pool, apr_pstrmemdup(r->pool, word, (size_t)(url - word)), "://...",
                           NULL);
    }
    return apr_pstrmemdup(r->pool, word, len);
}

/* The length of "ldap://" or "//" at the start of a source; 0: it is no URL. */
static size_t url_start(const char *source)
{
    size_t len = strspn(source, "abcdefghijklmnopqrstuvwxyz");

    len += source[len] == ':';
    return strncmp(source + len, "//", 2) == 0 ? len + 2 : 0;
}

/* The source for a page or a log: without the user and the password of a URL. */
static const char *source_shown(const char *source, apr_pool_t *p)
{
    size_t start = url_start(source);
    const char *login = source + start;
    const char *rest = start > 0 ? login + strcspn(login, "/?#") : login;

    while (rest > login && *rest != '@') {
        rest--;
    }
    return rest > login ? apr_psprintf(p, "%.*s***%s", (int)start, source, rest) : source;
}

/* ---- options --------------------------------------------------------------------------------- */

static void options_add(spec_reader_t *r, const cc_option_t *options, size_t count)
{
    memcpy(r->options + r->reader.count, options, count * sizeof(*options));
    r->reader.count += count;
}

static void options_choose(spec_reader_t *r)
{
    r->reader = (cc_option_reader_t){.options = r->options,
                                     .record = r->spec,
                                     .value_tag = "CC0605",
                                     .text_tag = "CC0645",
                                     .twice_tag = "CC0606",
                                     .pool = r->pool,
                                     .err = r->err};
    if (!r->backend->gridmap) {
        options_add(r, of_keys, COUNT_OF(of_keys));
    }
    if (r->backend->remote) {
        options_add(r, of_asked, COUNT_OF(of_asked));
    } else {
        options_add(r, of_followed, COUNT_OF(of_followed));
    }
    if (r->backend->binds) {
        options_add(r, of_binding, COUNT_OF(of_binding));
    }
    if (r->backend->logs_in) {
        options_add(r, of_login, COUNT_OF(of_login));
    }
    cc_options_usual(&r->reader);
}

/* The options of a type, for an error message. */
static const char *options_text(const spec_reader_t *r)
{
    static const char *const value[] = {
        [CC_OPTION_FLAG] = "",          [CC_OPTION_SECONDS] = "=SECONDS",
        [CC_OPTION_NUMBER] = "=NUMBER", [CC_OPTION_TEXT] = "=TEXT",
        [CC_OPTION_WORD] = "[=FORM]",
    };
    const char *text = "";

    for (size_t i = 0; i < r->reader.count; i++) {
        text = apr_pstrcat(r->pool, text, *text ? ", " : "", r->options[i].name,
                           value[r->options[i].kind], NULL);
    }
    return text;
}

static apr_status_t option_read(spec_reader_t *r, const char *word)
{
    const cc_option_t *option = cc_option_find(&r->reader, word);
    const char *shown = word_shown(r, word);

    if (!option) {
        return cc_error_set(r->err, r->pool, "CC0604", shown,
                            "not an option of %s tables; their options are %s", r->backend->type,
                            options_text(r));
    }
    return cc_option_read(&r->reader, option, word);
}

/* ---- name and source ------------------------------------------------------------------------- */

static apr_status_t name_read(spec_reader_t *r, const char *word)
{
    const char *c = word;
    const char *shown = word_shown(r, word);

    while (apr_isalnum(*c) || (*c && strchr(".-_", *c))) {
        c++;
    }
    if (*c || c == word) {
        return cc_error_set(r->err, r->pool, "CC0601", shown,
                            "a table name consists of letters, digits, ., - and _");
    }
    r->spec->name = word;
    return APR_SUCCESS;
}

static const char *types_text(const cc_backend_t *const *backends, apr_pool_t *p)
{
    const char *text = "";

    for (; *backends; backends++) {
        text = apr_pstrcat(p, text, *text ? ", " : "", (*backends)->type, ":", NULL);
    }
    return text;
}

static apr_status_t source_read(spec_reader_t *r, const cc_backend_t *const *backends,
                                const char *word)
{
    size_t len = strcspn(word, ":");
    const char *shown = word_shown(r, word);

    for (const cc_backend_t *const *backend = backends; *backend && word[len]; backend++) {
        if (strlen((*backend)->type) == len && strncmp((*backend)->type, word, len) == 0) {
            r->backend = *backend;
        }
    }
    if (!r->backend) {
        return cc_error_set(r->err, r->pool, "CC0603", shown, "a source must begin with one of %s",
                            types_text(backends, r->pool));
    }
    r->spec->source = word + len + 1;
    r->spec->shown = source_shown(r->spec->source, r->pool);
    if (!*r->spec->source) {
        return cc_error_set(r->err, r->pool, "CC0603", word, "write a source after the colon");
    }
    return APR_SUCCESS;
}

apr_status_t cc_spec_parse(cc_table_t *table, const cc_backend_t *const *backends, const char *text,
                           apr_pool_t *p, cc_error_t *err)
{
    spec_reader_t r = {.spec = &table->spec, .pool = p, .err = err};
    apr_array_header_t *words = NULL;
    apr_status_t status = cc_words_split(&words, text, p, err);
    const char *shown = word_shown(&r, text);

    if (status != APR_SUCCESS && err) {
        err->word = word_shown(&r, err->word);
    }
    if (status != APR_SUCCESS) {
        return status;
    }
    if (words->nelts < 2) {
        return cc_error_set(err, p, "CC0601", shown, "write NAME TYPE:SOURCE [option=value ...]");
    }
    status = name_read(&r, APR_ARRAY_IDX(words, 0, const char *));
    if (status == APR_SUCCESS) {
        status = source_read(&r, backends, APR_ARRAY_IDX(words, 1, const char *));
    }
    if (status == APR_SUCCESS) {
        options_choose(&r);
    }
    for (int i = 2; i < words->nelts && status == APR_SUCCESS; i++) {
        status = option_read(&r, APR_ARRAY_IDX(words, i, const char *));
    }
    table->source.backend = r.backend;
    table->spec.gridmap = r.backend && r.backend->gridmap;
    return status;
}

/* ---- paths ----------------------------------------------------------------------------------- */

const char *cc_source_path(const cc_table_spec_t *spec, const char *path, apr_pool_t *p)
{
    char *merged = NULL;

    if (apr_filepath_merge(&merged, spec->root, path, 0, p) != APR_SUCCESS) {
        return path;
    }
    return merged;
}
