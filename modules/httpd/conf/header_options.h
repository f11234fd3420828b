/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the options of the directives that name headers with certificates. */
#ifndef CC_CONF_HEADER_OPTIONS_H
#define CC_CONF_HEADER_OPTIONS_H

#include <stdbool.h>

#include <apr_tables.h>

#include "base/option.h"
#include "forward/forward.h"
#include "httpd/conf/module.h"

/**
 * Reads the words from number `first` on, each NAME=VALUE. Sets the tags of the reader. `usage`
 * lists the options of the directive, for the error about another word (CC0442). Other errors:
 * CC0446, CC0447.
 */
apr_status_t cc_header_options_read(cc_option_reader_t *reader, const apr_array_header_t *words,
                                    int first, const char *usage);

/**
 * What chain= says for a format and the name of its header: "on", "off" or the name of another
 * header. *on: the chain is sent or read. *chain: in the header of this name; NULL: in that of the
 * certificate. Error: CC0423.
 */
apr_status_t cc_header_chain_read(bool *on, const char **chain, const cc_forward_format_t *format,
                                  const char *header, const char *value, apr_pool_t *p,
                                  cc_error_t *err);

#endif
