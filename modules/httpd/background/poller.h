/* SPDX-License-Identifier: Apache-2.0 */
/* Looks at the files of all tables and CRLs, by one thread of each child and by the parent. */
#ifndef CC_BACKGROUND_POLLER_H
#define CC_BACKGROUND_POLLER_H

#include "httpd/conf/module.h"



/**
 * child_init, after the two above: looks at all files, and then from time to time
 * (background/poller.c).
 */
void cc_poller_child_start(apr_pool_t *pchild, server_rec *s);

/** monitor: the parent looks. DECLINED. */
int cc_poller_monitor(apr_pool_t *p, server_rec *s);

#endif
