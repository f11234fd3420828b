/* SPDX-License-Identifier: Apache-2.0 */
/* Finds a ClientCertPinned of the main server that no virtual host can use. */
#include <string.h>

#include "httpd/admin/lint_checks.h"
#include "httpd/conf/directive.h"
#include "httpd/conf/vhost_conf.h"
#include "httpd/conf/view.h"

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

void cc_lint_pinned(cc_lint_t *lint)
{
    const cc_conf_view_t *main = APR_ARRAY_IDX(lint->views, 0, const cc_conf_view_t *);
    const ap_directive_t *directive = cc_conf_view_directive(main, "ClientCertPinned");
    const char *where = directive ? cc_directive_where(directive, lint->pool) : NULL;

    if (where && !is_used(lint, where)) {
        cc_lint_add(
            lint, "CC0743", where,
            "no server that inherits this has \"SSLVerifyClient optional_no_ca\", so no key "
            "is pinned: set that where clients may have such certificates");
    }
}
