# Shared by the scripts: phases that say what they do and how long it took, and the packages they need.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
export SWIFT_BACKTRACE="${SWIFT_BACKTRACE:-enable=no}"

say() { printf '%s\n' "== $*"; }

# phase TEXT COMMAND...: runs the command, with a line before and after it.
phase() {
    local what=$1 start=$SECONDS status=0
    shift
    say "$what"
    "$@" || status=$?
    if [ "$status" -ne 0 ]; then
        say "$what: failed after $((SECONDS - start)) s (status $status)"
        return "$status"
    fi
    say "$what: done in $((SECONDS - start)) s"
}

# packages NAME...: installs those Debian packages that are missing.
packages() {
    local missing=() name
    for name in "$@"; do
        dpkg-query -W -f '${Status}' "$name" 2>/dev/null | grep -q 'install ok installed' || missing+=("$name")
    done
    if [ "${#missing[@]}" -eq 0 ]; then
        echo "   already installed: $*"
        return 0
    fi
    if [ "$(id -u)" -ne 0 ]; then
        echo "   missing: ${missing[*]}; run as root, or: sudo apt-get install ${missing[*]}" >&2
        return 3
    fi
    echo "   installing: ${missing[*]}"
    # A package that starts its service at installation must not: the lab starts its own.
    local policy=/usr/sbin/policy-rc.d made=no status=0
    if [ ! -e "$policy" ]; then
        printf '#!/bin/sh\nexit 101\n' > "$policy"
        chmod 755 "$policy"
        made=yes
    fi
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        "${missing[@]}" > /dev/null; } || status=$?
    [ "$made" = no ] || rm -f "$policy"
    return "$status"
}

# The programs in release mode; statically linked to Swift, so that hosts need no Swift.
build_programs() {
    swift build -c release --static-swift-stdlib
}

need_swift() {
    if ! command -v swift > /dev/null; then
        echo "Swift is not on the PATH: install Swift 6.2 or newer (swift.org/install) and run this again." >&2
        return 3
    fi
    swift --version 2>&1 | head -n 1
}

build_packages="libssh2-1-dev openssh-server openssh-client iproute2 nftables"
