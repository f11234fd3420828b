/* SPDX-License-Identifier: Apache-2.0 */
/* The function clientcert() of expressions. */
#ifndef CC_REQUEST_EXPR_H
#define CC_REQUEST_EXPR_H

#include <ap_expr.h>

/**
 * expr_lookup: the function clientcert('NAME') as string and as list. OK or DECLINED. Notes in the
 * record of the configuration that it is in some expression.
 */
int cc_expr_lookup(ap_expr_lookup_parms *parms);

#endif
