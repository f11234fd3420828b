/* SPDX-License-Identifier: Apache-2.0 */
/* Functions that have to be part of their callers. */
#ifndef CC_INLINE_H
#define CC_INLINE_H

/** For what most requests pass: a call would cost as much as what it does. */
#define CC_INLINE static inline __attribute__((always_inline))

#endif
