{{/* The volume that holds the CA for those who call the server; empty where they pin it. */}}
{{- define "netscribe.caVolume" -}}
{{- $ca := .Values.tls.ca -}}
{{- if $ca.pem }}
name: ca
configMap:
  name: {{ include "netscribe.name" . }}-ca
{{- else if $ca.configMap }}
name: ca
configMap:
  name: {{ $ca.configMap }}
  items:
    - key: {{ $ca.key }}
      path: ca.crt
{{- else if $ca.secret }}
name: ca
secret:
  secretName: {{ $ca.secret }}
  items:
    - key: {{ $ca.key }}
      path: ca.crt
{{- else if eq .Values.tls.mode "cert-manager" }}
name: ca
secret:
  secretName: {{ include "netscribe.name" . }}-agent-ca
  items:
    - key: ca.crt
      path: ca.crt
{{- end }}
{{- end -}}

{{/* Combinations of values that cannot work end here, each with what to do. */}}
{{- define "netscribe.check" -}}
{{- $tls := .Values.tls -}}
{{- $places := compact (list $tls.ca.pem $tls.ca.configMap $tls.ca.secret) -}}
{{- if gt (int .Values.server.replicas) 1 -}}
{{- fail (printf "server.replicas is %d: the server is one process with one database. Set it to 1; agents keep their batches while it restarts." (int .Values.server.replicas)) -}}
{{- end -}}
{{- if and .Values.server.namedRanges.lists .Values.server.namedRanges.configMap -}}
{{- fail "server.namedRanges has both lists and configMap: give one." -}}
{{- end -}}
{{- if gt (len $places) 1 -}}
{{- fail "tls.ca has more than one of pem, configMap and secret: give one." -}}
{{- end -}}
{{- if eq $tls.mode "server-made" -}}
{{- if not .Values.server.persistence.enabled -}}
{{- fail "server.persistence.enabled is false and tls.mode is server-made: with the pod its CA would go, and agents refuse another one. Keep the volume, or set tls.mode to secret or cert-manager." -}}
{{- end -}}
{{- if $places -}}
{{- fail "tls.ca is of no use with tls.mode server-made: agents pin the CA that the server makes. Give tls.pinSha256, or another mode." -}}
{{- end -}}
{{- else if $tls.pinSha256 -}}
{{- fail "tls.pinSha256 is for tls.mode server-made only: in the other modes agents read the CA from tls.ca." -}}
{{- end -}}
{{- if and (ne $tls.mode "secret") $tls.secret.name -}}
{{- fail (printf "tls.secret.name is given, but tls.mode is %s: set it to secret." $tls.mode) -}}
{{- end -}}
{{- if eq $tls.mode "secret" -}}
{{- if not $tls.secret.name -}}
{{- fail "tls.mode is secret: name the Secret with tls.crt and tls.key in tls.secret.name." -}}
{{- end -}}
{{- if $tls.extraNames -}}
{{- fail "tls.extraNames is of no use with tls.mode secret: the names of that certificate are what they are." -}}
{{- end -}}
{{- if not $places -}}
{{- fail "tls.mode is secret: say where agents find the CA, in one of tls.ca.pem, tls.ca.configMap and tls.ca.secret." -}}
{{- end -}}
{{- if eq $tls.ca.secret $tls.secret.name -}}
{{- fail "tls.ca.secret is the Secret with the server's key: every node could read it. Put the CA into a ConfigMap or a Secret of its own." -}}
{{- end -}}
{{- end -}}
{{- if and (eq $tls.mode "cert-manager") (not $tls.certManager.issuerRef.name) -}}
{{- fail "tls.mode is cert-manager: name the issuer in tls.certManager.issuerRef.name." -}}
{{- end -}}
{{- if and .Values.server.persistence.existingClaim (not .Values.server.persistence.enabled) -}}
{{- fail "server.persistence.existingClaim is given, but server.persistence.enabled is false." -}}
{{- end -}}
{{- if and .Values.agent.metrics.probes (not .Values.agent.metrics.enabled) -}}
{{- fail "agent.metrics.probes needs agent.metrics.enabled: there is nothing to probe." -}}
{{- end -}}
{{- if and (not .Values.serviceAccounts.create) (not (and .Values.serviceAccounts.agent.name .Values.serviceAccounts.server.name)) -}}
{{- fail "serviceAccounts.create is false: name the accounts that exist in serviceAccounts.agent.name and serviceAccounts.server.name." -}}
{{- end -}}
{{- if eq (include "netscribe.account" (dict "root" . "component" "agent")) (include "netscribe.account" (dict "root" . "component" "server")) -}}
{{- fail "the agent's and the server's account are the same: the agent must have no rights. Give two names." -}}
{{- end -}}
{{- end -}}
