/* SPDX-License-Identifier: Apache-2.0 */
/* Declares what the files of lint share: the configuration, and its lines. */
#ifndef CC_ADMIN_LINT_LINE_H
#define CC_ADMIN_LINT_LINE_H

#include <stdbool.h>

#include <apr_hash.h>

#include "httpd/conf/module.h"
#include "httpd/conf/rulesets.h"
#include "httpd/conf/view.h"
#include "rules/reachable.h"
#include "rules/rules.h"

/** The strongest user that some rules give. */
typedef struct cc_strongest_t {
    cc_strength_t strength; /* CC_STRENGTH_NONE: they give no user */
    const char *where;      /* the first rule that gives it; NULL: none */
} cc_strongest_t;

/** The rules of one server, and the names that they give. */
typedef struct cc_ruled_t {
    const cc_ruleset_t *whole;    /* of the server as a whole; NULL: none */
    apr_array_header_t *sections; /* const cc_ruleset_t * */
    cc_reachable_t *whole_gives;  /* NULL: not collected yet, as for the next member */
    cc_reachable_t *sections_give;
    cc_strongest_t sections_strongest;
} cc_ruled_t;

/** The configuration, and the findings. */
typedef struct cc_lint_t {
    server_rec *server; /* the main one */
    apr_pool_t *pool;
    const apr_array_header_t *views; /* const cc_conf_view_t * */
    apr_array_header_t *kinds;       /* const cc_conf_view_t *: the first one of each kind */
    apr_array_header_t *rulesets;    /* cc_ruleset_t */
    apr_array_header_t *judged;      /* the same and those of ClientCertMapShadow, whose rules are
                                        judged too, but give nothing */
    apr_hash_t *ruled;               /* server to cc_ruled_t */
    cc_strongest_t strongest;        /* of all rule sets */
    cc_reachable_t *reachable;       /* by all rule sets; NULL: not collected yet */
    apr_array_header_t *findings;    /* cc_note_t */
    apr_hash_t *lines;               /* "file:line args" to cc_line_t */
    apr_hash_t *holding;             /* sections to whether they contain rules */
    apr_hash_t *unasked;             /* servers found to never request certificates */
    apr_hash_t *exports;             /* names in ClientCertExport; NULL: not collected yet */
    apr_hash_t *locations;           /* servers to their <Location> sections (lint_error_page.c) */
    apr_hash_t *sent;                /* headers of ClientCertForward, by place (lint_sent.c);
                                        NULL: not collected yet */
    struct cc_ca_files_t *ca_files;  /* ClientCertCA */
    apr_hash_t *cas;                 /* the CAs of servers (lint_cas.c) */
    apr_hash_t *issuers;             /* files of CAs to cc_issuers_t (lint_trust.c) */
} cc_lint_t;

/** A line of the configuration. It has several places if its file is included more than once. */
typedef struct cc_line_t {
    const char *where;          /* FILE:LINE */
    apr_array_header_t *places; /* const cc_place_t * */
} cc_line_t;

/** The judgement on a line, in one server. */
typedef enum {
    CC_LINE_ASIDE, /* it is irrelevant in this server */
    CC_LINE_FINE,  /* it works, or may work */
    CC_LINE_FAULT
} cc_line_state_t;

/**
 * Judges a line at one of its places, for one server. `baton` is the one given to cc_lint_culprit.
 * For a line of the main server, the result must be the same for all servers of one kind
 * (lint_rulesets.c).
 */
typedef cc_line_state_t cc_line_judge_fn(cc_lint_t *lint, const cc_conf_view_t *view,
                                         const cc_place_t *place, const void *baton);

/**
 * The first server in which a line is at fault; NULL if it is fine in at least one server, or at
 * fault in none. A line of the main server is in effect in all servers.
 */
const cc_conf_view_t *cc_lint_culprit(cc_lint_t *lint, const cc_line_t *line,
                                      cc_line_judge_fn *judge, const void *baton);

/** The directive of a line. */
const ap_directive_t *cc_line_directive(const cc_line_t *line);

/** Adds a finding. `tag` is a literal and `where` is kept by reference; the text is copied. */
void cc_lint_add(cc_lint_t *lint, const char *tag, const char *where, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

#endif
