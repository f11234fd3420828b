/* SPDX-License-Identifier: Apache-2.0 */
/* Reads lines of grid-mapfiles: the subject of a certificate, and the accounts that it may use. */
#include <string.h>

#include "base/text.h"
#include "cert/cert.h"
#include "tables/internal.h"

/*
 * The form is that of Globus: a subject in the slash form, in quotes if it contains spaces, and
 * accounts separated by commas, of which the first is used. An account with a dot before it is a
 * pool of LCMAPS, from which an account is chosen when a client connects: it is no user name.
 * LCMAPS also keeps groups and roles of VOMS in these files, which no certificate has as subject.
 */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static void line_refuse(cc_table_line_t *line, const char *word, const char *error)
{
    line->error = error;
    line->word = word;
    line->word_len = (apr_size_t)(line->at - word);
}

/* Finds the end of the subject, which escapes may contain; *subject is the text without quotes. */
static void subject_find(cc_key_t *subject, cc_table_line_t *line)
{
    const char *word = line->at;
    bool quoted = *word == '"';

    for (line->at += quoted; line->at < line->end; line->at++) {
        if (quoted ? *line->at == '"' : is_blank(*line->at)) {
            break;
        }
        line->at += *line->at == '\\' && line->at + 1 < line->end;
    }
    *subject = (cc_key_t){word + quoted, (apr_size_t)(line->at - word) - quoted};
    if (quoted && line->at == line->end) {
        line_refuse(line, word, "a quote is not closed");
    }
    line->at += quoted && line->at < line->end;
    if (!line->error && line->at < line->end && !is_blank(*line->at)) {
        line_refuse(line, word, "a space must follow the quote");
    }
    if (!line->error && !quoted && memchr(subject->at, '"', subject->len)) {
        line_refuse(line, word, "put the whole subject in quotes");
    }
}

/* True for "/atlas/Role=production": the first part of a subject has a "=". */
static bool is_voms(const cc_key_t *subject)
{
    apr_size_t len = 1;

    while (len < subject->len && subject->at[len] != '/' && subject->at[len] != '=') {
        len++;
    }
    return subject->len > 1 && *subject->at == '/' && len > 1 &&
           (len == subject->len || subject->at[len] == '/');
}

/* Reads the first account as the only column. A pool is a column without values. */
static void account_read(cc_packed_t *packed, cc_table_line_t *line, char *to)
{
    const char *word = line->at;
    apr_size_t len = 0;

    *packed = (cc_packed_t){0, 0, 0, to};
    if (!cc_line_more(line)) {
        return;
    }
    word = line->at;
    while (line->at < line->end && *line->at != ',' && !is_blank(*line->at)) {
        line->at++;
    }
    len = (apr_size_t)(line->at - word);
    packed->columns = 1;
    if (len == 0 || memchr(word, '"', len) || cc_text_unusable(word, len)) {
        line_refuse(line, word, "the first account is not a name");
    } else if (*word == '.') {
        line->remark = "its account is a pool, which is not the name of a user: $1 has no value";
    } else {
        memcpy(to, word, len);
        to += len;
        *to++ = '\0';
        packed->values = 1;
    }
    *to++ = CC_COLUMN_END;
    packed->len = (apr_size_t)(to - packed->text);
}

bool cc_gridmap_line(cc_key_t *key, cc_packed_t *packed, cc_table_line_t *line, char *to,
                     apr_pool_t *p)
{
    const char *word = line->at;
    const char *problem = NULL;
    cc_key_t subject;
    cc_value_t name;

    subject_find(&subject, line);
    if (!line->error && is_voms(&subject)) {
        line->remark = "a group or role of VOMS is not the subject of a certificate: the line is "
                       "ignored";
        return false;
    }
    if (!line->error) {
        problem = cc_name_slashes_read(&name, subject.at, subject.len, p);
    }
    if (problem) {
        line_refuse(line, word, problem);
    }
    if (line->error) {
        return false;
    }
    *key = (cc_key_t){name.key, name.key_len};
    account_read(packed, line, to);
    return !line->error;
}
