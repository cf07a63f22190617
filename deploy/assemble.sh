#!/bin/sh
# Puts everything that the image holds into a folder: /app with the compiled code, its production packages and the licence,
# and the Node that runs this script with the libraries it links to. The Dockerfile and build-image.sh both run it, so that
# an image holds the same files whoever builds it. It needs the packages of package-lock.json, and names no architecture.
#   assemble.sh FOLDER
set -eu

cd "$(dirname "$0")/.."
node tools/require-node.cjs
mkdir -p "$1"
out="$(cd "$1" && pwd)"
app="$out/app"
mkdir -p "$app" "$out/usr/bin" "$out/etc" "$out/tmp" "$out/proc" "$out/dev" "$out/sys" "$out/var/lib/netscribe"

./node_modules/.bin/tsc -p tsconfig.build.json --incremental false --outDir "$app/dist" --sourceMap false
cp package.json package-lock.json LICENSE "$app/"
(cd "$app" && npm ci --omit=dev --ignore-scripts --no-audit --no-fund --loglevel=error)
rm -f "$app/package-lock.json" "$app/node_modules/.package-lock.json"

# better-sqlite3 carries a build for every platform and the whole of SQLite's source: one build is enough to run. koffi's
# package for this platform carries one for each C library: musl's cannot be loaded beside glibc's.
driver="$app/node_modules/better-sqlite3"
own="$(node -p 'process.platform + "-" + process.arch').node"
[ -f "$driver/prebuilds/$own" ] || { echo "image: better-sqlite3 has no build for $own" >&2; exit 1; }
find "$driver/prebuilds" -type f ! -name "$own" -delete
rm -rf "$driver/deps" "$driver/src" "$driver/binding.gyp"
find "$app/node_modules/@koromix" -type d -name 'musl_*' -prune -exec rm -rf {} +
[ -n "$(find "$app/node_modules/@koromix" -name '*.node')" ] || { echo "image: koffi has no build for $own" >&2; exit 1; }
# Builds for Bare, a JavaScript runtime that is not ours; koffi's own sources; zod's, beside what is made of them.
rm -rf "$app"/node_modules/bare-*/prebuilds "$app/node_modules/koffi/vendor" "$app/node_modules/zod/src"
find "$app/node_modules/koffi/src" -type f ! -name '*.js' ! -name '*.cjs' ! -name '*.json' -delete

# What no process reads: types, source maps, and each package's own documents, tests and examples. Licences stay.
find "$app/node_modules" -type f \( -name '*.ts' -o -name '*.cts' -o -name '*.mts' -o -name '*.map' \) -delete
find "$app/node_modules" -type f -iname '*.md' ! -iname '*licen[cs]e*' ! -iname 'notice*' ! -iname 'copying*' -delete
find "$app/node_modules" -regextype posix-extended -type d -prune \
  -regex '.*/node_modules/(@[^/]+/)?[^@./][^/]*/(tests?|docs?|examples?|bench(marks?)?|\.github|\.vscode)' -exec rm -rf {} +
find "$app/node_modules" -type d -empty -delete

# Node and what it links to. Its table of symbols is for debuggers alone; what addons link to stays.
node="$(node -p process.execPath)"
cp "$node" "$out/usr/bin/node"
if command -v strip >/dev/null 2>&1; then
  strip --strip-unneeded "$out/usr/bin/node"
else
  echo 'image: there is no strip here (Debian: binutils); node keeps its symbols, 4 MB compressed' >&2
fi
ldd "$node" | awk '$2 == "=>" { print $3 } $1 ~ /^\// { print $1 }' | while read -r library; do
  mkdir -p "$out$(dirname "$library")"
  cp --dereference "$library" "$out$library"
done
# Names of hosts: the files that Kubernetes mounts, then DNS.
echo 'hosts: files dns' >"$out/etc/nsswitch.conf"
printf 'root:x:0:0::/:/bin/false\nnobody:x:65532:65532::/:/bin/false\n' >"$out/etc/passwd"
printf 'root:x:0:\nnobody:x:65532:\n' >"$out/etc/group"

# The image's users own nothing: they must be able to read everything, whatever the umask was here.
chmod -R a+rX,go-w "$out"
chmod 1777 "$out/tmp"
