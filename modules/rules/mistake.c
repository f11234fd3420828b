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
        apr_size_t len = strlen(quotes[i]);
        apr_size_t rest = strlen(word) < len ? 0 : strlen(word) - len;

        if (strncmp(word, quotes[i], len) == 0 || strcmp(word + rest, quotes[i]) == 0) {
            cc_error_set(m->reader->err, m->pool, "CC0245", word,
                         "%s is not a quote here; write \" or '", quotes[i]);
            return true;
        }
    }
    return false;
}

/* ---- and, or, not ------------------------------------------------------------------------ */

/* NULL: the word is not one of these. */
static const char *joining_remedy(const cc_mistake_t *m, const char *word)
{
    static const char *const ands[] = {"and", "&&", "&",    ",",     ";",    "->",
                                       "=>",  "if", "when", "where", "then", NULL};
    static const char *const ors[] = {"or", "||", "|", NULL};
    static const char *const nots[] = {"not", "!", NULL};

    if (is_one_of(word, ands)) {
        return "remove it: all conditions of a rule must hold";
    }
    if (is_one_of(word, ors)) {
        return "write the other conditions as another rule, since all conditions of a rule must "
               "hold";
    }
    if (is_one_of(word, nots) || (*word == '!' && is_selector(m, word + 1))) {
        return "use one of the operators !=, !~ and !in in the condition itself";
    }
    if ((*word == '(' && !strchr(word, ',')) || strcmp(word, ")") == 0) {
        return "remove the parentheses: all conditions of a rule must hold, and another rule is "
               "an alternative";
    }
    return NULL;
}

static bool joining_word(const cc_mistake_t *m)
{
    const char *word = word_at(m, 0);
    const char *remedy = joining_remedy(m, word);

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
    static const char *const users[] = {"user", "users", "usr", "username", "login", NULL};
    static const char *const groups[] = {"group", "groups", "grp", "groupname",
                                         "role",  "roles",  NULL};

    if (is_one_of(word, (const char *const[]){"account", "accounts", NULL})) {
        return "account=";
    }
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

/* NULL: the word is not one of these. */
static const char *action_remedy(const char *word)
{
    static const char *const denies[] = {"deny", "denied", "reject", "forbid", "refuse", NULL};
    static const char *const allows[] = {"allow", "allowed", "accept", "permit", "grant", NULL};

    if (is_one_of(word, denies)) {
        return "write deny";
    }
    if (apr_cstr_casecmp(word, "stop") == 0) {
        return "write stop";
    }
    if (is_one_of(word, allows)) {
        return "a rule gives a user or a group, user=NAME or group=NAME, and Require "
               "clientcert-user or clientcert-group allows access";
    }
    return NULL;
}

static bool action_misspelled(const cc_mistake_t *m)
{
    const char *word = word_at(m, 0);
    const char *remedy = action_remedy(word);

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

/* FIELD, or an output in other words, with a sign behind it. */
static bool begins_another(const cc_mistake_t *m, int i)
{
    const char *word = APR_ARRAY_IDX(m->words, i, const char *);
    const char *next = i + 1 < m->words->nelts ? APR_ARRAY_IDX(m->words, i + 1, const char *) : "";
    apr_size_t len = strcspn(word, "=!<>~:");
    const char *name = apr_pstrmemdup(m->pool, word, len);

    return strchr("=!<>~:", word[len] ? word[len] : *next) &&
           (output_meant(name) || is_selector(m, name));
}

/*
 * True if the words behind the operand certainly continue its name: they have one of the commas
 * between attributes, and no other mistake may follow.
 */
static bool name_goes_on(const cc_mistake_t *m, int from, int end)
{
    const char *const *word = (const char *const *)m->words->elts;
    apr_size_t len = strlen(word[from]);
    bool comma = len > 0 && word[from][len - 1] == ',';

    for (int i = from + 1; i < end; i++) {
        if (begins_another(m, i)) {
            return false;
        }
        comma = comma || strchr(word[i], ',');
    }
    return comma && !joining_remedy(m, word[end - 1]) && !action_remedy(word[end - 1]);
}

/* `from` is the operand of a condition whose operator is legal. */
static bool name_split(const cc_mistake_t *m, int from)
{
    int end = value_end(m, from);
    const char *condition = condition_joined(m, from, end);
    const cc_condition_t *conditions = (const cc_condition_t *)m->reader->rule->conditions->elts;
    const cc_condition_t *c = &conditions[from / 3];

    if (end <= from + 1 || !c->selector || c->selector->type != CC_TYPE_DN ||
        !name_goes_on(m, from, end) || !is_condition(m, condition)) {
        return false;
    }
    cc_error_set(m->reader->err, m->pool, "CC0241", word_at(m, 0),
                 "this is part of a name that contains a space; put the name in quotes: %s",
                 safe(m, condition));
    return true;
}

/* What comes after the name, or within it, is not certain, but the word looks like a part of it. */
static bool name_continued(const cc_mistake_t *m)
{
    const cc_condition_t *conditions = (const cc_condition_t *)m->reader->rule->conditions->elts;

    if (m->at < 3 || conditions[m->at / 3 - 1].selector->type != CC_TYPE_DN ||
        !strpbrk(word_at(m, 0), ",=")) {
        return false;
    }
    cc_error_set(m->reader->err, m->pool, "CC0241", word_at(m, 0),
                 "not a field; if it belongs to the name before it, put the name in quotes");
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

/* ---- operators --------------------------------------------------------------------------- */

/* FIELD and a text that begins with an operator, such as `=~(.+)`; `next` is the word after it. */
static bool operator_joined(const cc_mistake_t *m, const char *field, const char *text,
                            const char *next)
{
    apr_size_t len;
    const char *op = cc_mistake_operator_begin(text, &len);
    const char *operand = op && text[len] ? text + len : next;
    const char *condition;

    if (!op || !*operand || strchr("=!~<>", *operand)) {
        return false; /* perhaps the operator of another language */
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
           name_joined(&m) || name_continued(&m) || value_split(&m);
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
