/* SPDX-License-Identifier: Apache-2.0 */
/* Sets the variables of a request; only this module sets those with reserved names. */
#ifndef CC_REQUEST_VARIABLES_H
#define CC_REQUEST_VARIABLES_H

#include "httpd/conf/module.h"

/**
 * Makes `exports` (of ClientCertExport) the only variables with reserved names, except those that
 * httpd copied from another request. cc_variables_clean and cc_variables_put with NULL leave no
 * such variable of this request. May replace the table.
 */
void cc_variables_set(request_rec *r, const apr_table_t *exports);
void cc_variables_clean(request_rec *r);
static inline void cc_variables_put(request_rec *r, const apr_table_t *exports)
{
    if (exports) {
        cc_variables_set(r, exports);
    } else if (apr_table_elts(r->subprocess_env)->nelts > 0) {
        cc_variables_clean(r); /* most requests have no variables in the access phase */
    }
}

/** The same; returns how many variables there are afterwards. */
int cc_variables_last(request_rec *r, const apr_table_t *exports);

/** The same for a subrequest, whose environment is a copy of that of its page. */
void cc_variables_copied(request_rec *r, const apr_table_t *exports);

/** The same again at the end of its fixups, after other modules have set variables. */
void cc_variables_copied_end(request_rec *r, const apr_table_t *exports);

/** ProxyFCGISetEnvIf: httpd calls this function in addition to that of mod_proxy_fcgi. CC0119. */
const char *cc_variables_fcgi_directive(cmd_parms *cmd, void *record, const char *args);

#endif
