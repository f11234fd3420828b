/* SPDX-License-Identifier: Apache-2.0 */
/* Finds a ClientCertPinned that no virtual host can use, or whose lookups are expensive. */
#include <string.h>

#include "httpd/admin/lint_checks.h"
#include "httpd/conf/directive.h"
#include "httpd/conf/vhost_conf.h"
#include "httpd/conf/view.h"
#include "tables/table.h"

/* conf/tolerance.c has removed it where it has no effect. */
static bool is_used(const cc_lint_t *lint, const char *where)
{
    for (int i = 0; i < lint->views->nelts; i++) {
        const cc_conf_view_t *view = APR_ARRAY_IDX(lint->views, i, const cc_conf_view_t *);
        const cc_pinning_t *pinning = cc_vhost_conf_of(view->server)->pinning;

        if (pinning && view->tls != CC_TLS_OFF && !strcmp(pinning->where, where)) {
            return true;
        }
    }
    return false;
}

/*
 * A stranger needs no more than a new key to cause a lookup, which for such a table is a query to
 * another server.
 */
static void remote_check(cc_lint_t *lint, const cc_pinning_t *pinning)
{
    const cc_table_t *table = pinning->table;

    if (cc_table_is_remote(table)) {
        cc_lint_add(lint, "CC0744", pinning->where,
                    "any client can make keys, and each new key is a query to the source of table "
                    "%s (type %s): export its rows to a table of type file: or dbm:, and pin by "
                    "that",
                    cc_table_name(table), cc_table_type(table));
    }
}

static void remotes_check(cc_lint_t *lint)
{
    for (int i = 0; i < lint->views->nelts; i++) {
        const cc_conf_view_t *view = APR_ARRAY_IDX(lint->views, i, const cc_conf_view_t *);
        const cc_pinning_t *pinning = cc_vhost_conf_of(view->server)->pinning;

        if (pinning && view->tls != CC_TLS_OFF) {
            remote_check(lint, pinning);
        }
    }
}

void cc_lint_pinned(cc_lint_t *lint)
{
    const cc_conf_view_t *main = APR_ARRAY_IDX(lint->views, 0, const cc_conf_view_t *);
    const ap_directive_t *directive = cc_conf_view_directive(main, "ClientCertPinned");
    const char *where = directive ? cc_directive_where(directive, lint->pool) : NULL;

    remotes_check(lint);
    if (where && !cc_vhost_conf_of(main->server)->pinning_off && !is_used(lint, where)) {
        cc_lint_add(
            lint, "CC0743", where,
            "no server that inherits this has \"SSLVerifyClient optional_no_ca\", so no key "
            "is pinned: set that where clients may have such certificates");
    }
}
