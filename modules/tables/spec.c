/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration of a table: reads NAME TYPE:SOURCE [option=value ...]. */
#include <stddef.h>
#include <string.h>

#include <apr_file_info.h>
#include <apr_lib.h>
#include <apr_strings.h>
#include <apr_tables.h>

#include "base/number.h"
#include "tables/internal.h"
#include "base/words.h"

typedef enum { FLAG, SECONDS, NUMBER, TEXT } kind_t;
typedef enum { ALL, FOLLOWED, ASKED, BINDING } tables_t; /* those that have an option */

typedef struct {
    const char *name;
    kind_t kind;
    tables_t of;
    size_t member; /* of cc_table_spec_t */
    int least;
    int usual;
} option_t;

static const option_t options[] = {
    {"nocase", FLAG, ALL, offsetof(cc_table_spec_t, nocase), 0, 0},
    {"octets", FLAG, ALL, offsetof(cc_table_spec_t, octets), 0, 0},
    {"reload", SECONDS, FOLLOWED, offsetof(cc_table_spec_t, reload), 0, 5},
    {"timeout", SECONDS, ASKED, offsetof(cc_table_spec_t, timeout), 1, 3},
    {"ttl", SECONDS, ASKED, offsetof(cc_table_spec_t, ttl), 0, 60},
    {"negative_ttl", SECONDS, ASKED, offsetof(cc_table_spec_t, negative_ttl), 0, 5},
    {"stale", SECONDS, ASKED, offsetof(cc_table_spec_t, stale), 0, 0},
    {"size", NUMBER, ASKED, offsetof(cc_table_spec_t, size), 0, 10000},
    {"memory", NUMBER, ASKED, offsetof(cc_table_spec_t, memory), 1, 16},
    {"binddn", TEXT, BINDING, offsetof(cc_table_spec_t, binddn), 0, 0},
    {"bindpassword", TEXT, BINDING, offsetof(cc_table_spec_t, bindpassword), 0, 0},
};

#define OPTIONS (sizeof(options) / sizeof(options[0]))

/* A line that is being read. */
typedef struct {
    cc_table_spec_t *spec;
    const cc_backend_t *backend;
    bool seen[OPTIONS];
    apr_pool_t *pool;
    cc_error_t *err;
} reader_t;

/* ---- options --------------------------------------------------------------------------------- */

/* A value is a number, or microseconds. */
static void option_set(cc_table_spec_t *spec, const option_t *option, apr_int64_t value)
{
    void *member = (char *)spec + option->member;

    if (option->kind == FLAG) {
        *(bool *)member = value != 0;
    } else if (option->kind == SECONDS) {
        *(apr_interval_time_t *)member = value;
    } else if (option->kind == NUMBER) {
        *(int *)member = (int)value;
    }
}

static bool option_legal(const option_t *option, const cc_backend_t *backend)
{
    if (option->of == BINDING) {
        return backend->binds;
    }
    return option->of == ALL || (option->of == ASKED) == backend->remote;
}

/* The options of a type, for an error message. */
static const char *options_text(const cc_backend_t *backend, apr_pool_t *p)
{
    static const char *const value[] = {"", "=SECONDS", "=NUMBER", "=TEXT"};
    const char *text = "";

    for (size_t i = 0; i < OPTIONS; i++) {
        if (option_legal(&options[i], backend)) {
            text = apr_pstrcat(p, text, *text ? ", " : "", options[i].name, value[options[i].kind],
                               NULL);
        }
    }
    return text;
}

/* The row of the option that a word names, or OPTIONS. */
static size_t option_find(const char *word, const cc_backend_t *backend)
{
    size_t len = strcspn(word, "=");
    size_t i = 0;

    while (i < OPTIONS &&
           (strlen(options[i].name) != len || strncmp(options[i].name, word, len) != 0 ||
            !option_legal(&options[i], backend))) {
        i++;
    }
    return i;
}

static apr_int64_t option_value(const option_t *option, int value)
{
    return option->kind == SECONDS ? apr_time_from_sec(value) : value;
}

static apr_int64_t value_read(const option_t *option, const char *text, apr_pool_t *p)
{
    return option->kind == SECONDS ? cc_seconds_read(text, p) : cc_number_read(text);
}

/* Errors name the option alone: the text may be a password. */
static apr_status_t text_read(reader_t *r, const option_t *option, const char *text)
{
    if (!text || !*text) {
        return cc_error_set(r->err, r->pool, "CC0645", option->name, "write %s=TEXT", option->name);
    }
    *(const char **)((char *)r->spec + option->member) = text;
    return APR_SUCCESS;
}

static apr_status_t option_read(reader_t *r, const char *word)
{
    size_t i = option_find(word, r->backend);
    const option_t *option = i < OPTIONS ? &options[i] : NULL;
    const char *equals = strchr(word, '=');
    apr_int64_t value = 1;

    if (!option) {
        return cc_error_set(r->err, r->pool, "CC0604", word, "no option of %s tables; they have %s",
                            r->backend->type, options_text(r->backend, r->pool));
    }
    if (r->seen[i]) {
        return cc_error_set(r->err, r->pool, "CC0606", option->kind == TEXT ? option->name : word,
                            "%s stands here twice", option->name);
    }
    r->seen[i] = true;
    if (option->kind == TEXT) {
        return text_read(r, option, equals ? equals + 1 : NULL);
    }
    if (option->kind == FLAG && equals) {
        return cc_error_set(r->err, r->pool, "CC0605", word, "%s takes no value", option->name);
    }
    if (option->kind != FLAG) {
        value = equals ? value_read(option, equals + 1, r->pool) : -1;
    }
    if (value < option_value(option, option->least)) {
        return cc_error_set(r->err, r->pool, "CC0605", word, "write %s=%s, a number from %d to %d",
                            option->name, option->kind == SECONDS ? "SECONDS" : "NUMBER",
                            option->least, CC_NUMBER_MOST);
    }
    r->seen[i] = true;
    option_set(r->spec, option, value);
    return APR_SUCCESS;
}

/* ---- name and source ------------------------------------------------------------------------- */

static apr_status_t name_read(reader_t *r, const char *word)
{
    const char *c = word;

    while (apr_isalnum(*c) || *c == '-' || *c == '_') {
        c++;
    }
    if (*c || c == word) {
        return cc_error_set(r->err, r->pool, "CC0601", word,
                            "the name of a table is made of letters, digits, - and _");
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

static apr_status_t source_read(reader_t *r, const cc_backend_t *const *backends, const char *word)
{
    size_t len = strcspn(word, ":");

    for (const cc_backend_t *const *backend = backends; *backend && word[len]; backend++) {
        if (strlen((*backend)->type) == len && strncmp((*backend)->type, word, len) == 0) {
            r->backend = *backend;
        }
    }
    if (!r->backend) {
        return cc_error_set(r->err, r->pool, "CC0603", word, "a source begins with one of %s",
                            types_text(backends, r->pool));
    }
    r->spec->source = word + len + 1;
    if (!*r->spec->source) {
        return cc_error_set(r->err, r->pool, "CC0603", word, "a source must follow the :");
    }
    return APR_SUCCESS;
}

apr_status_t cc_spec_parse(cc_table_t *table, const cc_backend_t *const *backends, const char *text,
                           apr_pool_t *p, cc_error_t *err)
{
    reader_t r = {.spec = &table->spec, .pool = p, .err = err};
    apr_array_header_t *words = NULL;
    apr_status_t status = cc_words_split(&words, text, p, err);

    if (status != APR_SUCCESS) {
        return status;
    }
    if (words->nelts < 2) {
        return cc_error_set(err, p, "CC0601", text,
                            "a table is written NAME TYPE:SOURCE [option=value ...]");
    }
    status = name_read(&r, APR_ARRAY_IDX(words, 0, const char *));
    if (status == APR_SUCCESS) {
        status = source_read(&r, backends, APR_ARRAY_IDX(words, 1, const char *));
    }
    for (size_t i = 0; i < OPTIONS && status == APR_SUCCESS; i++) {
        if (option_legal(&options[i], r.backend)) {
            option_set(r.spec, &options[i], option_value(&options[i], options[i].usual));
        }
    }
    for (int i = 2; i < words->nelts && status == APR_SUCCESS; i++) {
        status = option_read(&r, APR_ARRAY_IDX(words, i, const char *));
    }
    table->source.backend = r.backend;
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
