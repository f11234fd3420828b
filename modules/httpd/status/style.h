/* SPDX-License-Identifier: Apache-2.0 */
/* Declares the style sheet of the page of clientcert-status. */
#ifndef CC_STATUS_STYLE_H
#define CC_STATUS_STYLE_H

/**
 * The content of the <style> element, and the Content-Security-Policy of the page, which allows
 * that style, by its digest, and nothing else.
 */
extern const char cc_page_style[], cc_page_policy[];

#endif
