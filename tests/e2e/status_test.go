package e2e

import (
	"errors"
	"slices"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// statusOf returns the Status that the API server answered with; the test ends if there is none.
func statusOf(t *testing.T, err error) metav1.Status {
	t.Helper()
	var status apierrors.APIStatus
	if !errors.As(err, &status) {
		t.Fatalf("the request should have been refused by the API server, but: %v", err)
	}
	return status.Status()
}

// expectCauses compares the causes of the API server's answer.
func expectCauses(t *testing.T, err error, want ...metav1.StatusCause) {
	t.Helper()
	status := statusOf(t, err)
	if status.Details == nil || !slices.Equal(status.Details.Causes, want) {
		t.Errorf("status\n%+v\nwanted the causes\n%+v", status, want)
	}
}
