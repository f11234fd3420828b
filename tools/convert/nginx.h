/* SPDX-License-Identifier: Apache-2.0 */
/* Declares what the files that convert maps of nginx share. */
#ifndef CC_CONVERT_NGINX_H
#define CC_CONVERT_NGINX_H

#include "convert/internal.h"

/* A variable of nginx that a map may compare. */
typedef struct cc_nginx_source_t {
    const char *name;  /* "$ssl_client_s_dn" */
    const char *field; /* of the language; with |legacy for the legacy form of a name */
    bool slash_form;
} cc_nginx_source_t;

/* A line of a map: KEY VALUE; */
typedef struct cc_nginx_entry_t {
    const char *key;
    const char *value;
    int line;
} cc_nginx_entry_t;

/* What comes next in a configuration of nginx. */
typedef enum {
    CC_NGINX_WORD,
    CC_NGINX_END,  /* ; */
    CC_NGINX_OPEN, /* { */
    CC_NGINX_CLOSE,
    CC_NGINX_EOF /* or a quote that is not closed */
} cc_nginx_t;

/* A reader begins with the text, line 1 and the pool. */
typedef struct cc_nginx_reader_t {
    const char *at;
    int line; /* of the word that was read last */
    const char *word;
    apr_pool_t *pool;
    char *buffer; /* for the word that is being read; NULL: none yet */
} cc_nginx_reader_t;

/* nginx_read.c: reads on; after a word, reader->word is that. */
cc_nginx_t cc_nginx_next(cc_nginx_reader_t *reader);

/*
 * nginx_pattern.c: the rule for a key that is a pattern (~ or ~*), with the output for its value;
 * NULL: there is none with this meaning, for the *reason. The rule may match fewer names than the
 * pattern; *stop is then set to a rule that matches all of them, for use before the next pattern.
 */
const char *cc_nginx_pattern_rule(const cc_nginx_source_t *source, const cc_nginx_entry_t *entry,
                                  const char **stop, const char **reason, apr_pool_t *p);

/* nginx.c: the condition that a name or number equals this text; NULL: none, for the *reason. */
const char *cc_nginx_equals(const cc_nginx_source_t *source, const char *text, const char **reason,
                            apr_pool_t *p);

/* nginx.c: the output for a value without variables: a user, or stop for an empty value. */
const char *cc_nginx_output(const char *value, apr_pool_t *p);

#endif
