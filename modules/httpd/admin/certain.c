/* SPDX-License-Identifier: Apache-2.0 */
/* Decides whether a query can evaluate a Require of httpd, by its provider and its arguments. */
#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "httpd/admin/certain.h"
#include "httpd/conf/module.h"

/* ---- expressions --------------------------------------------------------------------------- */

static bool is_one_of(const char *const *names, const char *name, size_t len)
{
    while (*names && (strncasecmp(*names, name, len) != 0 || (*names)[len])) {
        names++;
    }
    return *names != NULL;
}

static size_t name_len(const char *text)
{
    size_t len = 0;

    while (apr_isalnum(text[len]) || text[len] == '_') {
        len++;
    }
    return len;
}

/* "%{NAME}" and "%{FUNCTION:ARGUMENT}". */
static bool is_certain_variable(const char *name)
{
    static const char *const variables[] = {"REMOTE_USER",     "REQUEST_METHOD",
                                            "REQUEST_URI",     "REQUEST_FILENAME",
                                            "SCRIPT_FILENAME", "SERVER_NAME",
                                            "DOCUMENT_ROOT",   "REQUEST_SCHEME",
                                            "HTTPS",           NULL};
    size_t len = name_len(name);

    if (name[len] == ':') {
        return len == 10 && !strncasecmp(name, "clientcert", len);
    }
    return name[len] == '}' && is_one_of(variables, name, len);
}

static bool is_certain_call(const char *name, size_t len)
{
    static const char *const functions[] = {"clientcert", "tolower", "toupper", NULL};

    return is_one_of(functions, name, len);
}

/* Operators that begin with a hyphen. The others ask for files, addresses or variables. */
static bool is_certain_operator(const char *name, size_t len)
{
    static const char *const operators[] = {"n",         "z",       "in", "eq", "ne",
                                            "lt",        "le",      "gt", "ge", "strmatch",
                                            "strcmatch", "fnmatch", NULL};

    return is_one_of(operators, name, len);
}

/* One name of a condition, in quotes or not: a call or an operator; others are harmless. */
static bool is_certain_name(const char *text, const char *name, size_t len)
{
    const char *after = name + len + strspn(name + len, " \t");

    if (*after == '(' && !is_certain_call(name, len)) {
        return !strncasecmp(name, "and", len) || !strncasecmp(name, "or", len) ||
               !strncasecmp(name, "not", len);
    }
    return name == text || name[-1] != '-' || (name - 1 > text && !strchr(" \t(!&|", name[-2])) ||
           is_certain_operator(name, len);
}

bool cc_certain_expression(const char *text, bool string)
{
    for (const char *at = text; *at;) {
        size_t len = name_len(at);

        if (at[0] == '%' && at[1] == '{' && !is_certain_variable(at + 2)) {
            return false;
        }
        if (len > 0 && !string && !is_certain_name(text, at, len)) {
            return false;
        }
        at += len > 0 ? len : 1;
    }
    return true;
}

/* ---- providers ----------------------------------------------------------------------------- */

/* A provider of httpd, and why its answer is not certain; NULL: it is. */
typedef struct provider_t {
    const char *name;
    const char *reason;
} provider_t;

#define BY_ADDRESS "it depends on the address of the client"

static const provider_t providers[] = {
    {"clientcert", NULL},
    {"clientcert-user", NULL},
    {"clientcert-group", NULL},
    {"clientcert-strength", NULL},
    {"clientcert-same-user", NULL},
    {"clientcert-bound", NULL},
    {"all", NULL},
    {"method", NULL},
    {"valid-user", NULL},
    {"user", NULL},
    {"group", NULL},
    {"expr", NULL},
    {"env", NULL},
    {"ip", BY_ADDRESS},
    {"host", BY_ADDRESS},
    {"local", BY_ADDRESS},
    {"forward-dns", BY_ADDRESS},
};

/* A variable that is set can be relied on; other modules may still set one that is not. */
static const char *variables_reason(const request_rec *r, const char *names)
{
    const char *name;

    while (*(name = ap_getword_conf(r->pool, &names))) {
        if (apr_table_get(r->subprocess_env, name)) {
            return NULL;
        }
    }
    return "it depends on variables that other modules set";
}

const char *cc_certain_not(const request_rec *r, const char *provider, const char *args)
{
    for (size_t i = 0; i < sizeof(providers) / sizeof(providers[0]); i++) {
        if (strcasecmp(providers[i].name, provider) != 0) {
            continue;
        }
        if (!strcasecmp(provider, "env")) {
            return variables_reason(r, args);
        }
        if (!providers[i].reason && !cc_certain_expression(args, strcasecmp(provider, "expr"))) {
            return "its expression depends on more than the identity and the path";
        }
        return providers[i].reason;
    }
    return "it belongs to another module, which was not asked";
}
