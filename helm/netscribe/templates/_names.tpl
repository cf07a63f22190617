{{/* The name of every object. Below 46 characters: a StatefulSet's name and its revision's hash must fit into a label. */}}
{{- define "netscribe.name" -}}
{{- if .Values.fullnameOverride -}}
{{ .Values.fullnameOverride }}
{{- else if contains "netscribe" .Release.Name -}}
{{ .Release.Name | trunc 45 | trimSuffix "-" }}
{{- else -}}
{{ printf "%s-netscribe" .Release.Name | trunc 45 | trimSuffix "-" }}
{{- end -}}
{{- end -}}

{{/* The name of a cluster-wide object: two releases of one name in two namespaces do not share it. */}}
{{- define "netscribe.clusterName" -}}
{{- $name := include "netscribe.name" . -}}
{{- if eq $name .Release.Namespace -}}{{ $name }}{{- else -}}{{ .Release.Namespace }}-{{ $name }}{{- end -}}
{{- end -}}

{{/* The account of a process: (dict "root" $ "component" "agent"). */}}
{{- define "netscribe.account" -}}
{{- $account := index .root.Values.serviceAccounts .component -}}
{{- $account.name | default (printf "%s-%s" (include "netscribe.name" .root) .component) -}}
{{- end -}}

{{/* The labels by which Services and policies find a component's pods: (dict "root" $ "component" "agent"). */}}
{{- define "netscribe.selector" -}}
app.kubernetes.io/name: netscribe
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
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

{{/* What stands under metadata: of a namespaced object: (dict "root" $ "component" "agent" "name" "x" "annotations" map "labels" map). */}}
{{- define "netscribe.metadata" -}}
{{- $annotations := merge (dict) (.annotations | default dict) .root.Values.commonAnnotations -}}
name: {{ .name }}
namespace: {{ .namespace | default .root.Release.Namespace }}
labels:
  {{- include "netscribe.labels" . | nindent 2 }}
  {{- with .labels }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- with $annotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* The same for a cluster-wide object. */}}
{{- define "netscribe.clusterMetadata" -}}
name: {{ .name }}
labels:
  {{- include "netscribe.labels" . | nindent 2 }}
  {{- with .labels }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- with .root.Values.commonAnnotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* The metadata of a component's pods: no service mesh puts a container into them or redirects their traffic. */}}
{{- define "netscribe.podMetadata" -}}
{{- $mesh := dict "sidecar.istio.io/inject" "false" "istio.io/dataplane-mode" "none" -}}
{{- $own := dict "linkerd.io/inject" "disabled" "sidecar.istio.io/inject" "false" "kubectl.kubernetes.io/default-container" .component -}}
{{- $given := index .root.Values .component | default dict -}}
labels:
  {{- toYaml (merge (dict) (fromYaml (include "netscribe.labels" .)) $mesh ($given.podLabels | default dict)) | nindent 2 }}
annotations:
  {{- toYaml (merge $own (.annotations | default dict) ($given.podAnnotations | default dict) .root.Values.commonAnnotations) | nindent 2 }}
{{- end -}}

{{- define "netscribe.image" -}}
{{- with .Values.image -}}
{{ .repository }}{{ if .digest }}@{{ .digest }}{{ else }}:{{ .tag | default $.Chart.AppVersion }}{{ end }}
{{- end -}}
{{- end -}}

{{/* What a container may do, for those that run as nobody. */}}
{{- define "netscribe.restricted" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end -}}

{{- define "netscribe.service" -}}
{{ include "netscribe.name" . }}-server
{{- end -}}

{{- define "netscribe.url" -}}
https://{{ include "netscribe.service" . }}.{{ .Release.Namespace }}.svc:{{ .Values.server.service.port }}
{{- end -}}

{{/* By which names the server is called, as a YAML list. */}}
{{- define "netscribe.serverNames" -}}
{{- $service := include "netscribe.service" . -}}
{{- $full := printf "%s.%s.svc" $service .Release.Namespace -}}
{{- toYaml (concat (list $full (printf "%s.%s" $full .Values.clusterDomain) (printf "%s.%s" $service .Release.Namespace) $service) .Values.tls.extraNames) -}}
{{- end -}}

{{/* The priority class of agents; empty for none. */}}
{{- define "netscribe.agentPriorityClass" -}}
{{- $class := .Values.agent.priorityClass -}}
{{- if $class.name -}}{{ $class.name }}{{- else if $class.create -}}{{ include "netscribe.clusterName" . }}-agent{{- end -}}
{{- end -}}
