/* SPDX-License-Identifier: Apache-2.0 */
/* Answers queries about a configuration as a whole: its rules, and its mistakes. */
#ifndef CC_ADMIN_RULES_H
#define CC_ADMIN_RULES_H

#include <jansson.h>

#include "httpd/admin/query.h"

/** All rule sets, or those of q->vhost: a new reference. NULL: q->err has the reason. */
json_t *cc_admin_rules(cc_admin_query_t *q);

/** The findings of lint and for CRLs, and the mapping tests: a new reference. */
json_t *cc_admin_check(cc_admin_query_t *q);

#endif
