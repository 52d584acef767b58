package e2e

import (
	"testing"

	corev1 "k8s.io/api/core/v1"

	"mountguard.io/e2e/harness"
)

func TestMetricsCountWhatTheAPIServerAsked(t *testing.T) {
	server := harness.StartMountguard(t, harness.ServeOptions{Policy: noBidirectional})
	namespace := newNamespace(t)
	register(t, namespace, server.URL+"/validate", server.CABundle)
	must(cluster.Apply(t.Context(), pod(namespace, "good", mount("/a", "")))).or(t)
	for _, name := range []string{"bad-1", "bad-2"} {
		must(cluster.Apply(t.Context(),
			pod(namespace, name, mount("/a", corev1.MountPropagationBidirectional)))).or(t)
	}
	for _, row := range []struct {
		name   string
		labels map[string]string
		want   float64
	}{
		{"mountguard_admission_requests_total",
			map[string]string{"operation": "CREATE", "kind": "Pod", "decision": "allow"}, 1},
		{"mountguard_admission_requests_total",
			map[string]string{"operation": "CREATE", "kind": "Pod", "decision": "deny"}, 2},
		{"mountguard_findings_total",
			map[string]string{"rule": "no-bidirectional", "action": "Deny"}, 2},
	} {
		if got := must(server.Counter(row.name, row.labels)).or(t); got != row.want {
			t.Errorf("%s%v is %v, not %v", row.name, row.labels, got, row.want)
		}
	}
}
