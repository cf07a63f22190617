{{/* The name of every object. Below 57 characters, so that -server fits into the 63 of a label. */}}
{{- define "netscribe.name" -}}
{{- if .Values.fullnameOverride -}}
{{ .Values.fullnameOverride }}
{{- else if contains "netscribe" .Release.Name -}}
{{ .Release.Name | trunc 56 | trimSuffix "-" }}
{{- else -}}
{{ printf "%s-netscribe" .Release.Name | trunc 56 | trimSuffix "-" }}
{{- end -}}
{{- end -}}

{{/* The account of a process: (dict "root" $ "component" "agent"). */}}
{{- define "netscribe.account" -}}
{{- $account := index .root.Values.serviceAccounts .component -}}
{{- $account.name | default (printf "%s-%s" (include "netscribe.name" .root) .component) -}}
{{- end -}}

{{/* The labels of an object: (dict "root" $ "component" "agent"). */}}
{{- define "netscribe.labels" -}}
{{- $own := dict
  "app.kubernetes.io/name" "netscribe"
  "app.kubernetes.io/instance" .root.Release.Name
  "app.kubernetes.io/component" .component
  "app.kubernetes.io/version" .root.Chart.AppVersion
  "app.kubernetes.io/managed-by" .root.Release.Service
  "helm.sh/chart" (printf "%s-%s" .root.Chart.Name (.root.Chart.Version | replace "+" "_")) -}}
{{- toYaml (merge $own .root.Values.commonLabels) -}}
{{- end -}}
