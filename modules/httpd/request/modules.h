/* SPDX-License-Identifier: Apache-2.0 */
/* Registers the functions that other modules of httpd call (include/mod_clientcert.h). */
#ifndef CC_REQUEST_MODULES_H
#define CC_REQUEST_MODULES_H

/** Makes the functions of mod_clientcert.h available to other modules. */
void cc_modules_register(void);

#endif
