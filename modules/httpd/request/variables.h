/* SPDX-License-Identifier: Apache-2.0 */
/* The variables of a request: those that have a name of ours are what we say, and nothing else. */
#ifndef CC_REQUEST_VARIABLES_H
#define CC_REQUEST_VARIABLES_H

#include "httpd/conf/module.h"

/**
 * Makes these (of ClientCertExport; NULL: none) the only ones that have a name of ours, apart from
 * those that httpd took over from another request. May replace the table.
 */
void cc_variables_set(request_rec *r, const apr_table_t *exports);
void cc_variables_clean(request_rec *r);
static inline void cc_variables_put(request_rec *r, const apr_table_t *exports)
{
    if (exports) {
        cc_variables_set(r, exports);
    } else if (apr_table_elts(r->subprocess_env)->nelts > 0) {
        cc_variables_clean(r); /* most files have no variables, when access is asked */
    }
}

/** The same; gives how many variables there are after that. */
int cc_variables_last(request_rec *r, const apr_table_t *exports);

/** The same for a subrequest, whose environment is a copy of that of its page. */
void cc_variables_copied(request_rec *r, const apr_table_t *exports);

/** Once more at the end of its fixups, where others have set variables. */
void cc_variables_copied_end(request_rec *r, const apr_table_t *exports);

/** ProxyFCGISetEnvIf, which is mod_proxy_fcgi's and comes here as well. CC0119. */
const char *cc_variables_fcgi_directive(cmd_parms *cmd, void *record, const char *args);

#endif
