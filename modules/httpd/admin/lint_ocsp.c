/* SPDX-License-Identifier: Apache-2.0 */
/* Finds responder certificates that mod_ssl trusts, where only ClientCertOCSP asks responders. */
#include <strings.h>

#include "httpd/admin/lint_checks.h"
#include "httpd/conf/directive.h"
#include "httpd/conf/vhost_conf.h"
#include "httpd/conf/view.h"
#include "ocsp/ocsp.h"

/* True if mod_ssl asks responders for a server, which may inherit the directive. */
static bool mod_ssl_asks(const cc_lint_t *lint)
{
    for (int i = 0; i < lint->views->nelts; i++) {
        const cc_conf_view_t *view = APR_ARRAY_IDX(lint->views, i, const cc_conf_view_t *);
        const char *mode = cc_conf_view_value(view, "SSLOCSPEnable", lint->pool);

        if (mode && strcasecmp(mode, "off") != 0) {
            return true;
        }
    }
    return false;
}

void cc_lint_ocsp(cc_lint_t *lint)
{
    bool theirs = mod_ssl_asks(lint);

    for (int i = 0; !theirs && i < lint->views->nelts; i++) {
        const cc_conf_view_t *view = APR_ARRAY_IDX(lint->views, i, const cc_conf_view_t *);
        const apr_array_header_t *specs = cc_vhost_conf_of(view->server)->ocsp;
        const ap_directive_t *directive =
            cc_conf_view_directive(view, "SSLOCSPResponderCertificateFile");

        if (directive && cc_ocsp_specs_ask(specs) && !cc_ocsp_specs_trust(specs)) {
            cc_lint_add(lint, "CC0489", cc_directive_where(directive, lint->pool),
                        "only SSLOCSPEnable uses SSLOCSPResponderCertificateFile, and it is off; "
                        "ClientCertOCSP trusts the certificates of signer=FILE");
        }
    }
}
