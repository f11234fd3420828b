/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the literal texts with which all matches of a pattern begin and end. */

/*
 * The pattern is read once from left to right. Literal characters outside of all groups make a run;
 * anything else ends the run. The first run, if the pattern begins with it, is the beginning; the
 * last one, if the pattern ends with it, is the end. A quantifier takes the character before it out
 * of its run. A pattern with an alternative outside of groups, with options, or with syntax that
 * this file does not know has neither.
 */

#include <string.h>

#include <apr_lib.h>

#include "rules/logic.h"

typedef struct cc_run_t {
    const char *at;
    int depth;        /* of groups */
    bool first;       /* nothing but literal characters so far */
    bool after_one;   /* a literal character comes right before */
    bool given_up;    /* neither is known */
    char *run;        /* the current run */
    apr_size_t len;   /* of it */
    apr_size_t begin; /* how many octets of the first run are certain */
} cc_run_t;

/* The next item is not a literal character. */
static void run_end(cc_run_t *run)
{
    if (run->first) {
        run->begin = run->len;
        run->first = false;
    }
    /* A new run is stored after the first one. */
    run->run += run->len;
    run->len = 0;
    run->after_one = false;
}

static void literal_read(cc_run_t *run, char c, int octets)
{
    run->at += octets;
    if (run->depth == 0) {
        run->run[run->len++] = c;
        run->after_one = true;
    }
}

/* Escapes of one letter: classes and assertions that have no argument. */
static void escape_read(cc_run_t *run)
{
    unsigned char c = (unsigned char)run->at[1];

    if (c >= 0x80 || c == '\0' || (apr_isalnum(c) && !strchr("dDwWsShHvVbBAzZRX", c))) {
        run->given_up = true;
    } else if (apr_isalnum(c)) {
        run_end(run);
        run->at += 2;
    } else {
        literal_read(run, (char)c, 2);
    }
}

/* One item of a class: x, \x or [:alpha:]; where it ends may be unclear. */
static const char *class_item(cc_run_t *run, const char *at)
{
    const char *end = strchr(at, ']');

    if (at[0] == '\\') {
        run->given_up = run->given_up || at[1] == 'Q' || at[1] == 'E';
        return at + (at[1] ? 2 : 1);
    }
    if (at[0] != '[' || !at[1] || !strchr(":.=", at[1])) {
        return at + 1;
    }
    run->given_up = run->given_up || !end || end < at + 3 || end[-1] != at[1];
    return end ? end + 1 : at + 1;
}

static void class_read(cc_run_t *run)
{
    const char *at = run->at + 1;

    at += *at == '^';
    at += *at == ']';
    while (*at && *at != ']') {
        at = class_item(run, at);
    }
    run->at = at + (*at != '\0');
    run_end(run);
}

static void group_read(cc_run_t *run)
{
    const char *at = run->at;

    if (at[0] == '(' && (at[1] == '*' || (at[1] == '?' && !strchr(":<=!>|", at[2])))) {
        run->given_up = true; /* verbs, options, comments, conditions, recursion */
    }
    run->depth += at[0] == '(' ? 1 : -1;
    run->at++;
    run_end(run);
}

static void quantifier_read(cc_run_t *run)
{
    if (run->after_one) {
        run->len--;
    }
    run->at++;
    run_end(run);
}

static void token_read(cc_run_t *run)
{
    char c = *run->at;

    if (c == '\\') {
        escape_read(run);
    } else if (c == '[') {
        class_read(run);
    } else if (c == '(' || c == ')') {
        group_read(run);
    } else if (c == '|' && run->depth == 0) {
        run->given_up = true;
    } else if (strchr("*+?{", c)) {
        quantifier_read(run);
    } else if (strchr(".^$|}]", c) || (unsigned char)c >= 0x80) {
        run->at++;
        run_end(run);
    } else {
        literal_read(run, c, 1);
    }
}

void cc_pattern_literals(const char *pattern, struct iovec *begin, struct iovec *end, apr_pool_t *p)
{
    char *buffer = apr_palloc(p, strlen(pattern) + 1);
    cc_run_t run = {.at = pattern, .first = true, .run = buffer};

    while (*run.at && !run.given_up) {
        token_read(&run);
    }
    if (run.first) {
        run.begin = run.len;
    }
    *begin = (struct iovec){buffer, run.given_up ? 0 : run.begin};
    *end = (struct iovec){run.run, run.given_up ? 0 : run.len};
}
