/* SPDX-License-Identifier: Apache-2.0 */
/* Answers the query of the command-line tool. */
#ifndef CC_ADMIN_ANSWER_H
#define CC_ADMIN_ANSWER_H

#include "httpd/conf/module.h"

/** test_config: answers the query of the command-line tool (admin/query.h), if any. CC0753. */
void cc_admin_answer(apr_pool_t *pconf, server_rec *s);

#endif
