/* SPDX-License-Identifier: Apache-2.0 */
/* Declares what the files of the CRL component share for opening CRLs at a restart. */
#ifndef CC_CRL_KEPT_H
#define CC_CRL_KEPT_H

#include "crl/internal.h"

/* ---- states that outlive a restart (kept.c) ---------------------------------------------- */

/** Prepares the state of a file that was just read, with one holder. NULL: it is not kept. */
cc_crl_kept_state_t *cc_crl_kept_stage(const cc_crl_loader_t *loader, const char *path,
                                       const cc_file_stamp_t *stamp,
                                       const apr_array_header_t *blocks);
void cc_crl_kept_release(cc_crl_kept_state_t *state); /* NULL is allowed */

/** Keeps the state that was staged with this content, if any, as the last state of the file. */
void cc_crl_kept_put(cc_crls_t *crls, const char *path, cc_crl_content_t *content);

/** Records that a folder is in use; and whether it was recorded before. */
void cc_crl_kept_mark(cc_crls_t *crls, const char *folder);
bool cc_crl_kept_marked(const cc_crls_t *crls, const char *folder);

/** Forgets a file. */
void cc_crl_kept_forget(cc_crls_t *crls, const char *path);

/**
 * The last state of a file for this trust (*own is true), or for any trust, and its time; NULL:
 * none.
 */
const cc_crl_kept_state_t *cc_crl_kept_find(apr_time_t *since, bool *own, const cc_crls_t *crls,
                                            const char *path);

/** Adds the paths (const char *) of the files in a folder that have a state for this trust. */
void cc_crl_kept_below(apr_array_header_t *paths, const cc_crls_t *crls, const char *folder);

/** Reads a state back; octets->at is from malloc, also after an error. */
apr_status_t cc_crl_kept_read(apr_array_header_t *blocks, cc_octets_t *octets,
                              const cc_crl_kept_state_t *state);

/* ---- opening (content.c, crls.c, judge.c, poll.c, scan.c, restart.c) --------------------- */

/** cc_crl_content_load from a kept state, which was accepted at the time `since`. */
apr_status_t cc_crl_content_reload(cc_crl_content_t **content, const cc_crl_loader_t *loader,
                                   const char *path, const cc_crl_kept_state_t *state,
                                   apr_time_t since);

/**
 * Loads a file for the first time, and if `wait`, waits while it is being written. The errors are
 * those of cc_crl_content_load, also in file->refusal.
 */
apr_status_t cc_crl_file_first(cc_crls_t *crls, cc_crl_file_t *file, bool wait);

/** Decides whether the content of a file may be used with those of the others; `now` is 0 at start.
 */
apr_status_t cc_crl_content_judge(cc_crls_t *crls, cc_crl_file_t *file,
                                  const cc_crl_content_t *content, apr_time_t now);

/**
 * True if the file gave CRLs before, and now has only CRLs of issuers that are not trusted here:
 * that is refused (CC0410).
 */
bool cc_crl_turned_foreign(const cc_crls_t *crls, cc_crl_file_t *file,
                           const cc_crl_content_t *before, const cc_crl_content_t *content);

/**
 * True if a source or a file is unread since a restart and has no CRLs in use. Records the folders
 * in which no file is unread.
 */
bool cc_crls_incomplete(cc_crls_t *crls);

/** The settings for loading a file. */
cc_crl_loader_t cc_crl_loader_of(const cc_crls_t *crls);

/** Makes a file that is followed from now on, without content. */
cc_crl_file_t *cc_crl_file_create(cc_crls_t *crls, const char *path);

/**
 * Opens a directive without its files; the second function makes the first version once they are
 * loaded.
 */
cc_crls_t *cc_crls_create(const cc_crl_spec_t *spec, const cc_trust_t *trust, apr_pool_t *p);
void cc_crls_complete(cc_crls_t *crls);

#endif
