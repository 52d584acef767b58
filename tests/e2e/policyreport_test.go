package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"mountguard.io/e2e/harness"
)

// The module whose files hold the published definitions of wgpolicyk8s.io, as clusters have them.
const (
	reportModule = "github.com/kyverno/kyverno@v1.13.4"
	reportFolder = "config/crds/policyreport"
)

// definePolicyReports applies the published definitions; the test is skipped where they are not to be had.
func definePolicyReports(t *testing.T) {
	t.Helper()
	download := exec.CommandContext(t.Context(), "go", "mod", "download", "-json", reportModule)
	download.Dir = t.TempDir() // outside of this module: its go.mod does not name it
	answer, err := download.Output()
	var module struct{ Dir string }
	if err != nil || json.Unmarshal(answer, &module) != nil {
		t.Skipf("the definitions of PolicyReport are not to be had: no %s: %v\n%s", reportModule, err, answer)
	}
	for _, plural := range []string{"policyreports", "clusterpolicyreports"} {
		name := plural + ".wgpolicyk8s.io"
		file := filepath.Join(module.Dir, reportFolder, "wgpolicyk8s.io_"+plural+".yaml")
		check(t, must(cluster.Kubectl(t.Context(), "", "apply", "--server-side", "-f", file)).or(t).CheckSucceeded())
		check(t, must(cluster.Kubectl(t.Context(), "", "wait", "--for=condition=Established",
			"--timeout=60s", "crd/"+name)).or(t).CheckSucceeded())
	}
}

// reportOf runs `mountguard check -o policyreport` on manifests whose namespace is NAMESPACE.
func reportOf(t *testing.T, namespace string) string {
	t.Helper()
	manifests := strings.ReplaceAll(`apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent, namespace: NAMESPACE}
spec:
  selector: {matchLabels: {app: agent}}
  template:
    metadata: {labels: {app: agent}}
    spec:
      volumes:
      - {name: host, hostPath: {path: /srv}}
      - {name: pods, hostPath: {path: /var/lib/kubelet/pods}}
      containers:
      - name: agent
        image: example.com/agent:1.0
        volumeMounts:
        - {name: host, mountPath: /host, mountPropagation: Bidirectional}
        - {name: pods, mountPath: "/pods\n</script>", readOnly: true}
---
apiVersion: v1
kind: Pod
metadata: {name: nowhere}
spec:
  volumes: [{name: v, emptyDir: {}}]
  containers:
  - {name: c, image: example.com/c:1, volumeMounts: [{name: nope, mountPath: /m}]}
---
{"apiVersion": "v1", "kind": "Pod", "spec": 7}
`, "NAMESPACE", namespace)
	command := exec.CommandContext(t.Context(), harness.MountguardBinary(t), "check", "-", "-o", "policyreport")
	command.Stdin = strings.NewReader(manifests)
	var stdout, stderr bytes.Buffer
	command.Stdout, command.Stderr = &stdout, &stderr
	if err := command.Run(); command.ProcessState.ExitCode() != 3 || stderr.Len() > 0 {
		t.Fatalf("check ended with %v, not with 3:\n%s", err, stderr.String())
	}
	return stdout.String()
}

func TestPolicyReportsAreTakenStrictly(t *testing.T) {
	definePolicyReports(t)
	namespace := newNamespace(t)
	report := reportOf(t, namespace)
	apply := []string{"apply", "--server-side", "--validate=strict", "-f", "-"}
	for range 2 { // the second run replaces the first
		check(t, must(cluster.Kubectl(t.Context(), report, apply...)).or(t).CheckSucceeded())
	}
	t.Cleanup(func() {
		output, err := cluster.Kubectl(context.Background(), "", "delete", "clusterpolicyreports", "mountguard-check")
		if err != nil || output.ExitCode != 0 {
			t.Error(err, output.Error)
		}
	})

	// What kubectl shows by the definition's own columns.
	for _, want := range []struct{ resource, counts string }{
		{"policyreports", "0 1 1 0 0"},
		{"clusterpolicyreports", "0 1 0 1 0"},
	} {
		shown := must(cluster.Kubectl(t.Context(), "", "get", want.resource, "mountguard-check", "-n", namespace,
			"--no-headers", "-o", "wide")).or(t)
		check(t, shown.CheckSucceeded())
		if fields := strings.Join(strings.Fields(shown.Stdout), " "); !strings.Contains(fields, " "+want.counts+" ") {
			t.Errorf("kubectl get %s shows %q without %q", want.resource, fields, want.counts)
		}
	}

	// The API server would have said so: it refuses what is no result, and what is no field.
	for _, broken := range []string{
		strings.Replace(report, `"result": "fail"`, `"result": "bad"`, 1),
		strings.Replace(report, `"scored"`, `"scoredd"`, 1),
	} {
		if output := must(cluster.Kubectl(t.Context(), broken, apply...)).or(t); output.ExitCode == 0 {
			t.Error("the API server took a broken report")
		}
	}
}
