/* SPDX-License-Identifier: Apache-2.0 */
/* Declares one evaluation of rules. A part of rules/internal.h, which includes it. */
#ifndef CC_RULES_EVALUATION_H
#define CC_RULES_EVALUATION_H

/* The values of a selector in one evaluation. */
typedef struct cc_cell_t {
    bool known;
    bool noted;
    int unusable; /* how many of them */
    cc_values_t values;
    apr_hash_t *keys; /* of its usable values; NULL until a long list is searched */
} cc_cell_t;

/* A problem with values of one condition, noted once for all of them. */
typedef struct cc_trouble_t {
    int count;          /* of values */
    const char *reason; /* of the first; safe for a log */
} cc_trouble_t;

/* Names, each once (name_set.c). Empty if all members are 0. */
typedef struct cc_name_set_t {
    int count;         /* of `few` */
    const char **few;  /* NULL until there is one */
    apr_hash_t *index; /* all names, once there are many; until then NULL */
} cc_name_set_t;

struct cc_evaluation_t {
    const cc_rules_t *rules;
    const cc_cert_t *cert;
    const cc_facts_t *facts;
    apr_pool_t *result;
    apr_pool_t *scratch;
    cc_cell_t *cells;              /* by the number of the selector */
    cc_cell_t *aside;              /* the same, of values that a trace alone has made by effort of
                                    * patterns; NULL: none */
    cc_matcher_t *matcher;         /* NULL until a pattern needs it */
    cc_trouble_t trouble;          /* of the current condition */
    cc_trouble_t outside;          /* the same: rows of its table that do not count now */
    apr_hash_t *table_memos;       /* lookup_many.c: of remote tables; NULL until there is one */
    apr_array_header_t **captures; /* of the current rule: const struct iovec *, one per match of
                                    * a =~, or cc_row_t, one per row of an `in` */
    const cc_rule_t *rule;         /* the current rule */
    bool quiet;                    /* no notes, no lookups: the index has ruled this rule out */
    bool partial;                  /* a match that the current rule captures was lost */
    const char *failure;           /* NULL, or why nothing is known: cc_verdict_t.failure */
    bool lost;                     /* because of a table, which may soon work again */
    apr_time_t stale_at;           /* the earliest of all lookups */
    cc_verdict_t *verdict;         /* its lists are set when it is finished: */
    apr_array_header_t *groups;    /* cc_group_t */
    cc_name_set_t group_names;     /* their names */
    apr_array_header_t *accounts;  /* cc_account_t */
    cc_name_set_t account_names;   /* their names */
    apr_array_header_t *matched;   /* cc_match_t */
    apr_array_header_t *notes;     /* cc_note_t */
};

/*
 * evaluate.c: makes an evaluation ready for its rules; whether its current rule matches, with the
 * first condition that does not hold; when the values that its rules may ask for will change.
 */
void cc_evaluation_begin(cc_evaluation_t *ev);
cc_fit_t cc_rule_fit(cc_evaluation_t *ev, const cc_condition_t **failed);
apr_time_t cc_evaluation_stale_at(const cc_evaluation_t *ev);

/*
 * namespace.c and namespace_enforce.c: the lines that confine the names of the rules on a host, or
 * NULL; takes the identity away from an evaluation that has given a name outside of them.
 */
const struct cc_namespaces_t *cc_rules_namespaces(const cc_rules_t *rules, const void *host);
void cc_namespaces_enforce(cc_evaluation_t *ev, cc_trace_t *trace);

/* values.c: the values of a selector; unusable ones among them are noted. */
cc_cell_t *cc_evaluation_cell(cc_evaluation_t *ev, const cc_selector_t *selector);

/* values.c: adds the note that some of these values, `unusable` of them, cannot be used. */
void cc_evaluation_unusable(cc_evaluation_t *ev, const char *where, const char *name,
                            cc_values_t values, int unusable);

/* values.c: what modifiers use in this evaluation. */
struct cc_modifying_t cc_evaluation_modifying(cc_evaluation_t *ev);

/* values.c: the evaluation's matcher, which is made when it is first needed. */
cc_matcher_t *cc_evaluation_matcher(cc_evaluation_t *ev);

/* values.c: records a problem with a value; the same as one of the current condition. */
void cc_trouble_add(cc_trouble_t *trouble, const char *reason);
void cc_evaluation_trouble(cc_evaluation_t *ev, const char *reason);

/* values.c: adds a note to the verdict; the formatted text must be safe for a log. */
void cc_evaluation_note(cc_evaluation_t *ev, cc_note_kind_t kind, const char *where,
                        const char *meaning, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));

/* evaluate.c: takes all names, and the doubt about them, from the verdict. */
void cc_evaluation_names_drop(cc_evaluation_t *ev);

/* name_set.c: adds a name; returns its copy in the result pool, or NULL if it was there before. */
const char *cc_name_set_add(cc_name_set_t *set, const char *name, cc_evaluation_t *ev);

/* values.c: records that the current rule may have given more than it did. */
void cc_evaluation_doubt(cc_evaluation_t *ev);

/*
 * strength.c: the strength of the names that a template of a rule gives; NULL: CC_STRENGTH_NONE.
 * The rule has been read to its end. `p` is used for patterns.
 */
cc_strength_t cc_rule_template_strength(const cc_rule_t *rule, const cc_template_t *template,
                                        apr_pool_t *p);

/* strength.c: sets those of the rule's user and accounts, as the rule is added to the set. */
void cc_rule_strength_set(cc_rules_t *rules, cc_rule_t *rule);

/*
 * decimal.c: a number of decimal digits in hex, lower case, and back; without leading zeros. NULL:
 * other characters, or more than 64 digits.
 */
const char *cc_decimal_to_hex(const char *decimal, apr_pool_t *p);
const char *cc_decimal_of_hex(const char *hex, apr_pool_t *p);

/*
 * explain.c: a field with its modifiers as written in a rule, in quotes if an argument needs them;
 * a condition; and adding the step of a rule to a trace.
 */
const char *cc_condition_field(const char *field, apr_pool_t *p);
const char *cc_condition_text(const cc_condition_t *condition, apr_pool_t *p);
void cc_trace_add(cc_trace_t *trace, cc_evaluation_t *ev, const cc_condition_t *failed,
                  bool undecided);

#endif
