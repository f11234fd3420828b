/* SPDX-License-Identifier: Apache-2.0 */
/* Finds error pages that the clients they are meant for cannot see, because access is denied. */
/*
 * httpd checks access to the page of ErrorDocument 403 again, unless the same sections apply to the
 * page as to the request. If the page needs a certificate, too, a client without one that another
 * section has denied gets the text of httpd instead of the page.
 *
 * The last <Location> that matches the path of the page, and has a Require, decides. If a server
 * has anything that may decide instead, nothing is reported.
 */
#include <apr_strings.h>

#include "base/text.h"
#include "httpd/admin/lint_checks.h"
#include "httpd/admin/lint_line.h"
#include "httpd/conf/directive.h"
#include "httpd/conf/use.h"
#include "httpd/conf/view.h"

static bool is(const ap_directive_t *directive, const char *name)
{
    return !strcasecmp(directive->directive, name);
}

/* ---- what a section requires --------------------------------------------------------------- */

static bool needs_certificate(const ap_directive_t *directive, bool all);

/* True if this Require, or this container of them, is never met without a certificate. */
static bool is_strict(const ap_directive_t *directive)
{
    if (is(directive, "Require")) {
        return !strncasecmp(directive->args, "clientcert", 10);
    }
    return !is(directive, "<RequireNone") &&
           needs_certificate(directive->first_child, is(directive, "<RequireAll"));
}

/* `all`: all of the lines must be met; otherwise any of them is enough. */
static bool needs_certificate(const ap_directive_t *directive, bool all)
{
    int strict = 0, others = 0;

    for (; directive; directive = directive->next) {
        if (!strncasecmp(directive->directive, "<Limit", 6)) {
            return false;
        }
        if (is(directive, "Require") || !strncasecmp(directive->directive, "<Require", 8)) {
            is_strict(directive) ? strict++ : others++;
        }
    }
    return strict > 0 && (all || others == 0);
}

static bool has_require(const ap_directive_t *directive)
{
    while (directive && strncasecmp(directive->directive, "Require", 7) != 0 &&
           strncasecmp(directive->directive, "<Require", 8) != 0 &&
           strncasecmp(directive->directive, "<Limit", 6) != 0) {
        directive = directive->next;
    }
    return directive != NULL;
}

/* ---- the sections of a server -------------------------------------------------------------- */

/* A <Location> with a Require, and its number: of two that match, the later one decides. */
typedef struct cc_location_t {
    const ap_directive_t *directive;
    int number;
    bool strict; /* no client is admitted without a certificate */
} cc_location_t;

/* Those of a server. */
typedef struct cc_locations_t {
    apr_hash_t *by_path; /* to cc_location_t, the last one of each path */
    int strict;          /* how many of them are strict */
    bool unsure;         /* something else may decide about access */
} cc_locations_t;

/* These may decide about access in place of a <Location>, or change the path. */
static bool is_unsure(const cc_place_t *place)
{
    static const char *const names[] = {"AuthMerging", "Satisfy", "<If",
                                        "<ElseIf",     "<Else",   "<LocationMatch"};
    const ap_directive_t *directive = place->directive;

    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        if (is(directive, names[i])) {
            return true;
        }
    }
    /* A client that may log in with a password gets 401, whose page is another one. */
    if (is(directive, "AuthType") && strcasecmp(directive->args, "ClientCert")) {
        return true;
    }
    return is(directive, "RewriteRule") && !place->section;
}

static void location_note(cc_locations_t *locations, const ap_directive_t *directive, int number,
                          apr_pool_t *p)
{
    cc_location_t *location = apr_palloc(p, sizeof(*location));
    const char *args = apr_pstrndup(p, directive->args, strcspn(directive->args, ">"));
    const char *path = ap_getword_conf(p, &args);

    *location =
        (cc_location_t){directive, number, needs_certificate(directive->first_child, false)};
    if (*path != '/' || strpbrk(path, "*?[")) {
        locations->unsure = true;
    } else if (has_require(directive->first_child)) {
        apr_hash_set(locations->by_path, path, APR_HASH_KEY_STRING, location);
    }
}

static int strict_count(apr_hash_t *by_path, apr_pool_t *p)
{
    int count = 0;

    for (apr_hash_index_t *i = apr_hash_first(p, by_path); i; i = apr_hash_next(i)) {
        count += ((const cc_location_t *)apr_hash_this_val(i))->strict;
    }
    return count;
}

static const cc_locations_t *locations_of(cc_lint_t *lint, const cc_conf_view_t *view)
{
    cc_locations_t *locations = apr_hash_get(lint->locations, &view->server, sizeof(view->server));

    if (locations) {
        return locations;
    }
    locations = apr_pcalloc(lint->pool, sizeof(*locations));
    locations->by_path = apr_hash_make(lint->pool);
    apr_hash_set(lint->locations, &view->server, sizeof(view->server), locations);
    for (int i = 0; i < view->places->nelts; i++) {
        const cc_place_t *place = &APR_ARRAY_IDX(view->places, i, cc_place_t);

        if (is(place->directive, "<Location")) {
            location_note(locations, place->directive, i, lint->pool);
        }
        locations->unsure = locations->unsure || is_unsure(place);
    }
    locations->strict = strict_count(locations->by_path, lint->pool);
    return locations;
}

/* The sections of a server that match a path. */
typedef struct cc_matching_t {
    const cc_location_t *last; /* NULL: none */
    int strict;                /* how many of them are strict */
} cc_matching_t;

static void match_add(cc_matching_t *matching, const cc_location_t *location)
{
    if (location) {
        matching->strict += location->strict;
        if (!matching->last || location->number > matching->last->number) {
            matching->last = location;
        }
    }
}

/* <Location "/a"> matches /a and /a/b, <Location "/a/"> only the latter. */
static cc_matching_t matching_of(const cc_locations_t *locations, const char *path)
{
    cc_matching_t matching = {NULL, 0};

    for (const char *slash = path; slash; slash = strchr(slash + 1, '/')) {
        apr_ssize_t len = slash - path;

        match_add(&matching, apr_hash_get(locations->by_path, path, len));
        match_add(&matching, apr_hash_get(locations->by_path, path, len + 1));
    }
    match_add(&matching, apr_hash_get(locations->by_path, path, APR_HASH_KEY_STRING));
    return matching;
}

/* ---- the page ------------------------------------------------------------------------------ */

/*
 * The section that denies the page to a client that another section has denied; NULL: none, or it
 * is not certain. Sections of a virtual host come after those of the main server.
 */
static const ap_directive_t *denying(cc_lint_t *lint, const cc_conf_view_t *view, const char *path)
{
    const cc_locations_t *own = locations_of(lint, view), *outer = locations_of(lint, view->main);
    const cc_locations_t *sections = apr_hash_count(own->by_path) > 0 ? own : outer;
    cc_matching_t matching = matching_of(sections, path);

    if (own->unsure || outer->unsure || sections->strict <= matching.strict) {
        return NULL;
    }
    if (!matching.last) {
        matching = matching_of(outer, path);
    }
    return matching.last && matching.last->strict ? matching.last->directive : NULL;
}

/*
 * A line of the main server is in effect in all servers, whose sections differ. A line of a section
 * may be in effect only where the same sections apply to the page. With SSLVerifyClient require, no
 * client is without a certificate, unless it is one of a proxy.
 */
static cc_line_state_t judge_page(cc_lint_t *lint, const cc_conf_view_t *view,
                                  const cc_place_t *place, const void *path)
{
    if (place->section || place->view != view || cc_use_of(view->server) < CC_USE_HERE ||
        (view->verify_client == CC_VERIFY_REQUIRE && !view->takes_forwarded) ||
        (view == view->main && lint->views->nelts > 1)) {
        return CC_LINE_ASIDE;
    }
    return denying(lint, view, path) ? CC_LINE_FAULT : CC_LINE_FINE;
}

void cc_lint_error_document(cc_lint_t *lint, const cc_line_t *line)
{
    const char *args = cc_line_directive(line)->args;
    const char *code = ap_getword_conf(lint->pool, &args);
    const char *path = ap_getword_conf(lint->pool, &args);
    const cc_conf_view_t *culprit = NULL;

    if (!strcmp(code, "403") && *path == '/' && !strpbrk(path, "%?")) {
        culprit = cc_lint_culprit(lint, line, judge_page, path);
    }
    if (culprit) {
        const char *shown = cc_text_escape(path, strlen(path), lint->pool);

        cc_lint_add(lint, "CC0739", line->where,
                    "a client without a certificate gets a 403 without this page, since %s denies "
                    "access to the page, too: add <Location \"%s\"> with \"Require all granted\" "
                    "after that",
                    cc_directive_where(denying(lint, culprit, path), lint->pool), shown);
    }
}
