/* SPDX-License-Identifier: Apache-2.0 */
/* Finds reachable names: the users and groups that rule sets could give to any certificate. */

/*
 * A configuration may have as many Require lines as rules, so the rules are not searched for each
 * name. A template without a variable gives one name, which a hash finds. The others are kept once
 * for each shape, which is their text with the variables left open. Shapes are filed by how the
 * names that they give begin or end (affix.c). A name is compared with the shapes found there, up
 * to TRIES_MAX of them; beyond that it counts as reachable without proof.
 *
 * A rule counts unless it can never match (logic.c), or an earlier rule ends the evaluation
 * whenever it would match (earlier.c).
 */

#include <string.h>

#include <apr_strings.h>

#include "rules/logic.h"
#include "rules/modifier.h"
#include "rules/reachable.h"

/* ---- templates --------------------------------------------------------------------------- */

/*
 * State of comparing a template with a name: the places of the name at which the remaining parts
 * could continue.
 */
typedef struct cc_fitting_t {
    const char *name;
    apr_size_t len;
    bool *from; /* len + 1 places */
} cc_fitting_t;

static void literal_fit(cc_fitting_t *fitting, const struct iovec *literal)
{
    for (apr_size_t i = fitting->len + 1; i-- > 0;) {
        bool room = i >= literal->iov_len;
        fitting->from[i] =
            room && fitting->from[i - literal->iov_len] &&
            memcmp(fitting->name + i - literal->iov_len, literal->iov_base, literal->iov_len) == 0;
    }
}

/* A variable may stand for any text, even an empty one, without these letters. */
static void variable_fit(cc_fitting_t *fitting, const char *never)
{
    for (apr_size_t i = 1; i <= fitting->len; i++) {
        bool allowed = !never || !strchr(never, fitting->name[i - 1]);
        fitting->from[i] = fitting->from[i] || (fitting->from[i - 1] && allowed);
    }
}

/* The letters that a modifier keeps out of the part's text, or NULL. */
static const char *letters_never(const cc_rule_t *rule, const cc_template_t *template,
                                 const cc_part_t *part)
{
    const cc_variable_t *variable =
        &APR_ARRAY_IDX(template->variables, part->variable, cc_variable_t);
    const cc_condition_t *captured = cc_rule_captured(rule, variable);
    const cc_selector_t *selector = part->modified     ? part->modified
                                    : variable->chosen ? variable->chosen
                                    : captured         ? captured->selector
                                                       : variable->selector;
    bool is_row = captured && captured->table && !part->modified && !variable->chosen;

    return selector->casing && !is_row ? selector->casing->letters : NULL;
}

static bool template_may_give(const cc_rule_t *rule, const cc_template_t *template,
                              const char *name, apr_pool_t *p)
{
    cc_fitting_t fitting = {name, strlen(name), NULL};

    fitting.from = apr_pcalloc(p, sizeof(*fitting.from) * (fitting.len + 1));
    fitting.from[0] = true;
    for (int i = 0; i < template->parts->nelts; i++) {
        const cc_part_t *part = &APR_ARRAY_IDX(template->parts, i, cc_part_t);
        if (part->variable < 0) {
            literal_fit(&fitting, &part->literal);
        } else {
            variable_fit(&fitting, letters_never(rule, template, part));
        }
    }
    return fitting.from[fitting.len];
}

/* ---- stored names and shapes ------------------------------------------------------------- */

#define TRIES_MAX 256 /* shapes that are tried for one name */

/* The outputs of one kind. */
typedef struct cc_names_t {
    apr_hash_t *fixed;  /* the names of templates without a variable */
    apr_hash_t *shapes; /* those stored, each once */
    cc_affixes_t *open; /* cc_shape_t, by how their names begin or end */
} cc_names_t;

/* A template with a variable, in its rule. */
typedef struct cc_shape_t {
    const cc_rule_t *rule;
    const cc_template_t *template;
} cc_shape_t;

struct cc_reachable_t {
    apr_pool_t *pool;
    cc_names_t users, groups;
};

static void names_init(cc_names_t *names, apr_pool_t *p)
{
    names->fixed = apr_hash_make(p);
    names->shapes = apr_hash_make(p);
    names->open = cc_affixes_create(p);
}

cc_reachable_t *cc_reachable_create(apr_pool_t *p)
{
    cc_reachable_t *reachable = apr_palloc(p, sizeof(*reachable));

    reachable->pool = p;
    names_init(&reachable->users, p);
    names_init(&reachable->groups, p);
    return reachable;
}

static const cc_part_t *part_at(const cc_template_t *template, int i)
{
    return &APR_ARRAY_IDX(template->parts, i, cc_part_t);
}

/*
 * A key that the templates of two rules share if they can give the same names. No name, and so no
 * text of a template, has an octet below a space.
 */
static const char *shape_text(const cc_rule_t *rule, const cc_template_t *template, apr_pool_t *p)
{
    apr_array_header_t *pieces = apr_array_make(p, 8, sizeof(const char *));

    for (int i = 0; i < template->parts->nelts; i++) {
        const cc_part_t *part = part_at(template, i);
        const char *never = NULL;

        if (part->variable < 0) {
            APR_ARRAY_PUSH(pieces, const char *) =
                apr_pstrmemdup(p, part->literal.iov_base, part->literal.iov_len);
            continue;
        }
        never = letters_never(rule, template, part);
        APR_ARRAY_PUSH(pieces, const char *) = apr_pstrcat(p, "\1", never, "\2", NULL);
    }
    return apr_array_pstrcat(p, pieces, '\0');
}

/* The literal at one end, which is empty if a variable is there. */
static struct iovec literal_at(const cc_template_t *template, int i)
{
    const cc_part_t *part = part_at(template, i);

    return part->variable < 0 ? part->literal : (struct iovec){NULL, 0};
}

static void template_add(cc_names_t *names, const cc_rule_t *rule, const cc_template_t *template,
                         apr_pool_t *p)
{
    const char *text = shape_text(rule, template, p);
    bool fixed = template->variables->nelts == 0;
    apr_hash_t *hash = fixed ? names->fixed : names->shapes;
    cc_shape_t *shape;

    if (apr_hash_get(hash, text, APR_HASH_KEY_STRING)) {
        return;
    }
    apr_hash_set(hash, text, APR_HASH_KEY_STRING, text);
    if (!fixed) {
        shape = apr_palloc(p, sizeof(*shape));
        *shape = (cc_shape_t){rule, template};
        cc_affixes_add(names->open, literal_at(template, 0),
                       literal_at(template, template->parts->nelts - 1), shape);
    }
}

static void rule_add(cc_reachable_t *reachable, const cc_rule_t *rule)
{
    if (rule->user) {
        template_add(&reachable->users, rule, rule->user, reachable->pool);
    }
    for (int i = 0; i < rule->accounts->nelts; i++) { /* the user may be any of them */
        template_add(&reachable->users, rule,
                     APR_ARRAY_IDX(rule->accounts, i, const cc_template_t *), reachable->pool);
    }
    for (int i = 0; i < rule->groups->nelts; i++) {
        template_add(&reachable->groups, rule,
                     APR_ARRAY_IDX(rule->groups, i, const cc_template_t *), reachable->pool);
    }
}

static bool rule_never(const cc_rules_t *rules, const cc_rule_t *rule, apr_pool_t *p)
{
    const cc_condition_t *a, *b;

    return cc_logic_never(cc_logic_create(rules, rule, p), &a, &b);
}

void cc_reachable_add(cc_reachable_t *reachable, const cc_rules_t *rules)
{
    cc_earlier_t *earlier;
    apr_pool_t *p, *scratch;

    apr_pool_create(&p, reachable->pool);
    apr_pool_create(&scratch, p);
    earlier = cc_earlier_create(rules, p, scratch);
    for (int i = 0; i < rules->rules->nelts; i++) {
        const cc_rule_t *rule = APR_ARRAY_IDX(rules->rules, i, const cc_rule_t *);

        cc_earlier_look(earlier, rule);
        if (!rule_never(rules, rule, scratch) && !cc_earlier_ending(earlier)) {
            rule_add(reachable, rule);
        }
        cc_earlier_add(earlier, rule);
        apr_pool_clear(scratch);
    }
    apr_pool_destroy(p);
}

/* ---- looking names up -------------------------------------------------------------------- */

/* A name, while shapes are tried. */
typedef struct cc_name_search_t {
    const char *name;
    int tries;
    bool found;
    apr_pool_t *pool;
} cc_name_search_t;

static bool shape_try(void *baton, const void *item)
{
    cc_name_search_t *search = baton;
    const cc_shape_t *shape = item;

    search->found = ++search->tries > TRIES_MAX ||
                    template_may_give(shape->rule, shape->template, search->name, search->pool);
    return !search->found;
}

static bool may_give(const cc_reachable_t *reachable, const cc_names_t *names, const char *name)
{
    struct iovec text = {(char *)name, strlen(name)};
    cc_name_search_t search = {.name = name};

    if (*name == '\0' || cc_text_unusable(name, text.iov_len)) {
        return false;
    }
    if (apr_hash_get(names->fixed, name, APR_HASH_KEY_STRING)) {
        return true;
    }
    apr_pool_create(&search.pool, reachable->pool);
    cc_affixes_each(names->open, text, shape_try, &search);
    apr_pool_destroy(search.pool);
    return search.found;
}

bool cc_reachable_user(const cc_reachable_t *reachable, const char *name)
{
    return may_give(reachable, &reachable->users, name);
}

bool cc_reachable_group(const cc_reachable_t *reachable, const char *name)
{
    return may_give(reachable, &reachable->groups, name);
}
