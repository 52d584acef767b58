{{/* The name of nearly everything: the release's, with the chart's behind it where it does not hold it. */}}
{{- define "mountguard.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride -}}
{{- else if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 50 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* What a selector goes by: never changes. */}}
{{- define "mountguard.selectorLabels" -}}
app.kubernetes.io/name: mountguard
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "mountguard.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{ include "mountguard.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "mountguard.serviceAccountName" -}}
{{- .Values.serviceAccount.name | default (include "mountguard.fullname" .) -}}
{{- end -}}

{{- define "mountguard.policyConfigMap" -}}
{{- .Values.existingPolicyConfigMap | default (printf "%s-policies" (include "mountguard.fullname" .)) -}}
{{- end -}}

{{- define "mountguard.image" -}}
{{- if .Values.image.digest -}}
{{- printf "%s@%s" .Values.image.repository .Values.image.digest -}}
{{- else -}}
{{- printf "%s:%s" .Values.image.repository (.Values.image.tag | default .Chart.AppVersion) -}}
{{- end -}}
{{- end -}}

{{/* The Secret that holds the serving certificate. */}}
{{- define "mountguard.certificateSecret" -}}
{{- .Values.certificates.secretName | default (printf "%s-certificates" (include "mountguard.fullname" .)) -}}
{{- end -}}

{{/* The policy files, as YAML. */}}
{{- define "mountguard.policies" -}}
{{- if .Values.policies -}}
{{- toYaml .Values.policies -}}
{{- else -}}
{{- toYaml (dict "baseline.yaml" (.Files.Get "files/baseline.yaml")) -}}
{{- end -}}
{{- end -}}

{{/* What values alone cannot refuse. */}}
{{- define "mountguard.check" -}}
{{- if and .Values.policies .Values.existingPolicyConfigMap -}}
{{- fail "policies and existingPolicyConfigMap exclude each other" -}}
{{- end -}}
{{- if not .Values.existingPolicyConfigMap -}}
{{- $served := list -}}
{{- range $file, $text := .Values.policies -}}
{{- range $document := regexSplit "(?m)^---\\s*$" $text -1 -}}
{{- $policy := fromYaml $document -}}
{{- if hasKey $policy "Error" -}}
{{- fail (printf "policies: %s is no YAML: %s" $file $policy.Error) -}}
{{- end -}}
{{- $served = concat $served (dig "spec" "profiles" list $policy) -}}
{{- end -}}
{{- end -}}
{{- range $name, $_ := .Values.profiles -}}
{{- if not (has $name $served) -}}
{{- fail (printf "profiles: no policy in `policies` has %q in its spec.profiles, so every request of such a namespace would be answered 404" $name) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if and .Values.autoscaling.enabled (gt (int .Values.autoscaling.minReplicas) (int .Values.autoscaling.maxReplicas)) -}}
{{- fail "autoscaling: minReplicas is greater than maxReplicas" -}}
{{- end -}}
{{- if eq (int .Values.ports.secure) (int .Values.ports.metrics) -}}
{{- fail "ports: secure and metrics must differ" -}}
{{- end -}}
{{- if and (eq .Values.certificates.mode "secret") (not .Values.certificates.secretName) -}}
{{- fail "certificates.mode is secret: certificates.secretName must name the Secret with tls.crt and tls.key" -}}
{{- end -}}
{{- if and (eq .Values.certificates.mode "secret") (not .Values.certificates.caBundle) -}}
{{- fail "certificates.mode is secret: certificates.caBundle must hold the CA in PEM (--set-file certificates.caBundle=ca.crt)" -}}
{{- end -}}
{{- if and .Values.clientCertificates.allowedNames (not .Values.clientCertificates.secretName) -}}
{{- fail "clientCertificates.allowedNames needs clientCertificates.secretName" -}}
{{- end -}}
{{- end -}}
