package randompod

// place is a value inside an object that can be replaced.
type place struct {
	set   func(value any)
	value any
}

// mistype replaces one value below the object with a value of another type, or adds a field that
// pods have, of a type that is hardly its own. The object's own kind stays.
func (g *generator) mistype(root object) {
	var places []place
	for _, key := range sortedKeys(root) {
		if key == "kind" || key == "apiVersion" {
			continue
		}
		places = append(places, place{func(value any) { root[key] = value }, root[key]})
		places = appendPlaces(places, root[key])
	}
	chosen := pick(g, places)
	if fields, isObject := chosen.value.(object); isObject && g.chance(0.4) {
		fields[pick(g, moreFields)] = g.anyValue()
		return
	}
	chosen.set(g.anyValue())
}

func appendPlaces(places []place, value any) []place {
	switch value := value.(type) {
	case object:
		for _, key := range sortedKeys(value) {
			if key == "matchLabels" {
				continue // label selectors stay valid
			}
			places = append(places, place{func(v any) { value[key] = v }, value[key]})
			places = appendPlaces(places, value[key])
		}
	case list:
		for i := range value {
			places = append(places, place{func(v any) { value[i] = v }, value[i]})
			places = appendPlaces(places, value[i])
		}
	}
	return places
}

func (g *generator) anyValue() any { return pick(g, values)() }

// values are fresh ones each time: a place inside may be mistyped in turn. Numbers are such that
// every JSON writer prints them alike.
var values = []func() any{
	func() any { return nil }, func() any { return true }, func() any { return false },
	func() any { return 0 }, func() any { return -1 }, func() any { return 1.5 }, func() any { return -0.25 }, func() any { return 1e21 }, func() any { return 2.5e-8 },
	func() any { return 2147483647 }, func() any { return 2147483648 }, func() any { return -2147483649 }, func() any { return int64(9223372036854775807) },
	func() any { return "" }, func() any { return "text" }, func() any { return "1" }, func() any { return "1Gi" }, func() any { return "1.5.5" }, func() any { return "1Gj" }, func() any { return "50%" },
	func() any { return "2020-01-02T03:04:05Z" }, func() any { return "2020-01-02" }, func() any { return "2020-13-02T03:04:05Z" }, func() any { return "2020-01-02T03:04:05.123456+02:00" },
	func() any { return list{} }, func() any { return list{nil} }, func() any { return list{"a", 1, object{}} }, func() any { return list{object{"name": "n"}} },
	func() any { return object{} }, func() any { return object{"name": 1} }, func() any { return object{"a": "b", "c": nil} }, func() any { return object{"a": 1.5} },
}

// moreFields are fields that some type below a workload has.
var moreFields = []string{
	"activeDeadlineSeconds", "affinity", "allowPrivilegeEscalation", "annotations", "args", "automountServiceAccountToken", "capabilities", "command", "containerPort", "creationTimestamp",
	"deletionTimestamp", "deletionGracePeriodSeconds", "dnsConfig", "divisor", "env", "envFrom", "exec", "finalizers", "generation", "grpc", "hostAliases", "hostNetwork", "hostPID", "hostPort", "httpGet", "image",
	"imagePullSecrets", "initialDelaySeconds", "intervalSeconds", "items", "labels", "lastProbeTime", "lifecycle", "limits", "livenessProbe", "managedFields", "maxSurge", "maxUnavailable", "metadata", "minReadySeconds",
	"mode", "name", "namespace", "nodeAffinity", "overhead", "ownerReferences", "partition", "paused", "podIPs", "port", "ports", "preferredDuringSchedulingIgnoredDuringExecution", "priority", "privileged",
	"progressDeadlineSeconds", "readOnly", "replicas", "requests", "resources", "restartPolicy", "rollingUpdate", "rollbackTo", "runAsUser", "selector", "seLinuxOptions", "sizeLimit", "spec", "startTime", "startupProbe", "status",
	"stdin", "strategy", "suspend", "sysctls", "tcpSocket", "template", "terminationGracePeriodSeconds", "time", "tolerations", "tolerationSeconds", "topologySpreadConstraints", "type", "unknown", "updateStrategy",
	"value", "valueFrom", "volumeDevices", "volumeMounts", "volumes", "weight", "workingDir", "fieldsV1", "gmsaCredentialSpec", "windowsOptions", "userAnnotations", "expirationSeconds",
}
