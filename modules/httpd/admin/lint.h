/* SPDX-License-Identifier: Apache-2.0 */
/* Knows what the parts of lint share: the configuration they look at, and how they judge a line. */
#ifndef CC_LINT_H
#define CC_LINT_H

#include <stdbool.h>

#include <apr_hash.h>

#include "httpd/conf/module.h"
#include "httpd/conf/rulesets.h"
#include "httpd/conf/view.h"
#include "rules/rules.h"

/** The rules that stand in one server, and what they give. */
typedef struct cc_ruled_t {
    const cc_ruleset_t *whole;      /* of the server as a whole; NULL: none */
    apr_array_header_t *sections; /* const cc_ruleset_t * */
    cc_reachable_t *whole_gives;      /* NULL: not asked yet; as the next one */
    cc_reachable_t *sections_give;
} cc_ruled_t;

/** The configuration, and what has been found in it. */
typedef struct cc_lint_t {
    server_rec *server; /* the main one */
    apr_pool_t *pool;
    const apr_array_header_t *views; /* const cc_conf_view_t * */
    apr_array_header_t *kinds;       /* const cc_conf_view_t *: the first one of each kind */
    apr_array_header_t *rulesets;      /* cc_ruleset_t */
    apr_hash_t *ruled;               /* server to cc_ruled_t */
    cc_reachable_t *given;               /* by all rulesets; NULL: not asked yet */
    apr_array_header_t *findings;    /* cc_note_t */
    apr_hash_t *lines;               /* "file:line args" to cc_line_t */
    apr_hash_t *holding;             /* sections to whether rules stand in them */
    apr_hash_t *told;                /* servers of which a finding tells that nobody is asked */
    apr_hash_t *several;             /* files of CAs to whether they are several */
} cc_lint_t;

/** A line of the configuration, which stands in several places if its file is included twice. */
typedef struct cc_line_t {
    const char *where;          /* file:line */
    apr_array_header_t *places; /* const cc_place_t * */
} cc_line_t;

/** What a line is to one server in which it is in effect. */
typedef enum {
    CC_LINE_ASIDE, /* it does not matter there */
    CC_LINE_FINE,  /* it does what it says, or may do so */
    CC_LINE_FAULT
} cc_line_state_t;

/**
 * Judges it by `what`, which cc_lint_culprit was given. A line of the main server must be judged
 * alike for all servers of one kind (lint_rulesets.c).
 */
typedef cc_line_state_t cc_judge_fn(cc_lint_t *lint, const cc_conf_view_t *view,
                                    const cc_place_t *place, const void *what);

/**
 * The first server in which a line is at fault; NULL if there is none, or one where it is fine.
 * What stands in the main server is in effect in all of them.
 */
const cc_conf_view_t *cc_lint_culprit(cc_lint_t *lint, const cc_line_t *line, cc_judge_fn *judge,
                                 const void *what);

/** The directive of a line. */
const ap_directive_t *cc_line_directive(const cc_line_t *line);

/** Adds a finding. */
void cc_lint_tell(cc_lint_t *lint, const char *tag, const char *where, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/**
 * Takes up the rulesets and views of `lint`: to be called before all that follows
 * (lint_rulesets.c).
 */
void cc_lint_rulesets_read(cc_lint_t *lint);

/** The ruleset of a server as a whole, NULL where it has no rules of its own. */
const cc_ruleset_t *cc_lint_ruleset(const cc_lint_t *lint, const cc_conf_view_t *view);

/** True if any rules can be in effect in a request to this server. */
bool cc_lint_has_rules(const cc_lint_t *lint, const cc_conf_view_t *view);

/** True if all requests to this server have rules in effect, or all to the section of this place.
 */
bool cc_lint_ruled(cc_lint_t *lint, const cc_conf_view_t *view, const cc_place_t *place);

/** Whether rules can give a name: cc_reachable_user or cc_reachable_group. */
typedef bool cc_gives_fn(const cc_reachable_t *given, const char *name);

/**
 * True if rules that can be in effect in a request to this server may give the name; or, with
 * `view` NULL, in a request to any server.
 */
bool cc_lint_may_give(cc_lint_t *lint, const cc_conf_view_t *view, cc_gives_fn *gives,
                      const char *name);

/** True if a server with TLS in which this rule set can be in effect has several CAs. */
bool cc_lint_ruleset_several_cas(cc_lint_t *lint, const cc_ruleset_t *ruleset);

/** True if a virtual host trusts several CAs that may issue clients (trust.c). */
bool cc_lint_several_cas(cc_lint_t *lint, const cc_conf_view_t *view);

/** Looks at one line of a directive. */
typedef void cc_lint_fn(cc_lint_t *lint, const cc_line_t *line);

cc_lint_fn cc_lint_map, cc_lint_asked, cc_lint_verify_client; /* handshake.c */
cc_lint_fn cc_lint_require;                                   /* require.c */
cc_lint_fn cc_lint_if;                                        /* expression.c */
cc_lint_fn cc_lint_rewrite;                                   /* early.c */
cc_lint_fn cc_lint_user_name, cc_lint_options;                /* user.c */
cc_lint_fn cc_lint_verify_condition;                          /* user.c */

/** Looks at the expression of a Require expr, negated or not (expression.c). */
void cc_lint_require_expr(cc_lint_t *lint, const cc_line_t *line, const char *expression);

/**
 * What is probably not meant in the configuration in effect (cc_note_t, CC07xx, in the order of the
 * configuration): each with the file:line at fault, what is wrong and what to write instead. To be
 * called once the configuration has been read. What is not certain is not told. Lives as long as
 * `p`.
 */
apr_array_header_t *cc_lint_findings(server_rec *s, apr_pool_t *p);

/** post_config: warns of what is probably not meant in the configuration. Returns OK. */
int cc_lint_start(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s);

/** test_config: the same for httpd -t. */
void cc_lint_test(apr_pool_t *pconf, server_rec *s);

#endif
