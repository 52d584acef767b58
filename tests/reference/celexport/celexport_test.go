package celexport

import (
	"bytes"
	"encoding/json"
	"errors"
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

	registrationv1 "k8s.io/api/admissionregistration/v1"
	"sigs.k8s.io/yaml"

	"mountguard.io/tests/reference/randompolicy"
)

// run gives what mountguard prints; it may end with the code of findings.
func run(t testing.TB, input []byte, arguments ...string) []byte {
	t.Helper()
	binary := os.Getenv("MOUNTGUARD_BIN")
	if binary == "" {
		t.Skip("MOUNTGUARD_BIN names no mountguard to export with")
	}
	var output, complaints bytes.Buffer
	command := exec.Command(binary, arguments...)
	command.Stdin, command.Stdout, command.Stderr = bytes.NewReader(input), &output, &complaints
	err := command.Run()
	if exit, ended := errors.AsType[*exec.ExitError](err); ended && exit.ExitCode() == 1 {
		err = nil
	}
	if err != nil {
		t.Fatalf("%s: %v\n%s", command, err, complaints.Bytes())
	}
	return output.Bytes()
}

// long is how often a test does what it does: more with MOUNTGUARD_LONG.
func long(usual, long int) int {
	if os.Getenv("MOUNTGUARD_LONG") != "" {
		return long
	}
	return usual
}

type finding struct {
	Document  int
	Rule      string
	Origin    string
	Message   string
	Exception *string
	Actions   []registrationv1.ValidationAction
}

// judge gives mountguard's findings on each request that no exception spares.
func judge(t *testing.T, policy string, requests []*Request) [][]finding {
	t.Helper()
	var input bytes.Buffer
	for _, request := range requests {
		input.Write(request.Review)
		input.WriteByte('\n')
	}
	arguments := []string{"check", "-o", "json", "-"}
	if policy != "" {
		arguments = append(arguments, "--policy", policy)
	}
	var report struct {
		Results []finding
		Errors  []any
		Summary struct{ Objects int }
	}
	if err := json.Unmarshal(run(t, input.Bytes(), arguments...), &report); err != nil {
		t.Fatal(err)
	}
	if len(report.Errors) > 0 || report.Summary.Objects != len(requests) {
		t.Fatalf("mountguard judged %d of %d requests: %v", report.Summary.Objects, len(requests), report.Errors)
	}
	findings := make([][]finding, len(requests))
	for _, f := range report.Results {
		findings[f.Document] = append(findings[f.Document], f)
	}
	return findings
}

func randomRequests(t *testing.T, seed uint64, count int) []*Request {
	t.Helper()
	var requests []*Request
	refused := 0
	for index := uint64(0); len(requests) < count; index++ {
		request, err := NewRequest(randompolicy.NewRequest(seed, index))
		if err != nil {
			if refused++; refused > 100+count/2 {
				t.Fatalf("the API server refuses %d of %d random objects, the last with: %v", refused, index+1, err)
			}
			continue
		}
		requests = append(requests, request)
	}
	return requests
}

func TestExportedPoliciesDecideAsMountguard(t *testing.T) {
	policies, perPolicy := long(50, 400), long(80, 1000)
	all := randomRequests(t, 2, long(1000, 20000))
	file := filepath.Join(t.TempDir(), "policy.yaml")
	var decisions, broken, rules, leftOut int
	for index := range policies {
		text := randompolicy.Policy(1, uint64(index))
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
		exported, err := Read(run(t, nil, "policy", "export", "-o", "json", "--policy", file))
		if err != nil {
			t.Fatalf("policy %d: %v\n%s", index, err, text)
		}
		actionsOf := map[string][]registrationv1.ValidationAction{}
		for _, policy := range exported {
			for _, rule := range policy.Rules {
				actionsOf[rule] = policy.Actions
			}
		}
		rules += len(actionsOf)
		leftOut += len(regexp.MustCompile(`"name": "r\d`).FindAll(text, -1)) - len(actionsOf)
		first := index * perPolicy % (len(all) - perPolicy + 1)
		requests := all[first : first+perPolicy]
		for i, found := range judge(t, file, requests) {
			want := map[string][]string{}
			for _, f := range found {
				actions, isExported := actionsOf[f.Rule]
				if f.Exception != nil || !isExported || (requests[i].Mirror && slices.Contains(actions, registrationv1.Deny)) {
					continue
				}
				if !requests[i].Mirror && !slices.Equal(f.Actions, actions) {
					t.Errorf("policy %d: rule %s has the actions %v, exported %v", index, f.Rule, f.Actions, actions)
				}
				want[f.Rule] = append(want[f.Rule], f.Message)
			}
			got := map[string]string{}
			for _, policy := range exported {
				of, err := policy.Decide(requests[i])
				if err != nil {
					t.Fatalf("policy %d, request %d: %v\n%s\n%s", index, i, err, text, requests[i].Review)
				}
				maps.Copy(got, of)
			}
			decisions += len(actionsOf)
			broken += len(want)
			checkAlike(t, want, got, func() {
				t.Fatalf("policy %d, request %d:\n%s\n%s", index, i, text, requests[i].Review)
			})
		}
	}
	t.Logf("%d requests, %d policies, %d rules (%d left out), each on %d requests, %d decisions, %d broken rules",
		len(all), policies, rules, leftOut, perPolicy, decisions, broken)
	if broken == 0 || broken*20 < decisions {
		t.Errorf("only %d of %d decisions found a broken rule: the comparison says little", broken, decisions)
	}
}

// largePod has so many containers with so many mounts, of as many volumes of the host.
func largePod(t *testing.T, containers, mounts int) *Request {
	t.Helper()
	var volumes, all []any
	for i := range mounts {
		volumes = append(volumes, map[string]any{"name": fmt.Sprintf("v%d", i), "hostPath": map[string]any{"path": fmt.Sprintf("/var/lib/kubelet/plugins/%d", i)}})
	}
	for i := range containers {
		var of []any
		for j := range mounts {
			of = append(of, map[string]any{"name": fmt.Sprintf("v%d", j), "mountPath": fmt.Sprintf("/mnt/%d", j), "mountPropagation": "HostToContainer"})
		}
		all = append(all, map[string]any{"name": fmt.Sprintf("c%d", i), "image": "registry.k8s.io/sig-storage/driver:v1", "volumeMounts": of})
	}
	request, err := NewRequest(randompolicy.Request{Namespace: "kube-system", User: "alice", Operation: "CREATE", Object: map[string]any{"apiVersion": "v1", "kind": "Pod",
		"metadata": map[string]any{"name": "large", "namespace": "kube-system"}, "spec": map[string]any{"containers": all, "volumes": volumes}}})
	if err != nil {
		t.Fatal(err)
	}
	return request
}

// An expression that costs too much is not evaluated, and the object is refused: ordinary objects
// must be far from that.
func TestLargePodsAreWithinTheBudget(t *testing.T) {
	for _, file := range []string{"../../../deploy/policies/strict.yaml", "../../testdata/cli/export/every-field.yaml"} {
		policies, err := Read(run(t, nil, "policy", "export", "-o", "json", "--policy", file))
		if err != nil {
			t.Fatal(err)
		}
		largest := 0
		for _, containers := range []int{1, 5, 10, 20, 40, 80} {
			request := largePod(t, containers, 40)
			var failed error
			for _, policy := range policies {
				_, err := policy.Decide(request)
				failed = errors.Join(failed, err)
			}
			if failed != nil {
				t.Logf("%s: %d mounts: %v", file, containers*40, failed)
				break
			}
			largest = containers * 40
		}
		t.Logf("%s: %d mounts of 40 volumes are judged", file, largest)
		if largest < 200 {
			t.Errorf("%s judges only %d mounts", file, largest)
		}
	}
}

// The two forms of an export are the same objects, and comments say what is not among them.
func TestYAMLSaysWhatJSONSays(t *testing.T) {
	file := filepath.Join(t.TempDir(), "policy.yaml")
	for index := range 12 {
		if err := os.WriteFile(file, randompolicy.Policy(9, uint64(index)), 0o600); err != nil {
			t.Fatal(err)
		}
		var list struct{ Items []any }
		if err := json.Unmarshal(run(t, nil, "policy", "export", "-o", "json", "--policy", file), &list); err != nil {
			t.Fatal(err)
		}
		head, documents, _ := bytes.Cut(run(t, nil, "policy", "export", "--policy", file), []byte("---\n"))
		if !bytes.HasPrefix(head, []byte("# Not exported: ")) {
			t.Errorf("policy %d begins with %q", index, head)
		}
		var items []any
		for _, document := range bytes.Split(documents, []byte("\n---\n")) {
			var item any
			if err := yaml.Unmarshal(document, &item); err != nil {
				t.Fatalf("policy %d: %v\n%s", index, err, document)
			}
			items = append(items, item)
		}
		if !reflect.DeepEqual(items, list.Items) {
			t.Errorf("policy %d: the YAML is other objects than the JSON", index)
		}
	}
	for name, file := range policyFiles(t, 4) {
		arguments := []string{"policy", "export", "--match-conditions"}
		if file != "" {
			arguments = append(arguments, "--policy", file)
		}
		var fromYAML, fromJSON any
		err := errors.Join(yaml.Unmarshal(run(t, nil, arguments...), &fromYAML), json.Unmarshal(run(t, nil, append(arguments, "-o", "json")...), &fromJSON))
		if err != nil || !reflect.DeepEqual(fromYAML, fromJSON) {
			t.Errorf("%s: the conditions in YAML are others than in JSON (%v)", name, err)
		}
	}
}

// checkAlike compares which rules are broken, and their messages: the exported policy shows what the
// rule says of one mount and counts the others.
func checkAlike(t *testing.T, want map[string][]string, got map[string]string, describe func()) {
	t.Helper()
	for rule, messages := range want {
		said, found := got[rule]
		if !found {
			t.Errorf("mountguard finds %s broken, the exported policy does not: %s", rule, messages[0])
			describe()
		}
		end := " [" + rule + "]"
		if len(messages) > 1 {
			end += fmt.Sprintf(" (and %d more)", len(messages)-1)
		}
		if !slices.ContainsFunc(messages, func(message string) bool { return said == strings.TrimSpace(message+end) }) {
			t.Errorf("%s says\n%q\nexported\n%s", rule, messages, said)
			describe()
		}
	}
	for rule, message := range got {
		if _, found := want[rule]; !found {
			t.Errorf("the exported policy finds %s broken, mountguard does not: %s", rule, message)
			describe()
		}
	}
}
