/* SPDX-License-Identifier: Apache-2.0 */
/* Command message: prints what a message of the module or the tool means, and what to do. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "tool.h"

#define TAG_LEN 6 /* CC and four digits */

/* doc/messages.md, in its order: "TEXT\nMeaning. ...\nRemedy. ...". */
static const struct {
    const char *tag;
    const char *blocks;
} entries[] = {
#include "tools/messages.inc"
};

#define COUNT ((int)(sizeof(entries) / sizeof(entries[0])))

/* ---- entries ------------------------------------------------------------------------------- */

/* The first block, which is the text of the message. */
static int text_len(int i)
{
    return (int)strcspn(entries[i].blocks, "\n");
}

static void list_print(const cc_style_t *style)
{
    for (int i = 0; i < COUNT; i++) {
        printf("%s%s%s  %.*s\n", style->bold, entries[i].tag, style->plain, text_len(i),
               entries[i].blocks);
    }
}

static bool is_item(const char *block)
{
    return block && !strncmp(block, "- ", 2);
}

/* Paragraphs are separated by empty lines, items of a list are not. */
static void entry_print(int i, const cc_style_t *style, apr_pool_t *p)
{
    char *state = NULL;
    char *block = apr_strtok(apr_pstrdup(p, entries[i].blocks), "\n", &state);
    const char *before = NULL;

    printf("%s%s%s\n", style->bold, entries[i].tag, style->plain);
    for (; block; before = block, block = apr_strtok(NULL, "\n", &state)) {
        if (!is_item(block)) {
            puts("");
            cc_print_wrapped(block, 0, p);
            continue;
        }
        printf("%s- ", is_item(before) ? "" : "\n");
        cc_print_wrapped(block + 2, 2, p);
    }
}

/* ---- tags ---------------------------------------------------------------------------------- */

static bool is_number(const char *text)
{
    size_t len = strspn(text, "0123456789");

    return len > 0 && len <= 4 && text[len] == '\0';
}

/* CC0110, cc0110 or 110: the tag in its own form; NULL: the word has another form. */
static const char *tag_of_word(const char *word, apr_pool_t *p)
{
    const char *number = strncasecmp(word, "CC", 2) ? word : word + 2;

    return is_number(number) ? apr_psprintf(p, "CC%04d", atoi(number)) : NULL;
}

/* True if a tag begins at text + at, and no letter or digit is next to it. */
static bool is_tag(const char *text, size_t at)
{
    const char *tag = text + at;

    return !strncmp(tag, "CC", 2) && strspn(tag + 2, "0123456789") == TAG_LEN - 2 &&
           !apr_isalnum(tag[TAG_LEN]) && (at == 0 || !apr_isalnum(tag[-1]));
}

/* The only tag of a line, such as one of the error log. A line may quote what a client sent. */
static const char *tag_of_line(cc_tool_t *tool, const char *line)
{
    const char *found = NULL;

    for (size_t i = 0; line[i]; i++) {
        if (!is_tag(line, i)) {
            continue;
        }
        if (found && strncmp(found, line + i, TAG_LEN) != 0) {
            cc_error_set(&tool->err, tool->pool, "CC0530", line,
                         "this contains several tags; give one, such as %s", found);
            return NULL;
        }
        found = apr_pstrmemdup(tool->pool, line + i, TAG_LEN);
    }
    if (!found) {
        cc_error_set(&tool->err, tool->pool, "CC0530", line,
                     "this contains no tag; give one, such as CC0110 or 110, or a line of the log");
    }
    return found;
}

/* ---- the command --------------------------------------------------------------------------- */

apr_status_t cc_message_run(cc_tool_t *tool)
{
    const apr_array_header_t *words = tool->options.words;
    const char *word = words->nelts > 0 ? APR_ARRAY_IDX(words, 0, const char *) : NULL;
    const char *tag = word ? tag_of_word(word, tool->pool) : NULL;

    if (!word) {
        list_print(tool->style);
        return APR_SUCCESS;
    }
    tag = tag ? tag : tag_of_line(tool, word);
    if (!tag) {
        return APR_EINVAL;
    }
    for (int i = 0; i < COUNT; i++) {
        if (!strcmp(entries[i].tag, tag)) {
            entry_print(i, tool->style, tool->pool);
            return APR_SUCCESS;
        }
    }
    return cc_error_set(&tool->err, tool->pool, "CC0531", tag,
                        "there is no message with this tag; clientcert message lists all of them");
}
