/* SPDX-License-Identifier: Apache-2.0 */
/* Reads lines of a table: a key and columns, with quotes, lists and comments. */
#include <apr_lib.h>
#include <apr_strings.h>

#include "base/text.h"
#include "tables/internal.h"

#define SHOWN 60         /* octets of a word in an error message */
#define DIGEST_BASE64 43 /* digits of a SHA-256 digest in base64, without padding */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

bool cc_line_more(cc_table_line_t *line)
{
    while (line->at < line->end && is_blank(*line->at)) {
        line->at++;
    }
    return line->at < line->end && *line->at != '#';
}

static void line_fault(cc_table_line_t *line, const char *word, const char *error)
{
    if (error && !line->error) {
        line->error = error;
        line->word = word;
        line->word_len = (apr_size_t)(line->at - word);
    }
}

/* True at a backslash that escapes the next character. Others are ordinary characters. */
static bool is_escape(const cc_table_line_t *line, bool list)
{
    char next = line->at + 1 < line->end ? line->at[1] : '\0';

    return *line->at == '\\' && (next == '\\' || next == '"' || (next == ',' && list));
}

/* Reads a word to `to` and returns its length. In a list, each comma ends a value with a NUL. */
static apr_size_t word_read(cc_table_line_t *line, char *to, bool list)
{
    const char *word = line->at;
    char *start = to;
    char *value = to;
    bool quoted = false;
    bool gap = false;

    for (; line->at < line->end && (quoted || !is_blank(*line->at)); line->at++) {
        if (is_escape(line, list)) {
            *to++ = *++line->at;
        } else if (*line->at == '"') {
            quoted = !quoted;
        } else if (*line->at == ',' && list) {
            gap = gap || to == value;
            *to++ = '\0';
            value = to;
            line->values++;
        } else {
            *to++ = *line->at;
        }
    }
    line_fault(line, word, cc_text_unusable(word, (apr_size_t)(line->at - word)));
    if (quoted) {
        line_fault(
            line, word,
            "a quote is not closed; put a backslash before a quote that is part of the text");
    }
    if (gap || (value > start && value == to)) {
        line_fault(
            line, word,
            "a value of the list is empty; put a backslash before a comma that is part of a value");
    }
    return (apr_size_t)(to - start);
}

apr_size_t cc_line_key(cc_table_line_t *line, char *to)
{
    const char *word = line->at;
    apr_size_t len = word_read(line, to, false);

    if (len == 0) {
        line_fault(line, word, "the key is empty");
    }
    return len;
}

/* Why this word is no key of octets. */
static const char *octets_error(const char *text, apr_size_t len, cc_octets_form_t form)
{
    unsigned char digest[CC_KEY_SMALL];
    bool is_base64 = len == DIGEST_BASE64 || (len == DIGEST_BASE64 + 1 && text[len - 1] == '=');

    if (form != CC_OCTETS_HEX) {
        return "the key is not base64; write all digits of its base64 or base64url (padding may be "
               "left out)";
    }
    return is_base64 && cc_key_base64(digest, text, len) > 0
               ? "the key is not hex; it is base64, for which the option is octets=base64"
               : "the key is not hex; write an even number of hex digits (colons are ignored)";
}

/* A digest in hex would also be the base64 of other octets, which no certificate has. */
static bool is_hex_digest(const char *text, apr_size_t len)
{
    apr_size_t digits = 0;

    while (digits < len && apr_isxdigit(text[digits])) {
        digits++;
    }
    return digits == len && (len == 40 || len == 64 || len == 96 || len == 128);
}

apr_size_t cc_line_octets(cc_table_line_t *line, char *to, cc_octets_form_t form)
{
    const char *word = line->at;
    apr_size_t start = 0;
    apr_size_t word_len = 0;
    apr_ssize_t len = 0;

    if (form == CC_OCTETS_HEX) {
        start = cc_key_start((unsigned char *)to, word, (apr_size_t)(line->end - word));
    }
    if (start > 0 && (word + 2 * start == line->end || is_blank(word[2 * start]))) {
        line->at = word + 2 * start;
        return start;
    }
    word_len = word_read(line, to, false);
    if (form != CC_OCTETS_HEX && is_hex_digest(to, word_len)) {
        line_fault(line, word, "the key is not base64; it is hex, for which the option is octets");
        return 0;
    }
    len = cc_key_decode((unsigned char *)to, to, word_len, form);
    if (len <= 0) {
        line_fault(line, word, octets_error(word, (apr_size_t)(line->at - word), form));
        return 0;
    }
    return (apr_size_t)len;
}

cc_packed_t cc_line_columns(cc_table_line_t *line, char *to, int issuer)
{
    cc_packed_t packed = {0, 0, 0, to};

    line->values = 0;
    for (; cc_line_more(line); packed.columns++) {
        apr_size_t len = word_read(line, to, packed.columns + 1 != (apr_size_t)issuer);

        if (len > 0) { /* "" is a column without values */
            to += len;
            *to++ = '\0';
            line->values++;
        }
        *to++ = CC_COLUMN_END;
    }
    packed.values = line->values;
    packed.len = (apr_size_t)(to - packed.text);
    return packed;
}

const char *cc_line_error(const cc_table_line_t *line, apr_pool_t *p)
{
    bool cut = line->word_len > SHOWN;

    return apr_psprintf(p, "\"%s\"%s: %s",
                        cc_text_escape(line->word, cut ? SHOWN : line->word_len, p),
                        cut ? "..." : "", line->error);
}

cc_table_result_t cc_line_row(cc_row_t *row, const cc_key_t *text, const cc_table_spec_t *spec,
                              cc_answer_info_t *info, apr_pool_t *p)
{
    cc_table_line_t line = {.at = text->at, .end = text->at + text->len};
    cc_packed_t packed;

    cc_table_line_trim(&line);
    packed = cc_line_columns(&line, apr_palloc(p, 2 * text->len + 1), spec->issuer);
    if (line.error) {
        info->failure =
            apr_psprintf(p, "the value is not a valid row: %s", cc_line_error(&line, p));
        return CC_TABLE_FAILED;
    }
    *row = cc_row_unpack(&packed, p);
    return CC_TABLE_FOUND;
}

void cc_table_line_trim(cc_table_line_t *line)
{
    if (line->end > line->at && line->end[-1] == '\n') {
        line->end--;
    }
    if (line->end > line->at && line->end[-1] == '\r') {
        line->end--;
    }
}
