/* SPDX-License-Identifier: Apache-2.0 */
/* Lint of name spaces: lines that confine nothing, and rules whose names no line allows. */

#include <stdarg.h>
#include <string.h>

#include <apr_strings.h>

#include "rules/logic.h"
#include "rules/modifier.h"
#include "rules/namespace.h"

static void note_add(apr_array_header_t *notes, const char *tag, const char *where, const char *fmt,
                     ...) __attribute__((format(printf, 4, 5)));

static void note_add(apr_array_header_t *notes, const char *tag, const char *where, const char *fmt,
                     ...)
{
    cc_note_t *note = &APR_ARRAY_PUSH(notes, cc_note_t);
    va_list args;

    *note = (cc_note_t){.kind = CC_NOTE_LINT, .tag = tag, .where = where};
    va_start(args, fmt);
    note->text = apr_pvsprintf(notes->pool, fmt, args);
    va_end(args);
}

/* ---- lines ------------------------------------------------------------------------------- */

/* A line without conditions is meant for all certificates. */
static void holder_check(apr_array_header_t *notes, const cc_rule_t *line, cc_issuers_t issuers)
{
    if (issuers == CC_ISSUERS_ONE || line->conditions->nelts == 0 ||
        cc_issuer_binding_found(line, issuers)) {
        return;
    }
    note_add(notes, "CC0711", line->where,
             "no condition says which CA issued the certificate: every trusted CA can issue one "
             "for which this line holds; add a condition such as issuer == \"CN=...,O=...\"");
}

static bool matches_all(const char *pattern)
{
    static const char *const all[] = {".*", ".+", "(.*)", "(.+)"};

    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        if (strcmp(pattern, all[i]) == 0) {
            return true;
        }
    }
    return false;
}

static void everybody_check(apr_array_header_t *notes, const cc_rule_t *line, const char *output,
                            const apr_array_header_t *patterns)
{
    for (int i = 0; line->conditions->nelts == 0 && i < patterns->nelts; i++) {
        const char *text = APR_ARRAY_IDX(patterns, i, cc_allowed_t).text;

        if (matches_all(text)) {
            note_add(notes, "CC0712", line->where,
                     "%s=%s allows every %s to every certificate, so ClientCertNamespace confines "
                     "no %s; add a condition such as issuer == \"CN=...,O=...\"",
                     output, text, output, output);
        }
    }
}

apr_array_header_t *cc_namespaces_lint(const cc_namespaces_t *namespaces, cc_issuers_t issuers,
                                       apr_pool_t *p)
{
    const cc_rules_t *lines = cc_namespaces_rules(namespaces);
    apr_array_header_t *notes = cc_rules_lint(lines, CC_ISSUERS_ONE, p);

    for (int i = 0; i < lines->rules->nelts; i++) {
        const cc_rule_t *line = APR_ARRAY_IDX(lines->rules, i, const cc_rule_t *);

        holder_check(notes, line, issuers);
        everybody_check(notes, line, "user", line->space->users);
        everybody_check(notes, line, "group", line->space->groups);
    }
    return notes;
}

/* ---- rules ------------------------------------------------------------------------------- */

#define TRIES_MAX 256 /* patterns that are tried for one name; then it counts as allowed */

/* The patterns of all lines, for users or for groups, and what was found out about names. */
typedef struct cc_allowing_t {
    cc_matcher_t *matcher;
    apr_array_header_t *patterns; /* const cc_pattern_t * */
    apr_hash_t *known;            /* name -> "yes" or "no" */
} cc_allowing_t;

static cc_allowing_t allowing_make(const cc_rules_t *lines, bool group, apr_pool_t *p)
{
    cc_allowing_t allowing = {.patterns = apr_array_make(p, 8, sizeof(const cc_pattern_t *)),
                              .known = apr_hash_make(p)};

    for (int i = 0; i < lines->rules->nelts; i++) {
        const cc_space_t *space = APR_ARRAY_IDX(lines->rules, i, const cc_rule_t *)->space;
        const apr_array_header_t *allowed = group ? space->groups : space->users;

        for (int j = 0; j < allowed->nelts; j++) {
            APR_ARRAY_PUSH(allowing.patterns, const cc_pattern_t *) =
                APR_ARRAY_IDX(allowed, j, cc_allowed_t).pattern;
        }
    }
    if (allowing.patterns->nelts > 0) {
        allowing.matcher = cc_matcher_create(lines->engine, p);
    }
    return allowing;
}

/* A match that is abandoned proves nothing. */
static bool name_try(const cc_allowing_t *allowing, const char *name)
{
    cc_value_t value = cc_modified_text(name, strlen(name));
    const char *reason;
    int count = allowing->patterns->nelts;

    for (int i = 0; i < count && i < TRIES_MAX; i++) {
        const cc_pattern_t *pattern = APR_ARRAY_IDX(allowing->patterns, i, const cc_pattern_t *);

        cc_matcher_begin(allowing->matcher, false);
        if (cc_matcher_match(allowing->matcher, pattern, &value, NULL, &reason) != CC_FIT_NO) {
            return true;
        }
    }
    return count > TRIES_MAX;
}

static bool may_allow(const cc_allowing_t *allowing, const char *name)
{
    static const char yes[] = "yes", no[] = "no";
    const char *found = apr_hash_get(allowing->known, name, APR_HASH_KEY_STRING);

    if (!found) {
        found = name_try(allowing, name) ? yes : no;
        apr_hash_set(allowing->known, name, APR_HASH_KEY_STRING, found);
    }
    return found == yes;
}

/* The name that a template without variables always gives. */
static void template_check(apr_array_header_t *notes, const cc_rule_t *rule,
                           const cc_template_t *template, const cc_allowing_t *allowing)
{
    const struct iovec *literal;
    const char *name;

    if (!template || template->variables->nelts > 0 || template->parts->nelts != 1) {
        return;
    }
    literal = &APR_ARRAY_IDX(template->parts, 0, cc_part_t).literal;
    name = apr_pstrmemdup(notes->pool, literal->iov_base, literal->iov_len);
    if (!may_allow(allowing, name)) {
        note_add(notes, "CC0710", rule->where,
                 "%s: no ClientCertNamespace line allows this name, so a certificate that gets it "
                 "has no identity; allow it for the CA of these certificates, or change the rule",
                 cc_text_escape(template->text, strlen(template->text), notes->pool));
    }
}

apr_array_header_t *cc_namespaces_lint_rules(const cc_namespaces_t *namespaces,
                                             const cc_rules_t *rules, apr_pool_t *p)
{
    const cc_rules_t *lines = cc_namespaces_rules(namespaces);
    apr_array_header_t *notes = apr_array_make(p, 1, sizeof(cc_note_t));
    cc_allowing_t users = allowing_make(lines, false, p);
    cc_allowing_t groups = allowing_make(lines, true, p);

    for (int i = 0; i < rules->rules->nelts; i++) {
        const cc_rule_t *rule = APR_ARRAY_IDX(rules->rules, i, const cc_rule_t *);

        template_check(notes, rule, rule->user, &users);
        for (int j = 0; j < rule->accounts->nelts; j++) {
            template_check(notes, rule, APR_ARRAY_IDX(rule->accounts, j, const cc_template_t *),
                           &users);
        }
        for (int j = 0; j < rule->groups->nelts; j++) {
            template_check(notes, rule, APR_ARRAY_IDX(rule->groups, j, const cc_template_t *),
                           &groups);
        }
    }
    cc_matcher_destroy(users.matcher);
    cc_matcher_destroy(groups.matcher);
    return notes;
}
