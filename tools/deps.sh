#!/bin/sh
# Installs the Debian packages that the recorder, the root tests, the image and the script checks need. Run as root.
set -eu

packages="binutils conntrack nftables iproute2 iputils-ping procps strace shellcheck buildah unzip"

if ! command -v apt-get >/dev/null 2>&1 || ! command -v dpkg-query >/dev/null 2>&1; then
  echo "deps: this is no Debian or Ubuntu machine; install by hand: $packages" >&2
  exit 2
fi

missing=""
for package in $packages; do
  status="$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null || true)"
  [ "$status" = installed ] || missing="$missing $package"
done
if [ -z "$missing" ]; then
  echo "deps: everything is installed" >&2
  exit 0
fi
if [ "$(id -u)" -ne 0 ]; then
  echo "deps: run \`make deps\` as root; missing:$missing" >&2
  exit 2
fi

export DEBIAN_FRONTEND=noninteractive
# The package lists of a fresh machine are empty and those of an old one are stale: try with what is there, then refresh once.
# shellcheck disable=SC2086 # the list is meant to be split into words
install() { apt-get install --yes --no-install-recommends $missing >&2 </dev/null; }
install || { apt-get update >&2 </dev/null && install; }
