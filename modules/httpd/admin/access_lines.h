/* SPDX-License-Identifier: Apache-2.0 */
/* Finds which directives control access to a request, and answers each Require in a query. */
#ifndef CC_ADMIN_ACCESS_LINES_H
#define CC_ADMIN_ACCESS_LINES_H

#include <mod_auth.h>

#include "httpd/conf/module.h"
#include "httpd/conf/view.h"

/*
 * In a query alone, a second module is added once all others are loaded. It has rows for directives
 * that control access, so its records hold the directives in effect for a request, as httpd merges
 * them, those of .htaccess included. It replaces the providers of Require, so mod_authz_core
 * evaluates its sections as usual, but each line is answered here.
 */

/** The kinds of directives of other modules that control access besides Require. */
typedef enum {
    CC_LINE_REQUIRE,    /* and <AuthzProviderAlias: not kept */
    CC_LINE_COMPAT,     /* Order, Allow, Deny, of mod_access_compat */
    CC_LINE_SSL_EXPR,   /* SSLRequire */
    CC_LINE_SSL_VERIFY, /* SSLVerifyClient in a section */
    CC_LINE_SSL_CIPHER, /* SSLCipherSuite in a section */
    CC_LINE_SSL_ONLY,   /* SSLRequireSSL */
    CC_LINE_SSL_USER,   /* SSLUserName */
    CC_LINE_SSL_FAKE,   /* SSLOptions with FakeBasicAuth */
    CC_LINE_LUA,        /* LuaHookAccessChecker and the like */
    CC_LINE_IF          /* <If>, <ElseIf>, <Else> */
} cc_line_kind_t;

/** A directive in effect. */
typedef struct cc_access_line_t {
    const ap_directive_t *directive;
    cc_line_kind_t kind;
} cc_access_line_t;

/** The directives in effect for a request (cc_access_line_t), in the order of their merges. */
const apr_array_header_t *cc_access_lines(const request_rec *r);

/** The last one of a kind in effect for a request; NULL: none. */
const cc_access_line_t *cc_access_line_last(const request_rec *r, cc_line_kind_t kind);

/** The argument of SSLVerifyClient; NULL: it is not in effect in a section. */
cc_verify_client_t cc_access_line_verify(const cc_access_line_t *line, apr_pool_t *p);

/** "DIRECTIVE ARGUMENTS at FILE:LINE". In `p`. */
const char *cc_access_line_text(const ap_directive_t *directive, apr_pool_t *p);

/** How a run answers for the lines that cannot be decided. */
typedef enum {
    CC_RUN_COLLECT, /* no line counts: all in effect are visited and recorded */
    CC_RUN_HELP,    /* they admit the client */
    CC_RUN_HINDER,  /* they do not */
    CC_RUN_NO_USER  /* they would need a user, if there is none */
} cc_run_mode_t;

/** A Require in effect, and its answer. Texts live as long as the run's pool. */
typedef struct cc_require_answer_t {
    const ap_directive_t *directive;
    const char *unknown; /* why it cannot be decided; NULL: it can */
    authz_status status; /* of the line, its "not" included; undefined if it is not known */
} cc_require_answer_t;

/** One evaluation of the access control of a request. */
typedef struct cc_access_run_t {
    const request_rec *request; /* not its subrequests */
    cc_run_mode_t mode;
    apr_array_header_t *requires; /* cc_require_answer_t: CC_RUN_COLLECT appends */
} cc_access_run_t;

/** pre_config: in a query, adds the second module. Returns OK, or !OK: it cannot be added. */
int cc_access_lines_prepare(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp);

#endif
