#!/bin/sh
# Builds the image and starts both roles from it: with Docker and deploy/Dockerfile where an engine answers, else with
# Debian's buildah, as root, from the same Dockerfile, whose first stage is then run here, with the pinned Node of tools/. The
# second way needs no engine and pulls nothing. It is run by `make image`.
#   IMAGE=name:tag (netscribe:local) names the image; OUT=file.tar keeps it, as an archive that container engines load.
set -eu

cd "$(dirname "$0")/.."
image="${IMAGE:-netscribe:local}"
example=examples/online-boutique
version="$(node -p 'require("./package.json").version')"
revision="$(git rev-parse HEAD 2>/dev/null || echo unknown)"

work="$(mktemp -d)"
export STORAGE_DRIVER=vfs BUILDAH_ISOLATION=chroot
buildah() { command buildah --root "$work/storage" --runroot "$work/run" "$@"; }
cleanup() {
  if [ "${builder:-}" = buildah ]; then buildah rm --all >/dev/null 2>&1 || true; fi
  rm -rf "$work"
}
trap cleanup EXIT

if command -v docker >/dev/null 2>&1 && docker info >/dev/null 2>&1; then
  builder=docker
  docker build --file deploy/Dockerfile --tag "$image" --build-arg "VERSION=$version" --build-arg "REVISION=$revision" .
  docker run --rm --read-only "$image" --version
  docker run --rm --read-only --tmpfs /tmp --volume "$PWD/$example:/capture:ro" "$image" replay /capture >"$work/policies.yaml"
  [ -z "${OUT:-}" ] || docker save --output "$OUT" "$image"
  container="$(docker create "$image")"
  mkdir "$work/root"
  docker export "$container" | tar -x -C "$work/root"
  docker rm "$container" >/dev/null
  root="$work/root"
else
  builder=buildah
  command -v buildah >/dev/null 2>&1 || { echo 'image: neither a docker engine nor buildah; run make deps as root' >&2; exit 2; }
  [ "$(id -u)" -eq 0 ] || { echo 'image: buildah builds here only as root' >&2; exit 2; }
  sh deploy/assemble.sh "$work/build/rootfs" >&2
  buildah bud --quiet --file deploy/Dockerfile --target image --build-context "build=$work/build" --tag "$image" \
    --build-arg "VERSION=$version" --build-arg "REVISION=$revision" . >/dev/null
  rm -rf "$work/build"
  container="$(buildah from --pull-never "$image")"
  # As the image's user and environment, through the builder.
  buildah run "$container" -- node /app/dist/main.js --version
  buildah run --volume "$PWD/$example:/capture:ro" "$container" -- node /app/dist/main.js replay /capture >"$work/policies.yaml"
  root="$(buildah mount "$container")"
fi
grep -q '^kind: NetworkPolicy$' "$work/policies.yaml" || { echo 'image: replay printed no NetworkPolicy' >&2; exit 1; }

# What has no place in it: a shell, npm, builds for other platforms.
for unwanted in bin/sh usr/bin/sh usr/bin/npm usr/local/bin/npm; do
  [ ! -e "$root/$unwanted" ] || { echo "image: it holds $unwanted" >&2; exit 1; }
done
builds="$(find "$root/app" -name '*.node' | wc -l)"
[ "$builds" -eq 2 ] || { echo "image: it holds $builds native modules, not better-sqlite3's and koffi's" >&2; exit 1; }

if [ "$(uname -s)" = Linux ] && [ "$(id -u)" -eq 0 ]; then
  unshare --mount --net node test/image/start.ts "$root"
else
  echo 'image: the roles are started as the chart starts them only by root on Linux' >&2
fi

if [ "$builder" = buildah ]; then
  [ -z "${OUT:-}" ] || buildah push --quiet "$image" "docker-archive:$OUT:$image" >/dev/null
  buildah push --quiet --compression-format gzip "$image" "oci:$work/image" >/dev/null
  megabytes() { du -sk "$1" | awk '{ printf "%.1f MB", $1 * 1024 / 1e6 }'; }
  echo "image: $(megabytes "$work/image") compressed by gzip, $(megabytes "$root") unpacked"
fi
echo "image: $image was built by $builder and both roles started"
