#!/bin/sh
# Puts what the image holds into a folder: compiled code, production packages, licence. The Dockerfile and build-image.sh
# both run it, so that an image holds the same files whoever builds it. It needs the packages of package-lock.json.
#   assemble.sh FOLDER
set -eu

out="$1"
cd "$(dirname "$0")/.."
node tools/require-node.cjs
mkdir -p "$out"
out="$(cd "$out" && pwd)"

./node_modules/.bin/tsc -p tsconfig.build.json --incremental false --outDir "$out/dist" --sourceMap false
cp package.json package-lock.json LICENSE "$out/"
(cd "$out" && npm ci --omit=dev --ignore-scripts --no-audit --no-fund --loglevel=error)

# better-sqlite3 carries a build for every platform and the whole of SQLite's source: one build is enough to run.
driver="$out/node_modules/better-sqlite3"
own="$(node -p 'process.platform + "-" + process.arch').node"
[ -f "$driver/prebuilds/$own" ] || { echo "image: better-sqlite3 has no build for $own" >&2; exit 1; }
find "$driver/prebuilds" -type f ! -name "$own" -delete
rm -rf "$driver/deps" "$driver/src" "$driver/binding.gyp"

# The image's user owns nothing: it must be able to read everything, whatever the umask was here.
chmod -R a+rX "$out"
