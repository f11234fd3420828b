/* SPDX-License-Identifier: Apache-2.0 */
/* Marks functions that must be inlined into their callers. */
#ifndef CC_INLINE_H
#define CC_INLINE_H

/** For functions that most requests run through: a call would cost as much as their work. */
#define CC_INLINE static inline __attribute__((always_inline))

#endif
