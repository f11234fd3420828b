/* SPDX-License-Identifier: Apache-2.0 */
/* Implements `in` and `!in`: finds the table, looks values up in it, and captures its rows. */

#include <string.h>

#include <apr_strings.h>

#include "rules/internal.h"
#include "rules/selector.h"

/* ---- while rules are read ---------------------------------------------------------------- */

/* Elsewhere than in directories and grid-mapfiles, equal DNs can have different texts. */
static apr_status_t table_suits(const cc_condition_t *c, cc_rule_reader_t *reader)
{
    if (c->selector->type != CC_TYPE_DN && cc_table_is_gridmap(c->table)) {
        return cc_error_set(reader->err, reader->rules->pool, "CC0608", c->op->word.name,
                            "the keys of a gridmap: table are DNs, and %s is not a DN; write "
                            "subject %s %s",
                            c->selector->name, c->op->word.name, c->operand);
    }
    if (c->selector->type != CC_TYPE_DN || cc_table_takes_names(c->table)) {
        return APR_SUCCESS;
    }
    return cc_error_set(reader->err, reader->rules->pool, "CC0232", c->op->word.name,
                        "%s is a DN, which has no single text form that a table could list (only "
                        "gridmap: and ldap: tables compare DNs); write %s|oneline, its slash form, "
                        "or use a field of one attribute such as subject.CN",
                        c->selector->name, c->selector->name);
}

/* What to write if the operand seems to be a list of values; "" if it does not. */
static const char *list_remedy(const cc_condition_t *c, apr_pool_t *p)
{
    if (c->selector->type != CC_TYPE_TEXT || !strpbrk(c->operand, ",|()[]{} ")) {
        return "";
    }
    return apr_psprintf(p, "; to list a few values in the rule, write a pattern: %s %s \"a|b\"",
                        c->selector->name, c->op->negative ? "!~" : "=~");
}

apr_status_t cc_lookup_table_find(cc_condition_t *condition, cc_rule_reader_t *reader)
{
    const cc_rules_t *rules = reader->rules;

    if (rules->tables) {
        condition->table = cc_tables_find(rules->tables, rules->scope, condition->operand);
    }
    if (condition->table && cc_table_binds_issuer(condition->table) &&
        cc_selector_find(&condition->issuer, reader, "issuer") != APR_SUCCESS) {
        return APR_EINVAL;
    }
    if (condition->table) {
        return table_suits(condition, reader);
    }
    return cc_error_set(reader->err, rules->pool, "CC0231", condition->operand,
                        "no such table; a ClientCertTable must come before the rules that use it; "
                        "tables so far: %s%s",
                        rules->tables ? cc_tables_names(rules->tables, rules->scope, rules->pool)
                                      : "none",
                        list_remedy(condition, rules->pool));
}

static void table_name(cc_rules_t *rules, cc_table_t *const *table)
{
    if (!apr_hash_get(rules->naming, table, sizeof(*table))) {
        apr_hash_set(rules->naming, table, sizeof(*table), *table);
        APR_ARRAY_PUSH(rules->named, cc_table_t *) = *table;
    }
}

void cc_lookup_tables_use(cc_rules_t *rules, const cc_rule_t *rule)
{
    for (int i = 0; i < rule->conditions->nelts; i++) {
        const cc_condition_t *c = &APR_ARRAY_IDX(rule->conditions, i, cc_condition_t);
        if (c->table) {
            cc_table_use(c->table, c->columns);
            table_name(rules, &c->table);
        }
    }
}

bool cc_rules_use_tables(const cc_rules_t *rules)
{
    return rules->named->nelts > 0;
}

apr_uint64_t cc_rules_generation(const cc_rules_t *rules)
{
    apr_uint64_t sum = 0;

    for (int i = 0; i < rules->named->nelts; i++) {
        sum += cc_table_generation(APR_ARRAY_IDX(rules->named, i, cc_table_t *));
    }
    return sum;
}

/* ---- rows -------------------------------------------------------------------------------- */

static const char *failure_text(const cc_condition_t *c, const char *reason, apr_pool_t *p)
{
    return apr_psprintf(p, "table %s (%s): %s", cc_table_name(c->table), cc_table_where(c->table),
                        reason ? reason : "its source could not be queried");
}

/* The table may answer the next time. */
static void table_fail(cc_evaluation_t *ev, const cc_condition_t *c, const char *reason)
{
    ev->failure = failure_text(c, reason, ev->result);
    ev->lost = true;
}

/* A source may contain any octets. */
static bool column_usable(cc_evaluation_t *ev, const cc_condition_t *c, const cc_column_t *column,
                          int number)
{
    for (int i = 0; i < column->count; i++) {
        const char *text = column->values[i];
        const char *unusable = cc_text_unusable(text, strlen(text));
        if (unusable) {
            const char *what =
                apr_psprintf(ev->scratch, "a value of column %d cannot be used, \"%s\": %s", number,
                             cc_text_excerpt(text, strlen(text), ev->scratch), unusable);
            cc_evaluation_note(ev, CC_NOTE_UNUSABLE_COLUMN, ev->rule->where,
                               "a value of a table cannot be used", "%s: %s",
                               cc_condition_text(c, ev->scratch), what);
            table_fail(ev, c, what);
            return false;
        }
    }
    return true;
}

bool cc_lookup_usable(cc_evaluation_t *ev, const cc_condition_t *c, unsigned columns)
{
    const apr_array_header_t *rows = ev->captures[c->capture];

    for (int i = 0; i < rows->nelts; i++) {
        const cc_row_t *row = &APR_ARRAY_IDX(rows, i, cc_row_t);

        for (int j = 0; j < row->count; j++) {
            if (columns >> j & 1 && !column_usable(ev, c, &row->columns[j], j + 1)) {
                return false;
            }
        }
    }
    return true;
}

/* Keeps the columns of a row that templates may take. */
static void row_capture(cc_evaluation_t *ev, const cc_condition_t *c, const cc_row_t *row)
{
    apr_array_header_t *rows = ev->captures[c->capture];
    cc_row_t *kept;

    if (!rows) {
        rows = ev->captures[c->capture] = apr_array_make(ev->scratch, 1, sizeof(cc_row_t));
    }
    kept = &APR_ARRAY_PUSH(rows, cc_row_t);
    kept->count = row->count < c->columns ? row->count : c->columns;
    kept->columns = row->columns;
}

/* How many combinations a row gives. */
static int row_combinations(const cc_row_t *row, unsigned columns, int max)
{
    int count = 1;

    for (int i = 0; columns >> i && count > 0 && count <= max; i++) {
        if (columns >> i & 1) {
            count *= i < row->count ? row->columns[i].count : 0;
        }
    }
    return count;
}

/* The n-th combination of a row, $1 at 1: the last of its columns changes first. */
static const struct iovec *row_choice(const cc_row_t *row, unsigned columns, int n, apr_pool_t *p)
{
    struct iovec *choice = apr_pcalloc(p, sizeof(*choice) * ((apr_size_t)row->count + 1));

    for (int i = row->count - 1; i >= 0; i--) {
        if (columns >> i & 1) {
            const cc_column_t *column = &row->columns[i];
            const char *text = column->values[n % column->count];
            choice[i + 1].iov_base = (char *)text;
            choice[i + 1].iov_len = strlen(text);
            n /= column->count;
        }
    }
    return choice;
}

apr_array_header_t *cc_lookup_choices(const apr_array_header_t *rows, unsigned columns, int max,
                                      apr_pool_t *p)
{
    apr_array_header_t *choices = apr_array_make(p, 4, sizeof(const struct iovec *));

    for (int i = 0; i < rows->nelts; i++) {
        const cc_row_t *row = &APR_ARRAY_IDX(rows, i, cc_row_t);
        int count = row_combinations(row, columns, max);

        if (count > max - choices->nelts) {
            return NULL;
        }
        for (int n = 0; n < count; n++) {
            APR_ARRAY_PUSH(choices, const struct iovec *) = row_choice(row, columns, n, p);
        }
    }
    return choices;
}

/* ---- lookups ----------------------------------------------------------------------------- */

cc_query_t cc_lookup_query(const cc_condition_t *c, const cc_value_t *value,
                           const cc_value_t *issuer)
{
    bool is_hex = c->selector->type == CC_TYPE_OCTETS || c->selector->type == CC_TYPE_DER;
    cc_query_t query = {
        .key = value->text, .len = value->len, .form = is_hex ? CC_KEY_HEX : CC_KEY_WRITTEN};

    if (cc_table_is_gridmap(c->table)) {
        query.key = value->key;
        query.len = value->key_len;
        query.form = CC_KEY_NAME;
    }
    if (issuer) {
        query.issuer = issuer->key;
        query.issuer_len = issuer->key_len;
    }
    return query;
}

/* The result of a condition from the answer of a table; a row is captured. */
static cc_fit_t answer_fits(cc_evaluation_t *ev, const cc_condition_t *c, const cc_query_t *answer)
{
    const cc_answer_info_t *info = &answer->info;

    if (answer->result == CC_TABLE_FAILED) {
        table_fail(ev, c, info->failure);
        return CC_FIT_UNDECIDED;
    }
    if (info->stale_at < ev->stale_at) {
        ev->stale_at = info->stale_at;
    }
    if (info->failure) {
        cc_evaluation_trouble(ev, info->failure);
    }
    if (info->outside) {
        cc_trouble_add(&ev->outside, info->outside);
    }
    if (answer->result == CC_TABLE_FOUND && c->capture >= 0) {
        row_capture(ev, c, &answer->row);
    }
    return answer->result == CC_TABLE_FOUND ? CC_FIT_YES : CC_FIT_NO;
}

static cc_fit_t lookup_fits(const cc_condition_t *c, const cc_value_t *value,
                            const cc_value_t *issuer, cc_evaluation_t *ev)
{
    cc_query_t query;

    if (cc_table_is_remote(c->table)) {
        return answer_fits(ev, c, cc_lookup_many(ev, c, value, issuer));
    }
    query = cc_lookup_query(c, value, issuer);
    cc_table_lookup(c->table, &query, ev->facts->now, ev->scratch);
    return answer_fits(ev, c, &query);
}

/* Without a usable issuer, it is not known which rows of such a table count. */
cc_fit_t cc_lookup_fits(const cc_condition_t *c, const cc_value_t *value, cc_evaluation_t *ev)
{
    const cc_cell_t *issuer = c->issuer ? cc_evaluation_cell(ev, c->issuer) : NULL;

    if (issuer && (issuer->unusable > 0 || issuer->values.count != 1)) {
        return CC_FIT_UNDECIDED;
    }
    return lookup_fits(c, value, issuer ? issuer->values.at : NULL, ev);
}

void cc_lookup_note(cc_evaluation_t *ev, const cc_condition_t *c, int values)
{
    const cc_trouble_t *trouble = &ev->trouble;
    const char *which = "an old answer is used";

    if (trouble->count > 1) {
        which = apr_psprintf(ev->scratch, "old answers are used for %d of %d values",
                             trouble->count, values);
    }
    cc_evaluation_note(ev, CC_NOTE_OLD_ANSWER, ev->rule->where, "an old answer of a table is used",
                       "%s: %s", which, failure_text(c, trouble->reason, ev->scratch));
}

void cc_lookup_note_outside(cc_evaluation_t *ev, const cc_condition_t *c, int values)
{
    const cc_trouble_t *outside = &ev->outside;
    const char *which = "";

    if (outside->count > 1) {
        which = apr_psprintf(ev->scratch, "%d of %d values have rows that do not count now; ",
                             outside->count, values);
    }
    cc_evaluation_note(ev, CC_NOTE_OUTSIDE_ROW, ev->rule->where,
                       "a row of a table does not count now", "%s%s", which,
                       failure_text(c, outside->reason, ev->scratch));
}
