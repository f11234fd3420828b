/* SPDX-License-Identifier: Apache-2.0 */
/* Declares templates: what they are made of, how they are parsed and expanded. */
#ifndef CC_RULES_TEMPLATE_H
#define CC_RULES_TEMPLATE_H

#include "rules/selector.h"

/*
 * A source of texts for a template: the values of a selector, the matches of a =~, or the rows of
 * an `in`. All parts that have the same source step together.
 */
typedef struct cc_variable_t {
    const cc_selector_t *selector; /* NULL: the capture */
    int capture;
    unsigned columns; /* of an `in`: a bit for each column that the template takes; otherwise 0 */
    const cc_selector_t *chosen; /* NULL, or modifiers that make other values of all those of the
                                  * group `group`, or of that column; they are then its group 0 */
    int group;
    bool modified; /* a part has modifiers for its values */
} cc_variable_t;

typedef struct cc_part_t {
    struct iovec literal;
    int variable; /* its index in the template's variables; -1: the literal */
    int group;    /* of the variable's capture, or the column of its row; 0 for a field */
    const cc_selector_t *modified; /* NULL, or what is made of each text of the variable, by the
                                    * modifiers after `origin` */
    const cc_selector_t *origin;
} cc_part_t;

struct cc_template_t {
    const char *text;              /* the output as written: user=$1 */
    apr_array_header_t *parts;     /* cc_part_t */
    apr_array_header_t *variables; /* cc_variable_t, each once */
};

/* The template that is being read, and the place in it. */
typedef struct cc_template_scan_t {
    cc_rule_reader_t *reader;
    cc_template_t *template;
    const char *at;
} cc_template_scan_t;

/* A capture group of a pattern, or a column of a table, and the selector of its values. */
typedef struct cc_capture_t {
    cc_condition_t *condition;
    int group;
    cc_selector_t *selector;
} cc_capture_t;

/* template_capture.c: reads the capture whose $ was just read, with its modifiers. */
apr_status_t cc_capture_scan(cc_capture_t *capture, cc_template_scan_t *scan);

/* template_capture.c: reads the capture between the braces of %{$1|MODIFIER}. */
apr_status_t cc_capture_read(cc_capture_t *capture, const cc_template_scan_t *scan,
                             const char *text);

/* template_capture.c: an error of the template. */
apr_status_t cc_template_error(const cc_template_scan_t *scan, const char *tag, const char *word,
                               const char *message);

/* template.c: `output` is the whole word, the template follows its "=". */
apr_status_t cc_template_parse(const cc_template_t **template, cc_rule_reader_t *reader,
                               const char *output);

/*
 * expand.c: all results (const char *, usable, not empty; not distinct) of a template. If some are
 * lost, the verdict has a doubt, or the evaluation a failure.
 */
apr_array_header_t *cc_template_expand(cc_evaluation_t *ev, const cc_template_t *template);

#endif
