package e2e

import (
	"net/http"
	"strings"
	"testing"

	admissionv1 "k8s.io/api/admission/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"mountguard.io/e2e/harness"
)

// record starts a recorder that judges a new namespace.
func record(t *testing.T, response admissionv1.AdmissionResponse) (*harness.Recorder, string) {
	t.Helper()
	recorder := harness.StartRecorder(response)
	t.Cleanup(recorder.Close)
	namespace := newNamespace(t)
	register(t, namespace, recorder.URL, recorder.CABundle)
	return recorder, namespace
}

func denial(reason metav1.StatusReason,
	causes ...metav1.StatusCause) admissionv1.AdmissionResponse {
	return admissionv1.AdmissionResponse{Result: &metav1.Status{
		Code:    http.StatusUnprocessableEntity,
		Reason:  reason,
		Message: "summary",
		Details: &metav1.StatusDetails{Kind: "Pod", Name: "denied", Causes: causes},
	}}
}

func TestHarnessTellsAnAllowedRequest(t *testing.T) {
	recorder, namespace := record(t, admissionv1.AdmissionResponse{
		Allowed:          true,
		Warnings:         []string{"think twice"},
		AuditAnnotations: map[string]string{"decision": "allow"},
	})
	output := must(cluster.Apply(t.Context(), pod(namespace, "allowed"))).or(t)
	check(t, output.CheckSucceeded())
	if output.CheckInvalid("Pod", "allowed", "field: message") == nil {
		t.Error("CheckInvalid took an allowed request for a denied one")
	}
	if len(output.Warnings) != 1 || output.Warnings[0] != "think twice" {
		t.Errorf("warnings: %q", output.Warnings)
	}
	annotations := must(cluster.Annotations(t.Context(),
		harness.Request{Verb: "create", Namespace: namespace, Resource: "pods", Name: "allowed"})).or(t)
	if len(annotations) != 1 || annotations["decision"] != "allow" {
		t.Errorf("annotations: %q", annotations)
	}
	if requests := recorder.Requests(); len(requests) != 1 || requests[0].Name != "allowed" {
		t.Errorf("the webhook was asked %d times, not once", len(requests))
	}
}

func TestHarnessTellsADeniedRequest(t *testing.T) {
	_, namespace := record(t, denial(metav1.StatusReasonInvalid,
		metav1.StatusCause{Field: "spec.a", Message: "first"},
		metav1.StatusCause{Field: "spec.b", Message: "second"}))
	output := must(cluster.Apply(t.Context(), pod(namespace, "denied"))).or(t)
	check(t, output.CheckInvalid("Pod", "denied", "spec.a: first", "spec.b: second"))
	for name, wrong := range map[string]error{
		"success":       output.CheckSucceeded(),
		"another kind":  output.CheckInvalid("Job", "denied", "spec.a: first", "spec.b: second"),
		"a cause less":  output.CheckInvalid("Pod", "denied", "spec.a: first"),
		"another order": output.CheckInvalid("Pod", "denied", "spec.b: second", "spec.a: first"),
	} {
		if wrong == nil {
			t.Errorf("the denial was taken for %s", name)
		}
	}
}

func TestHarnessSeesThatAReasonOtherThanInvalidHidesTheCauses(t *testing.T) {
	_, namespace := record(t, denial(metav1.StatusReasonForbidden,
		metav1.StatusCause{Field: "spec.a", Message: "first"}))
	output := must(cluster.Apply(t.Context(), pod(namespace, "denied"))).or(t)
	if output.CheckInvalid("Pod", "denied", "spec.a: first") == nil {
		t.Error("CheckInvalid found a cause that kubectl does not show")
	}
	if !strings.Contains(output.Error, "summary") {
		t.Errorf("kubectl did not show the message:\n%s", output.Error)
	}
}

func TestCoreValidationRefusesBeforeAnyWebhookIsAsked(t *testing.T) {
	recorder, namespace := record(t, admissionv1.AdmissionResponse{Allowed: true})
	broken := pod(namespace, "broken", mount("/data", corev1.MountPropagationBidirectional))
	broken.Spec.Containers[0].SecurityContext = nil
	output := must(cluster.Apply(t.Context(), broken)).or(t)
	check(t, output.CheckInvalid("Pod", "broken", "spec.containers[0].volumeMounts.mountPropagation: "+
		"Forbidden: Bidirectional mount propagation is available only to privileged containers"))
	if requests := recorder.Requests(); len(requests) != 0 {
		t.Errorf("the webhook was asked about %s", requests[0].Name)
	}
}
