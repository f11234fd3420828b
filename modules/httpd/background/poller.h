/* SPDX-License-Identifier: Apache-2.0 */
/* Polls the files of all CAs, CRLs and tables: by one thread of each child, and by the parent. */
#ifndef CC_BACKGROUND_POLLER_H
#define CC_BACKGROUND_POLLER_H

#include "httpd/conf/module.h"

/**
 * child_init, after the hooks of tables and revocation. If there is anything to poll, polls once
 * and makes the thread that polls from then on. It ends with `pchild`. CC0135: the thread could not
 * be created, and this child keeps the data that it has.
 */
void cc_poller_child_start(apr_pool_t *pchild, server_rec *s);

/** monitor: polls in the parent. Returns DECLINED. */
int cc_poller_monitor(apr_pool_t *p, server_rec *s);

#endif
