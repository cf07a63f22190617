#!/bin/sh
# Checks the chart without a cluster: it lints strictly, renders with its defaults, and refuses values it does not know.
set -eu

cd "$(dirname "$0")/.."
chart=helm/netscribe
rendered="$(mktemp)"
trap 'rm -f "$rendered"' EXIT

tools/helm.sh lint --strict "$chart"
tools/helm.sh template check "$chart" --namespace netscribe >"$rendered"
grep -q '^kind: ServiceAccount$' "$rendered" || { echo "chart: the defaults render no ServiceAccount" >&2; exit 1; }

for wrong in serviceAccounts.agent.unheardOf=1 serviceAccounts.create=perhaps unheardOf=1; do
  if tools/helm.sh template check "$chart" --set "$wrong" >"$rendered" 2>&1; then
    echo "chart: values with $wrong were accepted" >&2
    exit 1
  fi
  grep -qi 'schema' "$rendered" || { echo "chart: $wrong was refused for another reason:" >&2; cat "$rendered" >&2; exit 1; }
done
echo "chart: lint, defaults and refused values are fine"
