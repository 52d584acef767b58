package node

import (
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/utils/ptr"
)

// TestRecursiveReadOnlyIsRefusedAsForetold provokes the kubelet's own text: Debian's containerd
// cannot do it. The kubelet puts before it what it was doing.
func TestRecursiveReadOnlyIsRefusedAsForetold(t *testing.T) {
	namespace, err := cluster.CreateNamespace(t.Context(), "recursive-")
	if err != nil {
		t.Fatal(err)
	}
	pod, _ := newPod("recursive", place{}, "container", []string{"not set"})
	mount := &pod.Spec.Containers[0].VolumeMounts[0]
	mount.ReadOnly = true
	mount.RecursiveReadOnly = ptr.To(corev1.RecursiveReadOnlyEnabled)
	foretold, err := explain(t, pod)
	if err != nil {
		t.Fatal(err)
	}
	failures := foretold[mountPath("not set")].Failures
	if len(failures) != 1 {
		t.Fatalf("explain foretells %+v", failures)
	}
	if _, _, err := createPod(t.Context(), namespace, pod, nil, "container"); err != nil {
		t.Fatal(err)
	}
	refusal, err := waitForSubject(t.Context(), namespace, pod.Name)
	if err != nil || !strings.HasSuffix(refusal, ": "+failures[0].Text) {
		t.Errorf("the node says %q (%v), and explain foretold %q", refusal, err, failures[0].Text)
	}
}
