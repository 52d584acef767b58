package chart

import (
	"encoding/base64"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

// webhooks renders the webhook configuration and returns its webhooks by name.
func webhooks(t *testing.T, values string) map[string]object {
	t.Helper()
	found := map[string]object{}
	for _, one := range render(t, values, "--show-only", "templates/webhook.yaml")[0]["webhooks"].([]any) {
		webhook := object(one.(map[string]any))
		found[webhook["name"].(string)] = webhook
	}
	return found
}

func TestEveryWebhookIsWellMannered(t *testing.T) {
	for name, values := range valueSets(t) {
		for webhook, settings := range webhooks(t, values) {
			if settings["sideEffects"] != "None" || settings["matchPolicy"] != "Equivalent" ||
				!reflect.DeepEqual(settings["admissionReviewVersions"], []any{"v1"}) ||
				settings["timeoutSeconds"].(float64) > 5 {
				t.Errorf("%s: %s is %v", name, webhook, settings)
			}
			if settings["objectSelector"] != nil && webhook != "policies.mountguard.io" {
				t.Errorf("%s: %s can be evaded by a label on the object", name, webhook)
			}
		}
	}
}

// conditions is what the program prints for a policy.
func conditions(t *testing.T, arguments ...string) any {
	t.Helper()
	command := exec.Command(needed(t, "MOUNTGUARD"),
		append([]string{"policy", "export", "--match-conditions"}, arguments...)...)
	output, err := command.Output()
	if err != nil {
		t.Fatalf("%s: %v", command, err)
	}
	var printed struct{ MatchConditions any }
	if err := yaml.Unmarshal(output, &printed); err != nil || printed.MatchConditions == nil {
		t.Fatalf("%v in\n%s", err, output)
	}
	return printed.MatchConditions
}

func TestConditionsOfTheBaselineAreTheProgramsOwn(t *testing.T) {
	want := conditions(t)
	for _, name := range []string{"mounts.mountguard.io", "system.mountguard.io"} {
		if got := webhooks(t, "")[name]["matchConditions"]; !reflect.DeepEqual(got, want) {
			t.Errorf("%s has the conditions %v, the program prints %v", name, got, want)
		}
	}
	if webhooks(t, "")["policies.mountguard.io"]["matchConditions"] != nil {
		t.Error("ConfigMaps are no pods")
	}
}

// The baseline's conditions would spare what another policy speaks of.
func TestOtherPoliciesHaveNoConditionsUnlessGiven(t *testing.T) {
	for _, values := range []string{"existingPolicyConfigMap: ours", "matchConditions: []",
		"policies: {a.yaml: '{apiVersion: mountguard.io/v1, kind: MountPolicy, metadata: {name: a}, spec: {kubernetesRules: Warn}}'}"} {
		for name, webhook := range webhooks(t, values) {
			if webhook["matchConditions"] != nil {
				t.Errorf("%s: %s has %v", values, name, webhook["matchConditions"])
			}
		}
	}
}

const twoProfiles = `
apiVersion: mountguard.io/v1
kind: MountPolicy
metadata: {name: everywhere}
spec:
  rules:
    - {name: no-host-root, match: [{hostPath: {is: [/]}}]}
---
apiVersion: mountguard.io/v1
kind: MountPolicy
metadata: {name: tighter}
spec:
  profiles: [restricted]
  rules:
    - {name: no-bidirectional, match: [{mountPropagation: [Bidirectional]}]}
`

// deploy/policy-values.sh makes values of policy files: the policies word for word, the conditions of
// them, and a webhook for each profile with the conditions of that.
func TestValuesFromPolicyFiles(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "production.yaml")
	if err := os.WriteFile(file, []byte(twoProfiles), 0o600); err != nil {
		t.Fatal(err)
	}
	run := func(arguments ...string) (string, error) {
		command := exec.Command(root+"/deploy/policy-values.sh", arguments...)
		command.Env = append(os.Environ(), "MOUNTGUARD="+needed(t, "MOUNTGUARD"))
		output, err := command.CombinedOutput()
		return string(output), err
	}
	for _, source := range []string{file, dir} {
		values, err := run("--profile", "restricted", source)
		if err != nil {
			t.Fatalf("%v\n%s", err, values)
		}
		data := find(t, render(t, values), "ConfigMap", "mountguard-policies").get("data", "production.yaml")
		if data != twoProfiles {
			t.Errorf("the ConfigMap holds %q", data)
		}
		found := webhooks(t, values)
		for name, want := range map[string]any{
			"mounts.mountguard.io":              conditions(t, "--policy", file),
			"system.mountguard.io":              conditions(t, "--policy", file),
			"restricted.profiles.mountguard.io": conditions(t, "--policy", file, "--profile", "restricted"),
		} {
			if got := found[name]["matchConditions"]; !reflect.DeepEqual(got, want) {
				t.Errorf("%s has the conditions %v, not %v", name, got, want)
			}
		}
		if reflect.DeepEqual(conditions(t, "--policy", file), conditions(t, "--policy", file, "--profile", "restricted")) {
			t.Error("the profile has the conditions of all, so that the test cannot tell one from the other")
		}
	}
	for _, bad := range [][]string{{}, {"--profile"}, {"--profile", "unknown", file}, {dir + "/none.yaml"}, {"--wrong", file}} {
		if output, err := run(bad...); err == nil {
			t.Errorf("policy-values.sh %v went well and printed %s", bad, output)
		}
	}
}

// selects says whether a webhook is asked about a namespace of these labels.
func selects(webhook object, name string, labels map[string]string) bool {
	all := maps.Clone(labels)
	if all == nil {
		all = map[string]string{}
	}
	all["kubernetes.io/metadata.name"] = name
	expressions, _ := webhook.get("namespaceSelector", "matchExpressions").([]any)
	for _, one := range expressions {
		expression := object(one.(map[string]any))
		value, there := all[expression["key"].(string)]
		in := there && slices.Contains(expression["values"].([]any), any(value))
		if in != (expression["operator"] == "In") {
			return false
		}
	}
	return true
}

// Every namespace is judged by one webhook, or by none where that is meant.
func TestWhoJudgesANamespace(t *testing.T) {
	values := readFile(t, "testdata/values/everything.yaml")
	const key = "example.com/mounts"
	for _, row := range []struct {
		values, namespace string
		labels            map[string]string
		want              string
	}{
		{"", "shop", nil, "mounts.mountguard.io"},
		{"", "kube-system", nil, "system.mountguard.io"},
		{"", "mountguard-system", nil, ""},
		{"", "shop", map[string]string{"mountguard.io/profile": "unknown"}, "mounts.mountguard.io"},
		{values, "shop", nil, "mounts.mountguard.io"},
		{values, "shop", map[string]string{key: "restricted"}, "restricted.profiles.mountguard.io"},
		{values, "shop", map[string]string{key: "tight"}, "tight.profiles.mountguard.io"},
		{values, "shop", map[string]string{key: "unknown"}, "mounts.mountguard.io"},
		{values, "kube-system", map[string]string{key: "restricted"}, "system.mountguard.io"},
		{values, "sandbox", nil, ""},
		{values, "sandbox", map[string]string{key: "restricted"}, ""},
		{values, "calico-system", nil, ""}, // exempt and system: exempt
		{values, "mountguard-system", map[string]string{key: "restricted"}, ""},
		{readFile(t, "testdata/values/bare.yaml"), "kube-system", nil, "mounts.mountguard.io"},
		{readFile(t, "testdata/values/url.yaml"), "mountguard-system", nil, "mounts.mountguard.io"},
	} {
		var asked []string
		for name, webhook := range webhooks(t, row.values) {
			if name != "policies.mountguard.io" && selects(webhook, row.namespace, row.labels) {
				asked = append(asked, name)
			}
		}
		if got := strings.Join(asked, " "); got != row.want {
			t.Errorf("%s %v is judged by %q, not by %q", row.namespace, row.labels, got, row.want)
		}
	}
}

// What is named is what mountguard judges: Kubernetes' own kinds, and docs/kinds.md's table.
func TestRulesNameTheKindsOfTheDocs(t *testing.T) {
	asked := map[string]bool{}
	for _, one := range webhooks(t, "")["mounts.mountguard.io"]["rules"].([]any) {
		rule := object(one.(map[string]any))
		for _, resource := range rule["resources"].([]any) {
			asked[fmt.Sprintf("%s/%s", rule.get("apiGroups", 0), resource)] = true
		}
	}
	if !asked["/pods/ephemeralcontainers"] {
		t.Error("ephemeral containers are not judged")
	}
	delete(asked, "/pods/ephemeralcontainers")
	row := regexp.MustCompile("(?m)^\\| `(\\w+)` \\| (?:`([\\w.-]+)`|core) \\|")
	kinds := row.FindAllStringSubmatch(readFile(t, root+"/docs/kinds.md"), -1)
	if len(kinds) < 50 {
		t.Fatalf("docs/kinds.md has a table of %d kinds", len(kinds))
	}
	for _, kind := range kinds {
		if kind[2] == "extensions" {
			continue // gone since Kubernetes 1.22, and matchPolicy Equivalent finds them
		}
		resource := kind[2] + "/" + plural(kind[1])
		if !asked[resource] {
			t.Errorf("the webhook configuration does not ask about %s", resource)
		}
		delete(asked, resource)
	}
	for resource := range asked {
		t.Errorf("docs/kinds.md does not know %s", resource)
	}
}

// plural is how these kinds' resources are called: all of them regular.
func plural(kind string) string {
	name := strings.ToLower(kind)
	switch {
	case strings.HasSuffix(name, "x"):
		return name + "es"
	case strings.HasSuffix(name, "s"):
		return name + "es"
	default:
		return name + "s"
	}
}

func TestHowTheWebhookIsReached(t *testing.T) {
	service := webhooks(t, "")["mounts.mountguard.io"].get("clientConfig").(map[string]any)
	if want := map[string]any{"service": map[string]any{"name": "mountguard", "namespace": "mountguard-system",
		"path": "/validate", "port": 443.0}}; !reflect.DeepEqual(service, want) {
		t.Errorf("clientConfig is %v; caBundle must be left to who keeps it", service)
	}
	url := webhooks(t, readFile(t, "testdata/values/url.yaml"))
	if got := url["mounts.mountguard.io"].get("clientConfig", "url"); got != "https://127.0.0.1:9443/validate" {
		t.Errorf("the URL is %v", got)
	}
	if url["policies.mountguard.io"] != nil {
		t.Error("policies on the control plane's disks are no ConfigMaps")
	}
	bundle := webhooks(t, readFile(t, "testdata/values/secret.yaml"))["policies.mountguard.io"].get("clientConfig", "caBundle")
	pem, err := base64.StdEncoding.DecodeString(fmt.Sprint(bundle))
	if err != nil || !strings.HasPrefix(string(pem), "-----BEGIN CERTIFICATE-----\nMIIB\n") {
		t.Errorf("caBundle is %v: %v", bundle, err)
	}
	manager := render(t, "certificates: {mode: cert-manager}", "--show-only", "templates/webhook.yaml")[0]
	if got := manager.get("metadata", "annotations", "cert-manager.io/inject-ca-from"); got != "mountguard-system/mountguard" {
		t.Errorf("cainjector is told %v", got)
	}
}
