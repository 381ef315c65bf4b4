{{- define "mcp-cluster.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 40 | trimSuffix "-" -}}
{{- end -}}

{{/* The longest suffix is "-manager" or "-helm-test": 50 characters leave room for it in a name of 63. */}}
{{- define "mcp-cluster.fullname" -}}
{{- $name := include "mcp-cluster.name" . -}}
{{- $full := ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) -}}
{{- default $full .Values.fullnameOverride | trunc 50 | trimSuffix "-" -}}
{{- end -}}

{{- define "mcp-cluster.secretName" -}}
{{- .Values.clusterKey.existingSecret | default (include "mcp-cluster.fullname" .) -}}
{{- end -}}

{{/* The Secret with Redis' URL; empty where there is no Redis. */}}
{{- define "mcp-cluster.redisSecret" -}}
{{- with .Values.redis.external -}}
{{- if .existingSecret -}}
{{ .existingSecret }}
{{- else if .url -}}
{{ include "mcp-cluster.fullname" $ }}-redis
{{- end -}}
{{- end -}}
{{- end -}}

{{/* The Secret with the URL of the cache's own Redis; empty where it has none. */}}
{{- define "mcp-cluster.cacheRedisSecret" -}}
{{- with .Values.cache -}}
{{- if not .enabled -}}
{{- else if .redis.existingSecret -}}
{{ .redis.existingSecret }}
{{- else if and .redis.url (ne .redis.url "none") -}}
{{ include "mcp-cluster.fullname" $ }}-cache-redis
{{- end -}}
{{- end -}}
{{- end -}}

{{/* The namespace's own installation. 40 characters are what the apps take. */}}
{{- define "mcp-cluster.redisPrefix" -}}
{{- .Values.redis.prefix | default (printf "%s:%s" .Release.Namespace .Release.Name | trunc 39 | printf "%s:") -}}
{{- end -}}

{{/* A Service's full name in the cluster's DNS: (list $ "service") */}}
{{- define "mcp-cluster.fqdn" -}}
{{- $root := index . 0 -}}
{{- printf "%s.%s.svc.%s" (index . 1) $root.Release.Namespace $root.Values.clusterDomain -}}
{{- end -}}

{{- define "mcp-cluster.image" -}}
{{- with .Values.image -}}
{{- if .digest -}}
{{ .repository }}@{{ .digest }}
{{- else -}}
{{ .repository }}:{{ .tag | default $.Chart.AppVersion }}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* What selects a tier's pods, and never changes: (list $ "manager") */}}
{{- define "mcp-cluster.selector" -}}
{{- $root := index . 0 -}}
app.kubernetes.io/name: {{ include "mcp-cluster.name" $root }}
app.kubernetes.io/instance: {{ $root.Release.Name }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end -}}

{{- define "mcp-cluster.labels" -}}
{{- $root := index . 0 -}}
{{ include "mcp-cluster.selector" . }}
app.kubernetes.io/version: {{ $root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ $root.Release.Service }}
app.kubernetes.io/part-of: mcp-cluster
helm.sh/chart: {{ printf "%s-%s" $root.Chart.Name $root.Chart.Version | replace "+" "_" }}
{{- with $root.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* The names that the manager answers to: its Service's, those that port-forward makes, and the values'. */}}
{{- define "mcp-cluster.allowedHosts" -}}
{{- $name := include "mcp-cluster.fullname" . -}}
{{- $inNamespace := printf "%s.%s" $name .Release.Namespace -}}
{{- $own := list $name $inNamespace (printf "%s.svc" $inNamespace) (include "mcp-cluster.fqdn" (list . $name)) -}}
{{- $admin := printf "%s-admin" $name -}}
{{- $adminIn := printf "%s.%s" $admin .Release.Namespace -}}
{{- $own = concat $own (list $admin $adminIn (printf "%s.svc" $adminIn) (include "mcp-cluster.fqdn" (list . $admin))) -}}
{{- concat (list "localhost" "127.0.0.1") $own .Values.allowedHosts | uniq | join "," -}}
{{- end -}}
