/* SPDX-License-Identifier: Apache-2.0 */
/* Provides the function clientcert() of expressions. */
#ifndef CC_REQUEST_EXPR_H
#define CC_REQUEST_EXPR_H

#include <ap_expr.h>

/**
 * expr_lookup: provides the function clientcert('NAME') as string and as list. Records that the
 * configuration uses it. Returns OK or DECLINED, or !OK if *parms->err is filled (CC0127, or an
 * error of cc_lookup_parse).
 */
int cc_expr_lookup(ap_expr_lookup_parms *parms);

#endif
