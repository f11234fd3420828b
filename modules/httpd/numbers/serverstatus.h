/* SPDX-License-Identifier: Apache-2.0 */
/* Knows what the files share that show numbers in mod_status. */
#ifndef CC_SERVERSTATUS_H
#define CC_SERVERSTATUS_H

#include <apr_pools.h>

/** "not_yet_valid": "NotYetValid". */
const char *cc_shown_camel(const char *word, apr_pool_t *p);

/** Any text, as HTML in ASCII. */
const char *cc_shown_html(const char *text, apr_pool_t *p);

#endif
