#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Checks that the module exports its record to the rest of httpd, and no other symbol.
. "$(dirname "$0")/lib.sh"

module=${CC_MODULE:-${CC_BUILD:-build}/mod_clientcert.so}

exported() { nm -D --defined-only "$module" | awk '{ print $NF }'; }
# AddressSanitizer marks it with a symbol of its own.
others() { exported | grep -vxE '(__odr_asan\.)?clientcert_module' || [ $? -eq 1 ]; }

# shellcheck disable=SC2046  # a list of names
look_at 'symbols that the module exports' $(exported)
claim 'the module exports only clientcert_module' others
done_claiming
