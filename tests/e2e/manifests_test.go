package e2e

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
)

const deploy = "../../deploy"

// makeNamespace makes a namespace of that very name be there, as `kubectl apply` does: an object that
// came about in another way is one that it warns of.
func makeNamespace(t *testing.T, name string) {
	t.Helper()
	check(t, must(cluster.Apply(t.Context(), &corev1.Namespace{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Namespace"},
		ObjectMeta: metav1.ObjectMeta{Name: name},
	})).or(t).CheckSucceeded())
}

// dryRun applies manifests as `kubectl apply --dry-run=server` does: the API server decodes,
// defaults, validates and admits them, and warns of what it would take badly one day.
func dryRun(t *testing.T, name, manifests string) {
	t.Helper()
	output := must(cluster.Kubectl(t.Context(), manifests,
		"apply", "--dry-run=server", "--validate=strict", "-f", "-")).or(t)
	if err := output.CheckSucceeded(); err != nil {
		t.Errorf("%s: %v", name, err)
	}
	for _, warning := range output.Warnings {
		t.Errorf("%s: the API server warns: %s", name, warning)
	}
	if done := strings.Count(output.Stdout, "(server dry run)"); done < 1 {
		t.Errorf("%s: nothing was applied: %s", name, output.Stdout)
	}
}

// Every manifest of deploy/ that is there to be applied is one that a real API server takes without
// a word of warning.
func TestManifestsAreTakenWithoutAWarning(t *testing.T) {
	for _, namespace := range []string{"mountguard-system", "monitoring", "shop"} {
		makeNamespace(t, namespace)
	}
	check(t, cluster.Define(t.Context(), "argoproj.io", "v1alpha1", "Rollout", "rollouts"))
	for _, pattern := range []string{"install.yaml", "static-pod/*.yaml", "samples/manifests/*.yaml"} {
		files := must(filepath.Glob(filepath.Join(deploy, pattern))).or(t)
		if len(files) == 0 {
			t.Errorf("%s: no such file", pattern)
		}
		for _, file := range files {
			dryRun(t, file, string(must(os.ReadFile(file)).or(t)))
		}
	}
}

// The same of what the chart writes, for values that differ as much as they can. run.sh has said so if
// Helm, or the definitions of the kinds of others that it writes, could not be had.
func TestWhatTheChartWritesIsTakenWithoutAWarning(t *testing.T) {
	helm, definitions := os.Getenv("HELM"), os.Getenv("MOUNTGUARD_CRDS")
	if helm == "" || definitions == "" {
		t.Skip("no Helm, or no CustomResourceDefinitions of cert-manager and the Prometheus operator")
	}
	makeNamespace(t, "mountguard-system")
	output := must(cluster.Kubectl(t.Context(), "", "apply", "--server-side", "-f", definitions)).or(t)
	check(t, output.CheckSucceeded())
	output = must(cluster.Kubectl(t.Context(), "", "wait", "--for=condition=Established", "--timeout=1m",
		"customresourcedefinitions", "--all")).or(t)
	check(t, output.CheckSucceeded())
	waitDiscovered(t, "certificates.cert-manager.io")

	files := must(filepath.Glob("../chart/testdata/values/*.yaml")).or(t)
	if len(files) < 5 {
		t.Fatalf("%d files of values", len(files))
	}
	for _, values := range append(files, os.DevNull) {
		command := exec.Command(helm, "template", "mountguard", deploy+"/chart",
			"--namespace=mountguard-system", "--values="+values)
		home := t.TempDir()
		command.Env = []string{"HOME=" + home, "KUBECONFIG=" + home + "/none"}
		dryRun(t, values, string(must(command.Output()).or(t)))
	}
}

// waitDiscovered returns when clients are told of a resource: a little after its definition is established.
func waitDiscovered(t *testing.T, resource string) {
	t.Helper()
	check(t, wait.PollUntilContextTimeout(t.Context(), 50*time.Millisecond, time.Minute, true,
		func(ctx context.Context) (bool, error) {
			output, err := cluster.Kubectl(ctx, "", "get", resource, "--all-namespaces")
			return output.ExitCode == 0, err
		}))
}

// What the tests above hold is held against the API server: it refuses and warns where there is reason to.
func TestAWrongManifestIsNotTaken(t *testing.T) {
	makeNamespace(t, "mountguard-system")
	install := string(must(os.ReadFile(deploy + "/install.yaml")).or(t))
	for wrong, reason := range map[string]string{
		strings.Replace(install, "sideEffects: None", "sideEffects: Some", 1):        "sideEffects",
		strings.ReplaceAll(install, "replicas: 2", "replica: 2"):                     "unknown field \"spec.replica\"",
		strings.Replace(install, "request.operation ==", "request.operations ==", 1): "matchConditions[0].expression",
	} {
		if wrong == install {
			t.Fatalf("nothing of install.yaml was changed for %q", reason)
		}
		output := must(cluster.Kubectl(t.Context(), wrong,
			"apply", "--dry-run=server", "--validate=strict", "-f", "-")).or(t)
		if output.ExitCode == 0 || !strings.Contains(output.Error, reason) {
			t.Errorf("a manifest with a wrong %q is taken: %+v", reason, output)
		}
	}
}
