{{/* A pod's end is budgeted here and nowhere else; mcp-cluster.env gives the app the same numbers. */}}
{{- define "mcp-cluster.graceSeconds" -}}
{{- with .Values.drain -}}
{{- add (int .delaySeconds) (int .timeoutSeconds) (int .marginSeconds) -}}
{{- end -}}
{{- end -}}

{{/* The environment of both apps. */}}
{{- define "mcp-cluster.env" -}}
- name: CLUSTER_KEY
  valueFrom:
    secretKeyRef:
      name: {{ include "mcp-cluster.secretName" . }}
      key: {{ .Values.clusterKey.secretKey }}
- name: NODE_ID
  valueFrom:
    fieldRef:
      fieldPath: metadata.name
- name: MCP_HOST
  value: 0.0.0.0
- name: MANAGEMENT_PORT
  value: "9464"
- name: DRAIN_DELAY_MS
  value: {{ mul 1000 (int .Values.drain.delaySeconds) | quote }}
- name: DRAIN_TIMEOUT_MS
  value: {{ mul 1000 (int .Values.drain.timeoutSeconds) | quote }}
- name: LOG_LEVEL
  value: {{ .Values.logLevel }}
{{- with include "mcp-cluster.redisSecret" . }}
- name: REDIS_URL
  valueFrom:
    secretKeyRef:
      name: {{ . }}
      key: {{ ternary $.Values.redis.external.existingSecretKey "redis-url" (ne $.Values.redis.external.existingSecret "") }}
- name: REDIS_PREFIX
  value: {{ include "mcp-cluster.redisPrefix" $ | quote }}
{{- end }}
# Heap flags count only at the start of a process; V8 reads the limit from the container's cgroup.
- name: NODE_OPTIONS
  value: --max-old-space-size-percentage={{ int .Values.heapPercent }}
{{- end -}}

{{/*
What the cache keeps on disk: 80 % of the volume's limit. Files take whole blocks, and one is written before another goes;
above the limit the kubelet evicts the pod.
*/}}
{{- define "mcp-cluster.cacheDiskBytes" -}}
{{- $size := .Values.cache.disk.size -}}
{{- $unit := ternary 1073741824 1048576 (hasSuffix "Gi" $size) -}}
{{- div (mul (trimSuffix "i" $size | trimSuffix "G" | trimSuffix "M" | int64) $unit 8) 10 -}}
{{- end -}}

{{/* The cache of a node. */}}
{{- define "mcp-cluster.cacheEnv" -}}
{{- with .Values.cache -}}
- name: CACHE
  value: {{ .enabled | quote }}
{{- if .enabled }}
{{- with include "mcp-cluster.cacheRedisSecret" $ }}
- name: CACHE_REDIS_URL
  valueFrom:
    secretKeyRef:
      name: {{ . }}
      key: {{ ternary $.Values.cache.redis.existingSecretKey "redis-url" (ne $.Values.cache.redis.existingSecret "") }}
{{- end }}
{{- if eq .redis.url "none" }}
- name: CACHE_REDIS_URL
  value: none
{{- end }}
- name: CACHE_ENTRIES
  value: {{ int64 .entries | quote }}
- name: CACHE_BYTES
  value: {{ int64 .memoryBytes | quote }}
- name: CACHE_PREFETCH
  value: {{ .prefetch | quote }}
{{- if .disk.enabled }}
- name: CACHE_DIR
  value: /var/cache/mcp
- name: CACHE_DISK_BYTES
  value: {{ include "mcp-cluster.cacheDiskBytes" $ | quote }}
{{- end }}
{{- end }}
{{- end -}}
{{- end -}}

{{/* One container's security context under the restricted Pod Security standard. */}}
{{- define "mcp-cluster.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end -}}

{{- define "mcp-cluster.podSecurity" -}}
runAsNonRoot: true
runAsUser: 1000
runAsGroup: 1000
fsGroup: 1000
seccompProfile:
  type: RuntimeDefault
{{- end -}}

{{- define "mcp-cluster.probes" -}}
startupProbe:
  httpGet: { path: /livez, port: management }
  {{- toYaml .Values.probes.startup | nindent 2 }}
livenessProbe:
  httpGet: { path: /livez, port: management }
  {{- toYaml .Values.probes.liveness | nindent 2 }}
readinessProbe:
  httpGet: { path: /readyz, port: management }
  {{- toYaml .Values.probes.readiness | nindent 2 }}
{{- end -}}

{{/* Where and as whom a tier's pods run: (list $ "node") */}}
{{- define "mcp-cluster.scheduling" -}}
{{- $root := index . 0 -}}
{{- $tier := get $root.Values (index . 1) -}}
{{- with $root.Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $tier.serviceAccountName }}
serviceAccountName: {{ . }}
{{- end }}
automountServiceAccountToken: false
# The Service links of a namespace would come as environment variables, which the apps' settings are read from.
enableServiceLinks: false
{{- with $tier.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with $tier.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $tier.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $tier.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
topologySpreadConstraints:
  {{- with $tier.topologySpreadConstraints }}
  {{- toYaml . | nindent 2 }}
  {{- else }}
  {{- range list "topology.kubernetes.io/zone" "kubernetes.io/hostname" }}
  - topologyKey: {{ . }}
    maxSkew: 1
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels:
        {{- include "mcp-cluster.selector" $ | nindent 8 }}
    matchLabelKeys: [pod-template-hash]
  {{- end }}
  {{- end }}
{{- end -}}

{{/*
The metadata of a tier's pods: (list $ "node"). Without the chart's version, so that a new chart that changes nothing
about the pods does not replace them.
*/}}
{{- define "mcp-cluster.podMetadata" -}}
{{- $root := index . 0 -}}
{{- $tier := get $root.Values (index . 1) -}}
labels:
  {{- include "mcp-cluster.selector" . | nindent 2 }}
  {{- with merge (dict) $tier.podLabels $root.Values.commonLabels }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- $annotations := $tier.podAnnotations -}}
{{- with $root.Values.redis.external.url }}
{{- /* Another URL replaces the pods: nothing reads a Secret again while it runs. */}}
{{- $annotations = merge (dict "checksum/redis" (sha256sum . | trunc 16)) $annotations }}
{{- end }}
{{- if and (eq (index . 1) "node") $root.Values.cache.enabled }}
{{- with $root.Values.cache.redis.url }}
{{- $annotations = merge (dict "checksum/cache-redis" (sha256sum . | trunc 16)) $annotations }}
{{- end }}
{{- end }}
{{- with $annotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}
