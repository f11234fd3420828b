/* SPDX-License-Identifier: Apache-2.0 */
/* Parses selectors, FIELD[|MODIFIER ...], and keeps each once in a rule set. */

#include <string.h>

#include <apr_strings.h>

#include "rules/modifier.h"

/* Equal for equal selectors. */
static struct iovec selector_key(const cc_selector_t *selector, apr_pool_t *p)
{
    const void *parts[] = {selector->base, selector->modifier, selector->ref.field,
                           cc_field_prefix_at((int)selector->ref.of - 1)};
    const char *own = selector->base ? selector->argument_text : selector->ref.oid;
    apr_size_t len = own ? strlen(own) : 0;
    char *key = apr_palloc(p, sizeof(parts) + len);

    memcpy(key, parts, sizeof(parts));
    memcpy(key + sizeof(parts), own ? own : "", len);
    return (struct iovec){key, sizeof(parts) + len};
}

/* False for a selector of a rule that could not be parsed, which has been removed. */
static bool is_kept(const cc_rules_t *rules, const cc_selector_t *selector)
{
    return selector && selector->number < rules->selectors->nelts &&
           APR_ARRAY_IDX(rules->selectors, selector->number, cc_selector_t *) == selector;
}

/*
 * The selector of the rule set that equals `wanted`, which is copied if there is no such selector.
 */
static cc_selector_t *selector_keep(cc_rules_t *rules, const cc_selector_t *wanted)
{
    struct iovec key = selector_key(wanted, rules->pool);
    cc_selector_t *selector = apr_hash_get(rules->selected, key.iov_base, (apr_ssize_t)key.iov_len);
    cc_path_need_t need;

    if (is_kept(rules, selector)) {
        return selector;
    }
    selector = apr_pmemdup(rules->pool, wanted, sizeof(*wanted));
    selector->number = rules->selectors->nelts;
    APR_ARRAY_PUSH(rules->selectors, cc_selector_t *) = selector;
    apr_hash_set(rules->selected, key.iov_base, (apr_ssize_t)key.iov_len, selector);
    need = cc_field_path_need(&selector->ref);
    rules->path_need = need > rules->path_need ? need : rules->path_need;
    return selector;
}

static apr_status_t field_selector(cc_selector_t **selector, cc_rule_reader_t *reader,
                                   const char *name)
{
    cc_selector_t wanted = {.name = name, .where = reader->rule->where};
    bool is_key = cc_selector_is_key(name);
    apr_status_t rv = is_key ? cc_key_parse(&wanted, reader, name)
                             : cc_field_find(&wanted.ref, name, reader->rules->pool, reader->err);

    if (rv == APR_SUCCESS) {
        /* Rules may spell a field in different cases, but share its selector. */
        wanted.name = is_key ? wanted.name : cc_field_name(&wanted.ref, reader->rules->pool);
        wanted.type = wanted.ref.field->type;
        *selector = selector_keep(reader->rules, &wanted);
    }
    return rv;
}

static const char *takes_text(const cc_modifier_t *modifier, apr_pool_t *p)
{
    static const char *const names[] = {"text", "DNs", "numbers", "times", "octets", "DER"};
    const char *text = NULL;

    for (int type = CC_TYPE_TEXT; type <= CC_TYPE_DER; type++) {
        if (modifier->takes & CC_TYPE_BIT(type)) {
            text = text ? apr_pstrcat(p, text, " and ", names[type], NULL) : names[type];
        }
    }
    return text;
}

/* A modifier as written: "nth(2)". */
typedef struct cc_modifier_text_t {
    const char *written;
    const char *name;
    const char *argument; /* in the parentheses; NULL: there are none */
} cc_modifier_text_t;

const char *cc_selector_close(const char *text)
{
    int depth = 0;

    for (; *text; text++) {
        if (*text == '\\' && text[1]) {
            text++;
        } else if (*text == '(') {
            depth++;
        } else if (*text == ')' && --depth == 0) {
            return text;
        }
    }
    return NULL;
}

/* False: the parentheses are not closed at the end. */
static bool modifier_split(cc_modifier_text_t *text, const char *written, apr_pool_t *p)
{
    apr_size_t len = strlen(written), name_len = strcspn(written, "(");

    *text = (cc_modifier_text_t){written, apr_pstrmemdup(p, written, name_len), NULL};
    if (written[name_len] == '\0') {
        return true;
    }
    if (cc_selector_close(written + name_len) != written + len - 1) {
        return false;
    }
    text->argument = apr_pstrmemdup(p, written + name_len + 1, len - name_len - 2);
    return true;
}

/* Reads the argument, or refuses one that is missing or too many. */
static apr_status_t argument_read(cc_selector_t *wanted, const cc_modifier_text_t *text,
                                  cc_rule_reader_t *reader)
{
    const cc_modifier_t *modifier = wanted->modifier;
    const char *wants = modifier->argument;
    const char *unusable;

    if (!wants && !text->argument) {
        return APR_SUCCESS;
    }
    if (!wants || !text->argument || !*text->argument) {
        return cc_error_set(reader->err, reader->rules->pool, "CC0203", text->written,
                            wants ? "this modifier needs an argument; write %s(%s)"
                                  : "this modifier has no argument; write %s",
                            modifier->word.name, wants);
    }
    unusable = cc_text_unusable(text->argument, strlen(text->argument));
    if (unusable) {
        return cc_error_set(reader->err, reader->rules->pool, "CC0203", text->written,
                            "this argument cannot be used: %s", unusable);
    }
    wanted->argument_text = text->argument;
    return modifier->read(&wanted->argument, text->argument, reader->rules, reader->err);
}

/* What the modifier makes of the selector's type and text. */
static void modifier_put(cc_selector_t *wanted)
{
    const cc_modifier_t *modifier = wanted->modifier;

    if (modifier->gives != CC_GIVES_SAME) {
        wanted->type = modifier->gives;
    }
    if (modifier->keeps != CC_KEEPS_ALL) {
        wanted->plain = true;
    }
    if (modifier->keeps == CC_KEEPS_NOTHING) {
        wanted->maker = modifier;
        wanted->casing = NULL;
    }
    if (modifier->letters) {
        wanted->casing = modifier;
    }
    wanted->always = wanted->always || modifier->always;
    wanted->matches = wanted->matches || modifier->matches;
}

apr_status_t cc_selector_no_modifier(cc_rule_reader_t *reader, const char *word, const char *more)
{
    return cc_error_set(reader->err, reader->rules->pool, "CC0211", word,
                        "no such modifier; write one of %s%s",
                        cc_modifier_names(reader->rules->pool), more);
}

/* An error if the modifier does not work on the values of `base`. */
static apr_status_t refused_for(const cc_selector_t *wanted, const cc_selector_t *base,
                                const char *written, cc_rule_reader_t *reader)
{
    const cc_modifier_t *modifier = wanted->modifier;
    apr_pool_t *p = reader->rules->pool;
    const char *reason = modifier->refuse ? modifier->refuse(base, modifier, p) : NULL;

    if (reason) {
        return cc_error_set(reader->err, p, "CC0206", written, "%s", reason);
    }
    if (!(modifier->takes & CC_TYPE_BIT(base->type))) {
        return cc_error_set(reader->err, p, "CC0212", written,
                            "this modifier works only on %s, and %s has another type",
                            takes_text(modifier, p), base->name);
    }
    return APR_SUCCESS;
}

apr_status_t cc_selector_modify(cc_selector_t **selector, cc_rule_reader_t *reader,
                                const char *written)
{
    apr_pool_t *p = reader->rules->pool;
    cc_selector_t *base = *selector;
    cc_selector_t wanted = *base;
    cc_modifier_text_t text;
    bool closed = modifier_split(&text, written, p);

    wanted.modifier = cc_modifier_find(text.name);
    if (!wanted.modifier && closed) {
        return cc_selector_no_modifier(reader, written, "");
    }
    if (!closed) {
        return cc_error_set(reader->err, p, "CC0203", written,
                            "a \")\" must end a modifier with an argument; parentheses in it "
                            "must be in pairs, and a single one is quoted: \\( or \\)");
    }
    if (refused_for(&wanted, base, written, reader) != APR_SUCCESS) {
        return APR_EINVAL;
    }
    wanted.name = apr_pstrcat(p, base->name, "|", written, NULL);
    wanted.where = reader->rule->where;
    wanted.base = base;
    wanted.buckets = NULL;
    wanted.argument = wanted.argument_text = NULL;
    if (argument_read(&wanted, &text, reader) != APR_SUCCESS) {
        return APR_EINVAL;
    }
    modifier_put(&wanted);
    *selector = wanted.number == CC_SELECTOR_OF_CAPTURE ? apr_pmemdup(p, &wanted, sizeof(wanted))
                                                        : selector_keep(reader->rules, &wanted);
    return APR_SUCCESS;
}

/* Whether the last modifier makes at most one value of each. */
static bool is_single(const cc_selector_t *selector)
{
    const cc_modifier_t *modifier = selector->modifier;

    return modifier->map || (modifier->single && modifier->single(selector->argument));
}

const cc_selector_t *cc_selector_origin(const cc_selector_t *selector)
{
    while (selector->base && is_single(selector)) {
        selector = selector->base;
    }
    return selector;
}

const char *cc_selector_until(const char *text, const char *ends)
{
    int depth = 0;

    for (; *text; text++) {
        if (*text == '\\' && text[1] && depth > 0) {
            text++;
        } else if (depth == 0 && strchr(ends, *text)) {
            break;
        } else if (*text == '(') {
            depth++;
        } else if (*text == ')' && depth > 0) {
            depth--;
        }
    }
    return text;
}

/* Takes the next piece off *rest, which becomes NULL after the last piece. */
static char *piece_take(char **rest)
{
    char *piece = *rest;
    char *bar = piece + (cc_selector_until(piece, "|") - piece);

    *rest = *bar ? bar + 1 : NULL;
    *bar = '\0';
    return piece;
}

apr_status_t cc_selector_find(cc_selector_t **selector, cc_rule_reader_t *reader, const char *word)
{
    char *rest = apr_pstrdup(reader->rules->pool, word);
    apr_status_t rv = field_selector(selector, reader, piece_take(&rest));

    while (rv == APR_SUCCESS && rest) {
        rv = cc_selector_modify(selector, reader, piece_take(&rest));
    }
    return rv;
}

const char *cc_selector_variable_in(const char *text, apr_pool_t *p)
{
    const cc_selector_t *selector;

    for (const char *at = strstr(text, "%{"); at; at = strstr(at + 2, "%{")) {
        const char *end = cc_selector_until(at + 2, "}");
        const char *name = apr_pstrmemdup(p, at + 2, (apr_size_t)(end - at - 2));

        if (*end && (*name == '$' || cc_selector_parse(&selector, name, p, NULL) == APR_SUCCESS)) {
            return apr_pstrmemdup(p, at, (apr_size_t)(end + 1 - at));
        }
    }
    return NULL;
}

/* ---- one on its own ---------------------------------------------------------------------- */

apr_status_t cc_selector_parse(const cc_selector_t **selector, const char *text, apr_pool_t *p,
                               cc_error_t *err)
{
    cc_selector_t *found = NULL;
    cc_rule_t rule = {0};
    cc_rule_reader_t reader = {.rules = cc_rules_create(NULL, NULL, p), .rule = &rule, .err = err};
    apr_status_t rv = cc_selector_find(&found, &reader, text);

    *selector = rv == APR_SUCCESS ? found : NULL;
    return rv;
}

bool cc_selector_many(const cc_selector_t *selector)
{
    const cc_selector_t *origin = cc_selector_origin(selector);

    return origin->base ? origin->modifier->spread != NULL : cc_field_many(&origin->ref);
}

/* What values are made from. */
typedef struct cc_value_source_t {
    const cc_cert_t *cert;
    const cc_facts_t *facts;
    cc_modifying_t modifying;
} cc_value_source_t;

static cc_values_t values_from(const cc_selector_t *selector, void *baton)
{
    const cc_value_source_t *source = baton;

    if (selector->base) {
        return cc_modifier_apply(selector, values_from(selector->base, baton), &source->modifying);
    }
    return selector->parts ? cc_key_values(selector, values_from, baton, &source->modifying)
                           : cc_field_values(&selector->ref, source->cert, source->facts,
                                             source->modifying.pool);
}

cc_values_t cc_selector_values(const cc_selector_t *selector, const cc_cert_t *cert,
                               const cc_facts_t *facts, apr_pool_t *p)
{
    cc_matcher_t *matcher = NULL;
    cc_value_source_t source = {cert, facts, {.pool = p, .matcher = &matcher}};
    cc_values_t values = values_from(selector, &source);

    cc_matcher_destroy(matcher);
    return values;
}

cc_path_need_t cc_selector_path_need(const cc_selector_t *selector)
{
    cc_path_need_t most = cc_field_path_need(&selector->ref);

    for (int i = 0; i < selector->part_count; i++) {
        cc_path_need_t need = cc_selector_path_need(selector->parts[i]);

        most = need > most ? need : most;
    }
    return most;
}

apr_time_t cc_selector_stale_at(const cc_selector_t *selector, const cc_cert_t *cert,
                                const cc_facts_t *facts)
{
    apr_time_t earliest = cc_field_stale_at(&selector->ref, cert, facts);

    for (int i = 0; i < selector->part_count; i++) {
        apr_time_t at = cc_selector_stale_at(selector->parts[i], cert, facts);

        earliest = at < earliest ? at : earliest;
    }
    return earliest;
}
