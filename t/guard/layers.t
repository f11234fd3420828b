#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Knows which room may include what.
. "$(dirname "$0")/lib.sh"

rooms=$(files modules '*.[ch]')
tools=$(files tools '*.[ch]')

# Lines of #include in these files that match a pattern.
includes() { # PATTERN FILE ...
    includes_pattern=$1
    shift
    grep -HnE "^ *# *include *[<\"]($includes_pattern)" "$@" || [ $? -eq 1 ]
}

# The same, without the files that may.
except() { # MAY PATTERN FILE ...
    except_may=$1
    shift
    includes "$@" | grep -vE "^($except_may)" || [ $? -eq 1 ]
}

# Includes of a header that is neither a door nor of the file's own room.
private() { # FILE ...
    includes '(base|cert|rules|tables|trust|crl|ocsp|httpd)/' "$@" |
        grep -vE '"(base/[a-z_]+|cert/cert|rules/rules|tables/table|trust/(trust|room|authority)|cert/internal|crl/crl|ocsp/ocsp)\.h"' |
        grep -vE '^mod_clientcert\.c:[0-9]+:#include "httpd/' |
        grep -vE '^modules/([a-z]+)/[^:]*:[0-9]+:#include "\1/' || [ $? -eq 1 ]
}

# Includes of the rooms inside trust by others of trust; their own are not meant.
inside_trust() {
    # shellcheck disable=SC2046  # lists of files
    includes '(crl|ocsp)/' $(files modules/trust '*.[ch]')
    # shellcheck disable=SC2046
    includes 'ocsp/' $(files modules/crl '*.[ch]')
    # shellcheck disable=SC2046
    includes 'crl/' $(files modules/ocsp '*.[ch]')
}

httpd='httpd\.h|http_|ap_|util_|mod_|scoreboard|mpm_'
# shellcheck disable=SC2086  # lists of files
{
    look_at 'sources of rooms' $rooms
    look_at 'sources of tools' $tools
    look_at 'includes of httpd' $(includes "$httpd" $rooms)
    claim 'only modules/httpd and mod_clientcert.c include headers of httpd' \
        except 'modules/httpd/' "$httpd" $rooms $tools
    look_at 'includes of OpenSSL' $(includes openssl/ $rooms)
    claim 'OpenSSL is included in cert, trust, crl, ocsp and httpd/peer only' \
        except 'modules/(cert|trust|crl|ocsp|httpd/peer)/' openssl/ $rooms
    look_at 'includes of PCRE2' $(includes 'pcre2' $rooms)
    claim 'pcre2.h is included in one file only' except 'modules/rules/pattern\.c' pcre2 $rooms
    claim 'base looks at no room, and tables at base alone' \
        includes '(\.\./)*(cert|rules|trust|crl|ocsp|revocation|httpd)/' \
        $(files modules/base '*.[ch]') $(files modules/tables '*.[ch]')
    claim 'base does not look at tables' \
        includes '(\.\./)*tables/' $(files modules/base '*.[ch]')
    claim 'cert looks at no other room' \
        includes '(\.\./)*(rules|tables|trust|httpd)/' $(files modules/cert '*.[ch]')
    claim 'tables looks at cert alone' \
        includes '(\.\./)*(rules|trust|httpd)/' $(files modules/tables '*.[ch]')
    claim 'rules looks at cert and tables alone' \
        includes '(\.\./)*(trust|httpd)/' $(files modules/rules '*.[ch]')
    claim 'trust looks at cert alone' \
        includes '(\.\./)*(rules|tables|httpd)/' $(files modules/trust '*.[ch]')
    claim 'in trust, nobody looks at crl and ocsp, and these not at each other' \
        inside_trust
    claim 'tools use the rooms that do not know httpd' includes '(\.\./)*httpd/' $tools
    claim 'a room is entered by its door' private $rooms $tools mod_clientcert.c
}
done_claiming
