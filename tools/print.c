/* SPDX-License-Identifier: Apache-2.0 */
/* Prints lines of text, escaped so that they are safe for a terminal. */
#include <stdio.h>
#include <string.h>

#include <apr_strings.h>

#include "tool.h"

#define WIDTH 80 /* columns of a terminal */

const char *cc_print_safe(const char *text, apr_pool_t *p)
{
    apr_size_t len = strlen(text);

    return cc_text_unusable(text, len) ? cc_text_escape(text, len, p) : text;
}

void cc_print_line(const char *label, const char *text)
{
    if (text) {
        printf("%-14s%s\n", label, text);
    }
}

void cc_print_wrapped(const char *text, int column, apr_pool_t *p)
{
    int at = column;
    char *state = NULL;
    char *word = apr_strtok(apr_pstrdup(p, text), " ", &state);

    for (; word; word = apr_strtok(NULL, " ", &state)) {
        int len = (int)strlen(word);

        if (at > column && at + 1 + len > WIDTH) {
            printf("\n%*s", column, "");
            at = column;
        }
        printf("%s%s", at > column ? " " : "", word);
        at += len + (at > column);
    }
    puts("");
}

const char *cc_print_colour(const cc_style_t *style, int status)
{
    return status == 0 ? style->good : status == 1 ? style->bad : style->doubt;
}

void cc_print_coloured(const char *text, const char *colour, const cc_style_t *style)
{
    int word = (int)strcspn(text, ":");

    printf("%s%.*s%s%s\n", colour, word, text, style->plain, text + word);
}

void cc_print_result(const char *label, const char *text, const char *colour,
                     const cc_style_t *style)
{
    printf("%-14s", label);
    cc_print_coloured(text, colour, style);
}
