# SPDX-License-Identifier: Apache-2.0
# Makes root directories with releases of Debian or Ubuntu, for t/elsewhere and t/packages.
# shellcheck shell=sh
#
#   suite=SUITE top=DIR            the release, and the top directory
#   . t/lib/root.sh                sets $place, the directory of its roots
#   root_outside LOG ARGUMENT ...  runs this program again in new namespaces, with these arguments,
#                                  its output also in $place/LOG, and ends with its status
#   root_enter                     there, where CC_ROOT is set
#   root_make NAME                 there: makes $place/NAME, mounts what it needs, and updates it
#   in_root COMMAND ...            there: runs a command in $root, which was made last
#
# The namespaces are for all mounts and processes. They end with this program, whatever ends it,
# even SIGKILL: nothing stays mounted and nothing keeps running. Until then, this program holds the
# lock of the directory. The programs of the root do not inherit it. A root has only a few devices of
# this system's /dev, and cannot remove any of them.
#
# The exit status is 77 if this system cannot make a root, and 75 if another program is using it.
#
# MIRROR, ROOTS, FRESH and REMOVE are as t/elsewhere documents them. The roots of a suite are copies
# of $place/base, which has only what debootstrap installs.

# shellcheck disable=SC2154  # suite and top are of the caller
case ${ROOTS:=build-elsewhere} in
    /*) place=$ROOTS/$suite ;;
    *) place=$top/$ROOTS/$suite ;;
esac

# ---- requirements

root_no() { # REASON
    echo "$0: no root of $suite can be made: $1" >&2
    exit 77
}

root_busy() {
    echo "$0: another program is using $place" >&2
    exit 75
}

# debootstrap has a script for each suite, which is a link to the script of the distribution.
root_distribution() {
    case $(readlink -f "/usr/share/debootstrap/scripts/$suite") in
        */gutsy) echo ubuntu ;;
        */sid) echo debian ;;
    esac
}

# The first archive that apt uses on this system whose address ends with this name: "URI/".
root_archive() { # NAME
    # shellcheck disable=SC2016  # for apt-get
    apt-get indextargets --format '$(REPO_URI)' 2>/dev/null | sort -u | grep "/$1/*\$" | head -n 1
}

# apt's settings on this system for downloads: a proxy, or tolerance for wrong clocks.
root_apt_settings() {
    if command -v apt-config >/dev/null; then
        apt-config dump Acquire | grep -E '::(Proxy|Proxy-Auto-Detect|Check-Valid-Until|Check-Date) ' ||
            true
    fi
}

root_sources_debian() {
    root_security=$(root_archive debian-security)
    echo "deb $mirror $suite main"
    case $suite in
        sid | unstable | testing) ;;
        *)
            echo "deb $mirror $suite-updates main"
            [ -z "$root_security" ] || echo "deb $root_security $suite-security main"
            ;;
    esac
}

root_sources_ubuntu() {
    echo "deb $mirror $suite main universe"
    echo "deb $mirror $suite-updates main universe"
    echo "deb $mirror $suite-security main universe"
}

root_check() {
    [ "$(id -u)" = 0 ] || root_no 'this needs root privileges'
    # shellcheck source=t/lib/packages.sh
    . t/lib/packages.sh
    (need_packages elsewhere) || root_no 'debootstrap is missing'
    unshare --mount --pid --fork true || root_no 'this system does not permit namespaces'
    system=$(root_distribution)
    [ -n "$system" ] || root_no "debootstrap does not support it"
    mirror=${MIRROR:-$(root_archive "$system")}
}

# ---- a root

in_root() { # COMMAND ...
    chroot "$root" /usr/bin/env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
        HOME=/root LC_ALL=C.UTF-8 CI=true "$@" 9>&-
}

# Only the devices that programs need.
root_mount_dev() {
    mount -t tmpfs -o mode=755 tmpfs "$root/dev"
    for device in null zero full random urandom tty; do
        : >"$root/dev/$device"
        mount --bind "/dev/$device" "$root/dev/$device"
    done
    mkdir "$root/dev/pts" "$root/dev/shm"
    mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts "$root/dev/pts"
    mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
    ln -s pts/ptmx "$root/dev/ptmx"
    ln -s /proc/self/fd "$root/dev/fd"
    for number in 0:stdin 1:stdout 2:stderr; do
        ln -s "/proc/self/fd/${number%:*}" "$root/dev/${number#*:}"
    done
}

# A program in the root may need a mount namespace too, for which the root must be a mount itself.
root_mount() {
    mount --bind "$root" "$root"
    mount -t proc proc "$root/proc"
    root_mount_dev
}

root_settle() {
    "root_sources_$system" >"$root/etc/apt/sources.list"
    rm -f "$root"/etc/apt/sources.list.d/*
    root_apt_settings >"$root/etc/apt/apt.conf.d/clientcert-tests"
    # Without fsync for each file, which takes less time.
    echo force-unsafe-io >"$root/etc/dpkg/dpkg.cfg.d/without-fsync"
    for file in resolv.conf hosts; do
        rm -f "$root/etc/$file"
        cp -L "/etc/$file" "$root/etc/$file"
    done
    in_root apt-get update -q -o APT::Update::Error-Mode=any || root_no "$mirror has no packages"
    in_root env DEBIAN_FRONTEND=noninteractive apt-get upgrade -q -y
}

# What debootstrap installs, with its updates. A root is complete when it has the file that says so.
root_base() {
    base=$place/base
    [ ! -f "$base/etc/clientcert-tests" ] || return 0
    rm -rf "$base"
    echo "== $suite from ${mirror:-the default mirror of debootstrap}"
    debootstrap --variant=minbase "$suite" "$base" ${mirror:+"$mirror"} ||
        root_no 'debootstrap failed'
    mirror=${mirror:-$(awk '$1 == "deb" { print $2; exit }' "$base/etc/apt/sources.list")}
    root=$base
    root_mount
    root_settle
    umount -R "$base"
    echo "$mirror" >"$base/etc/clientcert-tests"
}

root_copy() { # NAME
    [ ! -f "$place/$1/etc/clientcert-tests" ] || return 0
    root_base
    rm -rf --one-file-system "$place/$1" "$place/$1.new"
    cp -a "$base" "$place/$1.new"
    mv "$place/$1.new" "$place/$1"
}

root_make() { # NAME
    root_copy "$1"
    root=$place/$1
    mirror=${mirror:-$(cat "$root/etc/clientcert-tests")}
    root_mount
    root_settle
}

# ---- the namespaces

root_remove() {
    rm -rf --one-file-system "$place/base" "$place/root" "$place/build" "$place/fresh" "$place"/*.new
}

root_outside() { # LOG ARGUMENT ...
    root_check
    root_log=$place/$1
    shift
    mkdir -p "$place"
    exec 9>"$place/lock"
    flock -n 9 || root_busy
    : >"$root_log"
    [ -z "${FRESH-}" ] || root_remove
    # unshare ends with this shell, and the namespaces with unshare.
    CC_ROOT=$system:$mirror setpriv --pdeathsig KILL \
        unshare --mount --propagation private --pid --fork --kill-child \
        "$top/t/${0##*/}" "$suite" "$@" >"$root_log" 2>&1 &
    inner=$!
    # Only SIGKILL ends unshare.
    trap 'kill -KILL $inner 2>/dev/null; exit 1' HUP INT TERM
    tail -n +1 -f --pid=$inner "$root_log" 9>&- &
    code=0
    wait $inner || code=$?
    wait
    [ -z "${REMOVE-}" ] || root_remove
    root_tell $code
}

root_tell() { # STATUS
    case $1 in
        0) echo "== $suite: all tests passed" ;;
        77) echo "== $suite: nothing was tested, because no root could be made" ;;
        *) echo "== $suite: failed with status $1; the output is in $root_log" ;;
    esac
    exit "$1"
}

# The inner program begins.
root_enter() {
    system=${CC_ROOT%%:*} mirror=${CC_ROOT#*:}
}
