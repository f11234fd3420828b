/* SPDX-License-Identifier: Apache-2.0 */
/* Keeps the last entries of a list in memory that processes share. */
#include "ca/followed.h"

/* In memory, an entry and its number have 32 bits each. */
apr_uint64_t cc_ca_journal_number(apr_uint64_t slot)
{
    return slot & 0xFFFFFFFFu;
}

apr_uint64_t cc_ca_journal_slot(apr_uint64_t entry, apr_uint64_t number)
{
    return entry << 32 | cc_ca_journal_number(number);
}

bool cc_ca_journal_add(const cc_ca_journal_t *journal, apr_uint64_t *after, apr_uint64_t entry)
{
    apr_uint64_t number = *after + 1;

    for (;;) {
        cc_counter_t *slot = &journal->slots[number % journal->size];
        apr_uint64_t found = atomic_load(slot);

        if (cc_ca_journal_number(found) >= number) {
            number = cc_ca_journal_number(found);
            *after = number;
            if (found == cc_ca_journal_slot(entry, number)) {
                return false;
            }
            number++;
        } else if (atomic_compare_exchange_strong(slot, &found,
                                                  cc_ca_journal_slot(entry, number))) {
            *after = number;
            return true;
        }
    }
}

apr_uint64_t cc_ca_journal_last(const cc_ca_journal_t *journal, apr_uint64_t after)
{
    apr_uint64_t last = after, next = after;

    do {
        last = next;
        next = cc_ca_journal_number(atomic_load(&journal->slots[(last + 1) % journal->size]));
    } while (next > last);
    return last;
}

bool cc_ca_journal_has(const cc_ca_journal_t *journal, apr_uint64_t entry, apr_uint64_t after,
                       apr_uint64_t last)
{
    if (last - after > journal->size) {
        return true;
    }
    for (apr_uint64_t number = after + 1; number <= last; number++) {
        apr_uint64_t slot = atomic_load(&journal->slots[number % journal->size]);

        if (slot == cc_ca_journal_slot(entry, number) || cc_ca_journal_number(slot) != number) {
            return true;
        }
    }
    return false;
}
