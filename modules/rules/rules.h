/* SPDX-License-Identifier: Apache-2.0 */
/* The public header of the rule language, which compiles text to rules and evaluates them. */
#ifndef CC_RULES_H
#define CC_RULES_H

#include <stdbool.h>
#include <string.h>

#include <apr_hash.h>
#include <apr_pools.h>
#include <apr_tables.h>

#include "base/error.h"
#include "cert/cert.h"
#include "tables/table.h"

/**
 * Rules in their order. A set is made and filled by one thread while the configuration is read. It
 * is never written again after that, and any number of threads may evaluate it at once.
 */
typedef struct cc_rules_t cc_rules_t;

/**
 * An empty rule set that lives as long as `p`. Compiled patterns are freed with `p`. Its rules may
 * name the tables that cc_tables_find finds in the scope; both must live as long as the rules
 * (NULL: no tables).
 */
cc_rules_t *cc_rules_create(cc_tables_t *tables, const void *scope, apr_pool_t *p);

/**
 * Compiles one rule (what follows ClientCertMap) and appends it.
 *
 *   [FIELD[|MODIFIER ...] OPERATOR OPERAND ...] OUTPUT ...
 *
 * Words are separated by spaces; a word, or a part of one, may be enclosed in "..." or '...';
 * inside, \\ is a backslash and \" the quote, outside \\ is a backslash; any other backslash stands
 * for itself (as in httpd). The table of an `in` or `!in` is marked as used (cc_table_use). `where`
 * ("file:line") is kept by reference and must live as long as the rules. On APR_EINVAL (CC02xx) the
 * rule set is unchanged and err names the word at fault and what would be legal.
 */
apr_status_t cc_rules_add(cc_rules_t *rules, const char *text, const char *where, cc_error_t *err);

/**
 * The same for conditions alone (what follows "Require clientcert"; an empty list always holds).
 * The verdict's `matched` then shows whether they hold, and its `doubt_where` that this is
 * undecided.
 */
apr_status_t cc_rules_add_conditions(cc_rules_t *rules, const char *text, const char *where,
                                     cc_error_t *err);

/** How many rules there are. */
int cc_rules_count(const cc_rules_t *rules);

/**
 * A rule (0 to cc_rules_count - 1): where it was configured; and its canonical form, which is the
 * same for all ways to write the rule and reads back as the same rule. It contains templates and
 * patterns as written, so it must be escaped when it is shown. It lives as long as `p`.
 */
const char *cc_rules_where(const cc_rules_t *rules, int number);
const char *cc_rules_text(const cc_rules_t *rules, int number, apr_pool_t *p);

/** What the rules need of the verified path (cc_field_path_need), at most. */
cc_path_need_t cc_rules_path_need(const cc_rules_t *rules);

/** True if the rules use a field of the TLS connection (cc_field_of_tls). */
bool cc_rules_ask_tls(const cc_rules_t *rules);

/** True if the rules use a table. */
bool cc_rules_use_tables(const cc_rules_t *rules);

/**
 * The sum of cc_table_generation over the tables that the rules use; 0 if they use none. This costs
 * a few instructions for each table. A verdict with another `generation` comes from older tables.
 */
apr_uint64_t cc_rules_generation(const cc_rules_t *rules);

/** What a note is about. */
typedef enum {
    CC_NOTE_UNUSABLE_VALUE,      /* CC0150: a value of the certificate cannot be used */
    CC_NOTE_PATTERN_LIMIT,       /* CC0151: matching a pattern was abandoned */
    CC_NOTE_AMBIGUOUS_USER,      /* CC0152: a rule would have given two users */
    CC_NOTE_TOO_MANY_RESULTS,    /* CC0153: a template would have given too many names */
    CC_NOTE_REFUSED_OUTPUT,      /* CC0154: a result cannot be a name */
    CC_NOTE_OLD_ANSWER,          /* CC0155: a table's source failed, and an old answer was used */
    CC_NOTE_UNUSABLE_COLUMN,     /* CC0156: a value of a table cannot be used */
    CC_NOTE_UNDECIDED_RULE,      /* CC0157: a rule that keeps clients out was not decided */
    CC_NOTE_OUTSIDE,             /* CC0108: a name is outside the name space: cc_rules_confine */
    CC_NOTE_OUTSIDE_ROW,         /* CC0134: a table has a row for the key that does not count now */
    CC_NOTE_COUNT,               /* how many kinds an evaluation has */
    CC_NOTE_LINT = CC_NOTE_COUNT /* not from an evaluation: CC07xx */
} cc_note_kind_t;

/** Something that an administrator should know about an evaluation. */
typedef struct cc_note_t {
    cc_note_kind_t kind;
    const char *tag;     /* explained in doc/messages.md: CC01xx, of lint CC07xx */
    const char *where;   /* the rule */
    const char *meaning; /* a literal: the text without any part of the rule; NULL for lint */
    const char *text;    /* escaped, one line; of a long value only the beginning
                          * (cc_text_excerpt) */
} cc_note_t;

/** A group and the rule that gave it. */
typedef struct cc_group_t {
    const char *name; /* usable text (cc_text_unusable), not empty */
    const char *where;
} cc_group_t;

/**
 * How firmly a rule ties its user to a certificate. It follows from what the user depends on, and
 * is the same for all certificates that match the rule.
 */
typedef enum {
    CC_STRENGTH_NONE,   /* there is no user */
    CC_STRENGTH_WEAK,   /* other certificates, perhaps of other CAs, may get the same user */
    CC_STRENGTH_NAMED,  /* only by a name that one CA, whose key is determined, has written */
    CC_STRENGTH_STRONG, /* a certificate or its key is determined */
    CC_STRENGTH_COUNT
} cc_strength_t;

/** An account that the holder of the certificate may choose, and the rule that gave it. */
typedef struct cc_account_t {
    const char *name; /* usable text (cc_text_unusable), not empty */
    const char *where;
    cc_strength_t strength; /* of this output of the rule */
} cc_account_t;

/** A rule whose conditions held. */
typedef struct cc_match_t {
    const char *where;
    int number; /* the first rule of a set is 0 */
} cc_match_t;

/** The names of the strengths ("weak"), by cc_strength_t: NULL for none, fixed literals, and NULL.
 */
extern const char *const cc_strength_words[CC_STRENGTH_COUNT + 1];

/** The strength of the user of a rule (0 to cc_rules_count - 1). */
cc_strength_t cc_rules_strength_at(const cc_rules_t *rules, int number);

/**
 * The strength of the strongest user or account that a rule gives; CC_STRENGTH_NONE: no rule gives
 * one. *where is then the first such rule (`where` may be NULL).
 */
cc_strength_t cc_rules_strength(const cc_rules_t *rules, const char **where);

/** The result of the rules for a certificate. All of it lives in the result pool. */
typedef struct cc_verdict_t {
    const char *user;       /* NULL: none. Usable text, not empty */
    const char *holder;     /* the user of the rules, if `user` is an account that the holder has
                             * chosen (cc_verdict_choose); NULL: it is not, or they gave none */
    const char *user_where; /* the rule that gave it */
    cc_strength_t strength; /* of that rule; CC_STRENGTH_NONE without a user */
    int group_count;
    const cc_group_t *groups; /* each name once, in the order in which rules gave them */
    int account_count;
    const cc_account_t *accounts; /* whom the holder may be besides `user`: the same, and none is
                                   * the user. They alone are no identity */
    int matched_count;
    const cc_match_t *matched; /* in order */
    const char *denied_where;  /* NULL, or the rule that denied, or that may have kept this
                                * client out and was not decided: then no user, group or account */
    const char *outside_where; /* NULL, or a ClientCertNamespace line: a rule gave a name outside
                                * the name space of the certificate (namespace.h), so there is no
                                * user, group or account. It is the first line that holds for the
                                * certificate, or if none holds, the first line of all */
    int note_count;
    const cc_note_t *notes;  /* unusable values, ambiguous users, limits that were hit */
    apr_time_t stale_at;     /* from then on the same certificate may give another verdict;
                                APR_INT64_MAX if no rule names a field that changes or a remote
                                table; the time of the evaluation if it failed and the failure
                                does not last */
    apr_uint64_t generation; /* cc_rules_generation throughout the evaluation */
    const char *doubt_where; /* NULL, or the first rule that was not decided, or that lost a
                              * result: the client may have more than is listed here, so nothing
                              * may be concluded from what is missing. NULL too if a rule denied,
                              * or a name is outside */
    const char *failure;     /* NULL, or why nothing is known, safe for a log: a table that gave no
                              * answer or has a value that cannot be used, or too many results (a
                              * rule that was not decided might have denied). Then there is no user,
                              * no group, no account and no matched rule */
    bool failure_lasts; /* the certificate and the rules cause it: until stale_at, and while the
                         * generation is the same, another evaluation is useless */
} cc_verdict_t;

/** The result of a verdict. */
typedef enum {
    CC_RESULT_MAPPED,   /* there is a user or a group */
    CC_RESULT_UNMAPPED, /* no rule gave one */
    CC_RESULT_DENIED,   /* a rule denied, or was not decided and may have kept the client out */
    CC_RESULT_FAILED,   /* nothing is known */
    CC_RESULT_OUTSIDE,  /* a name is outside the name space of the certificate */
    CC_RESULT_COUNT
} cc_result_t;

/** The names of the results ("mapped"), by cc_result_t: fixed literals, and NULL. */
extern const char *const cc_result_words[CC_RESULT_COUNT + 1];

cc_result_t cc_verdict_result(const cc_verdict_t *verdict);

/** The name of the verdict's result. */
static inline const char *cc_verdict_word(const cc_verdict_t *verdict)
{
    return cc_result_words[cc_verdict_result(verdict)];
}

/** True if there is a user or a group. */
bool cc_verdict_has_identity(const cc_verdict_t *verdict);

/** The name of the strength of the user; NULL: there is no user. */
static inline const char *cc_verdict_strength(const cc_verdict_t *verdict)
{
    return cc_strength_words[verdict->user ? verdict->strength : CC_STRENGTH_NONE];
}

/** The account of this name, compared octet by octet; NULL: the verdict has none. */
const cc_account_t *cc_verdict_account(const cc_verdict_t *verdict, const char *name);

/**
 * The verdict on a holder who chooses one of the names that the verdict allows: its user, or one of
 * its accounts, compared octet by octet. That one is the user; the former user, which is also the
 * `holder`, and the other accounts are the accounts, so that the same names remain. Groups and all
 * else stay as they are. NULL: it is not one of these names. Lives as long as `p` and the verdict,
 * which must be one of the rules; it is the verdict itself if the name is its user.
 */
const cc_verdict_t *cc_verdict_choose(const cc_verdict_t *verdict, const char *name, apr_pool_t *p);

/** True if the verdict has this group, compared octet by octet. */
static inline bool cc_verdict_in_group(const cc_verdict_t *verdict, const char *name)
{
    for (int i = 0; i < verdict->group_count; i++) {
        const char *group = verdict->groups[i].name;

        if (group[0] == name[0] && strcmp(group, name) == 0) { /* few have the same first letter */
            return true;
        }
    }
    return false;
}

/** One step of an evaluation, in the order of the rules. */
typedef struct cc_step_t {
    const char *where;     /* the rule */
    int number;            /* its place in the set */
    const char *field;     /* the field of its first condition that failed; NULL: all held */
    const char *condition; /* that condition, as written; NULL: all held */
    bool undecided;        /* that condition, and perhaps others, is undecided */
    int failed;            /* its place in the rule, from 0 */
    const char *seen;      /* the values that it tested, or "(none)"; NULL: all held. Escaped;
                              long values and long lists are cut (cc_text_excerpt, 16 values) */
    const char *confines;  /* NULL: a rule; otherwise a line of ClientCertNamespace, as text */
    const char *hint;      /* of cc_trace_hint; NULL: none */
    int nearness;          /* how many conditions held before that one, minus those after it */
} cc_step_t;

/**
 * Evaluates the rules for a certificate. This never fails: an undecided rule gives nothing, denies
 * if it has deny or stop, and is noted. A failed lookup or too many results end the evaluation with
 * the verdict's `failure`. All lookups see one generation of a table.
 *
 * The verdict is allocated in `result`, everything else in `scratch` (they may be the same; the
 * verdict does not point into `scratch` or the certificate). `trace`, if not NULL, is an array of
 * cc_step_t to which every rule that is reached appends a step, and after them every line of a
 * name space if a name is outside, with texts in the array's pool
 * (this turns the index off, but does not change the verdict). Any thread may call, each with its
 * own pools.
 */
const cc_verdict_t *cc_rules_evaluate(const cc_rules_t *rules, const cc_cert_t *cert,
                                      const cc_facts_t *facts, apr_array_header_t *trace,
                                      apr_pool_t *result, apr_pool_t *scratch);

/**
 * The steps that explain a verdict: those of all rules that match or are undecided, and of a few
 * others.
 */
typedef struct cc_trace_t {
    apr_array_header_t *steps; /* cc_step_t: those that hold or are undecided, and some others */
    int max;                   /* how many others there may be */
    int others;                /* how many there are */
    int rest;                  /* rules that do not match and have no step */
    int min_nearness;          /* of the others that have a step */
} cc_trace_t;

/**
 * cc_rules_evaluate with a trace. Of the rules that do not match, the trace has only the
 * `trace->max` that came nearest (cc_step_t.nearness; among equals, the first). The caller sets
 * `max` and provides an empty array.
 */
const cc_verdict_t *cc_rules_explain(const cc_rules_t *rules, const cc_cert_t *cert,
                                     const cc_facts_t *facts, cc_trace_t *trace, apr_pool_t *result,
                                     apr_pool_t *scratch);

/**
 * Sets the `hint` of steps whose condition does not hold: one sentence, usable text, with the
 * reason and mostly the condition to write instead, if the certificate proves it. A name is in the
 * other order, a pattern matches a part of a value, another field has the value ... A condition
 * that is offered holds for this certificate. `steps` are those of an evaluation with the same
 * arguments; the texts live in their pool. With `tables`, tables that need no other program are
 * searched for a key in another form, which counts as lookups. A hint may cost more than the
 * evaluation, so at most 64 steps of a trace get one. Any thread, for a trace of its own.
 */
void cc_trace_hint(apr_array_header_t *steps, const cc_rules_t *rules, const cc_cert_t *cert,
                   const cc_facts_t *facts, bool tables);

/** The CAs that may issue certificates to clients. */
typedef enum {
    CC_ISSUERS_ONE,
    CC_ISSUERS_SEVERAL,
    CC_ISSUERS_BY_DOMAIN /* those of SPIFFE trust domains, and perhaps others for all other
                            certificates: a SPIFFE ID determines which ones */
} cc_issuers_t;

/**
 * Likely mistakes (cc_note_t, CC07xx, in the order of the rules): a rule that can never match or
 * never has an effect, a pattern that matches more than its author intended, a deny that the holder
 * of the certificate can evade, and, with several `issuers`, a user from a field that other CAs
 * could give too while no condition determines the CA. Only certain findings are noted. The cost
 * grows with the number of rules; if comparing all of them would take more, a note says so
 * (CC0760). Lives as long as `p`.
 */
apr_array_header_t *cc_rules_lint(const cc_rules_t *rules, cc_issuers_t issuers, apr_pool_t *p);

/**
 * The findings of cc_rules_lint about single texts alone, for conditions that are not in a rule
 * (cc_rules_add_conditions). Lives as long as `p`.
 */
apr_array_header_t *cc_rules_lint_texts(const cc_rules_t *rules, apr_pool_t *p);

/**
 * Conditions that never hold for a certificate that a proxy passes on: those that need a value of a
 * field of the connection (cc_note_t, CC0781). Lives as long as `p`.
 */
apr_array_header_t *cc_rules_lint_connection(const cc_rules_t *rules, apr_pool_t *p);

/**
 * Conditions on the issuer with a name that, in the other order, is the name of a CA (cc_note_t,
 * CC0775, in the order of the rules). `names` are the names of all CAs that the rules may meet: the
 * `key` of each name (cc_value_t), and any value. Lives as long as `p`.
 */
apr_array_header_t *cc_rules_lint_issuers(const cc_rules_t *rules, apr_hash_t *names,
                                          apr_pool_t *p);

/** Where the first rule with account= was configured; NULL: none has it. */
const char *cc_rules_account_where(const cc_rules_t *rules);

/**
 * FIELD[|MODIFIER ...] on its own, as used in an export or an expression. Constant once made.
 */
typedef struct cc_selector_t cc_selector_t;

/** Compiles a selector, which lives as long as `p`. Errors are those of cc_rules_add. */
apr_status_t cc_selector_parse(const cc_selector_t **selector, const char *text, apr_pool_t *p,
                               cc_error_t *err);

/** True if the selector may have several values; cc_parts_join makes one text of them. */
bool cc_selector_many(const cc_selector_t *selector);

/**
 * The values of the selector, unusable ones included. They live as long as `p` and the certificate.
 */
cc_values_t cc_selector_values(const cc_selector_t *selector, const cc_cert_t *cert,
                               const cc_facts_t *facts, apr_pool_t *p);

/** The same as cc_field_path_need, for a selector. */
cc_path_need_t cc_selector_path_need(const cc_selector_t *selector);

/** The same as cc_field_stale_at, for a selector. */
apr_time_t cc_selector_stale_at(const cc_selector_t *selector, const cc_cert_t *cert,
                                const cc_facts_t *facts);

/**
 * Several parts as one text that can be split again: joined by ',', with "," and "\" inside a
 * part written "\," and "\\".
 */
const char *cc_parts_join(const char *const *parts, int count, apr_pool_t *p);

/** An operator or modifier, for the reference and its guard. */
typedef struct cc_word_t {
    const char *name;
    const char *description; /* one line of Markdown */
    const char *example;
} cc_word_t;

/** The i-th operator or modifier, or NULL past the end. */
const cc_word_t *cc_operator_at(int i);
const cc_word_t *cc_modifier_at(int i);

/** What the i-th modifier has in parentheses, for the reference: "N". NULL: it has no argument. */
const char *cc_modifier_argument_at(int i);

#endif
