package e2e

import (
	"context"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"mountguard.io/e2e/harness"
)

// brokenPolicy has a field that there is not, and an exception for no rule.
const brokenPolicy = noBidirectional + `      validationAction: [Warn]
  exceptions:
    - name: agents
      rules: [no-bidirectonal]
      match: [{namespaces: [agents]}]
      reason: SEC-1
`

// doubtfulPolicy can be loaded, and is a mistake all the same.
const doubtfulPolicy = noBidirectional + `  exceptions:
    - name: agents
      rules: [no-bidirectional]
      match: [{names: [agent]}]
      reason: SEC-1
`

func policies(namespace string, labels, data map[string]string) *corev1.ConfigMap {
	return &corev1.ConfigMap{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "ConfigMap"},
		ObjectMeta: metav1.ObjectMeta{Name: "policies", Namespace: namespace, Labels: labels},
		Data:       data,
	}
}

// guardPolicies lets a mountguard that has noBidirectional in force judge the ConfigMaps of a new
// namespace.
func guardPolicies(t *testing.T) (namespace string) {
	t.Helper()
	server := harness.StartMountguard(t, harness.ServeOptions{Policy: noBidirectional})
	namespace = newNamespace(t)
	check(t, cluster.RegisterPolicies(t.Context(), namespace, server.URL+"/validate-policy",
		server.CABundle))
	t.Cleanup(func() {
		if err := cluster.Unregister(context.Background(), namespace); err != nil {
			t.Error(err)
		}
	})
	return namespace
}

func TestABrokenPolicyIsRefusedAtApply(t *testing.T) {
	namespace := guardPolicies(t)
	output := must(cluster.Apply(t.Context(), policies(namespace, harness.PolicyLabels,
		map[string]string{"policy.yaml": brokenPolicy, "README.md": "not: [yaml"}))).or(t)
	check(t, output.CheckInvalid("ConfigMap", "policies",
		`data[policy.yaml]: line 10, column 7: unknown field "validationAction" in a rule; expected `+
			`one of name, description, match, exclude, require, validationActions, message; `+
			`did you mean "validationActions"?`,
		`data[policy.yaml]: line 13, column 15: no rule is called "no-bidirectonal"; `+
			`did you mean "no-bidirectional"?`))
	annotations := must(cluster.Annotations(t.Context(),
		created(namespace, "configmaps", "policies"))).or(t)
	if annotations["decision"] != "deny" || !strings.HasPrefix(annotations["policy"], "sha256:") {
		t.Errorf("the audit log says %v", annotations)
	}
}

func TestAPolicyIsJudgedWithThoseInForce(t *testing.T) {
	namespace := guardPolicies(t)
	// policy.yaml is the file in force, which this key takes the place of.
	good := must(cluster.Apply(t.Context(), policies(namespace, harness.PolicyLabels,
		map[string]string{"policy.yaml": noBidirectional}))).or(t)
	check(t, good.CheckSucceeded())
	if len(good.Warnings) != 0 {
		t.Errorf("warnings of a policy without fault: %q", good.Warnings)
	}
	twice := must(cluster.Apply(t.Context(), policies(namespace, harness.PolicyLabels,
		map[string]string{"policy.yaml": noBidirectional, "second.yaml": noBidirectional}))).or(t)
	check(t, twice.CheckInvalid("ConfigMap", "policies",
		`data[second.yaml]: line 6, column 13: duplicate rule name "no-bidirectional"; `+
			`previously defined at policy.yaml:6:13`))
}

func TestADoubtfulPolicyIsWarnedOf(t *testing.T) {
	namespace := guardPolicies(t)
	output := must(cluster.Apply(t.Context(), policies(namespace, harness.PolicyLabels,
		map[string]string{"policy.yaml": doubtfulPolicy}))).or(t)
	check(t, output.CheckSucceeded())
	if !slices.ContainsFunc(output.Warnings, func(warning string) bool {
		return strings.HasPrefix(warning, "data[policy.yaml]: line ") &&
			strings.HasSuffix(warning, "[exception-on-author-controlled-facts]")
	}) {
		t.Errorf("warnings: %q", output.Warnings)
	}
}

// The label decides what is looked at; taking it off does not open a way for a broken policy.
func TestALabelThatIsTakenOffHidesNothing(t *testing.T) {
	namespace := guardPolicies(t)
	broken := map[string]string{"policy.yaml": "spec: ["}
	check(t, must(cluster.Apply(t.Context(), policies(namespace, nil, broken))).or(t).CheckSucceeded())
	labelled := must(cluster.Apply(t.Context(),
		policies(namespace, harness.PolicyLabels, broken))).or(t)
	if labelled.ExitCode != 1 || !strings.Contains(labelled.Error, "data[policy.yaml]: line ") {
		t.Errorf("putting the label on: %d, %s", labelled.ExitCode, labelled.Error)
	}
	check(t, must(cluster.Apply(t.Context(), policies(namespace, harness.PolicyLabels,
		map[string]string{"policy.yaml": noBidirectional}))).or(t).CheckSucceeded())
	off := must(cluster.Apply(t.Context(), policies(namespace, nil, broken))).or(t)
	if off.ExitCode != 1 || !strings.Contains(off.Error, "data[policy.yaml]: line ") {
		t.Errorf("taking the label off: %d, %s", off.ExitCode, off.Error)
	}
}

func TestADeletedPolicyIsWarnedOf(t *testing.T) {
	namespace := guardPolicies(t)
	check(t, must(cluster.Apply(t.Context(), policies(namespace, harness.PolicyLabels,
		map[string]string{"policy.yaml": noBidirectional}))).or(t).CheckSucceeded())
	output := must(cluster.Kubectl(t.Context(), "", "delete", "configmap", "policies",
		"--namespace", namespace)).or(t)
	check(t, output.CheckSucceeded())
	if len(output.Warnings) != 1 || !strings.Contains(output.Warnings[0], "keep the last good ones") {
		t.Errorf("warnings: %q", output.Warnings)
	}
}
