package celexport

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	registrationv1 "k8s.io/api/admissionregistration/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"mountguard.io/tests/reference/randompod"
	"mountguard.io/tests/reference/randompolicy"
	"mountguard.io/tests/reference/validate"
)

// policyFiles are the policies whose conditions are tried: the baseline, those that are shipped, and
// random ones.
func policyFiles(t *testing.T, random int) map[string]string {
	t.Helper()
	files := map[string]string{"baseline": ""}
	shipped, err := filepath.Glob("../../../deploy/policies/*.yaml")
	if err != nil || len(shipped) < 2 {
		t.Fatalf("deploy/policies holds %v: %v", shipped, err)
	}
	for _, file := range shipped {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), "kind: MountPolicy\n") {
			files[filepath.Base(file)] = file
		}
	}
	for index := range random {
		file := filepath.Join(t.TempDir(), "policy.yaml")
		text := randompolicy.MountPolicy(7, uint64(index))
		if index%4 == 3 {
			text = randompolicy.Policy(7, uint64(index))
		}
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
		files[fmt.Sprintf("random %d", index)] = file
	}
	// Every piece of advice is on: the conditions must know all of them.
	var rules struct {
		Rules []struct{ ID, Origin string }
	}
	if err := json.Unmarshal(run(t, nil, "rules", "-o", "json"), &rules); err != nil {
		t.Fatal(err)
	}
	all := "apiVersion: mountguard.io/v1\nkind: MountPolicy\nmetadata: {name: all}\nspec:\n  kubernetesRules: Off\n  advice:\n"
	for _, rule := range rules.Rules {
		if rule.Origin == "advice" {
			all += "    " + rule.ID + ": Audit\n"
		}
	}
	file := filepath.Join(t.TempDir(), "all.yaml")
	if err := os.WriteFile(file, []byte(all), 0o600); err != nil {
		t.Fatal(err)
	}
	files["every advice"] = file
	return files
}

func conditionsOf(t testing.TB, file string) *Conditions {
	t.Helper()
	arguments := []string{"policy", "export", "--match-conditions", "-o", "json"}
	if file != "" {
		arguments = append(arguments, "--policy", file)
	}
	conditions, err := ReadConditions(run(t, nil, arguments...))
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return conditions
}

// creation is a request to create an object, and what Kubernetes itself has against it.
type creation struct {
	*Request
	// refused is why the API server asks no webhook about the object.
	refused error
}

// newCreation decodes an object. The error tells why it does not decode.
func newCreation(t testing.TB, text []byte) (creation, error) {
	t.Helper()
	object, err := validate.Decoded(text)
	if err != nil {
		return creation{}, err
	}
	request, err := NewRequestFor(randompolicy.Request{Namespace: "default", User: "alice", Operation: "CREATE"}, object, nil)
	if err != nil {
		t.Fatal(err)
	}
	_, refused := validate.Admitted(text)
	return creation{request, refused}, nil
}

// randomCreations are creations of objects that decode, whether they are valid or not.
func randomCreations(t *testing.T, seed uint64, count int) []creation {
	t.Helper()
	var creations []creation
	for index := uint64(0); len(creations) < count; index++ {
		text, err := json.Marshal(randompod.Object(seed, index))
		if err != nil {
			t.Fatal(err)
		}
		if one, err := newCreation(t, text); err == nil {
			creations = append(creations, one)
		}
	}
	return creations
}

// usualPods are what most pods are: they have the service account's token, configuration, and no
// wish about propagation. Each is changed in one place, or in none.
func usualPods(t testing.TB) []creation {
	t.Helper()
	const pod = `{"apiVersion":"v1","kind":"Pod","metadata":{"name":"web","namespace":"default"},"spec":{
		"containers":[{"name":"web","image":"nginx:1","volumeMounts":[{"name":"config","mountPath":"/etc/web","readOnly":true},
			{"name":"config","mountPath":"/etc/web.conf","subPath":"web.conf"},{"name":"scratch","mountPath":"/tmp"},{"name":"logs","mountPath":"/logs","readOnly":true},
			{"name":"token","mountPath":"/var/run/secrets/kubernetes.io/serviceaccount","readOnly":true}]}],
		"volumes":[{"name":"config","configMap":{"name":"web","items":[{"key":"web.conf","path":"web.conf"}]}},{"name":"scratch","emptyDir":{"sizeLimit":"1Gi"}},
			{"name":"logs","hostPath":{"path":"/var/log/pods"}},{"name":"keys","secret":{"secretName":"web"}},{"name":"data","persistentVolumeClaim":{"claimName":"web"}},
			{"name":"token","projected":{"defaultMode":420,"sources":[{"serviceAccountToken":{"expirationSeconds":3607,"path":"token"}},
				{"configMap":{"name":"kube-root-ca.crt","items":[{"key":"ca.crt","path":"ca.crt"}]}},
				{"downwardAPI":{"items":[{"path":"namespace","fieldRef":{"apiVersion":"v1","fieldPath":"metadata.namespace"}}]}}]}}]}}`
	changes := [][2]string{{"", ""}, {`"/tmp"`, `"/logs"`}, {`"name":"scratch","mountPath"`, `"name":"gone","mountPath"`}, {`"subPath":"web.conf"`, `"subPath":"../x"`},
		{`"subPath":"web.conf"`, `"subPath":"/x"`}, {`"mountPath":"/tmp"`, `"mountPath":"/tmp","mountPropagation":"HostToContainer"`},
		{`"mountPath":"/tmp"`, `"mountPath":"/tmp","mountPropagation":"Bidirectional"`}, {`"mountPath":"/tmp"`, `"mountPath":"/tmp","recursiveReadOnly":"Enabled"`},
		{`"/var/log/pods"`, `"/"`}, {`"/var/log/pods"`, `"/var/lib/kubelet/"`}, {`"/var/log/pods"`, `"/var/log/../x"`}, {`"/var/log/pods"`, `"/var/lib/kubelet/pods/x"`}, {`"/var/log/pods"`, `"/run//netns"`},
		{`"key":"web.conf"`, `"key":""`}, {`"1Gi"`, `"-1Gi"`}, {`"secretName":"web"`, `"secretName":""`}, {`"defaultMode":420`, `"defaultMode":512`}, {`"name":"scratch","emptyDir"`, `"name":"Scratch","emptyDir"`}}
	var creations []creation
	for _, change := range changes {
		one, err := newCreation(t, []byte(strings.Replace(pod, change[0], change[1], 1)))
		if err != nil {
			t.Fatal(err)
		}
		creations = append(creations, one)
	}
	return creations
}

// Only Kubernetes' own rules may have something against an object that is spared, and only where Kubernetes itself
// refuses it: it is never shown to a webhook.
func TestNoObjectThatIsSparedHasAFinding(t *testing.T) {
	files := policyFiles(t, long(12, 60))
	creations := append(usualPods(t), randomCreations(t, 3, long(1000, 6000))...)
	for _, request := range randomRequests(t, 4, long(1000, 6000)) {
		creations = append(creations, creation{Request: request})
	}
	var requests []*Request
	for _, one := range creations {
		requests = append(requests, one.Request)
	}
	var asked, spared, refused int
	by := map[string]int{}
	for name, file := range files {
		conditions := conditionsOf(t, file)
		if len(conditions.List) > 64 {
			t.Errorf("%s: %d conditions", name, len(conditions.List))
		}
		findings := judge(t, file, requests)
		for i, request := range requests {
			condition, isSpared, err := conditions.Spare(request)
			if err != nil {
				t.Fatalf("%s: %v\n%s", name, err, request.Review)
			}
			asked++
			if !isSpared {
				continue
			}
			spared++
			by[condition]++
			for _, f := range findings[i] {
				if f.Origin != "kubernetes" || creations[i].refused == nil {
					t.Fatalf("%s: %s spares an object with the finding %+v\n%s", name, condition, f, request.Review)
				}
				refused++
			}
		}
		if _, isSpared, err := conditions.Spare(requests[0]); !isSpared && !strings.HasPrefix(name, "random") {
			t.Errorf("%s: not even a usual pod is spared (%v)", name, err)
		}
	}
	t.Logf("%d policies, %d requests each: %d of %d spared, by %v; %d findings in what Kubernetes refuses itself", len(files), len(requests), spared, asked, by, refused)
	if spared*20 < asked {
		t.Errorf("hardly any object is spared")
	}
}

// decoded are objects of Kubernetes' own kinds as conditions see them, broken ones and nearly empty ones too.
func decoded(t *testing.T, count int) []runtime.Object {
	t.Helper()
	var objects []runtime.Object
	add := func(object map[string]any) {
		text, err := json.Marshal(object)
		if err != nil {
			t.Fatal(err)
		}
		if read, err := validate.Decoded(text); err == nil {
			objects = append(objects, read)
		}
	}
	for index := range uint64(count) {
		add(randompod.Object(5, index))
		add(randompod.Undecodable(5, index)) // some do
	}
	random := len(objects)
	type object = map[string]any
	for _, kind := range [][2]string{{"v1", "Pod"}, {"v1", "ReplicationController"}, {"v1", "PodTemplate"}, {"apps/v1", "Deployment"}, {"batch/v1", "CronJob"}, {"batch/v1", "Job"}} {
		for _, pod := range []any{nil, object{}, object{"containers": nil}, object{"containers": []any{}, "volumes": nil}, object{"containers": []any{nil}, "volumes": []any{nil}},
			object{"containers": []any{object{"volumeMounts": nil}}}, object{"containers": []any{object{"volumeMounts": []any{nil}}}, "volumes": []any{object{"hostPath": nil}, object{"hostPath": object{}}}}} {
			template := object{"metadata": nil, "spec": pod}
			for _, spec := range []any{nil, pod, object{"template": nil}, object{"template": template}, object{"jobTemplate": nil}, object{"jobTemplate": object{"spec": object{"template": template}}}} {
				add(object{"apiVersion": kind[0], "kind": kind[1], "spec": spec, "template": template})
			}
		}
	}
	if random < count || len(objects) < random+100 {
		t.Fatalf("only %d random and %d other objects decode", random, len(objects)-random)
	}
	return objects
}

// An error in a condition refuses the request. None may come: objects of Kubernetes' own kinds have been decoded
// by then, those of custom kinds may be anything.
func TestNoConditionFailsOnAnyObject(t *testing.T) {
	var requests []*Request
	add := func(operation string, object, oldObject runtime.Object) {
		request, err := NewRequestFor(randompolicy.Request{Namespace: "default", User: "alice", Operation: operation}, object, oldObject)
		if err != nil {
			t.Fatal(err)
		}
		requests = append(requests, request)
	}
	addAll := func(object, other runtime.Object) {
		add("CREATE", object, nil)
		add("UPDATE", object, other)
		add("UPDATE", object, object)
		add("DELETE", nil, object)
	}
	other := map[string]runtime.Object{} // of the same kind
	for _, object := range decoded(t, long(300, 5000)) {
		kind := object.GetObjectKind().GroupVersionKind().String()
		if before, there := other[kind]; there {
			addAll(object, before)
		}
		other[kind] = object
	}
	custom := func(object map[string]any) runtime.Object {
		object["apiVersion"], object["kind"] = "argoproj.io/v1alpha1", "Rollout"
		// As JSON has it: the random objects hold Go's own integers.
		text, err := json.Marshal(object)
		if err != nil {
			t.Fatal(err)
		}
		read := &unstructured.Unstructured{}
		if err := json.Unmarshal(text, &read.Object); err != nil {
			t.Fatal(err)
		}
		return read
	}
	for index := range uint64(long(300, 5000)) {
		addAll(custom(randompod.Undecodable(5, index)), custom(randompod.Undecodable(6, index)))
	}
	for _, spec := range []any{nil, 1, "x", []any{}, []any{nil}, map[string]any{}, map[string]any{"template": nil}, map[string]any{"template": map[string]any{"spec": 1}}} {
		add("CREATE", custom(map[string]any{"metadata": nil, "spec": spec, "template": spec}), nil)
	}
	for name, file := range policyFiles(t, long(3, 12)) {
		conditions := conditionsOf(t, file)
		for _, request := range requests {
			if _, _, err := conditions.Spare(request); err != nil {
				t.Fatalf("%s: %v\n%s", name, err, request.Review)
			}
		}
	}
	t.Logf("%d requests", len(requests))
}

// Where a pod template is expected, an object of a custom kind may hold anything.
func TestCustomKindsAreNeverSpared(t *testing.T) {
	conditions := conditionsOf(t, "")
	for _, kind := range [][2]string{{"argoproj.io/v1alpha1", "Rollout"}, {"batch.volcano.sh/v1alpha1", "Job"}, {"apps.kruise.io/v1alpha1", "DaemonSet"}} {
		object := &unstructured.Unstructured{Object: map[string]any{"apiVersion": kind[0], "kind": kind[1], "metadata": map[string]any{"name": "x"}}}
		for _, operation := range []string{"CREATE", "UPDATE"} {
			request, err := NewRequestFor(randompolicy.Request{Namespace: "default", Operation: operation}, object, object)
			if err != nil {
				t.Fatal(err)
			}
			if condition, spared, err := conditions.Spare(request); spared || err != nil {
				t.Errorf("%s of %s is spared by %s (%v)", operation, kind, condition, err)
			}
		}
	}
}

// The largest object that the conditions look into must not cost more than the API server allows.
func TestTheDearestObjectIsWithinTheBudget(t *testing.T) {
	many := func(count int, element func(i int) any) []any {
		var all []any
		for i := range count {
			all = append(all, element(i))
		}
		return all
	}
	all := map[string]*Conditions{}
	for name, file := range policyFiles(t, 8) {
		all[name] = conditionsOf(t, file)
	}
	for _, size := range []struct{ containers, mounts, volumes int }{{10, 30, 40}, {11, 31, 41}, {40, 400, 400}} {
		containers := many(size.containers, func(i int) any {
			return map[string]any{"name": fmt.Sprintf("c%d", i), "image": "i", "volumeMounts": many(size.mounts, func(j int) any {
				return map[string]any{"name": fmt.Sprintf("volume-%d", j%size.volumes), "mountPath": fmt.Sprintf("/a/rather/long/path/to/what/is/mounted/%d", j), "readOnly": true}
			})}
		})
		object := &unstructured.Unstructured{Object: map[string]any{"apiVersion": "v1", "kind": "Pod", "metadata": map[string]any{"name": "large"},
			"spec": map[string]any{"containers": containers, "initContainers": containers, "volumes": many(size.volumes, func(i int) any {
				return map[string]any{"name": fmt.Sprintf("volume-%d", i), "configMap": map[string]any{"name": "a-rather-long-name-of-a-config-map",
					"items": many(20, func(k int) any {
						return map[string]any{"key": fmt.Sprintf("key-%d", k), "path": fmt.Sprintf("path-%d", k)}
					})}}
			})}}}
		for name, conditions := range all {
			for _, operation := range []string{"CREATE", "UPDATE"} {
				request, err := NewRequestFor(randompolicy.Request{Namespace: "default", Operation: operation}, object, object.DeepCopy())
				if err != nil {
					t.Fatal(err)
				}
				if _, _, err := conditions.Spare(request); err != nil {
					t.Errorf("%s, %+v: %.200v", name, size, err)
				}
			}
		}
	}
}

// What the API server spends on a pod that is spared, and on the least that a condition can be.
func BenchmarkSparing(b *testing.B) {
	usual := usualPods(b)[0]
	exported := conditionsOf(b, "")
	least, err := CompileConditions([]registrationv1.MatchCondition{{Name: "never", Expression: "false"}})
	if err != nil {
		b.Fatal(err)
	}
	for name, conditions := range map[string]*Conditions{"false": least, "baseline": exported} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, spared, err := conditions.Spare(usual.Request); !spared || err != nil {
					b.Fatalf("a usual pod is not spared: %v", err)
				}
			}
		})
	}
}
