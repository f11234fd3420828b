/* SPDX-License-Identifier: Apache-2.0 */
/* Collects the output of a conversion: rows, rules, and comments for what was left out. */
#include <stdarg.h>
#include <string.h>
#include <strings.h>

#include <apr_strings.h>

#include "base/words.h"
#include "convert/internal.h"

/* httpd would join a line that ends with a backslash, even a comment, with the next one. */
void cc_convert_put(cc_convert_t *convert, const char *fmt, ...)
{
    va_list args;
    const char *line = NULL;
    size_t len = 0;

    va_start(args, fmt);
    line = apr_pvsprintf(convert->pool, fmt, args);
    va_end(args);
    len = strlen(line);
    APR_ARRAY_PUSH(convert->output, const char *) =
        len > 0 && line[len - 1] == '\\' ? apr_pstrcat(convert->pool, line, " ", NULL) : line;
}

const char *cc_convert_shown(const char *text, apr_pool_t *p)
{
    size_t len = strlen(text);

    return len > CC_EXCERPT_MAX || cc_text_unusable(text, len) ? cc_text_excerpt(text, len, p)
                                                               : text;
}

void cc_convert_leave(cc_convert_t *convert, int line, const char *text, const char *reason)
{
    cc_left_t *left = apr_array_push(convert->left);

    left->tag = "CC0550";
    left->line = line;
    left->text = cc_text_excerpt(text, strlen(text), convert->pool);
    left->reason = cc_text_unusable(reason, strlen(reason))
                       ? cc_text_escape(reason, strlen(reason), convert->pool)
                       : reason;
    cc_convert_put(convert, "# %s: line %d is not converted: \"%s\": %s", left->tag, line,
                   left->text, left->reason);
}

const char *cc_convert_lower(const char *text, apr_pool_t *p)
{
    char *copy = apr_pstrdup(p, text);

    for (char *c = copy; *c; c++) {
        *c = *c >= 'A' && *c <= 'Z' ? (char)(*c | 0x20) : *c;
    }
    return copy;
}

/* In quotes, as a word of a table; in a column a comma would separate values. */
static const char *row_word(const char *text, bool column, apr_pool_t *p)
{
    char *word = apr_palloc(p, 2 * strlen(text) + 3);
    char *to = word;

    *to++ = '"';
    for (; *text; text++) {
        if (*text == '"' || *text == '\\' || (*text == ',' && column)) {
            *to++ = '\\';
        }
        *to++ = *text;
    }
    *to++ = '"';
    *to = '\0';
    return word;
}

void cc_convert_put_row(cc_convert_t *convert, const char *key, const char *value)
{
    apr_pool_t *p = convert->pool;

    cc_convert_put(convert, "%s%s%s", row_word(key, false, p), value ? " " : "",
                   value ? row_word(value, true, p) : "");
    convert->converted++;
}

const char *cc_convert_put_rule(cc_convert_t *convert, int line, const char *text)
{
    apr_pool_t *p = convert->pool;
    const char *rule = apr_pstrcat(p, convert->issuer ? convert->issuer : "",
                                   convert->issuer ? " " : "", text, NULL);
    cc_error_t err = {0};

    if (cc_rules_add(convert->rules, rule, apr_psprintf(p, "line %d", line), &err) != APR_SUCCESS) {
        return cc_error_text(&err, p);
    }
    cc_convert_put(convert, "ClientCertMap %s", rule);
    convert->converted++;
    return NULL;
}

const char *cc_convert_value_fault(const char *value)
{
    static const char *const flags[] = {"0",  "1",    "on",    "off",   "yes",
                                        "no", "true", "false", "allow", "deny"};

    for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
        if (strcasecmp(value, flags[i]) == 0) {
            return "its value is a flag, not a user; write a rule with group= or deny";
        }
    }
    return cc_text_unusable(value, strlen(value));
}

const char *cc_convert_user(const char *name, apr_pool_t *p)
{
    char *text = apr_palloc(p, 2 * strlen(name) + 1);
    char *to = text;

    for (; *name; name++) {
        if (*name == '%' || *name == '$') {
            *to++ = *name;
        }
        *to++ = *name;
    }
    *to = '\0';
    return apr_pstrcat(p, "user=", cc_word_quote(text, p), NULL);
}

int cc_convert_earlier(cc_convert_t *convert, const char *name, int line)
{
    const int *earlier = apr_hash_get(convert->seen, name, APR_HASH_KEY_STRING);

    if (!earlier) {
        apr_hash_set(convert->seen, apr_pstrdup(convert->pool, name), APR_HASH_KEY_STRING,
                     apr_pmemdup(convert->pool, &line, sizeof(line)));
    }
    return earlier ? *earlier : 0;
}

apr_status_t cc_convert_nothing(cc_convert_t *convert, const char *what)
{
    return cc_error_set(&convert->err, convert->pool, "CC0554", NULL, "the input contains no %s",
                        what);
}
