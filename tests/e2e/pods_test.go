package e2e

import (
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"mountguard.io/e2e/harness"
)

var digest = regexp.MustCompile(`^sha256:[0-9a-f]{64}$`)

// expectAnnotations compares the audit annotations of the request, all but the policy's digest,
// which must be there and look like one.
func expectAnnotations(t *testing.T, request harness.Request, want map[string]string) {
	t.Helper()
	got := must(cluster.Annotations(t.Context(), request)).or(t)
	if !digest.MatchString(got["policy"]) {
		t.Errorf("%s %s: policy is %q, not a digest", request.Resource, request.Name, got["policy"])
	}
	delete(got, "policy")
	for key := range got {
		if _, wanted := want[key]; !wanted {
			t.Errorf("%s %s: unexpected %s: %s", request.Resource, request.Name, key, got[key])
		}
	}
	for key, value := range want {
		if got[key] != value {
			t.Errorf("%s %s: %s is\n%s\nwanted\n%s", request.Resource, request.Name, key, got[key], value)
		}
	}
}

func created(namespace, resource, name string) harness.Request {
	return harness.Request{Verb: "create", Namespace: namespace, Resource: resource, Name: name}
}

func TestPodIsAllowedAndTranslated(t *testing.T) {
	namespace := guard(t, harness.ServeOptions{})
	output := must(cluster.Apply(t.Context(), pod(namespace, "good", everyMode...))).or(t)
	check(t, output.CheckSucceeded())
	if len(output.Warnings) != 0 {
		t.Errorf("warnings: %q", output.Warnings)
	}
	expectAnnotations(t, created(namespace, "pods", "good"), map[string]string{
		"decision":        "allow",
		"cri-translation": everyModeTranslated,
	})
}

func TestDeniedPodShowsEveryCauseInKubectl(t *testing.T) {
	namespace := guard(t, harness.ServeOptions{Policy: noBidirectional})
	denied := pod(namespace, "publisher",
		mount("/a", corev1.MountPropagationBidirectional),
		mount("/b", ""),
		mount("/c", corev1.MountPropagationBidirectional))
	sidecar := denied.Spec.Containers[0]
	sidecar.Name = "sidecar"
	sidecar.VolumeMounts = sidecar.VolumeMounts[:1]
	denied.Spec.InitContainers = []corev1.Container{sidecar}

	output := must(cluster.Apply(t.Context(), denied)).or(t)
	check(t, output.CheckInvalid("Pod", "publisher",
		"spec.containers[0].volumeMounts[0].mountPropagation: "+
			"agent may not publish mounts [no-bidirectional]",
		"spec.containers[0].volumeMounts[2].mountPropagation: "+
			"agent may not publish mounts [no-bidirectional]",
		"spec.initContainers[0].volumeMounts[0].mountPropagation: "+
			"sidecar may not publish mounts [no-bidirectional]"))
	expectAnnotations(t, created(namespace, "pods", "publisher"), map[string]string{
		"decision": "deny",
		"findings": "no-bidirectional=Deny",
		"cri-translation": `[{"c":"agent","t":"container","m":0,"v":"host","p":"/a",` +
			`"mode":"Bidirectional","cri":"PROPAGATION_BIDIRECTIONAL"},` +
			`{"c":"agent","t":"container","m":2,"v":"host","p":"/c",` +
			`"mode":"Bidirectional","cri":"PROPAGATION_BIDIRECTIONAL"},` +
			`{"c":"sidecar","t":"initContainer","m":0,"v":"host","p":"/a",` +
			`"mode":"Bidirectional","cri":"PROPAGATION_BIDIRECTIONAL"},` +
			`{"private":1}]`,
	})
}

func TestOneCauseStandsOnTheFirstLineInKubectl(t *testing.T) {
	namespace := guard(t, harness.ServeOptions{Policy: noBidirectional})
	output := must(cluster.Apply(t.Context(),
		pod(namespace, "publisher", mount("/a", corev1.MountPropagationBidirectional)))).or(t)
	check(t, output.CheckInvalid("Pod", "publisher",
		"spec.containers[0].volumeMounts[0].mountPropagation: "+
			"agent may not publish mounts [no-bidirectional]"))
}

// Controllers' events and `kubectl apply` of several objects show the message alone.
func TestDenialsMessageIsCompleteByItself(t *testing.T) {
	namespace := guard(t, harness.ServeOptions{Policy: noBidirectional})
	_, err := cluster.Client.CoreV1().Pods(namespace).Create(t.Context(),
		pod(namespace, "publisher", mount("/a", corev1.MountPropagationBidirectional)),
		metav1.CreateOptions{})
	status := statusOf(t, err)
	if status.Code != http.StatusUnprocessableEntity || status.Reason != metav1.StatusReasonInvalid {
		t.Errorf("code %d, reason %s", status.Code, status.Reason)
	}
	want := `admission webhook "` + harness.WebhookName + `" denied the request: Pod "publisher" is ` +
		`refused: spec.containers[0].volumeMounts[0].mountPropagation: ` +
		`agent may not publish mounts [no-bidirectional]`
	if status.Message != want {
		t.Errorf("message\n%s\nwanted\n%s", status.Message, want)
	}
}

func TestWarningReachesTheUserOfKubectl(t *testing.T) {
	namespace := guard(t, harness.ServeOptions{Policy: warnBidirectional})
	output := must(cluster.Apply(t.Context(), pod(namespace, "publisher",
		mount("/a", corev1.MountPropagationBidirectional)))).or(t)
	check(t, output.CheckSucceeded())
	expectWarnings(t, output, "spec.containers[0].volumeMounts[0].mountPropagation: "+
		"agent may not publish mounts [no-bidirectional]")
	expectAnnotations(t, created(namespace, "pods", "publisher"), map[string]string{
		"decision": "warn",
		"findings": "no-bidirectional=Warn",
		"cri-translation": `[{"c":"agent","t":"container","m":0,"v":"host","p":"/a",` +
			`"mode":"Bidirectional","cri":"PROPAGATION_BIDIRECTIONAL"},{"private":0}]`,
	})
}

func expectWarnings(t *testing.T, output harness.Output, want ...string) {
	t.Helper()
	if !slices.Equal(output.Warnings, want) {
		t.Errorf("warnings\n%q\nwanted\n%q", output.Warnings, want)
	}
}

func TestDryRunIsJudgedLikeTheRealThing(t *testing.T) {
	namespace := guard(t, harness.ServeOptions{Policy: noBidirectional})
	good := must(cluster.Apply(t.Context(),
		pod(namespace, "good", mount("/a", "")), "--dry-run=server")).or(t)
	check(t, good.CheckSucceeded())
	bad := must(cluster.Apply(t.Context(),
		pod(namespace, "bad", mount("/a", corev1.MountPropagationBidirectional)),
		"--dry-run=server")).or(t)
	check(t, bad.CheckInvalid("Pod", "bad", "spec.containers[0].volumeMounts[0].mountPropagation: "+
		"agent may not publish mounts [no-bidirectional]"))
}

// A pod that was there before the policy can still be labelled, and lose its finalizers.
func TestUpdateThatLeavesThePodSpecAloneIsNotJudged(t *testing.T) {
	server := harness.StartMountguard(t, harness.ServeOptions{Policy: noBidirectional})
	namespace := newNamespace(t)
	pods := cluster.Client.CoreV1().Pods(namespace)
	existing := must(pods.Create(t.Context(),
		pod(namespace, "early", mount("/a", corev1.MountPropagationBidirectional)),
		metav1.CreateOptions{})).or(t)
	register(t, namespace, server.URL+"/validate", server.CABundle)

	existing.Labels = map[string]string{"seen": "yes"}
	existing = must(pods.Update(t.Context(), existing, metav1.UpdateOptions{})).or(t)
	expectAnnotations(t,
		harness.Request{Verb: "update", Namespace: namespace, Resource: "pods", Name: "early"},
		map[string]string{"decision": "allow"})

	existing.Spec.Containers[0].Image = "registry.example/agent:2"
	_, err := pods.Update(t.Context(), existing, metav1.UpdateOptions{})
	if status := statusOf(t, err); status.Reason != metav1.StatusReasonInvalid {
		t.Errorf("a changed image was judged otherwise: %s", status.Message)
	}
}

func TestOnlyTheNewEphemeralContainerIsJudged(t *testing.T) {
	server := harness.StartMountguard(t, harness.ServeOptions{Policy: noBidirectional})
	namespace := newNamespace(t)
	pods := cluster.Client.CoreV1().Pods(namespace)
	target := must(pods.Create(t.Context(),
		pod(namespace, "target", mount("/a", corev1.MountPropagationBidirectional)),
		metav1.CreateOptions{})).or(t)
	target.Spec.EphemeralContainers = []corev1.EphemeralContainer{
		debugger("early", mount("/a", corev1.MountPropagationBidirectional)),
	}
	target = must(pods.UpdateEphemeralContainers(t.Context(), "target", target,
		metav1.UpdateOptions{})).or(t)
	register(t, namespace, server.URL+"/validate", server.CABundle)

	target.Spec.EphemeralContainers = append(target.Spec.EphemeralContainers,
		debugger("listener", mount("/b", corev1.MountPropagationHostToContainer)))
	target = must(pods.UpdateEphemeralContainers(t.Context(), "target", target,
		metav1.UpdateOptions{})).or(t)

	target.Spec.EphemeralContainers = append(target.Spec.EphemeralContainers,
		debugger("publisher", mount("/c", corev1.MountPropagationBidirectional)))
	_, err := pods.UpdateEphemeralContainers(t.Context(), "target", target, metav1.UpdateOptions{})
	expectCauses(t, err, metav1.StatusCause{
		Type:    metav1.CauseTypeForbidden,
		Field:   "spec.ephemeralContainers[2].volumeMounts[0].mountPropagation",
		Message: "publisher may not publish mounts [no-bidirectional]",
	})

	events := must(cluster.AuditEvents(t.Context(), harness.Request{Verb: "update",
		Namespace: namespace, Resource: "pods/ephemeralcontainers", Name: "target"}, 3)).or(t)
	want := []string{
		"", // before the webhook
		`[{"c":"listener","t":"ephemeralContainer","m":0,"v":"host","p":"/b",` +
			`"mode":"HostToContainer","cri":"PROPAGATION_HOST_TO_CONTAINER"},{"private":0}]`,
		`[{"c":"publisher","t":"ephemeralContainer","m":0,"v":"host","p":"/c",` +
			`"mode":"Bidirectional","cri":"PROPAGATION_BIDIRECTIONAL"},{"private":0}]`,
	}
	for i, event := range events {
		if got := harness.OwnAnnotations(&event)["cri-translation"]; got != want[i] {
			t.Errorf("request %d: cri-translation is\n%s\nwanted\n%s", i, got, want[i])
		}
	}
}

func debugger(name string, mounts ...corev1.VolumeMount) corev1.EphemeralContainer {
	return corev1.EphemeralContainer{EphemeralContainerCommon: corev1.EphemeralContainerCommon{
		Name:                     name,
		Image:                    "registry.example/debug:1",
		ImagePullPolicy:          corev1.PullIfNotPresent,
		TerminationMessagePolicy: corev1.TerminationMessageReadFile,
		SecurityContext:          &corev1.SecurityContext{Privileged: ptr.To(true)},
		VolumeMounts:             mounts,
	}}
}

// Refusing a static pod's image on the API server would only hide a pod that runs.
func TestMirrorPodIsWarnedOfAndNeverDenied(t *testing.T) {
	namespace := guard(t, harness.ServeOptions{Policy: noBidirectional})
	mirror := pod(namespace, "static-node-1", mount("/a", corev1.MountPropagationBidirectional))
	mirror.Annotations = map[string]string{corev1.MirrorPodAnnotationKey: "hash"}
	mirror.Spec.NodeName = "node-1"
	output := must(cluster.Apply(t.Context(), mirror)).or(t)
	check(t, output.CheckSucceeded())
	expectWarnings(t, output, "spec.containers[0].volumeMounts[0].mountPropagation: "+
		"agent may not publish mounts [no-bidirectional]")
	expectAnnotations(t, created(namespace, "pods", "static-node-1"), map[string]string{
		"decision": "warn",
		"findings": "no-bidirectional=Warn",
		"cri-translation": `[{"c":"agent","t":"container","m":0,"v":"host","p":"/a",` +
			`"mode":"Bidirectional","cri":"PROPAGATION_BIDIRECTIONAL"},{"private":0}]`,
	})
}

// A pod of many mounts still leaves an audit annotation that is JSON.
func TestLongTranslationIsCutOnAnElement(t *testing.T) {
	namespace := guard(t, harness.ServeOptions{})
	var mounts []corev1.VolumeMount
	for i := range 300 {
		mounts = append(mounts,
			mount("/"+string(rune('a'+i%26))+string(rune('a'+i/26)), corev1.MountPropagationHostToContainer))
	}
	output := must(cluster.Apply(t.Context(), pod(namespace, "large", mounts...))).or(t)
	check(t, output.CheckSucceeded())
	text := must(cluster.Annotations(t.Context(),
		created(namespace, "pods", "large"))).or(t)["cri-translation"]
	var elements []struct {
		P       string
		Omitted int
	}
	check(t, json.Unmarshal([]byte(text), &elements))
	listed := len(elements) - 2 // behind the mounts: how many are private, how many omitted
	omitted := elements[len(elements)-1].Omitted
	if len(text) > 10_000 || omitted == 0 || listed+omitted != len(mounts) {
		t.Errorf("%d bytes list %d mounts and omit %d of %d", len(text), listed, omitted, len(mounts))
	}
}
