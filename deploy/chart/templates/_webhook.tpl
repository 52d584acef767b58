{{/* How every webhook is called. */}}
{{- define "mountguard.webhookManners" -}}
sideEffects: None
admissionReviewVersions: [v1]
timeoutSeconds: {{ .Values.webhook.timeoutSeconds }}
# Another version of a kind is the same kind.
matchPolicy: Equivalent
{{- end -}}

{{- define "mountguard.clientConfig" -}}
{{- $values := .context.Values -}}
clientConfig:
  {{- if $values.webhook.url }}
  url: {{ printf "%s%s" (trimSuffix "/" $values.webhook.url) .path }}
  {{- else }}
  service:
    name: {{ include "mountguard.fullname" .context }}
    namespace: {{ .context.Release.Namespace }}
    path: {{ .path }}
    port: 443
  {{- end }}
  {{- /* Where mountguard or cert-manager keep it, it is theirs. */}}
  {{- if $values.certificates.caBundle }}
  caBundle: {{ $values.certificates.caBundle | b64enc }}
  {{- end }}
{{- end -}}

{{/* What is sent to mountguard: pods, and all that holds pod templates. */}}
{{- define "mountguard.rules" -}}
rules:
  - {apiGroups: [""], apiVersions: [v1], resources: [pods, podtemplates, replicationcontrollers], operations: [CREATE, UPDATE], scope: Namespaced}
  - {apiGroups: [""], apiVersions: [v1], resources: [pods/ephemeralcontainers], operations: [UPDATE], scope: Namespaced}
  - {apiGroups: [apps], apiVersions: [v1], resources: [daemonsets, deployments, replicasets, statefulsets], operations: [CREATE, UPDATE], scope: Namespaced}
  - {apiGroups: [batch], apiVersions: [v1], resources: [cronjobs, jobs], operations: [CREATE, UPDATE], scope: Namespaced}
  {{- $kinds := .Values.webhook.extraKinds }}
  {{- if .Values.webhook.customKinds }}
  {{- $kinds = concat (.Files.Get "files/kinds.yaml" | fromYamlArray) $kinds }}
  {{- end }}
  {{- range $kinds }}
  - {apiGroups: [{{ .apiGroup }}], apiVersions: ["*"], resources: {{ toJson .resources }}, operations: [CREATE, UPDATE], scope: "*"}
  {{- end }}
{{- end -}}

{{/* context, path, conditions, failurePolicy -> a webhook without its name and namespaceSelector. */}}
{{- define "mountguard.webhook" -}}
{{ include "mountguard.clientConfig" . }}
failurePolicy: {{ .failurePolicy }}
{{ include "mountguard.webhookManners" .context }}
{{ include "mountguard.rules" .context }}
{{- with .conditions }}
matchConditions:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}
