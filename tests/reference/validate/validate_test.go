package validate

import (
	"slices"
	"strings"
	"testing"
)

func verdict(t *testing.T, manifest string) Verdict {
	t.Helper()
	verdict, err := YAML([]byte(manifest))
	if err != nil {
		t.Fatal(err)
	}
	return verdict
}

func expectErrors(t *testing.T, got Verdict, want ...string) {
	t.Helper()
	if got.DecodeError != "" || !slices.Equal(got.Errors, want) {
		t.Errorf("got %q\n(decode error %q)\nwant %q", got.Errors, got.DecodeError, want)
	}
}

func TestBidirectionalNeedsAPrivilegedContainer(t *testing.T) {
	expectErrors(t, verdict(t, `
apiVersion: v1
kind: Pod
metadata: {name: p}
spec:
  volumes: [{name: h, hostPath: {path: /h}}]
  containers:
  - {name: a, image: i, volumeMounts: [{name: h, mountPath: /m, mountPropagation: Bidirectional}]}
  - name: b
    image: i
    securityContext: {privileged: true}
    volumeMounts: [{name: h, mountPath: /m, mountPropagation: Bidirectional}]
`), "spec.containers[0].volumeMounts.mountPropagation: Forbidden: "+
		"Bidirectional mount propagation is available only to privileged containers")
}

func TestAVolumeThatIsBrokenItselfIsNotFound(t *testing.T) {
	expectErrors(t, verdict(t, `
apiVersion: batch/v1
kind: CronJob
metadata: {name: c}
spec:
  schedule: "* * * * *"
  jobTemplate:
    spec:
      template:
        spec:
          restartPolicy: Never
          volumes: [{name: h, hostPath: {path: a/../b}}]
          containers: [{name: a, image: i, volumeMounts: [{name: h, mountPath: /m}]}]
`), `spec.jobTemplate.spec.template.spec.containers[0].volumeMounts[0].name: Not found: "h"`)
}

func TestClaimTemplatesOfAStatefulSetCountAsVolumes(t *testing.T) {
	expectErrors(t, verdict(t, `
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: s}
spec:
  selector: {matchLabels: {a: b}}
  volumeClaimTemplates: [{metadata: {name: data}}]
  template:
    metadata: {labels: {a: b}}
    spec:
      containers: [{name: a, image: i, volumeMounts: [{name: data, mountPath: /m}]}]
`))
}

func TestAProjectionBehindAClosedGateIsDropped(t *testing.T) {
	expectErrors(t, verdict(t, `
apiVersion: v1
kind: Pod
metadata: {name: p}
spec:
  volumes: [{name: b, projected: {sources: [{clusterTrustBundle: {}}]}}]
  containers: [{name: a, image: i, volumeMounts: [{name: b, mountPath: /m}]}]
`))
}

func TestEphemeralContainersOnCreateAndOnUpdate(t *testing.T) {
	const pod = `{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p","resourceVersion":"1"},"spec":{
"volumes":[{"name":"h","emptyDir":{}}],"containers":[{"name":"a","image":"i"}]EPHEMERAL}}`
	const ephemeral = `,"ephemeralContainers":[{"name":"e","image":"i","terminationMessagePolicy":"File",
"volumeMounts":[{"name":"h","mountPath":"/m","subPath":"x"}]}]`
	const want = "spec.ephemeralContainers[0].volumeMounts[0].subPath: Forbidden: " +
		"cannot be set for an Ephemeral Container"
	before := strings.Replace(pod, "EPHEMERAL", "", 1)
	after := strings.Replace(pod, "EPHEMERAL", ephemeral, 1)

	created, err := JSON([]byte(after))
	if err != nil {
		t.Fatal(err)
	}
	expectErrors(t, created, want)

	updated, err := UpdateEphemeralContainers([]byte(before), []byte(after))
	if err != nil {
		t.Fatal(err)
	}
	expectErrors(t, updated, want)
}

func TestAWrongTypeIsADecodeError(t *testing.T) {
	got := verdict(t, `
apiVersion: v1
kind: Pod
metadata: {name: p}
spec:
  containers: [{name: a, image: i, volumeMounts: [{name: 1, mountPath: /m}]}]
`)
	const want = "json: cannot unmarshal number into Go struct field " +
		"VolumeMount.spec.containers.volumeMounts.name of type string"
	if got.DecodeError != want || got.Errors != nil {
		t.Errorf("got %+v\nwant %q", got, want)
	}
}

func TestOtherKindsAreRefused(t *testing.T) {
	_, err := YAML([]byte("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n"))
	if err == nil || !strings.Contains(err.Error(), "ConfigMap") {
		t.Errorf("got %v", err)
	}
}
