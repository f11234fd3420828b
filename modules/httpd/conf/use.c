/* SPDX-License-Identifier: Apache-2.0 */
/* Finds out which virtual hosts use this module, so that the others are left unchanged. */
#include <apr_lib.h>

#include "httpd/conf/module.h"
#include "httpd/conf/use.h"
#include "httpd/conf/vhost_conf.h"
#include "httpd/conf/view.h"
#include "mod_clientcert.h"

/*
 * A host uses the module if a directive of this module is in effect there, or a directive of
 * another module that names this one: Require clientcert, SetHandler clientcert-status, an
 * expression with clientcert('user'), a header made of %{CLIENTCERT_USER}e. So every directive is
 * searched for the word. A false match does no harm, but a missed one would leave a host
 * unprotected.
 *
 * Another module may look up names on a host (mod_clientcert.h), which its hook clientcert_use
 * says.
 *
 * Files that are read while requests are served are unknown at start. A host may have .htaccess
 * files, pages with SSI, whose expressions may call clientcert(), or scripts of a module that can
 * do the same. Such a host is served as if it used the module there.
 */

/*
 * Finds the word at the beginning of a name: not in mod_clientcert, nor in a path. It may follow a
 * dot, which joins strings in expressions.
 */
static bool names_us(const char *text)
{
    static const char word[] = "clientcert";

    for (const char *at = text; (at = ap_strcasestr(at, word)); at++) {
        char before = at == text ? ' ' : at[-1];

        if (!apr_isalnum(before) && !strchr("/_-", before)) {
            return true;
        }
    }
    return false;
}

static bool is_ours(const ap_directive_t *directive)
{
    const char *name = directive->directive;

    return !strncasecmp(name, "ClientCert", 10) ||
           (strcasecmp(name, "LogLevel") != 0 && names_us(directive->args));
}

/* SSI is allowed by Includes, IncludesNOEXEC and All, unless a minus removes it. */
static bool allows_includes(const char *options)
{
    for (options += strspn(options, " \t\"'"); *options; options += strspn(options, " \t\"'")) {
        const char *word = *options == '+' ? options + 1 : options;

        if (!strncasecmp(word, "Includes", 8) || !strncasecmp(word, "All", 3)) {
            return true;
        }
        options += strcspn(options, " \t\"'");
    }
    return false;
}

static bool reads_files(const ap_directive_t *directive)
{
    const char *name = directive->directive;

    if (!strcasecmp(name, "Options")) {
        return allows_includes(directive->args);
    }
    if (!strcasecmp(name, "AllowOverride") || !strcasecmp(name, "AllowOverrideList")) {
        return strcasecmp(directive->args, "None") != 0;
    }
    return !strncasecmp(name, "Lua", 3) || !strncasecmp(name, "Perl", 4);
}

/* The use by the directives of this server. */
static cc_use_t own_use(const cc_conf_view_t *view)
{
    cc_use_t use = CC_USE_NONE;

    for (int i = 0; i < view->places->nelts && use < CC_USE_HERE; i++) {
        const ap_directive_t *directive = APR_ARRAY_IDX(view->places, i, cc_place_t).directive;

        if (is_ours(directive)) {
            use = CC_USE_HERE;
        } else if (reads_files(directive)) {
            use = CC_USE_FILES;
        }
    }
    return use;
}

/* The use by any directive, whether the host of the directive was recognised or not. */
static cc_use_t use_below(const ap_directive_t *directive)
{
    cc_use_t use = CC_USE_NONE;

    for (; directive && use < CC_USE_HERE; directive = directive->next) {
        cc_use_t inside = use_below(directive->first_child);
        cc_use_t itself = is_ours(directive)       ? CC_USE_HERE
                          : reads_files(directive) ? CC_USE_FILES
                                                   : CC_USE_NONE;

        itself = inside > itself ? inside : itself;
        use = itself > use ? itself : use;
    }
    return use;
}

static cc_use_t greater(cc_use_t a, cc_use_t b)
{
    return a > b ? a : b;
}

/* A host without a view may be one whose section was not recognised. */
static cc_use_t use_of(const cc_conf_view_t *view, cc_use_t main, cc_use_t anywhere)
{
    cc_use_t use = greater(main, view == view->main ? main : own_use(view));

    if (view != view->main && view->places->nelts == 0) {
        return anywhere;
    }
    return use == CC_USE_NONE && anywhere > CC_USE_NONE ? CC_USE_ELSEWHERE : use;
}

/* True if a module looks up names on this host, as its optional hook says. */
static bool is_asked(server_rec *s)
{
    const apr_array_header_t *hooks = apr_optional_hook_get("clientcert_use");
    bool asked = false;

    for (int i = 0; hooks && !asked && i < hooks->nelts; i++) {
        asked = APR_ARRAY_IDX(hooks, i, ap_LINK_clientcert_use_t).pFunc(s) == OK;
    }
    return asked;
}

/* The same for any of the servers from this one on. */
static cc_use_t asked_anywhere(server_rec *s)
{
    while (s && !is_asked(s)) {
        s = s->next;
    }
    return s ? CC_USE_HERE : CC_USE_NONE;
}

int cc_use_find(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s)
{
    const apr_array_header_t *views = cc_conf_views_of(s);
    cc_use_t asked = asked_anywhere(s), anywhere = greater(use_below(ap_conftree), asked);
    cc_use_t main = own_use(APR_ARRAY_IDX(views, 0, const cc_conf_view_t *));

    (void)pconf;
    (void)plog;
    (void)ptemp;
    for (int i = 0; i < views->nelts; i++) {
        const cc_conf_view_t *view = APR_ARRAY_IDX(views, i, const cc_conf_view_t *);

        cc_vhost_conf_of(view->server)->use =
            is_asked(view->server) ? CC_USE_HERE : use_of(view, main, anywhere);
    }
    cc_configuration_of(s)->use = anywhere;
    cc_configuration_of(s)->expressions |= asked == CC_USE_HERE;
    return OK;
}
