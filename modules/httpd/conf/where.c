/* SPDX-License-Identifier: Apache-2.0 */
/* Names a place in the configuration as "FILE:LINE", also within macros. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "httpd/conf/where.h"

/*
 * For a directive in a macro, mod_macro gives a sentence in place of the name of the file. If
 * macros are nested, there is a sentence in place of a FILE, between the same quotes:
 *
 *   macro 'NAME' (defined on line 65 of "FILE") used on line 89 of "FILE"
 */
#define MACRO "macro '"
#define DEFINED "' (defined on line "
#define OF " of \""
#define USED "\") used on line "

/* The text after `words`, with which `text` begins; NULL: it does not, or it is NULL. */
static const char *after(const char *text, const char *words)
{
    apr_size_t len = strlen(words);

    return text && !strncmp(text, words, len) ? text + len : NULL;
}

/* The text after a number, which is put into *line; NULL as above. */
static const char *after_number(const char *text, int *line)
{
    *line = text ? atoi(text) : 0;
    return text && apr_isdigit(*text) ? text + strspn(text, "0123456789") : NULL;
}

/* The use of a macro, from its sentence. */
typedef struct use_t {
    const char *name;
    apr_size_t name_len;
    int line;           /* of Use */
    const char *inside; /* of the quotes of its place, in which the next sentence may begin */
} use_t;

static const char *place_end(const char *place);

/* False if the sentence has another form. */
static bool use_read(use_t *use, const char *sentence)
{
    int defined;
    const char *name = after(sentence, MACRO);
    const char *end = name ? strstr(name, DEFINED) : NULL;
    const char *rest = after(after_number(after(end, DEFINED), &defined), OF);

    rest = after(place_end(rest), USED);
    use->inside = after(after_number(rest, &use->line), OF);
    use->name = name;
    use->name_len = end ? (apr_size_t)(end - name) : 0;
    return use->inside != NULL;
}

/* The quote after the place; NULL: it has another form. */
static const char *place_end(const char *place)
{
    use_t use;

    if (!after(place, MACRO)) {
        return place ? strchr(place, '"') : NULL;
    }
    place = use_read(&use, place) ? place_end(use.inside) : NULL;
    return place ? after(place, "\"") : NULL;
}

/* The name of a macro, with "_" for each character that could be read as the end of it. */
static const char *name_text(const use_t *use, apr_pool_t *p)
{
    char *name = apr_pstrmemdup(p, use->name, use->name_len);

    for (char *c = name; *c; c++) {
        if (!(*c & 0x80) && !apr_isalnum(*c) && !strchr("_-.$%@", *c)) {
            *c = '_';
        }
    }
    return name;
}

/*
 * From the innermost macro, whose line this is, to the file. "macro" takes the place of a sentence
 * that has another form, since its spaces and quotes are part of no place.
 */
static const char *macro_text(const char *sentence, int line, apr_pool_t *p)
{
    const char *macros = "", *end;
    use_t use;

    while (use_read(&use, sentence)) {
        macros = apr_psprintf(p, "(%s:%d)%s", name_text(&use, p), line, macros);
        line = use.line;
        sentence = use.inside;
    }
    end = after(sentence, MACRO) ? NULL : place_end(sentence);
    return end ? apr_psprintf(p, "%.*s:%d%s", (int)(end - sentence), sentence, line, macros)
               : apr_psprintf(p, "macro:%d%s", line, macros);
}

const char *cc_where_text(const char *file, int line, apr_pool_t *p)
{
    return after(file, MACRO) ? macro_text(file, line, p) : apr_psprintf(p, "%s:%d", file, line);
}
