/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of lint share: the configuration that is gone through, and its lines. */
#ifndef CC_ADMIN_LINT_LINE_H
#define CC_ADMIN_LINT_LINE_H

#include <stdbool.h>

#include <apr_hash.h>

#include "httpd/conf/module.h"
#include "httpd/conf/rulesets.h"
#include "httpd/conf/view.h"
#include "rules/rules.h"

/** The rules that stand in one server, and what they give. */
typedef struct cc_ruled_t {
    const cc_ruleset_t *whole;      /* of the server as a whole; NULL: none */
    apr_array_header_t *sections;   /* const cc_ruleset_t * */
    cc_reachable_t *whole_gives;    /* NULL: not gathered yet; as the next one */
    cc_reachable_t *sections_give;
} cc_ruled_t;

/** The configuration, and what has been found in it. */
typedef struct cc_lint_t {
    server_rec *server; /* the main one */
    apr_pool_t *pool;
    const apr_array_header_t *views; /* const cc_conf_view_t * */
    apr_array_header_t *kinds;       /* const cc_conf_view_t *: the first one of each kind */
    apr_array_header_t *rulesets;    /* cc_ruleset_t */
    apr_hash_t *ruled;               /* server to cc_ruled_t */
    cc_reachable_t *reachable;       /* by all rule sets; NULL: not gathered yet */
    apr_array_header_t *findings;    /* cc_note_t */
    apr_hash_t *lines;               /* "file:line args" to cc_line_t */
    apr_hash_t *holding;             /* sections to whether rules stand in them */
    apr_hash_t *unasked;             /* servers with a finding that clients are never asked */
    apr_hash_t *several;             /* files of CAs to whether they are several */
} cc_lint_t;

/** A line of the configuration, which stands in several places if its file is included twice. */
typedef struct cc_line_t {
    const char *where;          /* FILE:LINE */
    apr_array_header_t *places; /* const cc_place_t * */
} cc_line_t;

/** What a line is to one server in which it is in effect. */
typedef enum {
    CC_LINE_ASIDE, /* it does not matter there */
    CC_LINE_FINE,  /* it does what it says, or may do so */
    CC_LINE_FAULT
} cc_line_state_t;

/**
 * Judges a line at one of its places, for one server. `baton` is what cc_lint_culprit was
 * given. A line of the main server must be judged alike for all servers of one kind (see
 * lint_rulesets.c).
 */
typedef cc_line_state_t cc_line_judge_fn(cc_lint_t *lint, const cc_conf_view_t *view,
                                         const cc_place_t *place, const void *baton);

/**
 * The first server in which a line is at fault; NULL if there is none, or one where it is fine.
 * What stands in the main server is in effect in all of them.
 */
const cc_conf_view_t *cc_lint_culprit(cc_lint_t *lint, const cc_line_t *line,
                                      cc_line_judge_fn *judge, const void *baton);

/** The directive of a line. */
const ap_directive_t *cc_line_directive(const cc_line_t *line);

/** Adds a finding. `tag` is a literal and `where` is kept by reference; the text is copied. */
void cc_lint_add(cc_lint_t *lint, const char *tag, const char *where, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

#endif
