/* SPDX-License-Identifier: Apache-2.0 */
/* Judges a line of the configuration, in each server in which it is in effect. */
#include <apr_strings.h>

#include "httpd/admin/lint_line.h"
#include "httpd/conf/module.h"
#include "httpd/conf/view.h"
#include "rules/rules.h"

const ap_directive_t *cc_line_directive(const cc_line_t *line)
{
    return APR_ARRAY_IDX(line->places, 0, const cc_place_t *)->directive;
}

/* ---- judging ------------------------------------------------------------------------------ */

/* A line while it is judged, in one server after another until it is fine in one. */
typedef struct trial_t {
    cc_lint_t *lint;
    cc_line_judge_fn *judge;
    const void *baton;             /* for `judge` */
    const cc_conf_view_t *culprit; /* the first server where it is at fault; NULL: none so far */
    bool fine;
} trial_t;

static void view_try(trial_t *trial, const cc_conf_view_t *view, const cc_place_t *place)
{
    cc_line_state_t state = trial->judge(trial->lint, view, place, trial->baton);

    if (state == CC_LINE_FINE) {
        trial->fine = true;
    } else if (state == CC_LINE_FAULT && !trial->culprit) {
        trial->culprit = view;
    }
}

/*
 * A line of the main server is in effect in all servers, and is judged once for each kind of
 * server.
 */
static void place_try(trial_t *trial, const cc_place_t *place)
{
    const cc_lint_t *lint = trial->lint;

    if (place->view->server != lint->server) {
        view_try(trial, place->view, place);
        return;
    }
    for (int i = 0; i < lint->kinds->nelts && !trial->fine; i++) {
        view_try(trial, APR_ARRAY_IDX(lint->kinds, i, const cc_conf_view_t *), place);
    }
}

const cc_conf_view_t *cc_lint_culprit(cc_lint_t *lint, const cc_line_t *line,
                                      cc_line_judge_fn *judge, const void *baton)
{
    trial_t trial = {.lint = lint, .judge = judge, .baton = baton};

    for (int i = 0; i < line->places->nelts && !trial.fine; i++) {
        place_try(&trial, APR_ARRAY_IDX(line->places, i, const cc_place_t *));
    }
    return trial.fine ? NULL : trial.culprit;
}

/* ---- findings ------------------------------------------------------------------------------ */

void cc_lint_add(cc_lint_t *lint, const char *tag, const char *where, const char *fmt, ...)
{
    cc_note_t *note = &APR_ARRAY_PUSH(lint->findings, cc_note_t);
    va_list args;

    va_start(args, fmt);
    note->kind = CC_NOTE_LINT;
    note->tag = tag;
    note->where = where;
    note->text = apr_pvsprintf(lint->pool, fmt, args);
    va_end(args);
}
