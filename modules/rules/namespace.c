/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the lines of name spaces, and says which ones confine the names of a rule set. */

#include <string.h>

#include <apr_strings.h>

#include "rules/modifier.h"
#include "rules/namespace.h"
#include "rules/selector.h"

/* ---- reading lines ----------------------------------------------------------------------- */

#define LEGAL "write user=PATTERN or group=PATTERN after the conditions"

cc_namespaces_t *cc_namespaces_create(cc_rules_t *conditions)
{
    cc_namespaces_t *namespaces = apr_palloc(conditions->pool, sizeof(*namespaces));

    namespaces->rules = conditions;
    return namespaces;
}

/* The `$` of a variable such as $1; NULL: there is none. In a set of characters, it is itself. */
static const char *capture_in(const char *pattern)
{
    bool set = false;

    for (const char *at = pattern; *at; at++) {
        if (*at == '\\' && at[1]) {
            at++;
        } else if (*at == '[' || *at == ']') {
            set = *at == '[';
        } else if (!set && *at == '$' && strchr("<0123456789", at[1]) && at[1]) {
            return at;
        }
    }
    return NULL;
}

static apr_status_t pattern_parse(cc_rule_reader_t *reader, apr_array_header_t *patterns,
                                  const char *word)
{
    apr_pool_t *p = reader->rules->pool;
    const char *text = strchr(word, '=') + 1;
    const char *capture = capture_in(text);
    const char *variable = capture ? capture : cc_selector_variable_in(text, p);
    cc_allowed_t *allowed;

    if (*text == '\0') {
        return cc_error_set(reader->err, p, "CC0251", word,
                            "a pattern must follow, such as %sprinter-[0-9]+", word);
    }
    if (variable) {
        return cc_error_set(reader->err, p, "CC0252", variable,
                            "this is a pattern for names, not a template: it has no variables; in "
                            "a pattern, \\$ and %%\\{ are text");
    }
    allowed = &APR_ARRAY_PUSH(patterns, cc_allowed_t);
    allowed->text = text;
    return cc_pattern_compile(&allowed->pattern, reader->rules, text, reader->err);
}

static apr_status_t output_parse(cc_rule_reader_t *reader, const char *word)
{
    const cc_space_t *space = reader->rule->space;

    if (strncmp(word, "user=", 5) == 0) {
        return pattern_parse(reader, space->users, word);
    }
    if (strncmp(word, "group=", 6) == 0) {
        return pattern_parse(reader, space->groups, word);
    }
    return cc_error_set(reader->err, reader->rules->pool, "CC0251", word,
                        "ClientCertNamespace allows users and groups, and nothing else; " LEGAL);
}

static cc_space_t *space_make(apr_pool_t *p)
{
    cc_space_t *space = apr_palloc(p, sizeof(*space));

    space->users = apr_array_make(p, 1, sizeof(cc_allowed_t));
    space->groups = apr_array_make(p, 1, sizeof(cc_allowed_t));
    return space;
}

/* A cc_rule_parse_fn. */
static apr_status_t line_parse(cc_rule_reader_t *reader, const char *text)
{
    apr_pool_t *p = reader->rules->pool;
    apr_array_header_t *words;
    apr_status_t rv = cc_words_split(&words, text, p, reader->err);
    int i = 0;

    reader->rule->space = space_make(p);
    if (rv == APR_SUCCESS) {
        rv = cc_rule_read_conditions(reader, words, &i);
    }
    if (rv == APR_SUCCESS && i >= words->nelts) {
        return cc_error_set(reader->err, p, "CC0251",
                            i > 0 ? APR_ARRAY_IDX(words, i - 1, const char *) : "",
                            "the line allows nothing; " LEGAL);
    }
    for (; rv == APR_SUCCESS && i < words->nelts; i++) {
        rv = output_parse(reader, APR_ARRAY_IDX(words, i, const char *));
    }
    return rv;
}

apr_status_t cc_namespaces_add(cc_namespaces_t *namespaces, const char *text, const char *where,
                               cc_error_t *err)
{
    cc_rule_reader_t reader = {.rules = namespaces->rules, .err = err};

    return cc_rule_add(&reader, text, where, line_parse);
}

const cc_rules_t *cc_namespaces_rules(const cc_namespaces_t *namespaces)
{
    return namespaces->rules;
}

/* ---- confining rules --------------------------------------------------------------------- */

struct cc_confinement_t {
    apr_hash_t *hosts; /* the address of a host -> const cc_namespaces_t * */
    cc_rules_t *uses;  /* an empty rule set that names all that the lists use */
};

/* A rule set and the lists that confine it. */
struct cc_confined_t {
    const cc_namespaces_t *usual; /* NULL: none */
    const cc_confinement_t *by;
};

cc_confinement_t *cc_confinement_create(apr_pool_t *p)
{
    cc_confinement_t *confinement = apr_palloc(p, sizeof(*confinement));

    confinement->hosts = apr_hash_make(p);
    confinement->uses = cc_rules_create(NULL, NULL, p);
    return confinement;
}

/* Adds what `other` uses to that which the rules use. */
static void uses_add(cc_rules_t *rules, const cc_rules_t *other)
{
    cc_lookup_tables_share(rules, other);
    rules->also_asks_tls = rules->also_asks_tls || cc_rules_ask_tls(other);
    if (other->path_need > rules->path_need) {
        rules->path_need = other->path_need;
    }
}

void cc_confinement_add(cc_confinement_t *confinement, const void *host,
                        const cc_namespaces_t *namespaces)
{
    apr_pool_t *p = confinement->uses->pool;

    apr_hash_set(confinement->hosts, apr_pmemdup(p, &host, sizeof(host)), sizeof(host), namespaces);
    uses_add(confinement->uses, namespaces->rules);
}

void cc_rules_confine(cc_rules_t *rules, const cc_namespaces_t *usual,
                      const cc_confinement_t *confinement)
{
    cc_confined_t *confined = apr_palloc(rules->pool, sizeof(*confined));

    *confined = (cc_confined_t){usual, confinement};
    rules->confined = confined;
    uses_add(rules, confinement->uses);
    if (usual) {
        uses_add(rules, usual->rules);
    }
}

const cc_namespaces_t *cc_rules_namespaces(const cc_rules_t *rules, const void *host)
{
    const cc_confined_t *confined = rules->confined;
    const cc_namespaces_t *own =
        confined && host ? apr_hash_get(confined->by->hosts, &host, sizeof(host)) : NULL;

    return own || !confined ? own : confined->usual;
}
