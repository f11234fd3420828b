/* SPDX-License-Identifier: Apache-2.0 */
/* Converts the map files of HAProxy: map_str to a table, map_beg and map_reg to rules. */
#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>

#include "base/words.h"
#include "convert/internal.h"

/* One line: a key and the rest. */
typedef struct {
    const char *key;
    const char *value;
    int line;
} haproxy_entry_t;

static haproxy_entry_t entry_of(int line, char *text, apr_pool_t *p)
{
    size_t len = strcspn(text, " \t");
    const char *value = text + len;

    return (haproxy_entry_t){apr_pstrmemdup(p, text, len), value + strspn(value, " \t"), line};
}

/* Of the same key twice, HAProxy uses the first line, so that the second has no effect. */
static const char *entry_repeated(cc_convert_t *convert, const haproxy_entry_t *entry)
{
    int earlier = cc_convert_earlier(convert, entry->key, entry->line);

    return earlier ? apr_psprintf(convert->pool,
                                  "line %d has the same key, and HAProxy uses the first", earlier)
                   : NULL;
}

/* ---- map_str ------------------------------------------------------------------------------- */

typedef struct {
    cc_fieldref_t field; /* that of --field, without its modifiers */
    bool slash_form;
} str_t;

static const char *key_reason(const str_t *str, const char *key, apr_pool_t *p)
{
    cc_error_t err = {0};
    cc_value_t value;
    const char *oneline = NULL;
    const char *reason = NULL;

    if (!str->slash_form) {
        return cc_field_operand(&value, &str->field, key, p, &err) == APR_SUCCESS
                   ? NULL
                   : cc_error_text(&err, p);
    }
    reason = cc_slash_form_read(&oneline, key, cc_value_oneline, p);
    return reason || strcmp(oneline, key) == 0
               ? reason
               : apr_pstrcat(p, "the rule would compare it as \"",
                             cc_text_escape(oneline, strlen(oneline), p), "\"", NULL);
}

/* The same digits with other cases or colons would be the same row. */
static const char *folded(const str_t *str, const char *key, apr_pool_t *p)
{
    char *copy = apr_pstrdup(p, key);
    char *to = copy;

    if (str->field.field->type != CC_TYPE_OCTETS) {
        return key;
    }
    for (; *key; key++) {
        if (*key != ':' && *key != ' ') {
            *to++ = *key;
        }
    }
    *to = '\0';
    for (to = copy; *to; to++) {
        *to = *to >= 'A' && *to <= 'Z' ? (char)(*to | 0x20) : *to;
    }
    return copy;
}

static void str_line(cc_convert_t *convert, int line, char *text, void *baton)
{
    const str_t *str = baton;
    apr_pool_t *p = convert->pool;
    haproxy_entry_t entry = entry_of(line, text, p);
    const char *reason = NULL;

    entry.key = folded(str, entry.key, p);
    reason = entry_repeated(convert, &entry);
    reason = reason ? reason : cc_convert_value_fault(entry.value);
    if (!reason) {
        reason = *entry.value ? key_reason(str, entry.key, p) : "it has no value";
    }
    if (reason) {
        cc_convert_leave(convert, line, text, reason);
    } else {
        cc_convert_put_row(convert, entry.key, entry.value);
    }
}

apr_status_t cc_convert_haproxy_str(cc_convert_t *convert, const char *text)
{
    apr_pool_t *p = convert->pool;
    const char *name = apr_pstrmemdup(p, convert->field, strcspn(convert->field, "|"));
    str_t str = {.slash_form = strstr(convert->field, "|oneline") != NULL};

    if (cc_field_find(&str.field, name, p, &convert->err) != APR_SUCCESS) {
        return APR_EINVAL;
    }
    if (str.field.field->type == CC_TYPE_TIME) {
        return cc_error_set(
            &convert->err, p, "CC0555", convert->field,
            "a time cannot be the key of a table; name a field of text, octets or numbers");
    }
    cc_convert_put(convert, "# A map of HAProxy, as a table.");
    cc_convert_put(convert, "# Save it as conf/people.map, and use it with these two lines:");
    cc_convert_put(convert, "#   ClientCertTable people file:conf/people.map%s",
                   str.field.field->type == CC_TYPE_OCTETS ? " octets" : "");
    cc_convert_put(convert, "#   ClientCertMap %s%s%s in people user=$1",
                   convert->issuer ? convert->issuer : "", convert->issuer ? " " : "",
                   convert->field);
    cc_convert_lines(convert, text, str_line, &str);
    return convert->converted + convert->left->nelts > 0
               ? APR_SUCCESS
               : cc_convert_nothing(convert, "line with a key and a value");
}

/* ---- map_beg and map_reg ------------------------------------------------------------------- */

static void entry_collect(cc_convert_t *convert, int line, char *text, void *baton)
{
    APR_ARRAY_PUSH((apr_array_header_t *)baton, haproxy_entry_t) =
        entry_of(line, text, convert->pool);
}

/* The entries, each with a key and perhaps a value; NULL: there are none, or no text is compared.
 */
static apr_array_header_t *entries_read(cc_convert_t *convert, const char *text)
{
    apr_pool_t *p = convert->pool;
    apr_array_header_t *entries = apr_array_make(p, 64, sizeof(haproxy_entry_t));
    cc_rules_t *rules = cc_rules_create(NULL, NULL, p);
    const char *rule = apr_pstrcat(p, convert->field, " =~ x group=x", NULL);

    if (cc_rules_add(rules, rule, "", &convert->err) != APR_SUCCESS) {
        return NULL;
    }
    cc_convert_lines(convert, text, entry_collect, entries);
    if (entries->nelts + convert->left->nelts == 0) {
        cc_convert_nothing(convert, "line with a key and a value");
        return NULL;
    }
    return entries;
}

/* The rule for an entry. An empty value is a match without a user: later rules give none either. */
static const char *rule_put(cc_convert_t *convert, const haproxy_entry_t *entry,
                            const char *pattern)
{
    apr_pool_t *p = convert->pool;
    const char *output = *entry->value ? cc_convert_user(entry->value, p) : "stop";

    return cc_convert_put_rule(
        convert, entry->line,
        apr_pstrcat(p, convert->field, " =~ ", cc_word_quote(pattern, p), " ", output, NULL));
}

/* HAProxy uses the longest key that matches, and the rules the first. */
static int longest_first(const void *a, const void *b)
{
    const haproxy_entry_t *x = a, *y = b;
    size_t x_len = strlen(x->key), y_len = strlen(y->key);

    if (x_len != y_len) {
        return x_len > y_len ? -1 : 1;
    }
    return x->line - y->line;
}

static const char *beginning(const char *key, const char **reason, apr_pool_t *p)
{
    (void)reason;
    return apr_pstrcat(p, cc_pattern_of_text(key, p), ".*", NULL);
}

static const char *anywhere(const char *key, const char **reason, apr_pool_t *p)
{
    return cc_pattern_anywhere(key, reason, p);
}

typedef const char *pattern_fn(const char *key, const char **reason, apr_pool_t *p);

/*
 * The first rule that matches decides. Where an entry is left out, the rules after it might give a
 * user to clients that it would have decided, so they are left out too.
 */
static void rules_put(cc_convert_t *convert, apr_array_header_t *entries, bool sorted,
                      pattern_fn *pattern_of)
{
    apr_pool_t *p = convert->pool;
    int lost = convert->left->nelts > 0 ? APR_ARRAY_IDX(convert->left, 0, cc_left_t).line : 0;

    for (int i = 0; i < entries->nelts; i++) {
        haproxy_entry_t *entry = &APR_ARRAY_IDX(entries, i, haproxy_entry_t);
        const char *reason = entry_repeated(convert, entry);
        const char *fault = cc_convert_value_fault(entry->value);
        const char *pattern = NULL;

        if (lost && (sorted || lost < entry->line)) {
            fault = apr_psprintf(p, "line %d, which is not converted, may match first", lost);
        } else if (!reason && !fault && (pattern = pattern_of(entry->key, &fault, p))) {
            fault = rule_put(convert, entry, pattern);
        }
        if (fault || reason) {
            cc_convert_leave(convert, entry->line, entry->key, fault ? fault : reason);
        }
        lost = fault && !lost ? entry->line : lost;
    }
}

apr_status_t cc_convert_haproxy_beg(cc_convert_t *convert, const char *text)
{
    apr_array_header_t *entries = entries_read(convert, text);

    if (!entries) {
        return APR_EINVAL;
    }
    cc_convert_put(convert, "# A map of HAProxy (map_beg), as rules, the longest key first.");
    qsort(entries->elts, (size_t)entries->nelts, sizeof(haproxy_entry_t), longest_first);
    rules_put(convert, entries, true, beginning);
    return APR_SUCCESS;
}

apr_status_t cc_convert_haproxy_reg(cc_convert_t *convert, const char *text)
{
    apr_array_header_t *entries = entries_read(convert, text);

    if (!entries) {
        return APR_EINVAL;
    }
    cc_convert_put(convert, "# A map of HAProxy (map_reg), as rules.");
    rules_put(convert, entries, false, anywhere);
    return APR_SUCCESS;
}
