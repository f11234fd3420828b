#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Checks that the packages agree with the rest of the project: the version, and what they install.
. "$(dirname "$0")/lib.sh"

version=$(sed -n 's/^AC_INIT(\[mod_clientcert\], \[\(.*\)\])$/\1/p' configure.ac)
spec=rpm/mod_clientcert.spec

# The versions of the release notes, of the changelog of Debian, and of the spec file and its changelog.
versions() {
    sed -n 's/^## \([0-9].*\)/NEWS.md \1/p' NEWS.md | head -n 1
    sed -n '1s/.*(\(.*\)-[^-]*).*/debian\/changelog \1/p' debian/changelog
    sed -n 's/^Version: */spec /p' $spec
    sed -n '/^%changelog/,$s/^\* .* - \(.*\)-[^-]*$/%changelog \1/p' $spec | head -n 1
}
other_versions() {
    [ "$(versions | wc -l)" -eq 4 ] || versions
    versions | while read -r file other; do
        [ "$other" = "$version" ] || echo "$file has $other, configure.ac has $version"
    done
}

# The development files of libraries that configure asks for, as t/lib/packages.sh lists them too.
libraries() { # FAMILY PATTERN
    . t/lib/packages.sh
    packages_of "$1" build | tr ' ' '\n' | sed 's,|.*,,' | grep -E -e "$2" | LC_ALL=C sort -u
}
required() { # FILE
    sed -n 's/^ \([a-z0-9-]*\)\( (.*)\)*,$/\1/p; s/^BuildRequires: *\([^ ]*\).*/\1/p' "$1"
}
not_required() { # FILE FAMILY PATTERN
    libraries "$2" "$3" | while read -r not_library; do
        required "$1" | grep -qxF -e "$not_library" || echo "$not_library"
    done
}

# The oldest httpd, where configure, the packages and the pages name it.
httpd_minimums() {
    sed -n 's/.*: httpd \([0-9.]*\) or later is needed.*/configure.ac \1/p' configure.ac
    sed -n 's/^ apache2-dev (>= \(.*\)),$/debian\/control \1/p' debian/control
    sed -n 's/^BuildRequires: *httpd-devel >= \(.*\)/spec \1/p' $spec
    sed -n 's/^It needs httpd \([0-9.]*\) or later.*/README.md \1/p' README.md
    sed -n 's/^| httpd | \([0-9.]*\),.*/doc\/systems.md \1/p' doc/systems.md
}
other_minimums() {
    [ "$(httpd_minimums | wc -l)" -eq 5 ] || httpd_minimums
    [ "$(httpd_minimums | sed 's/.* //' | sort -u | wc -l)" -eq 1 ] || httpd_minimums
}

# shellcheck disable=SC2046  # lists
{
    look_at 'versions' $(versions)
    look_at 'development files for Debian' $(libraries debian '^(lib[a-z0-9]*|apache2.*)-dev$')
    look_at 'development files for Fedora' $(libraries fedora '-devel$')
}
claim 'the packages and the release notes have the version of configure.ac' other_versions
claim 'the Debian package requires the development files that t/run installs' \
    not_required debian/control debian '^(lib[a-z0-9]*|apache2.*)-dev$'
claim 'the spec file requires the development files that t/run installs' \
    not_required $spec fedora '-devel$'
claim 'all name the same version of httpd as the oldest' other_minimums
done_claiming
