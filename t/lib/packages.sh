# SPDX-License-Identifier: Apache-2.0
# Installs the packages that the build, the demo and the tests need.
# shellcheck shell=sh
#
#   . t/lib/packages.sh
#   need_packages build demo        or: build demo test
#   want_packages servers browser shells   the servers that tables ask or t/bench compares with, a
#                                          browser, and shells that complete clientcert; the tests
#                                          go without what is missing
#   want_packages proxies                  a proxy that not every release has
#   need_packages deb                      what pkg/build needs; or: build dsc, build rpm
#   want_packages operations               what conf/operations is checked with
#   want_packages applications             applications behind httpd, for the examples
#
# need_packages ends the program if it cannot install a missing package. "a|b" is the first of both
# that the system knows. No server is started, neither now nor when the system starts.

debian_build='gcc make autoconf automake pkg-config apache2-dev apache2-ssl-dev
    libapr1-dev libaprutil1-dev libssl-dev libpcre2-dev libjansson-dev libhiredis-dev
    libldap-dev|libldap2-dev libutf8proc-dev'
debian_demo='apache2-bin openssl curl perl util-linux'
debian_test='check libcurl4-openssl-dev apache2-utils clang libclang-rt-dev|clang-tools nghttp2-client valgrind libc6-dbg
    redis-tools mandoc libio-socket-ssl-perl lftp cmark-gfm|pandoc'

debian_servers='libaprutil1-dbd-sqlite3 libaprutil1-dbd-pgsql libaprutil1-ldap sqlite3 postgresql
    slapd haproxy nginx'
debian_proxies='caddy'
debian_browser='chromium libnss3-tools fonts-dejavu-core'
debian_shells='zsh fish'
debian_operations='logrotate fail2ban prometheus jq systemd apparmor shellcheck haproxy'
debian_applications='libapache2-mod-svn subversion git php-fpm tomcat10-common|tomcat11-common
    libapache2-mod-wsgi-py3 python3-django python3-radicale cgit'
debian_elsewhere='debootstrap perl util-linux'
debian_deb='dpkg-dev perl'
debian_dsc='debhelper dpkg-dev'
debian_rpm='check rpm'

fedora_build='gcc make autoconf automake pkgconf-pkg-config httpd-devel apr-devel
    apr-util-devel openssl-devel pcre2-devel jansson-devel hiredis-devel openldap-devel
    utf8proc-devel'
fedora_demo='httpd-core mod_ssl mod_http2 openssl curl perl-interpreter util-linux'
fedora_test='check-devel libcurl-devel httpd-tools clang compiler-rt libasan libubsan nghttp2 valgrind
    perl-Test-Simple perl-Test-Harness perl-Time-HiRes perl-IPC-Open3 perl-IO-Socket-IP
    perl-SDBM_File perl-JSON-PP perl-Digest-SHA perl-IO-Compress perl-Encode
    perl-IO-Socket-SSL redis|valkey mandoc diffutils lftp cmark-gfm|pandoc'
fedora_servers='apr-util-sqlite apr-util-pgsql apr-util-ldap mod_ldap sqlite postgresql-server
    openldap-servers haproxy nginx'
fedora_proxies='caddy'
fedora_browser='chromium nss-tools dejavu-sans-fonts'
fedora_shells='zsh fish'
fedora_operations='logrotate fail2ban-server golang-github-prometheus jq systemd ShellCheck haproxy'
fedora_applications='mod_dav_svn subversion git-core php-fpm tomcat python3-mod_wsgi
    python3-django|python3-django5 radicale3|radicale cgit'
fedora_elsewhere='debootstrap perl-interpreter util-linux'
fedora_deb='dpkg-dev'
fedora_dsc='debhelper dpkg-dev'
fedora_rpm='check-devel rpm-build'

other_build='gcc make autoreconf pkg-config apxs'
other_demo='openssl curl perl flock'
other_test='prove clang nghttp valgrind mandoc cmark-gfm|pandoc'
other_servers='sqlite3 postgres slapd haproxy nginx'
other_proxies='caddy'
other_browser='chromium certutil'
other_shells='zsh fish'
other_operations='logrotate fail2ban-regex promtool jq systemd-analyze shellcheck haproxy'
other_applications='svn svnadmin git php-fpm java radicale'
other_elsewhere='debootstrap perl unshare'
other_deb='dpkg-buildpackage'
other_dsc='dpkg-buildpackage dh'
other_rpm='rpmbuild'

# The packages of a family of systems for some of build, demo and test.
packages_of() { # FAMILY SET ...
    packages_family=$1
    shift
    for packages_set in "$@"; do
        eval "echo \$${packages_family}_$packages_set"
    done
}

debian_has() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }
debian_knows() { apt-cache show "$1" >/dev/null 2>&1; }
fedora_has() { rpm -q --whatprovides "$1" >/dev/null 2>&1; }
fedora_knows() { dnf -q list "$1" >/dev/null 2>&1; }
other_has() { command -v "$1" >/dev/null || [ -x "/usr/sbin/$1" ]; }

# The packages of a list that are not installed, with "a|b" resolved.
missing_of() { # FAMILY PACKAGE ...
    missing_family=$1
    shift
    for missing_choice in "$@"; do
        missing_found=
        for missing_one in $(echo "$missing_choice" | tr '|' ' '); do
            "${missing_family}_has" "$missing_one" && missing_found=yes
        done
        [ -n "$missing_found" ] || first_known "$missing_family" "$missing_choice"
    done
}

first_known() { # FAMILY CHOICE
    for known_one in $(echo "$2" | tr '|' ' '); do
        case $2 in
            *"|"*) "$1_knows" "$known_one" || continue ;;
        esac
        echo "$known_one"
        return
    done
    echo "${2%%|*}"
}

# Runs a command as root, or prints the command to run, and ends.
as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
        sudo "$@"
    elif command -v sudo >/dev/null && [ -t 0 ]; then
        sudo "$@"
    else
        echo "Packages are missing. Run this as root, then try again:" >&2
        echo "    $packages_line" >&2
        exit 1
    fi
}

# Runs apt-get install, as root. Meanwhile no servers are started (policy-rc.d) and PostgreSQL
# makes no cluster; afterwards no new server starts with the system, and no new module or
# configuration of an application is enabled in the httpd of the system.
# shellcheck disable=SC2016  # for another shell
debian_install='
    policy=/usr/sbin/policy-rc.d
    cluster=/etc/postgresql-common/createcluster.d/clientcert-tests.conf
    services() {
        for name in slapd postgresql haproxy nginx caddy prometheus fail2ban apparmor "php[0-9]*-fpm" "tomcat[0-9]*" radicale; do
            for path in /etc/init.d/$name /lib/systemd/system/$name.service; do
                [ ! -e "$path" ] || basename "$path" .service
            done
        done | sort -u
    }
    enabled() {
        for path in /etc/apache2/mods-enabled/*.load /etc/apache2/conf-enabled/*.conf; do
            [ ! -L "$path" ] || echo "$path"
        done
    }
    old=$(services; enabled)
    [ ! -e "$policy" ] || policy=
    trap "rm -f $policy $cluster" EXIT
    trap "exit 1" INT TERM HUP
    [ -z "$policy" ] || { printf "#!/bin/sh\nexit 101\n" >"$policy" && chmod 755 "$policy"; }
    mkdir -p "${cluster%/*}" && echo "create_main_cluster = false" >"$cluster"
    DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "$@" || exit
    is_new() { ! printf "%s\n" "$old" | grep -qxF "$1"; }
    for name in $(services); do
        is_new "$name" || continue
        [ ! -e "/etc/init.d/$name" ] || update-rc.d "$name" disable || :
        [ ! -e "/lib/systemd/system/$name.service" ] || ! command -v systemctl >/dev/null ||
            systemctl --root=/ --quiet disable "$name.service" || :
    done
    for path in $(enabled); do
        is_new "$path" || continue
        case $path in
            */mods-enabled/*) a2dismod -q -f "$(basename "$path" .load)" || : ;;
            *) a2disconf -q -f "$(basename "$path" .conf)" || : ;;
        esac
    done'

need_packages() { # SET ...
    if command -v dpkg-query >/dev/null && command -v apt-get >/dev/null; then
        packages_system=debian
    elif command -v rpm >/dev/null && command -v dnf >/dev/null; then
        packages_system=fedora
    else
        packages_system=other
    fi
    # shellcheck disable=SC2046  # lists of names
    packages_missing=$(missing_of $packages_system $(packages_of $packages_system "$@"))
    [ -n "$packages_missing" ] || return 0
    # shellcheck disable=SC2086,SC2116
    packages_missing=$(echo $packages_missing)
    echo "Missing: $packages_missing" >&2
    case $packages_system in
        debian)
            packages_line="apt-get update && apt-get install -y --no-install-recommends $packages_missing"
            as_root apt-get update -q
            # shellcheck disable=SC2046,SC2086  # resolved again: the lists of packages are fresh
            as_root sh -c "$debian_install" sh $(missing_of debian $(packages_of debian "$@"))
            ;;
        fedora)
            packages_line="dnf install -y $packages_missing"
            # shellcheck disable=SC2086
            as_root dnf install -y $packages_missing
            ;;
        other)
            echo "This system is neither of the Debian nor of the Fedora family:" \
                "install the packages that contain these programs," \
                "and the development files of httpd 2.4.48, APR, APR-util, OpenSSL 3, PCRE2," \
                "Jansson, hiredis, utf8proc, libldap and Check." >&2
            exit 1
            ;;
    esac
}

# The same, but goes on without packages that cannot be installed. If CI is set, they are required.
want_packages() { # SET ...
    if [ -n "${CI-}" ]; then
        need_packages "$@"
    else
        (need_packages "$@") || echo "Going on without them; tests that need them are skipped." >&2
    fi
}
