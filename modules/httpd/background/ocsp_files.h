/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the files of issuer= and signer= of ClientCertOCSP, at a start and at a restart. */
#ifndef CC_BACKGROUND_OCSP_FILES_H
#define CC_BACKGROUND_OCSP_FILES_H

#include "httpd/conf/module.h"
#include "ocsp/ocsp.h"

/**
 * How the files of a virtual host are read. At a restart a bad file is no error: CC0163 or CC0164
 * is logged. In the parent, at start; the result is used before the next one is made.
 */
cc_ocsp_files_t cc_ocsp_files_of(server_rec *s);

/** post_config, when all virtual hosts are made: forgets files that none of them names. */
void cc_ocsp_files_sweep(server_rec *s);

#endif
