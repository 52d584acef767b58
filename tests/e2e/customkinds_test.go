package e2e

import (
	"encoding/json"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	kjson "sigs.k8s.io/json"

	"mountguard.io/e2e/harness"
)

// rollout is Argo's Rollout. Nobody but the webhook looks into its template: without it the API
// server takes what no pod of it could ever be made of.
var rollout = workload{
	"argoproj.io/v1alpha1", "Rollout", "rollouts", "spec.template", "Always", `{}`,
}

func guardRollouts(t *testing.T, options harness.ServeOptions) (namespace string) {
	t.Helper()
	check(t, cluster.Define(t.Context(), "argoproj.io", "v1alpha1", "Rollout", "rollouts"))
	return guard(t, options)
}

func TestRolloutIsAllowedAndTranslated(t *testing.T) {
	namespace := guardRollouts(t, harness.ServeOptions{})
	output := must(cluster.Apply(t.Context(),
		rollout.object(t, namespace, "good", podSpec(everyMode...)))).or(t)
	check(t, output.CheckSucceeded())
	expectAnnotations(t, created(namespace, "rollouts", "good"), map[string]string{
		"decision":        "allow",
		"cri-translation": everyModeTranslated,
	})
}

func TestRolloutIsHeldToTheCoreRules(t *testing.T) {
	namespace := guardRollouts(t, harness.ServeOptions{})
	unprivileged := podSpec(everyMode...)
	unprivileged.Containers[0].SecurityContext = nil
	output := must(cluster.Apply(t.Context(),
		rollout.object(t, namespace, "bad", unprivileged))).or(t)
	if output.ExitCode != 1 {
		t.Errorf("kubectl ended with %d", output.ExitCode)
	}
	for _, part := range []string{
		`The Rollout "bad" is invalid: ` +
			`spec.template.spec.containers[0].volumeMounts[0].mountPropagation: `,
		"privileged",
		"[bidirectional-requires-privileged]",
	} {
		if !strings.Contains(output.Error, part) {
			t.Errorf("kubectl printed\n%s\nwithout %s", output.Error, part)
		}
	}
	expectAnnotations(t, created(namespace, "rollouts", "bad"), map[string]string{
		"decision":        "deny",
		"findings":        "bidirectional-requires-privileged=Deny",
		"cri-translation": everyModeTranslated,
	})
}

// A value of the wrong type is told in the words of the API server's own decoder.
func TestRolloutOfAWrongTypeIsDenied(t *testing.T) {
	namespace := guardRollouts(t, harness.ServeOptions{})
	template := []byte(`{"spec":{"containers":[{"name":"agent","image":"a",` +
		`"volumeMounts":[{"name":"host","mountPath":"/a","mountPropagation":7}]}]}}`)
	decodeError := kjson.UnmarshalCaseSensitivePreserveInts(template, &corev1.PodTemplateSpec{})
	if decodeError == nil {
		t.Fatal("the template decodes")
	}
	bad := rollout.object(t, namespace, "bad", podSpec())
	var broken map[string]any
	check(t, json.Unmarshal(template, &broken))
	check(t, unstructured.SetNestedMap(bad.Object, broken, "spec", "template"))

	output := must(cluster.Apply(t.Context(), bad)).or(t)
	check(t, output.CheckInvalid("Rollout", "bad",
		"spec.template.spec.containers[0].volumeMounts[0].mountPropagation: "+
			decodeError.Error()+" [undecodable]"))
	annotations := must(cluster.Annotations(t.Context(), created(namespace, "rollouts", "bad"))).or(t)
	if annotations["decision"] != "deny" || annotations["findings"] != "undecodable=Deny" {
		t.Errorf("annotations: %q", annotations)
	}
}
