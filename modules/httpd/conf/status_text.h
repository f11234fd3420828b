/* SPDX-License-Identifier: Apache-2.0 */
/* Parses ClientCertStatusText: the administrator's own text and link on the status page. */
#ifndef CC_CONF_STATUS_TEXT_H
#define CC_CONF_STATUS_TEXT_H

#include "httpd/conf/module.h"

/** What one directive shows. All members are usable text (cc_text_unusable), not yet escaped. */
typedef struct cc_status_text_t {
    const char *text; /* NULL: nothing is shown, whatever an outer section has */
    const char *url;  /* NULL: there is no link */
    const char *link; /* the text of the link; NULL: `text` itself is the link */
} cc_status_text_t;

/**
 * The directive ClientCertStatusText TEXT [URL [LINKTEXT]], for httpd's table: NULL, or an error
 * (CC0193, CC0194). None alone shows nothing.
 */
const char *cc_status_text_directive(cmd_parms *cmd, void *record, const char *text,
                                     const char *url, const char *link);

#endif
