/* SPDX-License-Identifier: Apache-2.0 */
/* Finds RequestHeader lines that change the headers of ClientCertForward before they are sent. */
/*
 * mod_headers runs after this module. A line that was there before, "RequestHeader set Client-Cert
 * ...", would replace what the module has verified, and set it for requests without a client. The
 * sent headers are indexed once by server, section and name.
 */
#include <string.h>

#include <apr_strings.h>

#include "forward/forward.h"
#include "httpd/admin/lint_checks.h"
#include "httpd/admin/lint_line.h"
#include "httpd/conf/directive.h"
#include "httpd/conf/view.h"

/* ---- the headers that are sent --------------------------------------------------------------- */

/* `section`: NULL for the server as a whole. `name` is folded. */
static const char *key_of(const cc_conf_view_t *view, const ap_directive_t *section,
                          const char *name, apr_pool_t *p)
{
    return apr_psprintf(p, "%pp %pp %s", (const void *)view, (const void *)section, name);
}

static const char *any_section(const cc_conf_view_t *view, const char *name, apr_pool_t *p)
{
    return apr_psprintf(p, "%pp any %s", (const void *)view, name);
}

static void sent_add(cc_lint_t *lint, const cc_place_t *place, const char *name)
{
    apr_pool_t *p = lint->pool;
    const char *folded = cc_header_folded(name, p);

    apr_hash_set(lint->sent, key_of(place->view, place->section, folded, p), APR_HASH_KEY_STRING,
                 place->directive);
    apr_hash_set(lint->sent, any_section(place->view, folded, p), APR_HASH_KEY_STRING,
                 place->directive);
}

/* The value of an option, "header=NAME"; NULL: it is not given. */
static const char *option_of(const ap_directive_t *directive, const char *option, apr_pool_t *p)
{
    const char *words = directive->args, *word;
    size_t len = strlen(option);

    while (*(word = ap_getword_conf(p, &words))) {
        if (!strncasecmp(word, option, len) && word[len] == '=') {
            return word + len + 1;
        }
    }
    return NULL;
}

static bool is_off(const char *value)
{
    return value && !strcasecmp(value, "off");
}

static void cert_add(cc_lint_t *lint, const cc_place_t *place)
{
    const char *words = place->directive->args;
    const cc_forward_format_t *format = cc_forward_format_find(ap_getword_conf(lint->pool, &words));
    const char *header = option_of(place->directive, "header", lint->pool);
    const char *chain = option_of(place->directive, "chain", lint->pool);

    if (!format) { /* Off */
        return;
    }
    sent_add(lint, place, header ? header : format->header);
    if (chain && !strcasecmp(chain, "on")) {
        chain = format->chain_header;
    }
    if (chain && !is_off(chain)) {
        sent_add(lint, place, chain);
    }
}

static void identity_add(cc_lint_t *lint, const cc_place_t *place)
{
    const char *user = option_of(place->directive, "user", lint->pool);
    const char *groups = option_of(place->directive, "groups", lint->pool);

    if (!is_off(user)) {
        sent_add(lint, place, user ? user : "ClientCert-User");
    }
    if (!is_off(groups)) {
        sent_add(lint, place, groups ? groups : "ClientCert-Groups");
    }
}

static void sent_collect(cc_lint_t *lint)
{
    lint->sent = apr_hash_make(lint->pool);
    for (int i = 0; i < lint->views->nelts; i++) {
        const cc_conf_view_t *view = APR_ARRAY_IDX(lint->views, i, const cc_conf_view_t *);

        for (int j = 0; j < view->places->nelts; j++) {
            const cc_place_t *place = &APR_ARRAY_IDX(view->places, j, cc_place_t);

            if (!strcasecmp(place->directive->directive, "ClientCertForward")) {
                cert_add(lint, place);
            } else if (!strcasecmp(place->directive->directive, "ClientCertForwardIdentity")) {
                identity_add(lint, place);
            }
        }
    }
}

/* ---- RequestHeader --------------------------------------------------------------------------- */

/*
 * The directive whose header the line certainly changes: that of the same section, or any one of
 * the server if the line is outside of sections.
 */
static const ap_directive_t *changed_by(const cc_lint_t *lint, const cc_place_t *place,
                                        const char *name)
{
    const char *key = place->section ? key_of(place->view, place->section, name, lint->pool)
                                     : any_section(place->view, name, lint->pool);

    return apr_hash_get(lint->sent, key, APR_HASH_KEY_STRING);
}

static cc_line_state_t judge_header(cc_lint_t *lint, const cc_conf_view_t *view,
                                    const cc_place_t *place, const void *name)
{
    (void)view; /* that of the line counts, which is the same for all that inherit it */
    return changed_by(lint, place, name) ? CC_LINE_FAULT : CC_LINE_FINE;
}

/* "early" runs before the headers are set, and a condition may exclude the requests that matter. */
static bool is_unconditional(const char *words, apr_pool_t *p)
{
    const char *word;

    while (*(word = ap_getword_conf(p, &words))) {
        if (!strcasecmp(word, "early") || !strncasecmp(word, "env=", 4) ||
            !strncasecmp(word, "expr=", 5)) {
            return false;
        }
    }
    return true;
}

void cc_lint_request_header(cc_lint_t *lint, const cc_line_t *line)
{
    const char *words = cc_line_directive(line)->args;
    const cc_place_t *place = APR_ARRAY_IDX(line->places, 0, const cc_place_t *);
    const char *name;

    ap_getword_conf(lint->pool, &words);
    name = ap_getword_conf(lint->pool, &words);
    name = cc_header_folded(apr_pstrmemdup(lint->pool, name, strcspn(name, ":")), lint->pool);
    cc_lint_header(lint, line);
    if (!lint->sent) {
        sent_collect(lint);
    }
    if (is_unconditional(words, lint->pool) && cc_lint_culprit(lint, line, judge_header, name)) {
        const ap_directive_t *sent = changed_by(lint, place, name);

        cc_lint_add(lint, "CC0782", line->where,
                    "this changes the header of %s%s%s, for requests without a client too: remove "
                    "this line",
                    sent ? sent->directive : "ClientCertForward", sent ? " at " : "",
                    sent ? cc_directive_where(sent, lint->pool) : "");
    }
}
