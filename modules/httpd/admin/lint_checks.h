/* SPDX-License-Identifier: Apache-2.0 */
/* Declares the checks of lint. Each one judges the lines of certain directives. */
#ifndef CC_ADMIN_LINT_CHECKS_H
#define CC_ADMIN_LINT_CHECKS_H

#include <stdbool.h>

#include "httpd/admin/lint_line.h"
#include "httpd/conf/view.h"

/**
 * Judges one line of a directive, and adds its mistakes to the findings (cc_lint_add). One thread.
 */
typedef void cc_lint_fn(cc_lint_t *lint, const cc_line_t *line);

/*
 * lint_handshake.c: rules, CAs and Require where a certificate is never requested, or is requested
 * too late.
 */
cc_lint_fn cc_lint_map, cc_lint_ca, cc_lint_asked, cc_lint_verify_client;

/* lint_require.c: Require lines that never match; passes Require expr to lint_expression.c. */
cc_lint_fn cc_lint_require;

/* lint_expression.c: the expressions of <If>, and of Require expr, negated or not. */
cc_lint_fn cc_lint_if;
void cc_lint_require_expr(cc_lint_t *lint, const cc_line_t *line, const char *expression);

/*
 * lint_early.c: directives that run before the user is known. The first one is for expressions that
 * are always evaluated so early.
 */
cc_lint_fn cc_lint_early_expression, cc_lint_rewrite, cc_lint_ssl_require, cc_lint_set_env_if,
    cc_lint_header;

/* lint_sent.c: RequestHeader; passes it to cc_lint_header too. */
cc_lint_fn cc_lint_request_header;

/* lint_variable.c: variables that are never set. `variables` are the arguments of Require env. */
cc_lint_fn cc_lint_allow;
void cc_lint_require_env(cc_lint_t *lint, const cc_line_t *line, const char *variables);

/* lint_error_page.c: error pages to which access is denied. */
cc_lint_fn cc_lint_error_document;

/*
 * lint_user.c: users that mod_ssl sets, conditions on the verification by mod_ssl, and a directive
 * of mod_authz_svn that ignores users from certificates.
 */
cc_lint_fn cc_lint_user_name, cc_lint_options, cc_lint_verify_condition, cc_lint_svn_anonymous;

/* lint_login.c: directives that need a login beside the certificate. */
cc_lint_fn cc_lint_same_user, cc_lint_auth;

/*
 * lint_forwarded.c: where proxies pass on certificates, directives about the certificate of the
 * connection, and rules about the connection. The first one is for all lines that have another
 * check, the second one looks at each set of rules.
 */
cc_lint_fn cc_lint_forwarded;
void cc_lint_forwarded_rules(cc_lint_t *lint);

/*
 * lint_cas.c: CAs whose certificates never verify. Unlike the others, it looks at each server
 * that requests certificates.
 */
void cc_lint_cas(cc_lint_t *lint);

/*
 * lint_cas.c: the CAs of a server (of cc_surveyed_t), the same array for servers with the same CAs.
 * NULL: it requests no certificates, or its CAs are not known for certain.
 */
const apr_array_header_t *cc_lint_survey(cc_lint_t *lint, const cc_conf_view_t *view);

/* lint_namespaces.c: the lines of ClientCertNamespace, and rules that give other names. */
void cc_lint_namespaces(cc_lint_t *lint);

/* lint_issuer.c: rules that name a CA in the other order. It looks at each set of rules. */
void cc_lint_issuers(cc_lint_t *lint);

/*
 * lint_replaced.c: directives of mod_ssl that have no effect, or an unwanted one, where
 * ClientCertCA is set. It looks at each server.
 */
void cc_lint_replaced(cc_lint_t *lint);

/** Findings about mod_ssl's directives on OCSP that have no effect (lint_ocsp.c). */
void cc_lint_ocsp(cc_lint_t *lint);

/** Finds a ClientCertPinned that no virtual host can use (lint_pinned.c). */
void cc_lint_pinned(cc_lint_t *lint);

/* lint_account.c: ClientCertAccount and account= that do not go together. It looks at all lines. */
void cc_lint_accounts(cc_lint_t *lint);

/* lint_tables.c: tables with valid= of which no row counts now. */
void cc_lint_tables(cc_lint_t *lint);

/* lint_shadow.c: marks the findings about shadow rules as such. To be called after all others. */
void cc_lint_shadows(cc_lint_t *lint);

/* lint_trust.c: the CAs of a server that may issue client certificates. */
cc_issuers_t cc_lint_issuers_of(cc_lint_t *lint, const cc_conf_view_t *view);

#endif
