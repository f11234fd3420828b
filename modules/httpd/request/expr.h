/* SPDX-License-Identifier: Apache-2.0 */
/* The function clientcert() of expressions. */
#ifndef CC_REQUEST_EXPR_H
#define CC_REQUEST_EXPR_H

#include <stdbool.h>

#include <ap_expr.h>

/** Whether the configuration that was read into this pool has clientcert() in an expression. */
bool cc_expr_used(apr_pool_t *pconf);
/** expr_lookup: the functions clientcert('NAME') as string and as list. OK or DECLINED. */
int cc_expr_lookup(ap_expr_lookup_parms *parms);

#endif
