package e2e

import (
	"encoding/json"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"mountguard.io/e2e/harness"
)

// workload is a kind that holds a pod template.
type workload struct {
	apiVersion, kind, resource string
	template                   string // path of the template
	restartPolicy              corev1.RestartPolicy
	more                       string // JSON of the other fields that the kind requires
}

const selector = `{"selector":{"matchLabels":{"app":"agent"}}}`

var workloads = []workload{
	{"apps/v1", "Deployment", "deployments", "spec.template", "Always", `{"spec":` + selector + `}`},
	{"apps/v1", "StatefulSet", "statefulsets", "spec.template", "Always", `{"spec":` + selector + `}`},
	{"apps/v1", "DaemonSet", "daemonsets", "spec.template", "Always", `{"spec":` + selector + `}`},
	{"apps/v1", "ReplicaSet", "replicasets", "spec.template", "Always", `{"spec":` + selector + `}`},
	{"v1", "ReplicationController", "replicationcontrollers", "spec.template", "Always", `{}`},
	{"batch/v1", "Job", "jobs", "spec.template", "Never", `{}`},
	{"batch/v1", "CronJob", "cronjobs", "spec.jobTemplate.spec.template", "Never",
		`{"spec":{"schedule":"@hourly"}}`},
	{"v1", "PodTemplate", "podtemplates", "template", "Always", `{}`},
}

// object returns an object of the kind whose template is of that spec.
func (w workload) object(t *testing.T, namespace, name string,
	spec corev1.PodSpec) *unstructured.Unstructured {
	t.Helper()
	spec.RestartPolicy = w.restartPolicy
	template := must(runtime.DefaultUnstructuredConverter.ToUnstructured(&corev1.PodTemplateSpec{
		ObjectMeta: metav1.ObjectMeta{Labels: map[string]string{"app": "agent"}},
		Spec:       spec,
	})).or(t)
	content := map[string]any{}
	check(t, json.Unmarshal([]byte(w.more), &content))
	check(t, unstructured.SetNestedMap(content, template, strings.Split(w.template, ".")...))
	object := &unstructured.Unstructured{Object: content}
	object.SetAPIVersion(w.apiVersion)
	object.SetKind(w.kind)
	object.SetNamespace(namespace)
	object.SetName(name)
	return object
}

func (w workload) gvr(t *testing.T) schema.GroupVersionResource {
	t.Helper()
	return must(schema.ParseGroupVersion(w.apiVersion)).or(t).WithResource(w.resource)
}

func TestEveryWorkloadKindIsAllowedAndTranslated(t *testing.T) {
	namespace := guard(t, harness.ServeOptions{})
	for _, workload := range workloads {
		output := must(cluster.Apply(t.Context(),
			workload.object(t, namespace, "good", podSpec(everyMode...)))).or(t)
		if err := output.CheckSucceeded(); err != nil {
			t.Errorf("%s: %v", workload.kind, err)
			continue
		}
		expectAnnotations(t, created(namespace, workload.resource, "good"), map[string]string{
			"decision":        "allow",
			"cri-translation": everyModeTranslated,
		})
	}
}

func TestEveryWorkloadKindIsDeniedAtItsTemplatesPath(t *testing.T) {
	namespace := guard(t, harness.ServeOptions{Policy: noBidirectional})
	for _, workload := range workloads {
		output := must(cluster.Apply(t.Context(),
			workload.object(t, namespace, "bad", podSpec(everyMode...)))).or(t)
		if err := output.CheckInvalid(workload.kind, "bad", workload.template+
			".spec.containers[0].volumeMounts[0].mountPropagation: "+
			"agent may not publish mounts [no-bidirectional]"); err != nil {
			t.Errorf("%s: %v", workload.kind, err)
		}
		expectAnnotations(t, created(namespace, workload.resource, "bad"), map[string]string{
			"decision":        "deny",
			"findings":        "no-bidirectional=Deny",
			"cri-translation": everyModeTranslated,
		})
	}
}

// A tightened policy must not keep a workload that is already there from being scaled.
func TestWorkloadFromBeforeThePolicyCanBeScaledButNotChanged(t *testing.T) {
	server := harness.StartMountguard(t, harness.ServeOptions{Policy: noBidirectional})
	namespace := newNamespace(t)
	deployment := workloads[0]
	client := cluster.Dynamic.Resource(deployment.gvr(t)).Namespace(namespace)
	existing := must(client.Create(t.Context(),
		deployment.object(t, namespace, "early", podSpec(everyMode...)), metav1.CreateOptions{})).or(t)
	register(t, namespace, server.URL+"/validate", server.CABundle)

	check(t, unstructured.SetNestedField(existing.Object, int64(3), "spec", "replicas"))
	existing = must(client.Update(t.Context(), existing, metav1.UpdateOptions{})).or(t)
	expectAnnotations(t, harness.Request{Verb: "update", Namespace: namespace,
		Resource: "deployments", Name: "early"}, map[string]string{"decision": "allow"})

	check(t, unstructured.SetNestedField(existing.Object, "node-1",
		"spec", "template", "spec", "nodeName"))
	_, err := client.Update(t.Context(), existing, metav1.UpdateOptions{})
	expectCauses(t, err, metav1.StatusCause{
		Type:    metav1.CauseTypeForbidden,
		Field:   "spec.template.spec.containers[0].volumeMounts[0].mountPropagation",
		Message: "agent may not publish mounts [no-bidirectional]",
	})
}
