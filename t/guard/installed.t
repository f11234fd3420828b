#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Checks "make install" and "make uninstall": all files, their links, and the configuration of httpd.
. "$(dirname "$0")/lib.sh"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

build=${CC_BUILD:-build}
root=$work/debian
mods=/etc/apache2/mods-available
fedora=/etc/httpd/conf.modules.d

# Runs make with a DESTDIR; what it prints is in ROOT.log. Options may set other directories.
make_in() { # ROOT TARGET DIRECTORY-OF-THE-CONFIGURATION [OPTION]
    make -s -C "$build" "$2" DESTDIR="$1" httpd_confdir="$3" ${4:+"$4"} >"$1.log" 2>&1 ||
        cat "$1.log" >&2
}

make_in "$root" install $mods
installed() { find "$root" -path "$1" | LC_ALL=C sort; } # PATTERN
docs=$(dirname "$(installed '*/README.md')")
pages=$(installed '*/man/man[0-9]/*')

dead_links() { t/lib/links.pl "$docs"; }

# Files of doc/ and conf/examples that a manual page names.
named() { # FILE ...
    cat "$@" | grep -oE '(^|[^A-Za-z0-9_/.-])(doc/[A-Za-z]+\.md|conf/examples[A-Za-z0-9_./-]*)' |
        grep -oE '(doc|conf)/.*[A-Za-z0-9]' | LC_ALL=C sort -u
}
dead_names() {
    # shellcheck disable=SC2086  # a list of files
    named $pages | while read -r name; do
        [ -e "$docs/$name" ] || echo "$name"
    done
}

# Manual pages of ours that others of ours name, as "NAME.SECTION".
references() {
    # shellcheck disable=SC2086  # a list of files
    sed -n 's/^\.Xr \([a-z_]*clientcert\) \([0-9]\).*/\1.\2/p' $pages | LC_ALL=C sort -u
}
dead_references() {
    references | while read -r name; do
        echo "$pages" | grep -q "/$name\$" || echo "$name"
    done
}

apxs_says() { "$(sed -n 's/^APXS = //p' "$build/Makefile")" -q "$1"; }
# What the compiler says of a module that includes the header as it is installed.
not_usable() {
    printf '%s\n' '#include <mod_clientcert.h>' \
        'static APR_OPTIONAL_FN_TYPE(clientcert_lookup) *lookup; void *f(void); void *f(void) {' \
        'lookup = APR_RETRIEVE_OPTIONAL_FN(clientcert_lookup); return (void *)lookup; }' >"$work/other.c"
    # shellcheck disable=SC2046  # flags
    $(apxs_says CC) $(apxs_says CFLAGS) $(apxs_says EXTRA_CPPFLAGS) -Wall -Wextra -Wstrict-prototypes -Werror \
        -I"$root$(apxs_says INCLUDEDIR)" -I"$(apxs_says INCLUDEDIR)" -I"$(apxs_says APR_INCLUDEDIR)" \
        -I"$(apxs_says APU_INCLUDEDIR)" -c -o "$work/other.o" "$work/other.c" 2>&1 || :
}

not_installed() {
    for not_file in ./*.md LICENSE doc/*.md doc/*.png $(find conf -name '*.conf' -o -name '*.load') conf/operations/*; do
        cmp -s "$not_file" "$docs/$not_file" || echo "$not_file"
    done
    for not_file in bash-completion/completions/clientcert zsh/site-functions/_clientcert \
        fish/vendor_completions.d/clientcert.fish; do
        [ -n "$(installed "*/share/$not_file")" ] || echo "$not_file"
    done
    cmp -s include/mod_clientcert.h "$root$(apxs_says INCLUDEDIR)/mod_clientcert.h" ||
        echo 'mod_clientcert.h, beside the headers of httpd'
    for not_file in mod_clientcert.so clientcert; do
        [ -n "$(find "$root" -type f -name "$not_file" -perm -u+x)" ] || echo "$not_file"
    done
}

# The directory that the manual page names, below the prefix of the installation.
elsewhere() {
    for elsewhere_folder in $(sed -n 's/^\.It Pa \(share\/doc\/.*\)/\1/p' man/mod_clientcert.5); do
        [ "${docs%"/$elsewhere_folder"}" != "$docs" ] || echo "$elsewhere_folder: it is $docs"
    done
}

# ---- the configuration of httpd

unlike() { # FILE LINE: prints FILE unless it has exactly LINE
    grep -qxF -e "$2" "$1" 2>/dev/null || { echo "no \"$2\" in $1:"; cat "$1" 2>&1 || :; }
}
other() { cmp "$1" "$2" 2>&1 || :; }
exists() { # FILE ...: those that exist
    for exists_file in "$@"; do [ ! -e "$exists_file" ] || echo "$exists_file"; done
}

# Debian's layout, with what a2enmod needs: the line "Depends" and the module that was installed.
not_debian() {
    other conf/clientcert.conf "$root$mods/clientcert.conf"
    unlike "$root$mods/clientcert.load" '# Depends: ssl'
    not_loaded=$(sed -n 's/^LoadModule clientcert_module //p' "$root$mods/clientcert.load")
    [ -f "$root$not_loaded" ] || echo "it loads \"$not_loaded\", which was not installed"
    unlike "$root.log" '    1. a2enmod clientcert'
}
not_moved() {
    make_in "$work/moved" install-data-hook $mods moduledir=/opt/modules
    unlike "$work/moved$mods/clientcert.load" \
        'LoadModule clientcert_module /opt/modules/mod_clientcert.so'
}
not_fedora() {
    make_in "$work/fedora" install-data-hook $fedora moduledir=/opt/modules
    unlike "$work/fedora$fedora/10-clientcert.conf" \
        'LoadModule clientcert_module /opt/modules/mod_clientcert.so'
    make_in "$work/fedora" uninstall-hook $fedora
    find "$work/fedora" -type f
}
not_printed() {
    mkdir "$work/none"
    make_in "$work/none" install-data-hook no moduledir=/opt/modules
    find "$work/none" -type f
    unlike "$work/none.log" '           LoadModule clientcert_module /opt/modules/mod_clientcert.so'
}

edit() { echo "$1" >>"$root$mods/clientcert.conf"; }
kept_copy() { installed '*/share/mod_clientcert/conf/clientcert.conf'; }
overwritten() {
    edit '# by the administrator'
    echo '# of an earlier release' >"$(kept_copy)"
    make_in "$root" install-data-hook $mods
    unlike "$root$mods/clientcert.conf" '# by the administrator'
    other conf/clientcert.conf "$root$mods/clientcert.conf.new"
    unlike "$root.log" "    $mods/clientcert.conf.new"
}
added_again() { # the administrator has removed it, and the release is the same
    rm -f "$root$mods/clientcert.conf.new"
    make_in "$root" install-data-hook $mods
    unlike "$root$mods/clientcert.conf" '# by the administrator'
    unlike "$root.log" "    $mods/clientcert.conf (it has been edited and was not replaced)"
    exists "$root$mods/clientcert.conf.new"
}
not_replaced() { # a file of an earlier release, without edits
    echo '# of an earlier release' | tee "$(kept_copy)" >"$root$mods/clientcert.conf"
    make_in "$root" install-data-hook $mods
    other conf/clientcert.conf "$root$mods/clientcert.conf"
    exists "$root$mods/clientcert.conf.new"
}
left_behind() { # by an uninstallation with an edited file, and by one without
    edit '# by the administrator'
    mkdir -p "$root$mods/../mods-enabled"
    ln -s ../mods-available/clientcert.load "$root$mods/../mods-enabled/clientcert.load"
    make_in "$root" uninstall $mods
    find "$root" -type f ! -path "$root$mods/clientcert.conf"
    unlike "$root$mods/clientcert.conf" '# by the administrator'
    unlike "$root.log" "Left in place, because it has been edited: $mods/clientcert.conf"
    grep -q 'a2dismod -f clientcert' "$root.log" || echo 'it does not say that it is still enabled'
    make_in "$work/moved" uninstall-hook $mods
    find "$work/moved" -type f
}

# The pages as HTML, in a path with a space.
html_left() {
    mkdir -p "$work/a root/doc/html"
    make_in "$work/a root" uninstall-hook $mods htmldir=/doc
    find "$work/a root" -name html
}

# With the prefix of a user, nothing is installed elsewhere.
not_own() {
    mkdir "$work/out"
    options=$("$build/config.status" --config)
    (
        own_top=$(pwd)
        cd "$work/out" || exit
        options="$options --srcdir='$own_top' --prefix='$work/home' --with-moduledir= --with-httpd-includedir= --with-httpd-confdir"
        eval "'$own_top/configure' $options" >"$work/configure.log" 2>&1 || cat "$work/configure.log"
        # shellcheck disable=SC2016  # as make has them
        unlike Makefile 'moduledir = ${libdir}/httpd/modules'
        unlike Makefile 'httpd_confdir = no'
        # shellcheck disable=SC2016
        unlike Makefile 'httpdincludedir = ${includedir}'
    )
}

# shellcheck disable=SC2046,SC2086  # lists
{
    look_at 'links of installed pages' $(seq "$(t/lib/links.pl --count "$docs")")
    look_at 'manual pages' $pages
    look_at 'files that manual pages name' $(named $pages)
    look_at 'manual pages that others name' $(references)
    claim 'the pages, the examples, the module, its header and the tool are installed' not_installed
    claim 'another module compiles with the header as it is installed' not_usable
    claim 'every link of an installed page leads to a file, and to a heading of it' dead_links
    claim 'every file that a manual page names is installed with the pages' dead_names
    claim 'every manual page of ours that another one names is installed' dead_references
    claim 'the pages are in the directory that the manual page names' elsewhere
}
claim 'on Debian, a2enmod finds the files that load the module' not_debian
claim 'they name the directory of the module' not_moved
claim 'on Fedora, the file is in conf.modules.d, and is removed again' not_fedora
claim 'elsewhere, the line to add is printed and no file is installed' not_printed
claim 'an edited file stays as it is, and the new one is beside it' overwritten
claim 'the new one is not added again while the release is the same' added_again
claim 'a file that has not been edited is replaced' not_replaced
claim 'uninstalling removes all files but those that were edited, and names what is left' left_behind
claim 'uninstalling removes the pages in HTML, also below a path with a space' html_left
claim 'with another prefix, all files are installed below it' not_own
done_claiming
