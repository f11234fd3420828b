/* SPDX-License-Identifier: Apache-2.0 */
/* Gives the names of results and strengths, and joins several names into one text. */

#include <string.h>

#include <apr_strings.h>

#include "rules/internal.h"

const char *const cc_result_words[CC_RESULT_COUNT + 1] = {
    [CC_RESULT_MAPPED] = "mapped", [CC_RESULT_UNMAPPED] = "unmapped", [CC_RESULT_DENIED] = "denied",
    [CC_RESULT_FAILED] = "failed", [CC_RESULT_OUTSIDE] = "outside",
};

const char *const cc_strength_words[CC_STRENGTH_COUNT + 1] = {
    [CC_STRENGTH_WEAK] = "weak",
    [CC_STRENGTH_NAMED] = "named",
    [CC_STRENGTH_STRONG] = "strong",
};

cc_result_t cc_verdict_result(const cc_verdict_t *verdict)
{
    if (verdict->failure) {
        return CC_RESULT_FAILED;
    }
    if (verdict->denied_where) {
        return CC_RESULT_DENIED;
    }
    if (verdict->outside_where) {
        return CC_RESULT_OUTSIDE;
    }
    return cc_verdict_has_identity(verdict) ? CC_RESULT_MAPPED : CC_RESULT_UNMAPPED;
}

bool cc_verdict_has_identity(const cc_verdict_t *verdict)
{
    return verdict->user || verdict->group_count > 0;
}

const cc_account_t *cc_verdict_account(const cc_verdict_t *verdict, const char *name)
{
    for (int i = 0; i < verdict->account_count; i++) {
        if (strcmp(verdict->accounts[i].name, name) == 0) {
            return &verdict->accounts[i];
        }
    }
    return NULL;
}

const cc_verdict_t *cc_verdict_choose(const cc_verdict_t *verdict, const char *name, apr_pool_t *p)
{
    const cc_account_t *chosen;
    cc_account_t *others;
    cc_verdict_t *made;

    if (verdict->user && strcmp(verdict->user, name) == 0) {
        return verdict;
    }
    chosen = cc_verdict_account(verdict, name);
    if (!chosen) {
        return NULL;
    }
    made = apr_pmemdup(p, verdict, sizeof(*verdict));
    others = apr_palloc(p, sizeof(*others) * (apr_size_t)verdict->account_count);
    made->user = chosen->name;
    made->holder = verdict->user;
    made->user_where = chosen->where;
    made->strength = chosen->strength;
    made->account_count = 0;
    made->accounts = others;
    if (verdict->user) {
        others[made->account_count++] =
            (cc_account_t){verdict->user, verdict->user_where, verdict->strength};
    }
    for (int i = 0; i < verdict->account_count; i++) {
        if (&verdict->accounts[i] != chosen) {
            others[made->account_count++] = verdict->accounts[i];
        }
    }
    return made;
}

static bool needs_escape(char c)
{
    return c == ',' || c == '\\';
}

static apr_size_t joined_size(const char *const *parts, int count)
{
    apr_size_t size = 1;

    for (int i = 0; i < count; i++) {
        for (const char *c = parts[i]; *c; c++) {
            size += needs_escape(*c) ? 2 : 1;
        }
        size++; /* the comma */
    }
    return size;
}

const char *cc_parts_join(const char *const *parts, int count, apr_pool_t *p)
{
    char *text = apr_palloc(p, joined_size(parts, count));
    char *to = text;

    for (int i = 0; i < count; i++) {
        if (i > 0) {
            *to++ = ',';
        }
        for (const char *c = parts[i]; *c; c++) {
            if (needs_escape(*c)) {
                *to++ = '\\';
            }
            *to++ = *c;
        }
    }
    *to = '\0';
    return text;
}
