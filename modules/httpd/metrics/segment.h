/* SPDX-License-Identifier: Apache-2.0 */
/* Allocates memory that the parent and all its children share. */
#ifndef CC_SEGMENT_H
#define CC_SEGMENT_H

#include "httpd/conf/module.h"

/**
 * Memory that all children will share, all 0; it is freed with `p`. Pages that are not used
 * cost nothing. NULL: that failed, which is logged (CC0160). In the parent, before it has children.
 */
void *cc_segment_make(const server_rec *s, apr_size_t size, apr_pool_t *p);

#endif
