/* SPDX-License-Identifier: Apache-2.0 */
/* Recognizes common typing errors in rules, and gives the text to write instead. */

#include <string.h>

#include <apr_cstr.h>
#include <apr_lib.h>
#include <apr_strings.h>

#include "rules/internal.h"

/* The words of a rule, and the one at fault. */
typedef struct cc_mistake_t {
    cc_rule_reader_t *reader;
    const apr_array_header_t *words;
    int at;
    apr_pool_t *pool;
} cc_mistake_t;

static cc_mistake_t mistake_at(cc_rule_reader_t *reader, const apr_array_header_t *words, int at)
{
    return (cc_mistake_t){reader, words, at, reader->rules->pool};
}

/* The word at a distance from the one at fault; "" where there is none. */
static const char *word_at(const cc_mistake_t *m, int distance)
{
    int i = m->at + distance;

    return i >= 0 && i < m->words->nelts ? APR_ARRAY_IDX(m->words, i, const char *) : "";
}

static const char *safe(const cc_mistake_t *m, const char *text)
{
    apr_size_t len = strlen(text);

    return cc_text_unusable(text, len) ? cc_text_escape(text, len, m->pool) : text;
}

static bool is_one_of(const char *word, const char *const *list)
{
    while (*list && apr_cstr_casecmp(word, *list) != 0) {
        list++;
    }
    return *list != NULL;
}

/* FIELD[|MODIFIER ...] without an error. */
static bool is_selector(const cc_mistake_t *m, const char *word)
{
    const cc_selector_t *selector;

    return cc_selector_parse(&selector, word, m->pool, NULL) == APR_SUCCESS;
}

static bool is_condition(const cc_mistake_t *m, const char *text)
{
    return cc_rules_add_conditions(cc_rules_create(NULL, NULL, m->pool), text, "", NULL) ==
           APR_SUCCESS;
}

/* ---- quotes of a word processor ---------------------------------------------------------- */

static bool quote_wrong(const cc_mistake_t *m, const char *word)
{
    static const char *const quotes[] = {"\u201c", "\u201d", "\u201e", "\u2018",
                                         "\u2019", "\u00ab", "\u00bb", NULL};

    for (int i = 0; quotes[i]; i++) {
        if (strstr(word, quotes[i])) {
            cc_error_set(m->reader->err, m->pool, "CC0245", word,
                         "%s is not a quote here; write \" or '", quotes[i]);
            return true;
        }
    }
    return false;
}

/* ---- a value with spaces, without quotes ------------------------------------------------- */

/* Where the value that begins at `from` would end: before an output, or the next condition. */
static int value_end(const cc_mistake_t *m, int from)
{
    const char *const *word = (const char *const *)m->words->elts;
    int end = from + 1;

    while (end < m->words->nelts && !cc_rule_is_output(word[end]) &&
           !(end + 1 < m->words->nelts && cc_operator_find(word[end + 1]) &&
             is_selector(m, word[end]))) {
        end++;
    }
    return end;
}

static const char *words_joined(const cc_mistake_t *m, int from, int end)
{
    const char *text = APR_ARRAY_IDX(m->words, from, const char *);

    for (int i = from + 1; i < end; i++) {
        text = apr_pstrcat(m->pool, text, " ", APR_ARRAY_IDX(m->words, i, const char *), NULL);
    }
    return text;
}

/* The condition whose operand begins at `from`, with all words up to `end` as its operand. */
static const char *condition_joined(const cc_mistake_t *m, int from, int end)
{
    const char *const *word = (const char *const *)m->words->elts;

    return apr_pstrcat(m->pool, word[from - 2], " ", word[from - 1], " ",
                       cc_word_quote(words_joined(m, from, end), m->pool), NULL);
}

/* `from` is the operand of a condition whose operator is legal. */
static bool name_split(const cc_mistake_t *m, int from)
{
    int end = value_end(m, from);
    const char *condition = condition_joined(m, from, end);
    const cc_condition_t *conditions = (const cc_condition_t *)m->reader->rule->conditions->elts;
    const cc_condition_t *c = &conditions[from / 3];

    if (end <= from + 1 || !c->selector || c->selector->type != CC_TYPE_DN ||
        !is_condition(m, condition)) {
        return false;
    }
    cc_error_set(m->reader->err, m->pool, "CC0241", word_at(m, 0),
                 "this is part of a name that contains a space; put the name in quotes: %s",
                 safe(m, condition));
    return true;
}

/* A single word before an output or the end. It can be another mistake too, so this comes last. */
static bool value_split(const cc_mistake_t *m)
{
    int end = value_end(m, m->at);
    const char *condition = m->at >= 3 ? condition_joined(m, m->at - 1, end) : "";

    if (m->at < 3 || end != m->at + 1 || strpbrk(word_at(m, 0), ".=|") ||
        strcmp(word_at(m, -2), "==") != 0 || !is_condition(m, condition)) {
        return false;
    }
    cc_error_set(m->reader->err, m->pool, "CC0241", word_at(m, 0),
                 "not a field; if it belongs to the value before it, put both in quotes: %s",
                 safe(m, condition));
    return true;
}

/* ---- and, or, not ------------------------------------------------------------------------ */

static bool joining_word(const cc_mistake_t *m)
{
    static const char *const ands[] = {"and", "&&", "&",    ",",     ";",    "->",
                                       "=>",  "if", "when", "where", "then", NULL};
    static const char *const ors[] = {"or", "||", "|", NULL};
    static const char *const nots[] = {"not", "!", NULL};
    const char *word = word_at(m, 0);
    const char *remedy = NULL;

    if (is_one_of(word, ands)) {
        remedy = "remove it: all conditions of a rule must hold";
    } else if (is_one_of(word, ors)) {
        remedy = "write the other conditions as another rule, since all conditions of a rule must "
                 "hold";
    } else if (is_one_of(word, nots) || (*word == '!' && is_selector(m, word + 1))) {
        remedy = "use one of the operators !=, !~ and !in in the condition itself";
    } else if (*word == '(' || strcmp(word, ")") == 0) {
        remedy = "remove the parentheses: all conditions of a rule must hold, and another rule is "
                 "an alternative";
    }
    if (remedy) {
        cc_error_set(m->reader->err, m->pool, "CC0243", word,
                     "conditions are not joined by words or signs; %s", remedy);
    }
    return remedy != NULL;
}

/* ---- outputs ----------------------------------------------------------------------------- */

/* The output that is meant by a word such as "usr", or NULL. */
static const char *output_meant(const char *word)
{
    static const char *const users[] = {"user",  "users",   "usr", "username",
                                        "login", "account", NULL};
    static const char *const groups[] = {"group", "groups", "grp", "groupname",
                                         "role",  "roles",  NULL};

    return is_one_of(word, users) ? "user=" : is_one_of(word, groups) ? "group=" : NULL;
}

/* The text of `user = x`, `user =x`, `user: x`, `usr=x` ... after the sign, or NULL. */
static const char *output_text(const cc_mistake_t *m, const char *after)
{
    const char *const signs = "=:";
    int next = 1;

    if (*after == '\0' && strchr(signs, *word_at(m, next))) {
        after = word_at(m, next++);
    }
    if (*after == '\0' || !strchr(signs, *after)) {
        return NULL;
    }
    after += strspn(after, signs);
    return *after ? after : word_at(m, next);
}

static bool output_misspelled(const cc_mistake_t *m)
{
    const char *word = word_at(m, 0);
    apr_size_t len = strcspn(word, "=:");
    const char *output = output_meant(apr_pstrmemdup(m->pool, word, len));
    const char *text = output ? output_text(m, word + len) : NULL;

    if (!text || !*text || cc_rule_is_output(text)) {
        return false;
    }
    text = apr_pstrcat(m->pool, output, text, NULL);
    cc_error_set(m->reader->err, m->pool, "CC0244", word,
                 "not a field; an output is one word without spaces around the \"=\": %s",
                 safe(m, strpbrk(text, " \t\"'\\") ? cc_word_quote(text, m->pool) : text));
    return true;
}

static bool action_misspelled(const cc_mistake_t *m)
{
    static const char *const denies[] = {"deny", "denied", "reject", "forbid", "refuse", NULL};
    static const char *const allows[] = {"allow", "allowed", "accept", "permit", "grant", NULL};
    const char *word = word_at(m, 0);
    const char *remedy = NULL;

    if (is_one_of(word, denies)) {
        remedy = "write deny";
    } else if (apr_cstr_casecmp(word, "stop") == 0) {
        remedy = "write stop";
    } else if (is_one_of(word, allows)) {
        remedy = "a rule gives a user or a group, user=NAME or group=NAME, and Require "
                 "clientcert-user or clientcert-group allows access";
    }
    if (remedy) {
        cc_error_set(m->reader->err, m->pool, "CC0246", word, "neither a field nor an output; %s",
                     remedy);
    }
    return remedy != NULL;
}

static bool wrong_output(const cc_mistake_t *m)
{
    return !m->reader->conditions_only && (output_misspelled(m) || action_misspelled(m));
}

/* ---- operators --------------------------------------------------------------------------- */

/* Words for an operator in other languages. */
static const struct {
    const char *word;
    const char *op;
} meant[] = {
    {"=", "=="},      {":=", "=="},     {"===", "=="}, {"eq", "=="},       {"-eq", "=="},
    {"is", "=="},     {"equals", "=="}, {"<>", "!="},  {"!==", "!="},      {"ne", "!="},
    {"-ne", "!="},    {"~", "=~"},      {"~=", "=~"},  {"~*", "=~"},       {"matches", "=~"},
    {"-match", "=~"}, {"lt", "<"},      {"-lt", "<"},  {"le", "<="},       {"-le", "<="},
    {"=<", "<="},     {"gt", ">"},      {"-gt", ">"},  {"ge", ">="},       {"-ge", ">="},
    {"=>", ">="},     {"IN", "in"},     {"-in", "in"}, {"UNDER", "under"},
};

const char *cc_mistake_operator(const cc_condition_t *c, const char *word, const char *next)
{
    const char *name = NULL;
    const cc_operator_t *op;

    if (apr_cstr_casecmp(word, "not") == 0 && apr_cstr_casecmp(next, "in") == 0) {
        name = "!in";
    }
    for (size_t i = 0; i < sizeof(meant) / sizeof(meant[0]) && !name; i++) {
        name = apr_cstr_casecmp(word, meant[i].word) == 0 ? meant[i].op : NULL;
    }
    op = name ? cc_operator_find(name) : NULL;
    return op && cc_operator_takes(op, c->selector) ? name : NULL;
}

/* The operator at the beginning of a text, and its length in the text; NULL: there is none. */
static const char *operator_begin(const char *text, apr_size_t *len)
{
    static const char *const signs[] = {"==", "!=", "=~", "!~", "<=", ">=", ":=", "<", ">", "="};

    for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
        *len = strlen(signs[i]);
        if (strncmp(text, signs[i], *len) == 0) {
            return cc_operator_find(signs[i]) ? signs[i] : "==";
        }
    }
    return NULL;
}

/* FIELD and a text that begins with an operator, such as `=~(.+)`; `next` is the word after it. */
static bool operator_joined(const cc_mistake_t *m, const char *field, const char *text,
                            const char *next)
{
    apr_size_t len;
    const char *op = operator_begin(text, &len);
    const char *operand = op && text[len] ? text + len : next;
    const char *condition;

    if (!op || !*operand) {
        return false;
    }
    condition = apr_pstrcat(m->pool, field, " ", op, " ", cc_word_quote(operand, m->pool), NULL);
    if (!is_condition(m, condition)) {
        return false;
    }
    cc_error_set(m->reader->err, m->pool, "CC0242", word_at(m, 0),
                 "spaces must separate a field, an operator and an operand: %s",
                 safe(m, condition));
    return true;
}

/* FIELD with its operator in one word. */
static bool field_joined(const cc_mistake_t *m)
{
    const char *word = word_at(m, 0);
    apr_size_t len = strcspn(word, "=!<>:");
    const char *field = apr_pstrmemdup(m->pool, word, len);

    return word[len] && len > 0 && is_selector(m, field) &&
           operator_joined(m, field, word + len, word_at(m, 1));
}

/* CN=alice: the name is not a valid field, and the error is about the name alone. */
static bool name_joined(const cc_mistake_t *m)
{
    const char *word = word_at(m, 0);
    apr_size_t len = strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                  "._-$");
    cc_fieldref_t ref;

    return len > 0 && word[len] && strchr("=!<>~:", word[len]) &&
           cc_field_find(&ref, apr_pstrmemdup(m->pool, word, len), m->pool, m->reader->err) !=
               APR_SUCCESS;
}

/* ---- where a word is wrong --------------------------------------------------------------- */

bool cc_mistake_in_field(cc_rule_reader_t *reader, const apr_array_header_t *words, int at)
{
    cc_mistake_t m = mistake_at(reader, words, at);

    if (!reader->err || is_selector(&m, word_at(&m, 0))) {
        return false;
    }
    return quote_wrong(&m, word_at(&m, 0)) || joining_word(&m) ||
           (at >= 3 && name_split(&m, at - 1)) || wrong_output(&m) || field_joined(&m) ||
           name_joined(&m) || value_split(&m);
}

bool cc_mistake_in_operator(cc_rule_reader_t *reader, const apr_array_header_t *words, int at)
{
    cc_mistake_t m = mistake_at(reader, words, at);

    return reader->err && operator_joined(&m, word_at(&m, -1), word_at(&m, 0), "");
}

bool cc_mistake_in_operand(cc_rule_reader_t *reader, const apr_array_header_t *words, int at)
{
    cc_mistake_t m = mistake_at(reader, words, at);

    return reader->err && (quote_wrong(&m, word_at(&m, 0)) || name_split(&m, at));
}

bool cc_mistake_in_output(cc_rule_reader_t *reader, const apr_array_header_t *words, int at)
{
    cc_mistake_t m = mistake_at(reader, words, at);

    return reader->err && (joining_word(&m) || wrong_output(&m));
}
