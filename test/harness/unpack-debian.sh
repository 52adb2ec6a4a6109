#!/bin/sh
# Unpacks Debian packages into an empty directory of their own. Installs nothing and needs no root.
#   unpack-debian.sh SUITE DIRECTORY PACKAGE... [-- PACKAGE...]
# Packages before "--" come with everything they depend on, packages after it alone. They come from
# the Debian mirror that this machine is set up with.
set -eu
suite=$1 directory=$2
shift 2

mirror=$(cat /etc/apt/sources.list.d/*.sources /etc/apt/sources.list 2> /dev/null |
  sed -n -e 's/^URIs:[[:space:]]*\([^[:space:]]*debian\/\{0,1\}\)[[:space:]]*$/\1/p' \
    -e 's/^deb[[:space:]]\(\[.*\][[:space:]]*\)\{0,1\}\([^[:space:]]*debian\/\{0,1\}\)[[:space:]].*/\2/p' | head -n 1)
[ -n "$mirror" ] || { echo "No Debian mirror is configured in /etc/apt" >&2; exit 1; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/lists/partial" "$work/cache/archives/partial" "$work/sources"
: > "$work/status"
printf 'Types: deb\nURIs: %s\nSuites: %s\nComponents: main\nSigned-By: %s\n' \
  "$mirror" "$suite" /usr/share/keyrings/debian-archive-keyring.gpg > "$work/sources/suite.sources"

# An empty status file makes apt fetch the whole set of dependencies, whatever this machine has installed.
apt() {
  apt-get -qq -o Dir::State="$work" -o Dir::State::Lists="$work/lists" -o Dir::State::Status="$work/status" \
    -o Dir::Etc::SourceList=/dev/null -o Dir::Etc::SourceParts="$work/sources" -o Dir::Cache="$work/cache" \
    -o Dir::Log="$work" -o Acquire::Languages=none -o Debug::NoLocking=1 -o APT::Sandbox::User= "$@"
}

complete=
while [ $# -gt 0 ] && [ "$1" != -- ]; do complete="$complete $1"; shift; done
[ $# -eq 0 ] || shift
apt update
# shellcheck disable=SC2086 # one word per package
apt -y --download-only --no-install-recommends install $complete > "$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }
if [ $# -gt 0 ]; then (cd "$work/cache/archives" && apt download "$@"); fi
for package in "$work"/cache/archives/*.deb; do dpkg-deb -x "$package" "$directory"; done
