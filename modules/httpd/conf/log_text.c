/* SPDX-License-Identifier: Apache-2.0 */
/* Makes external texts safe for a line of httpd's log: none can end a quotation or the line. */
#include <string.h>

#include <apr_lib.h>

#include "base/text.h"
#include "cert/cert.h"
#include "httpd/conf/log_text.h"

/*
 * httpd doubles all backslashes. So the \" of cc_text_escape would be a bare quote in the log and
 * end its quotation; it becomes \x22. Octets that were not escaped and are not text are escaped
 * here.
 */

/*
 * The length of the character, or of the escape of cc_text_escape, at the beginning of a text.
 * Texts are cut only between such pieces.
 */
static apr_size_t piece_len(const char *text)
{
    apr_size_t len = 1;

    if (text[0] == '\\') {
        if (text[1] == 'x' && apr_isxdigit(text[2]) && apr_isxdigit(text[3])) {
            return 4;
        }
        return text[1] == '\\' || text[1] == '"' ? 2 : 1;
    }
    while ((text[len] & 0xC0) == 0x80) {
        len++;
    }
    return len;
}

/*
 * The length of a piece in httpd's log, which doubles backslashes and writes octets beyond ASCII as
 * \xHH.
 */
static apr_size_t piece_cost(const char *text, apr_size_t len)
{
    apr_size_t cost = len;

    for (apr_size_t i = 0; i < len; i++) {
        cost += text[i] == '\\' ? 1 : text[i] & 0x80 ? 3 : 0;
    }
    return cost;
}

const char *cc_log_text_cut(const char *text, apr_size_t max, apr_pool_t *p)
{
    char *line = apr_palloc(p, max + 1);
    char *to = line, *room = line; /* from `room` on, there is space for "..." */
    apr_size_t cost = 0, len;

    for (; *text; text += len) {
        len = piece_len(text);
        cost += piece_cost(text, len);
        if (cost > max) {
            memcpy(room, "...", 4);
            return line;
        }
        memcpy(to, text, len);
        to += len;
        room = cost <= max - 3 ? to : room;
    }
    *to = '\0';
    return line;
}

/* As cc_text_escape writes an octet. */
static char *octet_escape(char *to, unsigned char octet)
{
    static const char digits[] = "0123456789ABCDEF";

    *to++ = '\\';
    *to++ = 'x';
    *to++ = digits[octet >> 4];
    *to++ = digits[octet & 15];
    return to;
}

const char *cc_log_text_requote(const char *text, char quote, apr_pool_t *p)
{
    char *line = apr_palloc(p, 4 * strlen(text) + 1);
    char *to = line;
    apr_size_t len;

    for (; *text; text += len) {
        len = piece_len(text);
        if (len == 2 && text[1] == '"') {
            to = octet_escape(to, '"');
        } else if (len == 1 && apr_iscntrl(*text)) {
            to = octet_escape(to, (unsigned char)*text);
        } else {
            memcpy(to, text, len);
            *to = *text == '"' ? quote : *text;
            to += len;
        }
    }
    *to = '\0';
    return line;
}

const char *cc_log_text_word(const char *text, apr_pool_t *p)
{
    char *line = apr_palloc(p, 4 * strlen(text) + 1);
    char *to = line;

    for (; *text; text++) {
        if (apr_isspace(*text) || apr_iscntrl(*text) || *text == '"') {
            to = octet_escape(to, (unsigned char)*text);
        } else {
            *to++ = *text;
        }
    }
    *to = '\0';
    return line;
}

const char *cc_log_text(const char *text, apr_pool_t *p)
{
    return cc_log_text_cut(cc_log_text_requote(text, '"', p), CC_LOG_TEXT_LONGEST, p);
}

const char *cc_log_escaped(const char *text, apr_pool_t *p)
{
    return cc_log_text(cc_text_escape(text, strlen(text), p), p);
}
