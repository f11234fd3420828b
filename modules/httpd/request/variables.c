/* SPDX-License-Identifier: Apache-2.0 */
/* Puts CLIENTCERT_* into the environment of a request, and removes what others have named so. */
#include <apr_lib.h>
#include <apr_strings.h>

#include "httpd/conf/directive.h"
#include "httpd/conf/log_text.h"
#include "httpd/conf/module.h"
#include "httpd/request/state.h"
#include "httpd/request/variables.h"

/* ---- names ------------------------------------------------------------------------------- */

/*
 * Gives what follows a prefix of capital letters, or NULL. A program sees any character that is
 * neither letter nor digit as "_", and apr_table_get() takes names whatever their case.
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

/* What httpd makes of a variable of the request that led to this one: REDIRECT_CLIENTCERT_USER. */
static bool is_of_before(const char *name)
{
    const char *rest = after(name, "REDIRECT_");

    return rest && (is_ours(rest) || is_of_before(rest));
}

/* mod_proxy_fcgi does what this says to what it sends, which nobody sees after that. */
const char *cc_variables_fcgi_directive(cmd_parms *cmd, void *record, const char *args)
{
    const char *unknown = cc_directive_unknown(cmd, "mod_proxy_fcgi.c");
    const char *name;

    (void)record;
    ap_getword_conf(cmd->temp_pool, &args); /* its condition */
    name = ap_getword_conf(cmd->temp_pool, &args);
    name += *name == '!';
    if (unknown || !(is_ours(name) || is_of_before(name))) {
        return unknown;
    }
    return apr_psprintf(cmd->pool,
                        "CC0119: %s may not change %s: what begins with CLIENTCERT_ says who the "
                        "client is; use another name",
                        cmd->cmd->name, cc_log_escaped(name, cmd->pool));
}

/* ---- the table --------------------------------------------------------------------------- */

/* Whether httpd has taken it over from the environment of another request, which is right. */
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

/* A look at two letters of CLIENTCERT_ or REDIRECT_ rules most names out: CGI has many with one. */
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

/* Apart, because most requests have no such variable. */
static __attribute__((noinline)) bool has_our_name(const request_rec *r,
                                                   const apr_table_entry_t *var)
{
    return is_ours(var->key) || (is_of_before(var->key) && !is_inherited(r, var));
}

/* Whether a variable, which is none of the request's own, has a name of ours. */
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

/* The first of these that may have a name of ours; the end where there is none. */
static inline const apr_table_entry_t *suspect_of(const apr_table_entry_t *var,
                                                  const apr_table_entry_t *end)
{
    while (var < end && !may_be_foreign(var)) {
        var++;
    }
    return var;
}

/* How many entries, from this one on, are ours in their order. */
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
 * Whether all of ours stand here in a row. They are known by their addresses, which costs less than
 * to compare texts; and mostly they are a copy, octet by octet.
 */
static inline bool is_row(const apr_table_entry_t *var, const apr_table_entry_t *end, span_t ours)
{
    const apr_size_t size = octets_of(ours);

    return octets_of((span_t){var, end}) >= size &&
           (!memcmp(var, ours.first, size) || row_counted(var, end, ours) == ours.end - ours.first);
}

/* What there is of ours in an environment. */
typedef struct found_t {
    bool foreign; /* a variable that has a name of ours and is none */
    int count;    /* of ours, in their order; where none is foreign */
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
 * letters; none of the names is there.
 */
static void add(apr_table_t *env, span_t vars)
{
    for (const apr_table_entry_t *var = vars.first; var < vars.end; var++) {
        apr_table_addn(env, var->key, var->val);
    }
}

/*
 * Ours, and what of the environment has no name of ours. mod_dir lays the environment of a
 * directory's index over that of the request, so all of ours may be there twice, in their order. A
 * new table, because to remove many from one takes httpd ten times as long.
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
 * The same where two rows of ours are all that has a name of ours, so that no other is looked at.
 * What mod_ssl sets with constant texts is there twice, too, and added once.
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

/* Apart, because most looks end before it. */
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
        if (is_row(var, all.end, ours) &&
            suspect_of(var + (ours.end - ours.first), all.end) == all.end) { /* mod_dir's index */
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

/* ---- what a page includes ---------------------------------------------------------------- */

/*
 * Each thing that a page includes begins with a copy of the page's environment, which mod_include
 * has filled with all that it has for a page. One that was looked through is kept with the page:
 * where the next copy is the same, octet by octet, it needs no other look. Only what is the page's
 * own is kept: the memory of a subrequest is used again for the next one, with other names in it.
 */
struct cc_copied_t {
    const apr_table_t *exports; /* that are in place in it */
    int count, room;            /* of variables */
    int row;                    /* where ours begin; -1: others may have a name of ours, too */
    apr_table_entry_t vars[];
};

/* Fewer are looked through as quickly. */
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

/* Where ours stand in a row, if nothing else may have a name of ours: so it is as a rule. Or -1. */
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
 * Whether it has the page's own names at their places, whose texts do not change, and our values.
 * Then nothing else can have a name of ours; what other values there are does not matter.
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

/* mod_ssl has set again what the page had, with values in the subrequest's memory. */
void cc_variables_copied_end(request_rec *r, const apr_table_t *exports)
{
    const struct cc_copied_t *copied =
        cc_request_seen(r->main) ? cc_request_seen(r->main)->copied : NULL;

    if (!copied || !has_names_of(copied, span_of(r->subprocess_env), exports)) {
        cc_variables_put(r, exports);
    }
}
