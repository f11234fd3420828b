/* SPDX-License-Identifier: Apache-2.0 */
/* Knows what the parts of lint share: the configuration they look at, and how they judge a line. */
#ifndef CC_LINT_H
#define CC_LINT_H

#include "httpd/internal.h"

#include <apr_hash.h>

#include "httpd/conf/view.h"

/** The rules that stand in one server, and what they give. */
typedef struct cc_ruled_t {
    const cc_scope_t *whole;      /* of the server as a whole; NULL: none */
    apr_array_header_t *sections; /* const cc_scope_t * */
    cc_reachable_t *whole_gives;      /* NULL: not asked yet; as the next one */
    cc_reachable_t *sections_give;
} cc_ruled_t;

/** The configuration, and what has been found in it. */
typedef struct cc_lint_t {
    server_rec *server; /* the main one */
    apr_pool_t *pool;
    const apr_array_header_t *sites; /* const cc_site_t * */
    apr_array_header_t *kinds;       /* const cc_site_t *: the first one of each kind */
    apr_array_header_t *scopes;      /* cc_scope_t */
    apr_hash_t *ruled;               /* server to cc_ruled_t */
    cc_reachable_t *given;               /* by all scopes; NULL: not asked yet */
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
 * alike for all servers of one kind (lint_scopes.c).
 */
typedef cc_line_state_t cc_judge_fn(cc_lint_t *lint, const cc_site_t *site,
                                    const cc_place_t *place, const void *what);

/**
 * The first server in which a line is at fault; NULL if there is none, or one where it is fine.
 * What stands in the main server is in effect in all of them.
 */
const cc_site_t *cc_lint_culprit(cc_lint_t *lint, const cc_line_t *line, cc_judge_fn *judge,
                                 const void *what);

/** The directive of a line. */
const ap_directive_t *cc_line_directive(const cc_line_t *line);

/** Adds a finding. */
void cc_lint_tell(cc_lint_t *lint, const char *tag, const char *where, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/**
 * Takes up the scopes and sites of `lint`: to be called before all that follows
 * (lint_scopes.c).
 */
void cc_lint_scopes_read(cc_lint_t *lint);

/** The scope of a server as a whole, NULL where it has no rules of its own. */
const cc_scope_t *cc_lint_scope(const cc_lint_t *lint, const cc_site_t *site);

/** True if any rules can be in effect in a request to this server. */
bool cc_lint_has_rules(const cc_lint_t *lint, const cc_site_t *site);

/** True if all requests to this server have rules in effect, or all to the section of this place.
 */
bool cc_lint_ruled(cc_lint_t *lint, const cc_site_t *site, const cc_place_t *place);

/** Whether rules can give a name: cc_reachable_user or cc_reachable_group. */
typedef bool cc_gives_fn(const cc_reachable_t *given, const char *name);

/**
 * True if rules that can be in effect in a request to this server may give the name; or, with
 * `site` NULL, in a request to any server.
 */
bool cc_lint_may_give(cc_lint_t *lint, const cc_site_t *site, cc_gives_fn *gives,
                      const char *name);

/** True if a server with TLS in which the rules of this scope can be in effect has several CAs. */
bool cc_lint_scope_several_cas(cc_lint_t *lint, const cc_scope_t *scope);

/** True if a virtual host trusts several CAs that may issue clients (trust.c). */
bool cc_lint_several_cas(cc_lint_t *lint, const cc_site_t *site);

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

#endif
