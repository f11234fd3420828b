/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the directives ClientCertForward and ClientCertForwardIdentity. */
#include <stddef.h>
#include <string.h>

#include <apr_hash.h>
#include <apr_strings.h>

#include "base/error.h"
#include "base/option.h"
#include "base/words.h"
#include "forward/forward.h"
#include "httpd/conf/dir.h"
#include "httpd/conf/directive.h"
#include "httpd/conf/forwarding.h"
#include "httpd/conf/header_name.h"
#include "httpd/conf/header_options.h"
#include "httpd/conf/vhost_conf.h"

/* ---- names of headers ------------------------------------------------------------------------ */

/* What a header is used for, as errors call it. */
static const char of_cert[] = "certificate", of_chain[] = "chain", of_user[] = "user",
                  of_groups[] = "groups";

/* The use of a header. A name has the same use in a whole configuration. */
typedef struct cc_header_use_t {
    const char *what;  /* one of the above, by address */
    const char *where; /* FILE:LINE */
} cc_header_use_t;

/* Records the use of a header (NULL: none), which from now on is removed from all requests. */
static apr_status_t use_add(const cmd_parms *cmd, const char *name, const char *what,
                            cc_error_t *err)
{
    cc_configuration_t *configuration = cc_configuration_of(cmd->server);
    const char *folded;
    cc_header_use_t *use;

    if (!name) {
        return APR_SUCCESS;
    }
    if (cc_header_name_check(name, cmd->pool, err) != APR_SUCCESS) {
        return APR_EINVAL;
    }
    folded = cc_header_folded(name, cmd->pool);
    if (!configuration->header_uses) {
        configuration->header_uses = apr_hash_make(cmd->pool);
    }
    use = apr_hash_get(configuration->header_uses, folded, APR_HASH_KEY_STRING);
    if (use && use->what != what) {
        return cc_error_set(err, cmd->pool, "CC0444", name,
                            "this is the header of the %s at %s; choose another name for that of "
                            "the %s",
                            use->what, use->where, what);
    }
    if (!use) {
        use = apr_palloc(cmd->pool, sizeof(*use));
        *use = (cc_header_use_t){what, cc_directive_where(cmd->directive, cmd->pool)};
        apr_hash_set(configuration->header_uses, folded, APR_HASH_KEY_STRING, use);
        cc_header_name_remove(cmd, name);
    }
    configuration->forwards = true;
    return APR_SUCCESS;
}

/* ---- options --------------------------------------------------------------------------------- */

/* What the words of a directive say. */
typedef struct words_t {
    const char *header, *chain, *user, *groups; /* NULL: not given */
    int max;
} words_t;

static bool is_word(const char *value, const char *word)
{
    return !strcasecmp(value, word);
}

static const cc_option_t cert_options[] = {
    {.name = "header", .kind = CC_OPTION_TEXT, .member = offsetof(words_t, header)},
    {.name = "chain", .kind = CC_OPTION_TEXT, .member = offsetof(words_t, chain)},
    {.name = "max",
     .kind = CC_OPTION_NUMBER,
     .member = offsetof(words_t, max),
     .min = 256,
     .max = CC_FORWARD_VALUE_MAX,
     .range = "256 to 65536",
     .usual = CC_FORWARDING_MAX},
};
static const char cert_usage[] = "header=NAME, chain=NAME, chain=on, chain=off or max=OCTETS";

static const cc_option_t identity_options[] = {
    {.name = "user", .kind = CC_OPTION_TEXT, .member = offsetof(words_t, user)},
    {.name = "groups", .kind = CC_OPTION_TEXT, .member = offsetof(words_t, groups)},
};
static const char identity_usage[] = "user=NAME, user=off, groups=NAME or groups=off";

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- ClientCertForward ----------------------------------------------------------------------- */

static apr_status_t format_find(cc_forward_cert_t *cert, const char *word, apr_pool_t *p,
                                cc_error_t *err)
{
    cert->format = cc_forward_format_find(word);
    if (cert->format && cert->format->is_sent) {
        return APR_SUCCESS;
    }
    return cc_error_set(err, p, "CC0441", word, "%s; write Off, %s",
                        cert->format ? "this format can be read, but not sent" : "no such format",
                        cc_forward_format_names(true, p));
}

static apr_status_t cert_read(cc_forward_cert_t *cert, const apr_array_header_t *words,
                              const cmd_parms *cmd, cc_error_t *err)
{
    const char *first = words->nelts ? APR_ARRAY_IDX(words, 0, const char *) : "";
    bool is_off = is_word(first, "Off");
    words_t read = {0};
    cc_option_reader_t reader = {.options = cert_options,
                                 .count = is_off ? 0 : COUNT(cert_options),
                                 .record = &read,
                                 .pool = cmd->pool,
                                 .err = err};
    apr_status_t rv = is_off ? APR_SUCCESS : format_find(cert, first, cmd->pool, err);

    if (rv == APR_SUCCESS) {
        rv = cc_header_options_read(&reader, words, 1, is_off ? "Off alone" : cert_usage);
    }
    if (rv != APR_SUCCESS || is_off) {
        return rv;
    }
    cert->header = read.header ? read.header : cert->format->header;
    cert->max = read.max;
    rv = cc_header_chain_read(&cert->sends_chain, &cert->chain, cert->format, cert->header,
                              read.chain ? read.chain : "off", cmd->pool, err);
    if (rv == APR_SUCCESS) {
        rv = use_add(cmd, cert->header, of_cert, err);
    }
    return rv == APR_SUCCESS ? use_add(cmd, cert->chain, of_chain, err) : rv;
}

static const char *second_of(const cmd_parms *cmd, const char *first)
{
    return apr_psprintf(cmd->pool, "CC0448: %s is already set at %s; write it once in a scope",
                        cmd->cmd->name, first);
}

const char *cc_forwarding_directive(cmd_parms *cmd, void *record, const char *args)
{
    cc_forward_cert_t *cert = apr_pcalloc(cmd->pool, sizeof(*cert));
    cc_dir_t *dir = record;
    cc_error_t err = {0};
    apr_array_header_t *words;
    apr_status_t rv = cc_words_split(&words, args, cmd->pool, &err);

    if (dir->forward_cert) {
        return second_of(cmd, dir->forward_cert->where);
    }
    cert->where = cc_directive_where(cmd->directive, cmd->pool);
    dir->forward_cert = cert;
    return cc_directive_result(cmd, rv == APR_SUCCESS ? cert_read(cert, words, cmd, &err) : rv,
                               &err);
}

/* ---- ClientCertForwardIdentity --------------------------------------------------------------- */

/* The name of a header, as it is given, or the usual one; NULL: off. */
static const char *name_of(const char *given, const char *usual)
{
    return !given ? usual : is_word(given, "off") ? NULL : given;
}

static apr_status_t identity_read(cc_forward_identity_t *identity, const apr_array_header_t *words,
                                  const cmd_parms *cmd, cc_error_t *err)
{
    words_t read = {0};
    cc_option_reader_t reader = {.options = identity_options,
                                 .count = COUNT(identity_options),
                                 .record = &read,
                                 .pool = cmd->pool,
                                 .err = err};
    apr_status_t rv = cc_header_options_read(&reader, words, 0, identity_usage);

    identity->user = name_of(read.user, "ClientCert-User");
    identity->groups = name_of(read.groups, "ClientCert-Groups");
    if (rv == APR_SUCCESS) {
        rv = use_add(cmd, identity->user, of_user, err);
    }
    return rv == APR_SUCCESS ? use_add(cmd, identity->groups, of_groups, err) : rv;
}

const char *cc_forwarding_identity(cmd_parms *cmd, void *record, const char *args)
{
    cc_forward_identity_t *identity = apr_pcalloc(cmd->pool, sizeof(*identity));
    cc_dir_t *dir = record;
    cc_error_t err = {0};
    apr_array_header_t *words;
    apr_status_t rv = cc_words_split(&words, args, cmd->pool, &err);

    if (dir->forward_identity) {
        return second_of(cmd, dir->forward_identity->where);
    }
    identity->where = cc_directive_where(cmd->directive, cmd->pool);
    dir->forward_identity = identity;
    return cc_directive_result(
        cmd, rv == APR_SUCCESS ? identity_read(identity, words, cmd, &err) : rv, &err);
}
