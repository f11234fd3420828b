#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Checks what each component may include: only components below it, and only their public headers.
. "$(dirname "$0")/lib.sh"

rooms=$(files modules '*.[ch]')
tools=$(files tools '*.[ch]')
httpd='httpd\.h|http_|ap_|util_|mod_|scoreboard|mpm_'

# Each component of the engine, and the components below it that it may include.
may_look_at() { # ROOM
    case $1 in
        base) ;;
        cert) echo base ;;
        tables) echo base cert ;;
        rules) echo base cert tables ;;
        ca) echo base cert ;;
        trust) echo base cert ca ;;
        forward) echo base ;;
        crl | ocsp) echo base cert ca trust ;;
        revocation) echo base cert ca trust crl ocsp ;;
    esac
}
engine='base cert tables rules ca trust crl ocsp revocation forward'
# The layers of modules/httpd, from the lowest: each may include itself and the layers below it. On
# top of them are the files of modules/httpd itself, and mod_clientcert.c.
floors='conf background metrics log peer request status admin'

# Lines of #include in these files that match a pattern.
includes() { # PATTERN FILE ...
    includes_pattern=$1
    shift
    [ $# -eq 0 ] || grep -HnE "^ *# *include *[<\"]($includes_pattern)" "$@" || [ $? -eq 1 ]
}

# The same, except for files that may include it.
except() { # MAY PATTERN FILE ...
    except_may=$1
    shift
    includes "$@" | grep -vE "^($except_may)" || [ $? -eq 1 ]
}

alternatives() { echo "$*" | tr -s ' ' '|'; }

# Includes in components of the engine of components that they may not include.
upwards_in_engine() {
    for room in $engine; do
        [ -d "modules/$room" ] || continue
        # shellcheck disable=SC2046  # lists of words
        includes '(\.\./)*[a-z]+/' $(files "modules/$room" '*.[ch]') |
            grep -vE "\"($(alternatives "$room" $(may_look_at "$room")))/" |
            grep -E '"(\.\./)*('"$(alternatives $engine)"'|httpd)/' || [ $? -eq 1 ]
    done
}

# Includes in layers of modules/httpd of layers above them.
upwards_in_httpd() {
    below=
    for floor in $floors; do
        below="$below $floor"
        # shellcheck disable=SC2046,SC2086
        includes 'httpd/' $(files "modules/httpd/$floor" '*.[ch]') |
            grep -vE "\"httpd/($(alternatives $below))/" || [ $? -eq 1 ]
    done
}
# Folders of modules/httpd that are not in the list of layers.
strange_floors() {
    find modules/httpd -mindepth 1 -type d | grep -vE "^modules/httpd/($(alternatives $floors))\$" ||
        [ $? -eq 1 ]
}

# Includes of a header that is neither public nor in the file's own component.
private() { # FILE ...
    includes '('"$(alternatives $engine)"'|httpd)/' "$@" |
        grep -vE '"(base/[a-z_0-9]+|cert/(cert|value)|rules/(rules|namespace|reachable)|tables/table|ca/ca|trust/(trust|path|survey|expiry|cause)|crl/crl|ocsp/ocsp|revocation/revocation|forward/(forward|proxy_protocol))\.h"' |
        grep -vE '^mod_clientcert\.c:[0-9]+:#include "httpd/' |
        grep -vE '^modules/([a-z]+)/[^:]*:[0-9]+:#include "\1/' || [ $? -eq 1 ]
}

# shellcheck disable=SC2086  # lists of files
{
    look_at 'sources of components' $rooms
    look_at 'sources of tools' $tools
    look_at 'includes of httpd' $(includes "$httpd" $rooms)
    claim 'only modules/httpd and mod_clientcert.c include headers of httpd' \
        except 'modules/httpd/' "$httpd" $rooms $tools
    claim 'the header for other modules includes only headers of httpd and APR' \
        includes '([^ah]|a[^p]|h[^t])' include/mod_clientcert.h
    look_at 'includes of OpenSSL' $(includes 'openssl/|mod_ssl_openssl' $rooms)
    claim 'only cert, ca, trust, crl, ocsp, revocation, tables/redis/tls and httpd/peer/tls include headers of OpenSSL' \
        except 'modules/(cert|ca|trust|crl|forward|ocsp|revocation)/|modules/tables/redis/tls\.c|modules/httpd/peer/' \
        'openssl/|mod_ssl_openssl' $rooms
    look_at 'includes of mod_ssl' $(includes 'mod_ssl' $rooms mod_clientcert.c)
    claim 'only httpd/peer and mod_clientcert.c include headers of mod_ssl' \
        except 'modules/httpd/peer/|mod_clientcert\.c' 'mod_ssl|http_ssl' $rooms mod_clientcert.c
    look_at 'includes of PCRE2' $(includes 'pcre2' $rooms)
    claim 'only one file includes pcre2.h' except 'modules/rules/engine\.h' pcre2 $rooms
    look_at 'includes of utf8proc' $(includes 'utf8proc' $rooms)
    claim 'only one file includes utf8proc.h' except 'modules/base/fold\.c' utf8proc $rooms $tools
    look_at 'includes of hiredis' $(includes 'hiredis' $rooms)
    claim 'only one file includes headers of hiredis' except 'modules/tables/redis/protocol\.c' hiredis $rooms
    look_at 'includes of Jansson' $(includes 'jansson' $rooms $tools)
    claim 'only what a build without Jansson leaves out includes headers of Jansson' \
        except 'modules/(ca/bundle\.c|httpd/(status|admin)/)|tools/server\.h' jansson $rooms $tools
    look_at 'includes of libldap' $(includes '(util_|apr_)?ldap' $rooms)
    claim 'only what a build without libldap leaves out includes headers of libldap' \
        except 'modules/httpd/background/ldap' '(util_|apr_)?ldap|lber' $rooms $tools
    claim 'components of the engine include only components below them' upwards_in_engine
    look_at 'includes between layers of modules/httpd' $(includes 'httpd/' $rooms)
    claim 'layers of modules/httpd include only layers below them' upwards_in_httpd
    claim 'every folder of modules/httpd is a layer' strange_floors
    claim 'tools include nothing of modules/httpd' includes '(\.\./)*httpd/' $tools
    claim 'a component includes only public headers of other components' \
        private $rooms $tools mod_clientcert.c
}
done_claiming
