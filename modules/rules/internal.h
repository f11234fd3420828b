/* SPDX-License-Identifier: Apache-2.0 */
/* Declares compiled rules, and the functions that the files of the rules component share. */
#ifndef CC_RULES_INTERNAL_H
#define CC_RULES_INTERNAL_H

#define APR_WANT_IOVEC
#include <apr_want.h>

#include "base/text.h"
#include "base/words.h"
#include "rules/pattern.h"
#include "rules/rules.h"

typedef struct cc_modifier_t cc_modifier_t;
typedef struct cc_operator_t cc_operator_t;
typedef struct cc_condition_t cc_condition_t;
typedef struct cc_evaluation_t cc_evaluation_t;
struct cc_modifying_t;                      /* selector.h */
typedef struct cc_template_t cc_template_t; /* template.h */
typedef struct cc_confined_t cc_confined_t; /* namespace.c */

/* A set of types, for the tables of operators and modifiers. */
#define CC_TYPE_BIT(type) (1u << (type))
#define CC_TYPES_ALL (~0u)

/* ---- what rules are made of -------------------------------------------------------------- */

/*
 * A distinct FIELD[|MODIFIER ...] of a rule set. A selector with modifiers is its last modifier
 * applied to the selector of everything before that modifier, so an evaluation fetches each field
 * once.
 */
#define CC_SELECTOR_OF_CAPTURE (-1) /* no field, but a capture group or a column of a template */

struct cc_selector_t {
    int number;        /* its cell in an evaluation, or CC_SELECTOR_OF_CAPTURE */
    const char *name;  /* as written where it was first used */
    const char *where; /* that rule */
    cc_fieldref_t ref;
    cc_selector_t *base;           /* NULL for a field without modifiers */
    const cc_modifier_t *modifier; /* NULL for a field without modifiers */
    const char *argument_text;     /* of the modifier: what is in its parentheses; NULL: none */
    const void *argument;          /* the same, read */
    const cc_modifier_t *casing;   /* the one that fixes the case of letters, or NULL */
    const cc_modifier_t *maker;    /* the last one that makes something else (CC_KEEPS_NOTHING) of
                                    * its values, so nothing follows from the field; or NULL */
    bool always;                   /* it has a value even if the field has none */
    bool matches;                  /* making its values takes effort of patterns */
    cc_type_t type;                /* of its values, after the modifiers */
    cc_selector_t *const *parts;   /* of a key of several fields, which are `part_count` */
    int part_count;                /* 0: a field */
    bool plain; /* a modifier made its value, so the field does not say how operands are written */
    apr_hash_t *buckets; /* index.c: key of a value -> numbers of rules; NULL: none */
};

struct cc_condition_t {
    const char *field; /* the three words as written */
    const char *operand;
    const cc_operator_t *op;
    cc_selector_t *selector;
    cc_value_t value;      /* of the operand, if the operator compares */
    cc_selector_t *other;  /* of the operand, if it is %{FIELD}; then there is no value */
    cc_pattern_t *pattern; /* of the operand, if the operator matches */
    cc_table_t *table;     /* of the operand, if the operator looks up */
    cc_selector_t *issuer; /* if the table's rows are those of CAs: "issuer"; otherwise NULL */
    int columns;           /* the largest column of the table that an output takes */
    int capture;           /* place of its matches in cc_evaluation_t.captures; -1: unused */
};

/* namespace.c: a pattern for names that a ClientCertNamespace line allows; and all of a line. */
typedef struct cc_allowed_t {
    const char *text; /* as written */
    cc_pattern_t *pattern;
} cc_allowed_t;

typedef struct cc_space_t {
    apr_array_header_t *users; /* cc_allowed_t */
    apr_array_header_t *groups;
} cc_space_t;

typedef struct cc_rule_t {
    const char *where;
    int number;
    apr_array_header_t *conditions;   /* cc_condition_t */
    const cc_template_t *user;        /* NULL: none */
    cc_strength_t strength;           /* of the user */
    apr_array_header_t *groups;       /* const cc_template_t * */
    apr_array_header_t *accounts;     /* the same */
    cc_strength_t *account_strengths; /* of each */
    bool deny;
    bool stop;
    const cc_space_t *space; /* NULL: it is no line of ClientCertNamespace */
    int capture_count;
} cc_rule_t;

struct cc_rules_t {
    apr_pool_t *pool;
    apr_array_header_t *rules;     /* cc_rule_t * */
    apr_array_header_t *selectors; /* cc_selector_t *, by their number */
    apr_hash_t *selected;          /* the same, by field and modifiers (selector.c) */
    apr_array_header_t *unfiled;   /* apr_uint64_t: a bit for each rule that no bucket holds */
    cc_tables_t *tables;           /* that rules in `scope` may name; NULL: none */
    const void *scope;
    apr_array_header_t *named;   /* cc_table_t *: those that are named, each once */
    apr_hash_t *naming;          /* the same, as a set */
    cc_engine_t *engine;         /* NULL until a pattern needs it */
    int capture_max;             /* the largest capture_count */
    cc_path_need_t path_need;    /* the largest of a selector */
    const char *strongest_where; /* the first rule with the strongest user or account; NULL: none */
    cc_strength_t strongest;     /* of that rule */
    const char *ended_where;     /* the rule after which no rule is reached, or NULL */
    const cc_confined_t *confined; /* the name spaces of the names that they give; NULL: all */
    bool also_asks_tls;            /* because of those */
};

/* The lines of ClientCertNamespace of a host, each a rule with `space`. */
struct cc_namespaces_t {
    cc_rules_t *rules;
};

/* State that the parsers share while they read one rule. */
typedef struct cc_rule_reader_t {
    cc_rules_t *rules;
    cc_rule_t *rule;
    cc_error_t *err;
    bool conditions_only; /* outputs are not legal here */
} cc_rule_reader_t;

/* ---- reading rules ----------------------------------------------------------------------- */

/* parse.c: fills reader->rule from text. Selectors may have been added even if it fails. */
apr_status_t cc_rule_parse(cc_rule_reader_t *reader, const char *text);
apr_status_t cc_rule_parse_conditions(cc_rule_reader_t *reader, const char *text);

/* parse.c: reads conditions up to the first output or the end; *next is the word after them. */
apr_status_t cc_rule_read_conditions(cc_rule_reader_t *reader, const apr_array_header_t *words,
                                     int *next);

/* rules.c: adds the rule that `parse` reads from the text, unless there is an error. */
typedef apr_status_t cc_rule_parse_fn(cc_rule_reader_t *reader, const char *text);
apr_status_t cc_rule_add(cc_rule_reader_t *reader, const char *text, const char *where,
                         cc_rule_parse_fn *parse);

/* parse.c: whether a word is written as an output. */
bool cc_rule_is_output(const char *word);

/*
 * mistake.c: called for the word at this index, which is not a valid field, operator, operand or
 * output. If it is certainly part of a common typing error, they replace the error by one that
 * contains the text to write, and return true. The rule has the conditions up to this word.
 */
bool cc_mistake_in_field(cc_rule_reader_t *reader, const apr_array_header_t *words, int at);
bool cc_mistake_in_operator(cc_rule_reader_t *reader, const apr_array_header_t *words, int at);
bool cc_mistake_in_operand(cc_rule_reader_t *reader, const apr_array_header_t *words, int at);
bool cc_mistake_in_output(cc_rule_reader_t *reader, const apr_array_header_t *words, int at);

/*
 * mistake_operator.c: the operator of ours that a word such as "eq" means; NULL: there is none, or
 * it does not work on the field. `next` is the word after it.
 */
const char *cc_mistake_operator(const cc_condition_t *c, const char *word, const char *next);

/*
 * mistake_operator.c: the operator at the beginning of a text such as "=~(.+)", and its length in
 * the text; NULL: there is none.
 */
const char *cc_mistake_operator_begin(const char *text, apr_size_t *len);

/* key.c: whether a text is meant to be a key of several fields, (FIELD,FIELD ...). */
bool cc_selector_is_key(const char *text);

/* key.c: fills a selector from the text of a key, whose fields become selectors of their own. */
apr_status_t cc_key_parse(cc_selector_t *wanted, cc_rule_reader_t *reader, const char *text);

/* Gives the values of a selector. */
typedef cc_values_t cc_values_fn(const cc_selector_t *selector, void *baton);

/* key.c: the values of a key, one for each combination of the values of its fields. */
cc_values_t cc_key_values(const cc_selector_t *key, cc_values_fn *values, void *baton,
                          const struct cc_modifying_t *m);

/* ---- modifiers and operators ------------------------------------------------------------- */

/* modifier.c: NULL if there is no such modifier; the names of all, for an error. */
const cc_modifier_t *cc_modifier_find(const char *name);
const char *cc_modifier_names(apr_pool_t *p);

typedef cc_fit_t cc_operator_fn(const cc_condition_t *condition, const cc_value_t *value,
                                cc_evaluation_t *ev);

/* When a value satisfies the operator. */
typedef enum {
    CC_OPERATOR_EQUAL,   /* their keys are the same */
    CC_OPERATOR_UNDER,   /* a DN is the operand or is below it */
    CC_OPERATOR_WITHIN,  /* an IP address is in the network of the operand */
    CC_OPERATOR_LESS,    /* the number is less than the operand */
    CC_OPERATOR_AT_MOST, /* less or equal */
    CC_OPERATOR_GREATER,
    CC_OPERATOR_AT_LEAST,
    CC_OPERATOR_PATTERN, /* the operand is a pattern, and matches */
    CC_OPERATOR_TABLE,   /* the operand is the name of a table that has the value as a key */
    CC_OPERATOR_FIELD    /* the operand is a field that has a value for which `plain` holds */
} cc_operator_kind_t;

struct cc_operator_t {
    cc_word_t word;
    cc_operator_kind_t kind;
    unsigned takes; /* CC_TYPE_BIT of the types it works on */
    bool negative;  /* holds if no value satisfies it */
    cc_operator_fn *fits;
    const cc_operator_t *plain; /* CC_OPERATOR_FIELD: compares two values */
};

/* True for ==. */
static inline bool cc_operator_is_equal(const cc_operator_t *op)
{
    return op->kind == CC_OPERATOR_EQUAL && !op->negative;
}

/* operator_field.c: the operand of a condition, %{FIELD|MODIFIER}, which makes another operator. */
bool cc_operand_is_field(const cc_condition_t *condition);
apr_status_t cc_operand_field(cc_condition_t *condition, cc_rule_reader_t *reader);

/* operator.c: whether the selector's values are IP addresses, unchanged by modifiers. */
bool cc_selector_is_address(const cc_selector_t *selector);

/*
 * operator.c: NULL if there is no such operator; the names of those that work on a type, for an
 * error.
 */
const cc_operator_t *cc_operator_find(const char *name);
bool cc_operator_takes(const cc_operator_t *op, const cc_selector_t *selector);

/* operator.c: what an operator that takes the selector means for it: `under` has two meanings. */
const cc_operator_t *cc_operator_for(const cc_operator_t *op, const cc_selector_t *selector);
const char *cc_operator_names(const cc_selector_t *selector, apr_pool_t *p);

/* ---- tables (lookup.c) -------------------------------------------------------------------- */

/* The table of this name, for the condition. */
apr_status_t cc_lookup_table_find(cc_condition_t *condition, cc_rule_reader_t *reader);

/* Marks the tables of the rule's conditions as used. */
void cc_lookup_tables_use(cc_rules_t *rules, const cc_rule_t *rule);

/* Adds the tables of other rules to those of a rule set: its generation includes theirs. */
void cc_lookup_tables_share(cc_rules_t *rules, const cc_rules_t *others);

/* Looks the value up; if that fails, ev->failure is the reason. Rows are captured. */
cc_operator_fn cc_lookup_fits;

/*
 * The query for a value of the condition's selector; and the issuer of the certificate, for a table
 * whose rows are those of CAs (NULL: the certificate has none).
 */
cc_query_t cc_lookup_query(const cc_condition_t *c, const cc_value_t *value,
                           const cc_value_t *issuer);

/* Adds the note that old answers were used for some values of a condition. */
void cc_lookup_note(cc_evaluation_t *ev, const cc_condition_t *c, int values);

/* Adds the note that rows for some values of a condition do not count now (ev->outside). */
void cc_lookup_note_outside(cc_evaluation_t *ev, const cc_condition_t *c, int values);

/*
 * lookup_many.c: the answer of a remote table to the query for a value of the condition's cell; it
 * lives in the scratch pool.
 */
const cc_query_t *cc_lookup_many(cc_evaluation_t *ev, const cc_condition_t *c,
                                 const cc_value_t *value, const cc_value_t *issuer);

/*
 * Whether all values of these columns of the captured rows can be used; if not, sets ev->failure.
 */
bool cc_lookup_usable(cc_evaluation_t *ev, const cc_condition_t *c, unsigned columns);

/*
 * The combinations (const struct iovec *, by the number of the column) of the values of these
 * columns, row by row; NULL if there are more than `max`.
 */
apr_array_header_t *cc_lookup_choices(const apr_array_header_t *rows, unsigned columns, int max,
                                      apr_pool_t *p);

/* ---- the index (index.c) ----------------------------------------------------------------- */

/* Files a rule under one of its == conditions, or among those that are always evaluated. */
void cc_index_add(cc_rules_t *rules, const cc_rule_t *rule);

/* A bit for each rule that may match this certificate. */
apr_uint64_t *cc_index_candidates(cc_evaluation_t *ev);

/*
 * Whether the bit of a rule is set; the first rule from `from` on whose bit is set, or the number
 * of rules.
 */
bool cc_index_has(const apr_uint64_t *bits, int number);
int cc_index_next(const cc_rules_t *rules, const apr_uint64_t *bits, int from);

#include "rules/evaluation.h"

#endif
