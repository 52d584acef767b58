package chart

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// Values that cannot be meant are refused with a word about what was expected.
func TestWrongValuesAreRefused(t *testing.T) {
	const pem = "-----BEGIN CERTIFICATE-----"
	for values, want := range map[string]string{
		"replica: 3":                                          "replica",
		"replicas: 0":                                         "replicas",
		"replicas: two":                                       "replicas",
		"webhook: {failurePolicy: Open}":                      "failurePolicy",
		"webhook: {timeoutSeconds: 31}":                       "timeoutSeconds",
		"webhook: {url: 'http://127.0.0.1:9443'}":             "url",
		"webhook: {url: 'https://a/?b'}":                      "url",
		"webhook: {exemptNamespaces: [A_B]}":                  "exemptNamespaces",
		"webhook: {extraKinds: [{apiGroup: a}]}":              "resources",
		"enforcementAction: deny":                             "enforcementAction",
		"runtime: docker":                                     "runtime",
		"image: {digest: sha256:abc}":                         "digest",
		"policies: {production: a}":                           "production",
		"policies: {a.yaml: ''}":                              "a.yaml",
		"policies: {a.yaml: '{'}":                             "a.yaml is no YAML",
		"policies: {a.yaml: a}\nexistingPolicyConfigMap: b":   "exclude each other",
		"profiles: {restricted: {}}":                          `no policy in ` + "`policies`" + ` has "restricted"`,
		"profiles: {Restricted: {}}":                          "Restricted",
		"matchConditions: [{name: a}]":                        "expression",
		"certificates: {mode: vault}":                         "mode",
		"certificates: {mode: secret}":                        "secretName",
		"certificates: {mode: secret, secretName: a}":         "caBundle",
		"certificates: {mode: secret, caBundle: " + pem + "}": "secretName",
		"certificates: {caBundle: TUlJQg==}":                  "caBundle",
		"clientCertificates: {allowedNames: [a]}":             "clientCertificates.secretName",
		"autoscaling: {enabled: true, minReplicas: 9}":        "minReplicas is greater",
		"ports: {metrics: 8443}":                              "must differ",
		"fullnameOverride: a.b":                               "fullnameOverride",
		"extraArgs: [serve]":                                  "extraArgs",
		"log: {level: trace}":                                 "level",
	} {
		manifests, err := template(t, values)
		if err == nil {
			t.Errorf("%s is taken:\n%s", values, manifests)
		} else if !strings.Contains(err.Error(), want) {
			t.Errorf("%s is refused without a word about %q: %v", values, want, err)
		}
	}
}

// container returns the container of the Deployment.
func container(t *testing.T, objects []object) (deployment, container object) {
	t.Helper()
	for _, one := range objects {
		if one.kind() == "Deployment" {
			return one, object(one.get("spec", "template", "spec", "containers", 0).(map[string]any))
		}
	}
	t.Fatal("no Deployment")
	return nil, nil
}

// The program takes every flag that the chart gives it: with a policy that is not there it must get
// as far as to say so.
func TestTheProgramTakesTheFlags(t *testing.T) {
	for name, values := range valueSets(t) {
		_, container := container(t, render(t, values))
		var arguments []string
		for _, argument := range container["args"].([]any) {
			arguments = append(arguments, strings.ReplaceAll(argument.(string), "/etc/mountguard", t.TempDir()+"/none"))
		}
		output, err := exec.Command(needed(t, "MOUNTGUARD"), arguments...).CombinedOutput()
		code := err.(*exec.ExitError).ExitCode()
		if code != 3 || !strings.Contains(string(output), "none/") {
			t.Errorf("%s: %v ended with %d: %s", name, arguments, code, output)
		}
	}
}

func TestCertificatesAreReadOnlyWhereTheyAreFiles(t *testing.T) {
	for values, want := range map[string]string{"": "", "certificates: {mode: cert-manager}": "mountguard-certificates",
		readFile(t, "testdata/values/secret.yaml"): "mountguard-tls"} {
		objects := render(t, values)
		deployment, container := container(t, objects)
		managed := want == ""
		if got := deployment.get("spec", "template", "spec", "automountServiceAccountToken"); got != managed {
			t.Errorf("%q: a token is mounted: %v", values, got)
		}
		if has(objects, "ClusterRole") != managed || has(objects, "Role") != managed {
			t.Errorf("%q: rights are given that are not needed, or not given that are", values)
		}
		if slices.Contains(container["args"].([]any), any("--manage-certificates")) != managed {
			t.Errorf("%q: the arguments are %v", values, container["args"])
		}
		var secrets []string
		for _, volume := range deployment.get("spec", "template", "spec", "volumes").([]any) {
			if secret := object(volume.(map[string]any)).get("secret", "secretName"); secret != nil {
				secrets = append(secrets, fmt.Sprint(secret))
			}
		}
		if strings.Join(secrets, " ") != want {
			t.Errorf("%q: the Secrets %v are mounted", values, secrets)
		}
	}
}

// The rights are those of docs/certificates.md, in which the end-to-end tests let mountguard work.
func TestRightsAreThoseOfTheDocs(t *testing.T) {
	page := readFile(t, root+"/docs/certificates.md")
	begin := strings.Index(page, "```yaml\napiVersion: rbac")
	block := page[begin+len("```yaml\n"):]
	described := split(t, block[:strings.Index(block, "```")])
	objects := render(t, "")
	for _, want := range described {
		got := find(t, objects, want.kind(), want.name())
		for _, part := range []string{"rules", "roleRef", "subjects"} {
			if !reflect.DeepEqual(got[part], want[part]) {
				t.Errorf("%s %s: %s is %v, docs/certificates.md has %v", want.kind(), want.name(), part, got[part], want[part])
			}
		}
	}
}

// Time to finish is longer than what SIGTERM sets off.
func TestPodsAreGivenTheTimeThatTheyTake(t *testing.T) {
	deployment, container := container(t, render(t, "shutdownDelaySeconds: 120"))
	grace := deployment.get("spec", "template", "spec", "terminationGracePeriodSeconds").(float64)
	if grace < 120+10 || !slices.Contains(container["args"].([]any), any("--shutdown-delay=120s")) {
		t.Errorf("%v s for %v", grace, container["args"])
	}
}

func TestAReplicaGoesWhenItsSuccessorIsReady(t *testing.T) {
	deployment, _ := container(t, render(t, ""))
	want := map[string]any{"type": "RollingUpdate", "rollingUpdate": map[string]any{"maxUnavailable": 0.0, "maxSurge": 1.0}}
	if got := deployment.get("spec", "strategy"); !reflect.DeepEqual(got, want) {
		t.Errorf("the strategy is %v", got)
	}
	scaled, _ := container(t, render(t, "autoscaling: {enabled: true}"))
	if scaled.get("spec", "replicas") != nil {
		t.Error("replicas and an autoscaler would fight")
	}
}

// The policy that a default installation mounts, and that of deploy/policies, are ones that the program takes.
func TestPoliciesArriveAsFiles(t *testing.T) {
	baseline := find(t, render(t, ""), "ConfigMap", "mountguard-policies")
	if baseline.get("data", "baseline.yaml") != readFile(t, root+"/policy/baseline.yaml") {
		t.Error("the default policy is not the baseline")
	}
	strict := filepath.Join(root, "deploy/policies/strict.yaml")
	stdout, stderr, err := helm(t, "template", "mountguard", chartDir, "--set-file", `policies.strict\.yaml=`+strict)
	if err != nil {
		t.Fatal(stderr)
	}
	mounted := find(t, split(t, stdout), "ConfigMap", "mountguard-policies")
	if mounted.get("data", "strict.yaml") != readFile(t, strict) || mounted.get("data", "baseline.yaml") != nil {
		t.Error("--set-file does not put the file in the baseline's place")
	}
	if mounted.get("metadata", "labels", "mountguard.io/policy") != "true" {
		t.Error("without its label a broken policy is not refused")
	}
}
