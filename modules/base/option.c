/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the options of a directive, NAME=VALUE or NAME, into the members of a record. */
#include "base/option.h"

#include <string.h>

#include <apr_strings.h>

#include "base/number.h"

const cc_option_t *cc_option_find(const cc_option_reader_t *reader, const char *word)
{
    size_t len = strcspn(word, "=");

    for (size_t i = 0; i < reader->count; i++) {
        const char *name = reader->options[i].name;

        if (strlen(name) == len && strncmp(name, word, len) == 0) {
            return &reader->options[i];
        }
    }
    return NULL;
}

static void number_set(void *record, const cc_option_t *option, apr_int64_t number)
{
    void *member = (char *)record + option->member;

    if (option->kind == CC_OPTION_SECONDS) {
        *(apr_interval_time_t *)member = number;
    } else if (option->kind == CC_OPTION_NUMBER) {
        *(int *)member = (int)number;
    }
}

void cc_options_usual(const cc_option_reader_t *reader)
{
    for (size_t i = 0; i < reader->count; i++) {
        number_set(reader->record, &reader->options[i], reader->options[i].usual);
    }
}

/* ---- values ---------------------------------------------------------------------------------- */

/* The word that an error about an illegal value names. */
static const char *blamed(const cc_option_reader_t *r, const char *word, const char *value)
{
    return r->blames_value && value ? value : word;
}

static apr_status_t number_read(const cc_option_reader_t *r, const cc_option_t *option,
                                const char *word, const char *value)
{
    bool seconds = option->kind == CC_OPTION_SECONDS;
    apr_int64_t number = -1;

    if (value) {
        number = seconds ? cc_seconds_read(value, r->pool) : cc_number_read(value);
    }
    if (number < option->min || (option->max && number > option->max)) {
        return cc_error_set(r->err, r->pool, r->value_tag, blamed(r, word, value),
                            "not a valid value; write %s=%s, a number from %s", option->name,
                            seconds ? "SECONDS" : "NUMBER", option->range);
    }
    number_set(r->record, option, number);
    return APR_SUCCESS;
}

static apr_status_t choice_read(const cc_option_reader_t *r, const cc_option_t *option,
                                const char *word, const char *value)
{
    bool yes = value && strcmp(value, option->yes) == 0;

    if (!yes && (!value || strcmp(value, option->no) != 0)) {
        return cc_error_set(r->err, r->pool, r->value_tag, blamed(r, word, value),
                            "not a valid value; write %s=%s or %s=%s", option->name, option->no,
                            option->name, option->yes);
    }
    *(bool *)((char *)r->record + option->member) = yes;
    return APR_SUCCESS;
}

static apr_status_t word_read(const cc_option_reader_t *r, const cc_option_t *option,
                              const char *word, const char *value)
{
    const char *choice = option->name;
    unsigned place = 1;

    for (unsigned i = 0; value && option->words[i]; i++) {
        if (strcmp(value, option->words[i]) == 0) {
            value = NULL;
            place = i + 1;
        }
    }
    if (!value) {
        *(unsigned *)(void *)((char *)r->record + option->member) = place;
        return APR_SUCCESS;
    }
    for (unsigned i = 0; option->words[i]; i++) {
        choice = apr_pstrcat(r->pool, choice, option->words[i + 1] ? ", " : " or ", option->name,
                             "=", option->words[i], NULL);
    }
    return cc_error_set(r->err, r->pool, r->value_tag, blamed(r, word, value),
                        "not a valid value; write %s", choice);
}

static apr_status_t flag_read(const cc_option_reader_t *r, const cc_option_t *option,
                              const char *word, const char *value)
{
    if (value) {
        return cc_error_set(r->err, r->pool, r->value_tag, word,
                            "%s takes no value; write it without one", option->name);
    }
    *(bool *)((char *)r->record + option->member) = true;
    return APR_SUCCESS;
}

static apr_status_t text_read(const cc_option_reader_t *r, const cc_option_t *option,
                              const char *value)
{
    if (!value || !*value) {
        return cc_error_set(r->err, r->pool, r->text_tag, option->name,
                            "the value is missing; write %s=TEXT", option->name);
    }
    *(const char **)((char *)r->record + option->member) = value;
    return APR_SUCCESS;
}

static apr_status_t value_read(const cc_option_reader_t *r, const cc_option_t *option,
                               const char *word, const char *value)
{
    switch (option->kind) {
    case CC_OPTION_FLAG:
        return flag_read(r, option, word, value);
    case CC_OPTION_CHOICE:
        return choice_read(r, option, word, value);
    case CC_OPTION_WORD:
        return word_read(r, option, word, value);
    case CC_OPTION_TEXT:
        return text_read(r, option, value);
    case CC_OPTION_CUSTOM:
        return option->set(r->record, value ? value : "", r->pool, r->err);
    default:
        return number_read(r, option, word, value);
    }
}

apr_status_t cc_option_read(cc_option_reader_t *reader, const cc_option_t *option, const char *word)
{
    bool *seen = &reader->seen[option - reader->options];
    const char *equals = strchr(word, '=');

    if (*seen) {
        return cc_error_set(reader->err, reader->pool, reader->twice_tag,
                            option->kind == CC_OPTION_TEXT ? option->name : word,
                            "%s is given twice; give it once", option->name);
    }
    *seen = true;
    return value_read(reader, option, word, equals ? equals + 1 : NULL);
}

apr_status_t cc_option_words(cc_option_reader_t *reader, const apr_array_header_t *words, int first)
{
    apr_status_t status = APR_SUCCESS;

    for (int i = first; status == APR_SUCCESS && i < words->nelts; i++) {
        const char *word = APR_ARRAY_IDX(words, i, const char *);
        const cc_option_t *option = strchr(word, '=') ? cc_option_find(reader, word) : NULL;

        status = option ? cc_option_read(reader, option, word)
                        : cc_error_set(reader->err, reader->pool, reader->unknown_tag, word, "%s",
                                       reader->unknown);
    }
    return status;
}
