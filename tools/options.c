/* SPDX-License-Identifier: Apache-2.0 */
/* Parses the options of the commands that query the configuration of the server. */
#include <stddef.h>
#include <string.h>

#include <apr_strings.h>

#include "tool.h"

/* An option; its value goes into a member of cc_options_t or to the command line of httpd. */
typedef struct tool_option_t {
    const char *name;
    char own;       /* 0: every command has it */
    bool for_httpd; /* it is passed on to httpd */
    size_t member;  /* offset; unused for options of httpd */
} tool_option_t;

#define MEMBER(name) offsetof(cc_options_t, name)

static const tool_option_t all[] = {
    {"--httpd", 0, false, MEMBER(httpd)},
    {"-f", 0, true, 0},
    {"-d", 0, true, 0},
    {"-D", 0, true, 0},
    {"-C", 0, true, 0},
    {"-c", 0, true, 0},
    {"--vhost", 'v', false, MEMBER(vhost)},
    {"--path", 'p', false, MEMBER(path)},
    {"-passin", 'c', false, MEMBER(passin)},
    {"--passin", 'c', false, MEMBER(passin)},
};

#define COUNT (sizeof(all) / sizeof(all[0]))

static bool has(const char *own, char letter)
{
    return letter == 0 || strchr(own, letter) != NULL;
}

static const tool_option_t *option_find(const char *word, const char *own)
{
    for (size_t i = 0; i < COUNT; i++) {
        if (!strcmp(all[i].name, word) && has(own, all[i].own)) {
            return &all[i];
        }
    }
    return NULL;
}

static const char *legal(const char *own, apr_pool_t *p)
{
    return apr_pstrcat(p, "--httpd, -f, -d, -D, -C, -c", has(own, 'v') ? ", --vhost" : "",
                       has(own, 'p') ? ", --path" : "", has(own, 'c') ? ", -passin" : "",
                       ", --json", has(own, 'a') ? ", --all" : "", NULL);
}

static apr_status_t option_unknown(const char *word, const char *own, cc_tool_t *tool)
{
    return cc_error_set(&tool->err, tool->pool, "CC0507", word,
                        "this command has no such option; use %s", legal(own, tool->pool));
}

static void option_take(cc_options_t *options, const tool_option_t *option, const char *value)
{
    if (option->for_httpd) {
        APR_ARRAY_PUSH(options->arguments, const char *) = option->name;
        APR_ARRAY_PUSH(options->arguments, const char *) = value;
        options->file_given = options->file_given || !strcmp(option->name, "-f");
    } else {
        const char **member = (const char **)(void *)((char *)options + option->member);

        *member = value;
    }
}

/* Reads the word at *word, and the value that follows it. */
static apr_status_t word_read(cc_options_t *options, const char *const **word, const char *own,
                              cc_tool_t *tool)
{
    const char *name = **word;
    const tool_option_t *option = option_find(name, own);

    if (!strcmp(name, "--json")) {
        options->json = true;
    } else if (!strcmp(name, "--all") && has(own, 'a')) {
        options->all = true;
    } else if (option && (*word)[1]) {
        option_take(options, option, *++*word);
    } else if (option) {
        return cc_error_set(&tool->err, tool->pool, "CC0508", name, "the value is missing");
    } else if (*name == '-' || !has(own, 'c')) {
        return option_unknown(name, own, tool);
    } else {
        APR_ARRAY_PUSH(options->files, const char *) = name;
    }
    return APR_SUCCESS;
}

static apr_status_t options_check(const cc_options_t *options, const char *own, cc_tool_t *tool)
{
    if (has(own, 'c') && options->files->nelts == 0) {
        return cc_error_set(&tool->err, tool->pool, "CC0510", NULL,
                            "no certificate was given; name a PEM, DER or PKCS#12 file, or a "
                            "directory of such files");
    }
    if (options->path && *options->path != '/') {
        return cc_error_set(&tool->err, tool->pool, "CC0511", options->path,
                            "a URL path begins with a slash");
    }
    return APR_SUCCESS;
}

apr_status_t cc_options_read(cc_options_t *options, const char *own, cc_tool_t *tool)
{
    *options = (cc_options_t){.arguments = apr_array_make(tool->pool, 8, sizeof(const char *)),
                              .files = apr_array_make(tool->pool, 8, sizeof(const char *))};
    for (const char *const *word = tool->words; *word; word++) {
        apr_status_t status = word_read(options, &word, own, tool);

        if (status != APR_SUCCESS) {
            return status;
        }
    }
    return options_check(options, own, tool);
}

json_t *cc_options_text(const char *text, apr_pool_t *p)
{
    return text ? json_string(cc_print_safe(text, p)) : json_null();
}
