/* SPDX-License-Identifier: Apache-2.0 */
/* What opening CRLs at a restart needs of the other files of this room. */
#ifndef CC_CRL_KEPT_H
#define CC_CRL_KEPT_H

#include "crl/internal.h"

/* ---- what outlives a restart (kept.c) ---------------------------------------------------- */

/** Readies a file that was just read to be kept: one holder. NULL: it is not to be. */
cc_crl_kept_state_t *cc_crl_kept_stage(const cc_crl_loader_t *loader, const char *path,
                                       const cc_file_stamp_t *stamp,
                                       const apr_array_header_t *blocks);
void cc_crl_kept_release(cc_crl_kept_state_t *state); /* NULL is none */

/** Keeps what was staged with this content, if anything was, as what the file gave last. */
void cc_crl_kept_put(cc_crls_t *crls, const char *path, cc_crl_content_t *content);

/** Remembers that a folder is in use; whether it was. */
void cc_crl_kept_mark(cc_crls_t *crls, const char *folder);
bool cc_crl_kept_marked(const cc_crls_t *crls, const char *folder);

/** Forgets a file. */
void cc_crl_kept_forget(cc_crls_t *crls, const char *path);

/** What the file gave last, to this trust (*own) or else to any, and since when; NULL: nothing. */
const cc_crl_kept_state_t *cc_crl_kept_find(apr_time_t *since, bool *own, const cc_crls_t *crls,
                                            const char *path);

/** Adds the paths (const char *) of the files in a folder that gave this trust something. */
void cc_crl_kept_below(apr_array_header_t *paths, const cc_crls_t *crls, const char *folder);

/** Reads it back; octets->at is from malloc, also after an error. */
apr_status_t cc_crl_kept_read(apr_array_header_t *blocks, cc_octets_t *octets,
                              const cc_crl_kept_state_t *state);

/* ---- opening (content.c, crls.c, judge.c, poll.c, scan.c, restart.c) --------------------- */

/** The same of a state that was kept, taken at that time. */
apr_status_t cc_crl_content_reload(cc_crl_content_t **content, const cc_crl_loader_t *loader,
                                   const char *path, const cc_crl_kept_state_t *state,
                                   apr_time_t since);

/** A file, for the first time, which may be waited for; the same errors in its refusal. */
apr_status_t cc_crl_file_first(cc_crls_t *crls, cc_crl_file_t *file, bool wait);

/** Judges what a file holds beside what the others do; `now` is 0 at start. */
apr_status_t cc_crl_content_judge(cc_crls_t *crls, cc_crl_file_t *file,
                                  const cc_crl_content_t *content, apr_time_t now);

/**
 * True if the file gave something before, and now has CRLs of issuers alone that are not known
 * here: that is refused (CC0410).
 */
bool cc_crl_turned_foreign(const cc_crls_t *crls, cc_crl_file_t *file,
                           const cc_crl_content_t *before, const cc_crl_content_t *content);

/**
 * True if something is unread since a restart: a source that holds nothing, or a file. Marks the
 * folders of which nothing is.
 */
bool cc_crls_incomplete(cc_crls_t *crls);

/** What a file is loaded with. */
cc_crl_loader_t cc_crl_loader_of(const cc_crls_t *crls);

/** A file that is followed from now on, without any content. */
cc_crl_file_t *cc_crl_file_create(cc_crls_t *crls, const char *path);

/** An opened directive without its files; and the version that is made of what they hold. */
cc_crls_t *cc_crls_create(const cc_crl_spec_t *spec, const cc_trust_t *trust, apr_pool_t *p);
void cc_crls_complete(cc_crls_t *crls);

#endif
