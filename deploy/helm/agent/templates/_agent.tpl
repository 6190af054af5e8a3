{{/* Whether it is the agent of a cluster, and no scan worker. */}}
{{- define "palisade.isController" -}}
{{ if has "controller" .Values.roles }}true{{ end }}
{{- end }}

{{/* Whether it looks at the node that it runs on. */}}
{{- define "palisade.scansNode" -}}
{{ if and (has "controller" .Values.roles) (has "scanner" .Values.roles) }}true{{ end }}
{{- end }}

{{- define "palisade.hasWebhook" -}}
{{ if and .Values.webhook.enabled (has "controller" .Values.roles) }}true{{ end }}
{{- end }}

{{- define "palisade.webhookSecret" -}}
{{ .Values.webhook.certificate.existingSecret | default (printf "%s-webhook-tls" (include "palisade.name" .)) }}
{{- end }}
