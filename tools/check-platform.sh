#!/bin/sh
# Says whether this machine can use what tools/package-lock.json pins: builds of Node 24 and helm for linux-x64 with glibc.
set -eu

refuse() {
  echo "make brings Node 24 and helm only for Linux on x86_64 with glibc and npm, and $1." >&2
  echo "Install Node 24 (22.19 at least) with npm for this machine, put it first on PATH, and run make again." >&2
  exit 2
}

platform="$(uname -s) on $(uname -m)"
[ "$platform" = "Linux on x86_64" ] || refuse "this is $platform"
getconf GNU_LIBC_VERSION >/dev/null 2>&1 || refuse "the C library here is another"
command -v npm >/dev/null 2>&1 || refuse "npm is not on PATH"
