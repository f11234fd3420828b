/* SPDX-License-Identifier: Apache-2.0 */
/* Sets CLIENTCERT_* in the environment of a request, and removes such variables set by others. */
#include <apr_lib.h>
#include <apr_strings.h>

#include "httpd/conf/directive.h"
#include "httpd/conf/log_text.h"
#include "httpd/conf/module.h"
#include "httpd/request/state.h"
#include "httpd/request/variables.h"

/* ---- names ------------------------------------------------------------------------------- */

/*
 * The text after a prefix of capital letters, or NULL. In the environment of a program, any
 * character that is neither letter nor digit becomes "_", and apr_table_get() ignores case.
 */
static const char *after(const char *name, const char *prefix)
{
    for (; *prefix; name++, prefix++) {
        if (*prefix == '_' ? !*name || apr_isalnum(*name) : apr_toupper(*name) != *prefix) {
            return NULL;
        }
    }
    return name;
}

static bool is_ours(const char *name)
{
    return after(name, "CLIENTCERT_") != NULL;
}

/* A variable of the request that led to this one, as renamed by httpd: REDIRECT_CLIENTCERT_USER. */
static bool is_of_before(const char *name)
{
    const char *rest = after(name, "REDIRECT_");

    return rest && (is_ours(rest) || is_of_before(rest));
}

/* mod_proxy_fcgi applies this directive when it sends the variables, after our last check. */
const char *cc_variables_fcgi_directive(cmd_parms *cmd, void *record, const char *args)
{
    const char *unknown = cc_directive_unknown(cmd, "mod_proxy_fcgi.c");
    const char *name;

    (void)record;
    ap_getword_conf(cmd->temp_pool, &args); /* skips the condition */
    name = ap_getword_conf(cmd->temp_pool, &args);
    name += *name == '!';
    if (unknown || !(is_ours(name) || is_of_before(name))) {
        return unknown;
    }
    return apr_psprintf(
        cmd->pool,
        "CC0119: %s may not change %s: names that begin with CLIENTCERT_ are reserved "
        "for this module; use another name",
        cmd->cmd->name, cc_log_escaped(name, cmd->pool));
}

/* ---- the table --------------------------------------------------------------------------- */

/* True if httpd has copied it from the environment of another request, where it is correct. */
static bool is_inherited(const request_rec *r, const apr_table_entry_t *var)
{
    const char *value = NULL;

    if (r->prev) {
        value = apr_table_get(r->prev->subprocess_env, after(var->key, "REDIRECT_"));
    } else if (r->main) {
        value = apr_table_get(r->main->subprocess_env, var->key);
    }
    return value && value == var->val;
}

/* Two letters of CLIENTCERT_ or REDIRECT_ exclude most names. Many CGI names share one of them. */
static inline bool may_be_foreign(const apr_table_entry_t *var)
{
    const char *name = var->key;

    switch (name[0] | 0x20) {
    case 'c':
        return (name[1] | 0x20) == 'l';
    case 'r':
        return name[1] && (name[2] | 0x20) == 'd';
    default:
        return false;
    }
}

/* A separate function, because most requests have no such variable. */
static __attribute__((noinline)) bool has_our_name(const request_rec *r,
                                                   const apr_table_entry_t *var)
{
    return is_ours(var->key) || (is_of_before(var->key) && !is_inherited(r, var));
}

/* Whether a variable that is not from the exports of the request has a reserved name. */
static inline bool is_foreign(const request_rec *r, const apr_table_entry_t *var)
{
    return may_be_foreign(var) && has_our_name(r, var);
}

/* The entries of a table; NULL: none. */
typedef struct span_t {
    const apr_table_entry_t *first, *end;
} span_t;

static inline span_t span_of(const apr_table_t *table)
{
    const apr_array_header_t *all = table ? apr_table_elts(table) : NULL;
    const apr_table_entry_t *first = all ? (const apr_table_entry_t *)all->elts : NULL;

    return (span_t){first, all ? first + all->nelts : NULL};
}

static inline apr_size_t octets_of(span_t span)
{
    return (apr_size_t)((const char *)span.end - (const char *)span.first);
}

/* The first of these that may have a reserved name; `end`: none. */
static inline const apr_table_entry_t *suspect_of(const apr_table_entry_t *var,
                                                  const apr_table_entry_t *end)
{
    while (var < end && !may_be_foreign(var)) {
        var++;
    }
    return var;
}

/* How many entries, from this one on, are ours, in the same order. */
static __attribute__((noinline)) apr_ssize_t row_counted(const apr_table_entry_t *var,
                                                         const apr_table_entry_t *end, span_t ours)
{
    const apr_table_entry_t *next = ours.first;

    while (next < ours.end && var < end && var->key == next->key && var->val == next->val) {
        var++;
        next++;
    }
    return next - ours.first;
}

/*
 * True if all of our variables follow here in a row. They are compared by address, which is faster
 * than by text, and works because they are usually an exact copy.
 */
static inline bool is_row(const apr_table_entry_t *var, const apr_table_entry_t *end, span_t ours)
{
    const apr_size_t size = octets_of(ours);

    return octets_of((span_t){var, end}) >= size &&
           (!memcmp(var, ours.first, size) || row_counted(var, end, ours) == ours.end - ours.first);
}

/* Our variables in an environment. */
typedef struct found_t {
    bool foreign; /* a variable has a reserved name but is not ours */
    int count;    /* of ours, in order; only if `foreign` is false */
} found_t;

static inline found_t look(const request_rec *r, span_t ours)
{
    const span_t all = span_of(r->subprocess_env);
    const apr_table_entry_t *next = ours.first;

    for (const apr_table_entry_t *var = all.first; var < all.end; var++) {
        if (next < ours.end && var->key == next->key && var->val == next->val) {
            next++;
        } else if ((ours.first < ours.end && var->key == ours.first->key) || is_foreign(r, var)) {
            return (found_t){.foreign = true};
        }
    }
    return (found_t){.count = (int)(next - ours.first)};
}

/*
 * apr_table_addn, because apr_table_setn compares a new key with all that share its first four
 * letters; the environment has none of these names.
 */
static void add(apr_table_t *env, span_t vars)
{
    for (const apr_table_entry_t *var = vars.first; var < vars.end; var++) {
        apr_table_addn(env, var->key, var->val);
    }
}

/*
 * Our variables, and those of the environment without reserved names. mod_dir overlays the
 * environment of a directory index on that of the request, so all of ours may occur twice, in
 * order. Makes a new table, because removing many entries from a table takes ten times as long.
 */
static apr_table_t *replaced(const request_rec *r, const apr_table_t *exports)
{
    const span_t all = span_of(r->subprocess_env), ours = span_of(exports);
    const apr_table_entry_t *next = ours.first;
    apr_table_t *env = exports ? apr_table_copy(r->pool, exports) : apr_table_make(r->pool, 8);

    for (const apr_table_entry_t *var = all.first; var < all.end; var++) {
        if (next < ours.end && next == ours.first && var->key == next->key &&
            is_row(var, all.end, ours)) {
            var += ours.end - ours.first - 1;
        } else if (next < ours.end && var->key == next->key) {
            next = next + 1 == ours.end ? ours.first : next + 1;
        } else if (!is_foreign(r, var)) {
            apr_table_addn(env, var->key, var->val);
        }
    }
    return env;
}

/*
 * The same for an environment in which only two rows of ours have reserved names, so no other name
 * is checked. Variables that mod_ssl sets to constant texts also occur twice, and are added once.
 */
static apr_table_t *without_rows(const request_rec *r, const apr_table_t *exports,
                                 const apr_table_entry_t *first, const apr_table_entry_t *second)
{
    const span_t all = span_of(r->subprocess_env);
    const int count = apr_table_elts(exports)->nelts;
    const apr_table_entry_t *once = first + count;
    apr_table_t *env = apr_table_copy(r->pool, exports);

    add(env, (span_t){all.first, first});
    add(env, (span_t){first + count, second});
    for (const apr_table_entry_t *var = second + count; var < all.end; var++) {
        if (once == second || var->key != once->key || var->val != once->val) {
            apr_table_addn(env, var->key, var->val);
        } else {
            once++;
        }
    }
    return env;
}

static __attribute__((noinline)) void put_right(request_rec *r, const apr_table_t *exports)
{
    const span_t ours = span_of(exports);
    const found_t found = look(r, ours);

    if (found.foreign || (found.count > 0 && found.count < ours.end - ours.first)) {
        r->subprocess_env = replaced(r, exports);
    } else if (found.count == 0) {
        add(r->subprocess_env, ours);
    }
}

void cc_variables_set(request_rec *r, const apr_table_t *exports)
{
    const span_t all = span_of(r->subprocess_env), ours = span_of(exports);
    const apr_table_entry_t *var = suspect_of(all.first, all.end);

    if (all.first == all.end) {
        r->subprocess_env = apr_table_copy(r->pool, exports);
        return;
    }
    if (is_row(var, all.end, ours)) {
        const apr_table_entry_t *first = var;

        var = suspect_of(var + (ours.end - ours.first), all.end);
        if (var == all.end) {
            return;
        }
        if (is_row(var, all.end, ours) && suspect_of(var + (ours.end - ours.first), all.end) ==
                                              all.end) { /* a directory index of mod_dir */
            r->subprocess_env = without_rows(r, exports, first, var);
            return;
        }
    }
    put_right(r, exports);
}

void cc_variables_clean(request_rec *r)
{
    const span_t all = span_of(r->subprocess_env);

    if (suspect_of(all.first, all.end) < all.end) {
        put_right(r, NULL);
    }
}

int cc_variables_last(request_rec *r, const apr_table_t *exports)
{
    const span_t all = span_of(r->subprocess_env);

    if (exports || suspect_of(all.first, all.end) < all.end) {
        cc_variables_put(r, exports);
        return apr_table_elts(r->subprocess_env)->nelts;
    }
    return (int)(all.end - all.first);
}

/* ---- subrequests ------------------------------------------------------------------------- */

/*
 * Each included part of a page begins with a copy of the page's environment, which mod_include has
 * filled. An environment that was checked is kept with the page. If the next copy is the same, byte
 * for byte, it needs no further check. Only entries of the page itself are kept: the memory of a
 * subrequest is reused for the next one, with other names.
 */
struct cc_copied_t {
    const apr_table_t *exports; /* that it contains */
    int count, room;            /* of variables */
    int row;                    /* index of ours; -1: others may have reserved names, too */
    apr_table_entry_t vars[];
};

/* Checking fewer is just as fast. */
#define CC_COPIED_MIN 16

static apr_size_t size_of(int count)
{
    return (apr_size_t)count * sizeof(apr_table_entry_t);
}

static bool is_known(const struct cc_copied_t *copied, const apr_array_header_t *all,
                     const apr_table_t *exports)
{
    return copied && copied->exports == exports && copied->count == all->nelts &&
           !memcmp(copied->vars, all->elts, size_of(all->nelts));
}

/* The index of ours in a row, if no other variable may have a reserved name (usual); or -1. */
static int row_of(span_t all, const apr_table_t *exports)
{
    const span_t ours = span_of(exports);
    const apr_table_entry_t *first = suspect_of(all.first, all.end), *next = first;

    if (exports) {
        if (!is_row(first, all.end, ours)) {
            return -1;
        }
        next = suspect_of(first + (ours.end - ours.first), all.end);
    }
    return next == all.end ? (int)(first - all.first) : -1;
}

static void copied_keep(const request_rec *r, const apr_table_t *exports)
{
    request_rec *page = r->main;
    const apr_array_header_t *all = apr_table_elts(r->subprocess_env);
    const apr_array_header_t *its = apr_table_elts(page->subprocess_env);
    cc_request_t *kept = cc_request_of(page);
    struct cc_copied_t *copied = kept->copied;

    if (all->nelts != its->nelts || memcmp(all->elts, its->elts, size_of(all->nelts)) != 0) {
        return;
    }
    if (!copied || copied->room < all->nelts) {
        kept->copied = copied = apr_palloc(page->pool, sizeof(*copied) + size_of(all->nelts));
        copied->room = all->nelts;
    }
    copied->exports = exports;
    copied->count = all->nelts;
    copied->row = row_of(span_of(r->subprocess_env), exports);
    memcpy(copied->vars, all->elts, size_of(all->nelts));
}

void cc_variables_copied(request_rec *r, const apr_table_t *exports)
{
    const apr_array_header_t *all = apr_table_elts(r->subprocess_env);

    if (all->nelts < CC_COPIED_MIN) {
        cc_variables_put(r, exports);
    } else if (!is_known(cc_request_seen(r->main)->copied, all, exports)) {
        cc_variables_put(r, exports);
        copied_keep(r, exports);
    }
}

/*
 * True if it has the names of the page in the same places (the texts of names do not change), and
 * our values. Then no other variable has a reserved name; the values of the others do not matter.
 */
static bool has_names_of(const struct cc_copied_t *copied, span_t all, const apr_table_t *exports)
{
    const int count = copied->count;

    if (copied->exports != exports || copied->row < 0 || count != all.end - all.first) {
        return false;
    }
    for (int i = 0; i < count; i++) {
        if (all.first[i].key != copied->vars[i].key) {
            return false;
        }
    }
    return !exports || is_row(all.first + copied->row, all.end, span_of(exports));
}

/* mod_ssl has set the variables of the page again, with values in the memory of the subrequest. */
void cc_variables_copied_end(request_rec *r, const apr_table_t *exports)
{
    const struct cc_copied_t *copied =
        cc_request_seen(r->main) ? cc_request_seen(r->main)->copied : NULL;

    if (!copied || !has_names_of(copied, span_of(r->subprocess_env), exports)) {
        cc_variables_put(r, exports);
    }
}
